# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, authorities and proxies, proven with real handshakes and a real CONNECT proxy on loopback."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible_collections.apsara.live.plugins.module_utils._api.endpoint import parse_endpoint
from ansible_collections.apsara.live.plugins.module_utils._api.transport import (
    NoReply,
    Reply,
    Transport,
    TransportOptions,
)
from ansible_collections.apsara.live.plugins.module_utils._errors.kind import Kind
from ansible_collections.apsara.live.tests.support.connect_proxy import ConnectProxy
from ansible_collections.apsara.live.tests.support.raw_server import (
    Behaviour,
    RawServer,
    answer,
    closed_port,
    raw,
    reset,
    silence,
    slow,
    trickle,
)

# Only the proxy of these tests knows this name.
NAME = "live.example.com"
PRIVATE = ("rehearsal-signature", "rehearsal-word", "http://", "https://", "CasterId")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def context(authority: trustme.CA, *names: str, expired: bool = False) -> ssl.SSLContext:
    limits: dict[str, Any] = {}
    if expired:
        now = datetime.now(timezone.utc)
        limits = {"not_before": now - timedelta(days=9), "not_after": now - timedelta(days=2)}
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1", NAME)), **limits).configure_cert(made)
    return made


@contextlib.contextmanager
def serving(authority: trustme.CA, *behaviours: Behaviour) -> Iterator[RawServer]:
    with RawServer(*behaviours, tls=context(authority)) as server:
        yield server


@contextlib.contextmanager
def connected(url: str, **options: Any) -> Iterator[Transport]:
    sender = Transport(parse_endpoint(url), TransportOptions(user_agent="agent", **options))
    try:
        yield sender
    finally:
        sender.close()


def post(sender: Transport, timeout: float = 10.0) -> Reply:
    headers = {"host": sender.endpoint.host, "authorization": "ACS3 rehearsal-signature"}
    return sender.send("CasterId=a", headers, timeout=timeout, departure=contextlib.nullcontext)


def failure_at(url: str, timeout: float = 10.0, **options: Any) -> NoReply:
    with connected(url, **options) as sender, pytest.raises(NoReply) as caught:
        post(sender, timeout)
    for private in PRIVATE:
        assert private not in str(caught.value)
    return caught.value


def status_at(url: str, **options: Any) -> int:
    with connected(url, **options) as sender:
        return post(sender).status


# --- certificates ---


def test_an_authority_given_as_an_option(authority: trustme.CA, bundle: str) -> None:
    with serving(authority, answer()) as server:
        assert status_at(server.url, verify=bundle) == 200


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_of_the_environment(
    variable: str, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, bundle)
    with serving(authority, answer()) as server:
        assert status_at(server.url) == 200


