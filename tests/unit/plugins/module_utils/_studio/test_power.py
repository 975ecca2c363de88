# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a studio is started or stopped, and when that shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.module_utils._studio.plan import Expectation
from ansible_collections.apsara.live.plugins.module_utils._studio.power import (
    PowerWish,
    check_configured,
    is_as_wished,
    plan_power,
)
from ansible_collections.apsara.live.plugins.module_utils._studio.studio import Scene, Studio, read_start_needs

SINCE = "2026-11-22 11:02:44.0"
PREVIEW = Scene("scene-pvw", "Preview", "pvw", "running", "layout-a", ("logo", "caption"))
PROGRAM = Scene("scene-pgm", "Program", "pgm", "running", "layout-b", ("logo",))
STREAMING = Studio("studio-main", (PROGRAM, PREVIEW), status="streaming", streaming_since=SINCE)
OFF = tuple(replace(scene, status="idle") for scene in (PROGRAM, PREVIEW))
IDLE = Studio("studio-main", OFF, status="idle")


def test_a_stop_says_what_it_ends() -> None:
    plan = plan_power(STREAMING, PowerWish("stopped", Expectation(layout_id="layout-b")))

    assert [(call.action, call.parameters) for call in plan.calls] == [("StopCaster", (("CasterId", "studio-main"),))]
    assert plan.reason == (
        f"The studio is stopped. This ends the program, on since {SINCE}: layout layout-b, components logo."
    )
    assert (plan.before, plan.after) == (PROGRAM, OFF[0])


def test_a_start_of_a_studio_without_scenes() -> None:
    plan = plan_power(replace(IDLE, scenes=()), PowerWish("started"))

    assert [call.action for call in plan.calls] == ["StartCaster"]
    assert (plan.before.scene_id, plan.before.status, plan.after.status) == ("", "idle", "running")


@pytest.mark.parametrize(
    ("studio", "state", "says"),
    [
        (STREAMING, "started", f"The studio streams already, on since {SINCE}."),
        (replace(STREAMING, scenes=(PROGRAM, OFF[1])), "started", "Its preview scene scene-pvw 'Preview' is off"),
        (IDLE, "stopped", "The studio is idle already."),
        (replace(IDLE, scenes=()), "stopped", "The studio is idle already."),
    ],
)
def test_what_is_so_is_left_alone(studio: Studio, state: str, says: str) -> None:
    plan = plan_power(studio, PowerWish(state))

    assert plan.calls == ()
    assert plan.before == plan.after
    assert says in plan.reason


@pytest.mark.parametrize(
    ("studio", "wish", "code"),
    [
        (STREAMING, PowerWish("stopped", Expectation(layout_id="layout-a")), "ExpectationNotMet"),
        (replace(STREAMING, status=None), PowerWish("stopped"), "InvalidCaster.NotFound"),
        (replace(STREAMING, status=None), PowerWish("started"), "InvalidCaster.NotFound"),
    ],
)
def test_what_is_refused(studio: Studio, wish: PowerWish, code: str) -> None:
    with pytest.raises(LiveError) as caught:
        plan_power(studio, wish)
    assert (caught.value.code, caught.value.outcome) == (code, "refused")
    assert caught.value.message.endswith("Nothing was written.")


@pytest.mark.parametrize(
    ("studio", "started", "stopped"),
    [
        (STREAMING, True, False),
        (IDLE, False, True),
        (replace(STREAMING, scenes=(PROGRAM, OFF[1])), False, False),
        (replace(STREAMING, scenes=(OFF[0], PREVIEW)), False, False),
        (replace(STREAMING, scenes=(PROGRAM,)), False, False),
        (replace(IDLE, scenes=(PROGRAM, OFF[1])), False, False),
        (replace(STREAMING, status=None), False, False),
    ],
)
def test_when_it_shows(studio: Studio, started: bool, stopped: bool) -> None:
    assert is_as_wished(studio, "started") is started
    assert is_as_wished(studio, "stopped") is stopped


@pytest.mark.parametrize(
    ("config", "needs"),
    [
        ({}, (False, False)),
        ({"DomainName": "live.example.com"}, (True, False)),
        ({"DomainName": "", "TranscodeConfig": {"CasterTemplate": "lp_hd"}}, (False, True)),
        ({"TranscodeConfig": {"CustomParams": {"video": {"width": 1}}}}, (False, True)),
        ({"TranscodeConfig": {"LiveTemplateIds": {"LocationId": ["lsd"]}}}, (False, True)),
        ({"TranscodeConfig": {"LiveTemplateIds": {"LocationId": []}}}, (False, False)),
        ({"TranscodeConfig": "?"}, (False, False)),
    ],
)
def test_what_a_start_needs(config: dict[str, Any], needs: tuple[bool, bool]) -> None:
    assert read_start_needs(config) == needs
    if not all(needs):
        with pytest.raises(LiveError, match=r"cannot be started\. Nothing was written\."):
            check_configured(IDLE, *needs)
