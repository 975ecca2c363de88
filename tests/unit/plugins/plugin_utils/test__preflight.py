# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a studio is ready, also where a read gave no answer. The role's tests have the studios that can be read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._preflight import judge

PVW = {"scene_id": "a", "output_type": "pvw", "status": "running", "layout_id": "next", "component_ids": []}
PGM = {"scene_id": "b", "output_type": "pgm", "status": "running", "layout_id": "now", "component_ids": ["logo"]}
LISTED = {"changed": False, "api_calls": [], "casters": [{"status": "streaming"}]}
SCENES = {"changed": False, "api_calls": [], "scenes": [PVW, PGM]}
LOST = {"unreachable": True, "changed": False, "msg": "Connection closed"}
KILLED = {"failed": False, "changed": False, "msg": "MODULE FAILURE", "rc": 137}


def judged(casters: Any = LISTED, scenes: Any = SCENES, sound: Any = SCENES, audio: bool = True) -> dict[str, Any]:
    return judge("studio-1", casters, scenes, sound, audio)


def test_a_studio_that_can_be_read_is_ready() -> None:
    told = judged()
    assert told["verdict"] == "ready"
    assert told["lines"][:2] == ["The studio is ready.", "ready     The studio is streaming."]
    assert (told["stops"], told["trouble"]) == (False, "")
    assert told["lines"][-1] == "ready     The scenes' audio settings can be read."
    assert "audio" not in str(judged(audio=False)["findings"])


@pytest.mark.parametrize("nothing", [LOST, KILLED, {}, None, "text"])
def test_a_reading_without_an_answer_is_never_ready(nothing: Any) -> None:
    assert any("cannot be listed" in line for line in judged(casters=nothing)["lines"])
    assert any("scenes cannot be read" in line for line in judged(scenes=nothing)["lines"])
    assert "audio" not in str(judged(scenes=nothing)["findings"])
    deaf = judged(sound=nothing)
    assert deaf["verdict"] == "attention"
    assert "The scenes' audio settings cannot be read." in deaf["lines"][-1]
    assert {judged(casters=nothing)["verdict"], judged(scenes=nothing)["verdict"]} == {"not ready"}


def test_the_same_trouble_is_said_once() -> None:
    assert judged(casters=LOST, scenes=LOST)["lines"] == [
        "The studio is not ready.",
        "NOT READY Nothing can be read. Connection closed",
    ]
    assert len(judged(casters=LOST, scenes=KILLED)["findings"]) == 2


@pytest.mark.parametrize(
    ("sound", "stop_at", "stops"),
    [
        (SCENES, "attention", False),
        (LOST, "not ready", False),
        (LOST, "attention", True),
    ],
)
def test_a_show_stops_where_it_was_told_to(sound: Any, stop_at: str, stops: bool) -> None:
    assert judge("studio-1", LISTED, SCENES, sound, True, stop_at)["stops"] is stops
    # What is not ready stops it in any case, and only that is said then.
    never = judge("studio-1", LISTED, LOST, sound, True, stop_at)
    assert never["stops"] is True
    assert never["trouble"] == "Not ready: The studio's scenes cannot be read. Connection closed"


def test_what_needs_attention_is_the_trouble_where_nothing_is_worse() -> None:
    said = judge("studio-1", LISTED, SCENES, LOST, True)["trouble"]
    assert said == "Needs attention: The scenes' audio settings cannot be read. Connection closed"
