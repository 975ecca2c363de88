# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of studios in real time: it changes at the limit of the account, with one controller and with several."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.apsara.live.tests.support.fleet import (
    STOP,
    Interpreter,
    Service,
    fleet_document,
    fleet_inventory,
    most_within,
    serve,
)
from ansible_collections.apsara.live.tests.support.playbook import PlayRun, Plays, run_playbook

STOP_ALL: Plays = [
    {
        "name": "Wrap",
        "hosts": "casters",
        "gather_facts": False,
        "tasks": [{"name": "Stop", "apsara.live.caster_scene_stop": {"caster_id": "{{ caster_id }}"}}],
    }
]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Sixty studios of one account."""
    with serve(fleet_document(60), tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def service(fleet: Service) -> Service:
    fleet.reset()
    return fleet


def stop(service: Service, path: Path, numbers: range, forks: int = 20, **environ: str) -> PlayRun:
    """Stop these studios with one ansible-playbook, which must not start a module."""
    path.mkdir(exist_ok=True)
    interpreter = Interpreter(path)
    run = run_playbook(
        STOP_ALL,
        path,
        inventory=fleet_inventory(numbers, ansible_python_interpreter=str(interpreter.path)),
        environ=service.account(XDG_RUNTIME_DIR=str(path), **environ),
        args=("--forks", str(forks)),
    )
    run.succeeded()
    assert interpreter.modules() == []
    assert run.changed() == len(numbers), run.describe()
    return run


def refused(service: Service) -> list[str]:
    return [entry["outcome"] for entry in service.journal() if entry["outcome"] != "ok"]


def stopped(service: Service) -> set[str]:
    return {entry["caster_id"] for entry in service.journal(STOP) if entry["effect"]}


def test_forty_studios_stop_at_the_limit_and_none_is_throttled(service: Service, tmp_path: Path) -> None:
    run = stop(service, tmp_path, range(1, 41))
    assert refused(service) == []
    assert len(service.journal(STOP)) == len(stopped(service)) == 40
    arrivals = [entry["at"] for entry in service.journal(STOP)]
    assert most_within(arrivals) <= 10
    # Four bursts of ten need three spans; a pace that is far slower is none that anybody wants.
    assert 3.0 < max(arrivals) - min(arrivals) < 30.0
    assert all(call["attempts"] == 1 for found in run.results("Stop") for call in found["api_calls"])


def test_the_next_play_keeps_the_pace_of_the_last(service: Service, tmp_path: Path) -> None:
    for numbers in (range(1, 11), range(11, 21), range(21, 31)):
        stop(service, tmp_path, numbers)
    assert refused(service) == []


def test_without_a_place_for_the_file_repeats_do_the_work(service: Service, tmp_path: Path) -> None:
    taken = tmp_path / f"apsara.live-{os.getuid()}"
    taken.write_text("This name is taken.", encoding="utf-8")
    # A quick machine is refused without this as well.
    service.add_faults({"action": STOP, "kind": "throttle", "times": 10})
    run = stop(service, tmp_path, range(1, 41), TMPDIR=str(tmp_path))
    assert len(stopped(service)) == 40
    assert len(refused(service)) >= 10
    assert sum(call["attempts"] > 1 for found in run.results("Stop") for call in found["api_calls"]) > 0
    assert taken.read_text(encoding="utf-8") == "This name is taken."


def test_four_controllers_with_fifteen_studios_each_share_an_account(service: Service, tmp_path: Path) -> None:
    def control(number: int) -> PlayRun:
        return stop(service, tmp_path / f"controller-{number}", range(15 * number + 1, 15 * number + 16), forks=15)

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(control, range(4)))
    assert len(stopped(service)) == 60
    assert most_within([entry["at"] for entry in service.journal(STOP) if entry["effect"]]) <= 10
    spent = [longest(run) for run in runs]
    assert max(spent) < 60, spent


def longest(run: PlayRun) -> float:
    """The longest time that the calls of one task took, in seconds."""
    return max(sum(call["elapsed_ms"] for call in found["api_calls"]) / 1000 for found in run.results("Stop"))
