# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the report say what happened: nothing lost, nothing twice, nothing that did not happen?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._as_run import as_run

NOW = {"layout_id": "layout-now", "component_ids": ["logo"], "status": "running"}
NEXT = {**NOW, "layout_id": "layout-next"}


def line(time: str, event: str = "ended", number: int = 1, **more: Any) -> str:
    """A line of 22 November 2026; `time` in UTC."""
    stamp = f"2026-11-22T{time}+00:00" if len(time) < 20 else time
    document = {"audit": 1, "time": stamp, "event": event, "run": "r", "number": number, "by": "operator"}
    return json.dumps({**document, "host": "main", "caster_id": "studio-1", "action": "take", **more})


def taken(time: str, **more: Any) -> str:
    done = {"outcome": "done", "before": NOW, "after": NEXT, "api_calls": 2, "attempts": 3, "throttled": 1}
    return line(time, **{**done, **more})


def report(*lines: str, **options: str) -> dict[str, Any]:
    return as_run("\n".join(lines), **{"day": "2026-11-22", "zone": "UTC", **options})


def outcomes(shown: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["time"], entry["outcome"]) for entry in shown["entries"]]


def test_a_take_is_told() -> None:
    shown = report(line("19:30:00.000", "begun"), taken("19:30:01.250", caster_name="Main", rundown_revision="r17"))
    (entry,) = shown["entries"]
    assert (entry["time"], entry["studio"], entry["outcome"]) == ("19:30:01.250", "Main", "done")
    assert entry["by"] == "operator"
    assert (entry["before"], entry["after"]) == (
        "layout layout-now, components logo",
        "layout layout-next, components logo",
    )
    assert shown["counts"]["done"] == 1
    assert (shown["people"], shown["revisions"], shown["troubles"]) == (["operator"], ["r17"], [])
    assert shown["calls"] == {"calls": 2, "attempts": 3, "throttled": 1}
    assert [(row["studio"], row["takes"], row["throttled"]) for row in shown["studios"]] == [("Main", 1, 1)]


def test_a_task_that_was_killed_is_found() -> None:
    shown = report(
        line("19:30:00", "begun", 1),
        line("19:30:01", "begun", 2),
        taken("19:30:02", number=2),
        line("19:31:00", "begun", 3, check_mode=True),
    )
    assert outcomes(shown) == [("19:30:00.000", "unconfirmed"), ("19:30:02.000", "done")]
    assert "never ended" in shown["troubles"][0]["reason"]


def test_what_was_skipped_or_only_checked_did_not_happen() -> None:
    shown = report(
        line("19:30:00", "begun", 1),
        line("19:30:01", "ended", 1, outcome="skipped"),
        taken("19:30:02", number=2, outcome="planned", check_mode=True),
        # The judgement of a role that takes in earnest: this was refused.
        line("19:30:03", "ended", 3, outcome="refused", check_mode=True, dry_run=False),
        # With --check it was only tried.
        line("19:30:04", "ended", 4, outcome="refused", check_mode=True, dry_run=True),
    )
    assert outcomes(shown) == [("19:30:03.000", "refused")]
    assert shown["checked"] == 2


def test_items_and_attempts_count_and_the_end_of_a_loop_does_not() -> None:
    shown = report(
        line("19:30:00", "begun", 1),
        taken("19:30:01", event="item"),
        taken("19:30:02", event="item"),
        line("19:30:03", "ended", 1, outcome=None),
        line("19:30:04", "begun", 2),
        line("19:30:05", "attempt", 2, outcome="unconfirmed"),
        taken("19:30:06", number=2),
    )
    assert [outcome for _time, outcome in outcomes(shown)] == ["done", "done", "unconfirmed", "done"]


def test_the_background_is_told_by_its_end_or_not_known() -> None:
    shown = report(
        line("19:30:00", "ended", 1, outcome="started", job="a"),
        line("19:30:00", "ended", 2, outcome="started", job="b"),
        taken("19:30:09", number=3, job="a"),
    )
    assert outcomes(shown) == [("19:30:00.000", "unconfirmed"), ("19:30:09.000", "done")]
    assert "background" in shown["troubles"][0]["reason"]


