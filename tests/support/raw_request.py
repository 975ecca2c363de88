# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed requests made by hand, so that every part of one can be wrong on purpose.

The signature is computed here from the specification, with neither the collection's signing code nor the emulator's.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlsplit

Headers = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str:
        """The error code, or ok."""
        return str(self.json.get("Code", "ok"))


@dataclass
class RawClient:
    """One kept-alive connection to a service, with an identity."""

    endpoint: str
    key: str = "rehearsal-key"
    secret: str = "rehearsal-secret"
    token: str = ""
    timeout: float = 10.0
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def call(
        self,
        action: str,
        parameters: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        path: str = "/",
        version: str = "2016-11-01",
        date: str | float = "",
        nonce: str = "",
        body: bytes = b"",
        sent_body: bytes | None = None,
        extra: Mapping[str, str] | None = None,
        unsigned: tuple[str, ...] = (),
        query: str | None = None,
        tamper: Callable[[Headers], Any] | None = None,
    ) -> Answer:
        """Send one request. `extra` headers are signed too, but for those in `unsigned`; `tamper` changes the headers
        after they were signed; `query` and `sent_body` replace what is sent but not what was signed."""
        host = urlsplit(self.endpoint).netloc
        headers: Headers = {
            "host": host,
            "x-acs-action": action,
            "x-acs-version": version,
            "x-acs-date": date if isinstance(date, str) and date else stamp(date or None),
            "x-acs-signature-nonce": nonce or uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
            **({"x-acs-security-token": self.token} if self.token else {}),
            **(extra or {}),
        }
        canonical_query = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
            for name, value in sorted((parameters or {}).items())
        )
        names = sorted(name for name in headers if name not in unsigned)
        text = "\n".join(
            [
                method,
                path,
                canonical_query,
                "".join(f"{name}:{headers[name].strip()}\n" for name in names),
                ";".join(names),
                hashlib.sha256(body).hexdigest(),
            ]
        )
        to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(text.encode()).hexdigest()
        signature = hmac.new(self.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (
            f"ACS3-HMAC-SHA256 Credential={self.key},SignedHeaders={';'.join(names)},Signature={signature}"
        )
        if tamper:
            tamper(headers)
        sent_query = canonical_query if query is None else query
        return self.send(
            method, f"{path}?{sent_query}" if sent_query else path, headers, body if sent_body is None else sent_body
        )

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send a request as it is, on the kept-alive connection."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=self.timeout)
        try:
            self._connection.putrequest(method, target, skip_host="host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                self._connection.putheader(name, value)
            self._connection.putheader("Content-Length", str(len(body)))
            self._connection.endheaders(body)
            response = self._connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        except BaseException:
            self.close()
            raise

    def control(self, method: str, name: str, document: Any = None) -> Answer:
        """Use the control path."""
        body = b"" if document is None else json.dumps(document).encode()
        return self.send(method, f"/_emulator/{name}", {}, body)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def stamp(moment: float | str | None = None) -> str:
    """A moment, seconds since the epoch, in the form of x-acs-date; None is now."""
    at = datetime.now(timezone.utc) if moment is None else datetime.fromtimestamp(float(moment), timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
