# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the simulation of several controllers that use one account, with fixed seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ..support.controllers import DEADLINE, TAKE, Outcome, simulate
from .report import percentile, table

NODES = (1, 2, 4, 8, 16, 32)
SEEDS = (1, 2, 3, 4, 5)
TAKES = 32
# max_late of a take.
LATE = 5.0


@dataclass(frozen=True)
class Fleet:
    """Which studios each node stops: `shared` studios in all, or `each` a node, with this many forks a node."""

    words: str
    forks: int
    shared: int = 0
    each: int = 0

    def studios(self, nodes: int) -> int:
        return self.each or self.shared // nodes


FLEETS = {
    "shared": Fleet("320 studios, shared out", forks=20, shared=320),
    "twenty": Fleet("20 studios a node", forks=20, each=20),
    "fifty": Fleet("50 studios a node", forks=50, each=50),
}

Figures = dict[str, Any]


def figures(nodes: Sequence[int] = NODES) -> Figures:
    """Simulate everything. Seconds, studios a second, and shares from 0 to 1."""
    return {
        "fleets": {name: [fleet_row(fleet, count) for count in nodes] for name, fleet in FLEETS.items()},
        "cues": [cue_row(count) for count in nodes],
    }


def fleet_row(fleet: Fleet, nodes: int) -> Figures:
    """One fleet with so many nodes."""
    studios = fleet.studios(nodes)
    runs = [simulate(controllers=nodes, studios=studios, seed=seed, forks=fleet.forks) for seed in SEEDS]
    tasks = nodes * studios
    return {
        "nodes": nodes,
        "studios": tasks,
        "seconds": median(max(run.finished) for run in runs),
        "throughput": median(sum(run.done) / max(run.finished) for run in runs),
        "fairness": median(map(_fairness, runs)),
        "refused": sum(run.refused for run in runs) / sum(run.attempts for run in runs),
        "missed": sum(run.missed for run in runs) / (tasks * len(runs)),
    }


def cue_row(nodes: int) -> Figures:
    """Takes of all nodes on one cue."""
    takes = TAKES // nodes
    runs = [simulate(controllers=nodes, studios=takes, seed=seed, forks=takes, task=TAKE) for seed in SEEDS]
    late = [seconds for run in runs for seconds in run.times]
    return {
        "nodes": nodes,
        "median": median(late),
        "most": percentile(late, 0.95),
        "last": median(max(run.times) for run in runs),
        "late": sum(seconds > LATE for seconds in late) / len(late),
        "refused": sum(run.refused for run in runs) / sum(run.attempts for run in runs),
    }


def _fairness(run: Outcome) -> float:
    """Jain's index of the nodes' studios a second: 1 when all are equally quick, 1/n when one has everything."""
    rates = [done / seconds for done, seconds in zip(run.done, run.finished)]
    return sum(rates) ** 2 / (len(rates) * sum(rate * rate for rate in rates))


def blocks(found: Figures) -> dict[str, str]:
    """Block name -> Markdown."""
    return {"fleets": _fleets(found["fleets"]), "cues": _cues(found["cues"])}


def _fleets(fleets: Figures) -> str:
    heads = ("fleet", "nodes", "studios", "seconds", "studios/s", "fairness", "calls refused", "deadlines missed")
    return table(heads, [(FLEETS[name].words, *fleet_cells(row)) for name, rows in fleets.items() for row in rows])


def fleet_cells(row: Figures) -> tuple[str, ...]:
    """One line of the first table."""
    return (
        str(row["nodes"]),
        str(row["studios"]),
        f"{row['seconds']:.0f}",
        f"{row['throughput']:.1f}",
        f"{row['fairness']:.2f}",
        f"{row['refused']:.0%}",
        f"{row['missed']:.1%}",
    )


def _cues(rows: list[Figures]) -> str:
    heads = ("nodes", "takes a node", "half of them within", "95 % within", "the last after", "later than 5 s")
    return table(heads, map(cue_cells, rows))


def cue_cells(row: Figures) -> tuple[str, ...]:
    """One line of the second table."""
    seconds = (f"{row[name]:.1f} s" for name in ("median", "most", "last"))
    return (str(row["nodes"]), str(TAKES // row["nodes"]), *seconds, f"{row['late']:.1%}")


def limit() -> float:
    """Studios a second that the account allows: a stop that waits reads twice, at 15 readings a second."""
    return 15 / 2


assert DEADLINE == 120.0, "docs/controllers.md names it"
