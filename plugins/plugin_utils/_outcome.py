# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What became of a task, and the words for it.

Pure. A result comes from a module of this collection, or from Ansible in its place: a time-out, a process that was
killed, a host that was lost. Only a module of this collection knows whether something was written, and says so; what
anything else says is no proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils._api.operations import OPERATIONS
from ..module_utils._errors.kind import Outcome
from ..module_utils._studio.plan import content_words
from ..module_utils._studio.studio import PGM, PVW
from ._definitions import definitions

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

_SAID = (REFUSED, FAILED, UNKNOWN)
# From the best to the worst, to find what became of a loop.
_ORDER = (UNTOUCHED, UNCHANGED, PLANNED, DONE, REFUSED, FAILED, UNREAD, UNKNOWN)
_WRITES = {operation.name for operation in OPERATIONS.values() if operation.writes}
_NO_MESSAGE = "The task gave no message; run it again with -vvv."

# What else cures a refusal, besides the option that the error names.
_ALSO_ABOUT = {"CueMissed": ("max_late",), "CueTooFar": ("max_wait",), "WrongBus": ("to_scene_id",)}

# What a role does with a module, and how its messages name it.
_MODULES = {"take": "caster_scene_config_copy", "wrap": "caster_scene_stop"}

# The result of a task that its condition left out.
_LEFT_OUT = {"skipped": True, "skip_reason": "Conditional result was False"}

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
    said = _part(result, "error").get("outcome")
    if said in _SAID:
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


def take_of_run(front: Any, copied: Any, judged: Any, reviewed: Any, check_mode: bool) -> dict[str, Any]:
    """What became of a take in a run of the role, in words, and in `reviewed` what holds for the next one.

    `front` is the result of the task that asks whether the run is meant as it was started. `judged` is the judgement
    that was kept, empty while there is none. `copied` is the last answer of the module: until then the judgement
    itself, and after it the take's, or empty when the take never began.
    """
    if not front and not copied:
        # Not even the task in front has run.
        copied = _LEFT_OUT
    if not judged and not _is_left_out(copied):
        told = take_of(front, copied, check_mode)
    else:
        told = take_of(copied or front, judged, check_mode)
    # A review is used up by the take it was made for.
    return {**told, "reviewed": _mapping(reviewed) if told["outcome"] == PLANNED else {}}


def take_of(result: Any, judged: Any, check_mode: bool) -> dict[str, Any]:
    """What became of a take, in words. `judged` is what the same take came to in check mode, just before.

    `result` is what stood in its place before the take began: then it never began. With nothing in `judged` it was not
    judged either.
    """
    began = has_begun(result)
    if began:
        outcome = outcome_of(result, may_write=not check_mode)
    else:
        outcome = outcome_of(judged, may_write=False)
        outcome = outcome if judged and outcome in (*_SAID, UNREAD) else UNTOUCHED
    told = _mapping(result if began else judged)
    if _is_refused_run(result):
        outcome, told = REFUSED, {"msg": result["msg"]}
    if _is_left_out(result):
        outcome, told = (
            REFUSED,
            {"msg": "The run was started in the middle, behind what judges or confirms the take. Nothing was written."},
        )
    before = _part(told, "before") or _part(_mapping(judged), "before")
    after = _part(told, "after")
    return {
        "outcome": outcome,
        "began": began,
        "silent": outcome == UNKNOWN and not _part(told, "error"),
        "words": _take_words(outcome, told, before, after),
        "trouble": _take_trouble(outcome, told, before, after),
        "ids": _ids(told, before, after),
    }


def _ids(told: Result, before: Result, after: Result) -> dict[str, Any]:
    """What later jobs of a workflow get to know of a take: no more than ids."""
    return {
        **{key: told.get(key) for key in ("caster_id", "changed", "request_id")},
        "layout_id": after.get("layout_id"),
        "previous_layout_id": before.get("layout_id"),
    }


def in_check_mode(asked: Any) -> bool:
    """Whether a run is in check mode, by a task that check mode leaves out. Left out otherwise, it tells nothing."""
    asked = _mapping(asked)
    return bool(asked.get("skipped")) and not _is_left_out(asked)


def outlook_of(judged: Any) -> list[str]:
    """What a take that was judged only would change on air, in sentences."""
    judged = _mapping(judged)
    before, after = _part(judged, "before"), _part(judged, "after")
    if before == after:
        return [str(judged.get("reason") or "Nothing would change.")]
    return [f"On air now - {shows(before)}.", f"Goes on air - {shows(after)}."]


