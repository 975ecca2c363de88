# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees of a task, as far as the whole tasks in test_run.py do not show it."""

from __future__ import annotations

from ansible_collections.apsara.live.plugins.module_utils._modules.result import Report


def test_there_is_a_diff_only_where_one_is_asked_for() -> None:
    report = Report({"caster_id": "studio-main"}, writes=True)
    without = report.render(diff=False)
    assert set(report.render(diff=True)) - set(without) == {"diff"}
