# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides: every file and command in them is used as a reader would, and what writes is entered twice."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.module_utils._credentials.environment import CONNECTION_ENVIRONMENT
from ansible_collections.apsara.live.plugins.module_utils._errors import codes
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.faults import FOLDER, KINDS
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.studios import DEFAULT_FILE
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.variants import VARIANTS
from ansible_collections.apsara.live.tests.support.guides import Answer, Command, File, Reader, steps, words
from ansible_collections.apsara.live.tests.support.markdown import broken_links, fenced
from ansible_collections.apsara.live.tests.support.playbook import ROOT, environment
from ansible_collections.apsara.live.tests.support.show import WRITES, account
from ansible_collections.apsara.live.tests.support.token_services import TokenServices

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
GUIDES = [
    "quick_start",
    "show_day",
    "authentication",
    "own_playbooks",
    "check_mode",
    "cues",
    "fleet",
    "rehearsal",
    "audit",
    "troubleshooting",
    "guarantees",
]

# What no test can enter, and what stands in for it.
NOT_ENTERED = {
    "python3 -m venv ~/show": "test_artefact installs the collection into an empty place",
    ". ~/show/bin/activate": "test_artefact installs the collection into an empty place",
    "pip install ansible-core requests": "it needs a package index",
    "ansible-galaxy collection install apsara.live": "it needs Galaxy; test_artefact installs the same file",
    "ansible-playbook apsara.live.hold_rehearsal": "it runs until it is stopped; this test brings studios",
}

# The commands that show a failure: a refusal, a denial, a rehearsal of trouble.
FAILING = (
    "take_at=2026-01-01",
    "take_at=2099-01-01",
    "back-layout-panel",
    "profile=shwo",
    "rehearsal_faults=unconfirmed_takes",
    "ALIBABA_CLOUD_LIVE_ENDPOINT=http://127.0.0.1:9",
    "take_expct=",
)
# The same command line does not end alike each time: a second take is refused, and so is one with the viewer's key.
FAILING_WITH = {
    "show_day": "The program does not show what was expected",
    "guarantees": "The program does not show what was expected",
    "troubleshooting": "Add this statement to the RAM policy",
}

# The picture in the README shows this command, with one studio.
PICTURED = "ansible-playbook apsara.live.take_scene -i studios.yml --check --diff"

# What the first guide sets, once for all of them: whoever begins there has nothing of it.
FORMAT = "ANSIBLE_CALLBACK_RESULT_FORMAT"

_rehearsals: dict[tuple[str, str | None], Answer] = {}


def text(page: str) -> str:
    return (DOCS / f"{page}.md").read_text(encoding="utf-8")


def all_steps(page: str) -> list[File | Command]:
    return list(steps(text(page)))


def lines(found: list[File | Command]) -> list[str]:
    return [step.line for step in found if isinstance(step, Command)]


def studios() -> File:
    return next(step for step in all_steps("quick_start") if isinstance(step, File) and step.name == "studios.yml")


def service() -> dict[str, Any]:
    """The studios of a rehearsal, for the role of the stand-in for STS too."""
    document: dict[str, Any] = yaml.safe_load(DEFAULT_FILE.read_text(encoding="utf-8"))
    role = {"id": "STS.role", "secret": "role-secret", "security_token": "role-token"}
    document["account"]["access_keys"].append(role)
    return document


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(service()) as running:
        yield running


@pytest.fixture
def reader(emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Reader]:
    with TokenServices(tmp_path) as token_services:
        directory = tmp_path / "empty"
        directory.mkdir()
        # Where ansible-galaxy would put the collection.
        installed = tmp_path / "home" / ".ansible" / "collections" / "ansible_collections" / "apsara"
        installed.mkdir(parents=True)
        (installed / "live").symlink_to(ROOT)
        environ = environment(tmp_path / "home", {**account(emulator), **token_services.environ})
        if "quick_start" in request.node.name:
            del environ[FORMAT]
        found = Reader(directory, environ, keep={"ALIBABA_CLOUD_LIVE_ENDPOINT"})
        found.write(studios())
        yield found


def enter(reader: Reader, command: Command) -> Answer:
    if "apsara.live.rehearse_show" not in command.line:
        return reader.enter(command)
    # It brings its own studios, so it says the same in every guide.
    key = (command.line, reader.variable(FORMAT))
    if key not in _rehearsals:
        _rehearsals[key] = reader.enter(command)
    return _rehearsals[key]


def may_fail(page: str, command: Command, answer: Answer) -> bool:
    named = any(part in command.line for part in FAILING)
    return named or answer.shows(FAILING_WITH.get(page, "nothing of the kind"))


def enter_as_shown(page: str, reader: Reader, emulator: Emulator, command: Command) -> list[str]:
    """Enter a command, compare what comes out with the guide, and return the takes and stops that happened."""
    before = len(emulator.journal())
    answer = enter(reader, command)
    for part in command.shown:
        assert answer.shows(part), f"$ {command.line}\nshows no\n{part}\nbut\n{answer.output}"
    assert (answer.returncode != 0) == may_fail(page, command, answer), f"$ {command.line}\n{answer.output}"
    return [
        entry["action"]
        for entry in emulator.journal()[before:]
        if entry["action"] in WRITES and entry["outcome"] == "ok"
    ]


