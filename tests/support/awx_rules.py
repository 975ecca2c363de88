# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6 takes and what it refuses, as far as the kit uses it. Pure: an object comes in, complaints come out.

The test of the kit's data asks here, and so does the controller stand-in (awx_controller.py) before it keeps an object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

Object = Mapping[str, Any]
Complaints = list[str]


@dataclass(frozen=True)
class Field:
    """One field. `refers`: the kind of object that it names. `default`: what AWX says when it was not given."""

    types: tuple[type, ...] = (str,)
    default: Any = ""
    required: bool = False
    choices: tuple[Any, ...] = ()
    refers: str = ""
    longest: int = 0


def _text(longest: int = 0, **more: Any) -> Field:
    return Field((str,), longest=longest, **more)


def _flag() -> Field:
    return Field((bool,), False)


def _number(default: int = 0) -> Field:
    return Field((int,), default)


def _refers(kind: str, required: bool = False) -> Field:
    return Field((int, str), None, required=required, refers=kind)


_NAMED = {"name": _text(512, required=True), "description": _text()}
_ASKS = [
    "scm_branch",
    "diff_mode",
    "variables",
    "limit",
    "tags",
    "skip_tags",
    "job_type",
    "verbosity",
    "inventory",
    "credential",
    "execution_environment",
    "labels",
    "forks",
    "job_slice_count",
    "timeout",
    "instance_groups",
]
_PROMPTS = {
    "extra_data": Field((dict,), {}),
    "limit": _text(default=None),
    "job_type": _text(default=None),
    "diff_mode": Field((bool,), None),
}

FIELDS: dict[str, dict[str, Field]] = {
    "organizations": {**_NAMED},
    "instance_groups": {"name": _text(required=True)},
    "credential_types": {
        **_NAMED,
        "kind": _text(required=True, choices=("cloud", "net")),
        "inputs": Field((dict,), {}),
        "injectors": Field((dict,), {}),
        "managed": _flag(),
    },
    "credentials": {
        **_NAMED,
        "organization": _refers("organizations", required=True),
        "credential_type": _refers("credential_types", required=True),
        "inputs": Field((dict,), {}),
    },
    "execution_environments": {
        **_NAMED,
        "organization": _refers("organizations"),
        "image": _text(1024, required=True),
        "pull": _text(choices=("", "always", "missing", "never")),
        "credential": _refers("credentials"),
    },
    "notification_templates": {
        **_NAMED,
        "organization": _refers("organizations", required=True),
        "notification_type": _text(
            required=True,
            choices=(
                "awssns",
                "email",
                "grafana",
                "irc",
                "mattermost",
                "pagerduty",
                "rocketchat",
                "slack",
                "twilio",
                "webhook",
            ),
        ),
        "notification_configuration": Field((dict,), {}),
        "messages": Field((dict,), {"started": None, "success": None, "error": None, "workflow_approval": None}),
    },
    "projects": {
        **_NAMED,
        "organization": _refers("organizations"),
        "scm_type": _text(choices=("", "git", "svn", "insights", "archive")),
        "scm_url": _text(1024),
        "scm_branch": _text(256),
        "scm_clean": _flag(),
        "scm_update_on_launch": _flag(),
        "timeout": _number(),
        "credential": _refers("credentials"),
        "default_environment": _refers("execution_environments"),
    },
    "inventories": {
        **_NAMED,
        "organization": _refers("organizations", required=True),
        "kind": _text(choices=("", "smart", "constructed")),
        "host_filter": _text(default=None),
    },
    "inventory_sources": {
        **_NAMED,
        "inventory": _refers("inventories", required=True),
        "source": _text(required=True),
        "source_project": _refers("projects"),
        "source_path": _text(1024),
        "credential": _refers("credentials"),
        "execution_environment": _refers("execution_environments"),
        "overwrite": _flag(),
        "overwrite_vars": _flag(),
        "update_on_launch": _flag(),
        "timeout": _number(),
    },
    "job_templates": {
        **_NAMED,
        "organization": _refers("organizations"),
        "project": _refers("projects", required=True),
        "playbook": _text(1024, required=True),
        "inventory": _refers("inventories"),
        "execution_environment": _refers("execution_environments"),
        "job_type": _text(choices=("run", "check"), default="run"),
        "diff_mode": _flag(),
        "forks": _number(),
        "timeout": _number(),
        "job_slice_count": _number(1),
        "allow_simultaneous": _flag(),
        "survey_enabled": _flag(),
        "prevent_instance_group_fallback": _flag(),
        **{f"ask_{name}_on_launch": _flag() for name in _ASKS},
    },
    "workflow_job_templates": {
        **_NAMED,
        "organization": _refers("organizations"),
        "allow_simultaneous": _flag(),
        "survey_enabled": _flag(),
        "ask_variables_on_launch": _flag(),
    },
    "workflow_job_template_nodes": {
        **_PROMPTS,
        "identifier": _text(512, required=True),
        "workflow_job_template": _refers("workflow_job_templates", required=True),
        "unified_job_template": _refers("unified_job_templates"),
        "all_parents_must_converge": _flag(),
        "type": _text(choices=("workflow_job_template_node",)),
    },
    "workflow_approval_templates": {**_NAMED, "timeout": _number()},
    "schedules": {
        **_NAMED,
        **_PROMPTS,
        "unified_job_template": _refers("unified_job_templates", required=True),
        "rrule": _text(required=True),
        "enabled": Field((bool,), True),
    },
}

