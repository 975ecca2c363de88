# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Carry a plan out, or pretend to, and render the result: from plain parameters to a plain result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from . import _options
from ._account import all_casters
from ._cue import Cue
from ._errors import Kind, LiveError
from ._plan import Call, CopyWish, Plan, check_buses, check_expectation, describe, plan_copy, plan_stop
from ._result import Report
from ._studio import PGM, Scene, Studio, read_audio
from ._task import Context, Task

# The state is read again this long before the cue, in seconds.
_LEAD = 1.5
_FIND_OUT = (
    "Look at the program output, or read the studio with apsara.live.caster_scene_info, before doing anything else."
)


def run(name: str, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Run the module `name` (without the collection's name) and return its result; `failed` is set on failure."""
    work, facts, writes = _MODULES[name]
    report = Report({key: (params.get(key) or None) if default is None else default for key, default in facts.items()})
    report.writes = writes
    context.hide(_options.passwords_in(params))
    try:
        work(params, context, report)
    except LiveError as error:
        return report.render_failure(error, context.diff)
    return report.render(context.diff)


def _stop(params: Mapping[str, Any], context: Context, report: Report) -> None:
    options = _options.stop_options(params)
    report.facts.update(caster_id=options.caster_id, scene_id=options.scene_id)
    task = Task(params, context, report.api_calls)
    if not options.check_first:
        _stop_blind(options.caster_id, options.scene_id or "", task, context, report)
        return
    plan = plan_stop(task.read(options.caster_id), options.scene_id)
    report.facts["scene_id"] = plan.before.scene_id
    _announce(plan, context, report)
    if not plan.calls or context.check_mode:
        return
    if _write_stop(plan, task, report) and options.wait:
        done = _is_off(plan.before.scene_id)
        _confirm(task, plan, done, options.wait_timeout, report, "The preview scene is still on")


def _stop_blind(caster_id: str, scene_id: str, task: Task, context: Context, report: Report) -> None:
    report.changed = True
    report.reason = "Nothing was read, since check_first is false. The preview scene is to be switched off."
    if context.check_mode:
        context.warn("check_first is false, so check mode cannot tell whether the scene is on; it reports a change.")
        return
    report.changed = False
    try:
        report.request_id = task.write(_stop_call(caster_id, scene_id), keep_reserve=False)
    except LiveError as error:
        if not _says_off_already(error):
            raise _explain_unknown_stop(error) from None
        report.changed = error.outcome == "unknown"
        report.reason = _off_words(report.changed)
    else:
        report.changed = True
        report.reason = "The service accepted the stop. Nothing was read, since check_first is false."


def _write_stop(plan: Plan, task: Task, report: Report) -> bool:
    """Send the stop; return True when it was accepted and remains to be confirmed."""
    try:
        report.request_id = task.write(plan.calls[0], keep_reserve=True)
    except LiveError as error:
        _settle_stop(error, plan, task, report)
        return False
    report.changed = True
    return True


def _settle_stop(error: LiveError, plan: Plan, task: Task, report: Report) -> None:
    """The service did not simply accept the stop: find out whether the scene is off, or raise."""
    unknown = error.outcome == "unknown"
    if not _says_off_already(error):
        if not unknown and error.code != "IncorrectSceneStatus":
            report.after = report.before
            raise error
        # An earlier stop, of this task or another, may take a moment to show.
        sighting = task.settle(report.facts["caster_id"], _is_off(plan.before.scene_id))
        report.after = _last_seen(sighting.studio, plan)
        if not sighting.reached:
            raise _explain_unknown_stop(error) if unknown else _still_on(error, report.after)
    report.after = plan.after
    report.changed = unknown
    report.reason = _off_words(unknown)


def _copy(params: Mapping[str, Any], context: Context, report: Report) -> None:
    options = _options.copy_options(params)
    report.facts.update(
        caster_id=options.caster_id, from_scene_id=options.wish.from_scene_id, to_scene_id=options.wish.to_scene_id
    )
    if options.cue:
        options.cue.judge(context.clock.wall())
    task = Task(params, context, report.api_calls)
    if not options.check_first:
        _copy_blind(options, task, context, report)
        return
    studio = task.read(options.caster_id)
    if options.cue and not context.check_mode:
        check_buses(studio, options.wish)
        task.wait_until(options.cue.moment - _LEAD)
        studio = task.read(options.caster_id)
    report.before = report.after = _only_program(studio)
    plan = plan_copy(studio, options.wish)
    report.facts["from_scene_id"] = plan.source.scene_id
    report.facts["to_scene_id"] = plan.before.scene_id
    _announce(plan, context, report)
    if not plan.calls or context.check_mode:
        return
    _reach_cue(options.cue, task, report)
    if _write_copy(plan, options.wish, task, report) and options.wait:
        done = _shows(plan.before.scene_id, plan.after)
        _confirm(
            task, plan, done, options.wait_timeout, report, "The program does not show the preview's configuration"
        )


def _copy_blind(options: _options.CopyOptions, task: Task, context: Context, report: Report) -> None:
    report.changed = True
    report.reason = "Nothing was read, since check_first is false. The preview's configuration is to go on air."
    if context.check_mode:
        context.warn("check_first is false, so check mode cannot tell what is on air; it reports a change.")
        return
    report.changed = False
    call = _copy_call(options.caster_id, options.wish.from_scene_id or "", options.wish.to_scene_id or "")
    _reach_cue(options.cue, task, report)
    try:
        report.request_id = task.write(call, keep_reserve=False)
    except LiveError as error:
        raise _explain_unknown_copy(error, "the preview's configuration", "nothing was read") from None
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


def _write_copy(plan: Plan, wish: CopyWish, task: Task, report: Report) -> bool:
    """Send the take; return True when it was accepted and remains to be confirmed.

    A take is never simply sent again: after a lost answer the program is read. It shows the source's configuration:
    done. It does not: once more, but only while preview and program are both as planned and the expectation holds.
    A refusal of that second attempt ends it: what became of the first is still not known.
    """
    caster_id = report.facts["caster_id"]
    report.changed = False
    unconfirmed: LiveError | None = None
    while True:
        try:
            report.request_id = task.write(plan.calls[0], keep_reserve=True)
        except LiveError as error:
            if unconfirmed is None and error.outcome != "unknown":
                report.after = report.before
                raise
            refused = error.outcome != "unknown"
            unconfirmed = _as_unknown(error)
        else:
            report.changed = True
            return True
        wanted = describe(plan.after)
        if plan.before.content == plan.after.content:
            raise _explain_unknown_copy(
                unconfirmed, wanted, "the program showed the same ids before, so reading cannot tell"
            )
        done = _shows(plan.before.scene_id, plan.after)
        sighting = task.settle(caster_id, done)
        shown, seen = sighting.reached, sighting.studio
        report.after = _last_seen(seen, plan)
        if not shown and seen is not None:
            # What was seen may be old by now, if the latest readings failed; only a fresh one allows another take.
            seen = task.look(caster_id)
            shown = seen is not None and done(seen)
            report.after = _last_seen(seen, plan) or report.after
        if shown:
            report.changed = True
            report.reason = f"{report.reason} The answer was lost; the program shows it, read after the take."
            return False
        may_repeat = not refused and seen is not None and _as_planned(seen, plan, wish)
        if not may_repeat or task.deadline - task.clock.monotonic() < 1.0:
            raise _explain_unknown_copy(
                unconfirmed,
                wanted,
                "the program did not show it when it was last read" if seen else "the studio could not be read",
            )


def _as_planned(seen: Studio, plan: Plan, wish: CopyWish) -> bool:
    if seen.find(plan.source.scene_id) != plan.source or seen.find(plan.before.scene_id) != plan.before:
        return False
    if wish.expectation is not None:
        try:
            check_expectation(wish.expectation, plan.before)
        except LiveError:
            return False
    return True


def _confirm(task: Task, plan: Plan, done: Callable[[Studio], bool], seconds: float, report: Report, what: str) -> None:
    """Read until the accepted write shows, or fail with the last state seen."""
    caster_id = report.facts["caster_id"]
    try:
        sighting = task.poll(caster_id, done, seconds)
    except LiveError as error:
        report.after = None
        raise LiveError(
            f"The service accepted the write, but its effect could not be read. {error.as_dict()['message']}",
            **{**_fields(error), "outcome": "unknown", "hint": _FIND_OUT},
        ) from None
    report.after = _last_seen(sighting.studio, plan)
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
        hint=_FIND_OUT,
    )


def _caster_info(params: Mapping[str, Any], context: Context, report: Report) -> None:
    options = _options.caster_info_options(params)
    task = Task(params, context, report.api_calls)
    filters = {
        "CasterId": options.caster_id,
        "CasterName": options.caster_name,
        "Status": {"idle": 0, "streaming": 1}.get(options.status or ""),
    }
    # Whether the service matches names exactly is not documented, so the match is made exact here.
    report.facts["casters"] = [
        caster
        for caster in all_casters(task, filters, context.warn)
        if options.caster_id in (None, caster["caster_id"])
        and options.caster_name in (None, caster["caster_name"])
        and options.status in (None, caster["status"])
    ]


def _scene_info(params: Mapping[str, Any], context: Context, report: Report) -> None:
    options = _options.scene_info_options(params)
    report.facts["caster_id"] = options.caster_id
    task = Task(params, context, report.api_calls)
    studio = task.read(options.caster_id)
    scenes = studio.scenes
    if options.scene_id is not None:
        scene = studio.find(options.scene_id)
        if scene is None:
            raise _no_such_scene(options.scene_id, studio)
        scenes = (scene,)
    report.facts["scenes"] = [
        {**scene.as_dict(), **({"audio": _read_audio(task, options.caster_id, scene)} if options.audio else {})}
        for scene in scenes
    ]


def _read_audio(task: Task, caster_id: str, scene: Scene) -> dict[str, Any]:
    parameters = {"CasterId": caster_id, "SceneId": scene.scene_id}
    return read_audio(task.client.call("DescribeCasterSceneAudio", parameters, task.deadline))


def _announce(plan: Plan, context: Context, report: Report) -> None:
    """Put the plan in the result, as if it were carried out."""
    for warning in plan.warnings:
        context.warn(warning)
    report.before, report.after = plan.before, plan.after
    report.reason = plan.reason
    report.changed = bool(plan.calls) and context.check_mode


def _only_program(studio: Studio) -> Scene | None:
    programs = studio.of_type(PGM)
    return programs[0] if len(programs) == 1 else None


def _stop_call(caster_id: str, scene_id: str) -> Call:
    return Call("StopCasterScene", (("CasterId", caster_id), ("SceneId", scene_id)))


def _copy_call(caster_id: str, from_scene_id: str, to_scene_id: str) -> Call:
    parameters = (("CasterId", caster_id), ("FromSceneId", from_scene_id), ("ToSceneId", to_scene_id))
    return Call("CopyCasterSceneConfig", parameters)


def _is_off(scene_id: str) -> Callable[[Studio], bool]:
    def done(studio: Studio) -> bool:
        scene = studio.find(scene_id)
        return scene is None or not scene.running

    return done


def _shows(scene_id: str, wanted: Scene) -> Callable[[Studio], bool]:
    def done(studio: Studio) -> bool:
        scene = studio.find(scene_id)
        return scene is not None and scene.content == wanted.content

    return done


def _last_seen(seen: Studio | None, plan: Plan) -> Scene | None:
    return seen.find(plan.before.scene_id) if seen else None


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
    return LiveError(f"{error.as_dict()['message']} {what}", **_fields(error))


def _explain_unknown_stop(error: LiveError) -> LiveError:
    if error.outcome != "unknown":
        return error
    return LiveError(
        f"{error.as_dict()['message']} The stop was sent and nothing proves what became of it: "
        "the preview scene may be off. The program scene was not touched.",
        **{**_fields(error), "hint": _FIND_OUT},
    )


def _explain_unknown_copy(error: LiveError, wanted: str, why: str) -> LiveError:
    if error.outcome != "unknown":
        return error
    return LiveError(
        f"{error.as_dict()['message']} The take was sent and nothing proves what became of it ({why}). "
        f"On air may be {wanted}, or still what was there before.",
        **{**_fields(error), "hint": _FIND_OUT},
    )


def _as_unknown(error: LiveError) -> LiveError:
    """After one unconfirmed take every later failure leaves the outcome unknown too."""
    return LiveError(error.as_dict()["message"], **{**_fields(error), "outcome": "unknown"})


def _fields(error: LiveError) -> dict[str, Any]:
    return {**{key: value for key, value in error.as_dict().items() if key != "message"}, "details": error.details}


def _no_such_scene(scene_id: str, studio: Studio) -> LiveError:
    listed = ", ".join(f"{scene.scene_id} ({scene.output_type})" for scene in studio.scenes) or "none"
    return LiveError(
        f"Scene {scene_id} is not in studio {studio.caster_id}. Its scenes: {listed}.",
        code="InvalidScene.NotFound",
        outcome="refused",
        hint="Give one of these ids, or leave scene_id out.",
    )


_Work = Callable[[Mapping[str, Any], Context, Report], None]
# The work, the keys of the result that belong to this module (None: as given in the task), and whether it writes.
_MODULES: dict[str, tuple[_Work, dict[str, Any], bool]] = {
    "caster_scene_stop": (_stop, {"caster_id": None, "scene_id": None}, True),
    "caster_scene_config_copy": (_copy, {"caster_id": None, "from_scene_id": None, "to_scene_id": None}, True),
    "caster_info": (_caster_info, {"casters": []}, False),
    "caster_scene_info": (_scene_info, {"caster_id": None, "scenes": []}, False),
}
