# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the table of cases as users run tasks: one ansible-playbook, every case a host, against one emulator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.apsara.live.plugins.plugin_utils._emulator import VARIANTS, Emulator
from ansible_collections.apsara.live.tests.support.playbook import LOCAL, PlayRun, run_playbook

from .judging import judge_result, judge_service, throttled_calls
from .model import CHECK, LIVE, Case, Step
from .moments import template
from .rendering import document, faults, fill

# How a task can get its work done: a name, and the variable that chooses it.
WAYS: Mapping[str, Mapping[str, Any]] = {
    "module": {"apsara_live_in_process": False},
    "in-process": {"apsara_live_in_process": True},
}

# Module starts are what a run costs: this many at once keep two processors busy while others wait for a cue.
_FORKS = 10

Chosen = Mapping[str, Sequence[Step]]


@dataclass(frozen=True)
class TableRun:
    """What became of a table: case name to sentences about what is wrong; empty means passed."""

    problems: dict[str, list[str]]
    run: PlayRun
    emulator: Emulator = field(repr=False)

    @property
    def failures(self) -> dict[str, list[str]]:
        """The cases that did not end as they must."""
        return {name: problems for name, problems in self.problems.items() if problems}


# Check, run, run again; of every other case one run goes through Ansible.
_WHOLE = {
    "take-plain",
    "take-forced",
    "take-empty-preview-allowed",
    "take-expect-layout",
    "take-unread",
    "stop-on",
    "stop-unread-on",
}


def table_steps(case: Case) -> Sequence[Step]:
    """What of a case goes through Ansible: all of it for a few, one run for the others, none for those in process."""
    if case.pure:
        return []
    return case.steps if case.name in _WHOLE else live_steps(case)[:1] or case.steps[:1]


def live_steps(case: Case) -> Sequence[Step]:
    """The runs that are no rehearsal."""
    return [step for step in case.steps if step.mode == LIVE]


def check_steps(case: Case) -> Sequence[Step]:
    """The runs in check mode."""
    return [step for step in case.steps if step.mode == CHECK]


def run_table(
    steps: Mapping[Case, Sequence[Step]],
    directory: Path,
    *,
    variants: Mapping[str, str] | None = None,
    way: str = "module",
    read_only: bool = False,
    args: Sequence[str] = ("--diff",),
) -> TableRun:
    """Run these steps of these cases in one ansible-playbook under one set of variants, in one of the ways."""
    cases = list(steps)
    chosen = {name: (variants or {}).get(name, values[0]) for name, values in VARIANTS.items()}
    crowd = any(case.crowd for case in cases)
    emulator = Emulator(document(cases, crowd), variants=chosen, faults=faults(cases), read_only=read_only)
    with emulator:
        run = run_playbook(
            _plays(cases, {case.name: list(steps[case]) for case in cases}),
            directory,
            inventory=_inventory(cases, steps, emulator.endpoint, WAYS[way]),
            args=["--forks", str(_FORKS), *args],
            # Otherwise Ansible warns of options in one variable, which a fact could have replaced.
            environ={"ANSIBLE_INJECT_FACT_VARS": "false", "ANSIBLE_PIPELINING": "true"},
            timeout=900,
        )
        problems = _judge(cases, steps, run, emulator, chosen, diff="--diff" in args)
    return TableRun(problems, run, emulator)


def _group(case: Case, steps: Sequence[Step]) -> str:
    """Hosts with the same module, number of steps and need for an environment make a play."""
    return f"{case.module}_{len(steps)}{'_environment' if case.environment else ''}"


def _plays(cases: Sequence[Case], steps: Chosen) -> list[dict[str, Any]]:
    groups = {_group(case, steps[case.name]): case for case in cases}
    return [
        {
            "name": group,
            "hosts": group,
            "gather_facts": False,
            "strategy": "free",
            "module_defaults": {
                "group/apsara.live.live": {
                    name: f"{{{{ case_{name} | default(omit) }}}}"
                    for name in ("endpoint", "access_key_id", "access_key_secret")
                }
            },
            # In-process is for tasks without an environment of their own, so the word is there only where needed.
            **({"environment": "{{ case_environment }}"} if case.environment else {}),
            "tasks": [_task(case.module, number) for number in range(len(steps[case.name]))],
        }
        for group, case in groups.items()
    ]


def _task(module: str, number: int) -> dict[str, Any]:
    return {
        "name": f"Step {number}",
        f"apsara.live.{module}": "{{ case_options }}",
        "check_mode": f"{{{{ case_modes[{number}] == 'check' }}}}",
        "ignore_errors": True,
    }


def _inventory(
    cases: Sequence[Case], steps: Mapping[Case, Sequence[Step]], endpoint: str, way: Mapping[str, Any]
) -> dict[str, Any]:
    groups: dict[str, Any] = {}
    for case in cases:
        group = groups.setdefault(_group(case, steps[case]), {"hosts": {}})
        group["hosts"][case.name] = _variables(case, steps[case], endpoint)
    return {"all": {"children": groups, "vars": {**LOCAL, **way}}}


def _variables(case: Case, steps: Sequence[Step], endpoint: str) -> dict[str, Any]:
    fillings = {"@endpoint@": endpoint, "@key@": case.key_id, "@secret@": case.secret}
    options = fill(case.full_options(), fillings, template)
    variables: dict[str, Any] = {
        "case_modes": [step.mode for step in steps],
        "case_environment": fill(dict(case.environment), fillings, str),
    }
    if case.connection:
        # What every task shares comes from the action group's defaults, as users write it.
        for name, place in (("endpoint", endpoint), ("access_key_id", case.key_id), ("access_key_secret", case.secret)):
            variables[f"case_{name}"] = place
            if options.get(name) == place:
                del options[name]
    return {**variables, "case_options": options}


def _judge(
    cases: Iterable[Case],
    steps: Mapping[Case, Sequence[Step]],
    run: PlayRun,
    emulator: Emulator,
    variants: Mapping[str, str],
    diff: bool,
) -> dict[str, list[str]]:
    state = {studio["caster_id"]: studio for studio in emulator.state()}
    journal = emulator.journal()
    by_host: dict[str, list[dict[str, Any]]] = {}
    for task in run.tasks:
        # With ignore_errors a result does not say by itself that the task failed.
        failed = task.status in ("failed", "ignored", "unreachable")
        by_host.setdefault(task.host, []).append({**task.result, "failed": failed})
    problems: dict[str, list[str]] = {}
    for case in cases:
        results = by_host.get(case.name, [])
        if len(results) != len(steps[case]):
            problems[case.name] = [f"{len(results)} results of {len(steps[case])} steps; {run.stderr[-2000:]}"]
            continue
        found = [
            problem
            for step, result in zip(steps[case], results)
            for problem in judge_result(
                case, step, result, variants, sorted(state), diff, throttled_calls(case, journal), busy=True
            )
        ]
        found += judge_service(case, steps[case], results, variants, journal, state.get(case.caster_id))
        problems[case.name] = found
    return problems
