# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ids and codes of an answer are taken for what they should be."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.names import MASK, error_code, holds, request_id

SECRETS = ("rehearsal-secret", "abc", "f" * 64)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("4D6A0F2B-3C1E-5A77-9B10-0123456789AB", "4D6A0F2B-3C1E-5A77-9B10-0123456789AB"),
        (" 0a1b2c3d4e5f60718293a4b5c6d7e8f9\n", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
        ("x" * 50, "x" * 50),
        (12, "12"),
        (None, None),
        ("", None),
        (" ", None),
        (True, None),
        ({"a": 1}, None),
        ("x" * 51, MASK),
        ("f" * 64, MASK),
        ("two words", MASK),
        ("a=b", MASK),
        ("abc", MASK),
        ("abcd", "abcd"),
        ("x-rehearsal-secret-y", MASK),
        ("\u0661\u0662", MASK),
    ],
)
def test_a_request_id(value: Any, shown: str | None) -> None:
    assert request_id(value, SECRETS) == shown


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("InvalidCaster.NotFound", "InvalidCaster.NotFound"),
        ("InvalidDomain.Configure_failed ", "InvalidDomain.Configure_failed"),
        ("200", "200"),
        (200, "200"),
        ("x" * 100, "x" * 100),
        (None, ""),
        ("", ""),
        ("x" * 101, None),
        ("ACS3-HMAC-SHA256 Credential=key", None),
        ("rehearsal-secret", None),
        ("Line\nbreak", None),
        (["x"], None),
        (True, None),
    ],
)
def test_an_error_code(value: Any, code: str | None) -> None:
    assert error_code(value, SECRETS) == code


def test_a_short_secret_is_found_only_alone() -> None:
    assert holds("abc", SECRETS)
    assert not holds("abcdef", SECRETS)
    assert holds("xx rehearsal-secret", SECRETS)
    assert not holds("anything", ())
