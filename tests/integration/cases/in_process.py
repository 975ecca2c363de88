# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a case without Ansible, sockets or waiting: the client and the studio share one clock that only they move.

The case is run under every combination of the variants that can make a difference. Which ones can is observed: a case
during which the service never asked for a variant ends the same way under all its values.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from unittest import mock

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.apsara.live.plugins.module_utils._api import transport
from ansible_collections.apsara.live.plugins.module_utils._api.client import Clock
from ansible_collections.apsara.live.plugins.module_utils._errors.kind import Kind
from ansible_collections.apsara.live.plugins.module_utils._modules import task
from ansible_collections.apsara.live.plugins.module_utils._modules.run import run as run_module
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import VARIANTS, reply
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.admission import Admission
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.faults import Faults, parse
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.journal import Journal
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.limits import Limits
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.reply import Reply
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.request import Request
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.service import Service
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.store import Store
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.studios import load
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.variants import Variants

from .judging import judge_result, judge_service
from .model import CHECK, WRITES, Case, Moment, Step
from .moments import written
from .rendering import document, fill

_ADDRESS = "http://127.0.0.1:1"
# How long one call takes.
_LATENCY = 0.004


class SharedTime:
    """The time of the client and of the service."""

    def __init__(self) -> None:
        self._start = time.time()
        # The pace of calls knows only the real clock, which must not be ahead.
        self._tick = time.monotonic()
        self._passed = 0.0

    def wall(self) -> float:
        return self._start + self._passed

    def monotonic(self) -> float:
        return self._tick + self._passed

    def sleep(self, seconds: float) -> None:
        self._passed += max(0.0, seconds)


class ObservedVariants(Variants):
    """Notes which variants the service asks for."""

    def __init__(self, chosen: Mapping[str, str]) -> None:
        self.asked: list[str] = []
        super().__init__(chosen)

    def __getitem__(self, name: str) -> str:
        if name not in self.asked:
            self.asked.append(name)
        return super().__getitem__(name)


@dataclass
class Studios:
    """The service behind a transport that moves no bytes."""

    case: Case
    variants: ObservedVariants
    read_only: bool = False
    time: SharedTime = field(default_factory=SharedTime)

    def __post_init__(self) -> None:
        setup = load(document([self.case], crowd=self.case.crowd), self.time.wall())
        rules = Faults()
        rules.add(parse([{**fault, "caster_id": self.case.caster_id} for fault in self.case.faults]))
        self.everyone = [studio.caster_id for studio in setup.studios]
        self.journal = Journal()
        self._store = Store(setup.account_id, setup.studios, self.variants)
        self.service = Service(
            account_id=setup.account_id,
            admission=Admission(setup.keys),
            store=self._store,
            limits=Limits(),
            journal=self.journal,
            fault_rules=rules,
            variants=self.variants,
            clock=self.time.wall,
        )
        self.service.read_only = self.read_only

    def studio(self) -> dict[str, Any] | None:
        """The studio of the case as it really is."""
        return next((entry for entry in self._store.as_list() if entry["caster_id"] == self.case.caster_id), None)


class Loopback:
    """Takes the place of the client's transport."""

    def __init__(self, studios: Studios, endpoint: transport.Endpoint, options: transport.TransportOptions) -> None:
        self.endpoint = endpoint
        self._studios = studios
        self._options = options

    def send(
        self, query: str, headers: Mapping[str, str], *, timeout: float, departure: Any, waiting: Any
    ) -> transport.Reply:
        """As Transport.send; what the real one would see of an answer's manner is said here."""
        moment = self._studios.time
        with departure():
            moment.sleep(_LATENCY)
        lowered = {name.lower(): [value] for name, value in headers.items()}
        answer = self._studios.service.answer(
            Request("POST", "/", query, lowered, b"", arrived=moment.wall(), tick=moment.monotonic())
        )
        self._wait(answer, min(timeout, self._options.read_timeout))
        if answer.manner in (reply.RESET, reply.REFUSE):
            raise transport.NoReply("the connection was lost before the answer was complete", Kind.LOST)
        if answer.manner == reply.SHORT:
            raise transport.NoReply("the answer ended early", Kind.LOST)
        date = {"Date": formatdate(answer.date, usegmt=True)}
        return transport.Reply(answer.status, {**date, **answer.headers}, answer.body)

    def _wait(self, answer: Reply, limit: float) -> None:
        needed = answer.seconds * (len(answer.body) if answer.manner == reply.TRICKLE else 1)
        self._studios.time.sleep(min(needed, limit))
        if needed > limit or answer.manner == reply.HOLD:
            raise transport.NoReply("the service did not answer in time", Kind.LOST)

    def close(self) -> None:
        """Nothing is open."""


