# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The process of a module: from Ansible's options to its exit."""

from __future__ import annotations

import gc
import os
import select
import signal
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .definition import Module


def run_module(definition: Module) -> None:
    """Run a module and leave with its result."""
    # An interrupted play terminates its modules.
    signal.signal(signal.SIGTERM, _leave)
    module: Any = AnsibleModule(**definition.spec())  # type: ignore[no-untyped-call]
    result = _work(definition, module)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def _work(definition: Module, module: Any) -> dict[str, Any]:
    # What is loaded stays until the end. Looking through it for garbage would take a tenth of the module's time.
    gc.disable()
    from .._api.client import Clock
    from .run import run
    from .task import Context

    gc.freeze()
    gc.enable()
    context = Context(
        check_mode=module.check_mode,
        diff=module._diff,
        environ=os.environ,
        ansible_version=module.ansible_version,
        clock=Clock(time.time, time.monotonic, time.sleep),
        warn=module.warn,
        hide=module.no_log_values.update,
        abandoned=_nobody_reads,
    )
    return run(definition, module.params, context)


def _leave(number: int, _frame: object) -> None:
    """Leaving by an exception lets Ansible take away what it unpacked."""
    raise SystemExit(128 + number)


def _nobody_reads() -> bool:
    """Whether the one who started this module is gone. Then nobody holds the other end of the pipe for the result."""
    poll = select.poll()
    poll.register(1, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _unused, event in poll.poll(0))
