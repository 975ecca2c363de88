# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Action plugin base: does the work of a module inside the worker, or runs the module.

A module costs a new Python process. The work of these modules is a few API calls, so inside the worker it costs a small
part of that. The imports below happen in the main process, before the workers are forked: also of what a module's
process would load only where it needs it.
"""

from __future__ import annotations

import contextlib
import datetime
import multiprocessing
import os
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

from ansible import __version__ as ansible_version
from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._api import failure as _failure_words
from ..module_utils._api.client import Clock
from ..module_utils._api.transport import HAS_REQUESTS, start
from ..module_utils._errors.error import LiveError, invalid_option
from ..module_utils._errors.kind import Outcome
from ..module_utils._errors.redaction import quoted
from ..module_utils._modules.definition import Module
from ..module_utils._modules.run import run, task_timeout
from ..module_utils._modules.task import Context

#: The variable that says whether a task may run in-process.
IN_PROCESS = "apsara_live_in_process"
#: What it was called before 1.1.0.
FORMER_NAME = "apsara_live_fast"
# Set on a task of a role that runs in check mode to judge: what it would change is no change of the run.
JUDGES = "__apsara_live_judges"
# The client imports it when something fails. Here it is there before, so that no task has to wait for it.
_LOADED = _failure_words
# How often a worker looks whether its play is still there while a module runs, in seconds.
_WATCH = 0.25
_MODULE_DIED = (
    "The process of the module ended without a result, so nobody knows what it did. Look at the program output, or "
    "read the studio with apsara.live.caster_scene_info, before doing anything else."
)


class LiveAction(ActionBase):  # type: ignore[misc]
    """An action plugin that does the work of a module. Subclasses only name its definition."""

    definition: Module
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task in-process where nothing asks for anything else, and as a module otherwise."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        validation = self._validate() if self._may_be_in_process(variables) else None
        own = self._run_here(validation, str(variables.get("inventory_hostname", ""))) if validation else None
        result.update(self._run_module(variables) if own is None else own)
        if self._task.check_mode and boolean(variables.get(JUDGES, False), strict=False):
            # Not by changed_when in the role: of a task that failed, ansible-core 2.21 shows what changed_when gave.
            result["changed"] = False
        return result

    def _may_be_in_process(self, variables: dict[str, Any]) -> bool:
        return (
            HAS_REQUESTS
            and self._connection.transport == "local"
            and self._connection.become is None
            and not self._task.async_val
            and not any(self._task.environment or ())
            and self._is_wanted(variables)
        )

    def _is_wanted(self, variables: dict[str, Any]) -> bool:
        name = IN_PROCESS
        if IN_PROCESS not in variables and FORMER_NAME in variables:
            name = FORMER_NAME
            self._display.deprecated(
                f"The variable {FORMER_NAME} is called {IN_PROCESS} now.",
                version="2.0.0",
                collection_name="apsara.live",
            )
        return bool(boolean(self._templar.template(variables.get(name, True)), strict=False))

    def _validate(self) -> ValidationResult | None:
        """The options as the module would get them, or None: then the module says what is wrong with them."""
        validation = self._validation()
        says_something = validation.error_messages or validation._warnings or validation._deprecations
        return None if says_something else validation

    def _validation(self) -> ValidationResult:
        constraints = {key: value for key, value in self.definition.spec().items() if key != "supports_check_mode"}
        validation: ValidationResult = ArgumentSpecValidator(**constraints).validate(_as_sent(self._task.args))
        return validation

    def _run_module(self, variables: dict[str, Any]) -> dict[str, Any]:
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        self._keep_from_disk()
        try:
            with _ended_with_its_play():
                result: dict[str, Any] = self._execute_module(
                    module_name=f"apsara.live.{self.definition.name}",
                    module_args=dict(self._task.args),
                    task_vars=variables,
                    wrap_async=wrap_async,
                )
        except AnsibleConnectionFailure as error:
            # Ansible would call the host unreachable, and nothing changed. With any_errors_fatal it would also end the
            # play of all hosts on the spot, without their rescues, even where that is to be ignored.
            _end_processes(error.__traceback__)
            result = {"failed": True, "msg": str(error)}
        except BaseException as error:
            _end_processes(error.__traceback__)
            if not _is_task_timeout(error):
                raise
            result = _failure(task_timeout(self._may_write()), self._task.timeout)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
            self._complete(result)
        return result

    def _may_write(self) -> bool:
        return self.definition.writes and not self._task.check_mode

    def _complete(self, result: dict[str, Any]) -> None:
        """Give an outcome to a failure that has none: of a module that died, or that Ansible refused to run."""
        if not result.get("failed") or "error" in result:
            return
        words = str(result.get("msg") or "The module gave no result.")
        if self._validation().error_messages:
            named = self._named(words)
            error = invalid_option(words + self._given(named), option=next(iter(named), None))
            result["msg"] = error.message
        elif self._may_write():
            error = LiveError(words, code="ModuleFailed", outcome=Outcome.UNKNOWN, hint=_MODULE_DIED)
        else:
            error = LiveError(words, code="ModuleFailed", outcome=Outcome.REFUSED, hint="")
        result["error"] = error.as_dict()
        result["changed"] = error.outcome is Outcome.UNKNOWN

    def _named(self, words: str) -> list[str]:
        """The options that a refusal of Ansible names. Ansible hands on nothing but its sentence."""
        specs = self.definition.spec()["argument_spec"]
        return [name for name in self._task.args if f"'{name}'" in words and name in specs]

    def _given(self, named: list[str]) -> str:
        """The values of these options; Ansible says the type only."""
        specs = self.definition.spec()["argument_spec"]
        shown = [f"{name} was {quoted(self._task.args[name])}" for name in named if not _is_secret(specs[name])]
        return f". Given: {', '.join(shown)}. Nothing was sent." if shown else ""

    def _keep_from_disk(self) -> None:
        """Pipe a local module to its interpreter, unless the user decided about pipelining.

        Otherwise its options, keys among them, would lie in a temporary file, and stay there if Ansible is killed.
        """
        connection = self._connection
        if connection.transport != "local" or connection.become is not None:
            return
        if connection.get_option_and_origin("pipelining")[1] == "default":
            connection.set_option("pipelining", True)

    def _run_here(self, validation: ValidationResult, host: str) -> dict[str, Any] | None:
        """Do the work; None when it needs a library that may be where the module runs, and is not here."""
        warnings: list[str] = []
        secrets = set(validation._no_log_values)
        params = validation.validated_parameters
        context = Context(
            check_mode=bool(self._task.check_mode),
            diff=bool(self._task.diff),
            environ=os.environ,
            ansible_version=ansible_version,
            clock=Clock(time.time, time.monotonic, time.sleep),
            warn=warnings.append,
            hide=secrets.update,
            progress=self._progress(host),
            abandoned=_play_is_gone,
            timed_out=_is_task_timeout,
        )
        result = {**run(self.definition, params, context), "invocation": {"module_args": params}}
        if result.get("failed") and result["error"]["code"] == "MissingLibrary":
            return None
        if result.get("failed") and result["error"]["code"] == "TaskTimeout":
            result["timedout"] = {"period": self._task.timeout}
        if warnings:
            result["warnings"] = warnings
        kept = {key: value for key, value in result.items() if value is None or isinstance(value, bool)}
        return {**remove_values(result, secrets), **kept}

    def _progress(self, host: str) -> Callable[[str], None]:
        if self._task.no_log:
            return lambda words: None
        # What is said while a task runs is no result: output that a program reads holds only what its callback prints.
        return lambda words: self._display.display(f"[{host}] {words}", stderr=True)


def _is_secret(option: Mapping[str, Any]) -> bool:
    """Whether an option may hold a secret, itself or in one of its own options."""
    return bool(option.get("no_log")) or any(map(_is_secret, option.get("options", {}).values()))


def _failure(error: LiveError, period: int) -> dict[str, Any]:
    """The result of a module that was ended by its task's time limit, in seconds."""
    return {
        "failed": True,
        "changed": error.outcome is Outcome.UNKNOWN,
        "msg": f"{error.message} {error.hint}",
        "error": error.as_dict(),
        "timedout": {"period": period},
    }


