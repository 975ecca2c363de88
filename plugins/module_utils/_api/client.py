# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Do one named operation: pace, sign, send, judge, then repeat or raise. Records what was called."""

from __future__ import annotations

import contextlib
import math
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Callable, NamedTuple

from .._credentials.resolve import Credentials, secrets_of
from .._errors.error import LiveError
from .._errors.kind import Kind, Outcome
from . import retry
from .answer import Verdict, judge_answer, judge_silence
from .operations import OPERATIONS, VERSION, Operation
from .pacing import Pace, RateLimiter
from .reach import Reach
from .signing import canonical_query, flatten, signed_headers
from .transport import HeldBack, NoReply, Transport

# A call does not leave with less time than this for its answer, in seconds: it would only end a write as unknown.
_LEAST_TIME = 0.2
# A connection that is not open this long before the last moment was given up because of it, in seconds.
_CLOSE = 0.01
# A call that takes longer than this says so, in seconds.
_QUIET = 3.0


# Asked whether a write may leave in so many seconds. It keeps it from leaving by raising Stale or LiveError.
Guard = Callable[[float], None]


class Stale(Exception):
    """The write was kept back, since what it was planned on is too old. Read and plan again.

    `failure` is what became of the last attempt before, or None. `ambiguous`: one of them may have been carried out.
    """

    def __init__(self) -> None:
        super().__init__("the read is too old")
        self.failure: LiveError | None = None
        self.ambiguous = False


