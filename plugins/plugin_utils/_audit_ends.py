# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Of the lines of the audit those that say what became of a task. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import _audit

_KILLED = (
    "The task began, and no end of it is recorded: it was killed or interrupted, or it still runs. Look at the studio."
)
_BACKGROUND = "It went on in the background, and no async_status told how it ended. Look at the studio."

# Two lines with the same values are one. A program that ships logs adds keys of its own to some of its copies.
_SAME = ("run", "number", "event", "time", "host", "caster_id", "outcome", "request_id")

Line = Mapping[str, Any]


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Lines of one file or several, and of several processes: the time orders them. What is saved twice counts once."""
    unique = {tuple(str(line.get(key)) for key in _SAME): line for line in lines}
    return sorted(unique.values(), key=lambda line: line["moment"])


def happened(line: Line) -> bool:
    """Whether a line belongs to the show. Check mode changes nothing, but roles judge in it what they do afterwards."""
    refused = line.get("outcome") in (_audit.REFUSED, _audit.FAILED)
    return not line.get("check_mode") or (refused and not line.get("dry_run"))


def ends(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines that say what became of a task, or of one item or attempt of it."""
    ended = {_task(line) for line in lines if line["event"] == _audit.ENDED}
    came_back = {line.get("job") for line in lines if line.get("outcome") != _audit.STARTED}
    for line in lines:
        became = line.get("outcome")
        if line["event"] == _audit.BEGUN:
            if _task(line) not in ended:
                yield {**line, "outcome": became or _audit.UNCONFIRMED, "reason": _KILLED}
        elif became == _audit.STARTED:
            if line.get("job") not in came_back:
                yield {**line, "outcome": _audit.UNCONFIRMED, "reason": _BACKGROUND}
        elif became not in (None, _audit.SKIPPED):
            yield line


def _task(line: Line) -> tuple[Any, Any]:
    return line["run"], line["number"]
