# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The studios as they are, and as a read sees them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from . import rules
from .responses import Body
from .studios import Document, Studio, patch
from .variants import Variants

# (monotonic time from which a reading shows it, the studio)
_Shown = tuple[float, Studio]


class Store:
    """The studios of one account, safe for threads."""

    def __init__(self, account_id: str, studios: Iterable[Studio], variants: Variants) -> None:
        self._account_id = account_id
        self._initial = tuple(studios)
        self._variants = variants
        self._lock = threading.Lock()
        self._history: dict[str, list[_Shown]] = {}
        self.reset()

    def reset(self) -> None:
        """Everything back to the beginning."""
        with self._lock:
            self._history = {studio.caster_id: [(float("-inf"), studio)] for studio in self._initial}

    def call(self, action: str, parameters: Mapping[str, str], now: float, tick: float) -> tuple[Body, bool]:
        """Carry one operation out: its answer and whether a studio changed.

        Raises Refusal.
        """
        with self._lock:
            if action == "DescribeCasters":
                own = [self._shown(history, tick) for history in self._history.values()]
                own = [studio for studio in own if studio.owner in (None, self._account_id)]
                return rules.describe_casters(own, parameters, now), False
            history = self._find(parameters["CasterId"])
            before = self._shown(history, tick) if action in rules.DELAYED_READS else history[-1][1]
            after, body = rules.carry_out(action, rules.Turn(before, parameters, self._variants, now))
            changed = after is not before
            if changed:
                self._remember(history, after, tick)
            return body, changed

    def edit(self, caster_id: str, changes: Any, now: float, tick: float) -> Document:
        """What another operator does: a change as in a studios file, shown at once.

        Raises ValueError with a sentence for what does not exist.
        """
        with self._lock:
            if caster_id not in self._history:
                raise ValueError(f"There is no studio {caster_id}.")
            history = self._history[caster_id]
            studio = patch(history[-1][1], changes, now)
            history[:] = [(tick, studio)]
            return studio.as_dict()

    def as_list(self) -> list[Document]:
        """The studios as they really are, in the form of a studios file."""
        with self._lock:
            return [history[-1][1].as_dict() for history in self._history.values()]

    def _find(self, caster_id: str) -> list[_Shown]:
        history = self._history.get(caster_id)
        if history is None:
            raise rules.RULES["caster_unknown"].refusal(self._variants)
        if history[-1][1].owner not in (None, self._account_id):
            raise rules.RULES["caster_foreign"].refusal(self._variants)
        return history

    def _remember(self, history: list[_Shown], studio: Studio, tick: float) -> None:
        history.append((tick + self._variants.delay, studio))
        # What was shown before the present moment's version is never needed again.
        current = max(index for index, (since, _unused) in enumerate(history) if since <= tick)
        del history[:current]

    @staticmethod
    def _shown(history: list[_Shown], tick: float) -> Studio:
        visible = [studio for since, studio in history if since <= tick]
        return visible[-1] if visible else history[0][1]
