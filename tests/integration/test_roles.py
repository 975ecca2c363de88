# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the roles do what they say? Real ansible-playbook runs against the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import PlayRun, run_playbook
from ansible_collections.apsara.live.tests.support.show import account, hosts, play, scene, writes
from ansible_collections.apsara.live.tests.support.studios import CASTER, PGM, PVW, document


@pytest.fixture
def three() -> Iterator[Emulator]:
    """The three studios that ship, ready for a take."""
    with Emulator() as emulator:
        yield emulator


def run_role(emulator: Emulator, path: Path, role: str, variables: dict[str, Any] | None = None, **kw: Any) -> PlayRun:
    keywords = kw.pop("play", {})
    environ = account(emulator, *kw.pop("key", ()))
    return run_playbook(play(role, variables, **keywords), path, inventory=hosts(emulator), environ=environ, **kw)


def verdict(run: PlayRun, host: str = "Test stage") -> dict[str, Any]:
    result: dict[str, Any] = run.result("Judge", host=host)["ansible_facts"]["preflight_result"]
    return result


# --- preflight


def test_preflight_finds_the_shipped_studios_ready_and_writes_nothing(three: Emulator, tmp_path: Path) -> None:
    run = run_role(three, tmp_path, "preflight").succeeded()
    for studio in three.state():
        result = verdict(run, studio["caster_name"])
        assert result["verdict"] == "ready", run.describe()
        assert result["caster_id"] == studio["caster_id"]
        assert {finding["level"] for finding in result["findings"]} == {"ready"}
        assert any("billing" in text.lower() or "paid" in text for text in result["cannot_verify"])
        assert any("permission" in text for text in result["cannot_verify"])
        assert any("sources are live" in text for text in result["cannot_verify"])
    assert "The studio is ready." in run.stdout
    assert writes(three) == []
    assert run.changed() == 0


@pytest.mark.parametrize(
    ("bent", "expected", "level", "sentence"),
    [
        ({"status": "idle"}, "not ready", "not_ready", "The studio is idle"),
        ({"domain": None}, "not ready", "not_ready", "scenes cannot be read"),
        ({"scenes": []}, "not ready", "not_ready", "no preview scene (PVW)"),
        ({"scenes": []}, "not ready", "not_ready", "no program scene (PGM)"),
        ({"pgm": {"status": "idle"}}, "not ready", "not_ready", "The program is off"),
        ({"pvw": {"status": "idle"}}, "attention", "attention", "The preview is off"),
        ({"pvw": {"layout_id": None, "component_ids": []}}, "not ready", "not_ready", "The preview is empty"),
        ({"pgm": {"layout_id": None, "component_ids": []}}, "attention", "attention", "The program is empty"),
        (
            {"pvw": {"layout_id": "layout-now", "component_ids": ["logo"]}},
            "attention",
            "attention",
            "Preview and program show the same",
        ),
    ],
)
def test_preflight_judges(bent: dict[str, Any], expected: str, level: str, sentence: str, tmp_path: Path) -> None:
    with Emulator(document(**bent)) as emulator:
        run = run_role(emulator, tmp_path, "preflight", {"preflight_fail": False}).succeeded()
    result = verdict(run)
    assert result["verdict"] == expected
    assert any(level == found["level"] and sentence in found["sentence"] for found in result["findings"]), result


def test_preflight_collects_all_findings_and_then_fails(tmp_path: Path) -> None:
    bent = document(status="idle", pgm={"status": "idle"}, pvw={"layout_id": None, "component_ids": []})
    with Emulator(bent) as emulator:
        run = run_role(emulator, tmp_path, "preflight")
    run.refused("Not ready: The studio is idle", "The program is off", "The preview is empty")
    assert not run.warnings


def test_preflight_lists_several_previews(tmp_path: Path) -> None:
    studio = document()
    extra = {**studio["studios"][0]["scenes"][0], "scene_id": "scene-pvw-2"}
    studio["studios"][0]["scenes"].append(extra)
    with Emulator(studio) as emulator:
        run = run_role(emulator, tmp_path, "preflight").succeeded()
    assert verdict(run)["verdict"] == "attention"
    assert f"{PVW}, scene-pvw-2" in " ".join(found["sentence"] for found in verdict(run)["findings"])


