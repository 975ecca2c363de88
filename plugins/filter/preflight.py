# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter preflight; its documentation is in preflight.yml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean


def preflight(
    reads: Mapping[str, Any], caster_id: str, audio: Any = True, stop_at: str = "not ready"
) -> dict[str, Any]:
    """Whether a studio is ready for a take, from what was read of it."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._preflight import judge

    wanted = boolean(audio, strict=False)
    return judge(caster_id, reads.get("casters"), reads.get("scenes"), reads.get("sound"), wanted, stop_at)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"preflight": preflight}
