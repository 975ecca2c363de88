# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The EXAMPLES of every module, as users copy them: run against the emulator, twice."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.integration.cases import MODULES
from ansible_collections.apsara.live.tests.integration.cases.model import NEXT_PRINT
from ansible_collections.apsara.live.tests.support.playbook import LOCAL, PlayRun, run_playbook
from ansible_collections.apsara.live.tests.support.studios import PGM, PVW, document

# The variables that the examples use. The cue leaves a busy machine time to start the task.
_VARIABLES = {
    "pvw_scene_id": PVW,
    "pgm_scene_id": PGM,
    "opener_layout_id": "layout-next",
    "closing_layout_id": "layout-now",
    "logo_component_id": "logo",
    "reviewed_fingerprint": NEXT_PRINT,
    "cue": "{{ '%Y-%m-%dT%H:%M:%SZ' | strftime((now(utc=true).timestamp() | int) + 9, utc=true) }}",
}


# What these examples do, they undo at their end, or no read shows it.
AGAIN = {"caster", "caster_scene_config", "caster_slate"}


def _tasks(module: str) -> list[dict[str, Any]]:
    source = importlib.import_module(f"ansible_collections.apsara.live.plugins.modules.{module}")
    tasks: list[dict[str, Any]] = yaml.safe_load(source.EXAMPLES)
    return tasks


def _studios() -> dict[str, Any]:
    account = document()
    (pattern,) = account["studios"]
    return {**account, "studios": [{**pattern, "caster_id": f"studio-{module}"} for module in MODULES]}


def _run(emulator: Emulator, directory: Path) -> PlayRun:
    directory.mkdir()
    plays = [{"name": module, "hosts": module, "gather_facts": False, "tasks": _tasks(module)} for module in MODULES]
    hosts = {module: {"caster_id": f"studio-{module}"} for module in MODULES}
    return run_playbook(
        plays,
        directory,
        inventory={"all": {"hosts": hosts, "vars": {**LOCAL, **_VARIABLES}}},
        environ={
            "ALIBABA_CLOUD_LIVE_ENDPOINT": emulator.endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "rehearsal-key",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "rehearsal-secret",
        },
    ).succeeded()


def test_the_examples_run_and_the_second_time_nothing_changes_that_was_not_undone(tmp_path: Path) -> None:
    with Emulator(_studios()) as emulator:
        first = _run(emulator, tmp_path / "first")
        second = _run(emulator, tmp_path / "second")
    count = sum(len(_tasks(module)) for module in MODULES)
    assert len(first.results()) == len(second.results()) == count
    assert {task.action for task in first.results()} >= {f"apsara.live.{module}" for module in MODULES}
    changed = {task.play for task in first.results() if task.changed}
    assert changed == {*AGAIN, "caster_scene_config_copy", "caster_scene_stop"}
    assert {task.play for task in second.results() if task.changed} == AGAIN


def test_every_example_names_its_tasks() -> None:
    for module in MODULES:
        tasks = _tasks(module)
        assert any(f"apsara.live.{module}" in task for task in tasks)
        assert all(task.get("name") for task in tasks)
