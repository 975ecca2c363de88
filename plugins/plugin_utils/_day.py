# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The day of a report: its begin and end in a time zone. Pure.

A zone has other rules in another season, so an offset is always that of the moment it is asked for. A day has 23, 24 or
25 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_NUMBER = re.compile(r"[1-9][0-9]{1,4}")
_PLAIN = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]")


class LocalZone(tzinfo):
    """The zone of this machine, by its rules at each moment."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """How far its clocks are ahead of UTC."""
        return None if dt is None else dt.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, dt: datetime | None) -> timedelta | None:
        """Not known: the offset holds it already."""
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        """The short name at this moment."""
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, dt: datetime) -> datetime:
        """What its clocks show. An hour that comes twice is told apart by fold."""
        shown = dt.replace(tzinfo=timezone.utc).astimezone()
        plain = shown.replace(tzinfo=None)
        return plain.replace(tzinfo=self, fold=int(plain.astimezone().utcoffset() != shown.utcoffset()))


@dataclass(frozen=True)
class Day:
    """A day of broadcasting: from `first` on, before `last`, both in seconds since the epoch."""

    date: date
    first: float
    last: float
    zone: tzinfo
    zone_name: str

    def holds(self, moment: datetime) -> bool:
        """Whether a moment is on this day."""
        return self.first <= moment.timestamp() < self.last

    def clock(self, moment: datetime) -> str:
        """The time of day, with the offset on a day on which the clocks are changed."""
        there = moment.astimezone(self.zone)
        shown = there.strftime("%H:%M:%S.") + f"{there.microsecond // 1000:03d}"
        return f"{shown} {there.isoformat()[-6:]}" if self._changes else shown

    @property
    def _changes(self) -> bool:
        first, last = (datetime.fromtimestamp(moment, self.zone).utcoffset() for moment in (self.first, self.last - 1))
        return first != last


def day(chosen: Any = "", zone: Any = "", starts: Any = "00:00") -> Day:
    """A day such as 2026-11-22, today when it is empty. Raises ValueError with a sentence."""
    where = _zone(_text(zone))
    begins = _time(starts)
    try:
        now = datetime.now(where) - timedelta(hours=begins.hour, minutes=begins.minute, seconds=begins.second)
        that = date.fromisoformat(_text(chosen)) if _text(chosen) else now.date()
        first, last = (datetime.combine(that + timedelta(days=more), begins, where).timestamp() for more in (0, 1))
        names = [str(datetime.fromtimestamp(moment, where).tzname()) for moment in (first, last - 1)]
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"There is no day {_text(chosen)!r}. Give one such as 2026-11-22.") from None
    return Day(that, first, last, where, _text(zone) or ", then ".join(dict.fromkeys(names)))


def _text(value: Any) -> str:
    """A value as text; what is not given is empty."""
    return "" if value is None else str(value).strip()


def _zone(name: str) -> tzinfo:
    if not name:
        return LocalZone()
    if name == "UTC":
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"The time zone {name!r} is not known here. Give one such as Asia/Shanghai or UTC. "
            "Where none is known, this machine has no time zone data: install the package tzdata."
        ) from None


def _time(value: Any) -> time:
    """A time of day. YAML makes a number of 10:00 without quotes: 600, and 36000 of 10:00:00."""
    seconds = None
    # A template of ansible-core 2.18 makes a text of that number. 1200 could be 12:00 as well as 20:00, and is refused.
    if isinstance(value, str) and _NUMBER.fullmatch(value) and not _PLAIN.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        # From 1:00, written so, to 23:59; from 1:00:00 to 23:59:59.
        seconds = value * 60 if 60 <= value < 1440 else value if 3600 <= value < 86400 else None
    elif value is None or value == "":
        seconds = 0
    elif written := _TIME.fullmatch(_text(value)):
        hours, minutes, rest = (int(part or 0) for part in written.groups())
        seconds = hours * 3600 + minutes * 60 + rest if hours < 24 and minutes < 60 and rest < 60 else None
    if seconds is None:
        raise ValueError(f"The day cannot start at {_text(value)!r}. Give a time such as 05:00.")
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)
