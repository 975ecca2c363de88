# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README: its commands work, its links lead somewhere, and the playbooks of the role pages run twice."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support import guides
from ansible_collections.apsara.live.tests.support.markdown import broken_links, fenced
from ansible_collections.apsara.live.tests.support.playbook import ROOT, run_playbook
from ansible_collections.apsara.live.tests.support.show import account, held_rehearsal, scene, writes

PAGES = ["README.md", *(f"roles/{path.name}/README.md" for path in sorted((ROOT / "roles").iterdir()))]
HEADINGS = [
    "Description",
    "Requirements",
    "Installation",
    "Use Cases",
    "Testing",
    "Contributing",
    "Communication",
    "Support",
    "Release Notes and Roadmap",
    "Related Information",
    "License",
]


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return fenced(text(page), language)


def snippets(page: str) -> list[Any]:
    return [yaml.safe_load(block) for block in blocks(page, "yaml")]


def playbooks() -> list[Any]:
    found = []
    for page in PAGES:
        plays = [snippet for snippet in snippets(page) if isinstance(snippet, list)]
        found += [pytest.param(play, id=f"{page}-{number}") for number, play in enumerate(plays)]
    return found


def inventory() -> dict[str, Any]:
    return next(snippet for snippet in snippets("README.md") if "casters" in snippet)


def test_the_readme_has_the_headings_of_certified_content() -> None:
    assert re.findall(r"^## (.*)$", text("README.md"), re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("plays", playbooks())
def test_a_playbook_runs_twice(plays: list[dict[str, Any]], tmp_path: Path) -> None:
    audit = {
        "ANSIBLE_CALLBACKS_ENABLED": "results_file,apsara.live.audit",
        "APSARA_LIVE_AUDIT_PATH": str(tmp_path / "audit.jsonl"),
    }
    with Emulator() as emulator:
        environ = {**account(emulator), **audit}
        if plays[0].get("roles", [{}])[0].get("role") == "apsara.live.report":
            report_twice(plays, tmp_path, environ)
            return
        if plays[0].get("roles", [{}])[0].get("role") == "apsara.live.undo":
            undo_twice(plays, tmp_path, environ, emulator)
            return
        first = run_playbook(plays, tmp_path, inventory=inventory(), environ=environ).succeeded()
        done = writes(emulator)
        second = run_playbook(plays, tmp_path, inventory=inventory(), environ=environ).succeeded()
        if plays[0]["hosts"] == "localhost":
            # It brings its own studios: every run begins anew.
            assert first.changed() == second.changed()
        else:
            assert first.changed() == len(done)
            assert second.changed() == 0
            assert writes(emulator) == done


def report_twice(plays: list[dict[str, Any]], path: Path, environ: dict[str, str]) -> None:
    nothing = run_playbook(plays, path, environ=environ)
    assert nothing.returncode == 2
    assert "There is no audit in" in nothing.output
    run_playbook("apsara.live.take_scene", path, inventory=inventory(), environ=environ).succeeded()
    first = run_playbook(plays, path, environ=environ).succeeded()
    assert "2 done" in first.output
    assert first.changed() > 0
    assert run_playbook(plays, path, environ=environ).succeeded().changed() == 0


def programs(emulator: Emulator) -> list[tuple[str, list[str]]]:
    """What is on air in the studios of the inventory."""
    found = [scene(emulator, "pgm", number) for number in range(len(inventory()["casters"]["hosts"]))]
    return [(one["layout_id"], one["component_ids"]) for one in found]


def undo_twice(plays: list[dict[str, Any]], path: Path, environ: dict[str, str], emulator: Emulator) -> None:
    before = programs(emulator)
    nothing = run_playbook(plays, path, inventory=inventory(), environ=environ)
    assert nothing.returncode == 2
    assert "The take was not undone. Nothing was written." in nothing.output
    run_playbook("apsara.live.take_scene", path, inventory=inventory(), environ=environ).succeeded()
    taken = programs(emulator)
    assert taken != before
    # An undo is a take, and can be undone.
    for expected in (before, taken):
        assert run_playbook(plays, path, inventory=inventory(), environ=environ).succeeded().changed() == 2
        assert programs(emulator) == expected


def test_the_commands_in_the_readme_work_against_a_rehearsal_that_is_held(tmp_path: Path) -> None:
    (tmp_path / "studios.yml").write_text(yaml.safe_dump(inventory()), encoding="utf-8")
    commands = [
        shlex.split(command.line, comments=True)[1:]
        for command in guides.commands(text("README.md"))
        if " -i studios.yml" in command.line or "report_show" in command.line
    ]
    preflight, take, wrap = "apsara.live.preflight_studio", "apsara.live.take_scene", "apsara.live.wrap_show"
    assert [words[0] for words in commands] == [preflight, take, take, wrap, "apsara.live.report_show"]
    audit = {
        "ANSIBLE_CALLBACKS_ENABLED": "results_file,apsara.live.audit",
        "APSARA_LIVE_AUDIT_PATH": str(tmp_path / "audit.jsonl"),
    }
    with held_rehearsal(tmp_path) as held:
        for words in commands:
            run = run_playbook(words[0], tmp_path, environ={**held.environ, **audit}, args=words[1:]).succeeded()
            assert len(run.stats) == (2 if "studios.yml" in words else 1)
    assert held.returncode == 0
    assert held.shown.count("CopyCasterSceneConfig     ok") == 2, held.shown
    assert held.shown.count("StopCasterScene           ok") == 2, held.shown
    assert "Nothing was throttled." in held.shown


def test_the_readme_is_short_and_names_the_test_command() -> None:
    assert len(text("README.md").splitlines()) < 200
    assert "`make test`" in text("README.md")


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_into_the_repository_lead_somewhere(page: str) -> None:
    assert broken_links(ROOT / page) == []
