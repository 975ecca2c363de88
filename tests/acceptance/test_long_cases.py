# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of the table that take long in real time, through ansible-playbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.apsara.live.tests.integration.cases import LONG, profiles


@pytest.mark.parametrize("profile", profiles.PROFILES[:2], ids=lambda profile: profile.name.replace(" ", "-"))
def test_long_cases_through_ansible_playbook(profile: profiles.Profile, tmp_path: Path) -> None:
    table = profiles.run(profile, "in-process", tmp_path, long=True)
    found = profiles.complaints(table)
    assert not found, "\n".join(found)
    assert profile is not profiles.PROFILES[0] or set(table.problems) > LONG
