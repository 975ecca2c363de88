# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it is worth trying where nothing was reached, and what one task tells the others about it."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.pacing import _FILE_NAME
from ansible_collections.apsara.live.plugins.module_utils._api.reach import PATIENCE, Reach

HERE = "http://127.0.0.1:41234"


def left(reach: Reach, began: float = 100.0, now: float = 100.0, nobody: bool = True) -> float:
    return reach.patience(nobody, began, now)


def note_of(folder: Path) -> Path:
    (note,) = folder.iterdir()
    return note


def test_nobody_there_is_worth_some_seconds() -> None:
    reach = Reach()
    assert left(reach, 100.0, 100.5) == PATIENCE - 0.5
    assert left(reach, 101.0, 102.0) == PATIENCE - 2.0
    assert left(reach, 103.0, 103.5) == 0.0


def test_the_first_attempt_counts_however_long_it_took() -> None:
    """A name server that is silent for ten seconds at every attempt would make minutes of some seconds."""
    assert left(Reach(), 100.0, 110.0) == 0.0


def test_an_answer_that_is_late_is_worth_the_whole_deadline() -> None:
    assert left(Reach(), 100.0, 110.0, nobody=False) == math.inf


@pytest.mark.parametrize("nobody", [True, False])
def test_what_worked_in_this_task_is_waited_for(nobody: bool, tmp_path: Path) -> None:
    other, reach = Reach(str(tmp_path), HERE), Reach(str(tmp_path), HERE)
    reach.note_worked()
    other.give_up()
    assert left(reach, 100.0, 190.0, nobody) == math.inf


@pytest.mark.parametrize("nobody", [True, False])
def test_a_task_that_gave_up_spares_the_others_the_wait(nobody: bool, tmp_path: Path) -> None:
    Reach(str(tmp_path), HERE).give_up()
    assert left(Reach(str(tmp_path), HERE), nobody=nobody) == 0.0
    assert left(Reach(str(tmp_path), "https://live.aliyuncs.com")) == PATIENCE


def test_a_note_that_comes_while_a_task_waits_ends_the_wait(tmp_path: Path) -> None:
    reach = Reach(str(tmp_path), HERE)
    assert left(reach) == PATIENCE
    Reach(str(tmp_path), HERE).give_up()
    assert left(reach) == 0.0


def test_who_reaches_it_removes_the_note(tmp_path: Path) -> None:
    Reach(str(tmp_path), HERE).give_up()
    Reach(str(tmp_path), HERE).note_worked()
    assert left(Reach(str(tmp_path), HERE)) == PATIENCE


def test_who_reached_it_leaves_no_note(tmp_path: Path) -> None:
    reach = Reach(str(tmp_path), HERE)
    reach.note_worked()
    reach.give_up()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("age", "counts"), [(0.0, True), (20.0, True), (40.0, False), (-60.0, False)])
def test_a_note_counts_for_a_short_time(age: float, counts: bool, tmp_path: Path) -> None:
    Reach(str(tmp_path), HERE).give_up()
    os.utime(note_of(tmp_path), (time.time() - age,) * 2)
    assert left(Reach(str(tmp_path), HERE)) == (0.0 if counts else PATIENCE)


def test_every_failure_renews_the_note(tmp_path: Path) -> None:
    Reach(str(tmp_path), HERE).give_up()
    os.utime(note_of(tmp_path), (1.0, 1.0))
    Reach(str(tmp_path), HERE).give_up()
    assert left(Reach(str(tmp_path), HERE)) == 0.0


def test_a_note_holds_nothing_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    Reach(str(tmp_path), HERE).give_up()
    note = note_of(tmp_path)
    assert note.read_bytes() == b""
    assert note.stat().st_mode & 0o777 == 0o600
    # By this name the pacing removes it when nobody has used it for days.
    assert _FILE_NAME.fullmatch(note.name)


def test_something_else_in_its_place_does_no_harm(tmp_path: Path) -> None:
    Reach(str(tmp_path), HERE).give_up()
    note = note_of(tmp_path)
    note.unlink()
    note.mkdir()
    os.utime(note, (1.0, 1.0))
    reach = Reach(str(tmp_path), HERE)
    reach.give_up()
    assert left(reach) == PATIENCE
    reach.note_worked()


def test_without_a_folder_every_task_waits_itself(tmp_path: Path) -> None:
    for folder in (None, str(tmp_path / "gone")):
        Reach(folder, HERE).give_up()
        assert left(Reach(folder, HERE)) == PATIENCE
