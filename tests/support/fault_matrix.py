# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix: what must come of every fault, and a run that finds out what does.

Expectations are written in a few words each:

    ok 2                    the task did what was asked; 2 writes reached the service
    failed CODE 2+          the service rejected it: unchanged, the studio is as before; 2 writes or more
    refused CODE 0          nothing was done and the service did not answer
    unknown CODE 1 applied  changed, error.outcome unknown; in truth it was applied (or: not applied)
    -                       this fault does not exist there

They come from the contract: the table of repeats in module_utils/_api/retry.py and the words of `error.outcome`.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ...plugins.plugin_utils._definitions import definitions
from . import quiet_port, studios
from .client import run_task

API_DEADLINE = 5.0
READ_TIMEOUT = 1.0
WAIT_TIMEOUT = 4
# A run may end this much later than its deadline, in seconds.
GRACE = 1.0

STOP, TAKE, INFO = "stop", "take", "info"
MODULES = {STOP: "caster_scene_stop", TAKE: "caster_scene_config_copy", INFO: "caster_scene_info"}
WRITES = {task: definitions()[module].actions[0] for task, module in MODULES.items() if task in (STOP, TAKE)}
_READ = "DescribeCasterScenes"
_AT_ONCE = 10
# A colleague, no fault of the service: tests/acceptance/test_races.py has it.
NO_FAULT = frozenset({"meanwhile"})

ON_WRITE, ON_FIRST_READ, ON_READ_BACK, ON_BLIND_WRITE = "write", "first read", "reading back", "blind write"

# name of the fault: the rule for the emulator, without the call that it strikes
FAULTS: dict[str, dict[str, Any]] = {
    "none": {},
    "throttled once": {"kind": "throttle"},
    "throttled, told to wait 300 ms": {"kind": "throttle", "retry_after_ms": 300},
    "throttled, told to wait a minute": {"kind": "throttle", "retry_after_ms": 60000},
    "throttled for ever": {"kind": "throttle", "times": 0},
    "busy once": {"kind": "code", "code": "ServiceBusy", "status": 403},
    "busy for ever": {"kind": "code", "code": "ServiceBusy", "status": 403, "times": 0},
    "500 once": {"kind": "error_500"},
    "500 for ever": {"kind": "error_500", "times": 0},
    "500 after the effect": {"kind": "error_500", "effect": True},
    "500 after the effect, told to wait": {"kind": "error_500", "effect": True, "retry_after_ms": 200},
    "500 after the effect, for ever": {"kind": "error_500", "effect": True, "times": 0},
    "502 with HTML once": {"kind": "bad_gateway"},
    "502 with HTML for ever": {"kind": "bad_gateway", "times": 0},
    "502 after the effect": {"kind": "bad_gateway", "effect": True},
    "502 after the effect, told to wait": {"kind": "bad_gateway", "effect": True, "retry_after_ms": 200},
    "503 once": {"kind": "unavailable"},
    "503 for ever": {"kind": "unavailable", "times": 0},
    "503 after the effect": {"kind": "unavailable", "effect": True},
    "503 after the effect, told to wait": {"kind": "unavailable", "effect": True, "retry_after_ms": 200},
    "connection cut, refused for 0.5 s": {"kind": "refuse", "seconds": 0.5},
    "connection cut, refused for ever": {"kind": "refuse", "seconds": 60},
    "nobody listens for 0.5 s": {"kind": "refuse", "seconds": 0.5, "at_start": True},
    "nobody ever listens": {"kind": "refuse", "seconds": 60, "at_start": True},
    "reset before the effect": {"kind": "reset_before"},
    "reset before the effect, for ever": {"kind": "reset_before", "times": 0},
    "reset after the effect": {"kind": "reset_after"},
    "reset after the effect, for ever": {"kind": "reset_after", "times": 0},
    "answer lost": {"kind": "lost_answer"},
    "answer lost for ever": {"kind": "lost_answer", "times": 0},
    "slow, in time": {"kind": "slow", "seconds": 0.3},
    "slow, too late": {"kind": "slow", "seconds": 1.6},
    "byte by byte": {"kind": "trickle", "seconds": 0.1},
    "102 and 103 before the answer": {"kind": "interim"},
    "102 and 103, the answer too late": {"kind": "interim", "seconds": 1.6},
    "cut short": {"kind": "truncated", "how": "body"},
    "JSON cut short": {"kind": "truncated", "how": "json"},
    "HTML with 200 once": {"kind": "not_json"},
    "HTML with 200 for ever": {"kind": "not_json", "times": 0},
    "JSON, but no object": {"kind": "not_object"},
    "a list is missing": {"kind": "missing_list"},
    "clocks differ": {"kind": "skewed_clock"},
    "redirect": {"kind": "redirect"},
    "RAM denial": {"kind": "ram_denial"},
    "expired token": {"kind": "expired_token"},
    "nonce seen before": {"kind": "code", "code": "SignatureNonceUsed", "status": 400},
    "a named refusal": {"kind": "code", "code": "InvalidCaster.NotFound", "status": 404},
    "a named refusal with 500": {"kind": "code", "code": "RegionNoResource", "status": 500},
    "an error that repeats the request": {"kind": "echo"},
    "an answer that repeats the request": {"kind": "echo", "status": 200},
    "wrong state": {"kind": "code", "code": "IncorrectSceneStatus", "status": 400},
}

