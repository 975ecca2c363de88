# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What viewers see, in words."""

from __future__ import annotations

from ansible_collections.apsara.live.plugins.plugin_utils._program_words import program_of
from ansible_collections.apsara.live.tests.support.results import NEXT, NO_ANSWER, NOW, READ, error


def test_a_program_is_off_only_where_that_was_read() -> None:
    off = {**NOW, "status": "idle"}
    preview = {**NEXT, "scene_id": "pvw", "output_type": "pvw"}
    reading = {"changed": False, "api_calls": READ, "scenes": [preview, NOW]}
    told = program_of(reading)
    assert told["readable"] is True
    assert told["program"] == NOW
    assert told["words"][:2] == [
        "Viewers see - layout now, components logo.",
        "In the preview - layout next, no components.",
    ]
    assert program_of({**reading, "scenes": [off]})["words"][:2] == [
        "Viewers see - nothing, the program is off.",
        "In the preview - nothing, the studio has no preview scene.",
    ]
    two = program_of({**reading, "scenes": [NOW, {**off, "scene_id": "b"}]})["words"][0]
    assert two == "Viewers see - layout now, components logo (scene pgm); nothing, the program is off (scene b)."
    for result in (*NO_ANSWER.values(), error("failed"), {**reading, "scenes": None}):
        told = program_of(result)
        assert told["readable"] is False
        assert told["program"] is None
        assert told["words"][0].startswith("This studio cannot be read, so look at the program feed itself.")
        assert "off" not in told["words"][0]
