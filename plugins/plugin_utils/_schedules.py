# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Schedules of AWX that never start anything again, since every date is past.

Pure. Only what can be told without the whole calendar is told: an end, or a count of plain steps. All else counts as to
come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

_START = re.compile(r"DTSTART(?:;TZID=(?P<zone>[^:;\s]+))?:(?P<local>\d{8}T\d{6})(?P<utc>Z?)")
_STEPS = {
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}


def past(schedules: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    """The names of the schedules whose last date is before now."""
    return [str(one.get("name")) for one in schedules if (last := _last(str(one.get("rrule", "")))) and last < now]


def _last(rrule: str) -> datetime | None:
    """The last date of a rule, or None where it has none or cannot be told."""
    start = _START.search(rrule)
    rules = re.findall(r"(?<!EX)RULE:(\S*)", rrule)
    if start is None or len(rules) != 1:
        return None
    parts = dict(part.partition("=")[::2] for part in rules[0].split(";"))
    try:
        zone = ZoneInfo(start["zone"]) if start["zone"] and not start["utc"] else timezone.utc
        begin = datetime.strptime(start["local"], "%Y%m%dT%H%M%S").replace(tzinfo=zone)
        if "UNTIL" in parts:
            return datetime.strptime(parts["UNTIL"].rstrip("Z"), "%Y%m%dT%H%M%S").replace(
                tzinfo=timezone.utc if parts["UNTIL"].endswith("Z") else zone
            )
        count, interval = int(parts.get("COUNT", 0)), int(parts.get("INTERVAL", 1))
    except (ValueError, OSError, KeyError):
        # AWX says what is wrong with it.
        return None
    plain = not any(name.startswith("BY") for name in parts)
    if count == 1 and plain:
        return begin
    step = _STEPS.get(parts.get("FREQ", ""))
    return begin + (count - 1) * interval * step if count and plain and step else None
