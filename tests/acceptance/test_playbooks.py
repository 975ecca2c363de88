# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks run a show, by their fully qualified names, and leave nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import (
    ROOT,
    PlayRun,
    finished,
    run_playbook,
    start_playbook,
)
from ansible_collections.apsara.live.tests.support.raw_server import closed_port
from ansible_collections.apsara.live.tests.support.servers import BESIDE, CONFIGURED
from ansible_collections.apsara.live.tests.support.show import (
    Terminal,
    account,
    emulators_below,
    hosts,
    scene,
    writes,
)

NAMES = ["Main stage", "Main stage backup", "Interviews"]
SHOW = ["preflight_studio", "take_scene", "wrap_show", "show_day"]
REHEARSAL = "apsara.live.rehearse_show"
MAIN_STAGE = (
    "Main stage: On air now - layout main-layout-countdown, components main-logo. "
    "Goes on air - layout main-layout-keynote, components main-logo, main-lower-third."
)


@pytest.fixture
def three() -> Iterator[Emulator]:
    """The three studios that ship, ready for a take."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def one_studio(tmp_path: Path) -> str:
    """A user's own studio, in a file for the rehearsal."""
    studios = tmp_path / "my studios.yml"
    studios.write_text(
        """
account: {id: "1000000000000002", access_keys: [{id: my-key, secret: my-secret}]}
studios:
  - caster_id: my-studio
    status: streaming
    domain: live.example.com
    scenes:
      - {scene_id: my-pvw, output_type: pvw, status: running, layout_id: my-layout}
      - {scene_id: my-pgm, output_type: pgm, status: running}
    layouts: [{layout_id: my-layout}]
""",
        encoding="utf-8",
    )
    return str(studios)


def run_show(emulator: Emulator, path: Path, name: str, **kw: Any) -> PlayRun:
    inventory = kw.pop("inventory", hosts(emulator))
    return run_playbook(f"apsara.live.{name}", path, inventory=inventory, environ=account(emulator), **kw)


def test_where_nobody_listens_one_round_waits_and_every_studio_is_told_where(tmp_path: Path) -> None:
    """Four studios in two forks, with the usual deadline of two minutes, for which each of them would wait."""
    with closed_port() as port:
        environ = {
            "ALIBABA_CLOUD_LIVE_ENDPOINT": f"http://127.0.0.1:{port}",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "rehearsal-key",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "rehearsal-secret",
            "XDG_RUNTIME_DIR": str(tmp_path),
        }
        studios = {"casters": {"hosts": {f"studio{number}": {"caster_id": f"c{number}"} for number in range(4)}}}
        run = run_playbook(
            "apsara.live.preflight_studio", tmp_path, inventory=studios, environ=environ, args=("--forks", "2")
        )

    assert run.returncode != 0
    read = [task.result for task in run.tasks if task.result.get("api_calls")]
    assert len(read) >= 8
    attempts = [call["attempts"] for result in read for call in result["api_calls"]]
    assert sum(number > 1 for number in attempts) <= 2, attempts
    assert all(f"nothing listens at 127.0.0.1:{port}" in result["error"]["message"] for result in read)


@pytest.mark.parametrize("name", SHOW)
def test_in_check_mode_no_playbook_writes(name: str, tmp_path: Path) -> None:
    with Emulator(read_only=True) as emulator:
        run = run_show(emulator, tmp_path, name, args=("--check", "--diff")).succeeded()
        journal = emulator.journal()
    assert journal, run.describe()
    assert not any(entry["violation"] for entry in journal)


@pytest.mark.parametrize("name", ["take_scene", "wrap_show"])
def test_a_second_run_changes_nothing(name: str, three: Emulator, tmp_path: Path) -> None:
    first = run_show(three, tmp_path, name).succeeded()
    done = writes(three)
    assert first.changed() == len(done) == 3
    second = run_show(three, tmp_path, name).succeeded()
    assert second.changed() == 0
    assert writes(three) == done


