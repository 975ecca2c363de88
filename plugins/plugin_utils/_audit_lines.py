# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Finds the lines of the audit in a text. Pure.

The text may be the audit file, or any log that the lines went through. What writes logs puts a time before each line,
or packs the line into JSON of its own, once or several times, or writes the keys of a line in another order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from . import _audit

# The key of every line. Packed into a string of JSON, its quotes have backslashes before them.
_MARKED = re.compile(r'\\*"audit\\*"\s*:\s*\d')
_BEGINS = re.compile(r'[{\["]')
# Nesting that begins here. What is too deep to be read is passed over as a whole, or a broken log takes minutes.
_OPENED = "[{ \t"
_DECODER = json.JSONDecoder()
_TEXTS = ("run", "event", "by", "host", "action")
_NUMBERS = ("api_calls", "attempts", "throttled")
_OUTCOMES = (*_audit.OUTCOMES, None)


def find(text: str) -> tuple[list[dict[str, Any]], int]:
    """The lines of the audit, with `moment` from their time, and how many there are that cannot be read."""
    found: list[dict[str, Any]] = []
    unreadable = 0
    for raw in text.split("\n"):
        if not _MARKED.search(raw):
            continue
        lines = [_judged(line) for line in _documents(raw)]
        found += [line for line in lines if line]
        unreadable += sum(1 for line in lines if not line) or (not lines)
    return found, unreadable


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """Every line of the audit in a text, as it was written. What is around it is passed over."""
    position = 0
    while begins := _BEGINS.search(text, position):
        try:
            value, position = _DECODER.raw_decode(text, begins.start())
        except RecursionError:
            deep = len(text) - len(text[begins.start() :].lstrip(_OPENED))
            position = max(begins.end(), deep - 1)
        except ValueError:
            position = begins.end()
        else:
            yield from _within(value)


def _within(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("audit"), int):
            yield value
            return
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from _within(entry)
    elif isinstance(value, str) and _MARKED.search(value):
        for line in value.split("\n"):
            yield from _documents(line)


def _judged(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """A line with its moment; None when it is none that a report can use."""
    try:
        moment = datetime.fromisoformat(line["time"])
    except (KeyError, TypeError, ValueError):
        return None
    right = (
        moment.tzinfo is not None
        and all(isinstance(line.get(key), str) for key in _TEXTS)
        and isinstance(line.get("number"), int)
        and line.get("outcome") in _OUTCOMES
        and all(isinstance(line.get(key) or 0, int) for key in _NUMBERS)
        and all(_is_scene(line.get(key)) for key in ("before", "after"))
        and isinstance(line.get("awx") or {}, Mapping)
    )
    return {**line, "moment": moment} if right else None


def _is_scene(value: Any) -> bool:
    if value is None:
        return True
    ids = value.get("component_ids") if isinstance(value, Mapping) else 0
    return ids is None or (isinstance(ids, list) and all(isinstance(one, str) for one in ids))
