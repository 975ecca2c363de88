# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Who are we? Options, then the environment, then what the Alibaba Cloud CLI and its kin left on the machine.

An identity that is named, or configured, and does not work is an error that says why. It is never replaced by another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ._errors import LiveError, redact
from ._identity import (
    DEFAULT_SESSION_NAME,
    Assumed,
    CloudSso,
    CredentialsUri,
    EcsRole,
    Identity,
    Oidc,
    Pair,
    Role,
    Surroundings,
    Unusable,
    current_profile,
    ini_identity,
    key_text,
    profile_identity,
    read_ini,
    read_profiles,
    role_name,
    text_of,
)

# option -> environment variables, the first that is not empty wins; design.md section 4
CONNECTION_ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "access_key_id": ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY", "ALICLOUD_ACCESS_KEY_ID"),
    "access_key_secret": ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECRET_ACCESS_KEY"),
    "security_token": ("ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"),
    "profile": ("ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"),
    "ecs_role_name": ("ALIBABA_CLOUD_ECS_METADATA", "ALICLOUD_ECS_ROLE_NAME"),
    "region_id": ("ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION"),
    "endpoint": ("ALIBABA_CLOUD_LIVE_ENDPOINT",),
}

_KEY_OPTIONS = ("access_key_id", "access_key_secret", "security_token")
_FAMILIES = ("ALIBABA_CLOUD_", "ALICLOUD_")
# All token services of one identity together; a chain of roles asks several times.
_LONGEST_FETCH = 30.0


@dataclass(frozen=True)
class Credentials:
    """What a request is signed with. `source` says in words where it came from; it holds no secret."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(repr=False)
    source: str


@dataclass(frozen=True)
class _Found:
    identity: Identity
    source: str


def from_environment(option: str, environ: Mapping[str, str]) -> str | None:
    """Return the first value that the environment gives an option; empty and blank values count as not given."""
    values = (text_of(environ.get(name)) for name in CONNECTION_ENVIRONMENT[option])
    return next((value for value in values if value), None)


def secrets_of(credentials: Credentials) -> tuple[str, ...]:
    """Return the values that no output may show."""
    return tuple(value for value in (credentials.access_key_secret, credentials.security_token) if value)


def resolve(
    params: Mapping[str, Any], environ: Mapping[str, str], *, deadline_seconds: float | None = None
) -> Credentials:
    """Find out who we are. `params` are raw option values; None, '' and blanks count as not given.

    1. a key pair, a profile or a role given as an option; two of them exclude each other
    2. the same three from the environment, in this order
    3. what is configured on the machine: OIDC variables, the current profile of the CLI, credentials.ini, a
       credentials URI; the first that is there counts. Instance metadata is asked only where it is named.
    `assume_role` stacks on whichever was found. A key pair always comes whole from one source: from the options, or
    from one family of variables, ALIBABA_CLOUD_* before ALICLOUD_*.

    `deadline_seconds` bounds the requests to token services; at most 30 s, not longer than the option api_deadline.
    Raises LiveError with code InvalidOption, NoCredentials or MissingLibrary; nothing was sent to the Live service.
    """
    around = Surroundings(environ)
    role = _role_option(params, around)
    found = _from_options(params, around) or _from_variables(environ, around) or _from_machine(around)
    if role is not None:
        found = _Found(Assumed(found.identity, role), f"{found.source} with assume_role")
    if isinstance(found.identity, Pair):
        return _credentials(found.identity, found.source)
    return _credentials(_fetch(found, params, around, deadline_seconds), found.source)


def _credentials(pair: Pair, source: str) -> Credentials:
    return Credentials(pair.access_key_id, pair.access_key_secret, pair.security_token, source)


# --- 1. options ------------------------------------------------------------------------------------------------------


def _from_options(params: Mapping[str, Any], around: Surroundings) -> _Found | None:
    given = {name: text_of(params.get(name)) for name in (*_KEY_OPTIONS, "profile", "ecs_role_name")}
    named = [name for name in ("profile", "ecs_role_name") if given[name]]
    if any(given[name] for name in _KEY_OPTIONS):
        named.insert(0, "access_key_id")
    if len(named) > 1:
        raise _invalid(
            f"The options {' and '.join(named)} exclude each other: each of them names an identity.",
            "Keep one of them. Mind module_defaults, which may give the other.",
        )
    if given["profile"]:
        return _profile(given["profile"], around)
    if given["ecs_role_name"]:
        return _ecs_role(given["ecs_role_name"], "The option ecs_role_name")
    return _Found(_pair(given, {name: name for name in _KEY_OPTIONS}, "options"), "options") if named else None


def _pair(given: Mapping[str, str | None], names: Mapping[str, str], where: str) -> Pair:
    """Make a pair from one source; `names` are how an operator knows the three values."""
    missing = [names[option] for option in ("access_key_id", "access_key_secret") if not given[option]]
    if missing:
        present = [names[option] for option in _KEY_OPTIONS if given[option]]
        raise _invalid(
            f"{_list(present)} {'is' if len(present) == 1 else 'are'} given without {_list(missing)}.",
            f"A key pair must come whole from one source, here from the {where}. Empty values count as not given.",
        )
    try:
        keys = [key_text(names[option], value) for option, value in given.items() if value and option in _KEY_OPTIONS]
    except Unusable as unusable:
        raise _invalid(f"The {where} cannot be used: {unusable.words}.", unusable.hint) from None
    return Pair(*keys)


def _list(names: list[str]) -> str:
    return " and ".join(names)


def _profile(name: str, around: Surroundings) -> _Found:
    source = f"profile {name}"
    try:
        if around.flag("ALIBABA_CLOUD_CLI_PROFILE_DISABLED"):
            raise Unusable("ALIBABA_CLOUD_CLI_PROFILE_DISABLED forbids to read the CLI's config.json")
        content = read_profiles(around)
        if content is None:
            hint = "The file is read where the module runs, in the home directory of the user that runs it."
            raise Unusable(f"there is no file {around.config_file}", hint)
        return _Found(profile_identity(content, name, around), source)
    except Unusable as unusable:
        _fail(source, unusable)


def _ecs_role(name: str, what: str) -> _Found:
    try:
        return _Found(EcsRole(role_name(name)), f"ecs_role_name {name}")
    except Unusable as unusable:
        raise _invalid(f"{what} cannot be used: {unusable.words}.", unusable.hint) from None


def _role_option(params: Mapping[str, Any], around: Surroundings) -> Role | None:
    given = params.get("assume_role")
    if isinstance(given, str) and not given.strip():
        return None
    if given is not None and not isinstance(given, Mapping):
        raise _invalid("The option assume_role cannot be used: it is not a dictionary.", None)
    if not given or not any(text_of(value) for value in given.values()):
        return None
    try:
        return around.make_role(given)
    except Unusable as unusable:
        raise _invalid(f"The option assume_role cannot be used: {unusable.words}.", unusable.hint) from None


# --- 2. the environment ----------------------------------------------------------------------------------------------


def _from_variables(environ: Mapping[str, str], around: Surroundings) -> _Found | None:
    pair = _pair_from_variables(environ)
    if pair is not None:
        return _Found(pair, "environment")
    profile = from_environment("profile", environ)
    if profile is not None:
        return _profile(profile, around)
    role = from_environment("ecs_role_name", environ)
    return _ecs_role(role, "ALIBABA_CLOUD_ECS_METADATA or ALICLOUD_ECS_ROLE_NAME") if role else None


def _pair_from_variables(environ: Mapping[str, str]) -> Pair | None:
    families = [_family(prefix, environ) for prefix in _FAMILIES]
    for given, names in families:
        if given["access_key_id"] or given["access_key_secret"]:
            return _pair(given, names, "environment")
    for given, names in families:
        if given["security_token"]:
            # Somebody meant to give a temporary key. To go on with another identity would be a guess.
            return _pair(given, names, "environment")
    return None


def _family(prefix: str, environ: Mapping[str, str]) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return the values of one family of variables, and the names of the variables for messages."""
    given: dict[str, str | None] = {}
    names: dict[str, str] = {}
    for option in _KEY_OPTIONS:
        variables = [name for name in CONNECTION_ENVIRONMENT[option] if name.startswith(prefix)]
        used = next((name for name in variables if text_of(environ.get(name))), None)
        given[option] = text_of(environ.get(used)) if used else None
        names[option] = used or " or ".join(variables)
    return given, names


