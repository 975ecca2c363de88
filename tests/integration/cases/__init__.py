# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of module cases. Every runner runs the same table and judges by the same rules."""

from __future__ import annotations

from . import bad_input, connecting, reading, stopping, taking
from .model import Case

CASES: tuple[Case, ...] = (
    *taking.CASES,
    *stopping.CASES,
    *reading.CASES,
    *connecting.CASES,
    *bad_input.CASES,
)

MODULES = ("caster_scene_config_copy", "caster_scene_stop", "caster_scene_info", "caster_info")

assert len({case.name for case in CASES}) == len(CASES), "two cases have one name"
