# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One named operation against scripted answers: how often it is sent, what is recorded, and what a failure says.

The connection is real; the clock is not, so that minutes of repeats take no time.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api import client as client_file
from ansible_collections.apsara.live.plugins.module_utils._api import transport as transport_file
from ansible_collections.apsara.live.plugins.module_utils._api.client import Client, Clock
from ansible_collections.apsara.live.plugins.module_utils._api.endpoint import parse_endpoint
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS, REPEAT_ONCE, REPEAT_REREAD
from ansible_collections.apsara.live.plugins.module_utils._api.pacing import Pace
from ansible_collections.apsara.live.plugins.module_utils._api.reach import Reach
from ansible_collections.apsara.live.plugins.module_utils._api.transport import Transport, TransportOptions
from ansible_collections.apsara.live.plugins.module_utils._credentials.resolve import Credentials
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.module_utils._errors.kind import Kind
from ansible_collections.apsara.live.tests.support.connect_proxy import ConnectProxy
from ansible_collections.apsara.live.tests.support.raw_server import (
    Behaviour,
    RawServer,
    answer,
    closed_port,
    error,
    http,
    raw,
    reset,
    silence,
)

KEYS = Credentials("rehearsal-key", "rehearsal-secret", "rehearsal-token", "options")
SECRETS = ("rehearsal-secret", "rehearsal-token")
READ = "DescribeCasterScenes"
STOP = "StopCasterScene"
TAKE = "CopyCasterSceneConfig"
PARAMETERS: dict[str, dict[str, Any]] = {
    READ: {"CasterId": "studio-main"},
    STOP: {"CasterId": "studio-main", "SceneId": "scene-pvw"},
    TAKE: {"CasterId": "studio-main", "FromSceneId": "scene-pvw", "ToSceneId": "scene-pgm"},
}
every_operation = pytest.mark.parametrize("action", [READ, STOP, TAKE])
ok = answer(body={"RequestId": "REQ-OK", "SceneList": {"Scene": []}})


