# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The emulator: its parts put together, started and stopped."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from . import control, faults
from .admission import Admission
from .journal import Journal
from .limits import Limits
from .reply import Reply
from .request import Request
from .server import Server
from .service import Service
from .store import Store
from .studios import DEFAULT_FILE, load, read_file
from .variants import Variants


class Emulator:
    """A studio service on loopback, in threads of this process.

    `studios` is a document as in a studios file (None: the shipped one), `variants` and `faults` come on top of what it
    says, `clock` gives seconds since the epoch. Use it in a `with` statement, or call start() and stop().
    Raises ValueError with a sentence for a document that makes no sense.
    """

    def __init__(
        self,
        studios: Mapping[str, Any] | None = None,
        *,
        variants: Mapping[str, Any] | None = None,
        faults: list[Any] | None = None,
        read_only: bool = False,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        ssl_context: ssl.SSLContext | None = None,
        journal_file: str | Path | None = None,
    ) -> None:
        setup = load(read_file(DEFAULT_FILE) if studios is None else studios, clock())
        self.variants = Variants({**setup.variants, **(variants or {})})
        self.stop_requested = threading.Event()
        self._clock = clock
        self._read_only_at_start = read_only
        self._admission = Admission(setup.keys)
        self._limits = Limits()
        self._store = Store(setup.account_id, setup.studios, self.variants)
        self._faults = _faults([*setup.faults, *(faults or ())])
        self._journal = Journal(journal_file)
        self._service = Service(
            account_id=setup.account_id,
            admission=self._admission,
            store=self._store,
            limits=self._limits,
            journal=self._journal,
            fault_rules=self._faults,
            variants=self.variants,
            clock=clock,
        )
        self._service.read_only = read_only
        self._server = Server(self._answer, port=port, clock=clock, ssl_context=ssl_context)

    @property
    def endpoint(self) -> str:
        """The address, such as http://127.0.0.1:40123."""
        return self._server.endpoint

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    def start(self) -> Emulator:
        """Begin to serve."""
        self._server.start()
        deaf = self._faults.closed_at_start()
        if deaf:
            self._server.refuse_for(deaf)
        return self

    def stop(self) -> None:
        """Stop serving and close every connection."""
        self._server.stop()
        self._journal.close()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def journal(self) -> list[dict[str, Any]]:
        """What the service saw, oldest first."""
        return self._journal.entries()

    def state(self) -> list[dict[str, Any]]:
        """The studios as they really are, in the form of a studios file."""
        return self._store.as_list()

    def add_faults(self, rules: Any) -> None:
        """Add fault rules behind the present ones."""
        self._faults.add(faults.parse(rules))

    def set_read_only(self, read_only: bool) -> None:
        """From now on refuse every write and record it as a violation, or stop doing so."""
        self._service.read_only = read_only

    def edit(self, caster_id: str, changes: Any) -> dict[str, Any]:
        """Do what another operator might: change a studio; it is visible at once. Returns the studio."""
        return self._store.edit(caster_id, changes, self._clock(), time.monotonic())

    def reset(self) -> None:
        """State back to the file; journal, nonces, counted calls and faults empty; read-only as at the start."""
        self._store.reset()
        self._journal.clear()
        self._admission.forget()
        self._limits.forget()
        self._faults.clear()
        self._service.read_only = self._read_only_at_start

    def request_stop(self) -> None:
        """Ask whoever runs this emulator to stop it."""
        self.stop_requested.set()

    def _answer(self, request: Request) -> Reply:
        if request.path.startswith(control.PREFIX):
            return control.answer(request, self, self._clock())
        return self._service.answer(request)


def _faults(rules: list[Any]) -> faults.Faults:
    result = faults.Faults()
    result.add(faults.parse(rules))
    return result
