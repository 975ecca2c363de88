# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Addresses of the service and of proxies, and which of them can be used."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from .._errors.error import LiveError, invalid_option

DEFAULT_ENDPOINT = "live.aliyuncs.com"
# A host name or an address in brackets, then perhaps a port.
_NETLOC = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)(?::[0-9]*)?", re.ASCII | re.IGNORECASE)
_LONGEST_LABEL = 63


class Endpoint(NamedTuple):
    """Where the service is: `url` without a path, `host` exactly as it is signed."""

    url: str
    host: str

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        parts = urlsplit(self.url)
        return place_of(parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme])

    @property
    def is_here(self) -> bool:
        """True for an address of this machine."""
        return is_loopback(urlsplit(self.url).hostname or "")


def parse_endpoint(text: str) -> Endpoint:
    """Accept a host name, host:port or https URL; plain http only on loopback. Raises LiveError otherwise."""
    try:
        return endpoint_of(text)
    except ValueError as error:
        raise _bad_endpoint(text, str(error)) from None


def endpoint_of(text: str) -> Endpoint:
    """The same for an address that is no option. Raises ValueError with an end of a sentence, without the address."""
    candidate = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(candidate)
        port = parts.port
    except ValueError:
        raise ValueError("it is not a URL") from None
    if parts.scheme not in ("http", "https") or any(c.isspace() or ord(c) < 33 for c in text):
        raise ValueError("it is not a URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not hold a user name or password")
    if not parts.hostname or port == 0 or not _NETLOC.fullmatch(parts.netloc) or not _is_host(parts.hostname):
        raise ValueError("it is not a URL")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("it must end after the host name or port")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http is allowed on loopback only, since a request carries credentials; use https")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    standard = {"http": 80, "https": 443}[parts.scheme]
    netloc = host if port in (None, standard) else f"{host}:{port}"
    return Endpoint(url=f"{parts.scheme}://{netloc}", host=netloc)


def _bad_endpoint(text: str, why: str) -> LiveError:
    # Loading costs time in every new process, and a task that goes well does without.
    from .._errors.redaction import quoted

    return invalid_option(
        f"The option endpoint cannot be used: {why}. Given was {quoted(text)}. Nothing was sent.",
        "Give a host name such as live.aliyuncs.com, or a URL such as https://live.aliyuncs.com. Where the task has no "
        "option endpoint, ALIBABA_CLOUD_LIVE_ENDPOINT in the environment gave it.",
        "endpoint",
    )


def place_of(host: str, port: int) -> str:
    """Host and port as they are written, for messages. They are no secret, and without them nobody can look there."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def proxy_is_usable(text: str) -> bool:
    """True for a URL with http or https, a host and perhaps a port, a user name and a password."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    netloc = parts.netloc.rpartition("@")[2]
    return (
        parts.scheme in ("http", "https")
        and port != 0
        and bool(_NETLOC.fullmatch(netloc))
        and not any(character.isspace() or ord(character) < 33 for character in text)
    )


def _is_host(host: str) -> bool:
    if ":" not in host:
        return len(host) < 254 and all(0 < len(label) <= _LONGEST_LABEL for label in host.split("."))
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """True for localhost and for every address that stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
