# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Identities that a profile of the Alibaba Cloud CLI, or a section of credentials.ini, describes.

Reads those two files and nothing else; asks no service. The values are judged here, before anything is sent, since
alibabacloud-credentials fills blanks from the environment, signs blanks wrongly and rewrites config.json in some modes.
"""

from __future__ import annotations

import configparser
import dataclasses
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from .._api.endpoint import endpoint_of
from .environment import text_of
from .files import MissingFile, parse_json, read_text, shown
from .keys import CredentialError, Pair, key_text


@dataclass(frozen=True)
class Role:
    """A RAM role to assume. `seconds`: how long the session lasts. `policy` is JSON without any blank.

    `sts_endpoint` is a host, perhaps with a port; without it the region and `vpc` choose the host of STS.
    """

    arn: str
    session_name: str
    seconds: int = 3600
    policy: str | None = None
    external_id: str | None = None
    sts_region: str | None = None
    vpc: bool = False
    sts_endpoint: str | None = None


@dataclass(frozen=True)
class Assumed:
    """A role, assumed with another identity."""

    origin: Identity
    role: Role


@dataclass(frozen=True)
class Oidc:
    """A role, assumed with a token of an OIDC provider that stands in a file."""

    role: Role
    provider_arn: str
    token_file: str


@dataclass(frozen=True)
class EcsRole:
    """The role of the ECS instance; without a name the metadata service is asked for it."""

    name: str | None


@dataclass(frozen=True)
class CloudSso:
    """A sign-in made earlier with the CLI. `expires`: seconds since 1970."""

    sign_in_url: str
    account_id: str
    access_config: str
    access_token: str = field(repr=False)
    expires: int


@dataclass(frozen=True)
class CredentialsUri:
    """An address that answers with temporary keys; it may itself hold a secret."""

    uri: str = field(repr=False)


Identity = Union[Pair, Assumed, Oidc, EcsRole, CloudSso, CredentialsUri]

DEFAULT_SESSION_NAME = "ansible-apsara-live"
_SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_ROLE_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SHORTEST_SESSION = 900
_LONGEST_SESSION = 43200

# An account has few roles that assume each other, and each of them costs a request.
_LONGEST_CHAIN = 16
_MOST_NAMES = 20

_KEYS = ("access_key_id", "access_key_secret")
# The CLI writes ram_session_name in every mode; alibabacloud-credentials reads role_session_name for OIDC.
_ROLE = (
    "ram_role_arn",
    "ram_session_name",
    "role_session_name",
    "expired_seconds",
    "policy",
    "sts_region",
    "sts_endpoint",
    "enable_vpc",
)
# mode of a profile -> the fields that say who it is. A field of another mode that is filled is refused by its name.
MODES: dict[str, tuple[str, ...]] = {
    "AK": _KEYS,
    "StsToken": (*_KEYS, "sts_token"),
    "RamRoleArn": (*_KEYS, "sts_token", *_ROLE, "external_id"),
    "ChainableRamRoleArn": ("source_profile", *_ROLE, "external_id"),
    "EcsRamRole": ("ram_role_name",),
    "OIDC": (*_ROLE, "oidc_provider_arn", "oidc_token_file"),
    "CloudSSO": (
        "cloud_sso_sign_in_url",
        "cloud_sso_account_id",
        "cloud_sso_access_config",
        "access_token",
        "cloud_sso_access_token_expire",
    ),
}
# What the CLI keeps in a profile of this mode for itself, and gets again.
_KEPT_BY_CLI = {"CloudSSO": (*_KEYS, "sts_token")}
_OTHER_FIELDS = (
    "private_key",
    "key_pair_name",
    "process_command",
    "credentials_uri",
    "bearer_token",
    "bearer_token_header_key",
    "oauth_access_token",
    "oauth_refresh_token",
    "oauth_site_type",
)
# Every field of a profile that says who it is. The rest are settings of the CLI, such as region_id and language.
IDENTITY_FIELDS = tuple(dict.fromkeys([field for fields in MODES.values() for field in fields] + [*_OTHER_FIELDS]))

# Settings of the CLI whose names are near to one of these.
_CLI_SETTINGS = ("name", "mode", "region_id", "oauth_access_token_expire", "oauth_refresh_token_expire")
_SAME_FIELD = 0.85
_FIELDS = (*IDENTITY_FIELDS, *_CLI_SETTINGS)

# mode of the CLI that is not supported -> why, and what to do instead
UNSUPPORTED_MODES = {
    "OAuth": (
        "it rewrites config.json whenever it is used",
        "Use a profile of another mode, or give the keys that the CLI gets as options.",
    ),
    "External": (
        "it runs a command and writes the keys into config.json",
        "Use a profile of another mode, or give the keys that the command prints as options.",
    ),
    "CredentialsURI": (
        "a profile of it may take its address from elsewhere",
        "Export ALIBABA_CLOUD_CREDENTIALS_URI where the module runs.",
    ),
    "RamRoleArnWithRoleName": (
        "the CLI has given it up",
        "Use ChainableRamRoleArn on top of a profile of the mode EcsRamRole, or ecs_role_name with assume_role.",
    ),
    "RsaKeyPair": ("the CLI has given it up", "Use an access key pair or a role."),
    "BearerToken": ("a call is signed with a key, which such a token is not", "Use an access key pair or a role."),
    "Anonymous": ("a call is signed with a key, which it has not", "Use an access key pair or a role."),
}
_KNOWN_MODES = {mode.lower(): mode for mode in (*MODES, *UNSUPPORTED_MODES)}


# --- values --------------------------------------------------------------------------------------------------------


def role_name(value: str) -> str:
    """Return the name of a role of an ECS instance. Raises CredentialError."""
    if not _ROLE_NAME.fullmatch(value):
        raise CredentialError(
            f"the role name has letters that role names do not have: {shown(value)}",
            "Give the name of the role, not its ARN.",
        )
    return value


@dataclass(frozen=True)
class StsAddress:
    """Where STS is asked, as it was given: `endpoint` before `region`; `names` are how an operator knows the three."""

    endpoint: str | None = None
    region: str | None = None
    vpc: bool = False
    names: tuple[str, str, str] = ("sts_endpoint", "sts_region", "enable_vpc")


def make_role(values: Mapping[str, Any], sts: StsAddress) -> Role:
    """A role from role_arn, session_name, session_expiration, policy, external_id. Raises CredentialError."""
    if sts.vpc and not sts.region and not sts.endpoint:
        raise CredentialError(
            f"{sts.names[2]} is set without {sts.names[1]}, and STS has an address within a VPC only for a region",
            f"Give {sts.names[1]}, or take {sts.names[2]} away.",
        )
    return Role(
        arn=_arn("role_arn", values.get("role_arn")),
        session_name=_session_name(text_of(values.get("session_name"))),
        seconds=_session_seconds(values.get("session_expiration")),
        policy=_compact_policy(values.get("policy")),
        external_id=_external_id(text_of(values.get("external_id"))),
        sts_region=_region(sts.region),
        vpc=sts.vpc,
        sts_endpoint=_sts_host(sts.endpoint, sts.names[0]),
    )


def _arn(what: str, value: Any) -> str:
    arn = text_of(value)
    if arn is None:
        raise CredentialError(f"{what} is missing")
    if not re.fullmatch(r"acs:ram:[!-~]{3,300}", arn):
        hint = "An ARN looks like acs:ram::1234567890123456:role/show-operator."
        raise CredentialError(f"{what} is not an ARN: {shown(arn)}", hint)
    return arn


def _session_name(name: str | None) -> str:
    if name is None:
        return DEFAULT_SESSION_NAME
    if not _SESSION_NAME.fullmatch(name):
        words = "the session name must have 2 to 64 letters, digits or characters of .@_- and no blank"
        raise CredentialError(f"{words}, and is {shown(name)}")
    return name


def _session_seconds(value: Any) -> int:
    # The CLI writes 0 into config.json for "not given".
    if text_of(value) in (None, "0"):
        return 3600
    try:
        seconds = int(str(value).strip())
    except ValueError:
        words = f"the duration of the session is not a whole number of seconds: {shown(str(value))}"
        raise CredentialError(words) from None
    if not _SHORTEST_SESSION <= seconds <= _LONGEST_SESSION:
        raise CredentialError(
            f"the session must last {_SHORTEST_SESSION} to {_LONGEST_SESSION} seconds, and not {seconds}"
        )
    return seconds


def _compact_policy(value: Any) -> str | None:
    """Write a policy without any blank: alibabacloud-credentials signs a blank wrongly."""
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = parse_json(value)
        except ValueError as error:
            raise CredentialError(f"the policy is {error}") from None
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping):
        raise CredentialError("the policy is not a JSON object")
    try:
        # Blanks are left only within strings, where JSON has another way to write them.
        return json.dumps(value, separators=(",", ":")).replace(" ", "\\u0020")
    except (TypeError, ValueError, RecursionError):
        raise CredentialError("the policy is not valid JSON") from None


def _external_id(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[!-~]{1,1224}", value):
        raise CredentialError("the external id holds a blank or a control character")
    return value


def _region(value: str | None) -> str | None:
    # It becomes part of a host name.
    if value is not None and not re.fullmatch(r"[a-z0-9-]{1,40}", value):
        raise CredentialError(
            f"the region of STS is not a region id: {shown(value)}", "A region id looks like cn-shanghai."
        )
    return value


def _sts_host(value: str | None, what: str) -> str | None:
    if value is None:
        return None
    try:
        endpoint = endpoint_of(value)
    except ValueError as error:
        why = str(error)
    else:
        if endpoint.url.startswith("https:"):
            return endpoint.host
        why = "STS is asked over https only"
    # What stands before an @ may be a password, and after a ? a token.
    value = "" if "@" in value or "?" in value else f"{shown(value)} "
    raise CredentialError(
        f"{what} {value}is not an address of STS: {why}",
        "Give a host name such as sts.cn-shanghai.aliyuncs.com, or a URL such as "
        "https://sts-vpc.cn-shanghai.aliyuncs.com.",
    )


# --- ~/.aliyun/config.json ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surroundings:
    """What the environment says about files and token services."""

    environ: Mapping[str, str]

    def flag(self, name: str) -> bool:
        """Whether a variable says true."""
        return (text_of(self.environ.get(name)) or "").lower() == "true"

    def text(self, name: str) -> str | None:
        """The value of a variable; empty and blank count as not given."""
        return text_of(self.environ.get(name))

    @property
    def home(self) -> str:
        """The home directory, by HOME or by the user database, but never by this process's own environment."""
        return self.text("HOME") or _home_of_user()

    @property
    def config_file(self) -> str:
        """Where the CLI keeps its profiles."""
        return os.path.join(self.home, ".aliyun", "config.json")

    @property
    def ini_file(self) -> str:
        """Where alibabacloud-credentials looks for its own sections."""
        named = self.text("ALIBABA_CLOUD_CREDENTIALS_FILE")
        return named or os.path.join(self.home, ".alibabacloud", "credentials.ini")

    @property
    def sts(self) -> StsAddress:
        """Where the environment wants STS to be asked."""
        names = ("ALIBABA_CLOUD_STS_ENDPOINT", "ALIBABA_CLOUD_STS_REGION", "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED")
        return StsAddress(self.text(names[0]), self.text(names[1]), self.flag(names[2]), names)


