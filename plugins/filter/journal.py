# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter journal; its documentation is in journal.yml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def journal(entries: Sequence[Mapping[str, Any]], names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the service saw of a rehearsal, in words."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._journal_words import seen

    return seen(entries, names or {})


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"journal": journal}
