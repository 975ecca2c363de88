# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of tasks against services that fail every fifth call at random, and a judge that knows what happened.

    python -m ansible_collections.apsara.live.tests.support.soak --runs 2000

Somebody else works on the studio all the while, also between the reading of a task and its write; some writes are held
back for longer than a reading is fresh. The judge compares every result with what the service saw, showed and did. A
result that says something else is a lie. So is a run beyond its deadline, a write that was sent again after readers
could see its effect, and a write that left late, or on a reading that was old or did not allow it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...plugins.module_utils._modules.run import run
from ...plugins.plugin_utils._definitions import definitions
from . import delays, studios
from .client import KEY, context
from .delays import Station
from .soak_judge import READING, WRITES, Case, Wish, content_of, lies
from .witness import Studio, WitnessedEmulator, scene_of, witnessed

SEED = 20161101
RUNS = 2016
FAULT_SHARE = 0.2
# How many readings somebody else uses to change the studio right after them, how many writes are held back, and how
# many tasks meet a lock.
EDIT_SHARE = 0.12
HELD_SHARE = 0.05
LOCK_SHARE = 0.02
API_DEADLINE = 6.0
# With the longer one a reading may take longer than it stays fresh.
READ_TIMEOUTS = (0.3, 0.3, 2.5)
WAIT_TIMEOUT = 3
GRACE = 1.0
_PROCESSES = 2
# Services in one process, each with an account of its own, so that the limits of an account are not what is tested.
_SERVICES = 20
_LATE_VISIBLE = 0.3

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
    {"kind": "slow", "seconds": 1.2},
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
# What somebody else does, right after an answer.
EDITS: tuple[dict[str, Any], ...] = (
    *({"scene_id": studios.PGM, "layout_id": layout} for layout in _LAYOUTS),
    *({"scene_id": studios.PVW, "layout_id": layout} for layout in _LAYOUTS),
    {"scene_id": studios.PGM, "component_ids": ["clock"]},
    {"scene_id": studios.PVW, "status": "idle"},
    {"scene_id": studios.PVW, "status": "running"},
)
# And what no reading of the scenes shows: the same layout and component with something else in them.
CONTENT_EDITS: tuple[dict[str, Any], ...] = (
    *(
        {"layouts": [{"layout_id": layout, "video_layers": [{"location_id": location}]}]}
        for layout in _LAYOUTS
        for location in ("RV01", "RV02")
    ),
    {"components": [{"component_id": "logo", "name": "another"}]},
)
_VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"idle_stop": "bare_code"},
    {"visibility": "delayed", "visible_after_ms": int(_LATE_VISIBLE * 1000)},
    {"visibility": "delayed", "visible_after_ms": int(_LATE_VISIBLE * 1000), "idle_stop": "bare_code"},
)


@dataclass
class Figures:
    """What a soak came to. `lies` has a sentence for each; `latest` is the worst end after the deadline in seconds."""

    runs: int = 0
    requests: int = 0
    faults: int = 0
    effects: int = 0
    edits: int = 0
    held: int = 0
    cues: int = 0
    armed: int = 0
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
        self.edits += other.edits
        self.held += other.held
        self.cues += other.cues
        self.armed += other.armed
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
            f"Somebody else changed the studio {self.edits} times while a task was at work. {self.held} writes were "
            f"held back for {delays.HELD:g} s right before they left. {self.cues} takes had a cue, "
            f"{self.armed} the fingerprint of a preview that somebody had looked at.",
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
    with delays.delayed(), ThreadPoolExecutor(len(jobs)) as pool:
        for figures in pool.map(lambda job: _one_service(*job), jobs):
            total.add(figures)
    return total


