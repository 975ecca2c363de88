# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator lets in what the service lets in, and refuses the rest with the service's codes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator, acs3
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.limits import Limits
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.refusal import Refusal
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.request import Request
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.unsimulated import UNSIMULATED
from ansible_collections.apsara.live.tests.support.raw_request import RawClient, stamp
from ansible_collections.apsara.live.tests.support.studios import BOTH, CASTER, STOP, document

SCENES = {"CasterId": CASTER}
NOON = 1_800_000_000.0


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(document()) as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> RawClient:
    return RawClient(emulator.endpoint)


def test_a_good_request_comes_in(client: RawClient) -> None:
    answer = client.call("DescribeCasterScenes", SCENES)
    assert (answer.status, answer.code) == (200, "ok")
    assert client.call("DescribeCasterScenes", SCENES, method="GET").status == 200


def test_the_vendors_own_example_verifies() -> None:
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    published = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    names = ";".join(sorted(headers))
    credentials = f"Credential=YourAccessKeyId,SignedHeaders={names},Signature={published}"
    headers["authorization"] = f"ACS3-HMAC-SHA256 {credentials}"
    request = Request("POST", "/", query, {name: [value] for name, value in headers.items()}, b"", 0.0, 0.0)
    claim = acs3.read_claim(request)
    assert claim.key_id == "YourAccessKeyId"
    claim.verify("YourAccessKeySecret")
    with pytest.raises(Refusal, match="SignatureDoesNotMatch"):
        claim.verify("YourOtherSecret")


def drop(name: str) -> Any:
    return lambda headers: headers.pop(name)


def put(name: str, value: str) -> Any:
    return lambda headers: headers.update({name: value})


def in_authorization(old: str, new: str) -> Any:
    return lambda headers: headers.update(authorization=headers["authorization"].replace(old, new))


TAMPERED = [
    ("no authorization", drop("authorization"), "IncompleteSignature"),
    ("no signature in it", put("authorization", "ACS3-HMAC-SHA256 Credential=rehearsal-key"), "IncompleteSignature"),
    ("another algorithm", in_authorization("ACS3-HMAC-SHA256", "ACS3-RSA-SHA256"), "InvalidSignatureMethod"),
    ("another digest", in_authorization("ACS3-HMAC-SHA256", "ACS3-HMAC-SM3"), "SignatureDoesNotMatch"),
    ("blanks after commas", in_authorization(",", ", "), "IncompleteSignature"),
    ("capitals in the signature", lambda h: h.update(authorization=h["authorization"].upper()), "IncompleteSignature"),
    ("no date", drop("x-acs-date"), "IncompleteSignature"),
    ("no nonce", drop("x-acs-signature-nonce"), "IncompleteSignature"),
    ("no body hash", drop("x-acs-content-sha256"), "IncompleteSignature"),
    ("host not signed", in_authorization("SignedHeaders=host;", "SignedHeaders="), "IncompleteSignature"),
    ("a header added unsigned", put("x-acs-retry-attempts", "1"), "IncompleteSignature"),
    ("order of signed headers", in_authorization("host;x-acs-action", "x-acs-action;host"), "SignatureDoesNotMatch"),
    ("another key", in_authorization("rehearsal-key", "nobody-key"), "InvalidAccessKeyId.NotFound"),
    ("a sleeping key", in_authorization("rehearsal-key", "sleeping-key"), "InvalidAccessKeyId.Inactive"),
    ("another nonce", put("x-acs-signature-nonce", "changed"), "SignatureDoesNotMatch"),
    ("another host", put("host", "live.aliyuncs.com"), "SignatureDoesNotMatch"),
    ("another body hash", put("x-acs-content-sha256", "0" * 64), "SignatureDoesNotMatch"),
]


@pytest.mark.parametrize(("tamper", "code"), [row[1:] for row in TAMPERED], ids=[row[0] for row in TAMPERED])
def test_a_tampered_request_is_refused(client: RawClient, tamper: Any, code: str) -> None:
    answer = client.call("DescribeCasterScenes", SCENES, tamper=tamper)
    assert answer.code == code
    assert answer.status == {"InvalidAccessKeyId.NotFound": 404}.get(code, 400)


