# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of studios with several controllers that share an account, simulated."""

from __future__ import annotations

import pytest
from ansible_collections.apsara.live.tests.support.controllers import simulate


@pytest.mark.parametrize("controllers", range(1, 9))
@pytest.mark.parametrize("seed", range(4))
def test_controllers_that_share_no_file_settle(controllers: int, seed: int) -> None:
    outcome = simulate(controllers=controllers, studios=20, seed=seed)
    assert outcome.missed == 0, "a task missed its deadline of 120 s"
    assert max(outcome.finished) / min(outcome.finished) < 6, outcome.finished
    # What the account allows: two readings a studio at 15 a second are the bottleneck.
    shortest = controllers * 20 * 2 / 15
    assert max(outcome.finished) < 3 * shortest, outcome.finished
    assert (outcome.refused == 0) == (controllers == 1)


@pytest.mark.parametrize("seed", range(4))
def test_a_controller_that_comes_late_is_not_starved(seed: int) -> None:
    starts = [0.0] * 7 + [5.0]
    outcome = simulate(controllers=8, studios=20, seed=seed, starts=starts)
    assert outcome.missed == 0
    assert outcome.finished[7] < max(outcome.finished[:7])


def test_one_controller_with_a_large_fleet_needs_what_the_account_allows() -> None:
    outcome = simulate(controllers=1, studios=200, seed=0)
    assert outcome.refused == outcome.missed == 0
    # Readings go at 15 in 1.15 s.
    assert outcome.finished[0] < 1.1 * (400 / 15 * 1.15)
