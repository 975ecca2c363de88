# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter guards; its documentation is in guards.yml."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any


def guards(options: Mapping[str, Any]) -> str:
    """What guards a take with these options, in one line."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._guards import guards_of

    return guards_of(options, time.time())


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"guards": guards}