def _is_task_timeout(error: BaseException) -> bool:
    """Whether the keyword `timeout` ended the task. Its class has no public place, and another in older releases."""
    return any(kind.__name__ == "TaskTimeoutError" for kind in type(error).__mro__)


def _play_is_gone() -> bool:
    """Whether the process that started this worker is gone. Whatever ended it, nobody waits for the task."""
    parent = multiprocessing.parent_process()
    return parent is not None and parent.pid != os.getppid()


def _end_processes(trace: TracebackType | None) -> None:
    """End the process of a connection that an exception interrupted, and with it the module that it started.

    A module, wherever it runs, also stops when nobody reads its result any more. Python itself would keep the process
    and its pipes until it ends.
    """
    for frame, _line in traceback.walk_tb(trace):
        for process in [value for value in frame.f_locals.values() if isinstance(value, subprocess.Popen)]:
            with contextlib.suppress(OSError):
                process.terminate()
            for pipe in (process.stdin, process.stdout, process.stderr):
                # What was not written yet has no reader.
                with contextlib.suppress(OSError, ValueError):
                    if pipe:
                        pipe.close()


@contextlib.contextmanager
def _ended_with_its_play() -> Iterator[None]:
    """End this worker when its play is gone, since a module process knows of the worker only."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_WATCH):
            if _play_is_gone():
                os._exit(1)

    # A machine that starts no more threads will hardly start the module.
    with contextlib.suppress(RuntimeError):
        start(threading.Thread(target=watch, daemon=True, name="apsara.live watch"))
    try:
        yield
    finally:
        over.set()


def _as_sent(value: Any) -> Any:
    """An option as it looks to a module after its way through JSON: plain types, moments as text."""
    if isinstance(value, Mapping):
        return {str(key): _as_sent(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_as_sent(entry) for entry in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
