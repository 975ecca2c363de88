# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: permissions
type: notification
short_description: Print the RAM policy that a playbook needs
version_added: 1.0.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Sums the API actions of all tasks of this collection and prints at the end the RAM policy that is exactly enough for them.
    It goes to the standard error, so that output that a program reads, such as JSON, stays whole.
    Enable it for a rehearsal of your show, and give the show nothing more than what it prints.
  - It knows what the tasks called. An inventory of P(apsara.live.casters#inventory) reads by itself before the first task. It needs
    C(live:DescribeCasters), and with O(apsara.live.casters#inventory:scenes=true) also C(live:DescribeCasterScenes).
  - Check mode never writes, so a policy from check mode lacks the writes, and the output says so.
  - What a task with C(no_log) called is not known here, and the output says so.
requirements:
  - >-
    C(apsara.live.permissions) in C(callbacks_enabled) of the section C([defaults]) in C(ansible.cfg),
    or in the environment variable C(ANSIBLE_CALLBACKS_ENABLED)
seealso:
  - plugin: apsara.live.audit
    plugin_type: callback
"""

EXAMPLES = r"""
enable: |
  # In ansible.cfg
  [defaults]
  callbacks_enabled = apsara.live.permissions
"""

from typing import Any

from ansible.plugins.callback import CallbackBase
from ansible_collections.apsara.live.plugins.plugin_utils._callback import (
    in_check_mode,
    module_of,
    part,
    single_results,
)
from ansible_collections.apsara.live.plugins.plugin_utils._permissions import Tally


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Collects what was called and says it at the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "apsara.live.permissions"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._tally = Tally()

    def _count(self, result: Any) -> None:
        module, check_mode = module_of(part(result, "task")), in_check_mode(result)
        for single in single_results(result):
            self._tally.add(module, single, check_mode)

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task ended well."""
        self._count(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed."""
        self._count(result)

    def v2_runner_retry(self, result: Any) -> None:
        """A task with until is going to be tried again."""
        self._count(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The playbook ended."""
        for words in self._tally.words():
            # Output that a program reads holds only what its stdout callback prints.
            self._display.display(words, stderr=True)
