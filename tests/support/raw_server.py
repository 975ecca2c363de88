# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on loopback that behaves as badly as a test wants, byte by byte.

One behaviour answers one request; the last one answers all that follow. A behaviour gets the wire and may send what it
likes, wait, close or reset. Whatever it does, the server ends when its `with` block ends.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Behaviour = Callable[["Wire"], None]

_LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Request:
    """One request as it came in. Header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def action(self) -> str:
        return self.headers.get("x-acs-action", "")


class Wire:
    """The connection under a behaviour's hands."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        self._connection = connection
        self._stopped = stopped
        self.open = True

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Wait, but not beyond the end of the server or of the connection; True when the time is over."""
        return not self._stopped.wait(min(seconds, _LONGEST_WAIT))

    def close(self) -> None:
        self.open = False
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection as a crashed peer does."""
        self.open = False
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def read_request(self) -> Request | None:
        """Read one request without a body, or None when the peer has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self._connection.recv(65536)
            if not chunk:
                return None
            data += chunk
        lines = data.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")
        method, target, _version = lines[0].split(" ", 2)
        headers = (line.partition(":") for line in lines[1:])
        return Request(method, target, {name.strip().lower(): value.strip() for name, _colon, value in headers})


class RawServer:
    """Listens on 127.0.0.1. `on_accept` takes a connection's place before anything is read from it."""

    def __init__(
        self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None, on_accept: Behaviour | None = None
    ) -> None:
        self.behaviours = list(behaviours)
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._on_accept = on_accept
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.host}"

    @property
    def still_open(self) -> int:
        """How many connections the peer has not closed yet."""
        with self._lock:
            return len(self._open)

    def actions(self) -> list[str]:
        return [request.action for request in self.requests]

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_unused: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads = [known for known in self._threads if known.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            # A test that went wrong must not hang.
            connection.settimeout(_LONGEST_WAIT)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
                self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        talking = connection
        # The peer may go at any moment; that is what these tests are about.
        with contextlib.suppress(OSError):
            if self._on_accept is not None:
                self._on_accept(Wire(connection, self._stopped))
            elif self._tls is not None:
                talking = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.add(talking)
                self._talk(Wire(talking, self._stopped))
            else:
                self._talk(Wire(connection, self._stopped))
        with self._lock:
            self._open -= {connection, talking}
        talking.close()
        connection.close()

    def _talk(self, wire: Wire) -> None:
        while wire.open:
            request = wire.read_request()
            if request is None:
                return
            self._next_behaviour(request)(wire)

    def _next_behaviour(self, request: Request) -> Behaviour:
        with self._lock:
            self.requests.append(request)
            return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]


# --- behaviours ---


def http(
    status: int = 200, body: bytes = b"{}", headers: Mapping[str, str | None] | None = None, reason: str = "X"
) -> bytes:
    """The bytes of a whole answer. A header of the same name takes the place of ours; None leaves it out."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode("latin-1") + body


def answer(status: int = 200, body: Any = b"{}", headers: Mapping[str, str | None] | None = None) -> Behaviour:
    """A whole answer; a body that is no bytes is sent as JSON. The connection stays open."""
    data = http(status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)
    return lambda wire: wire.send(data)


def error(
    code: str, status: int = 400, message: str = "no", headers: Mapping[str, str | None] | None = None
) -> Behaviour:
    """An error answer of the API."""
    return answer(status, {"RequestId": "REQ-1", "Code": code, "Message": message}, headers)


def raw(data: bytes) -> Behaviour:
    """These bytes, then the end of the connection."""

    def behave(wire: Wire) -> None:
        wire.send(data)
        wire.close()

    return behave


def silence(data: bytes = b"", seconds: float = _LONGEST_WAIT) -> Behaviour:
    """These bytes, then nothing."""

    def behave(wire: Wire) -> None:
        wire.send(data)
        wire.wait(seconds)
        wire.close()

    return behave


def trickle(data: bytes, pause: float, head: bytes = b"") -> Behaviour:
    """The head at once, then byte by byte."""

    def behave(wire: Wire) -> None:
        wire.send(head)
        for number in range(len(data)):
            if not wire.wait(pause):
                return
            wire.send(data[number : number + 1])
        wire.close()

    return behave


def reset(data: bytes = b"") -> Behaviour:
    """These bytes, then a reset."""

    def behave(wire: Wire) -> None:
        wire.send(data)
        wire.reset()

    return behave


def slow(seconds: float, then: Behaviour) -> Behaviour:
    """Another behaviour, later."""

    def behave(wire: Wire) -> None:
        if wire.wait(seconds):
            then(wire)

    return behave


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """The number of a port at which connections are refused for as long as the block lasts."""
    with socket.socket() as holder:
        # Bound, so that nobody else gets it, and not listening.
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
