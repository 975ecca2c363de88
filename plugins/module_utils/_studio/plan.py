# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Plans of stop and take. Pure: a plan, or a refusal before anything is written.

Order of judgement for a take: the scenes must exist, each with an id of its own, then what is expected of the program,
bus, what is expected of the preview, emptiness, then "already so".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from .._errors.error import LiveError
from .._errors.kind import Outcome
from .fingerprint import covers_content, fingerprint, same_ids
from .studio import IDLE, PGM, PVW, Scene, Studio

STOP = "StopCasterScene"
COPY = "CopyCasterSceneConfig"
_BUS_WORDS = {PVW: "preview", PGM: "program"}


class Call(NamedTuple):
    """One write: an operation and its parameters.

    `on_air`: it puts something else before the viewers, so it is sent again only after reading.
    """

    action: str
    parameters: tuple[tuple[str, str], ...]
    on_air: bool = False


class Plan(NamedTuple):
    """What a task is going to do. `before` and `after` are the scene that changes; no calls means nothing to do.

    `source` is the scene that the change comes from: the preview, for a take as for a stop.
    """

    source: Scene
    before: Scene
    after: Scene
    calls: tuple[Call, ...]
    reason: str
    warnings: tuple[str, ...] = ()


class Expectation(NamedTuple):
    """What a scene must show for a take to be right: the program, or the preview. None in a field means not asked."""

    layout_id: str | None = None
    component_ids: tuple[str, ...] | None = None
    empty: bool | None = None
    fingerprint: str | None = None

    @property
    def covers_content(self) -> bool:
        """Whether the content of layout and components must be read to judge."""
        return self.fingerprint is not None and covers_content(self.fingerprint)

    def unmet_by(self, scene: Scene) -> list[str]:
        """Sentences, one for each part that the scene does not meet."""
        unmet = []
        bus = _BUS_WORDS[scene.output_type]
        if self.empty is not None and scene.empty != self.empty:
            unmet.append(f"an empty {bus} was expected" if self.empty else f"a {bus} that is not empty was expected")
        if self.layout_id is not None and scene.layout_id != self.layout_id:
            unmet.append(f"layout {self.layout_id} was expected")
        if self.component_ids is not None and scene.component_ids != self.component_ids:
            unmet.append(f"{_components_words(self.component_ids)} were expected")
        if self.fingerprint is not None and fingerprint(scene, self.covers_content) != self.fingerprint:
            unmet.append(f"the fingerprint {self.fingerprint} was expected")
        return unmet


class CopyWish(NamedTuple):
    """A take as the user asked for it."""

    from_scene_id: str | None = None
    to_scene_id: str | None = None
    force: bool = False
    allow_empty: bool = False
    expectation: Expectation | None = None
    preview_expectation: Expectation | None = None

    @property
    def needs_content(self) -> bool:
        """Whether the content of layouts and components must be read to judge this take."""
        return self.preview_expectation is not None and self.preview_expectation.covers_content


def plan_stop(studio: Studio, scene_id: str | None = None) -> Plan:
    """Plan to switch the preview off. Raises LiveError (refused)."""
    scene = pick_preview(studio, scene_id, "stopped")
    if not scene.running:
        return Plan(scene, scene, scene, (), f"The preview scene {name_of(scene)} was off already.")
    call = stop_call(studio.caster_id, scene.scene_id)
    reason = f"The preview scene {name_of(scene)} was on; it is switched off."
    return Plan(scene, scene, replace(scene, status=IDLE), (call,), reason)


def pick_preview(studio: Studio, scene_id: str | None, done: str) -> Scene:
    """The preview scene that is meant. `done` says what is to be done to it. Raises LiveError (refused)."""
    scene = pick_scene(studio, scene_id, PVW, "scene_id")
    if scene.output_type == PGM:
        raise refusal(
            "SceneIsProgram",
            f"Scene {scene.scene_id} is the program scene. Only a preview scene can be {done}. "
            f"{list_scenes(studio, PVW)} Nothing was written.",
            "Give the preview scene's id, or leave scene_id out.",
            "scene_id",
        )
    return scene


