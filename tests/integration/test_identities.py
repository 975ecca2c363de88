# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every identity, through the real alibabacloud-credentials, against stand-ins of the token services on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3.util.connection
from ansible_collections.apsara.live.plugins.module_utils._credentials import token_services
from ansible_collections.apsara.live.plugins.module_utils._credentials.options import identity_options
from ansible_collections.apsara.live.plugins.module_utils._credentials.resolve import (
    Credentials,
    resolve,
    secrets_of,
)
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.tests.support.token_services import ALL_SECRETS, Answer, TokenServices, keys


def resolved(params: dict[str, Any], environ: dict[str, str], **more: Any) -> Credentials:
    """Who we are by raw option values."""
    return resolve(identity_options(params), environ, **more)


KEYS = {"access_key_id": "rehearsal-key", "access_key_secret": "rehearsal-secret"}
ROLE_ARN = "acs:ram::1000000000000001:role/show-operator"
ROLE = {"role_arn": ROLE_ARN}
PROVIDER_ARN = "acs:ram::1000000000000001:oidc-provider/cluster"


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServices]:
    with TokenServices(tmp_path) as running:
        monkeypatch.setattr(urllib3.util.connection, "create_connection", running.connect)
        yield running


@pytest.fixture(autouse=True)
def _no_ambient_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may come from the process's own environment: whoever looks there finds the wrong thing."""
    for name, value in AMBIENT.items():
        monkeypatch.setenv(name, value)


AMBIENT = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "ambient-key",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "ambient-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "ambient-token",
    "ALIBABA_CLOUD_PROFILE": "ambient",
    "ALIBABA_CLOUD_ECS_METADATA": "ambient-role",
    "ALIBABA_CLOUD_ROLE_ARN": "acs:ram::1:role/ambient",
    "ALIBABA_CLOUD_ROLE_SESSION_NAME": "ambient-session",
    "ALIBABA_CLOUD_STS_REGION": "ambient-region",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "DEBUG": "sdk",
}


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No thread, no signal handler, nothing on stdout and stderr: in every test of this file."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    before = set(threading.enumerate())
    yield
    ours = [thread for thread in set(threading.enumerate()) - before if not thread.name.startswith("stand-in")]
    for thread in ours:
        thread.join(60)  # its socket was cut, so it ends by itself
    assert [thread for thread in ours if thread.is_alive()] == []
    assert handlers == {number: signal.getsignal(number) for number in handlers}
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def profile_home(tmp_path: Path, *profiles: dict[str, Any], current: str = "show") -> dict[str, str]:
    """A home directory with a config.json; returns its environment."""
    folder = tmp_path / "home" / ".aliyun"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"current": current, "profiles": list(profiles)}, indent=4))
    return {"HOME": str(tmp_path / "home")}


def refusal(params: dict[str, Any], environ: dict[str, str], **more: Any) -> LiveError:
    """The error of a resolve that must fail, after a look for secrets in all that can be printed of it."""
    with pytest.raises(LiveError) as caught:
        resolved(params, environ, **more)
    error = caught.value
    everything = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    everything += repr(error) + json.dumps(error.as_dict())
    assert not [secret for secret in ALL_SECRETS if secret in everything]
    assert "Signature=" not in everything
    assert "?" not in error.message
    assert error.outcome == "refused"
    assert error.__context__ is None or isinstance(error.__context__, token_services.CredentialError)
    return error


# --- the identities ---


def test_role_on_top_of_a_key_pair(services: TokenServices) -> None:
    policy = '{ "Version": "1",\n "Statement": [{"Effect": "Allow", "Resource": "a b", "Action": "live:*"}] }'
    role = {**ROLE, "session_name": "evening", "session_expiration": 900, "policy": policy, "external_id": "x=1,y"}
    found = resolved({**KEYS, "assume_role": role}, services.environ)
    assert found == Credentials("STS.role", "role-secret", "role-token", "options with assume_role")
    assert secrets_of(found) == ("role-secret", "role-token")
    (seen,) = services.seen
    sent = seen.query
    assert (seen.method, seen.host, sent["Action"]) == ("GET", "sts.aliyuncs.com", "AssumeRole")
    assert (sent["RoleArn"], sent["RoleSessionName"], sent["DurationSeconds"]) == (ROLE_ARN, "evening", "900")
    assert sent["ExternalId"] == "x=1,y"
    assert " " not in sent["Policy"]
    assert json.loads(sent["Policy"]) == json.loads(policy)
    assert (sent["AccessKeyId"], "SecurityToken" in sent) == ("rehearsal-key", False)
    assert services.connects[0][0] == "sts.aliyuncs.com:443"


