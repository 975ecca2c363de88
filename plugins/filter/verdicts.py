# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter verdicts; its documentation is in verdicts.yml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def verdicts(hosts: Iterable[str], hostvars: Mapping[str, Any]) -> str:
    """What the preflight of these hosts found, in one line."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._verdicts import verdicts as of_results

    return of_results({host: hostvars[host].get("preflight_result") for host in hosts})


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"verdicts": verdicts}
