# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWX kit sets AWX up, with the real modules of awx.awx, and a second time changes nothing."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.tests.support import awx_kit
from ansible_collections.apsara.live.tests.support.awx_controller import Controller
from ansible_collections.apsara.live.tests.support.guides import Answer, Command, File, Reader
from ansible_collections.apsara.live.tests.support.playbook import ROOT, PlayRun, environment, run_playbook

PLAYBOOKS = {path.name for path in awx_kit.PROJECT.glob("*.yml")}
SECRETS = ("rehearsal-secret", "rehearsal-slack-secret", "rehearsal-token", "rehearsal-password")
HOURLY = "DTSTART:20260101T000700Z RRULE:FREQ=HOURLY;INTERVAL=1"
CONFIGURE = "ansible-playbook apsara.live.configure_awx -e @show.yml"

# What no test can enter, and what stands in for it.
NOT_ENTERED = {
    "ansible-galaxy collection install apsara.live awx.awx:24.6.1": "it needs Galaxy; these are the same modules",
    "git -C show push https://git.example.com/show.git main": "it needs a git server",
}


def reader(controller: Controller, path: Path) -> Reader:
    """Somebody who reads the guide, with the collection installed."""
    installed = path / "home" / ".ansible" / "collections" / "ansible_collections" / "apsara"
    installed.mkdir(parents=True)
    (installed / "live").symlink_to(ROOT)
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
    extra = {**who, **awx_kit.SECRETS, **awx_kit.collections(), **controller.environ(), "ANSIBLE_PIPELINING": "true"}
    (path / "empty").mkdir()
    return Reader(path / "empty", environment(path / "home", extra), keep=set(controller.environ()), seconds=600)


def test_the_guide_leads_from_an_empty_awx_to_a_scheduled_show(tmp_path: Path) -> None:
    if not (awx_kit.AWX / "ansible_collections" / "awx" / "awx").is_dir():
        pytest.skip("awx.awx is not there: make .cache/awx/.done downloads it")
    answers: dict[str, list[Answer]] = {}
    written: list[list[str]] = []
    with Controller(PLAYBOOKS) as controller:
        operator = reader(controller, tmp_path)
        for step in awx_kit.guide():
            if isinstance(step, File):
                operator.write(step)
            elif step.line not in NOT_ENTERED:
                answer = operator.enter(step)
                assert answer.returncode == 0, f"$ {step.line}\n{answer.output}\n{controller.refusals}"
                assert all(answer.shows(part) for part in step.shown), answer.output
                answers.setdefault(step.line, []).append(answer)
                written.append(list(controller.writes))
        assert len(answers[CONFIGURE]) == 2
        # The second run: not one write more. The repository is read again, for what was pushed meanwhile.
        more = written[-1][len(written[-2]) :]
        assert written[-1][: len(written[-2])] == written[-2] != []
        projects = [controller.get("projects", name)["id"] for name in ("Show playbooks", "Standby playbooks")]
        assert more == [f"POST projects/{number}/update" for number in projects]
        assert controller.refusals == []
        for secret in SECRETS:
            assert not any(secret in answer.output for answer in answers[CONFIGURE]), secret
        committed = subprocess.check_output(["git", "-C", tmp_path / "empty" / "show", "ls-files"], text=True).split()
        assert set(committed) >= {*PLAYBOOKS, "ansible.cfg", "take_now.yml"}
        # AWX would contact Galaxy for it whenever it reads the repository, though the image has the collection.
        assert "collections/requirements.yml" not in committed
        _everything_is_there(controller)
        # An earlier release read the studios at every hour, which held jobs back.
        source = controller.get("inventory_sources", "Studios of the account")["id"]
        old = {"name": "Studios every hour", "unified_job_template": source, "rrule": HOURLY, "description": ""}
        assert ask(controller, "POST", "schedules/", old)[0] == 201
        rest = (
            "--start-at-task 'Take out the schedules of an earlier release' -e awx_kit_address=https://awx.example.com"
        )
        upgraded = operator.enter(Command(f"{CONFIGURE} {rest}", []))
        assert upgraded.returncode == 0 and upgraded.shows("changed=2"), upgraded.output
        assert "Studios every hour" not in [one["name"] for one in controller.things["schedules"].values()]
        assert controller.settings == {"TOWER_URL_BASE": "https://awx.example.com"}
        _launches_do_what_they_say(controller)