def _home_of_user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"


def read_profiles(around: Surroundings) -> Mapping[str, Any] | None:
    """Read the CLI's config.json; None when there is none. Raises CredentialError."""
    path = around.config_file
    try:
        content = parse_json(read_text(path))
    except MissingFile:
        return None
    except ValueError as error:
        raise CredentialError(f"{shown(path)} is {error}") from None
    if not isinstance(content, Mapping):
        raise CredentialError(f"{shown(path)} does not hold profiles")
    _refuse_misspelt(content, ("current", "profiles"))
    return content


def profile_identity(content: Mapping[str, Any], name: str, around: Surroundings) -> Identity:
    """Return the identity that one profile describes. Raises CredentialError."""
    chain: list[str] = []
    roles: list[Role] = []
    while True:
        if name in chain:
            raise CredentialError(f"its source profiles go round in a circle ({_row([*chain, name])})")
        if len(chain) == _LONGEST_CHAIN:
            raise CredentialError(
                f"its source profiles are more than {_LONGEST_CHAIN} in a row ({_row(chain)})",
                "Name a profile that is nearer to an access key pair.",
            )
        chain.append(name)
        try:
            mode, profile = _usable_profile(content, name)
            if mode != "ChainableRamRoleArn":
                identity = _BUILDERS[mode](profile, around)
                break
            source = _needed(profile, "source_profile")
            roles.append(_profile_role(profile, around))
        except CredentialError as error:
            if len(chain) == 1:
                raise
            words = f"its source profile {shown(name)} cannot be used: {error.words}"
            raise CredentialError(words, error.hint) from None
        name = source
    for role in reversed(roles):
        identity = Assumed(identity, role)
    return identity


