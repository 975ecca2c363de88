# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every write can be told afterwards, the report tells it, and the policy that is printed is exactly enough."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.tests.support.fleet import (
    TAKE,
    Interpreter,
    fleet_document,
    fleet_inventory,
    serve,
    wait_for,
)
from ansible_collections.apsara.live.tests.support.pages import as_run
from ansible_collections.apsara.live.tests.support.playbook import (
    ROOT,
    PlayRun,
    Plays,
    run_playbook,
    start_playbook,
)
from ansible_collections.apsara.live.tests.support.servers import BESIDE, CONFIGURED
from ansible_collections.apsara.live.tests.support.studios import PVW

AUDIT = {"ANSIBLE_CALLBACKS_ENABLED": "results_file,apsara.live.audit"}
PERMISSIONS = {"ANSIBLE_CALLBACKS_ENABLED": "results_file,apsara.live.permissions"}
COPY = "apsara.live.caster_scene_config_copy"
# Nothing is read, so nothing can prove what became of it.
BLIND = {"caster_id": "{{ caster_id }}", "scene_id": PVW, "check_first": False, "api_deadline": 2, "read_timeout": 1}
MINE = {"caster_id": "{{ caster_id }}", "wait_timeout": 5}
NASTY = '<b onload="x">Größte | `Bühne` 舞台</b>'


def play(*tasks: dict[str, Any], **keywords: Any) -> Plays:
    return [{"name": "Show", "hosts": "casters", "gather_facts": False, **keywords, "tasks": list(tasks)}]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ended(path: Path, task: str) -> list[dict[str, Any]]:
    """What became of a task whose name contains this text: one line for each item and attempt."""
    return [line for line in lines(path) if task in line.get("task", "") and line["event"] != "begun"]


EVERYTHING = play(
    {"name": "checked", COPY: MINE, "check_mode": True},
    {"name": "taken", COPY: {**MINE, "caster_id": "{{ item }}"}, "loop": ["{{ caster_id }}", "studio-2"]},
    {"name": "again", COPY: MINE, "changed_when": True},
    {"name": "refused", COPY: {**MINE, "expect": {"layout_id": "nope"}}, "ignore_errors": True},
    {"name": "hidden", COPY: {**MINE, "expect": {"layout_id": "quiet"}}, "ignore_errors": True, "no_log": True},
    {"name": "skipped", "apsara.live.caster_scene_stop": {"caster_id": "{{ caster_id }}"}, "when": False},
    {"name": "wrong option", COPY: {**MINE, "nonsense": 1}, "ignore_errors": True},
    {
        "name": "background",
        COPY: {"caster_id": "studio-3"},
        "async": 60,
        "poll": 0,
        "register": "job",
    },
    {
        "name": "came back",
        "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"},
        "register": "end",
        "until": "end is finished",
        "retries": 60,
        "delay": 1,
    },
    {"name": "lost", "apsara.live.caster_scene_stop": BLIND, "ignore_errors": True},
    {"name": "read", "apsara.live.caster_scene_info": {"caster_id": "{{ caster_id }}"}},
)
AWX = {"awx_user_name": "operator", "awx_job_id": 41, "awx_schedule_name": "opener", "rundown_revision": "r17"}


def test_everything_is_recorded_and_reported(tmp_path: Path) -> None:
    audit, pages = tmp_path / "kept" / "audit.jsonl", tmp_path / "pages"
    environ = {**AUDIT, "APSARA_LIVE_AUDIT_PATH": str(audit)}
    with serve(fleet_document(3), tmp_path) as service:
        # Stops reach the studio, and no answer to them comes back in time.
        service.add_faults(
            {"kind": "throttle", "action": "DescribeCasterScenes", "times": 2},
            {"kind": "lost_answer", "action": "StopCasterScene", "times": 0, "seconds": 30},
        )
        run = run_playbook(
            EVERYTHING,
            tmp_path,
            # Ansible cannot start a background task with a Python that has a blank in its path.
            inventory=fleet_inventory(
                range(1, 2), caster_name=NASTY, ansible_python_interpreter=str(Interpreter(tmp_path).path)
            ),
            environ=service.account(**environ, ANSIBLE_ASYNC_DIR=str(tmp_path / "async")),
            extra_vars=AWX,
        )
        run.succeeded(warnings=True)
        report = ("apsara.live.report_show", tmp_path)
        variables = {"report_directory": str(pages), "report_zone": "Asia/Shanghai", "report_title": NASTY}
        first = run_playbook(*report, environ=environ, extra_vars=variables).succeeded()
        # In an inventory that has servers, too.
        beside = {**environ, **CONFIGURED}
        second = run_playbook(*report, inventory=BESIDE, environ=beside, extra_vars=variables).succeeded()

    _judge_lines(audit)
    _judge_secrets(run, audit, pages)
    assert (first.changed(), second.changed()) == (2, 0)
    _judge_pages(first.result("Read the audit")["ansible_facts"]["report_result"], pages)


