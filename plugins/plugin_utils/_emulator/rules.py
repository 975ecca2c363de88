# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What each operation does to a studio. A pure state machine: a studio in, a studio and an answer out.

Every rule stands in RULES with the ground it rests on: DOCUMENTED (a page or the metadata says so), INFERRED (follows
from names, neighbouring facts or old pages), UNKNOWN (nothing found; where it matters, a variant decides).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...module_utils._api.operations import OPERATIONS, Operation
from . import responses
from .operations import SIMULATED
from .refusal import Refusal
from .responses import Body
from .studios import PGM, PVW, Scene, Studio
from .variants import Variants

DOCUMENTED = "documented"
INFERRED = "inferred"
UNKNOWN = "unknown"

_MAX_COMPONENTS = 10
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True)
class Rule:
    """One rule. A rule that refuses has a `code`, or a variant that picks one of `codes`."""

    text: str
    tag: str
    code: str = ""
    variant: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, variants: Variants) -> Refusal:
        """The refusal of this rule under these variants."""
        return Refusal(self.codes[variants[self.variant]] if self.variant else self.code)


_SCENE_IDLE = {"idle_code": "IncorrectSceneStatus.Idle", "bare_code": "IncorrectSceneStatus"}

RULES: dict[str, Rule] = {
    # Common
    "caster_unknown": Rule("A studio that does not exist is refused.", DOCUMENTED, "InvalidCaster.NotFound"),
    "caster_foreign": Rule("A studio of another account is refused.", DOCUMENTED, "IllegalOperation"),
    "scene_unknown": Rule("A scene that is not in the studio is refused.", DOCUMENTED, "InvalidScene.NotFound"),
    "id_malformed": Rule("An id with blanks, control or foreign characters, or too long, counts as missing.", INFERRED),
    "unknown_parameters": Rule("Parameters that the operation does not have are ignored.", INFERRED),
    # Reading
    "scenes_domain": Rule(
        "The scenes of a studio without a domain cannot be read.", DOCUMENTED, "InvalidDomainName.NotFound"
    ),
    "scenes_filter": Rule("An unknown SceneId gives an empty list of scenes.", INFERRED),
    "scenes_empty": Rule("No layout is a missing, empty or null LayoutId; so are the components.", UNKNOWN),
    "scenes_delay": Rule("A reading shows a write at once, or after a delay.", UNKNOWN),
    "casters_filter": Rule("An unknown CasterId gives an empty list of studios.", INFERRED),
    "casters_name": Rule("CasterName finds the studios whose name contains it.", UNKNOWN),
    "casters_times": Rule("StartTime and EndTime filter by creation.", UNKNOWN),
    "casters_page_size": Rule("A page holds 100 studios at most.", UNKNOWN, "InvalidParameter.PageSize"),
    "casters_order": Rule("Studios come newest change first, or oldest first with OrderByModifyAsc.", DOCUMENTED),
    "lists_filter": Rule("An unknown LayoutId or ComponentId gives an empty list.", INFERRED),
    # Studio
    "start_running": Rule("A running studio cannot be started.", UNKNOWN, "IncorrectCasterStatus.Inuse"),
    "start_domain": Rule("A start needs a domain.", DOCUMENTED, "InvalidDomainName.NotFound"),
    "start_template": Rule("A start needs a transcoding template.", INFERRED, "InvalidCasterTemplate.NotFound"),
    "start_scenes": Rule("A start creates missing scenes and starts both.", DOCUMENTED),
    "stop_idle_studio": Rule("An idle studio cannot be stopped.", UNKNOWN, "IncorrectSceneStatus"),
    "stop_studio": Rule("A stop of the studio stops its scenes; they keep ids and configuration.", INFERRED),
    # Starting a scene
    "scene_start_studio_idle": Rule(
        "A scene of an idle studio cannot be started.", DOCUMENTED, "IncorrectCasterStatus.Idle"
    ),
    "scene_start_running": Rule("A running scene cannot be started.", DOCUMENTED, "IncorrectSceneStatus.Inuse"),
    "scene_start_pgm": Rule("Only PVW can be started by itself.", UNKNOWN, "IncorrectSceneStatus"),
    "scene_start_template": Rule("A start needs a template.", INFERRED, "InvalidCasterTemplate.NotFound"),
    "scene_start_layout": Rule("A start needs a layout on the scene.", INFERRED, "InvalidLayout.NotFound"),
    # Stopping a scene
    "stop_pvw": Rule("A stop switches PVW off; PGM and the studio go on; the configuration stays.", INFERRED),
    "stop_idle": Rule("A scene that is off cannot be stopped.", DOCUMENTED, "", "idle_stop", _SCENE_IDLE),
    "stop_pgm": Rule(
        "PGM cannot be stopped by itself.",
        UNKNOWN,
        "",
        "pgm_stop",
        {"scene_status": "IncorrectSceneStatus", "scene_id_malformed": "InvalidSceneId.Malformed"},
    ),
    # Taking
    "copy_bus": Rule("The source must be PVW and the target PGM.", UNKNOWN, "IncorrectSceneStatus"),
    "copy_idle": Rule("Both scenes must be on.", INFERRED, "", "copy_idle", _SCENE_IDLE),
    "copy_replaces": Rule("Layout and components of PGM are replaced by those of PVW, at once.", INFERRED),
    "copy_empty": Rule("An empty PVW empties PGM.", UNKNOWN),
    "copy_audio": Rule("Audio goes along, or stays.", UNKNOWN),
    "copy_standby": Rule("A copy ends standby.", INFERRED),
    # Configuring a scene
    "config_idle": Rule("The scene must be on.", DOCUMENTED, "IncorrectSceneStatus"),
    "config_layout": Rule("The layout must exist.", DOCUMENTED, "InvalidLayout.NotFound"),
    "config_component": Rule("Every component must exist.", DOCUMENTED, "InvalidComponent.NotFound"),
    "config_too_many": Rule("A scene holds ten components at most.", INFERRED, "ComponentNumberExceed"),
    "set_replaces": Rule("Set replaces layout and components.", DOCUMENTED),
    "set_standby": Rule("Set with nothing ends standby and brings the programme back.", INFERRED),
    "update_adds": Rule("Update changes the layout and adds components to those that are there.", INFERRED),
    # Standby
    "urgent_missing": Rule("Standby must be configured.", DOCUMENTED, "InvalidUrgentMaterial.NotFound"),
    "urgent_pgm": Rule("Only PGM can go to standby.", UNKNOWN, "IncorrectSceneStatus"),
    "urgent_idle": Rule("PGM must be on.", INFERRED, "IncorrectSceneStatus.Idle"),
}


