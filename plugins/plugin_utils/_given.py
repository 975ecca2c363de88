# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Variables of a run that look like ours and are none. Pure.

A guard of a take that is misspelt would be dropped in silence, and a limit that names nobody would let in every host.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from ansible.inventory.manager import split_host_pattern

#: What says that a variable belongs to something else, although it looks like one of ours.
WAY_OUT = "apsara_live_other_variables"
#: Variables of the playbooks themselves, with the role that their prefix stands for.
PLAYBOOK_VARIABLES = ("studios", "show_confirmed", "strike_confirmed", "standby_reason")
#: The roles that write. Without a prefix, an option of theirs is one of their module's.
WRITERS = ("take", "wrap", "prepare", "undo", "power")

# Options whose bare names are variables of much else.
_COMMON = ("caster_id", "state")
# Options that keep a take from going where it should not. Lost, they leave no trace.
_GUARDS = ("at", "expect", "expect_preview", "max_late", "max_wait")
# Words that people use for an option.
_ALSO_CALLED = {"cue": "at", "expectation": "expect", "timeout": "wait_timeout", "preview": "expect_preview"}
_SAME_ROLE = 0.75
_SAME_PREFIX = 0.75
_SAME_NAME = 0.9
# A name that is shorter is near to too many others.
_SHORT = 3


@dataclass(frozen=True)
class RoleVariables:
    """The options of a role without their prefix, and all variables that its documentation names."""

    options: tuple[str, ...]
    known: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def stray_variables(
    extra: Iterable[str], variables: Mapping[str, Any], roles: Mapping[str, RoleVariables], others: Collection[str] = ()
) -> list[str]:
    """A sentence for each variable that looks like one of ours and is none.

    `extra` are those that were given for this run, which were certainly meant; `variables` are all there are. An
    inventory may serve other things too, so of it only the names of guards, and names with the prefix of a role, are
    judged.
    """
    extra = set(extra)
    known = {name for role in roles.values() for name in role.known} | set(PLAYBOOK_VARIABLES)
    sentences = []
    for name in sorted(extra | set(variables)):
        if name in known or name in others or name.startswith(("_", "ansible_")):
            continue
        meant = _meant(name, name in extra, variables, roles)
        if meant:
            sentences.append(_stray(name, meant))
    return sentences


def limit_trouble(
    limit: str | None, read: Callable[[str], str | None], known: Collection[str], option: str = "--limit"
) -> str | None:
    """Why a limit cannot be meant as it is, in a sentence. `known` are the names of all hosts and groups.

    Ansible takes a limit that names nobody for no limit at all. None is a limit that was not given.
    """
    if limit is None:
        return None
    patterns: list[str] = []
    for part in split_host_pattern(limit):
        if part.startswith("@"):
            patterns += [line.strip() for line in (read(part[1:]) or "").split("\n")]
        else:
            patterns.append(part)
    patterns = [pattern for pattern in patterns if pattern]
    if not patterns:
        file = " The file is empty." if "@" in limit else ""
        return (
            f"{option} was given and names nobody ({limit!r}).{file} "
            "Name the hosts, or leave it out to mean all studios."
        )
    return _excluded(patterns, known, option)


def pattern_trouble(pattern: Any, known: Collection[str]) -> str | None:
    """Why the pattern of the studios cannot be meant as it is, in a sentence."""
    patterns = split_host_pattern(pattern)
    if not patterns:
        return (
            f"studios was given and names nobody ({pattern!r}). Name a group or hosts, or leave it out to mean casters."
        )
    return _excluded(patterns, known, "studios")


def nobody(pattern: Any, limit: str, blank: bool) -> str:
    """Why a run has no studio to work on, and what to do. `blank`: a survey was answered with nothing."""
    if blank:
        return (
            "Which studios? (studios) was answered with nothing, so nothing was done. "
            "Name a host or a group, or answer casters, which is all of them."
        )
    within = f" within --limit {limit}" if limit else ""
    return (
        f"No host of the inventory matches {pattern}{within}, so there is no studio to work on, and nothing was done. "
        "See what the inventory holds with ansible-inventory --graph and the same -i. "
        "Name your group of studios with -e studios=GROUP."
    )


