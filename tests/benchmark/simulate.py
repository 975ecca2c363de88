# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulate many controllers and write the tables and the picture of docs/controllers.md.

    make simulate                                      with the virtual environment of the benchmark
    python tests/benchmark/simulate.py --without-plot  in an environment that has tests/requirements.txt

It takes less than a minute, and gives the same figures wherever it runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Run as a program. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Simulate many controllers and write docs/controllers.md.")
    parser.add_argument("--docs", default=str(ROOT / "docs"), help="folder that the page and its picture go to")
    parser.add_argument("--nodes", default="1,2,4,8,16,32", help="numbers of nodes, smallest first")
    parser.add_argument("--without-plot", action="store_true", help="leave the picture as it is")
    options = parser.parse_args(arguments)

    from ansible_collections.apsara.live.tests.benchmark import controllers, report

    found = controllers.figures([int(count) for count in options.nodes.split(",")])
    page = report.fill((ROOT / "docs" / "controllers.md").read_text(encoding="utf-8"), controllers.blocks(found))
    docs = Path(options.docs)
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "controllers.md").write_text(page, encoding="utf-8")
    if not options.without_plot:
        from ansible_collections.apsara.live.tests.benchmark import plot_controllers

        plot_controllers.draw(found, docs / "images" / "controllers.svg")
    print(f"Written: {docs / 'controllers.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
