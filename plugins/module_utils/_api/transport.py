# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The only HTTP stack, for the API and for token services.

It knows nothing of what the bytes mean. One deadline bounds an exchange, redirects are answers like others, the size of
an answer is bounded, and messages hold host and port of an address and nothing else of it.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import logging
import os
import platform
import re
import signal
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, NamedTuple
from urllib.parse import urlsplit

from .._errors.kind import Kind
from .endpoint import Endpoint, place_of

if TYPE_CHECKING:
    import ssl

try:
    import requests
    import requests.adapters
    import urllib3
    import urllib3.connection
    import urllib3.connectionpool
    import urllib3.exceptions
except ImportError:
    HAS_REQUESTS = False
else:
    HAS_REQUESTS = True

COLLECTION_VERSION = "1.1.0"

# Called when a request is about to leave; what it returns is held while the bytes go.
Departure = Callable[[], "contextlib.AbstractContextManager[None]"]

# A studio with every list full answers a few hundred kilobytes.
LARGEST_ANSWER = 8 * 1024 * 1024
_CHUNK = 64 * 1024
# A connection that was idle for longer may be dead, and a reset on it would make a write ambiguous.
_LONGEST_IDLE = 4.0
# Whoever waits for an answer is told so this often, in seconds.
_SAID_EVERY = 1.0
# How the TLS libraries say that the peer went away during the handshake, which is no matter of trust.
_ENDED = re.compile(r"(?:\b|_)EOF(?:\b|_)")
# How the libraries pass on what a proxy answered to CONNECT.
_TUNNEL_STATUS = re.compile(r"[Tt]unnel connection failed: (\d{3})\b")
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL})


_SWITCHING_PROTOCOLS = 101
# Whoever announces an answer more often will not come to the point.
_MOST_INTERIM = 100


class TransportOptions(NamedTuple):
    """Timeouts in seconds. `verify` is False, True, or the path of a CA bundle.

    `trusted` is a TLS context that takes the place of `verify`. `environment`: whether proxies and CA bundles that the
    environment of this process names are used.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    verify: bool | str = True
    proxy: str | None = None
    user_agent: str = ""
    trusted: ssl.SSLContext | None = None
    environment: bool = True


class Request(NamedTuple):
    """One request. An answer of more than `largest_answer` bytes is refused."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    largest_answer: int

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        parts = urlsplit(self.url)
        return place_of(parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme])


