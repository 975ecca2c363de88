# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. A studio as frozen values, normalised from the answers of the API.

Sources: DescribeCasters, DescribeCasterScenes, DescribeCasterSceneAudio, DescribeCasterLayouts and
DescribeCasterComponents of ApsaraVideo Live 2016-11-01. What a scene without configuration answers (missing, empty,
null) is not documented; all of them mean the same here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._errors.error import LiveError
from .._errors.kind import Outcome

PVW = "pvw"
PGM = "pgm"
IDLE = "idle"
RUNNING = "running"
STREAMING = "streaming"

_OUTPUT_TYPES = {"0": PVW, "1": PGM}
_SCENE_STATES = {"0": IDLE, "1": RUNNING}
_STUDIO_STATES = {"0": IDLE, "1": STREAMING}


@dataclass(frozen=True)
class Scene:
    """One scene. `layout_id` is None without a layout; `component_ids` are lowest first.

    `content_hash` stands for what layout and components contain; None where that was not read or is not listed.
    `notes` are lines of the diff about what no field of a scene shows.
    """

    scene_id: str
    scene_name: str
    output_type: str
    status: str
    layout_id: str | None = None
    component_ids: tuple[str, ...] = ()
    content_hash: str | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def running(self) -> bool:
        """True while the scene is on."""
        return self.status == RUNNING

    @property
    def empty(self) -> bool:
        """True when the scene shows neither a layout nor components."""
        return self.layout_id is None and not self.component_ids

    @property
    def content(self) -> tuple[str | None, tuple[str, ...]]:
        """What is compared: two scenes show the same when their contents are equal."""
        return self.layout_id, self.component_ids

    def as_dict(self) -> dict[str, Any]:
        """The scene as users see it in results."""
        return {
            "scene_id": self.scene_id,
            "scene_name": self.scene_name,
            "output_type": self.output_type,
            "status": self.status,
            "layout_id": self.layout_id,
            "component_ids": list(self.component_ids),
        }


@dataclass(frozen=True)
class Studio:
    """A studio and its scenes, told apart by output type, never by position.

    What was not read is None: `has_slate` (standby material is configured), `status` (idle or streaming) and
    `streaming_since`, which is also None while the studio is idle.
    """

    caster_id: str
    scenes: tuple[Scene, ...]
    has_slate: bool | None = None
    status: str | None = None
    streaming_since: str | None = None

    def of_type(self, output_type: str) -> tuple[Scene, ...]:
        """The scenes of one output type."""
        return tuple(scene for scene in self.scenes if scene.output_type == output_type)

    @property
    def repeated(self) -> tuple[str, ...]:
        """The ids that more than one scene has, in order: nobody can say which scene such an id means."""
        counts = Counter(scene.scene_id for scene in self.scenes)
        return tuple(sorted(scene_id for scene_id, count in counts.items() if count > 1))

    def with_id(self, scene_id: str) -> tuple[Scene, ...]:
        """The scenes with this id: one, none, or more in an answer that makes no sense."""
        return tuple(scene for scene in self.scenes if scene.scene_id == scene_id)

    def find(self, scene_id: str) -> Scene | None:
        """The one scene with this id, or None."""
        found = self.with_id(scene_id)
        return found[0] if len(found) == 1 else None


def read_studio(caster_id: str, answer: Mapping[str, Any]) -> Studio:
    """Normalise an answer of DescribeCasterScenes. Raises LiveError when the answer is not what it should be."""
    action = "DescribeCasterScenes"
    return Studio(caster_id, tuple(_read_scene(item) for item in _list_at(action, answer, "SceneList", "Scene")))


