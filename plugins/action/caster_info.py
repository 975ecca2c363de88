# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast road of apsara.live.caster_info: the same work, inside the worker."""

from __future__ import annotations

from ansible_collections.apsara.live.plugins.plugin_utils._fast_road import LiveAction


class ActionModule(LiveAction):
    """Runs here when nothing asks for anything else, and as a module otherwise."""

    name = "caster_info"
