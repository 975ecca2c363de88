# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a rehearsal in words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._journal_words import seen


def entry(outcome: str = "ok", caster_id: str | None = "a", violation: bool = False) -> dict[str, Any]:
    return {"at": 0.5, "action": "DescribeCasters", "outcome": outcome, "caster_id": caster_id, "violation": violation}


def test_a_request_is_a_line() -> None:
    told = seen([entry(), entry(caster_id=None), entry(caster_id="b", violation=True)], {"a": "Main stage"})
    assert told["table"] == [
        "time (UTC)    studio      action                    outcome",
        "00:00:00.500  Main stage  DescribeCasters           ok",
        "00:00:00.500  all         DescribeCasters           ok",
        "00:00:00.500  b           DescribeCasters           ok",
    ]
    assert (told["requests"], told["throttled"], told["violations"]) == (3, 0, 1)


@pytest.mark.parametrize(
    ("outcomes", "summary"),
    [
        ([], "0 requests. Nothing was throttled."),
        (["fault:throttle"], "1 request. 1 of them was throttled."),
        (["Throttling.User", "ok"], "2 requests. 1 of them was throttled."),
        (["Throttling", "Throttling"], "2 requests. 2 of them were throttled."),
    ],
)
def test_one_is_not_many(outcomes: list[str], summary: str) -> None:
    assert seen([entry(outcome) for outcome in outcomes], {})["summary"] == summary
