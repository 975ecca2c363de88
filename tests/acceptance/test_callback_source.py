# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source takes the callbacks of the service, each of them once, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import logging
import re
import ssl
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
import yaml
from ansible_collections.apsara.live.tests.support.live_callbacks import (
    EDA,
    FILTER,
    MOMENT,
    PATH,
    SOURCE,
    ingest,
    listening,
    load,
    source,
    studio,
)
from yarl import URL

KEY = "rehearsal-auth-key"
DOMAIN = "push.example.com"


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that anybody logs while a test runs."""
    caplog.set_level(logging.DEBUG)
    return caplog


def run(case: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(case, 60))


async def status(answer: Any) -> int:
    async with answer as response:
        await response.read()
        return int(response.status)


async def raw(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    answer = await reader.readline()
    writer.close()
    return answer


def test_callbacks_of_both_kinds_reach_the_rulebook_once() -> None:
    async def case() -> None:
        async with source() as live, aiohttp.ClientSession() as client:
            for _unused in range(6):
                assert await status(client.get(live.url, params=ingest(surprise="x"))) == 200
                assert await status(client.post(live.url, json=studio())) == 200
            # The resolution is only in the first callback.
            assert await status(client.get(live.url, params=ingest(height="720", width="1280"))) == 200
            assert await status(client.get(live.url, params=ingest("other"))) == 200
            first, second, third = await live.settled(3)
        assert first.pop("received_at").endswith("Z")
        assert first == {
            "callback": "ingest",
            "signed": False,
            "payload": {
                "action": "publish_done",
                "app": DOMAIN,
                "appname": "show",
                "id": "main",
                "time": MOMENT,
                "ip": "192.0.2.7",
                "node": "cdnvideocenter.cm3",
                "usrargs": "vhost=push.example.com&auth_key=***",
            },
            "feed": "main camera",
            "host": "main",
        }
        assert (second["callback"], second["payload"], second["host"]) == ("studio", studio(), "main")
        assert third["payload"]["id"] == "other" and "host" not in third

    run(case())


def test_a_callback_counts_again_after_the_window_and_when_too_many_came_between() -> None:
    memory = load(SOURCE)["Memory"](60.0, limit=3)
    memory.note(b"first", 0.0)
    assert memory.knows(b"first", 59.9) and not memory.knows(b"first", 60.0)
    for number in range(5):
        memory.note(b"%d" % number, 100.0)
    assert len(memory) == 3
    assert [memory.knows(b"%d" % number, 101.0) for number in range(5)] == [False, False, True, True, True]


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in ingest().items() if key != name}


BAD_INGEST = {
    "no action": without("action"),
    "no time": without("time"),
    "no stream": without("id"),
    "empty app": ingest(app=""),
    "stream twice": [("id", "other"), *ingest().items()],
    "unknown action": ingest(action="record"),
    "time of words": ingest() | {"time": "soon"},
    "time of other digits": ingest() | {"time": "١٢٣"},
    "long value": ingest(node="n" * 1025),
    "nothing": {},
}
DEEP = b'{"EventType": "OperateCallback", "EventMessage": ' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"}"
BAD_STUDIO = {
    "empty": b"",
    "not JSON": b"action=publish",
    "not an object": b"[]",
    "deep": b"[" * 15000,
    "not a number": json.dumps({**studio(), "CasterId": float("nan")}).encode(),
    "long number": b'{"EventType": 1' + b"0" * 5000 + b"}",
    "not UTF-8": b'{"EventType": "\xff"}',
    "no type": json.dumps({"CasterId": "c", "EventMessage": {}}).encode(),
    "no message": json.dumps({"CasterId": "c", "EventType": "OperateCallback"}).encode(),
    "no studio": json.dumps({"EventType": "OperateCallback", "EventMessage": {}}).encode(),
    "compressed": gzip.compress(json.dumps(studio()).encode()),
}


def test_what_makes_no_sense_is_answered_and_not_queued() -> None:
    async def case() -> None:
        async with source() as live, aiohttp.ClientSession() as client:
            for name, params in BAD_INGEST.items():
                assert await status(client.get(live.url, params=params)) == 400, name
            for name, body in BAD_STUDIO.items():
                headers = {"Content-Encoding": "gzip"} if name == "compressed" else {}
                assert await status(client.post(live.url, data=body, headers=headers)) == 400, name
            assert await status(client.post(live.url, data=b" " * 16385)) == 413
            for method in ("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"):
                async with client.request(method, live.url, params=ingest()) as answer:
                    assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")
            await not_http(live.port)
            assert await status(client.get(live.url, params=ingest("the only good one"))) == 200
            events = await live.settled(1)
            assert events[0]["payload"]["id"] == "the only good one"

    run(case())


async def not_http(port: int) -> None:
    target = f"{PATH}?action=publish".encode()
    for line in (
        b"GET " + target + b"\r\n\r\n",
        b"\x16\x03\x01",
        b"GET " + target + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
    ):
        # A line without a version counts as one of HTTP 0.9 and meets the other checks.
        assert re.search(b" 40[03] ", await raw(port, line + b"\r\n\r\n"))
    assert b" 400 " in await raw(port, b"GET " + target + b" HTTP/1.1\r\nX: " + b"y" * 9000 + b"\r\n\r\n")
    many = b"".join(b"X-%d: y\r\n" % number for number in range(20000))
    assert b" 400 " in await raw(port, b"GET " + target + b" HTTP/1.1\r\n" + many + b"\r\n")


def test_without_the_path_nothing_is_learned_and_nothing_is_logged(log: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        async with source(auth_keys={DOMAIN: KEY}) as live, aiohttp.ClientSession() as client:
            answers = set()
            for path in ("/", "", PATH[:-1], PATH + "/", PATH + "x", PATH.upper(), "//" + PATH, "/%00" + PATH):
                for method in ("GET", "POST", "PUT"):
                    address = f"http://127.0.0.1:{live.port}{path}"
                    async with client.request(method, address, params=ingest()) as answer:
                        answers.add((answer.status, await answer.text()))
            assert {number for number, _text in answers} == {404} and len(answers) == 1
            assert await status(client.get(live.url, params=ingest())) == 403
            await not_http(live.port)
            await live.settled(0)

    run(case())
    written = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in log.records)
    assert "answered with 403" in written
    assert PATH not in written and KEY not in written and "auth_key" not in written


def signature(stamp: int, key: str = KEY, domain: str = DOMAIN) -> dict[str, str]:
    digest = hashlib.md5(f"{domain}|{stamp}|{key}".encode()).hexdigest()
    return {"ALI-LIVE-TIMESTAMP": str(stamp), "ALI-LIVE-SIGNATURE": digest}


def test_signed_ingest_callbacks_are_checked() -> None:
    # The example in the documentation of the service.
    documented = load(SOURCE)["_signature"]("learn.aliyundoc.com", "1519375990", "yourkey")
    assert documented == hashlib.md5(b"learn.aliyundoc.com|1519375990|yourkey").hexdigest().encode()

    async def case() -> None:
        keys = {"another.example.com": "another-key", DOMAIN: KEY}
        async with source(auth_keys=keys) as live, aiohttp.ClientSession() as client:
            now = int(time.time())
            bad = {
                "none": {},
                "only a time": {"ALI-LIVE-TIMESTAMP": str(now)},
                "another key": signature(now, "wrong"),
                "key of another domain": signature(now, KEY, "another.example.com"),
                "old": signature(now - 302),
                "to come": signature(now + 330),
                "no number": signature(now) | {"ALI-LIVE-TIMESTAMP": "now"},
                "odd": signature(now) | {"ALI-LIVE-SIGNATURE": "\u00e9"},
            }
            for name, headers in bad.items():
                assert await status(client.get(live.url, params=ingest(), headers=headers)) == 403, name
            assert await status(client.get(live.url, params=ingest(), headers=signature(now))) == 200
            assert await status(client.post(live.url, json=studio())) == 200
            events = await live.settled(2)
            assert [event["signed"] for event in events] == [True, False]

    run(case())


def test_a_body_that_does_not_come_is_given_up_in_time() -> None:
    async def case() -> None:
        async with source({"_BODY_WITHIN": 0.2}) as live, aiohttp.ClientSession() as client:
            head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()
            assert b" 408 " in await raw(live.port, head + b'{"Cas')
            assert await status(client.post(live.url, json=studio())) == 200
            await live.settled(1)

    run(case())


def test_a_full_memory_is_said_and_loses_nothing() -> None:
    constants = load(SOURCE)
    assert constants["_BODY_WITHIN"] + constants["_ROOM_WITHIN"] < 5.0

    async def case() -> None:
        async with source({"_ROOM_WITHIN": 0.1}, max_waiting_mib=1) as live, aiohttp.ClientSession() as client:
            live.stall()
            bodies = [studio(resource=f"camera-{number}", Message="m" * 15000) for number in range(80)]
            answers = [await status(client.post(live.url, json=body)) for body in bodies]
            refused = answers.count(503)
            assert 0 < refused < 20 and answers.count(200) == 80 - refused
            assert answers == sorted(answers)
            # The service repeats all of them, also those that it needs not, and twice: two may wait for the same room.
            repeated = [client.post(live.url, json=body) for body in bodies * 2]
            live.constants["_ROOM_WITHIN"] = 30.0
            pending = asyncio.gather(*map(status, repeated))
            await asyncio.sleep(0.2)
            live.resume()
            assert set(await pending) == {200}
            events = await live.settled(80)
            resources = [event["payload"]["EventMessage"]["ResourceId"] for event in events]
            assert len(set(resources)) == 80

    run(case())


def test_tls_and_only_the_callbacks_that_are_asked_for(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = tmp_path / "certificate.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    context = ssl.create_default_context()
    authority.configure_trust(context)

    async def case() -> None:
        async with source(certfile=str(certificate), accept=["studio"]) as live, aiohttp.ClientSession() as client:
            assert await status(client.get(live.url, params=ingest(), ssl=context)) == 405
            assert await status(client.post(live.url, json=studio(), ssl=context)) == 200
            await live.settled(1)

    run(case())


def test_the_end_frees_the_port_and_says_what_is_left(log: pytest.LogCaptureFixture) -> None:
    async def case() -> None:
        async with source() as live, aiohttp.ClientSession() as client:
            live.stall()
            for number in range(5):
                assert await status(client.get(live.url, params=ingest(f"stream-{number}"))) == 200
        with pytest.raises(TimeoutError):
            await listening(live.port, 0.2)
        # One is in the queue of the rulebook, and one in its hands.
        assert "3 callbacks were answered and never reached the rulebook" in log.text

    run(case())


# usrargs as the encoder wrote it: what is behind it is of the encoder and of the service.
BARE = "usrargs=vhost=push.example.com&auth_key=1700000000-0-0-abc&id=7&time=9&node=mine"
MAIN = f"id=main&app={DOMAIN}&time={MOMENT}"
OWN = f"action=publish_done&ip=192.0.2.7&id=main&app={DOMAIN}&appname=show&time={MOMENT}"
NOT_ENCODED = {
    "behind the callback's own": f"{OWN}&{BARE}&node=cdnvideocenter.cm3",
    "before what only the service can say": f"{MAIN}&{BARE}&action=publish_done&appname=show",
    "with an action of its own": f"{MAIN}&appname=show&{BARE}&action=play&action=publish_done",
    "with a time in words": f"id=main&app={DOMAIN}&appname=show&action=publish_done&usrargs=time=soon&time={MOMENT}",
}


def test_a_callback_whose_encoder_parameters_are_not_encoded_is_taken_where_it_can_be_told() -> None:
    parameters = load(SOURCE)["parameters"]
    for name, query in NOT_ENCODED.items():
        found = parameters(query)
        said = [found[key] for key in ("action", "app", "appname", "id", "time")]
        assert said == ["publish_done", DOMAIN, "show", "main", str(MOMENT)], name

    async def case() -> None:
        async with source() as live, aiohttp.ClientSession() as client:
            for query in NOT_ENCODED.values():
                assert await status(client.get(URL(f"{live.url}?{query}", encoded=True))) == 200
            # Which of these is the stream? Nobody can say.
            for query in (f"{BARE}&{OWN}", OWN.replace("id=main", BARE) + "&id=main"):
                assert await status(client.get(URL(f"{live.url}?{query}", encoded=True))) == 400
            events = await live.settled(1)
        assert events[0]["feed"] == "main camera"
        assert "auth_key" not in json.dumps(events)

    run(case())


def test_a_host_is_called_as_the_inventory_calls_it(log: pytest.LogCaptureFixture) -> None:
    feeds = [
        {"name": "one", "host": "Main stage", "stream": "a/b/c"},
        {"name": "two", "host": "Bu\u0308hne 1", "stream": "a/b/d"},
        {"name": "three", "host": "Interviews", "stream": "a/b/e"},
    ]
    settings = load(SOURCE)["Settings"]({"path": PATH, "port": 1, "feeds": feeds})
    assert [feed["host"] for feed in settings.feeds] == ["Main_stage", "B\u00fchne_1", "Interviews"]
    warned = [record.getMessage() for record in log.records if record.levelno == logging.WARNING]
    assert len(warned) == 2 and "names the host 'Main stage'" in warned[0] and "'Main_stage'" in warned[0]
    with pytest.raises(ValueError, match="that of the feed x has no letter and no digit"):
        load(SOURCE)["Settings"]({"path": PATH, "port": 1, "feeds": [{"name": "x", "host": "!!", "stream": "a/b/c"}]})


def test_a_source_outside_of_its_collection_says_so(tmp_path: Path) -> None:
    copy = tmp_path / "a" / "b" / "c" / "d" / "live_callback.py"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(SOURCE.read_bytes())
    with pytest.raises(ValueError, match=r"belongs into the collection apsara\.live"):
        load(copy)["Settings"]({"path": PATH, "port": 1})


WRONG = {
    "path": [None, "", "/short", "no/slash/at/the/beginning", "/with a space in the path", "/%41bcdefghijklmnopq"],
    "port": [None, "", "http", -1, 65536],
    "certfile": ["/", "/dev/null"],
    "accept": ["studio", ["gifts"]],
    "auth_keys": [["a"], {"push.example.com": ""}, {"push.example.com": 7}],
    "feeds": [{"name": "x"}, [{"name": "x", "host": "y"}], [{"name": "x", "host": "y", "streem": "z"}]],
    "duplicate_window": ["long", -1],
    "max_body": [0],
    "max_waiting_mib": [0],
}


def test_a_wrong_argument_is_named_and_its_value_is_not_said() -> None:
    plugin = load(SOURCE)
    right = {"path": PATH, "port": "8080"}
    assert plugin["Settings"](right).port == 8080
    for name, values in WRONG.items():
        for value in values:
            with pytest.raises(ValueError, match=f"^apsara.live.live_callback: {name} must ") as caught:
                plugin["Settings"]({**right, name: value})
            assert not (isinstance(value, str) and len(value) > 6) or value not in str(caught.value)


def test_documentation_and_schema_say_the_same() -> None:
    documented = yaml.safe_load(load(SOURCE)["DOCUMENTATION"])["options"]
    schema = json.loads((EDA / "plugins" / "event_source" / "schemas" / "live_callback.json").read_text())
    assert set(documented) == set(schema["properties"])
    assert {name for name, option in documented.items() if option.get("required")} == set(schema["required"])
    kinds = {"str": "string", "int": "integer", "float": "number", "list": "array", "dict": "object"}
    for name, option in documented.items():
        assert kinds[option["type"]] == schema["properties"][name]["type"], name
        assert schema["properties"][name].get("default") in (option.get("default"), "", {}), name
    defaults = load(SOURCE)["Settings"]({"path": PATH, "port": 1})
    for name in ("host", "accept", "feeds", "duplicate_window", "max_body"):
        assert getattr(defaults, name) == documented[name]["default"], name
    assert defaults.max_waiting == documented["max_waiting_mib"]["default"] << 20


def live(event: dict[str, Any]) -> dict[str, Any]:
    return dict(load(FILTER)["main"]({"received_at": "2023-11-14T22:14:00.000Z", **event})["live"])


def test_the_filter_gives_both_kinds_one_shape() -> None:
    payload = {**ingest(), "time": MOMENT}
    event = {"callback": "ingest", "payload": payload, "feed": "main camera", "host": "main"}
    assert live(event) == {
        "what": "feed_lost",
        "severity": "critical",
        "about": "stream",
        "id": "push.example.com/show/main",
        "at": "2023-11-14T22:13:20Z",
        "feed": "main camera",
        "host": "main",
    }
    again = live({"callback": "ingest", "payload": {**payload, "action": "publish"}})
    assert (again["what"], again["severity"]) == ("feed_started", "info") and "host" not in again
    lost = live({"callback": "studio", "payload": studio(SceneId="pgm")})
    assert (lost["what"], lost["severity"], lost["about"]) == ("feed_lost", "critical", "studio")
    assert lost["at"] == "2023-11-14T22:14:00.000Z" and lost["studio"]["scene_id"] == "pgm"
    assert lost["id"] == f"{lost['studio']['caster_id']}/camera-1"


@pytest.mark.parametrize(
    ("event_type", "code", "what"),
    [
        ("RuntimeErrorCallback", "CanvasStreamInterrupt", "feed_lost"),
        ("RuntimeErrorCallback", "ImageOpenFailed", "trouble"),
        ("RuntimeErrorCallback", "Success", "other"),
        ("OperateCallback", "Success", "operation_done"),
        ("OperateCallback", "VideoStreamAddFailed", "operation_failed"),
        ("EpisodeGroupCallback", "Success", "progress"),
        ("ShowListDTSCallback", "", "progress"),
        ("SomethingNew", "", "other"),
    ],
)
def test_what_a_studio_says(event_type: str, code: str, what: str) -> None:
    assert live({"callback": "studio", "payload": studio(code, event_type)})["what"] == what


def test_the_filter_leaves_other_events_alone() -> None:
    filtered = load(FILTER)["main"]
    for event in ({}, {"payload": {"action": "publish"}}, {"callback": "ingest", "payload": []}, {"i": 1}):
        assert filtered(dict(event)) == event
