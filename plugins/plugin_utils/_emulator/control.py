# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The unsigned control path for tests and operators, in plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote

from . import responses
from .reply import Reply
from .request import Request

PREFIX = "/_emulator/"


class Controlled(Protocol):
    """What the control path can do."""

    def journal(self) -> list[dict[str, Any]]:
        """All entries."""

    def state(self) -> list[dict[str, Any]]:
        """The studios as they are."""

    def add_faults(self, rules: Any) -> None:
        """Add fault rules."""

    def reset(self) -> None:
        """Back to the beginning."""

    def set_read_only(self, read_only: bool) -> None:
        """Refuse writes, or not."""

    def edit(self, caster_id: str, changes: Any) -> dict[str, Any]:
        """Change a studio from outside."""

    def request_stop(self) -> None:
        """Ask for the end."""


def answer(request: Request, emulator: Controlled, now: float) -> Reply:
    """Answer one request on the control path."""
    try:
        status, body = _act(request, emulator)
    except ValueError as error:
        status, body = 400, {"error": str(error)}
    return Reply(status, responses.encode(body), now)


def _act(request: Request, emulator: Controlled) -> tuple[int, Any]:
    name = unquote(request.path[len(PREFIX) :])
    if request.method == "GET":
        if name == "journal":
            return 200, {"entries": emulator.journal()}
        if name == "studios":
            return 200, {"studios": emulator.state()}
    if request.method == "POST":
        if name.startswith("studios/"):
            return 200, emulator.edit(name.removeprefix("studios/"), _json(request))
        action = _actions(request, emulator).get(name)
        if action is not None:
            action()
            return 200, {}
    return 404, {"error": f"There is no {request.method} {request.path} here."}


def _actions(request: Request, emulator: Controlled) -> dict[str, Callable[[], None]]:
    return {
        "faults": lambda: emulator.add_faults(_json(request)),
        "reset": emulator.reset,
        "read-only": lambda: emulator.set_read_only(_read_only(_json(request))),
        "stop": emulator.request_stop,
    }


def _read_only(document: Any) -> bool:
    value = document.get("read_only") if isinstance(document, dict) else None
    if not isinstance(value, bool):
        raise ValueError("read_only must be true or false.")
    return value


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        raise ValueError("The body must be JSON.") from None