def outlook_of_show(takes: Mapping[str, Sequence[str]], run_tags: Sequence[str], skip_tags: Sequence[str]) -> list[str]:
    """What a person is asked to confirm: a line for each studio, and what comes after the take.

    `takes`: host -> the sentences of its take. The tags are those that the run was started with.
    """
    wraps = "wrap" not in skip_tags and not {"all", "tagged", "wrap"}.isdisjoint(run_tags)
    next_is = "The previews are switched off right after the take."
    without = "The previews stay on, the wrap is left out."
    return [*(f"{host}: {' '.join(sentences)}" for host, sentences in takes.items()), next_is if wraps else without]


def wrap_of(result: Any, check_mode: bool) -> dict[str, Any]:
    """What became of the stop of a preview, in words."""
    began = has_begun(result)
    outcome = outcome_of(result, may_write=not check_mode) if began else UNTOUCHED
    outcome = REFUSED if _is_refused_run(result) else outcome
    told = _mapping(result)
    return {
        "outcome": outcome,
        "began": began,
        "silent": outcome == UNKNOWN and not _part(told, "error"),
        "words": _wrap_words(outcome, told),
        "trouble": _wrap_trouble(outcome, told),
    }


def has_begun(result: Any) -> bool:
    """Whether this is the result of one of our tasks, or of what came in its place.

    The roles let the task in front of a write register under the same name. It ended well, and asked nothing.
    """
    result = _mapping(result)
    if not result or _is_left_out(result) or _is_refused_run(result):
        return False
    return "api_calls" in result or "results" in result or not _ended_well(result)


def program_of(reading: Any) -> dict[str, Any]:
    """What viewers see, in words, from the result of caster_scene_info. `readable` is false when nobody can tell."""
    reading = _mapping(reading)
    scenes = reading.get("scenes")
    if outcome_of(reading, may_write=False) in (*_SAID, UNREAD) or not isinstance(scenes, list):
        return {
            "readable": False,
            "program": None,
            "words": [f"This studio cannot be read, so look at the program feed itself. {sentence_of(reading)}"],
        }
    programs = [scene for scene in scenes if scene["output_type"] == PGM]
    previews = [scene for scene in scenes if scene["output_type"] == PVW]
    return {
        "readable": True,
        "program": programs[0] if programs else None,
        "words": [
            f"Viewers see - {_bus_words(programs, 'program')}.",
            f"In the preview - {_bus_words(previews, 'preview')}.",
            "To show the slate, switch it on in the console of the studio.",
            "If the preview holds what is safe to show, take it: job template Take, or apsara.live.take_scene.",
        ],
    }


def shows(scene: Result) -> str:
    """What a scene of a result shows, in one phrase."""
    return content_words(scene.get("layout_id"), [str(component) for component in scene.get("component_ids") or ()])


def sentence_of(result: Result) -> str:
    """What a task said, or that it said nothing."""
    message = str(result.get("msg") or "").strip()
    if not message:
        return _NO_MESSAGE
    return message if message.endswith((".", "!", "?", ")")) else f"{message}."


def variables_named(error: Result, role: str) -> str:
    """Which variables of the role hold the options that an error is about; an empty string when it is about none."""
    options = definitions()[_MODULES[role]].options
    about = dict.fromkeys((error.get("option"), *_ALSO_ABOUT.get(str(error.get("code")), ())))
    named = ", ".join(f"{option} is {role}_{option}" for option in about if option in options and option != "caster_id")
    return f" In the role {role}, {named}." if named else ""


def _take_words(outcome: str, told: Result, before: Result, after: Result) -> list[str]:
    """The last screen of a take that ended well."""
    if outcome == DONE:
        lost = [] if told.get("request_id") else [_TAKE_LOST]
        was = f"Before - {shows(before)}. A take copies and does not swap, so this is not in the preview now."
        return [f"On air now - {shows(after)}.", *lost, was]
    if outcome == PLANNED:
        return [
            f"Check mode, nothing was written. The take would put on air - {shows(after)}.",
            f"Viewers see now - {shows(before)}.",
        ]
    return [f"Nothing to do. {told.get('reason') or ''}".strip()] if outcome == UNCHANGED else []


