# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What viewers see, in words, from the result of caster_scene_info. Pure."""

from __future__ import annotations

from typing import Any

from ..module_utils._studio.studio import PGM, PVW
from ._outcome import SAID, UNREAD, mapping, outcome_of
from ._words import bus_words, sentence_of


def program_of(reading: Any) -> dict[str, Any]:
    """What viewers see, in words, from the result of caster_scene_info. `readable` is false when nobody can tell."""
    reading = mapping(reading)
    scenes = reading.get("scenes")
    if outcome_of(reading, may_write=False) in (*SAID, UNREAD) or not isinstance(scenes, list):
        return {
            "readable": False,
            "program": None,
            "words": [f"This studio cannot be read, so look at the program feed itself. {sentence_of(reading)}"],
        }
    programs = [scene for scene in scenes if scene["output_type"] == PGM]
    previews = [scene for scene in scenes if scene["output_type"] == PVW]
    return {
        "readable": True,
        "program": programs[0] if programs else None,
        "words": [
            f"Viewers see - {bus_words(programs, 'program')}.",
            f"In the preview - {bus_words(previews, 'preview')}.",
            "To show the slate, switch it on in the console of the studio.",
            "If the preview holds what is safe to show, take it: job template Take, or apsara.live.take_scene.",
        ],
    }
