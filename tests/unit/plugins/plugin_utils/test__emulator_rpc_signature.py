# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signature protocol V1: what comes in, what is refused, and the form of the answer. The signature is made by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.reply import Reply
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.xml_answer import as_xml
from ansible_collections.apsara.live.tests.support.raw_request import Answer, RawClient, stamp
from ansible_collections.apsara.live.tests.support.studios import CASTER, STOP, document

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(document()) as running:
        yield running


def escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def signed(action: str, secret: str = "rehearsal-secret", method: str = "GET", **parameters: str) -> dict[str, str]:
    """The parameters of a call with its signature; a parameter that is empty is left out."""
    everything = {
        "Action": action,
        "Version": "2016-11-01",
        "AccessKeyId": "rehearsal-key",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": stamp(None),
        "Format": "JSON",
        **parameters,
    }
    chosen = {name: value for name, value in everything.items() if value}
    canonical = "&".join(f"{escaped(name)}={escaped(chosen[name])}" for name in sorted(chosen))
    text = f"{method}&%2F&{escaped(canonical)}".encode()
    digest = hmac.new(f"{secret}&".encode(), text, hashlib.sha1).digest()
    return {**chosen, "Signature": base64.b64encode(digest).decode()}


def send(emulator: Emulator, parameters: dict[str, str]) -> Answer:
    return RawClient(emulator.endpoint).send("GET", f"/?{urlencode(parameters)}", {})


def test_a_good_request_comes_in(emulator: Emulator) -> None:
    answer = send(emulator, signed("DescribeCasterScenes", CasterId=CASTER, RegionId="cn-shanghai"))
    assert (answer.status, answer.code, answer.headers["content-type"]) == (200, "ok", "application/json;charset=utf-8")
    (entry,) = emulator.journal()
    assert entry["parameters"] == {"CasterId": CASTER, "RegionId": "cn-shanghai"}
    assert (entry["action"], entry["access_key_id"]) == ("DescribeCasterScenes", "rehearsal-key")
    assert len(entry["nonce"]) == 32


def test_query_and_form_are_signed_together(emulator: Emulator) -> None:
    everything = signed("DescribeCasters", method="POST", CasterName="Bühne *~+")
    query = {name: everything.pop(name) for name in ("Action", "Version", "Signature")}
    client = RawClient(emulator.endpoint)
    answer = client.send("POST", f"/?{urlencode(query)}", {"content-type": FORM}, urlencode(everything).encode())
    assert answer.code == "ok"
    assert emulator.journal()[0]["parameters"] == {"CasterName": "Bühne *~+"}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"SignatureMethod": "HMAC-MD5"}, "InvalidSignatureMethod"),
        ({"SignatureVersion": "2.0"}, "InvalidSignatureMethod"),
        ({"SignatureMethod": ""}, "MissingSignatureMethod"),
        ({"SignatureNonce": ""}, "MissingSignatureNonce"),
        ({"Timestamp": ""}, "MissingTimestamp"),
        ({"AccessKeyId": ""}, "MissingAccessKeyId"),
        ({"Version": ""}, "MissingVersion"),
        ({"Version": "2014-05-26"}, "InvalidVersion"),
        ({"Timestamp": "now"}, "InvalidTimeStamp.Format"),
        ({"Timestamp": "2020-01-01T00:00:00Z"}, "InvalidTimeStamp.Expired"),
        ({"AccessKeyId": "nobody-key"}, "InvalidAccessKeyId.NotFound"),
        ({"AccessKeyId": "STS.rehearsal-key"}, "MissingSecurityToken"),
        ({"secret": "wrong"}, "SignatureDoesNotMatch"),
    ],
)
def test_a_bad_request_is_refused(emulator: Emulator, parameters: dict[str, str], code: str) -> None:
    assert send(emulator, signed("StopCasterScene", **STOP, **parameters)).code == code
    assert not any(entry["effect"] for entry in emulator.journal())


def test_a_parameter_altered_on_the_way_is_refused(emulator: Emulator) -> None:
    answer = send(emulator, {**signed("DescribeCasterScenes", CasterId=CASTER), "CasterId": "studio-2"})
    assert answer.code == "SignatureDoesNotMatch"
    # The legacy Python SDK looks for its own text right after the colon.
    assert "server string to sign is:GET&%2F&AccessKeyId" in answer.json["Message"]


def test_a_request_is_good_once(emulator: Emulator) -> None:
    request = signed("StopCasterScene", **STOP)
    assert [send(emulator, request).code for _unused in range(2)] == ["ok", "SignatureNonceUsed"]


@pytest.mark.parametrize("wanted", ["XML", ""])
def test_the_answer_is_xml_unless_json_is_asked_for(emulator: Emulator, wanted: str) -> None:
    answer = send(emulator, signed("DescribeCasterScenes", CasterId=CASTER, Format=wanted))
    assert answer.headers["content-type"] == "text/xml;charset=utf-8"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "DescribeCasterScenesResponse"
    assert [scene.findtext("SceneId") for scene in root.iterfind("SceneList/Scene")] == ["scene-pvw", "scene-pgm"]
    assert root.findtext("RequestId") == emulator.journal()[0]["request_id"]
    refusal = ElementTree.fromstring(send(emulator, signed("DescribeNothing", Format=wanted)).content)
    assert (refusal.tag, refusal.findtext("Code")) == ("Error", "InvalidApi.NotFound")


def test_xml_holds_what_json_holds() -> None:
    document_ = {"Text": "a<b>&\x00\ud800 ü", "Yes": True, "None": None, "List": [1, 2], "Inner": {"X": 0.5}}
    root = ElementTree.fromstring(as_xml(Reply(200, json.dumps(document_).encode(), 0.0), "Act").body)
    assert [(element.tag, element.text) for element in root.iter()] == [
        ("ActResponse", None),
        ("Text", "a<b>&?? ü"),
        ("Yes", "true"),
        ("None", None),
        ("List", "1"),
        ("List", "2"),
        ("Inner", None),
        ("X", "0.5"),
    ]
    for body in (b"<html>", b"[1]"):
        assert as_xml(Reply(200, body, 0.0), "Act").body == body
