# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. How much time does a task have, and what does the service say within it? Reads, writes and waiting."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from . import _options
from ._client import Client, Clock
from ._credentials import Credentials, resolve, secrets_of
from ._errors import LiveError
from ._fingerprint import with_content
from ._pacing import Pace, directory
from ._plan import Call
from ._studio import Studio, read_components, read_layouts, read_studio
from ._transport import HAS_REQUESTS, Transport, user_agent

# How long a write that was not simply accepted gets to show up, in seconds.
_SETTLE = 3.0
# This part of api_deadline is kept back from a write, to find out what became of it.
_RESERVE = 0.25
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
# A wait that is shorter than this is not worth a line.
_QUIET = 3.0
_SLICE = 1.0


class Context(NamedTuple):
    """What Ansible, the machine and the clock give to a task.

    `hide` keeps secrets out of every output; `progress` says something to the person who watches, while the task waits;
    `abandoned` tells whether the play that started the task is gone.
    """

    check_mode: bool
    diff: bool
    environ: Mapping[str, str]
    ansible_version: str
    clock: Clock
    warn: Callable[[str], None]
    hide: Callable[[list[str]], None]
    progress: Callable[[str], None] = lambda words: None
    abandoned: Callable[[], bool] = lambda: False


class Sighting(NamedTuple):
    """What reading for a while came to: the last state seen, whether it is what was waited for, and why the last
    reading failed, if it did."""

    reached: bool = False
    studio: Studio | None = None
    trouble: LiveError | None = None


class Task:
    """The service as one task sees it: reads and writes within the task's deadline. At its end nothing is left open."""

    def __init__(self, params: Mapping[str, Any], context: Context, api_calls: list[dict[str, Any]]) -> None:
        options = _options.connection_options(
            params, context.environ, user_agent(context.ansible_version, context.environ)
        )
        self._budget = options.api_deadline
        self.deadline = context.clock.monotonic() + options.api_deadline
        credentials = resolve(params, context.environ, deadline_seconds=options.api_deadline)
        context.hide(list(secrets_of(credentials)))
        if not HAS_REQUESTS:
            raise _missing_requests()
        self.clock = context.clock
        self.client = Client(
            credentials,
            Transport(options.endpoint, options.transport),
            context.clock,
            Pace(directory(context.environ), f"{options.endpoint.host} {_account(credentials)}"),
            options.region_id,
            api_calls,
        )
        self._progress = context.progress
        self._abandoned = context.abandoned

    def __enter__(self) -> Task:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.client.transport.close()

    def read(self, caster_id: str, deadline: float | None = None, content: bool = False) -> Studio:
        """Read the scenes of a studio, and with `content` what their layouts and components contain.

        The scenes come last: what is on air and what waits in the preview changes more often than what a layout
        contains. A layout that came into being after its list was read is not in it, so that a scene that shows it has
        no hash, and never that of something else. The lists come whole: no pages of them are documented.
        """
        limit = self.deadline if deadline is None else deadline
        parameters = {"CasterId": caster_id}
        if not content:
            return read_studio(caster_id, self.client.call("DescribeCasterScenes", parameters, limit))
        layouts = read_layouts(self.client.call("DescribeCasterLayouts", parameters, limit))
        components = read_components(self.client.call("DescribeCasterComponents", parameters, limit))
        return with_content(self.read(caster_id, limit), layouts, components)

    def write(self, call: Call, keep_reserve: bool) -> str | None:
        """Do one write and return its request id."""
        limit = self.deadline
        if keep_reserve:
            left = self.deadline - self.clock.monotonic()
            limit -= min(self._budget * _RESERVE, left / 2)
        answer = self.client.call(call.action, dict(call.parameters), limit)
        request_id = answer.get("RequestId")
        return request_id if isinstance(request_id, str) else None

    def poll(self, caster_id: str, done: Callable[[Studio], bool], seconds: float) -> Sighting:
        """Read until `done` says so or the time is over. Raises LiveError for what cannot pass by itself."""
        deadline = self.clock.monotonic() + seconds
        notice = _Notice(self._progress, self.clock, first=_QUIET)
        pause = _FIRST_PAUSE
        sighting = Sighting()
        while True:
            asked_for = 0.0
            try:
                studio = self.read(caster_id, deadline)
            except LiveError as error:
                if not _may_pass(error):
                    raise
                # That the time was over is no news about the studio.
                trouble = sighting.trouble if error.code == "DeadlineExceeded" else error
                sighting = Sighting(studio=sighting.studio, trouble=trouble)
                asked_for = _server_pause(error)
            else:
                sighting = Sighting(done(studio), studio)
                if sighting.reached:
                    return sighting
            left = max(0.0, deadline - self.clock.monotonic())
            notice.tell(f"waiting for studio {caster_id} to show the change", left)
            self.clock.sleep(min(max(pause, asked_for), left))
            # With no time left a reading would be noted as a call, though it is never sent.
            if self.clock.monotonic() >= deadline:
                return sighting
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def settle(self, caster_id: str, done: Callable[[Studio], bool]) -> Sighting:
        """Find out by reading what became of a write that was not simply accepted; errors count as not seen."""
        seconds = min(_SETTLE, self.deadline - self.clock.monotonic())
        if seconds <= 0:
            return Sighting()
        try:
            return self.poll(caster_id, done, seconds)
        except LiveError as error:
            return Sighting(trouble=error)

    def look(self, caster_id: str, content: bool = False) -> Studio | None:
        """Read the scenes of a studio now, or return None when they cannot be read."""
        try:
            return self.read(caster_id, content=content)
        except LiveError:
            return None

    def wait_until(self, moment: float) -> None:
        """Sleep until a moment of the wall clock; that time does not count against the deadline.

        Raises LiveError when the play is gone by then: whoever interrupted it does not want what it waited for.
        """
        started = self.clock.monotonic()
        notice = _Notice(self._progress, self.clock)
        while True:
            left = moment - self.clock.wall()
            if self._abandoned():
                raise _nobody_waits()
            if left <= 0:
                break
            if left > _QUIET:
                notice.tell("waiting for the cue", left)
            # In slices, so that a clock that is set while we wait is noticed.
            self.clock.sleep(min(left, _SLICE))
        self.deadline += self.clock.monotonic() - started


