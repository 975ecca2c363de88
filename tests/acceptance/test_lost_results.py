# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles and playbooks say when what comes back from a task is not the module's own result.

A time-out of Ansible, a process that was killed, a host that was lost: each stands in the place of an answer, and
proves nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import LOCAL, PlayRun, run_playbook
from ansible_collections.apsara.live.tests.support.show import WRITES, account, hosts, play
from ansible_collections.apsara.live.tests.support.studios import CASTER, document

# Runs what it is given, the module that comes in the place NUMBER to its end; then nobody hears of that one.
_PLAYS_DEAD = """#!/bin/sh
if [ $# -gt 0 ]; then exec "{python}" "$@"; fi
sent=$(mktemp "{here}/module.XXXXXX")
cat > "$sent"
grep -q "modules.caster_" "$sent" || exec "{python}" < "$sent"
echo module >> "{here}/count"
[ "$(wc -l < "{here}/count")" -eq {number} ] || exec "{python}" < "$sent"
"{python}" < "$sent" > /dev/null 2>&1
kill -KILL $$
"""
# The client of SSH, to a host that is right here and is lost in the middle.
_LOSES_THE_HOST = """#!/bin/sh
for command; do :; done
sent=$(mktemp "{here}/sent.XXXXXX")
cat > "$sent"
if grep -q "modules.caster_" "$sent"; then
  echo module >> "{here}/count"
  if [ "$(wc -l < "{here}/count")" -eq {number} ]; then
    sh -c "$command" < "$sent" > /dev/null 2>&1
    echo "Connection closed by remote host" >&2
    exit 255
  fi
fi
exec sh -c "$command" < "$sent"
"""


