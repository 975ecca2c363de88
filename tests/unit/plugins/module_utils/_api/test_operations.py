# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations says what the operation pages say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.operations import (
    OPERATIONS,
    REPEAT_NATURAL,
    REPEAT_READ,
    REPEAT_REREAD,
    VERSION,
)
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.operations import SIMULATED

# Taken once from the operation pages of 2016-11-01 and the metadata of the official SDK.
DOCUMENTED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "operations.json").read_text(encoding="utf-8")
)

every_operation = pytest.mark.parametrize("name", sorted(DOCUMENTED))


def test_the_table_has_exactly_the_operations_that_are_used() -> None:
    assert set(OPERATIONS) == set(DOCUMENTED)
    assert list(SIMULATED) == list(OPERATIONS)
    assert len(OPERATIONS) == 14
    assert VERSION == "2016-11-01"


@every_operation
def test_an_operation_stands_under_its_own_name(name: str) -> None:
    assert OPERATIONS[name].name == name


@every_operation
def test_parameters(name: str) -> None:
    parameters = SIMULATED[name].parameters

    assert {
        parameter.name: {"required": parameter.required, "form": parameter.form} for parameter in parameters
    } == DOCUMENTED[name]["parameters"]
    assert len({parameter.name for parameter in parameters}) == len(parameters)


@every_operation
def test_calls_a_second(name: str) -> None:
    assert OPERATIONS[name].qps == DOCUMENTED[name]["qps"]


@every_operation
def test_ram_action(name: str) -> None:
    assert OPERATIONS[name].ram_action == DOCUMENTED[name]["ram_action"]
    assert SIMULATED[name].ram_level == DOCUMENTED[name]["ram_level"]


@every_operation
def test_error_codes(name: str) -> None:
    errors = SIMULATED[name].errors

    assert set(errors) == set(DOCUMENTED[name]["errors"])
    assert len(set(errors)) == len(errors)


@every_operation
def test_what_changes_a_studio_counts_as_a_write(name: str) -> None:
    assert OPERATIONS[name].writes is DOCUMENTED[name]["changes_state"]


@pytest.mark.parametrize(
    ("name", "repeat"),
    [
        ("DescribeCasters", REPEAT_READ),
        ("DescribeCasterScenes", REPEAT_READ),
        ("DescribeCasterSceneAudio", REPEAT_READ),
        ("DescribeCasterConfig", REPEAT_READ),
        ("DescribeCasterLayouts", REPEAT_READ),
        ("DescribeCasterComponents", REPEAT_READ),
        ("StartCaster", REPEAT_NATURAL),
        ("StopCaster", REPEAT_NATURAL),
        ("StartCasterScene", REPEAT_NATURAL),
        ("StopCasterScene", REPEAT_NATURAL),
        ("SetCasterSceneConfig", REPEAT_NATURAL),
        ("UpdateCasterSceneConfig", REPEAT_NATURAL),
        ("EffectCasterUrgent", REPEAT_NATURAL),
        # The second call would be a second event on air.
        ("CopyCasterSceneConfig", REPEAT_REREAD),
    ],
)
def test_may_be_repeated(name: str, repeat: str) -> None:
    assert OPERATIONS[name].repeat == repeat
