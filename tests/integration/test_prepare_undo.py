# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A preview is prepared, a take is undone: real ansible-playbook runs against the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import PlayRun, Plays, run_playbook, studio_inventory
from ansible_collections.apsara.live.tests.support.show import account, play, scene, writes

COUNTDOWN = {"layout_id": "main-layout-countdown", "component_ids": ["main-logo"]}
KEYNOTE = {"layout_id": "main-layout-keynote", "component_ids": ["main-logo", "main-lower-third"]}
PANEL = {"prepare_layout_id": "main-layout-panel", "prepare_component_ids": []}
SET, TAKE = "SetCasterSceneConfig", "CopyCasterSceneConfig"


@pytest.fixture
def three() -> Iterator[Emulator]:
    """The three studios that ship, ready for a take."""
    with Emulator() as emulator:
        yield emulator


def run(emulator: Emulator, path: Path, playbook: str | Plays, **more: Any) -> PlayRun:
    environ = {
        **account(emulator),
        "ANSIBLE_CALLBACKS_ENABLED": "results_file,apsara.live.audit",
        "APSARA_LIVE_AUDIT_PATH": str(path / "audit.jsonl"),
    }
    inventory = studio_inventory({"main": emulator.state()[0]["caster_id"]})
    return run_playbook(playbook, path, inventory=inventory, environ=environ, **more)


def on(emulator: Emulator, bus: str) -> dict[str, Any]:
    found = scene(emulator, bus)
    return {"layout_id": found["layout_id"], "component_ids": found["component_ids"]}


def test_a_preview_is_prepared_once_and_a_take_takes_what_was_prepared(three: Emulator, tmp_path: Path) -> None:
    first = run(three, tmp_path, "apsara.live.prepare_scene", extra_vars=PANEL).succeeded()
    assert on(three, "pvw") == {"layout_id": "main-layout-panel", "component_ids": []}
    assert on(three, "pgm") == COUNTDOWN
    assert "In the preview now - layout main-layout-panel, no components." in first.stdout
    armed = first.result("Say by what the take knows the preview again")["msg"]
    assert armed.startswith("Armed - content-")

    # In one run: somebody changes the preview after it was prepared, and the take refuses it.
    edit = play("prepare", {**PANEL, "prepare_layout_id": COUNTDOWN["layout_id"]})
    edit[0]["roles"] = []
    edit[0]["tasks"] = [
        {"apsara.live.caster_scene_config": {"caster_id": "{{ caster_id }}", "layout_id": KEYNOTE["layout_id"]}}
    ]
    second = run(three, tmp_path, [*play("prepare", PANEL), *edit, *play("take")])
    second.refused("Not taken.", "The preview is not what was")
    assert not second.result("Prepare the preview").changed
    assert writes(three) == [SET, SET]


def test_prepare_in_check_mode_does_not_write(tmp_path: Path) -> None:
    with Emulator(read_only=True) as emulator:
        told = run(emulator, tmp_path, "apsara.live.prepare_scene", extra_vars=PANEL, args=("--check",)).succeeded()
        assert not any(entry["violation"] for entry in emulator.journal())
    assert "Check mode, nothing was written. The preview would show - layout main-layout-panel" in told.stdout


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"prepare_layout_id": "nowhere"},
            ("nowhere", "main-layout-panel", "In the role prepare, layout_id is prepare_layout_id."),
        ),
        ({}, ("The preview was not prepared.", "In the role prepare, layout_id is prepare_layout_id.")),
        ({**PANEL, "prepare_layuot_id": "x"}, ("Refused before anything was done.", "did you mean prepare_layout_id?")),
        ({"layout_id": "main-layout-panel"}, ("did you mean prepare_layout_id?",)),
    ],
)
def test_what_cannot_be_prepared_is_refused(
    variables: dict[str, Any], words: tuple[str, ...], three: Emulator, tmp_path: Path
) -> None:
    told = run(three, tmp_path, "apsara.live.prepare_scene", extra_vars=variables)
    assert told.returncode != 0
    assert [part for part in words if part not in " ".join(told.output.split())] == []
    assert writes(three) == []


def test_a_take_is_undone_and_the_prepared_preview_stays(three: Emulator, tmp_path: Path) -> None:
    run(three, tmp_path, "apsara.live.take_scene").succeeded()
    run(three, tmp_path, "apsara.live.prepare_scene", extra_vars=PANEL).succeeded()
    assert on(three, "pgm") == KEYNOTE

    checked = run(three, tmp_path, "apsara.live.undo_take", args=("--check", "--diff")).succeeded()
    flat = " ".join(checked.stdout.split())
    assert "The undo would put on air again - layout main-layout-countdown, components main-logo." in flat
    assert on(three, "pgm") == KEYNOTE

    undone = run(three, tmp_path, "apsara.live.undo_take").succeeded()
    assert on(three, "pgm") == COUNTDOWN
    assert on(three, "pvw")["layout_id"] == "main-layout-panel"
    said = " ".join(undone.stdout.split())
    assert "layout main-layout-keynote, components main-logo, main-lower-third went on air" in said
    assert "On air again - layout main-layout-countdown, components main-logo." in said
    last = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()][-1]
    assert (last["action"], last["outcome"]) == ("take", "done")

    # It is a take itself, so it can be undone.
    run(three, tmp_path, "apsara.live.undo_take").succeeded()
    assert on(three, "pgm") == KEYNOTE
    assert writes(three) == [TAKE, SET, SET, SET]


def test_what_was_changed_since_is_not_undone(three: Emulator, tmp_path: Path) -> None:
    run(three, tmp_path, "apsara.live.undo_take").refused(
        "The take was not undone.",
        "cannot be read: No such file or directory. The callback apsara.live.audit records takes.",
    )
    run(three, tmp_path, "apsara.live.take_scene").succeeded()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(three, elsewhere, "apsara.live.prepare_scene", extra_vars=PANEL).succeeded()
    # Somebody took whose takes are in another audit.
    run(three, elsewhere, "apsara.live.take_scene").succeeded()
    run(three, tmp_path, "apsara.live.undo_take").refused(
        "The take was not undone.", "The program does not show what was expected"
    )
    assert on(three, "pgm")["layout_id"] == "main-layout-panel"
    by_hand = {"undo_before": COUNTDOWN, "undo_after": {"layout_id": "main-layout-panel", "component_ids": []}}
    run(three, tmp_path, "apsara.live.undo_take", extra_vars=by_hand).refused("without undo_scene_id")
    by_hand["undo_scene_id"] = scene(three, "pgm")["scene_id"]
    run(three, tmp_path, "apsara.live.undo_take", extra_vars=by_hand).succeeded()
    assert on(three, "pgm") == COUNTDOWN
