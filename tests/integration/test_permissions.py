# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies in docs/permissions.md are enough, and nothing in them is too much. The emulator denies the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.module_utils._errors.explain import ram_statement
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.operations import SIMULATED
from ansible_collections.apsara.live.tests.support import content, permissions
from ansible_collections.apsara.live.tests.support.fleet import fleet_document
from ansible_collections.apsara.live.tests.support.pages.permissions import mislabelled
from ansible_collections.apsara.live.tests.support.playbook import ROOT, run_playbook, studio_inventory
from ansible_collections.apsara.live.tests.support.raw_request import RawClient
from ansible_collections.apsara.live.tests.support.show import account, hosts, writes
from ansible_collections.apsara.live.tests.support.studios import CASTER, PGM, PVW, STOP, document

PAGE = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")


def published(person: permissions.Person) -> list[str]:
    """The operations that the policy on the page allows."""
    block = re.search(rf"^### {person.name}\n.*?```json\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
    assert block is not None
    (statement,) = json.loads(block.group(1))["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"] == "*"
    return [action.removeprefix("live:") for action in statement["Action"]]


def emulator_for(keys: dict[str, list[str]], studios: dict[str, Any]) -> Emulator:
    """Studios whose account has these keys, each with the operations that it may call."""
    access_keys = [permissions.access_key(name, allowed) for name, allowed in keys.items()]
    return Emulator({**studios, "account": {"id": "1000000000000001", "access_keys": access_keys}})


def called(emulator: Emulator) -> set[str]:
    return {entry["action"] for entry in emulator.journal()}


def test_an_operator_runs_the_show_with_exactly_that_policy(tmp_path: Path) -> None:
    allowed = published(permissions.OPERATOR)
    with emulator_for({"operator": allowed}, document()) as emulator:
        run_playbook(
            "apsara.live.show_day",
            tmp_path,
            inventory=hosts(emulator),
            environ=account(emulator, "operator-key", "operator-secret"),
            extra_vars={"show_confirmed": True},
        ).succeeded()
        assert called(emulator) == set(allowed)
        assert len(writes(emulator)) == 2


def test_a_viewer_sees_everything_and_changes_nothing(tmp_path: Path) -> None:
    """The inventory plugin, and the whole show with --check --diff."""
    allowed = published(permissions.VIEWER)
    inventory = tmp_path / "casters.yml"
    inventory.write_text(yaml.safe_dump({"plugin": "apsara.live.casters", "scenes": True}), encoding="utf-8")
    with emulator_for({"viewer": allowed}, document()) as emulator:
        environ = account(emulator, "viewer-key", "viewer-secret")
        run = run_playbook(
            "apsara.live.show_day",
            tmp_path,
            inventory=inventory,
            environ=environ,
            args=("--check", "--diff"),
        ).succeeded()
        assert called(emulator) == set(allowed)
        assert "+layout: layout-next" in run.stdout
        taken = run_playbook("apsara.live.take_scene", tmp_path, inventory=inventory, environ=environ)
        assert emulator.state()[0]["scenes"][1]["layout_id"] == "layout-now"
    taken.refused("live:CopyCasterSceneConfig")


def test_without_one_action_the_message_names_it_and_prints_the_statement(tmp_path: Path) -> None:
    """One studio and one key for each action of the operator's policy; the key lacks that action."""
    allowed = published(permissions.OPERATOR)
    dispensable = {"DescribeCasterSceneAudio", "DescribeCasterLayouts", "DescribeCasterComponents"}
    keys = {missing: [name for name in allowed if name != missing] for missing in allowed}
    studios = fleet_document(len(allowed))
    inventory = studio_inventory({missing: f"studio-{number}" for number, missing in enumerate(allowed, 1)})
    for missing, host in inventory["casters"]["hosts"].items():
        host.update(access_key_id=f"{missing}-key", access_key_secret=f"{missing}-secret")
    identity = {"access_key_id": "{{ access_key_id }}", "access_key_secret": "{{ access_key_secret }}"}
    play = {
        "name": "Show",
        "hosts": "casters",
        "gather_facts": False,
        "module_defaults": {"group/apsara.live.live": identity},
        "roles": ["apsara.live.preflight", "apsara.live.take", "apsara.live.wrap"],
    }
    with emulator_for(keys, studios) as emulator:
        environ = {"ALIBABA_CLOUD_LIVE_ENDPOINT": emulator.endpoint}
        run = run_playbook([play], tmp_path, inventory=inventory, environ=environ, args=("--forks", "5"))
        # Each key is paced for itself, and the account has one limit: on a fast machine it throttles.
        refused = [
            entry
            for entry in emulator.journal()
            if entry["outcome"] != "ok" and not entry["outcome"].startswith("Throttling")
        ]
        denied = [(entry["access_key_id"], entry["action"]) for entry in refused]
        written = writes(emulator)
    assert set(denied) == {(f"{missing}-key", missing) for missing in allowed}
    for missing in allowed:
        said = [json.dumps(found.result, ensure_ascii=False) for found in run.results(host=missing)]
        statement = json.dumps(ram_statement(OPERATIONS[missing].ram_action), ensure_ascii=False)[1:-1]
        assert [text for text in said if statement in text], f"{missing}\n{run.describe()}"
        # Without the audio settings a person should look, and without the layouts only the ids guard the take; nothing
        # keeps the show from going on.
        assert bool(run.stats[missing]["failures"]) == (missing not in dispensable)
    assert sorted(written) == ["CopyCasterSceneConfig"] * 5 + ["StopCasterScene"] * 4


def test_an_emergency_key_sees_the_program_shows_the_slate_and_comes_back_and_nothing_else(tmp_path: Path) -> None:
    """The calls are made by hand, as the console or the CLI makes them."""
    with emulator_for({"emergency": published(permissions.EMERGENCY)}, document()) as emulator:
        environ = account(emulator, "emergency-key", "emergency-secret")
        run = run_playbook(
            "apsara.live.report_program", tmp_path, inventory=hosts(emulator), environ=environ
        ).succeeded()
        assert "Viewers see - layout layout-now" in " ".join(run.stdout.split())
        person = RawClient(emulator.endpoint, "emergency-key", "emergency-secret")
        program = {"CasterId": CASTER, "SceneId": PGM}
        assert person.call("DescribeCasterScenes", {"CasterId": CASTER}).code == "ok"
        assert person.call("EffectCasterUrgent", program).code == "ok"
        assert emulator.state()[0]["scenes"][1]["standby"] is True
        assert person.call("SetCasterSceneConfig", program).code == "ok"
        assert emulator.state()[0]["scenes"][1]["standby"] is False
        take = {"CasterId": CASTER, "FromSceneId": PVW, "ToSceneId": PGM}
        assert person.call("CopyCasterSceneConfig", take).code == "Forbidden.RAM"
        assert person.call("StopCasterScene", STOP).code == "Forbidden.RAM"
        person.close()


@pytest.mark.parametrize("person", permissions.PEOPLE, ids=lambda person: person.name)
def test_a_policy_names_actions_and_never_patterns(person: permissions.Person) -> None:
    assert set(published(person)) <= set(OPERATIONS)


def test_the_page_warns_of_every_write_that_is_filed_under_reading() -> None:
    filed = [name for name, found in OPERATIONS.items() if found.writes and SIMULATED[name].ram_level == "get"]
    assert filed == mislabelled() == ["CopyCasterSceneConfig", "EffectCasterUrgent"]
    for name in filed:
        assert name not in published(permissions.VIEWER)


@pytest.mark.parametrize("role", content.ROLES)
def test_the_readme_of_a_role_names_what_it_needs(role: str) -> None:
    text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\| Permissions \| (.*) \|$", text, re.MULTILINE)
    assert set(re.findall(r"live:(\w+)", line)) == permissions.operations_of(role)
