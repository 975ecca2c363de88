# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line of the audit: what it says, that it stays one line, and that it gets into the file whole."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils import _audit
from ansible_collections.apsara.live.plugins.plugin_utils._audit_file import append, read
from hypothesis import given
from hypothesis import strategies as st

SCENE = {"scene_id": "scene-pgm", "status": "running", "layout_id": "layout-now", "component_ids": ["logo"]}
NEXT = {**SCENE, "layout_id": "layout-next"}
RESULT: dict[str, Any] = {
    "changed": True,
    "caster_id": "studio-1",
    "from_scene_id": "scene-pvw",
    "to_scene_id": "scene-pgm",
    "before": SCENE,
    "after": NEXT,
    "reason": "The preview goes on air.",
    "request_id": "REQ-1",
    "api_calls": [
        {"action": "DescribeCasterScenes", "attempts": 3, "throttled": 2, "request_id": "REQ-0"},
        {"action": "CopyCasterSceneConfig", "attempts": 1, "throttled": 0, "request_id": "REQ-1"},
    ],
}
NOTHING = {**RESULT, "changed": False, "after": SCENE, "request_id": None}


def error(outcome: str) -> dict[str, Any]:
    return {"error": {"outcome": outcome, "code": "SomeCode", "message": "What happened.", "request_id": "REQ-9"}}


@pytest.mark.parametrize(
    ("result", "check_mode", "outcome"),
    [
        (RESULT, False, "done"),
        (RESULT, True, "planned"),
        (NOTHING, False, "unchanged"),
        (NOTHING, True, "unchanged"),
        # changed_when may say what it likes.
        ({**NOTHING, "changed": True, "api_calls": RESULT["api_calls"][:1]}, False, "unchanged"),
        ({**RESULT, "changed": False}, False, "done"),
        ({**RESULT, "changed": False, "request_id": None}, False, "done"),
        ({**RESULT, "changed": False, "request_id": None}, True, "planned"),
        ({**RESULT, "before": None, "after": None, "request_id": None}, False, "done"),
        ({**RESULT, **error("refused"), "changed": False}, False, "refused"),
        ({**RESULT, **error("failed")}, False, "failed"),
        ({**RESULT, **error("unknown")}, False, "unconfirmed"),
        ({**RESULT, **error("something new")}, False, "failed"),
        ({"msg": "missing required arguments: caster_id"}, False, "failed"),
        ({"msg": "MODULE FAILURE", "module_stdout": "Traceback"}, False, "unconfirmed"),
        ({"msg": "MODULE FAILURE", "module_stdout": "Traceback"}, True, "failed"),
        # Killed before it could say a word.
        ({"msg": "MODULE FAILURE", "module_stdout": "", "module_stderr": "", "rc": -9}, False, "unconfirmed"),
        ({"msg": "Timed out", "timedout": {"period": 5}}, False, "unconfirmed"),
        ({"msg": "gone", "unreachable": True}, False, "unconfirmed"),
        ({"ansible_job_id": "j1.2", "started": 1}, False, "started"),
        ({**RESULT, "ansible_job_id": "j1.2", "finished": 1}, False, "done"),
        ({"censored": "hidden", "changed": True}, False, "hidden"),
    ],
)
def test_what_became_of_a_task(result: dict[str, Any], check_mode: bool, outcome: str) -> None:
    assert _audit.outcome(result, check_mode) == outcome


def test_what_a_result_tells() -> None:
    told = _audit.told(RESULT, False)
    assert (told["before"], told["after"], told["request_id"]) == (SCENE, NEXT, "REQ-1")
    assert (told["api_calls"], told["attempts"], told["throttled"]) == (2, 4, 2)
    assert told["reason"] == "The preview goes on air."
    failed = _audit.told({**NOTHING, **error("unknown"), "reason": None}, False)
    assert (failed["reason"], failed["error_code"], failed["request_id"]) == ("What happened.", "SomeCode", "REQ-9")
    assert _audit.told({"msg": "no such option"}, False)["reason"] == "no such option"


def test_what_is_hidden_stays_hidden() -> None:
    assert _audit.told({**RESULT, "censored": "hidden"}, False) == {"outcome": "hidden"}


@pytest.mark.parametrize(
    ("module", "action"),
    [
        ("apsara.live.caster_scene_config_copy", "take"),
        ("apsara.live.caster_scene_stop", "stop"),
        ("apsara.live.something_new", None),
        ("apsara.live.caster_info", None),
        ("ansible.builtin.copy", None),
        ("caster_scene_stop", None),
    ],
)
def test_which_tasks_are_recorded(module: str, action: str | None) -> None:
    assert _audit.action_of(module) == action


def test_results_that_come_from_elsewhere_are_known_by_their_shape() -> None:
    assert _audit.action_in(RESULT) == "take"
    stopped = {**dict.fromkeys(("caster_id", "scene_id", "before", "after")), "api_calls": []}
    assert _audit.action_in({**stopped, "api_calls": [{"action": "StopCasterScene"}]}) == "stop"
    assert _audit.action_in({"api_calls": [], "casters": []}) is None


