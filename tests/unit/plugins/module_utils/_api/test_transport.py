# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How bytes get there and back, over real sockets on loopback, and what is known when they do not."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api import transport
from ansible_collections.apsara.live.plugins.module_utils._api.endpoint import parse_endpoint
from ansible_collections.apsara.live.plugins.module_utils._api.transport import (
    LARGEST_ANSWER,
    NoReply,
    Reply,
    Request,
    Transport,
    TransportOptions,
    fetch,
    user_agent,
)
from ansible_collections.apsara.live.plugins.module_utils._errors.kind import Kind
from ansible_collections.apsara.live.tests.support.connect_proxy import ConnectProxy
from ansible_collections.apsara.live.tests.support.raw_server import (
    RawServer,
    answer,
    closed_port,
    http,
    raw,
    reset,
    silence,
    slow,
    trickle,
)

QUERY = "CasterId=studio-main&Note=a%20b%2Bc~d%2A%27"
HEADERS = {"host": "as-signed.example.com", "authorization": "ACS3 rehearsal-signature", "x-acs-action": "StopCaster"}
# None of this may ever stand in a reason.
PRIVATE = ("studio-main", "rehearsal-signature", "rehearsal-word", "http://", "https://", "CasterId")

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*PROXY_VARIABLES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@contextlib.contextmanager
def connected(url: str, **options: Any) -> Iterator[Transport]:
    sender = Transport(parse_endpoint(url), TransportOptions(user_agent="agent", **options))
    try:
        yield sender
    finally:
        sender.close()


def post(sender: Transport, timeout: float = 5.0) -> Reply:
    return sender.send(QUERY, HEADERS, timeout=timeout, departure=contextlib.nullcontext)


def fails(sender: Transport, timeout: float = 5.0) -> NoReply:
    with pytest.raises(NoReply) as caught:
        post(sender, timeout)
    failure = caught.value
    for private in PRIVATE:
        assert private not in failure.reason
        assert private not in str(failure)
    # Host and port are no secret, and without them nobody knows where to look.
    assert sender.endpoint.place in failure.reason or "the proxy 127.0.0.1:" in failure.reason
    # Whatever prints the whole chain of causes must find nothing either.
    assert failure.__cause__ is None
    return failure


def failure_at(url: str, timeout: float = 5.0, **options: Any) -> NoReply:
    with connected(url, **options) as sender:
        return fails(sender, timeout)


# --- what is sent ---


def test_a_request_arrives_as_it_was_signed() -> None:
    with RawServer(answer()) as server, connected(server.url) as sender:
        reply = post(sender)

    assert (reply.status, reply.body) == (200, b"{}")
    (request,) = server.requests
    assert request.method == "POST"
    assert request.target == f"/?{QUERY}"
    for name, value in HEADERS.items():
        assert request.headers[name] == value
    assert request.headers["user-agent"] == "agent"
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["content-length"] == "0"
    assert "content-type" not in request.headers


def test_an_answer_comes_back_whole() -> None:
    body = b"\x00\xff" * 200_000
    with RawServer(answer(418, body, {"X-Own": "1"})) as server, connected(server.url) as sender:
        reply = post(sender)

    assert reply.status == 418
    assert reply.body == body
    assert reply.headers["X-Own"] == "1"


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_the_forms_of_a_body(data: bytes) -> None:
    with RawServer(raw(data)) as server, connected(server.url) as sender:
        assert post(sender).body == b"{}"


def test_a_connection_is_used_again() -> None:
    with RawServer(answer()) as server, connected(server.url) as sender:
        for _unused in range(3):
            post(sender)

    assert server.connections == 1
    assert len(server.requests) == 3


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_LONGEST_IDLE", 0.05)
    with RawServer(answer()) as server, connected(server.url) as sender:
        post(sender)
        time.sleep(0.1)
        post(sender)

    assert server.connections == 2


def test_after_a_failure_the_next_request_has_a_new_connection() -> None:
    with RawServer(silence(), answer()) as server, connected(server.url) as sender:
        fails(sender, timeout=0.2)
        assert post(sender).status == 200

    assert server.connections == 2


