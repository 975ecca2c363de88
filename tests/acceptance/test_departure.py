# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A write leaves only on a fresh read, within its cue, and while somebody waits for it.

What delays it is real here: a lock, a stopped process, a time limit, a signal. The table of cases has the rest.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api import pacing
from ansible_collections.apsara.live.plugins.module_utils._api.client import Clock
from ansible_collections.apsara.live.plugins.module_utils._api.transport import Transport
from ansible_collections.apsara.live.plugins.module_utils._modules import task
from ansible_collections.apsara.live.plugins.module_utils._modules.run import run
from ansible_collections.apsara.live.plugins.module_utils._modules.task import Context
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.fleet import TAKE, fleet_document, fleet_inventory, serve, wait_for
from ansible_collections.apsara.live.tests.support.playbook import PlayRun, Plays, finished, start_playbook
from ansible_collections.apsara.live.tests.support.studios import CASTER, PGM

MODULE = "apsara.live.caster_scene_config_copy"
READ = "DescribeCasterScenes"
_KEY = {"access_key_id": "rehearsal-key", "access_key_secret": "rehearsal-secret"}


class Pausing:
    """The real clocks, which stand still for the task while it is stopped: afterwards that time is over at once."""

    def __init__(self) -> None:
        self.stopped = 0.0

    def clock(self) -> Clock:
        return Clock(
            lambda: time.time() + self.stopped,
            lambda: time.monotonic() + self.stopped,
            lambda seconds: time.sleep(seconds),
        )


def take(emulator: Emulator, folder: Path, clock: Clock | None = None, **options: Any) -> dict[str, Any]:
    context = Context(
        check_mode=False,
        diff=False,
        environ={"XDG_RUNTIME_DIR": str(folder)},
        ansible_version="2.19.0",
        clock=clock or Clock(time.time, time.monotonic, time.sleep),
        warn=lambda words: None,
        hide=lambda secrets: None,
    )
    params = {**_KEY, "endpoint": emulator.endpoint, "caster_id": CASTER, "api_deadline": 600, **options}
    return run(definitions()["caster_scene_config_copy"], params, context)