def test_the_option_comes_before_the_environment(
    authority: trustme.CA, bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    with serving(authority, answer()) as server:
        assert status_at(server.url, verify=bundle) == 200
        assert failure_at(server.url).stage == Kind.UNTRUSTED


def test_an_authority_that_is_not_known(authority: trustme.CA) -> None:
    with serving(authority, answer()) as server:
        failure = failure_at(server.url)

    assert failure.stage == Kind.UNTRUSTED
    assert failure.reason.startswith(f"the TLS certificate of {server.host} was not accepted: ")
    assert "its authority is not known here" in failure.reason
    assert server.requests == []


def test_an_expired_certificate(authority: trustme.CA, bundle: str) -> None:
    with RawServer(answer(), tls=context(authority, "127.0.0.1", expired=True)) as server:
        failure = failure_at(server.url, verify=bundle)

    assert (failure.stage, failure.reason) == (
        Kind.UNTRUSTED,
        f"the TLS certificate of {server.host} was not accepted: it has expired",
    )
    assert server.requests == []


@pytest.mark.parametrize(
    ("host", "certified", "words"),
    [
        ("localhost", "other.example.com", "it is for another host name"),
        ("127.0.0.1", "127.0.0.2", "it is for another"),
    ],
)
def test_a_certificate_for_another_host(
    host: str, certified: str, words: str, authority: trustme.CA, bundle: str
) -> None:
    with RawServer(answer(), tls=context(authority, certified)) as server:
        failure = failure_at(f"https://{host}:{server.port}", verify=bundle)

    assert failure.stage == Kind.UNTRUSTED
    assert failure.reason.startswith(f"the TLS certificate of {host}:{server.port} was not accepted: {words}")
    assert server.requests == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("expired", [False, True])
def test_validation_can_be_switched_off_and_then_nothing_is_said(
    expired: bool, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, bundle: str
) -> None:
    # Also where the environment names an authority.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with RawServer(answer(), tls=context(authority, "other.example.com", expired=expired)) as server:
        assert status_at(server.url, verify=False) == 200


def test_an_authority_file_that_is_none(authority: trustme.CA, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("this is no certificate")
    with serving(authority, answer()) as server:
        assert failure_at(server.url, verify=str(broken)).stage == Kind.UNTRUSTED


def test_an_authority_of_the_environment_that_is_not_there(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/rehearsal-word.pem")
    with serving(authority, answer()) as server:
        failure = failure_at(server.url)

    assert (failure.stage, failure.reason) == (
        Kind.UNTRUSTED,
        f"a file for the secure connection to {server.host} cannot be read; check ca_path, REQUESTS_CA_BUNDLE",
    )


# --- handshakes that do not come about ---


def test_a_handshake_that_never_comes_was_not_sent() -> None:
    with RawServer(answer(), on_accept=silence()) as server:
        started = time.monotonic()
        failure = failure_at(f"https://{server.host}", timeout=0.4)
        assert time.monotonic() - started < 1.4
        assert failure.stage == Kind.NOT_SENT
        # The same when the connection's own limit ends it.
        failure = failure_at(f"https://{server.host}", connect_timeout=0.2, read_timeout=0.2)

    assert (failure.stage, failure.reason) == (Kind.NOT_SENT, f"no connection to {server.host} in time")


def test_what_was_reported_as_not_sent_is_not_sent_by_a_handshake_that_ends_late(
    authority: trustme.CA, bundle: str
) -> None:
    made = context(authority)
    arrived: list[bytes] = []

    def late_handshake(wire: Any) -> None:
        wire.wait(0.6)
        with contextlib.suppress(OSError), made.wrap_socket(wire._connection, server_side=True) as talking:
            talking.settimeout(1)
            arrived.append(talking.recv(100))

    with RawServer(answer(), on_accept=late_handshake) as server:
        failure = failure_at(f"https://{server.host}", timeout=0.3, verify=bundle)
        time.sleep(0.6)

    assert failure.stage == Kind.NOT_SENT
    assert b"".join(arrived) == b""


@pytest.mark.parametrize("behaviour", [raw(b""), slow(0.1, reset())], ids=["closed", "reset"])
def test_a_handshake_that_breaks_off_may_be_tried_again(behaviour: Behaviour) -> None:
    with RawServer(answer(), on_accept=behaviour) as server:
        failure = failure_at(f"https://{server.host}")

    assert (failure.stage, failure.reason) == (Kind.NOT_SENT, f"the connection to {server.host} could not be opened")
    # Somebody is there, who may be about to start or to stop.
    assert not failure.nobody


def test_a_port_that_speaks_no_tls() -> None:
    with RawServer(answer(), on_accept=raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        failure = failure_at(f"https://{server.host}")

    assert failure.stage == Kind.UNTRUSTED
    assert "the secure connection could not be set up" in failure.reason


# --- after the handshake ---


def test_a_secure_connection_is_used_again(authority: trustme.CA, bundle: str) -> None:
    with serving(authority, answer()) as server, connected(server.url, verify=bundle) as sender:
        for _unused in range(3):
            post(sender)

    assert server.connections == 1


@pytest.mark.parametrize(
    "behaviour",
    [silence(), reset(), raw(b""), trickle(b"x" * 9999, 0.02, head=b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")],
    ids=["silence", "reset", "closed", "trickle"],
)
def test_what_was_sent_securely_and_got_no_answer_is_lost(
    behaviour: Behaviour, authority: trustme.CA, bundle: str
) -> None:
    started = time.monotonic()
    with serving(authority, answer(), behaviour) as server:
        with connected(server.url, verify=bundle) as sender:
            post(sender)
            with pytest.raises(NoReply) as caught:
                post(sender, timeout=0.5)
        assert time.monotonic() - started < 2.5

    assert caught.value.stage == Kind.LOST


# --- proxies ---


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment(
    variable: str, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, answer()) as server, ConnectProxy() as proxy:
        monkeypatch.setenv(variable, proxy.url)
        assert status_at(f"https://{NAME}:{server.port}", verify=bundle) == 200

    assert proxy.lines() == [f"CONNECT {NAME}:{server.port}"]
    # The name is signed as it was given, whoever does the connecting.
    assert server.requests[0].headers["host"] == f"{NAME}:{server.port}"
    assert "proxy-authorization" not in server.requests[0].headers


def test_a_proxy_given_as_an_option_comes_before_the_environment(
    authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, answer()) as server, ConnectProxy() as own, ConnectProxy() as other:
        monkeypatch.setenv("HTTPS_PROXY", other.url)
        monkeypatch.setenv("NO_PROXY", NAME)
        assert status_at(f"https://{NAME}:{server.port}", verify=bundle, proxy=own.url) == 200

    assert len(own.asked) == 1
    assert other.asked == []


@pytest.mark.parametrize("exception", ["127.0.0.1", "127.0.0.0/8", "example.org,127.0.0.1", "*"])
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_exceptions_from_the_proxy(
    variable: str, exception: str, authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(authority, answer()) as server, ConnectProxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv(variable, exception)
        assert status_at(server.url, verify=bundle) == 200

    assert proxy.asked == []


def test_a_proxy_that_asks_for_a_password(authority: trustme.CA, bundle: str) -> None:
    with serving(authority, answer()) as server, ConnectProxy(userinfo="ops:rehearsal-word") as proxy:
        url = f"https://{NAME}:{server.port}"
        with_word = proxy.url.replace("://", "://ops:rehearsal-word@")
        assert status_at(url, verify=bundle, proxy=with_word) == 200
        failure = failure_at(url, verify=bundle, proxy=proxy.url)
        wrong = failure_at(url, verify=bundle, proxy=with_word.replace("word", "wird"))

    assert [asked.let_in for asked in proxy.asked] == [True, False, False]
    assert failure.stage == wrong.stage == Kind.NOT_SENT
    refusal = f"the proxy 127.0.0.1:{proxy.port} refused the connection to {NAME}:{server.port} (it answered 407)"
    assert failure.reason == wrong.reason == refusal
    assert failure.nobody
    assert len(server.requests) == 1
    assert "proxy-authorization" not in server.requests[0].headers


@pytest.mark.parametrize("status", [302, 403, 404, 407, 500, 502, 503])
def test_a_proxy_that_refuses(status: int) -> None:
    with ConnectProxy(status=status) as proxy:
        failure = failure_at(f"https://{NAME}", proxy=proxy.url)

    refusal = f"the proxy 127.0.0.1:{proxy.port} refused the connection to {NAME}:443 (it answered {status})"
    assert (failure.stage, failure.reason, failure.nobody) == (Kind.NOT_SENT, refusal, True)
    assert proxy.lines() == [f"CONNECT {NAME}:443"]


def test_a_proxy_that_says_nothing() -> None:
    with ConnectProxy(status=None) as proxy:
        started = time.monotonic()
        failure = failure_at(f"https://{NAME}", timeout=0.4, proxy=proxy.url)
        assert time.monotonic() - started < 1.4
        assert failure.stage == Kind.NOT_SENT
        failure = failure_at(f"https://{NAME}", connect_timeout=0.2, read_timeout=0.2, proxy=proxy.url)

    assert failure.stage == Kind.NOT_SENT


def test_a_proxy_that_is_not_there() -> None:
    with closed_port() as port:
        failure = failure_at(f"https://{NAME}", proxy=f"http://ops:rehearsal-word@127.0.0.1:{port}")

    words = f"nothing listens at the proxy 127.0.0.1:{port} (connection refused)"
    assert (failure.stage, failure.reason, failure.nobody) == (Kind.NOT_SENT, words, True)


def test_a_certificate_is_checked_behind_a_proxy_too(authority: trustme.CA) -> None:
    with serving(authority, answer()) as server, ConnectProxy() as proxy:
        failure = failure_at(f"https://{NAME}:{server.port}", proxy=proxy.url)

    assert failure.stage == Kind.UNTRUSTED
    assert server.requests == []


@pytest.mark.parametrize("behaviour", [reset(), silence(), raw(b"")], ids=["reset", "silence", "closed"])
def test_what_breaks_behind_a_proxy_after_sending_is_lost_and_not_the_proxys_refusal(
    behaviour: Behaviour, authority: trustme.CA, bundle: str
) -> None:
    with serving(authority, behaviour) as server, ConnectProxy() as proxy:
        failure = failure_at(f"https://{NAME}:{server.port}", timeout=1.0, verify=bundle, proxy=proxy.url)

    assert failure.stage == Kind.LOST
    assert len(server.requests) == 1
