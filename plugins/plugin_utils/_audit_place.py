# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The usual path of the audit file, by the options of its callback: environment, ansible.cfg, default."""

from __future__ import annotations

from ansible import constants
from ansible.plugins.loader import callback_loader

_CALLBACK = "apsara.live.audit"


def usual() -> str:
    """The path of the audit file."""
    # Loading it makes its options known, under a name that differs between versions of ansible-core.
    callback = callback_loader.get(_CALLBACK, class_only=True)
    return str(constants.config.get_config_value("path", plugin_type="callback", plugin_name=callback._load_name))
