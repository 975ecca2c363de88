# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of tasks against services that fail every fifth call at random, and a judge that knows what happened.

    python -m ansible_collections.apsara.live.tests.support.soak --runs 2000

The judge compares every result with the journal and the state of the emulator. A result that says something else is
a lie; so is a run beyond its deadline, and a write that was sent again after readers could see its effect.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ...plugins.plugin_utils._emulator import Emulator
from . import quiet_port, studios
from .client import run_task

SEED = 20161101
RUNS = 2016
FAULT_SHARE = 0.2
API_DEADLINE = 6.0
READ_TIMEOUT = 0.3
WAIT_TIMEOUT = 3
GRACE = 1.0
_PROCESSES = 2
# Services in one process, each with an account of its own, so that the limits of an account are not what is tested.
_SERVICES = 20
_LATE_VISIBLE = 0.3

_READ = "DescribeCasterScenes"
_WRITES = {"stop": "StopCasterScene", "take": "CopyCasterSceneConfig"}
_MODULES = {"stop": "caster_scene_stop", "take": "caster_scene_config_copy", "info": "caster_scene_info"}
_LAYOUTS = ("layout-next", "layout-now", "layout-spare")

# Every kind of fault, short enough for many runs. Each is as likely as the others.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "throttle"},
    {"kind": "throttle", "retry_after_ms": 150},
    {"kind": "error_500"},
    {"kind": "error_500", "effect": True},
    {"kind": "error_500", "effect": True, "retry_after_ms": 150},
    {"kind": "bad_gateway"},
    {"kind": "bad_gateway", "effect": True},
    {"kind": "bad_gateway", "effect": True, "retry_after_ms": 150},
    {"kind": "unavailable"},
    {"kind": "unavailable", "effect": True},
    {"kind": "unavailable", "effect": True, "retry_after_ms": 150},
    {"kind": "refuse", "seconds": 0.2},
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "lost_answer", "seconds": 2},
    {"kind": "slow", "seconds": 0.1},
    {"kind": "slow", "seconds": 0.6},
    {"kind": "trickle", "seconds": 0.002},
    {"kind": "interim"},
    {"kind": "interim", "seconds": 0.6},
    {"kind": "truncated", "how": "body"},
    {"kind": "truncated", "how": "json"},
    {"kind": "not_json"},
    {"kind": "not_object"},
    {"kind": "missing_list"},
    {"kind": "skewed_clock"},
    {"kind": "redirect"},
    {"kind": "ram_denial"},
    {"kind": "expired_token"},
    {"kind": "echo"},
    {"kind": "echo", "status": 200},
    {"kind": "code", "code": "ServiceBusy", "status": 403},
    {"kind": "code", "code": "SignatureNonceUsed", "status": 400},
)
_VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"idle_stop": "bare_code"},
    {"visibility": "delayed", "visible_after_ms": int(_LATE_VISIBLE * 1000)},
    {"visibility": "delayed", "visible_after_ms": int(_LATE_VISIBLE * 1000), "idle_stop": "bare_code"},
)


@dataclass(frozen=True)
class Wish:
    """One task: what is asked for, and how."""

    task: str
    params: dict[str, Any]
    check_mode: bool

    @property
    def blind(self) -> bool:
        """Is nothing read first?"""
        return self.params.get("check_first") is False


@dataclass
class Figures:
    """What a soak came to. `lies` has a sentence for each; `latest` is the worst end after the deadline in seconds."""

    runs: int = 0
    requests: int = 0
    faults: int = 0
    effects: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    lies: list[str] = field(default_factory=list)
    latest: float = -1e9
    seconds: float = 0.0

    def add(self, other: Figures) -> None:
        """Take in the figures of another part."""
        self.runs += other.runs
        self.requests += other.requests
        self.faults += other.faults
        self.effects += other.effects
        self.outcomes += other.outcomes
        self.kinds += other.kinds
        self.lies += other.lies
        self.latest = max(self.latest, other.latest)

    def sentences(self) -> list[str]:
        """The figures for readers."""
        outcomes = ", ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items(), key=lambda p: -p[1]))
        late = f"{self.latest:.2f} s after" if self.latest > 0 else f"{-self.latest:.2f} s before"
        return [
            f"{self.runs} tasks sent {self.requests} requests; {self.faults} of them "
            f"({self.faults / max(self.requests, 1):.0%}) met one of {len(self.kinds)} kinds of fault.",
            f"Results: {outcomes}. Changes that really happened: {self.effects}.",
            f"Results that say something else than the service's journal: {len(self.lies)}.",
            f"The latest end was {late} its deadline.",
        ]


