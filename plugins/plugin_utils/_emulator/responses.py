# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Responses: studios and errors in the JSON shapes of the API.

Source: the response fields of the official SDK alibabacloud-live20161101 and the API metadata of the operations.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .refusal import Refusal
from .studios import PGM, PVW, Scene, Studio

Body = dict[str, Any]


def encode(body: Any) -> bytes:
    """JSON as the service writes it: UTF-8, no blanks."""
    # A client may have sent bytes that are no text, and they are echoed.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")


def new_id() -> str:
    """A request id as the service makes it."""
    return str(uuid.uuid4()).upper()


def error(refusal: Refusal, request_id: str, host: str) -> Body:
    """The body of a refused call."""
    body: Body = {
        "RequestId": request_id,
        "HostId": host,
        "Code": refusal.code,
        "Message": refusal.message,
        "Recommend": f"https://api.aliyun.com/troubleshoot?q={refusal.code}&product=live&requestId={request_id}",
    }
    if refusal.detail:
        body["AccessDeniedDetail"] = refusal.detail
    return body


def access_denied(ram_action: str, account_id: str, key_id: str) -> Body:
    """AccessDeniedDetail of a RAM denial."""
    return {
        "AuthAction": ram_action,
        "AuthPrincipalType": "AssumedRoleUser" if key_id.startswith("STS.") else "SubUser",
        "AuthPrincipalOwnerId": account_id,
        "AuthPrincipalDisplayName": "rehearsal-user",
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "NoPermissionType": "ImplicitDeny",
        "EncodedDiagnosticMessage": "cmVoZWFyc2Fs",
    }


def casters(studios: list[Studio], total: int, now: float) -> Body:
    """The answer of DescribeCasters; `studios` is one page of `total`."""
    return {"CasterList": {"Caster": [_caster(studio, now) for studio in studios]}, "Total": total}


def scenes(studio: Studio, chosen: list[Scene], empty_layout: str) -> Body:
    """The answer of DescribeCasterScenes. `empty_layout` says how nothing is written: missing, empty or null."""
    listed = [_scene(studio, scene, empty_layout) for scene in chosen]
    return {"SceneList": {"Scene": listed}, "Total": len(listed)}


def audio(studio: Studio, scene: Scene) -> Body:
    """The answer of DescribeCasterSceneAudio."""
    layers = list(scene.audio.get("layers", ()))
    return {
        "CasterId": studio.caster_id,
        "FollowEnable": int(scene.audio.get("follow_enable", 1)),
        "AudioLayers": {"AudioLayer": [_audio_layer(layer) for layer in layers]},
        "MixList": {"LocationId": [str(layer.get("location_id", "")) for layer in layers]},
    }


def config(studio: Studio) -> Body:
    """The answer of DescribeCasterConfig."""
    body: Body = {
        "CasterId": studio.caster_id,
        "CasterName": studio.caster_name,
        "ChannelEnable": studio.channel_enable,
        "Delay": 0.0,
        "DomainName": studio.domain or "",
        "ProgramEffect": 0,
        "ProgramName": "",
        "AutoSwitchUrgentOn": "false",
        "SideOutputUrl": "",
        "SideOutputUrlList": "[]",
        "TranscodeConfig": {"LiveTemplateIds": {"LocationId": []}},
        "RecordConfig": {"OnDemand": 7, "RecordFormat": {"RecordFormat": []}},
        "SyncGroupsConfig": {"SyncGroup": []},
    }
    if studio.template:
        body["TranscodeConfig"]["CasterTemplate"] = studio.template
    for name, key in (
        ("material_id", "UrgentMaterialId"),
        ("image_id", "UrgentImageId"),
        ("image_url", "UrgentImageUrl"),
        ("live_stream_url", "UrgentLiveStreamUrl"),
    ):
        if studio.urgent.get(name):
            body[key] = str(studio.urgent[name])
    return body


def layouts(chosen: list[Mapping[str, Any]]) -> Body:
    """The answer of DescribeCasterLayouts."""
    return {"Layouts": {"Layout": [_layout(layout) for layout in chosen]}, "Total": len(chosen)}


def components(chosen: list[Mapping[str, Any]]) -> Body:
    """The answer of DescribeCasterComponents."""
    return {"Components": {"Component": [_component(entry) for entry in chosen]}, "Total": len(chosen)}


def started_caster(studio: Studio) -> Body:
    """The answer of StartCaster: ids and addresses of the scenes."""
    pvw = [_started_scene(studio, scene) for scene in studio.scenes if scene.output_type == PVW]
    pgm = [
        {**_started_scene(studio, scene), "StreamInfos": {"StreamInfo": _streams(studio, scene, "lsd")}}
        for scene in studio.scenes
        if scene.output_type == PGM
    ]
    return {"PvwSceneInfos": {"SceneInfo": pvw}, "PgmSceneInfos": {"SceneInfo": pgm}}


def started_scene(studio: Studio, scene: Scene) -> Body:
    """The answer of StartCasterScene."""
    return {"StreamUrl": _monitor(studio, scene)}


