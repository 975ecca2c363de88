# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters for what became of a task, and what one would change; their documentation is in the files of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError


def outcome(
    result: Any = None,
    kind: str = "write",
    judged: Any = None,
    check_mode: bool = False,
    must: bool = False,
    asked: Any = None,
) -> dict[str, Any]:
    """What became of a task of this collection, by its registered result."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._outcome import in_check_mode, outcome_of
    from ansible_collections.apsara.live.plugins.plugin_utils._program_words import program_of
    from ansible_collections.apsara.live.plugins.plugin_utils._take_words import take_of
    from ansible_collections.apsara.live.plugins.plugin_utils._write_words import ENDS, told_of

    check_mode = check_mode or in_check_mode(asked)
    if kind == "take":
        told = take_of(result, judged, check_mode)
    elif kind in ENDS:
        told = told_of(kind, result, check_mode)
    elif kind == "program":
        told = program_of(result)
    elif kind in ("write", "read"):
        told = {"outcome": outcome_of(result, may_write=kind == "write" and not check_mode)}
    else:
        known = ", ".join(("write", "read", "take", *ENDS, "program"))
        raise AnsibleFilterError(f"{kind} is not a kind of task. Give one of {known}.")
    if must and not told["words"]:
        # It ends its block; the rescue says the rest.
        raise AnsibleFilterError(f"the {kind} did not end well ({told['outcome']}), see below")
    return told


def take_told(
    front: Any = None, copied: Any = None, judged: Any = None, reviewed: Any = None, asked: Any = None
) -> dict[str, Any]:
    """What became of a take in a run of the role take, wherever that run ended."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._outcome import in_check_mode
    from ansible_collections.apsara.live.plugins.plugin_utils._take_words import take_of_run

    return take_of_run(front, copied, judged, reviewed, in_check_mode(asked))


def outlook(judged: Any, reviewed: Any = None) -> list[str]:
    """What a take that was judged only would change on air, in sentences."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._take_words import outlook_of

    review = reviewed.get("words") if isinstance(reviewed, Mapping) else None
    return [*outlook_of(judged), *([str(review)] if review else [])]


def show_outlook(
    hosts: Iterable[str], hostvars: Mapping[str, Any], run_tags: Sequence[str], skip_tags: Sequence[str]
) -> list[str]:
    """What a person confirms before the takes of a show, in lines."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._take_words import outlook_of_show

    return outlook_of_show({host: hostvars[host]["take_outlook"] for host in hosts}, run_tags, skip_tags)


def strike_outlook(hosts: Iterable[str], hostvars: Mapping[str, Any]) -> list[str]:
    """What a person confirms before studios are stopped, in lines."""
    return [f"{host}: {hostvars[host]['power_outlook']}" for host in hosts]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {
            "outcome": outcome,
            "take_told": take_told,
            "outlook": outlook,
            "show_outlook": show_outlook,
            "strike_outlook": strike_outlook,
        }
