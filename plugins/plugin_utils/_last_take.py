# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The last take of a studio in the audit, and what undoes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from . import _audit
from ._audit_ends import ends, happened, in_order
from ._audit_lines import find
from ._words import shows

#: What a take is called in the audit.
TAKE = "take"
_BY_HAND = (
    "The callback apsara.live.audit records takes. For a take that it did not record give undo_before, what is to be "
    "on air again, undo_after, what the take put on air, and undo_scene_id."
)

Line = Mapping[str, Any]


def take_to_undo(
    sources: Iterable[str], caster_id: str, before: Any = None, after: Any = None, scene_id: str = ""
) -> dict[str, Any]:
    """As `last_take`, or what a person gave in its place: both contents, or neither, and the program scene.

    `sources` are read only where nothing was given. One that cannot be read raises ValueError by itself.
    Raises ValueError with a sentence.
    """
    given = {name: _given(name, value) for name, value in (("undo_before", before), ("undo_after", after)) if value}
    if not given:
        try:
            contents = list(sources)
        except ValueError as error:
            raise ValueError(f"{error} {_BY_HAND}") from None
        return last_take(contents, caster_id, scene_id)
    missing = {"undo_before", "undo_after"} - set(given)
    if missing:
        raise ValueError(f"{next(iter(given))} was given without {missing.pop()}. {_BY_HAND}")
    if not scene_id:
        raise ValueError("undo_before and undo_after were given without undo_scene_id, the id of the program scene.")
    return _found(scene_id, given["undo_before"], given["undo_after"], "To be undone: ")


def last_take(sources: Iterable[str], caster_id: str, scene_id: str = "", zone: tzinfo | None = None) -> dict[str, Any]:
    """What the last take of a studio replaced (`before`), what it put on air (`after`), and the take in words.

    `options` are those of caster_scene_config that undo it. `sources` are the contents of audit files. With `scene_id`
    only takes to that program scene count. Times are told in `zone`, that of this machine by default. Raises ValueError
    with a sentence where no take is recorded, or where it is not recorded what it replaced.
    """
    lines = in_order(line for content in sources for line in find(content)[0])
    told = ends([line for line in lines if happened(line)])
    takes = [line for line in told if _is_take(line, caster_id) and scene_id in ("", _program(line))]
    if not takes:
        raise ValueError(f"The audit has no take of studio {caster_id}, so there is none to undo. {_BY_HAND}")
    last = takes[-1]
    when = _clock(last["moment"], zone)
    before, after = last.get("before"), last.get("after")
    if not before or not after or not _program(last):
        raise ValueError(
            f"The last take of studio {caster_id} in the audit is that of {when}, and what it replaced is not "
            f"recorded. {_BY_HAND}"
        )
    unproven = " Nothing proved then what became of it." if last["outcome"] == _audit.UNCONFIRMED else ""
    return _found(
        _program(last), _content(before), _content(after), f"The last take, {when} by {last['by']}: ", unproven
    )


def _found(scene_id: str, before: Line, after: Line, which: str, more: str = "") -> dict[str, Any]:
    return {
        "before": before,
        "after": after,
        "words": f"{which}{shows(after)} went on air, and {shows(before)} was there before.{more}",
        "options": {
            "scene_id": scene_id,
            "layout_id": before["layout_id"] or "",
            "clear_layout": not before["layout_id"],
            "component_ids": before["component_ids"],
            "expect": _expectation(after),
        },
    }


def _expectation(after: Line) -> dict[str, Any]:
    """What the program must show for the undo to be right."""
    if not after["layout_id"] and not after["component_ids"]:
        return {"empty": True}
    layout = {"layout_id": after["layout_id"]} if after["layout_id"] else {}
    return {**layout, "component_ids": after["component_ids"]}


def _given(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= {"layout_id", "component_ids"}:
        raise ValueError(f"{name} must have layout_id, component_ids or both, and nothing else. It is {value}.")
    return _content(value)


def _is_take(line: Line, caster_id: str) -> bool:
    """Whether a line tells of a take that changed what is on air, or may have."""
    changed = line["outcome"] in (_audit.DONE, _audit.UNCONFIRMED)
    return changed and line["action"] == TAKE and line.get("caster_id") == caster_id


def _program(line: Line) -> str:
    """The scene that a take changed, where that is known."""
    return str((line.get("after") or {}).get("scene_id") or "")


def _content(scene: Line) -> dict[str, Any]:
    return {"layout_id": scene.get("layout_id") or None, "component_ids": list(scene.get("component_ids") or [])}


def _clock(moment: datetime, zone: tzinfo | None) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
