# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The RAM policy that is exactly enough for a play, from the results of its tasks. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..module_utils._api.operations import OPERATIONS


class Tally:
    """Sums the API actions of results. Takes the result of every task; those without API calls count for nothing."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._only_planned: dict[str, bool] = {}
        self._hidden = 0

    def add(self, module: str, result: Mapping[str, Any], check_mode: bool) -> None:
        """Count the calls of one result. `module` is the full name of the module."""
        if not module.startswith("apsara.live.") and "api_calls" not in result:
            return
        self._hidden += "censored" in result
        calls = [call for call in result.get("api_calls") or () if isinstance(call, Mapping)]
        actions = {call["action"] for call in calls if call.get("action") in OPERATIONS}
        self._used |= actions
        if any(OPERATIONS[action].writes for action in actions):
            self._only_planned[module] = False
        elif check_mode and result.get("changed"):
            self._only_planned.setdefault(module, True)

    def words(self) -> list[str]:
        """What is said at the end of a play: the policy, and what it cannot know. Nothing when no API was called."""
        if not self._used and not self._hidden:
            return []
        said = []
        if self._used:
            said = ["The RAM policy that is exactly enough for the API actions of these tasks:", self.policy()]
        planned = sorted(module for module, only in self._only_planned.items() if only)
        if planned:
            said.append(f"Check mode wrote nothing, so the writes of {', '.join(planned)} are not in it.")
        if self._hidden:
            said.append(f"{self._hidden} results were hidden by no_log, so their API actions are not in it.")
        return said

    def policy(self) -> str:
        """The policy document as JSON, its actions in the order of the operation table: reads first."""
        actions = [operation.ram_action for name, operation in OPERATIONS.items() if name in self._used]
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        return json.dumps({"Version": "1", "Statement": [statement]}, indent=2)
