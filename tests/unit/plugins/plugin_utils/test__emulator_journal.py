# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator tells about itself: journal, control path, read-only mode, operator edits."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.raw_request import RawClient
from ansible_collections.apsara.live.tests.support.studios import BOTH, CASTER, PGM, PVW, STOP, document

SCENES = {"CasterId": CASTER}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(document()) as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> RawClient:
    return RawClient(emulator.endpoint)


def test_an_entry_says_what_was_seen(emulator: Emulator, client: RawClient) -> None:
    before = time.time()
    answer = client.call("CopyCasterSceneConfig", BOTH, nonce="n-1", extra={"x-acs-retry-attempts": "2"})
    (entry,) = emulator.journal()
    # The journal rounds to milliseconds.
    assert before - 0.001 <= entry.pop("at") <= time.time() + 0.001
    assert entry == {
        "seq": 1,
        "action": "CopyCasterSceneConfig",
        "parameters": BOTH,
        "access_key_id": "rehearsal-key",
        "nonce": "n-1",
        "attempt_header": "2",
        "caster_id": CASTER,
        "outcome": "ok",
        "http_status": 200,
        "effect": True,
        "violation": False,
        "request_id": answer.json["RequestId"],
    }
    assert answer.headers["x-acs-request-id"] == entry["request_id"]


def test_refusals_are_entries_too(emulator: Emulator, client: RawClient) -> None:
    RawClient(emulator.endpoint, key="nobody").call("StopCasterScene", STOP)
    client.call("Fly", {"Password": "hidden"})
    assert [(e["outcome"], e["http_status"], e["effect"], e["access_key_id"]) for e in emulator.journal()] == [
        ("InvalidAccessKeyId.NotFound", 404, False, "nobody"),
        ("InvalidApi.NotFound", 404, False, "rehearsal-key"),
    ]


def test_no_secret_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    signature: list[str] = []
    with Emulator(document(), journal_file=path) as emulator:
        client = RawClient(emulator.endpoint, "STS.rehearsal-key", "rehearsal-sts-secret", "rehearsal-token")
        parameters = {**SCENES, "Signature": "old-style-signature", "SecurityToken": "old-style-token"}
        client.call(
            "DescribeCasterScenes", parameters, tamper=lambda h: signature.append(h["authorization"].split("=")[-1])
        )
        RawClient(emulator.endpoint, secret="wrong-secret").call("StopCasterScene", STOP)
        text = json.dumps([emulator.journal(), emulator.state()]) + path.read_text()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["outcome"] for line in lines] == ["ok", "SignatureDoesNotMatch"]
    for secret in ("rehearsal-sts-secret", "rehearsal-token", "wrong-secret", "old-style", signature[0]):
        assert secret not in text


def test_the_control_path_is_not_in_the_journal(emulator: Emulator, client: RawClient) -> None:
    client.call("StopCasterScene", STOP)
    assert client.control("GET", "journal").json == {"entries": emulator.journal()}
    studios = client.control("GET", "studios").json["studios"]
    assert studios == emulator.state()
    assert studios[0]["scenes"][0]["status"] == "idle"
    assert len(emulator.journal()) == 1


def test_an_operator_works_beside_us(client: RawClient) -> None:
    edit = {"scenes": [{"scene_id": PGM, "layout_id": "layout-spare", "component_ids": []}]}
    assert client.control("POST", f"studios/{CASTER}", edit).status == 200
    shown = client.call("DescribeCasterScenes", SCENES).json["SceneList"]["Scene"]
    assert [scene["LayoutId"] for scene in shown] == ["layout-next", "layout-spare"]
    assert client.control("POST", "studios/nowhere", edit).status == 400


def test_reset_brings_everything_back(emulator: Emulator, client: RawClient) -> None:
    client.call("StopCasterScene", STOP, nonce="again")
    client.control("POST", "faults", [{"kind": "unavailable", "times": 0}])
    client.control("POST", "read-only", {"read_only": True})
    assert client.call("DescribeCasters").status == 503
    assert client.control("POST", "reset").status == 200
    assert emulator.journal() == []
    assert client.call("StopCasterScene", STOP, nonce="again").code == "ok"


