# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. HTTP/1.1 requests, read from a stream and bounded in size."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from io import BufferedReader
from typing import BinaryIO

from .refusal import Refusal
from .request import Request

_MAX_LINE = 64 * 1024
_MAX_HEADERS = 200
_MAX_BODY = 1024 * 1024
# The first byte of a TLS handshake, after which a plain server would wait for the end of a line.
_TLS_HANDSHAKE = b"\x16"


def read_request(stream: BufferedReader, clock: Callable[[], float]) -> Request | None:
    """The next request, or None when the client has closed.

    Raises Refusal for bytes that are no request this service reads, and OSError when the connection breaks.
    """
    if stream.peek(1)[:1] == _TLS_HANDSHAKE:
        raise _bad("This is a TLS handshake, and the service listens for plain HTTP here.")
    line = _request_line(stream)
    arrived, tick = clock(), time.monotonic()
    if not line:
        return None
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise _bad("The request line is not one of HTTP/1.1.")
    headers = _headers(stream)
    path, _unused, query = parts[1].partition("?")
    connection = ",".join(headers.get("connection", ())).lower()
    return Request(
        method=parts[0],
        path=path,
        query=query,
        headers=headers,
        body=_body(stream, headers),
        arrived=arrived,
        tick=tick,
        keep_alive=parts[2] != "HTTP/1.0" and "close" not in connection,
    )


def _request_line(stream: BinaryIO) -> str:
    """The first line that is not blank, or the empty string at the end of the stream."""
    for _unused in range(_MAX_HEADERS):
        line = _raw_line(stream, 414)
        if not line or line.strip():
            return _text(line)
    raise _bad("There are only blank lines.")


def _raw_line(stream: BinaryIO, status: int) -> bytes:
    line = stream.readline(_MAX_LINE + 1)
    if len(line) > _MAX_LINE:
        raise _bad(f"A line is longer than {_MAX_LINE} bytes.", status)
    return line


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="surrogateescape").rstrip("\r\n")


def _headers(stream: BinaryIO) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for _unused in range(_MAX_HEADERS):
        line = _text(_raw_line(stream, 431))
        if not line:
            return headers
        name, colon, value = line.partition(":")
        if not colon:
            raise _bad("A header has no colon.")
        headers.setdefault(name.lower(), []).append(value.strip())
    raise _bad(f"There are more than {_MAX_HEADERS} headers.", 431)


def _body(stream: BinaryIO, headers: dict[str, list[str]]) -> bytes:
    lengths, encodings = headers.get("content-length", []), headers.get("transfer-encoding", [])
    if encodings and lengths:
        raise _bad("Content-Length and Transfer-Encoding exclude each other.")
    if encodings:
        if [encoding.lower() for encoding in encodings] != ["chunked"]:
            raise _bad("The only Transfer-Encoding is chunked.", 501)
        return _chunks(stream)
    if len(lengths) > 1:
        raise _bad("There is more than one Content-Length.")
    length = lengths[0] if lengths else "0"
    if not (length.isascii() and length.isdecimal()):
        raise _bad("Content-Length is no number.")
    return _exactly(stream, _allowed(int(length)))


def _chunks(stream: BinaryIO) -> bytes:
    """A chunked body, put together; trailers are read and dropped."""
    body = b""
    while size := _chunk_size(stream):
        body += _exactly(stream, _allowed(len(body) + size) - len(body))
        if _raw_line(stream, 400).strip():
            raise _bad("A chunk is longer than it says.")
    _headers(stream)
    return body


def _chunk_size(stream: BinaryIO) -> int:
    digits = _raw_line(stream, 400).partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits):
        raise _bad("The size of a chunk is no hexadecimal number.")
    return int(digits, 16)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length) if length else b""
    if len(data) < length:
        raise _bad("The body ended early.")
    return data


def _allowed(length: int) -> int:
    if length > _MAX_BODY:
        raise _bad(f"The body is longer than {_MAX_BODY} bytes.", 413)
    return length


def _bad(why: str, status: int = 400) -> Refusal:
    return Refusal("BadRequest", why, status=status)
