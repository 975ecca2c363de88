# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Studios of an emulator as hosts, and what became of them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import Plays, studio_inventory

WRITES = {"CopyCasterSceneConfig", "StopCasterScene"}


def account(emulator: Emulator, key: str = "rehearsal-key", secret: str = "rehearsal-secret") -> dict[str, str]:
    """The environment in which modules talk to this emulator."""
    return {
        "ALIBABA_CLOUD_LIVE_ENDPOINT": emulator.endpoint,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
    }


def hosts(emulator: Emulator, **variables: Any) -> dict[str, Any]:
    """An inventory with every studio of the emulator in the group casters."""
    return studio_inventory({studio["caster_name"]: studio["caster_id"] for studio in emulator.state()}, **variables)


def play(role: str, variables: Mapping[str, Any] | None = None, **keywords: Any) -> Plays:
    """A play that applies one role of this collection to the group casters."""
    entry = {"role": f"apsara.live.{role}", "vars": dict(variables or {})}
    return [{"name": "Test", "hosts": "casters", "gather_facts": False, **keywords, "roles": [entry]}]


def scene(emulator: Emulator, output_type: str, number: int = 0) -> dict[str, Any]:
    """The preview (pvw) or program (pgm) of one of the emulator's studios, as it really is."""
    scenes = emulator.state()[number]["scenes"]
    return next(found for found in scenes if found["output_type"] == output_type)


def writes(emulator: Emulator) -> list[str]:
    """The writes that reached the service, in order."""
    return [entry["action"] for entry in emulator.journal() if entry["action"] in WRITES]


def emulators_below(pid: int) -> list[int]:
    """The emulator processes that end with the process `pid`."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,stat=,command="], capture_output=True, text=True, check=True)
    lines = (line.split(None, 2) for line in listed.stdout.splitlines())
    return [
        int(number)
        for number, state, command in lines
        if f"--parent-pid {pid} " in f"{command} " and "emulator.py start" not in command and not state.startswith("Z")
    ]
