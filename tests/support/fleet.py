# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of studios behind an emulator in a process of its own, and a record of which modules were started."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .playbook import ROOT, studio_inventory
from .studios import PGM, PVW
from .studios import document as one_studio

_PROGRAM = ROOT / "plugins" / "plugin_utils" / "_emulator"
STOP = "StopCasterScene"
TAKE = "CopyCasterSceneConfig"


def fleet_document(count: int) -> dict[str, Any]:
    """An account with `count` studios like the one of tests.support.studios; studio-1 is the first."""
    document = one_studio()
    model = document["studios"][0]
    document["studios"] = [
        {**model, "caster_id": f"studio-{number}", "caster_name": f"Stage {number}"} for number in range(1, count + 1)
    ]
    return document


def fleet_inventory(numbers: range, **variables: Any) -> dict[str, Any]:
    """The studios with these numbers as hosts in the group casters."""
    return studio_inventory({f"stage-{number}": f"studio-{number}" for number in numbers}, **variables)


class Service:
    """An emulator in another process, driven over its control path."""

    def __init__(self, endpoint: str, pid: int) -> None:
        self.endpoint = endpoint
        self.pid = pid

    def journal(self, *actions: str) -> list[dict[str, Any]]:
        """What reached the service, oldest first; only these actions if any are named."""
        entries: list[dict[str, Any]] = self._control("journal")["entries"]
        return [entry for entry in entries if not actions or entry["action"] in actions]

    def writes(self) -> list[dict[str, Any]]:
        """The stops and takes that reached the service."""
        return self.journal(STOP, TAKE)

    def studios(self) -> list[dict[str, Any]]:
        """Every studio as it really is."""
        found: list[dict[str, Any]] = self._control("studios")["studios"]
        return found

    def reset(self) -> None:
        """Put every studio back, forget the journal and the faults."""
        self._control("reset", {})

    def edit(self, caster_id: str, **scenes: Mapping[str, Any]) -> None:
        """Change the preview (`pvw`) or the program (`pgm`), as another operator would."""
        ids = {"pvw": PVW, "pgm": PGM}
        self._control(f"studios/{caster_id}", {"scenes": [{"scene_id": ids[k], **v} for k, v in scenes.items()]})

    def add_faults(self, *faults: Mapping[str, Any]) -> None:
        """Set faults for the next calls."""
        self._control("faults", list(faults))

    def account(self, **more: str) -> dict[str, str]:
        """The environment in which tasks talk to this service."""
        return {
            "ALIBABA_CLOUD_LIVE_ENDPOINT": self.endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "rehearsal-key",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "rehearsal-secret",
            **more,
        }

    def _control(self, name: str, document: Any = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.endpoint}/_emulator/{name}", data=body)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def serve(document: Mapping[str, Any], directory: Path, **variants: str) -> Iterator[Service]:
    """Run an emulator in its own process until the block ends."""
    studios = directory / "studios.json"
    studios.write_text(json.dumps(document), encoding="utf-8")
    chosen = [word for name, value in variants.items() for word in ("--variant", f"{name}={value}")]
    process = subprocess.Popen(
        [sys.executable, str(_PROGRAM), "--port", "0", "--studios", str(studios), "--max-seconds", "600", *chosen],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        yield Service(ready["endpoint"], ready["pid"])
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


class Interpreter:
    """A Python that writes down what it is started with. An in-process task starts none."""

    def __init__(self, directory: Path) -> None:
        self._log = directory / "started.log"
        self.path = directory / "python-that-tells"
        self.path.write_text(_TELLING.format(log=self._log, python=sys.executable), encoding="utf-8")
        self.path.chmod(0o755)

    def modules(self) -> list[str]:
        """The modules of this collection that were started, in order; those that came through a pipe begin so."""
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        return [line for line in lines if _STARTED.search(line) and "async_wrapper" not in line]


_STARTED = re.compile(r"AnsiballZ_caster_|^pipe modules\.caster_")
# What comes through the pipe is kept for a moment, since it names the module.
_TELLING = """#!/bin/sh
if [ $# -gt 0 ]; then
  echo "$@" >> "{log}"
  exec "{python}" "$@"
fi
sent=$(mktemp "{log}.XXXXXX")
cat > "$sent"
echo "pipe $(grep -o 'modules\\.caster_[a-z_]*' "$sent" | head -n 1)" >> "{log}"
exec 0< "$sent"
rm "$sent"
exec "{python}"
"""


def wait_for(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until something is so, and return it."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not so within {seconds} s")


def most_within(moments: list[float], seconds: float = 1.0) -> int:
    """The largest number of moments in any half-open window of this length."""
    ordered = sorted(moments)
    return max((sum(1 for other in ordered if start <= other < start + seconds) for start in ordered), default=0)
