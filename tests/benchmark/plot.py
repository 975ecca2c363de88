# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the figures of the benchmark: two plots in one small picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Readable in print and for people who see colours differently.
_STYLES = {
    "fast": ("#0072b2", "o", "-"),
    "module": ("#009e73", "s", "-"),
    "sdk": ("#d55e00", "^", "-"),
    "nothing": ("#7f7f7f", "D", "--"),
    "fast_wait": ("#56b4e9", "o", "-"),
}


def draw(figures: dict[str, Any], path: Path) -> None:
    """Write the picture of one measurement to `path`, as SVG."""
    plots = pyplot()
    figure, (left, right) = plots.subplots(1, 2, figsize=(10, 4), layout="constrained")
    ways = figures["ways"]
    sizes = [row["studios"] for row in ways["fast"]["rows"]]
    for name in ("sdk", "module", "nothing", "fast"):
        _line(left, ways[name], name, "cpu", ways[name]["words"])
    left.set(title="CPU per studio, start-up included", xlabel="studios in the play", ylabel="seconds", yscale="log")
    for name in ("sdk", "module", "fast_wait", "fast"):
        words = f"{ways[name]['words']}, wait: false" if name in ("fast", "module") else ways[name]["words"]
        _line(right, ways[name], name, "seconds", words.replace("`", ""))
    for name, words in (("fast", "limit of writes, 10/s"), ("fast_wait", "limit of reads, 15/s")):
        limits = [row["limit"] for row in ways[name]["rows"]]
        right.plot(sizes, limits, color=_STYLES[name][0], linestyle=":", linewidth=1, label=words)
    right.set(title="Time to change the fleet", xlabel="studios in the play", ylabel="seconds", yscale="log")
    for axes in (left, right):
        axes.set_xticks(sizes)
        axes.set_ylim(bottom=axes.get_ylim()[0])
        axes.grid(alpha=0.3)
        axes.yaxis.set_major_formatter(lambda value, _position: f"{value:g}")
    # Where no line runs.
    left.legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1.0, 0.36))
    right.legend(frameon=False, fontsize=8, loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plots.close(figure)


def pyplot() -> Any:
    """matplotlib's pyplot, set so that the same figures give the same file."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "apsara.live", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plots

    return plots


def _line(axes: Any, way: dict[str, Any], name: str, key: str, words: str) -> None:
    color, marker, style = _STYLES[name]
    rows = way["rows"]
    axes.plot(
        [row["studios"] for row in rows],
        [row[key] for row in rows],
        color=color,
        marker=marker,
        markersize=4,
        linestyle=style,
        label=words,
    )
