# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definition of caster_scene_info: the scenes of one studio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .._errors.error import LiveError
from .._errors.kind import Outcome
from .._studio.fingerprint import fingerprint
from .._studio.plan import describe
from .._studio.studio import Scene, Studio, read_audio
from .definition import CONTENT, SCENES, ReadModule, Use
from .options import identifier, required_id, text
from .scope import Scope

if TYPE_CHECKING:
    from .result import Report
    from .task import Context, Task


class Options(NamedTuple):
    """Which scenes are read, and what of them."""

    caster_id: str
    scene_id: str | None
    audio: bool
    content: bool


class SceneInfo(ReadModule[Options]):
    """Scenes of a studio, with their fingerprints, and their audio where it is wanted."""

    name = "caster_scene_info"
    options = {
        "caster_id": {"type": "str", "required": True},
        "scene_id": {"type": "str"},
        "audio": {"type": "bool", "default": False},
        "content": {"type": "bool", "default": False},
    }
    facts = {"caster_id": None, "scenes": []}
    uses = (
        Use(SCENES),
        Use("DescribeCasterSceneAudio", "with `audio: true`"),
        *(Use(name, "with `content: true`") for name in CONTENT),
    )

    def request(self, params: Mapping[str, Any]) -> Options:
        return Options(
            caster_id=required_id(params, "caster_id"),
            scene_id=identifier("scene_id", text(params, "scene_id")),
            audio=bool(params.get("audio")),
            content=bool(params.get("content")),
        )

    def given(self, options: Options) -> dict[str, Any]:
        return {"caster_id": options.caster_id}

    def read(self, options: Options, task: Task, context: Context, report: Report) -> None:
        studio = task.read(options.caster_id, scope=Scope(content=options.content))
        wanted = _wanted(studio, options.scene_id)
        for scene in wanted if options.content else ():
            if scene.content_hash is None:
                context.warn(_not_listed(scene))
        report.facts["scenes"] = [
            {
                **scene.as_dict(),
                "fingerprint": fingerprint(scene, options.content),
                **({"audio": _read_audio(task, options.caster_id, scene)} if options.audio else {}),
            }
            for scene in wanted
        ]


def _wanted(studio: Studio, scene_id: str | None) -> tuple[Scene, ...]:
    if scene_id is None:
        return studio.scenes
    found = studio.with_id(scene_id)
    if not found:
        raise _no_such_scene(scene_id, studio)
    return found


def _read_audio(task: Task, caster_id: str, scene: Scene) -> dict[str, Any]:
    parameters = {"CasterId": caster_id, "SceneId": scene.scene_id}
    return read_audio(task.client.call("DescribeCasterSceneAudio", parameters, task.deadline))


def _not_listed(scene: Scene) -> str:
    return (
        f"Scene {scene.scene_id} shows {describe(scene)}, and the service does not list all of these, so there is no "
        "fingerprint of their content."
    )


def _no_such_scene(scene_id: str, studio: Studio) -> LiveError:
    listed = ", ".join(f"{scene.scene_id} ({scene.output_type})" for scene in studio.scenes) or "none"
    return LiveError(
        f"Scene {scene_id} is not in studio {studio.caster_id}. Its scenes: {listed}.",
        code="InvalidScene.NotFound",
        outcome=Outcome.REFUSED,
        hint="Give one of these ids, or leave scene_id out.",
    )


DEFINITION = SceneInfo()