def test_role_on_top_of_an_sts_token_from_the_environment(services: TokenServices) -> None:
    environ = {
        **services.environ,
        "ALICLOUD_ACCESS_KEY": "STS.rehearsal-key",
        "ALICLOUD_SECRET_KEY": "rehearsal-sts-secret",
        "ALICLOUD_SECURITY_TOKEN": "rehearsal-token",
        "ALIBABA_CLOUD_STS_REGION": "cn-shanghai",
        "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true",
    }
    found = resolved({"assume_role": ROLE}, environ)
    assert (found.access_key_id, found.source) == ("STS.role", "environment with assume_role")
    (seen,) = services.seen
    assert seen.host == "sts-vpc.cn-shanghai.aliyuncs.com"
    assert seen.query["SecurityToken"] == "rehearsal-token"
    assert seen.query["RoleSessionName"] == "ansible-apsara-live"
    assert "Policy" not in seen.query


def test_profile_ak_and_sts_token_ask_nobody(services: TokenServices, tmp_path: Path) -> None:
    plain = {"name": "plain", "mode": "AK", **KEYS}
    token = {"name": "token", "mode": "StsToken", **KEYS, "sts_token": "rehearsal-token"}
    environ = {**services.environ, **profile_home(tmp_path, plain, token)}
    assert resolved({"profile": "plain"}, environ) == Credentials(*KEYS.values(), None, "profile plain")
    assert resolved({"profile": "token"}, environ) == Credentials(*KEYS.values(), "rehearsal-token", "profile token")
    assert services.seen == []


def test_profile_ram_role_arn(services: TokenServices, tmp_path: Path) -> None:
    profile = {
        "name": "show",
        "mode": "RamRoleArn",
        **KEYS,
        "ram_role_arn": ROLE_ARN,
        "ram_session_name": "evening",
        "expired_seconds": 0,
        "sts_region": "cn-beijing",
        "policy": '{"Version": "1"}',
        "external_id": "e",
    }
    environ = {**services.environ, **profile_home(tmp_path, profile)}
    assert resolved({"profile": "show"}, environ) == Credentials(
        "STS.role", "role-secret", "role-token", "profile show"
    )
    (seen,) = services.seen
    assert seen.host == "sts.cn-beijing.aliyuncs.com"
    assert seen.query["RoleSessionName"] == "evening"
    assert seen.query["DurationSeconds"] == "3600"
    assert seen.query["Policy"] == '{"Version":"1"}'
    assert seen.query["ExternalId"] == "e"


def test_profile_ram_role_arn_with_a_temporary_key_and_an_address_of_sts(
    services: TokenServices, tmp_path: Path
) -> None:  # fmt: skip
    profile = {
        "name": "show",
        "mode": "RamRoleArn",
        "access_key_id": "STS.rehearsal-key",
        "access_key_secret": "rehearsal-sts-secret",
        "sts_token": "rehearsal-token",
        "ram_role_arn": ROLE_ARN,
        "sts_region": "cn-beijing",
        "sts_endpoint": "https://sts.show.example.com/",
    }
    environ = {
        **services.environ,
        **profile_home(tmp_path, profile),
        "ALIBABA_CLOUD_STS_ENDPOINT": "sts.aliyuncs.com",
    }
    assert resolved({"profile": "show"}, environ) == Credentials(
        "STS.role", "role-secret", "role-token", "profile show"
    )
    (seen,) = services.seen
    assert (seen.host, seen.query["SecurityToken"]) == ("sts.show.example.com", "rehearsal-token")
    assert services.connects[0][0] == "sts.show.example.com:443"


