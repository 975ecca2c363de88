# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Small files of somebody else, read at once or refused, whatever stands in their place."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import Any

from .keys import CredentialError

# Profiles and tokens have some kilobytes. What is far larger is another file.
_LARGEST = 1024 * 1024
# A profile with a policy in it has about six levels. Python's own limit is another one in every version.
_DEEPEST = 40
_LONGEST_NUMBER = 40
_LONGEST_SHOWN = 300

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# A text, perhaps without its end, or a bracket. No part of it can match in two ways, so it takes one pass.
_TEXT_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


class MissingFile(CredentialError):
    """There is no file of this name."""


def read_text(path: str) -> str:
    """Return the text of a regular file of at most a megabyte, in UTF-8. Raises CredentialError, MissingFile.

    Never waits: what a pipe or a device holds may never come.
    """
    try:
        data = _read(path)
    except FileNotFoundError:
        raise MissingFile(f"there is no file {shown(path)}") from None
    except OSError as error:
        raise CredentialError(f"{shown(path)} cannot be read ({type(error).__name__})") from None
    except ValueError:  # a NUL byte or half a surrogate pair
        raise CredentialError(f"{shown(path)} is no name of a file") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CredentialError(f"{shown(path)} is not text in UTF-8") from None
    if "\0" in text:
        raise CredentialError(f"{shown(path)} holds NUL bytes, which no text does")
    return text


def _read(path: str) -> bytes:
    if path == os.devnull:  # how people say that there is none
        return b""
    # To open a device may do something, and to open a pipe waits for whoever writes to it.
    _check_kind(path, os.stat(path))
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _check_kind(path, os.fstat(descriptor))
        pieces: list[bytes] = []
        left = _LARGEST + 1
        while left > 0:
            piece = os.read(descriptor, left)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            left -= len(piece)
    finally:
        os.close(descriptor)
    raise CredentialError(f"{shown(path)} is larger than {_LARGEST // 1024} KiB, so it is another file")


def _check_kind(path: str, status: os.stat_result) -> None:
    kind = _kind(status.st_mode)
    if kind:
        raise CredentialError(f"{shown(path)} is {kind} and not a regular file")


def kind_in_place(path: str) -> str | None:
    """Say what stands where a file should be, in words such as "a pipe"; None for a regular file or nothing."""
    try:
        return _kind(os.stat(path).st_mode)
    except (OSError, ValueError):
        return None


def _kind(mode: int) -> str | None:
    return next((words for fits, words in _KINDS if fits(mode)), None)


def parse_json(text: str) -> Any:
    """Read JSON that is nested no deeper than it can be for a purpose of ours. Raises ValueError with an end of a
    sentence that shows nothing of the text.
    """
    depth = 0
    for match in _TEXT_OR_BRACKET.finditer(text):
        sign = match.group()
        depth += (sign in ("[", "{")) - (sign in ("]", "}"))
        if depth > _DEEPEST:
            raise ValueError(f"nested more than {_DEEPEST} levels deep")
    try:
        return json.loads(text, parse_int=_whole, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError("not valid JSON") from None


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError
    return int(digits)


def _no_constant(_name: str) -> Any:
    raise ValueError


def shown(value: str) -> str:
    """Return a path or another word from outside as a message can hold it: printable, and not endless."""
    text = "".join(character if character.isprintable() else "?" for character in value[: _LONGEST_SHOWN + 1])
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
