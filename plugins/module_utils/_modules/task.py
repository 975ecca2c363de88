# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The service as one task sees it: reads, writes and waiting, within the task's time."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from .._api.client import Client, Clock, Guard, Place, Sent, Stale
from .._api.operations import OPERATIONS, REPEAT_ONCE, REPEAT_REREAD
from .._api.pacing import Pace, directory
from .._api.reach import Reach
from .._api.transport import HAS_REQUESTS, Transport
from .._credentials.resolve import Credentials, resolve, secrets_of
from .._errors.error import LiveError
from .._errors.kind import Outcome
from .._studio.fingerprint import Listed, with_content
from .._studio.plan import Call
from .._studio.studio import Studio, read_components, read_layouts, read_studio
from .scope import SCENES_ONLY, Ask, Scope

if TYPE_CHECKING:
    from .._studio.cue import Cue
    from .connection import ConnectionOptions

_READ = "DescribeCasterScenes"
# What layouts and components contain. It is read before the scenes, which change more often, and never after them.
_LAYOUTS = "DescribeCasterLayouts"
_COMPONENTS = "DescribeCasterComponents"
# How long a write that was not simply accepted gets to show up, in seconds.
_READ_BACK = 3.0
# This part of api_deadline is kept back from a write, to find out what became of it.
_RESERVE = 0.25
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
# A write leaves only on a read that is at most so old, in seconds since its request left.
FRESH = 1.0
# The studio is read so long before its write may leave, in seconds: the answer has half of FRESH, and so has a delay.
_LEAD = 0.5
# The turn for a cue is taken so long before it, in seconds: later, and those who share the cue would not fit together.
_EARLY = 1.5
# The content is read so long before the scenes, in seconds: at most FRESH, and it must not delay them.
_CONTENT_LEAD = 0.7
# Moments that are nearer than this are one, in seconds.
_NEAR = 0.05
# That the service needs longer than FRESH for a read may happen; more often than this in a row, no write can leave.
_SLOW_READS = 3
# A wait that is shorter than this is not worth a line.
_QUIET = 3.0
_SLICE = 1.0
# A clock that is set back by more than this while a task waits for its cue ends the task, in seconds.
_CLOCK_STEP = 2.0


