# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Signature protocol V3: ACS3-HMAC-SHA256, and the same with the digest SM3.

Written from the specification, on purpose without the signing code of the client: two ways to read one text that must
agree.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import partial

from .claim import Claim, escaped, octets
from .refusal import Refusal
from .request import Request

# The digest by the name of the algorithm.
_DIGESTS = {"ACS3-HMAC-SHA256": "sha256", "ACS3-HMAC-SM3": "sm3"}
_CREDENTIALS = re.compile(r"Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")
_NEEDED = ("host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256")


def read_claim(request: Request) -> Claim:
    """Who sent a request with the header Authorization.

    Raises Refusal when something is missing, is not signed, or the digest of the body is not that of the body.
    """
    algorithm, _unused, rest = request.header("authorization").partition(" ")
    if algorithm and rest and algorithm not in _DIGESTS:
        raise Refusal("InvalidSignatureMethod")
    match = _CREDENTIALS.fullmatch(rest)
    if match is None:
        raise Refusal("IncompleteSignature")
    key_id, signed, signature = match.group(1), match.group(2).split(";"), match.group(3)
    _check_complete(request, signed)
    digest = _DIGESTS[algorithm]
    payload = hashlib.new(digest, request.body).hexdigest()
    canonical = _canonical_request(request, signed, payload)
    to_sign = f"{algorithm}\n{hashlib.new(digest, octets(canonical)).hexdigest()}"
    # The service echoes what it signed, and with it every parameter. Clients must not show this text.
    text = "Specified signature does not match our calculation. server string to sign is: "
    explanation = f"{text}{to_sign} server canonical request is: {canonical}"
    return Claim(
        key_id=key_id,
        token=request.header("x-acs-security-token"),
        moment=request.header("x-acs-date"),
        nonce=request.header("x-acs-signature-nonce"),
        # A body other than the one that was announced is as wrong as a wrong signature.
        signature=signature if request.header("x-acs-content-sha256") == payload else "",
        expected=partial(_signature, to_sign, digest),
        explanation=explanation,
    )


def _check_complete(request: Request, signed: list[str]) -> None:
    # The official asynchronous clients let aiohttp add a Content-Type after they have signed.
    must_be_signed = {name for name in request.headers if name.startswith("x-acs-")}
    missing = [name for name in _NEEDED if not request.header(name)]
    missing += sorted((must_be_signed | set(_NEEDED)) - set(signed))
    if missing:
        raise Refusal("IncompleteSignature", f"These headers are needed and must be signed: {', '.join(missing)}.")


def _canonical_request(request: Request, signed: list[str], payload: str) -> str:
    headers = "".join(f"{name}:{request.header(name)}\n" for name in sorted(signed))
    query = "&".join(
        f"{escaped(name)}={escaped(value)}" for name, value in sorted(request.query_pairs, key=lambda pair: pair[0])
    )
    return "\n".join((request.method, request.path, query, headers, ";".join(signed), payload))


def _signature(to_sign: str, digest: str, secret: str) -> str:
    return hmac.new(octets(secret), octets(to_sign), digest).hexdigest()