# On the write, for stop and take; on the first read; on the reading back; on a write with check_first: false.
_EXPECTED = """
none                              | ok 1 | ok 1 | ok | ok 1 | ok 1 | ok 1
throttled once                    | ok 2 | ok 2 | ok | ok 1 | ok 2 | ok 2
throttled, told to wait 300 ms    | ok 2 | ok 2 | ok | ok 1 | ok 2 | ok 2
throttled, told to wait a minute  | failed Throttling.User 1 | failed Throttling.User 1 | failed Throttling.User | \
    unknown WaitTimeout 1 applied | failed Throttling.User 1 | failed Throttling.User 1
throttled for ever                | failed Throttling.User 2+ | failed Throttling.User 2+ | failed Throttling.User | \
    unknown WaitTimeout 1 applied | failed Throttling.User 2+ | failed Throttling.User 2+
busy once                         | ok 2 | ok 2 | ok | ok 1 | ok 2 | ok 2
busy for ever                     | failed ServiceBusy 2+ | failed ServiceBusy 2+ | failed ServiceBusy | \
    unknown WaitTimeout 1 applied | failed ServiceBusy 2+ | failed ServiceBusy 2+
500 once                          | ok 2 | ok 2 | ok | ok 1 | ok 2 | unknown InternalError 1 not applied
500 for ever                      | unknown InternalError 2+ not applied | unknown InternalError 2 not applied | \
    failed InternalError | unknown WaitTimeout 1 applied | unknown InternalError 2+ not applied | \
    unknown InternalError 1 not applied
500 after the effect              | ok 1 | ok 1 | - | - | ok 2 | unknown InternalError 1 applied
500 after the effect, told to wait | ok 1 | ok 1 | - | - | ok 2 | unknown InternalError 1 applied
500 after the effect, for ever    | ok 1 | ok 1 | - | - | unknown InternalError 2+ applied | \
    unknown InternalError 1 applied
502 with HTML once                | ok 2 | ok 2 | ok | ok 1 | ok 2 | unknown InvalidAnswer 1 not applied
502 with HTML for ever            | unknown DeadlineExceeded 2+ not applied | unknown InvalidAnswer 2 not applied | \
    refused DeadlineExceeded | unknown WaitTimeout 1 applied | unknown DeadlineExceeded 2+ not applied | \
    unknown InvalidAnswer 1 not applied
502 after the effect              | ok 1 | ok 1 | - | - | ok 2 | unknown InvalidAnswer 1 applied
502 after the effect, told to wait | ok 1 | ok 1 | - | - | ok 2 | unknown InvalidAnswer 1 applied
503 once                          | ok 2 | ok 2 | ok | ok 1 | ok 2 | unknown ServiceUnavailable 1 not applied
503 for ever                      | unknown ServiceUnavailable 2+ not applied | \
    unknown ServiceUnavailable 2 not applied | \
    failed ServiceUnavailable | unknown WaitTimeout 1 applied | unknown ServiceUnavailable 2+ not applied | \
    unknown ServiceUnavailable 1 not applied
503 after the effect              | ok 1 | ok 1 | - | - | ok 2 | unknown ServiceUnavailable 1 applied
503 after the effect, told to wait | ok 1 | ok 1 | - | - | ok 2 | unknown ServiceUnavailable 1 applied
connection cut, refused for 0.5 s | ok 2 | ok 2 | ok | ok 1 | ok 2 | unknown ConnectionFailed 1 not applied
connection cut, refused for ever  | unknown DeadlineExceeded 1 not applied | unknown ConnectionFailed 1 not applied | \
    refused DeadlineExceeded | unknown WaitTimeout 1 applied | unknown DeadlineExceeded 1 not applied | \
    unknown ConnectionFailed 1 not applied
nobody listens for 0.5 s          | - | - | ok | - | ok 1 | ok 1
nobody ever listens               | - | - | refused ConnectionFailed | - | refused ConnectionFailed 0 | \
    refused ConnectionFailed 0
reset before the effect           | ok 2 | ok 2 | ok | ok 1 | ok 2 | unknown ConnectionFailed 1 not applied
reset before the effect, for ever | unknown DeadlineExceeded 2+ not applied | unknown ConnectionFailed 2 not applied | \
    refused DeadlineExceeded | unknown WaitTimeout 1 applied | unknown DeadlineExceeded 2+ not applied | \
    unknown ConnectionFailed 1 not applied
reset after the effect            | ok 1 | ok 1 | ok | ok 1 | ok 2 | unknown ConnectionFailed 1 applied
reset after the effect, for ever  | ok 1 | ok 1 | refused DeadlineExceeded | unknown WaitTimeout 1 applied | \
    unknown DeadlineExceeded 2+ applied | unknown ConnectionFailed 1 applied
answer lost                       | ok 1 | ok 1 | ok | ok 1 | ok 2 | unknown ConnectionFailed 1 applied
answer lost for ever              | ok 1 | ok 1 | refused DeadlineExceeded | unknown WaitTimeout 1 applied | \
    unknown DeadlineExceeded 2+ applied | unknown ConnectionFailed 1 applied
slow, in time                     | ok 1 | ok 1 | ok | ok 1 | ok 1 | ok 1
slow, too late                    | ok 1 | ok 1 | ok | ok 1 | ok 2 | unknown ConnectionFailed 1 applied
byte by byte                      | ok 1 | ok 1 | refused DeadlineExceeded | unknown WaitTimeout 1 applied | \
    unknown DeadlineExceeded 1 applied | unknown ConnectionFailed 1 applied
102 and 103 before the answer | ok 1 | ok 1 | ok | ok 1 | ok 1 | ok 1
102 and 103, the answer too late | ok 1 | ok 1 | ok | ok 1 | ok 2 | unknown ConnectionFailed 1 applied
cut short                         | ok 1 | ok 1 | ok | ok 1 | ok 2 | unknown ConnectionFailed 1 applied
JSON cut short                    | ok 1 | ok 1 | ok | ok 1 | ok 2 | unknown InvalidAnswer 1 applied
HTML with 200 once                | ok 1 | ok 1 | ok | ok 1 | ok 2 | unknown InvalidAnswer 1 applied
HTML with 200 for ever            | ok 1 | ok 1 | refused InvalidAnswer | unknown WaitTimeout 1 applied | ok 2 | \
    unknown InvalidAnswer 1 applied
JSON, but no object               | ok 1 | ok 1 | ok | ok 1 | ok 2 | unknown InvalidAnswer 1 applied
a list is missing                 | ok 1 | ok 1 | refused InvalidAnswer | ok 1 | ok 1 | ok 1
clocks differ                     | failed InvalidTimeStamp.Expired 1 | failed InvalidTimeStamp.Expired 1 | \
    failed InvalidTimeStamp.Expired | unknown InvalidTimeStamp.Expired 1 applied | \
    failed InvalidTimeStamp.Expired 1 | failed InvalidTimeStamp.Expired 1
redirect                          | refused InvalidAnswer 1 | refused InvalidAnswer 1 | refused InvalidAnswer | \
    ok 1 | refused InvalidAnswer 1 | refused InvalidAnswer 1
RAM denial                        | failed Forbidden.RAM 1 | failed Forbidden.RAM 1 | failed Forbidden.RAM | \
    unknown Forbidden.RAM 1 applied | failed Forbidden.RAM 1 | failed Forbidden.RAM 1
expired token                     | failed InvalidSecurityToken.Expired 1 | failed InvalidSecurityToken.Expired 1 | \
    failed InvalidSecurityToken.Expired | unknown InvalidSecurityToken.Expired 1 applied | \
    failed InvalidSecurityToken.Expired 1 | failed InvalidSecurityToken.Expired 1
nonce seen before                 | ok 2 | ok 2 | ok | ok 1 | ok 2 | unknown SignatureNonceUsed 1 not applied
a named refusal                   | failed InvalidCaster.NotFound 1 | failed InvalidCaster.NotFound 1 | \
    failed InvalidCaster.NotFound | unknown InvalidCaster.NotFound 1 applied | \
    failed InvalidCaster.NotFound 1 | failed InvalidCaster.NotFound 1
a named refusal with 500          | failed RegionNoResource 1 | failed RegionNoResource 1 | failed RegionNoResource | \
    unknown RegionNoResource 1 applied | failed RegionNoResource 1 | failed RegionNoResource 1
an error that repeats the request | refused InvalidAnswer 1 | refused InvalidAnswer 1 | refused InvalidAnswer | \
    ok 1 | refused InvalidAnswer 1 | refused InvalidAnswer 1
an answer that repeats the request | ok 1 | ok 1 | ok | ok 1 | ok 1 | ok 1
wrong state                       | failed IncorrectSceneStatus 1 | failed IncorrectSceneStatus 1 | - | - | \
    failed IncorrectSceneStatus 1 | failed IncorrectSceneStatus 1
"""
_COLUMNS = (
    (ON_WRITE, (STOP,)),
    (ON_WRITE, (TAKE,)),
    (ON_FIRST_READ, (STOP, TAKE, INFO)),
    (ON_READ_BACK, (STOP, TAKE)),
    (ON_BLIND_WRITE, (STOP,)),
    (ON_BLIND_WRITE, (TAKE,)),
)