def plan_copy(studio: Studio, wish: CopyWish) -> Plan:
    """Plan a take: the preview's configuration goes on the program. Raises LiveError (refused)."""
    source, target = pick_buses(studio, wish)
    program = target if target.output_type == PGM else next(iter(studio.of_type(PGM)), None)
    if wish.expectation is not None and program is not None:
        check_expectation(wish.expectation, program)
    _check_buses(studio, source, target)
    if wish.preview_expectation is not None:
        check_preview(wish.preview_expectation, source)
    if source.empty and not wish.allow_empty:
        raise refusal(
            "EmptySource",
            f"The preview scene {name_of(source)} has neither a layout nor components. "
            "A take would put nothing on air. Nothing was written.",
            "Prepare the preview first. If an empty program is what you want, set allow_empty to true.",
            "allow_empty",
        )
    same = source.content == target.content
    if same and not wish.force:
        return Plan(source, target, target, (), f"The program shows this already: {describe(target)}.")
    after = replace(target, layout_id=source.layout_id, component_ids=source.component_ids)
    call = copy_call(studio.caster_id, source.scene_id, target.scene_id)
    reason = f"The preview goes on air: {describe(source)}."
    if same:
        reason = f"The program shows the same ids already; force asks for the copy all the same: {describe(source)}."
    return Plan(source, target, after, (call,), reason, idle_warnings(source, target))


def stop_call(caster_id: str, scene_id: str) -> Call:
    """The stop of a preview scene."""
    return Call(STOP, (("CasterId", caster_id), ("SceneId", scene_id)))


def copy_call(caster_id: str, from_scene_id: str, to_scene_id: str) -> Call:
    """The take from one scene to another."""
    parameters = (("CasterId", caster_id), ("FromSceneId", from_scene_id), ("ToSceneId", to_scene_id))
    return Call(COPY, parameters, on_air=True)


def pick_buses(studio: Studio, wish: CopyWish) -> tuple[Scene, Scene]:
    """The source and target scene that a wish names or leaves open. Raises LiveError when they cannot be told."""
    source = pick_scene(studio, wish.from_scene_id, PVW, "from_scene_id")
    target = pick_scene(studio, wish.to_scene_id, PGM, "to_scene_id")
    return source, target


def check_buses(studio: Studio, wish: CopyWish) -> None:
    """Refuse what no later moment can make right: scenes that do not exist or stand on the wrong bus."""
    _check_buses(studio, *pick_buses(studio, wish))


def check_expectation(expectation: Expectation, program: Scene, what: str = "take") -> None:
    """Refuse when the program does not show what was expected: somebody took first. `what` is what was to be done."""
    unmet = expectation.unmet_by(program)
    if unmet:
        raise refusal(
            "ExpectationNotMet",
            f"The program does not show what was expected: {'; '.join(unmet)}. "
            f"It shows {describe(program)}. Nothing was written.",
            f"Somebody may have taken first. Look at the program, then decide whether this {what} is still right.",
            "expect",
        )


def check_preview(expectation: Expectation, preview: Scene) -> None:
    """Refuse when the preview is not what was expected: somebody changed it after it was looked at."""
    unmet = expectation.unmet_by(preview)
    if not unmet:
        return
    found = fingerprint(preview, expectation.covers_content)
    words = f"the fingerprint {found}" if found else "content that the service does not list"
    known = expectation.fingerprint
    if known and covers_content(known) and found != known and same_ids(known, f"{fingerprint(preview)}"):
        words = f"{words}: the ids are the same, but what they stand for was changed"
    raise refusal(
        "PreviewChanged",
        f"The preview is not what was expected: {'; '.join(unmet)}. "
        f"It shows {describe(preview)}, with {words}. Nothing was written.",
        "Somebody may have changed the preview. Look at it again. If it is right as it is now, expect that and repeat.",
        "expect_preview",
    )


def describe(scene: Scene) -> str:
    """What a scene shows, in one phrase."""
    return content_words(scene.layout_id, scene.component_ids)


def content_words(layout_id: str | None, component_ids: Sequence[str]) -> str:
    """What a scene shows, in one phrase. The same words everywhere that people read."""
    return f"{f'layout {layout_id}' if layout_id else 'no layout'}, {_components_words(component_ids)}"


def _components_words(component_ids: Sequence[str]) -> str:
    return f"components {', '.join(component_ids)}" if component_ids else "no components"


