# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a call may leave: the rule by itself, and with many real processes that share one limiter."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import stat
import struct
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api import pacing
from ansible_collections.apsara.live.plugins.module_utils._api.pacing import (
    MARGIN,
    Pace,
    RateLimiter,
    Window,
    depart,
    directory,
    full,
    next_departure,
    next_slot,
    reserve,
    without,
)
from hypothesis import given, settings
from hypothesis import strategies as st

SPAN = 1.0 + MARGIN
FORK = multiprocessing.get_context("fork")

times = st.floats(min_value=-50, max_value=50)
windows = st.builds(Window, st.lists(times, max_size=40).map(tuple), st.lists(times, max_size=40).map(tuple))


def crowded(moments: list[float], limit: int, span: float = 1.0) -> bool:
    """Whether there are more than `limit` of these in any window of `span` seconds."""
    ordered = sorted(moments)
    return any(later - earlier < span for earlier, later in zip(ordered, ordered[limit:]))


# The rule by itself


@pytest.mark.parametrize("limit", [1, 10, 15])
def test_a_burst_up_to_the_limit_leaves_at_once_and_the_next_a_second_later(limit: int) -> None:
    window, slots = Window(), []
    for _unused in range(2 * limit + 1):
        slots.append(next_slot(window, limit, 100.0))
        window = reserve(window, slots[-1], 100.0)
    assert slots[:limit] == [100.0] * limit
    assert slots[limit : 2 * limit] == [100.0 + SPAN] * limit
    assert slots[2 * limit] == 100.0 + SPAN + SPAN


@settings(deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=60), st.integers(1, 15))
def test_no_order_of_reservations_crowds_a_second(gaps: list[float], limit: int) -> None:
    now, window, slots = 1000.0, Window(), []
    for gap in gaps:
        now += gap
        slot = next_slot(window, limit, now)
        assert slot >= now
        window = reserve(window, slot, now)
        slots.append(slot)
    assert not crowded(slots, limit, SPAN - 1e-6)


@settings(deadline=None)
@given(st.integers(1, 15), st.data())
def test_no_interleaving_of_processes_crowds_a_second(limit: int, data: Any) -> None:
    """Processes reserve, oversleep by anything, then leave when there is room. Sending may take a while."""
    now, window, left = 5000.0, Window(), []
    waiting: list[float] = []
    for _unused in range(data.draw(st.integers(1, 60))):
        now += data.draw(st.floats(min_value=0, max_value=1.5))
        if not waiting or data.draw(st.booleans()):
            waiting.append(next_slot(window, limit, now))
            window = reserve(window, waiting[-1], now)
            continue
        slot = waiting.pop(data.draw(st.integers(0, len(waiting) - 1)))
        if next_departure(window, limit, now) > now:
            # Not yet: it tries again when there is room.
            now = next_departure(window, limit, now)
        left.append(now)
        killed = data.draw(st.booleans())
        window, before = depart(window, slot, now), window
        if not killed:
            now += data.draw(st.floats(min_value=0, max_value=0.5))
            window = depart(before, slot, now)
    assert not crowded(left, limit, SPAN - 1e-6)


@settings(deadline=None)
@given(windows, st.integers(1, 15), times)
def test_a_slot_is_never_past_and_never_farther_than_the_calls_before_it_demand(
    window: Window, limit: int, now: float
) -> None:
    slot = next_slot(window, limit, now)
    latest = max([now, *window.reserved])
    assert now <= slot <= latest + SPAN + 1e-6
    assert now <= next_departure(window, limit, now) <= now + SPAN + 1e-6


@settings(deadline=None)
@given(windows, st.integers(1, 15), times)
def test_what_has_left_decides_and_reservations_only_spread(window: Window, limit: int, now: float) -> None:
    assert next_departure(window, limit, now) <= next_slot(window, limit, now)
    assert next_departure(window, limit, now) == next_departure(Window(left=window.left), limit, now)


