# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator as a program: it says when it is ready, and it never outlives its purpose."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils import _emulator
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import cli
from ansible_collections.apsara.live.tests.support.raw_request import RawClient
from ansible_collections.apsara.live.tests.support.studios import CASTER, STOP, document

FOLDER = Path(_emulator.__file__).parent
SCENES = {"CasterId": CASTER}

Run = Callable[..., "tuple[subprocess.Popen[str], dict[str, Any]]"]


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts emulators by path, with nothing on the import path, and leaves none behind."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str, files: int = 0) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        def limit_files() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        command = [sys.executable, str(FOLDER), "--max-seconds", "60", *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=environment,
            preexec_fn=limit_files if files else None,
        )
        running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        return process, json.loads(line)

    yield start
    for process in running:
        process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def studios(tmp_path: Path) -> str:
    path = tmp_path / "my studios.json"
    path.write_text(json.dumps(document()))
    return str(path)


def gone_within(process: subprocess.Popen[str], seconds: float) -> int:
    return process.wait(timeout=seconds)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_cleanly_on_a_signal(run: Run, studios: str, number: signal.Signals) -> None:
    process, ready = run("--studios", studios)
    assert set(ready) == {"endpoint", "port", "pid"}
    assert (ready["pid"], ready["endpoint"]) == (process.pid, f"http://127.0.0.1:{ready['port']}")
    assert RawClient(ready["endpoint"]).call("DescribeCasterScenes", SCENES).code == "ok"
    process.send_signal(number)
    assert gone_within(process, 5) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_the_shipped_studios_are_the_default(run: Run) -> None:
    _unused, ready = run()
    assert RawClient(ready["endpoint"]).call("DescribeCasters").json["Total"] == 3


def test_with_tls_it_says_which_certificate_to_trust(run: Run, studios: str) -> None:
    process, ready = run("--studios", studios, "--tls")
    assert ready["endpoint"] == f"https://127.0.0.1:{ready['port']}"
    folder = Path(ready["ca_file"]).parent
    # No key stays on disk.
    assert [path.name for path in folder.iterdir()] == ["ca.pem"]
    for host in ("127.0.0.1", "localhost"):
        trusting = ssl.create_default_context(cafile=ready["ca_file"])
        address = ("127.0.0.1", ready["port"])
        with trusting.wrap_socket(socket.create_connection(address, timeout=60), server_hostname=host) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.recv(9) == b"HTTP/1.1 "
    process.send_signal(signal.SIGTERM)
    assert gone_within(process, 60) == 0
    assert not folder.exists()


def test_no_file_left_does_not_end_the_service(run: Run, studios: str) -> None:
    process, ready = run("--studios", studios, files=40)
    address = ("127.0.0.1", ready["port"])
    crowd = [socket.create_connection(address, timeout=60) for _unused in range(60)]
    head = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
    # The last one is in the queue of the system, since no file is left for it.
    crowd[-1].sendall(head)
    crowd[-1].settimeout(0.5)
    with pytest.raises(TimeoutError):
        crowd[-1].recv(1)
    for connection in crowd[:-1]:
        connection.close()
    crowd[-1].settimeout(60)
    assert crowd[-1].recv(12) == b"HTTP/1.1 400"
    crowd[-1].close()
    assert RawClient(ready["endpoint"]).call("DescribeCasterScenes", SCENES).code == "ok"
    assert process.poll() is None


def test_options_reach_the_service(run: Run, studios: str, tmp_path: Path) -> None:
    faults, journal = tmp_path / "faults.yml", tmp_path / "journal.jsonl"
    faults.write_text("- {kind: unavailable, action: DescribeCasters}\n")
    arguments = ("--faults", str(faults), "--journal", str(journal), "--variant", "idle_stop=bare_code")
    process, ready = run("--studios", studios, *arguments)
    client = RawClient(ready["endpoint"])
    assert client.call("DescribeCasters").status == 503
    assert [client.call("StopCasterScene", STOP).code for _unused in range(2)] == ["ok", "IncorrectSceneStatus"]
    client.control("POST", "read-only", {"read_only": True})
    assert client.call("StopCasterScene", STOP).code == "EmulatorReadOnly"
    client.control("POST", "stop")
    assert gone_within(process, 5) == 0
    assert len(journal.read_text().splitlines()) == 4


def test_read_only_from_the_start(run: Run, studios: str) -> None:
    _unused, ready = run("--studios", studios, "--read-only")
    assert RawClient(ready["endpoint"]).call("StopCasterScene", STOP).code == "EmulatorReadOnly"


@pytest.mark.parametrize("name", ["throttled_account", "lost_answers", "service_down"])
def test_a_shipped_fault_file_goes_by_its_name(run: Run, studios: str, name: str) -> None:
    _unused, ready = run("--studios", studios, "--faults", name)
    assert RawClient(ready["endpoint"]).call("DescribeCasters").status == 200


def test_it_ends_with_its_parent(run: Run, studios: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        process, _unused = run("--studios", studios, "--parent-pid", str(parent.pid))
        time.sleep(0.6)
        assert process.poll() is None
    finally:
        parent.kill()
    # The dead parent is still a zombie here: nobody has waited for it yet.
    assert gone_within(process, 5) == 0
    parent.communicate()


def test_it_ends_when_its_time_is_up(studios: str) -> None:
    command = [sys.executable, str(FOLDER), "--studios", studios, "--max-seconds", "0.3"]
    assert subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0


def test_it_starts_as_a_module(studios: str) -> None:
    name = "ansible_collections.apsara.live.plugins.plugin_utils._emulator"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", name, "--studios", studios, "--max-seconds", "0.2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["port"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--studios", "/nowhere.yml"], "cannot be read"),
        (["--variant", "idle_stop"], "NAME=VALUE"),
        (["--variant", "idle_stop=maybe"], "has no value maybe"),
        (["--faults", "no_such_trouble"], "There are no faults named no_such_trouble, and no such file."),
    ],
)
def test_it_says_why_it_cannot_start(arguments: list[str], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER), *arguments], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_broken_studios_file_is_named_without_its_content(tmp_path: Path) -> None:
    for name, text in (("a.yml", "account: {secret: [hidden-thing\n  : :"), ("a.json", '{"secret": "hidden-thing"')):
        path = tmp_path / name
        path.write_text(text)
        done = subprocess.run(
            [sys.executable, str(FOLDER), "--studios", str(path)],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 2
        assert str(path) in done.stderr
        assert "hidden-thing" not in done.stderr


class _InABadMoment(threading.Event):
    """A signal comes while the main thread holds the lock of the event that it waits for."""

    def wait(self, timeout: float | None = None) -> bool:
        with self._cond:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGTERM)
        return super().wait(0)


def test_a_signal_ends_it_in_any_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    build = cli._build

    def built(*given: Any) -> _emulator.Emulator:
        emulator = build(*given)
        emulator.stop_requested = _InABadMoment()
        return emulator

    monkeypatch.setattr(cli, "_build", built)
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        assert cli.main(["--port", "0", "--max-seconds", "600"]) == 0
    finally:
        for number, handler in before:
            signal.signal(number, handler)
