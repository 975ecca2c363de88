# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The lines of the audit: from variables and results to one line of JSON. Pure.

A line has everything to be understood alone. Each task that may write gives a line when it begins and one when it ends.
A task that was killed has no second one, and that is how it is found. What was hidden by no_log stays hidden.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..module_utils._api.operations import OPERATIONS
from ..module_utils._errors.kind import Outcome
from ._definitions import writers

VERSION = 1
# Every line begins with this, so that lines are found among others, as in the output of a job.
MARK = '{"audit": '

BEGUN, ATTEMPT, ITEM, ENDED = "begun", "attempt", "item", "ended"

DONE = "done"  # the studio was changed
UNCHANGED = "unchanged"  # nothing had to be written
PLANNED = "planned"  # check mode: this would have been written
REFUSED = "refused"  # nothing was written
FAILED = "failed"  # the service rejected it, or the task could not run
UNCONFIRMED = "unconfirmed"  # something may have been written, and nothing proves it
STARTED = "started"  # in the background; a later line says how it ended
SKIPPED = "skipped"  # a condition kept the task from running
HIDDEN = "hidden"  # no_log
OUTCOMES = (DONE, UNCHANGED, PLANNED, REFUSED, FAILED, UNCONFIRMED, STARTED, SKIPPED, HIDDEN)

# What a result that came by itself did, when it may have been one of several things and nothing was written.
WRITE = "write"

_COLLECTION = "apsara.live."
_OUTCOMES = {Outcome.REFUSED.value: REFUSED, Outcome.FAILED.value: FAILED, Outcome.UNKNOWN.value: UNCONFIRMED}
_LONGEST = 2000
# What AWX calls it, without its prefix -> what a line calls it. Jobs of a workflow know the schedule of the workflow.
_AWX = {
    "user_name": "user",
    "job_id": "job_id",
    "job_template_name": "job_template",
    "job_launch_type": "launch_type",
    "schedule_name": "schedule",
    "parent_job_schedule_name": "schedule",
    "workflow_job_id": "workflow_job_id",
    "workflow_job_name": "workflow",
    "project_revision": "project_revision",
    "execution_node": "execution_node",
}


def action_of(module: str, told: Mapping[str, Any] | None = None) -> str | None:
    """What a task does, in one word, when it may write to a studio; None for modules that only read, and others.

    `told` are its options before it ran, and its result afterwards: what it does may depend on them.
    """
    name = module.removeprefix(_COLLECTION)
    writer = writers().get(name) if name != module else None
    return writer.noun_in(told or {}) if writer else None


def action_in(result: Mapping[str, Any]) -> str | None:
    """The same, told from a result, which may have come by async_status. None when it is no result of such a module."""
    if not {"caster_id", "before", "after", "api_calls"} <= set(result):
        return None
    called = {str(call.get("action")) for call in _calls(result)}
    known = [writer for writer in writers().values() if set(writer.facts) <= set(result)]
    wrote = [writer for writer in writers().values() if called & set(writer.actions)]
    # Several modules may write the same operation. What has most to tell is what the result belongs to.
    known = [writer for writer in known if not wrote or writer in wrote] or wrote
    most = max((len(writer.facts) for writer in known), default=0)
    nouns = {writer.noun_in(result) for writer in known if len(writer.facts) == most}
    return nouns.pop() if len(nouns) == 1 else WRITE


def who(variables: Mapping[str, Any], os_user: str, controller: str) -> dict[str, Any]:
    """Who is behind a play: the AWX user, else the schedule or the job, else the user of the operating system."""
    awx: dict[str, str] = {}
    for theirs, ours in _AWX.items():
        value = text(variables.get(f"awx_{theirs}")) or text(variables.get(f"tower_{theirs}"))
        if value is not None:
            awx[ours] = value
    by = awx.get("user")
    if by is None and "schedule" in awx:
        by = f"schedule {awx['schedule']}"
    if by is None and "job_id" in awx:
        by = f"job {awx['job_id']}"
    return {"by": by or os_user, "awx": awx or None, "os_user": os_user, "controller": controller}


def outcome(result: Mapping[str, Any], check_mode: bool) -> str:
    """What became of a task, in one word, whatever failed_when and changed_when say. Not proven is unconfirmed."""
    if "censored" in result:
        return HIDDEN
    error = result.get("error")
    if isinstance(error, Mapping):
        return _OUTCOMES.get(str(error.get("outcome")), FAILED)
    if "api_calls" in result:
        before, after = result.get("before"), result.get("after")
        differs = bool(before and after and before != after)
        if check_mode:
            return PLANNED if differs or result.get("changed") else UNCHANGED
        return DONE if result.get("request_id") or differs or (result.get("changed") and _wrote(result)) else UNCHANGED
    if result.get("ansible_job_id"):
        return STARTED
    # Ended by a time limit, lost on its way, or crashed: nobody saw what it had done by then.
    # A process that was killed leaves these texts, and they may be empty.
    crashed = "module_stdout" in result or "module_stderr" in result
    lost = crashed or result.get("timedout") or result.get("unreachable")
    return UNCONFIRMED if lost and not check_mode else FAILED


def told(result: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """The part of a line that comes from a result."""
    became = outcome(result, check_mode)
    if became == HIDDEN:
        return {"outcome": HIDDEN}
    calls = _calls(result)
    error = result.get("error")
    error = error if isinstance(error, Mapping) else {}
    return {
        "outcome": became,
        "changed": bool(result.get("changed")),
        "reason": text(error.get("message")) or text(result.get("reason")) or _first_words(result),
        "error_code": text(error.get("code")),
        "from_scene_id": text(result.get("from_scene_id")),
        "to_scene_id": text(result.get("to_scene_id")),
        "scene_id": text(result.get("scene_id")),
        "before": result.get("before"),
        "after": result.get("after"),
        "request_id": text(result.get("request_id")) or text(error.get("request_id")),
        "api_calls": len(calls),
        "attempts": _sum(calls, "attempts"),
        "throttled": _sum(calls, "throttled"),
        "job": text(result.get("ansible_job_id")),
    }


def line(now: float, event: str, *parts: Mapping[str, Any]) -> str:
    """One line of JSON, without its end. `now` in seconds since the epoch. What cannot be printed is escaped."""
    moment = datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="milliseconds")
    document: dict[str, Any] = {"audit": VERSION, "time": moment, "event": event}
    for part in parts:
        document.update(part)
    written = json.dumps(document, ensure_ascii=False, default=str)
    # Separators of Unicode would break a line in two, and half a surrogate pair cannot be written.
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in written)


def text(value: Any) -> str | None:
    """A value as text; what is not given or empty is None."""
    return None if value is None or value == "" else str(value)[:_LONGEST]


def _calls(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [call for call in result.get("api_calls") or () if isinstance(call, Mapping)]


def _wrote(result: Mapping[str, Any]) -> bool:
    known = (OPERATIONS.get(str(call.get("action"))) for call in _calls(result))
    return any(operation is not None and operation.writes for operation in known)


def _first_words(result: Mapping[str, Any]) -> str | None:
    return None if "api_calls" in result else text(result.get("msg"))


def _sum(calls: list[Mapping[str, Any]], key: str) -> int:
    return sum(call[key] for call in calls if isinstance(call.get(key), int))