class _Notice:
    """Says at sensible intervals how long a wait may still last: every 2 minutes at first, every 5 s near the end."""

    def __init__(self, progress: Callable[[str], None], clock: Clock, first: float = 0.0) -> None:
        self._progress = progress
        self._clock = clock
        self._next = clock.monotonic() + first

    def tell(self, what: str, left: float) -> None:
        """Say it, unless it was said a short while ago."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        self._next = now + min(120.0, max(5.0, left / 5))
        minutes, seconds = divmod(round(left), 60)
        self._progress(f"{what}, {minutes}:{seconds:02d} left")


def _account(credentials: Credentials) -> str:
    # Temporary keys change with every session; where they come from does not.
    return credentials.source if credentials.security_token else credentials.access_key_id


def _may_pass(error: LiveError) -> bool:
    """May the next reading go well? An answer that makes no sense says nothing about the one after it."""
    return error.retryable or error.code == "InvalidAnswer"


def _server_pause(error: LiveError) -> float:
    return float(error.details.get("server_pause", 0.0)) if isinstance(error.details, Mapping) else 0.0


def _nobody_waits() -> LiveError:
    return LiveError(
        "The play that waited for the cue was interrupted. Nothing was written.",
        code="CueMissed",
        outcome="refused",
        hint="Look at what is on air, then take with a new cue or without one.",
    )


def _missing_requests() -> LiveError:
    return LiveError(
        f"The Python library requests is missing for {sys.executable}.",
        code="MissingLibrary",
        outcome="refused",
        hint="Install it there, for example with pip install requests, or choose another ansible_python_interpreter.",
    )
