# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of trouble: what the client sees, whether the studio changed, and what the journal says."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator, faults
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.studios import read_file
from ansible_collections.apsara.live.tests.support.raw_request import Answer, RawClient
from ansible_collections.apsara.live.tests.support.studios import BOTH, CASTER, STOP, document

SCENES = {"CasterId": CASTER}


def take_under(fault: dict[str, Any], timeout: float = 5.0) -> tuple[Answer | Exception, dict[str, Any], str | None]:
    """One take under one fault: what came back, the journal entry, and the layout on air afterwards."""
    with Emulator(document(), faults=[{"action": "CopyCasterSceneConfig", **fault}]) as emulator:
        client = RawClient(emulator.endpoint, timeout=timeout)
        result: Answer | Exception
        try:
            result = client.call("CopyCasterSceneConfig", BOTH)
        except (OSError, http.client.HTTPException) as error:
            result = error
        (entry,) = emulator.journal()
        return result, entry, emulator.state()[0]["scenes"][1]["layout_id"]


ANSWERED = [
    ({"kind": "throttle"}, 400, "Throttling.User"),
    ({"kind": "throttle", "retry_after_ms": 250}, 400, "Throttling.User"),
    ({"kind": "error_500"}, 500, "InternalError"),
    ({"kind": "error_500", "retry_after_ms": 250}, 500, "InternalError"),
    ({"kind": "unavailable"}, 503, "ServiceUnavailable"),
    ({"kind": "unavailable", "retry_after_ms": 250}, 503, "ServiceUnavailable"),
    ({"kind": "ram_denial"}, 403, "Forbidden.RAM"),
    ({"kind": "expired_token"}, 400, "InvalidSecurityToken.Expired"),
    ({"kind": "skewed_clock", "seconds": 7200}, 400, "InvalidTimeStamp.Expired"),
    ({"kind": "skewed_clock", "seconds": -7200}, 400, "InvalidTimeStamp.Expired"),
    ({"kind": "code", "code": "IncorrectSceneStatus.ConfigError"}, 400, "IncorrectSceneStatus.ConfigError"),
    ({"kind": "code", "code": "ServiceBusy", "status": 403, "message": "Busy."}, 403, "ServiceBusy"),
]


@pytest.mark.parametrize(("fault", "status", "code"), ANSWERED)
def test_a_refusal_by_fault_has_no_effect(fault: dict[str, Any], status: int, code: str) -> None:
    answer, entry, on_air = take_under(fault)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.code) == (status, code)
    assert (entry["outcome"], entry["http_status"], entry["effect"]) == (f"fault:{fault['kind']}", status, False)
    assert on_air == "layout-now"
    assert answer.headers.get("x-acs-retry-after") == ("250" if "retry_after_ms" in fault else None)
    assert ("AccessDeniedDetail" in answer.json) == (fault["kind"] == "ram_denial")


def test_a_skewed_clock_shows_in_the_date() -> None:
    from email.utils import parsedate_to_datetime

    answer, *_unused = take_under({"kind": "skewed_clock", "seconds": 7200})
    assert isinstance(answer, Answer)
    assert parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time() == pytest.approx(7200, abs=3)


@pytest.mark.parametrize("kind", ["error_500", "unavailable", "bad_gateway"])
def test_an_error_may_come_after_the_effect(kind: str) -> None:
    answer, entry, on_air = take_under({"kind": kind, "effect": True})
    assert isinstance(answer, Answer)
    assert answer.status in (500, 502, 503)
    assert (entry["outcome"], entry["effect"], on_air) == (f"fault:{kind}", True, "layout-next")


def test_a_gateway_answers_with_a_page() -> None:
    answer, entry, on_air = take_under({"kind": "bad_gateway"})
    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["content-type"]) == (502, "text/html")
    assert b"<html>" in answer.content
    assert (entry["effect"], on_air) == (False, "layout-now")


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_points_elsewhere(status: int) -> None:
    answer, entry, on_air = take_under({"kind": "redirect", "status": status})
    assert isinstance(answer, Answer)
    assert answer.status == status
    assert answer.headers["location"].startswith("http://127.0.0.2:")
    assert (entry["effect"], on_air) == (False, "layout-now")
    answer, *_unused = take_under({"kind": "redirect", "location": "http://127.0.0.3:9/x"})
    assert isinstance(answer, Answer)
    assert answer.headers["location"] == "http://127.0.0.3:9/x"


@pytest.mark.parametrize(
    ("kind", "effect", "on_air"), [("reset_before", False, "layout-now"), ("reset_after", True, "layout-next")]
)
def test_a_reset(kind: str, effect: bool, on_air: str) -> None:
    error, entry, now_on_air = take_under({"kind": kind})
    assert isinstance(error, ConnectionResetError)
    assert (entry["effect"], entry["http_status"], now_on_air) == (effect, None, on_air)


