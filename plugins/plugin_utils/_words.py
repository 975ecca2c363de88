# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Words that several roles use for the result of a task. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..module_utils._studio.plan import content_words
from ._definitions import definitions
from ._outcome import Result, part

_NO_MESSAGE = "The task gave no message; run it again with -vvv."
# What else cures a refusal, besides the option that the error names.
_ALSO_ABOUT = {"CueMissed": ("max_late",), "CueTooFar": ("max_wait",), "WrongBus": ("to_scene_id",)}
# With these the module did not come to the point of saying what it had sent.
_CUT_SHORT = frozenset({"ModuleFailed", "TaskTimeout"})


def shows(scene: Result) -> str:
    """What a scene of a result shows, in one phrase."""
    return content_words(scene.get("layout_id"), [str(component) for component in scene.get("component_ids") or ()])


def bus_words(scenes: Sequence[Result], bus: str) -> str:
    """What all scenes of a bus show, in one phrase; nothing, where a scene is off."""
    if not scenes:
        return f"nothing, the studio has no {bus} scene"
    said = [shows(scene) if scene.get("status") == "running" else f"nothing, the {bus} is off" for scene in scenes]
    if len(said) == 1:
        return said[0]
    return "; ".join(f"{words} (scene {scene['scene_id']})" for words, scene in zip(said, scenes))


def sentence_of(result: Result) -> str:
    """What a task said, or that it said nothing."""
    message = str(result.get("msg") or "").strip()
    if not message:
        return _NO_MESSAGE
    return message if message.endswith((".", "!", "?", ")")) else f"{message}."


def variables_named(error: Result, role: str, module: str) -> str:
    """Which variables of the role hold the options that an error of its module is about; empty when about none."""
    options = definitions()[module].options
    about = dict.fromkeys((error.get("option"), *_ALSO_ABOUT.get(str(error.get("code")), ())))
    named = ", ".join(f"{option} is {role}_{option}" for option in about if option in options and option != "caster_id")
    return f" In the role {role}, {named}." if named else ""


def was_sent_words(told: Result) -> str:
    """A module that says so itself has sent it. Of one that was cut short, or said nothing, not even that is known."""
    error = part(told, "error")
    return "was sent" if error and error.get("code") not in _CUT_SHORT else "may have been sent"
