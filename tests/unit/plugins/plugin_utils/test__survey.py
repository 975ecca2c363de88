# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers of a survey mean to a take, and whether they are read."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._survey import cue_time, expectation, unread

# In Shanghai it is the 9th already, in New York still the 8th.
NOW = datetime(2027, 1, 8, 17, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("answer", "cue"),
    [
        ("", ""),
        ("19:30:00Z", "2027-01-08T19:30:00Z"),
        ("19:30:00+08:00", "2027-01-09T19:30:00+08:00"),
        (" 19:30:00-05:00 ", "2027-01-08T19:30:00-05:00"),
        ("19:30:00+05:45", "2027-01-08T19:30:00+05:45"),
        ("2027-01-08T19:30:00+08:00", "2027-01-08T19:30:00+08:00"),
        # The take says what is wrong with these.
        ("19:30", "19:30"),
        ("19:30:00", "19:30:00"),
        ("19:30:00+99:99", "19:30:00+99:99"),
        ("{{ 7 * 7 }}", "{{ 7 * 7 }}"),
    ],
)
def test_a_time_of_day_is_todays_in_its_own_zone(answer: str, cue: str) -> None:
    assert cue_time(answer, NOW) == cue


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("", {}), ("  ", {}), ("nothing", {"empty": True}), (" layout-1 ", {"layout_id": "layout-1"})],
)
def test_an_expectation_is_a_layout_or_nothing(answer: str, expected: dict[str, Any]) -> None:
    assert expectation(answer) == expected


@pytest.mark.parametrize(
    ("answers", "check_mode", "said"),
    [
        ({}, False, ""),
        ({"cue": "", "expected_layout": None, "show_confirmed": ""}, False, ""),
        ({"cue": "19:30:00Z", "take_at": "2027-01-08T19:30:00Z"}, False, ""),
        ({"cue": "19:30:00Z", "take_at": ""}, False, "cue (19:30:00Z)"),
        # A check judges the same guards.
        ({"cue": "19:30:00Z", "take_at": ""}, True, "does not reach take_at"),
        ({"expected_layout": "a", "take_expect": {}}, False, "expected_layout (a)"),
        ({"expected_layout": "a", "take_expect": {"layout_id": "a"}}, False, ""),
        ({"cue": "x", "expected_layout": "a"}, False, "cue (x) and expected_layout (a)"),
        ({"show_confirmed": "yes"}, False, ""),
        ({"show_confirmed": "No"}, False, "was answered with No"),
        ({"show_confirmed": False}, False, "was answered with False"),
        ({"show_confirmed": "no"}, True, ""),
    ],
)
def test_an_answer_that_is_not_read_is_named(answers: dict[str, Any], check_mode: bool, said: str) -> None:
    found = unread(answers, check_mode)
    assert (said in found) if said else (found == "")
