# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definition of caster_scene_start: the preview scene is switched on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Callable, Optional

from .._studio.plan import Call, Plan, name_of, pick_preview, refusal
from .._studio.studio import PGM, RUNNING, Studio
from .definition import WAIT, WriteModule
from .options import identifier, needed_unread, text

_START = "StartCasterScene"


class SceneStart(WriteModule[Optional[str]]):
    """Start of a preview scene. Its wish is the id of the scene, or None for the only one."""

    name = "caster_scene_start"
    actions = (_START,)
    noun = "start"
    options = {"caster_id": {"type": "str", "required": True}, "scene_id": {"type": "str"}, **WAIT}
    required_if = (("check_first", False, ("scene_id",)),)
    facts = {"caster_id": None, "scene_id": None}
    untold = "whether the scene is off"
    doubtful = frozenset({"IncorrectSceneStatus"})

    def wish(self, params: Mapping[str, Any]) -> str | None:
        return identifier("scene_id", text(params, "scene_id"))

    def check_unread(self, wish: str | None) -> None:
        if wish is None:
            raise needed_unread("scene_id")

    def given(self, wish: str | None) -> dict[str, Any]:
        return {"scene_id": wish}

    def plan(self, studio: Studio, wish: str | None) -> Plan:
        scene = pick_preview(studio, wish, "started")
        if scene.running:
            return Plan(scene, scene, scene, (), f"The preview scene {name_of(scene)} was on already.")
        _check_streaming(studio)
        call = self.unread_call(studio.caster_id, scene.scene_id)
        reason = f"The preview scene {name_of(scene)} was off; it is switched on."
        return Plan(scene, scene, replace(scene, status=RUNNING), (call,), reason)

    def unread_call(self, caster_id: str, wish: str | None) -> Call:
        return Call(_START, (("CasterId", caster_id), ("SceneId", wish or "")))

    def planned(self, plan: Plan) -> dict[str, Any]:
        return {"scene_id": plan.before.scene_id}

    def done(self, plan: Plan) -> Callable[[Studio], bool]:
        def is_on(studio: Studio) -> bool:
            found = studio.with_id(plan.before.scene_id)
            return bool(found) and all(scene.running for scene in found)

        return is_on

    def wanted(self, wish: str | None) -> str:
        return "The preview scene is to be switched on."

    def not_shown(self, plan: Plan) -> str:
        return "The preview scene is still off"

    def done_words(self, plan: Plan | None, may_be_ours: bool) -> str:
        if may_be_ours:
            return "The preview scene is on. The answer to the start was lost, so this task may have started it."
        return "The preview scene was on already when the service was asked to start it."

    def left_open(self, plan: Plan | None, why: str) -> str:
        return (
            "The start was sent and nothing proves what became of it: the preview scene may be on. "
            "The program scene was not touched."
        )


def _check_streaming(studio: Studio) -> None:
    """Refuse where the studio is idle. Only a start of the studio switches the program on, and only its stop off."""
    programs = studio.of_type(PGM)
    if not programs or any(scene.running for scene in programs):
        return
    raise refusal(
        "IncorrectCasterStatus.Idle",
        f"Studio {studio.caster_id} is idle: its program scene {name_of(programs[0])} is off. A preview scene can be "
        "started only while the studio streams. Nothing was written.",
        "Start the studio first; that switches both scenes on.",
    )


DEFINITION = SceneStart()
