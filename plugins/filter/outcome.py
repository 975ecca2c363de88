# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter outcome; its documentation is in outcome.yml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.apsara.live.plugins.plugin_utils._outcome import (
    outcome_of,
    outlook_of,
    program_of,
    take_of,
    wrap_of,
)

_KINDS = ("write", "read", "take", "wrap", "program")


def outcome(
    result: Any = None, kind: str = "write", judged: Any = None, check_mode: bool = False, must: bool = False
) -> dict[str, Any]:
    """What became of a task of this collection, by its registered result."""
    if kind == "take":
        told = {**take_of(result, judged, check_mode), "outlook": outlook_of(judged)}
    elif kind == "wrap":
        told = wrap_of(result, check_mode)
    elif kind == "program":
        told = program_of(result)
    elif kind in _KINDS:
        told = {"outcome": outcome_of(result, may_write=kind == "write" and not check_mode)}
    else:
        raise AnsibleFilterError(f"{kind} is not a kind of task. Give one of {', '.join(_KINDS)}.")
    if must and not told["words"]:
        # It ends its block; the rescue says the rest.
        raise AnsibleFilterError(f"the {kind} did not end well ({told['outcome']}), see below")
    return told


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"outcome": outcome}