class Clock(NamedTuple):
    """Time as the client needs it: `wall` in seconds since the epoch, `monotonic` and `sleep` in seconds."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


class Sent:
    """Whether a write of the task may have been carried out. `maybe` is set before the first byte of it leaves."""

    def __init__(self) -> None:
        self.maybe = False


class Place:
    """A place in the queue of one operation for one call and its repeats: when it may leave, and how often it did.

    `garbled` of the `attempts` were answered with nonsense, `failure` is what became of the last one, once the guard
    held another back.
    """

    def __init__(self, limiter: RateLimiter, clock: Clock) -> None:
        self.limiter = limiter
        self.attempts = 0
        self.garbled = 0
        self.failure: LiveError | None = None
        self._clock = clock
        self._moment: float | None = None

    def reserve(self, latest: float, delay: float = 0.0) -> None:
        """Reserve a moment after `delay` seconds, in place of any before. There may be none until `latest`."""
        pause = self.limiter.pause(latest, delay)
        self._moment = None if pause is None else self._clock.monotonic() + pause

    def left(self) -> float:
        """Seconds until the reserved moment; 0 when there is none."""
        return 0.0 if self._moment is None else max(0.0, self._moment - self._clock.monotonic())

    def pause(self, latest: float) -> float | None:
        """Seconds until the next attempt may leave; None when that is after `latest`."""
        if self._moment is None:
            self.reserve(latest)
        if self._moment is None or self._moment > latest:
            return None
        return self.left()

    def leave(self) -> None:
        """Use the reservation up."""
        self._moment = None

    def note(self, verdict: Verdict) -> None:
        """Note what an attempt came to."""
        self.attempts += not verdict.too_late
        self.garbled += verdict.kind == Kind.GARBLED

    def give_back(self) -> None:
        """Let others have the place."""
        if self._moment is not None:
            self._moment = None
            self.limiter.give_back()


@dataclass
class Client:
    """The API of one account for one task. `api_calls` lists every call with its attempts, for the result.

    `waiting` is told what a call that takes long waits for, and how long it may still take in seconds. `departed` is
    when the last request left, `opening` how long its connection took to open; monotonic seconds.
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
    sent: Sent = field(default_factory=Sent)
    departed: float = 0.0
    opening: float = 0.0

    def clone(self) -> Client:
        """A client for another thread: the same identity and pace, with a session and a record of its own."""
        return replace(self, transport=self.transport.clone(), api_calls=[])

    def place(self, action: str) -> Place:
        """A place in the queue of an operation, with nothing reserved yet."""
        return Place(self.pace.limiter(action, OPERATIONS[action].qps), self.clock)

    def call(
        self,
        action: str,
        parameters: Mapping[str, Any],
        deadline: float,
        *,
        repeat: str | None = None,
        guard: Guard | None = None,
        place: Place | None = None,
    ) -> dict[str, Any]:
        """Do one operation until `deadline` (monotonic seconds) and return the answer's object.

        `repeat` is the policy of this call, where it is another than that of its operation.

        `guard` is asked before each attempt, and once more when it is about to leave. Raises Stale when the guard does,
        and otherwise LiveError. Its outcome is `unknown` when a write may have been done and nothing proves it, which
        is the case after every ambiguous attempt of a write that must not simply be repeated.
        """
        call = _CallRecord(OPERATIONS[action], repeat, self.clock)
        place = place or self.place(action)
        self.api_calls.append(call.record)
        try:
            return self._repeat(call, parameters, deadline, guard, place)
        except HeldBack as held:
            raise self._held_back(call, place, held.why) from None

    def _repeat(
        self, call: _CallRecord, parameters: Mapping[str, Any], deadline: float, guard: Guard | None, place: Place
    ) -> dict[str, Any]:
        while True:
            began = self.clock.monotonic()
            verdict = self._attempt(call, parameters, deadline, place, guard)
            if verdict.too_late and call.last is not None and not call.last.too_late:
                # What the last attempt came to says more than that there was no time for another.
                raise self._failure(call, call.last)
            if verdict.too_late and call.last is None and place.failure:
                raise place.failure
            call.note(verdict)
            place.note(verdict)
            if verdict.answer is not None:
                return verdict.answer
            decision = retry.decide(
                repeat=call.repeat,
                kind=verdict.kind,
                attempt=place.attempts,
                left=self._left(verdict, began, deadline),
                jitter=self.jitter(),
                server_pause=verdict.server_pause,
                garbled=place.garbled,
            )
            if decision.step != retry.SEND:
                raise self._failure(call, verdict)
            self._tell(call, verdict.message, deadline)
            place.reserve(deadline - _LEAST_TIME, decision.delay)
            if verdict.kind in retry.AMBIGUOUS:
                # It may have changed what the write was planned on, so that read is as old as can be.
                _check(guard, math.inf)

    def _left(self, verdict: Verdict, began: float, deadline: float) -> float:
        """How much longer to try after an attempt that began at `began`, in seconds."""
        now = self.clock.monotonic()
        left = deadline - now
        if verdict.kind != Kind.NOT_SENT or verdict.too_late:
            return left
        return min(left, self.reach.patience(verdict.nobody, began, now))

    def _tell(self, call: _CallRecord, why: str, deadline: float) -> None:
        if call.elapsed() >= _QUIET:
            action, left = call.operation.name, max(0.0, deadline - self.clock.monotonic())
            words = f"{why}; trying again" if why else f"waiting for an answer from {self.transport.endpoint.place}"
            self.waiting(f"{action}: {words}", left)

    def _attempt(
        self, call: _CallRecord, parameters: Mapping[str, Any], deadline: float, place: Place, guard: Guard | None
    ) -> Verdict:
        operation = call.operation
        latest = deadline - _LEAST_TIME
        pause = place.pause(latest)
        if pause is None:
            message = f"the limit of {operation.qps} calls a second left no room for it"
            return Verdict(Kind.NOT_SENT, message=message, too_late=True)
        _check(guard, pause)
        self.clock.sleep(pause)
        place.leave()
        left = deadline - self.clock.monotonic()
        if left <= _LEAST_TIME:
            return Verdict(Kind.NOT_SENT, message="there was no time left to send it", too_late=True)
        # No connection is opened for what may not leave.
        _check(guard)
        query = canonical_query(flatten({"RegionId": self.region_id, **parameters}))
        headers = self._sign(operation.name, query)
        began, sent_before = self.clock.monotonic(), self.sent.maybe

        @contextlib.contextmanager
        def departure() -> Iterator[None]:
            self.opening = self.clock.monotonic() - began
            with place.limiter.departure(latest, lambda: _check(guard)):
                self.departed = self.clock.monotonic()
                self.sent.maybe = self.sent.maybe or operation.writes
                yield

        try:
            reply = self.transport.send(
                query,
                headers,
                timeout=left,
                departure=departure,
                waiting=lambda: self._tell(call, "", deadline),
            )
        except NoReply as failure:
            if failure.stage in (Kind.LOST, Kind.GARBLED):
                self.reach.note_worked()
            too_late = failure.stage == Kind.NOT_SENT and latest - self.clock.monotonic() < _CLOSE
            verdict = judge_silence(failure, too_late)
        else:
            self.reach.note_worked()
            verdict = judge_answer(operation.name, reply, self._unshown(headers))
        if verdict.answer is None and verdict.kind not in retry.AMBIGUOUS:
            self.sent.maybe = sent_before
        if verdict.kind == Kind.THROTTLED:
            place.limiter.throttled()
        return verdict

    def _held_back(self, call: _CallRecord, place: Place, why: Exception) -> Exception:
        """What to raise when the guard held an attempt back. A call that never left is no call."""
        if call.record["attempts"] == 0:
            # By identity: two records may look the same.
            self.api_calls[:] = [record for record in self.api_calls if record is not call.record]
        if isinstance(why, Stale):
            place.failure = self._failure(call, call.last) if call.last else place.failure
            why.failure = place.failure
            why.ambiguous = call.ambiguous
        elif isinstance(why, LiveError) and call.ambiguous:
            return why.replaced(why.message, outcome=Outcome.UNKNOWN)
        return why

    def _unshown(self, headers: Mapping[str, str]) -> tuple[str, ...]:
        """What an answer may repeat and no output may show: the secrets, and the signature that was sent."""
        authorization = headers["authorization"]
        return (*secrets_of(self.credentials), authorization, authorization.rpartition("=")[2])

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

    def _failure(self, call: _CallRecord, verdict: Verdict) -> LiveError:
        # Loading what makes words of it costs time in every new process, and a task that goes well does without.
        from .failure import failure_of

        if verdict.kind == Kind.NOT_SENT and not verdict.too_late and not self.reach.worked:
            self.reach.give_up()
            verdict = verdict._replace(code="ConnectionFailed")
        return failure_of(
            call.operation,
            verdict,
            repeat=call.repeat,
            endpoint=self.transport.endpoint,
            attempts=call.record["attempts"],
            elapsed=call.elapsed(),
            ambiguous=call.ambiguous,
            now=self.clock.wall(),
            secrets=secrets_of(self.credentials),
            temporary=self.credentials.temporary,
        )