def program(path: Path, text: str, number: int) -> str:
    path.mkdir(parents=True)
    file = path / "program"
    file.write_text(text.format(python=sys.executable, here=path, number=number), encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def lost(path: Path, number: int) -> dict[str, dict[str, Any]]:
    """Hosts by what happens to the module in the place `number`."""
    module = {"apsara_live_in_process": False}
    return {
        "slow": {},
        "killed": {**module, "ansible_python_interpreter": program(path / "killed", _PLAYS_DEAD, number)},
        "gone": {
            **module,
            "ansible_connection": "ssh",
            "ansible_pipelining": True,
            "ansible_python_interpreter": sys.executable,
            "ansible_ssh_executable": program(path / "gone", _LOSES_THE_HOST, number),
        },
        "fine": {},
        "no interpreter": {**module, "ansible_python_interpreter": "/usr/bin/python3.99"},
    }


def studios(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """An inventory with studios to take and to wrap, and the document with all of them."""
    service = document()
    studio = service["studios"].pop()
    inventory: dict[str, Any] = {}
    # A take is judged by a module of its own before.
    for group, number in (("takes", 2), ("wraps", 1)):
        hosts = {}
        for name, variables in lost(path / group, number).items():
            caster = f"{group}-{name.replace(' ', '-')}"
            service["studios"].append({**studio, "caster_id": caster, "caster_name": caster})
            hosts[f"{name} {group}"] = {**LOCAL, **variables, "caster_id": caster}
        inventory[group] = {"hosts": hosts}
    # To wait for one time-out is enough.
    del inventory["wraps"]["hosts"]["slow wraps"]
    return inventory, service


Ended = tuple[PlayRun, list[str]]


def take_and_wrap(path: Path, *args: str) -> Ended:
    """One run of both roles, and the studios that were really changed by it."""
    inventory, service = studios(path / "programs")
    slow = {"kind": "slow", "seconds": 300, "action": "CopyCasterSceneConfig", "caster_id": "takes-slow"}
    plays = [{**play(role)[0], "hosts": hosts} for role, hosts in (("take", "takes"), ("wrap", "wraps"))]
    with Emulator(service, faults=[slow]) as emulator:
        run = run_playbook(
            plays,
            path,
            inventory=inventory,
            environ={**account(emulator), "ANSIBLE_TASK_TIMEOUT": "12", "ANSIBLE_FORKS": "5"},
            args=args,
        )
        assert run.returncode == 2, run.describe()
        return run, sorted(entry["caster_id"] for entry in emulator.journal() if entry["action"] in WRITES)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    yield take_and_wrap(tmp_path_factory.mktemp("live"))


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    yield take_and_wrap(tmp_path_factory.mktemp("checked"), "--check")


def last_words(run: PlayRun, host: str) -> str:
    """What the last task of a studio says."""
    return str([found for found in run.tasks if found.host == host][-1].result["msg"])


@pytest.mark.parametrize("name", ["slow", "killed", "gone"])
def test_a_take_without_an_answer_is_unconfirmed_and_says_what_was_on_air(name: str, live: Ended) -> None:
    run, changed = live
    assert f"takes-{name}" in changed
    said = last_words(run, f"{name} takes")
    assert said.startswith("Unconfirmed: the take "), said
    assert "Viewers may see the new program or still the old one (layout layout-now, components logo)." in said
    assert "apsara.live.report_program" in said


@pytest.mark.parametrize("name", ["killed", "gone"])
def test_a_stop_without_an_answer_is_unconfirmed(name: str, live: Ended) -> None:
    run, changed = live
    assert f"wraps-{name}" in changed
    assert last_words(run, f"{name} wraps").startswith("Unconfirmed: the stop ")


@pytest.mark.parametrize(
    ("number", "gone_says", "fine_says"),
    [
        (1, "Not taken. Data could not be sent to remote host", "Not taken, since another studio failed."),
        (2, "Unconfirmed: the take ", "Taken, but the play ends here, since another studio failed. On air now - "),
    ],
    ids=["while it is judged", "while it takes"],
)
def test_a_host_that_is_lost_is_told_to_all(number: int, gone_says: str, fine_says: str, tmp_path: Path) -> None:
    """Ansible ends a play with any_errors_fatal at a host that it cannot reach, before anybody is told."""
    service = document()
    (studio,) = service["studios"]
    service["studios"].append({**studio, "caster_id": "another"})
    gone = {"caster_id": CASTER, **lost(tmp_path / "programs", number)["gone"]}
    inventory = {"casters": {"hosts": {"fine": {**LOCAL, "caster_id": "another"}, "gone": gone}}}
    with Emulator(service) as emulator:
        plays = play("take", any_errors_fatal=True)
        run = run_playbook(plays, tmp_path, inventory=inventory, environ=account(emulator))
        taken = sum(entry["effect"] for entry in emulator.journal())
    assert run.returncode == 2, run.describe()
    assert taken == (0 if number == 1 else 2)
    assert last_words(run, "gone").startswith(gone_says)
    assert last_words(run, "fine").startswith(fine_says)
    assert {host: numbers["failures"] for host, numbers in run.stats.items()} == {"fine": 1, "gone": 1}


def test_a_take_that_was_never_judged_did_not_happen(live: Ended) -> None:
    run, changed = live
    assert "takes-no-interpreter" not in changed
    said = last_words(run, "no interpreter takes")
    assert said.startswith("Not taken"), said
    assert "interpreter" in said
    assert {"takes-fine", "wraps-fine"} <= set(changed)


@pytest.mark.parametrize("name", ["killed takes", "gone takes", "killed wraps", "gone wraps"])
def test_in_check_mode_nothing_was_written_whatever_comes_back(name: str, checked: Ended) -> None:
    run, changed = checked
    assert changed == []
    assert last_words(run, name).startswith(("Not taken", "The preview was not stopped"))
    assert "Unconfirmed" not in run.output


# What keeps every module from running. Extra variables win over everything that a playbook says.
BROKEN = {
    "interpreter": {"ansible_python_interpreter": "/usr/bin/python3.99", "apsara_live_in_process": False},
    "become": {"ansible_become": True, "ansible_become_user": "nobody", "ansible_become_exe": "/usr/bin/no-such-sudo"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_program_that_cannot_be_read_is_never_called_off(name: str, tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        run = run_playbook(
            "apsara.live.report_program",
            tmp_path,
            inventory=hosts(emulator),
            environ=account(emulator),
            extra_vars=BROKEN[name],
        )
        assert emulator.journal() == []
    run.refused("This studio cannot be read, so look at the program feed itself.")
    assert "Viewers see" not in run.output


def test_a_host_that_is_lost_keeps_no_other_from_being_reported(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        # The second is lost at the 99th module only.
        found = {
            name: {"caster_id": CASTER, **lost(tmp_path / name, n)["gone"]} for name, n in (("gone", 1), ("here", 99))
        }
        run = run_playbook(
            "apsara.live.report_program",
            tmp_path,
            inventory={"casters": {"hosts": found}},
            environ=account(emulator),
            # The playbook says that its tasks run here. Only this wins against it.
            extra_vars={"ansible_connection": "ssh"},
        )
    run.refused("Viewers see - layout layout-now, components logo.")
    assert "This studio cannot be read" in last_words(run, "gone")
    assert run.stats["here"]["failures"] == 0


def test_a_preflight_that_could_not_read_is_not_ready(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        variables = {"preflight_fail": False}
        # The third module reads the audio settings.
        found = {
            f"gone {number}": {"caster_id": CASTER, **lost(tmp_path / str(number), number)["gone"]}
            for number in (1, 2, 3)
        }
        run = run_playbook(
            play("preflight", variables),
            tmp_path,
            inventory={"casters": {"hosts": found}},
            environ=account(emulator),
        )
    words = {1: "cannot be listed", 2: "scenes cannot be read", 3: "audio settings cannot be read"}
    for number, text in words.items():
        result = run.result("Judge", host=f"gone {number}")["ansible_facts"]["preflight_result"]
        assert any(text in finding["sentence"] for finding in result["findings"]), result
        assert result["verdict"] == ("attention" if number == 3 else "not ready")
        assert "The scenes' audio settings can be read." not in str(result) or number == 1
