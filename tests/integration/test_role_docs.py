# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults, argument_specs and README of every role agree, and roles and playbooks keep to the house rules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.plugin_utils._given import PLAYBOOK_VARIABLES
from ansible_collections.apsara.live.plugins.plugin_utils._role_variables import role_variables
from ansible_collections.apsara.live.tests.support.playbook import ROOT, environment

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").iterdir() if path.is_file())
REHEARSALS = {"rehearse_show.yml", "hold_rehearsal.yml"}
HEADINGS = ["## Example", "## Arguments", "## Result", "## Behaviour"]
LINES = ["Permissions", "Unit of automation", "Idempotent", "Atomic", "Rollback", "Check mode"]

# Role option -> module option, where a role hands its options on.
HANDED_ON = {"take": "caster_scene_config_copy", "wrap": "caster_scene_stop"}
# Not in a role: without a reading there is nothing to judge or confirm, which is what the role is for.
NOT_HANDED_ON = {"check_first", "wait"}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def options(role: str) -> dict[str, Any]:
    found: dict[str, Any] = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]
    return found


def task_files() -> list[Path]:
    return sorted((ROOT / "roles").glob("*/tasks/*.yml"))


def test_the_roles_are_the_ones_that_are_promised() -> None:
    assert ROLES == ["awx_kit", "power", "preflight", "prepare", "rehearsal", "report", "take", "undo", "wrap"]
    show = {"preflight_studio.yml", "take_scene.yml", "wrap_show.yml", "show_day.yml", "find_studios.yml"}
    others = {"configure_awx.yml", "report_program.yml", "report_show.yml", "prepare_scene.yml", "undo_take.yml"} | {
        "start_studios.yml",
        "strike_studios.yml",
    }
    assert {path.name for path in PLAYBOOKS} == show | others | REHEARSALS


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specs_agree(role: str) -> None:
    defaults = load(ROOT / "roles" / role / "defaults" / "main.yml")
    spec = options(role)["options"]
    assert set(defaults) == set(spec)
    assert all(name.startswith(f"{role}_") for name in spec)
    for name, default in defaults.items():
        if spec[name].get("required"):
            # The shared setting it is read from, or a sentence; there is no other default.
            assert default == f"{{{{ caster_id | default(undef(hint=__{role}_no_studio)) }}}}"
        else:
            assert spec[name]["default"] == default, name


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_table_and_argument_specs_agree(role: str) -> None:
    text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| `({role}_\w+)` \| ([^|]+) \| `([^`]*)` \|", text, re.MULTILINE)
    spec = options(role)["options"]
    assert [name for name, *_unused in rows] == list(spec)
    for name, kind, default in rows:
        required = bool(spec[name].get("required"))
        elements = f" of {spec[name]['elements']}" if "elements" in spec[name] else ""
        assert kind == spec[name]["type"] + elements + (", required" if required else "")
        assert default == ("{{ caster_id }}" if required else _written(spec[name]["default"])), name


def _written(default: Any) -> str:
    return default if isinstance(default, str) and default else json.dumps(default)


@pytest.mark.parametrize("role", ROLES)
def test_a_readme_says_what_has_to_be_known(role: str) -> None:
    text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == HEADINGS
    for line in LINES:
        assert f"| {line} | " in text, line


@pytest.mark.parametrize(("role", "module"), HANDED_ON.items())
def test_a_role_offers_the_options_of_its_module(role: str, module: str) -> None:
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    documented = yaml.safe_load(re.search(r'DOCUMENTATION = r"""(.*?)"""', source, re.DOTALL).group(1))  # type: ignore[union-attr]
    wanted = {f"{role}_{name}" for name in set(documented["options"]) - NOT_HANDED_ON}
    assert set(options(role)["options"]) == wanted
    for name, option in documented["options"].items():
        if name in NOT_HANDED_ON or option.get("required") or option["type"] == "dict":
            continue
        ours = options(role)["options"][f"{role}_{name}"]
        assert ours["type"] == option["type"], name
        assert ours["default"] == option.get("default", ""), name


def test_the_variables_of_the_playbooks_are_known() -> None:
    read = {
        name
        for path in PLAYBOOKS
        for name in re.findall(r"\b(?!__)([a-z]+(?:_[a-z]+)*) \| default\(", path.read_text(encoding="utf-8"))
    }
    of_roles = {name for role in role_variables().values() for name in role.known}
    ansibles = {name for name in read if name.startswith("ansible_")}
    assert set(PLAYBOOK_VARIABLES) == read - of_roles - ansibles - {"report_read", "rehearsal_group"}


def test_a_take_is_judged_as_it_is_done() -> None:
    folder = ROOT / "roles" / "take" / "tasks"
    copy = "apsara.live.caster_scene_config_copy"
    # One task has the options, and everything else imports it: a judgement in check mode, a take without.
    assert [path.stem for path in sorted(folder.glob("*.yml")) if copy in path.read_text(encoding="utf-8")] == ["copy"]
    modes = {}
    for name in ("main", "judge"):
        (block,) = (task["block"] for task in load(folder / f"{name}.yml") if "block" in task)
        modes[name] = [
            task.get("check_mode") for task in block if task.get("ansible.builtin.import_tasks") == "copy.yml"
        ]
    assert modes == {"main": [True, None], "judge": [True]}


def test_ansible_doc_reads_every_role(tmp_path: Path) -> None:
    names = [f"apsara.live.{role}" for role in ROLES]
    done = subprocess.run(
        [sys.executable, "-m", "ansible.cli.doc", "-t", "role", "--json", *names],
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    docs = json.loads(done.stdout)
    for name in names:
        for entry in docs[name]["entry_points"].values():
            assert not entry["short_description"].endswith(".")
            assert all(sentence.endswith(".") for sentence in entry["description"])
            for option in entry["options"].values():
                text = option["description"]
                assert all(sentence.endswith(".") for sentence in ([text] if isinstance(text, str) else text)), option


@pytest.mark.parametrize("path", task_files(), ids=lambda path: f"{path.parts[-3]}-{path.name}")
def test_tasks_keep_to_the_house_rules(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ("ignore_errors", "end_play", "groups[", "groups."):
        assert word not in text, word


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: str(path.name))
def test_playbooks_keep_to_the_house_rules(path: Path) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*\.yml", path.name)
    plays = load(path)
    if path.name not in {*REHEARSALS, "find_studios.yml", "configure_awx.yml", "report_show.yml"}:
        # A show that runs on no studio must not end well.
        assert plays.pop(0)["ansible.builtin.import_playbook"] == "find_studios.yml"
    for play in plays:
        assert play["gather_facts"] is False
        # What a setting or an inventory of the user could change. A variable of theirs comes before a keyword, and the
        # variables of the file come before theirs.
        assert (play["connection"], play["become"], play["vars_files"]) == ("local", False, "vars/controller.yml")
        assert play["strategy"] == "ansible.builtin.linear"
        assert isinstance(play["any_errors_fatal"], bool)
        assert ("roles" in play) != ("tasks" in play)
        assert play["hosts"] in ("localhost", "{{ __find['hosts'] }}") or "default(" in play["hosts"]
