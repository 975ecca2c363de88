# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table of cases as the account of an emulator, and options with their places filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .model import Case, Moment
from .reading import crowd as crowd_studios


def document(cases: Iterable[Case], crowd: bool) -> dict[str, Any]:
    """A studios file in which every case has a studio of its own, and an access key where it needs one."""
    cases = list(cases)
    keys = {case.key_id: {"id": case.key_id, "secret": case.secret, "deny": list(case.deny)} for case in cases}
    studios = [{"caster_id": case.caster_id, **case.studio} for case in cases if case.studio is not None]
    return {"account": {"access_keys": list(keys.values())}, "studios": [*studios, *(crowd_studios() if crowd else ())]}


def faults(cases: Iterable[Case]) -> list[dict[str, Any]]:
    """The faults of all cases, each for its own studio."""
    return [{**fault, "caster_id": case.caster_id} for case in cases for fault in case.faults]


def fill(value: Any, fillings: Mapping[str, str], at: Callable[[Moment], str]) -> Any:
    """Fill in endpoint, key, secret and moments, at any depth."""
    if isinstance(value, Moment):
        return at(value)
    if isinstance(value, str):
        return fillings.get(value, value)
    if isinstance(value, Mapping):
        return {name: fill(entry, fillings, at) for name, entry in value.items()}
    return [fill(entry, fillings, at) for entry in value] if isinstance(value, list) else value
