# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. One call: admission, limits, permission, parameters, state, in this order; faults between."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from ...module_utils._api.operations import OPERATIONS, VERSION, Operation
from . import faults, reply, responses, rules
from .admission import Admission
from .journal import Entry, Journal
from .limits import Limits
from .operations import SIMULATED
from .refusal import Refusal
from .reply import Reply
from .request import Request
from .store import Store
from .studios import AccessKey
from .unsimulated import UNSIMULATED
from .variants import Variants
from .xml_answer import as_xml

_UNKNOWN_ACTION = {"invalid_api": "InvalidApi.NotFound", "invalid_action": "InvalidAction.NotFound"}
_RAM_CODES = {"forbidden_ram": "Forbidden.RAM", "no_permission": "NoPermission", "forbidden_401": "Forbidden"}

# These happen in front of the service, whoever calls and whatever the signature.
_IN_FRONT = frozenset({"refuse", "reset_before", "unavailable", "bad_gateway", "redirect"})

_MANNERS = {
    "reset_before": reply.RESET,
    "reset_after": reply.RESET,
    "refuse": reply.REFUSE,
    "lost_answer": reply.HOLD,
    "slow": reply.WHOLE,
    "trickle": reply.TRICKLE,
}
_WITHHOLDING = frozenset({"reset_after", "lost_answer", "slow", "trickle", "interim"})
_SPOILING = frozenset({"truncated", "not_json", "not_object", "missing_list"})
_GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass
class _Call:
    """One call on its way through the service."""

    request: Request
    operation: Operation | None
    parameters: dict[str, str]
    caster_id: str | None
    fault: faults.Fault | None
    now: float
    request_id: str
    violation: bool
    effect: bool = False
    hit: bool = False
    echoed: str = ""

    @property
    def answer_id(self) -> str:
        """What stands in the answer as its request id; the journal keeps the real one."""
        return self.echoed or self.request_id

    @property
    def struck(self) -> str:
        """The kind of fault that hits this call, or the empty string."""
        return self.fault.kind if self.fault else ""


class Service:
    """The gateway and the studio behind it."""

    def __init__(
        self,
        *,
        account_id: str,
        admission: Admission,
        store: Store,
        limits: Limits,
        journal: Journal,
        fault_rules: faults.Faults,
        variants: Variants,
        clock: Callable[[], float],
    ) -> None:
        self._account_id = account_id
        self._admission = admission
        self._store = store
        self._limits = limits
        self._journal = journal
        self._faults = fault_rules
        self._variants = variants
        self._clock = clock
        self.read_only = False

    def answer(self, request: Request) -> Reply:
        """Answer one request and put it in the journal before the answer leaves."""
        call = self._look_at(request)
        outcome = "ok"
        try:
            answer = Reply(200, responses.encode({**self._carry_out(call), "RequestId": call.answer_id}), call.now)
        except Refusal as refusal:
            outcome = refusal.code
            body = responses.error(refusal, call.answer_id, request.host)
            answer = Reply(refusal.status, responses.encode(body), call.now, refusal.headers)
        if call.fault:
            call.hit = call.hit or _hits_answer(call, answer, outcome)
        if call.fault and call.hit:
            answer = _disturbed(call.fault, answer, request, call.answer_id)
            outcome = f"fault:{call.struck}"
        answer = replace(answer, headers={"x-acs-request-id": call.answer_id, **answer.headers})
        if request.wants_xml:
            answer = as_xml(answer, request.action)
        self._record(call, outcome, answer)
        if call.fault and call.fault.edit is not None and call.caster_id:
            self._store.edit(call.caster_id, call.fault.edit, self._clock(), request.tick)
        return answer

    def _look_at(self, request: Request) -> _Call:
        operation = OPERATIONS.get(request.action) if request.action in rules.SERVED else None
        parameters = _business(operation, request.parameters)
        caster_id = parameters.get("CasterId")
        fault = self._faults.strike(request.action, caster_id)
        skew = fault.seconds if fault and fault.kind == "skewed_clock" else 0.0
        return _Call(
            request=request,
            operation=operation,
            parameters=parameters,
            caster_id=caster_id,
            fault=fault,
            now=self._clock() + skew,
            request_id=responses.new_id(),
            violation=self.read_only and operation is not None and operation.writes,
        )

    def _carry_out(self, call: _Call) -> responses.Body:
        operation = _operation(call, _UNKNOWN_ACTION[self._variants["unknown_action"]])
        stopped_in_front = call.struck in _IN_FRONT and not _after_effect(call)
        try:
            key = self._admission.admit(call.request, call.now)
        except Refusal:
            if not stopped_in_front:
                raise
        if stopped_in_front:
            call.hit = True
            return {}
        _strike_identity(call)
        self._limits.admit(self._account_id, operation, call.request.tick)
        self._check_permission(call, operation, key)
        if call.violation:
            raise Refusal("EmulatorReadOnly")
        if call.struck == "error_500" and not _after_effect(call):
            call.hit = True
            raise Refusal("InternalError")
        rules.check_parameters(operation, call.parameters)
        body, call.effect = self._store.call(operation.name, call.parameters, call.now, call.request.tick)
        return body

    def _check_permission(self, call: _Call, operation: Operation, key: AccessKey) -> None:
        denied = any(fnmatchcase(operation.ram_action, pattern) for pattern in key.deny)
        if denied or call.struck == "ram_denial":
            call.hit = not denied
            detail = responses.access_denied(operation.ram_action, self._account_id, key.key_id)
            raise Refusal(_RAM_CODES[self._variants["ram_denial"]], detail=detail)

    def _record(self, call: _Call, outcome: str, answer: Reply) -> None:
        request = call.request
        answered = answer.manner not in (reply.RESET, reply.HOLD, reply.REFUSE)
        self._journal.add(
            Entry(
                at=round(request.arrived, 3),
                action=request.action,
                parameters=call.parameters,
                access_key_id=request.key_id,
                nonce=request.nonce,
                attempt_header=request.header("x-acs-retry-attempts") or None,
                caster_id=call.caster_id,
                outcome=outcome,
                http_status=answer.status if answered else None,
                effect=call.effect,
                violation=call.violation,
                request_id=call.request_id,
            )
        )


