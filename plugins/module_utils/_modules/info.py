# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What do the modules that only read answer?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors.error import LiveError
from .._studio.fingerprint import fingerprint
from .._studio.plan import describe
from .._studio.studio import Scene, Studio, read_audio
from .account import all_casters
from .options import caster_info_options, scene_info_options
from .result import Report
from .task import Context, Task


def caster_info(params: Mapping[str, Any], context: Context, report: Report) -> None:
    """Do the work of caster_info. Raises LiveError."""
    options = caster_info_options(params)
    filters = {
        "CasterId": options.caster_id,
        "CasterName": options.caster_name,
        "Status": {"idle": 0, "streaming": 1}.get(options.status or ""),
    }
    with Task(params, context, report.api_calls) as task:
        casters = all_casters(task, filters, context.warn)
    # Whether the service matches names exactly is not documented, so the match is made exact here.
    report.facts["casters"] = [
        caster
        for caster in casters
        if options.caster_id in (None, caster["caster_id"])
        and options.caster_name in (None, caster["caster_name"])
        and options.status in (None, caster["status"])
    ]


def scene_info(params: Mapping[str, Any], context: Context, report: Report) -> None:
    """Do the work of caster_scene_info. Raises LiveError."""
    options = scene_info_options(params)
    report.facts["caster_id"] = options.caster_id
    with Task(params, context, report.api_calls) as task:
        studio = task.read(options.caster_id, content=options.content)
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
        outcome="refused",
        hint="Give one of these ids, or leave scene_id out.",
    )
