# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callbacks as ApsaraVideo Live documents them, and the event source that receives them, run as a rulebook runs it."""

from __future__ import annotations

import asyncio
import contextlib
import runpy
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from .playbook import ROOT

EDA = ROOT / "extensions" / "eda"
SOURCE = EDA / "plugins" / "event_source" / "live_callback.py"
FILTER = EDA / "plugins" / "event_filter" / "normalise_callback.py"
PATH = "/rehearsal/not-a-real-secret-path"
MOMENT = 1_700_000_000
CASTER = "1a000000-main-4000-8000-000000000001"
FEED = {
    "name": "main camera",
    "host": "main",
    "stream": "push.example.com/show/main",
    "source": f"{CASTER}/camera-1",
}


def ingest(stream: str = "main", action: str = "publish_done", time: int = MOMENT, **more: str) -> dict[str, str]:
    """The parameters of an ingest callback."""
    return {
        "action": action,
        "ip": "192.0.2.7",
        "id": stream,
        "app": "push.example.com",
        "appname": "show",
        "time": str(time),
        "usrargs": "vhost=push.example.com&auth_key=1700000000-0-0-abc",
        "node": "cdnvideocenter.cm3",
        **more,
    }


def studio(
    code: str = "StreamInterrupt", event_type: str = "RuntimeErrorCallback", resource: str = "camera-1", **message: Any
) -> dict[str, Any]:
    """The body of a studio callback."""
    return {
        "CasterId": CASTER,
        "EventType": event_type,
        "EventMessage": {"ResourceId": resource, "Code": code, "Message": "as documented", **message},
    }


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def listening(port: int, seconds: float = 60.0) -> None:
    """Wait until somebody listens there."""
    async with asyncio.timeout(seconds):
        while True:
            with contextlib.suppress(OSError):
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


class Source:
    """The event source in this event loop. `events` has what reached the rulebook; `constants` are its own."""

    def __init__(self, port: int, queue: asyncio.Queue[Any], constants: dict[str, Any], tls: bool) -> None:
        self.port = port
        self.queue = queue
        self.constants = constants
        self.url = f"http{'s' * tls}://127.0.0.1:{port}{PATH}"
        self.events: list[dict[str, Any]] = []
        self._open = asyncio.Event()
        self._open.set()

    def stall(self) -> None:
        """Be a rulebook that takes nothing."""
        self._open.clear()

    def resume(self) -> None:
        """Take everything that waits."""
        self._open.set()

    async def consume(self) -> None:
        """Be the rulebook."""
        while True:
            await self._open.wait()
            self.events.append(await self.queue.get())

    async def settled(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many events are there, and make sure that no more come."""
        async with asyncio.timeout(30):
            while len(self.events) < count:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert len(self.events) == count, self.events
        return self.events


@contextlib.asynccontextmanager
async def source(constants: dict[str, Any] | None = None, **args: Any) -> AsyncIterator[Source]:
    """Run the event source with a queue like that of ansible-rulebook, which has room for one."""
    main = load(SOURCE)["main"]
    main.__globals__.update(constants or {})
    queue: asyncio.Queue[Any] = asyncio.Queue(1)
    port = free_port()
    running = asyncio.create_task(main(queue, {"path": PATH, "port": port, "feeds": [FEED], **args}))
    found = Source(port, queue, main.__globals__, "certfile" in args)
    consuming = asyncio.create_task(found.consume())
    waiting = asyncio.create_task(listening(port))
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), running.exception()
        yield found
    finally:
        for task in (running, consuming, waiting):
            task.cancel()
        await asyncio.gather(running, consuming, waiting, return_exceptions=True)


def load(path: Path) -> dict[str, Any]:
    """Load a plugin as ansible-rulebook loads it."""
    return runpy.run_path(str(path))
