# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody reads who has to approve a take."""

from __future__ import annotations

from typing import Any

from ansible_collections.apsara.live.plugins.plugin_utils._verdicts import verdicts


def result(verdict: str, *findings: tuple[str, str]) -> dict[str, Any]:
    return {"verdict": verdict, "findings": [{"level": level, "sentence": said} for level, said in findings]}


READY = result("ready", ("ready", "The program is on."))


def test_what_is_in_order_is_counted_only() -> None:
    assert verdicts({"b": READY, "a": READY}) == "Studios: 2 ready."
    assert verdicts({}) == "Studios: none."


def test_what_is_not_in_order_comes_with_its_reasons_the_worst_first() -> None:
    found = {
        "a": result("attention", ("ready", "The program is on."), ("attention", "The preview\nis off.")),
        "b": READY,
        "c": result("not ready", ("not_ready", "The studio is idle."), ("attention", "It has an expiry time.")),
        # Lost on the way, before anything was judged.
        "d": {},
        "e": None,
        "f": result("splendid"),
    }
    assert verdicts(found) == (
        "Studios: 1 not ready, 3 without a verdict, 1 needs attention, 1 ready."
        " c: The studio is idle. It has an expiry time. d: It gave no verdict. e: It gave no verdict."
        " f: It gave no verdict. a: The preview is off."
    )


def test_a_line_does_not_grow_with_the_fleet() -> None:
    found = {f"s{number:02}": result("attention", ("attention", "Off.")) for number in range(40)}
    assert verdicts(found).endswith("s09: Off. And 30 more, see the job.")