def test_a_show_day_takes_and_wraps_every_studio_once(three: Emulator, tmp_path: Path) -> None:
    run = run_show(three, tmp_path, "show_day", extra_vars={"show_confirmed": "yes"}).succeeded()
    outlook = run.result("Say what goes on air")["msg"]
    assert outlook[0].startswith(f"{MAIN_STAGE} Armed - content-")
    assert outlook[-1] == "The previews are switched off right after the take."
    assert len(outlook) == 4
    assert set(run.stats) == {"Main stage", "Main stage backup", "Interviews"}
    assert writes(three) == ["CopyCasterSceneConfig"] * 3 + ["StopCasterScene"] * 3
    assert run.changed() == 6
    for number in range(3):
        assert scene(three, "pgm", number)["layout_id"] == scene(three, "pvw", number)["layout_id"]
        assert scene(three, "pvw", number)["status"] == "idle"
        assert scene(three, "pgm", number)["status"] == "running"
    again = run_show(three, tmp_path, "show_day", extra_vars={"show_confirmed": True}).succeeded()
    assert again.changed() == 0
    assert len(writes(three)) == 6


@pytest.mark.parametrize("name", SHOW)
def test_a_run_without_a_studio_is_refused(name: str, three: Emulator, tmp_path: Path) -> None:
    run = run_show(three, tmp_path, name, extra_vars={"studios": "stages", "show_confirmed": True})
    run.refused("No host of the inventory matches stages, so there is no studio to work on", "-e studios=GROUP")
    assert three.journal() == []


@pytest.mark.parametrize(
    ("hosts_of_the_inventory", "limit"),
    [
        # A server that is in the inventory too, and is no studio. Its caster_id must not be used.
        ({"casters": {"hosts": {"main": None}}, "servers": {"hosts": {"web": {"caster_id": "studio-9"}}}}, "web"),
        # No inventory at all: not even localhost is within the limit.
        ({}, "main"),
    ],
)
def test_a_limit_that_leaves_no_studio_is_refused(
    hosts_of_the_inventory: dict[str, Any], limit: str, three: Emulator, tmp_path: Path
) -> None:
    run = run_playbook(
        "apsara.live.take_scene",
        tmp_path,
        inventory=hosts_of_the_inventory,
        environ=account(three),
        args=("--limit", limit),
    )
    # Without any host it is no task that fails, so Ansible's own exit code differs.
    assert run.returncode in (2, 4), run.describe()
    assert f"No host of the inventory matches casters within --limit {limit}" in " ".join(run.output.split())
    assert three.journal() == []


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        ((), {}),
        (("--tags", "take"), {}),
        (("--tags", "take"), {"show_confirmed": False}),
        (("--tags", "take"), {"show_confirmed": ""}),
    ],
)
def test_nothing_goes_on_air_unconfirmed(
    args: tuple[str, ...], answer: dict[str, Any], three: Emulator, tmp_path: Path
) -> None:
    run = run_show(three, tmp_path, "show_day", args=args, extra_vars=answer)
    run.refused('Nobody confirmed the take: "" was typed, not go. So nothing was put on air.', "show_confirmed to true")
    assert f"Not taken: {', '.join(NAMES)}. Nothing was written." in " ".join(run.stdout.split())
    assert writes(three) == []


@pytest.mark.parametrize(("typed", "taken"), [("go", 3), ("no", 0), ("", 0)])
def test_somebody_at_the_keyboard_is_asked(typed: str, taken: int, three: Emulator, tmp_path: Path) -> None:
    keyboard, terminal = os.openpty()
    try:
        process, _unused = start_playbook(
            "apsara.live.show_day",
            tmp_path,
            inventory=hosts(three),
            environ=account(three),
            args=("--tags", "take"),
            terminal=terminal,
        )
        os.close(terminal)
        screen = b""
        until = time.monotonic() + 120
        while b"Type go to take" not in screen:
            assert time.monotonic() < until, screen
            if select.select([keyboard], [], [], 1)[0]:
                screen += os.read(keyboard, 4096)
        asked = " ".join(screen.decode().split())
        assert MAIN_STAGE in asked
        assert asked.count("Goes on air - ") == 3
        assert "The previews stay on, the wrap is left out." in asked
        answered = bytearray()
        threading.Thread(target=_drain, args=(keyboard, answered), daemon=True).start()
        # What is typed before the question reads the keyboard is dropped: type until it is heard.
        _wait_for(lambda: _type(keyboard, typed) or _ended(process, 5), 120)
        assert (process.returncode == 0) == (taken > 0)
        assert writes(three) == ["CopyCasterSceneConfig"] * taken
        if not taken:
            _wait_for(lambda: b"PLAY RECAP" in answered, 30)
            assert f'"{typed}" was typed, not go.' in " ".join(answered.decode().split())
    finally:
        _end(process)
        os.close(keyboard)