def test_a_wrong_secret_is_refused_and_the_answer_echoes_what_was_signed(emulator: Emulator) -> None:
    answer = RawClient(emulator.endpoint, secret="wrong").call("DescribeCasterScenes", SCENES)
    assert (answer.status, answer.code) == (400, "SignatureDoesNotMatch")
    assert f"CasterId={CASTER}" in answer.json["Message"]
    assert {"RequestId", "HostId", "Code", "Message", "Recommend"} == set(answer.json)


def test_a_body_other_than_the_signed_one_is_refused(client: RawClient) -> None:
    assert client.call("DescribeCasterScenes", SCENES, body=b"a=b").code == "ok"
    assert client.call("DescribeCasterScenes", SCENES, body=b"a=b", sent_body=b"a=c").code == "SignatureDoesNotMatch"
    # The header lies, though the signature covers both the lie and the true hash.
    answer = client.call("DescribeCasterScenes", SCENES, body=b"a=b", extra={"x-acs-content-sha256": "0" * 64})
    assert answer.code == "SignatureDoesNotMatch"


def test_parameters_altered_on_the_way_are_refused(client: RawClient) -> None:
    answer = client.call("DescribeCasterScenes", SCENES, query="CasterId=studio-2")
    assert answer.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("name", ["Test stage", "a+b", "50%", "~*'()", "Bühne 直播"])
def test_parameters_may_come_form_encoded(emulator: Emulator, client: RawClient, name: str) -> None:
    for query in (None, urlencode({"CasterName": name})):
        assert client.call("DescribeCasters", {"CasterName": name}, query=query).code == "ok"
    assert [entry["parameters"]["CasterName"] for entry in emulator.journal()] == [name, name]


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(0, "ok"), (900, "ok"), (-900, "ok"), (901, "Expired"), (-901, "Expired"), (960, "Expired"), (-960, "Expired")],
)
def test_the_clock_window_is_fifteen_minutes(seconds: float, code: str) -> None:
    with Emulator(document(), clock=lambda: NOON) as emulator:
        answer = RawClient(emulator.endpoint).call("DescribeCasterScenes", SCENES, date=NOON + seconds)
    assert answer.code == ("ok" if code == "ok" else f"InvalidTimeStamp.{code}")


@pytest.mark.parametrize(
    "date", ["2027-01-15 08:00:00Z", "2027-01-15T08:00:00+00:00", "2027-13-15T08:00:00Z", "20270115T080000Z", "now"]
)
def test_a_date_in_another_form_is_refused(date: str) -> None:
    with Emulator(document(), clock=lambda: NOON) as emulator:
        assert RawClient(emulator.endpoint).call("DescribeCasterScenes", SCENES, date=date).code == (
            "InvalidTimeStamp.Format"
        )


def test_a_nonce_is_good_once(emulator: Emulator, client: RawClient) -> None:
    # A request that was refused for its signature does not use its nonce up.
    wrong = RawClient(emulator.endpoint, secret="wrong")
    assert wrong.call("DescribeCasterScenes", SCENES, nonce="n").code == "SignatureDoesNotMatch"
    assert client.call("DescribeCasterScenes", SCENES, nonce="n").code == "ok"
    assert client.call("DescribeCasterScenes", SCENES, nonce="n").code == "SignatureNonceUsed"
    assert client.call("DescribeCasters", nonce="n").code == "SignatureNonceUsed"


TOKENS = [
    ("STS.rehearsal-key", "rehearsal-sts-secret", "rehearsal-token", "ok"),
    ("STS.rehearsal-key", "rehearsal-sts-secret", "", "MissingSecurityToken"),
    ("STS.rehearsal-key", "rehearsal-sts-secret", "nonsense", "InvalidSecurityToken.Malformed"),
    ("STS.rehearsal-key", "rehearsal-sts-secret", "other-token", "InvalidSecurityToken.MismatchWithAccessKey"),
    ("rehearsal-key", "rehearsal-secret", "rehearsal-token", "InvalidSecurityToken.MismatchWithAccessKey"),
]


