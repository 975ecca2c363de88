# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Identities where no key pair is given: profiles, roles, and what is configured on the machine.

An identity that is named, or configured, and does not work is an error that says why. It is never replaced by another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from .._errors.error import LiveError, invalid_option
from .._errors.kind import Outcome
from .._errors.redaction import redact
from .environment import from_environment
from .files import shown
from .keys import CredentialError, Pair
from .options import IdentityOptions
from .profiles import (
    DEFAULT_SESSION_NAME,
    Assumed,
    CloudSso,
    CredentialsUri,
    EcsRole,
    Identity,
    Oidc,
    Role,
    Surroundings,
    current_profile,
    digest,
    ini_identity,
    make_role,
    profile_identity,
    read_ini,
    read_profiles,
    role_name,
)

# All token services of one identity together; a chain of roles asks several times.
_LONGEST_FETCH = 30.0


class _Found(NamedTuple):
    identity: Identity
    source: str


def find_pair(
    known: tuple[Pair, str] | None,
    options: IdentityOptions,
    environ: Mapping[str, str],
    deadline_seconds: float | None,
) -> tuple[Pair, str]:
    """The pair to sign with, and where it comes from. `known`: the same, where a key pair is given.

    Raises LiveError as `resolve` does.
    """
    around = Surroundings(environ)
    found = _find(known, options, around)
    if isinstance(found.identity, Pair):
        return found.identity, found.source
    return _fetch(found, options, around, deadline_seconds), found.source


def find_digest(known: tuple[Pair, str] | None, options: IdentityOptions, environ: Mapping[str, str]) -> str:
    """The digest of the identity that `find_pair` would use. Asks no service. Raises LiveError in the same way."""
    return digest(_find(known, options, Surroundings(environ)).identity)


def _find(known: tuple[Pair, str] | None, options: IdentityOptions, around: Surroundings) -> _Found:
    role = _role_option(options, around)
    found = _Found(*known) if known else _named(options, around) or _from_machine(around)
    if role is not None:
        found = _Found(Assumed(found.identity, role), f"{found.source} with assume_role")
    return found


# --- what is named, in the options or in the environment --------------------------------------------------------------


def _named(options: IdentityOptions, around: Surroundings) -> _Found | None:
    environ = around.environ
    profile, role = options.profile, options.ecs_role_name
    if profile:
        return _profile(profile, around)
    if role:
        return _ecs_role(role, "The option ecs_role_name", "ecs_role_name")
    profile, role = from_environment("profile", environ), from_environment("ecs_role_name", environ)
    if profile:
        return _profile(profile, around)
    return _ecs_role(role, "ALIBABA_CLOUD_ECS_METADATA or ALICLOUD_ECS_ROLE_NAME") if role else None


def _profile(name: str, around: Surroundings) -> _Found:
    source = f"profile {shown(name)}"
    try:
        if around.flag("ALIBABA_CLOUD_CLI_PROFILE_DISABLED"):
            raise CredentialError("ALIBABA_CLOUD_CLI_PROFILE_DISABLED forbids to read the CLI's config.json")
        content = read_profiles(around)
        if content is None:
            hint = "The file is read where the module runs, in the home directory of the user that runs it."
            raise CredentialError(f"there is no file {shown(around.config_file)}", hint)
        return _Found(profile_identity(content, name, around), source)
    except CredentialError as error:
        _fail(source, error)


def _ecs_role(name: str, what: str, option: str | None = None) -> _Found:
    try:
        return _Found(EcsRole(role_name(name)), f"ecs_role_name {name}")
    except CredentialError as error:
        raise invalid_option(f"{what} cannot be used: {error.words}.", error.hint, option) from None


def _role_option(options: IdentityOptions, around: Surroundings) -> Role | None:
    if options.assume_role is None:
        return None
    try:
        return make_role(options.assume_role, around.sts)
    except CredentialError as error:
        words = f"The option assume_role cannot be used: {error.words}."
        raise invalid_option(words, error.hint, "assume_role") from None


