# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Fault rules, matched call by call and consumed."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...module_utils._api.operations import OPERATIONS

FOLDER = Path(__file__).parent / "data" / "faults"

# Kind to the keys it understands besides the common ones, with their defaults.
KINDS: dict[str, dict[str, Any]] = {
    "throttle": {"retry_after_ms": None},
    "error_500": {"effect": False, "retry_after_ms": None},
    "bad_gateway": {"effect": False, "retry_after_ms": None},
    "unavailable": {"effect": False, "retry_after_ms": None},
    "refuse": {"seconds": 2.0, "at_start": False},
    "reset_before": {},
    "reset_after": {},
    "lost_answer": {"seconds": 300.0},
    "slow": {"seconds": 2.0},
    "trickle": {"seconds": 0.1},
    # `count` answers with 102 and 103 in turn, and after `seconds` the real one.
    "interim": {"count": 2, "seconds": 0.0},
    "truncated": {"how": "body"},
    "not_json": {},
    "not_object": {},
    "missing_list": {},
    "skewed_clock": {"seconds": 3600.0},
    "redirect": {"location": None, "status": 302},
    "ram_denial": {},
    "expired_token": {},
    "code": {"code": None, "status": 0, "message": ""},
    # What the client sent, its Authorization among it, comes back wherever an answer has room; with 200 in a right one.
    "echo": {"status": 400, "code": None},
    # The answer is as it should be; the edit that comes right after it is all that happens.
    "meanwhile": {},
}
_COMMON = {"action", "caster_id", "kind", "times", "skip", "chance", "seed", "edit", "after"}


@dataclass
class Fault:
    """One rule: which calls it hits, what happens to them, and how often it has.

    With `after` it sleeps until such a call has come, for the studio of the rule if it names one.
    `edit` is what another operator changes in the studio right after the answer, written as in a studios file.
    """

    kind: str
    action: str = "*"
    caster_id: str | None = None
    times: int = 1
    skip: int = 0
    chance: float = 1.0
    edit: Mapping[str, Any] | None = None
    after: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    dice: random.Random = field(default_factory=random.Random)
    seen: int = 0
    fired: int = 0

    def __getitem__(self, name: str) -> Any:
        return self.details[name]

    @property
    def seconds(self) -> float:
        """The duration of this fault, 0 for a kind without one."""
        return float(self.details.get("seconds", 0.0))

    def wants(self, action: str, caster_id: str | None) -> bool:
        """Whether the rule applies to such a call."""
        return self.after is None and self.action in ("*", action) and self.caster_id in (None, caster_id)

    def wake(self, action: str, caster_id: str | None) -> None:
        """Take note of a call that came."""
        if self.after == action and self.caster_id in (None, caster_id):
            self.after = None

    def due(self) -> bool:
        """Whether it strikes the call that was just seen."""
        left = self.times == 0 or self.fired < self.times
        return left and self.seen > self.skip and (self.chance >= 1.0 or self.dice.random() < self.chance)


class Faults:
    """The rules in force. Each counts the calls it matches; the first that is due strikes."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, rules: Iterable[Fault]) -> None:
        """Add rules behind the present ones."""
        with self._lock:
            self._rules.extend(rules)

    def clear(self) -> None:
        """Drop every rule."""
        with self._lock:
            self._rules.clear()

    def strike(self, action: str, caster_id: str | None) -> Fault | None:
        """The fault that hits this call, if any; it is counted as used."""
        with self._lock:
            matching = [rule for rule in self._rules if rule.wants(action, caster_id)]
            for rule in self._rules:
                rule.wake(action, caster_id)
            for rule in matching:
                rule.seen += 1
            for rule in matching:
                if rule.due():
                    rule.fired += 1
                    return rule
            return None

    def closed_at_start(self) -> float:
        """For how many seconds nobody listens at the beginning; uses up the rules that say so."""
        with self._lock:
            closing = [rule for rule in self._rules if rule.kind == "refuse" and rule["at_start"]]
            self._rules = [rule for rule in self._rules if rule not in closing]
            return max((rule.seconds for rule in closing), default=0.0)


def named(name: str) -> Path:
    """The file of fault rules: a path, or the name of one that is shipped.

    Raises ValueError with a sentence where there is neither.
    """
    own, shipped = Path(name), FOLDER / f"{name}.yml"
    if own.exists():
        return own
    if "/" in name or not shipped.exists():
        names = ", ".join(sorted(path.stem for path in FOLDER.glob("*.yml")))
        raise ValueError(
            f"There are no faults named {name}, and no such file. The collection ships {names}. "
            "Name one of them, or a file of your own."
        )
    return shipped


def parse(document: Any) -> list[Fault]:
    """Fault rules from a list, or from a mapping with the list under `faults`.

    Raises ValueError with a sentence that names the rule.
    """
    if isinstance(document, Mapping):
        document = document.get("faults")
    if not isinstance(document, (list, tuple)):
        raise ValueError("Faults must be a list of rules.")
    return [_fault(entry, number) for number, entry in enumerate(document, 1)]


def _fault(entry: Any, number: int) -> Fault:
    place = f"Fault {number}"
    if not isinstance(entry, Mapping) or entry.get("kind") not in KINDS:
        raise ValueError(f"{place} needs a kind. There are: {', '.join(KINDS)}.")
    known = KINDS[entry["kind"]]
    unknown = {str(name) for name in entry} - _COMMON - set(known)
    if unknown:
        raise ValueError(f"{place} ({entry['kind']}) has unknown keys: {', '.join(sorted(unknown))}.")
    action, after = str(entry.get("action", "*")), entry.get("after")
    for name in {action, after} - {"*", None}:
        if name not in OPERATIONS:
            raise ValueError(f"{place} names an unknown action: {name}.")
    fault = Fault(
        kind=entry["kind"],
        action=action,
        caster_id=entry.get("caster_id"),
        times=_count(entry, "times", 1, place),
        skip=_count(entry, "skip", 0, place),
        chance=float(entry.get("chance", 1.0)),
        edit=entry.get("edit"),
        after=after,
        details={name: entry.get(name, default) for name, default in known.items()},
        dice=random.Random(entry.get("seed")),
    )
    _check_details(fault, place)
    return fault


def _check_details(fault: Fault, place: str) -> None:
    if fault.kind == "code" and not fault["code"]:
        raise ValueError(f"{place} (code) needs code.")
    if fault.kind == "truncated" and fault["how"] not in ("body", "json"):
        raise ValueError(f"{place} (truncated): how must be body or json.")
    if fault.kind == "interim":
        _count(fault.details, "count", 2, f"{place} (interim)")
    if fault.edit is None and fault.kind == "meanwhile":
        raise ValueError(f"{place} (meanwhile) needs edit: what changes in the studio, written as in a studios file.")
    if fault.edit is not None and not isinstance(fault.edit, Mapping):
        raise ValueError(f"{place}: edit must be a mapping: what changes in the studio, written as in a studios file.")


def _count(entry: Mapping[str, Any], name: str, default: int, place: str) -> int:
    value = entry.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{place}: {name} must be a whole number, 0 or more.")
    return value
