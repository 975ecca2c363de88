# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The one flow of every write: read, plan, wait for the cue, write, and find out what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic

from .._api.client import Stale
from .._errors.error import LiveError
from .._errors.kind import Kind, Outcome
from .._studio.plan import Call, Plan
from .._studio.studio import Scene, Studio
from .definition import Request, Wish, WriteModule
from .result import Report
from .scope import Scope
from .task import Context, Moment, Snapshot, Task, Turn

_FIND_OUT = (
    "Look at the program output, or read the studio with apsara.live.caster_scene_info, before doing anything else."
)
# A second attempt needs so much time before the deadline, in seconds.
_LEAST_TIME = 1.0


class Write(Generic[Wish]):
    """One write of one task, from the first read to what its result says."""

    def __init__(
        self, module: WriteModule[Wish], request: Request[Wish], task: Task, context: Context, report: Report
    ) -> None:
        self._module = module
        self._request = request
        self._task = task
        self._context = context
        self._report = report
        self._scope = Scope(
            content=module.needs_content(request.wish),
            look=lambda ask, studio: module.look(ask, studio, request.wish),
            without_scenes=module.without_scenes,
        )
        self._vetted: set[tuple[Call, ...]] = set()

    def run(self) -> None:
        """Do it. Raises LiveError."""
        if not self._request.check_first:
            self._write_unread()
            return
        turn = None if self._context.check_mode else self._take_turn()
        plan, moment = self._judge(turn)
        if turn is None:
            return
        if not plan.calls:
            turn.give_back()
            return
        self._reach_cue()
        write = self._write_once if self._task.rereads(plan.calls[0]) else self._write_again
        accepted = write(plan, moment, turn)
        if accepted and self._request.wait:
            self._confirm(accepted)

    def _take_turn(self) -> Turn:
        cue, task, content = self._request.cue, self._task, self._scope.content
        action = self._module.action_for(self._request.wish)
        if cue is None:
            return task.take_turn(action, content=content)
        # Read early what no later moment can make right, wait until shortly before the cue, and queue for it.
        self._module.check_early(task.read(self._request.caster_id, scope=self._scope), self._request.wish)
        task.wait_until(cue.moment - task.lead(content))
        return task.take_turn(action, at=cue.moment, content=content)

    def _judge(self, turn: Turn | None, lost: LiveError | None = None) -> tuple[Plan, Moment]:
        """Read and plan, and announce the plan in the report as if it were carried out.

        `lost` is what became of an earlier attempt that may have been carried out. Raises LiveError: a refusal, or what
        came of the read.
        """
        report, wish, first = self._report, self._request.wish, self._report.before
        snapshot = self._task.read_for(self._request.caster_id, turn, self._scope)
        self._module.note(snapshot.studio, report)
        self._module.observe(snapshot.studio, wish, report)
        plan = self._module.plan(snapshot.studio, wish)
        report.facts.update(self._module.planned(plan))
        for warning in plan.warnings:
            # What is judged again may be the same again.
            if warning not in report.warned:
                report.warned.add(warning)
                self._context.warn(warning)
        # An attempt that may have been carried out was planned on the first of the reads.
        report.before = first if lost and first else plan.before
        self._vet(snapshot.studio, plan)
        report.after, report.reason = plan.after, plan.reason
        report.changed = bool(plan.calls) and self._context.check_mode
        return plan, snapshot.moment

    def _vet(self, studio: Studio, plan: Plan) -> None:
        """Refuse by what is read only when there is something to write, once for each plan. Raises LiveError."""
        if not plan.calls or plan.calls in self._vetted:
            return
        self._report.after = plan.before
        self._module.vet(self._task.asking(self._request.caster_id), studio, plan, self._request.wish)
        self._vetted.add(plan.calls)

    def _judge_again(self, stale: Stale, turn: Turn, lost: LiveError | None) -> tuple[Plan, Moment]:
        """Read and plan again for a write that was kept back."""
        self._task.renew(turn)
        try:
            return self._judge(turn, lost)
        except LiveError as error:
            if lost:
                raise self._unconfirmed(
                    lost.replaced(f"{lost.message} {error.message}", outcome=Outcome.UNKNOWN), None, ""
                ) from None
            self._report.after = self._report.before
            # That the time was over says less than why it took so long.
            raise (stale.failure if stale.failure and error.code == "DeadlineExceeded" else error) from None

    def _reach_cue(self) -> None:
        cue = self._request.cue
        if cue is None:
            return
        try:
            self._task.wait_until(cue.moment)
            cue.judge(self._task.now())
        except LiveError:
            self._report.changed, self._report.after = False, self._report.before
            raise

    def _send(self, plan: Plan, moment: Moment, turn: Turn) -> None:
        self._report.request_id = self._task.write(
            plan.calls[0], keep_reserve=True, judged=moment, cue=self._request.cue, turn=turn
        )
        self._report.changed = True

    def _write_again(self, plan: Plan, moment: Moment, turn: Turn) -> Plan | None:
        """Send a write that may be sent again; return the plan that was accepted and remains to be confirmed, or None.

        It leaves only on a fresh read: whatever delayed it, the studio is read and judged again first, and then it
        may turn out that an attempt whose answer was lost was carried out.
        """
        lost: LiveError | None = None
        while plan.calls:
            try:
                self._send(plan, moment, turn)
                return plan
            except Stale as stale:
                lost = stale.failure if stale.ambiguous else lost
                plan, moment = self._judge_again(stale, turn, lost)
            except LiveError as error:
                self._resolve(error if lost is None else error.replaced(error.message, outcome=Outcome.UNKNOWN), plan)
                return None
        turn.give_back()
        if lost:
            self._report.changed = True
            self._report.reason = self._module.done_words(plan, may_be_ours=True)
        return None

    def _resolve(self, error: LiveError, plan: Plan) -> None:
        """The service did not simply accept the write: find out whether the studio shows it, or raise."""
        report, unknown = self._report, error.outcome is Outcome.UNKNOWN
        if not _says_so_already(error):
            if not unknown and error.code not in self._module.doubtful:
                report.after = report.before
                raise error
            why = self._module.unprovable(plan)
            if why:
                report.after = None
                raise self._unconfirmed(error, plan, why)
            # An earlier attempt, of this task or another, may take a moment to show.
            done = self._module.done(plan)
            observed = self._task.read_back(self._request.caster_id, done, error, self._scope)
            report.after = self._see(observed.studio, plan)
            if not observed.reached:
                raise self._unconfirmed(error, plan, "") if unknown else self._read_again(error, plan)
        report.after = plan.after
        report.changed = unknown
        report.reason = self._module.done_words(plan, may_be_ours=unknown)

    def _read_again(self, error: LiveError, plan: Plan) -> LiveError:
        seen = self._report.after
        if seen is None:
            return error.replaced(f"{error.message} The studio could not be read again.")
        words = f"The studio was read again. {self._module.not_shown(plan)}: {self._module.state_words(seen)}."
        return error.replaced(f"{error.message} {words}")

    def _write_once(self, plan: Plan, moment: Moment, turn: Turn) -> Plan | None:
        """Send a write that is never simply sent again; return the plan that remains to be confirmed, or None.

        After a lost answer the studio is read. It shows what was planned: done. It does not: once more, but only while
        all is as it was planned. A refusal of that second attempt ends it: what became of the first is still not known.
        """
        report = self._report
        lost: LiveError | None = None
        while True:
            refused = False
            try:
                self._send(plan, moment, turn)
                return plan
            except Stale as stale:
                if lost is None:
                    plan, moment = self._judge_again(stale, turn, None)
                    if not plan.calls:
                        turn.give_back()
                        return None
                    continue
                shown, seen = self._read_once(plan, turn)
            except LiveError as error:
                if lost is None and error.outcome is not Outcome.UNKNOWN:
                    report.after = report.before
                    raise
                refused = error.outcome is not Outcome.UNKNOWN
                words = self._second_attempt(error, plan) if refused else error.message
                lost = error.replaced(words, outcome=Outcome.UNKNOWN)
                shown, seen = self._find_out(plan, lost, turn)
            if shown:
                report.changed = True
                report.reason = (
                    f"{report.reason} The answer was lost; the program shows it, read after the "
                    f"{self._module.called(plan)}."
                )
                return None
            if refused or seen is None or not self._may_repeat(plan, seen.studio):
                why = "the program did not show it when it was last read" if seen else "the studio could not be read"
                raise self._unconfirmed(lost, plan, why)
            moment = seen.moment

    def _second_attempt(self, error: LiveError, plan: Plan) -> str:
        came = "it was sent again and rejected" if error.outcome is Outcome.FAILED else "it could not be sent again"
        return (
            f"Nothing proved what became of the {self._module.called(plan)}, and the program did not show it; {came}. "
            f"{error.message}"
        )

    def _find_out(self, plan: Plan, lost: LiveError, turn: Turn) -> tuple[bool, Snapshot | None]:
        """Read whether the studio shows the write; return that, and what was read just now, if it could be read."""
        why = self._module.unprovable(plan)
        if why:
            raise self._unconfirmed(lost, plan, why)
        observed = self._task.read_back(self._request.caster_id, self._module.done(plan), lost, self._scope)
        self._report.after = self._see(observed.studio, plan)
        if observed.reached or observed.studio is None:
            return observed.reached, None
        # What was seen may be old by now, if the latest reads failed; only a fresh one allows another attempt.
        return self._read_once(plan, turn)

    def _read_once(self, plan: Plan, turn: Turn) -> tuple[bool, Snapshot | None]:
        """Read once whether the studio shows the write; return that, and what was read, if it could be read."""
        seen = self._task.read_once(self._request.caster_id, turn, self._scope)
        self._report.after = self._see(seen.studio, plan) if seen else self._report.after
        return seen is not None and self._module.done(plan)(seen.studio), seen

    def _may_repeat(self, plan: Plan, seen: Studio) -> bool:
        """Whether all is as it was planned, so that what was expected still holds, and there is time."""
        if self._task.deadline - self._task.clock.monotonic() < _LEAST_TIME:
            return False
        return seen.find(plan.source.scene_id) == plan.source and seen.find(plan.before.scene_id) == plan.before

    def _write_unread(self) -> None:
        """Write with no read before or after: the answer of the service decides."""
        report, module = self._report, self._module
        report.changed = True
        report.reason = f"Nothing was read, since check_first is false. {module.wanted(self._request.wish)}"
        if self._context.check_mode:
            self._context.warn(f"check_first is false, so check mode cannot tell {module.untold}; it reports a change.")
            return
        report.changed = False
        call = module.unread_call(self._request.caster_id, self._request.wish)
        self._reach_cue()
        try:
            report.request_id = self._task.write(call, keep_reserve=False, cue=self._request.cue)
        except LiveError as error:
            if not _says_so_already(error):
                raise self._unconfirmed(error, None, "nothing was read") from None
            report.changed = error.outcome is Outcome.UNKNOWN
            report.reason = module.done_words(None, may_be_ours=report.changed)
        else:
            report.changed = True
            report.reason = (
                f"The service accepted the {module.called(None)}. Nothing was read, since check_first is false."
            )

    def _confirm(self, plan: Plan) -> None:
        """Read until the accepted write shows, or fail with the last state seen."""
        report, seconds = self._report, self._request.wait_timeout
        try:
            observed = self._task.poll(self._request.caster_id, self._module.done(plan), seconds, self._scope)
        except LiveError as error:
            report.after = None
            words = f"The service accepted the write, but its effect could not be read. {error.message}"
            raise error.replaced(words, outcome=Outcome.UNKNOWN, hint=_FIND_OUT) from None
        report.after = self._see(observed.studio, plan)
        if observed.reached:
            return
        state = report.after
        last = "The studio could not be read."
        if state:
            last = f"{self._module.not_shown(plan)}. Last seen: {self._module.state_words(state)}."
        if observed.trouble:
            last = f"{last} The last read failed: {observed.trouble}"
        raise LiveError(
            f"The service accepted the write, but within {seconds:g} s (wait_timeout) it did not show. {last}",
            code="WaitTimeout",
            outcome=Outcome.UNKNOWN,
            request_id=report.request_id,
            action=plan.calls[0].action,
            option="wait_timeout",
            hint=_FIND_OUT,
        )

    def _unconfirmed(self, error: LiveError, plan: Plan | None, why: str) -> LiveError:
        """The same error with what it leaves open; an error that leaves nothing open stays as it is."""
        if error.outcome is not Outcome.UNKNOWN:
            return error
        return error.replaced(f"{error.message} {self._module.left_open(plan, why)}", hint=_FIND_OUT)

    def _see(self, seen: Studio | None, plan: Plan) -> Scene | None:
        """The scene that the plan changes, as it was seen last; None when nothing was read."""
        if seen is None:
            return None
        self._module.note(seen, self._report)
        return self._module.subject(seen, plan)


def _says_so_already(error: LiveError) -> bool:
    return isinstance(error.details, Mapping) and error.details.get("kind") == Kind.NOOP