def test_read_only_records_every_attempt_to_write(emulator: Emulator, client: RawClient) -> None:
    emulator.set_read_only(True)
    before = emulator.state()
    parameters = {**BOTH, **STOP, "LayoutId": "layout-next"}
    for operation in OPERATIONS.values():
        answer = client.call(operation.name, parameters)
        assert (answer.status, answer.code) == ((403, "EmulatorReadOnly") if operation.writes else (200, "ok"))
    assert {entry["action"]: entry["violation"] for entry in emulator.journal()} == {
        operation.name: operation.writes for operation in OPERATIONS.values()
    }
    assert emulator.state() == before
    emulator.set_read_only(False)
    assert client.call("StopCasterScene", STOP).code == "ok"
    assert not emulator.journal()[-1]["violation"]


def test_a_write_that_is_refused_for_another_reason_is_a_violation_too() -> None:
    with Emulator(document(), read_only=True) as emulator:
        RawClient(emulator.endpoint, secret="x").call("StopCasterScene", STOP)
        assert emulator.journal()[0]["violation"]


@pytest.mark.parametrize(
    ("method", "name", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("GET", "reset", None, 404),
        ("POST", "journal", None, 404),
        ("POST", "faults", [{"kind": "meteor"}], 400),
        ("POST", "read-only", {"read_only": "yes"}, 400),
        ("POST", "read-only", None, 400),
    ],
)
def test_bad_control_requests(client: RawClient, method: str, name: str, body: Any, status: int) -> None:
    answer = client.control(method, name, body)
    assert answer.status == status
    assert answer.json["error"].endswith(".")


MALFORMED = [
    (b"hello\r\n\r\n", 400),
    (b"\xff\xfe\x00\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01", 400),
    (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
    (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort", 400),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n", 400),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", 413),
    (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300, 431),
    (b"GET / HTTP/1.1\r\na: " + b"a" * 70000, 431),
    (b"GET /" + b"a" * 70000, 414),
    (b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n", 404),
    (b"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
]


@pytest.mark.parametrize(("raw", "status"), MALFORMED)
def test_every_refusal_is_a_json_document(emulator: Emulator, client: RawClient, raw: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=60) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        head, body = received(connection)
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    refusal = json.loads(body)
    assert refusal["Code"] == ("InvalidApi.NotFound" if status == 404 else "BadRequest")
    assert refusal["Message"].endswith(".")
    assert refusal["RequestId"]
    assert client.call("DescribeCasterScenes", SCENES).code == "ok"


def test_a_client_that_says_nothing_is_let_go(emulator: Emulator, client: RawClient) -> None:
    for raw in (b"", b"\r\n"):
        with socket.create_connection(("127.0.0.1", emulator.port), timeout=60) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100) == b""
    assert client.call("DescribeCasterScenes", SCENES).code == "ok"


def received(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of one answer, read to the end of the connection."""
    answer = b""
    while data := connection.recv(65536):
        answer += data
    head, _unused, body = answer.partition(b"\r\n\r\n")
    return head, body


def test_a_chunked_form_is_a_form(emulator: Emulator) -> None:
    chunks = [b"CasterId=", SCENES["CasterId"].encode()]
    body = b"".join(b"%x;x=y\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nTrailer: t\r\n\r\n"
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: Chunked\r\n"
    head += b"x-acs-action: DescribeCasterScenes\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=60) as connection:
        connection.sendall(head + body)
        assert json.loads(received(connection)[1])["Code"] == "IncompleteSignature"
    (entry,) = emulator.journal()
    assert entry["parameters"] == SCENES


def test_head_is_answered_without_a_body(emulator: Emulator) -> None:
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=60) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head, body = received(connection)
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Length: 0" not in head
    assert body == b""


def test_a_fault_of_the_emulator_itself_is_an_answer_too(
    emulator: Emulator, client: RawClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_unused: Any) -> Any:
        raise LookupError("a fault of the emulator")

    with monkeypatch.context() as patched:
        patched.setattr(emulator._service, "answer", broken)
        answer = client.call("DescribeCasterScenes", SCENES)
    assert (answer.status, answer.code) == (500, "InternalError")
    assert "a fault of the emulator" in capsys.readouterr().err
    assert client.call("DescribeCasterScenes", SCENES).code == "ok"


def test_a_connection_is_kept_or_closed_as_asked(emulator: Emulator, client: RawClient) -> None:
    assert client.call("DescribeCasterScenes", {**SCENES, "SceneId": PVW}).headers["connection"] == "keep-alive"
    first = client._connection
    assert first is not None
    port = first.sock.getsockname()[1]
    client.call("DescribeCasterScenes", SCENES)
    assert first.sock.getsockname()[1] == port
    assert client.call("DescribeCasterScenes", SCENES, extra={"connection": "close"}).headers["connection"] == "close"
