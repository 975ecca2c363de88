# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. A production studio on loopback: what ApsaraVideo Live answers, without an account and without cost."""

from __future__ import annotations

from .emulator import Emulator
from .rules import RULES
from .variants import VARIANTS

__all__ = ["RULES", "VARIANTS", "Emulator"]
