# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. How is a take done? Reads, plans, waits for its cue, writes, and finds out what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from .._api.client import Stale
from .._errors.error import LiveError
from .._studio.fingerprint import fingerprint
from .._studio.plan import COPY, CopyWish, Plan, check_buses, copy_call, describe, plan_copy
from .._studio.studio import PGM, PVW, Scene, Studio
from .change import announce, confirm, last_seen, unconfirmed
from .options import CopyOptions, copy_options
from .result import Report
from .task import Context, Moment, Reading, Task, Turn

if TYPE_CHECKING:
    from .._studio.cue import Cue


def take(params: Mapping[str, Any], context: Context, report: Report) -> None:
    """Do the work of caster_scene_config_copy. Raises LiveError."""
    options = copy_options(params)
    wish = options.wish
    report.facts.update(caster_id=options.caster_id, from_scene_id=wish.from_scene_id, to_scene_id=wish.to_scene_id)
    if options.cue:
        options.cue.judge(context.clock.wall())
    with Task(params, context, report.api_calls, report.sent) as task:
        (_take if options.check_first else _take_blind)(options, task, context, report)


def _take(options: CopyOptions, task: Task, context: Context, report: Report) -> None:
    turn = None
    if not context.check_mode:
        turn = (
            _turn_at_cue(options, options.cue, task)
            if options.cue
            else task.take_turn(COPY, content=options.wish.needs_content)
        )
    plan, moment = _judge(options, task, context, report, turn)
    if not plan.calls or turn is None:
        if turn:
            turn.give_back()
        return
    _reach_cue(options.cue, task, report)
    accepted = _write(plan, moment, options, task, context, report, turn)
    if accepted and options.wait:
        done = _shows(accepted.before.scene_id, accepted.after)
        what = "The program does not show the preview's configuration"
        confirm(task, accepted, done, options.wait_timeout, report, what)


def _turn_at_cue(options: CopyOptions, cue: Cue, task: Task) -> Turn:
    """Read early what no later moment can make right, wait until shortly before the cue, and queue for it."""
    content = options.wish.needs_content
    check_buses(task.read(options.caster_id, content=content), options.wish)
    task.wait_until(cue.moment - task.lead(content))
    return task.take_turn(COPY, at=cue.moment, content=content)


def _judge(
    options: CopyOptions, task: Task, context: Context, report: Report, turn: Turn | None
) -> tuple[Plan, Moment]:
    """Read and plan. Raises LiveError: a refusal, or what came of the reading."""
    reading = task.read_for(options.caster_id, turn, content=options.wish.needs_content)
    report.before = report.after = _only_program(reading.studio)
    report.facts["fingerprint"] = _fingerprint_of(reading.studio, options.wish)
    plan = plan_copy(reading.studio, options.wish)
    report.facts["from_scene_id"] = plan.source.scene_id
    report.facts["to_scene_id"] = plan.before.scene_id
    announce(plan, context, report)
    return plan, reading.moment


def _fingerprint_of(studio: Studio, wish: CopyWish) -> str | None:
    """The fingerprint of the preview that would be taken, of the kind that is expected; None when it cannot be told."""
    wanted = wish.from_scene_id
    previews = [scene for scene in studio.of_type(PVW) if wanted in (None, scene.scene_id)]
    return fingerprint(previews[0], wish.needs_content) if len(previews) == 1 else None


def _take_blind(options: CopyOptions, task: Task, context: Context, report: Report) -> None:
    report.changed = True
    report.reason = "Nothing was read, since check_first is false. The preview's configuration is to go on air."
    if context.check_mode:
        context.warn("check_first is false, so check mode cannot tell what is on air; it reports a change.")
        return
    report.changed = False
    call = copy_call(options.caster_id, options.wish.from_scene_id or "", options.wish.to_scene_id or "")
    _reach_cue(options.cue, task, report)
    try:
        report.request_id = task.write(call, keep_reserve=False, cue=options.cue)
    except LiveError as error:
        raise _unconfirmed(error, "the preview's configuration", "nothing was read") from None
    report.changed = True
    report.reason = "The service accepted the take. Nothing was read, since check_first is false."


def _reach_cue(cue: Cue | None, task: Task, report: Report) -> None:
    if cue is None:
        return
    try:
        task.wait_until(cue.moment)
        cue.judge(task.now())
    except LiveError:
        report.changed, report.after = False, report.before
        raise