@pytest.mark.parametrize(("key", "secret", "token", "code"), TOKENS)
def test_tokens_of_temporary_keys(emulator: Emulator, key: str, secret: str, token: str, code: str) -> None:
    client = RawClient(emulator.endpoint, key=key, secret=secret, token=token)
    assert client.call("DescribeCasterScenes", SCENES).code == code


def test_a_temporary_key_expires() -> None:
    now = [NOON]
    with Emulator(document(), clock=lambda: now[0]) as emulator:
        client = RawClient(emulator.endpoint, "STS.rehearsal-key", "rehearsal-sts-secret", "rehearsal-token")
        now[0] = NOON + 3599
        assert client.call("DescribeCasterScenes", SCENES, date=now[0]).code == "ok"
        now[0] = NOON + 3600
        assert client.call("DescribeCasterScenes", SCENES, date=now[0]).code == "InvalidSecurityToken.Expired"


@pytest.mark.parametrize(
    ("variant", "code", "status"),
    [
        ("forbidden_ram", "Forbidden.RAM", 403),
        ("no_permission", "NoPermission", 403),
        ("forbidden_401", "Forbidden", 401),
    ],
)
def test_a_denied_action_is_refused_with_its_details(variant: str, code: str, status: int) -> None:
    with Emulator(document(), variants={"ram_denial": variant}) as emulator:
        client = RawClient(emulator.endpoint, "viewer-key", "viewer-secret")
        answer = client.call("CopyCasterSceneConfig", BOTH)
        assert (answer.status, answer.code) == (status, code)
        detail = answer.json["AccessDeniedDetail"]
        assert detail["AuthAction"] == "live:CopyCasterSceneConfig"
        assert detail["NoPermissionType"] == "ImplicitDeny"
        assert client.call("DescribeCasterScenes", SCENES).code == "ok"
        assert not any(entry["effect"] for entry in emulator.journal())


def test_a_content_type_need_not_be_signed(emulator: Emulator, client: RawClient) -> None:
    unsigned = {"extra": {"content-type": "application/octet-stream"}, "unsigned": ("content-type",)}
    assert client.call("DescribeCasterScenes", SCENES, **unsigned).code == "ok"


def test_parameters_may_come_in_a_form(emulator: Emulator, client: RawClient) -> None:
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = urlencode({"CasterName": "Bühne 直播", "PageSize": 5}).encode()
    assert client.call("DescribeCasters", {"PageNum": "1"}, body=body, extra=form).code == "ok"
    # What is no form is no parameter.
    assert client.call("DescribeCasters", {"PageNum": "1"}, body=body).code == "ok"
    first, second = (entry["parameters"] for entry in emulator.journal())
    assert first == {"CasterName": "Bühne 直播", "PageSize": "5", "PageNum": "1"}
    assert second == {"PageNum": "1"}


@pytest.mark.parametrize(("variant", "code"), [("invalid_api", "InvalidApi"), ("invalid_action", "InvalidAction")])
def test_what_the_api_does_not_have(variant: str, code: str) -> None:
    with Emulator(document(), variants={"unknown_action": variant}) as emulator:
        client = RawClient(emulator.endpoint)
        for answer in (client.call("DescribeNothing"), client.call("DescribeCasters", path="/elsewhere")):
            assert (answer.status, answer.code) == (404, f"{code}.NotFound")
            assert "simulate" not in answer.json["Message"]
        answer = client.call("CreateCaster")
        assert (answer.status, answer.code) == (404, f"{code}.NotFound")
        assert "CreateCaster, but the studio emulator does not simulate it" in answer.json["Message"]
        answer = client.call("DescribeCasters", version="2014-05-26")
        assert (answer.status, answer.code) == (400, "InvalidVersion")
        answer = client.call("DescribeCasters", method="PUT")
        assert (answer.status, answer.code) == (400, "UnsupportedHTTPMethod")