def _judge_lines(audit: Path) -> None:
    assert audit.stat().st_mode & 0o777 == 0o600
    table = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8").partition("| key | says |")[2].partition("\n\n")[0]
    documented = {key for row in table.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1] if row else "")}
    assert documented == set().union(*lines(audit))
    (checked,) = ended(audit, "checked")
    assert (checked["outcome"], checked["check_mode"], checked["dry_run"]) == ("planned", True, False)
    mine, other, end = ended(audit, "taken")
    assert (mine["event"], other["event"], end["event"]) == ("item", "item", "ended")
    assert (mine["caster_id"], other["caster_id"], end["outcome"]) == ("studio-1", "studio-2", None)
    assert (mine["outcome"], mine["before"]["layout_id"], mine["after"]["layout_id"]) == (
        "done",
        "layout-now",
        "layout-next",
    )
    assert (mine["by"], mine["awx"]["job_id"], mine["awx"]["schedule"]) == ("operator", "41", "opener")
    assert (mine["rundown_revision"], mine["caster_name"], mine["host"]) == ("r17", NASTY, "stage-1")
    assert re.fullmatch(r"[0-9A-F-]{36}", mine["request_id"]) and mine["request_id"] != other["request_id"]
    (again,) = ended(audit, "again")
    assert (again["outcome"], again["changed"], again["request_id"]) == ("unchanged", True, None)
    (refused,) = ended(audit, "refused")
    assert (refused["outcome"], refused["error_code"]) == ("refused", "ExpectationNotMet")
    (wrong,) = ended(audit, "wrong option")
    assert wrong["outcome"] == "refused" and "nonsense" in wrong["reason"]
    assert [line["outcome"] for line in ended(audit, "skipped")] == ["skipped"]
    (background,), back = ended(audit, "background"), ended(audit, "came back")
    assert (background["outcome"], back[-1]["outcome"], back[-1]["caster_id"]) == ("started", "done", "studio-3")
    assert background["job"] == back[-1]["job"]
    (lost,) = ended(audit, "lost")
    assert (lost["action"], lost["outcome"], lost["error_code"]) == ("stop", "unconfirmed", "DeadlineExceeded")
    assert checked["throttled"] == 2 and checked["attempts"] == 3 and checked["api_calls"] == 1
    hidden = [line for line in lines(audit) if line.get("outcome") == "hidden"]
    assert [line["event"] for line in hidden] == ["begun", "ended"]
    assert "caster_id" not in hidden[0] | hidden[1] and "task" not in hidden[0] | hidden[1]
    assert not ended(audit, "read")
    numbers = {line["number"] for line in lines(audit) if line["event"] == "begun"}
    assert numbers <= {line["number"] for line in lines(audit) if line["event"] == "ended"}


def _judge_secrets(run: PlayRun, audit: Path, pages: Path) -> None:
    for text in (run.output, *(path.read_text(encoding="utf-8") for path in (audit, *pages.iterdir()))):
        assert "rehearsal-secret" not in text
    assert "quiet" not in audit.read_text(encoding="utf-8")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def _judge_pages(result: dict[str, Any], pages: Path) -> None:
    counts = {key: number for key, number in result["counts"].items() if number}
    assert counts == {"done": 3, "unchanged": 1, "refused": 2, "unconfirmed": 1, "hidden": 1}
    html = _Tags()
    html.feed((pages / "as_run.html").read_text(encoding="utf-8"))
    assert NASTY in html.text and "b" not in html.seen
    assert "ExpectationNotMet" in html.text and "rundown revision r17" in html.text.lower()
    drawn = ElementTree.parse(pages / "as_run.svg")
    titles = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert any("stop: unconfirmed, by operator" in str(title) for title in titles)
    markdown = (pages / "as_run.md").read_text(encoding="utf-8")
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert rows and all(len(re.findall(r"(?<!\\)\|", row)) in (7, 9) for row in rows)
    assert "<b" not in markdown and "(as_run.svg)" in markdown


