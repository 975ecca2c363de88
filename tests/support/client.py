# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the work of a module in this process, without Ansible around it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from typing import Any

from ...plugins.module_utils._api.client import Clock
from ...plugins.module_utils._modules.run import run
from ...plugins.module_utils._modules.task import Context
from ...plugins.plugin_utils._definitions import definitions

# The pace of calls is shared through files of the machine; tests have their own.
_RUNTIME = tempfile.TemporaryDirectory(prefix="apsara.live-tests-")

KEY = {"access_key_id": "rehearsal-key", "access_key_secret": "rehearsal-secret"}


def context(*, check_mode: bool = False, environ: Mapping[str, str] | None = None, warnings: Any = None) -> Context:
    """What Ansible would give to a task. `warnings` is a list that collects them."""
    return Context(
        check_mode=check_mode,
        diff=True,
        environ={"XDG_RUNTIME_DIR": _RUNTIME.name, **(environ or {})},
        ansible_version="2.19.0",
        clock=Clock(time.time, time.monotonic, time.sleep),
        warn=(warnings if warnings is not None else []).append,
        hide=lambda secrets: None,
    )


def run_task(name: str, endpoint: str, params: Mapping[str, Any], *, check_mode: bool = False) -> dict[str, Any]:
    """Run the module `name` (without the collection's name) with the rehearsal key and return its result."""
    return run(definitions()[name], {**KEY, "endpoint": endpoint, **params}, context(check_mode=check_mode))
