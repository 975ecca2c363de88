# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definition of caster_scene_config_copy: the preview's configuration goes on air."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from .._studio.fingerprint import fingerprint
from .._studio.plan import COPY, Call, CopyWish, Plan, check_buses, copy_call, describe, plan_copy
from .._studio.studio import PGM, PVW, Studio
from .definition import EXPECTED, WAIT, WriteModule
from .options import cue, expectation, identifier, invalid, needed_unread, text

if TYPE_CHECKING:
    from .._studio.cue import Cue
    from .result import Report


class SceneConfigCopy(WriteModule[CopyWish]):
    """Take: the configuration of the preview scene is copied to the program scene."""

    name = "caster_scene_config_copy"
    actions = (COPY,)
    noun = "take"
    options = {
        "caster_id": {"type": "str", "required": True},
        "from_scene_id": {"type": "str"},
        "to_scene_id": {"type": "str"},
        "force": {"type": "bool", "default": False},
        "allow_empty": {"type": "bool", "default": False},
        "expect": {"type": "dict", "options": EXPECTED},
        "expect_preview": {"type": "dict", "options": {**EXPECTED, "fingerprint": {"type": "str"}}},
        "at": {"type": "str"},
        "max_late": {"type": "float", "default": 5},
        "max_wait": {"type": "float", "default": 900},
        **WAIT,
    }
    required_if = (("check_first", False, ("from_scene_id", "to_scene_id")),)
    facts = {"caster_id": None, "from_scene_id": None, "to_scene_id": None, "fingerprint": None}
    untold = "what is on air"
    content_when = "with a fingerprint of content in `expect_preview`"

    def wish(self, params: Mapping[str, Any]) -> CopyWish:
        return CopyWish(
            from_scene_id=identifier("from_scene_id", text(params, "from_scene_id")),
            to_scene_id=identifier("to_scene_id", text(params, "to_scene_id")),
            force=bool(params.get("force")),
            allow_empty=bool(params.get("allow_empty")),
            expectation=expectation("expect", params.get("expect")),
            preview_expectation=expectation("expect_preview", params.get("expect_preview")),
        )

    def cue(self, params: Mapping[str, Any]) -> Cue | None:
        return cue(params)

    def check_unread(self, wish: CopyWish) -> None:
        for option, value in (("from_scene_id", wish.from_scene_id), ("to_scene_id", wish.to_scene_id)):
            if value is None:
                raise needed_unread(option)
        for option, expected in (("expect", wish.expectation), ("expect_preview", wish.preview_expectation)):
            if expected is not None:
                raise invalid(
                    option,
                    "with check_first set to false nothing is read, so nothing can be compared",
                    f"Leave out {option}, or leave check_first at true.",
                )
        if wish.from_scene_id == wish.to_scene_id:
            hint = "Give the preview as from_scene_id and the program as to_scene_id."
            raise invalid("to_scene_id", "it names the same scene as from_scene_id", hint, value=wish.to_scene_id)

    def given(self, wish: CopyWish) -> dict[str, Any]:
        return {"from_scene_id": wish.from_scene_id, "to_scene_id": wish.to_scene_id}

    def needs_content(self, wish: CopyWish) -> bool:
        return wish.needs_content

    def check_early(self, studio: Studio, wish: CopyWish) -> None:
        check_buses(studio, wish)

    def observe(self, studio: Studio, wish: CopyWish, report: Report) -> None:
        programs = studio.of_type(PGM)
        report.before = report.after = programs[0] if len(programs) == 1 else None
        report.facts["fingerprint"] = _fingerprint_of(studio, wish)

    def plan(self, studio: Studio, wish: CopyWish) -> Plan:
        return plan_copy(studio, wish)

    def unread_call(self, caster_id: str, wish: CopyWish) -> Call:
        return copy_call(caster_id, wish.from_scene_id or "", wish.to_scene_id or "")

    def planned(self, plan: Plan) -> dict[str, Any]:
        return {"from_scene_id": plan.source.scene_id, "to_scene_id": plan.before.scene_id}

    def done(self, plan: Plan) -> Callable[[Studio], bool]:
        def shows(studio: Studio) -> bool:
            scene = studio.find(plan.before.scene_id)
            return scene is not None and scene.content == plan.after.content

        return shows

    def wanted(self, wish: CopyWish) -> str:
        return "The preview's configuration is to go on air."

    def not_shown(self, plan: Plan) -> str:
        return "The program does not show the preview's configuration"

    def done_words(self, plan: Plan | None, may_be_ours: bool) -> str:
        return "The program shows it already."

    def left_open(self, plan: Plan | None, why: str) -> str:
        wanted = describe(plan.after) if plan else "the preview's configuration"
        return (
            f"The take was sent and nothing proves what became of it ({why}). "
            f"On air may be {wanted}, or still what was there before."
        )


def _fingerprint_of(studio: Studio, wish: CopyWish) -> str | None:
    """The fingerprint of the preview that would be taken, of the kind that is expected; None when it cannot be told."""
    wanted = wish.from_scene_id
    previews = [scene for scene in studio.of_type(PVW) if wanted in (None, scene.scene_id)]
    return fingerprint(previews[0], wish.needs_content) if len(previews) == 1 else None


DEFINITION = SceneConfigCopy()