def test_the_modules_of_another_collection_are_used_where_it_is_named(tmp_path: Path) -> None:
    past = [{"name": "Opening", "rrule": "DTSTART:20200101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1"}]
    said = {
        "awx_kit_project_url": "https://git.example.com/show.git",
        "awx_kit_collection": "ansible.controller",
        "awx_kit_shows": past,
    }
    # It needs a subscription, so it is not there.
    run_playbook("apsara.live.configure_awx", tmp_path, extra_vars=said).refused(
        "The modules for AWX are not here, the collection ansible.controller, so nothing was done.",
        "ansible-galaxy collection install ansible.controller",
        "WARNING: Opening: every date is past",
    )
    missing = {**said, "awx_kit_collection": "awx.awx"}
    run_playbook("apsara.live.configure_awx", tmp_path, extra_vars=missing).refused(
        "ansible-galaxy collection install awx.awx:24.6.1"
    )
    nothing = {**said, "awx_kit_project_url": ""}
    run_playbook("apsara.live.configure_awx", tmp_path, extra_vars=nothing).refused("Give awx_kit_project_url")


def test_after_a_failed_reading_of_the_repository_it_is_read_again(tmp_path: Path) -> None:
    """The git server is not there, then it is, then somebody has pushed."""
    role = {"name": "apsara.live.awx_kit", "tasks_from": "projects"}
    tasks = [{"name": "Projects", "ansible.builtin.include_role": role}]
    plays = [{"name": "Projects", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    said = {"awx_kit_project_url": "https://git.example.com/show.git"}
    with Controller(PLAYBOOKS) as controller:
        environ = {**awx_kit.collections(), **controller.environ(), "ANSIBLE_PIPELINING": "true"}

        def configure() -> PlayRun:
            return run_playbook(plays, tmp_path, extra_vars=said, environ=environ)

        controller.repository_there = False
        configure().refused(
            "could not read its repository https://git.example.com/show.git",
            "AWX keeps the reason under Projects, Show playbooks, Jobs",
        )
        # What Standby needs is left as it is, or it could not be started.
        assert [one["name"] for one in controller.things["projects"].values()] == ["Show playbooks"]
        controller.repository_there = True
        assert configure().succeeded().changed() == 2
        controller.revision = "4567def"
        assert configure().succeeded().changed() == 2


def test_what_is_not_entered_is_in_the_guide() -> None:
    assert set(NOT_ENTERED) <= {step.line for step in awx_kit.guide() if isinstance(step, Command)}


def _everything_is_there(controller: Controller) -> None:
    kind = controller.get("credential_types", "Alibaba Cloud (ApsaraVideo Live)")
    assert kind["injectors"]["env"]["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == "{{ access_key_secret }}"
    assert kind["injectors"]["env"]["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] == "true"
    # What was left blank is not there, and what is secret is not shown.
    assert controller.get("credentials", "ApsaraVideo Live")["inputs"] == {
        "access_key_id": "rehearsal-key",
        "access_key_secret": "$encrypted$",
    }
    assert controller.secret("credentials", "ApsaraVideo Live") == {"access_key_secret": "rehearsal-secret"}
    assert controller.secret("notification_templates", "Show on Slack") == {"token": "rehearsal-slack-secret"}
    environment = controller.get("execution_environments", "ApsaraVideo Live")["id"]
    for name in ("Preflight", "Take", "Take now", "Wrap", "Show day", "Standby"):
        template = controller.get("job_templates", name)
        assert template["ask_job_type_on_launch"] and template["ask_diff_mode_on_launch"], name
        emergency = name in awx_kit.EMERGENCY
        assert template["allow_simultaneous"] is emergency, name
        project, inventory = ("Standby playbooks", "Standby studios") if emergency else ("Show playbooks", "Studios")
        assert template["project"] == controller.get("projects", project)["id"], name
        assert template["inventory"] == controller.get("inventories", inventory)["id"], name
        assert template["execution_environment"] == environment
        assert controller.names("job_templates", name, "credentials") == ["ApsaraVideo Live"]
    everywhere = {"Show on Slack", "Show on DingTalk", "Show on Feishu"}
    assert set(controller.names("job_templates", "Standby", "notification_templates_started")) == everywhere
    assert set(controller.names("workflow_job_templates", "Show", "notification_templates_approvals")) == everywhere
    _the_workflow_is_linked(controller)
    show = controller.get("schedules", "Friday show")
    assert show["unified_job_template"] == controller.get("workflow_job_templates", "Show")["id"]
    assert show["enabled"] is True
    assert show["extra_data"]["cue"] == "19:30:00+08:00"


def _launches_do_what_they_say(controller: Controller) -> None:
    def launch(name: str, **given: Any) -> tuple[int, Any]:
        number = controller.get("job_templates", name)["id"]
        return ask(controller, "POST", f"job_templates/{number}/launch/", given)

    for name in ("Preflight", "Take", "Take now", "Wrap", "Standby"):
        status, job = launch(name, limit="Interviews", job_type="check", diff_mode=True)
        assert (status, job["ignored_fields"]) == (201, {}), name
        assert launch(name, extra_vars={"studios": ""})[0] == 400, name
    # Event-Driven Ansible adds a variable of its own.
    status, job = launch("Standby", limit="Interviews", extra_vars={"standby_reason": "x", "ansible_eda": {}})
    assert (status, job["ignored_fields"]) == (201, {})
    assert launch("Take", extra_vars={"show_confirmed": "no"})[1]["ignored_fields"] == {
        "extra_vars": {"show_confirmed": "no"}
    }
    # The git server is gone, and somebody has synchronised the project of the show.
    controller.repository_there = False
    project = controller.get("projects", "Show playbooks")["id"]
    reading = ask(controller, "POST", f"projects/{project}/update/", {})[1]["id"]
    for _ask in range(2):
        ask(controller, "GET", f"project_updates/{reading}/", {})
    assert launch("Take")[0] == 400
    assert launch("Standby")[0] == launch("Take now")[0] == 201


def _the_workflow_is_linked(controller: Controller) -> None:
    way = {
        "studios": ("preflight", "standby_studios"),
        "preflight": ("go", "attention"),
        "attention": ("go_attention", "standby_preflight"),
        "go": ("take", "standby_go"),
        "go_attention": ("take", "standby_go"),
        "take": ("over", "standby"),
        "over": ("wrap", "standby_wrap"),
    }
    for name, (after, else_after) in way.items():
        assert controller.names("workflow_job_template_nodes", name, "success_nodes") == [after]
        assert controller.names("workflow_job_template_nodes", name, "failure_nodes") == [else_after]
        told = controller.get("workflow_job_template_nodes", else_after)["extra_data"]
        assert told.get("standby_reason") or else_after == "attention"
    assert controller.names("workflow_job_template_nodes", "wrap", "success_nodes") == []
    assert controller.names("workflow_job_template_nodes", "wrap", "failure_nodes") == ["standby_wrap"]
    approval = controller.get("workflow_approval_templates", "Go or no-go")
    assert controller.get("workflow_job_template_nodes", "go")["unified_job_template"] == approval["id"]
    assert approval["timeout"] == 1800


# --- the stand-in refuses what AWX refuses, so that the test above means something


def ask(controller: Controller, method: str, path: str, given: Any) -> tuple[int, Any]:
    """One request as the modules make it."""
    headers = {"Authorization": "Bearer rehearsal-token", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{controller.url}/api/v2/{path}", json.dumps(given).encode(), headers, method=method
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


def test_the_stand_in_refuses_what_awx_refuses() -> None:
    def made(path: str, **given: Any) -> int:
        status, body = ask(controller, "POST", path, {"description": "", **given})
        assert status == 201, body
        return int(body["id"])

    def refused(path: str, text: str, **given: Any) -> None:
        status, body = ask(controller, "POST", path, {"description": "", **given})
        assert status == 400 and text in json.dumps(body), body

    fields = [{"id": "key", "type": "string", "label": "Key"}]
    with Controller({"take.yml"}) as controller:
        injectors = {"env": {"ANSIBLE_CONFIG": "x"}}
        refused("credential_types/", "ANSIBLE_CONFIG may not be set", name="T", kind="cloud", injectors=injectors)
        refused("credential_types/", "is not one of", name="T", kind="ssh")
        kind = made("credential_types/", name="T", kind="cloud", inputs={"fields": fields, "required": ["key"]})
        refused("credentials/", "key is required", name="C", organization=1, credential_type=kind, inputs={})
        one = made("credentials/", name="C", organization=1, credential_type=kind, inputs={"key": "a"})
        two = made("credentials/", name="D", organization=1, credential_type=kind, inputs={"key": "b"})
        project = made("projects/", name="Show", organization=1, scm_type="git", scm_url="https://git.example.com/x")
        template = {"project": project, "survey_enabled": True}
        refused("job_templates/", "still being read", name="Take", playbook="take.yml", **template)
        assert ask(controller, "GET", "project_updates/999/", {})[0] == 404
        read = ask(controller, "GET", f"projects/{project}/", {})[1]["summary_fields"]["current_update"]["id"]
        for _ask in range(2):
            ask(controller, "GET", f"project_updates/{read}/", {})
        refused("job_templates/", "Playbook not found", name="Take", playbook="took.yml", **template)
        take = made("job_templates/", name="Take", playbook="take.yml", **template)
        refused("job_templates/", "already exists", name="Take", playbook="take.yml", **template)
        assert ask(controller, "POST", f"job_templates/{take}/credentials/", {"id": one})[0] == 204
        assert ask(controller, "POST", f"job_templates/{take}/credentials/", {"id": two})[0] == 400
        question = {"variable": "sure", "question_name": "?", "type": "multiplechoice", "choices": ["no", "yes"]}
        survey = {"name": "", "description": "", "spec": [{**question, "required": True, "default": "maybe"}]}
        assert ask(controller, "POST", f"job_templates/{take}/survey_spec/", survey)[0] == 400
        survey["spec"][0]["default"] = "no"  # type: ignore[index]
        assert ask(controller, "POST", f"job_templates/{take}/survey_spec/", survey)[0] == 200
        rule = "DTSTART;TZID=Asia/Shanghai:20270108T193000 RRULE:FREQ=DAILY;INTERVAL=1"
        started = {"name": "S", "unified_job_template": take}
        refused("schedules/", "sure is needed", rrule=rule, **started)
        refused("schedules/", "maybe", rrule=rule, extra_data={"sure": "maybe"}, **started)
        refused("schedules/", "not asked for", rrule=rule, extra_data={"sure": "yes", "other": 1}, **started)
        refused("schedules/", "has no zone", rrule=rule.replace(";TZID=Asia/Shanghai", ""), **started)
        made("schedules/", rrule=rule, extra_data={"sure": "yes"}, **started)
        flow = made("workflow_job_templates/", name="Flow", organization=1)
        given = {"identifier": "take", "workflow_job_template": flow, "unified_job_template": take}
        node = ask(controller, "POST", "workflow_job_template_nodes/", given)[1]["id"]
        assert ask(controller, "POST", f"workflow_job_template_nodes/{node}/success_nodes/", {"id": 999})[0] == 404
        assert ask(controller, "POST", f"workflow_job_template_nodes/{node}/success_nodes/", {"id": node})[0] == 400
        # What a schedule starts is looked up by its name, among projects too.
        made("workflow_job_templates/", name="Show", organization=1)
        assert ask(controller, "GET", "unified_job_templates/?name=Show", {})[1]["count"] == 2
        assert len(controller.refusals) == 15


def test_the_configuration_for_aap_has_the_variables_of_its_collection() -> None:
    text = (ROOT / "extensions" / "awx" / "aap_configuration.yml").read_text(encoding="utf-8")
    assert [name for name in yaml.safe_load(text) if name.startswith("controller_")] == [
        "controller_credential_types",
        "controller_credentials",
        "controller_execution_environments",
        "controller_notifications",
        "controller_projects",
        "controller_inventories",
        "controller_inventory_sources",
        "controller_templates",
        "controller_workflows",
        "controller_schedules",
    ]
    # Braces for AWX stand apart, or Ansible would render them.
    assert "{  { access_key_id }}" in text
    assert "{{ access_key_id }}" not in text and "{{ job" not in text
