# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measured parts of docs/guarantees.md: the fault matrix and the figures of the soaks, between their markers."""

from __future__ import annotations

import platform
from pathlib import Path

from . import fault_matrix, play_soak, soak
from .markdown import with_block


def expected_page(page: str) -> str:
    """The page with the matrix that the tests demand. They fail when a run gives anything else."""
    return with_block(page, "matrix", fault_matrix.table(fault_matrix.expectations()))


def measured_page(path: Path) -> str:
    """The page with the matrix as it comes out of a run now."""
    outcomes = fault_matrix.measured_outcomes(fault_matrix.run(fault_matrix.expectations()))
    return with_block(path.read_text(encoding="utf-8"), "matrix", fault_matrix.table(outcomes))


def soaked_page(path: Path) -> str:
    """The page with the figures of a soak made now."""
    return _with_figures(path, "soak", soak.soak(), soak.SEED)


def played_page(path: Path) -> str:
    """The page with the figures of a soak of playbooks made now."""
    return _with_figures(path, "plays", play_soak.soak(progress=True), play_soak.SEED)


def _with_figures(path: Path, block: str, figures: soak.Figures | play_soak.Figures, seed: int) -> str:
    made = f"Made with Python {platform.python_version()} on {platform.system()}, seed {seed}."
    lines = [f"- {sentence}" for sentence in [*figures.sentences(), made]]
    return with_block(path.read_text(encoding="utf-8"), block, "\n".join([*lines, *figures.lies]))
