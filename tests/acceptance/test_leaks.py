# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way to fail, through a real ansible-playbook at -vvvv: what is printed, returned, logged and left behind.

None of it may hold a secret, a token, an Authorization header, a signature, a proxy password or a request URL. The
signatures and URLs are the real ones, noted by the services that received them.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.reply import Reply
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.request import Request
from ansible_collections.apsara.live.tests.support import studios
from ansible_collections.apsara.live.tests.support.playbook import LOCAL, ROOT, PlayRun, run_playbook
from ansible_collections.apsara.live.tests.support.token_services import ALL_SECRETS, Answer, TokenServices

_PROXY_PASSWORD = "hunted-proxy-password"
_ENDPOINT_PASSWORD = "hunted-endpoint-password"
_WRONG_SECRET = "hunted-wrong-secret"
_SECRETS = (*ALL_SECRETS, _PROXY_PASSWORD, _ENDPOINT_PASSWORD, _WRONG_SECRET)
_PATTERNS = (r"ACS3-HMAC-SHA256 Credential", r"Signature=\w", r"[?&](CasterId|FromSceneId|SceneId|Action)=")
_KEY = {"access_key_id": "{{ key_id }}", "access_key_secret": "{{ key_secret }}"}
_ROLE = {"role_arn": "acs:ram::1000000000000001:role/show-operator"}
# Written by the test itself and read by Ansible.
_INPUTS = re.compile(r"extra-vars-\d+\.json|identity|authority\.pem")

# Runs in every Python of the play: what a module sends to syslog goes to a file instead.
_SITECUSTOMIZE = """
import os, sys, syslog
def _write(*arguments):
    with open(os.environ["LEAK_HUNT_SYSLOG"], "a", encoding="utf-8") as stream:
        stream.write(str(arguments[-1]) + "\\n")
syslog.syslog = _write
sys.modules["systemd"] = None
"""


class _Recorder(Emulator):
    """An emulator that notes what it was sent and nobody else may see."""

    def _answer(self, request: Request) -> Reply:
        _HEARD.add(request.header("authorization"))
        _HEARD.add(request.header("authorization").rpartition("Signature=")[2])
        _HEARD.add(request.query)
        _HEARD.add(request.header("x-acs-security-token"))
        return super()._answer(request)


_HEARD: set[str] = set()


@dataclass
class _Hunt:
    """One run of the play with what it left behind."""

    run: PlayRun
    directory: Path
    logged: str
    places: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Path:
    """One way to fail: the options of the task, the code it must end with, and what the task's environment adds."""

    code: str
    options: dict[str, Any]
    module: str = "caster_scene_config_copy"
    environment: dict[str, str] = field(default_factory=dict)


def _document() -> dict[str, Any]:
    document = studios.document()
    document["account"]["access_keys"] += [
        {"id": f"STS.{name}", "secret": f"{name}-secret", "security_token": f"{name}-token"}
        for name in ("role", "oidc", "uri")
    ]
    return document


