# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cue of a case: its moment, and how it is written."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .model import Moment


def written(moment: Moment, now: float) -> str:
    """The moment as a user writes it; `now` in seconds since the epoch, fractions are dropped."""
    zone = timezone.utc
    if moment.zone != "Z":
        hours, _unused, minutes = moment.zone.partition(":")
        zone = timezone(timedelta(hours=int(hours), minutes=int(minutes)))
    at = datetime.fromtimestamp(int(now) + moment.seconds, zone)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + moment.zone


def template(moment: Moment) -> str:
    """The moment as a template that is filled in when the task begins."""
    offset = 0
    if moment.zone != "Z":
        hours, _unused, minutes = moment.zone.partition(":")
        offset = int(hours) * 3600 + int(minutes) * 60
    seconds = f"(now(utc=true).timestamp() | int) + {moment.seconds + offset}"
    return "{{ '%Y-%m-%dT%H:%M:%S" + moment.zone + "' | strftime(" + seconds + ", utc=true) }}"


def parse(text: str) -> float:
    """Seconds since the epoch."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
