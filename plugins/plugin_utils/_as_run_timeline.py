# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The timeline of an as-run report. Pure. Places are fractions of its width, from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

# Seconds between two ticks; the first is taken that gives no more than _TICKS of them.
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600)
_TICKS = 8
_SHORTEST = 0.5
_MARGIN = 0.04

Entry = Mapping[str, Any]


def timeline(entries: Sequence[Entry], where: tzinfo) -> dict[str, Any]:
    """Ticks, and a lane for each studio with what was on air and what was done. Both empty when nothing happened."""
    if not entries:
        return {"ticks": [], "lanes": []}
    first, last = float(entries[0]["moment"]), float(entries[-1]["moment"])
    margin = max(last - first, _SHORTEST) * _MARGIN
    start, end = first - margin, max(last, first + _SHORTEST) + margin

    def place(moment: float) -> float:
        return round((moment - start) / (end - start), 4)

    lanes: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        lanes.setdefault((entry["studio"], entry["caster_id"]), []).append(entry)
    return {
        "ticks": [{"x": place(moment), "label": label} for moment, label in _ticks(start, end, where)],
        "lanes": [
            {
                "studio": studio,
                "on_air": [
                    {**part, "x": place(part["from"]), "until": place(part["to"])} for part in _on_air(own, start, end)
                ],
                "marks": [{**_mark(entry), "x": place(entry["moment"])} for entry in own],
            }
            for (studio, _caster_id), own in sorted(lanes.items())
        ],
    }


def _mark(entry: Entry) -> dict[str, Any]:
    return {"action": entry["action"], "outcome": entry["outcome"], "time": entry["time"], "by": entry["by"]}


def _on_air(entries: Sequence[Entry], start: float, end: float) -> list[dict[str, Any]]:
    """What a program showed, piece by piece. What changed between two tasks was changed elsewhere, none knows when."""
    pieces: list[dict[str, Any]] = []
    for entry in entries:
        if entry["action"] != "take" or entry["outcome"] == "hidden":
            continue
        if entry["layout_before"]:
            _go_on(pieces, entry["layout_before"], entry["moment"] if pieces else start)
        if entry["outcome"] == "unconfirmed":
            _go_on(pieces, None, entry["moment"])
        elif entry["layout_after"] or entry["outcome"] == "done":
            _go_on(pieces, entry["layout_after"], entry["moment"])
    for piece, following in zip(pieces, [*pieces[1:], {"from": end}]):
        piece["to"] = following["from"]
    return pieces


def _go_on(pieces: list[dict[str, Any]], layout: str | None, moment: float) -> None:
    if not pieces or pieces[-1]["layout"] != layout:
        pieces.append({"layout": layout, "from": moment})


def _ticks(start: float, end: float, where: tzinfo) -> list[tuple[float, str]]:
    step = next((step for step in _STEPS if (end - start) / step <= _TICKS), _STEPS[-1])
    # From the start of the local hour, so that the ticks of long days are whole hours there.
    # Seconds that have passed, not hands of a clock: these may jump in between.
    begin = datetime.fromtimestamp(start, where).replace(minute=0, second=0, microsecond=0).timestamp()
    number = math.ceil((start - begin) / step)
    found = []
    while (moment := begin + number * step) <= end:
        found.append((moment, _label(datetime.fromtimestamp(moment, where), step)))
        number += 1
    return found


def _label(moment: datetime, step: float) -> str:
    if step < 1:
        return moment.strftime("%M:%S.") + str(moment.microsecond // 100000)
    return moment.strftime("%H:%M:%S" if step < 60 else "%H:%M")
