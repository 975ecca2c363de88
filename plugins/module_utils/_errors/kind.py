# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What an answer says about the call that it answers."""

from __future__ import annotations


class Kind:
    """What an answer says about the call that it answers."""

    THROTTLED = "throttled"  # too many calls, never carried out: may always be repeated
    BUSY = "busy"  # not carried out, something else is at work: may be repeated after some seconds
    UNAVAILABLE = "unavailable"  # probably not carried out
    LOST = "lost"  # nobody knows whether it was carried out
    CLOCK = "clock"  # refused: the two clocks disagree
    DENIED = "denied"  # refused: RAM does not allow it
    NOOP = "noop"  # the studio was already in the wanted state
    FAILURE = "failure"  # refused for a reason that a repeat does not change


KINDS = (
    Kind.THROTTLED,
    Kind.BUSY,
    Kind.UNAVAILABLE,
    Kind.LOST,
    Kind.CLOCK,
    Kind.DENIED,
    Kind.NOOP,
    Kind.FAILURE,
)
