# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Do one named operation: pace, sign, send, judge, then repeat or raise. Records what was called."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Callable, NoReturn

from . import _retry, _transport
from ._credentials import Credentials, secrets_of
from ._errors import Kind, LiveError, classify, denied_action, explain, hide, ram_statement, redact
from ._operations import OPERATIONS, REPEAT_REREAD, VERSION, Operation
from ._pacing import Pace
from ._signing import canonical_query, flatten, signed_headers
from ._transport import NoReply, Reply, Transport

# Messages of these codes echo the request, so they are never shown.
_ECHOING_CODES = frozenset({"SignatureDoesNotMatch", "IncompleteSignature"})
_LONGEST_MESSAGE = 500
# A call does not leave with less time than this for its answer, in seconds: it would only end a write as unknown.
_LEAST_TIME = 0.2
# A connection that is not open this long before the last moment was given up because of it, in seconds.
_CLOSE = 0.01
_STAGE_KINDS = {
    _transport.NOT_SENT: _retry.NOT_SENT,
    _transport.UNTRUSTED: Kind.FAILURE,
    _transport.LOST: Kind.LOST,
    _transport.UNREADABLE: _retry.GARBLED,
}


@dataclass(frozen=True)
class Clock:
    """Time as the client needs it: `wall` in seconds since the epoch, `monotonic` and `sleep` in seconds."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class _Verdict:
    """What one attempt came to. `answer` is set on success only."""

    kind: str
    answer: dict[str, Any] | None = None
    code: str = ""
    from_api: bool = False
    message: str = ""
    http_status: int | None = None
    request_id: str | None = None
    recommend: str | None = None
    details: Any = None
    server_pause: float = 0.0
    server_date: str | None = None
    # Nothing was sent, since there was no time for it.
    too_late: bool = False


@dataclass
class Client:
    """The API of one account for one task. `api_calls` lists every call with its attempts, for the result."""

    credentials: Credentials
    transport: Transport
    clock: Clock
    pace: Pace
    region_id: str | None = None
    api_calls: list[dict[str, Any]] = field(default_factory=list)
    jitter: Callable[[], float] = random.random

    def twin(self) -> Client:
        """A client for another thread: the same identity and pace, with a session and a record of its own."""
        return replace(self, transport=self.transport.twin(), api_calls=[])

    def call(self, action: str, parameters: Mapping[str, Any], deadline: float) -> dict[str, Any]:
        """Do one operation until `deadline` (monotonic seconds) and return the answer's object.

        Raises LiveError. Its outcome is `unknown` when a write may have been done and nothing proves it, which is the
        case after every ambiguous attempt of a write that must not simply be repeated.
        """
        operation = OPERATIONS[action]
        started = self.clock.monotonic()
        record: dict[str, Any] = {"action": action, "attempts": 0, "throttled": 0}
        record.update(dict.fromkeys(("http_status", "request_id", "elapsed_ms")))
        self.api_calls.append(record)
        ambiguous = False
        garbled = 0
        last: _Verdict | None = None
        while True:
            verdict = self._attempt(operation, parameters, deadline)
            if verdict.too_late and last is not None and not last.too_late:
                # What the last attempt came to says more than that there was no time for another.
                self._raise(operation, last, record["attempts"], self.clock.monotonic() - started, ambiguous)
            last = verdict
            # What came too late never left, and `attempts` says how often the call was sent.
            record["attempts"] += 0 if verdict.too_late else 1
            record["throttled"] += verdict.kind == Kind.GATE
            record["http_status"] = verdict.http_status
            record["request_id"] = verdict.request_id
            record["elapsed_ms"] = round((self.clock.monotonic() - started) * 1000)
            if verdict.answer is not None:
                return verdict.answer
            garbled += verdict.kind == _retry.GARBLED
            ambiguous = ambiguous or (operation.writes and verdict.kind in _retry.AMBIGUOUS)
            decision = _retry.decide(
                repeat=operation.repeat,
                kind=verdict.kind,
                attempt=record["attempts"],
                left=deadline - self.clock.monotonic(),
                jitter=self.jitter(),
                server_pause=verdict.server_pause,
                garbled=garbled,
            )
            if decision.step != _retry.SEND:
                self._raise(operation, verdict, record["attempts"], self.clock.monotonic() - started, ambiguous)
            self.clock.sleep(decision.delay)

    def _attempt(self, operation: Operation, parameters: Mapping[str, Any], deadline: float) -> _Verdict:
        lane = self.pace.lane(operation.name, operation.qps)
        latest = deadline - _LEAST_TIME
        pause = lane.pause(latest)
        if pause is None:
            message = f"the limit of {operation.qps} calls a second left no room for it"
            return _Verdict(_retry.NOT_SENT, message=message, too_late=True)
        self.clock.sleep(pause)
        left = deadline - self.clock.monotonic()
        if self.clock.monotonic() >= latest:
            return _Verdict(_retry.NOT_SENT, message="there was no time left to send it", too_late=True)
        business = {"RegionId": self.region_id, **parameters} if self.region_id else parameters
        query = canonical_query(flatten(business))
        headers = signed_headers(
            host=self.transport.endpoint.host,
            action=operation.name,
            version=VERSION,
            date=datetime.fromtimestamp(self.clock.wall(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            nonce=uuid.uuid4().hex,
            query=query,
            key_id=self.credentials.access_key_id,
            key_secret=self.credentials.access_key_secret,
            security_token=self.credentials.security_token,
        )
        try:
            reply = self.transport.send(query, headers, timeout=left, departure=lambda: lane.departure(latest))
        except NoReply as failure:
            code = "ConnectionFailed" if failure.stage == _transport.UNTRUSTED else ""
            too_late = failure.stage == _transport.NOT_SENT and latest - self.clock.monotonic() < _CLOSE
            return _Verdict(_STAGE_KINDS[failure.stage], code=code, message=failure.reason, too_late=too_late)
        verdict = _judge(operation.name, reply)
        if verdict.kind == Kind.GATE:
            lane.throttled()
        return verdict

    def _raise(
        self, operation: Operation, verdict: _Verdict, attempts: int, elapsed: float, ambiguous: bool
    ) -> NoReturn:
        code = verdict.code or _own_code(operation, verdict)
        meaning = explain(code, operation.name)
        outcome = "unknown" if ambiguous else ("failed" if verdict.from_api else "refused")
        hint = self._hint(verdict, code, meaning.hint)
        message = _failure_words(operation, verdict, code, meaning.sentence, attempts, elapsed)
        raise LiveError(
            redact(message, secrets_of(self.credentials)),
            code=code,
            outcome=outcome,
            http_status=verdict.http_status,
            request_id=verdict.request_id,
            action=operation.name,
            hint=hint,
            recommend=hide(verdict.recommend, secrets_of(self.credentials)) if verdict.recommend else None,
            retryable=verdict.kind in _retry.AMBIGUOUS or verdict.kind in (Kind.GATE, Kind.BUSY, _retry.NOT_SENT),
            details={"kind": verdict.kind, "server_pause": verdict.server_pause},
        )

    def _hint(self, verdict: _Verdict, code: str, hint: str) -> str:
        if verdict.kind == Kind.DENIED:
            missing = denied_action(verdict.details)
            return f"{hint} Add this statement to the RAM policy: {ram_statement(missing)}" if missing else hint
        if verdict.kind == Kind.CLOCK:
            here = datetime.fromtimestamp(self.clock.wall(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            return f"{hint} The clock here says {here}; the service says {_date_words(verdict.server_date)}."
        return hint


def _judge(action: str, reply: Reply) -> _Verdict:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    base: dict[str, Any] = {"http_status": reply.status, "server_date": headers.get("date")}
    if 300 <= reply.status < 400:
        return _Verdict(
            Kind.FAILURE,
            code="InvalidAnswer",
            message="the endpoint answered with a redirect, which is refused",
            **base,
        )
    pause = _server_pause(headers.get("x-acs-retry-after", ""))
    body = _json_object(reply.body)
    if body is None:
        return _judge_unreadable(action, reply.status, pause, base)
    base["request_id"] = _short_text(body.get("RequestId") or body.get("requestId"))
    code = _error_code(body.get("Code") or body.get("code"))
    if 200 <= reply.status < 300 and code in ("", "OK", "Success", "200"):
        return _Verdict(kind="", answer=body, **base)
    if not code:
        return _judge_unreadable(action, reply.status, pause, base)
    details = body.get("AccessDeniedDetail")
    return _Verdict(
        kind=classify(code, reply.status, action, retry_after=pause is not None),
        code=code,
        from_api=True,
        message="" if code in _ECHOING_CODES else (_short_text(body.get("Message") or body.get("message")) or ""),
        recommend=None if code in _ECHOING_CODES else _short_text(body.get("Recommend")),
        details=details if isinstance(details, Mapping) else {"AuthAction": OPERATIONS[action].ram_action},
        server_pause=pause or 0.0,
        **base,
    )


def _judge_unreadable(action: str, status: int, pause: float | None, base: dict[str, Any]) -> _Verdict:
    """Judge an answer without an error code: something on the way spoke, or the service is in trouble."""
    message = f"HTTP status {status} and no answer of the API"
    if 200 <= status < 300:
        return _Verdict(_retry.GARBLED, message=message, **base)
    kind = classify("", status, action, retry_after=pause is not None)
    code = "" if kind in (Kind.GATE, Kind.LOST, Kind.UNAVAILABLE) else "InvalidAnswer"
    return _Verdict(kind, code=code, message=message, server_pause=pause or 0.0, **base)


def _own_code(operation: Operation, verdict: _Verdict) -> str:
    if verdict.kind == _retry.GARBLED:
        return "InvalidAnswer"
    if operation.repeat == REPEAT_REREAD and verdict.kind in _retry.AMBIGUOUS:
        return "ConnectionFailed" if verdict.http_status is None else "InvalidAnswer"
    return "DeadlineExceeded"


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _server_pause(header: str) -> float | None:
    """x-acs-retry-after is in milliseconds."""
    return int(header) / 1000 if header.isascii() and header.isdigit() and len(header) < 10 else None


def _short_text(value: Any) -> str | None:
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    text = "".join(character if character.isprintable() else " " for character in str(value))
    return text[:_LONGEST_MESSAGE] or None


def _error_code(value: Any) -> str:
    """A code is a name. Anything else that stands in its place is cut down to what a name may hold."""
    return "".join(character for character in _short_text(value) or "" if character.isalnum() or character in "._-")[
        :100
    ]


def _failure_words(
    operation: Operation, verdict: _Verdict, code: str, sentence: str, attempts: int, elapsed: float
) -> str:
    parts = [f"{operation.name} failed: {sentence}"]
    if verdict.message:
        parts.append(f"What came back: {verdict.message.rstrip('.')}.")
    if attempts > 1 or code == "DeadlineExceeded":
        parts.append(f"Gave up after {attempts} attempt{'s' * (attempts != 1)} in {elapsed:.1f} s.")
    facts = [code]
    if verdict.http_status is not None:
        facts.append(f"HTTP {verdict.http_status}")
    if verdict.request_id:
        facts.append(f"request id {verdict.request_id}")
    parts.append(f"({', '.join(facts)})")
    return " ".join(parts)


def _date_words(header: str | None) -> str:
    try:
        return parsedate_to_datetime(header or "").astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, IndexError, OverflowError):
        return "nothing about its own"
