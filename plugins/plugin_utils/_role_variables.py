# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The variables of the roles of this collection, read from the roles themselves."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ._given import WRITERS, RoleVariables

_ROLES = Path(__file__).resolve().parents[2] / "roles"
# The parser in C needs a tenth of the time, and is there as a rule.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=1)
def role_variables() -> dict[str, RoleVariables]:
    """Role -> its variables."""
    return {path.parents[1].name: _variables(path) for path in sorted(_ROLES.glob("*/meta/argument_specs.yml"))}


def _variables(path: Path) -> RoleVariables:
    role = path.parents[1].name
    text = path.read_text(encoding="utf-8")
    # The documentation names the facts that a role sets, too.
    known = frozenset(re.findall(rf"\b{role}_\w+", text))
    options = tuple(name[len(role) + 1 :] for name in _load(text)["argument_specs"]["main"].get("options", {}))
    defaults = path.parents[1] / "defaults" / "main.yml"
    return RoleVariables(options, known, _load(defaults.read_text(encoding="utf-8")) if role in WRITERS else {})


def _load(text: str) -> Any:
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  (a safe loader, of this collection's own files)