@dataclass(frozen=True)
class Turn:
    """One call on one studio: what a rule sees."""

    studio: Studio
    parameters: Mapping[str, str]
    variants: Variants
    now: float

    def refuse(self, rule: str) -> Refusal:
        """The refusal that a rule of RULES stands for."""
        return RULES[rule].refusal(self.variants)

    def scene(self, parameter: str = "SceneId") -> Scene:
        """The scene that a parameter names.

        Raises Refusal when the studio has none of that id.
        """
        scene = self.studio.scene(self.parameters[parameter])
        if scene is None:
            raise self.refuse("scene_unknown")
        return scene

    def changed(self, scene: Scene) -> Studio:
        """The studio with that scene changed, now."""
        return replace(self.studio.with_scene(scene), modified=self.now)


Result = tuple[Studio, Body]


def check_parameters(operation: Operation, parameters: Mapping[str, str]) -> None:
    """Refuse a call that lacks a required parameter, or has an id that is not well formed.

    Raises Refusal with the code that the page of the operation has for it.
    """
    for parameter in SIMULATED[operation.name].parameters:
        value = parameters.get(parameter.name)
        is_id = parameter.name.endswith("Id") and parameter.name not in ("RegionId", "ResourceGroupId")
        if parameter.required and not value:
            raise Refusal(_missing_code(operation, parameter.name), f"{parameter.name} is mandatory for this action.")
        if value and is_id and parameter.form == "plain" and _ID.fullmatch(value) is None:
            raise Refusal(_missing_code(operation, parameter.name), f"The parameter {parameter.name} is not valid.")


def _missing_code(operation: Operation, name: str) -> str:
    # FromSceneId and ToSceneId are scene ids.
    bare = "SceneId" if name.endswith("SceneId") else name
    malformed, documented = f"Invalid{bare}.Malformed", SIMULATED[operation.name].errors
    if malformed in documented:
        return malformed
    if "MissingParameter" in documented:
        return "MissingParameter"
    # A page without either: its 2018 edition had the malformed code.
    return malformed


