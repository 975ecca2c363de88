# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Studios as hosts: filters, names and variables.

Pure. Studios are in the form of caster_info, scenes in that of caster_scene_info.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ..module_utils._errors.error import LiveError
from ..module_utils._errors.kind import Outcome
from ..module_utils._modules.options import invalid
from ..module_utils._studio.studio import PGM, PVW
from ._names import UNSAFE, host_name

ALL = "casters"
BY_STATUS = {"idle": "casters_idle", "streaming": "casters_streaming"}

# A host of one of these names would hide the controller, or be confused with a group.
_TAKEN = frozenset({"localhost", "127.0.0.1", "all", "ungrouped", ALL, *BY_STATUS.values()})
# Neither a template nor an expression can be made of these. Without quotes and brackets nothing is ever called.
_PLAIN = re.compile(r"[\w .:/+-]*")
# A warning is read on a screen.
_MOST_NAMED = 10
_ON_A_BUS = ("scene_id", "scene_name", "status", "layout_id", "component_ids")

Caster = Mapping[str, Any]


@dataclass(frozen=True)
class Filters:
    """A studio must pass all that are given. `pattern` is a shell pattern, or after ~ a regular expression."""

    names: tuple[str, ...] = ()
    pattern: str | None = None
    status: str | None = None

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            if (self.pattern or "").startswith("~"):
                hint = "After ~ it is a regular expression; without ~ it is a shell pattern, such as Stage*."
                why = f"it is no regular expression ({error})"
                raise invalid("caster_name_pattern", why, hint, value=self.pattern) from None

    def match(self, caster: Caster) -> bool:
        """Whether a studio passes."""
        return (
            (not self.names or caster["caster_name"] in self.names)
            and (self.pattern is None or _matches(self.pattern, caster["caster_name"]))
            and self.status in (None, caster["status"])
        )

    def unknown_names(self, casters: Iterable[Caster]) -> list[str]:
        """The names that no studio has, whatever the other filters say."""
        there = {caster["caster_name"] for caster in casters}
        return [name for name in self.names if name not in there]

    def unmatched_pattern(self, casters: Iterable[Caster]) -> str | None:
        """What to say of a pattern that no studio's name matches, whatever the other filters say."""
        if self.pattern is None:
            return None
        names = sorted({caster["caster_name"] for caster in casters})
        if any(_matches(self.pattern, name) for name in names):
            return None
        words = f"No studio has a name that matches {self.pattern} (caster_name_pattern)."
        if "{{" in self.pattern or "{%" in self.pattern:
            words += " This option takes no template."
        few = ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED} more" * (len(names) > _MOST_NAMED))
        return f"{words} The account has {few or 'no studios'}."


def _matches(pattern: str, name: str) -> bool:
    return bool(re.search(pattern[1:], name)) if pattern.startswith("~") else fnmatchcase(name, pattern)


@dataclass(frozen=True)
class Names:
    """caster_id -> host name, and the ids of studios whose own name was not to be had."""

    hosts: Mapping[str, str]
    suffixed: tuple[str, ...]


def check_prefix(prefix: str) -> None:
    """Refuse what cannot be in a host name. Raises LiveError (InvalidOption)."""
    if UNSAFE.search(prefix) or prefix.startswith("-"):
        why = "it may hold letters, digits and ._- only, and not begin with -"
        raise invalid("hostname_prefix", why, "Give another prefix, or none.", value=prefix)


def host_names(casters: Sequence[Caster], by_id: bool, prefix: str) -> Names:
    """Name every studio. Names that two studios share get the id behind them, on both, so that none is mistaken.

    Raises LiveError when no names can be found that differ.
    """
    ids = {caster["caster_id"]: host_name(caster["caster_id"]) for caster in casters}
    own = {caster["caster_id"]: "" if by_id else host_name(caster["caster_name"]) for caster in casters}
    plain = {caster_id: prefix + (own[caster_id] or safe_id) for caster_id, safe_id in ids.items()}
    count = Counter(plain.values())
    suffixed = tuple(caster_id for caster_id, name in plain.items() if count[name] > 1 or name in _TAKEN)
    hosts = {**plain, **{caster_id: f"{plain[caster_id]}_{ids[caster_id]}" for caster_id in suffixed}}
    if len(set(hosts.values())) < len(hosts):
        # Never two studios in one host: a play would reach only one of them, and nobody could say which.
        raise LiveError(
            "The hosts cannot be named: after what a host name cannot hold is replaced, two of them are the same.",
            code="InvalidOption",
            outcome=Outcome.REFUSED,
            option="hostname",
            hint="Set hostname to id, or rename studios so that their names differ in letters or digits.",
        )
    return Names(hosts, suffixed)


