# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a studio ready? Also where a reading gave no answer. The role's tests have the studios that can be read."""

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
    assert told["lines"][0] == "ready     The studio is streaming."
    assert told["lines"][-1] == "ready     The scenes' audio settings can be read."
    assert "audio" not in str(judged(audio=False))


@pytest.mark.parametrize("nothing", [LOST, KILLED, {}, None, "text"])
def test_a_reading_without_an_answer_is_never_ready(nothing: Any) -> None:
    assert any("cannot be listed" in line for line in judged(casters=nothing)["lines"])
    assert any("scenes cannot be read" in line for line in judged(scenes=nothing)["lines"])
    assert "audio" not in str(judged(scenes=nothing))
    deaf = judged(sound=nothing)
    assert deaf["verdict"] == "attention"
    assert "The scenes' audio settings cannot be read." in deaf["lines"][-1]
    assert {judged(casters=nothing)["verdict"], judged(scenes=nothing)["verdict"]} == {"not ready"}


def test_the_same_trouble_is_said_once() -> None:
    assert judged(casters=LOST, scenes=LOST)["lines"] == ["NOT READY Nothing can be read. Connection closed"]
    assert len(judged(casters=LOST, scenes=KILLED)["lines"]) == 2