def read_casters(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Normalise one page of DescribeCasters to the form that caster_info returns."""
    return [_read_caster(item) for item in _list_at("DescribeCasters", answer, "CasterList", "Caster")]


def read_total(answer: Mapping[str, Any]) -> int | None:
    """How many studios all pages of DescribeCasters hold together, or None when the answer does not say."""
    total = answer.get("Total")
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def read_audio(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Normalise an answer of DescribeCasterSceneAudio."""
    action = "DescribeCasterSceneAudio"
    layers = _optional_list(action, answer, "AudioLayers", "AudioLayer")
    return {
        "follow_enable": _flag(answer.get("FollowEnable")),
        "mix_list": [_text(item) for item in _optional_list(action, answer, "MixList", "LocationId")],
        "layers": [
            {
                "valid_channel": _optional_text(layer.get("ValidChannel")),
                "volume_rate": _number(layer.get("VolumeRate")),
                "fixed_delay_ms": _number(layer.get("FixedDelayDuration")),
            }
            for layer in layers
            if isinstance(layer, Mapping)
        ],
    }


def read_has_slate(answer: Mapping[str, Any]) -> bool:
    """Whether an answer of DescribeCasterConfig names standby material: a picture, a film or a stream."""
    return any(_text(value) for name, value in answer.items() if name.startswith("Urgent"))


def read_start_needs(answer: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether an answer of DescribeCasterConfig names a domain, and any form of transcoding."""
    transcoding = answer.get("TranscodeConfig")
    known = transcoding if isinstance(transcoding, Mapping) else {}
    templates = _optional_list("DescribeCasterConfig", known, "LiveTemplateIds", "LocationId")
    return bool(_text(answer.get("DomainName"))), bool(
        _text(known.get("CasterTemplate")) or known.get("CustomParams") or templates
    )


def read_layouts(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The layouts in an answer of DescribeCasterLayouts as the service shows them, by id."""
    return _by_id("DescribeCasterLayouts", answer, "Layouts", "Layout", "LayoutId")


def read_components(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The components in an answer of DescribeCasterComponents as the service shows them, by id."""
    return _by_id("DescribeCasterComponents", answer, "Components", "Component", "ComponentId")


def _by_id(action: str, answer: Mapping[str, Any], outer: str, inner: str, name: str) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for item in _optional_list(action, answer, outer, inner):
        item_id = _text(item.get(name)) if isinstance(item, Mapping) else ""
        if not item_id:
            raise _bad_answer(action, f"an entry of the list {outer}.{inner} has no {name}")
        found[item_id] = item
    return found


def _read_scene(item: Any) -> Scene:
    action = "DescribeCasterScenes"
    if not isinstance(item, Mapping):
        raise _bad_answer(action, "an entry of the scene list is not an object")
    scene_id = _optional_text(item.get("SceneId"))
    output_type = _OUTPUT_TYPES.get(_text(item.get("OutputType")))
    status = _SCENE_STATES.get(_text(item.get("Status")))
    if not scene_id or output_type is None or status is None:
        raise _bad_answer(action, "a scene has no id, or an output type or status that is not documented")
    return Scene(
        scene_id=scene_id,
        scene_name=_text(item.get("SceneName")),
        output_type=output_type,
        status=status,
        layout_id=_optional_text(item.get("LayoutId")),
        component_ids=tuple(
            text for text in map(_text, _optional_list(action, item, "ComponentIds", "componentId")) if text
        ),
    )


def _read_caster(item: Any) -> dict[str, Any]:
    action = "DescribeCasters"
    if not isinstance(item, Mapping):
        raise _bad_answer(action, "an entry of the studio list is not an object")
    caster_id = _optional_text(item.get("CasterId"))
    status = _STUDIO_STATES.get(_text(item.get("Status")))
    if not caster_id or status is None:
        raise _bad_answer(action, "a studio has no id, or a status that is not documented")
    tags = _optional_list(action, item, "Tags", "tag")
    return {
        "caster_id": caster_id,
        "caster_name": _text(item.get("CasterName")),
        "status": status,
        "norm_type": _number(item.get("NormType")),
        "caster_template": _optional_text(item.get("CasterTemplate")),
        "channel_enable": _flag(item.get("ChannelEnable")),
        "charge_type": _optional_text(item.get("ChargeType")),
        "resource_group_id": _optional_text(item.get("ResourceGroupId")),
        "create_time": _optional_text(item.get("CreateTime")),
        "start_time": _optional_text(item.get("StartTime")),
        "last_modified": _optional_text(item.get("LastModified")),
        "duration": _optional_text(item.get("Duration")),
        "expire_time": _optional_text(item.get("ExpireTime")),
        "tags": {_text(tag.get("TagKey")): _text(tag.get("TagValue")) for tag in tags if isinstance(tag, Mapping)},
    }


def _list_at(action: str, answer: Mapping[str, Any], outer: str, inner: str) -> list[Any]:
    wrapper = answer.get(outer)
    items = wrapper.get(inner) if isinstance(wrapper, Mapping) else None
    if not isinstance(items, list):
        raise _bad_answer(action, f"it lacks the list {outer}.{inner}")
    return items


def _optional_list(action: str, answer: Mapping[str, Any], outer: str, inner: str) -> list[Any]:
    wrapper = answer.get(outer)
    if not wrapper:
        return []
    if isinstance(wrapper, Mapping) and not wrapper.get(inner):
        return []
    return _list_at(action, answer, outer, inner)


def _bad_answer(action: str, what: str) -> LiveError:
    return LiveError(
        f"The answer to {action} cannot be used: {what}.",
        code="InvalidAnswer",
        outcome=Outcome.REFUSED,
        action=action,
        hint="Check that endpoint names ApsaraVideo Live. If it does, report this with the request id.",
    )


def _text(value: Any) -> str:
    if value is None or isinstance(value, (bool, list, Mapping)):
        return ""
    # JSON can spell half a surrogate pair, which no request and no output can hold.
    return str(value).encode("utf-8", "replace").decode()


def _optional_text(value: Any) -> str | None:
    return _text(value) or None


def _number(value: Any) -> int | float | None:
    if isinstance(value, float):
        # Python reads NaN and Infinity, which are no JSON.
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return {"0": False, "1": True}.get(_text(value))