def test_of_two_that_look_alike_only_what_was_called_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result by async_status has no name of a module."""
    stop = _audit.writers()["caster_scene_stop"]
    other = SimpleNamespace(facts=stop.facts, actions=("StartCasterScene",), noun_in=lambda told: "start")
    monkeypatch.setattr(_audit, "writers", lambda: {"caster_scene_stop": stop, "caster_scene_start": other})
    result = dict.fromkeys((*stop.facts, "before", "after"))
    called = [[], ["StopCasterScene"], ["DescribeCasterScenes", "StartCasterScene"]]
    calls = [[{"action": name} for name in names] for names in called]
    assert [_audit.action_in({**result, "api_calls": made}) for made in calls] == ["write", "stop", "start"]


def test_who_it_was() -> None:
    awx = {"awx_user_name": "operator", "awx_job_id": 41, "awx_schedule_name": "opener", "tower_job_id": 41}
    assert _audit.who(awx, "root", "node") == {
        "by": "operator",
        "awx": {"user": "operator", "job_id": "41", "schedule": "opener"},
        "os_user": "root",
        "controller": "node",
    }
    # A scheduled job has no user, and nothing that is empty is given.
    assert _audit.who({"awx_user_name": "", "tower_schedule_name": "opener"}, "root", "n")["by"] == "schedule opener"
    parent = _audit.who({"awx_job_id": 7, "awx_parent_job_schedule_name": "evening"}, "root", "n")
    assert (parent["by"], parent["awx"]["schedule"]) == ("schedule evening", "evening")
    assert _audit.who({"awx_job_id": 7}, "root", "n")["by"] == "job 7"
    assert _audit.who({}, "root", "n") == {"by": "root", "awx": None, "os_user": "root", "controller": "n"}


@given(st.text(), st.one_of(st.text(), st.integers(), st.none()))
def test_a_line_is_one_line_whatever_is_in_it(key: str, value: Any) -> None:
    line = _audit.line(0.0, "begun", {"x" + key: value, "surrogate": "\udc80"})
    assert line.startswith(_audit.MARK)
    assert line.isprintable()
    read = json.loads(line.encode("utf-8"))
    assert (read["x" + key], read["time"], read["surrogate"]) == (value, "1970-01-01T00:00:00.000+00:00", "\udc80")


def _write_many(path: str, writer: int) -> None:
    for number in range(200):
        append(path, json.dumps({"writer": writer, "number": number, "filling": "x" * 3000}))


def test_lines_of_several_processes_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "audit.jsonl"
    fork = multiprocessing.get_context("fork")
    old = os.umask(0)
    try:
        writers = [fork.Process(target=_write_many, args=(str(path), writer)) for writer in range(6)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(60)
    finally:
        os.umask(old)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    for writer in range(6):
        assert [line["number"] for line in lines if line["writer"] == writer] == list(range(200))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_half_a_line_spoils_no_other_and_rights_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"audit": 1, "time": "2026-11-', encoding="utf-8")
    path.chmod(0o640)
    append(str(path), "{}")
    append(str(path), "{}")
    assert path.read_text(encoding="utf-8") == '{"audit": 1, "time": "2026-11-\n{}\n{}\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_what_is_no_file_is_refused_and_nothing_hangs(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/full"), tmp_path / "file" / "below"):
        (tmp_path / "file").touch()
        with pytest.raises(OSError):
            append(str(path), "{}")


def test_a_file_is_read_packed_or_not_and_in_whatever_encoding(tmp_path: Path) -> None:
    text = '{"audit": 1, "host": "Größte"}\n'
    (tmp_path / "audit.jsonl").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "audit.jsonl.1.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "build.log").write_bytes(b"B\xfchne\n" + text.encode())
    assert read(str(tmp_path / "audit.jsonl")) == read(str(tmp_path / "audit.jsonl.1.gz")) == text
    assert read(str(tmp_path / "build.log")).endswith(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"{}" * 1000)[:-9])
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08 and so on, what no gzip ever wrote")
    os.mkfifo(tmp_path / "pipe")
    for name in ("cut.gz", "broken.gz", "pipe", "missing", "."):
        with pytest.raises(ValueError, match="cannot be read") as caught:
            read(str(tmp_path / name))
        assert str(tmp_path / name).rstrip("/.") in str(caught.value)


@pytest.mark.parametrize(
    ("home", "path"), [("~", "~/.ansible/audit.jsonl"), ("", "~/.ansible/audit.jsonl"), (None, "~nobody-here/a.jsonl")]
)
def test_without_a_home_nothing_is_written(
    home: str | None, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    expanded = os.path.abspath(os.path.expanduser(path))
    with pytest.raises(OSError, match="HOME"):
        append(expanded, "{}")
    with pytest.raises(ValueError, match="HOME"):
        read(path)
    assert not list(tmp_path.iterdir())
    assert not os.path.exists("/.ansible/audit.jsonl")
