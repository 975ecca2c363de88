# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a real ansible-playbook in a process of its own, with nothing from the caller's surroundings, and read it.

run = run_playbook(plays, tmp_path, inventory=inventory)
run.succeeded()
assert run.result("Take", host="studio").changed
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_CALLBACKS = ROOT / "tests" / "support" / "callbacks"
#: For PYTHONPATH: a Python that starts with it reaches loopback and nothing else.
NO_NETWORK = ROOT / "tests" / "support" / "no_network"

#: A studio on the controller: the module runs where Ansible runs.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}

Plays = list[dict[str, Any]]


@dataclass(frozen=True)
class TaskResult:
    """What one task gave for one host. `status`: ok, changed, failed, ignored, skipped or unreachable."""

    play: str
    task: str
    action: str
    host: str
    status: str
    result: dict[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @property
    def failed(self) -> bool:
        return self.status == "failed"

    def __getitem__(self, key: str) -> Any:
        return self.result[key]


@dataclass(frozen=True)
class PlayRun:
    """A finished ansible-playbook. `stats` is the recap: host -> {ok, changed, failures, rescued, ...}."""

    returncode: int
    stdout: str
    stderr: str
    seconds: float
    tasks: list[TaskResult] = field(default_factory=list)
    stats: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def output(self) -> str:
        return f"{self.stdout}\n{self.stderr}"

    @property
    def warnings(self) -> list[str]:
        """Every warning and deprecation, printed or returned with a result."""
        printed = [line for line in self.output.splitlines() if line.startswith(("[WARNING]", "[DEPRECATION WARNING]"))]
        returned = [
            str(w) for task in self.tasks for key in ("warnings", "deprecations") for w in task.result.get(key) or []
        ]
        return printed + returned

    def results(self, task: str = "", host: str = "", action: str = "") -> list[TaskResult]:
        """The results whose task name and action contain these texts, in order, without skipped ones."""
        return [
            found
            for found in self.tasks
            if task in found.task and action in found.action and host in ("", found.host) and found.status != "skipped"
        ]

    def result(self, task: str = "", host: str = "", action: str = "") -> TaskResult:
        """The only such result."""
        found = self.results(task, host, action)
        assert len(found) == 1, f"{len(found)} results for {task!r} {host!r} {action!r} in {self.describe()}"
        return found[0]

    def changed(self) -> int:
        """The sum of the recap's changed column."""
        return sum(numbers["changed"] for numbers in self.stats.values())

    def succeeded(self, warnings: bool = False) -> PlayRun:
        """Fail the test unless the run ended well, and without warnings unless they are expected."""
        assert self.returncode == 0, self.describe()
        assert warnings or not self.warnings, f"warnings: {self.warnings}\n{self.describe()}"
        return self

    def refused(self, *texts: str) -> PlayRun:
        """Fail the test unless the run failed with these texts in its output, and without a traceback."""
        assert self.returncode not in (0, 4), self.describe()
        flat = " ".join(self.output.split())
        for text in texts:
            assert text in flat, f"{text!r} is not in {self.describe()}"
        assert "Traceback" not in self.output, self.describe()
        return self

    def describe(self) -> str:
        return (
            f"exit {self.returncode} after {self.seconds:.1f} s\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )


def environment(home: Path, extra: Mapping[str, str] | None = None, collections: Path | None = None) -> dict[str, str]:
    """A bare environment: no identity, no configuration and no home of the caller."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / "ansible.cfg"
    if not config.exists():
        # Ansible looks a thousand times a second whether a task is done, which costs a processor that the task needs.
        config.write_text("[defaults]\ninternal_poll_interval = 0.01\n", encoding="utf-8")
    values = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(NO_NETWORK),
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections or ROOT / ".cache" / "collections"),
        "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false",
        "ANSIBLE_CALLBACK_PLUGINS": str(_CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "results_file",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    return {**values, **(extra or {})}


def start_playbook(
    playbook: str | Path | Plays,
    directory: Path,
    *,
    inventory: str | Path | Mapping[str, Any] | None = None,
    extra_vars: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    args: Sequence[str] = (),
    collections: Path | None = None,
    terminal: int | None = None,
) -> tuple[subprocess.Popen[str], Path]:
    """Start ansible-playbook in its own process group. Returns the process and the file its results go to.

    terminal: a file descriptor that is its keyboard and screen; without one it has no keyboard and its output is kept.
    """
    results = directory / f"results-{time.monotonic_ns()}.jsonl"
    extra = {**(environ or {}), "APSARA_LIVE_TEST_RESULTS": str(results)}
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ansible.cli.playbook",
            *_inventory(inventory, directory),
            *_extra_vars(extra_vars, directory),
            *args,
            _playbook(playbook, directory),
        ],
        cwd=directory,
        env=environment(directory / "home", extra, collections),
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=subprocess.PIPE if terminal is None else terminal,
        stderr=subprocess.PIPE if terminal is None else terminal,
        text=True,
        start_new_session=True,
        # A session may only be asked for an answer at the terminal that it controls.
        preexec_fn=None if terminal is None else lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    return process, results


def run_playbook(
    playbook: str | Path | Plays,
    directory: Path,
    *,
    inventory: str | Path | Mapping[str, Any] | None = None,
    extra_vars: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    args: Sequence[str] = (),
    collections: Path | None = None,
    timeout: float = 300,
) -> PlayRun:
    """Run a playbook to its end.

    playbook: a fully qualified name, a file, or plays as data. inventory: a file, inventory data
    ({"casters": {"hosts": {...}}} is put below "all: children:"), or None for the implicit localhost only.
    directory: an empty directory of the test; the home and the working directory of the run.
    """
    began = time.monotonic()
    process, results = start_playbook(
        playbook,
        directory,
        inventory=inventory,
        extra_vars=extra_vars,
        environ=environ,
        args=args,
        collections=collections,
    )
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        raise AssertionError(f"no end within {timeout} s\n{stdout}\n{stderr}") from None
    return finished(process.returncode, stdout, stderr, time.monotonic() - began, results)


def finished(returncode: int, stdout: str, stderr: str, seconds: float, results: Path) -> PlayRun:
    """Read the results file of a run that ended."""
    tasks: list[TaskResult] = []
    stats: dict[str, dict[str, int]] = {}
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    for line in lines:
        entry = json.loads(line)
        if "stats" in entry:
            stats = entry["stats"]
        else:
            tasks.append(TaskResult(**entry))
    return PlayRun(returncode, stdout, stderr, seconds, tasks, stats)


def studio_inventory(caster_ids: Mapping[str, str], group: str = "casters", **variables: Any) -> dict[str, Any]:
    """An inventory with one host a studio: host name -> caster_id."""
    hosts = {name: {"caster_id": caster_id} for name, caster_id in caster_ids.items()}
    return {group: {"hosts": hosts, "vars": {**LOCAL, **variables}}}


def _playbook(playbook: str | Path | Plays, directory: Path) -> str:
    if isinstance(playbook, list):
        path = directory / f"playbook-{time.monotonic_ns()}.yml"
        path.write_text(yaml.safe_dump(playbook, sort_keys=False), encoding="utf-8")
        return str(path)
    return str(playbook)


def _inventory(inventory: str | Path | Mapping[str, Any] | None, directory: Path) -> list[str]:
    if inventory is None:
        return []
    if isinstance(inventory, Mapping):
        data = inventory if "all" in inventory else {"all": {"children": dict(inventory)}}
        path = directory / "inventory.yml"
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return ["--inventory", str(path)]
    return ["--inventory", str(inventory)]


def _extra_vars(extra_vars: Mapping[str, Any] | None, directory: Path) -> list[str]:
    if not extra_vars:
        return []
    path = directory / f"extra-vars-{time.monotonic_ns()}.json"
    path.write_text(json.dumps(dict(extra_vars)), encoding="utf-8")
    return ["--extra-vars", f"@{path}"]