class Reply(NamedTuple):
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoReply(Exception):
    """There was no usable answer. `reason` is plain words, `stage` says how far the request came.

    `nobody`: the network itself said that nobody is there (refused, no such name, no route), or the proxy refused. A
    first attempt that ends so is seldom better off for a long wait.
    """

    def __init__(self, reason: str, stage: Kind, nobody: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.stage = stage
        self.nobody = nobody


class HeldBack(Exception):
    """The departure refused a request that was about to leave; nothing was sent. `why` is what it raised."""

    def __init__(self, why: Exception) -> None:
        super().__init__(str(why))
        self.why = why


def start(thread: threading.Thread) -> None:
    """Start a thread to which no signal is delivered.

    Python acts on a signal in its main thread. Where another thread was woken by it, that one sleeps on, until the
    answer is there for which it waits, or the module has ended.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def user_agent(ansible_version: str, environ: Mapping[str, str]) -> str:
    """Name the collection, ansible-core and, inside AWX, the job."""
    system = f"AlibabaCloud ({platform.system()}; {platform.machine()}) Python/{platform.python_version()}"
    # AWX sets JOB_ID; other schedulers may too, with anything in it.
    job = environ.get("JOB_ID", "") if environ.get("AWX_HOST") else ""
    suffix = f" awx-job/{job}" if job.isascii() and job.isdigit() else ""
    return f"{system} ansible-core/{ansible_version} apsara.live/{COLLECTION_VERSION}{suffix}"


class Transport:
    """One session to one endpoint. Not safe for use by several threads at once."""

    def __init__(self, endpoint: Endpoint, options: TransportOptions) -> None:
        self.endpoint = endpoint
        self._options = options
        self._session = _new_session(options)
        self._last_use = time.monotonic()

    def send(
        self,
        query: str,
        headers: Mapping[str, str],
        *,
        timeout: float,
        departure: Departure,
        waiting: Callable[[], None] = lambda: None,
    ) -> Reply:
        """POST once and return the whole answer within `timeout` seconds. Raises NoReply.

        `departure` is entered when the connection is open and left when the bytes are gone. It keeps the request from
        leaving by raising HeldBack, which comes out here. `waiting` is called every second while there is no answer.
        """
        if time.monotonic() - self._last_use > _LONGEST_IDLE:
            self._session.close()
        headers = {"user-agent": self._options.user_agent, "accept": "application/json", **headers}
        request = Request("POST", f"{self.endpoint.url}/?{query}", headers, None, LARGEST_ANSWER)
        exchange = _Exchange(self._session, self._options, request, timeout, departure)
        try:
            return exchange.run(waiting)
        except NoReply:
            self._session.close()
            self._session = _new_session(self._options)
            raise
        finally:
            self._last_use = time.monotonic()

    def clone(self) -> Transport:
        """A session of its own to the same endpoint, for another thread."""
        return Transport(self.endpoint, self._options)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()


def fetch(request: Request, options: TransportOptions, timeout: float) -> Reply:
    """Send once, on a connection of its own, and return the whole answer within `timeout` seconds. Raises NoReply."""
    if timeout <= 0:
        raise NoReply(f"no time was left to ask {request.place}", Kind.NOT_SENT)
    session = _new_session(options)
    try:
        return _Exchange(session, options, request, timeout, contextlib.nullcontext).run(lambda: None)
    finally:
        session.close()


def _new_session(options: TransportOptions) -> requests.Session:
    session = _Session()
    # Without this an entry in .netrc would replace our Authorization header.
    session.auth = lambda request: request
    session.trust_env = options.environment
    session.headers.clear()
    session.headers["accept-encoding"] = "identity"
    adapter = _Adapter(options.trusted)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    if options.verify is False:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return session


@dataclass
class _Exchange:
    """One request and its answer in a thread of its own.

    A socket timeout bounds each read, not the whole: a service that sends one byte a second, or a name server that is
    silent, would hold the task for ever. The caller waits for the thread until its deadline and then cuts the socket.
    """

    session: requests.Session
    options: TransportOptions
    request: Request
    timeout: float
    departure: Departure
    reply: Reply | None = None
    failure: NoReply | HeldBack | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    def run(self, waiting: Callable[[], None]) -> Reply:
        """Wait for the answer; raise NoReply when there is none."""
        record = _SocketRecord(self.departure)
        worker = threading.Thread(target=self._work, args=(record,), daemon=True, name="apsara.live exchange")
        try:
            try:
                start(worker)
            except (RuntimeError, MemoryError):
                raise NoReply("this machine starts no more threads, so nothing was sent", Kind.NOT_SENT) from None
            if not self._wait(waiting):
                record.cut()
                raise _out_of_time(record, self.request.place, self.timeout)
        except BaseException:
            # The time-out of a task and a signal come as exceptions. What they end must not go on in its thread.
            record.cut()
            raise
        if self.reply is None:
            raise self.failure or NoReply(f"the exchange with {self.request.place} ended without an answer", Kind.LOST)
        return self.reply

    def _wait(self, waiting: Callable[[], None]) -> bool:
        end = time.monotonic() + self.timeout
        while not self.finished.wait(max(0.0, min(_SAID_EVERY, end - time.monotonic()))):
            if time.monotonic() >= end:
                return False
            waiting()
        return True

    def _work(self, record: _SocketRecord) -> None:
        _sockets.current = record
        try:
            self.reply = self._exchange(record)
        except (NoReply, HeldBack) as failure:
            self.failure = failure
        except Exception as error:  # the caller must learn of it, whatever it is
            self.failure = _translate(error, record, self.request.place)
        finally:
            record.close()
            self.finished.set()

    def _exchange(self, record: _SocketRecord) -> Reply:
        method, url, headers, body, largest = self.request
        request = self.session.prepare_request(requests.Request(method, url, headers=dict(headers), data=body))
        proxies = {"http": self.options.proxy, "https": self.options.proxy} if self.options.proxy else {}
        settings = self.session.merge_environment_settings(url, dict(proxies), True, _verify(self.options), None)
        if url.startswith("http:"):
            # Plain http is for loopback: a proxy of the environment would carry it away from this machine.
            settings["proxies"] = proxies
        timeouts = (min(self.options.connect_timeout, self.timeout), min(self.options.read_timeout, self.timeout))
        response = self.session.send(request, timeout=timeouts, allow_redirects=False, **settings)
        with response:
            whole = _read_body(response, self.request.place, largest)
            return Reply(response.status_code, dict(response.headers), whole)


def _verify(options: TransportOptions) -> bool | str:
    bundle = requests.utils.DEFAULT_CA_BUNDLE_PATH
    # With True, requests 2.32.2 would put a context of its own in place of `trusted`.
    return bundle if options.trusted is not None and os.path.exists(bundle) else options.verify


def _read_body(response: requests.Response, place: str, largest: int) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise NoReply(f"the answer from {place} is compressed although that was not asked for", Kind.GARBLED)
    body = bytearray()
    while len(body) <= largest:
        chunk = response.raw.read(_CHUNK, decode_content=False)
        if not chunk:
            break
        body += chunk
    if len(body) > largest:
        size = f"{largest >> 20} MiB" if largest >= 1 << 20 else f"{largest >> 10} KiB"
        raise NoReply(f"the answer from {place} is larger than {size}", Kind.GARBLED)
    promised = response.headers.get("content-length", "")
    if promised.isdigit() and len(body) < int(promised):
        raise NoReply(f"the connection to {place} was lost before the answer was complete", Kind.LOST)
    return bytes(body)


def _out_of_time(record: _SocketRecord, place: str, timeout: float) -> NoReply:
    if record.may_have_sent:
        return NoReply(f"no complete answer from {place} within {timeout:.1f} s", Kind.LOST)
    return NoReply(f"no connection to {_hop_words(record, place)} within {timeout:.1f} s", Kind.NOT_SENT)


def _translate(error: Exception, record: _SocketRecord, place: str) -> NoReply:
    """Turn an exception of the HTTP libraries into words without its text, which may hold the request URL.

    `place` is host and port of the service.
    """
    known = requests.exceptions
    if record.may_have_sent:
        # First of all, since older libraries blame the proxy for whatever breaks behind it.
        if isinstance(error, known.ReadTimeout):
            return NoReply(f"{place} did not answer in time", Kind.LOST)
        return NoReply(f"the connection to {place} was lost before the answer was complete", Kind.LOST)
    hop = _hop_words(record, place)
    if record.trouble is not None:
        return _unreached(record.trouble, hop)
    if isinstance(error, known.ProxyError):
        status = _TUNNEL_STATUS.search(str(error))
        answered = f" (it answered {status.group(1)})" if status else ""
        return NoReply(f"{hop} refused the connection to {place}{answered}", Kind.NOT_SENT, nobody=True)
    if isinstance(error, known.SSLError) and not _ENDED.search(str(error)):
        words = _certificate_words(error)
        return NoReply(f"the TLS certificate of {place} was not accepted: {words}", Kind.UNTRUSTED)
    if isinstance(error, ValueError):
        return NoReply(f"the request to {place} could not be formed; check endpoint and proxy", Kind.UNTRUSTED)
    if isinstance(error, OSError) and not isinstance(error, known.RequestException):
        return NoReply(
            f"a file for the secure connection to {place} cannot be read; check ca_path, REQUESTS_CA_BUNDLE",
            Kind.UNTRUSTED,
        )
    if isinstance(error, known.Timeout):
        return NoReply(f"no connection to {hop} in time", Kind.NOT_SENT)
    return NoReply(f"the connection to {hop} could not be opened", Kind.NOT_SENT)


def _hop_words(record: _SocketRecord, place: str) -> str:
    """What was to be connected to: the service, or the proxy in front of it."""
    return place if record.hop in (None, place) else f"the proxy {record.hop}"


def _unreached(trouble: BaseException, hop: str) -> NoReply:
    """Say why no connection to the next hop came about."""
    if isinstance(trouble, socket.gaierror):
        return NoReply(f"no address is known for the name of {hop}", Kind.NOT_SENT, nobody=True)
    if isinstance(trouble, ConnectionRefusedError):
        return NoReply(f"nothing listens at {hop} (connection refused)", Kind.NOT_SENT, nobody=True)
    # Another name for TimeoutError only from Python 3.10 on.
    if isinstance(trouble, (TimeoutError, socket.timeout)):
        return NoReply(f"no connection to {hop} in time", Kind.NOT_SENT)
    if isinstance(trouble, OSError) and trouble.errno in _NO_ROUTE:
        return NoReply(f"there is no route to {hop}", Kind.NOT_SENT, nobody=True)
    return NoReply(f"the connection to {hop} could not be opened", Kind.NOT_SENT)


def _certificate_words(error: BaseException) -> str:
    reasons = {
        "has expired": "it has expired",
        "hostname mismatch": "it is for another host name",
        "doesn't match": "it is for another host name",
        "ip address mismatch": "it is for another address",
        "self-signed": "it is self-signed, or its authority is not known here",
        "self signed": "it is self-signed, or its authority is not known here",
        "unable to get local issuer": "its authority is not known here",
    }
    text = str(error).lower()
    return next((words for part, words in reasons.items() if part in text), "the secure connection could not be set up")


class _SocketRecord:
    """The connection of one exchange, so that it can be cut, and whether a request may have left on it."""

    def __init__(self, departure: Departure) -> None:
        self.departure = departure
        self.connecting = False
        self.may_have_sent = False
        # Host and port that were tried first, of the service or of a proxy, and why that led to nothing.
        self.hop: str | None = None
        self.trouble: BaseException | None = None
        self._clone: socket.socket | None = None
        self._cut = False
        self._lock = threading.Lock()

    @property
    def stage(self) -> Kind:
        """How far the request came, if it stopped now."""
        return Kind.LOST if self.may_have_sent else Kind.NOT_SENT

    def opened(self, sock: socket.socket) -> None:
        """Keep a second handle of the connection: TLS takes the first one over before its handshake."""
        with self._lock, contextlib.suppress(OSError):
            self._close()
            self._clone = socket.fromfd(sock.fileno(), sock.family, sock.type)
            if self._cut:
                self._shut()

    def leave(self) -> None:
        """Note that the request leaves now. Raises TimeoutError when nobody waits for it any more."""
        with self._lock:
            if self._cut:
                raise TimeoutError
            self.may_have_sent = True

    def cut(self) -> None:
        """End the exchange: what has not left by now never will."""
        with self._lock:
            self._cut = True
            self._shut()

    def close(self) -> None:
        """Give the second handle back."""
        with self._lock:
            self._close()

    def _shut(self) -> None:
        if self._clone is not None:
            # It may be closed already.
            with contextlib.suppress(OSError):
                self._clone.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        if self._clone is not None:
            self._clone.close()
            self._clone = None


class FinalAnswer(http.client.HTTPResponse):
    """An HTTP answer that passes over those that only announce it. Raises HTTPException when too many come before it.

    Any 1xx status but 101 says that the real answer is still to come (RFC 9110, section 15.2). http.client passes over
    100 alone, and takes 102 or 103 for the answer.
    """

    def _read_status(self) -> tuple[str, int, str]:
        for _unused in range(_MOST_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status >= 200 or status == _SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("too many interim answers")


class _Current(threading.local):
    current: _SocketRecord | None = None


_sockets = _Current()


if HAS_REQUESTS:

    class _Quiet(logging.Filter):
        """Drops what the HTTP libraries log about our exchanges: it holds request URLs."""

        def filter(self, record: logging.LogRecord) -> bool:
            return _sockets.current is None

    for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
        logging.getLogger(f"urllib3.{_name}").addFilter(_Quiet())

    class _Session(requests.Session):
        """A session to which a redirect is an answer like any other: not followed, not even looked at."""

        def get_redirect_target(self, resp: requests.Response) -> str | None:
            return None

    class _Recording:
        """Mixed into urllib3 connections: notes the socket as soon as it exists, and when a request starts to leave."""

        response_class: Any = FinalAnswer

        def _new_conn(self) -> socket.socket:
            record = _sockets.current
            if record is None:
                return super()._new_conn()  # type: ignore[misc,no-any-return]
            record.hop = place_of(self.host, self.port)  # type: ignore[attr-defined]
            try:
                sock: socket.socket = super()._new_conn()  # type: ignore[misc]
            except Exception as error:
                cause = error.__cause__ or error.__context__
                record.trouble = cause if isinstance(cause, OSError) else None
                raise
            record.opened(sock)
            return sock

        def putrequest(self, *args: Any, **kwargs: Any) -> Any:
            self._note_reuse()
            return super().putrequest(*args, **kwargs)  # type: ignore[misc]

        def _note_reuse(self) -> None:
            sock = getattr(self, "sock", None)
            if _sockets.current is not None and sock is not None:
                _sockets.current.opened(sock)

        def connect(self) -> None:
            record = _sockets.current
            if record is None:
                super().connect()  # type: ignore[misc]
                return
            record.connecting = True
            try:
                super().connect()  # type: ignore[misc]
            finally:
                record.connecting = False

        def send(self, data: Any) -> Any:
            if getattr(self, "sock", None) is None:
                self.connect()
            record = _sockets.current
            # What leaves while connecting is for the proxy, not for the service.
            if record is None or record.connecting or record.may_have_sent:
                return super().send(data)  # type: ignore[misc]
            with record.departure():
                record.leave()
                return super().send(data)  # type: ignore[misc]

    class _HTTPConnection(_Recording, urllib3.connection.HTTPConnection):
        pass

    class _HTTPSConnection(_Recording, urllib3.connection.HTTPSConnection):
        pass

    class _HTTPPool(urllib3.connectionpool.HTTPConnectionPool):
        ConnectionCls = _HTTPConnection

    class _HTTPSPool(urllib3.connectionpool.HTTPSConnectionPool):
        ConnectionCls = _HTTPSConnection

    _POOLS = {"http": _HTTPPool, "https": _HTTPSPool}

    class _Adapter(requests.adapters.HTTPAdapter):
        """Connections that note their sockets. With `trusted`, that TLS context says alone who is trusted."""

        def __init__(self, trusted: ssl.SSLContext | None) -> None:
            self._tls: dict[str, Any] = {} if trusted is None else {"ssl_context": trusted}
            super().__init__()

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **{**kwargs, **self._tls})
            self.poolmanager.pool_classes_by_scheme = _POOLS

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, **{**kwargs, **self._tls})
            manager.pool_classes_by_scheme = _POOLS
            return manager

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            # It would add the bundle of requests, and fail where that is not there.
            if not self._tls:
                super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