#: What can be started: by a schedule, by a node, and by its name, so that the name must be the only one of them all.
STARTABLE = ("projects", "inventory_sources", "job_templates", "workflow_job_templates")


def fields(kind: str, given: Object, partial: bool = False) -> Complaints:
    """Field names and types. `partial`: a change, which need not give what is required."""
    known = FIELDS[kind]
    found = [f"{kind} has no field {name}" for name in given if name not in known]
    for name, field in known.items():
        value = given.get(name)
        if value is None:
            if field.required and not (partial and name not in given):
                found.append(f"{kind}: {name} is required")
        elif (isinstance(value, bool) and bool not in field.types) or not isinstance(value, field.types):
            found.append(f"{kind}: {name} has the wrong type, {type(value).__name__}")
        elif field.required and value == "":
            found.append(f"{kind}: {name} may not be blank")
        elif field.choices and value not in field.choices:
            found.append(f"{kind}: {name} {value!r} is not one of {field.choices}")
        elif field.longest and len(value) > field.longest:
            found.append(f"{kind}: {name} is longer than {field.longest}")
    return found


# --- credential types

_FIELD_KEYS = {
    "type",
    "format",
    "choices",
    "id",
    "label",
    "help_text",
    "multiline",
    "secret",
    "ask_at_runtime",
    "default",
}
_STRINGS_ONLY = {"choices", "multiline", "format", "secret"}
_VARIABLE = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
_REFUSED_VARIABLES = {
    "VIRTUAL_ENV",
    "PATH",
    "PYTHONPATH",
    "JOB_ID",
    "INVENTORY_ID",
    "INVENTORY_SOURCE_ID",
    "INVENTORY_UPDATE_ID",
    "AD_HOC_COMMAND_ID",
    "REST_API_URL",
    "REST_API_TOKEN",
    "MAX_EVENT_RES",
    "CALLBACK_QUEUE",
    "CALLBACK_CONNECTION",
    "CACHE",
    "JOB_CALLBACK_DEBUG",
    "INVENTORY_HOSTVARS",
    "AWX_HOST",
    "PROJECT_REVISION",
    "SUPERVISOR_CONFIG_PATH",
}
# Ours: a variable with such a word in its name is a secret, so the field behind it must be marked as one.
_SECRET_WORDS = ("SECRET", "TOKEN", "PASSWORD")


