# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter last_take; its documentation is in last_take.yml."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def last_take(
    files: Iterable[Any], caster_id: Any, before: Any = None, after: Any = None, scene_id: Any = ""
) -> dict[str, Any]:
    """What the last take of a studio replaced and what it put on air, by the audit in files or as it was given."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._audit_file import read
    from ansible_collections.apsara.live.plugins.plugin_utils._last_take import take_to_undo

    try:
        sources = (read(str(name)) for name in files)
        return {**take_to_undo(sources, str(caster_id), before, after, str(scene_id)), "trouble": ""}
    except ValueError as error:
        # No exception: a role has to say it as the reason for which it writes nothing.
        return {"trouble": str(error)}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"last_take": last_take}
