# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. When the next call of an operation may leave, by the account's limit and the other processes here.

The limit of an operation counts calls in any one second for the whole account. Processes on one machine share a small
file per account and operation with two lists: the times that calls reserved, and the times at which calls left. A
reservation tells a process how long to sleep, so that a hundred of them do not wake at once, and lets it read a studio
right before its write may leave. The times at which calls left decide: they are noted under a lock, before the bytes go
in case the process is killed, and once more when they are gone, so a process that is slow to send cannot push two
bursts together.

Times are of the monotonic clock, which all processes of one boot share and nobody can set. The file holds times and
the boot they belong to, nothing else. Without it (no directory, no lock in time, a full disk, a file that makes no
sense) calls leave at once, and cost a repeat at worst. Whoever makes a new file removes those that nobody has used for
days: every rehearsal has an address of its own, and so files of its own.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import hashlib
import os
import re
import stat
import struct
import tempfile
import time
from collections.abc import Iterator, Mapping
from typing import Callable, NamedTuple

try:
    import fcntl
except ImportError:  # not on this platform
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

# Added to the second: the service counts arrivals, which are less even than departures.
MARGIN = 0.15
_SPAN = 1.0 + MARGIN
# A lock is held for the time it takes to send a few hundred bytes.
_LONGEST_LOCK_WAIT = 1.0
_LOCK_PAUSE = 0.002
# A reservation that is further away makes no sense.
_FARTHEST_RESERVATION = 600.0
# A file that was not written for this long holds nothing that still counts, in seconds.
_LONGEST_UNUSED = 2 * 24 * 3600.0
_FILE_NAME = re.compile(r"[0-9a-f]{20}-[A-Za-z]+")
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_HEAD = struct.Struct("<8sHH")


class Window(NamedTuple):
    """The times of the last calls, oldest first: `reserved` for calls to come, `left` of calls that were sent."""

    reserved: tuple[float, ...] = ()
    left: tuple[float, ...] = ()


def next_slot(window: Window, limit: int, now: float, earliest: float | None = None) -> float:
    """The first time from `earliest` on at which one more call may leave, by what is reserved and what has left."""
    times = sorted([*_to_come(window.reserved, now), *_gone(window.left, now)])
    slot = now if earliest is None else max(now, earliest)
    while _crowds(times, limit, slot):
        # Room comes only when one of the others has been gone for long enough.
        slot = next(moment + _SPAN for moment in times if moment + _SPAN > slot)
    return slot


def _crowds(times: list[float], limit: int, slot: float) -> bool:
    """Whether a call at `slot` would be one of more than `limit` within a second; `times` are the others, in order."""
    place = bisect.bisect_right(times, slot)
    near = [*times[max(0, place - limit) : place], slot, *times[place : place + limit]]
    return any(earlier + _SPAN > later for earlier, later in zip(near, near[limit:]))


def next_departure(window: Window, limit: int, now: float) -> float:
    """The earliest time at which one more call may leave, counting only what has left."""
    return next_slot(Window(left=window.left), limit, now)


def reserve(window: Window, slot: float, now: float) -> Window:
    """Note a reservation."""
    return Window((*_to_come(window.reserved, now), slot), _gone(window.left, now))


def without(window: Window, slot: float) -> Window:
    """Take a reservation back."""
    reserved = list(window.reserved)
    if slot in reserved:
        reserved.remove(slot)
    return Window(tuple(reserved), window.left)


def depart(window: Window, slot: float, now: float) -> Window:
    """Turn a reservation into a departure."""
    return Window(_to_come(without(window, slot).reserved, now), (*_gone(window.left, now), now))


def full(window: Window, limit: int, now: float) -> Window:
    """The service says that the limit is reached: others use the account too, so a whole second counts as used."""
    return Window(_to_come(window.reserved, now), (now,) * limit)


def _to_come(reserved: tuple[float, ...], now: float) -> tuple[float, ...]:
    """Without reservations that are used up: their processes left late, or were killed."""
    return tuple(moment for moment in reserved if -_SPAN < moment - now < _FARTHEST_RESERVATION)


def _gone(left: tuple[float, ...], now: float) -> tuple[float, ...]:
    """Without departures that no longer count. A departure in the future is none."""
    return tuple(moment for moment in left if -_SPAN < moment - now <= 0.0)


def directory(environ: Mapping[str, str]) -> str | None:
    """A directory that only this user can enter, or None when there is none and none can be made."""
    if not HAS_LOCKS:
        return None
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    found = _private(runtime) if os.path.isabs(runtime) else None
    if found is None:
        # There may be no temporary directory either.
        with contextlib.suppress(OSError):
            found = _private(tempfile.gettempdir())
    return found


def _private(base: str) -> str | None:
    path = os.path.join(base, f"apsara.live-{os.getuid()}")
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
        self._stuck: set[str] = set()

    def limiter(self, operation: str, limit: int) -> RateLimiter:
        """The pace of one operation."""
        path = os.path.join(self._folder, f"{self._account}-{operation}") if self._folder else None
        return RateLimiter(path, limit, self._stuck)


