# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback that notes how long each task took, from its start to its first result."""

from __future__ import annotations

import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_times
type: notification
short_description: Write the seconds of each task to the file named in APSARA_LIVE_TASK_TIMES
description:
  - For the benchmark.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Writes one number a line; never prints."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._began = 0.0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._began = time.monotonic()

    def v2_runner_on_ok(self, result: Any) -> None:
        with open(os.environ["APSARA_LIVE_TASK_TIMES"], "a", encoding="utf-8") as stream:
            stream.write(f"{time.monotonic() - self._began}\n")
