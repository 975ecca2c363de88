# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark runs from end to end and fills the page. What it measures is no test: machines differ."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from ansible_collections.apsara.live.tests.support.playbook import ROOT

ARGUMENTS = "--studios 1 --rounds 1 --cues 1 --cue-studios 2 --lead 1 --without-plot"


def blocks(page: str) -> dict[str, str]:
    """Block name -> what is between its markers."""
    return dict(re.findall(r"<!-- begin (\w+) -->\n(.*?)<!-- end \1 -->", page, flags=re.DOTALL))


def rows(table: str) -> list[list[str]]:
    """The cells of a table in Markdown, without its head."""
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return lines[2:]


def test_the_benchmark_measures_every_way_and_fills_the_page(tmp_path: Path) -> None:
    before = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    figures_file = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "tests" / "benchmark" / "run.py"), *ARGUMENTS.split()]
    run = subprocess.run(
        [*command, "--docs", str(tmp_path / "docs"), "--figures", str(figures_file)],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert (ROOT / "docs" / "performance.md").read_text(encoding="utf-8") == before

    figures = json.loads(figures_file.read_text(encoding="utf-8"))
    for name, way in figures["ways"].items():
        assert [row["studios"] for row in way["rows"]] == [1], name
        assert all(row["cpu"] > 0 and row["seconds"] > 0 and row["peak_mib"] > 1 for row in way["rows"]), name
    for way in figures["cues"].values():
        assert [len(one["errors"]) for one in way["rounds"]] == [2]

    page = (tmp_path / "docs" / "performance.md").read_text(encoding="utf-8")
    filled = blocks(page)
    assert (
        set(filled)
        == set(blocks(before))
        == {
            "machine",
            "targets",
            "cost",
            "loads",
            "fleet",
            "takes",
            "cue",
            "memory",
        }
    )
    assert all(text.strip() for text in filled.values())
    assert [len(rows(filled[name])) for name in ("cost", "loads", "fleet", "takes", "cue", "memory")] == [
        6,
        4,
        6,
        2,
        2,
        6,
    ]
    assert all(len(row) in (3, 4) and row[1] for row in rows(filled["targets"]))
    outside = re.compile(r"<!-- begin (\w+) -->.*?<!-- end \1 -->", flags=re.DOTALL)
    assert outside.sub("", page) == outside.sub("", before)
