# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of modes in docs/authentication.md."""

from __future__ import annotations

from ansible_collections.apsara.live.plugins.module_utils._credentials import profiles

from ..markdown import table


def modes() -> str:
    """Which mode of a profile uses which fields."""
    rows = [(mode, ", ".join(f"`{name}`" for name in fields)) for mode, fields in profiles.MODES.items()]
    return table(("mode", "fields that say who it is"), rows)


def unsupported_modes() -> str:
    """Which modes of the CLI are not supported, and why."""
    rows = [(mode, why, hint) for mode, (why, hint) in profiles.UNSUPPORTED_MODES.items()]
    return table(("mode", "not supported, since", "instead"), rows)