@settings(deadline=None)
@given(windows, times)
def test_nothing_is_remembered_for_longer_than_it_counts(window: Window, now: float) -> None:
    for later in (reserve(window, now, now), depart(window, now, now)):
        assert all(now - SPAN < moment <= now for moment in later.left)
        assert all(moment > now - SPAN for moment in later.reserved)


def test_a_departure_uses_up_its_own_reservation() -> None:
    window = reserve(reserve(Window(), 10.0, 10.0), 10.0, 10.0)
    assert depart(window, 10.0, 10.2) == Window((10.0,), (10.2,))
    assert depart(Window(), 7.0, 10.2) == Window((), (10.2,))


def test_a_refusal_at_the_gate_uses_up_a_whole_second() -> None:
    window = full(reserve(Window(), 12.0, 10.0), 10, 10.0)
    assert window.reserved == (12.0,)
    assert next_departure(window, 10, 10.0) == 10.0 + SPAN
    assert next_departure(window, 10, 10.0 + SPAN) == 10.0 + SPAN


@settings(deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=8), min_size=1, max_size=40), st.integers(1, 15))
def test_slots_for_later_moments_crowd_no_second_and_leave_the_time_before_free(
    delays: list[float], limit: int
) -> None:
    now, window, slots = 1000.0, Window(), []
    for delay in delays:
        slot = next_slot(window, limit, now, now + delay)
        assert slot >= now + delay
        window = reserve(window, slot, now)
        slots.append(slot)
    assert not crowded(slots, limit, SPAN - 1e-6)
    # Whoever comes after them has to wait only for those that are near.
    free = next_slot(window, limit, now)
    assert free == now or sum(abs(slot - free) <= SPAN + 1e-6 for slot in slots) >= limit


def test_a_call_of_now_does_not_wait_for_a_cue_of_later() -> None:
    window = Window((1010.0,) * 10)
    assert next_slot(window, 10, 1000.0) == 1000.0
    assert next_slot(window, 10, 1000.0, 1009.5) == 1010.0 + SPAN
    assert next_slot(window, 10, 1000.0, 1010.0 - SPAN) == 1010.0 - SPAN
    assert next_slot(window, 10, 1000.0, 990.0) == 1000.0


def test_a_reservation_is_taken_back_once() -> None:
    window = Window((10.0, 11.0, 10.0), (9.5,))
    assert without(window, 10.0) == Window((11.0, 10.0), (9.5,))
    assert without(window, 12.0) == window


NONSENSE = [math.nan, math.inf, -math.inf, 1e300, -1e300, 1e5, -1e5]


@pytest.mark.parametrize("number", NONSENSE)
def test_times_that_make_no_sense_count_for_nothing(number: float) -> None:
    window = Window((number,) * 50, (number,) * 50)
    assert next_slot(window, 10, 1000.0) == 1000.0
    assert next_departure(window, 10, 1000.0) == 1000.0
    assert reserve(window, 1000.0, 1000.0) == Window((1000.0,), ())


def test_a_departure_in_the_future_counts_for_nothing() -> None:
    assert next_slot(Window(left=(1100.0,) * 20), 10, 1000.0) == 1000.0


# The file


def limiter(folder: Path, limit: int = 10) -> RateLimiter:
    return Pace(str(folder), "live.example.com rehearsal-key").limiter("StopCasterScene", limit)


def send(waiting: RateLimiter, seconds: float = 30.0) -> float:
    """One call as the client does it; returns the time at which it left."""
    latest = time.monotonic() + seconds
    pause = waiting.pause(latest)
    assert pause is not None
    time.sleep(pause)
    with waiting.departure(latest):
        return time.monotonic()


def paced(folder: Path) -> bool:
    """Whether three calls at one a second take their time."""
    left = [send(limiter(folder, 1)) for _unused in range(3)]
    return left[2] - left[0] >= 2 * SPAN


def only_file(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_neither_name_nor_content_tells_who_we_are(tmp_path: Path) -> None:
    send(limiter(tmp_path))
    path = only_file(tmp_path)
    assert path.name.endswith("-StopCasterScene")
    for part in ("rehearsal", "key", "example"):
        assert part not in path.name
        assert part.encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) < 100


