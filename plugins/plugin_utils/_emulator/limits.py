# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. QPS limits: a sliding window of one second per account and operation."""

from __future__ import annotations

import threading
from bisect import bisect_right, insort

from ...module_utils._api.operations import Operation
from .refusal import Refusal

_WINDOW_SECONDS = 1.0


class Limits:
    """Counts admitted calls by arrival. A refused call does not count against the next one."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], list[float]] = {}
        self._lock = threading.Lock()

    def admit(self, account_id: str, operation: Operation, tick: float) -> None:
        """Let a call in that arrived at `tick` (monotonic seconds).

        Raises Refusal(Throttling.User) when the second before it is full.
        """
        with self._lock:
            window = self._windows.setdefault((account_id, operation.name), [])
            # Threads may come here out of order; older arrivals than the newest are looked at as they came.
            del window[: bisect_right(window, tick - 2 * _WINDOW_SECONDS)]
            recent = len(window) - bisect_right(window, tick - _WINDOW_SECONDS)
            if recent >= operation.qps:
                raise Refusal("Throttling.User")
            insort(window, tick)

    def forget(self) -> None:
        """Forget every call."""
        with self._lock:
            self._windows.clear()