def _check_buses(studio: Studio, source: Scene, target: Scene) -> None:
    if source.output_type == PVW and target.output_type == PGM:
        return
    option = "from_scene_id"
    if source.scene_id == target.scene_id:
        what = (
            f"from_scene_id and to_scene_id name the same scene, {name_of(source)} ({_BUS_WORDS[source.output_type]})"
        )
    elif source.output_type == PGM and target.output_type == PVW:
        what = (
            f"from_scene_id {source.scene_id} is the program and to_scene_id {target.scene_id} is the preview: "
            "the ids are swapped"
        )
    elif source.output_type != PVW:
        what = f"from_scene_id {source.scene_id} is a {_BUS_WORDS[source.output_type]} scene, not a preview scene"
    else:
        option = "to_scene_id"
        what = f"to_scene_id {target.scene_id} is a {_BUS_WORDS[target.output_type]} scene, not a program scene"
    raise refusal(
        "WrongBus",
        f"A take goes from preview to program, but {what}. {list_scenes(studio)} Nothing was written.",
        "Give the preview scene as from_scene_id and the program scene as to_scene_id, or leave both out.",
        option,
    )


def _check_ids(studio: Studio) -> None:
    """Refuse a studio in which an id names more than one scene: a write would reach nobody knows which."""
    if not studio.repeated:
        return
    raise refusal(
        "AmbiguousScene",
        f"In studio {studio.caster_id} more than one scene has the id {' or '.join(studio.repeated)}, so an id does "
        f"not say which scene is meant. {list_scenes(studio)} Nothing was written.",
        "Read the studio again. If it stays so, use the console, and report this to Alibaba Cloud.",
    )


def pick_scene(studio: Studio, scene_id: str | None, output_type: str, option: str) -> Scene:
    """The scene that an option names, else the only one of a type. Raises LiveError when it cannot be told."""
    _check_ids(studio)
    if scene_id is not None:
        scene = studio.find(scene_id)
        if scene is None:
            raise refusal(
                "InvalidScene.NotFound",
                f"Scene {scene_id} ({option}) is not in studio {studio.caster_id}. "
                f"{list_scenes(studio)} Nothing was written.",
                f"Give one of the scene ids that exist, or leave {option} out.",
                option,
            )
        return scene
    candidates = studio.of_type(output_type)
    if len(candidates) == 1:
        return candidates[0]
    bus = _BUS_WORDS[output_type]
    if not candidates:
        raise refusal(
            "InvalidScene.NotFound",
            f"Studio {studio.caster_id} has no {bus} scene. {list_scenes(studio)} Nothing was written.",
            "Scenes appear when a studio is started for the first time. Start it, then run this again.",
        )
    raise refusal(
        "AmbiguousScene",
        f"Studio {studio.caster_id} has {len(candidates)} {bus} scenes: "
        f"{', '.join(name_of(scene) for scene in candidates)}. Nothing was written.",
        f"Say which one with {option}.",
        option,
    )


def idle_warnings(*scenes: Scene, done: str = "the take") -> tuple[str, ...]:
    """A sentence for each scene that is off: the service may refuse what is to be done."""
    return tuple(
        f"The {_BUS_WORDS[scene.output_type]} scene {name_of(scene)} is off. The service may refuse {done}."
        for scene in scenes
        if not scene.running
    )


def list_scenes(studio: Studio, output_type: str | None = None) -> str:
    """A sentence with the scenes of a studio, all or of one type."""
    scenes: Iterable[Scene] = studio.of_type(output_type) if output_type else studio.scenes
    listed = ", ".join(f"{name_of(scene)} ({_BUS_WORDS[scene.output_type]})" for scene in scenes)
    return f"The studio has {listed}." if listed else "The studio has no such scene."


def name_of(scene: Scene) -> str:
    """The id of a scene, and its name if it has one."""
    return f"{scene.scene_id} '{scene.scene_name}'" if scene.scene_name else scene.scene_id


def refusal(code: str, message: str, hint: str, option: str | None = None) -> LiveError:
    """The end of a task before anything is written."""
    return LiveError(message, code=code, outcome=Outcome.REFUSED, option=option, hint=hint)
