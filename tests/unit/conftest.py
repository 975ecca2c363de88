# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test would run every unit test in a process of its own. `make test` does not, and these need none."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # To fork takes several times as long as most of these tests do, on every Python there is.
    forked = config.pluginmanager.get_plugin("ansible_forked")
    if forked:
        config.pluginmanager.unregister(forked)
