# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a judgement and the departure of a write: a connection that opens slowly, a lock, a busy machine.

Also a record of when each request really left, by its nonce, which neither the task nor the service can get wrong.
"""

from __future__ import annotations

import contextlib
import fcntl
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from ...plugins.module_utils._api.operations import OPERATIONS
from ...plugins.module_utils._api.transport import Transport

# Longer than a reading stays fresh, in seconds.
HELD = 1.3
# Longer than a task waits for a lock of the pacing, in seconds.
LOCKED = 1.5


class Station:
    """The way to one service. `left` is when each request left (seconds since the epoch, by nonce), `held` how long
    writes were held back together, in seconds. `meanwhile` is what happens while one is held back.
    """

    def __init__(self, dice: random.Random, meanwhile: Callable[[], None], share: float) -> None:
        self.left: dict[str, float] = {}
        self.held = 0.0
        self._dice = dice
        self._meanwhile = meanwhile
        self._share = share

    def hold(self, action: str) -> bool:
        """Decide whether this request is held back: in front of its connection, or once that is open."""
        return OPERATIONS[action].writes and self._dice.random() < self._share

    def delay(self) -> None:
        """Hold a request back."""
        self.held += HELD
        self._meanwhile()
        time.sleep(HELD)

    def coin(self) -> bool:
        """One of two ways."""
        return self._dice.random() < 0.5


_stations: dict[str, Station] = {}
_send = Transport.send


@contextlib.contextmanager
def on_the_way(endpoint: str, station: Station) -> Iterator[None]:
    """Let all requests of this process to an endpoint pass by a station."""
    _stations[endpoint] = station
    try:
        yield
    finally:
        del _stations[endpoint]


@contextlib.contextmanager
def delayed() -> Iterator[None]:
    """Let the requests of this process pass by the stations on their way."""
    with mock.patch.object(Transport, "send", _send_by_station):
        yield


def _send_by_station(transport: Transport, query: str, headers: Mapping[str, str], **more: Any) -> Any:
    station = _stations.get(transport.endpoint.url)
    if station is None:
        return _send(transport, query, headers, **more)
    held = station.hold(headers["x-acs-action"])
    open_first = held and station.coin()
    if held and not open_first:
        station.delay()
    departure = more.pop("departure")

    @contextlib.contextmanager
    def noted() -> Iterator[None]:
        if open_first:
            station.delay()
        with departure():
            station.left[headers["x-acs-signature-nonce"]] = time.time()
            yield

    return _send(transport, query, headers, departure=noted, **more)


@contextlib.contextmanager
def locked(folder: Path, operation: str, seconds: float = LOCKED) -> Iterator[None]:
    """Hold the pace of an operation for a while, as a stopped process would."""
    over = threading.Event()
    files = [path.open("rb+") for path in folder.rglob(f"*-{operation}")]
    for file in files:
        fcntl.flock(file, fcntl.LOCK_EX)

    def release() -> None:
        over.wait(seconds)
        for file in files:
            file.close()

    thread = threading.Thread(target=release, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
