# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook as AWX does, without AWX: ansible-runner transmit, worker, process, with AWX's files and environment.

The worker is a process of its own with a clean environment, as in an execution environment; there is no container
around it. What AWX sends was seen on AWX 24.6: extra variables in a file with !unsafe, options in a command line file,
credentials in the environment with blank fields as empty variables, an inventory that is a script, empty answers to
all prompts.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import yaml

from .playbook import ROOT

_PROMPTS = (
    r"SSH password:\s*?$",
    r"BECOME password.*:\s*?$",
    r"Vault password:\s*?$",
    r"Password:\s*?$",
)
_COLLECTIONS = ROOT / ".cache" / "collections"


class _Unsafe(str):
    """Text that a person typed when a job was launched: never a template."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(_Unsafe, lambda dumper, data: dumper.represent_scalar("!unsafe", str(data)))


@dataclass(frozen=True)
class Job:
    """What a job template, its inventory, a credential and a launch come to.

    playbook, configuration: the project's playbook, and its ansible.cfg. survey: answers, as AWX hands them on: text or
    numbers.
    """

    number: int
    playbook: Sequence[Mapping[str, Any]]
    hosts: Mapping[str, Mapping[str, Any]]
    credential: Mapping[str, str]
    survey: Mapping[str, Any] = field(default_factory=dict)
    options: str = "-u root"
    configuration: str = ""


@dataclass(frozen=True)
class Outcome:
    """What AWX knows of a finished job. `folder` holds everything that was written for it, on both sides."""

    status: str
    events: list[dict[str, Any]]
    folder: Path
    number: int

    def results(self, task: str, host: str = "") -> list[dict[str, Any]]:
        """The results of a task, by a part of its name."""
        return [
            event["event_data"]["res"]
            for event in self.events
            if event["event"] in ("runner_on_ok", "runner_on_failed")
            and task in event["event_data"]["task"]
            and host in ("", event["event_data"]["host"])
        ]

    @property
    def stdout(self) -> str:
        """What the job printed."""
        return "\n".join(event["stdout"] for event in self.events if event["stdout"])

    @property
    def artifacts(self) -> dict[str, Any]:
        """What set_stats handed on."""
        (stats,) = [event for event in self.events if event["event"] == "playbook_on_stats"]
        found: dict[str, Any] = stats["event_data"].get("artifact_data", {})
        return found

    def files_with(self, secret: str) -> list[str]:
        """The files that hold a text, but for the record of the command, which AWX deletes."""
        paths = [path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink()]
        command = ("artifacts", str(self.number), "command")
        return [
            str(path.relative_to(self.folder))
            for path in paths
            if path.parts[-3:] != command and secret.encode() in path.read_bytes()
        ]


class Run:
    """One run of a job: sent off when it is made, then ended by `finish` or by `kill` and `finish`."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._job = job
        self._folder = folder
        # One path on both sides, as inside of the container: without one, the inventory is given by its absolute path.
        self._node = folder / "private"
        self._answers = folder / "answers.jsonl"
        sent = folder / "sent.bin"
        _private_data(job, self._node)
        # ansible-runner reads the name of its streams, so they are files.
        with sent.open("wb") as stream:
            ansible_runner.interface.run(
                streamer="transmit",
                _output=stream,
                private_data_dir=str(self._node),
                ident=str(job.number),
                playbook="show.yml",
                inventory=str(self._node / "inventory" / "hosts"),
                passwords=dict.fromkeys(_PROMPTS, ""),
                suppress_env_files=True,
                envvars=_environment(job, self._node),
                fact_cache_type="",
            )
        shutil.rmtree(self._node)
        with sent.open("rb") as taken, self._answers.open("wb") as given:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ansible_runner", "worker", "--private-data-dir", str(self._node)],
                stdin=taken,
                stdout=given,
                stderr=subprocess.DEVNULL,
                env=_clean(folder / "home"),
                cwd=folder,
            )
        # The pipe to the node: it holds the credential on its way and is no file in AWX.
        sent.unlink()

    def kill(self) -> None:
        """What a time-out and a cancel are: SIGKILL for everything in the container, at once."""
        victims = [self.process.pid]
        for pid in victims:
            os.kill(pid, signal.SIGSTOP)
            victims += _children(pid)
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(20)

    def finish(self, timeout: float = 120) -> Outcome:
        """Wait for the node and read what it answered, as AWX does."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end within {timeout} s\n{self._answers.read_text(encoding='utf-8')}") from None
        events: list[dict[str, Any]] = []
        seen: list[str] = []
        with self._answers.open("rb") as stream:
            ansible_runner.interface.run(
                streamer="process",
                _input=stream,
                private_data_dir=str(self._folder / "controller"),
                ident=str(self._job.number),
                quiet=True,
                event_handler=lambda event: events.append(event) or True,  # type: ignore[func-returns-value]
                status_handler=lambda status, runner_config: seen.append(status["status"]),
            )
        self._answers.unlink()
        return Outcome(seen[-1], events, self._folder, self._job.number)


def _private_data(job: Job, data: Path) -> None:
    for name in ("inventory", "env", "project", "cp", "requirements_collections"):
        (data / name).mkdir(mode=0o700, parents=True)
    hosts = {name: {**variables, "remote_tower_id": n} for n, (name, variables) in enumerate(job.hosts.items(), 1)}
    inventory = {
        "all": {"hosts": list(hosts), "children": ["casters"], "vars": {"remote_tower_enabled": "true"}},
        "casters": {"hosts": list(hosts)},
        "_meta": {"hostvars": hosts},
    }
    script = data / "inventory" / "hosts"
    script.write_text(f"#!/usr/bin/env python3\nprint({json.dumps(inventory)!r})\n", encoding="utf-8")
    script.chmod(0o700)
    survey = {key: _Unsafe(value) if isinstance(value, str) else value for key, value in job.survey.items()}
    known = {
        "job_id": job.number,
        "job_launch_type": "scheduled",
        "job_template_name": _Unsafe("Show day"),
        "user_name": _Unsafe("operator"),
        "schedule_name": _Unsafe("Evening show"),
        "project_revision": _Unsafe("0123abc"),
    }
    variables = {f"{prefix}_{key}": value for key, value in known.items() for prefix in ("awx", "tower")}
    text = yaml.dump({**variables, **survey}, Dumper=_Dumper)
    (data / "env" / "extravars").write_text(text, encoding="utf-8")
    (data / "env" / "cmdline").write_text(job.options, encoding="utf-8")
    settings = {"job_timeout": 0, "suppress_ansible_output": True, "suppress_output_file": True}
    (data / "env" / "settings").write_text(json.dumps(settings), encoding="utf-8")
    (data / "project" / "show.yml").write_text(yaml.safe_dump(list(job.playbook)), encoding="utf-8")
    (data / "project" / "ansible.cfg").write_text(job.configuration, encoding="utf-8")


def _environment(job: Job, node: Path) -> dict[str, str]:
    return {
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(node / "cp"),
        # What the project asks for, and then what is baked into the execution environment.
        "ANSIBLE_COLLECTIONS_PATH": f"{node / 'requirements_collections'}:{_COLLECTIONS}",
        "JOB_ID": str(job.number),
        "INVENTORY_ID": "2",
        "PROJECT_REVISION": "0123abc",
        "MAX_EVENT_RES": "700000",
        "AWX_HOST": "https://awx.example.com",
        "AWX_PRIVATE_DATA_DIR": "/tmp/awx_41_abcdefgh",
        **job.credential,
    }


def _clean(home: Path) -> dict[str, str]:
    """An execution environment's own variables; ansible-runner hands on whatever it is started with."""
    home.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "NO_PROXY": "127.0.0.1"}


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = (map(int, line.split()) for line in listed.splitlines())
    return [child for child, parent in pairs if parent == pid]
