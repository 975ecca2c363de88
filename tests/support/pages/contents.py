# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection holds, for the README and meta/runtime.yml."""

from __future__ import annotations

import json
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


def overview() -> str:
    """The table of everything that users can name, for the README."""
    rows = [
        (folder.removesuffix("s"), _name(name), content.documentation(folder, name)["short_description"])
        for folder, names in content.PLUGINS.items()
        for name in names
    ]
    rows += [
        ("role", f"[{_name(name)}](roles/{name}/README.md)", content.argument_spec(name)["short_description"])
        for name in content.ROLES
    ]
    rows += [("playbook", _name(name), content.playbook_purpose(name).rstrip(".")) for name in content.PLAYBOOKS]
    return table(("", "name", "what it does"), rows)


def runtime() -> str:
    """The whole of meta/runtime.yml, with all modules in the action group."""
    requires: Any = content.load("meta", "runtime.yml")["requires_ansible"]
    return _RUNTIME.format(requires=json.dumps(requires)) + "".join(f"    - {name}\n" for name in content.MODULES)


def _name(name: str) -> str:
    return f"`apsara.live.{name}`"
