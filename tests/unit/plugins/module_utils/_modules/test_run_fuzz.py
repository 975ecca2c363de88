# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever comes back from the network, a task ends in time with a whole result: a right one or a clear failure."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from ansible_collections.apsara.live.tests.support.raw_server import RawServer, http, raw
from ansible_collections.apsara.live.tests.support.run_task import DEADLINE, WAIT, run_task
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

DEFINITIONS = definitions()
# What a module is asked beyond the id of a studio, to reach more of it.
MORE = {
    "caster": {"state": "stopped"},
    "caster_info": {"caster_id": None},
    "caster_scene_info": {"audio": True, "content": True},
    "caster_scene_config": {"layout_id": "layout-b", "component_ids": []},
    "caster_scene_config_copy": {"expect": {"layout_id": "layout-b"}},
}
OF_A_WRITE = {"before", "after", "reason", "request_id"}
FAILURE_KEYS = {"failed", "msg", "error"}
ERROR_KEYS = {
    *("code", "message", "http_status", "request_id", "action", "option", "hint", "recommend", "retryable"),
    "outcome",
}
SCENE_KEYS = {"scene_id", "scene_name", "output_type", "status", "layout_id", "component_ids"}
CALL_KEYS = {"action", "attempts", "throttled", "http_status", "request_id", "elapsed_ms"}
WRITES = {operation.name for operation in OPERATIONS.values() if operation.writes}

SCENES = [
    {"SceneId": "scene-pgm", "OutputType": "1", "Status": 1, "LayoutId": "layout-b"},
    {
        "SceneId": "scene-pvw",
        "SceneName": "Preview",
        "OutputType": "0",
        "Status": 1,
        "LayoutId": "layout-a",
        "ComponentIds": {"componentId": ["logo"]},
    },
]
STUDIO = {
    "RequestId": "REQ-1",
    "SceneList": {"Scene": SCENES},
    "CasterList": {"Caster": [{"CasterId": "studio-main", "CasterName": "Main stage", "Status": 1}]},
    "Total": 1,
    "FollowEnable": 1,
    "UrgentMaterialId": "card",
    "Layouts": {"Layout": [{"LayoutId": "layout-a"}, {"LayoutId": "layout-b", "MixList": {"LocationId": ["RV01"]}}]},
    "Components": {"Component": [{"ComponentId": "logo", "ComponentLayer": {"HeightNormalized": 0.5}}]},
}


class Script:
    """What the server answers, one after the other; the last answer stays."""

    def __init__(self) -> None:
        self.answers: list[bytes] = [b""]

    def __call__(self, wire: Any) -> None:
        raw(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(wire)


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def server(script: Script) -> Iterator[RawServer]:
    with RawServer(script) as running:
        yield running


# --- answers ---

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["0", "1", 0, 1, "scene-pvw", "scene-pgm", "studio-main", "layout-a", "\ud800", "\x00", 10**30])
)
KEYS = st.sampled_from(
    [
        *("RequestId", "Code", "Message", "Recommend", "AccessDeniedDetail", "AuthAction", "SceneList", "Scene"),
        *("SceneId", "SceneName", "OutputType", "Status", "LayoutId", "ComponentIds", "componentId", "Total"),
        *("Layouts", "Layout", "Components", "Component", "ComponentId"),
        *("CasterList", "Caster", "CasterId", "CasterName", "Tags", "tag", "AudioLayers", "AudioLayer", "MixList"),
    ]
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=5),
    max_leaves=12,
)
CODES = st.sampled_from(
    [
        *("Throttling.User", "InternalError", "ServiceUnavailable", "IncorrectSceneStatus", "Forbidden.RAM"),
        *("IncorrectSceneStatus.Idle", "InvalidTimeStamp.Expired", "SignatureDoesNotMatch", "RegionNoResource"),
        *("SignatureNonceUsed", "Conflict.LockFailed", "LockFail", "OK", "Nonsense"),
    ]
)


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """A right answer with one place in it replaced."""
    whole = json.loads(json.dumps(STUDIO))
    place = whole
    while True:
        key = draw(st.sampled_from(sorted(place))) if isinstance(place, dict) else draw(st.integers(0, len(place) - 1))
        inner = place[key]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.booleans()):
            place[key] = draw(ANY_JSON)
            return whole
        place = inner