def caster_variables(caster: Caster) -> dict[str, Any]:
    """The facts of caster_info as host variables, all of them caster_*."""
    return {key if key.startswith("caster_") else f"caster_{key}": value for key, value in caster.items()}


def scene_variables(scenes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The scenes as host variables: all in caster_scenes, and the only preview and program by themselves, else null."""
    variables: dict[str, Any] = {"caster_scenes": list(scenes), "caster_scenes_error": None}
    for bus in (PVW, PGM):
        found = [scene for scene in scenes if scene["output_type"] == bus]
        only = found[0] if len(found) == 1 else {}
        variables.update((f"{bus}_{key}", only.get(key)) for key in _ON_A_BUS)
    # pvw_scene_id and pvw_scene_status read alike.
    for bus in (PVW, PGM):
        variables[f"{bus}_scene_status"] = variables.pop(f"{bus}_status")
    return variables


def no_scene_variables(code: str) -> dict[str, Any]:
    """What is known of the scenes when they could not be read: why."""
    return {"caster_scenes_error": code}


def marked(value: Any, ours: Callable[[str], Any], foreign: Callable[[str], Any]) -> Any:
    """Mark every text in a value: as `foreign` what a template could be made of, as `ours` what is plain.

    Were all of it foreign, ansible-inventory would print every id as an object, and AWX would take that for its value.
    """
    if isinstance(value, str):
        return ours(value) if _PLAIN.fullmatch(value) else foreign(value)
    if isinstance(value, Mapping):
        return {marked(key, ours, foreign): marked(item, ours, foreign) for key, item in value.items()}
    return [marked(item, ours, foreign) for item in value] if isinstance(value, (list, tuple)) else value


def is_usable(data: Any, filters: Filters, with_scenes: bool) -> bool:
    """Whether data from a cache can be made hosts of. A cache may have been written by anything, or half."""
    try:
        return (
            set(data) == {"casters", "scenes", "failures"}
            and isinstance(data["casters"], list)
            and all(_is_caster(caster) for caster in data["casters"])
            and all(_is_scene(scene) for scenes in data["scenes"].values() for scene in scenes)
            and all(_is_failure(failure) for failure in data["failures"].values())
            and all(
                not with_scenes
                or not filters.match(caster)
                or caster["caster_id"] in data["scenes"]
                or caster["caster_id"] in data["failures"]
                for caster in data["casters"]
            )
        )
    except (TypeError, AttributeError, KeyError):
        return False


def _is_caster(caster: Any) -> bool:
    return (
        all(isinstance(key, str) for key in caster)
        and all(isinstance(caster[key], str) for key in ("caster_id", "caster_name"))
        and caster["status"] in BY_STATUS
    )


def _is_scene(scene: Any) -> bool:
    return {*_ON_A_BUS, "output_type"} <= set(scene) and isinstance(scene, Mapping)


def _is_failure(failure: Any) -> bool:
    texts = (failure["code"], failure["message"], failure["hint"] or "")
    return all(isinstance(text, str) for text in texts) and isinstance(failure["retryable"], bool)


def failure_words(failures: Mapping[str, Mapping[str, Any]], hosts: Mapping[str, str]) -> list[str]:
    """One sentence or two for each error code: which studios, and what to do. `failures`: id -> code, message, hint."""
    words = []
    for code in sorted({failure["code"] for failure in failures.values()}):
        ids = sorted((i for i, failure in failures.items() if failure["code"] == code), key=lambda i: hosts[i])
        first = failures[ids[0]]
        listed = ", ".join(hosts[i] for i in ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
        text = f"The scenes of {listed} could not be read. {first['message']} {first['hint'] or ''}"
        words.append(text.strip())
    return words


def refuse(words: Sequence[str]) -> LiveError:
    """The error that strict makes of the failures."""
    return LiveError(" ".join(words), code="InvalidAnswer", outcome=Outcome.FAILED, hint="")
