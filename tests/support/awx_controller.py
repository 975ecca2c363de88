# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for AWX 24.6 on loopback: it remembers what it is given, and refuses what AWX refuses (awx_rules.py).

with Controller(playbooks={"take.yml"}) as controller:
    run_playbook(..., environ=controller.environ())
    assert controller.get("job_templates", "Take")["allow_simultaneous"] is False
    assert controller.writes == [...]
"""

from __future__ import annotations

import base64
import copy
import itertools
import json
import re
import threading
from collections.abc import Collection, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import awx_rules as rules

Thing = dict[str, Any]

USER = "operator"
PASSWORD = "rehearsal-password"
_API = "/api/v2/"
_LISTS = (
    "credentials",
    "instance_groups",
    "notification_templates_started",
    "notification_templates_success",
    "notification_templates_error",
    "notification_templates_approvals",
    *rules.LINKS,
)


class Refused(Exception):
    """An answer that is an error: an HTTP status and a JSON body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


class Controller:
    """The objects of a controller and the server that shows them. `playbooks`: what the project holds."""

    def __init__(self, playbooks: Collection[str] = ()) -> None:
        self.things: dict[str, dict[int, Thing]] = {kind: {} for kind in rules.FIELDS}
        self.lists: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Thing] = {}
        self.writes: list[str] = []
        self.refusals: list[str] = []
        #: Whether AWX reaches the git server. What it says of a reading that failed, it keeps with the reading.
        self.repository_there = True
        self.settings: Thing = {"TOWER_URL_BASE": "https://towerhost"}
        self._playbooks = set(playbooks)
        self._revisions: dict[int, str] = {}
        self._readings: dict[int, Thing] = {}
        self._secrets: dict[tuple[str, int], Thing] = {}
        self._numbers = itertools.count(1)
        #: The commit at the end of the branch.
        self.revision = "0123abc"
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._keep("organizations", {"name": "Default", "description": ""})

    def __enter__(self) -> Controller:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_unused: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def environ(self) -> dict[str, str]:
        """The variables by which the modules find this controller."""
        return {"CONTROLLER_HOST": self.url, "CONTROLLER_USERNAME": USER, "CONTROLLER_PASSWORD": PASSWORD}

    def get(self, kind: str, name: str) -> Thing:
        """The object of this name, or identifier."""
        key = "identifier" if kind == "workflow_job_template_nodes" else "name"
        return next(thing for thing in self.things[kind].values() if thing[key] == name)

    def names(self, kind: str, name: str, what: str) -> list[str]:
        """The names in one of an object's lists, such as its credentials or success_nodes."""
        ids = self.lists.get((kind, self.get(kind, name)["id"], what), [])
        member = what if what in self.things else kind if what in rules.LINKS else "notification_templates"
        return [self.things[member][number].get("identifier") or self.things[member][number]["name"] for number in ids]

    def secret(self, kind: str, name: str) -> Thing:
        """What AWX keeps encrypted of an object."""
        return self._secrets[kind, self.get(kind, name)["id"]]

    # --- requests

    def answer(self, method: str, target: str, given: Any) -> tuple[int, Any]:
        """Status and body for one request. Raises Refused."""
        url = urlsplit(target)
        parts = [part for part in url.path.removeprefix(_API).split("/") if part]
        with self._lock:
            if method != "GET" and parts[0] != "tokens":
                self.writes.append(f"{method} {'/'.join(parts)}")
            if parts[0] == "tokens":
                return (201, {"id": 1, "token": "rehearsal-token"}) if method == "POST" else (204, None)
            if parts[0] == "project_updates":
                return 200, self._update(int(parts[1]))
            if parts[0] == "settings":
                return 200, self._settings(method, given)
            if parts[0] not in (*self.things, "unified_job_templates"):
                raise Refused(404, {"detail": "Not found."})
            if len(parts) == 1:
                return (
                    (200, self._list(parts[0], url.query)) if method == "GET" else (201, self._create(parts[0], given))
                )
            thing = self._find(parts[0], int(parts[1]))
            if len(parts) == 2 and method == "DELETE":
                del self.things[parts[0]][thing["id"]]
                return 204, None
            if len(parts) == 2:
                return (
                    (200, self._shown(parts[0], thing))
                    if method == "GET"
                    else (200, self._change(parts[0], thing, given))
                )
            return self._part(method, parts[0], thing, parts[2], given)

    def _part(self, method: str, kind: str, thing: Thing, part: str, given: Any) -> tuple[int, Any]:
        if part == "survey_spec" and kind in ("job_templates", "workflow_job_templates"):
            if method == "GET":
                return 200, self.surveys.get((kind, thing["id"]), {})
            _refuse([*rules.survey(given)], "error")
            self.surveys[kind, thing["id"]] = given
            return 200, {}
        if part == "create_approval_template" and kind == "workflow_job_template_nodes" and method == "POST":
            approval = self._create("workflow_approval_templates", given)
            thing["unified_job_template"] = approval["id"]
            return 201, approval
        if part == "launch" and kind == "job_templates" and method == "POST":
            return 201, self._launch(thing, given)
        if part == "update" and kind == "projects" and method == "POST":
            return 202, self._begin_reading(thing["id"])
        if part in _LISTS:
            return self._listed(method, kind, thing, part, given)
        raise Refused(404, {"detail": "Not found."})

    def _listed(self, method: str, kind: str, thing: Thing, part: str, given: Any) -> tuple[int, Any]:
        member = kind if part in rules.LINKS else part if part in self.things else "notification_templates"
        known = self.lists.setdefault((kind, thing["id"], part), [])
        if method == "GET":
            return 200, _page([self._shown(member, self.things[member][number]) for number in known])
        self._find(member, given["id"])
        if given.get("disassociate"):
            known.remove(given["id"])
        else:
            self._check_member(kind, thing, part, known, given["id"])
            known.append(given["id"])
        return 204, None

    def _check_member(self, kind: str, thing: Thing, part: str, known: list[int], number: int) -> None:
        if part == "credentials":
            types = [self.things["credentials"][one]["credential_type"] for one in (*known, number)]
            if len(set(types)) < len(types):
                raise Refused(400, {"error": "Cannot assign multiple credentials of one type."})
        if part in rules.LINKS:
            other = self.things[kind][number]
            if other["workflow_job_template"] != thing["workflow_job_template"] or other is thing:
                raise Refused(400, {"error": "A link leads to another node of the same workflow."})

    # --- objects

    def _list(self, kind: str, query: str) -> Thing:
        wanted = dict(parse_qsl(query, keep_blank_values=True))
        kinds = rules.STARTABLE if kind == "unified_job_templates" else (kind,)
        found = []
        for one in kinds:
            for thing in self.things[one].values():
                for name in wanted:
                    if name not in thing and kind == one:
                        raise Refused(400, {"detail": f"{kind} has no field named {name}"})
                if all(str(thing.get(name)) == value for name, value in wanted.items()):
                    found.append(self._shown(one, thing))
        return _page(found)

    def _create(self, kind: str, given: Thing) -> Thing:
        _refuse(self._complaints(kind, given, given, partial=False))
        defaults = {name: copy.deepcopy(field.default) for name, field in rules.FIELDS[kind].items()}
        self._unique(kind, given, None)
        return self._shown(kind, self._keep(kind, {**defaults, **given}))

    def _change(self, kind: str, thing: Thing, given: Thing) -> Thing:
        whole = {name: thing[name] for name in rules.FIELDS[kind] if name in thing}
        self._remember_secrets(kind, thing["id"], given)
        _refuse(self._complaints(kind, given, {**whole, **given}, partial=True))
        self._unique(kind, {**whole, **given}, thing["id"])
        thing.update(given)
        if kind == "projects" and {"scm_url", "scm_branch", "credential"} & set(given):
            self._begin_reading(thing["id"])
        return self._shown(kind, thing)

    def _keep(self, kind: str, thing: Thing) -> Thing:
        number = next(self._numbers)
        kept = {**thing, "id": number, "type": thing.get("type") or kind.removesuffix("s")}
        self._inherit(kind, kept)
        self._remember_secrets(kind, number, kept)
        self.things[kind][number] = kept
        if kind == "projects":
            self._begin_reading(number)
        return kept

    def _inherit(self, kind: str, thing: Thing) -> None:
        """The organization of a template is that of its project, the one of a source that of its inventory."""
        owner = {"job_templates": ("project", "projects"), "inventory_sources": ("inventory", "inventories")}.get(kind)
        if owner:
            thing["organization"] = self.things[owner[1]][thing[owner[0]]]["organization"]

    def _remember_secrets(self, kind: str, number: int, given: Thing) -> None:
        """Take the secrets out of what is kept to be shown."""
        if kind == "credentials" and given.get("inputs"):
            inputs = given["inputs"]
            secret = [name for name in inputs if name in self._secret_fields(kind, number, given) and inputs[name]]
        elif kind == "notification_templates" and given.get("notification_configuration"):
            inputs = given["notification_configuration"]
            secret = [name for name in rules.ENCRYPTED.get(self._type_of(number, given), ()) if inputs.get(name)]
        else:
            return
        for name in secret:
            if inputs[name] != "$encrypted$":
                self._secrets.setdefault((kind, number), {})[name] = inputs[name]
            inputs[name] = "$encrypted$"

    def _secret_fields(self, kind: str, number: int, given: Thing) -> list[str]:
        type_id = given.get("credential_type") or self.things[kind][number]["credential_type"]
        inputs = self.things["credential_types"][type_id]["inputs"]["fields"]
        return [field["id"] for field in inputs if field.get("secret")]

    def _type_of(self, number: int, given: Thing) -> str:
        return str(given.get("notification_type") or self.things["notification_templates"][number]["notification_type"])

    def _find(self, kind: str, number: int) -> Thing:
        if kind == "unified_job_templates":
            found = [self.things[one][number] for one in rules.STARTABLE if number in self.things[one]]
            found += [thing for key, thing in self.things["workflow_approval_templates"].items() if key == number]
            if found:
                return found[0]
        elif number in self.things[kind]:
            return self.things[kind][number]
        raise Refused(404, {"detail": "Not found."})

    def _shown(self, kind: str, thing: Thing) -> Thing:
        url = f"{_API}{kind}/{thing['id']}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        if kind == "workflow_job_template_nodes" and thing["unified_job_template"]:
            started = thing["unified_job_template"]
            place = next(one for one, all_things in self.things.items() if started in all_things)
            related["unified_job_template"] = f"{_API}{place}/{started}/"
        more: Thing = {"url": url, "related": related, "summary_fields": {}}
        if kind == "projects":
            related["update"] = f"{url}update/"
            more["scm_revision"] = self._revisions.get(thing["id"], "")
            running = [one for one in self._readings.values() if one["project"] == thing["id"] and one["left"]]
            if running:
                more["summary_fields"] = {"current_update": {"id": running[-1]["id"]}}
        return copy.deepcopy({**thing, **more})

    def _begin_reading(self, project: int) -> Thing:
        """A project update takes its time: it is running when it is asked for the first time."""
        number = next(self._numbers)
        self._readings[number] = {"id": number, "project": project, "left": 2, "successful": self.repository_there}
        return self._reading(number)

    def _update(self, number: int) -> Thing:
        if number not in self._readings:
            raise Refused(404, {"detail": "Not found."})
        reading = self._readings[number]
        reading["left"] -= reading["left"] > 0
        if not reading["left"] and reading["successful"]:
            self._revisions[reading["project"]] = self.revision
        return self._reading(number)

    def _reading(self, number: int) -> Thing:
        reading = self._readings[number]
        ended = "successful" if reading["successful"] else "failed"
        return {
            "id": number,
            "url": f"{_API}project_updates/{number}/",
            "status": "running" if reading["left"] else ended,
            "failed": not reading["left"] and not reading["successful"],
            "elapsed": 1.0,
            "started": "2026-11-26T00:00:00Z",
            "finished": None if reading["left"] else "2026-11-26T00:00:01Z",
            "scm_revision": self._revisions.get(reading["project"], ""),
        }

    def _launch(self, template: Thing, given: Thing) -> Thing:
        """Refuse or begin a job. What was not asked for is ignored, and only `ignored_fields` says so."""
        named = {**template, "project": self.things["projects"][template["project"]]["name"]}
        readings = {one["project"]: one for one in self._readings.values()}
        unread = [
            self.things["projects"][project]["name"]
            for project, last in readings.items()
            if not last["left"] and not last["successful"]
        ]
        _refuse(rules.refused_at_launch(named, unread))
        survey = self.surveys.get(("job_templates", template["id"]), {}).get("spec", [])
        variables = given.get("extra_vars") or {}
        asked = {question["variable"] for question in survey}
        every = template["ask_variables_on_launch"]
        _refuse(
            rules.answers(survey, {name: variables[name] for name in variables if name in asked}), "variables_needed"
        )
        ignored: Thing = {name: given[name] for name in rules.ignored_at_launch(template, set(given) - {"extra_vars"})}
        strange = {name: value for name, value in variables.items() if name not in asked and not every}
        return {
            "job": next(self._numbers),
            "ignored_fields": {**ignored, **({"extra_vars": strange} if strange else {})},
        }

    def _settings(self, method: str, given: Thing) -> Thing:
        if method == "PATCH":
            unknown = [name for name in given if name not in self.settings]
            _refuse([f"there is no setting {name}" for name in unknown])
            self.settings.update(given)
        return dict(self.settings)

    # --- what AWX refuses

    def _complaints(self, kind: str, given: Thing, whole: Thing, partial: bool) -> list[str]:
        given = {name: value for name, value in given.items() if not (kind in _INHERITED and name == "organization")}
        found = rules.fields(kind, given, partial)
        found += [
            f"{kind}: {name} names nothing, {whole[name]!r}"
            for name, field in rules.FIELDS[kind].items()
            if field.refers and whole.get(name) is not None and not self._there(field.refers, whole[name])
        ]
        if found:
            return found
        found += rules.RULES.get(kind, lambda _thing: [])(whole)
        if kind == "credentials":
            found += self._inputs(whole)
        if kind == "job_templates":
            found += self._template(whole)
        if kind in ("schedules", "workflow_job_template_nodes") and whole.get("unified_job_template"):
            found += self._prompts(kind, whole)
        return found

    def _there(self, kind: str, number: Any) -> bool:
        try:
            self._find(kind, int(number))
        except (Refused, ValueError):
            return False
        return True

    def _inputs(self, credential: Thing) -> list[str]:
        inputs = self.things["credential_types"][credential["credential_type"]]["inputs"]
        known = [field["id"] for field in inputs["fields"]]
        found = [f"the credential type has no field {name}" for name in credential["inputs"] if name not in known]
        return found + [
            f"{name} is required" for name in inputs.get("required", []) if not credential["inputs"].get(name)
        ]

    def _template(self, template: Thing) -> list[str]:
        if any(one["left"] for one in self._readings.values() if one["project"] == template["project"]):
            return ["Playbook not found for project: it is still being read."]
        there = self._revisions.get(template["project"]) and template["playbook"] in self._playbooks
        return [] if there else ["Playbook not found for project."]

    def _prompts(self, kind: str, launch: Thing) -> list[str]:
        started = self._find("unified_job_templates", launch["unified_job_template"])
        place = next(one for one in self.things if started["id"] in self.things[one])
        asked = self.surveys.get((place, started["id"]), {}).get("spec", []) if started.get("survey_enabled") else []
        found = rules.answers(
            asked,
            launch.get("extra_data") or {},
            every_variable=started.get("ask_variables_on_launch", False),
            required=kind == "schedules",
        )
        for prompt in ("limit", "job_type", "diff_mode"):
            if launch.get(prompt) is not None and not started.get(f"ask_{prompt}_on_launch"):
                found.append(f"{prompt} is not prompted for")
        return found

    def _unique(self, kind: str, given: Thing, number: int | None) -> None:
        keys = {
            "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
            "schedules": ("name", "unified_job_template"),
            "workflow_approval_templates": ("id",),
        }.get(kind, ("name",))
        for other in self.things[kind].values():
            if other["id"] != number and all(key in given and other[key] == given[key] for key in keys):
                raise Refused(400, {"__all__": [f"{kind} with this {' and '.join(keys)} already exists."]})


_INHERITED = ("job_templates",)


def _refuse(complaints: list[str], key: str = "detail") -> None:
    if complaints:
        raise Refused(400, {key: "; ".join(complaints)})


def _page(found: list[Thing]) -> Thing:
    return {"count": len(found), "next": None, "previous": None, "results": found}


def _handler(controller: Controller) -> type[BaseHTTPRequestHandler]:
    login = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            allowed = login if "/tokens/" in self.path else "Bearer rehearsal-token"
            try:
                if self.headers.get("Authorization") != allowed:
                    raise Refused(401, {"detail": "Authentication credentials were not provided."})
                if not re.match(_API, self.path):
                    raise Refused(404, {"detail": "Not found."})
                status, body = controller.answer(self.command, self.path, given)
            except Refused as refused:
                status, body = refused.status, refused.body
                controller.refusals.append(f"{self.command} {self.path}: {json.dumps(body)}")
            self._send(status, body)

        do_POST = do_PATCH = do_DELETE = do_GET

        def _send(self, status: int, body: Mapping[str, Any] | None) -> None:
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_unused: object) -> None:
            """Say nothing: the journal is `writes`."""

    return Handler
