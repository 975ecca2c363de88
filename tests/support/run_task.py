# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task without Ansible: plain options in, the plain result out, with a clock that jumps over every pause."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from ansible_collections.apsara.live.plugins.module_utils._api.client import Clock
from ansible_collections.apsara.live.plugins.module_utils._modules import task
from ansible_collections.apsara.live.plugins.module_utils._modules.run import run
from ansible_collections.apsara.live.plugins.module_utils._modules.task import Context
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions

DEADLINE = 6.0
WAIT = 2.0


class Jumping:
    """Runs with the real clock and jumps when somebody sleeps."""

    def __init__(self) -> None:
        self.jumped = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.jumped

    def wall(self) -> float:
        return time.time() + self.jumped

    def sleep(self, seconds: float) -> None:
        self.jumped += seconds


@dataclass
class Done:
    """What a task came to. `seconds` counts the pauses too."""

    result: dict[str, Any]
    seconds: float
    warnings: list[str] = field(default_factory=list)


def run_task(name: str, url: str, *, check_mode: bool = False, **params: Any) -> Done:
    """Run the module `name` against the service at `url` on the studio studio-main."""
    clock = Jumping()
    warnings: list[str] = []
    context = Context(
        check_mode=check_mode,
        diff=True,
        # No directory, hence no pace that is shared with anybody.
        environ={"XDG_RUNTIME_DIR": "/nowhere", "HOME": "/nowhere"},
        ansible_version="2.19.0",
        clock=Clock(clock.wall, clock.monotonic, clock.sleep),
        warn=warnings.append,
        hide=lambda secrets: None,
    )
    options = {
        "caster_id": "studio-main",
        "endpoint": url,
        "access_key_id": "rehearsal-key",
        "access_key_secret": "rehearsal-secret",
        "api_deadline": DEADLINE,
        "wait_timeout": WAIT,
        **params,
    }
    started = clock.monotonic()
    # A scripted server counts the readings, and a busy machine must not add one.
    with mock.patch.object(task, "FRESH", 600.0):
        result = run(definitions()[name], options, context)
    return Done(result, clock.monotonic() - started, warnings)
