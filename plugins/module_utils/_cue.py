# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. When is the cue, and is it still right to act on it? Pure: the present moment comes in as an argument."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from ._errors import LiveError

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))", re.ASCII
)


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
                f"The cue {self.text} was missed: it is {now - self.moment:.1f} s past, "
                f"and max_late allows {self.max_late:g} s. Nothing was written.",
                code="CueMissed",
                outcome="refused",
                hint="Look at what is on air, then take with a new cue or without one.",
            )
        if self.moment - now > self.max_wait:
            raise LiveError(
                f"The cue {self.text} is too far away: {self.moment - now:.0f} s, "
                f"and max_wait allows {self.max_wait:g} s. Nothing was written.",
                code="CueTooFar",
                outcome="refused",
                hint="Start the task later, or raise max_wait.",
            )


def parse_moment(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 time with a zone. Raises ValueError with a sentence."""
    match = _RFC3339.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            "it must be an RFC 3339 time with a zone, such as 2026-11-22T19:30:00+08:00 or 2026-11-22T11:30:00Z"
        )
    year, month, day, hour, minute, second = (int(group) for group in match.groups()[:6])
    fraction = int((match.group(7) or "0").ljust(9, "0")) / 1e9
    zone = timedelta(0)
    if match.group(9):
        if int(match.group(11)) > 59:
            raise ValueError("it is not a time that exists")
        zone = timedelta(hours=int(match.group(10)), minutes=int(match.group(11)))
        zone = zone if match.group(9) == "+" else -zone
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(zone)).timestamp() + fraction
    except (ValueError, OverflowError):
        raise ValueError("it is not a time that exists") from None
