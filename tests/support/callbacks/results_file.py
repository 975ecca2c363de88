# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback that writes every task result as one JSON line, beside the output that people read."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results_file
type: notification
short_description: Write every result to the file named in APSARA_LIVE_TEST_RESULTS
description:
  - For the tests of this collection.
"""


def _part(result: Any, name: str) -> Any:
    """One part of a task result; ansible-core 2.19 took the underscores off."""
    return getattr(result, name) if hasattr(result, name) else getattr(result, "_" + name)


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Collects results; never prints."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "results_file"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._path = os.environ.get("APSARA_LIVE_TEST_RESULTS", "")
        self._play = ""

    def _write(self, line: dict[str, Any]) -> None:
        if self._path:
            with open(self._path, "a", encoding="utf-8") as stream:
                stream.write(json.dumps(line, default=str) + "\n")

    def _record(self, status: str, result: Any) -> None:
        task = _part(result, "task")
        self._write(
            {
                "play": self._play,
                "task": task.get_name(),
                "action": str(task.action),
                "host": _part(result, "host").get_name(),
                "status": status,
                "result": dict(_part(result, "result")),
            }
        )

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play.get_name()

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record("changed" if _part(result, "result").get("changed") else "ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._record("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._record("unreachable", result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._write({"stats": {host: stats.summarize(host) for host in sorted(stats.processed)}})
