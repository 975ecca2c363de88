# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run jobs some at a time; each has a log, which is shown when the job fails."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PASSED, FAILED, SKIPPED = "passed", "FAILED", "SKIPPED"
# What pytest says at its end.
_TALLY = re.compile(r"\b\d+ passed\b.* in [\d.]+s")
_LOCK = threading.Lock()


@dataclass
class Job:
    """`work` gets the path of its log and raises when something is wrong. `missing` says why it cannot run here."""

    name: str
    work: Callable[[Path], None]
    missing: str = ""
    result: str = ""
    seconds: float = 0.0


class Pool:
    """Takes the jobs in their order, one in each lane; lanes can be added while others run."""

    def __init__(self, jobs: Sequence[Job], logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._waiting = deque(jobs)
        self._logs = logs
        self._lanes: list[threading.Thread] = []

    def add_lanes(self, number: int) -> None:
        """Let this many more jobs run at once."""
        for _lane in range(number):
            # A daemon, so that Ctrl-C ends the run and not only the jobs of the moment.
            lane = threading.Thread(target=self._work, daemon=True)
            self._lanes.append(lane)
            lane.start()

    def wait(self) -> None:
        """Returns when every job has a result."""
        for lane in self._lanes:
            lane.join()

    def _work(self) -> None:
        while True:
            try:
                job = self._waiting.popleft()
            except IndexError:
                return
            _one(job, self._logs / f"{job.name}.log")


def _one(job: Job, log: Path) -> None:
    if job.missing:
        job.result = SKIPPED
        _say(f"{SKIPPED} {job.name}: {job.missing}")
        return
    _say(f"begin {job.name}")
    begin = time.monotonic()
    try:
        job.work(log)
        job.result = PASSED
    except Exception as error:  # whatever it is, the other jobs go on and the table says it
        job.result = FAILED
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{type(error).__name__}: {error}\n")
    job.seconds = time.monotonic() - begin
    text = log.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if _TALLY.search(line)]
    if job.result == FAILED:
        lines = [f"--- log of {job.name}", text.rstrip(), f"--- end of the log of {job.name}"]
    _say("\n".join([*lines, f"{job.result} {job.name} in {job.seconds:.0f} s"]))


def _say(text: str) -> None:
    with _LOCK:
        print(text, flush=True)


def table(jobs: Sequence[Job]) -> str:
    """One line for each job."""
    width = max(len(job.name) for job in jobs)
    lines = [f"{'step':{width}}  seconds  result", f"{'-' * width}  -------  ------"]
    for job in jobs:
        more = f": {job.missing}" if job.missing else ""
        lines.append(f"{job.name:{width}}  {job.seconds:7.0f}  {job.result}{more}")
    return "\n".join(lines)
