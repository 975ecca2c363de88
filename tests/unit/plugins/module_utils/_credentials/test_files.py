# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands where a small file should be, it is read at once or refused in words."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._credentials.files import (
    MissingFile,
    parse_json,
    read_text,
    shown,
)
from ansible_collections.apsara.live.plugins.module_utils._credentials.keys import CredentialError
from ansible_collections.apsara.live.plugins.module_utils._credentials.options import identity_options
from ansible_collections.apsara.live.plugins.module_utils._credentials.profiles import Oidc, Role
from ansible_collections.apsara.live.plugins.module_utils._credentials.resolve import Credentials, resolve
from ansible_collections.apsara.live.plugins.module_utils._credentials.token_services import FetchOptions, fetch
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from hypothesis import given
from hypothesis import strategies as st


def resolved(params: dict[str, Any], environ: dict[str, str], **more: Any) -> Credentials:
    """Who we are by raw option values."""
    return resolve(identity_options(params), environ, **more)


ROLE = Role("acs:ram::1:role/show", "evening")


# what stands there -> how it gets there, and what is said of it
STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "is a pipe and not a regular file"),
    "directory": (Path.mkdir, "is a directory and not a regular file"),
    "socket": (lambda path: os.mknod(path, stat.S_IFSOCK | 0o600), "is a socket and not a regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a device and not a regular file"),
    "circle": (lambda path: path.symlink_to(path), "cannot be read (OSError)"),
    "huge": (lambda path: path.write_bytes(b" " * 2_000_000), "is larger than 1024 KiB"),
    "endless": (lambda path: (path.write_bytes(b""), os.truncate(path, 1 << 40)), "is larger than 1024 KiB"),
    "latin-1": (lambda path: path.write_bytes(b"schl\xfcssel"), "is not text in UTF-8"),
    "nul": (lambda path: path.write_bytes(b"[default]\0"), "holds NUL bytes"),
}


def in_time(work: Callable[[], Any]) -> BaseException:
    """What `work` raises. Whoever waits for a pipe is found out, instead of holding the tests up."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "it still waits"
    return raised[0]


def refused(params: dict[str, Any], environ: dict[str, str]) -> LiveError:
    error = in_time(lambda: resolved(params, environ))
    assert isinstance(error, LiveError), error
    assert (error.code, error.outcome) == ("NoCredentials", "refused")
    return error


@pytest.mark.parametrize(("put", "words"), STRANGE.values(), ids=STRANGE)
def test_what_stands_in_place_of_a_file_of_an_identity(
    put: Callable[[Path], object], words: str, tmp_path: Path
) -> None:
    (tmp_path / ".aliyun").mkdir()
    config, ini, token = tmp_path / ".aliyun" / "config.json", tmp_path / "my.ini", tmp_path / "token"
    put(config)
    error = refused({"profile": "show"}, {"HOME": str(tmp_path)})
    assert f"No credentials from profile show: {config} {words}" in error.message
    assert words in refused({}, {"HOME": str(tmp_path)}).message

    put(ini)
    error = refused({}, {"HOME": "/nonexistent", "ALIBABA_CLOUD_CREDENTIALS_FILE": str(ini)})
    assert f"{ini} {words}" in error.message

    put(token)
    options = FetchOptions(None, 5.0)  # type: ignore[arg-type]
    caught = in_time(lambda: fetch(Oidc(ROLE, "acs:ram::1:oidc-provider/c", str(token)), options))
    assert isinstance(caught, CredentialError)
    assert f"the OIDC token file cannot be used: {token} {words}" in caught.words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 100_000, "is nested more than 40 levels deep"),
        ('{"a":' * 50_000, "is nested more than 40 levels deep"),
        ('{"profiles": [' + "9" * 500_000 + "]}", "is not valid JSON"),
        ('{"profiles": NaN}', "is not valid JSON"),
        ('"' + '\\"' * 250_000, "is not valid JSON"),
        ("]" * 100_000, "is not valid JSON"),
    ],
    ids=["brackets", "objects", "number", "constant", "text", "ends"],
)
def test_a_config_file_that_no_parser_should_meet(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text(content, encoding="utf-8")
    assert words in refused({"profile": "show"}, {"HOME": str(tmp_path)}).message
    policy = {"role_arn": ROLE.arn, "policy": content}
    caught = in_time(lambda: resolved({"access_key_id": "k", "access_key_secret": "s", "assume_role": policy}, {}))
    assert isinstance(caught, LiveError)
    assert caught.code == "InvalidOption"


@pytest.mark.parametrize("path", ["/tmp/a\0b", "/tmp/\ud800", "/tmp/" + "x" * 5000])
def test_a_name_that_no_file_can_have(path: str) -> None:
    with pytest.raises(CredentialError) as caught:
        read_text(path)
    assert caught.value.words.isprintable()
    assert len(caught.value.words) < 400


def test_a_file_that_is_not_there_and_one_that_is_empty(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="there is no file"):
        read_text(str(tmp_path / "none"))
    (tmp_path / "bom").write_bytes(b"\xef\xbb\xbf{}")
    assert read_text(str(tmp_path / "bom")) == "{}"
    assert read_text(os.devnull) == ""


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=8))
def test_what_is_json_stays_what_it_is(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps({"brackets in a text": "[" * 100, "value": value}))["value"] == value


def test_what_a_message_can_hold() -> None:
    assert shown("/home/me/\x1b[2Jx") == "/home/me/?[2Jx"
    assert len(shown("x" * 1000)) == 303
