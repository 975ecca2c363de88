# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Plan of a scene's exact layout and components. Pure: a plan, or a refusal before anything is written.

Order of judgement: the scene must exist, be a preview or be named as on air, then what is expected of the program, then
"already so", then whether the studio has the ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from .plan import (
    Call,
    Expectation,
    Plan,
    check_expectation,
    describe,
    idle_warnings,
    list_scenes,
    name_of,
    pick_scene,
    refusal,
)
from .studio import PGM, PVW, Scene, Studio

SET = "SetCasterSceneConfig"
#: So many components fit on a scene.
MOST_COMPONENTS = 10


class ConfigWish(NamedTuple):
    """What a scene is to show, as the user asked for it. None leaves a part as it is; no layout is an empty text."""

    scene_id: str | None = None
    layout_id: str | None = None
    component_ids: tuple[str, ...] | None = None
    on_air: bool = False
    expectation: Expectation | None = None


def plan_config(studio: Studio, wish: ConfigWish) -> Plan:
    """Plan to give a scene its layout and components. Raises LiveError (refused)."""
    scene = pick_scene(studio, wish.scene_id, PVW, "scene_id")
    program = scene if scene.output_type == PGM else next(iter(studio.of_type(PGM)), None)
    if scene.output_type == PGM:
        _check_on_air(studio, scene, wish)
    if wish.expectation is not None and program is not None:
        check_expectation(wish.expectation, program)
    after = replace(
        scene,
        layout_id=scene.layout_id if wish.layout_id is None else wish.layout_id or None,
        component_ids=scene.component_ids if wish.component_ids is None else wish.component_ids,
    )
    where = "program" if scene.output_type == PGM else "preview"
    if after.content == scene.content:
        return Plan(scene, scene, scene, (), f"The {where} shows this already: {describe(scene)}.")
    if after.empty:
        # What a set of nothing does is documented in two ways.
        raise refusal(
            "InvalidOption",
            f"This would leave the {where} scene {name_of(scene)} with neither a layout nor components. "
            f"It shows {describe(scene)}. Nothing was written.",
            "Keep a layout or a component, or give another one. To empty a scene use the console.",
            "clear_layout" if wish.layout_id == "" else "component_ids",
        )
    call = set_call(studio.caster_id, after)
    verb = "goes on air" if call.on_air else "is prepared in the preview"
    reason = f"{describe(after)[:1].upper()}{describe(after)[1:]} {verb}."
    return Plan(scene, scene, after, (call,), reason, idle_warnings(scene, done="to configure it"))


def set_call(caster_id: str, scene: Scene) -> Call:
    """The write that gives a scene its layout and components, and takes whatever else it shows away."""
    layout = (("LayoutId", scene.layout_id),) if scene.layout_id else ()
    components = tuple((f"ComponentId.{place}", item) for place, item in enumerate(scene.component_ids, 1))
    parameters = (("CasterId", caster_id), ("SceneId", scene.scene_id), *layout, *components)
    return Call(SET, parameters, on_air=scene.output_type == PGM)


def check_layout(studio: Studio, layout_id: str, known: Iterable[str]) -> None:
    """Refuse a layout that the studio does not have. Raises LiveError."""
    if layout_id not in (known := sorted(known)):
        raise refusal(
            "InvalidLayout.NotFound",
            f"Layout {layout_id} (layout_id) is not in studio {studio.caster_id}. "
            f"{_listed('layouts', known)} Nothing was written.",
            "Give the id of a layout that the studio has.",
            "layout_id",
        )


def check_components(studio: Studio, component_ids: Sequence[str], known: Iterable[str]) -> None:
    """Refuse components that the studio does not have. Raises LiveError."""
    known = sorted(known)
    missing = [item for item in component_ids if item not in known]
    if missing:
        what = f"Components {', '.join(missing)} (component_ids) are" if missing[1:] else f"Component {missing[0]} is"
        raise refusal(
            "InvalidComponent.NotFound",
            f"{what} not in studio {studio.caster_id}. {_listed('components', known)} Nothing was written.",
            "Give ids of components that the studio has in component_ids.",
            "component_ids",
        )


def _check_on_air(studio: Studio, scene: Scene, wish: ConfigWish) -> None:
    if not wish.on_air:
        raise refusal(
            "SceneIsProgram",
            f"Scene {name_of(scene)} is the program scene, which viewers see. {list_scenes(studio, PVW)} "
            "Nothing was written.",
            "Give the preview scene's id, or leave scene_id out. If it is to go on air at once, set on_air to true.",
            "scene_id",
        )
    if wish.expectation is None:
        raise refusal(
            "ExpectationMissing",
            f"The program scene {name_of(scene)} shows {describe(scene)}. It is changed only where expect says what "
            "it must show now, and expect is not given or says nothing. Nothing was written.",
            "Say in expect what the program must show, such as its layout_id or empty.",
            "expect",
        )


def _listed(what: str, known: Sequence[str]) -> str:
    return f"Its {what}: {', '.join(known)}." if known else f"It has no {what}."
