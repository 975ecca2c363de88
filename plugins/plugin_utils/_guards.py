# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The guards of a take in one line. Pure: the present moment comes in as an argument."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from ..module_utils._studio.cue import parse_moment, span

_KEYS = ("layout_id", "component_ids", "empty", "fingerprint")
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})$")


def guards_of(options: Mapping[str, Any], now: float) -> str:
    """One line about the options `expect` and `at` of a take, and `expect_preview` where something is expected.

    `now` is in seconds since the epoch.
    """
    said = [f"Expectation: {_expectation(options.get('expect'), 'program')}."]
    if options.get("expect_preview"):
        said.append(f"Expected preview: {_expectation(options['expect_preview'], 'preview')}.")
    return " ".join([*said, f"Cue: {_cue(options.get('at'), now)}."])


def _expectation(expect: Any, bus: str) -> str:
    """What a scene must show; an expectation without content is none."""
    if not expect:
        return "none"
    if not isinstance(expect, Mapping):
        return f"{expect!r}, which cannot be read"
    said = []
    if expect.get("layout_id"):
        said.append(f"layout {expect['layout_id']}")
    components = expect.get("component_ids")
    if components is not None and components != "":
        names = [components] if isinstance(components, str) else list(components)
        said.append(f"components {', '.join(map(str, names))}" if names else "no components")
    empty = expect.get("empty")
    if empty is not None and empty != "":
        said.append(f"an empty {bus}" if _is_true(empty) else f"a {bus} that is not empty")
    if expect.get("fingerprint"):
        said.append(f"fingerprint {expect['fingerprint']}")
    said += [f"{key}, which is none of its keys" for key in expect if key not in _KEYS]
    return ", ".join(said) or "none"


def _cue(at: Any, now: float) -> str:
    text = at.isoformat() if isinstance(at, datetime) else str("" if at is None else at).strip()
    if not text:
        return "none, the take goes at once"
    try:
        moment = parse_moment(text)
    except ValueError:
        return f"{text}, which cannot be read"
    zone = _zone(text)
    there, today = datetime.fromtimestamp(moment, zone), datetime.fromtimestamp(now, zone)
    shown = there.strftime("%H:%M:%S") + (f".{there.microsecond:06d}".rstrip("0") if there.microsecond else "")
    if there.date() != today.date():
        shown = f"{there.date().isoformat()} {shown}"
    name = _OFFSET.search(text)
    away = f"in {span(moment - now)}" if moment >= now else f"{span(now - moment)} ago"
    return f"{shown} {name.group() if name else 'UTC'}, {away}"


def _zone(text: str) -> timezone:
    match = _OFFSET.search(text)
    if match is None:
        return timezone.utc
    offset = timedelta(hours=int(match.group(2)), minutes=int(match.group(3)))
    return timezone(offset if match.group(1) == "+" else -offset)


def _is_true(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).strip().lower() in ("true", "yes", "on", "1", "y", "t")