def test_a_killed_play_is_found_and_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    hosts = fleet_inventory(range(1, 2))
    with serve(fleet_document(1), tmp_path) as service:
        service.add_faults({"kind": "lost_answer", "action": TAKE, "seconds": 30})
        environ = service.account(**AUDIT, APSARA_LIVE_AUDIT_PATH=str(audit))
        process, _results = start_playbook(
            play({"name": "Take", COPY: MINE}), tmp_path, inventory=hosts, environ=environ
        )
        wait_for(lambda: service.journal(TAKE))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert [line["event"] for line in lines(audit)] == ["begun"]

        # The next job finds the take done. Its audit has no place on the disk, and is seen all the same.
        environ = {**environ, "APSARA_LIVE_AUDIT_PATH": "/dev/full"}
        run = run_playbook(play({"name": "Take", COPY: MINE}), tmp_path, inventory=hosts, environ=environ)
    run.succeeded(warnings=True)
    assert "The audit file /dev/full cannot be written: it is not a regular file." in " ".join(run.stderr.split())
    shown = [json.loads(line) for line in run.stderr.splitlines() if line.startswith('{"audit"')]
    assert [(line["event"], line.get("outcome")) for line in shown] == [("begun", None), ("ended", "unchanged")]

    # The saved output of the second job and the file of the first are one report.
    output = tmp_path / "output.txt"
    output.write_text(run.output, encoding="utf-8")
    variables = {"report_audit": [str(audit), str(output)], "report_directory": str(tmp_path / "pages")}
    report = run_playbook("apsara.live.report_show", tmp_path, extra_vars=variables).succeeded()
    result = report.result("Read the audit")["ansible_facts"]["report_result"]
    assert [entry["outcome"] for entry in result["entries"]] == ["unconfirmed", "unchanged"]


# Written as a user would: the times stand without quotes, so YAML makes numbers of them.
REPORTS = """
- name: Report
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Report one day
      ansible.builtin.include_role:
        name: apsara.live.report
      vars:
        report_directory: "pages/{{ item.name }}"
        report_audit: "{{ item.audit | default('') }}"
        report_day: "{{ item.day }}"
        report_zone: "{{ item.zone | default('') }}"
        report_day_starts: "{{ item.starts | default('00:00') }}"
      loop:
        - {name: summer, day: 2026-07-01}
        - {name: evening, day: 2026-07-01, starts: 19:30, audit: [build.log.gz, other.log]}
        - {name: nothing, day: 2026-07-03, zone: Asia/Shanghai}
"""
SUMMER = {
    "audit": 1,
    "time": "2026-07-01T17:30:00.250+00:00",
    "event": "ended",
    "run": "r",
    "number": 1,
    "by": "operator",
    "host": "main",
    "caster_id": "studio-1",
    "action": "take",
    "outcome": "done",
    "before": {"layout_id": "a"},
    "after": {"layout_id": "b"},
}
EARLIER = {**SUMMER, "time": "2026-07-01T17:29:59.000+00:00", "number": 2}


def test_a_report_of_another_season_of_a_day_without_entries_and_from_other_logs(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "ansible.cfg").write_text("[apsara_live_audit]\npath = kept.jsonl\n", encoding="utf-8")
    (tmp_path / "home" / "kept.jsonl").write_text(json.dumps(SUMMER) + "\n", encoding="utf-8")
    stamped = "".join(f"2026-07-01T17:30:01Z job: {json.dumps(line)}\n" for line in (EARLIER, SUMMER))
    (tmp_path / "build.log.gz").write_bytes(gzip.compress(b"B\xfchne\n" + stamped.encode()))
    (tmp_path / "other.log").write_text("PLAY [Take] ***\n", encoding="utf-8")
    (tmp_path / "reports.yml").write_text(REPORTS, encoding="utf-8")
    run = run_playbook(tmp_path / "reports.yml", tmp_path, environ={"TZ": "Europe/Berlin"}).succeeded()
    summer, evening, nothing = (
        found["ansible_facts"]["report_result"] for found in run.results("Read the audit", action="set_fact")
    )
    assert [entry["time"] for entry in summer["entries"]] == ["19:30:00.250"] and summer["zone"] == "CEST"
    # The take of 19:29:59 belongs to the day before.
    assert [entry["time"] for entry in evening["entries"]] == ["19:30:00.250"]
    assert nothing["entries"] == []
    said = [found["msg"] for found in run.results("Say what happened")]
    assert said[0].endswith("0 throttled.")
    assert said[1].endswith("other.log, so it tells nothing about any day.")
    assert "No take and no stop is recorded on this day. The audit goes from 2026-07-02 01:30 to" in said[2]
    for name in ("summer", "evening", "nothing"):
        pages = tmp_path / "pages" / name
        drawn = ElementTree.parse(pages / "as_run.svg")
        assert bool([found for found in drawn.iter() if found.text == "main"]) is (name != "nothing")
        for page in ("as_run.html", "as_run.md"):
            text = (pages / page).read_text(encoding="utf-8").replace("\\", "")
            assert ("No take and no stop is recorded on this day." in text) is (name == "nothing")
            assert ("No line of the audit is in" in text and "other.log" in text) is (name == "evening")


