# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception of the client: what it renders, and that it keeps all it knows."""

from __future__ import annotations

import copy
import pickle

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.codes import MEANINGS, MEANINGS_BY_ACTION
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError, invalid_option


def test_an_error_renders_exactly_the_keys_of_the_contract() -> None:
    error = LiveError(
        "No.",
        code="InvalidCaster.NotFound",
        outcome="failed",
        http_status=404,
        request_id="r",
        action="StopCasterScene",
    )
    assert error.as_dict() == {
        "code": "InvalidCaster.NotFound",
        "message": "No.",
        "http_status": 404,
        "request_id": "r",
        "action": "StopCasterScene",
        "option": None,
        "hint": MEANINGS["InvalidCaster.NotFound"].hint,
        "recommend": None,
        "retryable": False,
        "outcome": "failed",
    }
    assert str(error) == "No."


def test_a_given_hint_wins_and_a_missing_one_is_the_one_for_the_operation() -> None:
    assert LiveError("x", code="Throttling", outcome="failed", hint="mine").hint == "mine"
    key = ("CopyCasterSceneConfig", "IncorrectSceneStatus")
    assert LiveError("x", code=key[1], action=key[0], outcome="failed").hint == MEANINGS_BY_ACTION[key].hint


def test_an_outcome_that_is_none_of_the_three_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        raise LiveError("x", code="Throttling", outcome="perhaps")


def test_an_error_survives_a_process_boundary() -> None:
    error = LiveError("No.", code="Throttling", outcome="unknown", retryable=True, hint="h", details={"a": 1})
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert other.as_dict() == error.as_dict()
        assert other.details == {"a": 1}


def test_an_error_in_other_words_is_the_same_error() -> None:
    link = "https://api.example.com/troubleshoot?q=1"
    error = LiveError("No.", code="Throttling", outcome="failed", recommend=link, hint="h", details={"a": 1})
    other = error.replaced("Nobody knows.", outcome="unknown")
    assert error.as_dict()["recommend"] == link
    assert other.as_dict() == {**error.as_dict(), "message": "Nobody knows.", "outcome": "unknown"}
    assert other.details == {"a": 1}


def test_an_option_that_cannot_be_used_is_refused() -> None:
    error = invalid_option("The zone is missing.", "Write it behind the time.")
    assert (error.code, error.outcome) == ("InvalidOption", "refused")
    assert (error.message, error.hint) == ("The zone is missing.", "Write it behind the time.")
    assert error.option is None
    assert invalid_option("No.", option="at").as_dict()["option"] == "at"
    assert invalid_option("No.").hint == MEANINGS["InvalidOption"].hint
