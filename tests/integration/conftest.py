# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints which variants of the service the module cases ran under, and how many of them passed."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each run of the table; the rows travel with the reports, also from other workers."""
    totals: dict[str, list[int]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, row in getattr(report, "user_properties", ()):
                if name == "module_cases" and report.when == "call":
                    numbers = totals.setdefault(row[0], [0, 0, 0])
                    totals[row[0]] = [total + more for total, more in zip(numbers, row[1:])]
    if totals:
        terminalreporter.section("module cases: passed, run, and task runs they took")
        for title, (passed, cases, runs) in sorted(totals.items()):
            terminalreporter.write_line(f"{passed:4} of {cases:4} in {runs:5}  {title}")
