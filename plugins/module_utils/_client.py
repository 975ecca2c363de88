# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Do one named operation: pace, sign, send, judge, then repeat or raise. Records what was called."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Callable, NamedTuple

from . import _retry, _transport
from ._credentials import Credentials, secrets_of
from ._errors import Kind, LiveError
from ._operations import OPERATIONS, VERSION, Operation
from ._pacing import Pace
from ._reach import Reach
from ._signing import canonical_query, flatten, signed_headers
from ._transport import NoReply, Transport
from ._verdict import Verdict, judge_answer, judge_silence

# A call does not leave with less time than this for its answer, in seconds: it would only end a write as unknown.
_LEAST_TIME = 0.2
# A connection that is not open this long before the last moment was given up because of it, in seconds.
_CLOSE = 0.01
# A call that takes longer than this says so, in seconds.
_QUIET = 3.0


class Clock(NamedTuple):
    """Time as the client needs it: `wall` in seconds since the epoch, `monotonic` and `sleep` in seconds."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass
class Client:
    """The API of one account for one task. `api_calls` lists every call with its attempts, for the result.

    `waiting` is told what a call that takes long waits for, and how long it may still take in seconds.
    """

    credentials: Credentials
    transport: Transport
    clock: Clock
    pace: Pace
    region_id: str | None = None
    api_calls: list[dict[str, Any]] = field(default_factory=list)
    jitter: Callable[[], float] = random.random
    reach: Reach = field(default_factory=Reach)
    waiting: Callable[[str, float], None] = lambda what, left: None

    def twin(self) -> Client:
        """A client for another thread: the same identity and pace, with a session and a record of its own."""
        return replace(self, transport=self.transport.twin(), api_calls=[])

    def call(self, action: str, parameters: Mapping[str, Any], deadline: float) -> dict[str, Any]:
        """Do one operation until `deadline` (monotonic seconds) and return the answer's object.

        Raises LiveError. Its outcome is `unknown` when a write may have been done and nothing proves it, which is the
        case after every ambiguous attempt of a write that must not simply be repeated.
        """
        course = _Course(OPERATIONS[action], self.clock)
        self.api_calls.append(course.record)
        while True:
            began = self.clock.monotonic()
            verdict = self._attempt(course, parameters, deadline)
            if verdict.too_late and course.last is not None and not course.last.too_late:
                # What the last attempt came to says more than that there was no time for another.
                raise self._failure(course, course.last)
            course.note(verdict)
            if verdict.answer is not None:
                return verdict.answer
            decision = _retry.decide(
                repeat=course.operation.repeat,
                kind=verdict.kind,
                attempt=course.record["attempts"],
                left=self._left(verdict, began, deadline),
                jitter=self.jitter(),
                server_pause=verdict.server_pause,
                garbled=course.garbled,
            )
            if decision.step != _retry.SEND:
                raise self._failure(course, verdict)
            self._tell(course, verdict.message, deadline)
            self.clock.sleep(decision.delay)

    def _left(self, verdict: Verdict, began: float, deadline: float) -> float:
        """How much longer to try after an attempt that began at `began`, in seconds."""
        now = self.clock.monotonic()
        left = deadline - now
        if verdict.kind != _retry.NOT_SENT or verdict.too_late:
            return left
        return min(left, self.reach.patience(verdict.nobody, began, now))

    def _tell(self, course: _Course, why: str, deadline: float) -> None:
        if course.elapsed() >= _QUIET:
            action, left = course.operation.name, max(0.0, deadline - self.clock.monotonic())
            place = self.transport.endpoint.place
            words = f"{why}; trying again" if why else f"waiting for an answer from {place}"
            self.waiting(f"{action}: {words}", left)

    def _attempt(self, course: _Course, parameters: Mapping[str, Any], deadline: float) -> Verdict:
        operation = course.operation
        lane = self.pace.lane(operation.name, operation.qps)
        latest = deadline - _LEAST_TIME
        pause = lane.pause(latest)
        if pause is None:
            message = f"the limit of {operation.qps} calls a second left no room for it"
            return Verdict(_retry.NOT_SENT, message=message, too_late=True)
        self.clock.sleep(pause)
        left = deadline - self.clock.monotonic()
        if left <= _LEAST_TIME:
            return Verdict(_retry.NOT_SENT, message="there was no time left to send it", too_late=True)
        query = canonical_query(flatten({"RegionId": self.region_id, **parameters}))
        headers = self._sign(operation.name, query)
        try:
            reply = self.transport.send(
                query,
                headers,
                timeout=left,
                departure=lambda: lane.departure(latest),
                waiting=lambda: self._tell(course, "", deadline),
            )
        except NoReply as failure:
            if failure.stage in (_transport.LOST, _transport.UNREADABLE):
                self.reach.note_worked()
            too_late = failure.stage == _transport.NOT_SENT and latest - self.clock.monotonic() < _CLOSE
            return judge_silence(failure, too_late)
        self.reach.note_worked()
        verdict = judge_answer(operation.name, reply)
        if verdict.kind == Kind.GATE:
            lane.throttled()
        return verdict

    def _sign(self, action: str, query: str) -> dict[str, str]:
        """Every attempt has a date and a nonce of its own."""
        return signed_headers(
            host=self.transport.endpoint.host,
            action=action,
            version=VERSION,
            date=datetime.fromtimestamp(self.clock.wall(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            nonce=os.urandom(16).hex(),
            query=query,
            key_id=self.credentials.access_key_id,
            key_secret=self.credentials.access_key_secret,
            security_token=self.credentials.security_token,
        )

    def _failure(self, course: _Course, verdict: Verdict) -> LiveError:
        # Loading what makes words of it costs time in every new process, and a task that goes well does without.
        from ._failure import failure_of

        if verdict.kind == _retry.NOT_SENT and not verdict.too_late and not self.reach.worked:
            self.reach.give_up()
            verdict = verdict._replace(code="ConnectionFailed")
        return failure_of(
            course.operation,
            verdict,
            endpoint=self.transport.endpoint,
            attempts=course.record["attempts"],
            elapsed=course.elapsed(),
            ambiguous=course.ambiguous,
            now=self.clock.wall(),
            secrets=secrets_of(self.credentials),
        )


class _Course:
    """How one call has gone so far: `record` is what the result tells of it, `last` what the last attempt came to."""

    def __init__(self, operation: Operation, clock: Clock) -> None:
        self.operation = operation
        self.record: dict[str, Any] = {
            "action": operation.name,
            "attempts": 0,
            "throttled": 0,
            "http_status": None,
            "request_id": None,
            "elapsed_ms": None,
        }
        self.last: Verdict | None = None
        self.ambiguous = False
        self.garbled = 0
        self._clock = clock
        self._started = clock.monotonic()

    def elapsed(self) -> float:
        """The time since the call began, in seconds."""
        return self._clock.monotonic() - self._started

    def note(self, verdict: Verdict) -> None:
        """Note one more attempt. What came too late never left, and `attempts` says how often the call was sent."""
        self.record.update(
            attempts=self.record["attempts"] + (not verdict.too_late),
            throttled=self.record["throttled"] + (verdict.kind == Kind.GATE),
            http_status=verdict.http_status,
            request_id=verdict.request_id,
            elapsed_ms=round(self.elapsed() * 1000),
        )
        self.last = verdict
        self.garbled += verdict.kind == _retry.GARBLED
        self.ambiguous = self.ambiguous or (self.operation.writes and verdict.kind in _retry.AMBIGUOUS)
