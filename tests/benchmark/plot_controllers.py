# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the figures of the simulation: four plots in one small picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .controllers import FLEETS, LATE, Figures, limit
from .plot import pyplot

_STYLES = {"shared": ("#0072b2", "o", "-"), "twenty": ("#009e73", "s", "-"), "fifty": ("#d55e00", "^", "-")}


def draw(found: Figures, path: Path) -> None:
    """Write the picture to `path`, as SVG."""
    plots = pyplot()
    figure, axes = plots.subplots(2, 2, figsize=(10, 7), layout="constrained")
    nodes = [row["nodes"] for row in found["cues"]]
    _fleets(axes[0, 0], found, "throughput", "Throughput", "studios a second")
    axes[0, 0].axhline(limit(), color="black", linestyle=":", linewidth=1, label="limit of the account")
    axes[0, 0].set_ylim(0, 9)
    _fleets(axes[0, 1], found, "fairness", "Fairness between nodes", "Jain's index, 1 is fair")
    axes[0, 1].set_ylim(0, 1.05)
    _fleets(axes[1, 0], found, "missed", "Deadlines of 120 s missed", "share of the tasks")
    axes[1, 0].set_ylim(-0.02, 1)
    for name, words, style in (("median", "half of the takes", "-"), ("last", "the last take", "--")):
        values = [row[name] for row in found["cues"]]
        axes[1, 1].plot(nodes, values, color="#cc79a7", marker="D", markersize=4, linestyle=style, label=words)
    axes[1, 1].axhline(LATE, color="black", linestyle=":", linewidth=1, label="max_late")
    axes[1, 1].set(title="32 takes on one cue", xlabel="nodes", ylabel="seconds after the cue")
    axes[1, 1].set_ylim(bottom=0)
    for one in axes.flat:
        one.set_xscale("log", base=2)
        one.set_xticks(nodes, [str(count) for count in nodes])
        one.grid(alpha=0.3)
    axes[0, 0].legend(frameon=False, fontsize=8, loc="lower left")
    axes[1, 1].legend(frameon=False, fontsize=8, loc="center right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plots.close(figure)


def _fleets(axes: Any, found: Figures, key: str, title: str, unit: str) -> None:
    for name, rows in found["fleets"].items():
        color, marker, style = _STYLES[name]
        axes.plot(
            [row["nodes"] for row in rows],
            [row[key] for row in rows],
            color=color,
            marker=marker,
            markersize=4,
            linestyle=style,
            label=FLEETS[name].words,
        )
    axes.set(title=title, xlabel="nodes", ylabel=unit)
