# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Studios as hosts: real ansible-inventory and ansible-playbook against the emulator."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import environment, run_playbook
from ansible_collections.apsara.live.tests.support.raw_server import closed_port
from ansible_collections.apsara.live.tests.support.show import account, writes
from ansible_collections.apsara.live.tests.support.studios import PGM, PVW, document

SECRETS = ("rehearsal-secret", "rehearsal-sts-secret", "rehearsal-token")
HOSTILE = "{{ lookup('ansible.builtin.pipe', 'touch PROOF') }}"


@dataclass(frozen=True)
class Inventory:
    """What ansible-inventory --list gave."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def data(self) -> dict[str, Any]:
        assert self.returncode == 0, self.stderr
        found: dict[str, Any] = json.loads(self.stdout)
        return found

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        hostvars: dict[str, dict[str, Any]] = self.data["_meta"]["hostvars"]
        return hostvars

    @property
    def warnings(self) -> str:
        return " ".join(self.stderr.split())

    def group(self, name: str) -> list[str]:
        return list(self.data.get(name, {}).get("hosts", []))

    def quiet(self) -> Inventory:
        assert self.returncode == 0 and not self.stderr, self.stderr
        return self

    def failed(self, *texts: str) -> Inventory:
        assert self.returncode != 0, self.stdout
        for text in texts:
            assert text in self.warnings, self.stderr
        assert "Traceback" not in self.stderr
        return self


def ansible_inventory(
    directory: Path, config: Mapping[str, Any], environ: Mapping[str, str], args: Sequence[str] = ("--list",)
) -> Inventory:
    """Run ansible-inventory with one casters.yml; a source that cannot be read is a failure."""
    done = subprocess.run(
        [sys.executable, "-m", "ansible.cli.inventory", "-i", str(write(directory, config)), *args],
        cwd=directory,
        env=environment(directory / "home", {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", **environ}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Inventory(done.returncode, done.stdout, done.stderr)


def write(directory: Path, config: Mapping[str, Any]) -> Path:
    path = directory / "casters.yml"
    path.write_text(yaml.safe_dump({"plugin": "apsara.live.casters", **config}, sort_keys=False), encoding="utf-8")
    return path


def fleet(*studios: Mapping[str, Any]) -> dict[str, Any]:
    """An account with these studios; what a studio does not say is as in the small document."""
    base = document()
    usual = base["studios"][0]
    base["studios"] = [{**usual, "caster_id": f"studio-{number}", **studio} for number, studio in enumerate(studios, 1)]
    return base


TRIO = (
    {"caster_name": "Main stage", "status": "streaming"},
    {"caster_name": "Backup", "status": "idle"},
    {"caster_name": "Interviews", "status": "idle", "domain": None},
)


def reads(emulator: Emulator) -> list[str]:
    return [entry["action"] for entry in emulator.journal()]


def test_studios_are_hosts_grouped_by_status(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        found = ansible_inventory(tmp_path, {}, account(emulator)).quiet()
        graph = ansible_inventory(tmp_path, {}, account(emulator), ("--graph",)).quiet()
    assert sorted(found.hosts) == ["Backup", "Interviews", "Main_stage"]
    assert found.group("casters_streaming") == ["Main_stage"]
    assert found.group("casters_idle") == ["Backup", "Interviews"]
    assert found.data["casters"] == {"children": ["casters_idle", "casters_streaming"]}
    main = found.hosts["Main_stage"]
    assert main["ansible_connection"] == "local"
    assert main["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    assert (main["caster_id"], main["caster_name"], main["caster_status"]) == ("studio-1", "Main stage", "streaming")
    assert {"caster_tags", "caster_template", "caster_create_time"} <= set(main)
    assert "pvw_scene_id" not in main
    assert "@casters_streaming:\n  |  |  |--Main_stage" in graph.stdout


def test_groups_without_studios_are_there(tmp_path: Path) -> None:
    with Emulator(fleet()) as emulator:
        plays = [{"hosts": "casters:casters_idle:casters_streaming", "gather_facts": False, "tasks": []}]
        run = run_playbook(plays, tmp_path, inventory=write(tmp_path, {}), environ=account(emulator))
    assert run.returncode == 0, run.describe()
    assert "Could not match supplied host pattern" not in run.output


def test_all_pages_are_read_and_no_scene_unless_asked(tmp_path: Path) -> None:
    studios = fleet(*({"caster_name": f"Studio {number:03}"} for number in range(120)))
    with Emulator(studios) as emulator:
        found = ansible_inventory(tmp_path, {}, account(emulator)).quiet()
        assert reads(emulator) == ["DescribeCasters", "DescribeCasters"]
    assert sorted(found.hosts) == [f"Studio_{number:03}" for number in range(120)]


def test_scenes_on_request(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO[:2])) as emulator:
        found = ansible_inventory(tmp_path, {"scenes": True}, account(emulator)).quiet()
    main = found.hosts["Main_stage"]
    assert (main["pvw_scene_id"], main["pvw_scene_status"], main["pvw_layout_id"]) == (PVW, "running", "layout-next")
    assert main["pvw_component_ids"] == ["logo", "lower-third"]
    assert (main["pgm_scene_id"], main["pgm_scene_status"], main["pgm_layout_id"]) == (PGM, "running", "layout-now")
    assert [scene["scene_id"] for scene in main["caster_scenes"]] == [PVW, PGM]
    assert main["caster_scenes_error"] is None


def test_a_studio_that_cannot_be_read_does_not_lose_the_others(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        found = ansible_inventory(tmp_path, {"scenes": True}, account(emulator))
    assert found.hosts["Interviews"]["caster_scenes_error"] == "InvalidDomainName.NotFound"
    assert "pvw_scene_id" not in found.hosts["Interviews"]
    assert found.hosts["Backup"]["pvw_scene_id"] == PVW
    assert "The scenes of Interviews could not be read." in found.warnings
    assert found.stderr.count("WARNING") == 1


def test_with_strict_a_studio_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        found = ansible_inventory(tmp_path, {"scenes": True, "strict": True}, account(emulator))
        others = ansible_inventory(
            tmp_path, {"scenes": True, "strict": True, "caster_name_pattern": "[MB]*"}, account(emulator)
        )
    found.failed("The scenes of Interviews could not be read.", "InvalidDomainName.NotFound")
    assert sorted(others.quiet().hosts) == ["Backup", "Main_stage"]


def test_a_hundred_studios_with_scenes_are_read_at_the_limit(tmp_path: Path) -> None:
    studios = fleet(*({"caster_name": f"Studio {number:03}"} for number in range(100)))
    with Emulator(studios) as emulator:
        found = ansible_inventory(tmp_path, {"scenes": True}, account(emulator)).quiet()
        journal = emulator.journal()
    scenes = [entry for entry in journal if entry["action"] == "DescribeCasterScenes"]
    assert len(scenes) == 100
    assert {entry["outcome"] for entry in journal} == {"ok"}
    assert scenes[-1]["at"] - journal[0]["at"] <= 1.3 * 100 / 15
    assert all(host["pvw_scene_id"] == PVW for host in found.hosts.values())


def test_scenes_are_read_side_by_side(tmp_path: Path) -> None:
    studios = fleet(*({"caster_name": f"Studio {number:03}"} for number in range(30)))
    slow = {"action": "DescribeCasterScenes", "kind": "slow", "seconds": 1, "times": 0}
    with Emulator(studios, faults=[slow]) as emulator:
        ansible_inventory(tmp_path, {"scenes": True}, account(emulator)).quiet()
        journal = emulator.journal()
    # One after the other they would take 30 s.
    assert journal[-1]["at"] - journal[0]["at"] < 10


@pytest.mark.parametrize(
    ("config", "hosts"),
    [
        ({"caster_names": ["Backup", "Main stage"]}, ["Backup", "Main_stage"]),
        ({"caster_name_pattern": "*a*"}, ["Backup", "Main_stage"]),
        ({"caster_name_pattern": "~^(B|I)"}, ["Backup", "Interviews"]),
        ({"status": "streaming"}, ["Main_stage"]),
        ({"caster_name_pattern": "B*", "status": "streaming"}, []),
        ({"hostname": "id", "hostname_prefix": "live-"}, ["live-studio-1", "live-studio-2", "live-studio-3"]),
        (
            {"caster_names": [], "caster_name_pattern": "", "hostname_prefix": ""},
            ["Backup", "Interviews", "Main_stage"],
        ),
    ],
)
def test_filters_and_names(config: dict[str, Any], hosts: list[str], tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        assert sorted(ansible_inventory(tmp_path, config, account(emulator)).quiet().hosts) == hosts


def test_filters_spare_requests_for_scenes(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        ansible_inventory(tmp_path, {"scenes": True, "status": "streaming"}, account(emulator)).quiet()
        assert reads(emulator) == ["DescribeCasters", "DescribeCasterScenes"]


def test_studios_of_one_name_are_told_apart_whatever_the_filters(tmp_path: Path) -> None:
    namesakes = fleet({"caster_name": "Main"}, {"caster_name": "Main", "status": "idle"}, {"caster_name": "Other"})
    with Emulator(namesakes) as emulator:
        found = ansible_inventory(tmp_path, {}, account(emulator))
        filtered = ansible_inventory(tmp_path, {"status": "idle"}, account(emulator))
    assert sorted(found.hosts) == ["Main_studio-1", "Main_studio-2", "Other"]
    assert "Main_studio-1, Main_studio-2" in found.warnings
    assert list(filtered.hosts) == ["Main_studio-2"]


def test_a_name_that_no_studio_has_is_warned_of(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        found = ansible_inventory(tmp_path, {"caster_names": ["Backup", "Bakcup"]}, account(emulator))
    assert list(found.hosts) == ["Backup"]
    assert "No studio has the name Bakcup" in found.warnings


def test_groups_and_variables_of_ones_own(tmp_path: Path) -> None:
    config = {
        "scenes": True,
        "strict": True,
        "caster_name_pattern": "[MB]*",
        "compose": {"label": "caster_name | upper ~ ' ' ~ inventory_hostname"},
        "groups": {"ready": "pvw_scene_status == 'running' and caster_status == 'streaming'"},
        "keyed_groups": [{"key": "pgm_layout_id", "prefix": "on_air"}],
    }
    with Emulator(fleet(*TRIO)) as emulator:
        found = ansible_inventory(tmp_path, config, account(emulator)).quiet()
    label = found.hosts["Main_stage"]["label"]
    # From ansible-core 2.19 on the result of any expression is marked as no template.
    assert label in ("MAIN STAGE Main_stage", {"__ansible_unsafe": "MAIN STAGE Main_stage"})
    assert found.group("ready") == ["Main_stage"]
    assert found.group("on_air_layout_now") == ["Backup", "Main_stage"]


@pytest.mark.parametrize("strict", [False, True])
def test_an_expression_that_fails(strict: bool, tmp_path: Path) -> None:
    config = {"strict": strict, "compose": {"label": "nothing_of_that_name | upper"}}
    with Emulator(fleet(*TRIO)) as emulator:
        found = ansible_inventory(tmp_path, config, account(emulator))
    if strict:
        found.failed("Could not set label for host Backup", "nothing_of_that_name")
    else:
        assert "label" not in found.quiet().hosts["Backup"]


@pytest.mark.parametrize("cache", [False, True], ids=["", "cached"])
def test_what_the_service_says_is_never_a_template(cache: bool, tmp_path: Path) -> None:
    studio = {
        "caster_name": HOSTILE,
        "layouts": [{"layout_id": HOSTILE}],
        "scenes": [{**scene, "layout_id": HOSTILE} for scene in document()["studios"][0]["scenes"]],
    }
    config = {"scenes": True, "compose": {"copied": "caster_name", "nested": "{'names': [caster_name]}"}}
    if cache:
        config.update(cache=True, cache_plugin="ansible.builtin.jsonfile", cache_connection=str(tmp_path / "cache"))
    texts = ["caster_name", "pvw_layout_id", "copied", "nested.names.0", "caster_scenes.0.layout_id"]
    tasks = [{"name": name, "ansible.builtin.debug": {"msg": f"{{{{ {name} }}}}"}} for name in texts]
    plays = [{"hosts": "casters", "gather_facts": False, "tasks": tasks}]
    with Emulator(fleet(studio)) as emulator:
        inventory = write(tmp_path, config)
        for _time in range(2 if cache else 1):
            run = run_playbook(plays, tmp_path, inventory=inventory, environ=account(emulator)).succeeded()
            assert [run.result(name)["msg"] for name in texts] == [HOSTILE] * len(texts)
        assert len(reads(emulator)) == 2
        assert ansible_inventory(tmp_path, config, account(emulator)).hosts["lookup_ansible.builtin.pipe_touch_PROOF"][
            "caster_name"
        ] == {"__ansible_unsafe": HOSTILE}
    assert not list(tmp_path.rglob("PROOF"))


def test_the_cache_spares_every_request(tmp_path: Path) -> None:
    config = {
        "scenes": True,
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    with Emulator(fleet(*TRIO)) as emulator:
        first = ansible_inventory(tmp_path, config, account(emulator))
        asked = len(reads(emulator))
        second = ansible_inventory(tmp_path, config, account(emulator))
        assert len(reads(emulator)) == asked == 4
        assert (second.data, second.stderr) == (first.data, first.stderr)
        kept = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "cache").iterdir())
        assert "Main stage" in kept and not [secret for secret in SECRETS if secret in kept]
        plays = [{"hosts": "casters", "gather_facts": False, "tasks": []}]
        inventory = write(tmp_path, config)
        run_playbook(plays, tmp_path, inventory=inventory, environ=account(emulator), args=("--flush-cache",))
        assert len(reads(emulator)) == 2 * asked


def test_the_cache_of_one_account_is_not_used_for_another(tmp_path: Path) -> None:
    config = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    with Emulator(fleet(*TRIO)) as emulator:
        ansible_inventory(tmp_path, config, account(emulator)).quiet()
        ansible_inventory(tmp_path, config, account(emulator, "viewer-key", "viewer-secret")).quiet()
        assert [entry["access_key_id"] for entry in emulator.journal()] == ["rehearsal-key", "viewer-key"]


def test_the_cache_of_one_identity_is_not_used_for_another(tmp_path: Path) -> None:
    """Nothing in the file and nothing in the environment changes: only who we are."""
    config = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    profiles = [
        {"name": name, "mode": "AK", "access_key_id": f"{name}-key", "access_key_secret": f"{name}-secret"}
        for name in ("rehearsal", "viewer")
    ]
    folder = tmp_path / "home" / ".aliyun"
    folder.mkdir(parents=True)
    with Emulator(fleet(*TRIO)) as emulator:
        environ = {"ALIBABA_CLOUD_LIVE_ENDPOINT": emulator.endpoint}
        for current in ("rehearsal", "viewer", "rehearsal"):
            (folder / "config.json").write_text(json.dumps({"current": current, "profiles": profiles}))
            assert len(ansible_inventory(tmp_path, config, environ).quiet().hosts) == 3
        assert [entry["access_key_id"] for entry in emulator.journal()] == ["rehearsal-key", "viewer-key"]
        (folder / "config.json").write_text("[" * 100_000)
        ansible_inventory(tmp_path, config, environ).failed("config.json is nested more than 40 levels deep")


def test_a_cache_of_another_shape_heals_itself(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    config = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}
    with Emulator(fleet(*TRIO)) as emulator:
        right = ansible_inventory(tmp_path, config, account(emulator)).quiet()
        (kept,) = folder.iterdir()
        for number, content in enumerate(('{"casters": [{"caster_id": "studio-1"}]}', '["x"]', "{", "[" * 100_000), 2):
            kept.write_text(content)
            healed = ansible_inventory(tmp_path, config, account(emulator))
            assert sorted(healed.hosts) == sorted(right.hosts)
            assert "Traceback" not in healed.stderr
            assert len(reads(emulator)) == number
        assert ansible_inventory(tmp_path, config, account(emulator)).quiet().data == healed.data
        assert len(reads(emulator)) == number


def test_a_pattern_that_matches_nothing_is_warned_of(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        found = ansible_inventory(tmp_path, {"caster_name_pattern": "{{ show }} *"}, account(emulator))
    assert list(found.hosts) == []
    assert (
        "No studio has a name that matches {{ show }} * (caster_name_pattern). This option takes no template. "
        "The account has Backup, Interviews, Main stage."
    ) in found.warnings


def test_where_nobody_listens_it_ends_within_seconds_and_names_the_place(tmp_path: Path) -> None:
    """With the usual deadline of two minutes, which a test could not wait for."""
    with Emulator(fleet(*TRIO)) as emulator, closed_port() as port:
        address = f"http://127.0.0.1:{port}"
        environ = {**account(emulator), "ALIBABA_CLOUD_LIVE_ENDPOINT": address}
        ansible_inventory(tmp_path, {}, environ).failed(f"nothing listens at 127.0.0.1:{port} (connection refused)")


def test_passing_trouble_is_not_kept_in_the_cache(tmp_path: Path) -> None:
    config = {
        "scenes": True,
        "api_deadline": 1,
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    fault = {"action": "DescribeCasterScenes", "caster_id": "studio-1", "kind": "unavailable", "times": 0}
    with Emulator(fleet(*TRIO[:2]), faults=[fault]) as emulator:
        first = ansible_inventory(tmp_path, config, account(emulator))
        assert first.hosts["Main_stage"]["caster_scenes_error"] == "ServiceUnavailable"
        assert first.hosts["Backup"]["pvw_scene_id"] == PVW
        emulator.reset()
        second = ansible_inventory(tmp_path, config, account(emulator)).quiet()
    assert second.hosts["Main_stage"]["pvw_scene_id"] == PVW


def test_throttled_reads_are_repeated(tmp_path: Path) -> None:
    fault = {"action": "*", "kind": "throttle", "times": 3}
    with Emulator(fleet(*TRIO[:2]), faults=[fault]) as emulator:
        found = ansible_inventory(tmp_path, {"scenes": True}, account(emulator))
    assert len(found.hosts) == 2
    # After three seconds it says what it waits for, and nothing else.
    said = found.stderr.splitlines()
    assert all(line.startswith("[apsara.live.casters] Describe") and "trying again" in line for line in said), said


def test_options_come_before_the_environment(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        wrong = account(emulator, "somebody-else", "wrong-secret")
        config = {"alicloud_access_key": "rehearsal-key", "secret_key": "rehearsal-secret"}
        assert ansible_inventory(tmp_path, config, wrong).quiet().hosts
        assert ansible_inventory(tmp_path, {"access_key_id": "rehearsal-key"}, wrong).failed(
            "access_key_id is given without access_key_secret"
        )


def test_options_can_be_templates(tmp_path: Path) -> None:
    config = {
        "endpoint": "{{ lookup('ansible.builtin.env', 'SHOW_ENDPOINT') }}",
        "access_key_id": "rehearsal-key",
        "access_key_secret": "{{ lookup('ansible.builtin.env', 'SHOW_KEY') }}",
    }
    with Emulator(fleet(*TRIO)) as emulator:
        environ = {"SHOW_ENDPOINT": emulator.endpoint, "SHOW_KEY": "rehearsal-secret"}
        assert len(ansible_inventory(tmp_path, config, environ).quiet().hosts) == 3
    broken = {**config, "access_key_secret": "{{ no_such_variable }}"}
    ansible_inventory(tmp_path, broken, environ).failed("The option access_key_secret is a template that fails")


def test_an_empty_value_is_not_given(tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        environ = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "",
            "ALIBABA_CLOUD_SECURITY_TOKEN": "",
            "ALIBABA_CLOUD_PROFILE": "",
            "ALIBABA_CLOUD_REGION_ID": "",
            "ALICLOUD_ACCESS_KEY": "rehearsal-key",
            "ALICLOUD_SECRET_KEY": "rehearsal-secret",
            "ALIBABA_CLOUD_LIVE_ENDPOINT": emulator.endpoint,
        }
        empty = dict.fromkeys(
            ["access_key_id", "access_key_secret", "security_token", "profile", "ecs_role_name", "endpoint", "proxy"],
            "",
        )
        assert len(ansible_inventory(tmp_path, {**empty, "region_id": ""}, environ).quiet().hosts) == 3


@pytest.mark.parametrize(
    ("environ", "texts"),
    [
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": ""}, ["No credentials: none in the options"]),
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong-secret"}, ["DescribeCasters failed:", "SignatureDoesNotMatch"]),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": "nobody"}, ["DescribeCasters failed:", "InvalidAccessKeyId.NotFound"]),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.nobody", "ALIBABA_CLOUD_SECURITY_TOKEN": "old"},
            ["InvalidAccessKeyId.NotFound", "An STS key also answers like this after it expired"],
        ),
        ({"ALIBABA_CLOUD_LIVE_ENDPOINT": "http://live.example.com"}, ["endpoint", "plain http"]),
    ],
)
def test_failures_are_said_in_words(environ: dict[str, str], texts: list[str], tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        known = account(emulator)
        if environ == {"ALIBABA_CLOUD_ACCESS_KEY_ID": ""}:
            known["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = ""
        found = ansible_inventory(tmp_path, {}, {**known, **environ})
    found.failed(*texts)
    assert not [secret for secret in (*SECRETS, "wrong-secret") if secret in found.stderr]
    # Nobody with a key pair is sent after a token.
    temporary = "ALIBABA_CLOUD_SECURITY_TOKEN" in environ
    assert ("STS" in found.stderr or "token" in found.stderr) is temporary


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"statuss": "idle"}, "statuss: the inventory plugin apsara.live.casters has no such option"),
        ({"status": "paused"}, "status"),
        ({"caster_name_pattern": "~["}, "caster_name_pattern"),
        ({"hostname_prefix": "a b"}, "hostname_prefix"),
        ({"api_deadline": 0}, "api_deadline"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_before_any_call(
    config: dict[str, Any], text: str, tmp_path: Path
) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        found = ansible_inventory(tmp_path, config, account(emulator))
        assert emulator.journal() == []
    found.failed(text)


def test_no_secret_at_any_verbosity(tmp_path: Path) -> None:
    faults = [
        {"action": "DescribeCasters", "kind": "throttle"},
        {"action": "DescribeCasterScenes", "kind": "ram_denial"},
    ]
    config = {
        "scenes": True,
        "access_key_id": "STS.rehearsal-key",
        "access_key_secret": "rehearsal-sts-secret",
        "security_token": "rehearsal-token",
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }
    with Emulator(fleet(*TRIO), faults=faults) as emulator:
        environ = {**account(emulator), "ANSIBLE_DEBUG": "true"}
        good = ansible_inventory(tmp_path, config, environ, ("--list", "-vvvv"))
        stale = {**config, "cache": False, "security_token": "old-token"}
        bad = ansible_inventory(tmp_path, stale, environ, ("--list", "-vvvv"))
    assert "Main stage" in good.stdout
    assert bad.returncode != 0
    kept = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "cache").iterdir())
    output = good.stdout + good.stderr + bad.stdout + bad.stderr + kept
    assert not [text for text in (*SECRETS, "old-token", "ACS3-HMAC-SHA256", "Signature=") if text in output]


@pytest.mark.parametrize(
    ("name", "ours"),
    [("casters.yml", True), ("show.casters.yaml", True), ("a.apsara_live.yml", True), ("studios.yml", False)],
)
def test_files_are_known_by_their_name(name: str, ours: bool, tmp_path: Path) -> None:
    with Emulator(fleet(*TRIO)) as emulator:
        write(tmp_path, {}).rename(tmp_path / name)
        done = subprocess.run(
            [sys.executable, "-m", "ansible.cli.inventory", "-i", name, "--graph"],
            cwd=tmp_path,
            env=environment(tmp_path / "home", account(emulator)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ("Main_stage" in done.stdout) is ours, done.stderr


def test_a_play_stops_the_previews_of_the_studios_that_the_limit_leaves(tmp_path: Path) -> None:
    task = {
        "name": "Stop",
        "apsara.live.caster_scene_stop": {"caster_id": "{{ caster_id }}", "scene_id": "{{ pvw_scene_id }}"},
    }
    site = tmp_path / "group_vars"
    site.mkdir()
    # What a site sets for its servers must not send the modules elsewhere.
    servers = {"ansible_connection": "ssh", "ansible_python_interpreter": "/no/such/python"}
    (site / "all.yml").write_text(yaml.safe_dump(servers), encoding="utf-8")
    plays = [{"name": "Test", "hosts": "casters", "gather_facts": False, "serial": 1, "tasks": [task]}]
    with Emulator(fleet(*TRIO[:2], {"caster_name": "Third", "status": "streaming"})) as emulator:
        inventory = write(tmp_path, {"scenes": True})
        args = ("--limit", "casters_streaming")
        run = run_playbook(plays, tmp_path, inventory=inventory, environ=account(emulator), args=args).succeeded()
        again = run_playbook(plays, tmp_path, inventory=inventory, environ=account(emulator), args=args).succeeded()
        stopped = [entry["caster_id"] for entry in emulator.journal() if entry["action"] == "StopCasterScene"]
        assert len(writes(emulator)) == 2
    assert sorted(stopped) == ["studio-1", "studio-3"]
    assert set(run.stats) == {"Main_stage", "Third"}
    assert (run.changed(), again.changed()) == (2, 0)


def test_a_refresh_in_a_play_sees_the_studios_of_now(tmp_path: Path) -> None:
    tasks = [
        {"name": "Before", "ansible.builtin.debug": {"msg": "{{ groups['casters_streaming'] }}"}, "run_once": True},
        {"name": "Stop", "apsara.live.caster_scene_stop": {"caster_id": "{{ caster_id }}"}},
        {"name": "Refresh", "ansible.builtin.meta": "refresh_inventory"},
        {"name": "After", "ansible.builtin.debug": {"msg": "{{ pvw_scene_status }}"}},
    ]
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    plays = [{"name": "Test", "hosts": "casters", "gather_facts": False, "tasks": tasks}]
    with Emulator(fleet(TRIO[0])) as emulator:
        inventory = write(tmp_path, {"scenes": True, **cache})
        run = run_playbook(plays, tmp_path, inventory=inventory, environ=account(emulator)).succeeded()
    assert run.result("Before")["msg"] == ["Main_stage"]
    assert run.result("After")["msg"] == "idle"


def test_an_outage_ends_at_the_deadline(tmp_path: Path) -> None:
    fault = {"action": "*", "kind": "unavailable", "times": 0}
    with Emulator(fleet(*TRIO), faults=[fault]) as emulator:
        began = time.monotonic()
        found = ansible_inventory(tmp_path, {"api_deadline": 1}, account(emulator))
        assert time.monotonic() - began < 20
    found.failed("DescribeCasters failed:", "ServiceUnavailable", "Gave up after")


def test_the_examples_are_inventories(tmp_path: Path) -> None:
    source = (Path(__file__).parents[2] / "plugins" / "inventory" / "casters.py").read_text(encoding="utf-8")
    found = re.search(r'EXAMPLES = r"""\n(.*?)"""', source, re.DOTALL)
    assert found
    examples = list(yaml.safe_load_all(found[1]))
    assert len(examples) >= 4
    with Emulator(fleet({"caster_name": "Finals 1"}, TRIO[0])) as emulator:
        for example in examples:
            example.pop("profile", None)
            inventory = ansible_inventory(tmp_path, {**example, "strict": True}, account(emulator)).quiet()
            assert inventory.hosts
