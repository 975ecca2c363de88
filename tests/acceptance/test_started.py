# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that cannot be meant as it was started is refused, and settings of the user leave the promises alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import LOCAL, PlayRun, run_playbook
from ansible_collections.apsara.live.tests.support.show import account, hosts, play, scene, writes

COUNTDOWN = "layout main-layout-countdown"


@pytest.fixture
def three() -> Iterator[Emulator]:
    """The three studios that ship, ready for a take."""
    with Emulator() as emulator:
        yield emulator


def run_show(emulator: Emulator, path: Path, name: str, **kw: Any) -> PlayRun:
    inventory = kw.pop("inventory", hosts(emulator))
    environ = {**account(emulator), **kw.pop("environ", {})}
    return run_playbook(f"apsara.live.{name}", path, inventory=inventory, environ=environ, **kw)


def refused(run: PlayRun, emulator: Emulator, *texts: str) -> None:
    """Nothing was even read, since the hosts of the first play are refused: Ansible's own exit code differs then."""
    assert run.returncode != 0, run.describe()
    assert emulator.journal() == []
    flat = " ".join(run.output.split())
    for text in texts:
        assert text in flat, f"{text!r} is not in {run.describe()}"
    assert "Traceback" not in run.output


# --- limits and patterns that would let in everybody


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("@{path}/hosts.retry", "hosts.retry'). The file is empty."),
        ("", "--limit was given and names nobody ('')."),
        ("!Mian", "--limit excludes Mian, and the inventory has no such host or group"),
    ],
)
def test_a_limit_that_would_let_in_everybody_takes_nobody(
    limit: str, text: str, three: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "hosts.retry").write_text("\n", encoding="utf-8")
    # Neither tags nor a task to start at pass it by.
    args = ("--limit", limit.format(path=tmp_path), "--skip-tags", "always")
    refused(run_show(three, tmp_path, "take_scene", args=args), three, text)


def test_a_role_in_a_play_of_the_user_judges_the_limit_too(three: Emulator, tmp_path: Path) -> None:
    (tmp_path / "hosts.retry").touch()
    plays = [*play("take"), *play("wrap")]
    args = ("--limit", f"@{tmp_path}/hosts.retry")
    run = run_playbook(plays, tmp_path, inventory=hosts(three), environ=account(three), args=args)
    refused(run, three, "Nothing was written. --limit was given and names nobody")


def test_a_limit_in_a_file_that_leaves_no_studio_does_not_end_well(three: Emulator, tmp_path: Path) -> None:
    (tmp_path / "hosts.retry").write_text("web\n", encoding="utf-8")
    inventory = {**hosts(three), "servers": {"hosts": {"web": {}}}}
    args = ("--limit", f"@{tmp_path}/hosts.retry")
    run = run_show(three, tmp_path, "take_scene", inventory=inventory, args=args)
    refused(run, three, "No host of the inventory matches casters within --limit @")


def test_studios_that_the_inventory_names_are_not_widened(three: Emulator, tmp_path: Path) -> None:
    run = run_show(three, tmp_path, "take_scene", inventory=hosts(three, studios="Interviews"))
    refused(run, three, "The variable studios is Interviews, and Main stage is not among them.")


@pytest.mark.parametrize("task", ["Keep the judgement", "Report what is on air"])
def test_a_run_that_starts_in_the_middle_takes_nothing(task: str, three: Emulator, tmp_path: Path) -> None:
    # The confirmation of show_day lies before it.
    run = run_show(three, tmp_path, "show_day", args=("--start-at-task", f"apsara.live.take : {task}"))
    run.refused("Not taken. The run was started in the middle, behind what judges or confirms the take.")
    assert writes(three) == []


# --- variables that look like one of ours


def test_a_guard_under_another_name_is_refused_with_the_right_one(three: Emulator, tmp_path: Path) -> None:
    given = {
        "at": "2026-12-01T19:30:00+08:00",
        "expect": {"layout_id": "main-layout-countdown"},
        "max_late": 5,
        "take_expct": {"layout_id": "main-layout-countdown"},
        "take_max_lat": 5,
        "studio": "Interviews",
        "take_wait_timeout": 20,
        "my_own": 1,
    }
    run = run_show(three, tmp_path, "show_day", extra_vars={**given, "show_confirmed": True})
    refused(
        run,
        three,
        "The variable at is given, and nothing here reads it: did you mean take_at?",
        "expect is given, and nothing here reads it: did you mean take_expect or power_expect?",
        "max_late is given, and nothing here reads it: did you mean take_max_late?",
        "take_expct is given, and nothing here reads it: did you mean take_expect?",
        "take_max_lat is given, and nothing here reads it: did you mean take_max_late?",
        "studio is given, and nothing here reads it: did you mean studios?",
    )
    assert run.output.count("did you mean") == 6


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [("report_show", "report_dir", "report_directory"), ("configure_awx", "awx_kit_zones", "awx_kit_zone")],
)
def test_what_needs_no_studio_judges_its_variables_too(name: str, given: str, meant: str, tmp_path: Path) -> None:
    run = run_playbook(f"apsara.live.{name}", tmp_path, extra_vars={given: "here"})
    run.refused(f"Nothing was written. The variable {given} is given, and nothing here reads it: did you mean {meant}?")