class RateLimiter:
    """One operation of one account: `limit` calls a second at most.

    `stuck` holds the files whose lock could not be had in time: this task does not wait for them once more.
    """

    def __init__(self, path: str | None, limit: int, stuck: set[str]) -> None:
        self._path = path
        self._limit = limit
        self._stuck = stuck
        self._slot = 0.0

    def pause(self, latest: float, delay: float = 0.0) -> float | None:
        """Reserve the first slot after `delay` seconds and return how long to sleep until it, in seconds.

        None when it is after `latest`. A slot that was reserved before and not used is given back.
        """
        with self._locked() as file:
            if file is None:
                return delay
            is_new = os.fstat(file).st_size == 0
            now = time.monotonic()
            window = without(_read(file), self._slot)
            slot = next_slot(window, self._limit, now, now + delay)
            if slot > latest:
                return None
            self._slot = slot
            _write(file, reserve(window, slot, now))
        if is_new and self._path:
            _remove_unused(os.path.dirname(self._path))
        return max(0.0, slot - time.monotonic())

    def give_back(self) -> None:
        """Let others have the slot that was reserved."""
        with self._locked() as file:
            if file is not None:
                _write(file, without(_read(file), self._slot))

    @contextlib.contextmanager
    def departure(self, latest: float, check: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the limiter while the bytes of one call leave, once there is room. Raises TimeoutError after `latest`.

        `check` is asked when there is room, and may still keep the call from leaving by raising.
        """
        while True:
            with self._locked() as file:
                now = time.monotonic()
                if now >= latest:
                    raise TimeoutError
                window = _read(file) if file is not None else Window()
                free = next_departure(window, self._limit, now)
                if free <= now:
                    check()
                    self._note(file, window, now)
                    try:
                        yield
                    finally:
                        self._note(file, window, time.monotonic())
                    return
            time.sleep(max(0.001, min(free, latest) - now))

    def throttled(self) -> None:
        """Note that the service throttled a call, so that the other processes hold back too."""
        with self._locked() as file:
            if file is not None:
                _write(file, full(_read(file), self._limit, time.monotonic()))

    def _note(self, file: int | None, window: Window, moment: float) -> None:
        if file is not None:
            _write(file, depart(window, self._slot, moment))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int | None]:
        file = self._open() if self._path else None
        try:
            yield file
        finally:
            if file is not None:
                _release(file)

    def _open(self) -> int | None:
        path = self._path or ""
        file = _open_locked(path, 0.0 if path in self._stuck else _LONGEST_LOCK_WAIT)
        if file is None:
            # A read would be old when its write leaves, if each of its steps waited once more.
            self._stuck.add(path)
        return file


def _open_locked(path: str, patience: float) -> int | None:
    """The file, locked; None when it cannot be had, is not a plain file of ours, or stays locked for too long."""
    while True:
        file = _open(path, os.O_CREAT, patience)
        if file is None or _still_at(path, file):
            return file
        # It was removed between opening and locking.
        _release(file)


def _open(path: str, create: int, patience: float) -> int | None:
    try:
        # Not blocking, for something that is no file and would wait for a partner.
        file = os.open(path, os.O_RDWR | create | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError:
        return None
    if _is_ours(os.fstat(file)) and _lock(file, patience):
        return file
    os.close(file)
    return None


def _is_ours(facts: os.stat_result) -> bool:
    return stat.S_ISREG(facts.st_mode) and facts.st_uid == os.getuid() and facts.st_nlink <= 1


def _still_at(path: str, file: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(file))
    except OSError:
        return False


def _remove_unused(folder: str) -> None:
    """Remove what nobody has used for days. Who waits for the lock of such a file meanwhile opens a new one."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _FILE_NAME.fullmatch(entry.name) and _is_unused(entry.stat(follow_symlinks=False)):
                _remove(entry.path)


def _remove(path: str) -> None:
    file = _open(path, 0, 0.0)
    if file is None:
        return
    with contextlib.suppress(OSError):
        if _is_unused(os.fstat(file)) and _still_at(path, file):
            os.unlink(path)
    _release(file)


def _is_unused(facts: os.stat_result) -> bool:
    return time.time() - facts.st_mtime > _LONGEST_UNUSED


def _lock(file: int, patience: float) -> bool:
    give_up = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                return False
            time.sleep(_LOCK_PAUSE)
        except OSError:
            # A file system without locks.
            return False
        else:
            return True


def _release(file: int) -> None:
    # Closing alone would not unlock while a process that was forked meanwhile has the file too.
    with contextlib.suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


@functools.cache
def _boot() -> bytes:
    """Which boot this is, in 8 bytes. Where the system does not say, a reboot is expected to empty the directory."""
    try:
        with open(_BOOT_ID, "rb") as stream:
            return hashlib.sha256(stream.read()).digest()[:8]
    except OSError:
        return bytes(8)


def _read(file: int) -> Window:
    """A file that was cut short, makes no sense or is of an earlier boot reads as an empty window."""
    try:
        data = os.pread(file, 16384, 0)
    except OSError:
        return Window()
    if len(data) < _HEAD.size:
        return Window()
    boot, reserved, left = _HEAD.unpack_from(data)
    if boot != _boot() or len(data) < _HEAD.size + 8 * (reserved + left):
        return Window()
    times = struct.unpack_from(f"<{reserved + left}d", data, _HEAD.size)
    return Window(times[:reserved], times[reserved:])


def _write(file: int, window: Window) -> None:
    # More than a thousand waiting calls are not remembered; they cost repeats at worst.
    reserved, left = window.reserved[-1000:], window.left[-100:]
    times = (*reserved, *left)
    data = _HEAD.pack(_boot(), len(reserved), len(left)) + struct.pack(f"<{len(times)}d", *times)
    # On a full disk what is there stays, or is too short to make sense.
    with contextlib.suppress(OSError):
        os.ftruncate(file, os.pwrite(file, data, 0))
