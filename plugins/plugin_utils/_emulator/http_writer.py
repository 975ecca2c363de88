# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Answers as bytes on the connection: whole, late, in drops, cut short, or never."""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import threading
import time
from email.utils import formatdate
from http import HTTPStatus

from . import reply
from .reply import Reply

_LEAVE_SECONDS = 2.0


def deliver(
    connection: socket.socket, answer: Reply, stopping: threading.Event, *, keep_alive: bool, head_only: bool = False
) -> bool:
    """Send an answer in its manner; true when the connection may be used again. HEAD is answered with the head only.

    Raises OSError when the client is gone.
    """
    if answer.manner in (reply.RESET, reply.REFUSE):
        reset(connection)
        return False
    if answer.manner == reply.HOLD:
        _hold(connection, answer.seconds, stopping)
        return False
    body = b"" if head_only else answer.body
    data = _head(answer, keep_alive) + body
    if answer.manner == reply.SHORT:
        connection.sendall(data[: len(data) - (len(body) + 1) // 2])
        return False
    if answer.manner == reply.TRICKLE:
        return _trickle(connection, data, answer.seconds, stopping) and keep_alive
    connection.sendall(b"".join(_interim(status) for status in answer.interim))
    if answer.seconds and stopping.wait(answer.seconds):
        return False
    connection.sendall(data)
    return keep_alive


def reset(connection: socket.socket) -> None:
    """Close the connection in a way that the other side sees as a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def take_leave(connection: socket.socket) -> None:
    """Close after an answer to a request that was not read to its end.

    Closing with unread bytes would reset the connection, and the client would lose the answer.
    """
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(_LEAVE_SECONDS)
    end = time.monotonic() + _LEAVE_SECONDS
    while connection.recv(65536) and time.monotonic() < end:
        pass


def _head(answer: Reply, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {_phrase(answer.status)}",
        f"Date: {formatdate(answer.date, usegmt=True)}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")


def _interim(status: int) -> bytes:
    hint = "Link: </style.css>; rel=preload\r\n" if status == HTTPStatus.EARLY_HINTS else ""
    return f"HTTP/1.1 {status} {_phrase(status)}\r\n{hint}\r\n".encode("ascii")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _trickle(connection: socket.socket, data: bytes, pause: float, stopping: threading.Event) -> bool:
    for index in range(len(data)):
        connection.sendall(data[index : index + 1])
        if stopping.wait(pause):
            return False
    return True


def _hold(connection: socket.socket, seconds: float, stopping: threading.Event) -> None:
    """Say nothing for a while; a client that hangs up ends it."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and not stopping.wait(min(left, 0.1)):
        if not isinstance(connection, ssl.SSLSocket) and _hung_up(connection):
            return


def _hung_up(connection: socket.socket) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0)) and connection.recv(1, socket.MSG_PEEK) == b""
