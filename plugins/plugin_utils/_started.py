# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What this run was started with, asked of Ansible for the lookup plugins that judge it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ._given import WAY_OUT, limit_trouble, nobody, pattern_trouble, stray_variables
from ._hosts import ALL
from ._role_variables import role_variables


def refusals(variables: Mapping[str, Any], pattern: Any = None, which: str = "all") -> list[str]:
    """Sentences that say why this run cannot be meant as it was started.

    `which` variables are judged: all, those that were given with -e (extra), or none.
    """
    known = _names(variables)
    troubles = [limit_trouble(_limit(), _read, known)]
    if pattern is not None:
        troubles.append(pattern_trouble(pattern, known))
    strays = [] if which == "none" else _strays(variables, which)
    return [trouble for trouble in [*troubles, *strays] if trouble]


def _strays(variables: Mapping[str, Any], which: str) -> list[str]:
    extra = dict(load_extra_vars(DataLoader()))
    others = variables.get(WAY_OUT) or ()
    return stray_variables(
        extra,
        variables if which == "all" else extra,
        role_variables(),
        split_host_pattern(others) if isinstance(others, str) else [str(name) for name in others],
    )


def hosts_of(pattern: Any, variables: Mapping[str, Any], limited: bool = True) -> list[str]:
    """The hosts of the inventory that a pattern matches, within the limit of this run."""
    manager = InventoryManager(DataLoader(), parse=False)
    for group, hosts in (variables.get("groups") or {}).items():
        manager.add_group(group)
        for host in hosts:
            manager.add_host(host, group=group)
    if limited:
        manager.subset(_limit() or None)
    return [str(host.name) for host in manager.get_hosts(pattern)]


def find(variables: Mapping[str, Any], studios: Any, *, reads: bool) -> dict[str, Any]:
    """The first play of a playbook for studios: `hosts`, `refusal` and `tag`, as documented by the lookup find_studios.

    `studios` is the value of the variable of that name. Raises ValueError with a sentence where nothing can be done.
    """
    pattern = studios or ALL
    # Nobody puts every studio on air by leaving a field of a survey blank. In an emergency a blank is all of them.
    blank = in_awx(variables) and not reads and "studios" in variables and not str(studios or "").strip()
    refused = [] if blank else refusals(variables, pattern, which="none" if reads else "extra")
    if refused:
        raise ValueError(f"Refused before anything was done. {' '.join(refused)}")
    if not blank and hosts_of(pattern, variables):
        return {"hosts": pattern, "refusal": "", "tag": "never"}
    refusal = nobody(pattern, _limit() or "", blank)
    # A limit leaves out localhost too. Where it leaves no host at all, only the pattern itself can fail.
    hosts = "all" if _limit() else "localhost"
    if _limit() and not hosts_of("all", variables):
        raise ValueError(refusal)
    return {"hosts": hosts, "refusal": refusal, "tag": "always"}


def left_out(variables: Mapping[str, Any], pattern: Any) -> str | None:
    """A sentence where the variable studios names other hosts than this one."""
    host = str(variables.get("inventory_hostname", ""))
    if not pattern or not isinstance(pattern, (str, list)):
        return None
    among = hosts_of(pattern, variables, limited=False)
    if not among or host in among:
        return None
    return (
        f"The variable studios is {pattern}, and {host} is not among them. "
        "A play does not read it in the inventory: give studios with -e, or take it out of there."
    )


def in_awx(variables: Mapping[str, Any]) -> bool:
    """Whether this run is a job of AWX or of automation controller."""
    return not {"awx_job_id", "tower_job_id"}.isdisjoint(variables)


def _limit() -> str | None:
    """What stands after --limit, also when that is nothing; None when there is no limit."""
    given = context.CLIARGS.get("subset")
    return None if given is None else str(given)


def _names(variables: Mapping[str, Any]) -> set[str]:
    groups = variables.get("groups") or {}
    return {"localhost", *groups, *(host for hosts in groups.values() for host in hosts)}


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, ValueError):
        # Ansible has read it before, and says itself what is wrong with it.
        return path
