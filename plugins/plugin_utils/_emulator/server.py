# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Loopback HTTP listener with one thread per connection, which can stop listening for a while."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from io import BufferedReader

from . import reply, responses
from .http_parser import read_request
from .http_writer import deliver, reset, take_leave
from .refusal import Refusal
from .reply import Reply
from .request import Request

_HOST = "127.0.0.1"
_BACKLOG = 512
_IDLE_SECONDS = 120.0
# How long the listener waits when the process has no file or thread left for another connection.
_EXHAUSTED_SECONDS = 0.05


class Server:
    """Hands every request to `answer` and delivers what it returns. Never listens anywhere but on loopback."""

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        *,
        port: int,
        clock: Callable[[], float],
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._answer = answer
        self._clock = clock
        self._ssl_context = ssl_context
        self._stopping = threading.Event()
        self._closed = threading.Event()
        self._deaf_until = 0.0
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._answering = 0
        self._quiet = threading.Condition(self._lock)
        self._wake, self._waker = socket.socketpair()
        self._listener: socket.socket | None = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="studio-emulator", daemon=True)

    @property
    def endpoint(self) -> str:
        """The address of this server."""
        return f"{'https' if self._ssl_context else 'http'}://{_HOST}:{self.port}"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, let answers that are on their way leave, and close every connection."""
        self._stopping.set()
        self._waker.send(b"x")
        self._thread.join(5)
        with self._quiet:
            self._quiet.wait_for(lambda: self._answering == 0, timeout=2)
            open_now = list(self._connections)
        for connection in open_now:
            _shut(connection)
        self._close_listener()
        self._wake.close()
        self._waker.close()

    def refuse_for(self, seconds: float) -> None:
        """Let connections be refused for a while. On return nobody listens."""
        with self._lock:
            self._deaf_until = max(self._deaf_until, time.monotonic() + seconds)
            self._closed.clear()
        self._waker.send(b"x")
        self._closed.wait(2)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            left = self._deaf_until - time.monotonic()
            if left > 0:
                self._close_listener()
                self._closed.set()
                self._stopping.wait(min(left, 0.05))
            elif self._listener is None:
                self._reopen()
            else:
                self._accept(self._listener)

    def _reopen(self) -> None:
        try:
            self._listener = _listen(self.port)
        except OSError:
            # Somebody else has the port at the moment.
            self._stopping.wait(0.05)

    def _close_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _unused in selector.select()]
                if self._wake in ready:
                    self._wake.recv(4096)
                    return
                self._accept_one(listener)

    def _accept_one(self, listener: socket.socket) -> None:
        try:
            connection, _unused = listener.accept()
        except OSError:
            # No file descriptor is left, or the client is gone already. Whoever waits is served when one is free.
            self._stopping.wait(_EXHAUSTED_SECONDS)
            return
        try:
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()
        except RuntimeError:
            # No thread is left.
            connection.close()
            self._stopping.wait(_EXHAUSTED_SECONDS)

    def _talk(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(_IDLE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._ssl_context is not None:
                connection = self._ssl_context.wrap_socket(connection, server_side=True)
            with self._lock:
                self._connections.add(connection)
            with connection.makefile("rb") as stream:
                while not self._stopping.is_set() and self._exchange(connection, stream):
                    pass
        except (OSError, ValueError):
            # The client went away, or the connection was closed under this thread.
            pass
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _exchange(self, connection: socket.socket, stream: BufferedReader) -> bool:
        try:
            request = read_request(stream, self._clock)
        except Refusal as refusal:
            deliver(connection, self._refused(refusal), self._stopping, keep_alive=False)
            take_leave(connection)
            return False
        if request is None:
            return False
        if self._deaf_until > time.monotonic():
            reset(connection)
            return False
        with self._counted():
            answer = self._answered(request)
            if answer.manner == reply.REFUSE:
                self.refuse_for(answer.seconds)
            head_only = request.method == "HEAD"
            return deliver(connection, answer, self._stopping, keep_alive=request.keep_alive, head_only=head_only)

    def _answered(self, request: Request) -> Reply:
        try:
            return self._answer(request)
        except Exception:
            # A fault of the emulator itself. The client gets an answer all the same, and the developer the reason.
            traceback.print_exc()
            return self._refused(Refusal("InternalError"))

    def _refused(self, refusal: Refusal) -> Reply:
        return Reply(refusal.status, responses.encode(responses.error(refusal, responses.new_id(), "")), self._clock())

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._quiet:
            self._answering += 1
        try:
            yield
        finally:
            with self._quiet:
                self._answering -= 1
                self._quiet.notify_all()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