def test_accounts_hosts_and_operations_have_lanes_of_their_own(tmp_path: Path) -> None:
    for account in ("host a", "host b", "other a"):
        for operation in ("StopCasterScene", "CopyCasterSceneConfig"):
            assert Pace(str(tmp_path), account).limiter(operation, 1).pause(time.monotonic() + 5) == 0.0
    assert len(list(tmp_path.iterdir())) == 6


def test_a_call_that_left_counts_once(tmp_path: Path) -> None:
    """Its reservation is used up, so there is room for a second call in this second."""
    send(limiter(tmp_path, 2))
    assert limiter(tmp_path, 2).pause(time.monotonic() + 5) == 0.0


def test_a_slot_after_the_deadline_is_not_reserved(tmp_path: Path) -> None:
    for _unused in range(10):
        assert limiter(tmp_path).pause(time.monotonic() + 0.5) == pytest.approx(0.0)
    before = only_file(tmp_path).read_bytes()
    assert limiter(tmp_path).pause(time.monotonic() + 0.5) is None
    assert only_file(tmp_path).read_bytes() == before
    later = limiter(tmp_path).pause(time.monotonic() + 5)
    assert later is not None
    assert later > 0.5


def test_a_slot_that_is_given_back_is_free_again(tmp_path: Path) -> None:
    first = limiter(tmp_path, 1)
    assert first.pause(time.monotonic() + 60, 30.0) == pytest.approx(30.0, abs=5)
    first.give_back()
    before = only_file(tmp_path).read_bytes()
    first.give_back()
    assert only_file(tmp_path).read_bytes() == before
    assert limiter(tmp_path, 1).pause(time.monotonic() + 60, 30.0) <= 30.0  # type: ignore[operator]


def test_a_second_reservation_gives_the_first_one_back(tmp_path: Path) -> None:
    waiting = limiter(tmp_path, 1)
    for delay in (30.0, 35.0, 40.0):
        waiting.pause(time.monotonic() + 100, delay)
    assert limiter(tmp_path, 1).pause(time.monotonic() + 100, 30.0) <= 30.0  # type: ignore[operator]
    assert limiter(tmp_path, 1).pause(time.monotonic() + 100, 39.5) > 40.0  # type: ignore[operator]


def test_a_check_that_fails_uses_up_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError), limiter(tmp_path, 1).departure(time.monotonic() + 5, fail):
        raise AssertionError("left although the check failed")
    assert limiter(tmp_path, 1).pause(time.monotonic() + 5) == 0.0


def test_a_lock_that_was_not_to_be_had_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patience: list[float] = []
    pace = Pace(str(tmp_path), "live.example.com rehearsal-key")
    assert pace.limiter("StopCasterScene", 1).pause(time.monotonic() + 5) == 0.0

    def never(file: int, seconds: float) -> bool:
        patience.append(seconds)
        return False

    monkeypatch.setattr(pacing, "_lock", never)
    for _unused in range(2):
        assert pace.limiter("StopCasterScene", 1).pause(time.monotonic() + 5, 0.5) == 0.5
    assert patience == [pacing._LONGEST_LOCK_WAIT, 0.0]


def test_waiting_for_room_ends_at_the_deadline(tmp_path: Path) -> None:
    limiter(tmp_path).throttled()
    began = time.monotonic()
    with pytest.raises(TimeoutError), limiter(tmp_path).departure(began + 0.2):
        raise AssertionError("left without room")
    assert time.monotonic() - began >= 0.2


def test_a_refusal_holds_the_others_back(tmp_path: Path) -> None:
    began = time.monotonic()
    limiter(tmp_path).throttled()
    assert send(limiter(tmp_path)) - began >= SPAN


def test_a_call_that_fails_while_it_leaves_counts(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError), limiter(tmp_path, 1).departure(time.monotonic() + 5):
        raise ConnectionError
    assert limiter(tmp_path, 1).pause(time.monotonic() + 5) > 0.5  # type: ignore[operator]