def test_what_changes_while_the_question_is_open_does_not_go_on_air(three: Emulator, tmp_path: Path) -> None:
    """One preview is replaced, another one's layout is edited and keeps its id, and somebody answers go to what was."""
    replaced, edited, _as_asked = [studio["caster_id"] for studio in three.state()]
    preview = {"scene_id": three.state()[0]["scenes"][0]["scene_id"], "layout_id": "main-layout-panel"}
    layout = {"layout_id": "back-layout-keynote", "video_layers": [{"location_id": "RV09"}]}
    screen = bytearray()
    keyboard, terminal = os.openpty()
    try:
        process, _unused = start_playbook(
            "apsara.live.show_day",
            tmp_path,
            inventory=hosts(three),
            environ=account(three),
            args=("--tags", "take"),
            terminal=terminal,
        )
        os.close(terminal)
        threading.Thread(target=_drain, args=(keyboard, screen), daemon=True).start()
        _wait_for(lambda: b"Type go to take" in screen, 120)
        assert " ".join(screen.decode().split()).count("Armed - content-") == 3
        three.edit(replaced, {"scenes": [preview]})
        three.edit(edited, {"layouts": [layout]})
        asked = len(screen)
        _wait_for(lambda: _type(keyboard, "go") or _ended(process, 5), 120)
        _wait_for(lambda: b"PLAY RECAP" in screen, 30)
        after = " ".join(screen[asked:].decode().split())
        assert process.returncode != 0, after
        assert writes(three) == []
        assert (
            "It shows layout main-layout-panel, components main-logo, main-lower-third, with the fingerprint" in after
        )
        assert "the ids are the same, but what they stand for was changed" in after
        assert after.count("Not taken. The preview is not what was expected") >= 2, after
    finally:
        _end(process)
        os.close(keyboard)


@pytest.mark.parametrize(
    ("name", "variables", "told"),
    [
        (
            "show_day",
            {"show_confirmed": "no", "awx_job_id": 42, "tower_job_id": 42},
            "answer yes to Is this confirmed?",
        ),
        ("hold_rehearsal", {"tower_job_id": 42}, "hold_rehearsal on your own machine"),
    ],
)
def test_in_a_job_of_awx_nothing_prompts_though_it_has_a_terminal(
    name: str, variables: dict[str, Any], told: str, three: Emulator, tmp_path: Path
) -> None:
    terminal = Terminal()
    process, _unused = start_playbook(
        f"apsara.live.{name}",
        tmp_path,
        inventory=hosts(three),
        environ=account(three),
        extra_vars=variables,
        args=("--skip-tags", "preflight"),
        terminal=terminal.theirs,
    )
    os.close(terminal.theirs)
    try:
        _wait_for(lambda: _ended(process, 1), 120)
        terminal.wait_for("PLAY RECAP")
        assert process.returncode != 0
        assert told in " ".join(terminal.text.split())
        # At once: nothing was asked of the service either.
        assert three.journal() == []
    finally:
        _end(process)


def test_every_playbook_that_prompts_refuses_to_in_a_job_of_awx() -> None:
    files = [*(ROOT / "playbooks").rglob("*.yml"), *(ROOT / "roles").rglob("*.yml")]
    texts = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in files}
    prompt = re.compile(r"^\s*(- )?(ansible\.builtin\.pause|vars_prompt):", re.MULTILINE)
    asks = {name for name, text in texts.items() if prompt.search(text)}
    assert asks == {"playbooks/show_day.yml", "playbooks/strike_studios.yml", "playbooks/hold_rehearsal.yml"}
    for name in asks:
        refused, _line, asked = texts[name].partition("awx_job_id is defined or tower_job_id is defined")
        assert "pause:" not in refused and "pause:" in asked, name


def test_each_part_of_a_show_day_is_reached_by_its_tag(three: Emulator, tmp_path: Path) -> None:
    run_show(three, tmp_path, "show_day", args=("--tags", "preflight")).succeeded()
    assert three.journal()
    assert writes(three) == []
    run_show(three, tmp_path, "show_day", args=("--tags", "take"), extra_vars={"show_confirmed": True}).succeeded()
    assert writes(three) == ["CopyCasterSceneConfig"] * 3
    run_show(three, tmp_path, "show_day", args=("--tags", "wrap")).succeeded()
    assert writes(three) == ["CopyCasterSceneConfig"] * 3 + ["StopCasterScene"] * 3