def _one_service(seed: int, runs: int) -> Figures:
    """Tasks one after the other on one studio, with an operator who works on it between them and meanwhile."""
    dice = random.Random(seed)
    variants = _VARIANTS[seed % len(_VARIANTS)]
    figures = Figures()
    with ExitStack() as stack:
        emulator = stack.enter_context(witnessed(studios.document(), variants=variants, faults=_random_faults(seed)))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="apsara.live-soak-")))
        station = Station(random.Random(seed + 1), lambda: _meddle(emulator, dice), HELD_SHARE)
        stack.enter_context(delays.on_the_way(emulator.endpoint, station))
        for number in range(runs):
            _operate(emulator, dice)
            case, late, held = _one_task(emulator, station, folder, dice)
            found = lies(case)
            if late > GRACE:
                found.append(f"it ended {late:.1f} s after its deadline")
            figures.lies += [f"seed {seed}, task {number}: {lie} ({_brief(case)})" for lie in found]
            _count(figures, case, late, held)
    return figures


def _one_task(
    emulator: WitnessedEmulator, station: Station, folder: Path, dice: random.Random
) -> tuple[Case, float, float]:
    """Do one task; return it with how late it ended and how long its writes were held back, in seconds."""
    wish, start = _wish(emulator, folder, dice), emulator.studio(studios.CASTER)
    known, seen, held = len(emulator.events()), len(emulator.journal()), station.held
    surroundings = context(check_mode=wish.check_mode, environ={"XDG_RUNTIME_DIR": str(folder)})
    params = {**KEY, "endpoint": emulator.endpoint, **wish.params}
    with ExitStack() as stack:
        if dice.random() < LOCK_SHARE:
            stack.enter_context(delays.locked(folder, dice.choice([READING, *WRITES.values()])))
        began, at = time.monotonic(), time.time()
        result = run(definitions()[_MODULES[wish.task]], params, surroundings)
        seconds = time.monotonic() - began
    held = station.held - held
    bounds = API_DEADLINE + (WAIT_TIMEOUT if result.get("request_id") else 0) + max(0.0, (wish.cue or at) - at)
    case = Case(wish, result, [], [], station.left, start, emulator.variants.delay)
    if case.outcome == "unknown":
        # A request that was given up may still be on its way into the journal.
        time.sleep(0.1)
    case = replace(case, journal=emulator.journal()[seen:], events=emulator.events()[known:])
    return case, seconds - bounds - held, held


def _random_faults(seed: int) -> list[dict[str, Any]]:
    """Rules that together strike one call in five, half of them with an edit; and edits without any fault.

    The first rule that is due strikes: later ones need a better chance.
    """
    dice = random.Random(seed)
    share = FAULT_SHARE / len(FAULTS)
    order = [dict(fault) for fault in FAULTS]
    dice.shuffle(order)
    for fault in order:
        if dice.random() < 0.5:
            fault["edit"] = _edit(dice)
    changes = [*({"scenes": [edit]} for edit in EDITS), *CONTENT_EDITS]
    edits = [{"kind": "meanwhile", "action": READING, "edit": change} for change in changes]
    chances = [share / (1 - share * place) for place in range(len(order))]
    chances += [EDIT_SHARE / len(edits)] * len(edits)
    return [
        {"times": 0, "chance": chance, "seed": seed * 100 + place, **fault}
        for place, (fault, chance) in enumerate(zip([*order, *edits], chances))
    ]


def _meddle(emulator: WitnessedEmulator, dice: random.Random) -> None:
    """What somebody else does while a write is held back, most of the time."""
    if dice.random() < 0.8:
        emulator.edit(studios.CASTER, _edit(dice))


def _edit(dice: random.Random) -> dict[str, Any]:
    """Something that somebody else does."""
    return dice.choice(CONTENT_EDITS) if dice.random() < 0.2 else {"scenes": [dice.choice(EDITS)]}


def _operate(emulator: WitnessedEmulator, dice: random.Random) -> None:
    """The operator prepares the preview, most of the time."""
    preview: dict[str, Any] = {"scene_id": studios.PVW}
    if dice.random() < 0.85:
        preview["status"] = "running"
    if dice.random() < 0.7:
        preview["layout_id"] = dice.choice(_LAYOUTS)
    emulator.edit(studios.CASTER, {"scenes": [preview]})


