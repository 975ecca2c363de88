# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definition of caster: a studio is started or stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

from .._studio.plan import Plan, describe
from .._studio.power import (
    START,
    STARTED,
    STOP,
    STOPPED,
    PowerWish,
    check_configured,
    is_as_wished,
    plan_power,
    program_of,
)
from .._studio.studio import Scene, Studio, read_casters, read_start_needs
from .definition import CONFIRM, EXPECTED, Use, WriteModule
from .options import expectation, invalid, text
from .scope import Ask

if TYPE_CHECKING:
    from .result import Report

_CASTERS = "DescribeCasters"
_CONFIG = "DescribeCasterConfig"


class Caster(WriteModule[PowerWish]):
    """The studio itself: it is billed while it streams."""

    name = "caster"
    actions = (START, STOP)
    noun = "studio start"
    options = {
        "caster_id": {"type": "str", "required": True},
        "state": {"type": "str", "choices": [STARTED, STOPPED], "required": True},
        "expect": {"type": "dict", "options": EXPECTED},
        **CONFIRM,
        # No times are documented. A start opens media tasks, so it may take longer than a switch.
        "wait_timeout": {"type": "int", "default": 120},
    }
    facts = {"caster_id": None, "state": None, "streaming_since": None}
    reads = (Use(_CASTERS), Use(_CONFIG, "with `state: started`, when the studio is idle"))
    # Before its first start a studio has no scenes to read.
    without_scenes = frozenset({"InvalidDomainName.NotFound", "InvalidScene.NotFound"})
    doubtful = frozenset({"IncorrectSceneStatus", "IncorrectSceneStatus.Inuse", "IncorrectCasterStatus.Inuse"})

    def noun_in(self, told: Mapping[str, Any]) -> str:
        return "strike" if told.get("state") == STOPPED else self.noun

    def wish(self, params: Mapping[str, Any]) -> PowerWish:
        state = text(params, "state") or ""
        expected = expectation("expect", params.get("expect"))
        if expected is not None and state != STOPPED:
            hint = "Leave out expect, or set state to stopped."
            raise invalid("expect", f"it says what a stop must end, and state is {state}", hint)
        return PowerWish(state, expected)

    def action_for(self, wish: PowerWish) -> str:
        return STOP if wish.state == STOPPED else START

    def given(self, wish: PowerWish) -> dict[str, Any]:
        return {"state": wish.state}

    def look(self, ask: Ask, studio: Studio, wish: PowerWish) -> Studio:
        listed = [caster for caster in read_casters(ask(_CASTERS)) if caster["caster_id"] == studio.caster_id]
        if len(listed) != 1:
            return studio
        return replace(studio, status=listed[0]["status"], streaming_since=listed[0]["start_time"])

    def note(self, studio: Studio, report: Report) -> None:
        if studio.streaming_since:
            report.facts["streaming_since"] = studio.streaming_since

    def observe(self, studio: Studio, wish: PowerWish, report: Report) -> None:
        report.before = report.after = program_of(studio)

    def plan(self, studio: Studio, wish: PowerWish) -> Plan:
        return plan_power(studio, wish)

    def vet(self, ask: Ask, studio: Studio, plan: Plan, wish: PowerWish) -> None:
        if wish.state == STARTED:
            check_configured(studio, *read_start_needs(ask(_CONFIG)))

    def planned(self, plan: Plan) -> dict[str, Any]:
        return {}

    def subject(self, studio: Studio, plan: Plan) -> Scene | None:
        return program_of(studio)

    def done(self, plan: Plan) -> Callable[[Studio], bool]:
        state = _state(plan)
        return lambda studio: is_as_wished(studio, state)

    def unprovable(self, plan: Plan) -> str:
        return ""

    def not_shown(self, plan: Plan) -> str:
        if _state(plan) == STOPPED:
            return "The studio is not idle yet"
        return "The studio does not stream with both its scenes on"

    def state_words(self, scene: Scene) -> str:
        return f"{', '.join(scene.notes)}; program {scene.status}, {describe(scene)}"

    def done_words(self, plan: Plan | None, may_be_ours: bool) -> str:
        stopped = plan is not None and plan.after.status == "idle"
        if may_be_ours:
            done = "is idle" if stopped else "streams"
            did = "stopped" if stopped else "started"
            return f"The studio {done}. The answer was lost, so this task may have {did} it."
        was, verb = ("idle", "stop") if stopped else ("streaming", "start")
        return f"The studio was {was} already when the service was asked to {verb} it."

    def left_open(self, plan: Plan | None, why: str) -> str:
        if plan and _state(plan) == STOPPED:
            return (
                "The stop of the studio was sent and nothing proves what became of it: the program may have ended, and "
                "a studio that streams is billed."
            )
        return (
            "The start of the studio was sent and nothing proves what became of it: it may stream, and a studio that "
            "streams is billed."
        )


def _state(plan: Plan) -> str:
    return STOPPED if any(call.action == STOP for call in plan.calls) else STARTED


DEFINITION = Caster()
