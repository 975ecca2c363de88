# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start and stop of the studio emulator, for a task.

    emulator.py start '{"emulator": ..., "directory": ..., "parent_pid": ..., "pid": ..., "studios": ..., "faults": ...,
                        "variants": {...}, "read_only": ..., "max_seconds": ...}'
    emulator.py stop PID ENDPOINT

`pid` is the emulator of an earlier start, or 0; `emulator` is its package; files are relative to `directory`. Both
print one JSON object that says whether something was done: {"done": true, "pid": ..., "endpoint": ...,
"access_key_id": ..., "access_key_secret": ..., "casters": {name: id}} and {"done": true, "journal": [...],
"names": {id: name}}.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from typing import Any

import yaml

_READY_SECONDS = 20.0
_CONTROL_SECONDS = 5.0
_GONE_SECONDS = 10.0


def start(options: dict[str, Any]) -> dict[str, Any]:
    """Start the emulator in a session of its own and wait for its ready line. Raises SystemExit with a sentence."""
    if _is_emulator(int(options["pid"])):
        return {"done": False}
    directory = options["directory"]
    studios = os.path.join(directory, os.path.expanduser(options["studios"] or _default_studios(options)))
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603  (this interpreter, and the emulator of this collection)
            [sys.executable, options["emulator"], *_arguments(options, studios)],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        line = _first_line(process)
        try:
            ready = json.loads(line)
        except ValueError:
            _end(process)
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()
            raise SystemExit(said or f"The studio emulator did not start. {line.decode('utf-8', 'replace')}") from None
    if not isinstance(ready, dict):
        _end(process)
        raise SystemExit("The studio emulator did not say its address.")
    try:
        return {"done": True, **ready, **_setup(studios)}
    except SystemExit:
        _end(process)
        raise


def _default_studios(options: dict[str, Any]) -> str:
    return os.path.join(options["emulator"], "data", "studios", "default.yml")


def _arguments(options: dict[str, Any], studios: str) -> list[str]:
    return [
        *("--port", "0", "--studios", studios, "--parent-pid", str(options["parent_pid"])),
        *("--max-seconds", str(options["max_seconds"])),
        *(("--faults", os.path.expanduser(options["faults"])) if options["faults"] else ()),
        *(("--read-only",) if options["read_only"] else ()),
        *(f"--variant={name}={value}" for name, value in options["variants"].items()),
    ]


def _setup(studios: str) -> dict[str, Any]:
    """Who may call, and which studios there are, from the file that the emulator has read.

    Not asked of the emulator: its address may be closed at first, and that is what is to be rehearsed.
    """
    with open(studios, encoding="utf-8") as stream:
        found = yaml.safe_load(stream)
    keys = (found.get("account") or {}).get("access_keys")
    if not keys:
        raise SystemExit(
            f"{studios} names no access key, so nobody could call these studios. Give account.access_keys."
        )
    casters = {_name(studio): studio["caster_id"] for studio in found["studios"]}
    return {"access_key_id": keys[0]["id"], "access_key_secret": keys[0]["secret"], "casters": casters}


def _name(studio: dict[str, Any]) -> str:
    return str(studio.get("caster_name") or studio["caster_id"])


def stop(pid: int, endpoint: str) -> dict[str, Any]:
    """Read the journal and stop the emulator: politely, then by a signal. Returns once the process is gone."""
    if not _is_emulator(pid):
        return {"done": False, "journal": [], "names": {}}
    journal = _control(f"{endpoint}/_emulator/journal", "GET").get("entries", [])
    studios = _control(f"{endpoint}/_emulator/studios", "GET").get("studios", [])
    names = {studio["caster_id"]: _name(studio) for studio in studios}
    _control(f"{endpoint}/_emulator/stop", "POST")
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            os.kill(pid, number)
        if _wait_until_gone(pid):
            return {"done": True, "journal": journal, "names": names}
    raise SystemExit(f"The studio emulator, process {pid}, does not end.")


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    if process.stdout is None:
        return b""
    readable, *_unused = select.select([process.stdout], [], [], _READY_SECONDS)
    return process.stdout.readline() if readable else b""


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _control(url: str, method: str) -> dict[str, Any]:
    # No proxy of the environment: this is loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    body = b"" if method == "POST" else None
    request = urllib.request.Request(url, method=method, data=body)  # noqa: S310  (the address the emulator gave)
    until = time.monotonic() + _CONTROL_SECONDS
    while True:
        try:
            with opener.open(request, timeout=_CONTROL_SECONDS) as answer:
                found = json.loads(answer.read())
            return found if isinstance(found, dict) else {}
        except (OSError, ValueError):
            # A fault may keep the address closed for a while. A signal ends it in any case.
            if time.monotonic() > until:
                return {}
            time.sleep(0.2)


def _is_emulator(pid: int) -> bool:
    if pid <= 0:
        return False
    # The number may belong to another process by now: only a command line with the emulator in it is ours to stop.
    return "_emulator" in _command_line(pid)


def _command_line(pid: int) -> str:
    if os.path.isdir("/proc/self"):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as stream:
                return stream.read().decode("utf-8", "replace")
        except OSError:
            return ""
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603


def _wait_until_gone(pid: int) -> bool:
    until = time.monotonic() + _GONE_SECONDS
    while time.monotonic() < until:
        if not _is_emulator(pid):
            return True
        time.sleep(0.05)
    return False


def main(arguments: list[str]) -> int:
    """Do what the first argument says."""
    command, first, *rest = arguments
    print(json.dumps(start(json.loads(first)) if command == "start" else stop(int(first), *rest)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
