# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which identity is chosen, and which inputs are refused, before any service is asked."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._credentials import token_services
from ansible_collections.apsara.live.plugins.module_utils._credentials.environment import (
    CONNECTION_ENVIRONMENT,
    from_environment,
)
from ansible_collections.apsara.live.plugins.module_utils._credentials.keys import Pair
from ansible_collections.apsara.live.plugins.module_utils._credentials.options import identity_options
from ansible_collections.apsara.live.plugins.module_utils._credentials.profiles import (
    IDENTITY_FIELDS,
    MODES,
    UNSUPPORTED_MODES,
    Assumed,
    CloudSso,
    CredentialsUri,
    EcsRole,
    Identity,
    Oidc,
    Role,
)
from ansible_collections.apsara.live.plugins.module_utils._credentials.resolve import (
    Credentials,
    identity_digest,
    resolve,
    secrets_of,
)
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError


def resolved(params: dict[str, Any], environ: dict[str, str], **more: Any) -> Credentials:
    """Who we are by raw option values."""
    return resolve(identity_options(params), environ, **more)


def digest_of(params: dict[str, Any], environ: dict[str, str]) -> str:
    return identity_digest(identity_options(params), environ)


KEYS = {"access_key_id": "rehearsal-key", "access_key_secret": "rehearsal-secret"}
OFFICIAL = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "official-key", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "official-secret"}
OLDER = {"ALICLOUD_ACCESS_KEY": "older-key", "ALICLOUD_SECRET_KEY": "older-secret"}
ROLE_ARN = "acs:ram::1000000000000001:role/show-operator"
NOWHERE = {"HOME": "/nonexistent"}


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[Identity]:
    """Collect the identities that token services would be asked for, and ask nobody."""
    asked: list[Identity] = []

    def fetch(identity: Identity, options: object) -> Pair:
        asked.append(identity)
        return Pair("STS.fetched", "fetched-secret", "fetched-token")

    monkeypatch.setattr(token_services, "fetch", fetch)
    return asked


