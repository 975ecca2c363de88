# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The cue of a take, and whether it can still be met. Pure: the present moment comes in as an argument."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from .._errors.error import LiveError
from .._errors.kind import Outcome

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))", re.ASCII
)


# How far zones that are in use lie apart from UTC, in minutes: whole hours, and the others.
_OFFSETS = (*range(60, 15 * 60, 60), 210, 270, 330, 345, 390, 525, 570, 630, 765)
# What is meant where UTC is written and nothing else is known: the time of the region in which the service is at home.
_USUAL_OFFSET = 8 * 60
# Tasks start some minutes before their cue, and schedulers may start them late; in seconds.
_EARLY, _LATE = 15 * 60.0, 5 * 60.0


class Cue(NamedTuple):
    """A moment in seconds since the epoch, as written by the user, and its limits in seconds."""

    moment: float
    text: str
    max_late: float
    max_wait: float

    def judge(self, now: float) -> None:
        """Raise LiveError when the cue is past by more than max_late, or further away than max_wait."""
        if now - self.moment > self.max_late:
            raise LiveError(
                f"The cue {self.text} was missed: it is {span(now - self.moment)} past, {self._present(now)}, "
                f"and max_late allows {self.max_late:g} s. Nothing was written.{self._zone_question(now)}",
                code="CueMissed",
                outcome=Outcome.REFUSED,
                option="at",
                hint="Look at what is on air, then take with a new cue or without one.",
            )
        if self.moment - now > self.max_wait:
            raise LiveError(
                f"The cue {self.text} is too far away: {span(self.moment - now)}, {self._present(now)}, "
                f"and max_wait allows {self.max_wait:g} s. Nothing was written.{self._zone_question(now)}",
                code="CueTooFar",
                outcome=Outcome.REFUSED,
                option="at",
                hint="Start the task later, or raise max_wait.",
            )

    def _present(self, now: float) -> str:
        """What time it is, in the zone in which the cue was written: so the two can be compared."""
        moment = datetime.fromtimestamp(now, timezone(self._offset()))
        return f"it is {moment:%Y-%m-%d %H:%M:%S} {_offset_words(self.text)} now"

    def _offset(self) -> timedelta:
        match = _RFC3339.fullmatch(self.text.strip())
        return _zone_of(match) if match else timedelta(0)

    def _zone_question(self, now: float) -> str:
        """Ask about the zone where the cue would be right but for the difference between two zones."""
        own = abs(round(self._offset().total_seconds() / 60)) or _USUAL_OFFSET
        late = now - self.moment
        for offset in (own, *_OFFSETS):
            # How long before the cue that may have been meant the task started.
            early = abs(late) - offset * 60 if late < 0 else offset * 60 - late
            if -_LATE <= early <= (_EARLY if offset == own else _LATE):
                return f" That is {_hours(offset)} off: is the zone right?"
        return ""


def span(seconds: float) -> str:
    """A length of time in the two largest units that it has: 7.5 s, 4 min, 2 h 5 min, 3 d 4 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for size, unit, smaller, small_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {small_unit}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest:
        return f"{hours} h {rest} min"
    return f"{hours} hour{'s' * (hours != 1)}"


def _offset_words(text: str) -> str:
    """The zone as it stands at the end of the cue; Z is UTC."""
    text = text.strip()
    return "UTC" if text[-1:] in "Zz" else text[-6:]


def _zone_of(match: re.Match[str]) -> timedelta:
    if not match.group(9):
        return timedelta(0)
    zone = timedelta(hours=int(match.group(10)), minutes=int(match.group(11)))
    return zone if match.group(9) == "+" else -zone


def parse_moment(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 time with a zone. Raises ValueError with a sentence."""
    match = _RFC3339.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            "it must be an RFC 3339 time with a zone, such as 2026-11-22T19:30:00+08:00 or 2026-11-22T11:30:00Z"
        )
    year, month, day, hour, minute, second = (int(group) for group in match.groups()[:6])
    fraction = int((match.group(7) or "0").ljust(9, "0")) / 1e9
    if match.group(9) and int(match.group(11)) > 59:
        raise ValueError("it is not a time that exists")
    try:
        zone = timezone(_zone_of(match))
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).timestamp() + fraction
    except (ValueError, OverflowError):
        raise ValueError("it is not a time that exists") from None
