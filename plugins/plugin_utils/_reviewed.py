# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The preview that was reviewed, and what a take expects of it. Pure: from results of tasks and variables.

A review is what somebody was shown before a take: the ids in the preview, and a fingerprint. It covers the content of
the layout and components where that could be read, else the ids only, which the review says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils._studio.studio import PVW

_OF_CONTENT = ("DescribeCasterLayouts", "DescribeCasterComponents")

Result = Mapping[str, Any]


def needs_ids(with_content: Any, from_scene_id: str = "") -> bool:
    """Whether the ids must be read alone: not where the fingerprint covers content, nor where nothing can be read."""
    result = _mapping(with_content)
    if _is_read(result):
        preview = _preview(result, from_scene_id)
        return preview is not None and not preview.get("fingerprint")
    error = _mapping(result.get("error"))
    return error.get("action") in _OF_CONTENT and not error.get("retryable")


def review(with_content: Any, ids: Any, from_scene_id: str = "") -> dict[str, Any]:
    """What waits in the preview. The results are of caster_scene_info, with and without content.

    `fingerprint` is the empty string where nothing was reviewed. `words` say what the fingerprint covers, and why.
    """
    whole, plain = _mapping(with_content), _mapping(ids)
    read = next((result for result in (plain, whole) if _is_read(result)), None)
    if read is None:
        return _nothing(f"the preview cannot be read. {_message(whole)}")
    preview = _preview(read, from_scene_id)
    if preview is None:
        return _nothing("the studio does not have exactly one preview scene. Name it in take_from_scene_id.")
    told = {key: preview.get(key) for key in ("scene_id", "layout_id", "component_ids", "fingerprint")}
    if not told["fingerprint"]:
        return _nothing("the preview has no fingerprint.")
    if read is whole:
        words = f"Armed - {told['fingerprint']}, which covers what the layout and the components contain."
    else:
        why = "the service does not list all of it." if _is_read(whole) else _message(whole)
        words = (
            f"Armed - {told['fingerprint']}, which covers the ids only: an edit that keeps them is not noticed, since "
            f"what they stand for cannot be read. {why}"
        )
    return {**told, "words": words}


def expected(given: Mapping[str, Any], reviewed: Any, handed: Any, host: str) -> dict[str, Any]:
    """What a take expects of the preview: what the user gave, and the fingerprint of what was reviewed before.

    `reviewed` is the review of this run, or None without one; `handed` is what an earlier job of a workflow handed on,
    by host. Raises ValueError with a sentence for what cannot be read: a guard is never dropped in silence.
    """
    if given.get("fingerprint"):
        return dict(given)
    if reviewed is not None:
        found = _entry("take_reviewed", reviewed, "fingerprint")
    else:
        found = _entry("apsara_live_reviewed", handed or {}, host)
    return {**given, "fingerprint": found} if found else dict(given)


def _entry(variable: str, value: Any, key: str) -> str:
    entry = value.get(key, "") if isinstance(value, Mapping) else value
    if not isinstance(value, Mapping) or not (entry is None or isinstance(entry, str)):
        raise ValueError(
            f"The variable {variable} cannot be used: {value!r}. It is set by this collection and hands on which "
            "preview was reviewed. Leave it out, or run the judgement of the take again."
        )
    return str(entry or "")


def _nothing(why: str) -> dict[str, Any]:
    return {"fingerprint": "", "words": f"Not armed - {why}"}


def _preview(result: Result, from_scene_id: str) -> Result | None:
    scenes = [scene for scene in result["scenes"] if scene.get("output_type") == PVW]
    scenes = [scene for scene in scenes if from_scene_id in ("", scene.get("scene_id"))]
    return scenes[0] if len(scenes) == 1 else None


def _is_read(result: Result) -> bool:
    return "error" not in result and not result.get("failed") and bool(result.get("scenes"))


def _message(result: Result) -> str:
    return str(result.get("msg") or "There is no message; run this again with -vvv.")


def _mapping(value: Any) -> Result:
    return value if isinstance(value, Mapping) else {}