@dataclass(frozen=True)
class Cell:
    """One run: a task, in check mode or not, and the fault that strikes one of its calls."""

    fault: str
    where: str
    task: str
    check_mode: bool

    def __str__(self) -> str:
        return f"{self.fault} / {self.where} / {self.task}{' --check' if self.check_mode else ''}"


@dataclass(frozen=True)
class Outcome:
    """What came of a run. `writes` is how many reached the service, `state` what the studio shows afterwards."""

    changed: bool
    failed: bool
    code: str
    outcome: str
    writes: str
    state: str

    @property
    def words(self) -> str:
        """The outcome in the words of the table."""
        if not self.failed:
            return f"{'ok' if self.changed else 'unchanged'} {self.writes}"
        return f"{self.outcome} {self.code} {self.writes}" + (f" {self.state}" if self.outcome == "unknown" else "")


@dataclass(frozen=True)
class Measured:
    """A run as it was: `late` is how far it went beyond its deadline in seconds, below zero when it was in time."""

    outcome: Outcome
    late: float
    result: dict[str, Any] = field(compare=False)


@cache
def expectations() -> dict[Cell, Outcome]:
    """Every cell of the matrix with what must come of it."""
    cells: dict[Cell, Outcome] = {}
    for line in _EXPECTED.strip().replace("\\\n", "").splitlines():
        fault, *columns = (re.sub(r"\s+", " ", column).strip() for column in line.split("|"))
        assert fault in FAULTS and len(columns) == len(_COLUMNS), fault
        for (where, tasks), words in zip(_COLUMNS, columns):
            for task in tasks if words != "-" else ():
                cells[Cell(fault, where, task, False)] = live = _live(words, task)
                if where != ON_READ_BACK:
                    cells[Cell(fault, where, task, True)] = _in_check_mode(live, where, task)
    return cells


