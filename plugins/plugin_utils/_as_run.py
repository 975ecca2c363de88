# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What happened on a show day? Pure: from the lines of the audit to what a report shows.

The lines of check mode are counted and left out: nothing happened. A task that began and never ended was killed, and
nobody knows what it did.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from ..module_utils._plan import content_words
from . import _audit
from ._as_run_timeline import timeline

_TROUBLE = (_audit.REFUSED, _audit.FAILED, _audit.UNCONFIRMED)
_KILLED = "The task began and never ended: it was killed or interrupted. Look at the studio."
_BACKGROUND = "It went on in the background, and no async_status told how it ended. Look at the studio."

Line = Mapping[str, Any]


def as_run(content: str, day: str = "", zone: str = "", day_starts: str = "00:00") -> dict[str, Any]:
    """What happened on one day.

    `content` is the audit file, or any text with its lines in it. `day` as 2026-11-22, empty for today. `zone` is a
    name such as Asia/Shanghai, empty for that of this machine. `day_starts`: a day of broadcasting may begin at 05:00.
    Raises ValueError with a sentence.
    """
    where = _zone(zone)
    first = _first_moment(day, day_starts, where)
    last = first + timedelta(days=1)
    lines, unreadable = _read(content)
    lines = [line for line in lines if first <= line["moment"] < last]
    entries = [_entry(line, where) for line in _told([line for line in lines if _counts(line)])]
    return {
        "day": first.astimezone(where).date().isoformat(),
        "zone": zone or str(first.astimezone(where).tzname()),
        "entries": entries,
        "troubles": [entry for entry in entries if entry["outcome"] in _TROUBLE],
        "studios": _studios(entries),
        "people": sorted({entry["by"] for entry in entries}),
        "revisions": sorted({entry["revision"] for entry in entries if entry["revision"]}),
        "counts": {outcome: sum(1 for e in entries if e["outcome"] == outcome) for outcome in _OUTCOMES},
        "calls": {key: sum(entry[key] for entry in entries) for key in ("calls", "attempts", "throttled")},
        "checked": sum(1 for line in lines if not _counts(line) and line["event"] != _audit.BEGUN),
        "unreadable": unreadable,
        "timeline": timeline(entries, where),
    }


_OUTCOMES = (_audit.DONE, _audit.UNCHANGED, *_TROUBLE, _audit.HIDDEN)


def _zone(name: str) -> tzinfo:
    if not name:
        local = datetime.now().astimezone().tzinfo
        return local or timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"The time zone {name!r} is not known here. Give one such as Asia/Shanghai or UTC.") from None


def _first_moment(day: str, starts: str, where: tzinfo) -> datetime:
    try:
        begins = time.fromisoformat(starts)
    except ValueError:
        raise ValueError(f"The day cannot start at {starts!r}. Give a time such as 05:00.") from None
    now = datetime.now(where)
    try:
        chosen = date.fromisoformat(day) if day else (now - timedelta(hours=begins.hour, minutes=begins.minute)).date()
    except ValueError:
        raise ValueError(f"There is no day {day!r}. Give one such as 2026-11-22.") from None
    return datetime.combine(chosen, begins.replace(tzinfo=None), tzinfo=where)


def _read(content: str) -> tuple[list[dict[str, Any]], int]:
    """The lines of the audit in order, and how many there are that cannot be read. Other text is passed over."""
    lines: list[dict[str, Any]] = []
    unreadable = 0
    for raw in content.split("\n"):
        if not raw.startswith(_audit.MARK):
            continue
        try:
            line = json.loads(raw)
            line["moment"] = datetime.fromisoformat(line["time"])
            (line["run"], line["number"], line["event"], line["by"], line["host"], line["action"])
        except (ValueError, KeyError, TypeError):
            unreadable += 1
            continue
        lines.append(line)
    # One file or several, and several processes: the time orders them. What is saved twice counts once.
    unique = {json.dumps(line, sort_keys=True, default=str): line for line in lines}
    return sorted(unique.values(), key=lambda line: line["moment"]), unreadable


def _counts(line: Line) -> bool:
    """Whether a line belongs to the show. Check mode changes nothing, but roles judge in it what they do afterwards."""
    refused = line.get("outcome") in (_audit.REFUSED, _audit.FAILED)
    return not line.get("check_mode") or (refused and not line.get("dry_run"))


def _told(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines that say what became of a task, or of one item or attempt of it."""
    ended = {_task(line) for line in lines if line["event"] == _audit.ENDED}
    came_back = {line.get("job") for line in lines if line.get("outcome") != _audit.STARTED}
    for line in lines:
        became = line.get("outcome")
        if line["event"] == _audit.BEGUN:
            if _task(line) not in ended:
                yield {**line, "outcome": became or _audit.UNCONFIRMED, "reason": _KILLED}
        elif became == _audit.STARTED:
            if line.get("job") not in came_back:
                yield {**line, "outcome": _audit.UNCONFIRMED, "reason": _BACKGROUND}
        elif became not in (None, _audit.SKIPPED):
            yield line


def _task(line: Line) -> tuple[Any, Any]:
    return line["run"], line["number"]


def _entry(line: Line, where: tzinfo) -> dict[str, Any]:
    """One line in the words of a report."""
    moment = line["moment"].astimezone(where)
    awx = line.get("awx") or {}
    before, after = line.get("before") or {}, line.get("after") or {}
    return {
        "moment": line["moment"].timestamp(),
        "time": moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03d}",
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
    return content_words(scene.get("layout_id"), scene.get("component_ids") or ())


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
