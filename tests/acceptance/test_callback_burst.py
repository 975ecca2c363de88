# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand callbacks at once, of which 30 % are repetitions and 5 % nonsense, while the rulebook takes nothing."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from ansible_collections.apsara.live.tests.support.live_callbacks import PATH, free_port, ingest, listening, studio
from ansible_collections.apsara.live.tests.support.playbook import ROOT

ALL, REPEATED, NONSENSE = 10_000, 3_000, 500
DISTINCT = ALL - REPEATED - NONSENSE
CONNECTIONS = 50
# What waits may take 32 MiB by default; the rest is for connections and for what is remembered.
MOST_MIB = 64

Callback = tuple[str, dict[str, Any], int]


def burst() -> list[Callback]:
    """Method, arguments and the right answer of each callback, in disorder."""
    good: list[Callback] = [callback(number) for number in range(DISTINCT)]
    chosen = random.Random(6)
    repeated = [chosen.choice(good) for _unused in range(REPEATED)]
    nonsense: list[Callback] = [
        (
            ("GET", {"params": ingest(f"nonsense-{number}", time=-number - 1)}, 400)
            if number % 2
            else ("POST", {"data": json.dumps(studio(resource=f"nonsense-{number}"))[:-1]}, 400)
        )
        for number in range(NONSENSE)
    ]
    together = good + repeated + nonsense
    chosen.shuffle(together)
    return together


def callback(number: int) -> Callback:
    if number % 2:
        return "GET", {"params": ingest(f"stream-{number}")}, 200
    return "POST", {"json": studio(resource=f"source-{number}")}, 200


def name(event: dict[str, Any]) -> str:
    payload = event["payload"]
    return str(payload["id"] if event["callback"] == "ingest" else payload["EventMessage"]["ResourceId"])


async def send(port: int, callbacks: Iterator[Callback]) -> list[tuple[int, int, float]]:
    """The right answer, the answer and the seconds of each callback; as many at once as there are connections."""
    answers = []
    url = f"http://127.0.0.1:{port}{PATH}"

    async def one_after_another(client: aiohttp.ClientSession) -> None:
        for method, arguments, right in callbacks:
            began = time.monotonic()
            async with client.request(method, url, **arguments) as answer:
                await answer.read()
                answers.append((right, answer.status, time.monotonic() - began))

    await listening(port)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as client:
        await asyncio.gather(*(one_after_another(client) for _unused in range(CONNECTIONS)))
    return answers


@pytest.fixture
def process() -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    program = [sys.executable, str(ROOT / "tests" / "support" / "run_source.py"), str(port), PATH]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running, port
        finally:
            running.kill()


def test_none_is_lost_none_is_doubled_and_every_answer_comes_in_time(
    process: tuple[subprocess.Popen[str], int],
) -> None:
    running, port = process
    assert running.stdin is not None and running.stdout is not None
    before = json.loads(running.stdout.readline())
    answers = asyncio.run(asyncio.wait_for(send(port, iter(burst())), 300))
    assert len(answers) == ALL
    assert Counter((right, status) for right, status, _seconds in answers) == {
        (200, 200): ALL - NONSENSE,
        (400, 400): NONSENSE,
    }
    assert max(seconds for _right, _status, seconds in answers) < 5.0

    running.stdin.write(f"{DISTINCT}\n")
    running.stdin.flush()
    events = Counter(name(json.loads(running.stdout.readline())) for _unused in range(DISTINCT))
    assert set(events.values()) == {1}
    assert set(events) == {f"{'stream' if number % 2 else 'source'}-{number}" for number in range(DISTINCT)}
    after = json.loads(running.stdout.readline())
    assert after["left"] == 0
    assert (after["peak_kib"] - before["peak_kib"]) / 1024 < MOST_MIB
