# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guards a take, in one line."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._guards import guards_of

NOW = datetime(2026, 11, 22, 11, 26, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({}, "none"),
        ("", "none"),
        (None, "none"),
        ({"layout_id": ""}, "none"),
        ({"layout_id": "main-layout-countdown"}, "layout main-layout-countdown"),
        ({"layout_id": "a", "component_ids": ["b", "c"]}, "layout a, components b, c"),
        ({"component_ids": []}, "no components"),
        ({"component_ids": ""}, "none"),
        ({"empty": True}, "an empty program"),
        ({"empty": "no"}, "a program that is not empty"),
        ({"layot_id": "a"}, "layot_id, which is none of its keys"),
        (["a"], "['a'], which cannot be read"),
    ],
)
def test_the_expectation(expect: Any, said: str) -> None:
    assert guards_of({"expect": expect, "at": ""}, NOW) == f"Expectation: {said}. Cue: none, the take goes at once."


def test_the_expected_preview_is_named_where_something_is_expected() -> None:
    line = guards_of({"expect": {}, "expect_preview": {"fingerprint": "1f2e"}, "at": ""}, NOW)
    assert line == "Expectation: none. Expected preview: fingerprint 1f2e. Cue: none, the take goes at once."
    assert "Expected preview: an empty preview." in guards_of({"expect_preview": {"empty": True}}, NOW)
    assert "Expected preview" not in guards_of({"expect_preview": {}}, NOW)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (None, "none, the take goes at once"),
        (" ", "none, the take goes at once"),
        ("2026-11-22T19:30:00+08:00", "19:30:00 +08:00, in 4 min"),
        ("2026-11-22T11:27:30Z", "11:27:30 UTC, in 1 min 30 s"),
        ("2026-11-22T11:26:00.250Z", "11:26:00.25 UTC, in 0.2 s"),
        ("2026-11-22T11:25:00Z", "11:25:00 UTC, 1 min ago"),
        ("2026-11-22T21:31:00+08:00", "21:31:00 +08:00, in 2 h 5 min"),
        ("2026-11-23T00:26:00+08:00", "2026-11-23 00:26:00 +08:00, in 5 h"),
        ("2026-11-25T15:30:00Z", "2026-11-25 15:30:00 UTC, in 3 d 4 h"),
        ("2026-11-22T05:56:00-05:30", "05:56:00 -05:30, in 0.0 s"),
        ("noon", "noon, which cannot be read"),
        (datetime(2026, 11, 22, 11, 30, tzinfo=timezone.utc), "11:30:00 +00:00, in 4 min"),
    ],
)
def test_the_cue(at: Any, said: str) -> None:
    assert guards_of({"expect": {}, "at": at}, NOW) == f"Expectation: none. Cue: {said}."
