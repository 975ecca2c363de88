# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Checks of ids and codes in answers. They have an alphabet; anything else may be an echo.

An answer may repeat what was sent, with the signature in it, wherever it has room: also where an id or a code belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

# What stands in the place of something that must not be shown.
MASK = "********"

# Hexadecimal digits and dashes, or letters and digits. A signature has 64 signs, a secret key is known by its value.
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,50}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# A secret of fewer signs stands in words by chance.
_SHORT = 4


def request_id(value: Any, secrets: Iterable[str]) -> str | None:
    """The request id in an answer; None when there is none, and the mask when it is something else."""
    text = _word(value)
    if not text:
        return None
    return text if is_request_id(text) and not holds(text, secrets) else MASK


def is_request_id(text: str) -> bool:
    """Whether a text is written as request ids are."""
    return _REQUEST_ID.fullmatch(text) is not None


def error_code(value: Any, secrets: Iterable[str]) -> str | None:
    """The error code in an answer; empty when there is none, and None when something else stands in its place."""
    if value is None or value == "":
        return ""
    text = _word(value)
    return text if _CODE.fullmatch(text) and not holds(text, secrets) else None


def _word(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def holds(text: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets is in a text."""
    return any(text == secret or (len(secret) >= _SHORT and secret in text) for secret in secrets)
