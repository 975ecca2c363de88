# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs apsara.live.caster in-process where nothing asks for anything else."""

from __future__ import annotations

from ansible_collections.apsara.live.plugins.module_utils._modules.caster import DEFINITION
from ansible_collections.apsara.live.plugins.plugin_utils._live_action import LiveAction


class ActionModule(LiveAction):
    """Runs here when nothing asks for anything else, and as a module otherwise."""

    definition = DEFINITION