def _operation(call: _Call, unknown_action: str) -> Operation:
    request = call.request
    if request.method not in ("GET", "POST"):
        raise Refusal("UnsupportedHTTPMethod")
    # A missing version is the business of the signature, which has to cover it.
    if request.version not in ("", VERSION):
        raise Refusal("InvalidVersion")
    if request.path != "/" or call.operation is None:
        known = request.path == "/" and request.action in UNSIMULATED
        raise Refusal(unknown_action, _unsimulated(request.action) if known else "")
    return call.operation


def _unsimulated(action: str) -> str:
    return f"ApsaraVideo Live has the operation {action}, but the studio emulator does not simulate it."


def _business(operation: Operation | None, parameters: dict[str, str]) -> dict[str, str]:
    """The parameters that the operation has. Anything else may be a key or a signature of an older protocol."""
    if operation is None:
        return {}
    names = {parameter.name for parameter in SIMULATED[operation.name].parameters}
    return {name: value for name, value in parameters.items() if name.partition(".")[0] in names}


def _after_effect(call: _Call) -> bool:
    return bool(call.fault and call.fault.details.get("effect"))


def _strike_identity(call: _Call) -> None:
    fault = call.fault
    if fault is None or fault.kind not in ("expired_token", "throttle", "code", "echo"):
        return
    if fault.kind == "echo":
        _strike_echo(call, fault)
        return
    call.hit = True
    if fault.kind == "expired_token":
        raise Refusal("InvalidSecurityToken.Expired")
    if fault.kind == "throttle":
        raise Refusal("Throttling.User", headers=_retry_after(fault))
    raise Refusal(str(fault["code"]), str(fault["message"] or ""), status=int(fault["status"] or 0))


def _strike_echo(call: _Call, fault: faults.Fault) -> None:
    """The id of the answer, and with an error status all else in it, is what the client sent."""
    sent = "; ".join(f"{name}: {call.request.header(name)}" for name in sorted(call.request.headers))
    call.hit, call.echoed = True, sent
    if int(fault["status"]) == 200:
        return
    code = str(fault["code"] or call.request.header("authorization"))
    raise Refusal(code, sent, status=int(fault["status"]), detail={"AuthAction": sent, "AuthPrincipalOwnerId": sent})


def _retry_after(fault: faults.Fault) -> dict[str, str]:
    wait = fault["retry_after_ms"]
    return {} if wait is None else {"x-acs-retry-after": str(wait)}


def _hits_answer(call: _Call, answer: Reply, outcome: str) -> bool:
    """Whether a fault that waits for the answer strikes this one."""
    if call.struck == "skewed_clock":
        return outcome == "InvalidTimeStamp.Expired"
    if call.struck in _SPOILING:
        return answer.status == 200
    return call.struck in _WITHHOLDING or _after_effect(call)


def _disturbed(fault: faults.Fault, answer: Reply, request: Request, request_id: str) -> Reply:
    """The answer as this fault lets it out. A refusal that the fault caused is the answer already."""
    kind, seconds = fault.kind, fault.seconds
    if kind == "interim":
        return replace(answer, seconds=seconds, interim=tuple(102 + turn % 2 for turn in range(fault["count"])))
    if kind in _MANNERS:
        return replace(answer, manner=_MANNERS[kind], seconds=seconds)
    if kind in ("error_500", "unavailable"):
        refusal = Refusal("InternalError" if kind == "error_500" else "ServiceUnavailable")
        body = responses.encode(responses.error(refusal, request_id, request.host))
        return replace(answer, status=refusal.status, body=body, headers=_retry_after(fault))
    if kind == "bad_gateway":
        headers = _retry_after(fault)
        return replace(answer, status=502, body=_GATEWAY_PAGE, content_type="text/html", headers=headers)
    if kind == "redirect":
        location = fault["location"] or f"http://127.0.0.2:{request.host.rpartition(':')[2]}/"
        return replace(answer, status=int(fault["status"]), body=b"", headers={"Location": str(location)})
    return _spoilt(fault, answer) if kind in _SPOILING else answer


def _spoilt(fault: faults.Fault, answer: Reply) -> Reply:
    """A good answer whose body is spoilt."""
    if fault.kind == "truncated":
        if fault["how"] == "json":
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        return replace(answer, manner=reply.SHORT)
    if fault.kind == "not_json":
        return replace(answer, body=b"<html><body>Welcome to the hotel network</body></html>", content_type="text/html")
    if fault.kind == "not_object":
        return replace(answer, body=b'["not","an","object"]')
    return replace(answer, body=_without_lists(answer.body))


def _without_lists(body: bytes) -> bytes:
    document: dict[str, Any] = json.loads(body)
    return responses.encode({name: value for name, value in document.items() if not isinstance(value, dict)})