def describe_casters(studios: list[Studio], parameters: Mapping[str, str], now: float) -> Body:
    """The studios of an account: filtered, ordered, one page."""
    _check_filters(parameters)
    size = _number(parameters, "PageSize", 100)
    page = _number(parameters, "PageNum", 1)
    if size > 100:
        raise RULES["casters_page_size"].refusal(Variants())
    found = [studio for studio in studios if _matches(studio, parameters)]
    ascending = parameters.get("OrderByModifyAsc", "false") == "true"
    found.sort(key=lambda studio: studio.modified, reverse=not ascending)
    return responses.casters(found[(page - 1) * size : page * size], len(found), now)


_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_ALLOWED = {
    "Status": ({"0", "1"}, "InvalidParameter.Status"),
    "ChargeType": ({"0", "1"}, "InvalidParameter.Malformed"),
    "NormType": ({"0", "1", "3", "4", "6"}, "InvalidParameter.Malformed"),
    "OrderByModifyAsc": ({"true", "false"}, "InvalidParameter.Malformed"),
}


def _check_filters(parameters: Mapping[str, str]) -> None:
    for name, (allowed, code) in _ALLOWED.items():
        if name in parameters and parameters[name] not in allowed:
            raise Refusal(code, f"The parameter {name} is not valid.")
    for name in ("StartTime", "EndTime"):
        if name in parameters and _MOMENT.fullmatch(parameters[name]) is None:
            raise Refusal(f"InvalidParameter.{name}", f"The parameter {name} is not valid.")


def _number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise Refusal(f"InvalidParameter.{name}", f"The parameter {name} is not valid.")
    return int(text)


def _matches(studio: Studio, parameters: Mapping[str, str]) -> bool:
    created = responses.utc(studio.created)
    wanted = {
        "CasterId": studio.caster_id,
        "Status": str(int(studio.streaming)),
        "NormType": str(studio.norm_type),
        "ChargeType": "1" if studio.charge_type == "PostPaid" else "0",
        "ResourceGroupId": studio.resource_group_id,
    }
    return (
        all(parameters.get(name) in (None, "", value) for name, value in wanted.items())
        and parameters.get("CasterName", "") in studio.caster_name
        and parameters.get("StartTime", created) <= created <= parameters.get("EndTime", created)
        and all(studio.tags.get(key) == value for key, value in _tags(parameters))
    )