def _paths(stack: ExitStack, services: TokenServices, directory: Path) -> dict[str, _Path]:
    def service(*faults: dict[str, Any], **options: Any) -> str:
        return stack.enter_context(_Recorder(_document(), faults=list(faults), **options)).endpoint

    lost = {"kind": "lost_answer", "action": "CopyCasterSceneConfig", "times": 0}
    ids = {"from_scene_id": studios.PVW, "to_scene_id": studios.PGM, "check_first": False}
    denied = service({"kind": "ram_denial", "times": 0})
    sts = {"access_key_id": "STS.rehearsal-key", "access_key_secret": "{{ sts_secret }}"}
    # To load the library that fetches keys takes a second or more.
    patient = {"api_deadline": 30}
    fetching = services.environ
    (directory / "identity").write_text("the-oidc-identity-token", encoding="utf-8")
    oidc = {
        **fetching,
        "ALIBABA_CLOUD_ROLE_ARN": _ROLE["role_arn"],
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "acs:ram::1000000000000001:oidc-provider/cluster",
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(directory / "identity"),
    }
    wrong = {"access_key_id": "{{ key_id }}", "access_key_secret": "{{ wrong_secret }}"}
    return {
        "signature mismatch": _Path("SignatureDoesNotMatch", {**wrong, "endpoint": service()}),
        "RAM denial": _Path("Forbidden.RAM", {**_KEY, "endpoint": denied}),
        "RAM denial of a reading": _Path("Forbidden.RAM", {**_KEY, "endpoint": denied}, "caster_scene_info"),
        "expired token": _Path(
            "InvalidSecurityToken.Expired",
            {**sts, "security_token": "{{ token }}", "endpoint": service({"kind": "expired_token"})},
        ),
        "throttled to the deadline": _Path(
            "Throttling.User", {**_KEY, "endpoint": service({"kind": "throttle", "times": 0})}
        ),
        "reset": _Path("DeadlineExceeded", {**_KEY, "endpoint": service({"kind": "reset_before", "times": 0})}),
        "502": _Path("DeadlineExceeded", {**_KEY, "endpoint": service({"kind": "bad_gateway", "times": 0})}),
        "not JSON": _Path("InvalidAnswer", {**_KEY, "endpoint": service({"kind": "not_json", "times": 0})}),
        "redirect": _Path("InvalidAnswer", {**_KEY, "endpoint": service({"kind": "redirect"})}),
        "clocks differ": _Path("InvalidTimeStamp.Expired", {**_KEY, "endpoint": service({"kind": "skewed_clock"})}),
        "unknown certificate": _Path("ConnectionFailed", {**_KEY, "endpoint": service(ssl_context=_strange_tls())}),
        "bad proxy": _Path(
            "ConnectionFailed",
            {**_KEY, "endpoint": "https://live.example.com", "proxy": "{{ proxy_with_password }}"},
        ),
        "unusable proxy": _Path("InvalidOption", {**_KEY, "proxy": "{{ unusable_proxy }}"}),
        "unknown outcome": _Path("ConnectionFailed", {**_KEY, **ids, "endpoint": service(lost)}),
        "unknown outcome of a stop": _Path(
            "DeadlineExceeded",
            {
                **_KEY,
                "endpoint": service({**lost, "action": "StopCasterScene"}),
                "check_first": False,
                "scene_id": studios.PVW,
            },
            "caster_scene_stop",
        ),
        "invalid option": _Path("InvalidOption", {**_KEY, "api_deadline": -1}),
        "password in the endpoint": _Path("InvalidOption", {**_KEY, "endpoint": "{{ endpoint_with_password }}"}),
        "half a key": _Path("InvalidOption", {"access_key_secret": "{{ key_secret }}"}),
        "no identity": _Path("NoCredentials", {"endpoint": denied}),
        "no such profile": _Path("NoCredentials", {"profile": "nobody", "endpoint": denied}),
        "a role that STS refuses": _Path(
            "NoCredentials", {**wrong, **patient, "assume_role": _ROLE, "endpoint": denied}, environment=fetching
        ),
        "a fetched role that is denied": _Path(
            "Forbidden.RAM", {**_KEY, **patient, "assume_role": _ROLE, "endpoint": denied}, environment=fetching
        ),
        "a fetched OIDC identity that is denied": _Path(
            "Forbidden.RAM", {**patient, "endpoint": denied}, environment=oidc
        ),
        "a fetched key that is denied": _Path(
            "Forbidden.RAM",
            {**patient, "endpoint": denied},
            environment={"ALIBABA_CLOUD_CREDENTIALS_URI": f"{services.plain_url}/credentials"},
        ),
        "a credentials service in trouble": _Path(
            "NoCredentials",
            {**patient, "endpoint": denied},
            environment={"ALIBABA_CLOUD_CREDENTIALS_URI": f"{services.plain_url}/broken"},
        ),
    }


def _strange_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


_VARS = {
    "key_id": "rehearsal-key",
    "key_secret": "rehearsal-secret",
    "sts_secret": "rehearsal-sts-secret",
    "token": "rehearsal-token",
    "wrong_secret": _WRONG_SECRET,
    "proxy_with_password": f"http://operator:{_PROXY_PASSWORD}@127.0.0.1:9",
    "unusable_proxy": f"socks5://operator:{_PROXY_PASSWORD}@127.0.0.1:9",
    "endpoint_with_password": f"https://operator:{_ENDPOINT_PASSWORD}@live.example.com",
}


def _inventory(paths: dict[str, _Path]) -> dict[str, Any]:
    """One host for each path, in a group for each module, so that they run side by side."""
    common = {"caster_id": studios.CASTER, "api_deadline": 1.5, "read_timeout": 0.5}
    groups: dict[str, Any] = {}
    for name, path in paths.items():
        hosts = groups.setdefault(path.module, {"hosts": {}, "vars": LOCAL})["hosts"]
        hosts[_host(name)] = {"options": {**common, **path.options}, "around": path.environment}
    return groups


def _host(name: str) -> str:
    return name.replace(" ", "_")


def _plays(paths: dict[str, _Path], no_log: bool) -> list[dict[str, Any]]:
    plays = []
    for module in {path.module: None for path in paths.values()}:
        used = {option: None for path in paths.values() if path.module == module for option in path.options}
        options = {option: f"{{{{ options.{option} | default(omit) }}}}" for option in [*used, "caster_id"]}
        limits = {option: f"{{{{ options.{option} }}}}" for option in ("api_deadline", "read_timeout")}
        task = {
            "name": f"Fail with {module}",
            f"apsara.live.{module}": {**options, **limits},
            "ignore_errors": True,
            "no_log": no_log,
            "environment": "{{ around }}",
        }
        plays.append({"hosts": module, "gather_facts": False, "tasks": [task]})
    return plays


