# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Judges whether a studio is ready for a take. Pure: from the results of the reads, also failed ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..module_utils._studio.studio import PGM, PVW
from ._outcome import UNCHANGED, outcome_of

READY = "ready"
ATTENTION = "attention"
NOT_READY = "not_ready"

# The same trouble twice, such as no credentials, is said once. What differs then: operation, request id, numbers.
_DIFFERS = re.compile(r"Describe\w+ failed: |, request id [^)]*|\d+")
_NO_MESSAGE = "There is no message; run this again with -vvv."
_WORDS = {READY: "ready     ", ATTENTION: "ATTENTION ", NOT_READY: "NOT READY "}
#: Verdict -> how a report of it begins.
HEADINGS = {
    "ready": "The studio is ready.",
    "attention": "The studio needs attention.",
    "not ready": "The studio is not ready.",
}
_TROUBLE = {"attention": "Needs attention", "not ready": "Not ready"}
_CANNOT_VERIFY = (
    "That the sources are live and look and sound right. Look at the preview monitor.",
    "Whether a take carries the audio settings along. This is not documented, so listen after the take.",
    "Whether a layout was edited before now and kept its id. From now on the take notices it, if the layouts can be "
    "read.",
    "That the account may take and stop. A permission to write shows only when it is used.",
    "That the account is paid up and the budget holds.",
    "That quotas allow to start another studio or preview.",
    "That nobody else takes in the meantime. Give take_expect to be safe from that.",
)

Result = Mapping[str, Any]
Finding = tuple[str, str]


def judge(
    caster_id: str, casters: Any, scenes: Any, sound: Any, audio: bool, stop_at: str = "not ready"
) -> dict[str, Any]:
    """The verdict with all findings, and `lines` to show. The results are of caster_info and, twice, caster_scene_info.

    `audio`: the audio settings are wanted, so `sound` counts where the scenes could be read. `stops` is true when the
    verdict is `stop_at` or worse; `trouble` says why in one sentence.
    """
    found = list(_findings(caster_id, _mapping(casters), _mapping(scenes), _mapping(sound), audio))
    levels = {level for level, _sentence in found}
    worst = NOT_READY if NOT_READY in levels else ATTENTION if ATTENTION in levels else READY
    verdict = "not ready" if worst == NOT_READY else worst
    return {
        "caster_id": caster_id,
        "verdict": verdict,
        "findings": [{"level": level, "sentence": sentence} for level, sentence in found],
        "cannot_verify": list(_CANNOT_VERIFY),
        "lines": [HEADINGS[verdict], *(_WORDS[level] + sentence for level, sentence in found)],
        "stops": verdict == "not ready" or verdict == stop_at == "attention",
        "trouble": _trouble(verdict, [sentence for level, sentence in found if level == worst]),
    }


def _trouble(verdict: str, sentences: list[str]) -> str:
    return f"{_TROUBLE[verdict]}: {' '.join(sentences)}" if verdict in _TROUBLE else ""


def _findings(caster_id: str, casters: Result, scenes: Result, sound: Result, audio: bool) -> Iterator[Finding]:
    listed, read = _is_read(casters), _is_read(scenes)
    if not listed and not read and _same_trouble(casters, scenes):
        yield NOT_READY, f"Nothing can be read. {casters['msg']}"
        return
    if listed:
        yield from _of_studio(caster_id, casters["casters"])
    else:
        yield NOT_READY, f"The account's studios cannot be listed. {_message(casters)}"
    if not read:
        yield NOT_READY, f"The studio's scenes cannot be read. {_message(scenes)}"
        return
    yield from _of_scenes(scenes["scenes"])
    if audio and _is_read(sound):
        yield READY, "The scenes' audio settings can be read."
    elif audio:
        yield ATTENTION, f"The scenes' audio settings cannot be read. {_message(sound)}"


def _of_studio(caster_id: str, casters: list[Result]) -> Iterator[Finding]:
    if not casters:
        yield NOT_READY, f"The account has no studio {caster_id}. Check the id and whose access key this is."
        return
    caster = casters[0]
    if caster.get("status") == "streaming":
        yield READY, "The studio is streaming."
    else:
        yield NOT_READY, "The studio is idle. Start it in the console; it is billed from then on."
    if caster.get("expire_time"):
        yield (
            ATTENTION,
            f"The studio has an expiry time, {caster['expire_time']}. Check that the show ends before it.",
        )


def _of_scenes(scenes: list[Result]) -> Iterator[Finding]:
    previews = [scene for scene in scenes if scene["output_type"] == PVW]
    programs = [scene for scene in scenes if scene["output_type"] == PGM]
    yield from _number_of(previews, "preview scene", "PVW", "take_from_scene_id")
    yield from _number_of(programs, "program scene", "PGM", "take_to_scene_id")
    program = programs[0] if len(programs) == 1 else None
    preview = previews[0] if len(previews) == 1 else None
    if program:
        if _is_on(program):
            yield READY, "The program is on."
        else:
            yield NOT_READY, "The program is off, so viewers see nothing, and the service may refuse a take."
        if _is_empty(program):
            yield ATTENTION, "The program is empty, it shows neither a layout nor components."
    if preview:
        yield from _of_preview(preview, program)


def _number_of(scenes: list[Result], words: str, bus: str, variable: str) -> Iterator[Finding]:
    if not scenes:
        yield (
            NOT_READY,
            f"The studio has no {words} ({bus}). Scenes appear when a studio is started for the first time.",
        )
    elif len(scenes) > 1:
        ids = ", ".join(str(scene["scene_id"]) for scene in scenes)
        yield ATTENTION, f"The studio has several {words}s: {ids}. Name one in {variable}."


def _of_preview(preview: Result, program: Result | None) -> Iterator[Finding]:
    if _is_on(preview):
        yield READY, "The preview is on."
    else:
        yield (
            ATTENTION,
            "The preview is off, so nobody can look at it before the take, and the service may refuse the take.",
        )
    if _is_empty(preview):
        yield NOT_READY, "The preview is empty, so a take would put nothing on air. Prepare it first."
    elif program and _content(preview) == _content(program):
        yield ATTENTION, "Preview and program show the same, so a take would change nothing."
    elif program:
        yield READY, "The preview is prepared and differs from the program."


def _is_read(result: Result) -> bool:
    return outcome_of(result, may_write=False) == UNCHANGED


def _same_trouble(one: Result, other: Result) -> bool:
    words = [_DIFFERS.sub("", str(result.get("msg") or "")) for result in (one, other)]
    return bool(words[0]) and words[0] == words[1]


def _message(result: Result) -> str:
    return str(result.get("msg") or _NO_MESSAGE)


def _is_on(scene: Result) -> bool:
    return bool(scene.get("status") == "running")


def _is_empty(scene: Result) -> bool:
    return _content(scene) == ("", [])


def _content(scene: Result) -> tuple[str, list[Any]]:
    return str(scene.get("layout_id") or ""), list(scene.get("component_ids") or [])


def _mapping(value: Any) -> Result:
    return value if isinstance(value, Mapping) else {}
