# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether and when a call may be sent again: every row and column of the table, then properties over all of it."""

from __future__ import annotations

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.operations import (
    REPEAT_NATURAL,
    REPEAT_ONCE,
    REPEAT_READ,
    REPEAT_REREAD,
)
from ansible_collections.apsara.live.plugins.module_utils._api.retry import (
    AMBIGUOUS,
    GIVE_UP,
    REREAD,
    SEND,
    Decision,
    decide,
)
from ansible_collections.apsara.live.plugins.module_utils._errors.kind import Kind
from hypothesis import given
from hypothesis import strategies as st

REPEATS = (REPEAT_READ, REPEAT_NATURAL, REPEAT_REREAD)
ALL_KINDS = tuple(kind for kind in Kind if kind not in (Kind.DONE, Kind.UNTRUSTED))

# What follows a first attempt, with all the time in the world: read, natural, reread.
TABLE = {
    Kind.NOT_SENT: (SEND, SEND, SEND),
    Kind.THROTTLED: (SEND, SEND, SEND),
    Kind.BUSY: (SEND, SEND, SEND),
    Kind.UNAVAILABLE: (SEND, SEND, REREAD),
    Kind.LOST: (SEND, SEND, REREAD),
    Kind.GARBLED: (SEND, SEND, REREAD),
    Kind.CLOCK: (GIVE_UP, GIVE_UP, GIVE_UP),
    Kind.DENIED: (GIVE_UP, GIVE_UP, GIVE_UP),
    Kind.NOOP: (GIVE_UP, GIVE_UP, GIVE_UP),
    Kind.FAILURE: (GIVE_UP, GIVE_UP, GIVE_UP),
}
CELLS = [(kind, repeat, TABLE[kind][column]) for kind in TABLE for column, repeat in enumerate(REPEATS)]

kinds = st.sampled_from(ALL_KINDS)
repeats = st.sampled_from(REPEATS)
attempts = st.integers(1, 2000)
times_left = st.floats(-10, 600, allow_nan=False)
jitters = st.floats(0, 1, allow_nan=False)
pauses = st.one_of(st.just(0.0), st.floats(0, 1000, allow_nan=False))


def test_the_table_has_every_kind() -> None:
    assert set(TABLE) == set(ALL_KINDS)


@pytest.mark.parametrize(("kind", "repeat", "step"), CELLS)
def test_every_cell_of_the_table(kind: str, repeat: str, step: str) -> None:
    assert decide(repeat=repeat, kind=kind, attempt=1, left=100, jitter=0.5).step == step


@pytest.mark.parametrize(("kind", "repeat", "step"), CELLS)
def test_no_number_of_attempts_ends_it_but_the_third_garbled_one(kind: str, repeat: str, step: str) -> None:
    for garbled in range(1, 5):
        for attempt in range(garbled, 60):
            wanted = GIVE_UP if kind == Kind.GARBLED and step == SEND and garbled >= 3 else step
            decision = decide(repeat=repeat, kind=kind, attempt=attempt, left=100, jitter=0.5, garbled=garbled)
            assert decision.step == wanted


@pytest.mark.parametrize("repeat", REPEATS)
def test_a_kind_that_nobody_knows_is_given_up(repeat: str) -> None:
    assert decide(repeat=repeat, kind="brand-new", attempt=1, left=100, jitter=0.5) == Decision(GIVE_UP)


@pytest.mark.parametrize(("kind", "repeat", "step"), CELLS)
@pytest.mark.parametrize("left", [0.19, 0.0, -5.0])
def test_without_time_nothing_is_sent(kind: str, repeat: str, step: str, left: float) -> None:
    decision = decide(repeat=repeat, kind=kind, attempt=1, left=left, jitter=0.5)

    assert decision.step == (GIVE_UP if step == SEND else step)


def test_what_is_ambiguous() -> None:
    assert {Kind.LOST, Kind.UNAVAILABLE, Kind.GARBLED} == AMBIGUOUS


@given(kinds, attempts, times_left, jitters, pauses)
def test_a_take_is_never_just_sent_again_after_an_ambiguous_attempt(
    kind: str, attempt: int, left: float, jitter: float, pause: float
) -> None:
    decision = decide(repeat=REPEAT_REREAD, kind=kind, attempt=attempt, left=left, jitter=jitter, server_pause=pause)

    assert (decision.step == REREAD) == (kind in AMBIGUOUS)


