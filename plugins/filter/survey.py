# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters for answers of a survey; their documentation is in the files of their names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any


def survey_cue(answer: Any) -> str:
    """Make a cue of the answer that says when to go on air."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._survey import cue_time

    return cue_time("" if answer is None else str(answer), datetime.now(timezone.utc))


def survey_expect(answer: Any) -> dict[str, Any]:
    """Make an expectation of the answer that says what must be on air now."""
    # Late: Ansible loads all filter files for a task that uses one. That took a third of the time of a rehearsal.
    from ansible_collections.apsara.live.plugins.plugin_utils._survey import expectation

    return expectation("" if answer is None else str(answer))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name -> filter."""
        return {"survey_cue": survey_cue, "survey_expect": survey_expect}
