# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The error of a call that failed, with all that is known and no secret."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from .._errors.error import LiveError
from .._errors.explain import denied_action, explain, ram_statement
from .._errors.kind import Kind, Outcome
from .._errors.redaction import redact
from . import retry
from .answer import Verdict
from .endpoint import Endpoint
from .operations import REPEAT_ONCE, REPEAT_REREAD, Operation

_NO_CONNECTION = (
    "The last attempt reached nothing. If none ever does, check the option endpoint, or ALIBABA_CLOUD_LIVE_ENDPOINT in "
    "the environment, then the proxy and the network path."
)
_NOBODY_HERE = (
    "That is this machine. Start what should listen there. Studios of a rehearsal have another port each time: set "
    "ALIBABA_CLOUD_LIVE_ENDPOINT to the one that apsara.live.hold_rehearsal prints, or unset it to reach the service."
)


def failure_of(
    operation: Operation,
    verdict: Verdict,
    *,
    repeat: str,
    endpoint: Endpoint,
    attempts: int,
    elapsed: float,
    ambiguous: bool,
    now: float,
    secrets: tuple[str, ...],
    temporary: bool = False,
) -> LiveError:
    """The error of a call whose last attempt came to `verdict`.

    `repeat` is the policy of the call. `elapsed` is in seconds, `now` in seconds since the epoch.
    `ambiguous`: an attempt may have been carried out. `temporary`: the call was signed with a temporary key.
    """
    code = verdict.code or _own_code(repeat, verdict)
    meaning = explain(code, operation.name, temporary)
    message = _words(operation, verdict, code, meaning.sentence, endpoint.place, attempts, elapsed)
    return LiveError(
        redact(message, secrets),
        code=code,
        outcome=Outcome.UNKNOWN if ambiguous else (Outcome.FAILED if verdict.from_api else Outcome.REFUSED),
        http_status=verdict.http_status,
        request_id=verdict.request_id,
        action=operation.name,
        hint=_hint(verdict, meaning.hint, endpoint, now),
        recommend=verdict.recommend,
        retryable=verdict.kind in retry.AMBIGUOUS or verdict.kind in (Kind.THROTTLED, Kind.BUSY, Kind.NOT_SENT),
        details={"kind": verdict.kind, "server_pause": verdict.server_pause},
    )


def _hint(verdict: Verdict, hint: str, endpoint: Endpoint, now: float) -> str:
    if verdict.kind == Kind.NOT_SENT and not verdict.too_late:
        return _NOBODY_HERE if verdict.nobody and endpoint.is_here else _NO_CONNECTION
    if verdict.kind == Kind.DENIED:
        missing = denied_action(verdict.details)
        return f"{hint} Add this statement to the RAM policy: {ram_statement(missing)}" if missing else hint
    if verdict.kind == Kind.CLOCK:
        here = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{hint} The clock here says {here}; the service says {_date_words(verdict.server_date)}."
    return hint


def _own_code(repeat: str, verdict: Verdict) -> str:
    if verdict.kind == Kind.GARBLED:
        return "InvalidAnswer"
    if repeat in (REPEAT_REREAD, REPEAT_ONCE) and verdict.kind in retry.AMBIGUOUS:
        return "ConnectionFailed" if verdict.http_status is None else "InvalidAnswer"
    return "DeadlineExceeded"


def _words(
    operation: Operation, verdict: Verdict, code: str, sentence: str, place: str, attempts: int, elapsed: float
) -> str:
    parts = [f"{operation.name} failed: {sentence}"]
    if verdict.message:
        what = "happened" if verdict.http_status is None else "came back"
        parts.append(f"What {what}: {verdict.message.rstrip('.')}.")
    if attempts > 1 or code == "DeadlineExceeded":
        parts.append(f"Gave up after {attempts} attempt{'s' * (attempts != 1)} in {elapsed:.1f} s.")
    facts = [code]
    if verdict.http_status is not None:
        facts.append(f"HTTP {verdict.http_status}")
    if verdict.request_id:
        facts.append(f"request id {verdict.request_id}")
    if not verdict.from_api and place not in verdict.message:
        # Where the service itself did not speak, the place that was asked may be the mistake.
        facts.append(place)
    parts.append(f"({', '.join(facts)})")
    return " ".join(parts)


def _date_words(header: str | None) -> str:
    try:
        return parsedate_to_datetime(header or "").astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, IndexError, OverflowError):
        return "nothing about its own"
