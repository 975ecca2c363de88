# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Whether and when a call may be sent again. A pure decision, no clock and no network of its own.

| what came of the attempt | was it done? | read | natural (stop) | reread (take), once (restart) |
| --- | --- | --- | --- | --- |
| not sent: no connection, or the proxy refused it | no | again | again | again |
| throttled | no | again | again | again |
| busy: locked, being configured | no | again, 3 to 10 s later | the same | the same |
| unavailable (503) | probably not | again | again | read first, or never |
| lost: no answer, 500, 502, 504 | unknown | again | again | read first, or never |
| garbled: an answer that makes no sense | unknown | twice more | twice more | read first, or never |
| anything else | no | give up | give up | give up |

The deadline is the only other limit on repeats. A pause that the service asks for (x-acs-retry-after) comes before the
next attempt, whatever the answer was; it makes no other row of it.
"""

from __future__ import annotations

from typing import NamedTuple

from .._errors.kind import Kind
from .operations import REPEAT_ONCE, REPEAT_REREAD

SEND = "send"
REREAD = "reread"
GIVE_UP = "give_up"

# After one of these nobody can say whether a write was done.
AMBIGUOUS = frozenset({Kind.LOST, Kind.UNAVAILABLE, Kind.GARBLED})

_NEVER_DONE = frozenset({Kind.NOT_SENT, Kind.THROTTLED, Kind.BUSY})
_GARBLED_ATTEMPTS = 3
_LONGEST_PAUSE = 20.0
_LONGEST_SERVER_PAUSE = 60.0
_SHORTEST_USEFUL_TIME = 0.2


class Decision(NamedTuple):
    """`step` is send, reread or give_up; `delay` is the pause before sending, in seconds."""

    step: str
    delay: float = 0.0


def decide(
    *,
    repeat: str,
    kind: Kind,
    attempt: int,
    left: float,
    jitter: float,
    server_pause: float = 0.0,
    garbled: int = 0,
) -> Decision:
    """Decide what follows attempt number `attempt` (from 1), of which `garbled` were answered with nonsense.

    `left` is the time to the deadline in seconds, `jitter` a random number from 0 to 1, `server_pause` what the
    service asked for in seconds (x-acs-retry-after).
    """
    if kind in AMBIGUOUS and repeat == REPEAT_REREAD:
        return Decision(REREAD)
    if kind in AMBIGUOUS and repeat == REPEAT_ONCE:
        return Decision(GIVE_UP)
    if kind not in _NEVER_DONE and kind not in AMBIGUOUS:
        return Decision(GIVE_UP)
    if kind == Kind.GARBLED and garbled >= _GARBLED_ATTEMPTS:
        return Decision(GIVE_UP)
    asked_for = min(server_pause, _LONGEST_SERVER_PAUSE)
    if left - asked_for < _SHORTEST_USEFUL_TIME:
        return Decision(GIVE_UP)
    # Half of what is left at most, so that one more attempt always fits before the deadline.
    return Decision(SEND, max(asked_for, min(_pause(kind, attempt, jitter), (left - asked_for) / 2)))


def _pause(kind: Kind, attempt: int, jitter: float) -> float:
    if kind == Kind.BUSY:
        return 3.0 + 7.0 * jitter
    # Full jitter: the forks of one play share the account's limit and must not come back together.
    return jitter * min(_LONGEST_PAUSE, 2.0 ** min(attempt - 1, 10))
