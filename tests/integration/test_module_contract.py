# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module promises: the keys of its result, its documented attributes, nothing written in check mode."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.module_utils._modules.definition import CONNECTION
from ansible_collections.apsara.live.plugins.module_utils._modules.definition import LIVE as NOT_IN_CHECK_MODE
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions, writers
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.integration.cases import CASES, MODULES, in_playbook, in_process
from ansible_collections.apsara.live.tests.integration.cases.judging import ERROR_KEYS
from ansible_collections.apsara.live.tests.integration.cases.model import CHECK, FIRST_VALUES, LIVE, Case, Outcome
from ansible_collections.apsara.live.tests.support import permissions
from ansible_collections.apsara.live.tests.support.playbook import ROOT, environment, run_playbook, studio_inventory
from ansible_collections.apsara.live.tests.support.studios import CASTER, document

WRITING = tuple(writers())
# Added by the runner or by Ansible, not by the module.
_ADDED = {"invocation", "warnings", "failed", "msg", "diff"}


@cache
def documentation() -> dict[str, Any]:
    """What ansible-doc makes of the four modules, fragments included."""
    run = subprocess.run(
        [sys.executable, "-m", "ansible.cli.doc", "--json", *(f"apsara.live.{module}" for module in MODULES)],
        env=environment(ROOT / ".cache" / "ansible-doc"),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert not run.stderr, run.stderr
    described: dict[str, Any] = json.loads(run.stdout)
    return {name.removeprefix("apsara.live."): entry for name, entry in described.items()}


@cache
def runs(module: str) -> list[tuple[Case, str, Outcome, dict[str, Any]]]:
    """Every result of a module's cases: the case, check mode or live, what was expected, and the result."""
    found = []
    for case in CASES:
        if case.module == module:
            studios = in_process.Studios(case, in_process.ObservedVariants(FIRST_VALUES))
            for step in case.steps:
                result = in_process.run_step(case, step, studios)
                found.append((case, step.mode, step.outcome(FIRST_VALUES), result))
    assert (
        found
    ), f"no case in tests/integration/cases is about {module}: write some, in a file that its __init__.py names"
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_result_has_the_same_keys_in_every_mode(module: str) -> None:
    """In check mode, changed, unchanged and failed; a failure has `error` besides."""
    documented = set(documentation()[module]["return"]) - {"error"}
    seen: dict[tuple[str, bool, bool], set[frozenset[str]]] = {}
    for _unused, mode, expect, result in runs(module):
        if not expect.argument_error:
            kind = (mode, bool(result["changed"]), bool(result.get("failed")))
            seen.setdefault(kind, set()).add(frozenset(set(result) - _ADDED))
    assert {kind[0] for kind in seen} == {CHECK, LIVE}
    assert any(failed for *_unused, failed in seen)
    assert any(changed for _unused, changed, _unused in seen) == (module in WRITING)
    for (mode, changed, failed), keys in seen.items():
        wanted = documented | {"changed"} | ({"error"} if failed else set())
        assert keys == {frozenset(wanted)}, f"{mode}, changed {changed}, failed {failed}"


@pytest.mark.parametrize("module", MODULES)
def test_the_keys_of_an_error_are_documented(module: str) -> None:
    assert set(documentation()[module]["return"]["error"]["contains"]) == ERROR_KEYS


@pytest.mark.parametrize("module", MODULES)
def test_the_documented_options_are_those_that_are_taken(module: str) -> None:
    described = documentation()[module]["doc"]["options"]
    taken = definitions()[module].spec()["argument_spec"]
    assert set(described) == set(taken)
    for name, option in taken.items():
        assert described[name]["type"] == option["type"], name
        assert described[name].get("default") == option.get("default"), name
        assert sorted(described[name].get("aliases", ())) == sorted(option.get("aliases", ())), name
        assert bool(described[name].get("required")) == bool(option.get("required")), name
        assert described[name].get("choices") == option.get("choices"), name
        assert set(described[name].get("suboptions", ())) == set(option.get("options", ())), name


@pytest.mark.parametrize("module", MODULES)
def test_every_option_has_a_case(module: str) -> None:
    own = set(definitions()[module].options) | {"endpoint", "region_id", "proxy", "ca_path", "profile"}
    used: set[str] = {name for case in CASES if case.module == module for name in case.full_options()}
    used |= {name for case in CASES for name in case.full_options() if name in CONNECTION}
    assert not own - used


@pytest.mark.parametrize("module", MODULES)
def test_what_the_attributes_say_is_true(module: str) -> None:
    attributes = {name: entry["support"] for name, entry in documentation()[module]["doc"]["attributes"].items()}
    writes = module in WRITING
    assert attributes == {
        "action": "full",
        "action_group": "full",
        "async": "full",
        "check_mode": "full",
        "platform": "full",
        "diff_mode": "full" if writes else "N/A",
        "idempotent": ("full" if definitions()[module].settles else "none") if writes else "N/A",
    }
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    assert module in groups["live"]
    assert definitions()[module].spec()["supports_check_mode"] is True
    for case, mode, expect, result in runs(module):
        if not expect.argument_error:
            assert ("diff" in result) == writes, f"{case.name}, {mode}"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_calls_what_the_permissions_say(module: str) -> None:
    """No more, no less, and in check mode nothing that writes."""
    called: dict[str, set[str]] = {CHECK: set(), LIVE: set()}
    for _unused, mode, _unused, result in runs(module):
        called[mode] |= {call["action"] for call in result.get("api_calls", ())}
    uses = permissions.USES[module]
    assert called[LIVE] == {use.operation for use in uses}
    assert called[CHECK] == {use.operation for use in uses if use.condition != NOT_IN_CHECK_MODE}


@pytest.mark.parametrize("module", WRITING)
def test_a_second_run_changes_nothing(module: str) -> None:
    """But for what the documentation says changes something on every run."""
    again: dict[str, list[dict[str, Any]]] = {}
    for case, mode, _unused, result in runs(module):
        if mode == LIVE:
            again.setdefault(case.name, []).append(result)
    second = {name: results[1] for name, results in again.items() if len(results) > 1}
    assert len(second) >= 4
    always = {name for name, result in second.items() if result["changed"]}
    forced = {"take-forced", "take-unread"} if module == "caster_scene_config_copy" else set()
    assert always == (forced if definitions()[module].settles else set(second))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_mode_never_writes(case: Case) -> None:
    """The service is read-only and records every write as a violation."""
    for known, problems in in_process.every_path(case, read_only=True):
        assert not problems, (known, problems)


def test_a_play_in_check_mode_never_writes(tmp_path: Path) -> None:
    """As users ask for it, with --check, on everything that would change a studio."""
    steps = {
        case: chosen for case in CASES if case.state and not case.pure and (chosen := in_playbook.check_steps(case))
    }
    table = in_playbook.run_table(steps, tmp_path, read_only=True, way="in-process", args=("--diff", "--check"))
    assert not table.failures
    assert [entry for entry in table.emulator.journal() if entry["violation"]] == []
    assert len(table.run.results()) == len(steps) > 15


def test_the_read_only_service_does_record_a_write(tmp_path: Path) -> None:
    """Or the tests above would prove nothing."""
    case = next(case for case in CASES if case.name == "stop-on")
    _unused, problems = in_process.run(case, FIRST_VALUES)
    assert not problems
    studios = in_process.Studios(case, in_process.ObservedVariants(FIRST_VALUES), read_only=True)
    result = in_process.run_step(case, case.steps[1], studios)
    assert result["error"]["code"] == "EmulatorReadOnly"
    assert len(in_process.entries_in_violation(studios)) == 1


def test_the_action_group_gives_every_module_its_connection(tmp_path: Path) -> None:
    """The only place with a key and an address is module_defaults."""
    with Emulator(document()) as emulator:
        connection = {
            "endpoint": emulator.endpoint,
            "access_key_id": "rehearsal-key",
            "access_key_secret": "rehearsal-secret",
        }
        play = {
            "name": "Show",
            "hosts": "casters",
            "gather_facts": False,
            "module_defaults": {"group/apsara.live.live": connection},
            "tasks": [
                {"name": "Studios", "apsara.live.caster_info": {"status": "streaming"}},
                {"name": "Scenes", "apsara.live.caster_scene_info": {"caster_id": "{{ caster_id }}"}},
                {"name": "Take", "apsara.live.caster_scene_config_copy": {"caster_id": "{{ caster_id }}"}},
                {"name": "Stop", "apsara.live.caster_scene_stop": {"caster_id": "{{ caster_id }}"}},
            ],
        }
        run = run_playbook([play], tmp_path, inventory=studio_inventory({"stage": CASTER})).succeeded()
        assert [task.status for task in run.results()] == ["ok", "ok", "changed", "changed"]
        assert {entry["access_key_id"] for entry in emulator.journal()} == {"rehearsal-key"}
        assert "rehearsal-secret" not in run.output
