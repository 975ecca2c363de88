# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: audit
type: notification
short_description: Keep a record of every take and stop
version_added: 1.0.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Appends lines of JSON to a file, so that every task that may write to a studio can be told afterwards.
    They say who it was (AWX user, job and schedule, or the user of the operating system), when, which studio, from what to what, with
    which request id, what became of it and why, and how many API calls it took.
  - A task gives one line when it begins and one when it ends. A task that was killed has no second one, which means that nobody knows
    what it did. Each item of a loop and each attempt of C(until) has a line of its own.
  - Refused, failed and unconfirmed tasks are recorded like the others, and so are those in check mode, as V(planned).
  - A line never holds a secret. Of a task with C(no_log) it says only that something was hidden.
  - Several playbooks may write to one file at once. A file that is made gets the mode 0600.
  - A file that cannot be written never stops a show. A warning says so, and the lines are printed instead, on the standard error.
  - The role P(apsara.live.report#role) makes the as-run report of a day from the file.
  - Set the variable C(rundown_revision), in the inventory or when you launch the show, to have it in every line.
requirements:
  - "C(apsara.live.audit) in C(callbacks_enabled) of the section C([defaults]) in C(ansible.cfg), or in the environment variable C(ANSIBLE_CALLBACKS_ENABLED)"
options:
  path:
    description:
      - The file. It and its folder are made when they are missing.
      - A file may be moved away at any time to begin a new one.
    type: path
    default: ~/.ansible/apsara.live/audit.jsonl
    env:
      - name: APSARA_LIVE_AUDIT_PATH
    ini:
      - section: apsara_live_audit
        key: path
  display:
    description:
      - Whether to print every line, too. They go to the standard error, so that output that a program reads, such as JSON, stays whole.
      - In AWX a job's file is gone with its container, but its output is kept. The report reads lines from a saved output as well.
    type: bool
    default: false
    env:
      - name: APSARA_LIVE_AUDIT_DISPLAY
    ini:
      - section: apsara_live_audit
        key: display
seealso:
  - plugin: apsara.live.permissions
    plugin_type: callback
"""

EXAMPLES = r"""
enable: |
  # In ansible.cfg
  [defaults]
  callbacks_enabled = apsara.live.audit

  [apsara_live_audit]
  path = /var/log/apsara.live/audit.jsonl
"""

from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible_collections.apsara.live.plugins.plugin_utils._audit import ATTEMPT, ENDED, ITEM
from ansible_collections.apsara.live.plugins.plugin_utils._audit_recorder import Recorder


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Hands each moment that gives a line to the recorder."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "apsara.live.audit"
    CALLBACK_NEEDS_ENABLED = True

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Read the options; nothing happens before."""
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        self._recorder = Recorder(
            path=self.get_option("path"),
            echo=self.get_option("display"),
            show=self._show,
            warn=self._display.warning,
        )

    def _show(self, line: str) -> None:
        """Output that a program reads holds only what its stdout callback prints, so a line goes to the standard error."""
        self._display.display(line, stderr=True)

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """A playbook starts."""
        self._recorder.playbook(playbook._file_name)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """A play starts."""
        self._recorder.play(play)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """A task starts on one host."""
        self._recorder.begun(host, task)

    def v2_runner_retry(self, result: Any) -> None:
        """A task with until is going to be tried again."""
        self._recorder.came(ATTEMPT, result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """An item of a loop ended well."""
        self._recorder.came(ITEM, result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        """An item of a loop failed."""
        self._recorder.came(ITEM, result)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """An item of a loop was skipped."""
        self._recorder.came(ITEM, result, skipped=True)

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task ended well."""
        self._recorder.came(ENDED, result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed."""
        self._recorder.came(ENDED, result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task was skipped."""
        self._recorder.came(ENDED, result, skipped=True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """The host of a task could not be reached."""
        self._recorder.came(ENDED, result, unreachable=True)
