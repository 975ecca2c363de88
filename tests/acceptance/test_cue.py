# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A take at its cue, in-process and in the process of a module, and what happens while it waits."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible import __version__ as ansible_version
from ansible_collections.apsara.live.plugins.module_utils._api.client import Clock
from ansible_collections.apsara.live.plugins.module_utils._modules.connection import connection_options
from ansible_collections.apsara.live.plugins.module_utils._modules.run import run
from ansible_collections.apsara.live.plugins.module_utils._modules.task import Context, Task
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.fleet import (
    TAKE,
    Interpreter,
    Service,
    fleet_document,
    fleet_inventory,
    serve,
    wait_for,
)
from ansible_collections.apsara.live.tests.support.playbook import PlayRun, Plays, finished, start_playbook
from ansible_collections.apsara.live.tests.support.studios import CASTER, PGM, PVW

MODULE = "apsara.live.caster_scene_config_copy"
WAYS = pytest.mark.parametrize("fast", [True, False], ids=["in-process", "module"])
READ = "DescribeCasterScenes"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serve(fleet_document(10), tmp_path) as running:
        yield running


def written(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds")


class Waiting:
    """A play with one take that waits for its cue."""

    def __init__(self, service: Service, path: Path, options: dict[str, Any], fast: bool, **keywords: Any) -> None:
        self._service = service
        path.mkdir(exist_ok=True)
        self.interpreter = Interpreter(path)
        options = {"caster_id": "{{ caster_id }}", **options}
        plays: Plays = [
            {
                "name": "Show",
                "hosts": "casters",
                "gather_facts": False,
                "tasks": [{"name": "Take", MODULE: options, **keywords}],
            }
        ]
        self.began = time.monotonic()
        self.process, self._results = start_playbook(
            plays,
            path,
            inventory=fleet_inventory(range(1, 2), ansible_python_interpreter=str(self.interpreter.path)),
            extra_vars={"apsara_live_in_process": fast},
            environ=service.account(XDG_RUNTIME_DIR=str(path)),
        )

    def until_it_has_read(self) -> None:
        wait_for(lambda: self._service.journal(READ), 90)

    def end(self) -> PlayRun:
        try:
            stdout, stderr = self.process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        return finished(self.process.returncode, stdout, stderr, time.monotonic() - self.began, self._results)


def patience() -> float:
    """How many times slower things go than on a quiet machine, about."""
    return min(10.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def cue(seconds: float = 0.0) -> float:
    """A moment that far away, or else far enough for a play to start and read before it, also on a busy machine."""
    return round(time.time() + (seconds or 7.0 * patience()), 3)


@WAYS
def test_a_take_arrives_at_its_cue_and_soon_after(fast: bool, service: Service, tmp_path: Path) -> None:
    at = cue()
    waiting = Waiting(service, tmp_path / "run", {"at": written(at), "max_late": 30}, fast)
    done = waiting.end().succeeded()
    (take,) = service.journal(TAKE)
    assert at <= take["at"] < at + 1.5 * patience()
    assert bool(waiting.interpreter.modules()) is not fast
    before = [entry["at"] for entry in service.journal(READ) if entry["at"] < at]
    assert len(before) == 2, "read early and once more shortly before the cue"
    assert at - 2.0 < before[1]
    told = [line for line in done.stderr.splitlines() if "waiting for the cue" in line]
    assert bool(told) is fast
    assert all(re.fullmatch(r"\[stage-1\] waiting for the cue, [01]:\d\d left", line) for line in told), told


@WAYS
def test_what_is_read_last_is_taken_and_reported(fast: bool, service: Service, tmp_path: Path) -> None:
    at = cue()
    waiting = Waiting(service, tmp_path / "run", {"at": written(at), "max_late": 30}, fast)
    waiting.until_it_has_read()
    service.edit(CASTER, pvw={"layout_id": "layout-spare", "component_ids": ["clock"]})
    result = waiting.end().succeeded().result("Take")
    assert result["after"]["layout_id"] == "layout-spare"
    assert result["after"]["component_ids"] == ["clock"]
    assert "layout-spare" in result["reason"]
    assert service.journal(TAKE)[0]["effect"]


@WAYS
def test_somebody_who_takes_first_is_noticed_before_the_cue(fast: bool, service: Service, tmp_path: Path) -> None:
    at = cue()
    options = {"at": written(at), "max_late": 30, "expect": {"layout_id": "layout-now"}}
    waiting = Waiting(service, tmp_path / "run", options, fast)
    waiting.until_it_has_read()
    service.edit(CASTER, pgm={"layout_id": "layout-spare"})
    result = waiting.end().result("Take")
    assert result["error"]["code"] == "ExpectationNotMet"
    assert result["error"]["outcome"] == "refused"
    assert result["before"]["layout_id"] == "layout-spare"
    assert service.writes() == []


@WAYS
def test_wrong_scenes_are_refused_early(fast: bool, service: Service, tmp_path: Path) -> None:
    options = {"at": written(cue(600)), "from_scene_id": PGM, "to_scene_id": PVW}
    result = Waiting(service, tmp_path / "run", options, fast).end().result("Take")
    assert result["error"]["code"] == "WrongBus"
    assert len(service.journal()) == 1


@pytest.mark.parametrize(
    ("seconds", "code", "fast"),
    [(-60, "CueMissed", True), (3600, "CueTooFar", True), (600, None, True), (600, None, False)],
)
def test_check_mode_judges_the_cue_and_does_not_wait(
    seconds: float, code: str | None, fast: bool, service: Service, tmp_path: Path
) -> None:
    options = {"at": written(cue(seconds))}
    result = Waiting(service, tmp_path / "run", options, fast, check_mode=True).end().result("Take")
    assert (result.result.get("error") or {}).get("code") == code
    assert result.changed is (code is None)
    assert service.writes() == []


def test_a_wait_for_a_scene_to_change_is_told_in_process(tmp_path: Path) -> None:
    with serve(fleet_document(1), tmp_path, visibility="delayed", visible_after_ms="6000") as service:
        done = Waiting(service, tmp_path / "run", {}, True).end().succeeded()
    told = [line for line in done.stderr.splitlines() if "to show the change" in line]
    assert told
    assert all(
        re.fullmatch(r"\[stage-1\] waiting for studio studio-1 to show the change, 0:\d\d left", line) for line in told
    )


def test_a_hidden_task_says_nothing_while_it_waits(service: Service, tmp_path: Path) -> None:
    waiting = Waiting(service, tmp_path / "run", {"at": written(cue()), "max_late": 30}, True, no_log=True)
    done = waiting.end().succeeded()
    assert "waiting" not in done.output
    assert "studio-1" not in done.stdout


# While it waits


@pytest.mark.parametrize(
    ("number", "fast"),
    [
        pytest.param(signal.SIGINT, True, id="SIGINT-fast"),
        pytest.param(signal.SIGINT, False, id="SIGINT-module"),
        pytest.param(signal.SIGTERM, True, id="SIGTERM-fast"),
        pytest.param(
            signal.SIGTERM,
            False,
            id="SIGTERM-module",
            marks=pytest.mark.skipif(
                ansible_version.startswith("2.18"), reason="ansible-core 2.18 leaves its workers alone at SIGTERM"
            ),
        ),
        pytest.param(signal.SIGKILL, True, id="SIGKILL-fast"),
    ],
)
def test_an_interrupted_play_leaves_nothing_behind(
    number: signal.Signals, fast: bool, service: Service, tmp_path: Path
) -> None:
    at = cue(12.0 * patience())
    waiting = Waiting(service, tmp_path / "run", {"at": written(at), "max_late": 30}, fast)
    waiting.until_it_has_read()
    os.kill(waiting.process.pid, number)
    waiting.end()
    assert time.time() < at, "it ended with the cue only"
    wait_for(lambda: not processes(str(tmp_path)), 10)
    time.sleep(max(0.0, at - time.time() + 1.0))
    assert service.writes() == []
    assert not left_over(tmp_path / "run"), left_over(tmp_path / "run")


def processes(text: str) -> list[str]:
    """The processes of one run, but for the service: they name its folder in their arguments or environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if (
            text.encode() in words
            and b"_emulator" not in words
            and state not in "ZX"
            and int(folder.name) != os.getpid()
        ):
            found.append(words.decode(errors="replace"))
    return found


def left_over(path: Path) -> list[str]:
    """Files that a run made and did not take away, but for the pace and for what the test itself put there."""
    ours = re.compile(
        r"(playbook|results|extra-vars)-\d+\..*|inventory\.yml|started\.log|python-that-tells|ansible\.cfg"
    )
    return [
        str(found)
        for found in path.rglob("*")
        if found.is_file() and not ours.fullmatch(found.name) and found.parent.name != f"apsara.live-{os.getuid()}"
        # What Ansible itself does not take away when it is killed.
        and "ansible-local-" not in str(found)
    ]


_ASK = """
import sys
from ansible_collections.apsara.live.plugins.module_utils._modules.module import _nobody_reads
sys.stdin.read()
sys.exit(7 if _nobody_reads() else 0)
"""


@pytest.mark.parametrize(("reader", "code"), [("waits", 0), ("is gone", 7), ("is a file", 0), ("never was", 0)])
def test_a_module_notices_that_nobody_reads_its_result(reader: str, code: int, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        out = {"is a file": file, "never was": subprocess.DEVNULL}.get(reader, subprocess.PIPE)
        path = os.pathsep.join(sys.path)
        process = subprocess.Popen(
            [sys.executable, "-c", _ASK], stdin=subprocess.PIPE, stdout=out, env={**os.environ, "PYTHONPATH": path}
        )
    assert process.stdin is not None
    if reader == "is gone":
        assert process.stdout is not None
        process.stdout.close()
    process.stdin.close()
    assert process.wait(60) == code


def test_a_task_whose_play_is_gone_takes_nothing(tmp_path: Path) -> None:
    calls = iter([False, False, True])
    with Emulator(fleet_document(1)) as emulator:
        at = written(time.time() + 100)
        result = take(emulator, Hands({}), tmp_path, lambda: next(calls), at=at)
        assert {entry["action"] for entry in emulator.journal()} == {READ}
    assert result["error"]["code"] == "PlayGone"
    assert result["error"]["outcome"] == "refused"
    assert "interrupted" in result["msg"]
    assert result["changed"] is False


class Hands:
    """A clock whose wall time can be set while a task sleeps, and that counts how long it slept."""

    def __init__(self, steps: dict[float, float]) -> None:
        self._steps = dict(steps)
        self.offset = 0.0
        self.slept = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: time.time() + self.offset + self.slept, lambda: time.monotonic() + self.slept, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        for after in [moment for moment in self._steps if self.slept >= moment]:
            self.offset += self._steps.pop(after)


def take(
    emulator: Emulator,
    hands: Hands | None,
    path: Path,
    abandoned: Callable[[], bool] = lambda: False,
    **options: Any,
) -> dict[str, Any]:
    clock = hands.clock() if hands else Clock(time.time, time.monotonic, time.sleep)
    context = Context(
        check_mode=False,
        diff=False,
        environ={"XDG_RUNTIME_DIR": str(path)},
        ansible_version="2.19.0",
        clock=clock,
        warn=lambda words: None,
        hide=lambda secrets: None,
        abandoned=abandoned,
    )
    key = {"access_key_id": "rehearsal-key", "access_key_secret": "rehearsal-secret"}
    # The pace has the clock of the machine, so a task in made-up time gets more time than that is off.
    params = {**key, "endpoint": emulator.endpoint, "caster_id": CASTER, "api_deadline": 3600, **options}
    return run(definitions()["caster_scene_config_copy"], params, context)


def test_a_clock_set_forward_while_it_waits_ends_the_wait(tmp_path: Path) -> None:
    hands = Hands({10.0: 88.0})
    with Emulator(fleet_document(1)) as emulator:
        result = take(emulator, hands, tmp_path, at=written(time.time() + 100), max_late=5.0)
    assert result["changed"], result
    assert hands.slept < 30


def test_a_clock_that_is_put_right_by_a_second_while_it_waits_prolongs_the_wait(tmp_path: Path) -> None:
    hands = Hands({10.0: -1.0})
    with Emulator(fleet_document(1)) as emulator:
        result = take(emulator, hands, tmp_path, at=written(time.time() + 100))
    assert result["changed"], result
    assert 99 < hands.slept < 103


@pytest.mark.parametrize("when", [10.0, 99.0], ids=["long-before", "after-the-last-reading"])
def test_a_clock_set_back_while_it_waits_ends_the_task(when: float, tmp_path: Path) -> None:
    hands = Hands({when: -60.0})
    with Emulator(fleet_document(1)) as emulator:
        result = take(emulator, hands, tmp_path, at=written(time.time() + 100), max_wait=101.0)
        assert {entry["action"] for entry in emulator.journal()} == {READ}
    assert (result["error"]["code"], result["error"]["outcome"]) == ("ClockChanged", "refused")
    assert "set back by 60 s" in result["msg"]
    assert result["changed"] is False
    assert hands.slept < when + 2


def test_a_clock_set_back_makes_no_cue_less_late(tmp_path: Path) -> None:
    hands = Hands({10.0: -60.0, 20.0: 90.0})
    context = Context(
        check_mode=False,
        diff=False,
        environ={"XDG_RUNTIME_DIR": str(tmp_path)},
        ansible_version="2.19.0",
        clock=hands.clock(),
        warn=lambda words: None,
        hide=lambda secrets: None,
    )
    key = {"access_key_id": "rehearsal-key", "access_key_secret": "rehearsal-secret"}
    options = connection_options({**key, "endpoint": "http://127.0.0.1:9"}, context.environ, context.ansible_version)
    with Task(options, context, []) as task:
        began = task.now()
        later = []
        for _unused in range(2):
            hands.sleep(10.0)
            later.append(task.now() - began)
    assert 10 <= later[0] < 15, "as time passed"
    assert 50 <= later[1] < 55, "as the clock says, which is ahead now"


def test_a_clock_set_far_past_the_cue_means_it_was_missed(tmp_path: Path) -> None:
    hands = Hands({10.0: 300.0})
    with Emulator(fleet_document(1)) as emulator:
        result = take(emulator, hands, tmp_path, at=written(time.time() + 100), max_late=5.0)
        assert emulator.journal()[-1]["action"] == READ
    assert result["error"]["code"] == "CueMissed"
    assert result["changed"] is False


def test_waiting_does_not_use_the_deadline_up(tmp_path: Path) -> None:
    with Emulator(fleet_document(1)) as emulator:
        result = take(emulator, None, tmp_path, at=written(time.time() + 4), api_deadline=3.0, max_late=30.0)
    assert result.get("error") is None


def test_waiting_burns_no_processor(tmp_path: Path) -> None:
    with Emulator(fleet_document(1)) as emulator:
        before = resource.getrusage(resource.RUSAGE_SELF)
        began = time.monotonic()
        take(emulator, None, tmp_path, at=written(time.time() + 4), max_late=30.0)
        after = resource.getrusage(resource.RUSAGE_SELF)
    assert time.monotonic() - began >= 3.5
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # The service is in this process too. Spinning would use all of four seconds.
    assert used < 1.0, used


def test_ten_studios_with_one_cue_change_together(tmp_path: Path) -> None:
    at = time.time() + 4
    with Emulator(fleet_document(10)) as emulator, ThreadPoolExecutor(10) as pool:
        results = list(
            pool.map(
                lambda n: take(emulator, None, tmp_path, at=written(at), caster_id=f"studio-{n}", max_late=30.0),
                range(1, 11),
            )
        )
        arrivals = [entry["at"] for entry in emulator.journal() if entry["action"] == TAKE]
        refused = [entry for entry in emulator.journal() if entry["outcome"] != "ok"]
    assert all(result["changed"] for result in results)
    assert len(arrivals) == 10
    assert refused == []
    assert at - 0.001 <= min(arrivals)
    assert max(arrivals) < at + 2.0
