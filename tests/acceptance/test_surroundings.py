# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks tell the truth whatever an inventory, an ansible.cfg or a command line sets for servers.

Each studio is a host with settings of its own, so that one play tries them all. What the last screen says of a studio
and what ansible-playbook returns is compared with what reached the service.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.tests.support.fleet import STOP, TAKE, Service, fleet_document, serve
from ansible_collections.apsara.live.tests.support.playbook import PlayRun, run_playbook
from ansible_collections.apsara.live.tests.support.servers import BECOME, CONFIGURED, NOWHERE, SETTINGS, SSH

IN_A_MODULE = {"apsara_live_in_process": False}
STUDIOS = {
    **SETTINGS,
    # A module starts a process of its own, so these hosts have several of the settings at once.
    "a server, module": {**SETTINGS["ssh"], **BECOME, **SETTINGS["interpreter"], **IN_A_MODULE},
    "another, module": {**SETTINGS["winrm"], **SETTINGS["become by su"], **SETTINGS["folders"], **IN_A_MODULE},
    "a third, module": {**SETTINGS["network"], **SETTINGS["shell"], **IN_A_MODULE},
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serve(fleet_document(len(STUDIOS)), tmp_path) as running:
        yield running


def inventory(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    hosts = {name: {"caster_id": f"studio-{number}", **own} for number, (name, own) in enumerate(settings.items(), 1)}
    return {"casters": {"hosts": hosts}}


def show(service: Service, directory: Path, name: str, hosts: dict[str, Any], **more: Any) -> PlayRun:
    cache = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(directory / "facts")}
    environ = service.account(**cache, **more.pop("environ", {}))
    return run_playbook(f"apsara.live.{name}", directory, inventory=hosts, environ=environ, **more)


def said(run: PlayRun, host: str) -> str:
    """Everything that the playbook itself says about one host."""
    own = [found for found in run.results(host=host) if found.action.rpartition(".")[2] in ("debug", "fail")]
    messages = [found.result.get("msg", "") for found in own]
    return " ".join(" ".join(text) if isinstance(text, list) else str(text) for text in messages)


def shown(scene: Mapping[str, Any]) -> str:
    """What a scene of the emulator shows, in the words of the playbooks."""
    components = ", ".join(scene["component_ids"])
    return f"layout {scene['layout_id']}, components {components}" if scene["status"] == "running" else "nothing"


def contradictions(run: PlayRun, service: Service, hosts: dict[str, Any]) -> list[str]:
    """What the screen or the return code says and the emulator knows better."""
    found = []
    studios = {studio["caster_id"]: studio for studio in service.studios()}
    effects = {(entry["caster_id"], entry["action"]) for entry in service.writes() if entry["effect"]}
    for host, variables in hosts["casters"]["hosts"].items():
        caster, words = variables["caster_id"], said(run, host)
        fell = sum(run.stats.get(host, {}).get(key, 0) for key in ("failures", "unreachable"))
        pvw, pgm = (
            next(one for one in studios[caster]["scenes"] if one["output_type"] == kind) for kind in ("pvw", "pgm")
        )
        wrong = {
            "taken": "Not taken" in words and (caster, TAKE) in effects,
            "not taken": "Taken" in words and (caster, TAKE) not in effects,
            "stopped": "was not stopped" in words and (caster, STOP) in effects,
            "not stopped": "The preview is off" in words and pvw["status"] == "running",
            "written": "Nothing was written here" in words and {(caster, TAKE), (caster, STOP)} & effects,
            "on air": any(
                f"{heading} - " in words and f"{heading} - {shown(pgm)}" not in words
                for heading in ("Viewers see", "On air now")
            ),
            # Where not even a role begins, Ansible's own words have to do.
            "in silence": not words and (not fell or {(caster, TAKE), (caster, STOP)} & effects),
            "well": run.returncode == 0 and fell,
        }
        found += [f"{host}: {truth}, but: {words}" for truth, is_so in wrong.items() if is_so]
    return found


def test_what_is_set_for_servers_does_not_matter_for_studios(service: Service, tmp_path: Path) -> None:
    environ = {
        **CONFIGURED,
        "ANSIBLE_CALLBACKS_ENABLED": "results_file,apsara.live.audit,apsara.live.permissions",
        "ANSIBLE_STDOUT_CALLBACK": "one_document",
        "APSARA_LIVE_AUDIT_DISPLAY": "true",
        # As where the user has no home.
        "HOME": "~",
    }
    hosts = inventory(STUDIOS)
    run = show(service, tmp_path, "show_day", hosts, environ=environ, extra_vars={"show_confirmed": True})
    run.succeeded(warnings=True)
    for action in (TAKE, STOP):
        assert {entry["caster_id"] for entry in service.journal(action)} == {
            host["caster_id"] for host in hosts["casters"]["hosts"].values()
        }
    assert contradictions(run, service, hosts) == []
    # A program that reads the output finds what the callback for it printed, and nothing else.
    assert set(json.loads(run.stdout)) == set(hosts["casters"]["hosts"])
    lines = [json.loads(line) for line in run.stderr.splitlines() if line.startswith('{"audit"')]
    assert sum(line.get("outcome") == "done" for line in lines) == 2 * len(STUDIOS)
    assert "The RAM policy that is exactly enough" in run.stderr
    assert "~ is no directory here, since HOME is not set" in " ".join(run.stderr.split())
    assert not list(tmp_path.rglob("~"))

    run = show(service, tmp_path, "report_program", hosts, environ=CONFIGURED).succeeded()

    assert contradictions(run, service, hosts) == []
    assert all("Viewers see - layout layout-next" in said(run, host) for host in STUDIOS)


# Ways to break the process of a module. Variables of the command line win against those of the playbooks.
BROKEN: dict[str, dict[str, Any]] = {
    "right": {},
    "become": BECOME,
    "interpreter": {"ansible_python_interpreter": "/usr/bin/python3.99"},
    "ssh": SSH,
    "shell": {"ansible_shell_executable": NOWHERE},
    "no such connection": {"ansible_connection": "no.such.connection"},
}
DEFAULTS = {
    "ansible_become": "false",
    "ansible_become_exe": "'sudo'",
    "ansible_become_user": "'root'",
    "ansible_connection": "'local'",
    "ansible_host": "inventory_hostname",
    "ansible_port": "22",
    "ansible_python_interpreter": "ansible_playbook_python",
    "ansible_shell_executable": "'/bin/sh'",
    "ansible_ssh_retries": "0",
}
# A Python that dies, one whose answer is lost, and one whose answer is no JSON. The last two do the work before.
PYTHONS = {
    "killed": "kill -9 $$",
    "mute": '"{python}" "$@" > /dev/null',
    "babbling": '"{python}" "$@" | tr "{{" "<"',
}
# The same at the second task only, which is the take after the judgement.
LATER = {
    f"{host} later": '[ -e "$0".once ] || {{ : > "$0".once; exec "{python}" "$@"; }}\n' + script
    for host, script in PYTHONS.items()
}


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("preflight_studio", [*BROKEN, *PYTHONS]),
        # One host that cannot even begin would end it for all of them.
        ("take_scene", [*BROKEN, *PYTHONS][:5]),
        ("take_scene", ["right", *LATER]),
        ("wrap_show", [*BROKEN, *PYTHONS]),
        ("report_program", [*BROKEN, *PYTHONS]),
    ],
)
def test_whatever_breaks_a_module_is_told_as_it_is(
    name: str, names: list[str], service: Service, tmp_path: Path
) -> None:
    broken = {host: BROKEN.get(host, {}) for host in names}
    for host, script in {**PYTHONS, **LATER}.items():
        path = tmp_path / host.replace(" ", "-")
        path.write_text(f"#!/bin/sh\n{script.format(python=sys.executable)}\n", encoding="utf-8")
        path.chmod(0o755)
        if host in broken:
            broken[host] = {"ansible_python_interpreter": str(path)}
    given = {key: f"{{{{ broken['{key}'] | default({usual}) }}}}" for key, usual in DEFAULTS.items()}
    hosts = inventory({host: {"broken": own} for host, own in broken.items()})
    run = show(service, tmp_path, name, hosts, extra_vars={**given, **IN_A_MODULE})
    assert run.returncode != 0, run.describe()
    found = contradictions(run, service, hosts)
    assert not found, "\n".join([*found, run.describe()])
    if "mute later" in broken:
        assert {entry["caster_id"] for entry in service.journal(TAKE)} >= {"studio-1", "studio-3"}, run.describe()


def test_what_no_log_hides_is_not_told_and_still_fails(service: Service, tmp_path: Path) -> None:
    hosts = inventory({"right": {}, "refused": {"take_expect": {"layout_id": "another"}}})
    environ = {"ANSIBLE_NO_LOG": "true", "ANSIBLE_CALLBACKS_ENABLED": "results_file,apsara.live.audit"}
    environ["APSARA_LIVE_AUDIT_PATH"] = str(tmp_path / "audit.jsonl")
    run = show(service, tmp_path, "take_scene", hosts, environ=environ)
    assert run.returncode == 2, run.describe()
    assert not service.writes()
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {line["outcome"] for line in lines} == {"hidden"}
