# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two thousand tasks against services that fail every fifth call: no result may say what did not happen."""

from __future__ import annotations

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import faults
from ansible_collections.apsara.live.tests.support import soak
from ansible_collections.apsara.live.tests.support.fault_matrix import NO_TROUBLE
from ansible_collections.apsara.live.tests.support.soak import Figures


@pytest.fixture(scope="module")
def figures() -> Figures:
    """One soak, with the seed of the page docs/reliability.md."""
    return soak.soak()


def test_no_result_lies(figures: Figures) -> None:
    print("\n".join(figures.sentences()))
    assert not figures.lies, "\n".join(figures.lies)


def test_it_was_hard_enough(figures: Figures) -> None:
    assert figures.runs >= 2000
    assert set(figures.kinds) == set(faults.KINDS) - NO_TROUBLE
    assert 0.15 < figures.faults / figures.requests < 0.25
    assert figures.effects > figures.runs / 3
    assert {"changed", "unchanged", "refused", "failed", "unknown"} <= set(figures.outcomes)
    # Somebody else was at work, and writes were held back after they had been judged.
    assert figures.edits > figures.runs / 4
    assert figures.held > figures.runs / 50
    assert figures.cues > figures.runs / 20


def test_every_task_ended_in_time(figures: Figures) -> None:
    assert figures.latest <= soak.GRACE