@pytest.fixture(scope="module", params=[False, True], ids=["log", "no_log"])
def hunt(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Hunt]:
    """All paths in one play."""
    directory = tmp_path_factory.mktemp("hunt")
    outside = tmp_path_factory.mktemp("outside")
    (outside / "sitecustomize.py").write_text(_SITECUSTOMIZE, encoding="utf-8")
    (outside / "syslog").touch()
    _HEARD.clear()
    with ExitStack() as stack:
        services = stack.enter_context(TokenServices(outside))
        services.answers["/broken"] = Answer(502, "<html>uri-query-secret</html>")
        paths = _paths(stack, services, outside)
        run = run_playbook(
            _plays(paths, request.param),
            directory,
            inventory=_inventory(paths),
            extra_vars=_VARS,
            environ={
                "ANSIBLE_LOG_PATH": str(directory / "ansible.log"),
                "ANSIBLE_LOCAL_TEMP": str(directory / "local"),
                "ANSIBLE_REMOTE_TEMP": str(directory / "remote"),
                "ANSIBLE_KEEP_REMOTE_FILES": "0",
                "ANSIBLE_NO_TARGET_SYSLOG": "false",
                "DEBUG": "sdk",
                "LEAK_HUNT_SYSLOG": str(outside / "syslog"),
                "PYTHONPATH": f"{outside}:{ROOT / '.cache' / 'collections'}",
            },
            args=["-vvvv", "--forks", "6"],
            timeout=240,
        )
    found = _Hunt(run, directory, (outside / "syslog").read_text(encoding="utf-8"))
    found.places = {"stdout": run.stdout, "stderr": run.stderr, "syslog": found.logged, "results": repr(run.tasks)}
    found.places |= {
        str(path.relative_to(directory)): path.read_bytes().decode(errors="replace")
        for path in directory.rglob("*")
        if path.is_file() and not _INPUTS.fullmatch(path.name)
    }
    if not request.param:
        _check_paths(run, paths)
    else:
        assert len(run.tasks) == len(paths)
        assert {task.status for task in run.tasks} == {"ignored"}
    yield found


def _check_paths(run: PlayRun, paths: dict[str, _Path]) -> None:
    """Each path failed in the way it is named for; otherwise the hunt is in the wrong wood."""
    codes = {task.host: task.result.get("error", {}).get("code", task.result.get("msg")) for task in run.tasks}
    assert codes == {_host(name): path.code for name, path in paths.items()}


def test_nothing_leaks(hunt: _Hunt) -> None:
    heard = {text for text in _HEARD if len(text) > 8}
    assert len(heard) > 20
    leaks = {(place, secret) for place, text in hunt.places.items() for secret in {*_SECRETS, *heard} if secret in text}
    assert not leaks


def test_no_request_is_shown(hunt: _Hunt) -> None:
    leaks = {
        (place, found.group())
        for place, text in hunt.places.items()
        for pattern in _PATTERNS
        for found in re.finditer(pattern, text)
    }
    assert not leaks


def test_the_hunt_looked_everywhere(hunt: _Hunt) -> None:
    """The log of the modules, the log of Ansible and the output are there and speak of the tasks."""
    assert "ansible.log" in hunt.places
    assert "[signature_mismatch]" in hunt.places["stdout"]
    assert "[signature_mismatch]" in hunt.places["ansible.log"]
    assert "Traceback" not in hunt.run.output


def test_modules_log_their_options_without_secrets(hunt: _Hunt) -> None:
    lines = hunt.logged.splitlines()
    if any("NOT_LOGGING_PARAMETER" in line for line in lines):
        assert any("access_key_id=rehearsal-key" in line for line in lines)
    else:
        # With no_log Ansible keeps the whole line to itself.
        assert not any("caster_id" in line for line in lines)


def test_no_files_are_left_behind(hunt: _Hunt) -> None:
    expected = re.compile(
        r"ansible\.log|home/ansible\.cfg|playbook-\d+\.yml|inventory\.yml|extra-vars-\d+\.json|results-\d+\.jsonl"
    )
    # The pace of calls: times only.
    pace = re.compile(r"home/apsara\.live-\d+/[0-9a-f]{20}-[A-Za-z]+")
    left = {
        str(path.relative_to(hunt.directory))
        for path in hunt.directory.rglob("*")
        if path.is_file() and not pace.fullmatch(str(path.relative_to(hunt.directory)))
    }
    assert {name for name in left if not expected.fullmatch(name)} == set()