def test_what_a_cluster_says_of_sts_holds(services: TokenServices, tmp_path: Path) -> None:
    """The variables that ACK sets in a pod, all of them."""
    (tmp_path / "token").write_text("the-oidc-identity-token\n")
    environ = {
        **services.environ,
        "HOME": str(tmp_path),
        "ALIBABA_CLOUD_ROLE_ARN": ROLE_ARN,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER_ARN,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(tmp_path / "token"),
        "ALIBABA_CLOUD_STS_ENDPOINT": "sts-vpc.cn-shanghai.aliyuncs.com",
        "ALIBABA_CLOUD_STS_REGION": "cn-beijing",
        "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED": "true",
    }
    found = resolved({"assume_role": {"role_arn": "acs:ram::1:role/second"}}, environ)
    assert found.source == "OIDC variables with assume_role"
    assert [seen.host for seen in services.seen] == ["sts-vpc.cn-shanghai.aliyuncs.com"] * 2
    assert services.seen[0].query["OIDCToken"] == "the-oidc-identity-token"


def test_profile_chainable_ram_role_arn(services: TokenServices, tmp_path: Path) -> None:
    first = {"name": "first", "mode": "RamRoleArn", **KEYS, "ram_role_arn": "acs:ram::1:role/first-role"}
    second = {"name": "show", "mode": "ChainableRamRoleArn", "source_profile": "first", "ram_role_arn": ROLE_ARN}
    environ = {**services.environ, **profile_home(tmp_path, first, second)}
    found = resolved({"profile": "show", "assume_role": {"role_arn": "acs:ram::1:role/third"}}, environ)
    assert (found.access_key_id, found.source) == ("STS.role", "profile show with assume_role")
    chain = [(seen.query["AccessKeyId"], seen.query.get("SecurityToken")) for seen in services.seen]
    assert chain == [("rehearsal-key", None), ("STS.first-role", "first-role-token"), ("STS.role", "role-token")]
    assert [seen.query["RoleArn"][-10:] for seen in services.seen] == ["first-role", "w-operator", "role/third"]


@pytest.mark.parametrize("how", ["option", "variable", "profile"])
def test_ecs_role(services: TokenServices, tmp_path: Path, how: str) -> None:
    environ = {**services.environ, "HTTP_PROXY": services.proxy_url, "HOME": str(tmp_path)}
    params = {}
    if how == "option":
        params = {"ecs_role_name": "studio-role"}
    elif how == "variable":
        environ["ALICLOUD_ECS_ROLE_NAME"] = "studio-role"
    else:
        params = {"profile": "show"}
        environ.update(profile_home(tmp_path, {"name": "show", "mode": "EcsRamRole", "ram_role_name": "studio-role"}))
    found = resolved(params, environ)
    assert (found.access_key_id, found.security_token) == ("STS.metadata", "metadata-token")
    assert found.source == ("profile show" if how == "profile" else "ecs_role_name studio-role")
    token, role = services.seen
    assert (token.method, token.path, token.via) == ("PUT", "/latest/api/token", "plain")
    assert role.path == "/latest/meta-data/ram/security-credentials/studio-role"
    assert role.headers["x-aliyun-ecs-metadata-token"] == "imds-v2-token"
    assert services.connects == []  # never through a proxy


def test_ecs_profile_without_a_role_asks_for_its_name(services: TokenServices, tmp_path: Path) -> None:
    environ = {**services.environ, **profile_home(tmp_path, {"name": "show", "mode": "EcsRamRole"})}
    assert resolved({"profile": "show"}, environ).access_key_id == "STS.metadata"
    assert services.actions == [
        "/latest/api/token",
        "/latest/meta-data/ram/security-credentials/",
        "/latest/api/token",
        "/latest/meta-data/ram/security-credentials/studio-role",
    ]


def test_role_on_top_of_an_ecs_role(services: TokenServices) -> None:
    found = resolved({"ecs_role_name": "studio-role", "assume_role": ROLE}, services.environ)
    assert found == Credentials("STS.role", "role-secret", "role-token", "ecs_role_name studio-role with assume_role")
    assert services.seen[-1].query["AccessKeyId"] == "STS.metadata"