BODIES = st.one_of(
    st.just(STUDIO).map(lambda value: json.dumps(value).encode()),
    bent().map(lambda value: json.dumps(value).encode()),
    ANY_JSON.map(lambda value: json.dumps(value).encode()),
    st.builds(lambda code, text: json.dumps({"Code": code, "Message": text}).encode(), CODES, ANY_JSON),
    st.binary(max_size=200),
    st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 50_000, b"1" * 10_000, b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"NaN"]
    ),
)
VALUES = st.text(st.characters(min_codepoint=1, max_codepoint=255, blacklist_characters="\r\n"), max_size=20)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("Date", "x-acs-retry-after", "Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding"),
            *("Location", "Set-Cookie", "Connection", "Retry-After", "WWW-Authenticate", "X-Own"),
        ]
    ),
    VALUES | st.sampled_from(["0", "1", "100", "99999999999999999999", "gzip", "chunked", "identity", "close", "\xb2"]),
    max_size=3,
)
STATUSES = st.sampled_from([200, 200, 200, 400, 403, 404, 429, 500, 502, 503]) | st.integers(100, 999)
ANSWERS = st.one_of(
    st.builds(http, STATUSES, BODIES, HEADERS),
    st.builds(http, STATUSES, BODIES, st.just({})),
    st.binary(max_size=300),
    st.builds(lambda rest: b"HTTP/1.1 " + rest, st.binary(max_size=100)),
)
# Most tasks get as far as a write only when the first reading is right.
SCRIPTS = st.builds(
    lambda right, rest: [http(body=json.dumps(STUDIO).encode())] * right + rest,
    st.integers(0, 3),
    st.lists(ANSWERS, min_size=1, max_size=4),
)


# --- the property ---


def judge(name: str, result: dict[str, Any], sent: list[str], check_mode: bool) -> None:
    writes = DEFINITIONS[name].writes
    keys = {"changed", "api_calls", *DEFINITIONS[name].facts} | (OF_A_WRITE | {"diff"} if writes else set())
    assert set(result) == keys | (FAILURE_KEYS if "failed" in result else set())
    # Plain values only, which any output can hold.
    shown = json.dumps(result, ensure_ascii=False, allow_nan=False)
    shown.encode()
    assert "rehearsal-secret" not in shown
    assert isinstance(result["changed"], bool)
    for call in result["api_calls"]:
        assert set(call) == CALL_KEYS
    for scene in [result.get("before"), result.get("after"), *result.get("scenes", [])]:
        assert scene is None or set(scene) - {"audio", "fingerprint"} == SCENE_KEYS
    written = [action for action in sent if action in WRITES]
    if check_mode or not writes:
        assert written == []
    if result["changed"] and not check_mode:
        # What was sent on a connection that the server had closed meanwhile never reaches it.
        assert written or any(call["action"] in WRITES and call["attempts"] for call in result["api_calls"])
    if "failed" in result:
        judge_failure(result, writes)


def judge_failure(result: dict[str, Any], writes: bool) -> None:
    error = result["error"]
    assert result["failed"] is True
    assert set(error) == ERROR_KEYS
    assert result["msg"].startswith(error["message"])
    assert error["code"]
    assert error["code"] != "UnexpectedError", result["msg"]
    assert error["outcome"] in ("refused", "failed", "unknown")
    assert result["changed"] is (error["outcome"] == "unknown")
    if not writes:
        assert error["outcome"] != "unknown"


@pytest.mark.parametrize("name", DEFINITIONS)
# A task with a real server and a real clock takes a quarter of a second.
@settings(
    max_examples=min(settings.default.max_examples, 60 if "EXAMPLES_MANY" in os.environ else 15),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(answers=SCRIPTS, check_mode=st.sampled_from([False, False, True]))
@example(answers=[http(body=json.dumps(STUDIO).encode())], check_mode=False)
@example(answers=[b""], check_mode=False)
def test_any_answers_lead_to_a_whole_result(
    name: str, server: RawServer, script: Script, answers: list[bytes], check_mode: bool
) -> None:
    script.answers = list(answers)
    server.requests.clear()

    done = run_task(name, server.url, check_mode=check_mode, **MORE.get(name, {}))

    assert done.seconds < DEADLINE + WAIT + 1
    assert all(isinstance(warning, str) for warning in done.warnings)
    judge(name, done.result, server.actions(), check_mode)


def test_memory_is_bounded_whatever_comes() -> None:
    def flood(wire: Any) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
        for _unused in range(300):
            wire.send(bytes(100_000))

    tracemalloc.start()
    try:
        with RawServer(flood) as server:
            result = run_task("caster_info", server.url).result
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert result["error"]["code"] == "InvalidAnswer"
    assert peak < 40 * 1024 * 1024
