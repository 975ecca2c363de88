# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/permissions.md, and the limits in docs/fleet.md."""

from __future__ import annotations

from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.module_utils._errors.explain import ram_statement
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.operations import SIMULATED

from .. import content, permissions
from ..markdown import code, table

_INTRO = """\
# Permissions

Give every person, and every job, an access key of its own whose policy allows what it is for. This page is made from
the table that the modules use and is proved against the emulator: do not edit it, run `make generate`.
"""

_LEVELS = """\
## By name, never by access level

RAM files every action under an access level. It files under `get`, although they change what viewers see:
{labelled}. A policy that allows a level instead of names lets its holder go on air.
The policies above name every action.
"""

_ONE_STUDIO = """\
## One studio only

`Resource` may be narrowed to one studio: `acs:live:*:<account id>:caster/<studio id>`. Keep `live:DescribeCasters` in a
statement of its own with `"Resource": "*"`, since a list of studios names none. Whether `live:DescribeCasterSceneAudio`
can be narrowed is not documented. Run the preflight with the new policy before the show: it reads everything.
"""

_EMERGENCY = """\
`SetCasterSceneConfig` changes a preview and a program alike, and no policy can tell them apart. Who may prepare may go
on air. The modules ask for `on_air: true` before they touch a program; a key does not. Try the emergency's policy
before the show. An explicit `Deny` elsewhere wins over it.
"""

_MISSING = """\
## When an action is missing

The task fails with `error.code` `Forbidden.RAM`, `NoPermission` or `Forbidden`, and the call was not carried out. The
message names the action and prints the statement to add:

```json
{statement}
```

The callback `apsara.live.permissions` prints the policy that a playbook of yours needs. Enable it in a rehearsal.

Only a write shows whether a write is allowed: a preflight and `--check` cannot. With `assume_role` the policies of that
role count, and the identity that assumes it needs `sts:AssumeRole`.
"""

_WHAT_IT_DOES = {
    "DescribeCasters": "list the studios",
    "DescribeCasterScenes": "read the scenes of a studio",
    "DescribeCasterSceneAudio": "read the audio settings of a scene",
    "DescribeCasterConfig": "read the configuration of a studio, its slate among it",
    "DescribeCasterLayouts": "read what the layouts contain",
    "DescribeCasterComponents": "read what the components contain",
    "CopyCasterSceneConfig": "take: put the preview on air",
    "StartCaster": "start the studio",
    "StopCaster": "stop the studio, which ends the program",
    "StartCasterScene": "switch the preview on",
    "StopCasterScene": "switch the preview off",
    "EffectCasterUrgent": "put the standby slate on air",
    "SetCasterSceneConfig": "replace what a scene shows, also on air",
}


def page() -> str:
    """The whole of docs/permissions.md."""
    parts = [_INTRO, "## Who may do what\n"]
    for person in permissions.PEOPLE:
        parts.append(f"### {person.name}\n\n{_sentence(person.may)}\n\n```json\n{permissions.policy(person)}\n```\n")
    parts += [
        _EMERGENCY,
        _LEVELS.format(labelled=" and ".join(f"`{action}`" for action in mislabelled())),
        _ONE_STUDIO,
        "## What needs what\n",
        table(("", "name", "needs"), _needs()) + "\n",
        "## The operations\n",
        table(("operation", "does", "RAM action", "access level", "changes a studio"), _operations()) + "\n",
        "How often each of them may be called is in [A fleet of studios](fleet.md#pace).\n",
        _MISSING.format(statement=ram_statement(OPERATIONS["CopyCasterSceneConfig"].ram_action)),
    ]
    return "\n".join(parts)


def limits() -> str:
    """The table of limits for docs/fleet.md."""
    users = {name: list[str]() for name in _used()}
    for name in (*content.MODULES, *content.INVENTORIES):
        for operation in sorted(permissions.operations_of(name)):
            users[operation].append(name)
    rows = [(f"`{name}`", str(OPERATIONS[name].qps), code(who)) for name, who in users.items() if who]
    return table(("operation", "calls a second", "called by"), rows)


def mislabelled() -> list[str]:
    """The operations that change a studio and are filed under an access level for reading."""
    return [name for name in _used() if OPERATIONS[name].writes and SIMULATED[name].ram_level == "get"]


def _used() -> list[str]:
    known = {operation for person in permissions.PEOPLE for operation in person.operations}
    known |= {use.operation for uses in permissions.USES.values() for use in uses}
    return [name for name in OPERATIONS if name in known]


def _operations() -> list[tuple[str, ...]]:
    chosen = [OPERATIONS[name] for name in _used()]
    return [
        (
            f"`{found.name}`",
            _WHAT_IT_DOES[found.name],
            f"`{found.ram_action}`",
            SIMULATED[found.name].ram_level,
            _yes(found.writes),
        )
        for found in chosen
    ]


def _needs() -> list[tuple[str, ...]]:
    rows = []
    kinds = {"module": content.MODULES, "inventory": content.INVENTORIES, "role": content.ROLES}
    for kind, names in kinds.items():
        rows += [(kind, f"`{name}`", _uses(name)) for name in names]
    rows += [("playbook", f"`{name}`", _playbook_uses(name)) for name in content.PLAYBOOKS]
    return rows


def _playbook_uses(name: str) -> str:
    roles = content.playbook_roles(name)
    if "rehearsal" in roles:
        return "nothing: its studios are simulated on this machine"
    parts = [part for part in roles + content.playbook_modules(name) if permissions.operations_of(part)]
    return f"what {code(parts)} need{'s' * (len(parts) == 1)}" if parts else "nothing"


def _uses(name: str) -> str:
    found = [
        f"`{OPERATIONS[use.operation].ram_action}`" + (f" {use.condition}" if use.condition else "")
        for use in permissions.USES[name]
    ]
    return ", ".join(found) or "nothing"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
