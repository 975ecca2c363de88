# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWX kit as data: what the role awx_kit makes, as Ansible reads it, and what is wrong with it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from . import awx_rules as rules
from .guides import Command, File, steps
from .playbook import ROOT, run_playbook

ROLE = ROOT / "roles" / "awx_kit"
DATA = ROLE / "vars" / "main"
PROJECT = ROLE / "files" / "project"
#: Where `make acceptance` puts awx.awx.
AWX = ROOT / ".cache" / "awx"

#: Kind of objects -> the variable of the role that holds them.
VARIABLES = {
    "credential_types": "__awx_kit_credential_types",
    "credentials": "__awx_kit_credentials",
    "execution_environments": "__awx_kit_execution_environments",
    "notification_templates": "__awx_kit_notifications",
    "projects": "__awx_kit_projects",
    "inventories": "__awx_kit_inventories",
    "inventory_sources": "__awx_kit_inventory_sources",
    "job_templates": "__awx_kit_job_templates",
    "workflow_job_templates": "__awx_kit_workflows",
    "schedules": "__awx_kit_schedules",
    "shows": "__awx_kit_show_schedules",
    "surveys": "__awx_kit_surveys",
}

#: The environment in which the guide's show.yml finds its secrets.
SECRETS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "rehearsal-key",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "rehearsal-secret",
    "SLACK_TOKEN": "rehearsal-slack-secret",
    "DINGTALK_URL": "https://dingtalk.example.com/robot",
    "FEISHU_URL": "https://feishu.example.com/bot",
}

Kit = dict[str, Any]


def collections(*paths: Path) -> dict[str, str]:
    """The environment in which Ansible finds our collection and awx.awx."""
    found = [*(paths or (ROOT / ".cache" / "collections",)), AWX]
    return {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(str(path) for path in found)}


def guide() -> list[File | Command]:
    """What the reader of the guide does, in order."""
    return list(steps((ROOT / "docs" / "awx.md").read_text(encoding="utf-8")))


def answers() -> dict[str, Any]:
    """What the operator of the guide says, in show.yml."""
    file = next(step for step in guide() if isinstance(step, File) and step.name == "show.yml")
    said: dict[str, Any] = yaml.safe_load(file.content)
    return said


def read_kit(directory: Path, said: Mapping[str, Any]) -> Kit:
    """The role's data with these answers, as Ansible gives it to the modules."""
    wanted = ", ".join(f"'{kind}': {variable}" for kind, variable in VARIABLES.items())
    out = directory / "kit.json"
    play = {
        "name": "Read the kit",
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROLE / "defaults" / "main.yml")],
        "tasks": [
            {"name": "Read", "ansible.builtin.include_vars": {"dir": str(DATA)}},
            {
                "name": "Write",
                "ansible.builtin.copy": {
                    "dest": str(out),
                    "mode": "0600",
                    "content": f"{{{{ {{{wanted}}} | to_json }}}}",
                },
            },
        ],
    }
    run_playbook([play], directory, extra_vars=said, environ=SECRETS).succeeded()
    kit: Kit = json.loads(out.read_text(encoding="utf-8"))
    return kit


def complaints(kit: Kit) -> list[str]:
    """Everything that AWX would refuse, and everything that a show day cannot bear."""
    return [
        *_each_object(kit),
        *_names(kit),
        *_templates(kit),
        *_workflows(kit),
        *_schedules(kit),
        *_emergency(kit),
    ]


def _objects(kit: Kit) -> list[tuple[str, dict[str, Any]]]:
    kinds = [kind for kind in VARIABLES if kind not in ("surveys", "shows")]
    return [(kind, thing) for kind in kinds for thing in kit[kind]] + [("schedules", show) for show in kit["shows"]]


#: What stands in the data besides the fields of AWX.
_OURS = {
    "notification_templates": ("wanted", "secret"),
    "inventory_sources": ("organization",),
    "job_templates": ("credentials", "notify"),
    "workflow_job_templates": ("nodes", "notify"),
}


def _each_object(kit: Kit) -> list[str]:
    found = []
    for kind, thing in _objects(kit):
        given = {name: value for name, value in thing.items() if name not in _OURS.get(kind, ())}
        wrong = rules.fields(kind, given) or rules.RULES.get(kind, lambda _thing: [])(given)
        found += [f"{thing.get('name')}: {text}" for text in wrong]
    for name, questions in kit["surveys"].items():
        found += [f"{name}: {text}" for text in rules.survey({"name": "", "description": "", "spec": questions})]
    return found


def _named(kit: Kit, kind: str) -> list[str]:
    if kind == "organizations":
        return ["Default"]
    kinds = rules.STARTABLE if kind == "unified_job_templates" else (kind,)
    return [thing["name"] for one in kinds for thing in kit[one]]


def _names(kit: Kit) -> list[str]:
    """Names are the only ones of their kind, and whatever names an object names one that is there."""
    found = []
    for kind in (*(kind for kind in rules.FIELDS if kind in kit), "unified_job_templates"):
        names = _named(kit, kind)
        found += [f"{kind}: {name} is there twice" for name in set(names) if names.count(name) > 1]
    for kind, thing in _objects(kit):
        for name, field in rules.FIELDS[kind].items():
            if field.refers and name in thing and thing[name] not in _named(kit, field.refers):
                found.append(f"{thing['name']}: {name} names {thing[name]}, which is not there")
    return found


