# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What have a stop and a take in common? Both announce a plan, and confirm by reading what they wrote."""

from __future__ import annotations

from typing import Callable

from .._errors.error import LiveError
from .._studio.plan import Plan, describe
from .._studio.studio import Scene, Studio
from .result import Report
from .task import Context, Task

_FIND_OUT = (
    "Look at the program output, or read the studio with apsara.live.caster_scene_info, before doing anything else."
)


def announce(plan: Plan, context: Context, report: Report) -> None:
    """Put the plan in the result, as if it were carried out."""
    for warning in plan.warnings:
        # What is judged again may be the same again.
        if warning not in report.warned:
            report.warned.add(warning)
            context.warn(warning)
    report.before, report.after = plan.before, plan.after
    report.reason = plan.reason
    report.changed = bool(plan.calls) and context.check_mode


def confirm(task: Task, plan: Plan, done: Callable[[Studio], bool], seconds: float, report: Report, what: str) -> None:
    """Read until the accepted write shows, or fail with the last state seen."""
    caster_id = report.facts["caster_id"]
    try:
        sighting = task.poll(caster_id, done, seconds)
    except LiveError as error:
        report.after = None
        words = f"The service accepted the write, but its effect could not be read. {error.message}"
        raise error.replaced(words, outcome="unknown", hint=_FIND_OUT) from None
    report.after = last_seen(sighting.studio, plan)
    if sighting.reached:
        return
    state = report.after
    last = f"{what}. Last seen: {describe(state)}, {state.status}." if state else "The studio could not be read."
    if sighting.trouble:
        last = f"{last} The last reading failed: {sighting.trouble}"
    raise LiveError(
        f"The service accepted the write, but within {seconds:g} s (wait_timeout) it did not show. {last}",
        code="WaitTimeout",
        outcome="unknown",
        request_id=report.request_id,
        action=plan.calls[0].action,
        option="wait_timeout",
        hint=_FIND_OUT,
    )


def last_seen(seen: Studio | None, plan: Plan) -> Scene | None:
    """The scene that the plan changes, as it was seen last."""
    return seen.find(plan.before.scene_id) if seen else None


def unconfirmed(error: LiveError, words: str) -> LiveError:
    """The same error with what it leaves open; an error that leaves nothing open stays as it is."""
    if error.outcome != "unknown":
        return error
    return error.replaced(f"{error.message} {words}", hint=_FIND_OUT)
