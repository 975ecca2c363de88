# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The studios of the account, all pages of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from .._errors.error import LiveError
from .._studio.studio import read_casters, read_total

if TYPE_CHECKING:
    from .task import Task

_PAGE_SIZE = 100
_MOST_PAGES = 1000
_MOST_READS = 3


def all_casters(task: Task, filters: Mapping[str, Any], warn: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the studios in the form of caster_info, each of them once, in the order of the service.

    `filters` are parameters of DescribeCasters; None means no filter. Raises LiveError. What could not be read whole is
    said in a warning.
    """
    found, total = _read_pages(task, filters, warn)
    for _again in range(1, _MOST_READS):
        if len(found) >= total:
            break
        try:
            again, total = _read_pages(task, filters, warn)
        except LiveError:
            # What is known is worth more than nothing, and the warning says that it is not all.
            break
        # Each read may miss another one, and the last one knows best.
        found = again if len(again) >= total else {**again, **found, **again}
    if len(found) < total:
        warn(
            f"The service counts {total} studios, and its pages show {len(found)}. Studios that are changed meanwhile "
            "move between the pages, so some may be missing here."
        )
    return list(found.values())


def _read_pages(
    task: Task, filters: Mapping[str, Any], warn: Callable[[str], None]
) -> tuple[dict[str, dict[str, Any]], int]:
    """Read page after page; return the studios by id, and how many the service says there are."""
    # A studio that is changed meanwhile moves to the first page, and the last of each page is met again on the next.
    found: dict[str, dict[str, Any]] = {}
    total: int | None = None
    seen = 0
    for page in range(1, _MOST_PAGES + 1):
        try:
            answer = task.client.call(
                "DescribeCasters", {**filters, "PageNum": page, "PageSize": _PAGE_SIZE}, task.deadline
            )
        except LiveError as error:
            if error.code != "RegionNoResource":
                raise
            warn("The service says that this region has no studios (RegionNoResource).")
            return {}, 0
        on_page = read_casters(answer)
        new = {caster["caster_id"] for caster in on_page} - set(found)
        found.update((caster["caster_id"], caster) for caster in on_page)
        seen += len(on_page)
        total = read_total(answer)
        if not new or (seen >= total if total is not None else len(on_page) < _PAGE_SIZE):
            break
    return found, total or 0
