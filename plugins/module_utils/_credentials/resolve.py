# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The identity of a task, from options, environment, profiles and roles, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .._errors.error import invalid_option
from .keys import KEY_OPTIONS, Pair, pair_from_options, pair_from_variables
from .options import IdentityOptions


@dataclass(frozen=True)
class Credentials:
    """What a request is signed with. `source` says in words where it came from; it holds no secret."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(repr=False)
    source: str

    @property
    def temporary(self) -> bool:
        """Whether this is the key of a session, which ends by itself."""
        return self.security_token is not None or self.access_key_id.startswith("STS.")


def secrets_of(credentials: Credentials) -> tuple[str, ...]:
    """Return the values that no output may show."""
    return tuple(value for value in (credentials.access_key_secret, credentials.security_token) if value)


def resolve(
    options: IdentityOptions, environ: Mapping[str, str], *, deadline_seconds: float | None = None
) -> Credentials:
    """Find out who we are.

    1. a key pair, a profile or a role given as an option; two of them exclude each other
    2. the same three from the environment, in this order
    3. what is configured on the machine: OIDC variables, the current profile of the CLI, credentials.ini, a
       credentials URI; the first that is there counts. Instance metadata is asked only where it is named.
    `assume_role` stacks on whichever was found. A key pair always comes whole from one source: from the options, or
    from one family of variables, ALIBABA_CLOUD_* before ALICLOUD_*.

    `deadline_seconds` bounds the requests to token services; at most 30 s.
    Raises LiveError with code InvalidOption, NoCredentials or MissingLibrary; nothing was sent to the Live service.
    """
    known = _key_pair(options, environ)
    if known is None or options.assume_role:
        # Loading the rest costs time in every new process, and most tasks have a key pair.
        from .sources import find_pair

        known = find_pair(known, options, environ, deadline_seconds)
    pair, source = known
    return Credentials(pair.access_key_id, pair.access_key_secret, pair.security_token, source)


def identity_digest(options: IdentityOptions, environ: Mapping[str, str]) -> str:
    """Return a word that is another one wherever `resolve` would find another identity. No secret can be told from it.

    Asks no token service, so it is as quick with a role as with a key pair. Raises LiveError as `resolve` does.
    """
    from .sources import find_digest

    return find_digest(_key_pair(options, environ), options, environ)


def _key_pair(options: IdentityOptions, environ: Mapping[str, str]) -> tuple[Pair, str] | None:
    """The key pair and where it was given; None when there is none, or when an option names something else."""
    given = {name: getattr(options, name) for name in (*KEY_OPTIONS, "profile", "ecs_role_name")}
    named = [name for name in ("profile", "ecs_role_name") if given[name]]
    if any(given[name] for name in KEY_OPTIONS):
        named.insert(0, "access_key_id")
    if len(named) > 1:
        raise invalid_option(
            f"The options {' and '.join(named)} exclude each other: each of them names an identity.",
            "Keep one of them. Mind module_defaults, which may give the other.",
            named[0],
        )
    if named == ["access_key_id"]:
        return pair_from_options(given), "options"
    pair = None if named else pair_from_variables(environ)
    return (pair, "environment") if pair else None
