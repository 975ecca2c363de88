# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What arrived on the connection? HTTP/1.1 requests read from a stream, bounded in size."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import BinaryIO

from .request import Request

_MAX_LINE = 64 * 1024
_MAX_HEADERS = 200
_MAX_BODY = 1024 * 1024


class BadRequest(Exception):
    """These bytes are no request that this service reads."""


def read_request(stream: BinaryIO, clock: Callable[[], float]) -> Request | None:
    """The next request, or None when the client has closed.

    Raises BadRequest, and OSError when the connection breaks.
    """
    line = _line(stream)
    arrived, tick = clock(), time.monotonic()
    if not line:
        return None
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest
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


def _line(stream: BinaryIO) -> str:
    line = stream.readline(_MAX_LINE + 1)
    if len(line) > _MAX_LINE:
        raise BadRequest
    return line.decode("utf-8", errors="surrogateescape").rstrip("\r\n")


def _headers(stream: BinaryIO) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for _unused in range(_MAX_HEADERS):
        line = _line(stream)
        if not line:
            return headers
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest
        headers.setdefault(name.lower(), []).append(value.strip())
    raise BadRequest


def _body(stream: BinaryIO, headers: dict[str, list[str]]) -> bytes:
    length = headers.get("content-length", ["0"])[0]
    if "transfer-encoding" in headers or not length.isdecimal() or int(length) > _MAX_BODY:
        raise BadRequest
    return stream.read(int(length)) if int(length) else b""
