# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Studios are started and struck: real ansible-playbook runs against the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import PlayRun, run_playbook
from ansible_collections.apsara.live.tests.support.show import account, hosts, writes
from ansible_collections.apsara.live.tests.support.studios import document

START, STOP = "StartCaster", "StopCaster"
YES = {"strike_confirmed": True}


def run(emulator: Emulator, path: Path, playbook: str, **more: Any) -> PlayRun:
    return run_playbook(f"apsara.live.{playbook}", path, inventory=hosts(emulator), environ=account(emulator), **more)


def states(emulator: Emulator) -> list[str]:
    return [studio["status"] for studio in emulator.state()]


def test_studios_are_struck_and_started_again_once(tmp_path: Path) -> None:
    with Emulator() as emulator:
        struck = run(emulator, tmp_path, "strike_studios", extra_vars=YES).succeeded()
        assert states(emulator) == ["idle"] * 3
        said = " ".join(struck.stdout.split())
        assert "Main stage: The studio is stopped. This ends the program" in said
        assert said.count("The studio is idle. Its program has ended, and nothing streams.") == 3

        run(emulator, tmp_path, "strike_studios", extra_vars=YES).succeeded()
        assert writes(emulator) == [STOP] * 3

        started = run(emulator, tmp_path, "start_studios").succeeded()
        assert states(emulator) == ["streaming"] * 3
        assert " ".join(started.stdout.split()).count("and its scenes are on. It is billed from now on.") == 3
        again = run(emulator, tmp_path, "start_studios").succeeded()
        assert again.changed() == 0
        assert writes(emulator) == [STOP] * 3 + [START] * 3


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "Nobody confirmed the strike"),
        ({"awx_job_id": 7}, "a job of AWX cannot ask"),
        ({"strike_confirmd": True}, "did you mean strike_confirmed?"),
    ],
)
def test_nothing_is_struck_unconfirmed(variables: dict[str, Any], said: str, tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        told = run(emulator, tmp_path, "strike_studios", extra_vars=variables)
        assert told.returncode != 0
        assert said in " ".join(told.output.split())
        assert writes(emulator) == []


@pytest.mark.parametrize(("playbook", "status"), [("start_studios", "idle"), ("strike_studios", "streaming")])
def test_power_in_check_mode_does_not_write(playbook: str, status: str, tmp_path: Path) -> None:
    with Emulator(document(status=status), read_only=True) as emulator:
        told = run(emulator, tmp_path, playbook, args=("--check", "--diff")).succeeded()
        assert not any(entry["violation"] for entry in emulator.journal())
    assert "Check mode, nothing was written. The studio would be" in " ".join(told.stdout.split())


def test_a_strike_that_expects_another_program_is_refused(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        expect = {**YES, "power_expect": {"layout_id": "another"}}
        told = run(emulator, tmp_path, "strike_studios", extra_vars=expect)
        told.refused("Not stopped: Test stage. Nothing was written.", "does not show what was expected")
        assert writes(emulator) == []


def test_a_studio_that_cannot_be_started_says_what_is_missing(tmp_path: Path) -> None:
    with Emulator(document(status="idle", template=None)) as emulator:
        run(emulator, tmp_path, "start_studios").refused("The studio was not started.", "no transcoding template")
        assert writes(emulator) == []
