# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of fault, on every call, for stop, take and scene info, live and in check mode."""

from __future__ import annotations

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import faults
from ansible_collections.apsara.live.tests.support import fault_matrix
from ansible_collections.apsara.live.tests.support.fault_matrix import FAULTS, GRACE, Cell, Measured

_ROWS = sorted({(cell.fault, cell.where) for cell in fault_matrix.expectations()})


@pytest.fixture(scope="module")
def matrix() -> dict[Cell, Measured]:
    """The whole matrix, run once."""
    return fault_matrix.run(fault_matrix.expectations())


def test_it_holds_every_kind_of_fault() -> None:
    assert {rule["kind"] for rule in FAULTS.values() if rule} == set(faults.KINDS) - fault_matrix.NO_FAULT


@pytest.mark.parametrize(("fault", "where"), _ROWS)
def test_the_task_says_what_happened(matrix: dict[Cell, Measured], fault: str, where: str) -> None:
    wrong = [
        f"{cell}: expected {expected}, found {found.outcome}: {found.result.get('msg', '')}"
        for cell, expected in fault_matrix.expectations().items()
        if (cell.fault, cell.where) == (fault, where)
        and not fault_matrix.agrees(expected, (found := matrix[cell]).outcome)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_run_ends_in_time(matrix: dict[Cell, Measured]) -> None:
    late = {str(cell): round(found.late, 2) for cell, found in matrix.items() if found.late > GRACE}
    assert not late


def test_no_result_holds_a_secret_or_a_url(matrix: dict[Cell, Measured]) -> None:
    leaks = {str(cell): words for cell, found in matrix.items() if (words := fault_matrix.secrets_in(found.result))}
    assert not leaks


def test_a_failure_has_all_keys_of_a_success(matrix: dict[Cell, Measured]) -> None:
    success = {
        (cell.task, cell.where): set(found.result)
        for cell, found in matrix.items()
        if cell.fault == "none" and not cell.check_mode
    }
    for cell, found in matrix.items():
        if found.outcome.failed:
            assert set(found.result) == success[cell.task, cell.where] | {"failed", "msg", "error"}, str(cell)
            assert found.result["error"]["hint"], str(cell)