def _live(words: str, task: str) -> Outcome:
    kind, *rest = words.split()
    if kind == "ok":
        if task == INFO:
            return Outcome(False, False, "", "", "0", "not applied")
        return Outcome(True, False, "", "", rest[0] if rest else "1", "applied")
    code = rest[0]
    writes = rest[1] if len(rest) > 1 else "0"
    state = " ".join(rest[2:]) or "not applied"
    return Outcome(kind == "unknown", True, code, kind, writes, state)


def _in_check_mode(live: Outcome, where: str, task: str) -> Outcome:
    """Check mode reads and never writes: only a fault of the first read can reach it."""
    if where == ON_FIRST_READ and live.failed:
        return live
    return Outcome(task != INFO, False, "", "", "0", "not applied")


def run(cells: Iterable[Cell]) -> dict[Cell, Measured]:
    """Run cells, many at once, each against an emulator of its own.

    In a random order, so that those that wait and those that compute come mixed.
    """
    chosen = list(cells)
    random.Random(1).shuffle(chosen)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(chosen, pool.map(measure, chosen)))


def measure(cell: Cell) -> Measured:
    """Run one cell."""
    params: dict[str, Any] = {
        "caster_id": studios.CASTER,
        "api_deadline": API_DEADLINE,
        "read_timeout": READ_TIMEOUT,
    }
    if cell.task != INFO:
        params["wait_timeout"] = WAIT_TIMEOUT
    if cell.where == ON_BLIND_WRITE:
        ids = {"scene_id": studios.PVW} if cell.task == STOP else _COPY_IDS
        params.update(check_first=False, **ids)
    with quiet_port.emulator(studios.document(), faults=_faults(cell)) as emulator:
        began = time.monotonic()
        result = run_task(MODULES[cell.task], emulator.endpoint, params, check_mode=cell.check_mode)
        seconds = time.monotonic() - began
        journal, state = emulator.journal(), emulator.state()
    allowed = API_DEADLINE + (WAIT_TIMEOUT if _waited(cell, result) else 0)
    return Measured(_outcome(cell, result, journal, state), seconds - allowed, result)


