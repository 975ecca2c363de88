# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator that remembers every reading and every change of its studios, in order: what a judge needs to know.

The journal says which requests came. This says what each of them saw, what it did, and what others did in between.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...plugins.module_utils._api.operations import OPERATIONS
from ...plugins.plugin_utils._emulator import Emulator
from .quiet_port import quiet

READ, WRITE, EDIT = "read", "write", "edit"

# As in a studios file.
Studio = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """One reading or change of a studio, at `at` seconds since the epoch.

    `nonce` is that of the request, also of an edit that came right after its answer; an edit by hand has none. `shown`
    is what a reading showed; `before` and `after` are the studio as it really was. `effect`: the studio was changed.
    """

    at: float
    kind: str
    action: str
    caster_id: str
    nonce: str
    before: Studio
    after: Studio
    shown: Studio | None = None
    effect: bool = False


class WitnessedEmulator(Emulator):
    """The emulator with a record of what happened to its studios."""

    def __init__(self, studios: Mapping[str, Any] | None = None, **options: Any) -> None:
        self._asking = threading.local()
        self._order = threading.RLock()
        self._events: list[Event] = []
        super().__init__(studios, **options)
        self._call, self._edit = self._store.call, self._store.edit
        # The service has the same store.
        self._store.call = self._witness_call  # type: ignore[method-assign]
        self._store.edit = self._witness_edit  # type: ignore[method-assign]

    def events(self, caster_id: str | None = None) -> list[Event]:
        """What happened to all studios, or to one, oldest first."""
        with self._order:
            return [event for event in self._events if caster_id in (None, event.caster_id)]

    def studio(self, caster_id: str) -> dict[str, Any]:
        """A studio as it really is."""
        return next(studio for studio in self.state() if studio["caster_id"] == caster_id)

    def _answer(self, request: Any) -> Any:
        self._asking.nonce = request.header("x-acs-signature-nonce")
        return super()._answer(request)

    def _witness_call(self, action: str, parameters: Mapping[str, str], now: float, tick: float) -> Any:
        caster_id = parameters.get("CasterId", "")
        with self._order:
            before, shown = self._really(caster_id), self._shown(caster_id, tick)
            body, effect = self._call(action, parameters, now, tick)
            if OPERATIONS[action].writes:
                self._note(WRITE, action, caster_id, before, effect=effect)
            else:
                self._note(READ, action, caster_id, before, shown=shown)
            return body, effect

    def _witness_edit(self, caster_id: str, changes: Any, now: float, tick: float) -> Any:
        with self._order:
            before = self._really(caster_id)
            studio = self._edit(caster_id, changes, now, tick)
            self._note(EDIT, "", caster_id, before)
            return studio

    def _note(self, kind: str, action: str, caster_id: str, before: Studio, **more: Any) -> None:
        nonce = getattr(self._asking, "nonce", "")
        after = self._really(caster_id)
        self._events.append(Event(time.time(), kind, action, caster_id, nonce, before, after, **more))

    def _really(self, caster_id: str) -> Studio:
        history = self._store._history.get(caster_id)
        return history[-1][1].as_dict() if history else {}

    def _shown(self, caster_id: str, tick: float) -> Studio:
        history = self._store._history.get(caster_id)
        return self._store._shown(history, tick).as_dict() if history else {}


def witnessed(studios: Any, **options: Any) -> WitnessedEmulator:
    """Such an emulator on a port that nobody else takes while it refuses connections."""
    return quiet(WitnessedEmulator, studios, **options)


def scene_of(studio: Studio, scene_id: str) -> Mapping[str, Any]:
    """One scene of a studio as it really is."""
    return next(scene for scene in studio["scenes"] if scene["scene_id"] == scene_id)
