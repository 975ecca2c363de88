# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What happened on a show day: from the lines of the audit to what a report shows. Pure.

The lines of check mode are counted and left out: nothing happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import _audit
from ._as_run_timeline import timeline
from ._audit_ends import Line, ends, happened, in_order
from ._audit_lines import find
from ._day import Day
from ._day import day as _day
from ._words import shows

_TROUBLE = (_audit.REFUSED, _audit.FAILED, _audit.UNCONFIRMED)


def as_run(sources: Mapping[str, str], day: Any = "", zone: Any = "", day_starts: Any = "00:00") -> dict[str, Any]:
    """What happened on one day.

    `sources`: the name of each audit file and its content, which may be any text with lines of the audit in it. `day`
    as 2026-11-22, empty for today. `zone` is a name such as Asia/Shanghai, empty for that of this machine.
    `day_starts`: a day of broadcasting may begin at 05:00. Raises ValueError with a sentence.
    """
    that = _day(day, zone, day_starts)
    found = {name: find(content) for name, content in sources.items()}
    unreadable = sum(broken for _lines, broken in found.values())
    recorded = in_order(line for lines, _broken in found.values() for line in lines)
    lines = [line for line in recorded if that.holds(line["moment"])]
    # A task may end on another day than it began on, as a take whose cue is at midnight.
    told = ends([line for line in recorded if happened(line)])
    entries = [_entry(line, that) for line in told if that.holds(line["moment"])]
    silent = [name for name, (lines_of_it, broken) in found.items() if not lines_of_it and not broken]
    counts = {outcome: sum(1 for e in entries if e["outcome"] == outcome) for outcome in _OUTCOMES}
    calls = {key: sum(entry[key] for entry in entries) for key in ("calls", "attempts", "throttled")}
    remarks = list(_remarks(entries, recorded, unreadable, silent, that))
    return {
        "day": that.date.isoformat(),
        "zone": that.zone_name,
        "entries": entries,
        "troubles": [entry for entry in entries if entry["outcome"] in _TROUBLE],
        "studios": _studios(entries),
        "people": sorted({entry["by"] for entry in entries}),
        "revisions": sorted({entry["revision"] for entry in entries if entry["revision"]}),
        "counts": counts,
        "calls": calls,
        "checked": sum(1 for line in lines if not happened(line) and line["event"] != _audit.BEGUN),
        "unreadable": unreadable,
        "silent": silent,
        "remarks": remarks,
        "summary": _summary(that.date.isoformat(), counts, calls, remarks),
        "timeline": timeline(entries, that.zone),
    }


def _summary(day: str, counts: Mapping[str, int], calls: Mapping[str, int], remarks: Sequence[str]) -> str:
    became = ", ".join(f"{counts[outcome]} {outcome}" for outcome in _OUTCOMES if outcome != _audit.HIDDEN)
    said = f"{day}: {became}. {calls['attempts']} API calls, {calls['throttled']} throttled."
    return " ".join([said, *remarks])


def _remarks(
    entries: Sequence[Any], recorded: Sequence[Line], unreadable: int, silent: Sequence[str], that: Day
) -> Iterator[str]:
    """What a reader must know to trust a report, above all one that has little in it."""
    if not entries:
        yield "No take and no stop is recorded on this day."
    if not entries and recorded:
        first, last = (recorded[end]["moment"].astimezone(that.zone).strftime("%Y-%m-%d %H:%M") for end in (0, -1))
        yield f"The audit goes from {first} to {last}."
    if unreadable:
        number = "1 line" if unreadable == 1 else f"{unreadable} lines"
        yield f"{number} of the audit cannot be read, so something may be missing here."
    for name in silent:
        yield f"No line of the audit is in {name}, so it tells nothing about any day."


_OUTCOMES = (_audit.DONE, _audit.UNCHANGED, *_TROUBLE, _audit.HIDDEN)


def _entry(line: Line, that: Day) -> dict[str, Any]:
    """One line in the words of a report."""
    awx = line.get("awx") or {}
    before, after = line.get("before") or {}, line.get("after") or {}
    return {
        "moment": line["moment"].timestamp(),
        "time": that.clock(line["moment"]),
        "studio": line.get("caster_name") or line["host"],
        "caster_id": line.get("caster_id") or "",
        "host": line["host"],
        "action": line["action"],
        "outcome": line["outcome"],
        "by": line["by"],
        "job": awx.get("job_id") or "",
        "schedule": awx.get("schedule") or "",
        "revision": line.get("rundown_revision") or "",
        "before": _words(line["action"], before),
        "after": _words(line["action"], after),
        "layout_before": (before.get("layout_id") or "no layout") if before else None,
        "layout_after": (after.get("layout_id") or "no layout") if after else None,
        "reason": line.get("reason") or "",
        "code": line.get("error_code") or "",
        "request_id": line.get("request_id") or "",
        "calls": line.get("api_calls") or 0,
        "attempts": line.get("attempts") or 0,
        "throttled": line.get("throttled") or 0,
    }


def _words(action: str, scene: Mapping[str, Any]) -> str:
    """A scene in words: what a take changes is what it shows, what a stop changes is whether it is on."""
    if not scene:
        return ""
    if action == "stop":
        return "preview on" if scene.get("status") == "running" else "preview off"
    return shows(scene)


def _studios(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sums for each studio, in the order of their names."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in entries:
        row = rows.setdefault(
            (entry["studio"], entry["caster_id"]),
            dict.fromkeys((*_OUTCOMES, "takes", "stops", "calls", "attempts", "throttled"), 0),
        )
        row.update(studio=entry["studio"], caster_id=entry["caster_id"])
        row[entry["outcome"]] = row.get(entry["outcome"], 0) + 1
        if entry["outcome"] == _audit.DONE:
            row["takes"] += entry["action"] == "take"
            row["stops"] += entry["action"] == "stop"
        for key in ("calls", "attempts", "throttled"):
            row[key] += entry[key]
    return [rows[key] for key in sorted(rows)]