# --- the machine --------------------------------------------------------------------------------------------------


def _from_machine(around: Surroundings) -> _Found:
    """Go along the default chain of alibabacloud-credentials, in its order, without instance metadata.

    Unlike there, a link that is configured and broken is an error: to go on would be to run as somebody else.
    """
    for source, find in (
        ("OIDC variables", _oidc_variables),
        ("current profile of the CLI", _current_profile),
        ("credentials.ini", _ini),
        ("credentials URI", _uri),
    ):
        try:
            identity = find(around)
        except CredentialError as error:
            _fail(source, error)
        if identity is not None:
            return _Found(identity, source)
    raise LiveError(
        "No credentials: none in the options, none in the environment, no current profile in "
        f"{shown(around.config_file)}, no section default in {shown(around.ini_file)}.",
        code="NoCredentials",
        outcome=Outcome.REFUSED,
    )


def _oidc_variables(around: Surroundings) -> Identity | None:
    provider = around.text("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")
    token_file = around.text("ALIBABA_CLOUD_OIDC_TOKEN_FILE")
    arn = around.text("ALIBABA_CLOUD_ROLE_ARN")
    if not (provider or token_file):
        return None
    if not (provider and token_file and arn):
        raise CredentialError(
            "ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE belong together"
            " and one of them is missing"
        )
    session = around.text("ALIBABA_CLOUD_ROLE_SESSION_NAME") or DEFAULT_SESSION_NAME
    return Oidc(make_role({"role_arn": arn, "session_name": session}, around.sts), provider, token_file)


def _current_profile(around: Surroundings) -> Identity | None:
    if around.flag("ALIBABA_CLOUD_CLI_PROFILE_DISABLED"):
        return None
    content = read_profiles(around)
    name = current_profile(content) if content is not None else None
    return profile_identity(content, name, around) if content is not None and name is not None else None


def _ini(around: Surroundings) -> Identity | None:
    section = read_ini(around)
    return None if section is None else ini_identity(section, around)


def _uri(around: Surroundings) -> Identity | None:
    uri = around.text("ALIBABA_CLOUD_CREDENTIALS_URI")
    return CredentialsUri(uri) if uri else None


# --- fetching --------------------------------------------------------------------------------------------------------


def _fetch(
    found: _Found, options: IdentityOptions, around: Surroundings, deadline_seconds: float | None
) -> Pair:  # fmt: skip
    # Loading it costs time in every new process, and most tasks have a key pair.
    from . import token_services as services

    seconds = _LONGEST_FETCH if deadline_seconds is None else min(_LONGEST_FETCH, deadline_seconds)
    try:
        return services.fetch(found.identity, services.FetchOptions(around, seconds, options.proxy, options.ca_path))
    except services.MissingLibrary as missing:
        words = f"No credentials from {found.source}: {missing}."
    except CredentialError as error:
        _fail(found.source, error, _secrets_in(found.identity))
    raise LiveError(
        words,
        code="MissingLibrary",
        outcome=Outcome.REFUSED,
        hint=f"Install {services.LIBRARY} 1.0.9 or newer for the Python that runs the module, "
        "or give an access key pair.",
    )


def _secrets_in(identity: Identity) -> tuple[str, ...]:
    if isinstance(identity, Pair):
        return tuple(value for value in (identity.access_key_secret, identity.security_token) if value)
    if isinstance(identity, Assumed):
        return _secrets_in(identity.origin)
    if isinstance(identity, CloudSso):
        return (identity.access_token,)
    return (identity.uri,) if isinstance(identity, CredentialsUri) else ()


def _fail(source: str, error: CredentialError, secrets: tuple[str, ...] = ()) -> NoReturn:
    raise LiveError(
        redact(f"No credentials from {source}: {error.words}.", secrets),
        code="NoCredentials",
        outcome=Outcome.REFUSED,
        hint=error.hint,
        retryable=error.retryable,
    ) from None
