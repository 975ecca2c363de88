# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of the AWX kit, held against the rules of AWX and of a show day, and broken on purpose."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.tests.support import awx_kit
from ansible_collections.apsara.live.tests.support import awx_rules as rules
from ansible_collections.apsara.live.tests.support.playbook import ROOT

Kit = awx_kit.Kit


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """The data of the role with everything that can be had, as Ansible reads it."""
    return awx_kit.read_kit(tmp_path_factory.mktemp("kit"), awx_kit.answers())


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """The data of the role where only what cannot be left out was said, and the image that makes its own object."""
    said = {"awx_kit_project_url": "https://git.example.com/x", "awx_kit_execution_environment_image": "x"}
    return awx_kit.read_kit(tmp_path_factory.mktemp("bare"), said)


def test_the_data_keeps_the_rules(kit: Kit) -> None:
    assert awx_kit.complaints(kit) == []


def test_every_data_file_is_checked() -> None:
    found = {
        name for path in awx_kit.DATA.iterdir() for name in re.findall(r"^(__\w+):", path.read_text("utf-8"), re.M)
    }
    helpers = {"questions", "show_schedule", "notified", "execution_environment", "example_shows"}
    helpers |= {"schedules_gone", "no_collection", "past_shows", "refusal"}
    assert found == set(awx_kit.VARIABLES.values()) | {f"__awx_kit_{name}" for name in helpers}


def _set(*path: Any) -> Callable[[Kit], None]:
    """Put the last of these where the others lead to."""

    def break_it(kit: Kit) -> None:
        place: Any = kit
        for step in path[:-2]:
            place = place[step]
        place[path[-2]] = path[-1]

    return break_it


def _node(name: str, **values: Any) -> Callable[[Kit], None]:
    return lambda kit: next(
        node for node in kit["workflow_job_templates"][0]["nodes"] if node["identifier"] == name
    ).update(values)


