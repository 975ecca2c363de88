# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option tables of the roles."""

from __future__ import annotations

import json
import re
from typing import Any

from .. import content
from ..markdown import code, table


def arguments(role: str) -> str:
    """The table of a role's options, from its argument spec and its defaults."""
    options = content.argument_spec(role)["options"]
    defaults = content.defaults(role)
    rows = [
        (f"`{name}`", _kind(option), f"`{_written(defaults[name])}`", _meaning(option))
        for name, option in options.items()
    ]
    return table(("name", "type", "default", ""), rows)


def _kind(option: dict[str, Any]) -> str:
    elements = f" of {option['elements']}" if "elements" in option else ""
    return option["type"] + elements + (", required" if option.get("required") else "")


def _written(value: Any) -> str:
    if isinstance(value, str) and value:
        # Where it comes from is of use; what is said when it is missing is not.
        return re.sub(r" \| default\(undef\(.*?\)\)", "", value)
    return json.dumps(value)


def _meaning(option: dict[str, Any]) -> str:
    text = " ".join(content.sentences(option["description"]))
    if "choices" in option:
        text += f" One of {code(map(str, option['choices']))}."
    # Ansible's markup; what it means for a link or a colour, a table in Markdown says with code.
    return re.sub(r"\b(?:RV|[BCEMOV])\(([^()]*)\)", r"`\1`", text)
