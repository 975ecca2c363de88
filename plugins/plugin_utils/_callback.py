# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What callbacks read from tasks and results, the same way for every supported ansible-core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def part(result: Any, name: str) -> Any:
    """One part of a task result: host, task or result. ansible-core 2.19 took the underscores off."""
    return getattr(result, name) if hasattr(result, name) else getattr(result, "_" + name)


def module_of(task: Any) -> str:
    """The full name of the module that a task runs, as far as it is known."""
    return str(getattr(task, "resolved_action", None) or task.action)


def in_check_mode(result: Any) -> bool:
    """Whether the task ran in check mode. Its own fields say so; those of the play may still hold a template."""
    fields: Mapping[str, Any] = result._task_fields or {}
    return fields.get("check_mode") is True


def is_loop(task: Any) -> bool:
    """Whether the task runs once for each item."""
    return task.loop is not None or bool(task.loop_with)


def single_results(result: Any) -> Iterator[Mapping[str, Any]]:
    """The results of a task: its own, or those of its items."""
    own = part(result, "result")
    found = own.get("results") if is_loop(part(result, "task")) else None
    for single in found if isinstance(found, list) else [own]:
        if isinstance(single, Mapping):
            yield single