_TYPE = ("credential_types", 0)
_ENV = (*_TYPE, "injectors", "env")
_SECRET = (*_TYPE, "inputs", "fields", 1)
_RULE = "DTSTART;TZID=Asia/Shanghai:20270108T184500 RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=FR"
BROKEN: dict[str, tuple[Callable[[Kit], None], str]] = {
    # The five that must break loudly.
    "a rule without a zone": (_set("schedules", 0, "rrule", _RULE.replace(";TZID=Asia/Shanghai", "")), "has no zone"),
    "a default outside its choices": (_set("surveys", "Show day", 5, "default", "maybe"), "is not one of"),
    "an injector that begins with ANSIBLE_": (_set(*_ENV, "ANSIBLE_TIMEOUT", "9"), "may not be set"),
    "a link to a missing node": (_node("preflight", success_nodes=["gone"]), "leads to gone, which is no node"),
    "a secret that is not marked": (_set(*_SECRET, "secret", False), "is not marked secret"),
    # Credential type.
    "another kind": (_set(*_TYPE, "kind", "ssh"), "is not one of"),
    "a field with a type of its own": (_set(*_SECRET, "type", "integer"), "neither string nor boolean"),
    "a field with a key of its own": (_set(*_SECRET, "hidden", True), "has no key hidden"),
    "a field named tower": (_set(*_SECRET, "id", "tower"), "is no name for a field"),
    "a required field that is not there": (_set(*_TYPE, "inputs", "required", ["key"]), "which is no field"),
    "a variable of the job itself": (_set(*_ENV, "PYTHONPATH", "x"), "may not be set"),
    "an injector of an unknown field": (_set(*_ENV, "A", "{{ other }}"), "'other' is undefined"),
    "an injector that is not ASCII": (_set(*_ENV, "A", "\u00e9"), "must be an ASCII string"),
    # Surveys.
    "a question without required": (lambda kit: kit["surveys"]["Take"][0].pop("required"), "required must be"),
    "a question of an unknown type": (_set("surveys", "Take", 0, "type", "date"), "has the type date"),
    "a default of another type": (_set("surveys", "Take", 2, "default", "5"), "no answer of the type integer"),
    "a default out of range": (_set("surveys", "Take", 2, "default", 601), "too small or too large"),
    "a choice without choices": (_set("surveys", "Show day", 5, "choices", []), "has no choices"),
    "the same variable twice": (_set("surveys", "Take", 0, "variable", "cue"), "asked twice"),
    "an empty survey": (_set("surveys", "Take", []), "list with questions"),
    "a survey of nothing": (_set("surveys", "Tale", [{}]), "belongs to nothing"),
    # Schedules.
    "a rule without an interval": (_set("shows", 0, "rrule", _RULE.replace("INTERVAL=1;", "")), "INTERVAL is missing"),
    "a rule for every second": (_set("shows", 0, "rrule", _RULE.replace("WEEKLY", "SECONDLY")), "SECONDLY"),
    "a rule for the second Friday": (_set("shows", 0, "rrule", _RULE.replace("FR", "2FR")), "BYDAY with a number"),
    "a count and an end": (_set("shows", 0, "rrule", _RULE + ";COUNT=2;UNTIL=20280101T000000Z"), "exclude each other"),
    "a thousand times": (_set("shows", 0, "rrule", _RULE + ";COUNT=1000"), "over 999"),
    "an exception by date": (_set("shows", 0, "rrule", _RULE + " EXDATE:20270115T184500Z"), "EXDATE is refused"),
    "a second start": (_set("shows", 0, "rrule", _RULE + " DTSTART:20270115T184500Z"), "only DTSTART"),
    "a zone that is not there": (_set("shows", 0, "rrule", _RULE.replace("Shanghai", "Atlantis")), "there is no zone"),
    "a rule of two lines": (_set("shows", 0, "rrule", _RULE.replace(" ", "\n")), "one line"),
    "a day that never comes": (_set("shows", 0, "rrule", _RULE.replace("FR", "XX")), "rrule:"),
    "an answer to no question": (_set("shows", 0, "extra_data", {"take_at": "now"}), "is not asked for"),
    "an answer of another type": (_set("shows", 0, "extra_data", {"take_max_late": "5"}), "no answer of the type"),
    "a schedule of nothing": (_set("shows", 0, "unified_job_template", "Tale"), "names Tale"),
    # Workflow.
    "an approval without a limit": (_node("go", approval_node={"name": "Go", "description": ""}), "waits for ever"),
    "a circle": (_node("wrap", success_nodes=["preflight"]), "lead in a circle"),
    "a failure that leads nowhere": (_node("take", failure_nodes=[]), "leads to no standby"),
    "a node that runs nothing": (_node("take", unified_job_template="Tale"), "nothing named Tale"),
    "a node of two kinds": (_node("take", approval_node={"name": "?"}), "a job or an approval"),
    "a failure that leads to no standby in the end": (
        _node("attention", failure_nodes=[]),
        "preflight: its failure leads",
    ),
    "a standby that is not told why": (_node("standby_go", extra_data={}), "not told what is wrong"),
    "an answer that a node's job does not ask for": (_node("take", extra_data={"a": 1}), "is not asked for"),
    # What must start at any moment.
    "a standby that waits for another": (
        _set("job_templates", -1, "allow_simultaneous", False),
        "Standby runs already",
    ),
    "a standby that waits for the show's inventory": (
        _set("job_templates", -1, "inventory", "Studios"),
        "the inventory Studios is being read",
    ),
    "a standby that waits for the show's project": (
        _set("job_templates", -1, "project", "Show playbooks"),
        "the project Show playbooks is being read",
    ),
    "a standby whose project could not be read": (
        _set("job_templates", -1, "project", "Show playbooks"),
        "Missing a rev",
    ),
    "a standby whose studios are read at every launch": (
        _set("inventory_sources", 1, "update_on_launch", True),
        "the inventory Standby studios is being read",
    ),
    "a standby whose studios are read at every hour": (
        _set("schedules", 1, "rrule", _RULE.replace("WEEKLY", "HOURLY")),
        "the inventory Standby studios is being read",
    ),
    "a take that waits for another": (_set("job_templates", -2, "allow_simultaneous", False), "Take now runs already"),
    # Job templates.
    "a limit that is ignored": (
        _set("job_templates", 1, "ask_limit_on_launch", False),
        "limit at launch would be ignored",
    ),
    "two at once": (_set("job_templates", 1, "allow_simultaneous", True), "two of them could run at once"),
    "slices of a take": (_set("job_templates", 1, "job_slice_count", 2), "two of them could run at once"),
    "no dry run": (_set("job_templates", 1, "ask_job_type_on_launch", False), "its own dry run"),
    "a playbook that is not there": (_set("job_templates", 1, "playbook", "tale.yml"), "no playbook tale.yml"),
    "a field that AWX does not have": (_set("job_templates", 1, "become", True), "has no field become"),
    "a number as a text": (_set("job_templates", 1, "forks", "5"), "forks has the wrong type"),
    "two credentials of one type": (_set("job_templates", 1, "credentials", ["ApsaraVideo Live"] * 2), "of one type"),
    "a project that is not there": (_set("job_templates", 1, "project", "Tale"), "project names Tale"),
    "a project named like a workflow": (_set("projects", 0, "name", "Show"), "Show is there twice"),
    # Notifications.
    "a message of two lines": (_set("notification_templates", 0, "messages", "error", "message", "a\nb"), "one line"),
    "a field that no message has": (
        _set("notification_templates", 0, "messages", "error", "message", "{{ user }}"),
        "'user' is undefined",
    ),
    "a body that is no JSON": (
        _set("notification_templates", 1, "messages", "error", "body", '{"a": "{{ job.name }}"}'),
        "is no JSON",
    ),
    "an event that is not there": (_set("notification_templates", 1, "messages", "failure", {}), "there is no event"),
    "a setting that is missing": (
        lambda kit: kit["notification_templates"][1]["notification_configuration"].pop("headers"),
        "headers is missing",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_data_is_found(name: str, kit: Kit) -> None:
    break_it, complaint = BROKEN[name]
    broken = copy.deepcopy(kit)
    break_it(broken)
    found = awx_kit.complaints(broken)
    assert any(complaint in text for text in found), found


def test_shows_start_early_enough_to_be_approved_and_wait_long_enough(kit: Kit, bare: Kit) -> None:
    nodes = kit["workflow_job_templates"][0]["nodes"]
    limit = max(node["approval_node"]["timeout"] for node in nodes if node["identifier"] in ("go", "go_attention"))
    # Reading the studios and two preflights, with AWX half a minute late.
    before_the_approval = 300
    assert [show["name"] for show in kit["shows"]] == ["Friday show", "Opening night"]
    for show in [*kit["shows"], *bare["shows"]]:
        start = rules.first(show["rrule"])
        said = show["extra_data"]
        cue = datetime.fromisoformat(said["cue"] if "T" in said["cue"] else f"{start.date()}T{said['cue']}")
        assert before_the_approval + limit <= (cue - start).total_seconds() <= said["take_max_wait"], show["name"]
        assert 0 < said["take_max_late"] <= 60


def test_without_answers_the_example_is_off_and_nobody_is_told(bare: Kit) -> None:
    assert awx_kit.complaints(bare) == []
    assert [(show["name"], show["enabled"]) for show in bare["shows"]] == [("Friday show", False)]
    assert [one["name"] for one in bare["notification_templates"] if one["wanted"]] == []


def test_nothing_that_starts_by_itself_needs_an_answer(kit: Kit) -> None:
    for name, questions in kit["surveys"].items():
        needed = [question["variable"] for question in questions if question["required"]]
        assert needed == (["show_confirmed"] if name == "Show day" else []), name


def test_every_answer_reaches_something(kit: Kit) -> None:
    known = set()
    for role in ("take", "preflight"):
        spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text("utf-8"))
        known |= set(spec["argument_specs"]["main"]["options"])
    texts = [path.read_text("utf-8") for path in (ROOT / "playbooks").glob("*.yml")]
    texts.append((ROOT / "plugins" / "callback" / "audit.py").read_text("utf-8"))
    texts += [path.read_text("utf-8") for path in awx_kit.PROJECT.glob("*.yml")]
    for questions in kit["surveys"].values():
        for question in questions:
            name = question["variable"]
            assert name in known or any(re.search(rf"\b{name}\b", text) for text in texts), name


def test_a_blank_answer_does_not_mean_every_studio(kit: Kit) -> None:
    for name, questions in kit["surveys"].items():
        (asked,) = (question for question in questions if question["variable"] == "studios")
        assert rules.answer(asked, ""), name
        assert asked["default"] == "casters" and not rules.answer(asked, "casters"), name


def test_what_is_read_by_a_schedule_is_read_when_there_is_no_show(kit: Kit) -> None:
    sources = {one["name"] for one in kit["inventory_sources"]}
    reading = [one for one in kit["schedules"] if one["unified_job_template"] in sources]
    assert len(reading) == len(sources) == 2
    for one in reading:
        assert "T053000 RRULE:FREQ=DAILY" in one["rrule"], one["name"]
    # The workflow reads the studios itself, so nothing is lost, and no reading lasts longer than this.
    assert kit["workflow_job_templates"][0]["nodes"][0]["unified_job_template"] == "Studios of the account"
    assert {one["timeout"] for one in kit["inventory_sources"]} == {120}


def test_an_approval_says_the_verdict_that_led_to_it(kit: Kit) -> None:
    nodes = {node["identifier"]: node for node in kit["workflow_job_templates"][0]["nodes"]}
    assert nodes["preflight"]["extra_data"] == {"preflight_stop_at": "attention"}
    assert nodes["preflight"]["success_nodes"] == ["go"] and nodes["preflight"]["failure_nodes"] == ["attention"]
    assert nodes["attention"]["extra_data"] == {"preflight_stop_at": "not ready"}
    assert nodes["attention"]["success_nodes"] == ["go_attention"]
    assert "every studio ready, and nothing that needs attention" in nodes["go"]["approval_node"]["description"]
    assert "needs attention" in nodes["go_attention"]["approval_node"]["name"]
    # What was found stands in the message that comes right before the one that asks.
    (preflight,) = (one for one in kit["job_templates"] if one["name"] == "Preflight")
    assert set(preflight["notify"]) >= {"success", "error"}
    for one in kit["notification_templates"]:
        for event in ("success", "error"):
            (text,) = one["messages"][event].values()
            assert "job.artifacts.apsara_live_verdict" in text, one["name"]
    assert "next Show waits" in nodes["over"]["approval_node"]["description"]


def test_what_a_workflow_asks_reaches_its_jobs(kit: Kit) -> None:
    asked = {name: {one["variable"] for one in questions} for name, questions in kit["surveys"].items()}
    assert asked["Show"] == asked["Take"]
    assert all("studios" in variables for variables in asked.values())