def _row(names: list[str]) -> str:
    few = names if len(names) < 7 else [*names[:3], "...", names[-1]]
    return " > ".join(map(shown, few))


def _usable_profile(content: Mapping[str, Any], name: str) -> tuple[str, Mapping[str, Any]]:
    """Find a profile whose mode is supported and whose fields all belong to it. Raises CredentialError."""
    profile = _find_profile(content, name)
    given = _text(profile, "mode") or ""
    mode = _KNOWN_MODES.get(given.lower(), "")
    if mode in UNSUPPORTED_MODES:
        why, hint = UNSUPPORTED_MODES[mode]
        raise CredentialError(f"the mode {given} is not supported, since {why}", hint)
    if not mode:
        words = f"the mode {shown(given)} is not known" if given else "it has no mode"
        raise CredentialError(f"{words}; supported are {', '.join(MODES)}")
    _refuse_others(profile, mode, (*MODES[mode], *_KEPT_BY_CLI.get(mode, ())))
    return mode, profile


def _refuse_others(profile: Mapping[str, Any], mode: str, used: tuple[str, ...]) -> None:
    """Two modes in one profile are two identities; to leave out a role or a token would be to run as somebody else."""
    others = [name for name in IDENTITY_FIELDS if name not in used and _is_filled(profile.get(name))]
    if others:
        them = "it" if len(others) == 1 else "them"
        raise CredentialError(
            f"it is of the mode {mode}, which does not use {', '.join(others)}, and has a value for {them}",
            f"Take {them} out, or set the mode that uses {them}. The CLI leaves the fields of an earlier mode in a "
            "profile; a new profile has none.",
        )
    _refuse_misspelt([name for name, value in profile.items() if _is_filled(value)], _FIELDS)