def _excluded(patterns: Iterable[str], known: Collection[str], option: str) -> str | None:
    """An exclusion that is misspelt excludes nobody."""
    for pattern in patterns:
        name = pattern[1:]
        if pattern.startswith("!") and not re.search(r"[*?\[\]~]", name) and name not in known:
            return (
                f"{option} excludes {name}, and the inventory has no such host or group, so nobody would be left out."
            )
    return None


def _meant(name: str, given: bool, variables: Mapping[str, Any], roles: Mapping[str, RoleVariables]) -> list[str]:
    """The variables of ours that a name may stand for."""
    bare = [
        f"{role}_{option}" for role in WRITERS if role in roles for option in _without_prefix(name, given, roles[role])
    ]
    # Where the right one is given too, somebody has handed this one on.
    bare = [full for full in bare if not _is_given(full, variables, roles)]
    if bare:
        return bare
    prefix, separator, rest = name.partition("_")
    near = [f"{role}_{option}" for role, option in _near(name, given, roles)]
    if separator and rest and not near and prefix in WRITERS and prefix in roles and rest in _ALSO_CALLED:
        near = [f"{prefix}_{_ALSO_CALLED[rest]}"] if _ALSO_CALLED[rest] in roles[prefix].options else []
    if not near:
        near = [
            ours
            for ours in PLAYBOOK_VARIABLES
            if (given and _likeness(name, ours) >= _SAME_NAME)
            or (name.startswith("show_") and ours.startswith("show_") and _likeness(rest, ours[5:]) >= _SAME_ROLE)
        ]
    return near


def _without_prefix(name: str, given: bool, role: RoleVariables) -> list[str]:
    """The options of a role that a name without its prefix stands for. A guard may be misspelt in what was given."""
    if name in role.options:
        return [name] if name not in _COMMON and (given or name in _GUARDS) else []
    guards = [option for option in _GUARDS if option in role.options and len(option) > _SHORT]
    return [option for option in guards if given and _likeness(name, option) >= _SAME_NAME]


def _near(name: str, given: bool, roles: Mapping[str, RoleVariables]) -> list[tuple[str, str]]:
    """The best match among the options of the roles: the prefix is right, or (in what was given) nearly right."""
    best = 0.0
    found: list[tuple[str, str]] = []
    for role, ours in roles.items():
        if name.startswith(f"{role}_"):
            rest, like = name[len(role) + 1 :], 1.0
        else:
            # As many words as the name of the role has.
            words = name.split("_")
            count = role.count("_") + 1
            prefix, rest = "_".join(words[:count]), "_".join(words[count:])
            like = _likeness(prefix, role) if given and rest else 0.0
            if like < _SAME_PREFIX:
                continue
        for option in ours.options:
            score = _option_likeness(rest, option)
            if given and like == 1.0 and len(rest) >= _SHORT and option.startswith(rest):
                score = max(score, _SAME_ROLE)
            wanted = _SAME_ROLE if like == 1.0 else _SAME_NAME
            if score >= wanted and score * like >= best:
                found = [(role, option)] if score * like > best else [*found, (role, option)]
                best = score * like
    return found


def _option_likeness(name: str, option: str) -> float:
    if min(len(name), len(option)) > _SHORT:
        return _likeness(name, option)
    # Of a short name: one letter too many, one too few, or two that changed places.
    if name == option or sorted(name) == sorted(option):
        return 1.0
    longer, shorter = (name, option) if len(name) > len(option) else (option, name)
    return 0.9 if any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer))) else 0.0


def _is_given(full: str, variables: Mapping[str, Any], roles: Mapping[str, RoleVariables]) -> bool:
    if full not in variables:
        return False
    defaults = roles[full.partition("_")[0]].defaults
    return full not in defaults or bool(variables[full] != defaults[full])


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _stray(name: str, meant: Iterable[str]) -> str:
    return (
        f"The variable {name} is given, and nothing here reads it: did you mean {' or '.join(meant)}? "
        f"If {name} belongs to something else, say so with {WAY_OUT}: [{name}]."
    )
