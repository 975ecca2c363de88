# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures every figure of docs/performance.md, as plain data."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from ansible import __version__ as ansible_version
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS

from .rig import KEY, SECRET, Cost, RunFailed, Service, Stage, machine_busy

Say = Callable[[str], None]
Task = dict[str, Any]
Journal = list[dict[str, Any]]

ROOT = Path(__file__).resolve().parents[2]
READ, STOP, TAKE = "DescribeCasterScenes", "StopCasterScene", "CopyCasterSceneConfig"
# A cell is not run again once its runs have taken this long, in seconds.
_ENOUGH = 60.0


@dataclass(frozen=True)
class Size:
    """How much is measured. `lead` is the time from the start of a play to its cue, in seconds."""

    studios: tuple[int, ...] = (1, 10, 40, 100)
    rounds: int = 3
    cues: int = 5
    cue_studios: int = 10
    lead: float = 12.0
    forks: int = 20


@dataclass(frozen=True)
class Way:
    """One way to do a task. `calls` says what it sends for one studio: (reads, writes).

    A way that `may_fail` does not pace its calls, so the service may refuse some; how many studios it stopped is a
    figure like the others.
    """

    name: str
    words: str
    task: Callable[[Service], Task]
    calls: tuple[int, int]
    fast: bool = True
    may_fail: bool = False

    def limit(self, studios: int) -> float:
        """The time that the service's limits leave for this many studios, in seconds."""
        return max(studios * count / OPERATIONS[name].qps for name, count in zip((READ, STOP), self.calls))


def _keys() -> dict[str, str]:
    return {"caster_id": "{{ caster_id }}", "access_key_id": KEY, "access_key_secret": SECRET}


def _stop(wait: bool) -> Callable[[Service], Task]:
    return lambda service: {
        "apsara.live.caster_scene_stop": {**_keys(), "endpoint": service.endpoint, "wait": wait},
    }


def _sdk(service: Service) -> Task:
    return {"sdk_scene_stop": {**_keys(), "endpoint": service.endpoint.partition("//")[2]}}


def _nothing(_service: Service) -> Task:
    return {"nothing": {"caster_id": "{{ caster_id }}"}}


# What a module's process loads: words -> Python.
_BASE = "import ansible.module_utils.basic"
LOADS = {
    "Ansible's part of a module": _BASE,
    "with requests, as the modules here": f"{_BASE}, requests",
    "with alibabacloud-credentials": f"{_BASE}, alibabacloud_credentials.client",
    "with the official SDK": f"{_BASE}, alibabacloud_live20161101.client",
}

WAYS = (
    Way("fast", "in-process", _stop(False), (1, 1)),
    Way("module", "module process", _stop(False), (1, 1), fast=False),
    Way("sdk", "module with the official SDK", _sdk, (1, 1), fast=False, may_fail=True),
    Way("nothing", "module that does nothing", _nothing, (0, 0), fast=False),
    Way("fast_wait", "in-process, `wait: true`", _stop(True), (2, 1)),
    Way("module_wait", "module process, `wait: true`", _stop(True), (2, 1), fast=False),
)


def measure(stage: Stage, service: Service, size: Size, say: Say) -> dict[str, Any]:
    """Measure everything once."""
    began, busy = time.monotonic(), machine_busy() - service.cpu()
    ours = _Sum()
    bench = _Bench(stage, service, size, say, ours)
    figures = {
        "machine": machine(size),
        "loads": bench.loads(),
        "ways": bench.ways(),
        "growth": bench.growth(),
        "take": bench.one_take(),
        "takes": bench.takes(),
        "cues": {name: bench.cues(fast) for name, fast in (("fast", True), ("module", False))},
        "inventory": bench.inventory(),
    }
    seconds = time.monotonic() - began
    others = machine_busy() - service.cpu() - busy - ours.cpu
    figures["machine"]["seconds"] = seconds
    figures["machine"]["others"] = max(0.0, others / (seconds * (os.cpu_count() or 1))) if busy else None
    return figures