def test_preflight_says_when_the_account_has_no_such_studio(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        run = run_role(emulator, tmp_path, "preflight", {"preflight_caster_id": "studio-9", "preflight_fail": False})
    sentences = [found["sentence"] for found in verdict(run.succeeded())["findings"]]
    assert any("The account has no studio studio-9" in text for text in sentences)
    assert any("scenes cannot be read" in text for text in sentences)


def test_preflight_turns_a_wrong_secret_into_a_finding(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        run = run_role(
            emulator, tmp_path, "preflight", {"preflight_fail": False}, key=("rehearsal-key", "wrong-secret")
        )
    result = verdict(run.succeeded())
    assert result["verdict"] == "not ready"
    assert "SignatureDoesNotMatch" in result["findings"][0]["sentence"]
    assert "wrong-secret" not in run.output


def test_preflight_says_the_same_trouble_once(tmp_path: Path) -> None:
    variables = {"preflight_fail": False}
    with Emulator(document()) as emulator:
        run = run_role(emulator, tmp_path, "preflight", variables, key=("", "")).succeeded()
        findings = verdict(run)["findings"]
        assert [found["level"] for found in findings] == ["not_ready"]
        assert findings[0]["sentence"].startswith("Nothing can be read. No credentials")
        run = run_role(emulator, tmp_path, "preflight", variables, key=("rehearsal-key", "wrong-secret")).succeeded()
        assert len(verdict(run)["findings"]) == 1
        # Not the same: each names the permission that is missing.
    studio = document()
    studio["account"]["access_keys"].append({"id": "blind-key", "secret": "blind-secret", "deny": ["live:*"]})
    with Emulator(studio) as emulator:
        run = run_role(emulator, tmp_path, "preflight", variables, key=("blind-key", "blind-secret")).succeeded()
        sentences = [found["sentence"] for found in verdict(run)["findings"]]
        assert len(sentences) == 2
        assert "live:DescribeCasters" in sentences[0]
        assert "live:DescribeCasterScenes" in sentences[1]


def test_preflight_needs_attention_where_audio_may_not_be_read(tmp_path: Path) -> None:
    studio = document()
    studio["account"]["access_keys"].append(
        {"id": "deaf-key", "secret": "deaf-secret", "deny": ["live:DescribeCasterSceneAudio"]}
    )
    with Emulator(studio) as emulator:
        run = run_role(emulator, tmp_path, "preflight", key=("deaf-key", "deaf-secret")).succeeded()
        assert verdict(run)["verdict"] == "attention"
        emulator.reset()
        run = run_role(
            emulator, tmp_path, "preflight", {"preflight_audio": False}, key=("deaf-key", "deaf-secret")
        ).succeeded()
        assert verdict(run)["verdict"] == "ready"
        assert "DescribeCasterSceneAudio" not in {entry["action"] for entry in emulator.journal()}


# --- take


def test_take_puts_every_preview_on_air_and_then_has_nothing_to_do(three: Emulator, tmp_path: Path) -> None:
    wanted = [(scene(three, "pvw", n)["layout_id"], scene(three, "pvw", n)["component_ids"]) for n in range(3)]
    first = run_role(three, tmp_path, "take").succeeded()
    assert [(scene(three, "pgm", n)["layout_id"], scene(three, "pgm", n)["component_ids"]) for n in range(3)] == wanted
    assert first.changed() == 3
    assert "On air now - layout main-layout-keynote, components main-logo, main-lower-third." in " ".join(
        first.stdout.split()
    )
    second = run_role(three, tmp_path, "take").succeeded()
    assert second.changed() == 0
    assert "Nothing to do." in second.stdout
    assert writes(three) == ["CopyCasterSceneConfig"] * 3


@pytest.mark.parametrize("how", [{"args": ("--check", "--diff")}, {"play": {"check_mode": True, "diff": True}}])
def test_take_in_check_mode_shows_and_does_not_write(how: dict[str, Any], tmp_path: Path) -> None:
    with Emulator(document(), read_only=True) as emulator:
        run = run_role(emulator, tmp_path, "take", **how).succeeded()
        assert not any(entry["violation"] for entry in emulator.journal())
        assert scene(emulator, "pgm")["layout_id"] == "layout-now"
    assert run.changed() == 1
    assert "-layout: layout-now" in run.stdout
    assert "+layout: layout-next" in run.stdout
    assert "Check mode, nothing was written." in run.stdout
    assert "On air now" not in run.stdout


def test_take_refuses_when_something_else_is_on_air(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        run = run_role(emulator, tmp_path, "take", {"take_expect": {"layout_id": "layout-spare"}})
        assert writes(emulator) == []
    run.refused("layout-spare", "Nothing was written")
    assert run.result(action="caster_scene_config_copy")["error"]["code"] == "ExpectationNotMet"


def test_take_keeps_its_result_for_a_play_that_rescues(tmp_path: Path) -> None:
    plays = play("take")
    role = plays[0].pop("roles")[0]
    plays[0]["tasks"] = [
        {
            "name": "Rescue",
            "block": [
                {
                    "name": "Take",
                    "ansible.builtin.include_role": {"name": role["role"]},
                    "vars": {"take_from_scene_id": PGM, "take_to_scene_id": PVW},
                }
            ],
            "rescue": [
                {
                    "name": "See",
                    "ansible.builtin.debug": {"msg": "{{ take_result.error.code }} {{ take_result.error.outcome }}"},
                }
            ],
        }
    ]
    with Emulator(document()) as emulator:
        run = run_playbook(plays, tmp_path, inventory=hosts(emulator), environ=account(emulator)).succeeded()
        assert writes(emulator) == []
    assert run.result("See")["msg"] == "WrongBus refused"


def test_take_is_refused_for_all_studios_when_one_is_not_right(three: Emulator, tmp_path: Path) -> None:
    last = three.state()[2]
    nothing = {"scene_id": scene(three, "pvw", 2)["scene_id"], "layout_id": None, "component_ids": []}
    three.edit(last["caster_id"], {"scenes": [nothing]})
    run = run_role(three, tmp_path, "take", play={"any_errors_fatal": True}).refused("neither a layout nor components")
    assert writes(three) == [], run.describe()


def test_take_says_what_may_be_on_air_when_nothing_proves_it(tmp_path: Path) -> None:
    # The copy happens, its answer is lost, and from then on nothing can be read.
    faults = [
        {"kind": "reset_after", "action": "CopyCasterSceneConfig"},
        {"kind": "ram_denial", "action": "DescribeCasterScenes", "times": 0, "skip": 2},
    ]
    defaults = {"group/apsara.live.live": {"api_deadline": 4}}
    with Emulator(document(), faults=faults) as emulator:
        run = run_role(emulator, tmp_path, "take", play={"module_defaults": defaults})
        assert scene(emulator, "pgm")["layout_id"] == "layout-next"
    run.refused("Unconfirmed: the take was sent, and nothing proves what became of it", "report_program")
    result = run.results(action="caster_scene_config_copy")[-1]
    assert result["error"]["outcome"] == "unknown"
    assert result.changed


def test_take_says_that_the_service_said_no(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        run = run_role(emulator, tmp_path, "take", key=("viewer-key", "viewer-secret"))
        assert scene(emulator, "pgm")["layout_id"] == "layout-now"
    run.refused("Not taken, the service said no.", "live:CopyCasterSceneConfig")


def test_take_hands_every_option_on(tmp_path: Path) -> None:
    # An id that is not there, a cue long past, an empty preview: each shows in the refusal that its option arrived.
    empty = document(pvw={"layout_id": None, "component_ids": []})
    with Emulator(empty) as emulator:
        swapped = {"take_from_scene_id": "nobody"}
        run_role(emulator, tmp_path, "take", swapped).refused("nobody", PVW, "from_scene_id is take_from_scene_id.")
        run_role(emulator, tmp_path, "take", {"take_to_scene_id": "nobody"}).refused("nobody", PGM)
        past = {"take_at": "2020-01-01T00:00:00Z", "take_max_late": 7, "take_allow_empty": True}
        run_role(emulator, tmp_path, "take", past).refused(
            "2020-01-01T00:00:00Z", "7 s", "In the role take, max_late is take_max_late, at is take_at."
        )
        future = {"take_at": "2099-01-01T00:00:00Z", "take_max_wait": 11, "take_allow_empty": True}
        run_role(emulator, tmp_path, "take", future).refused("2099-01-01T00:00:00Z", "11 s")
        run_role(emulator, tmp_path, "take", {"take_wait_timeout": 0}).refused("wait_timeout is take_wait_timeout.")
        run_role(emulator, tmp_path, "take", {"take_at": "noon"}).refused("RFC 3339", "at is take_at.")
        assert writes(emulator) == []
        forced = {"take_allow_empty": True, "take_force": True}
        run_role(emulator, tmp_path, "take", forced).succeeded()
        run_role(emulator, tmp_path, "take", forced).succeeded()
        assert len(writes(emulator)) == 2


# --- wrap


def test_wrap_stops_the_previews_only_and_says_what_is_billed(three: Emulator, tmp_path: Path) -> None:
    first = run_role(three, tmp_path, "wrap").succeeded()
    assert [scene(three, "pvw", n)["status"] for n in range(3)] == ["idle"] * 3
    assert [scene(three, "pgm", n)["status"] for n in range(3)] == ["running"] * 3
    assert [studio["status"] for studio in three.state()] == ["streaming"] * 3
    assert first.changed() == 3
    flat = " ".join(first.stdout.split())
    assert "The preview is off." in flat
    assert "Both are billed until the studio itself is stopped." in flat
    second = run_role(three, tmp_path, "wrap").succeeded()
    assert second.changed() == 0
    assert writes(three) == ["StopCasterScene"] * 3


def test_wrap_in_check_mode_does_not_write(tmp_path: Path) -> None:
    with Emulator(document(), read_only=True) as emulator:
        run = run_role(emulator, tmp_path, "wrap", args=("--check",)).succeeded()
        assert not any(entry["violation"] for entry in emulator.journal())
        assert scene(emulator, "pvw")["status"] == "running"
    assert run.changed() == 1
    assert "The preview would be switched off." in run.stdout


def test_wrap_never_stops_the_program(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        run = run_role(emulator, tmp_path, "wrap", {"wrap_scene_id": PGM})
        assert writes(emulator) == []
    run.refused("The preview was not stopped.", PVW, "In the role wrap, scene_id is wrap_scene_id.")


def test_wrap_says_what_is_not_known(tmp_path: Path) -> None:
    # The stop is accepted and never shows within the time that was given.
    slow = {"visibility": "delayed", "visible_after_ms": 20000}
    with Emulator(document(), variants=slow) as emulator:
        run = run_role(emulator, tmp_path, "wrap", {"wrap_wait_timeout": 1})
    run.refused("Unconfirmed: the stop was sent", "The program is not touched")


# --- every role


@pytest.mark.parametrize("role", ["preflight", "take", "wrap"])
def test_a_role_without_a_studio_says_which_variable_is_missing(role: str, tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        inventory = hosts(emulator)
        del inventory["casters"]["hosts"]["Test stage"]["caster_id"]
        run = run_playbook(play(role), tmp_path, inventory=inventory, environ=account(emulator))
        assert emulator.journal() == []
    run.refused("The host Test stage has no caster_id, so it is no studio. Give it one in the inventory.")


@pytest.mark.parametrize("role", ["preflight", "take", "wrap"])
def test_a_role_takes_its_studio_from_its_own_variable(role: str, tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        inventory = hosts(emulator)
        inventory["casters"]["hosts"]["Test stage"]["caster_id"] = "another"
        run_playbook(
            play(role, {f"{role}_caster_id": CASTER}), tmp_path, inventory=inventory, environ=account(emulator)
        ).succeeded()
        assert {entry["caster_id"] for entry in emulator.journal()} == {CASTER}
