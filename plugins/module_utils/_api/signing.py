# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The headers of a signed request. Pure: clock and nonce come in as arguments.

Source: "Request syntax and signature method V3" (ACS3-HMAC-SHA256) of Alibaba Cloud OpenAPI.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
EMPTY_BODY_HASH = hashlib.sha256(b"").hexdigest()


class Signed(NamedTuple):
    """Every step of one signature, so that a vector can be compared step by step."""

    canonical_request: str
    string_to_sign: str
    signed_headers: str
    signature: str
    authorization: str


def flatten(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Flatten lists to Name.1, Name.2 and dictionaries to Name.Key; None is left out; booleans are lower case."""
    flat: dict[str, str] = {}
    for name, value in parameters.items():
        _flatten_into(flat, name, value)
    return flat


def _flatten_into(flat: dict[str, str], name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            _flatten_into(flat, f"{name}.{key}", item)
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate((item for item in value if item is not None), start=1):
            _flatten_into(flat, f"{name}.{number}", item)
    elif isinstance(value, bool):
        flat[name] = "true" if value else "false"
    else:
        flat[name] = str(value)


def canonical_query(flat: Mapping[str, str]) -> str:
    """The query string as it is signed and as it is sent: sorted by name alone, RFC 3986 encoding."""
    return "&".join(f"{_encode(name)}={_encode(flat[name])}" for name in sorted(flat))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def sign(
    *, method: str, path: str, query: str, headers: Mapping[str, str], body_hash: str, key_id: str, key_secret: str
) -> Signed:
    """Sign exactly the given headers: lower-case names, all of them host, content-type or x-acs-*."""
    names = sorted(headers)
    signed_headers = ";".join(names)
    header_lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    canonical_request = "\n".join((method, path, query, header_lines, signed_headers, body_hash))
    string_to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical_request.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), string_to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"{ALGORITHM} Credential={key_id},SignedHeaders={signed_headers},Signature={signature}"
    return Signed(canonical_request, string_to_sign, signed_headers, signature, authorization)


def signed_headers(
    *,
    host: str,
    action: str,
    version: str,
    date: str,
    nonce: str,
    query: str,
    key_id: str,
    key_secret: str,
    security_token: str | None = None,
) -> dict[str, str]:
    """All headers of one POST without a body. `date` is UTC, 2026-11-22T19:30:00Z; `nonce` is new for each attempt."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": EMPTY_BODY_HASH,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    if security_token:
        headers["x-acs-security-token"] = security_token
    signed = sign(
        method="POST",
        path="/",
        query=query,
        headers=headers,
        body_hash=EMPTY_BODY_HASH,
        key_id=key_id,
        key_secret=key_secret,
    )
    return {**headers, "authorization": signed.authorization}
