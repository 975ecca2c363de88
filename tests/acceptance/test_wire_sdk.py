# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official SDK, unchanged, drives every operation of the emulator and understands every answer.

What the SDK cannot be brought to do (a used nonce, a wrong clock) is done by hand.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# A missing SDK is an error here, not a reason to skip: this suite is what proves the emulator.
from alibabacloud_live20161101 import models
from alibabacloud_live20161101.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException, ThrottlingException
from alibabacloud_tea_openapi.models import Config
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import VARIANTS, Emulator
from ansible_collections.apsara.live.tests.support.raw_request import RawClient
from ansible_collections.apsara.live.tests.support.studios import CASTER, PGM, PVW, document

Call = Callable[..., Any]
BOTH = {"caster_id": CASTER, "from_scene_id": PVW, "to_scene_id": PGM}
STOP = {"caster_id": CASTER, "scene_id": PVW}


def sdk(
    emulator: Emulator,
    key: str = "rehearsal-key",
    secret: str = "rehearsal-secret",
    token: str = "",
    *,
    asynchronous: bool = False,
) -> Call:
    """Calls an operation by its API name through the SDK; returns the model of the answer's body."""
    config = Config(access_key_id=key, access_key_secret=secret, endpoint=emulator.endpoint.partition("//")[2])
    config.protocol = "http"
    if token:
        config.security_token = token
    client = Client(config)

    def call(action: str, **parameters: Any) -> Any:
        request = getattr(models, f"{action}Request")(**parameters)
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
        response = (
            asyncio.run(getattr(client, f"{method}_async")(request))
            if asynchronous
            else getattr(client, method)(request)
        )
        assert response.status_code == 200
        return response.body

    return call


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(document()) as running:
        yield running


@pytest.fixture
def call(emulator: Emulator) -> Call:
    return sdk(emulator)


COMPLETE: dict[str, dict[str, Any]] = {
    "DescribeCasters": {"caster_name": "Test stage", "page_num": 1, "page_size": 10, "status": 1},
    "DescribeCasterScenes": {"caster_id": CASTER, "region_id": "cn-shanghai"},
    "DescribeCasterSceneAudio": STOP,
    "DescribeCasterConfig": {"caster_id": CASTER},
    "DescribeCasterLayouts": {"caster_id": CASTER, "layout_id": "layout-next"},
    "DescribeCasterComponents": {"caster_id": CASTER},
    "StartCaster": {"caster_id": CASTER},
    "StopCaster": {"caster_id": CASTER},
    "StartCasterScene": STOP,
    "StopCasterScene": STOP,
    "CopyCasterSceneConfig": BOTH,
    "SetCasterSceneConfig": {**STOP, "layout_id": "layout-spare", "component_id": ["clock", "logo"]},
    "UpdateCasterSceneConfig": {**STOP, "layout_id": "layout-spare", "component_id": ["clock"]},
    "EffectCasterUrgent": {"caster_id": CASTER, "scene_id": PGM},
}
BENT: dict[str, dict[str, Any]] = {
    "StartCaster": {"status": "idle", "pvw": {"status": "idle"}, "pgm": {"status": "idle"}},
    "StartCasterScene": {"pvw": {"status": "idle"}},
}


def missing_from_model(body: Any, raw: Any) -> list[str]:
    """Keys of the JSON that the SDK's model did not take over: a wrong name or a wrong shape."""
    if isinstance(raw, dict):
        taken = body if isinstance(body, dict) else {}
        lost = [key for key in raw if key not in taken]
        return lost + [name for key in raw if key in taken for name in missing_from_model(taken[key], raw[key])]
    if isinstance(raw, list):
        if not isinstance(body, list) or len(body) != len(raw):
            return ["a list"]
        return [name for left, right in zip(body, raw) for name in missing_from_model(left, right)]
    return [] if type(body) is type(raw) and body == raw else [repr(raw)]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("action", sorted(OPERATIONS))
def test_the_sdk_drives_the_operation_and_takes_every_field_of_the_answer(action: str, asynchronous: bool) -> None:
    with Emulator(document(**BENT.get(action, {}))) as emulator:
        body = sdk(emulator, asynchronous=asynchronous)(action, **COMPLETE[action])
        assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", body.request_id)
        (entry,) = emulator.journal()
        assert (entry["action"], entry["outcome"], entry["request_id"]) == (action, "ok", body.request_id)
        assert entry["effect"] == OPERATIONS[action].writes
    with Emulator(document(**BENT.get(action, {}))) as emulator:
        raw = RawClient(emulator.endpoint).call(action, entry["parameters"]).json
    model = getattr(models, f"{action}ResponseBody")().from_map(raw).to_map()
    assert missing_from_model(model, raw) == []