def _write(
    plan: Plan, moment: Moment, options: CopyOptions, task: Task, context: Context, report: Report, turn: Turn
) -> Plan | None:
    """Send the take; return the plan that was accepted and remains to be confirmed, or None.

    It leaves only on a fresh reading: whatever delayed it, the studio is read and judged again first. A take is never
    simply sent again: after a lost answer the program is read. It shows the source's configuration: done. It does not:
    once more, but only while preview and program are both as planned. A refusal of that second attempt ends it: what
    became of the first is still not known.
    """
    report.changed = False
    lost: LiveError | None = None
    while True:
        refused = False
        try:
            report.request_id = task.write(plan.calls[0], keep_reserve=True, judged=moment, cue=options.cue, turn=turn)
            report.changed = True
            return plan
        except Stale as stale:
            if lost is None:
                plan, moment = _judge_again(stale, options, task, context, report, turn)
                if not plan.calls:
                    turn.give_back()
                    return None
                report.changed = False
                continue
            shown, seen = _look(plan, task, report, turn)
        except LiveError as error:
            if lost is None and error.outcome != "unknown":
                report.after = report.before
                raise
            refused = error.outcome != "unknown"
            lost = error.replaced(_second_attempt(error) if refused else error.message, outcome="unknown")
            shown, seen = _find_out(plan, lost, task, report, turn)
        if shown:
            report.changed = True
            report.reason = f"{report.reason} The answer was lost; the program shows it, read after the take."
            return None
        if refused or seen is None or not _may_repeat(plan, seen.studio, task):
            why = "the program did not show it when it was last read" if seen else "the studio could not be read"
            raise _unconfirmed(lost, describe(plan.after), why)
        moment = seen.moment


def _judge_again(
    stale: Stale, options: CopyOptions, task: Task, context: Context, report: Report, turn: Turn
) -> tuple[Plan, Moment]:
    """Read and plan again for a take that was kept back. Nothing was carried out so far."""
    task.renew(turn)
    try:
        return _judge(options, task, context, report, turn)
    except LiveError as error:
        report.after = report.before
        # That the time was over says less than why it took so long.
        raise (stale.failure if stale.failure and error.code == "DeadlineExceeded" else error) from None


def _second_attempt(error: LiveError) -> str:
    came = "it was sent again, and the service said no" if error.outcome == "failed" else "it could not be sent again"
    return f"Nothing proved what became of the take, and the program did not show it; {came}. {error.message}"


def _find_out(plan: Plan, lost: LiveError, task: Task, report: Report, turn: Turn) -> tuple[bool, Reading | None]:
    """Read whether the program shows the take; return that, and what was read just now, if it could be read."""
    if plan.before.content == plan.after.content:
        why = "the program showed the same ids before, so reading cannot tell"
        raise _unconfirmed(lost, describe(plan.after), why)
    caster_id, done = report.facts["caster_id"], _shows(plan.before.scene_id, plan.after)
    sighting = task.settle(caster_id, done, lost)
    report.after = last_seen(sighting.studio, plan)
    if sighting.reached or sighting.studio is None:
        return sighting.reached, None
    # What was seen may be old by now, if the latest readings failed; only a fresh one allows another take.
    return _look(plan, task, report, turn)


def _look(plan: Plan, task: Task, report: Report, turn: Turn) -> tuple[bool, Reading | None]:
    """Read once whether the program shows the take; return that, and what was read, if it could be read."""
    seen = task.look(report.facts["caster_id"], turn)
    report.after = last_seen(seen.studio, plan) if seen else report.after
    return seen is not None and _shows(plan.before.scene_id, plan.after)(seen.studio), seen


def _may_repeat(plan: Plan, seen: Studio, task: Task) -> bool:
    """Is all as it was planned, so that what was expected still holds, and is there time?"""
    if task.deadline - task.clock.monotonic() < 1.0:
        return False
    return seen.find(plan.source.scene_id) == plan.source and seen.find(plan.before.scene_id) == plan.before


def _only_program(studio: Studio) -> Scene | None:
    programs = studio.of_type(PGM)
    return programs[0] if len(programs) == 1 else None


def _shows(scene_id: str, wanted: Scene) -> Callable[[Studio], bool]:
    def done(studio: Studio) -> bool:
        scene = studio.find(scene_id)
        return scene is not None and scene.content == wanted.content

    return done


def _unconfirmed(error: LiveError, wanted: str, why: str) -> LiveError:
    return unconfirmed(
        error,
        f"The take was sent and nothing proves what became of it ({why}). "
        f"On air may be {wanted}, or still what was there before.",
    )
