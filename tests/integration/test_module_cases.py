# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of module cases, run through ansible-playbook, and in process under every combination of the variants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import VARIANTS
from ansible_collections.apsara.live.tests.integration.cases import CASES, in_playbook, in_process
from ansible_collections.apsara.live.tests.integration.cases.model import FIRST_VALUES, Case, Step

Record = Callable[[str, Any], None]


@dataclass(frozen=True)
class Profile:
    """How the service behaves in one run of the table, and what of the table is run."""

    name: str
    values: dict[str, str]
    steps: Callable[[Case], Sequence[Step]]
    args: tuple[str, ...] = ("--diff",)


def _writing(case: Case) -> Sequence[Step]:
    """Whatever changes a studio, or ends differently under another variant; a cue is no matter of variants."""
    tells = case.depends_on_variants() or bool(case.state)
    return in_playbook.live_steps(case) if tells and not case.pure and "at" not in case.options else []


def _telling(case: Case) -> Sequence[Step]:
    """What ends differently under another variant, and whatever meets an empty scene."""
    tells = case.depends_on_variants() or "empty" in case.name or "nothing-on-them" in case.name
    return in_playbook.live_steps(case) if tells and not case.untouched and not case.pure else []


PROFILES = (
    Profile("first values", {}, in_playbook.table_steps),
    Profile(
        "second values",
        {name: values[1] for name, values in VARIANTS.items()},
        _writing,
    ),
    Profile(
        "third values",
        {**{name: values[-1] for name, values in VARIANTS.items()}, "visibility": "immediate", "copy_audio": "without"},
        _telling,
        ("--diff", "-vvvv"),
    ),
)


def _chosen(profile: Profile, way: str, case: Case) -> Sequence[Step]:
    """Of the table, what this way has to show.

    Both ways run the same code. So what the service does is shown in-process, and with modules what goes into
    their process and comes out: options, environment, refusals of Ansible, whole runs.
    """
    steps = profile.steps(case)
    if way == "in-process":
        return steps
    refused_by_ansible = any(step.outcome(FIRST_VALUES).argument_error for step in steps)
    return steps if len(steps) > 1 or case.environment or not case.connection or refused_by_ansible else []


def test_the_profiles_show_every_value_of_every_variant() -> None:
    for name, values in VARIANTS.items():
        assert {profile.values.get(name, values[0]) for profile in PROFILES} == set(values)


# What the service does differently under other variants is the same in both ways.
@pytest.mark.parametrize(
    ("profile", "way"),
    [
        pytest.param(profile, way, id=f"{profile.name.replace(' ', '-')}-{way}")
        for profile in PROFILES
        for way in (in_playbook.WAYS if profile is PROFILES[0] else ("in-process",))
    ],
)
def test_the_table_through_ansible_playbook(
    profile: Profile, way: str, tmp_path: Path, record_property: Record
) -> None:
    steps = {case: chosen for case in CASES if (chosen := _chosen(profile, way, case))}
    table = in_playbook.run_table(steps, tmp_path, variants=profile.values, way=way, args=profile.args)
    passed = len(steps) - len(table.failures)
    starts = sum(len(chosen) for chosen in steps.values())
    shown = ", ".join(f"{name} {profile.values.get(name, values[0])}" for name, values in VARIANTS.items())
    record_property("module_cases", [f"ansible-playbook ({way}): {shown}", passed, len(steps), starts])
    assert not table.failures, _lines(table.failures)
    assert table.run.returncode == 0, table.run.describe()
    assert "rehearsal-secret" not in table.run.output
    assert "Traceback" not in table.run.output
    printed = [line for line in table.run.output.splitlines() if line.startswith("[DEPRECATION")]
    assert not printed, printed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_under_every_combination_of_variants(case: Case, record_property: Record) -> None:
    paths = list(in_process.every_path(case))
    covered = sum(
        prod(len(values) for name, values in VARIANTS.items() if name not in known) for known, _unused in paths
    )
    assert covered == prod(len(values) for values in VARIANTS.values()), "the paths do not cover all combinations"
    failures = {str(known): problems for known, problems in paths if problems}
    record_property("module_cases", [f"in process: all {covered} combinations", int(not failures), 1, len(paths)])
    assert not failures, _lines(failures)


def _lines(failures: dict[str, list[str]]) -> str:
    return "\n" + "\n".join(f"{name}: {problem}" for name, problems in failures.items() for problem in problems)
