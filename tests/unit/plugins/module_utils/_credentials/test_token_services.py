# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proxy and which CA bundles a token service is asked with.

The requests are tested in tests/integration/test_identities.py.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ansible_collections.apsara.live.plugins.module_utils._credentials.keys import CredentialError
from ansible_collections.apsara.live.plugins.module_utils._credentials.profiles import Surroundings
from ansible_collections.apsara.live.plugins.module_utils._credentials.token_services import (
    FetchOptions,
    MissingLibrary,
    _blank_setting,
    _check_version,
    _matches_no_proxy,
    _proxy_for,
    _tls,
)

STS = "https://sts.aliyuncs.com/?Action=AssumeRole"


def proxy_for(address: str, environ: dict[str, str], proxy: str | None = None) -> str | None:
    found = _proxy_for(urlsplit(address), FetchOptions(Surroundings(environ), 1.0, proxy=proxy))
    return found.netloc if found else None


@pytest.mark.parametrize(
    ("address", "environ", "expected"),
    [
        (STS, {}, None),
        (STS, {"HTTPS_PROXY": "http://p:1"}, "p:1"),
        (STS, {"https_proxy": "p:1"}, "p:1"),
        (STS, {"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1"}, "lower:1"),
        (STS, {"HTTPS_PROXY": "", "ALL_PROXY": "http://all:1"}, "all:1"),
        (STS, {"HTTP_PROXY": "http://p:1"}, None),
        (STS, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "sts.aliyuncs.com"}, None),
        (STS, {"HTTPS_PROXY": "http://p:1", "no_proxy": "other, .aliyuncs.com"}, None),
        (STS, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("http://uri.example.com/x", {"HTTP_PROXY": "http://p:1"}, "p:1"),
        ("http://uri.example.com/x", {"HTTPS_PROXY": "http://p:1"}, None),
        # these speak for this machine only: a proxy would answer for another
        ("http://100.100.100.200/latest", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://127.0.0.1:8080/x", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://localhost/x", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://[::1]/x", {"HTTP_PROXY": "http://p:1"}, None),
    ],
)
def test_the_proxy_of_an_address(address: str, environ: dict[str, str], expected: str | None) -> None:
    assert proxy_for(address, environ) == expected


def test_the_option_comes_before_the_environment_and_leaves_metadata_alone() -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}
    assert proxy_for(STS, environ, "http://mine:2") == "mine:2"
    assert proxy_for("http://100.100.100.200/", environ, "http://mine:2") is None


@pytest.mark.parametrize("proxy", ["https://p:1", "socks5://p:1", "http://", "http://p:x", "http://p:0"])
def test_a_proxy_that_cannot_be_used_is_an_error_and_is_not_shown(proxy: str) -> None:
    with pytest.raises(CredentialError, match=r"^the proxy for token services must be an http:// address$"):
        proxy_for(STS, {}, proxy)


@pytest.mark.parametrize(
    ("host", "port", "no_proxy", "expected"),
    [
        ("a.example.com", None, "example.com", True),
        ("example.com", None, "example.com", True),
        ("example.com", None, ".example.com", True),
        ("badexample.com", None, "example.com", False),
        ("a.example.com", 8443, "example.com:8443", True),
        ("a.example.com", 443, "example.com:8443", False),
        ("10.1.2.3", None, "10.0.0.0/8", True),
        ("11.1.2.3", None, "10.0.0.0/8", False),
        ("10.1.2.3", None, "10.1.2.3", True),
        ("a.example.com", None, "", False),
        ("a.example.com", None, " , ,", False),
        ("a.example.com", None, "EXAMPLE.com", True),
    ],
)
def test_no_proxy(host: str, port: int | None, no_proxy: str, expected: bool) -> None:
    assert _matches_no_proxy(host, port, no_proxy) is expected


def test_a_ca_bundle_that_is_not_there_is_named() -> None:
    with pytest.raises(CredentialError, match=r"the CA bundle /nonexistent/ca\.pem cannot be read"):
        _tls(FetchOptions(Surroundings({"REQUESTS_CA_BUNDLE": "/nonexistent/ca.pem"}), 1.0))
    with pytest.raises(CredentialError, match=r"the CA bundle /nonexistent/mine\.pem cannot be read"):
        _tls(FetchOptions(Surroundings({}), 1.0, ca_path="/nonexistent/mine.pem"))


def test_a_ca_bundle_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for options in (
        FetchOptions(Surroundings({"SSL_CERT_FILE": str(pipe)}), 1.0),
        FetchOptions(Surroundings({"CURL_CA_BUNDLE": str(pipe)}), 1.0),
        FetchOptions(Surroundings({}), 1.0, ca_path=str(pipe)),
    ):
        with pytest.raises(CredentialError, match=r"the CA bundle .*/pipe is a pipe and not a regular file"):
            _tls(options)


@pytest.mark.parametrize("version", ["1.0.9", "1.0.12", "1.1", "2.0.0"])
def test_versions_that_will_do(version: str) -> None:
    _check_version(version)


@pytest.mark.parametrize("version", ["", "0.3.6", "1.0.0", "1.0.8"])
def test_versions_that_install_signal_handlers_are_refused(version: str) -> None:
    with pytest.raises(MissingLibrary, match=r"too old; 1\.0\.9 or newer"):
        _check_version(version)


def test_settings_that_the_library_compares_as_text_stay_text() -> None:
    names = ("environment_cli_profile_disabled", "environment_enable_vpc", "environment_imds_v1_disabled")
    assert {_blank_setting(name) for name in names} == {"false"}
    assert _blank_setting("environment_role_arn") is None
    assert _blank_setting("enable_oidc_credential") is False