def packed(boot: bytes, reserved: list[float], left: list[float]) -> bytes:
    times = [*reserved, *left]
    return boot + struct.pack(f"<HH{len(times)}d", len(reserved), len(left), *times)


def rubbish() -> dict[str, bytes]:
    here, now = pacing._boot(), time.monotonic()
    return {
        "empty": b"",
        "one byte": b"\x00",
        "text": b"this is not a window\n" * 500,
        "zeros": bytes(4096),
        "ones": b"\xff" * 20000,
        "cut short": packed(here, [], [now] * 10)[:-3],
        "counts too high": here + struct.pack("<HH", 65535, 65535),
        "no numbers": packed(here, [math.nan] * 20, [math.nan] * 20),
        "endless": packed(here, [math.inf] * 20, [math.inf] * 20),
        "long ago": packed(here, [now - 5000] * 20, [now - 5000] * 20),
        "far ahead": packed(here, [now + 5000] * 20, [now + 300] * 20),
        "another boot": packed(b"whatever", [now + 60] * 20, [now] * 20),
    }


@pytest.mark.parametrize("name", list(rubbish()))
def test_a_file_that_makes_no_sense_is_used_anew(name: str, tmp_path: Path) -> None:
    send(limiter(tmp_path))
    only_file(tmp_path).write_bytes(rubbish()[name])
    began = time.monotonic()
    left = [send(limiter(tmp_path)) for _unused in range(11)]
    assert left[0] - began < 10
    assert left[10] - left[0] >= SPAN


@pytest.mark.parametrize("kind", ["folder", "pipe", "link", "second name", "socket"])
def test_what_is_no_plain_file_of_ours_is_left_alone(kind: str, tmp_path: Path) -> None:
    folder, other = tmp_path / "pace", tmp_path / "other"
    folder.mkdir()
    other.write_bytes(b"precious")
    send(limiter(folder))
    path = only_file(folder)
    path.unlink()
    make = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "link": lambda: path.symlink_to(other),
        "second name": lambda: os.link(other, path),
        "socket": lambda: os.mknod(path, stat.S_IFSOCK | 0o600),
    }
    make[kind]()
    assert not paced(folder)
    assert other.read_bytes() == b"precious"


