# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Admission of requests: signature, clock, nonce, key and token, judged as the service does.

Order: completeness, clock, key, token, signature, nonce.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from datetime import datetime, timezone

from . import acs3, rpc_signature
from .claim import Claim
from .refusal import Refusal
from .request import Request
from .studios import AccessKey

_WINDOW_SECONDS = 15 * 60
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


class Admission:
    """Knows the keys of the account and the nonces it has seen."""

    def __init__(self, keys: Iterable[AccessKey]) -> None:
        self._keys = {key.key_id: key for key in keys}
        self._nonces: dict[str, float] = {}
        self._lock = threading.Lock()

    def admit(self, request: Request, now: float) -> AccessKey:
        """The key that signed the request; `now` is the clock of the service.

        Raises Refusal with the code of the service.
        """
        claim = _claim(request)
        _check_date(claim.moment, now)
        key = self._key(claim.key_id)
        self._check_token(key, claim.token, now)
        claim.verify(key.secret)
        self._spend_nonce(claim.nonce, now)
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

    def _check_token(self, key: AccessKey, token: str, now: float) -> None:
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


def _claim(request: Request) -> Claim:
    return rpc_signature.read_claim(request) if request.is_rpc else acs3.read_claim(request)


def _check_date(text: str, now: float) -> None:
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise Refusal("InvalidTimeStamp.Format") from None
    if abs(now - moment) > _WINDOW_SECONDS:
        raise Refusal("InvalidTimeStamp.Expired")
