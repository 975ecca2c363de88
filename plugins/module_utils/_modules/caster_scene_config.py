# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definition of caster_scene_config: a scene gets its layout and components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from .._studio.fingerprint import fingerprint
from .._studio.plan import Plan, describe
from .._studio.scene_config import SET, ConfigWish, plan_config
from .._studio.studio import PGM, PVW, Studio
from .definition import CONFIRM, EXPECTED, WriteModule
from .known_ids import READS, check_known
from .options import components, expectation, identifier, invalid, text
from .scope import Ask

if TYPE_CHECKING:
    from .result import Report


class SceneConfig(WriteModule[ConfigWish]):
    """Layout and components of a scene: prepared in the preview, or on air at once."""

    name = "caster_scene_config"
    actions = (SET,)
    noun = "prepare"
    options = {
        "caster_id": {"type": "str", "required": True},
        "scene_id": {"type": "str"},
        "layout_id": {"type": "str"},
        "clear_layout": {"type": "bool", "default": False},
        "component_ids": {"type": "list", "elements": "str"},
        "on_air": {"type": "bool", "default": False},
        "expect": {"type": "dict", "options": EXPECTED},
        **CONFIRM,
    }
    facts = {"caster_id": None, "scene_id": None, "fingerprint": None}
    reads = READS

    def noun_in(self, told: Mapping[str, Any]) -> str:
        """A take when it changes the program, or may do so."""
        scene = told.get("before")
        if isinstance(scene, Mapping):
            return "take" if scene.get("output_type") == PGM else self.noun
        may = str(told.get("on_air") or "no").lower() not in ("false", "no", "off", "0", "n", "f")
        return "take" if may else self.noun

    def wish(self, params: Mapping[str, Any]) -> ConfigWish:
        layout_id = identifier("layout_id", text(params, "layout_id"))
        component_ids = components("component_ids", params.get("component_ids"))
        clear = bool(params.get("clear_layout"))
        if clear and layout_id:
            hint = "Leave out clear_layout, or leave out layout_id."
            raise invalid("clear_layout", "it is true, and layout_id names a layout", hint, value=layout_id)
        if layout_id is None and component_ids is None and not clear:
            hint = "Give layout_id, component_ids or clear_layout. What is left out stays as it is on the scene."
            raise invalid("layout_id", "neither it nor component_ids nor clear_layout says anything", hint)
        return ConfigWish(
            scene_id=identifier("scene_id", text(params, "scene_id")),
            layout_id="" if clear else layout_id,
            component_ids=component_ids,
            on_air=bool(params.get("on_air")),
            expectation=expectation("expect", params.get("expect")),
        )

    def given(self, wish: ConfigWish) -> dict[str, Any]:
        return {"scene_id": wish.scene_id}

    def observe(self, studio: Studio, wish: ConfigWish, report: Report) -> None:
        scenes = studio.with_id(wish.scene_id) if wish.scene_id else studio.of_type(PVW)
        report.before = report.after = scenes[0] if len(scenes) == 1 else None

    def plan(self, studio: Studio, wish: ConfigWish) -> Plan:
        return plan_config(studio, wish)

    def vet(self, ask: Ask, studio: Studio, plan: Plan, wish: ConfigWish) -> None:
        check_known(ask, studio, plan.before, wish.layout_id, wish.component_ids)

    def planned(self, plan: Plan) -> dict[str, Any]:
        return {"scene_id": plan.before.scene_id}

    def ending(self, report: Report) -> dict[str, Any]:
        return {"fingerprint": fingerprint(report.after) if report.after else None}

    def done(self, plan: Plan) -> Callable[[Studio], bool]:
        def shows(studio: Studio) -> bool:
            scene = studio.find(plan.before.scene_id)
            return scene is not None and scene.content == plan.after.content

        return shows

    def called(self, plan: Plan | None) -> str:
        return "take" if plan and plan.before.output_type == PGM else self.noun

    def not_shown(self, plan: Plan) -> str:
        return f"The {_bus(plan)} does not show {describe(plan.after)}"

    def done_words(self, plan: Plan | None, may_be_ours: bool) -> str:
        return f"The {_bus(plan)} shows it. The answer was lost, so this task may have written it."

    def left_open(self, plan: Plan | None, why: str) -> str:
        reason = f" ({why})" if why else ""
        if plan and plan.before.output_type == PGM:
            return (
                f"The take was sent and nothing proves what became of it{reason}. "
                f"On air may be {describe(plan.after)}, or still what was there before."
            )
        return (
            f"The write was sent and nothing proves what became of it{reason}: "
            "the preview may show what was asked for. The program scene was not touched."
        )


def _bus(plan: Plan | None) -> str:
    return "program" if plan and plan.before.output_type == PGM else "preview"


DEFINITION = SceneConfig()
