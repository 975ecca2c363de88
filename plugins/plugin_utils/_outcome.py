# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What became of a task, by its result.

Pure. A result comes from a module of this collection, or from Ansible in its place: a time-out, a process that was
killed, a host that was lost. Only a module of this collection knows whether something was written, and says so; what
anything else says is no proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._api.operations import OPERATIONS
from ..module_utils._errors.kind import Outcome

# It ended well.
DONE = "done"
PLANNED = "planned"
UNCHANGED = "unchanged"
# The module says what became of it: error.outcome.
REFUSED = Outcome.REFUSED.value
FAILED = Outcome.FAILED.value
UNKNOWN = Outcome.UNKNOWN.value
# Nothing came back from a task that only reads, or only judges.
UNREAD = "unread"
# The task never began.
UNTOUCHED = "untouched"

#: What a module says itself.
SAID = (REFUSED, FAILED, UNKNOWN)
# From the best to the worst, to find what became of a loop.
_ORDER = (UNTOUCHED, UNCHANGED, PLANNED, DONE, REFUSED, FAILED, UNREAD, UNKNOWN)
_WRITES = {operation.name for operation in OPERATIONS.values() if operation.writes}

Result = Mapping[str, Any]


def outcome_of(result: Any, may_write: bool) -> str:
    """What became of a task, by its result. `may_write`: it was to write, and not in check mode.

    A result that is none of ours proves nothing: `unknown` where the task may have written, else `unread`.
    """
    nothing = UNKNOWN if may_write else UNREAD
    if not isinstance(result, Mapping):
        return nothing
    items = result.get("results")
    if isinstance(items, Sequence) and not isinstance(items, str) and "api_calls" not in result:
        found = [outcome_of(item, may_write) for item in items]
        return max(found, key=_ORDER.index) if found else UNCHANGED
    said = part(result, "error").get("outcome")
    if said in SAID:
        return str(said)
    if not _is_ours(result):
        return nothing
    if not result.get("changed"):
        return UNCHANGED
    return DONE if was_sent(result) else PLANNED


def was_sent(result: Result) -> bool:
    """Whether a module says that it sent a write."""
    calls = result.get("api_calls") or []
    return any(isinstance(call, Mapping) and call.get("action") in _WRITES for call in calls)


def has_begun(result: Any) -> bool:
    """Whether this is the result of one of our tasks, or of what came in its place.

    The roles let the task in front of a write register under the same name. It ended well, and asked nothing.
    """
    result = mapping(result)
    if not result or is_left_out(result) or is_refused_run(result):
        return False
    return "api_calls" in result or "results" in result or not _ended_well(result)


def in_check_mode(asked: Any) -> bool:
    """Whether a run is in check mode, by a task that check mode leaves out. Left out otherwise, it tells nothing."""
    asked = mapping(asked)
    return bool(asked.get("skipped")) and not is_left_out(asked)


def _is_ours(result: Result) -> bool:
    """Whether a module of this collection says that it ended well."""
    return _ended_well(result) and isinstance(result.get("api_calls"), list) and isinstance(result.get("changed"), bool)


def is_left_out(result: Any) -> bool:
    """Whether a task was left out by its condition. Left out in another way, a result has no such reason."""
    return bool(mapping(result).get("skip_reason"))


def is_refused_run(result: Any) -> bool:
    """Whether this is the task in front of a write, and it refused the run as it was started."""
    result = mapping(result)
    return "assertion" in result and "api_calls" not in result and bool(result.get("failed"))


def _ended_well(result: Result) -> bool:
    return not any(result.get(key) for key in ("failed", "unreachable", "skipped", "timedout", "exception"))


def part(result: Result, key: str) -> Result:
    return mapping(result.get(key))


def mapping(value: Any) -> Result:
    return value if isinstance(value, Mapping) else {}
