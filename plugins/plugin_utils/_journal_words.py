# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The journal of a rehearsal in words, one line a request. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

_THROTTLED = re.compile(r"Throttling|fault:throttle")


def seen(journal: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, Any]:
    """The journal as a table, with a sentence and numbers. `names`: caster id -> what the studio is called."""
    throttled = sum(1 for entry in journal if _THROTTLED.match(str(entry["outcome"])))
    width = max((len(name) for name in names.values()), default=6) + 2
    rows = [("time (UTC)", "studio", "action", "outcome"), *(_row(entry, names) for entry in journal)]
    return {
        "requests": len(journal),
        "throttled": throttled,
        "violations": sum(1 for entry in journal if entry.get("violation")),
        "table": [f"{when:<14}{studio:<{width}}{action:<26}{outcome}" for when, studio, action, outcome in rows],
        "summary": f"{_counted(len(journal))}. {_throttled(throttled)}",
    }


def _row(entry: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, str, str, str]:
    moment = datetime.fromtimestamp(entry["at"], timezone.utc)
    caster_id = str(entry.get("caster_id") or "")
    return (
        f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}",
        names.get(caster_id) or caster_id or "all",
        str(entry["action"]),
        str(entry["outcome"]),
    )


def _counted(number: int) -> str:
    return f"{number} request{'' if number == 1 else 's'}"


def _throttled(number: int) -> str:
    if number == 0:
        return "Nothing was throttled."
    return f"{number} of them {'was' if number == 1 else 'were'} throttled."