def _check(guard: Guard | None, delay: float = 0.0) -> None:
    """Ask the guard; what it raises is wrapped for its way through the HTTP libraries."""
    if guard is None:
        return
    try:
        guard(delay)
    except (Stale, LiveError) as why:
        raise HeldBack(why) from None


class _CallRecord:
    """How one call has gone so far: `record` is what the result tells of it, `last` what the last attempt came to."""

    def __init__(self, operation: Operation, repeat: str | None, clock: Clock) -> None:
        self.operation = operation
        self.repeat = repeat or operation.repeat
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
        self._clock = clock
        self._started = clock.monotonic()

    def elapsed(self) -> float:
        """The time since the call began, in seconds."""
        return self._clock.monotonic() - self._started

    def note(self, verdict: Verdict) -> None:
        """Note one more attempt. What came too late never left, and `attempts` says how often the call was sent."""
        self.record.update(
            attempts=self.record["attempts"] + (not verdict.too_late),
            throttled=self.record["throttled"] + (verdict.kind == Kind.THROTTLED),
            http_status=verdict.http_status,
            request_id=verdict.request_id,
            elapsed_ms=round(self.elapsed() * 1000),
        )
        self.last = verdict
        self.ambiguous = self.ambiguous or (self.operation.writes and verdict.kind in retry.AMBIGUOUS)