def _wish(emulator: WitnessedEmulator, folder: Path, dice: random.Random) -> Wish:
    task = dice.choices(("stop", "take", "info"), (0.4, 0.45, 0.15))[0]
    timeout = dice.choice(READ_TIMEOUTS)
    params: dict[str, Any] = {"caster_id": studios.CASTER, "api_deadline": API_DEADLINE, "read_timeout": timeout}
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
    elif task == "take" and manner < 0.5:
        # Most of the time it is what is on air.
        now = scene_of(emulator.studio(studios.CASTER), studios.PGM)["layout_id"]
        params["expect"] = {"layout_id": now if dice.random() < 0.8 else dice.choice(_LAYOUTS)}
    elif manner < 0.6:
        params["wait"] = False
    armed = None
    if task == "take" and manner >= 0.1 and dice.random() < 0.3:
        armed, params["expect_preview"] = _review(emulator, folder, content=dice.random() < 0.5)
    cue = None
    if task == "take" and dice.random() < 0.25:
        cue = round(time.time() + dice.uniform(0.1, 1.0), 3)
        written = datetime.fromtimestamp(cue, timezone.utc).isoformat(timespec="milliseconds")
        params.update(at=written, max_late=round(dice.uniform(0.3, 2.0), 2))
    return Wish(task, params, dice.random() < 0.1, cue, armed)


def _review(emulator: WitnessedEmulator, folder: Path, content: bool) -> tuple[Studio, dict[str, Any]]:
    """The studio as somebody looked at it, and what that person expects of the preview from then on."""
    params = {**KEY, "endpoint": emulator.endpoint, "caster_id": studios.CASTER, "content": content}
    while True:
        studio = emulator.studio(studios.CASTER)
        result = run(definitions()["caster_scene_info"], params, context(environ={"XDG_RUNTIME_DIR": str(folder)}))
        found = [scene["fingerprint"] for scene in result["scenes"] or () if scene["scene_id"] == studios.PVW]
        # Nobody was there meanwhile, and the readings went well.
        if found and found[0] and content_of(emulator.studio(studios.CASTER)) == content_of(studio):
            return studio, {"fingerprint": found[0]}


def _count(figures: Figures, case: Case, late: float, held: float) -> None:
    figures.runs += 1
    figures.requests += len(case.journal)
    figures.effects += bool(case.effects)
    figures.edits += len(case.edits)
    figures.held += round(held / delays.HELD)
    figures.cues += case.wish.cue is not None
    figures.armed += case.wish.armed is not None
    figures.latest = max(figures.latest, late)
    figures.outcomes[case.outcome or ("changed" if case.result["changed"] else "unchanged")] += 1
    for entry in case.journal:
        if entry["outcome"].startswith("fault:") and entry["outcome"] != "fault:meanwhile":
            figures.faults += 1
            figures.kinds[entry["outcome"].removeprefix("fault:")] += 1


def _brief(case: Case) -> str:
    """What happened, for whoever looks for the cause."""
    outcomes = {entry["nonce"]: entry for entry in case.journal}
    began = case.events[0].at if case.events else 0.0
    calls = []
    for event in case.events:
        shown = event.shown or event.after
        ids = [f"{s['layout_id']}/{len(s['component_ids'])}/{s['status']}" for s in shown["scenes"]] if shown else []
        entry = outcomes.get(event.nonce, {})
        calls.append(
            f"{event.at - began:.2f} {event.kind} {event.action} {entry.get('outcome')} "
            f"left {case.left.get(event.nonce, 0.0) - began:.2f}{' EFFECT' if event.effect else ''} {' '.join(ids)}"
        )
    bare = [f"{entry['at'] - began:.2f} {entry['action']} {entry['outcome']}" for entry in case.journal]
    result = {key: case.result.get(key) for key in ("changed", "msg", "before", "after", "reason")}
    return f"{case.wish}, {result}\n    " + "\n    ".join([*calls, "; ".join(bare)])


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
