# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definition of caster_info: the studios of the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .account import all_casters
from .definition import ReadModule, Use
from .options import clean, identifier, text

if TYPE_CHECKING:
    from .result import Report
    from .task import Context, Task

_STATUS = {"idle": 0, "streaming": 1}


class Options(NamedTuple):
    """The filters; None means no filter."""

    caster_id: str | None
    caster_name: str | None
    status: str | None


class CasterInfo(ReadModule[Options]):
    """Studios of the account."""

    name = "caster_info"
    options = {
        "caster_id": {"type": "str"},
        "caster_name": {"type": "str"},
        "status": {"type": "str", "choices": list(_STATUS)},
    }
    facts = {"casters": []}
    uses = (Use("DescribeCasters"),)

    def request(self, params: Mapping[str, Any]) -> Options:
        return Options(
            caster_id=identifier("caster_id", text(params, "caster_id")),
            caster_name=clean("caster_name", text(params, "caster_name")),
            status=text(params, "status"),
        )

    def read(self, options: Options, task: Task, context: Context, report: Report) -> None:
        filters = {
            "CasterId": options.caster_id,
            "CasterName": options.caster_name,
            "Status": _STATUS.get(options.status or ""),
        }
        # Whether the service matches names exactly is not documented, so the match is made exact here.
        report.facts["casters"] = [
            caster
            for caster in all_casters(task, filters, context.warn)
            if options.caster_id in (None, caster["caster_id"])
            and options.caster_name in (None, caster["caster_name"])
            and options.status in (None, caster["status"])
        ]


DEFINITION = CasterInfo()
