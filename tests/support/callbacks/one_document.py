# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stdout callback that prints the messages of every host as one document of JSON, for a program that reads them."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: one_document
type: stdout
short_description: Print one document of JSON at the end
description:
  - For the tests of this collection.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Prints nothing before the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "one_document"

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._display.display(json.dumps({host: stats.summarize(host) for host in sorted(stats.processed)}))