def test_a_full_disk_costs_the_pace_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*args: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pacing.os, "pwrite", no_space)
    assert not paced(tmp_path)
    # Half of what was meant is as good as nothing.
    write = os.pwrite
    monkeypatch.setattr(pacing.os, "pwrite", lambda file, data, at: write(file, data[: len(data) // 2], at))
    assert not paced(tmp_path)
    monkeypatch.undo()
    assert paced(tmp_path)


def test_a_file_system_without_locks_costs_the_pace_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*args: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(pacing.fcntl, "flock", no_locks)
    assert not paced(tmp_path)


def test_a_lock_that_cannot_be_given_back_ends_with_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pacing.fcntl.flock

    def only_taking(file: int, operation: int) -> None:
        if operation == pacing.fcntl.LOCK_UN:
            raise OSError
        real(file, operation)

    monkeypatch.setattr(pacing.fcntl, "flock", only_taking)
    assert paced(tmp_path)


def test_who_meets_a_held_lane_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "_LONGEST_LOCK_WAIT", 20.0)
    send(limiter(tmp_path, 1))
    held = os.open(only_file(tmp_path), os.O_RDWR)
    pacing.fcntl.flock(held, pacing.fcntl.LOCK_EX)
    began = time.monotonic()
    holder = threading.Timer(0.3, os.close, [held])
    holder.start()
    assert limiter(tmp_path, 1).pause(began + 30) is not None
    waited = time.monotonic() - began
    holder.join()
    assert waited >= 0.3


def test_a_system_without_locks_has_no_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "HAS_LOCKS", False)
    assert limiter(tmp_path, 1).pause(time.monotonic() + 5) == 0.0
    assert not list(tmp_path.iterdir())


def test_no_folder_means_no_pace() -> None:
    waiting = Pace(None, "nobody").limiter("StopCasterScene", 1)
    began = time.monotonic()
    for _unused in range(5):
        send(waiting)
    waiting.throttled()
    assert time.monotonic() - began < 3.0
    with pytest.raises(TimeoutError), waiting.departure(time.monotonic() - 1):
        raise AssertionError("left after the deadline")


# Files that nobody uses any more

DAYS = 24 * 3600.0
UNUSED = "0" * 20 + "-StopCasterScene"


def age(path: Path, days: float) -> Path:
    """Let a file look as if it was last written that many days ago."""
    path.touch()
    os.utime(path, (time.time() - days * DAYS,) * 2)
    return path


def test_a_new_file_removes_those_that_nobody_used_for_days(tmp_path: Path) -> None:
    unused = [age(tmp_path / (str(number) * 20 + "-CopyCasterSceneConfig"), 2.1) for number in range(5)]
    used = age(tmp_path / ("a" * 20 + "-CopyCasterSceneConfig"), 1.9)
    others = [age(tmp_path / name, 9) for name in ("notes", UNUSED + ".bak", "0" * 21 + "-StopCasterScene")]
    precious = age(tmp_path.parent / "precious", 9)
    link, folder = tmp_path / ("b" * 20 + "-Link"), tmp_path / ("c" * 20 + "-Folder")
    link.symlink_to(precious)
    os.utime(link, (0, 0), follow_symlinks=False)
    folder.mkdir()
    os.utime(folder, (0, 0))
    linked = age(tmp_path / ("d" * 20 + "-Linked"), 9)
    os.link(linked, tmp_path / ("e" * 20 + "-Linked"))
    send(limiter(tmp_path))
    assert not any(path.exists() for path in unused)
    assert all(path.exists() for path in (used, *others, precious, link, folder, linked))
    assert paced(tmp_path)


@pytest.mark.parametrize("call", ["scandir", "unlink"])
def test_what_cannot_be_removed_stays_and_costs_nothing(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*args: Any) -> None:
        raise PermissionError

    unused = age(tmp_path / UNUSED, 9)
    monkeypatch.setattr(os, call, forbidden)
    assert limiter(tmp_path).pause(time.monotonic() + 5) == 0.0
    assert unused.exists()
    assert limiter(tmp_path).pause(time.monotonic() + 5) == 0.0


def test_what_was_written_days_ago_by_this_collection_goes(tmp_path: Path) -> None:
    send(limiter(tmp_path))
    unused = age(only_file(tmp_path), 9)
    Pace(str(tmp_path), "another").limiter("StopCasterScene", 1).pause(time.monotonic() + 5)
    assert not unused.exists()


def test_a_file_that_is_in_use_removes_nothing(tmp_path: Path) -> None:
    send(limiter(tmp_path))
    unused = age(tmp_path / UNUSED, 9)
    send(limiter(tmp_path))
    limiter(tmp_path).throttled()
    assert unused.exists()


def test_a_file_that_another_process_holds_is_not_removed(tmp_path: Path) -> None:
    ready = FORK.Event()
    holder = _started(_hold, str(tmp_path), ready)
    try:
        assert ready.wait(20)
        held = age(only_file(tmp_path), 9)
        Pace(str(tmp_path), "another").limiter("StopCasterScene", 1).pause(time.monotonic() + 5)
        assert held.exists()
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.join(10)


def test_who_waits_for_a_file_that_is_removed_opens_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"{Pace(None, 'live.example.com rehearsal-key')._account}-StopCasterScene"
    path.touch()
    lock = pacing._lock
    removed = []

    def beaten(file: int, patience: float) -> bool:
        # Another process is quicker with its lock, and removes the file.
        if not removed:
            removed.append(os.stat(path).st_ino)
            path.unlink()
        return lock(file, patience)

    monkeypatch.setattr(pacing, "_lock", beaten)
    limiter(tmp_path, 1).pause(time.monotonic() + 5)
    assert limiter(tmp_path, 1).pause(time.monotonic() + 5) > 0.5  # type: ignore[operator]
    assert removed
    assert only_file(tmp_path) == path


def test_a_file_that_was_used_meanwhile_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unused = age(tmp_path / UNUSED, 9)
    lock = pacing._lock

    def used_first(file: int, patience: float) -> bool:
        # Only who removes is not patient.
        if patience == 0.0:
            unused.write_bytes(b"in use again")
        return lock(file, patience)

    with monkeypatch.context() as patch:
        patch.setattr(pacing, "_lock", used_first)
        send(limiter(tmp_path))
    assert unused.read_bytes() == b"in use again"


def test_the_file_that_took_the_place_of_a_removed_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unused = age(tmp_path / UNUSED, 9)
    lock = pacing._lock

    def replaced(file: int, patience: float) -> bool:
        if patience == 0.0:
            unused.unlink()
            age(unused, 0).write_bytes(b"new")
        return lock(file, patience)

    with monkeypatch.context() as patch:
        patch.setattr(pacing, "_lock", replaced)
        send(limiter(tmp_path))
    assert unused.read_bytes() == b"new"


def test_many_processes_may_remove_at_once(tmp_path: Path) -> None:
    for number in range(300):
        age(tmp_path / f"{number:020}-StopCasterScene", 9)
    start, results = FORK.Event(), FORK.Queue()
    workers = [FORK.Process(target=_first_call, args=(str(tmp_path), name, start, results)) for name in "abcdefgh"]
    for worker in workers:
        worker.start()
    start.set()
    assert [results.get(timeout=60) for _unused in workers] == [0.0] * 8
    for worker in workers:
        worker.join(10)
    assert len(list(tmp_path.iterdir())) == 8


def _first_call(folder: str, account: str, start: Any, results: Any) -> None:
    start.wait()
    results.put(Pace(folder, account).limiter("StopCasterScene", 1).pause(time.monotonic() + 30))


# The folder


def test_the_folder_is_for_this_user_only(tmp_path: Path) -> None:
    found = directory({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert found == str(tmp_path / f"apsara.live-{os.getuid()}")
    assert stat.S_IMODE(os.stat(found).st_mode) == 0o700
    assert directory({"XDG_RUNTIME_DIR": str(tmp_path)}) == found


@pytest.mark.parametrize("kind", ["open to others", "file", "link", "of somebody else"])
def test_a_folder_that_others_could_enter_is_not_used(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, temporary = tmp_path / "run", tmp_path / "tmp"
    runtime.mkdir()
    temporary.mkdir()
    name = f"apsara.live-{os.getuid()}"
    monkeypatch.setattr(pacing.tempfile, "gettempdir", lambda: str(temporary))
    if kind == "open to others":
        (runtime / name).mkdir(mode=0o777)
        (runtime / name).chmod(0o770)
    elif kind == "file":
        (runtime / name).write_text("")
    elif kind == "link":
        (tmp_path / "private").mkdir(mode=0o700)
        (runtime / name).symlink_to(tmp_path / "private")
    else:
        (runtime / name).mkdir(mode=0o700)
        facts = os.lstat(runtime / name)
        seen = os.stat_result([*facts[:4], facts.st_uid + 1, *facts[5:10]])
        real = os.lstat
        monkeypatch.setattr(pacing.os, "lstat", lambda path: seen if str(runtime) in str(path) else real(path))
    assert directory({"XDG_RUNTIME_DIR": str(runtime)}) == str(temporary / name)


@pytest.mark.parametrize("runtime", ["", "run", "/nowhere/at/all", "/dev/null"])
def test_without_a_runtime_folder_the_temporary_one_serves(
    runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pacing.tempfile, "gettempdir", lambda: str(tmp_path))
    assert directory({"XDG_RUNTIME_DIR": runtime}) == str(tmp_path / f"apsara.live-{os.getuid()}")


def test_where_nobody_names_a_runtime_folder_the_temporary_one_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing.tempfile, "gettempdir", lambda: str(tmp_path))
    assert directory({}) == str(tmp_path / f"apsara.live-{os.getuid()}")


def test_with_neither_there_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(pacing.tempfile, "gettempdir", none)
    assert directory({"XDG_RUNTIME_DIR": "/dev/null"}) is None


# Many processes


def _many_calls(folder: str, calls: int, start: Any, results: Any) -> None:
    start.wait()
    results.put([send(limiter(Path(folder))) for _unused in range(calls)])


def _many(folder: Path, processes: int, calls: int) -> list[float]:
    start, results = FORK.Event(), FORK.Queue()
    workers = [
        FORK.Process(target=_many_calls, args=(str(folder), calls, start, results)) for _unused in range(processes)
    ]
    for worker in workers:
        worker.start()
    start.set()
    left = [moment for _unused in workers for moment in results.get(timeout=60)]
    for worker in workers:
        worker.join(10)
    return sorted(left)


def test_thirty_processes_keep_one_pace(tmp_path: Path) -> None:
    left = _many(tmp_path, processes=30, calls=2)
    assert len(left) == 60
    assert not crowded(left, 10, 1.0), left
    # Six bursts of ten need five spans; ten times as long would be a pace that nobody needs.
    assert 5 * SPAN <= left[-1] - left[0] < 50


def _hold(folder: str, ready: Any) -> None:
    with limiter(Path(folder)).departure(time.monotonic() + 60):
        ready.set()
        time.sleep(60)


def _started(target: Any, *args: Any) -> Any:
    process = FORK.Process(target=target, args=args)
    process.start()
    return process


def test_a_killed_holder_holds_nothing_and_its_call_counts(tmp_path: Path) -> None:
    ready = FORK.Event()
    holder = _started(_hold, str(tmp_path), ready)
    assert ready.wait(20)
    moment = time.monotonic()
    os.kill(holder.pid, signal.SIGKILL)
    holder.join(10)
    left = [send(limiter(tmp_path)) for _unused in range(10)]
    assert left[0] - moment < 5.0
    assert not crowded([moment - 0.1, *left], 10, 1.0)


def test_a_stopped_holder_delays_the_others_for_a_bounded_time(tmp_path: Path) -> None:
    ready = FORK.Event()
    holder = _started(_hold, str(tmp_path), ready)
    try:
        assert ready.wait(20)
        os.kill(holder.pid, signal.SIGSTOP)
        began = time.monotonic()
        send(limiter(tmp_path))
        assert time.monotonic() - began < 20
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.join(10)


def _reserve_and_wait(folder: str, ready: Any) -> None:
    for _unused in range(10):
        limiter(Path(folder)).pause(time.monotonic() + 60)
    ready.set()
    time.sleep(60)


def test_the_slots_of_a_killed_process_come_free_in_time(tmp_path: Path) -> None:
    ready = FORK.Event()
    reserver = _started(_reserve_and_wait, str(tmp_path), ready)
    assert ready.wait(20)
    os.kill(reserver.pid, signal.SIGKILL)
    reserver.join(10)
    began = time.monotonic()
    left = [send(limiter(tmp_path)) for _unused in range(11)]
    assert left[9] - began < 20
    assert not crowded(left, 10, 1.0)


def test_a_process_forked_while_the_lane_is_held_does_not_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "_LONGEST_LOCK_WAIT", 30.0)
    with limiter(tmp_path).departure(time.monotonic() + 5):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                time.sleep(60)
            os._exit(0)
    try:
        began = time.monotonic()
        send(limiter(tmp_path))
        assert time.monotonic() - began < 20
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_nobody_leaves_while_another_sends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "_LONGEST_LOCK_WAIT", 30.0)
    ready, released = FORK.Event(), FORK.Value("d", 0.0)
    holder = _started(_hold_a_moment, str(tmp_path), ready, released)
    assert ready.wait(20)
    left = send(limiter(tmp_path))
    holder.join(10)
    assert left >= released.value > 0.0


def _hold_a_moment(folder: str, ready: Any, released: Any) -> None:
    with limiter(Path(folder)).departure(time.monotonic() + 60):
        ready.set()
        time.sleep(0.4)
        released.value = time.monotonic()