def _started_scene(studio: Studio, scene: Scene) -> Body:
    return {"SceneId": scene.scene_id, "StreamUrl": _monitor(studio, scene)}


def _caster(studio: Studio, now: float) -> Body:
    body: Body = {
        "CasterId": studio.caster_id,
        "CasterName": studio.caster_name,
        "Status": int(studio.streaming),
        "NormType": studio.norm_type,
        "ChargeType": studio.charge_type,
        "ChannelEnable": studio.channel_enable,
        "ResourceGroupId": studio.resource_group_id,
        "CreateTime": _blank_time(studio.created),
        "PurchaseTime": _blank_time(studio.created),
        "LastModified": utc(studio.modified),
        "Tags": {"tag": [{"TagKey": key, "TagValue": value} for key, value in studio.tags.items()]},
    }
    if studio.template:
        body["CasterTemplate"] = studio.template
    if studio.started is not None:
        body["StartTime"] = _blank_time(studio.started)
        body["Duration"] = _duration(now - studio.started)
    return body


def _scene(studio: Studio, scene: Scene, empty_layout: str) -> Body:
    body: Body = {
        "SceneId": scene.scene_id,
        "SceneName": scene.scene_name,
        "OutputType": "0" if scene.output_type == PVW else "1",
        "Status": int(scene.running),
        "StreamUrl": _monitor(studio, scene),
        "StreamInfos": {"StreamInfo": _streams(studio, scene, "sd") if scene.output_type == PGM else []},
    }
    if scene.layout_id or empty_layout != "missing":
        body["LayoutId"] = scene.layout_id or ("" if empty_layout == "empty" else None)
    if scene.component_ids or empty_layout != "missing":
        listed = list(scene.component_ids) or ([] if empty_layout == "empty" else None)
        body["ComponentIds"] = {"componentId": listed}
    return body


def _monitor(studio: Studio, scene: Scene) -> str:
    return f"rtmp://{studio.domain}/caster/{scene.scene_id}"


def _streams(studio: Studio, scene: Scene, transcode: str) -> list[Body]:
    return [
        {
            "OutputStreamUrl": f"http://{studio.domain}/caster/{scene.scene_id}_{transcode}.{form}",
            "TranscodeConfig": transcode,
            "VideoFormat": form,
        }
        for form in ("flv", "m3u8")
    ]


def _audio_layer(layer: Mapping[str, Any]) -> Body:
    return {
        "FixedDelayDuration": int(layer.get("fixed_delay_ms", 0)),
        "ValidChannel": str(layer.get("valid_channel", "all")),
        "VolumeRate": float(layer.get("volume", 1.0)),
    }


def _layout(layout: Mapping[str, Any]) -> Body:
    video = [entry for entry in layout.get("video_layers") or () if isinstance(entry, Mapping)]
    sound = [entry for entry in layout.get("audio_layers") or () if isinstance(entry, Mapping)]
    return {
        "LayoutId": str(layout["layout_id"]),
        "VideoLayers": {"VideoLayer": [_video_layer(layer) for layer in video]},
        "BlendList": {"LocationId": [str(layer.get("location_id", "")) for layer in video]},
        "AudioLayers": {"AudioLayer": [_audio_layer(layer) for layer in sound]},
        "MixList": {"LocationId": [str(layer.get("location_id", "")) for layer in sound]},
    }


def _video_layer(layer: Mapping[str, Any]) -> Body:
    return {
        "FillMode": str(layer.get("fill_mode", "none")),
        "FixedDelayDuration": int(layer.get("fixed_delay_ms", 0)),
        "HeightNormalized": float(layer.get("height", 1.0)),
        "WidthNormalized": float(layer.get("width", 1.0)),
        "PositionNormalizeds": {"Position": [float(number) for number in layer.get("position", (0.0, 0.0))]},
        "PositionRefer": str(layer.get("position_refer", "topLeft")),
    }


def _component(entry: Mapping[str, Any]) -> Body:
    kind = str(entry.get("type", "text"))
    body: Body = {
        "ComponentId": str(entry["component_id"]),
        "ComponentName": str(entry.get("name", "")),
        "ComponentType": kind,
        "Effect": "none",
        "LocationId": str(entry.get("location_id", "RC01")),
        "ComponentLayer": {
            "HeightNormalized": float(entry.get("height", 0.1)),
            "WidthNormalized": float(entry.get("width", 0.2)),
            "PositionNormalizeds": {"Position": [float(number) for number in entry.get("position", (0.0, 0.0))]},
            "PositionRefer": str(entry.get("position_refer", "topLeft")),
            "Transparency": int(entry.get("transparency", 255)),
        },
    }
    if kind == "text":
        body["TextLayerContent"] = {"Text": str(entry.get("text", "")), "Color": "0xffffff", "SizeNormalized": 0.05}
    elif kind == "image":
        body["ImageLayerContent"] = {"MaterialId": str(entry.get("material_id", ""))}
    return body


def utc(moment: float) -> str:
    """A moment as yyyy-MM-ddTHH:mm:ssZ."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _blank_time(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d %H:%M:%S.0")


def _duration(seconds: float) -> str:
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
