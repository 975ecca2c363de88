# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations that modules, inventory and roles call, and those that a person needs.

Data. tests/integration/test_permissions.py proves it, with keys that may do exactly this and keys that lack one of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.module_utils._modules.definition import LIVE, Use
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions

from . import content


@dataclass(frozen=True)
class Person:
    """Somebody with a policy of their own. `may` says in words what the operations are for."""

    name: str
    may: str
    operations: tuple[str, ...]


ARMED = "to notice an edit that keeps the ids"

USES: dict[str, tuple[Use, ...]] = {
    **{name: definition.uses for name, definition in definitions().items()},
    "awx_kit": (),
    "casters": (Use("DescribeCasters"), Use("DescribeCasterScenes", "with `scenes: true`")),
    "preflight": (
        Use("DescribeCasters"),
        Use("DescribeCasterScenes"),
        Use("DescribeCasterSceneAudio", "unless `preflight_audio: false`"),
        Use("DescribeCasterLayouts", ARMED),
        Use("DescribeCasterComponents", ARMED),
    ),
    "power": definitions()["caster"].uses,
    "prepare": (
        Use("DescribeCasterScenes"),
        Use("DescribeCasterLayouts"),
        Use("DescribeCasterComponents"),
        Use("SetCasterSceneConfig", LIVE),
    ),
    "rehearsal": (),
    "report": (),
    "take": (
        Use("DescribeCasterScenes"),
        Use("DescribeCasterLayouts", ARMED),
        Use("DescribeCasterComponents", ARMED),
        Use("CopyCasterSceneConfig", LIVE),
    ),
    "undo": (
        Use("DescribeCasterScenes"),
        Use("DescribeCasterLayouts"),
        Use("DescribeCasterComponents"),
        Use("SetCasterSceneConfig", LIVE),
    ),
    "wrap": (Use("DescribeCasterScenes"), Use("StopCasterScene", LIVE)),
}

_READING = (
    "DescribeCasters",
    "DescribeCasterScenes",
    "DescribeCasterSceneAudio",
    "DescribeCasterLayouts",
    "DescribeCasterComponents",
)

VIEWER = Person(
    "Viewer",
    "looks at studios, runs the preflight, and sees with `--check --diff` what a take would change. Writes nothing.",
    _READING,
)
OPERATOR = Person(
    "Operator",
    "runs the show: preflight, take, wrap.",
    (*_READING, "CopyCasterSceneConfig", "StopCasterScene"),
)
PRODUCER = Person(
    "Producer",
    "prepares previews and undoes takes. RAM cannot tell a preview from a program, so this key can go on air.",
    (*_READING, "SetCasterSceneConfig"),
)
EMERGENCY = Person(
    "Emergency",
    "sees with `report_program` what is on air, puts the standby slate there, and brings the program back. "
    "Neither takes nor stops.",
    ("DescribeCasterScenes", "EffectCasterUrgent", "SetCasterSceneConfig"),
)
PEOPLE = (VIEWER, PRODUCER, OPERATOR, EMERGENCY)


def operations_of(name: str) -> set[str]:
    """Every operation that a module, an inventory plugin, a role or a playbook may call."""
    if name in USES:
        return {use.operation for use in USES[name]}
    parts = content.playbook_roles(name) + content.playbook_modules(name)
    return {operation for part in parts for operation in operations_of(part)}


def actions(operations: Iterable[str]) -> list[str]:
    """The RAM actions of operations."""
    return [OPERATIONS[operation].ram_action for operation in operations]


def policy(person: Person) -> str:
    """A RAM policy as JSON, with the actions by name."""
    statement = {"Effect": "Allow", "Action": actions(person.operations), "Resource": "*"}
    return json.dumps({"Version": "1", "Statement": [statement]}, indent=2)


def access_key(name: str, allowed: Iterable[str]) -> dict[str, object]:
    """A key for a studios file of the emulator that may do exactly these operations."""
    denied = sorted(set(OPERATIONS) - set(allowed))
    return {"id": f"{name}-key", "secret": f"{name}-secret", "deny": actions(denied)}