def test_hidden_is_said_to_be_hidden() -> None:
    shown = report(line("19:30:00", "begun", 1, outcome="hidden"), line("19:30:01", "ended", 1, outcome="hidden"))
    assert outcomes(shown) == [("19:30:01.000", "hidden")]
    assert (shown["counts"]["hidden"], shown["troubles"]) == (1, [])


def test_lines_are_found_in_any_order_and_counted_once() -> None:
    first, second = taken("19:30:01", number=1), taken("19:30:02", number=2)
    shown = report("PLAY [Take] ***", second, first, "ok: [main]", first, '{"audit": 1, "time": "2026-11-2', "[1]", "")
    assert [entry["time"] for entry in shown["entries"]] == ["19:30:01.000", "19:30:02.000"]
    assert shown["unreadable"] == 1
    assert report('{"audit": 1}', '{"audit": 2, "time": 3}')["unreadable"] == 2


def test_a_day_is_a_day_of_its_zone() -> None:
    late, early = taken("2026-11-21T16:00:00+00:00"), taken("2026-11-22T15:59:59+00:00", number=2)
    outside = taken("2026-11-22T16:00:00+00:00", number=3)
    shown = report(late, early, outside, zone="Asia/Shanghai")
    assert [entry["time"] for entry in shown["entries"]] == ["00:00:00.000", "23:59:59.000"]
    assert (shown["day"], shown["zone"]) == ("2026-11-22", "Asia/Shanghai")
    # A day of broadcasting goes on after midnight.
    shown = report(late, early, outside, zone="Asia/Shanghai", day_starts="05:00")
    assert [entry["time"] for entry in shown["entries"]] == ["23:59:59.000", "00:00:00.000"]
    assert as_run("")["entries"] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [({"day": "22.11."}, "no day '22.11.'"), ({"zone": "Mars/Base"}, "Mars/Base"), ({"day_starts": "soon"}, "05:00")],
)
def test_what_cannot_be_meant_is_said(options: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        report(**options)


def test_the_timeline_shows_what_was_on_air() -> None:
    shown = report(
        taken("19:00:00", number=1),
        # Nobody wrote anything, but in the meantime something else was on air.
        line(
            "20:00:00",
            "ended",
            2,
            outcome="refused",
            before={**NOW, "layout_id": "other"},
            after={**NOW, "layout_id": "other"},
        ),
        # Refused before anything was read: this says nothing about what is on air.
        line("21:00:00", "ended", 3, outcome="refused"),
        line("22:00:00", "ended", 4, outcome="unconfirmed"),
    )
    timeline = shown["timeline"]
    (lane,) = timeline["lanes"]
    assert [piece["layout"] for piece in lane["on_air"]] == ["layout-now", "layout-next", "other", None]
    places = [piece["x"] for piece in lane["on_air"]] + [lane["on_air"][-1]["until"]]
    assert places == sorted(places) and places[0] == 0.0 and places[-1] == 1.0
    assert [mark["outcome"] for mark in lane["marks"]] == ["done", "refused", "refused", "unconfirmed"]
    assert lane["marks"][1]["x"] == lane["on_air"][2]["x"]
    assert lane["marks"][3]["x"] == lane["on_air"][3]["x"]
    assert [tick["label"] for tick in timeline["ticks"]] == [
        "19:00",
        "19:30",
        "20:00",
        "20:30",
        "21:00",
        "21:30",
        "22:00",
    ]
    assert report()["timeline"] is None


@pytest.mark.parametrize(
    ("last", "labels"),
    [
        ("19:00:00.000", ["00:00.0", "00:00.1", "00:00.2", "00:00.3", "00:00.4", "00:00.5"]),
        ("19:00:06.000", ["19:00:00", "19:00:01", "19:00:02", "19:00:06"]),
        ("23:59:00.000", ["19:00", "20:00", "21:00", "22:00", "23:00", "00:00"]),
    ],
)
def test_ticks_are_round_and_few(last: str, labels: list[str]) -> None:
    timeline = report(taken("19:00:00.000"), taken(last, number=2))["timeline"]
    assert set(labels) <= {tick["label"] for tick in timeline["ticks"]}
    assert len(timeline["ticks"]) <= 9
    assert all(0 <= tick["x"] <= 1 for tick in timeline["ticks"])