def test_profile_oidc_uses_the_session_name_that_the_cli_writes(services: TokenServices, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("the-oidc-identity-token")
    profile = {"name": "show", "mode": "OIDC", "ram_role_arn": ROLE_ARN, "oidc_provider_arn": PROVIDER_ARN}
    profile |= {"oidc_token_file": str(token_file), "ram_session_name": "evening"}
    environ = {**services.environ, **profile_home(tmp_path, profile)}
    assert resolved({"profile": "show"}, environ) == Credentials(
        "STS.oidc", "oidc-secret", "oidc-token", "profile show"
    )
    sent = services.seen[0].query
    assert (sent["OIDCToken"], sent["OIDCProviderArn"]) == ("the-oidc-identity-token", PROVIDER_ARN)
    assert (sent["RoleArn"], sent["RoleSessionName"]) == (ROLE_ARN, "evening")
    assert "AccessKeyId" not in sent


def test_oidc_from_the_environment(services: TokenServices, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("the-oidc-identity-token")
    environ = {
        **services.environ,
        "HOME": str(tmp_path),
        "ALIBABA_CLOUD_ROLE_ARN": ROLE_ARN,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER_ARN,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(token_file),
        "ALIBABA_CLOUD_ROLE_SESSION_NAME": "pod",
    }
    found = resolved({}, environ)
    assert (found.access_key_id, found.source) == ("STS.oidc", "OIDC variables")
    assert services.seen[0].query["RoleSessionName"] == "pod"


def sso_profile(**changes: Any) -> dict[str, Any]:
    return {
        "name": "show",
        "mode": "CloudSSO",
        "cloud_sso_sign_in_url": "https://signin.example.com/start/login",
        "cloud_sso_account_id": "1000000000000001",
        "cloud_sso_access_config": "ac-1",
        "access_token": "the-sso-access-token",
        "cloud_sso_access_token_expire": int(time.time()) + 600,
        **changes,
    }


def test_profile_cloud_sso(services: TokenServices, tmp_path: Path) -> None:
    environ = {**services.environ, **profile_home(tmp_path, sso_profile())}
    assert resolved({"profile": "show"}, environ) == Credentials("STS.sso", "sso-secret", "sso-token", "profile show")
    (seen,) = services.seen
    assert (seen.method, seen.host, seen.path) == ("POST", "signin.example.com", "/cloud-credentials")
    assert seen.headers["authorization"] == "Bearer the-sso-access-token"
    assert json.loads(seen.body) == {"AccountId": "1000000000000001", "AccessConfigurationId": "ac-1"}


def test_credentials_uri(services: TokenServices, tmp_path: Path) -> None:
    uri = f"{services.plain_url}/credentials?key=uri-query-secret"
    environ = {"HOME": str(tmp_path), "HTTP_PROXY": services.proxy_url, "ALIBABA_CLOUD_CREDENTIALS_URI": uri}
    assert resolved({}, environ) == Credentials("STS.uri", "uri-secret", "uri-token", "credentials URI")
    (seen,) = services.seen
    assert (seen.method, seen.via, seen.query) == ("GET", "plain", {"key": "uri-query-secret"})


def test_current_profile_is_the_identity_when_nothing_is_named(services: TokenServices, tmp_path: Path) -> None:
    profile = {"name": "show", "mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN}
    found = resolved({}, {**services.environ, **profile_home(tmp_path, profile)})
    assert (found.access_key_id, found.source) == ("STS.role", "current profile of the CLI")


def test_credentials_ini(services: TokenServices, tmp_path: Path) -> None:
    ini = tmp_path / "credentials.ini"
    section = f"[default]\ntype = ram_role_arn\naccess_key_id = rehearsal-key\nrole_arn = {ROLE_ARN}  # show\n"
    ini.write_text(section + "access_key_secret = rehearsal-secret\nrole_session_name = evening\n")
    environ = {**services.environ, "HOME": str(tmp_path), "ALIBABA_CLOUD_CREDENTIALS_FILE": str(ini)}
    found = resolved({}, environ)
    assert (found.access_key_id, found.source) == ("STS.role", "credentials.ini")
    assert services.seen[0].query["RoleSessionName"] == "evening"


def test_instance_metadata_is_never_asked_unless_named(services: TokenServices, tmp_path: Path) -> None:
    error = refusal({}, {**services.environ, "HOME": str(tmp_path)})
    assert error.code == "NoCredentials"
    assert services.seen == []


# --- nothing of the surroundings, nothing left behind ---


def test_config_json_is_the_same_bytes_afterwards(services: TokenServices, tmp_path: Path) -> None:
    profile = {"name": "show", "mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE_ARN}
    environ = {**services.environ, **profile_home(tmp_path, profile, sso_profile(name="sso"))}
    path = tmp_path / "home" / ".aliyun" / "config.json"
    before = (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
    resolved({"profile": "show"}, environ)
    resolved({"profile": "sso"}, environ)
    assert (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) == before
    assert os.listdir(path.parent) == ["config.json"]


@pytest.mark.parametrize("mode", ["OAuth", "External", "oauth"])
def test_modes_that_rewrite_config_json_are_refused(services: TokenServices, tmp_path: Path, mode: str) -> None:
    marker = tmp_path / "ran"
    profile = {"name": "show", "mode": mode, "process_command": f"touch {marker}", "oauth_access_token": "x"}
    chained = {"name": "top", "mode": "ChainableRamRoleArn", "source_profile": "show", "ram_role_arn": ROLE_ARN}
    environ = {**services.environ, **profile_home(tmp_path, profile, chained)}
    for params in ({"profile": "show"}, {"profile": "top"}, {}):
        assert f"the mode {mode} is not supported" in refusal(params, environ).message
    assert not marker.exists()


def test_the_library_is_as_it_was_afterwards(services: TokenServices) -> None:
    resolved({**KEYS, "assume_role": ROLE}, services.environ)
    from alibabacloud_credentials.provider import oidc
    from alibabacloud_credentials.utils import auth_util
    from Tea.core import TeaCore

    reader = oidc._get_token
    carrier, settings = TeaCore.do_action, dict(vars(auth_util))
    resolved({**KEYS, "assume_role": ROLE}, services.environ)
    services.answers["AssumeRole"] = Answer(500, {})
    refusal({**KEYS, "assume_role": ROLE}, services.environ)
    assert TeaCore.do_action is carrier
    assert oidc._get_token is reader
    assert carrier.__module__ == "Tea.core"
    assert dict(vars(auth_util)) == settings


_FRESH = """
import json, signal, sys, threading
before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
from ansible_collections.apsara.live.plugins.module_utils._credentials.options import identity_options
from ansible_collections.apsara.live.plugins.module_utils._credentials.resolve import resolve
given = json.load(sys.stdin)
found = resolve(identity_options(given["params"]), given["environ"])
print(json.dumps({
    "id": found.access_key_id, "source": found.source, "library": "alibabacloud_credentials" in sys.modules,
    "requests": "requests" in sys.modules, "threads": [t.name for t in threading.enumerate()],
    "signals": before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)],
}))
"""


def fresh_process(params: dict[str, Any], environ: dict[str, str]) -> dict[str, Any]:
    """Resolve in a process of its own, which imports the library for the first time in a hostile environment."""
    run = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", _FRESH],
        input=json.dumps({"params": params, "environ": environ}),
        env={**AMBIENT, "PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stderr == ""
    assert run.returncode == 0
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def test_first_import_in_a_hostile_environment(services: TokenServices) -> None:
    found = fresh_process({**KEYS, "assume_role": ROLE}, services.environ)
    assert (found["id"], found["library"]) == ("STS.role", True)
    assert found["threads"] == ["MainThread"]
    assert found["signals"]
    sent = services.seen[0].query
    assert (sent["AccessKeyId"], sent["RoleSessionName"]) == ("rehearsal-key", "ansible-apsara-live")
    assert "SecurityToken" not in sent


def test_a_key_pair_does_not_import_the_library() -> None:
    found = fresh_process(KEYS, {})
    assert (found["id"], found["library"], found["requests"]) == ("rehearsal-key", False, False)


# --- failures ---


@pytest.mark.parametrize(
    ("answer", "words", "retryable"),
    [
        (
            Answer(403, {"Code": "NoPermission", "RequestId": "55555555-x"}),
            f"403 NoPermission for the role {ROLE_ARN} (request id 55555555-x)",
            False,
        ),
        (Answer(404, {"Code": "EntityNotExist.Role"}), "404 EntityNotExist.Role", False),
        (Answer(400, {"Code": "Throttling.User"}), "the account makes more calls than it may", False),
        (Answer(503, {"Code": "ServiceUnavailable"}), "503 ServiceUnavailable", True),
        (Answer(502, b"<html>rehearsal-secret</html>"), "STS answered 502", True),
        (Answer(200, b"not json, rehearsal-secret"), "did not answer in the form that it should", False),
        (Answer(200, {}), "did not answer in the form that it should", False),
        (
            Answer(200, {"Credentials": {"AccessKeyId": "x", "AccessKeySecret": "role-secret"}}),
            "did not answer in",
            False,
        ),
        (Answer(200, {"Credentials": {**keys("role"), "AccessKeySecret": ""}}), "incomplete key", False),
        (
            Answer(200, {"Credentials": {**keys("role"), "SecurityToken": "role-token\r\nX: y"}}),
            "control character",
            False,
        ),
        (Answer(200, {"Credentials": keys("role", lasts=-3600)}), "already expired", False),
        (Answer(200, {"Credentials": {**keys("role"), "Expiration": "soon"}}), "did not answer in the form", False),
        (Answer(302, {}, {"location": "http://127.0.0.1:1/?SecurityToken=role-token"}), "STS answered 302", False),
        (Answer(200, b"x" * 300_000), "is larger than 256 KiB", True),
        (Answer(200, {"Credentials": keys("role")}, short=True), "was lost before the answer was complete", True),
        (Answer(400, {"Code": "rehearsal-secret", "RequestId": "rehearsal-secret"}), "STS answered 400", False),
    ],
)
def test_what_sts_can_answer(services: TokenServices, answer: Answer, words: str, retryable: bool) -> None:
    services.answers["AssumeRole"] = answer
    error = refusal({**KEYS, "assume_role": ROLE}, services.environ)
    assert error.code == "NoCredentials"
    assert error.message.startswith("No credentials from options with assume_role: ")
    assert words in error.message
    assert error.retryable is retryable
    assert services.actions == ["AssumeRole"]


def test_an_answer_that_was_announced_is_waited_for(services: TokenServices) -> None:
    services.answers["AssumeRole"] = Answer(200, {"Credentials": keys("role")}, interim=(102, 103))
    services.proxy_interim = b"HTTP/1.1 102 Processing\r\n\r\n" * 2
    credentials = resolved({**KEYS, "assume_role": ROLE}, services.environ)
    assert credentials.access_key_id == "STS.role"
    assert services.actions == ["AssumeRole"]


@pytest.mark.parametrize("place", ["RequestId", "Code", "Message"])
def test_what_a_token_service_echoes_is_not_shown(services: TokenServices, place: str, tmp_path: Path) -> None:
    """The token is the first of many things that were sent."""
    services.answers["AssumeRole"] = Answer(400, {"Code": "NoPermission", place: "rehearsal-token"})
    keys_and_token = {
        "access_key_id": "STS.rehearsal-key",
        "access_key_secret": "rehearsal-sts-secret",
        "security_token": "rehearsal-token",
    }
    error = refusal({**keys_and_token, "assume_role": ROLE}, services.environ)
    assert "rehearsal-token" not in str(error.as_dict())
    assert "STS answered 400" in error.message


def test_a_denied_role_says_which_statement_to_add(services: TokenServices) -> None:
    services.answers["AssumeRole"] = Answer(403, {"Code": "NoPermission"})
    error = refusal({**KEYS, "assume_role": ROLE}, services.environ)
    assert "sts:AssumeRole" in str(error.hint)
    assert ROLE_ARN in str(error.hint)


def test_a_wrong_secret_is_said_without_an_echo(services: TokenServices) -> None:
    wrong = {"access_key_id": "rehearsal-key", "access_key_secret": "oidc-secret"}
    error = refusal({**wrong, "assume_role": ROLE}, services.environ)
    assert "400 SignatureDoesNotMatch" in error.message
    assert "string to sign" not in error.message


# Whether the deadline or the time-out of the socket comes first makes other words.
_NO_ANSWER = re.compile(
    r"STS gave no usable answer: (no complete answer from sts\.aliyuncs\.com:443 within"
    r"|sts\.aliyuncs\.com:443 did not answer in time)"
)


def test_an_answer_that_never_comes_ends_with_the_deadline(services: TokenServices) -> None:
    services.answers["AssumeRole"] = Answer(hold=30, body={})
    started = time.monotonic()
    error = refusal({**KEYS, "assume_role": ROLE}, services.environ, deadline_seconds=1.0)
    assert 0.9 < time.monotonic() - started < 2.0
    assert _NO_ANSWER.search(error.message)
    assert error.retryable


def test_an_answer_in_drops_ends_with_the_deadline(services: TokenServices) -> None:
    services.answers["AssumeRole"] = Answer(body={"Credentials": keys("role")}, trickle=0.1)
    started = time.monotonic()
    error = refusal({**KEYS, "assume_role": ROLE}, services.environ, deadline_seconds=1.0)
    assert 0.9 < time.monotonic() - started < 2.0
    assert _NO_ANSWER.search(error.message)


def test_a_proxy_that_is_silent_ends_with_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = {"HTTPS_PROXY": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        started = time.monotonic()
        error = refusal({**KEYS, "assume_role": ROLE}, environ, deadline_seconds=1.0)
        assert 0.9 < time.monotonic() - started < 2.0
    where = environ["HTTPS_PROXY"].removeprefix("http://")
    assert f"STS gave no usable answer: no connection to the proxy {where} " in error.message


def test_a_proxy_with_a_password(services: TokenServices) -> None:
    proxy = services.proxy_url.replace("http://", "http://user:p%40ss@")
    resolved({**KEYS, "assume_role": ROLE, "proxy": proxy}, {"REQUESTS_CA_BUNDLE": str(services.ca_path)})
    assert services.connects[0][1]["proxy-authorization"] == "Basic dXNlcjpwQHNz"
    assert "proxy-authorization" not in services.seen[0].headers
    services.proxy_status = 407
    error = refusal({**KEYS, "assume_role": ROLE, "proxy": proxy}, {"REQUESTS_CA_BUNDLE": str(services.ca_path)})
    where = services.proxy_url.removeprefix("http://")
    assert f"the proxy {where} refused the connection to sts.aliyuncs.com:443 (it answered 407)" in error.message
    assert "p%40ss" not in error.message


def test_a_certificate_that_nobody_knows(services: TokenServices) -> None:
    params = {**KEYS, "assume_role": ROLE, "validate_certs": False}
    error = refusal(params, {"HTTPS_PROXY": services.proxy_url})
    assert "the TLS certificate of sts.aliyuncs.com:443 was not accepted" in error.message
    assert f"(through the proxy {services.proxy_url.removeprefix('http://')})" in error.message
    assert services.seen == []
    assert resolved({**params, "ca_path": str(services.ca_path)}, {"HTTPS_PROXY": services.proxy_url})


def test_no_proxy_holds(services: TokenServices) -> None:
    # Without the proxy the stand-in cannot be reached: the name is looked up for real, so keep that from happening.
    tried: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], timeout: float, **_more: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urllib3.util.connection, "create_connection", connect)
        environ = {**services.environ, "NO_PROXY": "example.com,.aliyuncs.com"}
        error = refusal({**KEYS, "assume_role": ROLE}, environ)
    assert "nothing listens at sts.aliyuncs.com:443 (connection refused)" in error.message
    assert tried == [("sts.aliyuncs.com", 443)]
    assert services.connects == []


def test_metadata_without_such_a_role(services: TokenServices) -> None:
    path = "/latest/meta-data/ram/security-credentials/studio-role"
    services.answers[path] = Answer(404, b"not found")
    error = refusal({"ecs_role_name": "studio-role"}, {})
    assert "the metadata service of this ECS instance answered 404" in error.message
    assert "attached to this ECS instance" in str(error.hint)


def test_metadata_that_is_forbidden_or_version_2_only(services: TokenServices) -> None:
    error = refusal({"ecs_role_name": "studio-role"}, {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"})
    assert "ALIBABA_CLOUD_ECS_METADATA_DISABLED" in error.message
    assert services.seen == []
    services.answers["/latest/api/token"] = Answer(403, b"")
    refusal({"ecs_role_name": "studio-role"}, {"ALIBABA_CLOUD_IMDSV1_DISABLED": "true"})
    assert services.actions == ["/latest/api/token"]


def test_metadata_that_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(address: tuple[str, int], timeout: float, **_more: object) -> socket.socket:
        assert timeout == 1.0
        raise TimeoutError

    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
    error = refusal({"ecs_role_name": "studio-role"}, {})
    words = (
        "the metadata service of this ECS instance gave no usable answer: no connection to 100.100.100.200:80 in time"
    )
    assert words in error.message


def test_an_oidc_token_file_that_is_not_there(services: TokenServices, tmp_path: Path) -> None:
    profile = {"name": "show", "mode": "OIDC", "ram_role_arn": ROLE_ARN, "oidc_provider_arn": PROVIDER_ARN}
    profile["oidc_token_file"] = str(tmp_path / "missing")
    error = refusal({"profile": "show"}, {**services.environ, **profile_home(tmp_path, profile)})
    assert f"the OIDC token file cannot be used: there is no file {tmp_path / 'missing'}" in error.message


@pytest.mark.parametrize("content", ["", " \n", "the-oidc-identity-token and more"])
def test_an_oidc_token_that_cannot_be_one(services: TokenServices, tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)
    profile = {"name": "show", "mode": "OIDC", "ram_role_arn": ROLE_ARN, "oidc_provider_arn": PROVIDER_ARN}
    profile["oidc_token_file"] = str(tmp_path / "token")
    error = refusal({"profile": "show"}, {**services.environ, **profile_home(tmp_path, profile)})
    assert f"OIDC token file {tmp_path / 'token'} {'is empty' if not content.strip() else 'holds a blank'}" in str(
        error
    )
    assert services.seen == []


def test_a_hint_speaks_of_sts_keys_only_where_one_was_used(services: TokenServices) -> None:
    services.answers["AssumeRole"] = Answer(404, {"Code": "InvalidAccessKeyId.NotFound"})
    assert "STS" not in str(refusal({**KEYS, "assume_role": ROLE}, services.environ).hint)
    temporary = {"access_key_id": "STS.rehearsal-key", "access_key_secret": "rehearsal-sts-secret"}
    params = {**temporary, "security_token": "rehearsal-token", "assume_role": ROLE}
    assert "An STS key also answers like this" in str(refusal(params, services.environ).hint)


def test_an_oidc_token_is_in_no_message(services: TokenServices, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("the-oidc-identity-token")
    environ = {
        **services.environ,
        "ALIBABA_CLOUD_ROLE_ARN": ROLE_ARN,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER_ARN,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(tmp_path / "token"),
        **profile_home(tmp_path, {"name": "show", "mode": "AK", **KEYS}),
    }
    services.answers["AssumeRoleWithOIDC"] = Answer(400, {"Code": "AuthenticationFail.OIDCToken.Expired"})
    error = refusal({}, environ)  # and never the current profile in its place
    assert "400 AuthenticationFail.OIDCToken.Expired" in error.message
    refusal({}, {**environ, "HTTPS_PROXY": "http://127.0.0.1:1"})


def test_cloud_sso_that_says_no(services: TokenServices, tmp_path: Path) -> None:
    services.answers["/cloud-credentials"] = Answer(401, {"ErrorCode": "InvalidAccessToken"})
    error = refusal({"profile": "show"}, {**services.environ, **profile_home(tmp_path, sso_profile())})
    assert "CloudSSO answered 401 InvalidAccessToken" in error.message
    assert "aliyun configure" in str(error.hint)


def test_a_credentials_uri_that_fails_is_not_shown(services: TokenServices, tmp_path: Path) -> None:
    services.answers["/credentials"] = Answer(200, {"Code": "No", "AccessKeySecret": "uri-secret"})
    uri = f"{services.plain_url}/credentials?key=uri-query-secret"
    error = refusal({}, {"HOME": str(tmp_path), "ALIBABA_CLOUD_CREDENTIALS_URI": uri})
    assert "the credentials URI did not answer in the form that it should" in error.message
    for bad in ("ftp://uri-query-secret", "uri-query-secret", "http://[uri-query-secret"):
        refusal({}, {"HOME": str(tmp_path), "ALIBABA_CLOUD_CREDENTIALS_URI": bad})


def test_a_library_that_is_too_old_or_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import alibabacloud_credentials

    monkeypatch.setattr(alibabacloud_credentials, "__version__", "1.0.8")
    error = refusal({**KEYS, "assume_role": ROLE}, {})
    assert (error.code, "alibabacloud-credentials 1.0.8 is too old; 1.0.9" in error.message) == ("MissingLibrary", True)
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials", None)
    error = refusal({**KEYS, "assume_role": ROLE}, {})
    assert (error.code, "alibabacloud-credentials is not installed" in error.message) == ("MissingLibrary", True)
    assert resolved(KEYS, {}).access_key_id == "rehearsal-key"