# --- 3. the machine --------------------------------------------------------------------------------------------------


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
        except Unusable as unusable:
            _fail(source, unusable)
        if identity is not None:
            return _Found(identity, source)
    raise LiveError(
        "No credentials: none in the options, none in the environment, no current profile in "
        f"{around.config_file}, no section default in {around.ini_file}.",
        code="NoCredentials",
        outcome="refused",
    )


def _oidc_variables(around: Surroundings) -> Identity | None:
    provider = around.text("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")
    token_file = around.text("ALIBABA_CLOUD_OIDC_TOKEN_FILE")
    arn = around.text("ALIBABA_CLOUD_ROLE_ARN")
    if not (provider or token_file):
        return None
    if not (provider and token_file and arn):
        raise Unusable(
            "ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE belong together"
            " and one of them is missing"
        )
    session = around.text("ALIBABA_CLOUD_ROLE_SESSION_NAME") or DEFAULT_SESSION_NAME
    return Oidc(around.make_role({"role_arn": arn, "session_name": session}), provider, token_file)


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
    found: _Found, params: Mapping[str, Any], around: Surroundings, deadline_seconds: float | None
) -> Pair:  # fmt: skip
    # Loading it costs time in every new process, and most tasks have a key pair.
    from . import _token_services as services

    limits = [_LONGEST_FETCH, deadline_seconds, params.get("api_deadline")]
    seconds = min(float(limit) for limit in limits if isinstance(limit, (int, float)) and not isinstance(limit, bool))
    road = services.Road(around, seconds, proxy=text_of(params.get("proxy")), ca_path=text_of(params.get("ca_path")))
    try:
        return services.fetch(found.identity, road)
    except services.MissingLibrary as missing:
        words = f"No credentials from {found.source}: {missing}."
    except Unusable as unusable:
        _fail(found.source, unusable, _secrets_in(found.identity))
    raise LiveError(
        words,
        code="MissingLibrary",
        outcome="refused",
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


def _fail(source: str, unusable: Unusable, secrets: tuple[str, ...] = ()) -> NoReturn:
    raise LiveError(
        redact(f"No credentials from {source}: {unusable.words}.", secrets),
        code="NoCredentials",
        outcome="refused",
        hint=unusable.hint,
        retryable=unusable.retryable,
    ) from None


def _invalid(message: str, hint: str | None) -> LiveError:
    return LiveError(message, code="InvalidOption", outcome="refused", hint=hint)