def _refuse_misspelt(names: Iterable[str], known: Collection[str]) -> None:
    """A field that only looks like one of these would be left out, and the run be somebody else's."""
    strange = [name for name in names if name not in known]
    if strange:
        # Loading costs time, and nearly every file does without.
        import difflib

    for name in strange:
        near = difflib.get_close_matches(name, known, 1, _SAME_FIELD)
        if near:
            raise CredentialError(
                f"it has {shown(name)}, which nobody reads: did you mean {near[0]}?",
                f"Write {near[0]}, or take it out.",
            )


def _is_filled(value: Any) -> bool:
    # The CLI writes "", 0 and false for "not given".
    return value is not None and str(value).strip().lower() not in ("", "0", "false")


def _find_profile(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    profiles = content.get("profiles")
    known = [entry for entry in profiles if isinstance(entry, Mapping)] if isinstance(profiles, list) else []
    for entry in known:
        if entry.get("name") == name:
            return entry
    names = sorted(shown(str(entry.get("name"))) for entry in known)
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    listed = ", ".join(names[:_MOST_NAMES]) or "none"
    raise CredentialError(
        f"there is no profile {shown(name)} in the CLI's config.json; there are: {listed}{more}", "Check the spelling."
    )


def _text(profile: Mapping[str, Any], key: str) -> str | None:
    value = profile.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (str, int))):
        raise CredentialError(f"its {key} is not a text")
    return text_of(value)


def _needed(profile: Mapping[str, Any], key: str) -> str:
    value = _text(profile, key)
    if value is None:
        raise CredentialError(f"its {key} is empty")
    return value