def _templates(kit: Kit) -> list[str]:
    found = []
    types = {one["name"]: one["credential_type"] for one in kit["credentials"]}
    for template in kit["job_templates"]:
        name = template["name"]
        used = [types.get(one) for one in template["credentials"]]
        if None in used or len(set(used)) < len(used):
            found.append(f"{name}: credentials are unknown, or two are of one type")
        if not (PROJECT / template["playbook"]).is_file():
            found.append(f"{name}: the project has no playbook {template['playbook']}")
        alone = name not in EMERGENCY
        if (alone and template["allow_simultaneous"]) or template.get("job_slice_count", 1) != 1:
            found.append(f"{name}: two of them could run at once")
        if not template["ask_limit_on_launch"]:
            found.append(f"{name}: a limit at launch would be ignored, and every studio taken in")
        for prompt in ("job_type", "diff_mode"):
            if template[f"ask_{prompt}_on_launch"] is not True:
                found.append(f"{name}: without a prompt for {prompt} it cannot be its own dry run")
    for name in kit["surveys"]:
        if name not in _named(kit, "job_templates") + _named(kit, "workflow_job_templates"):
            found.append(f"the survey of {name} belongs to nothing")
    return found


def _workflows(kit: Kit) -> list[str]:
    found = []
    startable = _named(kit, "unified_job_templates")
    asks_all = {one["name"]: one["ask_variables_on_launch"] for one in kit["job_templates"]}
    for workflow in kit["workflow_job_templates"]:
        nodes = workflow["nodes"]
        found += [f"{workflow['name']}: {text}" for text in rules.nodes(nodes)]
        for node in nodes:
            name = node["identifier"]
            started = node.get("unified_job_template")
            if "approval_node" in node:
                found += [
                    f"{name}: {text}" for text in rules.fields("workflow_approval_templates", node["approval_node"])
                ]
                if not node["approval_node"].get("timeout", 0) > 0:
                    found.append(f"{name}: an approval without a time limit waits for ever")
            elif started not in startable:
                found.append(f"{name}: there is nothing named {started} to run")
            if not _ends_in_standby(nodes, node):
                found.append(f"{name}: its failure leads to no standby")
            if started == "Standby" and not node.get("extra_data", {}).get("standby_reason"):
                found.append(f"{name}: Standby is not told what is wrong")
            asked = kit["surveys"].get(started, [])
            found += [
                f"{name}: {text}"
                for text in rules.answers(
                    asked, node.get("extra_data", {}), asks_all.get(started, False), required=False
                )
            ]
        if workflow["allow_simultaneous"]:
            found.append(f"{workflow['name']}: two of them could run at once")
    return found


def _ends_in_standby(nodes: list[dict[str, Any]], node: dict[str, Any]) -> bool:
    """Whether this node is Standby, or whatever follows its failure is, in the end."""
    if node.get("unified_job_template") == "Standby":
        return True
    after = [one for one in nodes if one["identifier"] in node.get("failure_nodes", [])]
    return bool(after) and all(_ends_in_standby(nodes, one) for one in after)


#: What must start at any moment.
EMERGENCY = ("Standby", "Take now")


def _emergency(kit: Kit) -> list[str]:
    """Nothing that goes on during a show may hold these back."""
    found = []
    templates = {one["name"]: one for one in kit["job_templates"]}
    started = {node.get("unified_job_template") for flow in kit["workflow_job_templates"] for node in flow["nodes"]}
    scheduled = {one["unified_job_template"]: one["rrule"] for one in [*kit["schedules"], *kit["shows"]]}
    for name in EMERGENCY:
        template = templates[name]
        on_launch = [one["name"] for one in kit["projects"] if one["scm_update_on_launch"]]
        on_launch += [one["name"] for one in kit["inventory_sources"] if one["update_on_launch"]]
        going_on = [
            *(rules.Work("job_templates", one) for one in templates),
            *(rules.Work("workflow_job_templates", one["name"]) for one in kit["workflow_job_templates"]),
            # What the workflow or a launch reads, and what is read often enough to meet a show.
            *(
                rules.Work(kind, one["name"])
                for kind in ("projects", "inventory_sources")
                for one in kit[kind]
                if one["name"] in {*started, *on_launch, "Show playbooks"}
                or "FREQ=DAILY" not in scheduled.get(one["name"], "FREQ=DAILY")
            ),
        ]
        held = rules.held_back(template, False, kit["inventory_sources"], going_on)
        found += [f"{name}: it must start at any moment, but {text}" for text in held]
        found += [f"{name}: {text}" for text in rules.refused_at_launch(template, ["Show playbooks"])]
    return found


def _schedules(kit: Kit) -> list[str]:
    found = []
    for one in [*kit["schedules"], *kit["shows"]]:
        questions = kit["surveys"].get(one["unified_job_template"], [])
        found += [f"{one['name']}: {text}" for text in rules.answers(questions, one.get("extra_data", {}))]
    return found
