# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that several roles use."""

from __future__ import annotations

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._words import sentence_of, variables_named


@pytest.mark.parametrize(
    ("code", "option", "said"),
    [
        ("CueTooFar", "at", " In the role take, at is take_at, max_wait is take_max_wait."),
        ("CueMissed", "at", " In the role take, at is take_at, max_late is take_max_late."),
        ("InvalidOption", "at", " In the role take, at is take_at."),
        (
            "WrongBus",
            "from_scene_id",
            " In the role take, from_scene_id is take_from_scene_id, to_scene_id is take_to_scene_id.",
        ),
        ("WrongBus", "to_scene_id", " In the role take, to_scene_id is take_to_scene_id."),
        ("Forbidden.RAM", None, ""),
        # The user knows whose id that is; it is the host's.
        ("InvalidOption", "caster_id", ""),
        ("InvalidOption", "elsewhere", ""),
    ],
)
def test_the_options_of_an_error_are_named_as_variables(code: str, option: str | None, said: str) -> None:
    assert variables_named({"code": code, "option": option}, "take", "caster_scene_config_copy") == said
    assert variables_named({}, "take", "caster_scene_config_copy") == ""


def test_a_task_without_a_message_is_no_riddle() -> None:
    assert sentence_of({}) == "The task gave no message; run it again with -vvv."
    assert sentence_of({"msg": "Gone"}) == "Gone."
    assert sentence_of({"msg": "(X, HTTP 400)"}) == "(X, HTTP 400)"
