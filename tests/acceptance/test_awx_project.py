# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that AWX runs do what the answers of a survey say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support import awx_kit
from ansible_collections.apsara.live.tests.support.playbook import ROOT, PlayRun, environment, run_playbook
from ansible_collections.apsara.live.tests.support.show import account, hosts, scene, writes


@pytest.fixture
def three() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as a show begins it."""
    return Path(shutil.copytree(awx_kit.PROJECT, tmp_path_factory.mktemp("git") / "show"))


def run(name: str, project: Path, emulator: Emulator, path: Path, *args: str, **answers: Any) -> PlayRun:
    """Run one of the project's playbooks on the project's inventory, as AWX does."""
    return run_playbook(
        project / f"{name}.yml",
        path,
        inventory=project / "casters.yml",
        environ=account(emulator),
        extra_vars=answers,
        args=args,
    )


def test_a_take_on_a_time_of_day_with_what_must_be_on_air(project: Path, three: Emulator, tmp_path: Path) -> None:
    # In a zone in which it is about noon, so that the day does not change under the test.
    now = datetime.now(timezone.utc)
    cue = (now + timedelta(seconds=6)).astimezone(timezone(timedelta(hours=12 - now.hour)))
    answers = {"studios": "Interviews", "take_max_late": 120, "take_max_wait": 60, "awx_job_id": 41}
    on_air = scene(three, "pgm", 2)["layout_id"]
    written = cue.strftime("%H:%M:%S") + cue.isoformat()[-6:]
    result = run("take", project, three, tmp_path, cue=written, expected_layout=on_air, **answers).succeeded()
    assert writes(three) == ["CopyCasterSceneConfig"]
    taken = next(entry for entry in three.journal() if entry["action"] == "CopyCasterSceneConfig")
    assert result.result("Put the preview on air").changed
    assert taken["at"] >= cue.replace(microsecond=0).timestamp()


#: What set_stats hands on is printed at the end.
STATS = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
JOB = {"awx_job_id": 42, "tower_job_id": 42}


def test_what_changes_while_an_approval_waits_does_not_go_on_air(
    project: Path, three: Emulator, tmp_path: Path
) -> None:
    """The workflow Show: what the preflight hands on reaches the job of the take as a variable, as AWX does it."""
    shown = run("preflight", project, three, tmp_path, **JOB).succeeded()
    artifacts: dict[str, dict[str, str]] = {"apsara_live_reviewed": {}}
    for found in shown.results("Hand on what was reviewed"):
        stats = found["ansible_stats"]
        assert stats["aggregate"], "each host adds its own"
        artifacts["apsara_live_reviewed"].update(stats["data"]["apsara_live_reviewed"])
    assert len(artifacts["apsara_live_reviewed"]) == 3

    caster = three.state()[2]["caster_id"]
    preview = scene(three, "pvw", 2)
    other = {"layout_id": preview["layout_id"], "video_layers": [{"location_id": "RV09"}]}
    as_shown = next(entry for entry in three.state()[2]["layouts"] if entry["layout_id"] == preview["layout_id"])
    three.edit(caster, {"layouts": [other]})
    refused = run("take", project, three, tmp_path, **JOB, **artifacts)
    refused.refused(
        "Not taken. The preview is not what was expected", "the ids are the same, but what they stand for was"
    )
    assert writes(three) == []

    three.edit(caster, {"layouts": [as_shown]})
    taken = run("take", project, three, tmp_path, **JOB, **artifacts).succeeded()
    assert writes(three) == ["CopyCasterSceneConfig"] * 3
    for found in taken.results("Hand the ids on"):
        assert list(found["ansible_stats"]["data"]["apsara_live_reviewed"].values()) == [""], "the next take is another"


def test_what_was_answered_holds_with_any_inventory(project: Path, three: Emulator, tmp_path: Path) -> None:
    """A copy of Take with an inventory that somebody made by hand, as AWX hands it to a job: it has no group_vars."""
    by_hand = hosts(three)
    # A studio's own variable guards where the answer is blank.
    guarded = hosts(three, take_expect={"empty": True})
    missed = "The cue 2026-01-01T00:00:00Z was missed"
    late = {"cue": "2026-01-01T00:00:00Z", "studios": "Interviews", "show_confirmed": "yes"}
    for name, inventory, answers, text in (
        ("take", by_hand, late, missed),
        ("show_day", by_hand, late, missed),
        ("take", by_hand, {"expected_layout": "nothing"}, "an empty program was expected"),
        ("take", guarded, {"expected_layout": ""}, "an empty program was expected"),
    ):
        run_playbook(
            project / f"{name}.yml",
            tmp_path,
            inventory=inventory,
            environ=account(three),
            extra_vars={"cue": "", "expected_layout": "", **answers, **JOB},
            args=("--skip-tags", "preflight"),
        ).refused(text)
    assert writes(three) == []


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ({"cue": "19:30:00+08:00"}, "cue (19:30:00+08:00), and nothing in this job reads that"),
        ({"expected_layout": "x"}, "expected_layout (x), and nothing in this job reads that"),
        ({"show_confirmed": "no"}, "show_confirmed) was answered with no, and nothing in this job reads that"),
        ({"studios": ""}, "Which studios? (studios) was answered with nothing"),
    ],
)
def test_an_answer_that_nothing_reads_fails_the_job(
    answers: dict[str, str], text: str, three: Emulator, tmp_path: Path
) -> None:
    plays = [{"name": "A take of one's own", "import_playbook": "apsara.live.take_scene"}]
    extra_vars = {"cue": "", "expected_layout": "", **answers, **JOB}
    options: dict[str, Any] = {"inventory": hosts(three), "environ": account(three), "extra_vars": extra_vars}
    run_playbook(plays, tmp_path, **options).refused(text)
    assert three.journal() == []


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        # Somebody took first.
        ({"cue": "", "expected_layout": "nothing"}, "an empty program was expected"),
        # What is no time of day goes to the role as it is.
        ({"cue": "19:30", "expected_layout": ""}, "RFC 3339 time with a zone"),
        # A green job that did nothing would be a lie.
        ({"studios": "nobody"}, "No host of the inventory matches nobody"),
    ],
)
def test_a_take_is_refused(answers: dict[str, str], text: str, project: Path, three: Emulator, tmp_path: Path) -> None:
    run("take", project, three, tmp_path, **answers).refused(text)
    assert writes(three) == []


def test_a_show_day_with_blank_answers(project: Path, three: Emulator, tmp_path: Path) -> None:
    blank = {"studios": "casters", "cue": "", "expected_layout": "", "show_confirmed": "yes", **JOB}
    run("show_day", project, three, tmp_path, **blank).succeeded()
    assert writes(three) == ["CopyCasterSceneConfig"] * 3 + ["StopCasterScene"] * 3


def test_take_now_waits_for_nothing(three: Emulator, project: Path, tmp_path: Path) -> None:
    done = run_playbook(
        project / "take_now.yml",
        tmp_path,
        inventory=hosts(three, take_at="2099-01-01T00:00:00Z"),
        environ=account(three),
        extra_vars={"studios": "Interviews", "expected_layout": "", **JOB},
    ).succeeded()
    assert done.result("Put the preview on air").changed
    assert writes(three) == ["CopyCasterSceneConfig"]


def test_a_preflight_hands_on_what_it_found_and_stops_where_it_is_told(
    three: Emulator, project: Path, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"inventory": hosts(three), "environ": {**account(three), **STATS}}
    found = run_playbook(project / "preflight.yml", tmp_path, extra_vars={"preflight_stop_at": "attention"}, **options)
    found.succeeded()
    assert "apsara_live_verdict: 'Studios: 3 ready.'" in found.stdout
    # Interviews shows already what is in its preview: a take would change nothing.
    run_playbook(project / "take.yml", tmp_path, extra_vars={"studios": "Interviews"}, **options).succeeded()
    said = "Studios: 1 needs attention, 2 ready. Interviews: Preview and program show the same"
    for stop_at, ends_well in (("attention", False), ("not ready", True)):
        done = run_playbook(project / "preflight.yml", tmp_path, extra_vars={"preflight_stop_at": stop_at}, **options)
        assert (done.returncode == 0) is ends_well, done.describe()
        assert said in " ".join(done.stdout.split()), done.describe()


def test_an_inventory_is_read_with_the_collection_of_the_project(
    project: Path, three: Emulator, tmp_path: Path
) -> None:
    """AWX tells an inventory sync by a variable that ansible-core no longer reads where its collections are."""
    own = Path(shutil.copytree(project, tmp_path / "project"))
    runner = tmp_path / "runner"
    installed = runner / "requirements_collections" / "ansible_collections" / "apsara"
    installed.mkdir(parents=True)
    (installed / "live").symlink_to(ROOT)
    settings = (own / "ansible.cfg").read_text("utf-8")
    first, *image = re.findall(r"^collections_path = (.*)$", settings, re.MULTILINE)[0].split(":")
    assert first == "/runner/requirements_collections" and "/usr/share/ansible/collections" in image
    # The paths of a container, somewhere else.
    (own / "ansible.cfg").write_text(settings.replace("/runner/", f"{runner}/"), "utf-8")
    environ = environment(tmp_path / "home", account(three))
    for name in ("ANSIBLE_CONFIG", "ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH"):
        del environ[name]
    environ["ANSIBLE_COLLECTIONS_PATHS"] = f"{first}:{image[-1]}"
    listed = subprocess.run(
        [sys.executable, "-m", "ansible.cli.inventory", "-i", "casters.yml", "--list"],
        cwd=own,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "unknown plugin" not in listed.stderr, listed.stderr
    assert set(json.loads(listed.stdout)["_meta"]["hostvars"]) == {"Main_stage", "Main_stage_backup", "Interviews"}


def test_standby_says_what_viewers_see_and_changes_nothing(project: Path, three: Emulator, tmp_path: Path) -> None:
    broken = three.state()[0]
    denied = {"kind": "ram_denial", "action": "DescribeCasterScenes", "caster_id": broken["caster_id"], "times": 0}
    three.add_faults([denied])
    done = run("standby", project, three, tmp_path, standby_reason="The feed is lost.")
    # The studio that cannot be read makes the job fail, after all others were read.
    done.refused("cannot be read, so look at the program feed itself")
    said = {found.host: found["msg"] for found in done.results("Say what viewers see")}
    assert len(said) == 3
    assert all(lines[0] == "The feed is lost." for lines in said.values())
    assert f"Viewers see - layout {scene(three, 'pgm', 2)['layout_id']}" in said["Interviews"][1]
    assert "switch it on in the console" in said["Interviews"][3]
    assert writes(three) == []


def test_every_playbook_of_the_project_is_read(project: Path, tmp_path: Path) -> None:
    names = sorted(path.name for path in project.glob("*.yml") if path.name != "casters.yml")
    assert names == ["preflight.yml", "show_day.yml", "standby.yml", "take.yml", "take_now.yml", "wrap.yml"]
    others = [str(project / name) for name in names[1:]]
    # There is no inventory, which is warned of.
    run_playbook(project / names[0], tmp_path, args=("--syntax-check", *others)).succeeded(warnings=True)
