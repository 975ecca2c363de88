# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several controllers that share an account and no file, in virtual time.

The decisions are those of the collection: the rule of the pace for the processes of one controller, and the rule of
repeats for each call. Only clock, network and service are made up: a service that counts arrivals in a sliding second
and refuses what is too much, some milliseconds away.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Generator
from dataclasses import dataclass, field

from ...plugins.module_utils._api import pacing, retry
from ...plugins.module_utils._api.operations import OPERATIONS, Operation
from ...plugins.module_utils._errors.kind import Kind

DEADLINE = 120.0
STOP = ("DescribeCasterScenes", "StopCasterScene", "DescribeCasterScenes")
# On a cue, everything else was read before.
TAKE = ("CopyCasterSceneConfig",)

# A process says until when it sleeps and is woken then.
Process = Generator[float, float, None]


@dataclass
class Outcome:
    """What became of a run.

    finished: when each controller was done with all its studios, in seconds from its own start. done: how many studios
    of each controller were changed. times: for each changed studio the seconds from the start of its controller.
    missed: tasks that ran out of time. attempts, refused: calls that left, and those of them that the service refused.
    """

    finished: list[float]
    done: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    missed: int = 0
    refused: int = 0
    attempts: int = 0


@dataclass
class _Service:
    arrivals: dict[str, list[float]] = field(default_factory=dict)

    def admits(self, operation: Operation, now: float) -> bool:
        window = [moment for moment in self.arrivals.get(operation.name, []) if moment > now - 1.0]
        admitted = len(window) < operation.qps
        self.arrivals[operation.name] = [*window, now] if admitted else window
        return admitted


@dataclass
class _Controller:
    start: float
    waiting: int
    windows: dict[str, pacing.Window] = field(default_factory=dict)
    done: int = 0
    done_at: float = 0.0

    def window(self, operation: Operation) -> pacing.Window:
        return self.windows.get(operation.name, pacing.Window())


class _World:
    def __init__(self, seed: int, task: tuple[str, ...], deadline: float) -> None:
        self.random = random.Random(seed)
        self.task = task
        self.deadline = deadline
        self.service = _Service()
        self.outcome = Outcome([])

    def worker(self, controller: _Controller) -> Process:
        """One fork: takes studio after studio."""
        now = yield controller.start + (0.0 if self.task == TAKE else self.random.uniform(0, 0.3))
        while controller.waiting:
            controller.waiting -= 1
            deadline = now + self.deadline
            changed = True
            for name in self.task:
                now, changed = yield from self.call(controller, OPERATIONS[name], now, deadline)
                if not changed:
                    self.outcome.missed += 1
                    break
                # Python between two calls.
                now = yield now + self.random.uniform(0.005, 0.05)
            controller.done_at = max(controller.done_at, now)
            if changed:
                controller.done += 1
                self.outcome.times.append(now - controller.start)

    def call(
        self, controller: _Controller, operation: Operation, now: float, deadline: float
    ) -> Generator[float, float, tuple[float, bool]]:
        attempt = 0
        while True:
            attempt += 1
            now, kind = yield from self.attempt(controller, operation, now, deadline)
            if not kind:
                return now, True
            decision = retry.decide(
                repeat=operation.repeat, kind=kind, attempt=attempt, left=deadline - now, jitter=self.random.random()
            )
            if decision.step != retry.SEND:
                return now, False
            now = yield now + decision.delay

    def attempt(
        self, controller: _Controller, operation: Operation, now: float, deadline: float
    ) -> Generator[float, float, tuple[float, str]]:
        slot = pacing.next_slot(controller.window(operation), operation.qps, now)
        if slot > deadline:
            return now, Kind.NOT_SENT
        controller.windows[operation.name] = pacing.reserve(controller.window(operation), slot, now)
        now = yield slot
        while (free := pacing.next_departure(controller.window(operation), operation.qps, now)) > now:
            now = yield free
        if now >= deadline:
            return now, Kind.NOT_SENT
        controller.windows[operation.name] = pacing.depart(controller.window(operation), slot, now)
        self.outcome.attempts += 1
        now = yield now + self.random.uniform(0.01, 0.04)
        admitted = self.service.admits(operation, now)
        now = yield now + self.random.uniform(0.01, 0.04)
        if admitted:
            return now, ""
        self.outcome.refused += 1
        controller.windows[operation.name] = pacing.full(controller.window(operation), operation.qps, now)
        return now, Kind.THROTTLED


def simulate(
    *,
    controllers: int,
    studios: int,
    seed: int,
    forks: int = 20,
    starts: list[float] | None = None,
    task: tuple[str, ...] = STOP,
    deadline: float = DEADLINE,
) -> Outcome:
    """Let each controller change `studios` studios; all begin together unless `starts` says otherwise."""
    world = _World(seed, task, deadline)
    fleet = [_Controller(start, studios) for start in (starts or [0.0] * controllers)]
    order = itertools.count()
    queue: list[tuple[float, int, Process]] = []
    for controller in fleet:
        for _unused in range(forks):
            process = world.worker(controller)
            heapq.heappush(queue, (next(process), next(order), process))
    while queue:
        now, _unused, process = heapq.heappop(queue)
        try:
            heapq.heappush(queue, (process.send(now), next(order), process))
        except StopIteration:
            continue
    world.outcome.finished = [controller.done_at - controller.start for controller in fleet]
    world.outcome.done = [controller.done for controller in fleet]
    return world.outcome