@pytest.mark.parametrize("name", ["take_scene", "show_day"])
def test_one_studio_that_is_not_right_keeps_all_from_changing(name: str, three: Emulator, tmp_path: Path) -> None:
    nothing = {"scene_id": scene(three, "pvw", 2)["scene_id"], "layout_id": None, "component_ids": []}
    three.edit(three.state()[2]["caster_id"], {"scenes": [nothing]})
    run = run_show(three, tmp_path, name, extra_vars={"show_confirmed": True})
    run.refused("would put nothing on air")
    assert writes(three) == []


@pytest.mark.parametrize("name", ["take_scene", "show_day"])
def test_an_option_that_is_wrong_for_one_studio_is_told_to_all(name: str, three: Emulator, tmp_path: Path) -> None:
    inventory = hosts(three)
    inventory["casters"]["hosts"][NAMES[1]]["take_max_late"] = "abc"
    run = run_show(three, tmp_path, name, inventory=inventory, extra_vars={"show_confirmed": True})
    run.refused("unable to convert to float", "Given: max_late was", "Nothing was sent.")
    said = " ".join(run.stdout.split())
    assert re.search(r"Given: max_late was '+abc'+\. ", said)
    # Ansible's own check of the variables of a role would print all of its documentation.
    assert "argument_spec_data" not in said
    if name == "take_scene":
        assert said.count("Not taken, since another studio failed. Nothing was written here.") >= 2
    else:
        assert f"Not taken: {', '.join(NAMES)}. Nothing was written." in said
    assert writes(three) == []


@pytest.mark.parametrize("name", ["preflight_studio", "take_scene", "show_day", "wrap_show", "report_program"])
def test_a_variable_of_a_rehearsal_redirects_no_show(name: str, three: Emulator, tmp_path: Path) -> None:
    with Emulator() as other:
        inventory = hosts(three)
        inventory["casters"]["vars"] = {
            **inventory["casters"].get("vars", {}),
            "rehearsal_endpoint": other.endpoint,
            "rehearsal_access_key_id": "rehearsal-key",
            "rehearsal_access_key_secret": "rehearsal-secret",
        }
        run_show(three, tmp_path, name, inventory=inventory, extra_vars={"show_confirmed": True}).succeeded()
        assert three.journal()
        assert other.journal() == []


def test_the_hosts_are_a_variable(three: Emulator, tmp_path: Path) -> None:
    run = run_show(three, tmp_path, "wrap_show", extra_vars={"studios": "Interviews"}).succeeded()
    assert list(run.stats) == ["Interviews"]
    assert writes(three) == ["StopCasterScene"]


# --- the rehearsal


def test_the_rehearsal_shows_a_show(tmp_path: Path) -> None:
    run = run_playbook(REHEARSAL, tmp_path, timeout=300).succeeded()
    flat = " ".join(run.stdout.split())
    assert run.stdout.count("The studio is ready.") == 3
    assert "+layout: main-layout-keynote" in run.stdout
    assert flat.count("Check mode, nothing was written.") == 3
    assert flat.count("On air now - ") == 3
    assert flat.count("Nothing to do. The program shows this already") == 3
    assert "changed=0" in run.result("How much did the same take change")["msg"]
    assert "TASK [5. A wrong take on purpose, from program to preview: it must be refused]" in run.stdout
    assert "fatal:" not in run.stdout
    refusal = run.result("Show the refusal")["msg"]
    assert "the ids are swapped" in refusal[0]
    assert "WrongBus" in refusal[1]
    assert flat.count("The preview is off.") == 3
    table = run.result("Report what the service saw")["msg"]
    assert table[0].split() == ["time", "(UTC)", "studio", "action", "outcome"]
    assert [line for line in table if "CopyCasterSceneConfig" in line and line.endswith(" ok")][2:]
    assert table[-1].endswith("Nothing was throttled.")
    assert {"Main stage", "Main stage backup", "Interviews"} <= set(run.stats)
    summary = run.result("8. All went as expected")["msg"]
    assert summary == [
        "Preflight: 3 of 3 studios can take.",
        "Takes: every studio shows what was prepared.",
        "The same take again: changed=0.",
        "The wrong take: refused, as it must be.",
        "Wrap: every preview is off, every program goes on.",
        f"Throttled: 0 of {len(table) - 2} requests.",
    ]


