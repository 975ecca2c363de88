# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The one vocabulary of what became of a call, and of the task that made it."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What one attempt of a call came to, from the transport to the decision to repeat it."""

    DONE = "done"  # the service accepted it
    NOT_SENT = "not sent"  # it certainly never reached the service
    UNTRUSTED = "untrusted"  # it was not sent, and trying again would end the same way
    THROTTLED = "throttled"  # too many calls, never carried out: may always be repeated
    BUSY = "busy"  # not carried out, something else is at work: may be repeated after some seconds
    UNAVAILABLE = "unavailable"  # probably not carried out
    LOST = "lost"  # nobody knows whether it was carried out
    GARBLED = "garbled"  # something answered, and it cannot be what was asked
    CLOCK = "clock"  # refused: the two clocks disagree
    DENIED = "denied"  # refused: RAM does not allow it
    NOOP = "noop"  # the studio was already in the wanted state
    FAILURE = "failure"  # refused for a reason that a repeat does not change


class Outcome(str, Enum):
    """What became of a task that failed: `error.outcome` of its result."""

    REFUSED = "refused"  # nothing was done
    FAILED = "failed"  # the service rejected it
    UNKNOWN = "unknown"  # it may have been done: unconfirmed
