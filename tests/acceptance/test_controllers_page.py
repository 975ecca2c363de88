# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about many controllers, held against what the rules of pace and of repeats give now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.apsara.live.tests.benchmark import controllers
from ansible_collections.apsara.live.tests.support.playbook import ROOT

PAGE = (ROOT / "docs" / "controllers.md").read_text(encoding="utf-8")
# Larger ones take long and follow the same rules.
SMALL = (1, 2, 4)


def rows(block: str) -> list[tuple[str, ...]]:
    """The cells of a table of the page, without its head."""
    table = PAGE.partition(f"<!-- begin {block} -->")[2].partition(f"<!-- end {block} -->")[0]
    return [tuple(line.strip("| ").split(" | ")) for line in table.splitlines() if line.startswith("| ")][2:]


@pytest.mark.parametrize("name", controllers.FLEETS)
def test_the_page_has_the_figures_of_today(name: str) -> None:
    fleet = controllers.FLEETS[name]
    found = [cells[1:] for cells in rows("fleets") if cells[0] == fleet.words]
    assert [int(cells[0]) for cells in found] == list(controllers.NODES)
    for cells in found[: len(SMALL)]:
        row = controllers.fleet_row(fleet, int(cells[0]))
        assert cells == controllers.fleet_cells(row), "run make simulate"
        # One controller is never refused, and nobody is promised more than the account allows but for the first burst.
        assert (row["refused"] == 0) == (row["nodes"] == 1)
        assert row["throughput"] < 1.2 * controllers.limit() and row["missed"] == 0


def test_the_page_has_the_lateness_of_today() -> None:
    found = rows("cues")
    assert [int(cells[0]) for cells in found] == list(controllers.NODES)
    for cells in found:
        assert cells == controllers.cue_cells(controllers.cue_row(int(cells[0]))), "run make simulate"


def test_the_simulation_fills_the_page(tmp_path: Path) -> None:
    program = [sys.executable, str(ROOT / "tests" / "benchmark" / "simulate.py"), "--without-plot"]
    run = subprocess.run(
        [*program, "--nodes", "1,2", "--docs", str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    outside = re.compile(r"<!-- begin (\w+) -->.*?<!-- end \1 -->", flags=re.DOTALL)
    written = (tmp_path / "controllers.md").read_text(encoding="utf-8")
    assert outside.sub("", written) == outside.sub("", PAGE)
    assert written.count("| 320 studios, shared out |") == 2