def test_a_lost_answer_is_silence_after_the_effect() -> None:
    start = time.monotonic()
    error, entry, on_air = take_under({"kind": "lost_answer"}, timeout=0.4)
    assert isinstance(error, TimeoutError)
    assert (entry["outcome"], entry["effect"], on_air) == ("fault:lost_answer", True, "layout-next")
    assert time.monotonic() - start < 3, "stopping must not wait for a held connection"
    start = time.monotonic()
    error, *_unused = take_under({"kind": "lost_answer", "seconds": 0.3})
    assert isinstance(error, http.client.RemoteDisconnected)
    assert time.monotonic() - start >= 0.3


def test_a_slow_answer_comes_after_the_effect() -> None:
    with Emulator(document(), faults=[{"kind": "slow", "seconds": 0.5}]) as emulator:
        client = RawClient(emulator.endpoint, timeout=0.2)
        with pytest.raises(TimeoutError):
            client.call("CopyCasterSceneConfig", BOTH)
        assert emulator.state()[0]["scenes"][1]["layout_id"] == "layout-next"
    start = time.monotonic()
    answer, entry, _unused = take_under({"kind": "slow", "seconds": 0.5})
    assert isinstance(answer, Answer)
    assert (answer.status, entry["http_status"], entry["outcome"]) == (200, 200, "fault:slow")
    assert time.monotonic() - start >= 0.5


def test_a_trickling_answer_is_whole_in_the_end() -> None:
    start = time.monotonic()
    answer, _unused, on_air = take_under({"kind": "trickle", "seconds": 0.002}, timeout=0.5)
    assert isinstance(answer, Answer)
    assert answer.code == "ok"
    assert time.monotonic() - start > 0.4, "bytes must come one by one"
    assert on_air == "layout-next"


def test_truncated_answers() -> None:
    error, entry, on_air = take_under({"kind": "truncated"})
    assert isinstance(error, http.client.IncompleteRead)
    assert (entry["effect"], on_air) == (True, "layout-next")
    answer, *_unused = take_under({"kind": "truncated", "how": "json"})
    assert isinstance(answer, Answer)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json  # noqa: B018


def test_answers_of_another_shape() -> None:
    answer, *_unused = take_under({"kind": "not_json"})
    assert isinstance(answer, Answer)
    assert (answer.status, answer.content[:1]) == (200, b"<")
    answer, *_unused = take_under({"kind": "not_object"})
    assert isinstance(answer, Answer)
    assert isinstance(answer.json, list)
    with Emulator(document(), faults=[{"kind": "missing_list", "times": 2}]) as emulator:
        client = RawClient(emulator.endpoint)
        assert set(client.call("DescribeCasterScenes", SCENES).json) == {"RequestId", "Total"}
        assert set(client.call("DescribeCasters").json) == {"RequestId", "Total"}


def test_a_spoilt_answer_spares_an_error() -> None:
    with Emulator(document(pvw={"status": "idle"}), faults=[{"kind": "not_json"}]) as emulator:
        assert RawClient(emulator.endpoint).call("StopCasterScene", STOP).code == "IncorrectSceneStatus.Idle"
        assert emulator.journal()[0]["outcome"] == "IncorrectSceneStatus.Idle"


def test_a_wrong_signature_comes_before_a_fault_behind_the_gate() -> None:
    with Emulator(document(), faults=[{"kind": "throttle"}]) as emulator:
        assert RawClient(emulator.endpoint, secret="x").call("DescribeCasters").code == "SignatureDoesNotMatch"
        assert emulator.journal()[0]["outcome"] == "SignatureDoesNotMatch"