@pytest.fixture(autouse=True)
def _library_not_needed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here works on a machine without alibabacloud-credentials."""
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials", None)


def home(tmp_path: Path, *profiles: Any, current: Any = "show") -> dict[str, str]:
    folder = tmp_path / ".aliyun"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"current": current, "profiles": list(profiles)}), encoding="utf-8")
    return {"HOME": str(tmp_path)}


def refusal(params: dict[str, Any], environ: dict[str, str]) -> LiveError:
    with pytest.raises(LiveError) as caught:
        resolved(params, environ)
    error = caught.value
    assert error.outcome == "refused"
    assert "secret" not in error.message.replace("access_key_secret", "")
    assert error.message.endswith(".")
    assert "  " not in error.message
    return error


# --- a key pair ---


def test_options_come_before_everything(tmp_path: Path) -> None:
    environ = {**OFFICIAL, **OLDER, "ALIBABA_CLOUD_PROFILE": "show", "ALIBABA_CLOUD_ECS_METADATA": "role"}
    assert resolved(KEYS, environ) == Credentials("rehearsal-key", "rehearsal-secret", None, "options")


def test_a_token_belongs_to_the_pair_it_is_given_with() -> None:
    assert resolved({**KEYS, "security_token": "t"}, {}).security_token == "t"
    strange = {"ALIBABA_CLOUD_SECURITY_TOKEN": "t", "ALICLOUD_SECURITY_TOKEN": "t"}
    assert resolved(KEYS, strange).security_token is None
    assert resolved({}, {**OLDER, "ALIBABA_CLOUD_SECURITY_TOKEN": "t"}).security_token is None
    assert resolved({}, {**OFFICIAL, "ALICLOUD_SECURITY_TOKEN": "t"}).security_token is None
    assert resolved({}, {**OLDER, "ALICLOUD_SECURITY_TOKEN": "t"}).security_token == "t"


@pytest.mark.parametrize("blank", ["", " ", "\t\n", None])
def test_blank_means_not_given(blank: Any) -> None:
    nothing = dict.fromkeys((*KEYS, "security_token", "profile", "ecs_role_name", "assume_role"), blank)
    found = resolved(nothing, {**dict.fromkeys(OFFICIAL, ""), "ALIBABA_CLOUD_PROFILE": " ", **OLDER})
    assert (found.access_key_id, found.source) == ("older-key", "environment")
    assert resolved({**KEYS, "security_token": blank, "profile": blank}, {}).security_token is None
    assert resolved({**KEYS, "assume_role": {"role_arn": blank, "policy": blank}}, {}).source == "options"


def test_blanks_around_a_value_go() -> None:
    found = resolved({"access_key_id": " k1 ", "access_key_secret": "s1\n", "security_token": "\tt1"}, {})
    assert (found.access_key_id, found.access_key_secret, found.security_token) == ("k1", "s1", "t1")


@pytest.mark.parametrize(
    ("params", "environ", "words"),
    [
        ({"access_key_id": "k"}, OFFICIAL, "access_key_id is given without access_key_secret."),
        ({"access_key_secret": "k"}, OFFICIAL, "access_key_secret is given without access_key_id."),
        ({"security_token": "t"}, OFFICIAL, "security_token is given without access_key_id and access_key_secret."),
        (
            {"access_key_id": "k", "security_token": "t"},
            OFFICIAL,
            "access_key_id and security_token are given without access_key_secret.",
        ),
        (
            {},
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "k", **OLDER},
            "ALIBABA_CLOUD_ACCESS_KEY_ID is given without ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
        ),
        (
            {},
            {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "k", **OLDER},
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET is given without ALIBABA_CLOUD_ACCESS_KEY_ID.",
        ),
        (
            {},
            {"ALICLOUD_ACCESS_KEY_ID": "k", "ALIBABA_CLOUD_PROFILE": "show"},
            "ALICLOUD_ACCESS_KEY_ID is given without ALICLOUD_SECRET_KEY or ALICLOUD_SECRET_ACCESS_KEY.",
        ),
        (
            {},
            {"ALIBABA_CLOUD_SECURITY_TOKEN": "t", **NOWHERE},
            "ALIBABA_CLOUD_SECURITY_TOKEN is given without"
            " ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
        ),
    ],
)
def test_half_a_pair_is_never_filled_from_elsewhere(
    params: dict[str, Any], environ: dict[str, str], words: str
) -> None:  # fmt: skip
    error = refusal(params, environ)
    assert (error.code, error.message) == ("InvalidOption", words)
    # The options come first; of a variable there is no name of an option.
    assert (error.option in KEYS) if any(params.values()) else error.option is None


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({**OFFICIAL, **OLDER}, "official-key"),
        (OLDER, "older-key"),
        ({"ALICLOUD_ACCESS_KEY_ID": "third", "ALICLOUD_SECRET_ACCESS_KEY": "third-secret"}, "third"),
        ({**OLDER, "ALICLOUD_ACCESS_KEY_ID": "third"}, "older-key"),
        ({**OFFICIAL, "ALIBABA_CLOUD_PROFILE": "show", "ALIBABA_CLOUD_ECS_METADATA": "r"}, "official-key"),
    ],
)
def test_the_first_family_that_names_a_key_wins(environ: dict[str, str], key: str) -> None:
    found = resolved({}, environ)
    assert (found.access_key_id, found.source) == (key, "environment")
    assert found.access_key_secret == key.replace("-key", "") + "-secret"


@pytest.mark.parametrize("option", [*KEYS, "security_token"])
@pytest.mark.parametrize("bad", ["aq\nqb", "aq qb", "aq\x00b", "aq\x7fb", "aq\u200bb", "schl\u00fcssel"])
def test_keys_that_cannot_be_keys_are_refused_without_showing_them(option: str, bad: str) -> None:
    error = refusal({**KEYS, option: bad}, {})
    assert error.code == "InvalidOption"
    assert error.option == option
    assert option in error.message
    assert bad not in json.dumps(error.as_dict(), ensure_ascii=False)
    variable = CONNECTION_ENVIRONMENT[option][0]
    error = refusal({}, {**OFFICIAL, variable: bad})
    assert (error.code, variable in error.message) == ("InvalidOption", True)
    assert error.option is None


@pytest.mark.parametrize(
    "params",
    [
        {**KEYS, "profile": "show"},
        {**KEYS, "ecs_role_name": "role"},
        {"profile": "show", "ecs_role_name": "role"},
        {"access_key_secret": "s", "profile": "show"},
        {**KEYS, "profile": "show", "ecs_role_name": "role"},
    ],
)
def test_two_identities_as_options_exclude_each_other(params: dict[str, Any]) -> None:
    error = refusal(params, OFFICIAL)
    assert error.code == "InvalidOption"
    assert "exclude each other" in error.message
    assert f"The options {error.option} and " in error.message


def test_credentials_do_not_print_their_secrets() -> None:
    found = resolved({**KEYS, "security_token": "rehearsal-token"}, {})
    assert "rehearsal-secret" not in repr(found)
    assert "rehearsal-token" not in repr(found)
    assert secrets_of(found) == ("rehearsal-secret", "rehearsal-token")
    assert secrets_of(resolved(KEYS, {})) == ("rehearsal-secret",)


# --- which identity ---


def role(**changes: Any) -> Role:
    return Role(**{"arn": ROLE_ARN, "session_name": "ansible-apsara-live", **changes})


PROFILES: list[tuple[dict[str, Any], Identity]] = [
    ({"mode": "EcsRamRole", "ram_role_name": "r"}, EcsRole("r")),
    ({"mode": "ecsramrole", "ram_role_name": ""}, EcsRole(None)),
    ({"mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN}, Assumed(Pair(*KEYS.values()), role())),
    (
        {"mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN, "sts_region": "cn-x", "enable_vpc": True},
        Assumed(Pair(*KEYS.values()), role(sts_region="cn-x", vpc=True)),
    ),
    (
        {"mode": "OIDC", "ram_role_arn": ROLE_ARN, "oidc_provider_arn": ROLE_ARN, "oidc_token_file": "/t"},
        Oidc(role(), ROLE_ARN, "/t"),
    ),
    (
        {
            "mode": "CloudSSO",
            "cloud_sso_sign_in_url": "https://x",
            "cloud_sso_account_id": "1",
            "cloud_sso_access_config": "c",
            "access_token": "t",
            "cloud_sso_access_token_expire": 99999999999,
        },
        CloudSso("https://x", "1", "c", "t", 99999999999),
    ),
]


@pytest.mark.parametrize(
    ("profile", "identity"), PROFILES, ids=lambda value: value.get("mode") if isinstance(value, dict) else ""
)
def test_a_profile_is_read(
    tmp_path: Path, fetched: list[Identity], profile: dict[str, Any], identity: Identity
) -> None:  # fmt: skip
    environ = home(tmp_path, {"name": "other"}, {"name": "show", **profile})
    assert resolved({"profile": "show"}, {**OFFICIAL, **environ}).source == "profile show"
    assert resolved({}, {**environ, "ALICLOUD_PROFILE": "show"}).source == "profile show"
    assert resolved({}, environ).source == "current profile of the CLI"
    assert fetched == [identity] * 3


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ({"mode": "AK", "access_key_id": "k"}, "its access_key_secret is empty"),
        ({"mode": "AK", "access_key_id": " ", "access_key_secret": "s"}, "its access_key_id is empty"),
        ({"mode": "StsToken", **KEYS}, "its sts_token is empty"),
        ({"mode": "AK", "access_key_id": "a\tb", "access_key_secret": "s"}, "its access_key_id holds a blank"),
        ({"mode": "RamRoleArn", **KEYS}, "its ram_role_arn is empty"),
        ({"mode": "RamRoleArn", **KEYS, "ram_role_arn": "role/x"}, "role_arn is not an ARN"),
        ({"mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN, "expired_seconds": 60}, "900 to 43200 seconds"),
        ({"mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN, "sts_region": "x.evil/"}, "not a region id"),
        ({"mode": "ChainableRamRoleArn", "ram_role_arn": ROLE_ARN}, "its source_profile is empty"),
        ({"mode": "ChainableRamRoleArn", "ram_role_arn": ROLE_ARN, "source_profile": "no"}, "there is no profile no"),
        (
            {"mode": "ChainableRamRoleArn", "ram_role_arn": ROLE_ARN, "source_profile": "show"},
            "go round in a circle (show > show)",
        ),
        ({"mode": "OIDC", "ram_role_arn": ROLE_ARN, "oidc_token_file": "/t"}, "its oidc_provider_arn is missing"),
        ({"mode": "OIDC", "ram_role_arn": ROLE_ARN, "oidc_provider_arn": ROLE_ARN}, "its oidc_token_file is empty"),
        ({"mode": "EcsRamRole", "ram_role_name": "a/../b"}, "the role name has letters"),
        ({"mode": "CloudSSO"}, "nobody has signed in to CloudSSO"),
        ({"mode": "CloudSSO", "access_token": "t", "cloud_sso_access_token_expire": "x"}, "nobody has signed in"),
        ({"mode": "CloudSSO", "access_token": "t", "cloud_sso_access_token_expire": 1}, "sign-in has expired"),
        ({"mode": "OAuth"}, "the mode OAuth is not supported"),
        ({"mode": "External"}, "the mode External is not supported"),
        ({"mode": "Future"}, "the mode Future is not known; supported are AK, StsToken"),
        ({"mode": ""}, "it has no mode; supported are AK"),
        ({}, "it has no mode"),
        ({"mode": ["AK"]}, "its mode is not a text"),
    ],
)
def test_a_profile_that_cannot_be_used_is_an_error_and_never_somebody_else(
    tmp_path: Path, fetched: list[Identity], profile: dict[str, Any], words: str
) -> None:
    environ = {**OFFICIAL, **home(tmp_path, {"name": "show", **profile})}
    error = refusal({"profile": "show"}, environ)
    assert error.code == "NoCredentials"
    assert error.message.startswith("No credentials from profile show: ")
    assert words in error.message
    assert fetched == []


def test_a_current_profile_whose_fields_are_all_misspelt_is_not_blank(tmp_path: Path, fetched: list[Identity]) -> None:
    profile = {"name": "show", "mode": "AK", "acess_key_id": "k", "access_key_secrt": "s"}
    error = refusal({}, home(tmp_path, profile))
    assert "it has acess_key_id, which nobody reads: did you mean access_key_id?" in error.message
    assert fetched == []


def test_a_misspelt_current_is_named(tmp_path: Path, fetched: list[Identity]) -> None:
    environ = home(tmp_path, {"name": "show", "mode": "AK", **KEYS})
    config = tmp_path / ".aliyun" / "config.json"
    content = json.loads(config.read_text("utf-8"))
    config.write_text(json.dumps({"curent": content.pop("current"), **content}), encoding="utf-8")
    error = refusal({}, environ)
    assert "it has curent, which nobody reads: did you mean current?" in error.message
    assert fetched == []


# What the CLI writes into a profile, by its own code.
CLI_MODES = [
    "AK",
    "StsToken",
    "RamRoleArn",
    "EcsRamRole",
    "RsaKeyPair",
    "RamRoleArnWithRoleName",
    "ChainableRamRoleArn",
    "External",
    "CredentialsURI",
    "OIDC",
    "CloudSSO",
    "OAuth",
    "BearerToken",
    "Anonymous",
]
CLI_SETTINGS = [
    "name",
    "mode",
    "verified",
    "region_id",
    "output_format",
    "language",
    "site",
    "retry_timeout",
    "connect_timeout",
    "retry_count",
    "endpoint_type",
    "endpoint",
    "external_account_type",
    "auto_plugin_install",
    "auto_plugin_install_enable_pre",
    "sts_expiration",
    "oauth_access_token_expire",
    "oauth_refresh_token_expire",
]
CLI_IDENTITY: dict[str, Any] = {
    "access_key_id": "another-key",
    "access_key_secret": "another-word",
    "sts_token": "another-token",
    "sts_region": "cn-beijing",
    "sts_endpoint": "sts-vpc.cn-beijing.aliyuncs.com",
    "ram_role_name": "another-role",
    "ram_role_arn": "acs:ram::2:role/another",
    "ram_session_name": "another",
    "external_id": "another",
    "source_profile": "second",
    "private_key": "another",
    "key_pair_name": "another",
    "expired_seconds": 1800,
    "process_command": "another",
    "credentials_uri": "http://127.0.0.1/another",
    "oidc_provider_arn": "acs:ram::2:oidc-provider/another",
    "oidc_token_file": "/another",
    "cloud_sso_sign_in_url": "https://another.example.com",
    "access_token": "another",
    "cloud_sso_access_token_expire": 88888888888,
    "cloud_sso_access_config": "another",
    "cloud_sso_account_id": "2",
    "oauth_access_token": "another",
    "oauth_refresh_token": "another",
    "oauth_site_type": "CN",
    "bearer_token": "another",
    "bearer_token_header_key": "x-another",
    # These stand in no profile that the CLI writes itself; alibabacloud-credentials reads them.
    "role_session_name": "another",
    "policy": '{"Version":"1"}',
    "enable_vpc": True,
}
CHAIN = [
    {"name": "first", "mode": "EcsRamRole", "ram_role_name": "first"},
    {"name": "second", "mode": "EcsRamRole", "ram_role_name": "second"},
]
SMALLEST: dict[str, dict[str, Any]] = {
    "AK": KEYS,
    "StsToken": {**KEYS, "sts_token": "t"},
    "RamRoleArn": {**KEYS, "ram_role_arn": ROLE_ARN},
    "ChainableRamRoleArn": {"source_profile": "first", "ram_role_arn": ROLE_ARN},
    "EcsRamRole": {},
    "OIDC": {"ram_role_arn": ROLE_ARN, "oidc_provider_arn": ROLE_ARN, "oidc_token_file": "/t"},
    "CloudSSO": PROFILES[-1][0],
}


def test_every_mode_and_every_field_that_the_cli_writes_is_known() -> None:
    assert sorted([*MODES, *UNSUPPORTED_MODES]) == sorted(CLI_MODES)
    assert set(IDENTITY_FIELDS) == set(CLI_IDENTITY)
    assert not set(CLI_SETTINGS) & set(IDENTITY_FIELDS)


@pytest.mark.parametrize(
    ("field", "meant"),
    [
        ("acess_key_id", "access_key_id"),
        ("access_key_secert", "access_key_secret"),
        ("sts_endpont", "sts_endpoint"),
        ("ststoken", "sts_token"),
        ("session_name", "ram_session_name"),
    ],
)
def test_a_misspelt_field_of_a_profile_is_refused_by_its_name(tmp_path: Path, field: str, meant: str) -> None:
    profile = {"name": "show", "mode": "AK", **KEYS}
    error = refusal({"profile": "show"}, home(tmp_path, {**profile, field: "very-secret"}))
    assert f"which nobody reads: did you mean {meant}?" in error.message
    assert field in error.message
    assert "very-secret" not in error.message
    # The CLI writes "" for "not given".
    assert resolved({"profile": "show"}, home(tmp_path, {**profile, field: ""})).access_key_id == KEYS["access_key_id"]


def test_no_setting_of_the_cli_is_taken_for_a_misspelt_field(tmp_path: Path) -> None:
    settings = {name: "set" for name in CLI_SETTINGS if name not in ("name", "mode")}
    environ = home(tmp_path, {"name": "show", "mode": "AK", **KEYS, **settings})
    assert resolved({"profile": "show"}, environ).access_key_id == KEYS["access_key_id"]


@pytest.mark.parametrize("mode", SMALLEST)
def test_every_field_of_a_profile_is_used_or_refused_by_its_name(tmp_path: Path, mode: str) -> None:
    def with_values(values: dict[str, Any]) -> dict[str, str]:
        # A region, since an address within a VPC is only known with one.
        region = {"ALIBABA_CLOUD_STS_REGION": "cn-shanghai"}
        return {**region, **home(tmp_path, {**SMALLEST[mode], "name": "show", "mode": mode, **values}, *CHAIN)}

    params = {"profile": "show"}
    usual = digest_of(params, with_values({}))
    kept = {"access_key_id", "access_key_secret", "sts_token"} if mode == "CloudSSO" else set()
    used = set()
    for name, value in CLI_IDENTITY.items():
        environ = with_values({name: value})
        if name in kept:
            assert digest_of(params, environ) == usual
        elif name in MODES[mode]:
            assert digest_of(params, environ) != usual, f"{name} is ignored"
            used.add(name)
        else:
            error = refusal(params, environ)
            assert f"of the mode {mode}, which does not use {name}, and has a value for it" in error.message
            assert "another" not in error.message
    assert used == set(MODES[mode])
    blanks = {name: type(value)() for name, value in CLI_IDENTITY.items() if name not in SMALLEST[mode]}
    settings = dict.fromkeys(CLI_SETTINGS[2:], "cn-hangzhou")
    assert digest_of(params, with_values({**blanks, **settings})) == usual


@pytest.mark.parametrize("mode", UNSUPPORTED_MODES)
def test_a_mode_that_is_not_supported_says_why_and_what_to_do(tmp_path: Path, mode: str) -> None:
    for given in (mode, mode.upper()):
        environ = home(tmp_path, {**CLI_IDENTITY, "name": "show", "mode": given})
        for params in ({"profile": "show"}, {}):
            error = refusal(params, environ)
            assert f"the mode {given} is not supported, since " in error.message
            assert error.hint


def test_a_role_on_top_of_a_temporary_key_keeps_its_token(tmp_path: Path, fetched: list[Identity]) -> None:
    profile = {"access_key_id": "STS.k", "access_key_secret": "s", "sts_token": "t", "ram_role_arn": ROLE_ARN}
    resolved({"profile": "show"}, home(tmp_path, {"name": "show", "mode": "RamRoleArn", **profile}))
    assert fetched == [Assumed(Pair("STS.k", "s", "t"), role())]


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("sts-vpc.cn-hangzhou.aliyuncs.com", "sts-vpc.cn-hangzhou.aliyuncs.com"),
        (" https://sts.cn-hangzhou.aliyuncs.com/ ", "sts.cn-hangzhou.aliyuncs.com"),
        ("sts.example.com:8443", "sts.example.com:8443"),
        ("", None),
        (" ", None),
    ],
)
def test_the_address_of_sts(tmp_path: Path, fetched: list[Identity], value: str, host: str | None) -> None:
    variable = {"ALIBABA_CLOUD_STS_ENDPOINT": value}
    given = {"role_arn": ROLE_ARN}
    profile = {"name": "show", "mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN}
    ini = tmp_path / "credentials.ini"
    ini.write_text(f"[default]\ntype = ram_role_arn\naccess_key_id = k\naccess_key_secret = s\nrole_arn = {ROLE_ARN}\n")
    resolved({**KEYS, "assume_role": given}, variable)
    resolved({}, {**variable, **oidc_environ(), **NOWHERE})
    resolved({"profile": "show"}, {**variable, **home(tmp_path, profile)})
    resolved({}, {**variable, **NOWHERE, "ALIBABA_CLOUD_CREDENTIALS_FILE": str(ini)})
    environ = home(tmp_path, {**profile, "sts_endpoint": value})
    resolved({"profile": "show"}, environ)
    asked = [identity.role.sts_endpoint for identity in fetched if isinstance(identity, (Assumed, Oidc))]
    assert asked == [host] * 5
    if host:
        resolved({"profile": "show"}, {**environ, "ALIBABA_CLOUD_STS_ENDPOINT": "sts.elsewhere.example.com"})
        assert isinstance(fetched[-1], Assumed)
        assert fetched[-1].role.sts_endpoint == host


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("http://sts.example.com", "plain http is allowed on loopback only"),
        ("http://127.0.0.1:8080", "STS is asked over https only"),
        ("sts.example.com/path", "it must end after the host name or port"),
        ("sts example", "it is not a URL"),
        ("https://sts.example.com?SecurityToken=x", "it must end after the host name or port"),
        ("https://user:word@sts.example.com", "it must not hold a user name or password"),
    ],
)
def test_an_address_that_sts_cannot_have_is_refused(
    tmp_path: Path, fetched: list[Identity], value: str, words: str
) -> None:  # fmt: skip
    environ = {"ALIBABA_CLOUD_STS_ENDPOINT": value}
    error = refusal({**KEYS, "assume_role": {"role_arn": ROLE_ARN}}, environ)
    assert "ALIBABA_CLOUD_STS_ENDPOINT" in error.message and words in error.message
    assert (value in error.message) is not ("@" in value or "?" in value)
    profile = {"name": "show", "mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN, "sts_endpoint": value}
    error = refusal({"profile": "show"}, home(tmp_path, profile))
    assert "sts_endpoint" in error.message and words in error.message
    assert fetched == []
    # Where STS is not asked, nobody minds.
    assert resolved(KEYS, environ).source == "options"


def test_an_address_in_a_vpc_needs_a_region(tmp_path: Path, fetched: list[Identity]) -> None:
    profile = {"name": "show", "mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN, "enable_vpc": True}
    environ = home(tmp_path, profile)
    assert "enable_vpc is set without sts_region" in refusal({"profile": "show"}, environ).message
    assert resolved({"profile": "show"}, {**environ, "ALIBABA_CLOUD_STS_ENDPOINT": "sts.example.com"})
    environ = home(tmp_path, {**profile, "enable_vpc": "perhaps"})
    assert "its enable_vpc is neither true nor false" in refusal({"profile": "show"}, environ).message
    error = refusal({**KEYS, "assume_role": {"role_arn": ROLE_ARN}}, {"ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true"})
    assert "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED is set without ALIBABA_CLOUD_STS_REGION" in error.message


def chain_of(length: int) -> list[dict[str, Any]]:
    above = [
        {"name": f"p{n}", "mode": "ChainableRamRoleArn", "source_profile": f"p{n + 1}", "ram_role_arn": ROLE_ARN}
        for n in range(length - 1)
    ]
    return [*above, {"name": f"p{length - 1}", "mode": "AK", **KEYS}]


def test_a_chain_of_profiles_has_an_end(tmp_path: Path, fetched: list[Identity]) -> None:
    error = refusal({"profile": "p0"}, home(tmp_path, *chain_of(3000)))
    assert "its source profiles are more than 16 in a row (p0 > p1 > p2 > ... > p15)" in error.message
    assert fetched == []
    resolved({"profile": "p0"}, home(tmp_path, *chain_of(16)))
    circle = [*chain_of(12)[:-1], {**chain_of(2)[0], "name": "p11", "source_profile": "p3"}]
    assert "in a circle (p0 > p1 > p2 > ... > p3)" in refusal({"profile": "p0"}, home(tmp_path, *circle)).message
    broken = [chain_of(2)[0], {"name": "p1", "mode": "AK", "access_key_id": "k"}]
    error = refusal({"profile": "p0"}, home(tmp_path, *broken))
    assert "its source profile p1 cannot be used: its access_key_secret is empty" in error.message


@pytest.mark.parametrize("value", [["k"], {"a": 1}, True, 1.5])
def test_a_value_that_is_no_text_is_refused(tmp_path: Path, value: Any) -> None:
    environ = home(tmp_path, {"name": "show", "mode": "AK", **KEYS, "access_key_id": value})
    assert "its access_key_id is not a text" in refusal({"profile": "show"}, environ).message


def test_a_list_of_names_has_an_end(tmp_path: Path) -> None:
    error = refusal({"profile": "typo"}, home(tmp_path, *({"name": f"p{n:04}"} for n in range(3000))))
    assert "p0019 and 2980 more" in error.message
    assert len(error.message) < 400


def test_the_digest_tells_identities_apart_and_asks_nobody(tmp_path: Path, fetched: list[Identity]) -> None:
    def of(params: dict[str, Any], environ: dict[str, str]) -> str:
        assert digest_of(params, environ) == digest_of(params, environ)
        return digest_of(params, environ)

    one, other = {"name": "show", "mode": "AK", **KEYS}, {"name": "other", "mode": "EcsRamRole"}
    digests = [
        of(KEYS, {}),
        of({**KEYS, "access_key_secret": "another"}, {}),
        of({**KEYS, "security_token": "t"}, {}),
        of({**KEYS, "assume_role": {"role_arn": ROLE_ARN}}, {}),
        of({**KEYS, "assume_role": {"role_arn": ROLE_ARN, "external_id": "x"}}, {}),
        of({}, OLDER),
        of({}, {**oidc_environ(), **NOWHERE}),
        of({}, {**NOWHERE, "ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1/x"}),
        of({}, {**NOWHERE, "ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1/y"}),
        of({}, home(tmp_path, one, other, current="other")),
    ]
    assert len(set(digests)) == len(digests)
    # The same key is the same identity, wherever it was found.
    assert of({}, home(tmp_path, one, other, current="show")) == digests[0]
    assert fetched == []
    assert refusal({}, NOWHERE).code == "NoCredentials"
    with pytest.raises(LiveError, match="No credentials"):
        digest_of({}, NOWHERE)


def test_an_expired_sign_in_says_how_to_sign_in_again(tmp_path: Path) -> None:
    profile = {"name": "show", "mode": "CloudSSO", "access_token": "t"}
    profile["cloud_sso_access_token_expire"] = str(int(time.time()) - 1)
    error = refusal({"profile": "show"}, home(tmp_path, profile))
    assert error.hint == "Sign in again: aliyun configure --mode CloudSSO --profile show"


def test_a_profile_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    environ = {**OFFICIAL, **home(tmp_path, {"name": "b"}, {"name": "a"}, "nonsense")}
    assert "there are: a, b" in refusal({"profile": "typo"}, environ).message
    assert (
        "there is no profile typo"
        in refusal({}, {**environ, **dict.fromkeys(OFFICIAL, ""), "ALIBABA_CLOUD_PROFILE": "typo"}).message
    )
    assert (
        "there is no file /nonexistent/.aliyun/config.json"
        in refusal({"profile": "a"}, {**OFFICIAL, **NOWHERE}).message
    )
    disabled = {**environ, "ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}
    assert "ALIBABA_CLOUD_CLI_PROFILE_DISABLED" in refusal({"profile": "a"}, disabled).message


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe\x00", b'{"profiles": {"secret": 1}}', b"null"]
)
def test_a_broken_config_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    environ = home(tmp_path)
    (tmp_path / ".aliyun" / "config.json").write_bytes(content)
    assert refusal({"profile": "show"}, environ).code == "NoCredentials"


def test_an_ecs_role_is_asked_only_where_it_is_named(fetched: list[Identity]) -> None:
    assert resolved({"ecs_role_name": "r"}, OFFICIAL).source == "ecs_role_name r"
    resolved({}, {"ALIBABA_CLOUD_ECS_METADATA": "r"})
    resolved({}, {"ALICLOUD_ECS_ROLE_NAME": "r", "ALIBABA_CLOUD_ECS_METADATA": ""})
    assert fetched == [EcsRole("r")] * 3
    assert refusal({"ecs_role_name": "a/b"}, {}).option == "ecs_role_name"
    assert refusal({"ecs_role_name": "a/b"}, {}).code == "InvalidOption"
    assert "ALIBABA_CLOUD_ECS_METADATA" in refusal({}, {"ALIBABA_CLOUD_ECS_METADATA": "a b"}).message


# --- assume_role ---


def test_a_role_stacks_on_whatever_was_found(tmp_path: Path, fetched: list[Identity]) -> None:
    given = {"role_arn": f" {ROLE_ARN} ", "session_name": "", "session_expiration": None}
    sources = [
        resolved({**KEYS, "assume_role": given}, {}).source,
        resolved({"assume_role": given}, OLDER).source,
        resolved({"ecs_role_name": "r", "assume_role": given}, {}).source,
        resolved({"assume_role": given}, home(tmp_path, {"name": "show", "mode": "EcsRamRole"})).source,
    ]
    assert sources == [
        "options with assume_role",
        "environment with assume_role",
        "ecs_role_name r with assume_role",
        "current profile of the CLI with assume_role",
    ]
    origins = [Pair(*KEYS.values()), Pair("older-key", "older-secret"), EcsRole("r"), EcsRole(None)]
    assert fetched == [Assumed(origin, role()) for origin in origins]


def test_a_policy_loses_its_blanks_and_nothing_else(fetched: list[Identity]) -> None:
    policy = {"Statement": [{"Resource": "a b  c", "Text": "\u00e9 \t"}]}
    for given in (policy, json.dumps(policy, indent=2)):
        resolved({**KEYS, "assume_role": {"role_arn": ROLE_ARN, "policy": given}}, {})
        asked = fetched.pop()
        assert isinstance(asked, Assumed)
        sent = asked.role.policy
        assert sent is not None
        assert not any(character.isspace() for character in sent)
        assert json.loads(sent) == policy


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"session_name": "x"}, "role_arn is missing"),
        ({"role_arn": "show-operator"}, "role_arn is not an ARN: show-operator"),
        ({"role_arn": ROLE_ARN + " x"}, "role_arn is not an ARN"),
        ({"role_arn": ROLE_ARN, "session_name": "my show"}, ".@_- and no blank, and is my show"),
        ({"role_arn": ROLE_ARN, "session_name": "x"}, "the session name must have"),
        ({"role_arn": ROLE_ARN, "session_name": "x" * 65}, "the session name must have"),
        ({"role_arn": ROLE_ARN, "session_expiration": 899}, "900 to 43200 seconds"),
        ({"role_arn": ROLE_ARN, "session_expiration": 43201}, "900 to 43200 seconds"),
        ({"role_arn": ROLE_ARN, "session_expiration": "soon"}, "not a whole number"),
        ({"role_arn": ROLE_ARN, "policy": "{"}, "the policy is not valid JSON"),
        ({"role_arn": ROLE_ARN, "policy": "[1]"}, "the policy is not a JSON object"),
        ({"role_arn": ROLE_ARN, "external_id": "a b"}, "the external id holds a blank"),
        ("a text", "it is not a dictionary"),
    ],
)
def test_a_role_that_cannot_be_assumed(fetched: list[Identity], given: Any, words: str) -> None:
    error = refusal({**KEYS, "assume_role": given}, {})
    assert error.code == "InvalidOption"
    assert error.message.startswith("The option assume_role cannot be used: ")
    assert words in error.message
    assert fetched == []


# --- what is configured on the machine ---


def test_nothing_at_all_says_where_it_looked() -> None:
    error = refusal({}, NOWHERE)
    assert error.code == "NoCredentials"
    assert "/nonexistent/.aliyun/config.json" in error.message
    assert "/nonexistent/.alibabacloud/credentials.ini" in error.message
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in str(error.hint)


def oidc_environ() -> dict[str, str]:
    return {
        "ALIBABA_CLOUD_ROLE_ARN": ROLE_ARN,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": ROLE_ARN,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/token",
    }


def test_the_order_of_what_is_configured(tmp_path: Path, fetched: list[Identity]) -> None:
    ini = tmp_path / "credentials.ini"
    ini.write_text("[default]\ntype = ecs_ram_role\nrole_name = ini\n", encoding="utf-8")
    environ = home(tmp_path, {"name": "show", "mode": "EcsRamRole", "ram_role_name": "cli"})
    environ.update({"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1/x", "ALIBABA_CLOUD_CREDENTIALS_FILE": str(ini)})
    sources = [resolved({}, {**environ, **oidc_environ()}).source, resolved({}, environ).source]
    environ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED"] = "true"
    sources.append(resolved({}, environ).source)
    ini.write_text("[other]\ntype = ecs_ram_role\n", encoding="utf-8")
    sources.append(resolved({}, environ).source)
    assert sources == ["OIDC variables", "current profile of the CLI", "credentials.ini", "credentials URI"]
    assert fetched == [
        Oidc(role(), ROLE_ARN, "/token"),
        EcsRole("cli"),
        EcsRole("ini"),
        CredentialsUri("http://127.0.0.1/x"),
    ]


@pytest.mark.parametrize("missing", oidc_environ())
def test_two_thirds_of_the_oidc_variables_are_an_error(tmp_path: Path, fetched: list[Identity], missing: str) -> None:
    environ = {**oidc_environ(), **home(tmp_path, {"name": "show", "mode": "EcsRamRole"}), missing: " "}
    assert "belong together" in refusal({}, environ).message
    assert fetched == []


def test_a_role_arn_alone_is_no_identity(tmp_path: Path) -> None:
    environ = {"ALIBABA_CLOUD_ROLE_ARN": ROLE_ARN, **home(tmp_path, {"name": "show", "mode": "AK", **KEYS})}
    assert resolved({}, environ).access_key_id == "rehearsal-key"


@pytest.mark.parametrize("current", [None, "", "show"])
def test_the_blank_profile_that_the_cli_makes_is_no_identity(tmp_path: Path, current: Any) -> None:
    blank = {"name": "show", "mode": "AK", "access_key_id": "", "access_key_secret": ""}
    assert refusal({}, home(tmp_path, blank, current=current)).message.startswith("No credentials: none in the options")
    assert "its access_key_id is empty" in refusal({"profile": "show"}, home(tmp_path, blank)).message
    # With a role in it somebody meant it.
    error = refusal({}, home(tmp_path, {**blank, "ram_role_arn": ROLE_ARN}))
    assert "does not use ram_role_arn" in error.message


def test_a_current_profile_that_is_broken_is_an_error(tmp_path: Path, fetched: list[Identity]) -> None:
    environ = {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1/x"}
    environ.update(home(tmp_path, {"name": "show", "mode": "AK", "access_key_id": "k"}))
    assert "from current profile of the CLI: its access_key_secret is empty" in refusal({}, environ).message
    environ.update(home(tmp_path, {"name": "other"}))
    assert "there is no profile show" in refusal({}, environ).message
    assert fetched == []


def ini_environ(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "credentials.ini"
    path.write_text(text, encoding="utf-8")
    return {"HOME": "/nonexistent", "ALIBABA_CLOUD_CREDENTIALS_FILE": str(path)}


def test_a_secret_in_credentials_ini_keeps_its_signs(tmp_path: Path) -> None:
    text = "[default]\ntype = access_key  # mine\naccess_key_id = k#1\naccess_key_secret = se#cr%et\n"
    found = resolved({}, ini_environ(tmp_path, text))
    assert found == Credentials("k#1", "se#cr%et", None, "credentials.ini")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[default]\ntype = sts\n", "its type is none of"),
        ("[default]\ntype = rsa_key_pair\n", "its type is none of"),
        ("[default]\ntype = access_key\naccess_key_id = k\n", "its access_key_secret is empty"),
        ("[default]\ntype = ram_role_arn\naccess_key_id = k\naccess_key_secret = s\n", "role_arn is missing"),
        ("[default]\ntype = oidc_role_arn\nrole_arn = x\n", "its oidc_provider_arn is missing"),
        (
            "[default]\ntype = access_key\naccess_key_id = k\naccess_key_secret = s\nsecurity_token = t\n",
            "of the type access_key, which does not use security_token",
        ),
        (
            "[default]\ntype = ecs_ram_role\nrole_arn = x\nexternal_id = t\n",
            "of the type ecs_ram_role, which does not use role_arn, external_id",
        ),
        (
            "[default]\ntype = access_key\nacess_key_id = k\naccess_key_id = k\naccess_key_secret = s\n",
            "did you mean access_key_id?",
        ),
        ("access_key_secret = very-secret\n", "is not a valid INI file"),
        ("[default]\nvery-secret\n", "is not a valid INI file"),
    ],
)
def test_a_section_that_cannot_be_used(tmp_path: Path, text: str, words: str) -> None:
    error = refusal({}, ini_environ(tmp_path, text))
    assert words in error.message
    assert error.message.startswith("No credentials from credentials.ini: ")


def test_a_named_ini_file_must_be_there() -> None:
    environ = {**NOWHERE, "ALIBABA_CLOUD_CREDENTIALS_FILE": "/nonexistent/x.ini"}
    assert "there is no file /nonexistent/x.ini" in refusal({}, environ).message


def test_without_home_the_user_database_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # this process's own; it must not count
    home(tmp_path, {"name": "show", "mode": "AK", **KEYS})
    import pwd

    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: type("Entry", (), {"pw_dir": "/nonexistent"}))
    assert refusal({}, {}).code == "NoCredentials"


# --- the environment of the other options, the library ---


@pytest.mark.parametrize("option", CONNECTION_ENVIRONMENT)
def test_the_first_variable_that_is_not_empty_wins(option: str) -> None:
    names = CONNECTION_ENVIRONMENT[option]
    assert from_environment(option, {}) is None
    assert from_environment(option, dict.fromkeys(names, " ")) is None
    for place, name in enumerate(names):
        environ = {other: ("" if index < place else other) for index, other in enumerate(names)}
        assert from_environment(option, environ) == name


def test_the_variables_are_those_of_the_contract() -> None:
    assert CONNECTION_ENVIRONMENT == {
        "access_key_id": ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY", "ALICLOUD_ACCESS_KEY_ID"),
        "access_key_secret": ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECRET_ACCESS_KEY"),
        "security_token": ("ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"),
        "profile": ("ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"),
        "ecs_role_name": ("ALIBABA_CLOUD_ECS_METADATA", "ALICLOUD_ECS_ROLE_NAME"),
        "region_id": ("ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION"),
        "endpoint": ("ALIBABA_CLOUD_LIVE_ENDPOINT",),
    }


def test_the_library_is_named_when_it_is_missing_and_needed() -> None:
    error = refusal({**KEYS, "assume_role": {"role_arn": ROLE_ARN}}, {})
    assert error.code == "MissingLibrary"
    assert "the Python package alibabacloud-credentials is not installed" in error.message
