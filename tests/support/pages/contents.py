# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection holds, for the README, docs/contents.md and meta/runtime.yml."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .. import content
from ..markdown import table

_RUNTIME = """\
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
---
requires_ansible: {requires}
# Made from the files in plugins/modules: do not edit it, run make generate.
action_groups:
  live:
"""
_INTRO = """\
# Everything in the collection

`ansible-doc` shows the documentation of each module and plugin, such as `ansible-doc apsara.live.caster_info` or
`ansible-doc -t inventory apsara.live.casters`.
"""
_HEADS = ("", "name", "what it does")


# What somebody needs to know before they install it.
_IN_THE_README = ("modules", "inventory", "callback")


def overview() -> str:
    """The table of modules, the main plugins and roles, for the README."""
    return table(_HEADS, [*_plugins(_IN_THE_README), *_roles("roles")])


def page() -> str:
    """The whole of docs/contents.md: everything that users can name."""
    playbooks = [("playbook", _name(name), content.playbook_purpose(name).rstrip(".")) for name in content.PLAYBOOKS]
    rows = [*_plugins(content.PLUGINS), *_roles("../roles"), *playbooks]
    return f"{_INTRO}\n{table(_HEADS, rows)}\n"


def _plugins(folders: Iterable[str]) -> list[tuple[str, str, str]]:
    return [
        (folder.removesuffix("s"), _name(name), content.documentation(folder, name)["short_description"])
        for folder in folders
        for name in content.PLUGINS[folder]
    ]


def _roles(folder: str) -> list[tuple[str, str, str]]:
    return [
        ("role", f"[{_name(name)}]({folder}/{name}/README.md)", content.argument_spec(name)["short_description"])
        for name in content.ROLES
    ]


def runtime() -> str:
    """The whole of meta/runtime.yml, with all modules in the action group."""
    requires: Any = content.load("meta", "runtime.yml")["requires_ansible"]
    return _RUNTIME.format(requires=json.dumps(requires)) + "".join(f"    - {name}\n" for name in content.MODULES)


def _name(name: str) -> str:
    return f"`apsara.live.{name}`"
