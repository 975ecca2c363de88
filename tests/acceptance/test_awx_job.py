# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The show day as a job of AWX: transmitted, run on a node, killed, relaunched, with blank fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.apsara.live.plugins.plugin_utils._as_run import as_run
from ansible_collections.apsara.live.tests.support.awx_job import Job, Outcome, Run
from ansible_collections.apsara.live.tests.support.fleet import TAKE, Service, fleet_document, serve, wait_for
from ansible_collections.apsara.live.tests.support.playbook import ROOT

GUIDE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
SECRET = "rehearsal-secret"
SHOW = [{"name": "Show day", "import_playbook": "apsara.live.show_day"}]
HOSTS = {f"Stage {number}": {"caster_id": f"studio-{number}"} for number in (1, 2)}
# A survey: an answer, a number, a text that was left blank, and one that looks like a template.
SURVEY = {"show_confirmed": "true", "take_max_late": 10, "take_at": "", "rundown_revision": "{{ 7 * 7 }}"}


def run(folder: Path, service: Service, number: int, options: str) -> Run:
    """Send a job off. The project's ansible.cfg is the one of the guide."""
    credential = {
        **service.account(),
        # Fields of the credential that were left blank, and what its type sets in any case.
        "ALIBABA_CLOUD_SECURITY_TOKEN": "",
        "ALIBABA_CLOUD_REGION_ID": "",
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
    }
    own = folder / f"job {number}"
    own.mkdir()
    configuration = GUIDE.partition("```cfg\n")[2].partition("```")[0]
    assert configuration
    return Run(Job(number, SHOW, HOSTS, credential, SURVEY, f"-u root --forks=1 {options}", configuration), own)


def test_a_show_day_as_a_job_of_awx(tmp_path: Path) -> None:
    """A dry run, a job that is killed between a take and its answer, and its relaunch."""
    with serve(fleet_document(2), tmp_path) as service:
        checked = run(tmp_path, service, 41, "--check --diff").finish()
        _the_dry_run_shows_the_take(checked, service)

        service.add_faults({"kind": "lost_answer", "action": TAKE, "seconds": 60})
        killed = run(tmp_path, service, 42, "--diff")
        wait_for(lambda: service.journal(TAKE))
        killed.kill()
        outcome = killed.finish()
        assert outcome.status == "error"
        assert not outcome.results("Put the preview on air")

        again = run(tmp_path, service, 43, "--diff").finish()
        _the_relaunch_tells_the_truth(again, service)
        for entry in service.journal():
            assert "SecurityToken" not in entry["parameters"] and "RegionId" not in entry["parameters"]

    jobs = (checked, outcome, again)
    for finished in jobs:
        assert SECRET not in json.dumps(finished.events)
        assert finished.files_with(SECRET) == []
    # A path that AWX exposes to jobs would be one file for all of them.
    _the_audit_knows_all(
        "".join(path.read_text(encoding="utf-8") for path in sorted(tmp_path.glob("job */private/project/audit.jsonl")))
    )


def _the_dry_run_shows_the_take(checked: Outcome, service: Service) -> None:
    assert checked.status == "successful", checked.stdout
    assert not service.writes()
    for host in HOSTS:
        (result,) = checked.results("Put the preview on air", host)
        assert result["changed"]
        assert "layout: layout-now" in result["diff"]["before"] and "layout: layout-next" in result["diff"]["after"]
    # AWX shows it in the output of the job, too, which is coloured.
    assert "+layout: layout-next" in checked.stdout


def _the_relaunch_tells_the_truth(again: Outcome, service: Service) -> None:
    assert again.status == "successful", again.stdout
    first, second = (again.results("Put the preview on air", host)[0] for host in HOSTS)
    assert (first["changed"], second["changed"]) == (False, True)
    assert first["before"]["layout_id"] == first["after"]["layout_id"] == "layout-next"
    assert second["diff"]["before"] != second["diff"]["after"]
    assert [entry["caster_id"] for entry in service.journal(TAKE)] == ["studio-1", "studio-2"]
    assert again.artifacts == {
        # What an approval would be about.
        "apsara_live_verdict": (
            "Studios: 1 needs attention, 1 ready."
            " Stage 1: Preview and program show the same, so a take would change nothing."
        ),
        "apsara_live_takes": {
            "Stage 1": _ids("studio-1", None, "layout-next"),
            "Stage 2": _ids("studio-2", second["request_id"], "layout-now"),
        },
        # What was reviewed is on air, so the take of a later job is another one.
        "apsara_live_reviewed": dict.fromkeys(HOSTS, ""),
    }


def _ids(caster_id: str, request_id: str | None, before: str) -> dict[str, Any]:
    return {
        "caster_id": caster_id,
        "changed": request_id is not None,
        "layout_id": "layout-next",
        "previous_layout_id": before,
        "request_id": request_id,
    }


def _the_audit_knows_all(audit: str) -> None:
    """The killed job could say nothing at its end. What it began is told all the same."""
    lines = [json.loads(line) for line in audit.splitlines()]
    assert {line["by"] for line in lines} == {"operator"}
    assert {line["rundown_revision"] for line in lines} == {"{{ 7 * 7 }}"}
    day = lines[0]["time"][:10]
    shown = as_run({"audit.jsonl": audit}, day=day, zone="UTC")
    told = [(entry["job"], entry["studio"], entry["action"], entry["outcome"]) for entry in shown["entries"]]
    assert told == [
        ("42", "Stage 1", "take", "unconfirmed"),
        ("43", "Stage 1", "take", "unchanged"),
        ("43", "Stage 2", "take", "done"),
        ("43", "Stage 1", "stop", "done"),
        ("43", "Stage 2", "stop", "done"),
    ]
