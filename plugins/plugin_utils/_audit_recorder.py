# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The recorder of the audit: makes lines of the events that Ansible hands to a callback."""

from __future__ import annotations

import getpass
import itertools
import os
import platform
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ansible import context
from ansible.template import Templar

from . import _audit
from ._audit_file import append
from ._callback import in_check_mode, is_loop, module_of, part

# A user gives it in the inventory, in the variables file of the show, or when a job is launched.
_REVISION = "rundown_revision"


class Recorder:
    """Writes the lines of one run of ansible-playbook. `show` and `warn` say something to the person who watches.

    `echo` shows every line; otherwise only those are shown that could not be written.
    """

    def __init__(self, path: str, echo: bool, show: Callable[[str], None], warn: Callable[[str], None]) -> None:
        self._path = path
        self._echo = echo
        self._show = show
        self._warn = warn
        self._run = uuid.uuid4().hex
        self._numbers = itertools.count(1)
        self._open: dict[tuple[str, str], int] = {}
        # Job in the background -> what it does.
        self._jobs: dict[str, str] = {}
        self._playbook: str | None = None
        self._play: Any = None
        self._who: dict[str, Any] = {}
        self._warned: set[str] = set()

    def playbook(self, name: str | None) -> None:
        """A playbook starts."""
        self._playbook = name

    def play(self, play: Any) -> None:
        """A play starts."""
        self._play = play
        manager = play.get_variable_manager()
        self._who = _audit.who(manager.extra_vars if manager else {}, _os_user(), platform.node())

    def begun(self, host: Any, task: Any) -> None:
        """A task starts on a host. It may be killed before it says anything, so what it is about to do is said now."""
        action = _audit.action_of(module_of(task), task.args)
        if action is None:
            return
        self._open[self._key(task, host)] = next(self._numbers)
        check_mode = task.check_mode if isinstance(task.check_mode, bool) else None
        about: Mapping[str, Any] = {"outcome": _audit.HIDDEN}
        if not task.no_log:
            about = {"check_mode": check_mode, **self._about(host, task)}
        self._write(_audit.BEGUN, self._ids(host, task, action), about)

    def came(self, event: str, result: Any, skipped: bool = False, unreachable: bool = False) -> None:
        """A result came: of a task, of one item of a loop, or of one attempt of several."""
        task, host, own = part(result, "task"), part(result, "host"), dict(part(result, "result"))
        action = self._action(module_of(task), task.args, own)
        if action is None:
            return
        if unreachable:
            own["unreachable"] = True
        check_mode = in_check_mode(result)
        said = {"outcome": _audit.SKIPPED} if skipped and "censored" not in own else _audit.told(own, check_mode)
        if event == _audit.ENDED and is_loop(task):
            # Each item has had its line.
            said = {"outcome": None}
        about: Mapping[str, Any] = {"outcome": _audit.HIDDEN}
        if said["outcome"] != _audit.HIDDEN and not task.no_log:
            about = {"check_mode": check_mode, **self._about(host, task, own), **said}
        self._write(event, self._ids(host, task, action), about)
        if event == _audit.ENDED:
            self._open.pop(self._key(task, host), None)

    def _action(self, module: str, args: Mapping[str, Any] | None, result: Mapping[str, Any]) -> str | None:
        """What a task or the job that it asked about does; None for what does not write."""
        job = str(result.get("ansible_job_id"))
        action = _audit.action_of(module, {**(args or {}), **result})
        if action is None:
            found = _audit.action_in(result)
            return found and self._jobs.get(job, found)
        if "ansible_job_id" in result:
            self._jobs[job] = action
        return action

    def _ids(self, host: Any, task: Any, action: str) -> dict[str, Any]:
        number = self._open.get(self._key(task, host)) or next(self._numbers)
        return {"run": self._run, "number": number, **self._who, "action": action, "host": host.get_name()}

    def _about(self, host: Any, task: Any, result: Mapping[str, Any] | None = None) -> dict[str, Any]:
        known = self._variables(host, task)
        given = (result or {}).get("caster_id") or known("caster_id", task.args.get("caster_id"))
        return {
            "caster_id": _audit.text(given),
            "caster_name": _audit.text(known("caster_name")),
            "rundown_revision": _audit.text(known(_REVISION)),
            # A role may judge in check mode what it does in earnest afterwards; with --check nothing is done at all.
            "dry_run": bool(context.CLIARGS.get("check")),
            "playbook": self._playbook and os.path.basename(self._playbook),
            "play": self._play.get_name() if self._play else None,
            "task": task.get_name(),
        }

    def _variables(self, host: Any, task: Any) -> Callable[..., Any]:
        """A look-up of single variables, or of a value with templates. What cannot be told is None."""
        try:
            found = self._play.get_variable_manager().get_vars(
                play=self._play, host=host, task=task, include_hostvars=False
            )
            templar = Templar(loader=None, variables=found)
        except Exception:  # an audit line without a name is better than none
            return lambda name, value=None: None

        def known(name: str, value: Any = None) -> Any:
            value = found.get(name) if value is None else value
            # Templates cost milliseconds, and all hosts of a fleet come through here.
            if not isinstance(value, str) or "{" not in value:
                return value
            try:
                return templar.template(value)
            except Exception:  # an item of a loop, or a variable of the task that is not there yet
                return None

        return known

    def _key(self, task: Any, host: Any) -> tuple[str, str]:
        return task._uuid, host.get_name()

    def _write(self, event: str, *parts: Mapping[str, Any]) -> None:
        line = _audit.line(time.time(), event, *parts)
        kept = True
        try:
            append(self._path, line)
        except OSError as error:
            kept = False
            self._complain(error.strerror or str(error))
        if self._echo or not kept:
            self._show(line)

    def _complain(self, why: str) -> None:
        if why not in self._warned:
            self._warned.add(why)
            self._warn(
                f"The audit file {self._path} cannot be written: {why}. "
                "The play goes on, and its audit lines are shown here only."
            )


def _os_user() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    behind = os.environ.get("SUDO_USER")
    return f"{behind} as {user}" if behind and behind != user else user