def written(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")


def program(emulator: Emulator) -> str | None:
    return next(s["layout_id"] for s in emulator.state()[0]["scenes"] if s["output_type"] == "pgm")


@pytest.fixture
def stopped_once(monkeypatch: pytest.MonkeyPatch) -> Pausing:
    """The process is stopped for a minute when its first take is about to be sent, and somebody takes meanwhile."""
    pausing = Pausing()
    send = Transport.send

    def stop_first(transport: Transport, query: str, headers: Any, **more: Any) -> Any:
        if headers["x-acs-action"] == TAKE and not pausing.stopped:
            pausing.stopped = 60.0
        return send(transport, query, headers, **more)

    monkeypatch.setattr(Transport, "send", stop_first)
    return pausing


def test_a_process_that_was_stopped_after_its_reading_reads_again(stopped_once: Pausing, tmp_path: Path) -> None:
    edit = {"scenes": [{"scene_id": PGM, "layout_id": "layout-spare"}]}
    with Emulator(faults=[{"kind": "meanwhile", "action": READ, "edit": edit}], studios=fleet_document(1)) as emulator:
        result = take(emulator, tmp_path, stopped_once.clock(), wait=False)
        calls = [entry["action"] for entry in emulator.journal()]
    assert (result["changed"], result["before"]["layout_id"]) == (True, "layout-spare")
    assert calls == [READ, READ, TAKE]


def test_a_process_that_was_stopped_is_held_to_its_expectation(stopped_once: Pausing, tmp_path: Path) -> None:
    edit = {"scenes": [{"scene_id": PGM, "layout_id": "layout-spare"}]}
    with Emulator(faults=[{"kind": "meanwhile", "action": READ, "edit": edit}], studios=fleet_document(1)) as emulator:
        result = take(emulator, tmp_path, stopped_once.clock(), expect={"layout_id": "layout-now"})
        assert TAKE not in [entry["action"] for entry in emulator.journal()]
    assert (result["error"]["code"], result["error"]["outcome"]) == ("ExpectationNotMet", "refused")


def test_a_process_that_was_stopped_beyond_its_cue_takes_nothing(stopped_once: Pausing, tmp_path: Path) -> None:
    with Emulator(studios=fleet_document(1)) as emulator:
        result = take(emulator, tmp_path, stopped_once.clock(), at=written(time.time() + 1), max_late=50.0)
        assert TAKE not in [entry["action"] for entry in emulator.journal()]
    assert (result["error"]["code"], result["error"]["outcome"]) == ("CueMissed", "refused")
    assert result["after"] == result["before"]


@contextmanager
def _locked(folder: Path, operation: str) -> Iterator[None]:
    """Hold the pace of an operation as a stopped process would."""
    (path,) = folder.rglob(f"*-{operation}")
    with path.open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_a_lock_that_a_stopped_process_holds_makes_no_reading_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for the lock of the takes is longer than a reading is fresh. It is waited for once."""
    monkeypatch.setattr(pacing, "_LONGEST_LOCK_WAIT", 1.5)
    with Emulator(studios=fleet_document(1)) as emulator:
        take(emulator, tmp_path, force=True)
        seen = len(emulator.journal())
        with _locked(tmp_path, TAKE):
            result = take(emulator, tmp_path, force=True, wait=False)
        entries = emulator.journal()[seen:]
    assert result["changed"]
    assert [entry["action"] for entry in entries][-2:] == [READ, TAKE]
    assert entries[-1]["at"] - entries[-2]["at"] <= task.FRESH + 0.2


def test_a_lock_that_a_stopped_process_holds_beyond_the_cue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "_LONGEST_LOCK_WAIT", 4.0)
    with Emulator(studios=fleet_document(1)) as emulator:
        take(emulator, tmp_path, force=True)
        seen = len(emulator.journal())
        with _locked(tmp_path, TAKE):
            result = take(emulator, tmp_path, force=True, at=written(time.time() + 1.6), max_late=0.5)
        assert TAKE not in [entry["action"] for entry in emulator.journal()[seen:]]
    assert (result["error"]["code"], result["error"]["outcome"]) == ("CueMissed", "refused")


def test_a_fleet_on_one_cue_reads_each_studio_right_before_its_take(tmp_path: Path) -> None:
    """Thirty takes need three seconds. Each is planned on what its studio showed a moment before."""
    at = time.time() + 4
    with Emulator(fleet_document(30)) as emulator, ThreadPoolExecutor(30) as pool:
        results = list(
            pool.map(
                lambda n: take(emulator, tmp_path, at=written(at), caster_id=f"studio-{n}", max_late=60.0, wait=False),
                range(1, 31),
            )
        )
        journal = emulator.journal()
    assert all(result["changed"] for result in results)
    assert not [entry for entry in journal if entry["outcome"] != "ok"]
    for number in range(1, 31):
        own = [entry for entry in journal if entry["parameters"]["CasterId"] == f"studio-{number}"]
        # The service sees a reading and a take a little apart from when they left.
        assert own[-1]["action"] == TAKE
        assert own[-1]["at"] - own[-2]["at"] <= task.FRESH + 0.5


# Work that must not outlive its task or its play

_SITUATIONS: dict[str, dict[str, Any]] = {
    "reading": {"kind": "lost_answer", "action": READ},
    "taking": {"kind": "lost_answer", "action": TAKE},
    "throttled": {"kind": "throttle", "action": TAKE, "retry_after_ms": 8000, "times": 0},
    "cue": {"kind": "throttle", "action": "DescribeCasters"},
}


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "module"])
def test_nothing_leaves_after_the_time_limit_of_its_task(fast: bool, tmp_path: Path) -> None:
    """Each studio meets something else until the limit. The loop goes on in the same worker for longer than that."""
    numbers = {name: number for number, name in enumerate(_SITUATIONS, 1)}
    with serve(fleet_document(len(numbers)), tmp_path) as service:
        service.add_faults(*({**fault, "caster_id": f"studio-{numbers[name]}"} for name, fault in _SITUATIONS.items()))
        # Counted from the start of the task, however long the play needed for it.
        moment = "'%Y-%m-%dT%H:%M:%SZ' | strftime(lookup('pipe', 'date +%s') | int + 9, utc=true)"
        cue = f"{{{{ ({moment}) if caster_id == 'studio-{numbers['cue']}' else '' }}}}"
        options = {"caster_id": "{{ caster_id }}", "at": cue, "expect": "{{ item }}"}
        run_ = _play(
            service.account(XDG_RUNTIME_DIR=str(tmp_path)),
            [
                {
                    "name": "Take",
                    MODULE: options,
                    "timeout": 5,
                    # The second item is refused by what it expects, after the first one ran out of time.
                    "loop": [{}, {"layout_id": "layout-nowhere"}],
                    "ignore_errors": True,
                },
                {"name": "Wait", "ansible.builtin.wait_for": {"timeout": 7}, "run_once": True},
            ],
            len(numbers),
            fast,
            tmp_path,
        )
        takes = [entry["parameters"]["CasterId"] for entry in service.journal(TAKE)]
        effects = [entry["parameters"]["CasterId"] for entry in service.journal(TAKE) if entry["effect"]]
    results = {name: run_.result("Take", f"stage-{number}")["results"][0] for name, number in numbers.items()}
    assert set(effects) <= {f"studio-{numbers['taking']}"}, "only the take whose answer was lost was carried out"
    assert set(takes) <= {f"studio-{numbers[name]}" for name in ("taking", "throttled")}
    for name, result in results.items():
        assert result["failed"], name
        # A module process is ended with all it knows; in-process it is known what was sent.
        expected = "unknown" if not fast or (name == "taking" and effects) else "refused"
        assert result["error"]["outcome"] == expected, (name, result)
        assert result["changed"] == (expected == "unknown")
        assert result["error"]["code"] == "TaskTimeout"
    if fast and effects:
        assert results["taking"]["before"]["layout_id"] == "layout-now"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP], ids=lambda number: number.name)
def test_nothing_leaves_after_its_play_is_gone(number: signal.Signals, tmp_path: Path) -> None:
    """Takes wait for a retry when ansible-playbook ends: in-process, and in the process of a module."""
    with serve(fleet_document(2), tmp_path) as service:
        service.add_faults({"kind": "throttle", "action": TAKE, "retry_after_ms": 9000, "times": 0})
        inventory = fleet_inventory(range(1, 3))
        inventory["casters"]["hosts"]["stage-2"]["apsara_live_in_process"] = False
        process, _results = start_playbook(
            _plays([{"name": "Take", MODULE: {"caster_id": "{{ caster_id }}"}}]),
            tmp_path,
            inventory=inventory,
            environ=service.account(XDG_RUNTIME_DIR=str(tmp_path)),
        )
        wait_for(lambda: len(service.journal(TAKE)) == 2, 90)
        os.kill(process.pid, number)
        process.communicate(timeout=60)
        time.sleep(10)
        assert len(service.journal(TAKE)) == 2


def _plays(tasks: list[dict[str, Any]]) -> Plays:
    return [{"name": "Show", "hosts": "casters", "gather_facts": False, "tasks": tasks}]


def _play(environ: dict[str, str], tasks: list[dict[str, Any]], studios: int, fast: bool, folder: Path) -> PlayRun:
    began = time.monotonic()
    process, results = start_playbook(
        _plays(tasks),
        folder,
        inventory=fleet_inventory(range(1, studios + 1)),
        extra_vars={"apsara_live_in_process": fast},
        environ=environ,
    )
    stdout, stderr = process.communicate(timeout=300)
    return finished(process.returncode, stdout, stderr, time.monotonic() - began, results)
