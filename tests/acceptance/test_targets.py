# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The integration targets of ansible-test, run here through a plain playbook each."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from ansible_collections.apsara.live.tests.support.playbook import LOCAL, ROOT, run_playbook

_TARGETS = ROOT / "tests" / "integration" / "targets"
_NAMES = sorted(path.name for path in _TARGETS.iterdir() if not path.name.startswith("setup_"))


def test_every_module_has_a_target() -> None:
    assert sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")) == _NAMES


@pytest.mark.parametrize("target", _NAMES)
def test_target(target: str, tmp_path: Path) -> None:
    play = {"name": target, "hosts": "testhost", "gather_facts": False, "roles": [target]}
    run = run_playbook(
        [play],
        tmp_path,
        inventory={"all": {"hosts": {"testhost": LOCAL}}},
        environ={"ANSIBLE_ROLES_PATH": str(_TARGETS)},
    ).succeeded()
    assert any(task.action == f"apsara.live.{target}" for task in run.results())
    assert run.stats["testhost"]["failures"] == 0
    endpoint = run.result("Remember where it is")["ansible_facts"]["setup_emulator_endpoint"]
    with pytest.raises(OSError):
        json.load(urllib.request.urlopen(f"{endpoint}/_emulator/journal", timeout=5))
    assert "rehearsal-secret" not in run.output