def test_the_rehearsal_in_check_mode_writes_nothing(tmp_path: Path) -> None:
    run = run_playbook(REHEARSAL, tmp_path, args=("--check",), timeout=300).succeeded()
    table = run.result("Report what the service saw")["msg"]
    assert not [line for line in table if "CopyCasterSceneConfig" in line or "StopCasterScene" in line]
    assert "On air now" not in run.stdout


@pytest.mark.parametrize(
    ("faults", "seen", "said"),
    [
        ("throttled_account", "fault:throttle", []),
        (
            "lost_answers",
            "fault:reset_after",
            [
                "The answer to the take was lost. The program was read afterwards and shows it",
                "The answer to the stop was lost. The preview was read afterwards and is off.",
            ],
        ),
        ("service_down", "fault:unavailable", []),
    ],
)
def test_trouble_can_be_rehearsed(faults: str, seen: str, said: list[str], one_studio: str, tmp_path: Path) -> None:
    variables = {"rehearsal_studios": one_studio, "rehearsal_faults": faults}
    run = run_playbook(REHEARSAL, tmp_path, extra_vars=variables, timeout=300).succeeded()
    table = run.result("Report what the service saw")["msg"]
    assert [line for line in table if seen in line], table
    for sentence in said:
        assert sentence in " ".join(run.stdout.split()), run.describe()
    assert "All went as expected" in run.stdout


def test_an_unconfirmed_take_can_be_rehearsed(tmp_path: Path) -> None:
    run = run_playbook(REHEARSAL, tmp_path, extra_vars={"rehearsal_faults": "unconfirmed_takes"}, timeout=300)
    run.refused("Unconfirmed: the take was sent, and nothing proves what became of it", "report_program")
    taken = {found.host: found.result for found in run.results("Put the preview on air") if found["api_calls"]}
    assert taken["Main stage"]["error"]["outcome"] == "unknown"
    # The other studios say what became of them, and not that of the main stage.
    trouble = {found.host: found["msg"] for found in run.results("Say what is known")}
    assert trouble["Main stage"].startswith("Unconfirmed: ")
    for host in ("Main stage backup", "Interviews"):
        assert trouble[host].startswith("Taken, but the play ends here, since another studio failed. On air now - ")
    assert run.result("Stop the studio emulator").changed
    assert "All went as expected" not in run.stdout


def test_a_rehearsal_that_fails_still_stops_and_reports(one_studio: str, tmp_path: Path) -> None:
    trouble = tmp_path / "down.yml"
    trouble.write_text("faults:\n  - {kind: ram_denial, action: CopyCasterSceneConfig, times: 0}\n", encoding="utf-8")
    variables = {"rehearsal_studios": one_studio, "rehearsal_faults": str(trouble)}
    run = run_playbook(REHEARSAL, tmp_path, extra_vars=variables, timeout=300)
    run.refused("Not taken, rejected by the service.")
    assert run.result("Stop the studio emulator").changed
    assert "fault:ram_denial" in " ".join(run.result("Report what the service saw")["msg"])


