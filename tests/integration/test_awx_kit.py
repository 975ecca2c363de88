# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the AWX kit set AWX up, with the real modules of awx.awx, once and for all?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.tests.support import awx_kit
from ansible_collections.apsara.live.tests.support.awx_controller import Controller
from ansible_collections.apsara.live.tests.support.playbook import PlayRun, run_playbook

PLAYBOOKS = {path.name for path in awx_kit.PROJECT.glob("*.yml")}


def configure(controller: Controller, path: Path, *args: str, **answers: Any) -> PlayRun:
    """Set up this controller."""
    if not (awx_kit.AWX / "ansible_collections" / "awx" / "awx").is_dir():
        pytest.skip("awx.awx is not there: make .cache/awx/.done downloads it")
    return run_playbook(
        "apsara.live.configure_awx",
        path,
        environ={**awx_kit.collections(), **controller.environ()},
        extra_vars={**awx_kit.ANSWERS, **answers},
        args=args,
    )


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    with Controller(PLAYBOOKS) as controller:
        first = configure(controller, tmp_path).succeeded(warnings=True)
        assert first.changed() > 0
        made = list(controller.writes)
        second = configure(controller, tmp_path).succeeded(warnings=True)
        assert second.changed() == 0, [task for task in second.tasks if task.changed]
        assert controller.writes == made
