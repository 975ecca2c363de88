# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task has the same whole result in-process and in the process of a module, and runs where it should."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.tests.support.fleet import Interpreter, Service, fleet_document, serve
from ansible_collections.apsara.live.tests.support.playbook import ROOT, PlayRun, Plays, TaskResult, run_playbook
from ansible_collections.apsara.live.tests.support.studios import PGM, PVW

STOP = "apsara.live.caster_scene_stop"
TAKE = "apsara.live.caster_scene_config_copy"
SCENES = "apsara.live.caster_scene_info"
CASTERS = "apsara.live.caster_info"
CONNECTIONS = str(ROOT / "tests" / "support" / "connections")

Tasks = list[dict[str, Any]]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serve(fleet_document(30), tmp_path) as running:
        yield running


def task(module: str, options: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {"name": keywords.pop("name", "Do it"), module: options, "ignore_errors": True, **keywords}


def shown(variable: str = "found") -> dict[str, Any]:
    """What playbooks get to see of a result."""
    return {"name": f"Show {variable}", "ansible.builtin.debug": {"var": variable}}


_ON = {"caster_id": "studio-{{ number }}"}

# Each situation has a studio of its own, `number`. The second word says how many modules are started in-process.
SITUATIONS: dict[str, tuple[int, Tasks]] = {
    "stop, twice": (0, [task(STOP, _ON), task(STOP, _ON)]),
    "take, in check mode, live, and again": (0, [task(TAKE, _ON, check_mode=True), task(TAKE, _ON), task(TAKE, _ON)]),
    "with a difference": (0, [task(TAKE, _ON, diff=True), task(STOP, _ON, diff=True, check_mode=True)]),
    "read": (0, [task(SCENES, {**_ON, "audio": True}), task(CASTERS, _ON), task(CASTERS, {"status": "idle"})]),
    "registered": (0, [task(TAKE, _ON, register="found"), shown(), shown("found.after.layout_id")]),
    "refused": (
        0,
        [
            task(STOP, {**_ON, "scene_id": PGM}),
            task(TAKE, {**_ON, "from_scene_id": PGM, "to_scene_id": PVW}),
            task(TAKE, {**_ON, "expect": {"layout_id": "layout-spare", "component_ids": []}}),
            task(SCENES, {"caster_id": "nobody"}),
            task(SCENES, {**_ON, "endpoint": "http://live.example.com"}),
        ],
    ),
    "argument errors": (
        7,
        [
            task(STOP, {}),
            task(STOP, {**_ON, "scene": PVW}),
            task(STOP, {**_ON, "check_first": False}),
            task(STOP, {**_ON, "wait_timeout": "soon"}),
            task(CASTERS, {"status": "asleep"}),
            task(TAKE, {**_ON, "expect": {"layout": "layout-now"}}),
            task(SCENES, {**_ON, "assume_role": {"session_name": "show"}}),
        ],
    ),
    "an option under two names": (
        1,
        [task(SCENES, {**_ON, "region": "cn-shanghai", "region_id": "cn-shanghai"}, register="found"), shown()],
    ),
    "warnings": (
        0,
        [
            task(STOP, {**_ON, "scene_id": PVW, "check_first": False}, check_mode=True, register="found"),
            shown(),
            task(STOP, {**_ON, "scene_id": PVW, "check_first": False}),
        ],
    ),
    "secrets in what is shown": (
        0,
        [
            task(SCENES, {"caster_id": "studio-rehearsal-secret"}, register="found"),
            shown(),
            task(STOP, {**_ON, "scene_id": "rehearsal-secret"}),
            task(STOP, {"caster_id": "x-rehearsal-secret", "scene_id": PVW, "check_first": False}, check_mode=True),
            task(SCENES, {**_ON, "proxy": "http://user:studio@127.0.0.1:1", "api_deadline": 1}),
        ],
    ),
    "hidden": (
        0,
        [
            task(STOP, _ON, no_log=True, register="found"),
            shown("found.changed"),
            task(STOP, {**_ON, "scene_id": PGM}, no_log=True),
        ],
    ),
    "in a loop": (
        0,
        [
            task(
                SCENES,
                {"caster_id": "studio-{{ item }}"},
                loop=[1, 2, 99],
                loop_control={"label": "Stage {{ item }}"},
                register="found",
            ),
            shown(),
        ],
    ),
    "until it is so": (
        0,
        [
            task(SCENES, {"caster_id": "nobody"}, until="found is success", retries=2, delay=0, register="found"),
            shown(),
        ],
    ),
    "judged by the playbook": (
        0,
        [
            task(STOP, _ON, changed_when=False),
            task(STOP, {**_ON, "scene_id": PGM}, failed_when="found.error.code != 'SceneIsProgram'", register="found"),
        ],
    ),
    "rescued": (
        0,
        [
            {
                "name": "Try",
                "block": [{"name": "Fail", STOP: {**_ON, "scene_id": PGM}}],
                "rescue": [shown("ansible_failed_result"), shown("ansible_failed_task.name")],
            }
        ],
    ),
    "moments and numbers as YAML reads them": (
        0,
        [
            task(TAKE, {**_ON, "at": "@moment@", "max_late": 1, "api_deadline": "30"}),
            task(SCENES, {"caster_id": 4711}),
            task(STOP, {**_ON, "scene_id": None, "wait": "yes", "wait_timeout": 5.0}),
        ],
    ),
    "templates that give native values": (
        0,
        [
            task(TAKE, {**_ON, "expect": "{{ {'component_ids': ['logo'], 'empty': none} }}", "force": "{{ 1 == 1 }}"}),
            task(SCENES, {**_ON, "scene_id": "{{ omit }}", "audio": "{{ 'true' }}"}),
        ],
    ),
    "delegated to here": (0, [task(STOP, _ON, delegate_to="localhost"), task(SCENES, _ON, run_once=True)]),
}


def plays(service: Service, situations: dict[str, tuple[int, Tasks]]) -> Plays:
    defaults = {"endpoint": service.endpoint, "access_key": "rehearsal-key", "access_key_secret": "rehearsal-secret"}
    return [
        {
            "name": name,
            "hosts": "controller",
            "gather_facts": False,
            "vars": {"number": number},
            "module_defaults": {"group/apsara.live.live": defaults},
            "tasks": tasks,
        }
        for number, (name, (_unused, tasks)) in enumerate(situations.items(), start=1)
    ]


def travel(plays: Plays | Path, path: Path, in_process: Any, **environ: str) -> tuple[PlayRun, list[str]]:
    """Run plays in-process or with modules (None: nothing says which); what came of them, and the modules started."""
    path.mkdir(exist_ok=True)
    interpreter = Interpreter(path)
    variables = {"ansible_connection": "local", "ansible_python_interpreter": str(interpreter.path)}
    run = run_playbook(
        str(plays) if isinstance(plays, Path) else plays,
        path,
        inventory={"studios": {"hosts": {"controller": variables}}},
        extra_vars={} if in_process is None else {"apsara_live_in_process": in_process},
        environ={"XDG_RUNTIME_DIR": str(path.parent), **environ},
        timeout=600,
    )
    return run, interpreter.modules()


_CHANGING = (
    (re.compile(r"\b[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\b"), "ID"),
    (re.compile(r"\b\d+\.\d+ s\b"), "SECONDS"),
    (re.compile(r"\b\d+ d \d+ h\b|\b\d+ d\b"), "DAYS"),
    # How often something is tried before a deadline depends on chance and on the machine.
    (re.compile(r"\bafter \d+ attempts? in SECONDS"), "after SOME attempts in SECONDS"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "MOMENT"),
)


# Written by the code that read a module's output, for Ansible itself: that it could be read, and the empty traceback of
# a failure that failed_when took back.
_OF_ANSIBLE = ("_ansible_parsed", "failed_when_suppressed_exception")


def plain(value: Any, key: str = "") -> Any:
    """A result without what differs from run to run: request ids, times, elapsed_ms, attempts to a deadline."""
    if isinstance(value, dict):
        if (value.get("error") or {}).get("code") in ("DeadlineExceeded", "ConnectionFailed"):
            value = {
                **value,
                "api_calls": [{**call, "attempts": "SOME", "throttled": "SOME"} for call in value["api_calls"]],
            }
        return {name: plain(entry, name) for name, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if key in ("elapsed_ms", "duration"):
        return type(value).__name__
    if isinstance(value, str):
        for pattern, word in _CHANGING:
            value = pattern.sub(word, value)
    return value


def comparable(found: TaskResult) -> dict[str, Any]:
    result = plain(found.result)
    items = result.get("results") if isinstance(result.get("results"), list) else []
    for part in (result, *(item for item in items if isinstance(item, dict))):
        for name in _OF_ANSIBLE:
            part.pop(name, None)
    return {"play": found.play, "task": found.task, "host": found.host, "status": found.status, **result}


def assert_same(fast: PlayRun, module: PlayRun) -> None:
    for one, other in zip(map(comparable, fast.tasks), map(comparable, module.tasks), strict=True):
        differing = {key for key in one.keys() | other.keys() if one.get(key, ...) != other.get(key, ...)}
        assert {key: one.get(key) for key in differing} == {key: other.get(key) for key in differing}, one
    assert Counter(map(plain, fast.warnings)) == Counter(map(plain, module.warnings))
    assert fast.stats == module.stats
    assert fast.returncode == module.returncode == 0, fast.describe()
    assert "DEPRECATION" not in fast.output + module.output


def test_every_situation_gives_the_same_result_in_both_places(service: Service, tmp_path: Path) -> None:
    book = tmp_path / "situations.yml"
    book.write_text(_as_yaml(plays(service, SITUATIONS)), encoding="utf-8")
    fast, started_by_fast = travel(book, tmp_path / "fast", True)
    journal = seen_by(service)
    service.reset()
    module, started_by_module = travel(book, tmp_path / "module", False)
    assert_same(fast, module)
    assert seen_by(service) == journal
    # So that none of this holds because nothing happened.
    assert len(fast.tasks) > 50
    assert len(started_by_fast) == sum(number for number, _unused in SITUATIONS.values())
    assert len(started_by_module) > 45
    assert "rehearsal-secret" not in fast.output + module.output
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in str([found.result for found in fast.tasks])


def _as_yaml(document: Plays) -> str:
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False)
    # Without quotes it is a moment, not a text.
    return text.replace("'@moment@'", "2026-01-02T03:04:05+08:00")


def seen_by(service: Service) -> list[tuple[Any, ...]]:
    keys = ("action", "parameters", "access_key_id", "outcome", "effect")
    return [tuple(entry[key] for key in keys) for entry in service.journal()]


# Where a task runs

FAST, MODULE = 0, 1
_SUDO = {"ansible_become_exe": "@sudo@", "ansible_become_method": "ansible.builtin.sudo"}
CHOICES: dict[str, tuple[int, dict[str, Any]]] = {
    "nothing asks for anything": (FAST, {}),
    "switched on": (FAST, {"vars": {"apsara_live_in_process": True}}),
    "switched on in words": (FAST, {"vars": {"apsara_live_in_process": "yes"}}),
    "switched on by a template": (FAST, {"vars": {"apsara_live_in_process": "{{ 1 == 1 }}"}}),
    "switched off": (MODULE, {"vars": {"apsara_live_in_process": False}}),
    "switched off in words": (MODULE, {"vars": {"apsara_live_in_process": "false"}}),
    "switched off by a number": (MODULE, {"vars": {"apsara_live_in_process": 0}}),
    "switched off by a template": (MODULE, {"vars": {"apsara_live_in_process": "{{ 1 == 2 }}"}}),
    "switched off by another variable": (
        MODULE,
        {"vars": {"apsara_live_in_process": "{{ slow_road }}", "slow_road": "no"}},
    ),
    "switched to nonsense": (MODULE, {"vars": {"apsara_live_in_process": "perhaps"}}),
    "become": (MODULE, {"become": True, "vars": _SUDO}),
    "become by variable": (MODULE, {"vars": {**_SUDO, "ansible_become": True}}),
    "no become": (FAST, {"become": False}),
    "async": (MODULE, {"async": 60, "poll": 1, "vars": {"ansible_async_dir": "{{ playbook_dir }}/jobs"}}),
    "no async": (FAST, {"async": 0}),
    "environment": (MODULE, {"environment": {"SHOW": "day"}}),
    "empty environment": (FAST, {"environment": {}}),
    "environment from an empty template": (FAST, {"environment": "{{ {} }}"}),
    "another connection": (MODULE, {"vars": {"ansible_connection": "elsewhere"}}),
    "local by keyword": (FAST, {"connection": "local"}),
    "check mode": (FAST, {"check_mode": True}),
    "delegated to a host elsewhere": (MODULE, {"delegate_to": "remote"}),
    "an option that does not exist": (MODULE, {"options": {"scene": PVW}}),
    "a library that is not here": (
        MODULE,
        {"options": {"access_key": "", "access_key_secret": "", "ecs_role_name": "show", "api_deadline": 2}},
    ),
}


def test_the_place_is_chosen_by_what_the_task_asks_for(service: Service, tmp_path: Path) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text('#!/bin/sh\nwhile [ "${1#/}" = "$1" ]; do shift; done\nexec "$@"\n', encoding="utf-8")
    sudo.chmod(0o755)
    interpreters: dict[str, Interpreter] = {}
    tasks = []
    for number, (name, (_unused, keywords)) in enumerate(CHOICES.items()):
        (tmp_path / str(number)).mkdir()
        interpreters[name] = Interpreter(tmp_path / str(number))
        variables = {**keywords.get("vars", {}), "ansible_python_interpreter": str(interpreters[name].path)}
        if "ansible_become_exe" in variables:
            variables["ansible_become_exe"] = str(sudo)
        options = {"caster_id": "studio-1", **keywords.get("options", {})}
        rest = {key: value for key, value in keywords.items() if key not in ("vars", "options")}
        tasks.append(task(SCENES, options, name=name, vars=variables, **rest))
    book = plays(service, {"choices": (0, tasks)})
    # A library that is in the way of the real one and cannot be imported.
    broken = tmp_path / "libraries" / "alibabacloud_credentials"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError\n", encoding="utf-8")
    run = run_playbook(
        book,
        tmp_path,
        inventory={
            "studios": {
                "hosts": {"controller": {"ansible_connection": "local"}, "remote": {"ansible_connection": "elsewhere"}}
            }
        },
        environ={
            "XDG_RUNTIME_DIR": str(tmp_path),
            "ANSIBLE_CONNECTION_PLUGINS": CONNECTIONS,
            "PYTHONPATH": str(broken.parent),
        },
    )
    run.succeeded()
    taken = {name: len(interpreter.modules()) for name, interpreter in interpreters.items()}
    assert taken == {name: started for name, (started, _unused) in CHOICES.items()}
    results = {found.task: found for found in run.tasks}
    for name in CHOICES:
        fails = name in ("an option that does not exist", "a library that is not here")
        assert results[name].status == ("ignored" if fails else "ok"), results[name]
        assert fails or results[name]["scenes"]
    assert results["a library that is not here"]["error"]["code"] == "MissingLibrary"


def test_a_play_with_an_environment_takes_the_module(service: Service, tmp_path: Path) -> None:
    book = plays(service, {"read": (1, [task(SCENES, {"caster_id": "studio-1"})])})
    book[0]["environment"] = {"ALIBABA_CLOUD_REGION_ID": "cn-beijing"}
    run, started = travel(book, tmp_path / "run", True)
    run.succeeded()
    assert len(started) == 1


@pytest.mark.parametrize(
    ("variables", "modules", "deprecated"),
    [
        ({"apsara_live_fast": False}, 1, True),
        ({"apsara_live_fast": "no"}, 1, True),
        ({"apsara_live_fast": True}, 0, True),
        ({"apsara_live_in_process": False}, 1, False),
        ({"apsara_live_fast": False, "apsara_live_in_process": True}, 0, False),
    ],
)
def test_the_former_name_of_the_variable_still_works_and_says_so(
    service: Service, tmp_path: Path, variables: dict[str, Any], modules: int, deprecated: bool
) -> None:
    book = plays(service, {"read": (1, [task(SCENES, {"caster_id": "studio-1"}, vars=variables)])})
    run, started = travel(book, tmp_path / "run", None)
    run.succeeded(warnings=deprecated)
    assert len(started) == modules
    said = [words for words in run.warnings if "apsara_live_fast is called apsara_live_in_process now" in words]
    assert bool(said) == deprecated
    assert all("2.0.0" in words for words in said)


@pytest.mark.parametrize(
    ("decided", "piped"),
    [
        ({}, True),
        ({"vars": {"ansible_pipelining": True}}, True),
        ({"vars": {"ansible_pipelining": False}}, False),
        ({"environ": {"ANSIBLE_PIPELINING": "false"}}, False),
        ({"environ": {"ANSIBLE_KEEP_REMOTE_FILES": "true"}}, False),
    ],
    ids=["nothing", "by variable", "against it by variable", "against it by configuration", "files are kept"],
)
def test_a_local_module_leaves_no_key_in_a_file_unless_the_user_decided_so(
    decided: dict[str, Any], piped: bool, service: Service, tmp_path: Path
) -> None:
    book = plays(
        service, {"read": (1, [task(SCENES, {"caster_id": "studio-1"}), task(STOP, {"caster_id": "studio-1"})])}
    )
    book[0]["vars"].update(decided.get("vars", {}))
    run, started = travel(book, tmp_path / "run", False, **decided.get("environ", {}))
    assert run.succeeded().changed() == 1
    assert [line.startswith("pipe ") for line in started] == [piped, piped]


def test_a_task_left_alone_is_found_again(service: Service, tmp_path: Path) -> None:
    status = {
        "name": "Look",
        "ansible.builtin.async_status": {"jid": "{{ found.ansible_job_id }}"},
        "register": "job",
        "until": "job is finished",
        "retries": 100,
        "delay": 0.2,
    }
    start = task(STOP, {"caster_id": "studio-1"}, register="found", poll=0, **{"async": 60})
    book = plays(service, {"alone": (1, [start, status])})
    book[0]["vars"]["ansible_async_dir"] = str(tmp_path / "jobs")
    run, started = travel(book, tmp_path / "run", True)
    run.succeeded()
    assert len(started) == 1
    assert run.results("Look")[-1].result["reason"].startswith("The preview scene")
    assert [entry["effect"] for entry in service.writes()] == [True]