def _yes(profile: Mapping[str, Any], key: str) -> bool:
    value = profile.get(key)
    text = (text_of(value) or "false").lower()
    if text not in ("true", "false"):
        raise CredentialError(f"its {key} is neither true nor false")
    return text == "true"


def _profile_pair(profile: Mapping[str, Any], _around: Surroundings) -> Pair:
    keys = [key_text(f"its {key}", _needed(profile, key)) for key in ("access_key_id", "access_key_secret")]
    return Pair(*keys)


def _profile_sts(profile: Mapping[str, Any], around: Surroundings) -> Pair:
    pair = _profile_pair(profile, around)
    token = key_text("its sts_token", _needed(profile, "sts_token"))
    return Pair(pair.access_key_id, pair.access_key_secret, token)


def _profile_role(profile: Mapping[str, Any], around: Surroundings) -> Role:
    wished = around.sts
    region = _text(profile, "sts_region") or wished.region
    return make_role(
        {
            "role_arn": _needed(profile, "ram_role_arn"),
            "session_name": _text(profile, "ram_session_name") or _text(profile, "role_session_name"),
            "session_expiration": _text(profile, "expired_seconds"),
            "policy": profile.get("policy"),
            "external_id": _text(profile, "external_id"),
        },
        StsAddress(
            _text(profile, "sts_endpoint") or wished.endpoint, region, _yes(profile, "enable_vpc") or wished.vpc
        ),
    )


def _profile_assumed(profile: Mapping[str, Any], around: Surroundings) -> Assumed:
    pair = _profile_sts if _text(profile, "sts_token") else _profile_pair
    return Assumed(pair(profile, around), _profile_role(profile, around))


def _profile_ecs(profile: Mapping[str, Any], _around: Surroundings) -> EcsRole:
    name = _text(profile, "ram_role_name")
    return EcsRole(role_name(name) if name else None)


def _profile_oidc(profile: Mapping[str, Any], around: Surroundings) -> Oidc:
    return Oidc(
        _profile_role(profile, around),
        _arn("its oidc_provider_arn", profile.get("oidc_provider_arn")),
        _needed(profile, "oidc_token_file"),
    )


def _profile_sso(profile: Mapping[str, Any], _around: Surroundings) -> CloudSso:
    again = f"Sign in again: aliyun configure --mode CloudSSO --profile {shown(str(profile.get('name')))}"
    expires = _text(profile, "cloud_sso_access_token_expire") or "0"
    token = _text(profile, "access_token")
    if token is None or not (expires.isascii() and expires.isdigit()) or expires == "0":
        raise CredentialError("nobody has signed in to CloudSSO with it", again)
    if int(expires) <= time.time():
        raise CredentialError("its CloudSSO sign-in has expired", again)
    return CloudSso(
        _needed(profile, "cloud_sso_sign_in_url"),
        _needed(profile, "cloud_sso_account_id"),
        _needed(profile, "cloud_sso_access_config"),
        key_text("its access_token", token),
        int(expires),
    )


_BUILDERS: dict[str, Callable[[Mapping[str, Any], Surroundings], Identity]] = {
    "AK": _profile_pair,
    "StsToken": _profile_sts,
    "RamRoleArn": _profile_assumed,
    "EcsRamRole": _profile_ecs,
    "OIDC": _profile_oidc,
    "CloudSSO": _profile_sso,
}


def current_profile(content: Mapping[str, Any]) -> str | None:
    """Return the name of the profile that config.json calls current, unless the CLI left it blank.

    `aliyun configure` makes a profile without keys; that is no identity.
    """
    name = text_of(content.get("current"))
    if name is None:
        return None
    profile = _find_profile(content, name)
    mode = (_text(profile, "mode") or "").lower()
    blank = not any(_is_filled(profile.get(key)) for key in IDENTITY_FIELDS)
    if blank:
        # Whose fields are all misspelt only looks blank, and the next identity in line would be used.
        _refuse_misspelt([key for key, value in profile.items() if _is_filled(value)], _FIELDS)
    return None if blank and mode in ("", "ak", "ststoken") else name


