# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The connection options, as typed values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from .._api.endpoint import DEFAULT_ENDPOINT, Endpoint, parse_endpoint, proxy_is_usable
from .._api.transport import TransportOptions, user_agent
from .._credentials.environment import from_environment
from .._credentials.files import kind_in_place, shown
from .._credentials.options import IdentityOptions, identity_options
from .._errors.error import invalid_option
from .options import identifier, invalid, seconds, text

# To hide what is shorter would make every output unreadable and protect nothing.
_SHORTEST_SECRET = 4
_NEEDS_BUNDLE = "Give the path of a CA bundle that can be read."


class ConnectionOptions(NamedTuple):
    """How the service is reached, and as whom. `api_deadline` is in seconds."""

    identity: IdentityOptions
    endpoint: Endpoint
    transport: TransportOptions
    api_deadline: float
    region_id: str | None


def connection_options(
    params: Mapping[str, Any], environ: Mapping[str, str], ansible_version: str
) -> ConnectionOptions:
    """Read the connection options. Raises LiveError (InvalidOption)."""
    endpoint = text(params, "endpoint") or from_environment("endpoint", environ) or DEFAULT_ENDPOINT
    ca_path = text(params, "ca_path")
    if ca_path is not None and not os.path.exists(ca_path):
        raise invalid("ca_path", "no such file or directory", _NEEDS_BUNDLE, value=ca_path)
    _check_bundle(ca_path, environ)
    verify: bool | str = False if params.get("validate_certs") is False else ca_path or True
    return ConnectionOptions(
        identity=identity_options(params),
        endpoint=parse_endpoint(endpoint.strip()),
        transport=TransportOptions(
            connect_timeout=seconds(params, "connect_timeout", 10.0),
            read_timeout=seconds(params, "read_timeout", 60.0),
            verify=verify,
            proxy=_proxy(params),
            user_agent=user_agent(ansible_version, environ),
        ),
        api_deadline=seconds(params, "api_deadline", 120.0),
        region_id=identifier("region_id", text(params, "region_id") or from_environment("region_id", environ)),
    )


def _check_bundle(ca_path: str | None, environ: Mapping[str, str]) -> None:
    """Refuse a CA bundle that is no file: whoever opened a pipe would wait until api_deadline."""
    variables = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    named = [("ca_path", ca_path), *((name, environ.get(name)) for name in variables)]
    what, path = next(((what, path) for what, path in named if path), ("", ""))
    kind = kind_in_place(path) if path else None
    if kind in (None, "a directory"):
        return
    words = f"{shown(str(path))} is {kind} and not a regular file"
    if what == "ca_path":
        raise invalid(what, words, _NEEDS_BUNDLE)
    raise invalid_option(f"The variable {what} cannot be used: {words}. Nothing was sent.", _NEEDS_BUNDLE)


def passwords_in(params: Mapping[str, Any]) -> list[str]:
    """The passwords that stand in addresses among the options, where they may be and where they may not."""
    found: list[str] = []
    for option in ("endpoint", "proxy"):
        address = text(params, option) or ""
        user = (address.partition("//")[2] or address).rpartition("@")[0]
        password = user.partition(":")[2]
        found += [password, unquote(password)]
    return [password for password in found if len(password) >= _SHORTEST_SECRET]


def _proxy(params: Mapping[str, Any]) -> str | None:
    proxy = text(params, "proxy")
    if proxy is None:
        return None
    if not proxy_is_usable(proxy.strip()):
        # Its value may hold a password, whatever is wrong with it.
        hint = "Write http:// or https://, the host and the port; the user name and password before the host, with @."
        raise invalid("proxy", "it must be a URL such as http://proxy.example.com:3128", hint)
    return proxy.strip()