_TAKE_LOST = "The answer to the take was lost. The program was read afterwards and shows it, so nothing more was sent."


# With these the module did not come to the point of saying what it had sent.
_CUT_SHORT = frozenset({"ModuleFailed", "TaskTimeout"})


def _was_sent(told: Result) -> str:
    """A module that says so itself has sent it. Of one that was cut short, or said nothing, not even that is known."""
    error = _part(told, "error")
    return "was sent" if error and error.get("code") not in _CUT_SHORT else "may have been sent"


def _take_trouble(outcome: str, told: Result, before: Result, after: Result) -> str:
    """What is known and what to do when the play did not end well."""
    said = sentence_of(told)
    variables = variables_named(_part(told, "error"), "take")
    if outcome == UNKNOWN:
        was = f" ({shows(before)})" if before else ""
        return (
            f"Unconfirmed: the take {_was_sent(told)}, and nothing proves what became of it. "
            f"Viewers may see the new program or still the old one{was}. "
            "Look at the program feed, or run apsara.live.report_program to read what is on air, "
            "before you take again. "
            f"{said}{variables}"
        )
    return {
        REFUSED: f"Not taken. {said}{variables}",
        FAILED: f"Not taken, rejected by the service. {said}",
        UNREAD: f"Not taken, since it could not be judged. Nothing was written here. {said}",
        DONE: f"Taken, but the play ends here, since another studio failed. On air now - {shows(after)}.",
    }.get(outcome, "Not taken, since another studio failed. Nothing was written here.")


def _wrap_words(outcome: str, told: Result) -> list[str]:
    if outcome == DONE:
        first = "The preview is off."
        if not told.get("request_id"):
            first += " The answer to the stop was lost. The preview was read afterwards and is off."
    elif outcome == PLANNED:
        first = "Check mode, nothing was written. The preview would be switched off."
    elif outcome == UNCHANGED:
        first = f"Nothing to do. {told.get('reason') or ''}".strip()
    else:
        return []
    billing = (
        "The program (PGM) goes on for the viewers, and the studio goes on streaming. "
        "Both are billed until the studio itself is stopped."
    )
    return [first, billing]


def _wrap_trouble(outcome: str, told: Result) -> str:
    said = sentence_of(told)
    variables = variables_named(_part(told, "error"), "wrap")
    if outcome == UNKNOWN:
        return (
            f"Unconfirmed: the stop {_was_sent(told)}, and nothing proves what became of it. "
            "The preview may be off or still on. "
            "The program is not touched. Run this again: a preview that is off already is left as it is. "
            f"{said}{variables}"
        )
    return {
        REFUSED: f"The preview was not stopped. {said}{variables}",
        FAILED: f"The preview was not stopped, rejected by the service. {said}",
        UNREAD: f"The preview was not stopped, since it could not be judged. Nothing was written here. {said}",
        DONE: "The preview is off, but the play ends here, since another studio failed.",
    }.get(outcome, "Another studio failed. Nothing was written here.")


def _bus_words(scenes: Sequence[Result], bus: str) -> str:
    if not scenes:
        return f"nothing, the studio has no {bus} scene"
    said = [shows(scene) if scene.get("status") == "running" else f"nothing, the {bus} is off" for scene in scenes]
    if len(said) == 1:
        return said[0]
    return "; ".join(f"{words} (scene {scene['scene_id']})" for words, scene in zip(said, scenes))


def _is_ours(result: Result) -> bool:
    """Whether a module of this collection says that it ended well."""
    return _ended_well(result) and isinstance(result.get("api_calls"), list) and isinstance(result.get("changed"), bool)


def _is_left_out(result: Any) -> bool:
    """Whether a task was left out by its condition. Left out in another way, a result has no such reason."""
    return bool(_mapping(result).get("skip_reason"))


def _is_refused_run(result: Any) -> bool:
    """Whether this is the task in front of a write, and it refused the run as it was started."""
    result = _mapping(result)
    return "assertion" in result and "api_calls" not in result and bool(result.get("failed"))


def _ended_well(result: Result) -> bool:
    return not any(result.get(key) for key in ("failed", "unreachable", "skipped", "timedout", "exception"))


def _part(result: Result, key: str) -> Result:
    return _mapping(result.get(key))


def _mapping(value: Any) -> Result:
    return value if isinstance(value, Mapping) else {}
