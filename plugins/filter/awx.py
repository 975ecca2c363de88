# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters has_collection and past_schedules; their documentation is in the files of their names."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any


def has_collection(name: Any) -> bool:
    """Whether a collection is installed here."""
    try:
        return importlib.util.find_spec(f"ansible_collections.{name}") is not None
    except (ImportError, ValueError):
        return False


def past_schedules(schedules: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of the schedules that never start anything, since every date is past."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._schedules import past

    return past(schedules, datetime.now(timezone.utc))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"has_collection": has_collection, "past_schedules": past_schedules}