def soak(runs: int = RUNS, seed: int = SEED) -> Figures:
    """Do `runs` tasks, many at once, and return the figures."""
    began = time.monotonic()
    parts = _PROCESSES * _SERVICES
    jobs = [(seed + part, runs // parts + (part < runs % parts)) for part in range(parts)]
    total = Figures()
    with ProcessPoolExecutor(_PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        for figures in pool.map(_one_process, [jobs[part::_PROCESSES] for part in range(_PROCESSES)]):
            total.add(figures)
    total.seconds = time.monotonic() - began
    return total


def _one_process(jobs: list[tuple[int, int]]) -> Figures:
    total = Figures()
    with ThreadPoolExecutor(len(jobs)) as pool:
        for figures in pool.map(lambda job: _one_service(*job), jobs):
            total.add(figures)
    return total


def _one_service(seed: int, runs: int) -> Figures:
    """Tasks one after the other on one studio, with an operator who works on it between them."""
    dice = random.Random(seed)
    variants = _VARIANTS[seed % len(_VARIANTS)]
    figures = Figures()
    with quiet_port.emulator(studios.document(), variants=variants, faults=_random_faults(seed)) as emulator:
        for number in range(runs):
            _operate(emulator, dice)
            wish = _wish(dice)
            before, seen = emulator.state()[0], len(emulator.journal())
            began = time.monotonic()
            result = run_task(_MODULES[wish.task], emulator.endpoint, wish.params, check_mode=wish.check_mode)
            seconds = time.monotonic() - began
            if _outcome(result) == "unknown":
                # A request that was given up may still be on its way into the journal.
                time.sleep(0.1)
            journal = emulator.journal()[seen:]
            late = seconds - API_DEADLINE - (WAIT_TIMEOUT if result.get("request_id") else 0)
            delay = _LATE_VISIBLE if variants.get("visibility") == "delayed" else 0.0
            lies = judge(wish, result, journal, before, emulator.state()[0], delay)
            if late > GRACE:
                lies.append(f"it ended {late:.1f} s after its deadline")
            figures.lies += [f"seed {seed}, task {number}: {lie} ({wish}, {_brief(result, journal)})" for lie in lies]
            _count(figures, result, journal, late)
    return figures


def _random_faults(seed: int) -> list[dict[str, Any]]:
    """Rules that together strike one call in five. The first that is due strikes: later ones need a better chance."""
    share = FAULT_SHARE / len(FAULTS)
    order = list(FAULTS)
    random.Random(seed).shuffle(order)
    return [
        {"times": 0, "chance": share / (1 - share * place), "seed": seed * 100 + place, **fault}
        for place, fault in enumerate(order)
    ]


def _operate(emulator: Emulator, dice: random.Random) -> None:
    """The operator prepares the preview, most of the time."""
    preview: dict[str, Any] = {"scene_id": studios.PVW}
    if dice.random() < 0.85:
        preview["status"] = "running"
    if dice.random() < 0.7:
        preview["layout_id"] = dice.choice(_LAYOUTS)
    emulator.edit(studios.CASTER, {"scenes": [preview]})


def _wish(dice: random.Random) -> Wish:
    task = dice.choices(("stop", "take", "info"), (0.4, 0.45, 0.15))[0]
    params: dict[str, Any] = {"caster_id": studios.CASTER, "api_deadline": API_DEADLINE, "read_timeout": READ_TIMEOUT}
    if task == "info":
        return Wish(task, {**params, "audio": dice.random() < 0.3}, dice.random() < 0.2)
    params["wait_timeout"] = WAIT_TIMEOUT
    manner = dice.random()
    if manner < 0.1:
        ids = {"scene_id": studios.PVW}
        both = {"from_scene_id": studios.PVW, "to_scene_id": studios.PGM}
        params.update(check_first=False, **(ids if task == "stop" else both))
    elif task == "take" and manner < 0.2:
        params["force"] = True
    elif task == "take" and manner < 0.35:
        params["expect"] = {"layout_id": dice.choice(_LAYOUTS)}
    elif manner < 0.4:
        params["wait"] = False
    return Wish(task, params, dice.random() < 0.1)


def judge(
    wish: Wish,
    result: dict[str, Any],
    journal: list[dict[str, Any]],
    before: dict[str, Any],
    after: dict[str, Any],
    delay: float,
) -> list[str]:
    """What in this result is not true? `journal` is of this run; `delay` is how late readers see a write."""
    happened = any(entry["effect"] for entry in journal)
    outcome = _outcome(result)
    lies = []
    if result.get("failed") and result["error"]["code"] == "UnexpectedError":
        lies.append(f"it ended by an error that nobody foresaw: {result['msg']}")
    if wish.check_mode or wish.task == "info":
        lies += _judge_reader(wish, result, journal, before)
    elif outcome in ("refused", "failed"):
        if happened:
            lies.append(f"outcome {outcome}, but it happened")
        if result["changed"]:
            lies.append(f"changed, but the outcome is {outcome}")
    elif outcome == "unknown":
        if not result["changed"]:
            lies.append("the outcome is unknown, but changed is false")
        if not any(call["action"] == _WRITES[wish.task] for call in result["api_calls"]):
            lies.append("the outcome is unknown, but no write was sent")
    else:
        if result["changed"] != happened:
            lies.append(f"changed is {result['changed']}, but the journal says {happened}")
        if not _fulfilled(wish, after):
            lies.append("success, but the studio does not show it")
    return lies + _repeats(wish, journal, delay)


def _judge_reader(
    wish: Wish, result: dict[str, Any], journal: list[dict[str, Any]], before: dict[str, Any]
) -> list[str]:
    """Check mode and information modules never write, and foretell what a run would do."""
    lies = []
    if any(entry["action"] in _WRITES.values() for entry in journal):
        lies.append("a write was sent in check mode")
    if result.get("failed"):
        return lies + (["changed, although it failed in check mode"] if result["changed"] else [])
    foretold = wish.task != "info" and (wish.blind or wish.params.get("force", False) or not _fulfilled(wish, before))
    if result["changed"] != foretold:
        lies.append(f"check mode says changed {result['changed']}, a run would say {foretold}")
    return lies


def _fulfilled(wish: Wish, studio: dict[str, Any]) -> bool:
    scenes = {scene["scene_id"]: scene for scene in studio["scenes"]}
    preview, program = scenes[studios.PVW], scenes[studios.PGM]
    if wish.task == "stop":
        return bool(preview["status"] == "idle")
    return all(preview[key] == program[key] for key in ("layout_id", "component_ids"))


def _repeats(wish: Wish, journal: list[dict[str, Any]], delay: float) -> Iterable[str]:
    """Writes that were sent after their effect could be seen.

    A take must not be sent then, whether or not it was read. A stop must not be sent after it was read: to repeat it
    before is harmless, and quicker than to read.
    """
    action = _WRITES.get(wish.task)
    effect = next((entry["at"] for entry in journal if entry["effect"]), None)
    if action is None or effect is None:
        return []
    visible = effect + delay
    if wish.task == "stop":
        visible = next(
            (e["at"] for e in journal if e["action"] == _READ and e["outcome"] == "ok" and e["at"] > visible), 1e12
        )
    return [
        "a write was sent again after its effect was visible"
        for entry in journal
        if entry["action"] == action and entry["at"] > visible
    ]


def _outcome(result: dict[str, Any]) -> str:
    return str(result["error"]["outcome"]) if result.get("failed") else ""


def _count(figures: Figures, result: dict[str, Any], journal: list[dict[str, Any]], late: float) -> None:
    figures.runs += 1
    figures.requests += len(journal)
    figures.effects += any(entry["effect"] for entry in journal)
    figures.latest = max(figures.latest, late)
    figures.outcomes[_outcome(result) or ("changed" if result["changed"] else "unchanged")] += 1
    for entry in journal:
        if entry["outcome"].startswith("fault:"):
            figures.faults += 1
            figures.kinds[entry["outcome"].removeprefix("fault:")] += 1


def _brief(result: dict[str, Any], journal: list[dict[str, Any]]) -> str:
    calls = ", ".join(f"{e['action']} {e['outcome']}{' EFFECT' if e['effect'] else ''}" for e in journal)
    return f"changed {result['changed']}, {result.get('msg', 'no failure')}, {calls}"


def main(argv: list[str] | None = None) -> int:
    """Run a soak and print its figures; the exit code is 1 when there were lies."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(argv)
    figures = soak(options.runs, options.seed)
    print("\n".join([*figures.sentences(), f"It took {figures.seconds:.0f} s.", *figures.lies]))
    return 1 if figures.lies else 0


if __name__ == "__main__":
    sys.exit(main())
