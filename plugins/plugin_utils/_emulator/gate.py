# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. May this request come in? Signature, clock, nonce, key and token, judged as the service does.

Written from the specification of ACS3-HMAC-SHA256, on purpose without the signing code of the client: two readings
of one text that must agree. Order: completeness, clock, key, token, signature, nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Iterable
from datetime import datetime, timezone
from urllib.parse import quote

from .refusal import Refusal
from .request import Request
from .studios import AccessKey

_ALGORITHM = "ACS3-HMAC-SHA256"
_WINDOW_SECONDS = 15 * 60
_CREDENTIALS = re.compile(r"Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_NEEDED = ("host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256")


class Gate:
    """Knows the keys of the account and the nonces it has seen."""

    def __init__(self, keys: Iterable[AccessKey]) -> None:
        self._keys = {key.key_id: key for key in keys}
        self._nonces: dict[str, float] = {}
        self._lock = threading.Lock()

    def admit(self, request: Request, now: float) -> AccessKey:
        """The key that signed the request; `now` is the clock of the service.

        Raises Refusal with the code of the service.
        """
        key_id, signed, signature = _credentials(request)
        _check_complete(request, signed)
        _check_date(request.header("x-acs-date"), now)
        key = self._key(key_id)
        self._check_token(key, request, now)
        _check_signature(request, signed, signature, key.secret)
        self._spend_nonce(request.header("x-acs-signature-nonce"), now)
        return key

    def forget(self) -> None:
        """Forget every nonce."""
        with self._lock:
            self._nonces.clear()

    def _key(self, key_id: str) -> AccessKey:
        key = self._keys.get(key_id)
        if key is None:
            raise Refusal("InvalidAccessKeyId.NotFound")
        if key.inactive:
            raise Refusal("InvalidAccessKeyId.Inactive")
        return key

    def _check_token(self, key: AccessKey, request: Request, now: float) -> None:
        token = request.header("x-acs-security-token")
        if key.security_token is None:
            if token:
                raise Refusal("InvalidSecurityToken.MismatchWithAccessKey")
            return
        if not token:
            raise Refusal("MissingSecurityToken")
        if token != key.security_token:
            known = any(token == other.security_token for other in self._keys.values())
            raise Refusal("InvalidSecurityToken." + ("MismatchWithAccessKey" if known else "Malformed"))
        if key.expires_at is not None and now >= key.expires_at:
            raise Refusal("InvalidSecurityToken.Expired")

    def _spend_nonce(self, nonce: str, now: float) -> None:
        with self._lock:
            if nonce in self._nonces:
                raise Refusal("SignatureNonceUsed")
            self._nonces[nonce] = now
            # A request older than the window is refused by its date, so its nonce need not be kept.
            while len(self._nonces) > 1 and next(iter(self._nonces.values())) < now - 2 * _WINDOW_SECONDS:
                del self._nonces[next(iter(self._nonces))]


def claimed_key_id(request: Request) -> str | None:
    """The key id that a request names, whether or not it may."""
    match = re.search(r"Credential=([^,\s]+)", request.header("authorization"))
    return match.group(1) if match else None


def _credentials(request: Request) -> tuple[str, list[str], str]:
    algorithm, _unused, rest = request.header("authorization").partition(" ")
    if not algorithm or not rest:
        raise Refusal("IncompleteSignature")
    if algorithm != _ALGORITHM:
        raise Refusal("InvalidSignatureMethod")
    match = _CREDENTIALS.fullmatch(rest)
    if match is None:
        raise Refusal("IncompleteSignature")
    return match.group(1), match.group(2).split(";"), match.group(3)


def _check_complete(request: Request, signed: list[str]) -> None:
    must_be_signed = {name for name in request.headers if name.startswith("x-acs-") or name == "content-type"}
    missing = [name for name in _NEEDED if not request.header(name)]
    missing += sorted((must_be_signed | set(_NEEDED)) - set(signed))
    if missing:
        raise Refusal("IncompleteSignature", f"These headers are needed and must be signed: {', '.join(missing)}.")


def _check_date(text: str, now: float) -> None:
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise Refusal("InvalidTimeStamp.Format") from None
    if abs(now - moment) > _WINDOW_SECONDS:
        raise Refusal("InvalidTimeStamp.Expired")


def _check_signature(request: Request, signed: list[str], signature: str, secret: str) -> None:
    payload = hashlib.sha256(request.body).hexdigest()
    canonical = _canonical_request(request, signed, payload)
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(_bytes(canonical)).hexdigest()}"
    expected = hmac.new(_bytes(secret), _bytes(to_sign), hashlib.sha256).hexdigest()
    if request.header("x-acs-content-sha256") != payload or not hmac.compare_digest(expected, signature):
        # The service echoes what it signed, and with it every parameter. Clients must not show this text.
        text = "Specified signature does not match our calculation. server string to sign is: "
        raise Refusal("SignatureDoesNotMatch", f"{text}{to_sign} server canonical request is: {canonical}")


def _canonical_request(request: Request, signed: list[str], payload: str) -> str:
    headers = "".join(f"{name}:{request.header(name)}\n" for name in sorted(signed))
    query = "&".join(
        f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(request.pairs, key=lambda pair: pair[0])
    )
    return "\n".join((request.method, request.path, query, headers, ";".join(signed), payload))


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")