def _is(value: object, kind: type) -> bool:
    """In JSON true is no number."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def credential_type(given: Object) -> Complaints:
    """Kind, fields and injectors of a custom credential type."""
    inputs = given.get("inputs") or {}
    found = [f"inputs has no key {key}" for key in inputs if key not in ("fields", "required")]
    ids = [field.get("id") for field in inputs.get("fields", [])]
    found += [f"field {name} is there twice" for name in set(ids) if ids.count(name) > 1]
    found += [f"required names {name}, which is no field" for name in inputs.get("required", []) if name not in ids]
    for field in inputs.get("fields", []):
        found += _input_field(field)
    return found + _injectors(given.get("injectors") or {}, inputs.get("fields", []))


def _input_field(field: Object) -> Complaints:
    name, kind = str(field.get("id", "")), field.get("type", "string")
    found = [f"field {name} has no key {key}" for key in set(field) - _FIELD_KEYS]
    if not _VARIABLE.fullmatch(name) or name == "tower":
        found.append(f"{name!r} is no name for a field")
    if not isinstance(field.get("label"), str):
        found.append(f"field {name} needs a label")
    if kind not in ("string", "boolean"):
        found.append(f"field {name} has the type {kind}, which is neither string nor boolean")
    elif kind != "string":
        found += [f"field {name}: {key} is for strings only" for key in _STRINGS_ONLY & set(field)]
    if "default" in field and not _is(field["default"], {"boolean": bool}.get(kind, str)):
        found.append(f"field {name}: the default has another type")
    if field.get("format", "url") not in ("ssh_private_key", "url"):
        found.append(f"field {name} has no such format")
    return found + [
        f"field {name}: {key} must be true or false"
        for key in ("secret", "multiline")
        if not _is(field.get(key, False), bool)
    ]


def _injectors(injectors: Object, inputs: Sequence[Object]) -> Complaints:
    found = [f"injectors has no key {key}" for key in injectors if key not in ("env", "extra_vars", "file")]
    names = [str(field.get("id")) for field in inputs]
    secrets = {field.get("id") for field in inputs if field.get("secret") is True}
    for variable, template in injectors.get("env", {}).items():
        if not _VARIABLE.fullmatch(variable):
            found.append(f"{variable!r} is no name for a variable")
        if variable.startswith("ANSIBLE_") or variable in _REFUSED_VARIABLES:
            found.append(f"{variable} may not be set by a credential")
        if not isinstance(template, str) or not template.isascii():
            found.append(f"{variable} must be an ASCII string")
            continue
        found += _renders(variable, template, dict.fromkeys(names, "EXAMPLE"))
        if any(word in variable for word in _SECRET_WORDS):
            used = re.findall(r"{{\s*(\w+)", template)
            found += [
                f"field {name} goes to {variable} and is not marked secret" for name in used if name not in secrets
            ]
    return found


def _renders(what: str, template: str, context: Object) -> Complaints:
    try:
        ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(template).render(context)
    except TemplateError as error:
        return [f"{what}: {error}"]
    return []


# --- surveys

_ANSWERS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), (str,)),
    "integer": (int,),
    "float": (float, int),
}
_QUESTION_KEYS = {
    "type",
    "question_name",
    "question_description",
    "variable",
    "required",
    "default",
    "min",
    "max",
    "choices",
    "new_question",
}


def survey(spec: Object) -> Complaints:
    """A whole survey: name, description and questions."""
    found = [
        f"survey: {key} is missing or has the wrong type"
        for key in ("name", "description")
        if not isinstance(spec.get(key), str)
    ]
    questions = spec.get("spec")
    if not isinstance(questions, list) or not questions:
        return [*found, "survey: spec must be a list with questions"]
    variables = [question.get("variable") for question in questions]
    found += [f"survey: {name} is asked twice" for name in set(variables) if variables.count(name) > 1]
    for question in questions:
        found += _question(question)
    return found


def _question(question: Object) -> Complaints:
    name = question.get("variable")
    found = [f"question {name} has no key {key}" for key in set(question) - _QUESTION_KEYS]
    found += [
        f"question {name}: {key} must be a text"
        for key in ("type", "question_name", "variable")
        if not isinstance(question.get(key), str)
    ]
    if not _is(question.get("required"), bool):
        found.append(f"question {name}: required must be true or false")
    found += [
        f"question {name}: {key} must be an integer" for key in ("min", "max") if not _is(question.get(key, 0), int)
    ]
    kind = str(question.get("type"))
    if kind not in _ANSWERS:
        return [*found, f"question {name} has the type {kind}"]
    if kind in ("multiplechoice", "multiselect") and not question.get("choices"):
        return [*found, f"question {name} has no choices"]
    if question.get("default", "") != "":
        found += answer(question, question["default"])
    return found


def answer(question: Object, value: Any) -> Complaints:
    """Whether this is an answer to the question: its type, its length or range, its choices."""
    name, kind = question["variable"], question["type"]
    if isinstance(value, bool) or not isinstance(value, _ANSWERS[kind]):
        return [f"{name}: {value!r} is no answer of the type {kind}"]
    if kind in ("multiplechoice", "multiselect"):
        choices = question["choices"].splitlines() if isinstance(question["choices"], str) else question["choices"]
        return [f"{name}: {value!r} is not one of {choices}"] if value not in choices else []
    size = len(value) if isinstance(value, str) else value
    if not question.get("min", size) <= size <= question.get("max", size):
        return [f"{name}: {value!r} is too small or too large"]
    return []


def answers(
    questions: Sequence[Object], given: Object, every_variable: bool = False, required: bool = True
) -> Complaints:
    """Whether a job can be started with these variables."""
    asked = {question["variable"]: question for question in questions}
    found = [f"variable {name} is not asked for" for name in given if name not in asked and not every_variable]
    for name, question in asked.items():
        if name in given:
            found += answer(question, given[name])
        elif required and question["required"]:
            found.append(f"variable {name} is needed")
    return found


# --- schedules

_START = re.compile(r"DTSTART(?:;TZID=(?P<zone>[^:;\s]+))?:(?P<local>\d{8}T\d{6})(?P<utc>Z?)")


def rrule(text: str) -> Complaints:
    """A schedule's rule: one line, one start with a zone, and rules that AWX takes."""
    found = []
    starts = re.findall(r"DTSTART[^\s]*", text)
    if len(starts) != 1 or not text.startswith("DTSTART"):
        found.append("rrule: it must begin with its only DTSTART")
    elif (start := _START.fullmatch(starts[0])) is None:
        found.append("rrule: DTSTART is malformed")
    elif not start["zone"] and not start["utc"]:
        found.append("rrule: DTSTART has no zone")
    elif start["zone"]:
        try:
            ZoneInfo(start["zone"])
        except (KeyError, ValueError):
            found.append(f"rrule: there is no zone {start['zone']}")
    if "\n" in text:
        found.append("rrule: it must be one line")
    found += [f"rrule: {word} is refused" for word in ("EXDATE", "RDATE") if word in text.upper()]
    rules = re.findall(r"(?:EX)?RULE:[^\s]*|RRULE:[^\s]*", text)
    if not any(rule.startswith(("RRULE:", "RULE:")) for rule in rules):
        found.append("rrule: it needs a RRULE")
    for rule in rules:
        found += _rule(rule)
    return found or _parses(text)


