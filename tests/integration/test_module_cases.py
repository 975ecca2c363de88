# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of module cases, run through ansible-playbook, and in process under every combination of the variants."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import VARIANTS
from ansible_collections.apsara.live.tests.integration.cases import CASES, in_process, profiles
from ansible_collections.apsara.live.tests.integration.cases.model import Case

Record = Callable[[str, Any], None]


def test_the_profiles_show_every_value_of_every_variant() -> None:
    for name, values in VARIANTS.items():
        assert {profile.values.get(name, values[0]) for profile in profiles.PROFILES} == set(values)


@pytest.mark.parametrize(
    ("profile", "way"),
    [pytest.param(*one, id=f"{one[0].name.replace(' ', '-')}-{one[1]}") for one in profiles.ways()],
)
def test_the_table_through_ansible_playbook(
    profile: profiles.Profile, way: str, tmp_path: Path, record_property: Record
) -> None:
    table = profiles.run(profile, way, tmp_path, long=False)
    passed = len(table.problems) - len(table.failures)
    shown = ", ".join(f"{name} {profile.values.get(name, values[0])}" for name, values in VARIANTS.items())
    record_property(
        "module_cases", [f"ansible-playbook ({way}): {shown}", passed, len(table.problems), len(table.run.tasks)]
    )
    found = profiles.complaints(table)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_under_every_combination_of_variants(case: Case, record_property: Record) -> None:
    paths = list(in_process.every_path(case))
    covered = sum(
        prod(len(values) for name, values in VARIANTS.items() if name not in known) for known, _unused in paths
    )
    assert covered == prod(len(values) for values in VARIANTS.values()), "the paths do not cover all combinations"
    failures = {str(known): problems for known, problems in paths if problems}
    record_property("module_cases", [f"in process: all {covered} combinations", int(not failures), 1, len(paths)])
    assert not failures, "\n".join(f"{name}: {one}" for name, problems in failures.items() for one in problems)