_COPY_IDS = {"from_scene_id": studios.PVW, "to_scene_id": studios.PGM}


def _faults(cell: Cell) -> list[dict[str, Any]]:
    rule = FAULTS[cell.fault]
    if not rule:
        return []
    if cell.where in (ON_WRITE, ON_BLIND_WRITE):
        return [{"action": WRITES[cell.task], **rule}]
    return [{"action": _READ, **({"after": WRITES[cell.task]} if cell.where == ON_READ_BACK else {}), **rule}]


def _waited(cell: Cell, result: dict[str, Any]) -> bool:
    """wait_timeout bounds the reading after a write that was accepted; only then it adds to the deadline."""
    return cell.task != INFO and bool(result.get("request_id"))


def _outcome(cell: Cell, result: dict[str, Any], journal: list[dict[str, Any]], state: list[dict[str, Any]]) -> Outcome:
    scenes = {scene["output_type"]: scene for scene in state[0]["scenes"]}
    if cell.task == STOP:
        done = scenes["pvw"]["status"] == "idle"
    else:
        done = _content(scenes["pvw"]) == _content(scenes["pgm"])
    error = result.get("error", {})
    return Outcome(
        changed=result["changed"],
        failed=bool(result.get("failed")),
        code=error.get("code", ""),
        outcome=error.get("outcome", ""),
        writes=str(sum(entry["action"] in WRITES.values() for entry in journal)),
        state="applied" if done else "not applied",
    )


def _content(scene: dict[str, Any]) -> tuple[Any, Any]:
    return scene["layout_id"], scene["component_ids"]


def agrees(expected: Outcome, measured: Outcome) -> bool:
    """Whether it is as expected. `2+` writes are two or more."""
    return _rounded(measured, expected) == expected


def _rounded(measured: Outcome, expected: Outcome) -> Outcome:
    """The measured outcome with its number of writes as the table writes it: chance decides how many repeats fit."""
    least = expected.writes.removesuffix("+")
    if not expected.writes.endswith("+") or int(measured.writes) < int(least):
        return measured
    return Outcome(**{**vars(measured), "writes": expected.writes})


def table(outcomes: dict[Cell, Outcome]) -> str:
    """The matrix in Markdown: a row for each fault, one column for each place where it can strike."""
    heads = ["fault", *_heads()]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for fault in FAULTS:
        columns = [_column(outcomes, fault, where, tasks) for where, tasks in _COLUMNS]
        lines.append("| " + " | ".join([fault, *columns]) + " |")
    return "\n".join(lines)


def _heads() -> list[str]:
    names = {(ON_FIRST_READ, (STOP, TAKE, INFO)): "first read of stop, take, scene info"}
    names[ON_READ_BACK, (STOP, TAKE)] = "reading back after stop, take"
    return [names.get(column, f"{column[0]}: {', '.join(column[1])}") for column in _COLUMNS]


def _column(outcomes: dict[Cell, Outcome], fault: str, where: str, tasks: tuple[str, ...]) -> str:
    """What came of one fault in one place; tasks that differ are told apart, and so is check mode if it wrote."""
    words: dict[str, list[str]] = {}
    for task in tasks:
        live = outcomes.get(Cell(fault, where, task, False))
        if live is None:
            return "-"
        text = live.words if task != INFO or live.failed else "ok 0"
        words.setdefault(_without_zero(text, where), []).append(task)
        check = outcomes.get(Cell(fault, where, task, True))
        if check is not None and check != _in_check_mode(live, where, task):
            words.setdefault(f"--check: {check.words}", []).append(task)
    if len(words) == 1:
        return next(iter(words))
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in words.items())


def _without_zero(text: str, where: str) -> str:
    # On the first read the number of writes is 1 after success and 0 otherwise, for the two that write.
    return re.sub(r" [01]$", "", text) if where == ON_FIRST_READ else text


def measured_outcomes(measured: dict[Cell, Measured]) -> dict[Cell, Outcome]:
    """What was measured, written as the table writes it."""
    wanted = expectations()
    return {cell: _rounded(found.outcome, wanted[cell]) for cell, found in measured.items()}


def secrets_in(result: dict[str, Any]) -> list[str]:
    """What must never be in a result and is."""
    text = json.dumps(result)
    return [word for word in ("rehearsal-secret", "Signature=", "ACS3-HMAC", "?CasterId", "Traceback") if word in text]