def test_the_lines_of_a_held_rehearsal_are_those_that_the_first_guide_shows() -> None:
    held = yaml.safe_load((ROOT / "playbooks" / "hold_rehearsal.yml").read_text(encoding="utf-8"))[0]
    section = text("quick_start").partition("It prints three lines like these.")[2].partition("\n#")[0]
    (block,) = fenced(section, "console")
    exported = re.findall(r"export (\w+)=", block)

    assert exported == list(held["vars"]["hold_environment"])
    assert len(exported) == 3


@pytest.mark.parametrize("page", GUIDES)
def test_a_guide_is_true(page: str, reader: Reader, emulator: Emulator) -> None:
    todo = all_steps(page)
    entered: set[str] = set()
    for number, step in enumerate(todo):
        if isinstance(step, File):
            reader.write(step)
        elif step.line not in NOT_ENTERED:
            wrote = enter_as_shown(page, reader, emulator, step)
            assert not (wrote and step.line in entered), f"the second time it wrote again: {step.line}"
            entered.add(step.line)
            # Some guides enter it twice themselves.
            if wrote and step.line not in lines(todo[number + 1 :]):
                again = enter_as_shown(page, reader, emulator, Command(step.line, ()))
                assert not again, f"the second time it wrote again: {step.line}"


def rows_of_the_picture() -> list[str]:
    """The lines of text in the picture, from top to bottom."""
    svg = (DOCS / "images" / "take.svg").read_text(encoding="utf-8")
    rows: dict[float, str] = {}
    for place, part in re.findall(r'<text class="take-r\d"[^>]* y="([\d.]+)"[^>]*>(.*?)</text>', svg, re.DOTALL):
        rows[float(place)] = rows.get(float(place), "") + html.unescape(part).replace("\xa0", " ")
    return [rows[place].strip("\n") for place in sorted(rows)]


def test_the_picture_shows_what_comes_out(reader: Reader) -> None:
    command, *printed = rows_of_the_picture()
    assert command == f"$ {PICTURED}"
    main = yaml.safe_load(studios().content)
    main["casters"]["hosts"].pop("backup")
    reader.write(File("studios.yml", yaml.safe_dump(main)))
    reader.enter(Command("export ANSIBLE_DISPLAY_SKIPPED_HOSTS=false", ()))
    answer = reader.enter(Command(PICTURED, ()))
    assert [row for row in printed if not answer.shows(row)] == []
    assert words(" ".join(printed)) == words(answer.output)


@pytest.mark.parametrize("page", GUIDES)
def test_every_file_of_a_guide_is_used_in_it(page: str) -> None:
    for step in all_steps(page):
        if isinstance(step, File) and not step.name.startswith("~"):
            assert any(step.name in line for line in lines(all_steps(page))), step.name
    assert lines(all_steps(page))


def test_every_command_that_is_not_entered_is_still_in_a_guide() -> None:
    shown = [line for page in GUIDES for line in lines(all_steps(page))]
    assert set(NOT_ENTERED) <= set(shown)
    assert all(any(part in line for line in shown) for part in FAILING)


def test_the_index_has_every_page() -> None:
    listed = re.findall(r"^- \[.*?\]\((\w+)\.md\): ", text("README"), re.MULTILINE)
    assert sorted(listed) == [path.stem for path in PAGES if path.name != "README.md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    assert broken_links(path) == []


def codes_of_tables(page: str) -> set[str]:
    """Every code that a table of the page names: CamelCase words in code, with dots."""
    cells = [row.split("|")[1:3] for row in re.findall(r"^\|.*\|$", text(page), re.MULTILINE)]
    return {code for row in cells for cell in row for code in re.findall(r"`([A-Z][A-Za-z]+(?:\.[A-Za-z]+)*)`", cell)}


@pytest.mark.parametrize("page", ["troubleshooting", "show_day"])
def test_the_codes_in_a_guide_exist(page: str) -> None:
    known = {meaning.code for table in (codes.OWN_CODES, codes.STUDIO_CODES, codes.COMMON_CODES) for meaning in table}
    assert codes_of_tables(page)
    assert codes_of_tables(page) <= known


def test_troubleshooting_has_every_code_of_the_collection() -> None:
    assert {meaning.code for meaning in codes.OWN_CODES} <= codes_of_tables("troubleshooting")


def test_the_authentication_guide_names_every_option_and_variable_of_an_identity() -> None:
    for option, names in CONNECTION_ENVIRONMENT.items():
        if option not in ("region_id", "endpoint"):
            assert f"`{option}`" in text("authentication")
            assert ", ".join(f"`{name}`" for name in names) in text("authentication")


def first_column(page: str, heading: str) -> list[str]:
    table = text(page).partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def test_the_rehearsal_guide_names_everything_that_can_be_rehearsed() -> None:
    assert sorted(first_column("rehearsal", "`rehearsal_faults`")) == sorted(path.stem for path in FOLDER.glob("*.yml"))
    assert sorted(first_column("rehearsal", "variant")) == sorted(VARIANTS)
    row = next(line for line in text("rehearsal").splitlines() if line.startswith("| `kind` |"))
    assert re.findall(r"`(\w+)`", row)[1:] == list(KINDS)
    for name, values in VARIANTS.items():
        row = next(line for line in text("rehearsal").splitlines() if line.startswith(f"| `{name}` |"))
        assert re.findall(r"`(\w+)`", row)[1:] == list(values)
