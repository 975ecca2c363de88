# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/as_run.md and its picture: the as-run report of a rehearsal in which the account is throttled."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from ..playbook import ROOT, PlayRun, run_playbook

PAGE = ROOT / "docs" / "as_run.md"
PICTURE = ROOT / "docs" / "images" / "as_run.svg"

_LAUNCH = {"awx_user_name": "operator", "awx_job_id": 41, "rundown_revision": "r17"}


def write() -> None:
    """Rehearse, report, and put the pages where they belong."""
    with tempfile.TemporaryDirectory() as folder:
        _run, made = rehearse(Path(folder))
        shutil.copyfile(made / "as_run.svg", PICTURE)
        PAGE.write_text(page_of(made), encoding="utf-8")


def rehearse(folder: Path) -> tuple[PlayRun, Path]:
    """A rehearsal that both callbacks watched, and the folder with its report, made below this one."""
    pages = folder / "pages"
    environ = {
        "ANSIBLE_CALLBACKS_ENABLED": "apsara.live.audit,apsara.live.permissions",
        "APSARA_LIVE_AUDIT_PATH": str(folder / "audit.jsonl"),
    }
    variables = {**_LAUNCH, "rehearsal_faults": "throttled_account"}
    run = run_playbook("apsara.live.rehearse_show", folder, environ=environ, extra_vars=variables).succeeded()
    options = {"report_directory": str(pages), "report_zone": "UTC", "report_title": "As-run report of a rehearsal"}
    run_playbook("apsara.live.report_show", folder, environ=environ, extra_vars=options).succeeded()
    return run, pages


def same(page: str) -> str:
    """A report without what differs between two rehearsals: times, request ids, who came first, how many calls."""
    text = re.sub(r"\d\d:\d\d:\d\d\.\d{3}|\d{4}-\d\d-\d\d|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", "...", page)
    head, _unused, calls = text.partition("## API calls")
    return "\n".join([*sorted(head.splitlines()), re.sub(r"(\| \d+ ){3}\|$", "", calls, flags=re.MULTILINE)])


def page_of(made: Path) -> str:
    """The report as it stands in docs/."""
    text = (made / "as_run.md").read_text(encoding="utf-8")
    return text.replace("](as_run.svg)", "](images/as_run.svg)")
