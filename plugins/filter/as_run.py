# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter as_run; its documentation is in as_run.yml."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible.errors import AnsibleFilterError

_TEXT = "the text"


def as_run(
    content: Any, day: Any = "", zone: Any = "", day_starts: Any = "00:00", files: Iterable[Any] = ()
) -> dict[str, Any]:
    """What happened on one day, from the lines of the audit in a text and in files."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._as_run import as_run as of_sources
    from ansible_collections.apsara.live.plugins.plugin_utils._audit_file import read

    try:
        sources = {str(name): read(str(name)) for name in files}
        if content or not sources:
            sources[_TEXT] = str(content)
        return of_sources(sources, day, zone, day_starts)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"as_run": as_run}