def every_path(case: Case, read_only: bool = False) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Run a case under every combination of variants that it can tell apart: the combination, and what is wrong."""
    waiting: list[dict[str, str]] = [{}]
    while waiting:
        chosen = waiting.pop()
        variants = {name: chosen.get(name, values[0]) for name, values in VARIANTS.items()}
        asked, problems = run(case, variants, read_only)
        known = dict(chosen)
        for name in asked:
            if name not in known:
                waiting += [{**known, name: value} for value in VARIANTS[name][1:]]
                known[name] = VARIANTS[name][0]
        yield known, problems


def run(case: Case, variants: Mapping[str, str], read_only: bool = False) -> tuple[list[str], list[str]]:
    """Run the steps of a case: the variants that were asked for, and what is wrong.

    `read_only`: only the steps in check mode, against a service that records every write as a violation.
    """
    random.seed(0)
    watched = ObservedVariants(variants)
    studios = Studios(case, watched, read_only)
    steps = [step for step in case.steps if step.mode == CHECK or not read_only]
    results = []
    problems = []
    seen = 0
    for step in steps:
        result = run_step(case, step, studios)
        results.append(result)
        problems += judge_result(case, step, result, variants, studios.everyone, diff=True)
        entries = studios.journal.entries()
        problems += _per_step(step, entries[seen:], variants)
        seen = len(entries)
    problems += judge_service(case, steps, results, variants, studios.journal.entries(), studios.studio())
    problems += [f"{entry['action']} against a read-only service" for entry in entries_in_violation(studios)]
    return watched.asked, problems


def entries_in_violation(studios: Studios) -> list[dict[str, Any]]:
    """The writes that a read-only service saw."""
    return [entry for entry in studios.journal.entries() if entry["violation"]]


def run_step(case: Case, step: Step, studios: Studios) -> dict[str, Any]:
    """One run of the task as Ansible would have it: options checked, then the module's function."""
    warnings: list[str] = []
    fillings = {"@endpoint@": _ADDRESS, "@key@": case.key_id, "@secret@": case.secret}
    options = fill(case.full_options(), fillings, lambda moment: _at(moment, studios.time.wall))
    constraints = definitions()[case.module].spec()
    constraints.pop("supports_check_mode", None)
    checked = ArgumentSpecValidator(**constraints).validate(options)
    if checked.error_messages:
        return {"failed": True, "changed": False, "msg": "; ".join(checked.error_messages)}
    context = task.Context(
        check_mode=step.mode == CHECK,
        diff=True,
        environ=fill(dict(case.environment), fillings, str),
        ansible_version="2.19.0",
        clock=Clock(studios.time.wall, studios.time.monotonic, studios.time.sleep),
        warn=warnings.append,
        hide=lambda secrets: None,
    )

    def connect(endpoint: transport.Endpoint, options: transport.TransportOptions) -> Loopback:
        return Loopback(studios, endpoint, options)

    with mock.patch.object(task, "Transport", connect), mock.patch.object(task, "directory", lambda environ: None):
        result = run_module(definitions()[case.module], checked.validated_parameters, context)
    result["invocation"] = {"module_args": {"at": options.get("at")}}
    return {**result, "warnings": warnings}


def _at(moment: Moment, now: Callable[[], float]) -> str:
    return written(moment, now())


def _per_step(step: Step, entries: list[dict[str, Any]], variants: Mapping[str, str]) -> Iterator[str]:
    writes = sum(entry["action"] in WRITES for entry in entries)
    if writes != step.outcome(variants).writes:
        yield f"{step.mode}: {writes} writes reached the service, not {step.outcome(variants).writes}"