@pytest.mark.parametrize("role", ["take", "wrap"])
def test_a_run_that_is_refused_for_one_studio_is_told_to_all(role: str, three: Emulator, tmp_path: Path) -> None:
    inventory = hosts(three)
    studios = inventory["casters"]["hosts"]
    wrong = next(iter(studios))
    studios[wrong][f"{role}_wait_timout"] = 5
    plays = play(role, any_errors_fatal=True)
    run = run_playbook(plays, tmp_path, inventory=inventory, environ=account(three))
    refused(run, three, f"{role}_wait_timout is given, and nothing here reads it: did you mean {role}_wait_timeout?")
    for host in studios:
        said = [found for found in run.tasks if found.host == host][-1].result["msg"]
        assert "Nothing was written" in said
        other = {"take": "Not taken, since another studio failed.", "wrap": "Another studio failed."}[role]
        own = {"take": "Not taken. Nothing", "wrap": "The preview was not stopped. Nothing"}[role]
        assert said.startswith(own if host == wrong else other), said
        assert run.stats[host]["failures"] == 1


# What stands in an inventory, and what it is taken for.
OF_HOSTS: dict[str, tuple[dict[str, Any], str]] = {
    "at": ({"at": "19:30"}, "take_at"),
    "expct": ({"take_expct": {"empty": True}}, "take_expect"),
    "late": ({"take_max_lat": 1}, "take_max_late"),
    "cue": ({"take_cue": "19:30"}, "take_at"),
    "stop": ({"wrap_scene": "pvw"}, "wrap_scene_id"),
    # Of others, handed on, or said to be of others.
    "others": ({"force": True, "take_notes": "x", "wait_timeout": 1, "nginx_at": 1, "studio": "A"}, ""),
    "handed on": ({"at": "", "take_at": "{{ at }}"}, "handed"),
    "said so": ({"max_late": 3, "apsara_live_other_variables": ["max_late"]}, ""),
}


@pytest.mark.parametrize("role", ["take", "wrap"])
def test_an_inventory_is_judged_studio_by_studio(role: str, three: Emulator, tmp_path: Path) -> None:
    studio = three.state()[0]["caster_id"]
    inventory = {name: {"caster_id": studio, **variables} for name, (variables, _meant) in OF_HOSTS.items()}
    run = run_playbook(
        play(role),
        tmp_path,
        inventory={"casters": {"hosts": inventory, "vars": LOCAL}},
        environ={**account(three), "ANSIBLE_FORKS": "1"},
    )
    run.refused()
    for name, (_variables, meant) in OF_HOSTS.items():
        first = run.results(host=name, action="assert")[0]
        if meant.startswith(("take_", "wrap_")):
            assert first.failed, name
            assert f"did you mean {meant}?" in first["msg"]
            assert "Nothing was written." in first["msg"]
            assert not run.results(host=name, action="caster_scene")
        else:
            assert not first.failed, first.result
            assert run.results(host=name, action="caster_scene")


# --- what guards a take


@pytest.mark.parametrize("args", [(), ("--check",)])
def test_a_take_says_before_it_goes_what_guards_it(args: tuple[str, ...], three: Emulator, tmp_path: Path) -> None:
    inventory = hosts(three)
    inventory["casters"]["hosts"]["Main stage"]["take_expect"] = {"layout_id": "main-layout-countdown"}
    inventory["casters"]["hosts"]["Interviews"]["take_at"] = "2020-01-01T19:30:00+08:00"
    run = run_show(three, tmp_path, "take_scene", inventory=inventory, args=args)
    run.refused("The cue 2020-01-01T19:30:00+08:00 was missed")
    said = {found.host: found["msg"] for found in run.results("Say what guards the take")}
    assert said["Main stage"] == f"Expectation: {COUNTDOWN}. Cue: none, the take goes at once."
    assert said["Main stage backup"] == "Expectation: none. Cue: none, the take goes at once."
    assert said["Interviews"].startswith("Expectation: none. Cue: 2020-01-01 19:30:00 +08:00, ")
    names = [found.task.rpartition(" : ")[2] for found in run.tasks]
    assert names.index("Say what guards the take") < names.index("Judge the take, nothing is written yet")
    assert writes(three) == []


# --- settings


def spoil(emulator: Emulator) -> None:
    """Leave one studio with nothing in its preview."""
    nothing = {"scene_id": scene(emulator, "pvw", 2)["scene_id"], "layout_id": None, "component_ids": []}
    emulator.edit(emulator.state()[2]["caster_id"], {"scenes": [nothing]})


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_one_refused_studio_keeps_all_from_changing_under_every_strategy(
    strategy: str, three: Emulator, tmp_path: Path
) -> None:
    spoil(three)
    run = run_show(three, tmp_path, "take_scene", environ={"ANSIBLE_STRATEGY": strategy, "ANSIBLE_FORKS": "1"})
    run.refused("would put nothing on air")
    assert writes(three) == []


def test_a_show_day_runs_under_every_strategy(three: Emulator, tmp_path: Path) -> None:
    environ = {"ANSIBLE_STRATEGY": "free", "ANSIBLE_ANY_ERRORS_FATAL": "true"}
    run_show(three, tmp_path, "show_day", environ=environ, extra_vars={"show_confirmed": True}).succeeded()
    assert writes(three) == ["CopyCasterSceneConfig"] * 3 + ["StopCasterScene"] * 3


def test_an_inventory_for_servers_does_not_get_in_the_way(three: Emulator, tmp_path: Path) -> None:
    servers = {
        "ansible_become": True,
        "ansible_become_user": "nobody",
        "ansible_become_exe": "/usr/bin/no-such-sudo",
        "ansible_python_interpreter": "/usr/bin/python3.99",
        "apsara_live_in_process": False,
    }
    environ = {"ANSIBLE_BECOME": "true"}
    inventory = hosts(three, **servers)
    for name, variables in (("report_program", {}), ("show_day", {"show_confirmed": True})):
        run = run_show(
            three,
            tmp_path,
            name,
            inventory=inventory,
            environ=environ,
            extra_vars=variables,
            args=("--limit", "Interviews"),
        )
        run.succeeded()
    assert writes(three) == ["CopyCasterSceneConfig", "StopCasterScene"]