def refused_now(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_nobody_listens_for_a_while() -> None:
    with Emulator(document(), faults=[{"kind": "refuse", "seconds": 0.6, "action": "StopCasterScene"}]) as emulator:
        client, other = RawClient(emulator.endpoint), RawClient(emulator.endpoint)
        assert other.call("DescribeCasterScenes", SCENES).code == "ok"
        start = time.monotonic()
        with pytest.raises(ConnectionResetError):
            client.call("StopCasterScene", STOP)
        assert refused_now(emulator.port)
        with pytest.raises(ConnectionResetError):
            other.call("DescribeCasterScenes", SCENES)
        with pytest.raises(ConnectionRefusedError):
            client.call("StopCasterScene", STOP)
        while refused_now(emulator.port):
            assert time.monotonic() - start < 5
            time.sleep(0.02)
        assert time.monotonic() - start >= 0.55
        assert client.call("StopCasterScene", STOP).code == "ok"
        assert [(entry["outcome"], entry["effect"]) for entry in emulator.journal()] == [
            ("ok", False),
            ("fault:refuse", False),
            ("ok", True),
        ]


def test_nobody_listens_at_the_start() -> None:
    with Emulator(document(), faults=[{"kind": "refuse", "at_start": True, "seconds": 0.4}]) as emulator:
        assert refused_now(emulator.port)
        time.sleep(0.7)
        assert RawClient(emulator.endpoint).call("DescribeCasterScenes", SCENES).code == "ok"


def test_rules_are_consumed_call_by_call() -> None:
    script = [
        {"kind": "throttle", "action": "StopCasterScene", "times": 2},
        {"kind": "error_500", "action": "StopCasterScene", "skip": 3, "times": 1},
        {"kind": "code", "code": "X", "action": "DescribeCasters", "caster_id": "other", "times": 0},
    ]
    with Emulator(document(), faults=script) as emulator:
        client = RawClient(emulator.endpoint)
        assert client.call("DescribeCasterScenes", SCENES).code == "ok"
        codes = [client.call("StopCasterScene", STOP).code for _unused in range(5)]
        assert codes == ["Throttling.User", "Throttling.User", "ok", "InternalError", "IncorrectSceneStatus.Idle"]
        assert client.call("DescribeCasters", {"CasterId": CASTER}).code == "ok"
        assert [client.call("DescribeCasters", {"CasterId": "other"}).code for _unused in range(3)] == ["X"] * 3


def test_a_rule_can_sleep_until_a_call_has_come() -> None:
    """However many readings there were before the stop, the first one after it fails."""
    script = [{"kind": "error_500", "action": "DescribeCasterScenes", "after": "StopCasterScene", "caster_id": CASTER}]
    with Emulator(document(), faults=script) as emulator:
        client = RawClient(emulator.endpoint)
        assert [client.call("DescribeCasterScenes", SCENES).code for _unused in range(3)] == ["ok"] * 3
        client.call("StopCasterScene", {"CasterId": "other", "SceneId": "x"})
        assert client.call("DescribeCasterScenes", SCENES).code == "ok"
        assert client.call("StopCasterScene", STOP).code == "ok"
        assert [client.call("DescribeCasterScenes", SCENES).code for _unused in range(2)] == ["InternalError", "ok"]


def test_chance_is_repeatable() -> None:
    def run() -> list[bool]:
        some = faults.Faults()
        some.add(faults.parse([{"kind": "slow", "times": 0, "chance": 0.3, "seed": 5}]))
        return [some.strike("DescribeCasters", None) is not None for _unused in range(200)]

    first = run()
    assert first == run()
    assert 30 < sum(first) < 90


BAD = [
    ("x", "must be a list"),
    ([{}], "needs a kind"),
    ([{"kind": "meteor"}], "needs a kind"),
    ([{"kind": "slow", "second": 1}], "unknown keys: second"),
    ([{"kind": "slow", "action": "Fly"}], "unknown action: Fly"),
    ([{"kind": "slow", "after": "Fly"}], "unknown action: Fly"),
    ([{"kind": "slow", "times": -1}], "times must be"),
    ([{"kind": "slow", "skip": "2"}], "skip must be"),
    ([{"kind": "code"}], "needs code"),
    ([{"kind": "interim", "count": -1}], "count must be"),
    ([{"kind": "truncated", "how": "odd"}], "body or json"),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD)
def test_bad_rules_are_explained(bad: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        faults.parse(bad)


@pytest.mark.parametrize("name", ["throttled_account", "lost_answers", "service_down"])
def test_the_shipped_fault_files_strike(name: str) -> None:
    rules = faults.Faults()
    rules.add(faults.parse(read_file(faults.named(name))))
    struck = {
        rule.kind
        for _unused in range(3)
        for action in ("DescribeCasterScenes", "CopyCasterSceneConfig", "StopCasterScene")
        if (rule := rules.strike(action, CASTER))
    }
    assert struck


def test_tls() -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    with Emulator(
        document(), ssl_context=server, faults=[{"kind": "reset_after", "action": "StopCasterScene"}]
    ) as emulator:
        assert emulator.endpoint.startswith("https://127.0.0.1:")
        raw = RawClient(emulator.endpoint)
        raw._connection = http.client.HTTPSConnection(urlsplit(emulator.endpoint).netloc, timeout=5, context=client)
        assert raw.call("DescribeCasterScenes", SCENES).code == "ok"
        with pytest.raises(OSError):
            raw.call("StopCasterScene", STOP)
        stranger = http.client.HTTPSConnection(
            urlsplit(emulator.endpoint).netloc, timeout=5, context=ssl.create_default_context()
        )
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", "/")


def test_another_operator_acts_right_after_an_answer() -> None:
    edit = {"scenes": [{"scene_id": "scene-pgm", "layout_id": "layout-spare"}]}
    with Emulator(
        document(), faults=[{"action": "DescribeCasterScenes", "kind": "meanwhile", "edit": edit}]
    ) as emulator:
        client = RawClient(emulator.endpoint)
        seen = [
            client.call("DescribeCasterScenes", SCENES).json["SceneList"]["Scene"][1]["LayoutId"]
            for _unused in range(2)
        ]
        assert seen == ["layout-now", "layout-spare"]
        assert [entry["outcome"] for entry in emulator.journal()] == ["ok", "ok"]


@pytest.mark.parametrize("kind", ["error_500", "bad_gateway", "unavailable"])
def test_a_pause_may_be_asked_for_after_the_effect(kind: str) -> None:
    answer, entry, on_air = take_under({"kind": kind, "effect": True, "retry_after_ms": 250})
    assert isinstance(answer, Answer)
    assert answer.headers["x-acs-retry-after"] == "250"
    assert (entry["effect"], on_air) == (True, "layout-next")


@pytest.mark.parametrize("count", [1, 3])
def test_interim_answers_come_before_the_real_one(count: int) -> None:
    with Emulator(document(), faults=[{"kind": "interim", "count": count}]) as emulator:
        with socket.create_connection(("127.0.0.1", emulator.port), timeout=5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            lines = b"".join(iter(lambda: connection.recv(4096), b"")).split(b"\r\n")
        statuses = [line.split()[1] for line in lines if line.startswith(b"HTTP/1.1 ")]
        assert statuses == [*[b"102", b"103", b"102"][:count], b"404"]
        assert emulator.journal()[0]["outcome"] == "fault:interim"


@pytest.mark.parametrize(("status", "effect"), [(400, False), (500, False), (200, True)])
def test_an_answer_may_echo_what_was_sent(status: int, effect: bool) -> None:
    answer, entry, _on_air = take_under({"kind": "echo", "status": status})
    assert isinstance(answer, Answer)
    assert answer.status == status
    for text in (answer.json["RequestId"], answer.headers["x-acs-request-id"]):
        assert "Signature=" in text
    if status != 200:
        detail = answer.json["AccessDeniedDetail"]["AuthAction"]
        for text in (answer.json["Message"], answer.json["Recommend"], answer.json["Code"], detail):
            assert "Signature=" in text
    assert (entry["outcome"], entry["effect"]) == ("fault:echo", effect)
    assert "Signature" not in str(entry)


def test_what_another_operator_does_must_be_said() -> None:
    with pytest.raises(ValueError, match=r"meanwhile.* needs edit"):
        faults.parse([{"kind": "meanwhile"}])
    with pytest.raises(ValueError, match="edit must be a mapping"):
        faults.parse([{"kind": "throttle", "edit": ["scenes"]}])


@pytest.mark.parametrize("kind", ["throttle", "error_500", "reset_before", "refuse", "lost_answer"])
def test_another_operator_may_act_after_any_trouble(kind: str) -> None:
    edit = {"scenes": [{"scene_id": "scene-pgm", "layout_id": "layout-spare"}]}
    seconds = {"seconds": 0.1} if kind in ("refuse", "lost_answer") else {}
    _answer, entry, on_air = take_under({"kind": kind, "edit": edit, **seconds})
    assert entry["outcome"] == f"fault:{kind}"
    assert on_air == "layout-spare"


def test_another_operator_may_change_what_a_layout_and_a_component_hold() -> None:
    studio = {
        "layouts": [{"layout_id": "one", "video_layers": [{"location_id": "RV01"}]}, {"layout_id": "two"}],
        "components": [{"component_id": "logo", "type": "text", "text": "Live"}],
    }
    edit = {
        "layouts": [{"layout_id": "one", "video_layers": [{"location_id": "RV02"}]}, {"layout_id": "three"}],
        "components": [{"component_id": "logo", "text": "Off air"}],
    }
    with Emulator(document(**studio)) as emulator:
        emulator.add_faults([{"kind": "throttle", "action": "DescribeCasterScenes", "edit": edit}])
        client = RawClient(emulator.endpoint)
        assert client.call("DescribeCasterScenes", SCENES).code == "Throttling.User"
        layouts = client.call("DescribeCasterLayouts", SCENES).json["Layouts"]["Layout"]
        assert {layout["LayoutId"]: layout["BlendList"]["LocationId"] for layout in layouts} == {
            "one": ["RV02"],
            "two": [],
            "three": [],
        }
        (component,) = client.call("DescribeCasterComponents", SCENES).json["Components"]["Component"]
        assert (component["ComponentType"], component["TextLayerContent"]["Text"]) == ("text", "Off air")