class Context(NamedTuple):
    """What Ansible, the machine and the clock give to a task.

    `hide` keeps secrets out of every output; `progress` says something to the person who watches, while the task waits;
    `abandoned` tells whether the play that started the task is gone; `timed_out` whether an exception is the end of the
    time that the task has by its keyword `timeout`.
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
    timed_out: Callable[[BaseException], bool] = lambda error: False


class Observation(NamedTuple):
    """What reads over a while came to: the last state seen, whether it is what was waited for, and why the last
    reading failed, if it did."""

    reached: bool = False
    studio: Studio | None = None
    trouble: LiveError | None = None


class Moment(NamedTuple):
    """A moment by both clocks, in seconds: one cannot be set, the other goes on while the machine is suspended."""

    monotonic: float
    wall: float

    def age(self, clock: Clock) -> float:
        """Seconds since then. A clock that was set makes it older at most, which costs a read."""
        return max(clock.monotonic() - self.monotonic, clock.wall() - self.wall)


class Snapshot(NamedTuple):
    """A studio, and when the question that it answers had left."""

    studio: Studio
    moment: Moment


class Turn(NamedTuple):
    """The places of a reading and of the write that it allows, planned together: the first right before the second.

    `action` is the operation of the write. `contents` are those of the layouts and the components, where a write is
    judged by what they contain.
    """

    action: str
    read: Place
    write: Place
    contents: tuple[Place, ...] = ()

    def give_back(self) -> None:
        """Let others have all of them."""
        for place in (*self.contents, self.read, self.write):
            place.give_back()


class Task:
    """The service as one task sees it: reads and writes within the task's deadline. At its end nothing is left open."""

    def __init__(
        self,
        options: ConnectionOptions,
        context: Context,
        api_calls: list[dict[str, Any]],
        sent: Sent | None = None,
    ) -> None:
        self._budget = options.api_deadline
        self._wall_ahead = context.clock.wall() - context.clock.monotonic()
        self.deadline = context.clock.monotonic() + options.api_deadline
        credentials = resolve(options.identity, context.environ, deadline_seconds=options.api_deadline)
        context.hide(list(secrets_of(credentials)))
        if not HAS_REQUESTS:
            raise _missing_requests()
        self.clock = context.clock
        folder = directory(context.environ)
        self.client = Client(
            credentials,
            Transport(options.endpoint, options.transport),
            context.clock,
            Pace(folder, f"{options.endpoint.host} {_account(credentials)}"),
            options.region_id,
            api_calls,
            reach=Reach(folder, options.endpoint.url),
            waiting=_Notice(context.progress, context.clock).tell,
            sent=sent or Sent(),
        )
        self._progress = context.progress
        self._abandoned = context.abandoned
        self._slow_reads = 0

    def __enter__(self) -> Task:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.client.transport.close()

    def read(self, caster_id: str, deadline: float | None = None, scope: Scope = SCENES_ONLY) -> Studio:
        """Read the scenes of a studio, and what else is in scope."""
        limit = self.deadline if deadline is None else deadline
        listed = self._read_content(caster_id, limit, None)[1] if scope.content else None
        studio = self._read_scenes(caster_id, limit, scope)
        studio = with_content(studio, *listed) if listed else studio
        return scope.look(self.asking(caster_id, limit), studio)

    def asking(self, caster_id: str, limit: float | None = None) -> Ask:
        """A function that reads once more of a studio."""
        deadline = self.deadline if limit is None else limit

        def ask(action: str, **parameters: str) -> Mapping[str, Any]:
            return self.client.call(action, {"CasterId": caster_id, **parameters}, deadline)

        return ask

    def _read_scenes(self, caster_id: str, limit: float, scope: Scope, place: Place | None = None) -> Studio:
        try:
            return read_studio(caster_id, self.client.call(_READ, {"CasterId": caster_id}, limit, place=place))
        except LiveError as error:
            if error.code not in scope.without_scenes:
                raise
            return Studio(caster_id, ())

    def read_for(self, caster_id: str, turn: Turn | None, scope: Scope = SCENES_ONLY) -> Snapshot:
        """Read the scenes of a studio, right before the turn of the write that is planned on them.

        What the layouts and components contain is read first, if it is in scope, and may be older than the scenes by
        FRESH; whatever else is in scope is read after them.
        """
        first = len(self.client.api_calls)
        since, listed = self._read_content(caster_id, self.deadline, turn) if scope.content else (None, None)
        studio = self._read_scenes(caster_id, self.deadline, scope, turn.read if turn else None)
        asked = self.client.departed if since is None else min(self.client.departed, since + FRESH)
        studio = with_content(studio, *listed) if listed else studio
        studio = scope.look(self.asking(caster_id), studio)
        wall, monotonic = self.clock.wall(), self.clock.monotonic()
        # A throttled account is busy and not slow: its reads may be repeated until the deadline.
        throttled = any(call["throttled"] for call in self.client.api_calls[first:])
        if turn and not throttled:
            self._judge_pace(monotonic - asked)
        return Snapshot(studio, Moment(asked, wall - (monotonic - asked)))

    def _read_content(self, caster_id: str, limit: float, turn: Turn | None) -> tuple[float, tuple[Listed, Listed]]:
        """Read layouts and components: when the first question left, and what they contain.

        Both lists come whole, since no pages of them are documented. A layout that came into being after its list was
        read is not in it, so that a scene that shows it has no hash, and never that of something else.
        """
        places = turn.contents if turn else (None, None)
        parameters = {"CasterId": caster_id}
        layouts = read_layouts(self.client.call(_LAYOUTS, parameters, limit, place=places[0]))
        since = self.client.departed
        components = read_components(self.client.call(_COMPONENTS, parameters, limit, place=places[1]))
        return since, (layouts, components)

    def take_turn(self, action: str, at: float | None = None, content: bool = False) -> Turn:
        """Queue for a write and for the reads before it, not before `at` (seconds since the epoch)."""
        contents = tuple(self.client.place(name) for name in (_LAYOUTS, _COMPONENTS)) if content else ()
        turn = Turn(action, self.client.place(_READ), self.client.place(action), contents)
        self.renew(turn, 0.0 if at is None else max(0.0, at - self.clock.wall()))
        return turn

    def renew(self, turn: Turn, delay: float = 0.0) -> None:
        """Queue once more, not before `delay` seconds are over. What a pause between attempts reserved is kept.

        Where the queue has no room before the deadline nothing is reserved, and the call says so.
        """
        latest = self.deadline
        if turn.write.left() == 0.0:
            turn.write.reserve(latest, delay)
        early = max(0.0, turn.write.left() - _LEAD - self.client.opening)
        for place in turn.contents:
            place.reserve(latest, max(0.0, early - _CONTENT_LEAD))
            early = max(early, place.left())
        turn.read.reserve(latest, early)
        behind = turn.read.left() + _LEAD - turn.write.left()
        if turn.read.left() > 0.0 and behind > _NEAR:
            # Reads are the bottleneck, and the write has to wait for its own.
            turn.write.reserve(latest, turn.write.left() + behind)

    def write(
        self,
        call: Call,
        keep_reserve: bool,
        *,
        judged: Moment | None = None,
        cue: Cue | None = None,
        turn: Turn | None = None,
    ) -> str | None:
        """Do one write and return its request id.

        `judged` is when the studio was read on which the write was planned, `cue` its cue. Raises Stale when the
        reading is too old for an attempt to leave, and LiveError.
        """
        limit = self.deadline
        if keep_reserve:
            left = self.deadline - self.clock.monotonic()
            limit -= min(self._budget * _RESERVE, left / 2)
        answer = self.client.call(
            call.action,
            dict(call.parameters),
            limit,
            repeat=REPEAT_REREAD if call.on_air else None,
            guard=self._guard(judged, cue),
            place=turn.write if turn and turn.action == call.action else None,
        )
        request_id = answer.get("RequestId")
        return request_id if isinstance(request_id, str) else None

    def _guard(self, judged: Moment | None, cue: Cue | None) -> Guard:
        """What keeps a write from leaving: nobody waits for it, its cue is past, or its read is old."""

        def guard(delay: float) -> None:
            if self._abandoned():
                raise _nobody_waits()
            if cue is not None:
                cue.judge(self.now())
            if judged is not None and judged.age(self.clock) + delay > FRESH:
                raise Stale

        return guard

    def _judge_pace(self, seconds: float) -> None:
        """Give up when reads take so long that none is ever fresh."""
        self._slow_reads = self._slow_reads + 1 if seconds > FRESH else 0
        if self._slow_reads >= _SLOW_READS:
            raise LiveError(
                f"The service needed {seconds:.1f} s to answer the last of {_SLOW_READS} reads, each more than "
                f"{FRESH:g} s. A write leaves only on a read that is younger. Nothing was written.",
                code="ReadingTooSlow",
                outcome=Outcome.REFUSED,
                hint="Run it again. If the service stays slow, check the network path and the region of the endpoint.",
            )

    def poll(
        self, caster_id: str, done: Callable[[Studio], bool], seconds: float, scope: Scope = SCENES_ONLY
    ) -> Observation:
        """Read until `done` says so or the time is over. Raises LiveError for what cannot pass by itself.

        What layouts and components contain is not read.
        """
        scope = scope._replace(content=False)
        deadline = self.clock.monotonic() + seconds
        notice = _Notice(self._progress, self.clock, first=_QUIET)
        pause = _FIRST_PAUSE
        observed = Observation()
        while True:
            asked_for = 0.0
            try:
                studio = self.read(caster_id, deadline, scope)
            except LiveError as error:
                if not _may_pass(error):
                    raise
                # That the time was over is no news about the studio.
                trouble = observed.trouble if error.code == "DeadlineExceeded" else error
                observed = Observation(studio=observed.studio, trouble=trouble)
                asked_for = _server_pause(error)
            else:
                observed = Observation(done(studio), studio)
                if observed.reached:
                    return observed
            left = max(0.0, deadline - self.clock.monotonic())
            notice.tell(f"waiting for studio {caster_id} to show the change", left)
            self.clock.sleep(min(max(pause, asked_for), left))
            # With no time left a read would be noted as a call, though it is never sent.
            if self.clock.monotonic() >= deadline:
                return observed
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def read_back(
        self, caster_id: str, done: Callable[[Studio], bool], answer: LiveError, scope: Scope = SCENES_ONLY
    ) -> Observation:
        """Find out by reading what became of a write that got this answer; errors count as not seen.

        It goes on for as long as the answer asked to keep away, so that another attempt may follow.
        """
        seconds = min(max(_READ_BACK, _server_pause(answer)), self.deadline - self.clock.monotonic())
        if seconds <= 0:
            return Observation()
        try:
            return self.poll(caster_id, done, seconds, scope)
        except LiveError as error:
            return Observation(trouble=error)

    def read_once(self, caster_id: str, turn: Turn, scope: Scope = SCENES_ONLY) -> Snapshot | None:
        """Read a studio now for a write that is sent again, or return None when it cannot be read."""
        try:
            self.renew(turn)
            return self.read_for(caster_id, turn, scope)
        except LiveError:
            return None

    def rereads(self, call: Call) -> bool:
        """Whether a call must not simply be sent again when its answer was lost."""
        return call.on_air or OPERATIONS[call.action].repeat in (REPEAT_REREAD, REPEAT_ONCE)

    def lead(self, content: bool = False) -> float:
        """How long before a cue its turn must be taken, in seconds."""
        return _EARLY + self.client.opening + (_CONTENT_LEAD if content else 0.0)

    def now(self) -> float:
        """The wall clock, in seconds since the epoch; one that was set back makes nothing less late than it is."""
        return max(self.clock.wall(), self._wall_ahead + self.clock.monotonic())

    def wait_until(self, moment: float) -> None:
        """Sleep until a moment of the wall clock; that time does not count against the deadline.

        Raises LiveError when the play is gone by then: whoever interrupted it does not want what it waited for. Also
        when the clock was set back since the task began: the wait would be longer than anybody agreed to.
        """
        started = self.clock.monotonic()
        notice = _Notice(self._progress, self.clock)
        while True:
            left = moment - self.clock.wall()
            if self._abandoned():
                raise _nobody_waits()
            set_back = self._wall_ahead - (self.clock.wall() - self.clock.monotonic())
            if left > 0 and set_back > _CLOCK_STEP:
                raise _clock_changed(set_back)
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
    """Whether the next read may go well. An answer that makes no sense says nothing about the one after it."""
    return error.retryable or error.code == "InvalidAnswer"


def _server_pause(error: LiveError) -> float:
    return float(error.details.get("server_pause", 0.0)) if isinstance(error.details, Mapping) else 0.0


def _nobody_waits() -> LiveError:
    return LiveError(
        "The play that started this task was interrupted, and nobody waits for its result. Nothing was written.",
        code="PlayGone",
        outcome=Outcome.REFUSED,
        hint="Look at what is on air, then run it again.",
    )


def _clock_changed(seconds: float) -> LiveError:
    return LiveError(
        f"The clock of this machine was set back by {seconds:.0f} s while the task waited for the cue, so nobody can "
        "say when the cue is. Nothing was written.",
        code="ClockChanged",
        outcome=Outcome.REFUSED,
    )


def _missing_requests() -> LiveError:
    return LiveError(
        f"The Python library requests is missing for {sys.executable}.",
        code="MissingLibrary",
        outcome=Outcome.REFUSED,
        hint="Install it there, for example with pip install requests, or choose another ansible_python_interpreter.",
    )