def _tags(parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    keys = [name for name in parameters if re.fullmatch(r"Tag\.\d+\.Key", name)]
    return [(parameters[name], parameters.get(name[:-3] + "Value", "")) for name in keys]


def _describe_scenes(turn: Turn) -> Result:
    if not turn.studio.domain:
        raise turn.refuse("scenes_domain")
    wanted = turn.parameters.get("SceneId")
    chosen = [scene for scene in turn.studio.scenes if not wanted or scene.scene_id == wanted]
    return turn.studio, responses.scenes(turn.studio, chosen, turn.variants["empty_layout"])


def _describe_audio(turn: Turn) -> Result:
    return turn.studio, responses.audio(turn.studio, turn.scene())


def _describe_config(turn: Turn) -> Result:
    return turn.studio, responses.config(turn.studio)


def _describe_layouts(turn: Turn) -> Result:
    return turn.studio, responses.layouts(_with_id(turn.studio.layouts, "layout_id", turn.parameters.get("LayoutId")))


def _describe_components(turn: Turn) -> Result:
    chosen = _with_id(turn.studio.components, "component_id", turn.parameters.get("ComponentId"))
    return turn.studio, responses.components(chosen)


def _with_id(entries: tuple[Mapping[str, Any], ...], name: str, wanted: str | None) -> list[Mapping[str, Any]]:
    return [entry for entry in entries if not wanted or entry[name] == wanted]


def _start_caster(turn: Turn) -> Result:
    studio = turn.studio
    if studio.streaming:
        raise turn.refuse("start_running")
    if not studio.domain:
        raise turn.refuse("start_domain")
    if not studio.template:
        raise turn.refuse("start_template")
    scenes = [replace(scene, running=True) for scene in studio.scenes]
    for bus in (PVW, PGM):
        if not any(scene.output_type == bus for scene in scenes):
            scenes.append(Scene(f"{studio.caster_id}-{bus}", bus, scene_name=bus, running=True))
    started = replace(studio, streaming=True, scenes=tuple(scenes), started=turn.now, modified=turn.now)
    return started, responses.started_caster(started)


def _stop_caster(turn: Turn) -> Result:
    if not turn.studio.streaming:
        raise turn.refuse("stop_idle_studio")
    scenes = tuple(replace(scene, running=False, standby=False) for scene in turn.studio.scenes)
    return replace(turn.studio, streaming=False, scenes=scenes, started=None, modified=turn.now), {}


def _start_scene(turn: Turn) -> Result:
    scene = turn.scene()
    if not turn.studio.streaming:
        raise turn.refuse("scene_start_studio_idle")
    if scene.output_type != PVW:
        raise turn.refuse("scene_start_pgm")
    if scene.running:
        raise turn.refuse("scene_start_running")
    if not turn.studio.template:
        raise turn.refuse("scene_start_template")
    if not scene.layout_id:
        raise turn.refuse("scene_start_layout")
    return turn.changed(replace(scene, running=True)), responses.started_scene(turn.studio, scene)


def _stop_scene(turn: Turn) -> Result:
    scene = turn.scene()
    if scene.output_type != PVW:
        raise turn.refuse("stop_pgm")
    if not scene.running:
        raise turn.refuse("stop_idle")
    return turn.changed(replace(scene, running=False)), {}


def _copy_scene(turn: Turn) -> Result:
    source, target = turn.scene("FromSceneId"), turn.scene("ToSceneId")
    if source.output_type != PVW or target.output_type != PGM:
        raise turn.refuse("copy_bus")
    if not (source.running and target.running):
        raise turn.refuse("copy_idle")
    audio = source.audio if turn.variants["copy_audio"] == "with" else target.audio
    on_air = replace(target, layout_id=source.layout_id, component_ids=source.component_ids, audio=audio, standby=False)
    return turn.changed(on_air), {}


def _set_scene(turn: Turn) -> Result:
    scene = turn.scene()
    layout, components = _wanted_config(turn, scene)
    if scene.standby and not layout and not components:
        return turn.changed(replace(scene, standby=False)), {}
    return turn.changed(replace(scene, layout_id=layout, component_ids=components, standby=False)), {}


def _update_scene(turn: Turn) -> Result:
    scene = turn.scene()
    layout, added = _wanted_config(turn, scene)
    components = scene.component_ids + tuple(item for item in added if item not in scene.component_ids)
    if len(components) > _MAX_COMPONENTS:
        raise turn.refuse("config_too_many")
    return turn.changed(replace(scene, layout_id=layout, component_ids=components)), {}


def _wanted_config(turn: Turn, scene: Scene) -> tuple[str | None, tuple[str, ...]]:
    layout = turn.parameters.get("LayoutId") or None
    components = _listed(turn.parameters, "ComponentId")
    if not scene.running:
        raise turn.refuse("config_idle")
    if layout and not _with_id(turn.studio.layouts, "layout_id", layout):
        raise turn.refuse("config_layout")
    if len(components) > _MAX_COMPONENTS:
        raise turn.refuse("config_too_many")
    if not all(_with_id(turn.studio.components, "component_id", item) for item in components):
        raise turn.refuse("config_component")
    return layout, components


def _listed(parameters: Mapping[str, str], name: str) -> tuple[str, ...]:
    numbered = [(int(key[len(name) + 1 :]), key) for key in parameters if re.fullmatch(rf"{name}\.\d+", key)]
    return tuple(parameters[key] for _unused, key in sorted(numbered))


def _urgent(turn: Turn) -> Result:
    scene = turn.scene()
    if scene.output_type != PGM:
        raise turn.refuse("urgent_pgm")
    if not scene.running:
        raise turn.refuse("urgent_idle")
    if not turn.studio.urgent:
        raise turn.refuse("urgent_missing")
    return turn.changed(replace(scene, standby=True)), {}


_HANDLERS: dict[str, Callable[[Turn], Result]] = {
    "DescribeCasterScenes": _describe_scenes,
    "DescribeCasterSceneAudio": _describe_audio,
    "DescribeCasterConfig": _describe_config,
    "DescribeCasterLayouts": _describe_layouts,
    "DescribeCasterComponents": _describe_components,
    "StartCaster": _start_caster,
    "StopCaster": _stop_caster,
    "StartCasterScene": _start_scene,
    "StopCasterScene": _stop_scene,
    "CopyCasterSceneConfig": _copy_scene,
    "SetCasterSceneConfig": _set_scene,
    "UpdateCasterSceneConfig": _update_scene,
    "EffectCasterUrgent": _urgent,
}

# These show a write only after the delay of the variant `visibility`.
DELAYED_READS = frozenset({"DescribeCasters", "DescribeCasterScenes"})

SERVED = frozenset({"DescribeCasters", *_HANDLERS}) & frozenset(OPERATIONS)


def carry_out(action: str, turn: Turn) -> Result:
    """Carry one operation out: the studio afterwards and the answer without its request id.

    Raises Refusal.
    """
    return _HANDLERS[action](turn)
