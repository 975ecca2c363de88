# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What one attempt came to. Judges an answer, or the lack of one, and knows nothing of what comes next."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .._errors import names
from .._errors.kind import Kind
from .operations import OPERATIONS
from .transport import NoReply, Reply

# Messages of these codes echo the request, so they are never shown.
_ECHOING_CODES = frozenset({"SignatureDoesNotMatch", "IncompleteSignature"})
_LONGEST_MESSAGE = 500
# Secrets are taken out before a text is cut, so that no piece of one is left at its end.
_LONGEST_READ = 20000
# A link to a help page, without a sign in which something could be wrapped up.
_LINK = re.compile(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/-]*)?(?:\?[A-Za-z0-9._~=&-]*)?")


class Verdict(NamedTuple):
    """What one attempt came to. `answer` is set on success only."""

    kind: Kind
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
    # Nothing was reached, and the network or a proxy said so.
    nobody: bool = False


def judge_silence(failure: NoReply, too_late: bool) -> Verdict:
    """Judge an attempt without a usable answer. `too_late`: it was given up since there was no time left for it."""
    code = "ConnectionFailed" if failure.stage is Kind.UNTRUSTED else ""
    return Verdict(failure.stage, code=code, message=failure.reason, too_late=too_late, nobody=failure.nobody)


def judge_answer(action: str, reply: Reply, secrets: tuple[str, ...] = ()) -> Verdict:
    """Judge an HTTP answer to a call of the operation `action`. `secrets`: what it may repeat and nobody may see."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    base: dict[str, Any] = {"http_status": reply.status, "server_date": headers.get("date")}
    if 300 <= reply.status < 400:
        return Verdict(
            Kind.FAILURE,
            code="InvalidAnswer",
            message="the endpoint answered with a redirect, which is refused",
            **base,
        )
    pause = _server_pause(headers.get("x-acs-retry-after", ""))
    body = _json_object(reply.body)
    if body is None:
        return _judge_unreadable(action, reply.status, pause, base)
    base["request_id"] = names.request_id(body.get("RequestId") or body.get("requestId"), secrets)
    code = names.error_code(body.get("Code") or body.get("code"), secrets)
    if 200 <= reply.status < 300 and code in ("", "OK", "Success", "200"):
        # A right answer may repeat what was sent as well.
        shown = {"RequestId": base["request_id"]} if "RequestId" in body else {}
        return Verdict(Kind.DONE, answer={**body, **shown}, **base)
    if not code:
        return _judge_unreadable(action, reply.status, pause, base)
    return _judge_error(action, reply.status, pause, code, body, base, secrets)


def _judge_error(
    action: str,
    status: int,
    pause: float | None,
    code: str,
    body: Mapping[str, Any],
    base: dict[str, Any],
    secrets: tuple[str, ...],
) -> Verdict:
    silent = code in _ECHOING_CODES
    details = body.get("AccessDeniedDetail")
    if not isinstance(details, Mapping) or names.holds(str(details.get("AuthAction")), secrets):
        details = {"AuthAction": OPERATIONS[action].ram_action}
    return Verdict(
        kind=_classify(code, status, action, retry_after=pause is not None),
        code=code,
        from_api=True,
        message="" if silent else (_short_text(body.get("Message") or body.get("message"), secrets) or ""),
        recommend=None if silent else _short_text(body.get("Recommend"), secrets),
        details=details,
        server_pause=pause or 0.0,
        **base,
    )


def _judge_unreadable(action: str, status: int, pause: float | None, base: dict[str, Any]) -> Verdict:
    """Judge an answer without an error code: something on the way spoke, or the service is in trouble."""
    message = f"HTTP status {status} and no answer of the API"
    if status < 300:
        # Also 101, which nobody asked for.
        return Verdict(Kind.GARBLED, message=message, **base)
    kind = _classify("", status, action, retry_after=pause is not None)
    code = "" if kind in (Kind.THROTTLED, Kind.LOST, Kind.UNAVAILABLE) else "InvalidAnswer"
    return Verdict(kind, code=code, message=message, server_pause=pause or 0.0, **base)


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _server_pause(header: str) -> float | None:
    """x-acs-retry-after is in milliseconds."""
    return int(header) / 1000 if header.isascii() and header.isdigit() and len(header) < 10 else None


def _short_text(value: Any, secrets: tuple[str, ...]) -> str | None:
    """What may be shown of a text in an answer. A link keeps its query, unless there is a secret in it."""
    # Loading what redacts costs time in every new process, and a task that goes well does without.
    from .._errors.redaction import hide, redact

    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    text = "".join(character if character.isprintable() else " " for character in str(value)[:_LONGEST_READ])
    return (hide if _LINK.fullmatch(text) else redact)(text, secrets)[:_LONGEST_MESSAGE] or None


def _classify(code: str, status: int, action: str, retry_after: bool) -> Kind:
    # Loading the table of codes costs time in every new process, and a task that goes well does without.
    from .._errors.explain import classify

    return classify(code, status, action, retry_after=retry_after)