def _rule(rule: str) -> Complaints:
    parts = dict(part.partition("=")[::2] for part in rule.partition(":")[2].split(";"))
    found = []
    if "INTERVAL" not in parts:
        found.append("rrule: INTERVAL is missing")
    if parts.get("FREQ") == "SECONDLY":
        found.append("rrule: SECONDLY is refused")
    if re.search(r"\d", parts.get("BYDAY", "")):
        found.append("rrule: BYDAY with a number is refused")
    if "COUNT" in parts and "UNTIL" in parts:
        found.append("rrule: COUNT and UNTIL exclude each other")
    if int(parts.get("COUNT", 0)) > 999:
        found.append("rrule: COUNT is over 999")
    return found


def _parses(text: str) -> Complaints:
    try:
        first(text)
    except (ValueError, StopIteration) as error:
        return [f"rrule: {error or 'it never happens'}"]
    return []


def first(text: str) -> datetime:
    """The first moment of a rule."""
    return next(iter(rrulestr(text.replace(" ", "\n"))))


# --- notifications

_MESSAGES = ("started", "success", "error", "workflow_approval")
_APPROVALS = ("running", "approved", "timed_out", "denied")
_SETTINGS: dict[str, dict[str, tuple[type, ...]]] = {
    "slack": {"token": (str,), "channels": (list,), "hex_color": (str,)},
    "webhook": {
        "url": (str,),
        "http_method": (str,),
        "headers": (dict,),
        "disable_ssl_verification": (bool,),
        "username": (str,),
        "password": (str,),
    },
}
#: Fields of a notification that AWX keeps encrypted.
ENCRYPTED = {"slack": ("token",), "webhook": ("password",)}


def _context(name: str) -> dict[str, Any]:
    """What a message can use, with a name that is hard to quote."""
    job = {
        "id": 42,
        "name": name,
        "status": "failed",
        "job_type": "run",
        "launch_type": "workflow",
        "artifacts": {},
        "summary_fields": {"created_by": {"username": "admin"}},
    }
    link = "https://awx.example.com/#/jobs/playbook/42"
    return {
        "job": job,
        "job_friendly_name": "Job",
        "url": link,
        "approval_status": "denied",
        "approval_node_name": name,
        "workflow_url": link,
    }


def notification(given: Object) -> Complaints:
    """Type, settings and messages of a notification."""
    kind = str(given.get("notification_type"))
    settings = given.get("notification_configuration") or {}
    known = _SETTINGS.get(kind, {})
    found = [f"{kind} has no setting {name}" for name in set(settings) - set(known)]
    for name, types in known.items():
        if not isinstance(settings.get(name), types):
            found.append(f"{kind}: {name} is missing or has the wrong type")
    if kind == "webhook" and settings.get("http_method") not in ("POST", "PUT"):
        found.append("webhook: http_method must be POST or PUT")
    messages = given.get("messages") or {}
    found += [f"there is no event {name}" for name in messages if name not in _MESSAGES]
    found += [
        f"there is no approval event {name}"
        for name in messages.get("workflow_approval") or {}
        if name not in _APPROVALS
    ]
    for event, message in _each_message(messages):
        found += _message(kind, event, message)
    return found


