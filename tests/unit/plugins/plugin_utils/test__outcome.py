# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a task: also where a result is none of a module of this collection."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils import _outcome
from ansible_collections.apsara.live.plugins.plugin_utils._outcome import in_check_mode, outcome_of
from ansible_collections.apsara.live.tests.support.results import JUDGED, NO_ANSWER, READ, TAKEN, error


@pytest.mark.parametrize("name", NO_ANSWER)
def test_what_is_no_answer_of_ours_is_unknown_or_unread(name: str) -> None:
    assert outcome_of(NO_ANSWER[name], may_write=True) == "unknown"
    assert outcome_of(NO_ANSWER[name], may_write=False) == "unread"
    # So it is in a loop, however well the others went.
    assert outcome_of({"results": [TAKEN, NO_ANSWER[name]], "changed": True}, may_write=True) == "unknown"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (TAKEN, "done"),
        ({**TAKEN, "api_calls": READ}, "planned"),
        (JUDGED, "unchanged"),
        (error("refused"), "refused"),
        (error("failed"), "failed"),
        (error("unknown"), "unknown"),
        ({"results": [TAKEN, JUDGED]}, "done"),
        ({"results": [TAKEN, error("refused")]}, "refused"),
        ({"results": []}, "unchanged"),
    ],
)
def test_a_module_says_what_became_of_it(result: dict[str, Any], expected: str) -> None:
    assert outcome_of(result, may_write=True) == expected
    assert outcome_of(result, may_write=False) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"skipped": True}, True),
        # Left out by its condition.
        ({"skipped": True, "skip_reason": "Conditional result was False"}, False),
        ({"rc": 0}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_task_that_check_mode_leaves_out_tells_that_it_is_check_mode(asked: Any, expected: bool) -> None:
    assert in_check_mode(asked) is expected


def test_every_write_of_the_collection_is_known_as_one() -> None:
    assert {"CopyCasterSceneConfig", "StopCasterScene"} <= _outcome._WRITES
    assert not any(name.startswith("Describe") for name in _outcome._WRITES)
