# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. One parsed HTTP request, nothing judged yet."""

from __future__ import annotations

import re
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
    def query_pairs(self) -> list[tuple[str, str]]:
        """The parameters of the query in the order sent, decoded once."""
        return _pairs(self.query)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters of query and form body by name; of a repeated name the last counts."""
        return dict([*self.query_pairs, *self._form_pairs])

    @property
    def is_rpc(self) -> bool:
        """True when action, key and signature are parameters (signature protocol V1) and not headers (V3)."""
        return not self.header("authorization") and "Signature" in self.parameters

    @property
    def action(self) -> str:
        """The operation asked for, or the empty string."""
        return self.parameters.get("Action", "") if self.is_rpc else self.header("x-acs-action")

    @property
    def version(self) -> str:
        """The version of the API that was asked for, or the empty string."""
        return self.parameters.get("Version", "") if self.is_rpc else self.header("x-acs-version")

    @property
    def nonce(self) -> str | None:
        """What makes the request unique, as far as it says so."""
        nonce = self.parameters.get("SignatureNonce") if self.is_rpc else self.header("x-acs-signature-nonce")
        return nonce or None

    @property
    def key_id(self) -> str | None:
        """The id of the key that the request names, whether or not it may."""
        if self.is_rpc:
            return self.parameters.get("AccessKeyId")
        match = re.search(r"Credential=([^,\s]+)", self.header("authorization"))
        return match.group(1) if match else None

    @property
    def wants_xml(self) -> bool:
        """True when the answer shall be XML, which V1 gives where nothing else is asked for."""
        return self.is_rpc and self.parameters.get("Format", "XML").upper() != "JSON"

    @property
    def host(self) -> str:
        """The host as the client wrote it."""
        return self.header("host")

    @property
    def _form_pairs(self) -> list[tuple[str, str]]:
        kind = self.header("content-type").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            return []
        return _pairs(self.body.decode("utf-8", errors="surrogateescape"))


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names and values, decoded; a plus sign is a blank, as in form encoding."""
    parts = [part.partition("=") for part in text.split("&") if part]
    return [
        (unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace")) for name, _unused, value in parts
    ]
