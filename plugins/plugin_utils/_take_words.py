# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What became of a take, and what one would change, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._outcome import (
    DONE,
    FAILED,
    PLANNED,
    REFUSED,
    SAID,
    UNCHANGED,
    UNKNOWN,
    UNREAD,
    UNTOUCHED,
    Result,
    has_begun,
    is_left_out,
    is_refused_run,
    mapping,
    outcome_of,
    part,
)
from ._words import sentence_of, shows, variables_named, was_sent_words

_LOST = "The answer to the take was lost. The program was read afterwards and shows it, so nothing more was sent."
# The result of a task that its condition left out.
_LEFT_OUT = {"skipped": True, "skip_reason": "Conditional result was False"}


def take_of_run(front: Any, copied: Any, judged: Any, reviewed: Any, check_mode: bool) -> dict[str, Any]:
    """What became of a take in a run of the role, in words, and in `reviewed` what holds for the next one.

    `front` is the result of the task that asks whether the run is meant as it was started. `judged` is the judgement
    that was kept, empty while there is none. `copied` is the last answer of the module: until then the judgement
    itself, and after it the take's, or empty when the take never began.
    """
    if not front and not copied:
        # Not even the task in front has run.
        copied = _LEFT_OUT
    if not judged and not is_left_out(copied):
        told = take_of(front, copied, check_mode)
    else:
        told = take_of(copied or front, judged, check_mode)
    # A review is used up by the take it was made for.
    return {**told, "reviewed": mapping(reviewed) if told["outcome"] == PLANNED else {}}


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
        outcome = outcome if judged and outcome in (*SAID, UNREAD) else UNTOUCHED
    told = mapping(result if began else judged)
    if is_refused_run(result):
        outcome, told = REFUSED, {"msg": result["msg"]}
    if is_left_out(result):
        outcome, told = (
            REFUSED,
            {"msg": "The run was started in the middle, behind what judges or confirms the take. Nothing was written."},
        )
    before = part(told, "before") or part(mapping(judged), "before")
    after = part(told, "after")
    return {
        "outcome": outcome,
        "began": began,
        "silent": outcome == UNKNOWN and not part(told, "error"),
        "words": _words(outcome, told, before, after),
        "trouble": _trouble(outcome, told, before, after),
        "ids": _ids(told, before, after),
    }


def outlook_of(judged: Any) -> list[str]:
    """What a take that was judged only would change on air, in sentences."""
    judged = mapping(judged)
    before, after = part(judged, "before"), part(judged, "after")
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


def _ids(told: Result, before: Result, after: Result) -> dict[str, Any]:
    """What later jobs of a workflow get to know of a take: no more than ids."""
    return {
        **{key: told.get(key) for key in ("caster_id", "changed", "request_id")},
        "layout_id": after.get("layout_id"),
        "previous_layout_id": before.get("layout_id"),
    }


def _words(outcome: str, told: Result, before: Result, after: Result) -> list[str]:
    """The last screen of a take that ended well."""
    if outcome == DONE:
        lost = [] if told.get("request_id") else [_LOST]
        was = f"Before - {shows(before)}. A take copies and does not swap, so this is not in the preview now."
        return [f"On air now - {shows(after)}.", *lost, was]
    if outcome == PLANNED:
        return [
            f"Check mode, nothing was written. The take would put on air - {shows(after)}.",
            f"Viewers see now - {shows(before)}.",
        ]
    return [f"Nothing to do. {told.get('reason') or ''}".strip()] if outcome == UNCHANGED else []


def _trouble(outcome: str, told: Result, before: Result, after: Result) -> str:
    """What is known and what to do when the play did not end well."""
    said = sentence_of(told)
    variables = variables_named(part(told, "error"), "take", "caster_scene_config_copy")
    if outcome == UNKNOWN:
        was = f" ({shows(before)})" if before else ""
        return (
            f"Unconfirmed: the take {was_sent_words(told)}, and nothing proves what became of it. "
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
