# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. When may the next call of this operation leave, given the account's limit and the other processes here?

The limit of an operation counts calls in any one second for the whole account. Processes on one machine share a small
file per account and operation with two lists: the times that calls reserved, and the times at which calls left. A
reservation tells a process how long to sleep, so that a hundred of them do not wake at once. The times at which calls
left decide: they are noted after the bytes have gone, under a lock, so a process that is slow to send cannot push two
bursts together.

Times are of the monotonic clock, which all processes of one boot share and nobody can set. The file holds times only.
Without it (no directory, no lock in time, a file that makes no sense) calls leave at once, and cost a repeat at worst.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import struct
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

try:
    import fcntl
except ImportError:  # not on this platform
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

# Added to the second: the service counts arrivals, which are less even than departures.
MARGIN = 0.15
# A lock is held for the time it takes to send a few hundred bytes.
_LONGEST_LOCK_WAIT = 1.0
_LOCK_PAUSE = 0.002
# A reservation that is further away is from before a reboot.
_FARTHEST_RESERVATION = 600.0


@dataclass(frozen=True)
class Window:
    """The times of the last calls, oldest first: `reserved` for calls to come, `left` of calls that were sent."""

    reserved: tuple[float, ...] = ()
    left: tuple[float, ...] = ()


def next_slot(window: Window, limit: int, now: float) -> float:
    """The earliest time at which one more call may leave, counting what is reserved as well as what has left."""
    times = sorted([*_recent(window.reserved, now), *_recent(window.left, now)])
    return max(now, times[-limit] + 1.0 + MARGIN) if len(times) >= limit else now


def next_departure(window: Window, limit: int, now: float) -> float:
    """The earliest time at which one more call may leave, counting only what has left."""
    return next_slot(Window(left=window.left), limit, now)


def reserve(window: Window, slot: float, now: float) -> Window:
    """Note a reservation."""
    return Window((*_recent(window.reserved, now), slot), _recent(window.left, now))


def depart(window: Window, slot: float, now: float) -> Window:
    """Turn a reservation into a departure."""
    reserved = list(_recent(window.reserved, now))
    if slot in reserved:
        reserved.remove(slot)
    return Window(tuple(reserved), (*_recent(window.left, now), now))


def full(window: Window, limit: int, now: float) -> Window:
    """The service says that the limit is reached: others use the account too, so a whole second counts as used."""
    return Window(_recent(window.reserved, now), (now,) * limit)


def _recent(times: tuple[float, ...], now: float) -> tuple[float, ...]:
    return tuple(moment for moment in times if -1.0 - MARGIN < moment - now < _FARTHEST_RESERVATION)


def directory(environ: Mapping[str, str]) -> str | None:
    """A directory that only this user can enter, or None when there is none and none can be made."""
    base = environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    path = os.path.join(base, f"apsara.live-{os.getuid()}" if hasattr(os, "getuid") else "apsara.live")
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        facts = os.lstat(path)
    except OSError:
        return None
    mine = stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077
    return path if mine else None


class Pace:
    """The pace of one account on this machine. `folder` None means that nothing is shared and nothing is paced."""

    def __init__(self, folder: str | None, account: str) -> None:
        self._folder = folder if HAS_LOCKS else None
        self._account = hashlib.sha256(account.encode()).hexdigest()[:20]

    def lane(self, operation: str, limit: int) -> Lane:
        """The pace of one operation."""
        path = os.path.join(self._folder, f"{self._account}-{operation}") if self._folder else None
        return Lane(path, limit)


class Lane:
    """One operation of one account: `limit` calls a second at most."""

    def __init__(self, path: str | None, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._slot = 0.0

    def pause(self, latest: float) -> float | None:
        """Reserve the next slot and return how long to sleep until it, in seconds; None when it is after `latest`."""
        with self._locked() as file:
            if file is None:
                return 0.0
            now = time.monotonic()
            window = _read(file)
            slot = next_slot(window, self._limit, now)
            if slot > latest:
                return None
            self._slot = slot
            _write(file, reserve(window, slot, now))
            return slot - now

    @contextlib.contextmanager
    def departure(self, latest: float) -> Iterator[None]:
        """Hold the lane while the bytes of one call leave, once there is room. Raises TimeoutError after `latest`."""
        while True:
            with self._locked() as file:
                now = time.monotonic()
                window = _read(file) if file is not None else Window()
                if now >= latest:
                    raise TimeoutError
                free = next_departure(window, self._limit, now)
                if free <= now:
                    try:
                        yield
                    finally:
                        if file is not None:
                            _write(file, depart(window, self._slot, time.monotonic()))
                    return
            time.sleep(max(0.001, min(free, latest) - now))

    def throttled(self) -> None:
        """Note that the service refused a call at the gate, so that the other processes hold back too."""
        with self._locked() as file:
            if file is not None:
                _write(file, full(_read(file), self._limit, time.monotonic()))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int | None]:
        file = _open_locked(self._path) if self._path else None
        try:
            yield file
        finally:
            if file is not None:
                os.close(file)


def _open_locked(path: str) -> int | None:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError:
        return None
    give_up = time.monotonic() + _LONGEST_LOCK_WAIT
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > give_up:
                os.close(file)
                return None
            time.sleep(_LOCK_PAUSE)
        else:
            return file


def _read(file: int) -> Window:
    """A file that was cut short or is not ours reads as an empty window."""
    data = os.pread(file, 16384, 0)
    head = struct.calcsize("<HH")
    if len(data) < head:
        return Window()
    reserved, left = struct.unpack_from("<HH", data)
    if len(data) < head + 8 * (reserved + left):
        return Window()
    times = struct.unpack_from(f"<{reserved + left}d", data, head)
    return Window(times[:reserved], times[reserved:])


def _write(file: int, window: Window) -> None:
    # More than a thousand waiting calls are not remembered; they cost repeats at worst.
    reserved, left = window.reserved[-1000:], window.left[-100:]
    times = (*reserved, *left)
    data = struct.pack(f"<HH{len(times)}d", len(reserved), len(left), *times)
    with contextlib.suppress(OSError):
        os.pwrite(file, data, 0)
        os.ftruncate(file, len(data))
