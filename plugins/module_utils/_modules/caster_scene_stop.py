# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definition of caster_scene_stop: the preview scene is switched off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from .._studio.plan import STOP, Call, Plan, plan_stop, stop_call
from .._studio.studio import Studio
from .definition import WAIT, WriteModule
from .options import identifier, needed_unread, text


class SceneStop(WriteModule[Optional[str]]):
    """Stop of a preview scene. Its wish is the id of the scene, or None for the only one."""

    name = "caster_scene_stop"
    actions = (STOP,)
    noun = "stop"
    options = {"caster_id": {"type": "str", "required": True}, "scene_id": {"type": "str"}, **WAIT}
    required_if = (("check_first", False, ("scene_id",)),)
    facts = {"caster_id": None, "scene_id": None}
    untold = "whether the scene is on"
    doubtful = frozenset({"IncorrectSceneStatus"})

    def wish(self, params: Mapping[str, Any]) -> str | None:
        return identifier("scene_id", text(params, "scene_id"))

    def check_unread(self, wish: str | None) -> None:
        if wish is None:
            raise needed_unread("scene_id")

    def given(self, wish: str | None) -> dict[str, Any]:
        return {"scene_id": wish}

    def plan(self, studio: Studio, wish: str | None) -> Plan:
        return plan_stop(studio, wish)

    def unread_call(self, caster_id: str, wish: str | None) -> Call:
        return stop_call(caster_id, wish or "")

    def planned(self, plan: Plan) -> dict[str, Any]:
        return {"scene_id": plan.before.scene_id}

    def done(self, plan: Plan) -> Callable[[Studio], bool]:
        def is_off(studio: Studio) -> bool:
            return not any(scene.running for scene in studio.with_id(plan.before.scene_id))

        return is_off

    def wanted(self, wish: str | None) -> str:
        return "The preview scene is to be switched off."

    def not_shown(self, plan: Plan) -> str:
        return "The preview scene is still on"

    def done_words(self, plan: Plan | None, may_be_ours: bool) -> str:
        if may_be_ours:
            return "The preview scene is off. The answer to the stop was lost, so this task may have stopped it."
        return "The preview scene was off already when the service was asked to stop it."

    def left_open(self, plan: Plan | None, why: str) -> str:
        return (
            "The stop was sent and nothing proves what became of it: the preview scene may be off. "
            "The program scene was not touched."
        )


DEFINITION = SceneStop()