class Time:
    """A clock that runs with the real one and jumps when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.wall_start = datetime(2026, 11, 22, 11, 30, tzinfo=timezone.utc).timestamp() - time.monotonic()

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)

    def pauses(self) -> list[float]:
        return [seconds for seconds in self.slept if seconds]


class Caller:
    """A client, its clock, and the server it talks to."""

    def __init__(
        self, url: str, jitter: float, region_id: str | None, proxy: str | None = None, reach: Reach | None = None
    ) -> None:
        self.time = Time()
        self.transport = Transport(parse_endpoint(url), TransportOptions(user_agent="agent", proxy=proxy))
        clock = Clock(lambda: self.time.wall_start + self.time.monotonic(), self.time.monotonic, self.time.sleep)
        self.client = Client(KEYS, self.transport, clock, Pace(None, ""), region_id, jitter=lambda: jitter)
        self.client.reach = reach or Reach()

    def call(self, action: str, seconds: float = 60.0) -> dict[str, Any]:
        return self.client.call(action, PARAMETERS[action], self.time.monotonic() + seconds)

    def fails(self, action: str, seconds: float = 60.0) -> LiveError:
        with pytest.raises(LiveError) as caught:
            self.call(action, seconds)
        failure = caught.value
        shown = f"{failure} {failure!r} {failure.as_dict()} {failure.__cause__!r} {self.client.api_calls}"
        for secret in (*SECRETS, "Signature=", "CasterId="):
            assert secret not in shown
        assert failure.action == action
        assert failure.hint
        return failure

    @property
    def record(self) -> dict[str, Any]:
        return self.client.api_calls[-1]


@contextlib.contextmanager
def calling(
    *behaviours: Behaviour, jitter: float = 0.5, region_id: str | None = None
) -> Iterator[tuple[Caller, RawServer]]:
    with RawServer(*behaviours) as server:
        caller = Caller(server.url, jitter, region_id)
        try:
            yield caller, server
        finally:
            caller.transport.close()


# --- success ---


def test_an_answer_comes_back_and_the_call_is_recorded() -> None:
    with calling(ok) as (caller, _server):
        assert caller.call(READ) == {"RequestId": "REQ-OK", "SceneList": {"Scene": []}}

    assert list(caller.record) == ["action", "attempts", "throttled", "http_status", "request_id", "elapsed_ms"]
    elapsed = caller.record.pop("elapsed_ms")
    assert isinstance(elapsed, int)
    assert 0 <= elapsed < 5000
    assert caller.record == {"action": READ, "attempts": 1, "throttled": 0, "http_status": 200, "request_id": "REQ-OK"}
    assert len(caller.client.api_calls) == 1


def test_what_is_sent() -> None:
    with calling(ok) as (caller, server):
        caller.call(TAKE)

    (request,) = server.requests
    assert request.query == PARAMETERS[TAKE]
    assert request.headers["host"] == server.host
    assert request.headers["x-acs-action"] == TAKE
    assert request.headers["x-acs-version"] == "2016-11-01"
    assert request.headers["x-acs-security-token"] == "rehearsal-token"
    assert re.fullmatch(r"2026-11-22T11:30:\d\dZ", request.headers["x-acs-date"])
    assert request.headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=rehearsal-key,SignedHeaders=host;")


def test_the_region_is_sent_where_it_is_given() -> None:
    with calling(ok, region_id="cn-shanghai") as (caller, server):
        caller.call(READ)

    assert server.requests[0].query == {"RegionId": "cn-shanghai", "CasterId": "studio-main"}


@every_operation
def test_every_attempt_has_a_nonce_a_date_and_a_signature_of_its_own(action: str) -> None:
    throttled = error("Throttling.User", headers={"x-acs-retry-after": "2000"})
    with calling(throttled, throttled, ok) as (caller, server):
        caller.call(action)

    for name in ("x-acs-signature-nonce", "x-acs-date", "authorization"):
        assert len({request.headers[name] for request in server.requests}) == 3
    assert caller.record["attempts"] == 3


@pytest.mark.parametrize("code", [None, "", "OK", "Success", "200", 200])
def test_an_answer_with_a_code_that_means_success(code: Any) -> None:
    with calling(answer(body={"Code": code, "SceneList": {}})) as (caller, _server):
        assert caller.call(READ) == {"Code": code, "SceneList": {}}


def test_calls_are_recorded_one_by_one() -> None:
    with calling(ok, error("InvalidCaster.NotFound", 404)) as (caller, _server):
        caller.call(READ)
        caller.fails(STOP)

    assert [(call["action"], call["http_status"]) for call in caller.client.api_calls] == [(READ, 200), (STOP, 404)]


# --- repeats ---

# What happens, and how each operation goes on: sent again (True) or not.
FAULTS: dict[str, tuple[Behaviour, tuple[bool, bool, bool]]] = {
    "throttled": (error("Throttling.User"), (True, True, True)),
    "throttled by status": (answer(429, b"slow down"), (True, True, True)),
    "throttled by header": (error("Whatever", headers={"x-acs-retry-after": "10"}), (True, True, True)),
    "busy": (error("Conflict.LockFailed", 409), (True, True, True)),
    "unavailable": (error("ServiceUnavailable", 503), (True, True, False)),
    "internal error": (error("InternalError", 500), (True, True, False)),
    "internal error, with a pause": (
        error("InternalError", 500, headers={"x-acs-retry-after": "200"}),
        (True, True, False),
    ),
    "unavailable, with a pause": (
        error("ServiceUnavailable", 503, headers={"x-acs-retry-after": "200"}),
        (True, True, False),
    ),
    "gateway time-out, with a pause": (answer(504, b"", headers={"x-acs-retry-after": "200"}), (True, True, False)),
    "bad gateway": (answer(502, b"<html>Bad Gateway</html>"), (True, True, False)),
    "gateway time-out": (answer(504, b""), (True, True, False)),
    "reset": (reset(), (True, True, False)),
    "half an answer": (raw(http(body=b'{"RequestId": "x"}')[:-5]), (True, True, False)),
    "no JSON": (answer(body=b"hello"), (True, True, False)),
    "no object": (answer(body=b"[1, 2]"), (True, True, False)),
    "nonce used": (error("SignatureNonceUsed"), (True, True, False)),
    "only announced": (raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"), (True, True, False)),
    "redirect": (answer(302, headers={"Location": "/"}), (False, False, False)),
    "refused": (error("InvalidCaster.NotFound", 404), (False, False, False)),
    "a business error with status 500": (error("RegionNoResource", 500), (False, False, False)),
    "not allowed": (error("Forbidden.RAM", 403), (False, False, False)),
    "clock": (error("InvalidTimeStamp.Expired"), (False, False, False)),
    "a page of somebody else": (answer(403, b"<html>Forbidden</html>"), (False, False, False)),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("column", "action"), [(0, READ), (1, STOP), (2, TAKE)])
def test_what_is_sent_again(fault: str, column: int, action: str) -> None:
    behaviour, again = FAULTS[fault]
    with calling(behaviour, ok) as (caller, server):
        if again[column]:
            assert caller.call(action)["RequestId"] == "REQ-OK"
        else:
            caller.fails(action)

    assert len(server.requests) == caller.record["attempts"] == 1 + again[column]
    assert caller.record["throttled"] == fault.startswith("throttled")


@pytest.mark.parametrize("behaviour", [error("Throttling"), error("ServiceUnavailable", 503), answer(502, b"x")])
def test_repeats_go_on_until_the_deadline_and_no_longer(behaviour: Behaviour) -> None:
    with calling(behaviour, jitter=1.0) as (caller, server):
        started = caller.time.monotonic()
        failure = caller.fails(READ, seconds=120)
        elapsed = caller.time.monotonic() - started

    assert 60 < elapsed <= 120.5
    assert len(server.requests) == caller.record["attempts"] > 8
    assert caller.time.pauses()[:6] == pytest.approx([1, 2, 4, 8, 16, 20], abs=0.1)
    assert failure.retryable
    assert f"Gave up after {len(server.requests)} attempts in " in failure.message


def test_garbled_answers_are_asked_for_three_times() -> None:
    with calling(answer(body=b"{")) as (caller, server):
        failure = caller.fails(READ)

    assert len(server.requests) == 3
    assert (failure.code, failure.outcome) == ("InvalidAnswer", "refused")


def test_only_garbled_answers_count_towards_the_three() -> None:
    throttled, garbled = error("Throttling.User"), answer(body=b"{")
    with calling(throttled, garbled, throttled, throttled, reset(), garbled, throttled, ok) as (caller, _server):
        assert caller.call(READ)["RequestId"] == "REQ-OK"
    with calling(throttled, throttled, garbled, garbled, throttled, garbled, ok) as (caller, server):
        assert caller.fails(READ).code == "InvalidAnswer"

    assert len(server.requests) == caller.record["attempts"] == 6


@every_operation
def test_the_service_says_when_to_come_back(action: str) -> None:
    with calling(error("Throttling.User", headers={"X-Acs-Retry-After": "1500"}), ok, jitter=0) as (caller, _server):
        caller.call(action)

    assert caller.time.pauses() == pytest.approx([1.5], abs=0.1)


@pytest.mark.parametrize("action", [READ, STOP])
@pytest.mark.parametrize("status", [500, 503])
def test_a_service_in_trouble_says_when_to_come_back(status: int, action: str) -> None:
    trouble = error("InternalError", status, headers={"x-acs-retry-after": "1500"})
    with calling(trouble, ok, jitter=0) as (caller, _server):
        caller.call(action)

    assert caller.time.pauses() == pytest.approx([1.5], abs=0.1)


@pytest.mark.parametrize("header", ["-5", "1.5", "soon", "", "\xb25", "1e3", "99999999999"])
def test_a_time_to_come_back_that_makes_no_sense_is_no_gate(header: str) -> None:
    with calling(error("Whatever", headers={"x-acs-retry-after": header})) as (caller, server):
        caller.fails(READ)

    assert len(server.requests) == 1


def test_when_the_service_asks_for_more_time_than_there_is_the_call_ends_at_once() -> None:
    with calling(error("Throttling.User", headers={"x-acs-retry-after": "30000"})) as (caller, server):
        failure = caller.fails(READ, seconds=10)

    assert len(server.requests) == 1
    assert caller.time.pauses() == []
    assert (failure.code, failure.retryable) == ("Throttling.User", True)


def test_a_service_that_never_answers_ends_at_the_deadline() -> None:
    with calling(silence()) as (caller, server):
        started = time.monotonic()
        failure = caller.fails(READ, seconds=0.6)
        assert 0.4 < time.monotonic() - started < 1.6

    assert len(server.requests) == 1
    assert (failure.code, failure.outcome) == ("DeadlineExceeded", "refused")


@every_operation
def test_without_time_nothing_is_sent(action: str) -> None:
    with calling(ok) as (caller, server):
        failure = caller.fails(action, seconds=0)

    assert server.requests == []
    assert (failure.code, failure.outcome) == ("DeadlineExceeded", "refused")


# --- nobody there ---


@every_operation
def test_where_nobody_listens_and_nothing_ever_worked_it_ends_within_seconds(action: str) -> None:
    with closed_port() as port:
        caller = Caller(f"http://127.0.0.1:{port}", 0.9, None)
        started = caller.time.monotonic()
        failure = caller.fails(action, seconds=120)
        elapsed = caller.time.monotonic() - started

    # What just starts is met by some repeats.
    assert 2.5 < elapsed < 15
    assert caller.record["attempts"] > 2
    assert caller.record["http_status"] is None
    assert (failure.code, failure.outcome, failure.retryable) == ("ConnectionFailed", "refused", True)
    assert f"nothing listens at 127.0.0.1:{port} (connection refused)" in failure.message
    assert "ALIBABA_CLOUD_LIVE_ENDPOINT" in str(failure.hint)
    assert "hold_rehearsal" in str(failure.hint)


def test_a_name_that_nobody_knows_ends_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_named: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    caller = Caller("https://live.invalid", 0.9, None)
    started = caller.time.monotonic()
    failure = caller.fails(READ, seconds=120)

    assert caller.time.monotonic() - started < 15
    assert (failure.code, failure.outcome) == ("ConnectionFailed", "refused")
    assert "no address is known for the name of live.invalid:443" in failure.message
    assert "hold_rehearsal" not in str(failure.hint)


def test_a_proxy_that_refuses_ends_within_seconds_and_its_password_is_not_shown() -> None:
    with ConnectProxy(status=407) as proxy:
        caller = Caller("https://live.example.com", 0.9, None, proxy=proxy.url.replace("://", "://ops:word@"))
        started = caller.time.monotonic()
        failure = caller.fails(READ, seconds=120)

    assert caller.time.monotonic() - started < 15
    refusal = f"the proxy 127.0.0.1:{proxy.port} refused the connection to live.example.com:443 (it answered 407)"
    assert refusal in failure.message
    assert "word" not in f"{failure.message} {failure.hint}"


@every_operation
def test_what_worked_in_this_task_is_waited_for_until_the_deadline(action: str) -> None:
    with calling(ok) as (caller, server):
        caller.call(READ)
        server.__exit__(None, None, None)
        started = caller.time.monotonic()
        failure = caller.fails(action, seconds=30)

    assert caller.time.monotonic() - started > 15
    assert (failure.code, failure.outcome, failure.retryable) == ("DeadlineExceeded", "refused", True)
    assert f"nothing listens at {server.host} (connection refused)" in failure.message


def test_the_others_do_not_wait_again_and_each_of_them_tries(tmp_path: Path) -> None:
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}"
        Caller(url, 0.9, None, reach=Reach(str(tmp_path), url)).fails(READ)
        caller = Caller(url, 0.9, None, reach=Reach(str(tmp_path), url))
        failure = caller.fails(READ)

    assert caller.record["attempts"] == 1
    assert caller.time.pauses() == []
    assert (failure.code, failure.outcome) == ("ConnectionFailed", "refused")
    with RawServer(ok) as server:
        Reach(str(tmp_path), server.url).give_up()
        caller = Caller(server.url, 0.9, None, reach=Reach(str(tmp_path), server.url))
        caller.call(READ)

    assert caller.record["attempts"] == 1


def test_waiting_is_said_after_three_seconds_and_not_before() -> None:
    said: list[tuple[str, float]] = []
    with calling(error("ServiceUnavailable", 503), jitter=1.0) as (caller, _server):
        caller.client.waiting = lambda what, left: said.append((what, left))
        caller.fails(READ, seconds=2.5)
        assert said == []
        caller.fails(READ, seconds=20)

    assert said
    assert all(words.startswith("DescribeCasterScenes: ") and left < 17 for words, left in said)


def test_a_silent_service_is_named_while_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_file, "_QUIET", 0.0)
    monkeypatch.setattr(transport_file, "_SAID_EVERY", 0.05)
    said: list[str] = []
    with calling(silence()) as (caller, server):
        caller.client.waiting = lambda what, left: said.append(what)
        caller.fails(READ, seconds=0.6)

    assert said[0] == f"DescribeCasterScenes: waiting for an answer from {server.host}"


@pytest.mark.parametrize(
    ("behaviour", "seconds"),
    [(silence(), 0.6), (answer(502, b"<html>"), 2), (answer(302, headers={"Location": "/"}), 2), (ok, 0)],
)
def test_whatever_did_not_come_from_the_api_names_host_and_port(behaviour: Behaviour, seconds: float) -> None:
    with calling(behaviour) as (caller, server):
        assert server.host in caller.fails(READ, seconds=seconds).message


# --- outcomes ---


@pytest.mark.parametrize(
    ("action", "behaviours", "outcome"),
    [
        # The API rejected it, so nothing was done.
        (READ, [error("InvalidCaster.NotFound", 404)], "failed"),
        (STOP, [error("InvalidScene.NotFound", 404)], "failed"),
        (TAKE, [error("InvalidScene.NotFound", 404)], "failed"),
        (TAKE, [error("Throttling.User"), error("IllegalOperation", 401)], "failed"),
        (STOP, [error("IncorrectSceneStatus.Idle")], "failed"),
        # A read changes nothing, whatever becomes of its answer.
        (READ, [reset(), error("IllegalOperation", 401)], "failed"),
        (READ, [answer(body=b"?")], "refused"),
        # No answer of the API, and nothing that could have been done.
        (TAKE, [answer(302, headers={"Location": "/"})], "refused"),
        (TAKE, [answer(403, b"<html>")], "refused"),
        # It may have been done.
        (TAKE, [reset()], "unknown"),
        (TAKE, [error("InternalError", 500)], "unknown"),
        (TAKE, [error("ServiceUnavailable", 503)], "unknown"),
        (TAKE, [answer(body=b"?")], "unknown"),
        (TAKE, [raw(b"HTTP/1.1 102 Processing\r\n\r\n")], "unknown"),
        (TAKE, [raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")], "unknown"),
        (TAKE, [error("Throttling.User"), reset()], "unknown"),
        (STOP, [answer(body=b"?")], "unknown"),
        # The first attempt may have done it; a later no does not change that.
        (STOP, [reset(), error("IncorrectSceneStatus.Idle")], "unknown"),
        (STOP, [error("InternalError", 500), error("InvalidScene.NotFound", 404)], "unknown"),
        (STOP, [reset(), error("Throttling.User"), error("IllegalOperation", 401)], "unknown"),
    ],
)
def test_outcomes(action: str, behaviours: list[Behaviour], outcome: str) -> None:
    with calling(*behaviours) as (caller, _server):
        assert caller.fails(action).outcome == outcome


def test_a_stop_that_stays_ambiguous_to_the_deadline_is_unknown() -> None:
    with calling(reset(), error("Throttling.User", headers={"x-acs-retry-after": "60000"})) as (caller, _server):
        failure = caller.fails(STOP, seconds=30)

    assert (failure.code, failure.outcome) == ("Throttling.User", "unknown")


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (reset(), "ConnectionFailed"),
        (answer(502, b"<html>"), "InvalidAnswer"),
        (answer(body=b"?"), "InvalidAnswer"),
        (error("InternalError", 500), "InternalError"),
    ],
)
def test_the_code_of_a_take_whose_answer_was_lost(behaviour: Behaviour, code: str) -> None:
    with calling(behaviour) as (caller, _server):
        failure = caller.fails(TAKE)

    assert (failure.code, failure.outcome, failure.retryable) == (code, "unknown", True)


@pytest.mark.parametrize("repeat", [REPEAT_REREAD, REPEAT_ONCE])
@pytest.mark.parametrize("behaviour", [reset(), answer(502, b"<html>"), answer(body=b"?")])
def test_a_call_may_be_stricter_than_its_operation(repeat: str, behaviour: Behaviour) -> None:
    with (
        calling(behaviour, answer(body={"RequestId": "REQ-1"})) as (caller, server),
        pytest.raises(LiveError) as caught,
    ):
        caller.client.call(STOP, PARAMETERS[STOP], caller.time.monotonic() + 60, repeat=repeat)

    assert (caught.value.outcome, len(server.requests)) == ("unknown", 1)
    assert caught.value.code in ("ConnectionFailed", "InvalidAnswer")


def test_idle_is_told_apart_from_other_refusals_of_a_stop() -> None:
    with calling(error("IncorrectSceneStatus.Idle")) as (caller, _server):
        assert caller.fails(STOP).details["kind"] is Kind.NOOP
    with calling(error("IncorrectSceneStatus.Idle")) as (caller, _server):
        assert caller.fails(TAKE).details["kind"] is Kind.FAILURE


# --- what a failure says ---


def test_a_message_has_the_code_the_status_and_the_request_id() -> None:
    with calling(error("InvalidCaster.NotFound", 404, "The caster does not exist.")) as (caller, _server):
        failure = caller.fails(READ)

    assert failure.message.startswith("DescribeCasterScenes failed: ")
    assert "What came back: The caster does not exist." in failure.message
    assert failure.message.endswith("(InvalidCaster.NotFound, HTTP 404, request id REQ-1)")
    assert failure.as_dict() == {
        "code": "InvalidCaster.NotFound",
        "message": failure.message,
        "http_status": 404,
        "request_id": "REQ-1",
        "action": READ,
        "option": None,
        "hint": failure.hint,
        "recommend": None,
        "retryable": False,
        "outcome": "failed",
    }
    assert caller.record["request_id"] == "REQ-1"


def test_lower_case_spellings_are_read_too() -> None:
    with calling(answer(400, {"requestId": "REQ-2", "code": "IllegalOperation", "message": "no way"})) as (
        caller,
        _server,
    ):
        failure = caller.fails(READ)

    assert (failure.code, failure.request_id) == ("IllegalOperation", "REQ-2")
    assert "no way" in failure.message


def test_what_the_service_recommends_is_passed_on() -> None:
    body = {"Code": "IllegalOperation", "Recommend": "Look here. rehearsal-secret"}
    with calling(answer(401, body)) as (caller, _server):
        assert caller.fails(READ).recommend == "Look here. ********"


def test_an_answer_in_the_middle_of_the_road_is_named() -> None:
    with calling(answer(403, b"<html>http://proxy.example.com/ rehearsal</html>")) as (caller, _server):
        failure = caller.fails(READ)

    assert (failure.code, failure.http_status, failure.request_id) == ("InvalidAnswer", 403, None)
    assert "HTTP status 403 and no answer of the API" in failure.message
    assert "proxy.example.com" not in failure.message


def test_a_redirect_is_named() -> None:
    with calling(answer(307, headers={"Location": "http://elsewhere.example.com/"})) as (caller, _server):
        failure = caller.fails(READ)

    assert (failure.code, failure.http_status) == ("InvalidAnswer", 307)
    assert "the endpoint answered with a redirect, which is refused" in failure.message
    assert "elsewhere" not in str(failure.as_dict())


@pytest.mark.parametrize(
    "message",
    [
        "rehearsal-secret",
        "token rehearsal-token!",
        "Authorization: ACS3-HMAC-SHA256 Credential=rehearsal-key,SignedHeaders=host,Signature=0123",
        "see https://live.example.com/?Signature=0123&CasterId=1",
    ],
)
def test_a_message_of_the_service_is_cleaned(message: str) -> None:
    with calling(error("InvalidParameter", message=message)) as (caller, _server):
        shown = str(caller.fails(READ).as_dict()).replace("Signature=********", "")

    assert "0123" not in shown
    assert "********" in shown


@pytest.mark.parametrize("code", ["SignatureDoesNotMatch", "IncompleteSignature"])
def test_a_wrong_signature_never_echoes_the_request(code: str) -> None:
    body = {"Code": code, "Message": "server string to sign is: POST studio-main", "Recommend": "studio-main"}
    with calling(answer(400, body)) as (caller, _server):
        failure = caller.fails(READ)

    assert failure.code == code
    assert "string to sign" not in str(failure.as_dict())
    assert "studio-main" not in str(failure.as_dict())


@pytest.mark.parametrize(
    ("detail", "action"),
    [
        ({"AuthAction": "live:StopCasterScene"}, "live:StopCasterScene"),
        ({"AuthAction": "live:*"}, "live:*"),
        # The answer does not say it, or says nonsense: the table knows.
        (None, "live:CopyCasterSceneConfig"),
        ("nonsense", "live:CopyCasterSceneConfig"),
    ],
)
@pytest.mark.parametrize("code", ["Forbidden.RAM", "NoPermission"])
def test_a_denial_names_the_missing_action_and_prints_the_statement(code: str, detail: Any, action: str) -> None:
    body = {"Code": code, "Message": "denied", "AccessDeniedDetail": detail}
    with calling(answer(403, body)) as (caller, server):
        failure = caller.fails(TAKE)

    assert len(server.requests) == 1
    assert failure.outcome == "failed"
    assert f'{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}' in str(failure.hint)


@pytest.mark.parametrize("action", ["x" * 200, 'live:Stop", "Resource": "*', 7, ["live:*"]])
def test_a_denial_prints_no_statement_that_an_answer_made_up(action: Any) -> None:
    body = {"Code": "Forbidden.RAM", "AccessDeniedDetail": {"AuthAction": action}}
    with calling(answer(403, body)) as (caller, _server):
        assert "Effect" not in str(caller.fails(TAKE).hint)


def test_the_statement_follows_the_table_of_operations() -> None:
    assert OPERATIONS[TAKE].ram_action == "live:CopyCasterSceneConfig"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Sun, 22 Nov 2026 11:48:02 GMT", "2026-11-22T11:48:02Z"),
        ("Sun, 22 Nov 2026 19:48:02 +0800", "2026-11-22T11:48:02Z"),
        ("yesterday", "nothing about its own"),
        ("Sun, 99 Nov 2026 99:99:99 GMT", "nothing about its own"),
        (None, "nothing about its own"),
    ],
)
def test_a_clock_that_is_off_shows_both_clocks(header: str | None, words: str) -> None:
    with calling(error("InvalidTimeStamp.Expired", headers={"Date": header} if header else None)) as (caller, server):
        failure = caller.fails(READ)

    assert len(server.requests) == 1
    assert re.search(r"The clock here says 2026-11-22T11:30:\d\dZ; the service says ", str(failure.hint))
    assert str(failure.hint).endswith(f"the service says {words}.")


@pytest.mark.parametrize(
    "body",
    [
        {"Code": "x" * 5000, "Message": "y" * 5000, "RequestId": "z" * 5000, "Recommend": "r" * 5000},
        {"Code": "a\x1b[31m\nb", "Message": "c\x00\u202ed\ud800", "RequestId": "\r\n"},
        {"Code": ["x"], "Message": {"y": 1}, "RequestId": True},
        {"Code": 400, "Message": 7, "RequestId": 12},
        {"Code": "IllegalOperation", "AccessDeniedDetail": [1], "Message": None},
    ],
)
def test_whatever_stands_in_an_error_answer_a_failure_is_short_and_printable(body: Mapping[str, Any]) -> None:
    with calling(answer(400, body)) as (caller, _server):
        failure = caller.fails(READ)

    assert len(failure.message) < 3000
    for text in (failure.message, failure.code, failure.request_id or "", failure.recommend or ""):
        assert text.isprintable()
    assert failure.code


def test_a_certificate_that_is_not_accepted_is_not_tried_again() -> None:
    with RawServer(ok, on_accept=raw(b"no TLS at all\r\n\r\n")) as server:
        caller = Caller(f"https://{server.host}", 0.5, None)
        failure = caller.fails(TAKE)

    assert server.connections == caller.record["attempts"] == 1
    assert (failure.code, failure.outcome, failure.retryable) == ("ConnectionFailed", "refused", False)
    assert f"the TLS certificate of {server.host} was not accepted" in failure.message
