# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What did the client send? One parsed HTTP request, nothing judged yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote_plus


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    `headers` maps lower-case names to all their values; `arrived` is seconds since the epoch,
    `tick` the same moment on the monotonic clock.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, list[str]]
    body: bytes
    arrived: float
    tick: float
    keep_alive: bool = True

    def header(self, name: str) -> str:
        """The value of a header, outer blanks removed; several values are joined; absent is the empty string."""
        return ",".join(sorted(value.strip() for value in self.headers.get(name, ())))

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The query parameters in the order sent, decoded once; a plus sign is a blank, as in form encoding."""
        parts = [part.partition("=") for part in self.query.split("&") if part]
        return [
            (unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace"))
            for name, _unused, value in parts
        ]

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query parameters by name; of a repeated name the last counts."""
        return dict(self.pairs)

    @property
    def action(self) -> str:
        """The operation asked for, or the empty string."""
        return self.header("x-acs-action")

    @property
    def host(self) -> str:
        """The host as the client wrote it."""
        return self.header("host")
