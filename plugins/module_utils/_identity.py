# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Which identity does a profile of the Alibaba Cloud CLI, or a section of credentials.ini, describe?

Reads those two files and nothing else; asks no service. The values are judged here, before anything is sent, since
alibabacloud-credentials fills blanks from the environment, signs blanks wrongly and rewrites config.json in some modes.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from ._environment import text_of
from ._keys import Pair, Unusable, key_text


@dataclass(frozen=True)
class Role:
    """A RAM role to assume. `seconds`: how long the session lasts. `policy` is JSON without any blank."""

    arn: str
    session_name: str
    seconds: int = 3600
    policy: str | None = None
    external_id: str | None = None
    sts_region: str | None = None
    vpc: bool = False


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

MODES = ("AK", "StsToken", "RamRoleArn", "ChainableRamRoleArn", "EcsRamRole", "OIDC", "CloudSSO")
_REWRITING_MODES = {
    "oauth": "it rewrites config.json whenever it is used",
    "external": "it runs a command and writes the keys into config.json",
}


# --- values --------------------------------------------------------------------------------------------------------


def role_name(value: str) -> str:
    """Return the name of a role of an ECS instance. Raises Unusable."""
    if not _ROLE_NAME.fullmatch(value):
        raise Unusable(
            "the role name has letters that role names do not have", "Give the name of the role, not its ARN."
        )
    return value


def make_role(values: Mapping[str, Any], sts_region: str | None = None, vpc: bool = False) -> Role:
    """Make a role to assume from role_arn, session_name, session_expiration, policy, external_id. Raises Unusable."""
    return Role(
        arn=_arn("role_arn", values.get("role_arn")),
        session_name=_session_name(text_of(values.get("session_name"))),
        seconds=_session_seconds(values.get("session_expiration")),
        policy=_compact_policy(values.get("policy")),
        external_id=_external_id(text_of(values.get("external_id"))),
        sts_region=_region(sts_region),
        vpc=vpc,
    )


def _arn(what: str, value: Any) -> str:
    arn = text_of(value)
    if arn is None:
        raise Unusable(f"{what} is missing")
    if not re.fullmatch(r"acs:ram:[!-~]{3,300}", arn):
        raise Unusable(f"{what} is not an ARN", "An ARN looks like acs:ram::1234567890123456:role/show-operator.")
    return arn


def _session_name(name: str | None) -> str:
    if name is None:
        return DEFAULT_SESSION_NAME
    if not _SESSION_NAME.fullmatch(name):
        raise Unusable("the session name must have 2 to 64 letters, digits or characters of .@_- and no blank")
    return name


def _session_seconds(value: Any) -> int:
    # The CLI writes 0 into config.json for "not given".
    if text_of(value) in (None, "0"):
        return 3600
    try:
        seconds = int(str(value).strip())
    except ValueError:
        raise Unusable("the duration of the session is not a whole number of seconds") from None
    if not _SHORTEST_SESSION <= seconds <= _LONGEST_SESSION:
        raise Unusable(f"the session must last {_SHORTEST_SESSION} to {_LONGEST_SESSION} seconds")
    return seconds


def _compact_policy(value: Any) -> str | None:
    """Write a policy without any blank: alibabacloud-credentials signs a blank wrongly."""
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = json.loads(value)
        except ValueError:
            raise Unusable("the policy is not JSON") from None
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping):
        raise Unusable("the policy is not a JSON object")
    try:
        # Blanks are left only within strings, where JSON has another way to write them.
        return json.dumps(value, separators=(",", ":")).replace(" ", "\\u0020")
    except (TypeError, ValueError):
        raise Unusable("the policy is not JSON") from None


