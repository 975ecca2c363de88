# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Who signed a request: what both signature protocols of Alibaba Cloud have in common."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from .refusal import Refusal


@dataclass(frozen=True)
class Claim:
    """What a signed request says about its sender, not yet believed.

    `moment` is the time as it was written, `expected` makes the signature that a key with this secret gives, and
    `explanation` is what the service says when another one was sent: it echoes what it signed.
    """

    key_id: str
    token: str
    moment: str
    nonce: str
    signature: str
    expected: Callable[[str], str]
    explanation: str

    def verify(self, secret: str) -> None:
        """Raises Refusal unless the secret gives the signature that was sent."""
        if not hmac.compare_digest(octets(self.expected(secret)), octets(self.signature)):
            raise Refusal("SignatureDoesNotMatch", self.explanation)


def escaped(text: str) -> str:
    """Percent-encoded as both protocols sign it (RFC 3986)."""
    return quote(octets(text), safe="-_.~")


def octets(text: str) -> bytes:
    """The bytes of a text that may hold bytes which are no UTF-8."""
    return text.encode("utf-8", errors="surrogateescape")
