# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the collection with real processes against the studio emulator, and write docs/performance.md.

    make bench                             with a virtual environment of its own
    python tests/benchmark/run.py          in an environment that has tests/requirements.txt and requirements.txt here
    python tests/benchmark/run.py --redraw writes the page again from the last figures

It takes about a quarter of an hour on two cores. Leave the machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / ".cache" / "collections"


def main(arguments: list[str] | None = None) -> int:
    """Run as a program. Returns the exit code."""
    options = _options(arguments)
    if not options.without_plot and importlib.util.find_spec("matplotlib") is None:
        print("matplotlib is missing: use make bench, or install tests/benchmark/requirements.txt.", file=sys.stderr)
        return 2
    _make_importable()
    figures_file = Path(options.figures)
    if options.redraw:
        figures = json.loads(figures_file.read_text(encoding="utf-8"))
    else:
        figures = _measure(options)
        figures_file.parent.mkdir(parents=True, exist_ok=True)
        figures_file.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    _write(figures, Path(options.docs), options.without_plot)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure apsara.live and write docs/performance.md.")
    parser.add_argument("--studios", default="1,10,40,100", help="numbers of studios, smallest first")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--cues", type=int, default=5, help="how many cues are taken")
    parser.add_argument("--cue-studios", type=int, default=10, help="how many studios take on one cue")
    parser.add_argument("--lead", type=float, default=12.0, help="seconds from the start of a play to its cue")
    parser.add_argument("--forks", type=int, default=20)
    parser.add_argument("--docs", default=str(ROOT / "docs"), help="folder that the page and its picture go to")
    parser.add_argument("--figures", default=str(ROOT / "tests" / "output" / "benchmark.json"), help="the raw figures")
    parser.add_argument("--without-plot", action="store_true", help="leave the picture as it is")
    parser.add_argument("--redraw", action="store_true", help="measure nothing, use the figures that are there")
    return parser.parse_args(arguments)


def _make_importable() -> None:
    """Let this clone be found as ansible_collections.apsara.live, as the Makefile does."""
    link = TREE / "ansible_collections" / "apsara" / "live"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(ROOT, target_is_directory=True)
    sys.path.insert(0, str(TREE))


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    from ansible_collections.apsara.live.tests.benchmark import measure, rig

    size = measure.Size(
        studios=tuple(int(number) for number in options.studios.split(",")),
        rounds=options.rounds,
        cues=options.cues,
        cue_studios=options.cue_studios,
        lead=options.lead,
        forks=options.forks,
    )
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"[{time.monotonic() - began:4.0f} s] {words}", flush=True)

    most = max(*size.studios, size.cue_studios)
    with tempfile.TemporaryDirectory() as folder, rig.service(most) as service:
        return measure.measure(rig.Stage(Path(folder), size.forks), service, size, say)


def _write(figures: dict[str, Any], docs: Path, without_plot: bool) -> None:
    from ansible_collections.apsara.live.tests.benchmark import plot, report

    page = report.fill((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), report.blocks(figures))
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "performance.md").write_text(page, encoding="utf-8")
    if not without_plot:
        plot.draw(figures, docs / "images" / "performance.svg")
    print(f"Written: {docs / 'performance.md'}")


if __name__ == "__main__":
    sys.exit(main())
