# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What became of a write that is no take, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._outcome import (
    DONE,
    FAILED,
    PLANNED,
    REFUSED,
    UNCHANGED,
    UNKNOWN,
    UNREAD,
    UNTOUCHED,
    Result,
    has_begun,
    is_refused_run,
    mapping,
    outcome_of,
    part,
)
from ._words import sentence_of, shows, variables_named, was_sent_words


@dataclass(frozen=True)
class Ends:
    """How the write of a role can end. `noun` names it, as in "the stop was sent".

    `done` and `planned` say what it did, or would do. `read` is what stands in the place of an answer that was lost,
    when a read showed it. `further` always follows a good end. `not_done` begins what is said of a failure, `short` is
    the good end beside another studio's failure, and `left_open` what an unproven write leaves open and what to do.
    """

    role: str
    module: str
    noun: str
    done: Callable[[Result], str]
    planned: Callable[[Result], str]
    read: str
    further: tuple[str, ...]
    not_done: str
    short: str
    left_open: str


def _shown(result: Result) -> str:
    return shows(part(result, "after"))


def _since(result: Result) -> str:
    since = result.get("streaming_since")
    return f" since {since}" if since else ""


#: Kind of a task, as the filter outcome names it -> how it ends.
ENDS = {
    "wrap": Ends(
        role="wrap",
        module="caster_scene_stop",
        noun="stop",
        done=lambda result: "The preview is off.",
        planned=lambda result: "The preview would be switched off.",
        read="The answer to the stop was lost. The preview was read afterwards and is off.",
        further=(
            "The program (PGM) goes on for the viewers, and the studio goes on streaming. "
            "Both are billed until the studio itself is stopped.",
        ),
        not_done="The preview was not stopped",
        short="The preview is off",
        left_open=(
            "The preview may be off or still on. "
            "The program is not touched. Run this again: a preview that is off already is left as it is."
        ),
    ),
    "prepare": Ends(
        role="prepare",
        module="caster_scene_config",
        noun="change of the preview",
        done=lambda result: f"In the preview now - {_shown(result)}.",
        planned=lambda result: f"The preview would show - {_shown(result)}.",
        read="The answer to the change was lost. The preview was read afterwards and shows it.",
        further=("The program was not touched.",),
        not_done="The preview was not prepared",
        short="The preview is prepared",
        left_open=(
            "The preview may show what was asked for, or still what it showed before. "
            "The program is not touched. Run this again: a preview that shows it already is left as it is."
        ),
    ),
    "undo": Ends(
        role="undo",
        module="caster_scene_config",
        noun="undo",
        done=lambda result: f"On air again - {_shown(result)}.",
        planned=lambda result: f"The undo would put on air again - {_shown(result)}.",
        read="The answer to the undo was lost. The program was read afterwards and shows it.",
        further=("What is prepared in the preview was not touched.",),
        not_done="The take was not undone",
        short="The take is undone",
        left_open=(
            "Viewers may see what the take put on air, or again what was there before. "
            "Look at the program feed, or run apsara.live.report_program to read what is on air, before you do "
            "anything else."
        ),
    ),
    "started": Ends(
        role="power",
        module="caster",
        noun="start",
        done=lambda result: f"The studio streams{_since(result)}, and its scenes are on. It is billed from now on.",
        planned=lambda result: "The studio would be started. It is billed from then on.",
        read="The answer to the start was lost. The studio was read afterwards and streams.",
        further=(),
        not_done="The studio was not started",
        short="The studio is started and billed",
        left_open=(
            "The studio may stream, and be billed, or still be idle. "
            "Run this again: a studio that streams is left as it is."
        ),
    ),
    "stopped": Ends(
        role="power",
        module="caster",
        noun="stop of the studio",
        done=lambda result: "The studio is idle. Its program has ended, and nothing streams.",
        planned=lambda result: "The studio would be stopped, and its program would end.",
        read="The answer to the stop was lost. The studio was read afterwards and is idle.",
        further=(),
        not_done="The studio was not stopped",
        short="The studio is stopped",
        left_open=(
            "The studio may be idle, or still stream and be billed. "
            "Run this again: a studio that is idle is left as it is."
        ),
    ),
}


def told_of(kind: str, result: Any, check_mode: bool) -> dict[str, Any]:
    """What became of a write. `words` are the sentences for a good end, `trouble` is the one for any other."""
    ends = ENDS[kind]
    began = has_begun(result)
    outcome = outcome_of(result, may_write=not check_mode) if began else UNTOUCHED
    outcome = REFUSED if is_refused_run(result) else outcome
    told = mapping(result)
    return {
        "outcome": outcome,
        "began": began,
        "silent": outcome == UNKNOWN and not part(told, "error"),
        "words": _words(ends, outcome, told),
        "trouble": _trouble(ends, outcome, told),
    }


def _words(ends: Ends, outcome: str, told: Result) -> list[str]:
    if outcome == DONE:
        first = ends.done(told) if told.get("request_id") else f"{ends.done(told)} {ends.read}"
    elif outcome == PLANNED:
        first = f"Check mode, nothing was written. {ends.planned(told)}"
    elif outcome == UNCHANGED:
        first = f"Nothing to do. {told.get('reason') or ''}".strip()
    else:
        return []
    return [first, *ends.further]


def _trouble(ends: Ends, outcome: str, told: Result) -> str:
    said = sentence_of(told)
    variables = variables_named(part(told, "error"), ends.role, ends.module)
    if outcome == UNKNOWN:
        return (
            f"Unconfirmed: the {ends.noun} {was_sent_words(told)}, and nothing proves what became of it. "
            f"{ends.left_open} {said}{variables}"
        )
    return {
        REFUSED: f"{ends.not_done}. {said}{variables}",
        FAILED: f"{ends.not_done}, rejected by the service. {said}",
        UNREAD: f"{ends.not_done}, since it could not be judged. Nothing was written here. {said}",
        DONE: f"{ends.short}, but the play ends here, since another studio failed.",
    }.get(outcome, "Another studio failed. Nothing was written here.")