def test_a_connection_that_the_service_closed_is_opened_again() -> None:
    with RawServer(raw(http()), answer()) as server, connected(server.url) as sender:
        post(sender)
        time.sleep(0.05)
        assert post(sender).status == 200


@pytest.mark.parametrize("entry", ["default login intruder password rehearsal-word", None])
def test_netrc_never_replaces_the_authorization(entry: str | None, tmp_path: Path) -> None:
    line = entry or "machine 127.0.0.1 login intruder password rehearsal-word"
    (tmp_path / ".netrc").write_text(line + "\n")
    (tmp_path / ".netrc").chmod(0o600)
    with RawServer(answer()) as server, connected(server.url) as sender:
        post(sender)

    assert server.requests[0].headers["authorization"] == HEADERS["authorization"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["other", "://", "http://[::1", "http://a b/", "\xff\x00"])
def test_a_redirect_is_an_answer_and_is_not_followed(status: int, where: str) -> None:
    with RawServer(answer()) as other:
        target = f"{other.url}/" if where == "other" else where
        with RawServer(answer(status, headers={"Location": target})) as server, connected(server.url) as sender:
            assert post(sender).status == status

    assert other.requests == []
    assert len(server.requests) == 1


def test_a_redirect_with_a_huge_body_is_not_taken_in() -> None:
    def flood(wire: Any) -> None:
        wire.send(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")
        for _unused in range(200):
            wire.send(bytes(100_000))

    with RawServer(flood) as server:
        failure = failure_at(server.url)

    assert failure.stage == Kind.GARBLED


# --- how far a request came ---


def test_a_refused_connection() -> None:
    with closed_port() as port:
        failure = failure_at(f"http://127.0.0.1:{port}")

    assert (failure.stage, failure.reason) == (
        Kind.NOT_SENT,
        f"nothing listens at 127.0.0.1:{port} (connection refused)",
    )
    assert failure.nobody


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_named: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = failure_at("https://live.invalid")

    assert (failure.stage, failure.reason) == (Kind.NOT_SENT, "no address is known for the name of live.invalid:443")
    assert failure.nobody


@pytest.mark.parametrize(
    ("trouble", "words", "nobody"),
    [
        (OSError(errno.ENETUNREACH, "rehearsal-word"), "there is no route to [2001:db8::1]:8443", True),
        (OSError(errno.EHOSTUNREACH, "rehearsal-word"), "there is no route to [2001:db8::1]:8443", True),
        (TimeoutError("rehearsal-word"), "no connection to [2001:db8::1]:8443 in time", False),
        (OSError(errno.EMFILE, "rehearsal-word"), "the connection to [2001:db8::1]:8443 could not be opened", False),
    ],
)
def test_what_the_network_says(trouble: OSError, words: str, nobody: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any, **_named: Any) -> Any:
        raise trouble

    monkeypatch.setattr(socket.socket, "connect", broken)
    failure = failure_at("https://[2001:db8::1]:8443")

    assert (failure.stage, failure.reason, failure.nobody) == (Kind.NOT_SENT, words, nobody)


def test_a_name_server_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    over = threading.Event()
    real = socket.getaddrinfo

    def silent(*arguments: Any, **more: Any) -> Any:
        asked.set()
        over.wait(10)
        return real(*arguments, **more)

    with RawServer(answer()) as server, connected(server.url) as sender:
        monkeypatch.setattr(socket, "getaddrinfo", silent)
        started = time.monotonic()
        failure = fails(sender, timeout=0.3)
        assert time.monotonic() - started < 1.0
        assert asked.is_set()
        assert (failure.stage, failure.nobody) == (Kind.NOT_SENT, False)
        assert failure.reason == f"no connection to {server.host} within 0.3 s"
        # The name server answers after all. What was reported as not sent must not be sent now.
        over.set()
        wait_for_exchanges()
        assert server.requests == []


def wait_for_exchanges() -> None:
    """Until the threads of all exchanges are gone."""
    for thread in threading.enumerate():
        if thread.name == "apsara.live exchange":
            thread.join(5)
            assert not thread.is_alive()


def test_a_service_that_says_nothing() -> None:
    with RawServer(silence()) as server:
        failure = failure_at(server.url, timeout=0.3)

    assert failure.stage == Kind.LOST
    # Two clocks run out at the same moment.
    assert failure.reason in (
        f"no complete answer from {server.host} within 0.3 s",
        f"{server.host} did not answer in time",
    )
    assert not failure.nobody
    assert len(server.requests) == 1


def test_a_service_that_says_nothing_within_the_read_timeout() -> None:
    with RawServer(silence()) as server:
        failure = failure_at(server.url, read_timeout=0.2)

    assert (failure.stage, failure.reason) == (Kind.LOST, f"{server.host} did not answer in time")


ENDLESS = b"x" * 100_000


@pytest.mark.parametrize(
    "behaviour",
    [
        trickle(b"HTTP/1.1 200 OK\r\nX-Long: " + ENDLESS, 0.02),
        trickle(ENDLESS, 0.02, head=b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
        trickle(ENDLESS, 0.02, head=b"HTTP/1.1 200 OK\r\n\r\n"),
        trickle(b"1\r\nx\r\n" * 9999, 0.02, head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        trickle(b"HTTP/1.1 100 Continue\r\n\r\n" * 9999, 0.005),
        silence(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"),
    ],
    ids=["head", "body", "body without a length", "chunks", "continue", "half a body"],
)
def test_the_whole_exchange_has_one_deadline(behaviour: Any) -> None:
    started = time.monotonic()
    with RawServer(behaviour) as server:
        failure = failure_at(server.url, timeout=0.4)
        assert 0.3 < time.monotonic() - started < 1.4
        # The connection is cut, so nothing goes on behind our back.
        wait_for_exchanges()

    assert failure.stage == Kind.LOST


def test_an_answer_in_time_is_taken() -> None:
    with RawServer(slow(0.2, answer())) as server, connected(server.url, read_timeout=2.0) as sender:
        assert post(sender).status == 200


@pytest.mark.parametrize(
    "behaviour",
    [
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{}"),
        reset(),
        reset(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"),
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        raw(b"HTTP/1.1 abc OK\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n{}{}{}"),
    ],
    ids=[
        "nothing",
        "half a body",
        "half a chunk",
        "reset",
        "reset in the body",
        "not HTTP",
        "no status",
        "too many headers",
        "too long a header",
        "no chunk size",
        "two lengths",
    ],
)
def test_an_answer_that_is_not_complete_may_belong_to_work_that_was_done(behaviour: Any) -> None:
    with RawServer(behaviour) as server:
        failure = failure_at(server.url)

    assert failure.stage == Kind.LOST
    assert len(server.requests) == 1


def interim(*statuses: int) -> bytes:
    return b"".join(b"HTTP/1.1 %d Soon\r\nLink: </style.css>; rel=preload\r\n\r\n" % status for status in statuses)


@pytest.mark.parametrize("statuses", [(102,), (103,), (100, 103), (102, 102, 103, 199), (102,) * 90])
def test_answers_that_only_announce_one_are_passed_over(statuses: tuple[int, ...]) -> None:
    data = interim(*statuses) + http(body=b'{"real": 1}')
    with RawServer(raw(data)) as server, connected(server.url) as sender:
        reply = post(sender)
    assert (reply.status, reply.body) == (200, b'{"real": 1}')
    assert "Link" not in reply.headers


@pytest.mark.parametrize("data", [interim(102), interim(*(103,) * 1000), interim(102) + b"HTTP/1.1 10"])
def test_an_answer_that_was_only_announced_may_belong_to_work_that_was_done(data: bytes) -> None:
    with RawServer(raw(data)) as server:
        assert failure_at(server.url).stage == Kind.LOST


def test_an_answer_that_was_announced_and_does_not_come_ends_with_the_deadline() -> None:
    with RawServer(silence(interim(102))) as server:
        assert failure_at(server.url, timeout=0.5).stage == Kind.LOST


def test_a_reset_before_the_request_was_read() -> None:
    with RawServer(answer(), on_accept=slow(0.2, reset())) as server:
        failure = failure_at(server.url)

    # It left; whether anybody read it cannot be known from here.
    assert failure.stage == Kind.LOST


def test_half_a_head_is_an_answer_without_a_body() -> None:
    with RawServer(raw(b"HTTP/1.1 200 OK\r\nContent-Le")) as server, connected(server.url) as sender:
        assert post(sender).body == b""


def test_nothing_is_logged_about_a_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with RawServer(raw(b"HTTP/1.1 200 OK\r\nContent-Le"), answer()) as server, connected(server.url) as sender:
        post(sender)
        post(sender)
    with closed_port() as port:
        failure_at(f"http://127.0.0.1:{port}")

    assert caplog.records == []


def test_an_answer_that_is_too_large_is_not_taken_in() -> None:
    def flood(wire: Any) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
        for _unused in range(LARGEST_ANSWER // 100_000 + 50):
            wire.send(bytes(100_000))

    with RawServer(flood) as server:
        failure = failure_at(server.url)

    assert (failure.stage, failure.reason) == (Kind.GARBLED, f"the answer from {server.host} is larger than 8 MiB")


def test_the_largest_answer_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)
    with RawServer(answer(body=bytes(1000)), answer(body=bytes(1001))) as server, connected(server.url) as sender:
        assert len(post(sender).body) == 1000
        assert fails(sender).stage == Kind.GARBLED


def test_one_request_on_a_connection_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any method, path and body, and nothing of the environment of this process."""
    with closed_port() as port:
        for name in PROXY_VARIABLES[:3]:
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        with RawServer(answer(body=b"token")) as server:
            request = Request("PUT", f"{server.url}/latest?a=b", {"x-own": "1"}, b"sent", 5)
            assert fetch(request, TransportOptions(environment=False), 30.0).body == b"token"
            (seen,) = server.requests
    assert (seen.method, seen.target) == ("PUT", "/latest?a=b")
    assert (seen.headers["x-own"], seen.headers["content-length"]) == ("1", "4")


def test_without_time_nothing_is_asked() -> None:
    with RawServer(answer()) as server:
        request = Request("GET", server.url, {}, None, 100)
        with pytest.raises(NoReply) as caught:
            fetch(request, TransportOptions(environment=False), 0.0)
        assert (caught.value.stage, server.requests) == (Kind.NOT_SENT, [])
    assert caught.value.reason == f"no time was left to ask {server.host}"


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "GZIP", "nonsense"])
def test_a_compressed_answer_was_not_asked_for(coding: str) -> None:
    with RawServer(answer(headers={"Content-Encoding": coding})) as server:
        failure = failure_at(server.url)

    assert (failure.stage, failure.reason) == (
        Kind.GARBLED,
        f"the answer from {server.host} is compressed although that was not asked for",
    )


def test_nobody_leaves_before_it_may() -> None:
    """Whatever paces the calls holds a request back until the connection is open, and counts only what left."""
    seen: list[int] = []

    @contextlib.contextmanager
    def departure() -> Iterator[None]:
        seen.append(server.connections)
        yield
        seen.append(server.connections)

    with RawServer(answer()) as server, connected(server.url) as sender:
        sender.send(QUERY, HEADERS, timeout=5, departure=departure)

    assert len(seen) == 2


def test_without_room_to_leave_nothing_is_sent() -> None:
    def departure() -> contextlib.AbstractContextManager[None]:
        raise TimeoutError

    with RawServer(answer()) as server, connected(server.url) as sender:
        with pytest.raises(NoReply) as caught:
            sender.send(QUERY, HEADERS, timeout=5, departure=departure)
        time.sleep(0.05)

    assert caught.value.stage == Kind.NOT_SENT
    assert server.requests == []


def test_what_waits_to_leave_at_the_deadline_never_leaves() -> None:
    late = threading.Event()

    @contextlib.contextmanager
    def departure() -> Iterator[None]:
        late.wait(5)
        yield

    with RawServer(answer()) as server, connected(server.url) as sender:
        with pytest.raises(NoReply) as caught:
            sender.send(QUERY, HEADERS, timeout=0.2, departure=departure)
        late.set()
        wait_for_exchanges()
        time.sleep(0.05)

    assert caught.value.stage == Kind.NOT_SENT
    assert server.requests == []


class TimeIsOver(BaseException):
    """As the time limit of a task ends it: in the main thread, wherever that is."""


def test_what_the_end_of_its_task_finds_opening_a_connection_never_leaves() -> None:
    opening, going_on = threading.Event(), threading.Event()

    @contextlib.contextmanager
    def departure() -> Iterator[None]:
        opening.set()
        assert going_on.wait(20)
        yield

    def interrupt(number: int, frame: object) -> None:
        raise TimeIsOver

    def strike() -> None:
        assert opening.wait(20)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupt)
    striking = threading.Thread(target=strike)
    try:
        with RawServer(answer()) as server, connected(server.url) as sender:
            striking.start()
            with pytest.raises(TimeIsOver):
                sender.send(QUERY, HEADERS, timeout=20, departure=departure)
            going_on.set()
            wait_for_exchanges()
        assert server.requests == []
    finally:
        striking.join()
        signal.signal(signal.SIGUSR1, before)


def test_what_is_held_back_is_told_and_the_next_request_goes() -> None:
    def departure() -> contextlib.AbstractContextManager[None]:
        raise transport.HeldBack(ValueError("too old"))

    with RawServer(answer()) as server, connected(server.url) as sender:
        with pytest.raises(transport.HeldBack):
            sender.send(QUERY, HEADERS, timeout=5, departure=departure)
        assert post(sender).status == 200
    assert len(server.requests) == 1


def test_no_connection_is_left_behind() -> None:
    def open_files() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this platform does not list open files")
    with RawServer(answer()) as server, connected(server.url) as sender:
        post(sender)
    before = open_files()
    for _unused in range(5):
        with RawServer(answer(), silence()) as server, connected(server.url) as sender:
            post(sender)
            fails(sender, timeout=0.1)
        wait_for_exchanges()

    assert open_files() <= before + 1


# --- who speaks ---


def test_the_user_agent_names_the_collection_and_ansible() -> None:
    words = user_agent("2.19.0", {})

    assert words.startswith("AlibabaCloud (")
    assert words.endswith(f" ansible-core/2.19.0 apsara.live/{transport.COLLECTION_VERSION}")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"JOB_ID": "4711", "AWX_HOST": "https://awx.example.com"}, True),
        ({"JOB_ID": "4711"}, False),
        ({"JOB_ID": "", "AWX_HOST": "https://awx.example.com"}, False),
        ({"JOB_ID": "4711\r\nX-Own: 1", "AWX_HOST": "https://awx.example.com"}, False),
        ({"JOB_ID": "build-4711", "AWX_HOST": "https://awx.example.com"}, False),
        ({"JOB_ID": "４７１１", "AWX_HOST": "https://awx.example.com"}, False),
        ({"AWX_HOST": "https://awx.example.com"}, False),
    ],
)
def test_the_user_agent_names_the_awx_job(environ: dict[str, str], named: bool) -> None:
    words = user_agent("2.19.0", environ)

    assert words.endswith(" awx-job/4711") == named
    assert named or "awx-job" not in words


# --- proxies and plain http ---


@pytest.mark.parametrize("name", [*PROXY_VARIABLES[:3], *(name.lower() for name in PROXY_VARIABLES[:3])])
def test_plain_http_on_loopback_never_goes_through_a_proxy_of_the_environment(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(answer()) as server, ConnectProxy() as proxy:
        monkeypatch.setenv(name, proxy.url)
        with connected(server.url) as sender:
            assert post(sender).status == 200

    assert proxy.asked == []


@pytest.mark.parametrize(
    "value", ["socks5://127.0.0.1:9", "http://127.0.0.1:rehearsal-word", "http://[::1", "ftp://127.0.0.1:9"]
)
def test_a_proxy_variable_that_makes_no_sense_is_not_tried_for_ever(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    failure = failure_at("https://live.example.com")

    assert (failure.stage, failure.reason) == (
        Kind.UNTRUSTED,
        "the request to live.example.com:443 could not be formed; check endpoint and proxy",
    )


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX-Own: 1", "摄影"])
def test_a_header_that_cannot_be_sent_is_not_tried_for_ever(value: str) -> None:
    headers = {**HEADERS, "x-acs-security-token": value}
    with RawServer(answer()) as server, connected(server.url) as sender, pytest.raises(NoReply) as caught:
        sender.send(QUERY, headers, timeout=5, departure=contextlib.nullcontext)

    assert caught.value.stage == Kind.UNTRUSTED
    assert server.requests == []
