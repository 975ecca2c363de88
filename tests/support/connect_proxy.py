# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP proxy on loopback that does CONNECT and remembers what it was asked.

It takes every host name for this machine, so a test needs no name server to show that the proxy did the connecting.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

_LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Asked:
    """One request to the proxy: the first line's parts, and whether its password was right."""

    method: str
    target: str
    let_in: bool


class ConnectProxy:
    """Listens on 127.0.0.1. `userinfo` (user:password) is demanded if given.

    `status` other than 200 refuses every CONNECT with it; None means to say nothing at all.
    """

    def __init__(self, userinfo: str | None = None, status: int | None = 200) -> None:
        self.asked: list[Asked] = []
        self._userinfo = userinfo
        self._status = status
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lines(self) -> list[str]:
        return [f"{asked.method} {asked.target}" for asked in self.asked]

    def __enter__(self) -> ConnectProxy:
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

    def _start(self, work: Callable[..., None], *arguments: socket.socket | int) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            connection.settimeout(_LONGEST_WAIT)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with self._kept(connection), contextlib.suppress(OSError):
            method, target, given = self._read_head(connection)
            let_in = self._userinfo is None or given == base64.b64encode(self._userinfo.encode()).decode()
            with self._lock:
                self.asked.append(Asked(method, target, let_in))
            if self._status is None:
                self._stopped.wait(_LONGEST_WAIT)
                return
            status = 405 if method != "CONNECT" else 407 if not let_in else self._status
            connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
            if status == 200:
                self._relay(connection, int(target.rpartition(":")[2]))

    def _read_head(self, connection: socket.socket) -> tuple[str, str, str | None]:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                raise ConnectionError
            data += chunk
        first, *others = data.decode("latin-1").split("\r\n")
        method, target, _version = first.split(" ", 2)
        headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in others}
        return method, target, headers.get("proxy-authorization", "").partition(" ")[2] or None

    def _relay(self, connection: socket.socket, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=_LONGEST_WAIT) as beyond, self._kept(beyond):
            self._start(self._pump, beyond, connection)
            self._pump(connection, beyond)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                chunk = source.recv(65536)
                if not chunk:
                    break
                target.sendall(chunk)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _kept(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
