# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task with explicit keys loads requests and what requests needs, and no other library.

Imports are what a task costs, and each library is one more thing to install in an execution environment.
"""

from __future__ import annotations

import re
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import ROOT, run_playbook, studio_inventory
from ansible_collections.apsara.live.tests.support.studios import CASTER, document

# Python runs this file in every process when its folder is on the import path. An audit hook sees each import, in
# forked workers too, which end without atexit.
WATCH = """
import os, sys
def watch(event, arguments):
    if event == "import":
        line = (arguments[0].partition(".")[0] + chr(10)).encode()
        descriptor = os.open(os.environ["APSARA_LIVE_TEST_IMPORTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, line)
        os.close(descriptor)
sys.addaudithook(watch)
"""
TASKS: dict[str, dict[str, Any]] = {
    name: {"caster_id": CASTER} if definition.options["caster_id"].get("required") else {}
    for name, definition in definitions().items()
}
TASKS["caster"]["state"] = "started"
TASKS["caster_scene_config"]["layout_id"] = "layout-spare"
TASKS["caster_scene_info"]["audio"] = True


def imported(tasks: list[dict[str, Any]], folder: Path, **variables: Any) -> set[str]:
    """The distributions that one play imports, in the main process, the workers and the modules."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WATCH)
    names = folder / "imports.txt"
    run_playbook(
        [{"name": "Imports", "hosts": "casters", "gather_facts": False, "tasks": tasks}],
        folder,
        inventory=studio_inventory({"studio": CASTER}, **variables),
        environ={"PYTHONPATH": str(folder), "APSARA_LIVE_TEST_IMPORTS": str(names)},
    ).succeeded()
    owners = packages_distributions()
    # An import that was tried in vain has no owner.
    return {_plain(owner) for name in names.read_text().split() for owner in owners.get(name, [])}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needs_of_requests() -> set[str]:
    """The distributions that requests cannot do without."""
    needs = [line for line in requires("requests") or [] if "extra ==" not in line]
    return {_plain(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in needs}


@pytest.mark.parametrize("fast", [True, False], ids=["in-process", "module"])
def test_tasks_with_explicit_keys_import_requests_and_nothing_else(tmp_path: Path, fast: bool) -> None:
    keys = {"access_key_id": "rehearsal-key", "access_key_secret": "rehearsal-secret"}
    with Emulator(document()) as emulator:
        connection = {**keys, "endpoint": emulator.endpoint}
        tasks = [{"name": name, f"apsara.live.{name}": {**own, **connection}} for name, own in TASKS.items()]
        found = imported(tasks, tmp_path / "tasks", apsara_live_in_process=fast)
    idle = {"ansible.builtin.debug": {"msg": "nothing"}} if fast else {"ansible.builtin.ping": {}}
    extra = found - imported([{"name": "Idle", **idle}], tmp_path / "idle")
    # Where chardet is installed requests prefers it.
    assert extra - {"chardet"} == {"requests", "urllib3", "certifi", "idna", "charset-normalizer"}
    assert extra - {"chardet"} == {"requests"} | needs_of_requests()


def test_a_filter_file_loads_nothing_of_the_collection_before_it_is_used() -> None:
    # Ansible loads every file of filters for a task that uses one of them.
    for path in sorted((ROOT / "plugins" / "filter").glob("*.py")):
        assert not re.search(r"^(from|import) ansible_collections", path.read_text(), re.MULTILINE), path.name
