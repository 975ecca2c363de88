# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definition of caster_slate: the standby slate goes on air, or ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

from .._studio.plan import Call, Plan, content_words
from .._studio.scene_config import SET
from .._studio.slate import EFFECT, ENDED, SHOWN, SlateWish, plan_slate, unread_slate_call
from .._studio.studio import PGM, Studio, read_has_slate
from .definition import Use, WriteModule
from .known_ids import READS, check_known
from .options import components, identifier, invalid, needed_unread, text
from .scope import Ask

if TYPE_CHECKING:
    from .result import Report

_CONFIG = "DescribeCasterConfig"


class Slate(WriteModule[SlateWish]):
    """The standby slate of a studio. No read shows it."""

    name = "caster_slate"
    actions = (EFFECT, SET)
    noun = "slate"
    options = {
        "caster_id": {"type": "str", "required": True},
        "scene_id": {"type": "str"},
        "state": {"type": "str", "choices": [SHOWN, ENDED], "default": SHOWN},
        "layout_id": {"type": "str"},
        "component_ids": {"type": "list", "elements": "str"},
        "check_first": {"type": "bool", "default": True},
    }
    required_if = (("check_first", False, ("scene_id",)),)
    facts = {"caster_id": None, "scene_id": None, "state": None, "verified": False}
    untold = "whether the studio has a slate"
    reads = (Use(_CONFIG, "with `state: shown`, unless `check_first: false`"), *READS)
    settles = False

    def noun_in(self, told: Mapping[str, Any]) -> str:
        return "slate end" if told.get("state") == ENDED else self.noun

    def wish(self, params: Mapping[str, Any]) -> SlateWish:
        state = text(params, "state") or SHOWN
        layout_id = identifier("layout_id", text(params, "layout_id"))
        component_ids = components("component_ids", params.get("component_ids"))
        if state == SHOWN:
            for option, value in (("layout_id", layout_id), ("component_ids", component_ids)):
                if value is not None:
                    hint = f"Leave out {option}, or set state to ended."
                    raise invalid(option, "it says what comes back when a slate ends, and state is shown", hint)
        elif not layout_id and not component_ids:
            hint = "Give what was on air before the slate, as the before of the task that showed it has it."
            raise invalid("layout_id", "neither it nor component_ids says what comes back when the slate ends", hint)
        scene_id = identifier("scene_id", text(params, "scene_id"))
        return SlateWish(state, scene_id, layout_id, component_ids or ())

    def check_unread(self, wish: SlateWish) -> None:
        if wish.scene_id is None:
            raise needed_unread("scene_id")

    def action_for(self, wish: SlateWish) -> str:
        return SET if wish.state == ENDED else EFFECT

    def given(self, wish: SlateWish) -> dict[str, Any]:
        return {"scene_id": wish.scene_id, "state": wish.state}

    def look(self, ask: Ask, studio: Studio, wish: SlateWish) -> Studio:
        return replace(studio, has_slate=read_has_slate(ask(_CONFIG))) if wish.state == SHOWN else studio

    def observe(self, studio: Studio, wish: SlateWish, report: Report) -> None:
        programs = studio.of_type(PGM)
        report.before = report.after = programs[0] if len(programs) == 1 else None

    def plan(self, studio: Studio, wish: SlateWish) -> Plan:
        return plan_slate(studio, wish)

    def vet(self, ask: Ask, studio: Studio, plan: Plan, wish: SlateWish) -> None:
        check_known(ask, studio, plan.before, wish.layout_id, wish.component_ids)

    def unread_call(self, caster_id: str, wish: SlateWish) -> Call:
        return unread_slate_call(caster_id, wish)

    def planned(self, plan: Plan) -> dict[str, Any]:
        return {"scene_id": plan.before.scene_id}

    def done(self, plan: Plan) -> Callable[[Studio], bool]:
        def shows(studio: Studio) -> bool:
            scene = studio.find(plan.before.scene_id)
            return scene is not None and scene.content == plan.after.content

        return shows

    def unprovable(self, plan: Plan) -> str:
        return "no read shows a slate" if plan.calls[0].action == EFFECT else super().unprovable(plan)

    def wanted(self, wish: SlateWish) -> str:
        if wish.state == SHOWN:
            return "The slate is to go on air."
        return f"The slate is to end, and {content_words(wish.layout_id, wish.component_ids)} to come back."

    def called(self, plan: Plan | None) -> str:
        return "end of the slate" if plan and plan.calls[0].action == SET else "write"

    def left_open(self, plan: Plan | None, why: str) -> str:
        return (
            f"It was sent and nothing proves what became of it ({why}): viewers may see the slate or the program. "
            "Nothing but a look at the program output tells."
        )


DEFINITION = Slate()
