# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. May a task run inside the worker, and how? Otherwise its module runs, with the same result.

A module costs a new Python process. The work of these modules is a few API calls, so inside the worker it costs a small
part of that. The imports below happen in the main process, before the workers are forked.
"""

from __future__ import annotations

import os
import time
from typing import Any

from ansible import __version__ as ansible_version
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..module_utils._client import Clock
from ..module_utils._module import spec
from ..module_utils._run import run
from ..module_utils._task import Context
from ..module_utils._transport import HAS_REQUESTS

SWITCH = "apsara_live_fast"


class LiveAction(ActionBase):  # type: ignore[misc]
    """An action plugin that does the work of the module `name`. Subclasses only set the name."""

    name = ""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task on the fast road where nothing asks for anything else."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        params = self._validated() if self._may_be_fast(variables) else None
        if params is None:
            result.update(self._run_module(variables))
        else:
            result.update(self._run_here(params, str(variables.get("inventory_hostname", ""))))
        return result

    def _may_be_fast(self, variables: dict[str, Any]) -> bool:
        return (
            HAS_REQUESTS
            and self._connection.transport == "local"
            and not self._play_context.become
            and not self._task.async_val
            and not any(self._task.environment or ())
            and boolean(self._templar.template(variables.get(SWITCH, True)), strict=False)
        )

    def _validated(self) -> dict[str, Any] | None:
        """The options as the module would get them, or None: then the module says what is wrong with them."""
        constraints = {key: value for key, value in spec(self.name).items() if key != "supports_check_mode"}
        validation = ArgumentSpecValidator(**constraints).validate(self._task.args)
        parameters: dict[str, Any] = validation.validated_parameters
        return None if validation.error_messages else parameters

    def _run_module(self, variables: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name=f"apsara.live.{self.name}",
            module_args=self._task.args,
            task_vars=variables,
            wrap_async=bool(self._task.async_val) and not self._connection.has_native_async,
        )
        return result

    def _run_here(self, params: dict[str, Any], host: str) -> dict[str, Any]:
        warnings: list[str] = []
        secrets = _secret_values(self.name, params)
        context = Context(
            check_mode=bool(self._task.check_mode),
            diff=bool(self._task.diff),
            environ=os.environ,
            ansible_version=ansible_version,
            clock=Clock(time.time, time.monotonic, time.sleep),
            warn=warnings.append,
            hide=secrets.update,
            progress=lambda words: self._display.display(f"[{host}] {words}"),
        )
        result = {**run(self.name, params, context), "invocation": {"module_args": params}}
        kept = {key: value for key, value in result.items() if value is None or isinstance(value, bool)}
        return {**remove_values(result, secrets), **kept, **({"warnings": warnings} if warnings else {})}


def _secret_values(name: str, params: dict[str, Any]) -> set[str]:
    options = spec(name)["argument_spec"]
    return {str(params[option]) for option, facts in options.items() if facts.get("no_log") and params.get(option)}