def test_the_example_is_what_a_rehearsal_reports_and_the_printed_policy_is_exactly_enough(tmp_path: Path) -> None:
    rehearsed, pages = as_run.rehearse(tmp_path)
    assert as_run.same(as_run.page_of(pages)) == as_run.same(as_run.PAGE.read_text(encoding="utf-8"))
    drawn = [
        {element.tag for element in ElementTree.parse(path).iter()} for path in (pages / "as_run.svg", as_run.PICTURE)
    ]
    assert drawn[0] == drawn[1]

    policy = json.loads(rehearsed.stderr[rehearsed.stderr.index('{\n  "Version"') :])
    (statement,) = policy["Statement"]
    allowed = statement["Action"]
    assert (statement["Effect"], len(allowed)) == ("Allow", len(set(allowed)))

    # One studio and one key with just this policy, and one for each action that is taken away from it.
    everything = [operation.ram_action for operation in OPERATIONS.values()]
    policies = [allowed, *([action for action in allowed if action != missing] for missing in allowed)]
    document = fleet_document(len(policies))
    hosts = fleet_inventory(range(1, len(policies) + 1))
    for number, granted in enumerate(policies, 1):
        key = {"id": f"key-{number}", "secret": "some-secret", "deny": [a for a in everything if a not in granted]}
        document["account"]["access_keys"].append(key)
        hosts["casters"]["hosts"][f"stage-{number}"].update(key=key["id"])
    show = play(
        *({"ansible.builtin.include_role": {"name": f"apsara.live.{role}"}} for role in ("preflight", "take", "wrap")),
        module_defaults={"group/apsara.live.live": {"access_key_id": "{{ key }}", "access_key_secret": "some-secret"}},
        vars={"preflight_fail": False},
    )
    with serve(document, tmp_path) as service:
        run = run_playbook(show, tmp_path, inventory=hosts, environ={"ALIBABA_CLOUD_LIVE_ENDPOINT": service.endpoint})
        denied = {
            (entry["caster_id"], f"live:{entry['action']}")
            for entry in service.journal()
            if "RAM" in entry["outcome"] or "Permission" in entry["outcome"]
        }
    assert not run.stats["stage-1"]["failures"], run.describe()
    for number, missing in enumerate(allowed, 2):
        assert (f"studio-{number}", missing) in denied, run.describe()
    assert not [caster for caster, _action in denied if caster == "studio-1"]
    for word in ("CopyCasterSceneConfig", "StopCasterScene", "DescribeCasterScenes"):
        host = f"stage-{allowed.index(f'live:{word}') + 2}"
        assert run.stats[host]["failures"] == 1, run.describe()


def test_what_the_policy_cannot_know_is_said(tmp_path: Path) -> None:
    tasks = play(
        {"name": "Take", COPY: MINE, "check_mode": True},
        {"name": "Hidden", "apsara.live.caster_info": {}, "no_log": True},
    )
    with serve(fleet_document(1), tmp_path) as service:
        hosts = fleet_inventory(range(1, 2))
        run = run_playbook(tasks, tmp_path, inventory=hosts, environ=service.account(**PERMISSIONS)).succeeded()
    assert "so the writes of apsara.live.caster_scene_config_copy are not in it" in run.stderr
    assert "1 results were hidden by no_log" in run.stderr
    assert json.loads(run.stderr[run.stderr.index('{\n  "Version"') : run.stderr.rindex("}") + 1])["Statement"][0][
        "Action"
    ] == ["live:DescribeCasterScenes"]
