# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. How is a take done? Reads, plans, waits for its cue, writes, and finds out what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from ._change import announce, confirm, last_seen, unconfirmed
from ._errors import LiveError
from ._fingerprint import fingerprint
from ._options import CopyOptions, copy_options
from ._plan import CopyWish, Plan, check_buses, copy_call, describe, plan_copy
from ._result import Report
from ._studio import PGM, PVW, Scene, Studio
from ._task import Context, Task

if TYPE_CHECKING:
    from ._cue import Cue

# The state is read again this long before the cue, in seconds.
_LEAD = 1.5


def take(params: Mapping[str, Any], context: Context, report: Report) -> None:
    """Do the work of caster_scene_config_copy. Raises LiveError."""
    options = copy_options(params)
    wish = options.wish
    report.facts.update(caster_id=options.caster_id, from_scene_id=wish.from_scene_id, to_scene_id=wish.to_scene_id)
    if options.cue:
        options.cue.judge(context.clock.wall())
    with Task(params, context, report.api_calls) as task:
        (_take if options.check_first else _take_blind)(options, task, context, report)


def _take(options: CopyOptions, task: Task, context: Context, report: Report) -> None:
    studio = task.read(options.caster_id, content=options.wish.needs_content)
    if options.cue and not context.check_mode:
        check_buses(studio, options.wish)
        task.wait_until(options.cue.moment - _LEAD)
        studio = task.read(options.caster_id, content=options.wish.needs_content)
    report.before = report.after = _only_program(studio)
    report.facts["fingerprint"] = _fingerprint_of(studio, options.wish)
    plan = plan_copy(studio, options.wish)
    report.facts["from_scene_id"] = plan.source.scene_id
    report.facts["to_scene_id"] = plan.before.scene_id
    announce(plan, context, report)
    if not plan.calls or context.check_mode:
        return
    _reach_cue(options.cue, task, report)
    if _write(plan, options.wish.needs_content, task, report) and options.wait:
        done = _shows(plan.before.scene_id, plan.after)
        confirm(task, plan, done, options.wait_timeout, report, "The program does not show the preview's configuration")


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
        report.request_id = task.write(call, keep_reserve=False)
    except LiveError as error:
        raise _unconfirmed(error, "the preview's configuration", "nothing was read") from None
    report.changed = True
    report.reason = "The service accepted the take. Nothing was read, since check_first is false."


def _reach_cue(cue: Cue | None, task: Task, report: Report) -> None:
    if cue is None:
        return
    try:
        task.wait_until(cue.moment)
        cue.judge(task.clock.wall())
    except LiveError:
        report.changed, report.after = False, report.before
        raise


def _write(plan: Plan, content: bool, task: Task, report: Report) -> bool:
    """Send the take; return True when it was accepted and remains to be confirmed.

    A take is never simply sent again: after a lost answer the program is read. It shows the source's configuration:
    done. It does not: once more, but only while preview and program are both as planned. A refusal of that second
    attempt ends it: what became of the first is still not known.
    """
    report.changed = False
    lost: LiveError | None = None
    while True:
        try:
            report.request_id = task.write(plan.calls[0], keep_reserve=True)
        except LiveError as error:
            if lost is None and error.outcome != "unknown":
                report.after = report.before
                raise
            refused = error.outcome != "unknown"
            lost = error.replaced(_second_attempt(error) if refused else error.message, outcome="unknown")
        else:
            report.changed = True
            return True
        shown, seen = _find_out(plan, lost, content, task, report)
        if shown:
            report.changed = True
            report.reason = f"{report.reason} The answer was lost; the program shows it, read after the take."
            return False
        if refused or not _may_repeat(plan, seen, task):
            why = "the program did not show it when it was last read" if seen else "the studio could not be read"
            raise _unconfirmed(lost, describe(plan.after), why)


def _second_attempt(error: LiveError) -> str:
    came = "it was sent again, and the service said no" if error.outcome == "failed" else "it could not be sent again"
    return f"Nothing proved what became of the take, and the program did not show it; {came}. {error.message}"


def _find_out(plan: Plan, lost: LiveError, content: bool, task: Task, report: Report) -> tuple[bool, Studio | None]:
    """Read whether the program shows the take; return that, and what was read just now, if it could be read."""
    if plan.before.content == plan.after.content:
        why = "the program showed the same ids before, so reading cannot tell"
        raise _unconfirmed(lost, describe(plan.after), why)
    caster_id, done = report.facts["caster_id"], _shows(plan.before.scene_id, plan.after)
    sighting = task.settle(caster_id, done)
    report.after = last_seen(sighting.studio, plan)
    if sighting.reached or sighting.studio is None:
        return sighting.reached, sighting.studio
    # What was seen may be old by now, if the latest readings failed; only a fresh one allows another take.
    seen = task.look(caster_id, content)
    report.after = last_seen(seen, plan) or report.after
    return seen is not None and done(seen), seen


def _may_repeat(plan: Plan, seen: Studio | None, task: Task) -> bool:
    """Is all as it was planned, so that what was expected still holds, and is there time?"""
    if seen is None or task.deadline - task.clock.monotonic() < 1.0:
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