def _external_id(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[!-~]{1,1224}", value):
        raise Unusable("the external id holds a blank or a control character")
    return value


def _region(value: str | None) -> str | None:
    # It becomes part of a host name.
    if value is not None and not re.fullmatch(r"[a-z0-9-]{1,40}", value):
        raise Unusable("the region of STS is not a region id", "A region id looks like cn-shanghai.")
    return value


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

    def make_role(self, values: Mapping[str, Any]) -> Role:
        """Make a role, with the region of STS that the environment names."""
        return make_role(
            values,
            self.text("ALIBABA_CLOUD_STS_REGION"),
            self.flag("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"),
        )


def _home_of_user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"


def read_profiles(around: Surroundings) -> Mapping[str, Any] | None:
    """Read the CLI's config.json; None when there is none. Raises Unusable."""
    path = around.config_file
    try:
        with open(path, encoding="utf-8-sig") as file:
            content = json.load(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unusable(f"{path} cannot be read ({type(error).__name__})") from None
    except ValueError:
        raise Unusable(f"{path} is not valid JSON") from None
    if not isinstance(content, Mapping):
        raise Unusable(f"{path} does not hold profiles")
    return content


def profile_identity(content: Mapping[str, Any], name: str, around: Surroundings) -> Identity:
    """Return the identity that one profile describes. Raises Unusable."""
    return _profile_identity(content, name, around, ())


def _profile_identity(
    content: Mapping[str, Any], name: str, around: Surroundings, above: tuple[str, ...]
) -> Identity:  # fmt: skip
    if name in above:
        raise Unusable(f"its source profiles go round in a circle ({' > '.join([*above, name])})")
    profile = _find_profile(content, name)
    mode = text_of(profile.get("mode")) or ""
    if mode.lower() in _REWRITING_MODES:
        raise Unusable(
            f"the mode {mode} is not supported, since {_REWRITING_MODES[mode.lower()]}",
            "Use a profile of another mode, or give the keys that the CLI gets as options.",
        )
    if mode.lower() == "chainableramrolearn":
        source = _needed(profile, "source_profile")
        origin = _profile_identity(content, source, around, (*above, name))
        return Assumed(origin, _profile_role(profile, around))
    build = _BUILDERS.get(mode.lower())
    if build is None:
        raise Unusable(f"it has no supported mode; supported are {', '.join(MODES)}")
    return build(profile, around)


def _find_profile(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    profiles = content.get("profiles")
    known = [entry for entry in profiles if isinstance(entry, Mapping)] if isinstance(profiles, list) else []
    for entry in known:
        if entry.get("name") == name:
            return entry
    names = ", ".join(sorted(str(entry.get("name")) for entry in known)) or "none"
    raise Unusable(f"there is no profile {name} in the CLI's config.json; there are: {names}", "Check the spelling.")


def _needed(profile: Mapping[str, Any], key: str) -> str:
    value = text_of(profile.get(key))
    if value is None:
        raise Unusable(f"its {key} is empty")
    return value


def _profile_pair(profile: Mapping[str, Any], _around: Surroundings) -> Pair:
    keys = [key_text(f"its {key}", _needed(profile, key)) for key in ("access_key_id", "access_key_secret")]
    return Pair(*keys)


def _profile_sts(profile: Mapping[str, Any], around: Surroundings) -> Pair:
    pair = _profile_pair(profile, around)
    token = key_text("its sts_token", _needed(profile, "sts_token"))
    return Pair(pair.access_key_id, pair.access_key_secret, token)


def _profile_role(profile: Mapping[str, Any], around: Surroundings) -> Role:
    # The CLI writes ram_session_name in every mode; alibabacloud-credentials reads role_session_name for OIDC.
    return make_role(
        {
            "role_arn": _needed(profile, "ram_role_arn"),
            "session_name": text_of(profile.get("ram_session_name")) or text_of(profile.get("role_session_name")),
            "session_expiration": profile.get("expired_seconds"),
            "policy": profile.get("policy"),
            "external_id": profile.get("external_id"),
        },
        text_of(profile.get("sts_region")) or around.text("ALIBABA_CLOUD_STS_REGION"),
        profile.get("enable_vpc") is True or around.flag("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"),
    )


def _profile_assumed(profile: Mapping[str, Any], around: Surroundings) -> Assumed:
    return Assumed(_profile_pair(profile, around), _profile_role(profile, around))


def _profile_ecs(profile: Mapping[str, Any], _around: Surroundings) -> EcsRole:
    name = text_of(profile.get("ram_role_name"))
    return EcsRole(role_name(name) if name else None)


def _profile_oidc(profile: Mapping[str, Any], around: Surroundings) -> Oidc:
    return Oidc(
        _profile_role(profile, around),
        _arn("its oidc_provider_arn", profile.get("oidc_provider_arn")),
        _needed(profile, "oidc_token_file"),
    )


def _profile_sso(profile: Mapping[str, Any], _around: Surroundings) -> CloudSso:
    again = f"Sign in again: aliyun configure --mode CloudSSO --profile {profile.get('name')}"
    expires = text_of(profile.get("cloud_sso_access_token_expire")) or "0"
    token = text_of(profile.get("access_token"))
    if token is None or not expires.isdigit() or expires == "0":
        raise Unusable("nobody has signed in to CloudSSO with it", again)
    if int(expires) <= time.time():
        raise Unusable("its CloudSSO sign-in has expired", again)
    return CloudSso(
        _needed(profile, "cloud_sso_sign_in_url"),
        _needed(profile, "cloud_sso_account_id"),
        _needed(profile, "cloud_sso_access_config"),
        key_text("its access_token", token),
        int(expires),
    )


_BUILDERS: dict[str, Callable[[Mapping[str, Any], Surroundings], Identity]] = {
    "ak": _profile_pair,
    "ststoken": _profile_sts,
    "ramrolearn": _profile_assumed,
    "ecsramrole": _profile_ecs,
    "oidc": _profile_oidc,
    "cloudsso": _profile_sso,
}


def current_profile(content: Mapping[str, Any]) -> str | None:
    """Return the name of the profile that config.json calls current, unless the CLI left it blank.

    `aliyun configure` makes a profile without keys; that is no identity.
    """
    name = text_of(content.get("current"))
    if name is None:
        return None
    profile = _find_profile(content, name)
    mode = (text_of(profile.get("mode")) or "").lower()
    blank = not any(text_of(profile.get(key)) for key in ("access_key_id", "access_key_secret", "sts_token"))
    return None if blank and mode in ("", "ak", "ststoken") else name


# --- credentials.ini --------------------------------------------------------------------------------------------------


def read_ini(around: Surroundings) -> Mapping[str, str] | None:
    """Read the section `default` of credentials.ini; None when there is none. Raises Unusable.

    A % is only a %, and a # begins a comment only after a blank: secrets may hold both.
    """
    path = around.ini_file
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=("#",))
    try:
        with open(path, encoding="utf-8-sig") as file:
            parser.read_file(file)
    except FileNotFoundError:
        if around.text("ALIBABA_CLOUD_CREDENTIALS_FILE"):
            raise Unusable(f"there is no file {path}, which ALIBABA_CLOUD_CREDENTIALS_FILE names") from None
        return None
    except OSError as error:
        raise Unusable(f"{path} cannot be read ({type(error).__name__})") from None
    except (configparser.Error, ValueError):
        # The text of a parser error quotes the line, which may be the one with the secret.
        raise Unusable(f"{path} is not a valid INI file") from None
    return dict(parser["default"]) if parser.has_section("default") else None


def ini_identity(section: Mapping[str, str], around: Surroundings) -> Identity:
    """Return the identity that a section of credentials.ini describes. Raises Unusable."""
    kind = text_of(section.get("type"))
    if kind == "access_key":
        return _profile_pair(section, around)
    if kind == "ram_role_arn":
        return Assumed(_profile_pair(section, around), _ini_role(section, around))
    if kind == "oidc_role_arn":
        provider = _arn("its oidc_provider_arn", section.get("oidc_provider_arn"))
        return Oidc(_ini_role(section, around), provider, _needed(section, "oidc_token_file_path"))
    if kind == "ecs_ram_role":
        name = text_of(section.get("role_name"))
        return EcsRole(role_name(name) if name else None)
    raise Unusable("its type is none of access_key, ram_role_arn, oidc_role_arn, ecs_ram_role")


def _ini_role(section: Mapping[str, str], around: Surroundings) -> Role:
    keys = ("role_arn", "policy", "external_id")
    values: dict[str, Any] = {key: section.get(key) for key in keys}
    values["session_name"] = section.get("role_session_name")
    values["session_expiration"] = section.get("role_session_expiration")
    return around.make_role(values)
