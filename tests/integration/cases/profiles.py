# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases go through Ansible under which values of the variants, and in which way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.apsara.live.plugins.plugin_utils._emulator import VARIANTS

from . import CASES, in_playbook
from .model import FIRST_VALUES, Case, Step


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


def chosen(profile: Profile, way: str, case: Case) -> Sequence[Step]:
    """Of the table, what this way has to show.

    Both ways run the same code. So what the service does is shown in-process, and with modules what goes into
    their process and comes out: options, environment, refusals of Ansible, whole runs.
    """
    steps = profile.steps(case)
    if way == "in-process":
        return steps
    refused_by_ansible = any(step.outcome(FIRST_VALUES).argument_error for step in steps)
    return steps if len(steps) > 1 or case.environment or not case.connection or refused_by_ansible else []


def ways() -> Iterator[tuple[Profile, str]]:
    """Every profile in-process, and the first one with modules too: what the service does is the same in both ways."""
    for profile in PROFILES:
        for way in in_playbook.WAYS if profile is PROFILES[0] else ("in-process",):
            yield profile, way


def run(profile: Profile, way: str, directory: Path, *, long: bool) -> in_playbook.TableRun:
    """Run the cases that take long in real time, or the others, through one ansible-playbook."""
    steps = {case: found for case in CASES if case.long is long and (found := chosen(profile, way, case))}
    return in_playbook.run_table(steps, directory, variants=profile.values, way=way, args=profile.args)


def complaints(table: in_playbook.TableRun) -> list[str]:
    """What is wrong with a run of the table, in lines."""
    found = [f"{name}: {problem}" for name, problems in table.failures.items() for problem in problems]
    if table.run.returncode:
        found.append(table.run.describe())
    found += [f"{word} was printed" for word in ("rehearsal-secret", "Traceback") if word in table.run.output]
    return found + [line for line in table.run.output.splitlines() if line.startswith("[DEPRECATION")]