def interrupt(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Interrupt a run as a person does: again, where the first time did not help.

    ansible-core raises KeyboardInterrupt wherever the signal finds it. Python drops what is raised in a hook that runs
    at a fork, such as the one of logging, so a signal that comes while a worker is forked is lost.
    """
    for _unused in range(20):
        os.kill(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=6)
            return
    pytest.fail("the run goes on after 20 interrupts")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_rehearsal_leaves_no_process_behind(number: signal.Signals, tmp_path: Path) -> None:
    process, results = start_playbook(REHEARSAL, tmp_path)
    try:
        _wait_for(lambda: emulators_below(process.pid), 120)
        _wait_for(lambda: "Read the studio" in (results.read_text("utf-8") if results.exists() else ""), 120)
        interrupt(process, number)
        _wait_for(lambda: not emulators_below(process.pid), 20)
    finally:
        _end(process)


def test_a_rehearsal_that_nobody_watches_ends_by_itself(tmp_path: Path) -> None:
    # The studios live for 11 seconds, and are held for one.
    seconds = {"rehearsal_max_seconds": 11}
    process, results = start_playbook("apsara.live.hold_rehearsal", tmp_path, extra_vars=seconds)
    stdout, stderr = process.communicate(timeout=120)
    run = finished(process.returncode, stdout, stderr, 0, results).succeeded()
    told = run.result("2. The variables")["hold_environment"]
    assert list(told) == [
        "ALIBABA_CLOUD_LIVE_ENDPOINT",
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    ]
    assert all(told.values())
    assert set(run.result("The studios")["rehearsal_casters"]) == {"Main stage", "Main stage backup", "Interviews"}
    assert run.result("Report what the service saw")["msg"][-1].startswith("0 requests.")
    assert not emulators_below(process.pid)


def test_a_rehearsal_starts_and_stops_once(tmp_path: Path) -> None:
    def rehearsal(state: str, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "ansible.builtin.include_role": {"name": "apsara.live.rehearsal"},
            "vars": {"rehearsal_state": state},
        }

    look = {
        "name": "Look",
        "ansible.builtin.debug": {"msg": "{{ rehearsal_endpoint }} {{ rehearsal_casters['Interviews'] }}"},
    }
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                rehearsal("stopped", "Stop what does not run"),
                rehearsal("started", "Start"),
                look,
                rehearsal("started", "Start again"),
                rehearsal("stopped", "Stop"),
                rehearsal("stopped", "Stop again"),
            ],
        }
    ]
    run = run_playbook(plays, tmp_path).succeeded()
    assert [found.changed for found in run.results("Start the studio emulator")] == [True, False]
    assert [found.changed for found in run.results("Stop the studio emulator")] == [False, True, False]
    assert run.result("Look")["msg"].startswith("http://127.0.0.1:")


def test_a_read_only_rehearsal_fails_when_it_was_written_to(one_studio: str, tmp_path: Path) -> None:
    variables = {"rehearsal_studios": one_studio, "rehearsal_read_only": True}
    run = run_playbook(REHEARSAL, tmp_path, extra_vars=variables, timeout=300)
    run.refused("this rehearsal was read-only")


def test_a_rehearsal_takes_the_users_own_studios(one_studio: str, tmp_path: Path) -> None:
    # In an inventory that has servers, too.
    run = run_playbook(
        REHEARSAL,
        tmp_path,
        inventory=BESIDE,
        environ=CONFIGURED,
        extra_vars={"rehearsal_studios": one_studio},
        timeout=300,
    ).succeeded()
    assert set(run.stats) == {"localhost", "my-studio"}
    assert "On air now - layout my-layout" in " ".join(run.stdout.split())


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        (
            {"rehearsal_faults": "no_such_trouble"},
            "There are no faults named no_such_trouble, and no such file. "
            "The collection ships lost_answers, service_down, throttled_account, unconfirmed_takes.",
        ),
        ({"rehearsal_studios": "no_such_file.yml"}, "no_such_file.yml"),
        ({"rehearsal_fault": "lost_answers"}, "Nothing was started. The variable rehearsal_fault is given"),
        ({"rehearsal_state": "paused"}, "paused"),
        ({"rehearsal_variants": {"idle_stop": "never"}}, "never"),
    ],
)
def test_a_rehearsal_that_cannot_start_says_why(variables: dict[str, Any], text: str, tmp_path: Path) -> None:
    run_playbook(REHEARSAL, tmp_path, extra_vars=variables, timeout=300).refused(text)


def test_studios_that_nobody_could_call_are_not_started(one_studio: str, tmp_path: Path) -> None:
    studios = tmp_path / "studios.yml"
    studios.write_text(json.dumps({"studios": yaml.safe_load(Path(one_studio).read_text())["studios"]}))
    run = run_playbook(REHEARSAL, tmp_path, extra_vars={"rehearsal_studios": str(studios)}, timeout=300)
    run.refused("names no access key, so nobody could call these studios. Give account.access_keys.")
    listed = subprocess.run(["ps", "-ww", "-eo", "command="], capture_output=True, text=True, check=True).stdout
    assert str(studios) not in listed


def _wait_for(condition: Callable[[], object], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.1)


def _type(keyboard: int, text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(keyboard, text.encode() + b"\r")


def _ended(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _drain(terminal: int, kept: bytearray | None = None) -> None:
    with contextlib.suppress(OSError):
        while read := os.read(terminal, 4096):
            if kept is not None:
                kept += read


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
