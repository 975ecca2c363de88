# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Do the work of a module, from plain options to a plain result, whatever happens on the way."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .._errors.error import LiveError
from .._errors.kind import Outcome
from .connection import connection_options, passwords_in
from .definition import Module, ReadModule, WriteModule
from .result import Report
from .task import Context, Task
from .write import Write

_LOOK_AT_MACHINE = (
    "Check the memory, the threads and the open files of the machine where the task ran. Otherwise report this with "
    "the message."
)
_LOOK_FIRST = (
    "Look at the program output, or read the studio with apsara.live.caster_scene_info, before doing anything else."
)


def run(module: Module, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Run a module and return its result; `failed` is set on failure."""
    given = {key: (params.get(key) or None) if default is None else default for key, default in module.facts.items()}
    report = Report(given, writes=module.writes)
    if isinstance(module, WriteModule):
        report.ending = module.ending
    context.hide(passwords_in(params))
    try:
        _work(module, params, context, report)
    except LiveError as error:
        return report.render_failure(error, context.diff)
    except Exception as error:  # a full machine or a fault of ours: the result must still say what may have happened
        return report.render_failure(_unexpected(error, report), context.diff)
    except BaseException as error:
        if not context.timed_out(error):
            raise
        return report.render_failure(task_timeout(_end(report)), context.diff)
    return report.render(context.diff)


def _work(module: Module, params: Mapping[str, Any], context: Context, report: Report) -> None:
    """Read the options, then do what they ask for. Raises LiveError."""
    if isinstance(module, WriteModule):
        request = module.request(params)
        report.facts.update(caster_id=request.caster_id, **module.given(request.wish))
        if request.cue:
            request.cue.judge(context.clock.wall())
        with _task(params, context, report) as task:
            Write(module, request, task, context, report).run()
    elif isinstance(module, ReadModule):
        options = module.request(params)
        report.facts.update(module.given(options))
        with _task(params, context, report) as task:
            module.read(options, task, context, report)


def _task(params: Mapping[str, Any], context: Context, report: Report) -> Task:
    options = connection_options(params, context.environ, context.ansible_version)
    return Task(options, context, report.api_calls, report.sent)


def task_timeout(sent: bool) -> LiveError:
    """What to say of a task that its keyword `timeout` ended. `sent`: a write may have been carried out."""
    what = "A write may have been sent, and nothing proves what became of it." if sent else "Nothing was written."
    return LiveError(
        f"The task took longer than its time limit allows (the keyword timeout, or ANSIBLE_TASK_TIMEOUT). {what}",
        code="TaskTimeout",
        outcome=Outcome.UNKNOWN if sent else Outcome.REFUSED,
        hint=_LOOK_FIRST if sent else "Run it again, with a longer time limit.",
    )


def _end(report: Report) -> bool:
    """Take back what was only planned; return whether a write may have been carried out."""
    report.changed, report.after = False, None if report.sent.maybe else report.before
    return report.sent.maybe


def _unexpected(error: Exception, report: Report) -> LiveError:
    """The end of a task by something that nobody foresaw. What was begun may have been done.

    Nothing is loaded here, since that may be what does not work. The text of the exception may hold anything, so it is
    not shown.
    """
    begun = _end(report)
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" in {os.path.basename(place.tb_frame.f_code.co_filename)}, line {place.tb_lineno}" if place else ""
    what = "A write was begun, and nothing proves what became of it." if begun else "Nothing was written."
    return LiveError(
        f"The task ended by an error that it does not know: {type(error).__name__}{where}. {what}",
        code="UnexpectedError",
        outcome=Outcome.UNKNOWN if begun else Outcome.REFUSED,
        action=report.api_calls[-1]["action"] if report.api_calls else None,
        hint=f"{_LOOK_FIRST} {_LOOK_AT_MACHINE}" if begun else _LOOK_AT_MACHINE,
    )