def _each_message(messages: Object) -> Iterable[tuple[str, Object]]:
    for event, message in messages.items():
        if event != "workflow_approval":
            yield event, message or {}
        else:
            yield from ((f"approval {name}", inner or {}) for name, inner in (message or {}).items())


def _message(kind: str, event: str, message: Object) -> Complaints:
    found = [f"{event} has no part {part}" for part in message if part not in ("message", "body")]
    if "\n" in message.get("message", ""):
        found.append(f"{event}: a message is one line")
    for part in message.values():
        found += _renders(event, part, _context("Take"))
    wanted = "body" if kind == "webhook" else "message"
    if wanted not in message:
        found.append(f"{event}: {kind} sends the {wanted}, and there is none")
    elif kind == "webhook" and not found:
        found += _body(event, message["body"])
    return found


def _body(event: str, body: str) -> Complaints:
    hard = 'Take "one" \\ two\nthree'
    try:
        sent = json.loads(
            ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(body).render(_context(hard))
        )
    except ValueError as error:
        return [f"{event}: the body is no JSON, {error}"]
    return [] if isinstance(sent, dict) else [f"{event}: the body is no JSON object"]


# --- workflows

LINKS = ("success_nodes", "failure_nodes", "always_nodes")


def nodes(given: Sequence[Object]) -> Complaints:
    """The nodes of a workflow with the links between them, by their identifiers."""
    names = [str(node.get("identifier")) for node in given]
    found = [f"node {name} is there twice" for name in set(names) if names.count(name) > 1]
    for node in given:
        name = node.get("identifier")
        if ("unified_job_template" in node) == ("approval_node" in node):
            found.append(f"node {name} must be a job or an approval")
        found += [
            f"node {name} has no key {key}"
            for key in set(node) - {"identifier", "unified_job_template", "approval_node", "extra_data", *LINKS}
        ]
        for link in LINKS:
            found += [
                f"node {name} leads to {target}, which is no node"
                for target in node.get(link, [])
                if target not in names
            ]
    return found or _circles(given)


def _circles(given: Sequence[Object]) -> Complaints:
    targets = {node["identifier"]: {target for link in LINKS for target in node.get(link, [])} for node in given}
    while free := [name for name, others in targets.items() if not others & set(targets)]:
        for name in free:
            del targets[name]
    return [f"the nodes {sorted(targets)} lead in a circle"] if targets else []


# --- what waits for what


@dataclass(frozen=True)
class Work:
    """Something that runs or waits: a job, a workflow, a reading of a project or of an inventory.

    kind, name: what was started, a kind of FIELDS and the name of the object.
    """

    kind: str
    name: str


def held_back(template: Object, workflow: bool, sources: Sequence[Object], others: Iterable[Work]) -> list[str]:
    """What holds a launch back, in words: as long as one of these goes on, AWX lets it wait.

    template: the job template or workflow with its project and inventory by name. sources: the inventory sources.
    """
    kind = "workflow_job_templates" if workflow else "job_templates"
    read = {source["name"]: source["inventory"] for source in sources}
    found = []
    for other in others:
        if other.kind == kind and other.name == template["name"] and not template["allow_simultaneous"]:
            found.append(f"{other.name} runs already")
        if other.kind == "projects" and not workflow and other.name == template["project"]:
            found.append(f"the project {other.name} is being read")
        if other.kind == "inventory_sources" and not workflow and read.get(other.name) == template["inventory"]:
            found.append(f"the inventory {template['inventory']} is being read")
    return found


def refused_at_launch(template: Object, unread_projects: Collection[str]) -> Complaints:
    """Why AWX does not launch a job template at all. `unread_projects`: those whose last reading failed."""
    failed = template["project"] in unread_projects
    return ["Missing a revision to run due to failed project update."] if failed else []


def ignored_at_launch(template: Object, given: Iterable[str]) -> list[str]:
    """The prompts of a launch that AWX ignores, in silence but for ignored_fields of its answer."""
    return [name for name in given if not template.get(f"ask_{name}_on_launch")]


#: The rules for one object of a kind, besides its fields.
RULES: dict[str, Callable[[Object], Complaints]] = {
    "credential_types": credential_type,
    "notification_templates": notification,
    "schedules": lambda given: rrule(given["rrule"]) if isinstance(given.get("rrule"), str) else [],
}