def machine(size: Size) -> dict[str, Any]:
    """What this is measured on and with."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "day": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "cores": usable,
        "processor": _processor(),
        "python": platform.python_version(),
        "ansible": ansible_version,
        "forks": size.forks,
        "rounds": size.rounds,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


@dataclass
class _Sum:
    cpu: float = 0.0


@dataclass(frozen=True)
class _Run:
    """One run and what the emulator saw of it."""

    cost: Cost
    journal: Journal


@dataclass
class _Bench:
    stage: Stage
    service: Service
    size: Size
    say: Say
    ours: _Sum
    cells: dict[tuple[str, int], list[_Run]] = field(default_factory=dict)

    def ways(self) -> dict[str, dict[str, Any]]:
        """Way -> words and one row per number of studios."""
        if self.size.rounds > 1:
            self.say("warming up")
            for way in WAYS:
                self._stop(way, 1)
        # Round by round and way by way, so that a disturbance meets all of them.
        for number in range(self.size.rounds):
            for studios in self.size.studios:
                for way in WAYS:
                    runs = self.cells.setdefault((way.name, studios), [])
                    if sum(run.cost.seconds for run in runs) < _ENOUGH:
                        runs.append(self._stop(way, studios))
                        self.say(f"round {number + 1}, {studios} studios, {way.name}: {_words(runs[-1].cost, studios)}")
        return {
            way.name: {
                "words": way.words,
                "rows": [_row(way, studios, self.cells[way.name, studios]) for studios in self.size.studios],
            }
            for way in WAYS
        }

    def _stop(self, way: Way, studios: int, forks: int | None = None) -> _Run:
        task = {"name": "Stop", **way.task(self.service), "ignore_errors": way.may_fail}
        run = self._play([task], studios, way.fast, forks=forks)
        if _effects(run.journal) != studios * way.calls[1] and not way.may_fail:
            raise RunFailed(f"{_effects(run.journal)} of {studios} studios were stopped: {way.words}")
        return run

    def _play(self, tasks: list[Task], studios: int, fast: bool, forks: int | None = None) -> _Run:
        self.service.reset()
        cost = self.stage.play(tasks, studios, {"apsara_live_in_process": fast}, forks=forks)
        self.ours.cpu += cost.cpu
        return _Run(cost, self.service.journal())

    def growth(self) -> dict[str, Any]:
        """The CPU of in-process runs of the larger fleets, in seconds, with a fork for each studio of the smallest.

        Ansible looks all the time for a fork that is free, as long as a studio waits for one. So few forks let every
        further studio wait, in the largest fleet as in the others.
        """
        sizes = [studios for studios in self.size.studios if studios >= 10]
        if len(sizes) < 3:
            return {}
        runs: dict[int, list[float]] = {studios: [] for studios in sizes}
        for _unused in range(self.size.rounds):
            for studios, costs in runs.items():
                costs.append(self._stop(WAYS[0], studios, forks=sizes[0]).cost.cpu)
                self.say(f"{studios} studios, {sizes[0]} forks: CPU {costs[-1]:.2f} s")
        return {"forks": sizes[0], "rows": [{"studios": s, "cpu": median(costs)} for s, costs in runs.items()]}

    def loads(self) -> dict[str, dict[str, float]]:
        """Words -> the CPU that loading costs a process in seconds, least of some runs, with and without bytecode."""
        empty = str(self.stage.folder / "no bytecode")
        kinds = {"with": {}, "without": {"PYTHONPYCACHEPREFIX": empty, "PYTHONDONTWRITEBYTECODE": "1"}}
        found: dict[str, dict[str, float]] = {}
        for words, code in LOADS.items():
            for kind, environ in kinds.items():
                costs = [self.stage.python(["-c", code], environ) for _unused in range(self.size.rounds)]
                self.ours.cpu += sum(cost.cpu for cost in costs)
                found.setdefault(words, {})[kind] = min(cost.cpu for cost in costs)
            self.say(f"loading {words}: {found[words]['with']:.2f} s, {found[words]['without']:.2f} s without bytecode")
        return found

    def one_take(self) -> dict[str, float]:
        """How long a take is as one task of a play, in seconds of wall time."""
        return {name: self._one_take(fast) for name, fast in (("fast", True), ("module", False))}

    def _one_take(self, fast: bool) -> float:
        # Seven takes with their readings fit into the limits of one second, so nothing is paced.
        takes = [{"name": "Take", **_take(self.service, force=True)}] * 7
        found: list[float] = []
        for _unused in range(self.size.rounds):
            self.service.reset()
            found += self.stage.task_times(takes, {"apsara_live_in_process": fast})
        self.say(f"one take, {'in-process' if fast else 'module process'}: {median(found) * 1000:.0f} ms")
        return median(found)

    def cues(self, fast: bool) -> dict[str, Any]:
        """Takes on one cue, round by round. Errors are in milliseconds, late is positive."""
        rounds = []
        for _unused in range(self.size.cues):
            moment = round(time.time() + self.size.lead + (0.0 if fast else self.size.lead), 3)
            at = datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")
            # A take that comes late is measured, not refused.
            take = _take(self.service, at=at, max_late=120)
            run = self._play([{"name": "Take", **take}], self.size.cue_studios, fast)
            writes = [entry for entry in run.journal if entry["action"] == TAKE]
            if _effects(writes) != self.size.cue_studios:
                raise RunFailed("not every studio took on its cue")
            errors = [(entry["at"] - moment) * 1000 for entry in writes if entry["effect"]]
            rounds.append({"errors": errors, "throttled": _throttled(run.journal)})
            self.say(f"cue, {'in-process' if fast else 'module process'}: {min(errors):.0f} to {max(errors):.0f} ms")
        return {"studios": self.size.cue_studios, "rounds": rounds}

    def takes(self) -> list[dict[str, Any]]:
        """Whole fleets that take at once and on one cue, each studio in a fork of its own. Times are in seconds."""
        sizes = [studios for studios in self.size.studios if studios >= 40] or [max(self.size.studios)]
        return [self._takes(studios, on_cue) for studios in sizes for on_cue in (False, True)]

    def _takes(self, studios: int, on_cue: bool) -> dict[str, Any]:
        runs = []
        for _unused in range(self.size.rounds):
            # A fork needs some time to start, and all of them have to wait for the cue before it comes.
            moment = time.time() + self.size.lead + studios * 0.15
            at = datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")
            take = _take(self.service, wait=False, **({"at": at, "max_late": 120} if on_cue else {}))
            run = self._play([{"name": "Take", **take}], studios, True, forks=studios)
            if _effects(run.journal) != studios:
                raise RunFailed(f"{_effects(run.journal)} of {studios} studios took")
            runs.append(run.journal)
            writes = [entry for entry in runs[-1] if entry["action"] == TAKE]
            self.say(f"{studios} takes{' on one cue' if on_cue else ''}: {_span(writes):.1f} s")
        return {
            "studios": studios,
            "on_cue": on_cue,
            "limit": studios / OPERATIONS[TAKE].qps,
            "span": median(_span([entry for entry in journal if entry["action"] == TAKE]) for journal in runs),
            "throttled": max(_throttled(journal) for journal in runs),
            "oldest": max(age for journal in runs for age in _ages(journal)),
            "readings": max(sum(entry["action"] == READ for entry in journal) for journal in runs) / studios,
        }

    def inventory(self) -> dict[str, Any] | None:
        """The time to read a fleet with its scenes; None where the inventory plugin is not there."""
        if not (ROOT / "plugins" / "inventory" / "casters.py").exists():
            return None
        studios = max(*self.size.studios, self.size.cue_studios)
        options = {"plugin": "apsara.live.casters", **_keys(), "endpoint": self.service.endpoint, "scenes": True}
        del options["caster_id"]
        path = self.stage.folder / "casters.yml"
        path.write_text(yaml.safe_dump(options), encoding="utf-8")
        runs = []
        for _unused in range(self.size.rounds):
            self.service.reset()
            cost = self.stage.python(["-m", "ansible.cli.inventory", "--inventory", str(path), "--list"])
            self.ours.cpu += cost.cpu
            runs.append(_Run(cost, self.service.journal()))
            reads = sum(entry["action"] == READ and entry["outcome"] == "ok" for entry in runs[-1].journal)
            if reads != studios:
                raise RunFailed(f"the inventory read the scenes of {reads} of {studios} studios")
            self.say(f"inventory of {studios} studios: {cost.seconds:.1f} s")
        return {
            "studios": studios,
            "limit": studios / OPERATIONS[READ].qps,
            "seconds": median(run.cost.seconds for run in runs),
            "calling": median(_span(run.journal) for run in runs),
            "cpu": median(run.cost.cpu for run in runs),
            "throttled": max(_throttled(run.journal) for run in runs),
        }


def _take(service: Service, **options: Any) -> Task:
    return {"apsara.live.caster_scene_config_copy": {**_keys(), "endpoint": service.endpoint, **options}}


def _row(way: Way, studios: int, runs: list[_Run]) -> dict[str, Any]:
    return {
        "studios": studios,
        "runs": len(runs),
        "cpu": median(run.cost.cpu for run in runs) / studios,
        "seconds": median(run.cost.seconds for run in runs),
        "peak_mib": max(run.cost.peak_kib for run in runs) / 1024,
        "limit": way.limit(studios),
        "calling": median(_span(run.journal) for run in runs),
        "throttled": max(_throttled(run.journal) for run in runs),
        "left_out": max(studios * way.calls[1] - _effects(run.journal) for run in runs),
    }


def _effects(journal: Iterable[dict[str, Any]]) -> int:
    return sum(bool(entry["effect"]) for entry in journal)


def _span(journal: Iterable[dict[str, Any]]) -> float:
    """The time from the first call to the last."""
    moments = [entry["at"] for entry in journal]
    return max(moments) - min(moments) if moments else 0.0


def _ages(journal: Journal) -> list[float]:
    """How long before each take its studio was read, in seconds, as the service saw both arrive."""
    ages = []
    read: dict[str, float] = {}
    for entry in journal:
        if entry["action"] == READ:
            read[entry["parameters"]["CasterId"]] = entry["at"]
        elif entry["action"] == TAKE and entry["effect"]:
            ages.append(entry["at"] - read[entry["parameters"]["CasterId"]])
    return ages


def _throttled(journal: Iterable[dict[str, Any]]) -> int:
    return sum(str(entry["outcome"]).startswith("Throttling") for entry in journal)


def _words(cost: Cost, studios: int) -> str:
    return f"{cost.seconds:.1f} s, CPU {cost.cpu / studios:.3f} s each, {cost.peak_kib // 1024} MiB"
