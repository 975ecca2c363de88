# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the cost of one run: an emulator and an ansible-playbook, each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.apsara.live.tests.support.playbook import LOCAL, environment
from ansible_collections.apsara.live.tests.support.raw_request import RawClient

KEY, SECRET = "rehearsal-key", "rehearsal-secret"
_HERE = Path(__file__).resolve().parent
_EMULATOR = "ansible_collections.apsara.live.plugins.plugin_utils._emulator"
_LONGEST_SECONDS = 3600.0


class RunFailed(Exception):
    """A run did not do what was to be measured; its figures would mean nothing."""


@dataclass(frozen=True)
class Cost:
    """One run. `cpu` is user and system time in seconds of ansible-playbook and every process below it; `seconds` is
    wall time; `peak_kib` is the resident memory of its largest process; `began` is in seconds since the epoch."""

    began: float
    seconds: float
    cpu: float
    peak_kib: int


@dataclass(frozen=True)
class Service:
    """An emulator that runs in a process of its own."""

    endpoint: str
    pid: int

    def reset(self) -> None:
        """All studios as they were in the beginning, and an empty journal."""
        self._control("POST", "reset")

    def journal(self) -> list[dict[str, Any]]:
        """Every request since the last reset, in the order of arrival."""
        entries: list[dict[str, Any]] = self._control("GET", "journal")["entries"]
        return sorted(entries, key=lambda entry: entry["at"])

    def cpu(self) -> float:
        """The CPU time it has used so far, in seconds."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _control(self, method: str, name: str) -> Any:
        client = RawClient(self.endpoint, timeout=30)
        try:
            answer = client.control(method, name, None if method == "GET" else {})
        finally:
            client.close()
        if answer.status != 200:
            raise RunFailed(f"the emulator answered {answer.status} to {name}")
        return answer.json


def caster_id(number: int) -> str:
    """The id of one studio of the fleet."""
    return f"studio-{number:03}"


def fleet(count: int) -> dict[str, Any]:
    """A studios document: preview and program on, different layouts on them."""
    return {
        "account": {"id": "1000000000000001", "access_keys": [{"id": KEY, "secret": SECRET}]},
        "studios": [_studio(caster_id(number)) for number in range(count)],
    }


def _studio(name: str) -> dict[str, Any]:
    def scene(kind: str, layout: str) -> dict[str, Any]:
        return {
            "scene_id": f"{name}-{kind}",
            "scene_name": kind,
            "output_type": kind,
            "status": "running",
            "layout_id": f"{name}-{layout}",
            "component_ids": [f"{name}-logo"],
        }

    return {
        "caster_id": name,
        "caster_name": f"Stage {name}",
        "status": "streaming",
        "domain": "live.example.com",
        "scenes": [scene("pvw", "next"), scene("pgm", "now")],
        "layouts": [{"layout_id": f"{name}-next"}, {"layout_id": f"{name}-now"}],
        "components": [{"component_id": f"{name}-logo"}],
    }


def _search_path() -> str:
    return os.pathsep.join(path for path in sys.path if (Path(path) / "ansible_collections").is_dir())


@contextmanager
def service(count: int) -> Iterator[Service]:
    """Run an emulator with a fleet of `count` studios."""
    with tempfile.TemporaryDirectory() as folder:
        studios = Path(folder) / "studios.json"
        studios.write_text(json.dumps(fleet(count)), encoding="utf-8")
        command = [sys.executable, "-m", _EMULATOR, "--studios", str(studios), "--parent-pid", str(os.getpid())]
        process = subprocess.Popen(
            [*command, "--max-seconds", "7200"],
            stdout=subprocess.PIPE,
            text=True,
            env={**environment(Path(folder) / "home"), "PYTHONPATH": _search_path()},
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RunFailed("the emulator did not start")
            ready = json.loads(line)
            yield Service(ready["endpoint"], ready["pid"])
        finally:
            process.terminate()
            process.wait(30)


@dataclass(frozen=True)
class Stage:
    """Where runs happen: a folder that is the home and the working directory of each of them."""

    folder: Path
    forks: int

    def play(
        self,
        tasks: Sequence[Mapping[str, Any]],
        studios: int,
        variables: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        forks: int | None = None,
    ) -> Cost:
        """Run a play with these tasks on `studios` hosts. Raises RunFailed with its output when it fails."""
        hosts = {caster_id(number): {"caster_id": caster_id(number)} for number in range(studios)}
        inventory = {"all": {"hosts": hosts, "vars": {**LOCAL, **(variables or {})}}}
        plays = [{"name": "Benchmark", "hosts": "all", "gather_facts": False, "tasks": list(tasks)}]
        files = {"inventory.yml": inventory, "play.yml": plays}
        for name, content in files.items():
            (self.folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        command = [
            "-m",
            "ansible.cli.playbook",
            "--inventory",
            "inventory.yml",
            "--forks",
            str(forks or self.forks),
            "play.yml",
        ]
        return self.python(command, environ)

    def task_times(self, tasks: Sequence[Mapping[str, Any]], variables: Mapping[str, Any]) -> list[float]:
        """Run a play with these tasks on one host and return how long each of them took, in seconds."""
        path = self.folder / "times.txt"
        path.unlink(missing_ok=True)
        environ = {
            "ANSIBLE_CALLBACK_PLUGINS": str(_HERE / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "task_times",
            "APSARA_LIVE_TASK_TIMES": str(path),
        }
        self.play(tasks, 1, variables, environ)
        return [float(line) for line in path.read_text(encoding="utf-8").split()]

    def python(self, arguments: Sequence[str], environ: Mapping[str, str] | None = None) -> Cost:
        """Run Python and wait for it and all its children. Raises RunFailed with its output when it fails."""
        home = self.folder / "home"
        surroundings = {
            **environment(home),
            "ANSIBLE_LIBRARY": str(_HERE / "library"),
            "ANSIBLE_REMOTE_TMP": str(home / "tmp"),
        }
        # The tests record every result and look less often for what is done; a run that is measured is a user's.
        del surroundings["ANSIBLE_CALLBACKS_ENABLED"]
        settings = self.folder / "ansible.cfg"
        settings.touch()
        surroundings["ANSIBLE_CONFIG"] = str(settings)
        surroundings.update(environ or {})
        output = self.folder / "output.txt"
        with output.open("wb") as stream:
            began, start = time.time(), time.monotonic()
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.folder,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            guard = threading.Timer(_LONGEST_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
            guard.start()
            try:
                _unused, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            finally:
                guard.cancel()
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            text = output.read_text(encoding="utf-8", errors="replace")
            raise RunFailed(f"exit {process.returncode}: {text[-3000:]}")
        return Cost(began, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def machine_busy() -> float:
    """The CPU time that everything on this machine has used since it started, in seconds; 0 where nobody says."""
    try:
        fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0.0
    numbers = [int(field) for field in fields]
    return (sum(numbers) - numbers[3] - numbers[4]) / os.sysconf("SC_CLK_TCK")
