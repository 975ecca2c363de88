# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. An answer, and the way in which it is delivered or withheld."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WHOLE = "whole"  # the answer, after `seconds`
RESET = "reset"  # no answer: the connection is reset
HOLD = "hold"  # no answer: silence for `seconds`, then the connection is closed
TRICKLE = "trickle"  # the answer byte by byte, `seconds` between
SHORT = "short"  # half of the body, then the connection is closed
REFUSE = "refuse"  # no answer, and for `seconds` nobody listens


@dataclass(frozen=True)
class Reply:
    """An HTTP answer. `date` is the service's clock in seconds since the epoch.

    `interim` are statuses that are sent at once, each as an answer of its own before this one.
    """

    status: int
    body: bytes
    date: float
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=utf-8"
    manner: str = WHOLE
    seconds: float = 0.0
    interim: tuple[int, ...] = ()
