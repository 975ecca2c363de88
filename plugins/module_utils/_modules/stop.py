# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. How is a preview stopped? Reads, plans, writes, and finds out what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from .._api.client import Stale
from .._errors.error import LiveError
from .._errors.kind import Kind
from .._studio.plan import STOP, Plan, plan_stop, stop_call
from .._studio.studio import Scene, Studio
from .change import announce, confirm, last_seen, unconfirmed
from .options import StopOptions, stop_options
from .result import Report
from .task import Context, Moment, Task, Turn


def stop(params: Mapping[str, Any], context: Context, report: Report) -> None:
    """Do the work of caster_scene_stop. Raises LiveError."""
    options = stop_options(params)
    report.facts.update(caster_id=options.caster_id, scene_id=options.scene_id)
    with Task(params, context, report.api_calls, report.sent) as task:
        (_stop if options.check_first else _stop_blind)(options, task, context, report)


def _stop(options: StopOptions, task: Task, context: Context, report: Report) -> None:
    turn = None if context.check_mode else task.take_turn(STOP)
    lost: LiveError | None = None
    while True:
        plan, moment = _judge(options, task, context, report, turn, lost)
        if not plan.calls or turn is None:
            break
        try:
            report.request_id = task.write(plan.calls[0], keep_reserve=True, judged=moment, turn=turn)
        except Stale as stale:
            lost = stale.failure if stale.ambiguous else lost
            task.renew(turn)
            continue
        except LiveError as error:
            _settle(error if lost is None else error.replaced(error.message, outcome="unknown"), plan, task, report)
            return
        report.changed = True
        if options.wait:
            done = _is_off(plan.before.scene_id)
            confirm(task, plan, done, options.wait_timeout, report, "The preview scene is still on")
        return
    if turn:
        turn.give_back()
    if lost:
        report.changed = True
        report.reason = _off_words(may_be_ours=True)


def _judge(
    options: StopOptions, task: Task, context: Context, report: Report, turn: Turn | None, lost: LiveError | None
) -> tuple[Plan, Moment]:
    """Read and plan. `lost` is what became of an earlier attempt that may have been carried out."""
    try:
        reading = task.read_for(options.caster_id, turn)
        plan = plan_stop(reading.studio, options.scene_id)
    except LiveError as error:
        if lost is None:
            raise
        raise _unconfirmed(lost.replaced(f"{lost.message} {error.message}", outcome="unknown")) from None
    report.facts["scene_id"] = plan.before.scene_id
    first = report.before
    announce(plan, context, report)
    # An attempt that may have been carried out was planned on the first of the readings.
    report.before = first if lost and first else report.before
    return plan, reading.moment


def _stop_blind(options: StopOptions, task: Task, context: Context, report: Report) -> None:
    report.changed = True
    report.reason = "Nothing was read, since check_first is false. The preview scene is to be switched off."
    if context.check_mode:
        context.warn("check_first is false, so check mode cannot tell whether the scene is on; it reports a change.")
        return
    report.changed = False
    try:
        report.request_id = task.write(stop_call(options.caster_id, options.scene_id or ""), keep_reserve=False)
    except LiveError as error:
        if not _says_off_already(error):
            raise _unconfirmed(error) from None
        report.changed = error.outcome == "unknown"
        report.reason = _off_words(report.changed)
    else:
        report.changed = True
        report.reason = "The service accepted the stop. Nothing was read, since check_first is false."


def _settle(error: LiveError, plan: Plan, task: Task, report: Report) -> None:
    """The service did not simply accept the stop: find out whether the scene is off, or raise."""
    unknown = error.outcome == "unknown"
    if not _says_off_already(error):
        if not unknown and error.code != "IncorrectSceneStatus":
            report.after = report.before
            raise error
        # An earlier stop, of this task or another, may take a moment to show.
        sighting = task.settle(report.facts["caster_id"], _is_off(plan.before.scene_id), error)
        report.after = last_seen(sighting.studio, plan)
        if not sighting.reached:
            raise _unconfirmed(error) if unknown else _still_on(error, report.after)
    report.after = plan.after
    report.changed = unknown
    report.reason = _off_words(unknown)


def _is_off(scene_id: str) -> Callable[[Studio], bool]:
    def done(studio: Studio) -> bool:
        return not any(scene.running for scene in studio.with_id(scene_id))

    return done


def _says_off_already(error: LiveError) -> bool:
    return isinstance(error.details, Mapping) and error.details.get("kind") == Kind.NOOP


def _off_words(may_be_ours: bool) -> str:
    if may_be_ours:
        return "The preview scene is off. The answer to the stop was lost, so this task may have stopped it."
    return "The preview scene was off already when the service was asked to stop it."


def _still_on(error: LiveError, seen: Scene | None) -> LiveError:
    what = (
        f"The scene {seen.scene_id} was read again and is still on." if seen else "The studio could not be read again."
    )
    return error.replaced(f"{error.message} {what}")


def _unconfirmed(error: LiveError) -> LiveError:
    return unconfirmed(
        error,
        "The stop was sent and nothing proves what became of it: the preview scene may be off. "
        "The program scene was not touched.",
    )
