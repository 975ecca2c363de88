# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The options that name an identity, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .._errors.error import invalid_option
from .environment import text_of

_TEXTS = ("access_key_id", "access_key_secret", "security_token", "profile", "ecs_role_name", "proxy", "ca_path")


class IdentityOptions(NamedTuple):
    """Who we are to be, and how token services are reached. None: not given, as are empty and blank values.

    `assume_role` has role_arn, session_name, session_expiration, policy and external_id as they were given.
    """

    access_key_id: str | None = None
    access_key_secret: str | None = None
    security_token: str | None = None
    profile: str | None = None
    ecs_role_name: str | None = None
    proxy: str | None = None
    ca_path: str | None = None
    assume_role: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        """No secret, whoever prints it."""
        given = [name for name, value in self._asdict().items() if value is not None]
        return f"IdentityOptions({', '.join(given)})"


def identity_options(params: Mapping[str, Any]) -> IdentityOptions:
    """Read them. Raises LiveError (InvalidOption)."""
    return IdentityOptions(**{name: text_of(params.get(name)) for name in _TEXTS}, assume_role=_role(params))


def _role(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    given = params.get("assume_role")
    if isinstance(given, str) and not given.strip():
        return None
    if given is not None and not isinstance(given, Mapping):
        raise invalid_option("The option assume_role cannot be used: it is not a dictionary.", option="assume_role")
    return given if given and any(text_of(value) for value in given.values()) else None