def test_a_show_through_the_sdk(call: Call, emulator: Emulator) -> None:
    def scenes() -> tuple[Any, Any]:
        pvw, pgm = call("DescribeCasterScenes", caster_id=CASTER).scene_list.scene
        assert (pvw.output_type, pgm.output_type) == ("0", "1")
        return pvw, pgm

    pvw, pgm = scenes()
    assert (pvw.layout_id, pgm.layout_id, pvw.status, pgm.status) == ("layout-next", "layout-now", 1, 1)
    assert pvw.component_ids.component_id == ["logo", "lower-third"]
    call("CopyCasterSceneConfig", **BOTH)
    pvw, pgm = scenes()
    assert (pgm.layout_id, pgm.component_ids.component_id) == ("layout-next", ["logo", "lower-third"])
    call("SetCasterSceneConfig", **COMPLETE["SetCasterSceneConfig"])
    pvw, pgm = scenes()
    assert (pvw.layout_id, pvw.component_ids.component_id) == ("layout-spare", ["clock", "logo"])
    assert pgm.layout_id == "layout-next"
    call("StopCasterScene", **STOP)
    pvw, pgm = scenes()
    assert (pvw.status, pgm.status) == (0, 1)
    assert call("StartCasterScene", **STOP).stream_url.startswith("rtmp://")
    call("StopCaster", caster_id=CASTER)
    (caster,) = call("DescribeCasters").caster_list.caster
    assert (caster.status, caster.start_time) == (0, None)
    started = call("StartCaster", caster_id=CASTER)
    assert started.pgm_scene_infos.scene_info[0].stream_infos.stream_info[0].output_stream_url
    assert call("DescribeCasters").caster_list.caster[0].status == 1
    assert {entry["outcome"] for entry in emulator.journal()} == {"ok"}


@pytest.mark.parametrize("name", ["Test stage", "a+b & c=d", "50%/*~", "Bühne 直播"])
def test_the_sdks_own_encoding_verifies(call: Call, emulator: Emulator, name: str) -> None:
    call("DescribeCasters", caster_name=name, tag=[models.DescribeCastersRequestTag(key="a b", value="ü+")])
    assert emulator.journal()[0]["parameters"] == {"CasterName": name, "Tag.1.Key": "a b", "Tag.1.Value": "ü+"}


def test_a_temporary_key(emulator: Emulator) -> None:
    call = sdk(emulator, "STS.rehearsal-key", "rehearsal-sts-secret", "rehearsal-token")
    assert call("DescribeCasters").total == 1


@pytest.mark.parametrize("empty_layout", VARIANTS["empty_layout"])
def test_an_empty_scene_is_understood(empty_layout: str) -> None:
    empty: dict[str, Any] = {"layout_id": None, "component_ids": []}
    with Emulator(document(pvw=empty), variants={"empty_layout": empty_layout}) as emulator:
        pvw = sdk(emulator)("DescribeCasterScenes", caster_id=CASTER).scene_list.scene[0]
    assert not pvw.layout_id
    assert not (pvw.component_ids and pvw.component_ids.component_id)


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, str], int, str]] = [
    ("StopCasterScene", {"scene_id": PVW}, {}, {}, 400, "InvalidCasterId.Malformed"),
    ("StopCasterScene", {"caster_id": CASTER}, {}, {}, 400, "InvalidSceneId.Malformed"),
    ("UpdateCasterSceneConfig", STOP, {}, {}, 400, "MissingParameter"),
    ("StopCasterScene", {**STOP, "caster_id": "nowhere"}, {}, {}, 404, "InvalidCaster.NotFound"),
    ("StopCasterScene", {**STOP, "scene_id": "nowhere"}, {}, {}, 404, "InvalidScene.NotFound"),
    ("StopCasterScene", STOP, {"pvw": {"status": "idle"}}, {}, 400, "IncorrectSceneStatus.Idle"),
    ("StopCasterScene", STOP, {"pvw": {"status": "idle"}}, {"idle_stop": "bare_code"}, 400, "IncorrectSceneStatus"),
    ("StopCasterScene", {**STOP, "scene_id": PGM}, {}, {}, 400, "IncorrectSceneStatus"),
    (
        "StopCasterScene",
        {**STOP, "scene_id": PGM},
        {},
        {"pgm_stop": "scene_id_malformed"},
        400,
        "InvalidSceneId.Malformed",
    ),
    ("CopyCasterSceneConfig", BOTH, {"pgm": {"status": "idle"}}, {}, 400, "IncorrectSceneStatus.Idle"),
    ("CopyCasterSceneConfig", BOTH, {"owner": "2000000000000002"}, {}, 401, "IllegalOperation"),
    ("DescribeCasterScenes", {"caster_id": CASTER}, {"domain": None}, {}, 404, "InvalidDomainName.NotFound"),
    ("DescribeCasters", {"page_size": 0}, {}, {}, 400, "InvalidParameter.PageSize"),
    ("EffectCasterUrgent", {**STOP, "scene_id": PGM}, {"urgent": None}, {}, 404, "InvalidUrgentMaterial.NotFound"),
    ("StartCaster", {"caster_id": CASTER}, {}, {}, 400, "IncorrectCasterStatus.Inuse"),
]