# --- credentials.ini --------------------------------------------------------------------------------------------------


def read_ini(around: Surroundings) -> Mapping[str, str] | None:
    """Read the section `default` of credentials.ini; None when there is none. Raises CredentialError.

    A % is only a %, and a # begins a comment only after a blank: secrets may hold both.
    """
    path = around.ini_file
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=("#",))
    try:
        parser.read_string(read_text(path))
    except MissingFile as missing:
        if around.text("ALIBABA_CLOUD_CREDENTIALS_FILE"):
            raise CredentialError(f"{missing.words}, which ALIBABA_CLOUD_CREDENTIALS_FILE names") from None
        return None
    except (configparser.Error, ValueError):
        # The text of a parser error quotes the line, which may be the one with the secret.
        raise CredentialError(f"{shown(path)} is not a valid INI file") from None
    return dict(parser["default"]) if parser.has_section("default") else None


_INI_ROLE = ("role_arn", "role_session_name", "role_session_expiration", "policy")
# type of a section -> the keys that say who it is. A key of another type that is filled is refused by its name.
_INI_TYPES: dict[str, tuple[str, ...]] = {
    "access_key": _KEYS,
    "ram_role_arn": (*_KEYS, *_INI_ROLE, "external_id"),
    "oidc_role_arn": (*_INI_ROLE, "oidc_provider_arn", "oidc_token_file_path"),
    "ecs_ram_role": ("role_name",),
}
_INI_KEYS = tuple(
    dict.fromkeys(
        [key for keys in _INI_TYPES.values() for key in keys]
        + ["security_token", "sts_endpoint", "sts_region", "enable_vpc", "public_key_id", "private_key_file"]
        + ["credentials_uri", "bearer_token"]
    )
)


def ini_identity(section: Mapping[str, str], around: Surroundings) -> Identity:
    """Return the identity that a section of credentials.ini describes. Raises CredentialError."""
    kind = text_of(section.get("type")) or ""
    if kind not in _INI_TYPES:
        raise CredentialError(f"its type is none of {', '.join(_INI_TYPES)}")
    others = [key for key in _INI_KEYS if key not in _INI_TYPES[kind] and text_of(section.get(key))]
    if others:
        raise CredentialError(
            f"it is of the type {kind}, which does not use {', '.join(others)}",
            "Take out what is not used, or use a profile of the CLI, where more is possible.",
        )
    _refuse_misspelt([key for key, value in section.items() if text_of(value)], ("type", *_INI_KEYS))
    if kind == "access_key":
        return _profile_pair(section, around)
    if kind == "ram_role_arn":
        return Assumed(_profile_pair(section, around), _ini_role(section, around))
    if kind == "oidc_role_arn":
        provider = _arn("its oidc_provider_arn", section.get("oidc_provider_arn"))
        return Oidc(_ini_role(section, around), provider, _needed(section, "oidc_token_file_path"))
    name = text_of(section.get("role_name"))
    return EcsRole(role_name(name) if name else None)


def _ini_role(section: Mapping[str, str], around: Surroundings) -> Role:
    keys = ("role_arn", "policy", "external_id")
    values: dict[str, Any] = {key: section.get(key) for key in keys}
    values["session_name"] = section.get("role_session_name")
    values["session_expiration"] = section.get("role_session_expiration")
    return make_role(values, around.sts)


# --- telling identities apart --------------------------------------------------------------------------------------


def digest(identity: Identity) -> str:
    """Return a word that is another one for every other identity, and from which no part of it can be told.

    The role of an instance without more is whatever this machine has, so the name of the machine is a part of it.
    """
    text = json.dumps([_facts(identity), os.uname().nodename if _asks_the_machine(identity) else None])
    return hashlib.sha256(text.encode()).hexdigest()


def _facts(value: Any) -> Any:
    if not dataclasses.is_dataclass(value):
        return value
    return [type(value).__name__, *(_facts(getattr(value, part.name)) for part in dataclasses.fields(value))]


def _asks_the_machine(identity: Identity) -> bool:
    while isinstance(identity, Assumed):
        identity = identity.origin
    return isinstance(identity, EcsRole)