def test_what_is_simulated_is_not_called_unsimulated() -> None:
    assert not UNSIMULATED & set(OPERATIONS)
    assert len(UNSIMULATED) + len(OPERATIONS) == 46


@pytest.mark.parametrize("action", sorted(OPERATIONS))
def test_the_limit_is_the_operations_own(action: str) -> None:
    limits = Limits()
    operation = OPERATIONS[action]
    for _unused in range(operation.qps):
        limits.admit("account", operation, 100.0)
    for late in (100.0, 100.5, 100.999):
        with pytest.raises(Refusal, match=r"Throttling\.User"):
            limits.admit("account", operation, late)
    limits.admit("another account", operation, 100.5)
    limits.admit("account", operation, 101.0)


def test_the_window_slides() -> None:
    limits, operation = Limits(), OPERATIONS["StopCasterScene"]
    for _unused in range(5):
        limits.admit("a", operation, 10.0)
    for _unused in range(5):
        limits.admit("a", operation, 10.9)
    with pytest.raises(Refusal):
        limits.admit("a", operation, 10.95)
    for _unused in range(5):
        limits.admit("a", operation, 11.2)
    with pytest.raises(Refusal):
        limits.admit("a", operation, 11.2)


def test_the_eleventh_write_in_a_second_is_throttled_whoever_writes(emulator: Emulator, client: RawClient) -> None:
    sts = RawClient(emulator.endpoint, "STS.rehearsal-key", "rehearsal-sts-secret", "rehearsal-token")
    # A round that took a second or more says nothing about the limit, so a busy machine gets further rounds.
    for _round in range(20):
        emulator.reset()
        start = time.monotonic()
        codes = [(client, sts)[turn % 2].call("CopyCasterSceneConfig", BOTH).code for turn in range(10)]
        answer = client.call("CopyCasterSceneConfig", BOTH)
        if time.monotonic() - start < 1:
            break
    assert time.monotonic() - start < 1, "this machine is too slow for the test to say anything"
    assert codes == ["ok"] * 10
    assert (answer.status, answer.code) == (400, "Throttling.User")
    assert client.call("StopCasterScene", STOP).code == "ok"
    time.sleep(1.05)
    assert client.call("CopyCasterSceneConfig", BOTH).code == "IncorrectSceneStatus.Idle"


def test_judgement_goes_signature_throttle_permission_parameters_state(emulator: Emulator) -> None:
    """What is wrong in several ways is refused for the first; a wrong signature uses no call up."""
    viewer = RawClient(emulator.endpoint, "viewer-key", "viewer-secret")
    wrong = RawClient(emulator.endpoint, "viewer-key", "wrong")
    client = RawClient(emulator.endpoint)
    assert {wrong.call("CopyCasterSceneConfig").code for _unused in range(11)} == {"SignatureDoesNotMatch"}
    assert {viewer.call("CopyCasterSceneConfig").code for _unused in range(10)} == {"Forbidden.RAM"}
    assert viewer.call("CopyCasterSceneConfig").code == "Throttling.User"
    assert client.call("StopCasterScene", {"CasterId": "nowhere"}).code == "InvalidSceneId.Malformed"
    assert client.call("StopCasterScene", {**STOP, "CasterId": "nowhere"}).code == "InvalidCaster.NotFound"


def test_a_hundred_connections_at_once(emulator: Emulator) -> None:
    barrier = threading.Barrier(100, timeout=30)
    codes: list[str] = []

    def one() -> None:
        client = RawClient(emulator.endpoint, timeout=30)
        barrier.wait()
        codes.append(client.call("DescribeCasterConfig", SCENES, date=stamp()).code)
        client.close()

    threads = [threading.Thread(target=one) for _unused in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(codes) == 100
    assert set(codes) == {"ok", "Throttling.User"}
    assert codes.count("ok") >= 15
