# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles do what they say: real ansible-playbook runs against the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import LOCAL, PlayRun, run_playbook
from ansible_collections.apsara.live.tests.support.show import account, hosts, play, scene, writes
from ansible_collections.apsara.live.tests.support.studios import CASTER, PGM, PVW, document

SCENES = document()["studios"][0]["scenes"]


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


KEYS = {
    "wrong": ("rehearsal-key", "wrong-secret"),
    "none": ("", ""),
    "blind": ("blind-key", "blind-secret"),
    "deaf": ("deaf-key", "deaf-secret"),
}
DENIED = {"blind": ["live:*"], "deaf": ["live:DescribeCasterSceneAudio"]}

# What is wrong with a studio, how its host is set up, the verdict, and what stands among the findings: (level, words).
TROUBLED: dict[str, tuple[dict[str, Any], dict[str, Any], str, list[tuple[str, str]]]] = {
    "idle": ({"status": "idle"}, {}, "not ready", [("not_ready", "The studio is idle")]),
    "no domain": ({"domain": None}, {}, "not ready", [("not_ready", "scenes cannot be read")]),
    "no scenes": (
        {"scenes": []},
        {},
        "not ready",
        [("not_ready", "no preview scene (PVW)"), ("not_ready", "no program scene (PGM)")],
    ),
    "program off": ({"pgm": {"status": "idle"}}, {}, "not ready", [("not_ready", "The program is off")]),
    "preview off": ({"pvw": {"status": "idle"}}, {}, "attention", [("attention", "The preview is off")]),
    "preview empty": (
        {"pvw": {"layout_id": None, "component_ids": []}},
        {},
        "not ready",
        [("not_ready", "The preview is empty")],
    ),
    "program empty": (
        {"pgm": {"layout_id": None, "component_ids": []}},
        {},
        "attention",
        [("attention", "The program is empty")],
    ),
    "the same": (
        {"pvw": {"layout_id": "layout-now", "component_ids": ["logo"]}},
        {},
        "attention",
        [("attention", "Preview and program show the same")],
    ),
    "two previews": (
        # What the service says is no template.
        {"scenes": [*SCENES, {**SCENES[0], "scene_id": "{{6*7}}"}]},
        {},
        "attention",
        [("attention", PVW + ", {{6*7}}.")],
    ),
    "not there": (
        {},
        {"caster_id": "studio-99"},
        "not ready",
        [("not_ready", "The account has no studio studio-99"), ("not_ready", "scenes cannot be read")],
    ),
    "wrong secret": ({}, {"key": "wrong"}, "not ready", [("not_ready", "SignatureDoesNotMatch")]),
    "no key": ({}, {"key": "none"}, "not ready", [("not_ready", "Nothing can be read. No credentials")]),
    "no permission": (
        {},
        {"key": "blind"},
        "not ready",
        [("not_ready", "live:DescribeCasters"), ("not_ready", "live:DescribeCasterScenes")],
    ),
    "deaf": ({}, {"key": "deaf"}, "attention", [("attention", "audio settings cannot be read")]),
    "deaf, and nobody asks": ({}, {"key": "deaf", "preflight_audio": False}, "ready", []),
}


@pytest.fixture(scope="module")
def preflight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PlayRun, Emulator]]:
    """One preflight of every studio in TROUBLED, each with the access key that it says."""
    service = document()
    service["studios"] = []
    for name, access_key in KEYS.items():
        if name in DENIED:
            service["account"]["access_keys"].append(
                {"id": access_key[0], "secret": access_key[1], "deny": DENIED[name]}
            )
    inventory: dict[str, Any] = {}
    for number, (name, (bent, host, *_unused)) in enumerate(TROUBLED.items()):
        studio = document(**bent)["studios"][0]
        service["studios"].append({**studio, "caster_id": f"studio-{number}", "caster_name": name})
        access_key = KEYS.get(host.get("key", ""), ("rehearsal-key", "rehearsal-secret"))
        inventory[name] = {"caster_id": f"studio-{number}", **host, "key": access_key[0], "secret": access_key[1]}
    defaults = {"access_key_id": "{{ key }}", "access_key_secret": "{{ secret }}"}
    with Emulator(service) as emulator:
        run = run_playbook(
            play("preflight", {"preflight_fail": False}, module_defaults={"group/apsara.live.live": defaults}),
            tmp_path_factory.mktemp("preflight"),
            inventory={"casters": {"hosts": inventory, "vars": LOCAL}},
            environ={"ALIBABA_CLOUD_LIVE_ENDPOINT": emulator.endpoint},
        ).succeeded()
        yield run, emulator


@pytest.mark.parametrize("name", TROUBLED)
def test_preflight_judges(name: str, preflight: tuple[PlayRun, Emulator]) -> None:
    _bent, _host, expected, findings = TROUBLED[name]
    result = verdict(preflight[0], name)
    assert result["verdict"] == expected, result
    for level, words in findings:
        assert any(level == found["level"] and words in found["sentence"] for found in result["findings"]), result


