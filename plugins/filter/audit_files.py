# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter audit_files; its documentation is in audit_files.yml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def audit_files(names: Any) -> list[str]:
    """The full paths of audit files; that of the callback's own file where none is named."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._audit_file import full
    from ansible_collections.apsara.live.plugins.plugin_utils._audit_place import usual

    given = names if isinstance(names, (list, tuple)) else [names]
    named = [str(name) for name in given if name is not None and name != ""]
    return [full(name) for name in named or [usual()]]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"audit_files": audit_files}
