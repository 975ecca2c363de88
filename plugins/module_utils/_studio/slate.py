# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Plans of the standby slate: shown, and ended. Pure: a plan, or a refusal before anything is written.

No read shows a slate, so there is never nothing to do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from .plan import Call, Plan, describe, idle_warnings, list_scenes, name_of, pick_scene, refusal
from .scene_config import set_call
from .studio import PGM, PVW, RUNNING, Scene, Studio

EFFECT = "EffectCasterUrgent"
SHOWN = "shown"
ENDED = "ended"


class SlateWish(NamedTuple):
    """A slate as the user asked for it, and what comes back when it ends. Nothing is put back that is not named."""

    state: str = SHOWN
    scene_id: str | None = None
    layout_id: str | None = None
    component_ids: tuple[str, ...] = ()


def plan_slate(studio: Studio, wish: SlateWish) -> Plan:
    """Plan to show the slate, or to end it. Raises LiveError (refused)."""
    scene = pick_scene(studio, wish.scene_id, PGM, "scene_id")
    if scene.output_type == PVW:
        raise refusal(
            "SceneIsPreview",
            f"Scene {name_of(scene)} is a preview scene. A slate is for the program scene, which viewers see. "
            f"{list_scenes(studio, PGM)} Nothing was written.",
            "Give the program scene's id, or leave scene_id out.",
            "scene_id",
        )
    if wish.state == SHOWN and not studio.has_slate:
        raise refusal(
            "InvalidUrgentMaterial.NotFound",
            f"Studio {studio.caster_id} has no slate: its configuration names no standby material. "
            "Nothing was written.",
            "Choose the standby material of the studio in the console, well before the show.",
        )
    before = replace(scene, notes=("slate: unknown, no read shows it",))
    if wish.state == SHOWN:
        after, reason = replace(scene, notes=("slate: shown",)), "The slate goes on air."
    else:
        after = _ended(scene, wish)
        reason = f"The slate ends, and the program comes back: {describe(after)}."
    return Plan(
        before,
        before,
        after,
        (slate_call(studio.caster_id, after, wish.state),),
        reason,
        idle_warnings(scene, done="it"),
    )


def unread_slate_call(caster_id: str, wish: SlateWish) -> Call:
    """The same write where nothing is read."""
    scene = Scene(wish.scene_id or "", "", PGM, RUNNING)
    return slate_call(caster_id, _ended(scene, wish) if wish.state == ENDED else scene, wish.state)


def slate_call(caster_id: str, scene: Scene, state: str) -> Call:
    """The write that shows the slate on a scene, or puts what the scene shows in its place."""
    if state == ENDED:
        return set_call(caster_id, scene)
    return Call(EFFECT, (("CasterId", caster_id), ("SceneId", scene.scene_id)))


def _ended(scene: Scene, wish: SlateWish) -> Scene:
    return replace(scene, layout_id=wish.layout_id, component_ids=wish.component_ids, notes=("slate: ended",))