@pytest.mark.parametrize(("action", "parameters", "bend", "variants", "status", "code"), REFUSED)
def test_refusals_reach_the_sdks_caller(
    action: str, parameters: dict[str, Any], bend: dict[str, Any], variants: dict[str, str], status: int, code: str
) -> None:
    with Emulator(document(**bend), variants=variants) as emulator:
        with pytest.raises(ClientException) as caught:
            sdk(emulator)(action, **parameters)
        (entry,) = emulator.journal()
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert caught.value.request_id == entry["request_id"]
    assert not entry["effect"]


@pytest.mark.parametrize(
    ("variant", "status"), [("forbidden_ram", 403), ("no_permission", 403), ("forbidden_401", 401)]
)
def test_a_denial_comes_with_its_details(variant: str, status: int) -> None:
    with Emulator(document(), variants={"ram_denial": variant}) as emulator, pytest.raises(ClientException) as caught:
        sdk(emulator, "viewer-key", "viewer-secret")("StopCasterScene", **STOP)
    assert caught.value.status_code == status
    assert caught.value.access_denied_detail["AuthAction"] == "live:StopCasterScene"


def test_wrong_identities(emulator: Emulator) -> None:
    for key, secret, token, status, code in (
        ("rehearsal-key", "wrong-secret", "", 400, "SignatureDoesNotMatch"),
        ("nobody", "rehearsal-secret", "", 404, "InvalidAccessKeyId.NotFound"),
        ("STS.rehearsal-key", "rehearsal-sts-secret", "", 400, "MissingSecurityToken"),
        ("STS.rehearsal-key", "rehearsal-sts-secret", "nonsense", 400, "InvalidSecurityToken.Malformed"),
    ):
        with pytest.raises(ClientException) as caught:
            sdk(emulator, key, secret, token)("DescribeCasters")
        assert (caught.value.status_code, caught.value.code) == (status, code)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_sixteen_minutes_off(minutes: int) -> None:
    def clock() -> float:
        return time.time() + 60 * minutes

    with Emulator(document(), clock=clock) as emulator, pytest.raises(ClientException) as caught:
        sdk(emulator)("DescribeCasters")
    assert (caught.value.status_code, caught.value.code) == (400, "InvalidTimeStamp.Expired")


def test_a_used_nonce(emulator: Emulator) -> None:
    client = RawClient(emulator.endpoint)
    assert client.call("DescribeCasters", nonce="once").status == 200
    answer = client.call("DescribeCasters", nonce="once")
    assert (answer.status, answer.code) == (400, "SignatureNonceUsed")


@pytest.mark.parametrize("action", [name for name, operation in sorted(OPERATIONS.items())])
def test_one_call_too_many_in_a_second(action: str) -> None:
    """The 11th write, the 16th reading. Refusals by the state count too: they went through the gate.

    A round that took a second or more says nothing about the limit, so a busy machine gets further rounds.
    """
    for _round in range(20):
        outcomes, seconds = _burst(action, OPERATIONS[action].qps + 1)
        if seconds < 1:
            break
    assert seconds < 1, "this machine is too slow for the test to say anything"
    assert "Throttling.User" not in outcomes[:-1]
    assert outcomes[-1] == "Throttling.User"


def _burst(action: str, calls: int) -> tuple[list[str], float]:
    outcomes: list[str] = []
    with Emulator(document()) as emulator:
        call = sdk(emulator)
        start = time.monotonic()
        for _number in range(calls):
            try:
                call(action, **COMPLETE[action])
                outcomes.append("ok")
            except ClientException as error:
                outcomes.append(error.code)
        return outcomes, time.monotonic() - start


def test_throttling_and_server_errors_are_told_apart(emulator: Emulator, call: Call) -> None:
    emulator.add_faults([{"kind": "throttle", "retry_after_ms": 1500}, {"kind": "throttle"}, {"kind": "error_500"}])
    with pytest.raises(ThrottlingException) as throttled:
        call("DescribeCasters")
    assert throttled.value.retry_after == 1500
    with pytest.raises(ClientException) as refused:
        call("DescribeCasters")
    assert refused.value.code == "Throttling.User"
    with pytest.raises(ServerException) as failed:
        call("DescribeCasters")
    assert (failed.value.status_code, failed.value.code) == (500, "InternalError")
    assert call("DescribeCasters").total == 1
