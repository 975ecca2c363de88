# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the event source in a process of its own, whose memory can be measured: python run_source.py PORT PATH

Says {"ready": true, "peak_kib": ...}, takes nothing from the source until a line on standard input says how many events
to take, says each of them on a line, and then {"left": ..., "peak_kib": ...}.
"""

from __future__ import annotations

import asyncio
import json
import resource
import runpy
import sys
from pathlib import Path
from typing import Any

_SOURCE = Path(__file__).resolve().parents[2] / "extensions" / "eda" / "plugins" / "event_source" / "live_callback.py"


def _say(document: dict[str, Any]) -> None:
    print(json.dumps(document), flush=True)


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def _run(port: int, path: str) -> None:
    main = runpy.run_path(str(_SOURCE))["main"]
    queue: asyncio.Queue[Any] = asyncio.Queue(1)
    running = asyncio.create_task(main(queue, {"port": port, "path": path}))
    _say({"ready": True, "peak_kib": _peak_kib()})
    count = int(await asyncio.to_thread(sys.stdin.readline))
    for _unused in range(count):
        _say(await asyncio.wait_for(queue.get(), 30))
    await asyncio.sleep(0.2)
    _say({"left": queue.qsize(), "peak_kib": _peak_kib()})
    running.cancel()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), sys.argv[2]))