@pytest.mark.parametrize("name", ["no key", "wrong secret"])
def test_preflight_says_the_same_trouble_once(name: str, preflight: tuple[PlayRun, Emulator]) -> None:
    assert len(verdict(preflight[0], name)["findings"]) == 1
    # Not the same: each names the permission that is missing.
    assert len(verdict(preflight[0], "no permission")["findings"]) == 2


def test_preflight_shows_no_secret_and_reads_no_more_than_it_is_asked_for(
    preflight: tuple[PlayRun, Emulator],
) -> None:
    run, emulator = preflight
    for _key, secret in KEYS.values():
        assert not secret or secret not in run.output
    unasked = f"studio-{list(TROUBLED).index('deaf, and nobody asks')}"
    actions = {entry["action"] for entry in emulator.journal() if entry["caster_id"] == unasked}
    content = {"DescribeCasterLayouts", "DescribeCasterComponents"}
    assert actions == {"DescribeCasters", "DescribeCasterScenes", *content}


def test_preflight_collects_all_findings_and_then_fails(tmp_path: Path) -> None:
    bent = document(status="idle", pgm={"status": "idle"}, pvw={"layout_id": None, "component_ids": []})
    with Emulator(bent) as emulator:
        run = run_role(emulator, tmp_path, "preflight")
    run.refused("Not ready: The studio is idle", "The program is off", "The preview is empty")
    assert not run.warnings


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
    # A keyword changed_when would stand in a failure on ansible-core 2.21.
    assert "changed_when" not in run.output
    assert "changed_when_result" not in run.result(action="caster_scene_config_copy").result


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
        {"kind": "ram_denial", "action": "DescribeCasterScenes", "times": 0, "after": "CopyCasterSceneConfig"},
    ]
    defaults = {"group/apsara.live.live": {"api_deadline": 4}}
    with Emulator(document(), faults=faults) as emulator:
        run = run_role(emulator, tmp_path, "take", play={"module_defaults": defaults})
        assert scene(emulator, "pgm")["layout_id"] == "layout-next"
    run.refused("Unconfirmed: the take was sent, and nothing proves what became of it", "report_program")
    result = run.results(action="caster_scene_config_copy")[-1]
    assert result["error"]["outcome"] == "unknown"
    assert result.changed


def test_take_says_that_the_service_rejected_it(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        run = run_role(emulator, tmp_path, "take", key=("viewer-key", "viewer-secret"))
        assert scene(emulator, "pgm")["layout_id"] == "layout-now"
    run.refused("Not taken, rejected by the service.", "live:CopyCasterSceneConfig")


# An id that is not there, a cue long past, an empty preview: each shows in the refusal that its option arrived.
REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "swapped": ({"take_from_scene_id": "nobody"}, ["nobody", PVW, "from_scene_id is take_from_scene_id."]),
    "target": ({"take_to_scene_id": "nobody"}, ["nobody", PGM]),
    "past": (
        {"take_at": "2020-01-01T00:00:00Z", "take_max_late": 7, "take_allow_empty": True},
        ["2020-01-01T00:00:00Z", "7 s", "In the role take, at is take_at, max_late is take_max_late."],
    ),
    "future": (
        {"take_at": "2099-01-01T00:00:00Z", "take_max_wait": 11, "take_allow_empty": True},
        ["2099-01-01T00:00:00Z", "11 s"],
    ),
    "no time": ({"take_wait_timeout": 0}, ["wait_timeout is take_wait_timeout."]),
    "noon": ({"take_at": "noon"}, ["RFC 3339", "at is take_at."]),
}


def test_take_hands_every_option_on(tmp_path: Path) -> None:
    with Emulator(document(pvw={"layout_id": None, "component_ids": []})) as emulator:
        refused = {name: {"caster_id": CASTER, **options} for name, (options, _words) in REFUSED.items()}
        run = run_playbook(
            play("take"),
            tmp_path,
            inventory={"casters": {"hosts": refused, "vars": LOCAL}},
            environ=account(emulator),
        )
        run.refused()
        for name, (_options, words) in REFUSED.items():
            said = run.result("Say what is known", host=name)["msg"]
            assert all(part in said for part in words), said
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


def test_a_role_takes_its_studio_from_its_own_variable(tmp_path: Path) -> None:
    with Emulator(document()) as emulator:
        inventory = hosts(emulator)
        inventory["casters"]["hosts"]["Test stage"]["caster_id"] = "another"
        plays = [play(role, {f"{role}_caster_id": CASTER})[0] for role in ("preflight", "take", "wrap")]
        run_playbook(plays, tmp_path, inventory=inventory, environ=account(emulator)).succeeded()
        assert {entry["caster_id"] for entry in emulator.journal()} == {CASTER}
        assert writes(emulator) == ["CopyCasterSceneConfig", "StopCasterScene"]