@given(kinds, attempts, times_left, jitters, pauses)
def test_what_may_be_sent_once_is_given_up_after_an_ambiguous_attempt_and_else_like_a_stop(
    kind: Kind, attempt: int, left: float, jitter: float, pause: float
) -> None:
    given_up = decide(repeat=REPEAT_ONCE, kind=kind, attempt=attempt, left=left, jitter=jitter, server_pause=pause)
    stop = decide(repeat=REPEAT_NATURAL, kind=kind, attempt=attempt, left=left, jitter=jitter, server_pause=pause)

    assert given_up == (Decision(GIVE_UP) if kind in AMBIGUOUS else stop)


@given(repeats, kinds, attempts, times_left, jitters, pauses)
def test_no_pause_is_longer_than_what_is_left(
    repeat: str, kind: str, attempt: int, left: float, jitter: float, pause: float
) -> None:
    decision = decide(repeat=repeat, kind=kind, attempt=attempt, left=left, jitter=jitter, server_pause=pause)

    assert decision.delay >= 0
    if decision.step == SEND:
        # Time for the attempt itself must remain.
        assert left - decision.delay >= 0.1
    else:
        assert decision.delay == 0


@given(repeats, kinds, attempts, times_left, jitters, st.floats(0.001, 1000))
def test_what_the_service_asks_for_is_honoured_up_to_a_minute_or_the_call_is_given_up(
    repeat: str, kind: str, attempt: int, left: float, jitter: float, pause: float
) -> None:
    decision = decide(repeat=repeat, kind=kind, attempt=attempt, left=left, jitter=jitter, server_pause=pause)

    assert decision.step != SEND or decision.delay >= min(pause, 60.0)
    if left - min(pause, 60.0) < 0.2:
        assert decision.step != SEND


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 16.0), (6, 20.0), (7, 20.0), (5000, 20.0)]
)
@pytest.mark.parametrize("kind", [Kind.NOT_SENT, Kind.THROTTLED, Kind.UNAVAILABLE, Kind.LOST])
def test_the_jitter_is_full(kind: str, attempt: int, longest: float) -> None:
    def delay(jitter: float) -> float:
        return decide(repeat=REPEAT_READ, kind=kind, attempt=attempt, left=1000, jitter=jitter).delay

    assert delay(0.0) == 0.0
    assert delay(0.5) == pytest.approx(longest / 2)
    assert delay(1.0) == pytest.approx(longest)


@pytest.mark.parametrize(("jitter", "delay"), [(0.0, 3.0), (0.5, 6.5), (1.0, 10.0)])
@pytest.mark.parametrize("attempt", [1, 9])
def test_what_is_busy_gets_three_to_ten_seconds(attempt: int, jitter: float, delay: float) -> None:
    assert decide(repeat=REPEAT_READ, kind=Kind.BUSY, attempt=attempt, left=1000, jitter=jitter).delay == delay


@pytest.mark.parametrize("kind", [Kind.NOT_SENT, Kind.THROTTLED, Kind.BUSY, Kind.LOST])
def test_a_long_pause_is_cut_so_that_one_more_attempt_fits(kind: str) -> None:
    assert decide(repeat=REPEAT_READ, kind=kind, attempt=9, left=2.0, jitter=1.0).delay == 1.0


def test_the_longer_of_the_two_pauses_holds() -> None:
    def delay(pause: float) -> float:
        return decide(
            repeat=REPEAT_READ, kind=Kind.THROTTLED, attempt=3, left=1000, jitter=0.5, server_pause=pause
        ).delay

    assert delay(0.25) == 2.0
    assert delay(7.5) == 7.5
    assert delay(61.0) == 60.0


def test_a_pause_that_the_service_asked_for_leaves_half_of_the_rest() -> None:
    assert decide(
        repeat=REPEAT_READ, kind=Kind.THROTTLED, attempt=9, left=3.0, jitter=1.0, server_pause=1.0
    ) == Decision(SEND, 1.0)


def test_a_fifth_of_a_second_is_enough() -> None:
    assert decide(repeat=REPEAT_READ, kind=Kind.THROTTLED, attempt=1, left=0.2, jitter=0.5).step == SEND
