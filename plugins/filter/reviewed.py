# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters about a preview that was reviewed; their documentation is in the files of their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.validation import check_type_dict


def reviewed(with_content: Any, ids: Any = None, from_scene_id: Any = "") -> dict[str, Any]:
    """What waits in the preview, and by which fingerprint it is known again."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._reviewed import review

    return review(with_content, ids, _text(from_scene_id))


def reviewed_by_ids(with_content: Any, from_scene_id: Any = "") -> bool:
    """Whether the preview must be read again, without the content."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._reviewed import needs_ids

    return needs_ids(with_content, _text(from_scene_id))


def expect_preview(given: Any, reviewed: Any = None, handed: Any = None, host: str = "") -> dict[str, Any]:
    """What a take expects of the preview."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._reviewed import expected

    try:
        own: Any = check_type_dict(given) if given else {}  # type: ignore[no-untyped-call]
    except (TypeError, ValueError):
        raise AnsibleFilterError(f"take_expect_preview cannot be used: {given!r} is no dictionary.") from None
    try:
        return expected(own, reviewed, handed, host)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"reviewed": reviewed, "reviewed_by_ids": reviewed_by_ids, "expect_preview": expect_preview}
