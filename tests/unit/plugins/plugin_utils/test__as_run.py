# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report says what happened: nothing lost, nothing twice, nothing that did not happen."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
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


def report(*lines: str, **options: Any) -> dict[str, Any]:
    return as_run({"audit.jsonl": "\n".join(lines)}, **{"day": "2026-11-22", "zone": "UTC", **options})


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
    assert "no end of it is recorded" in shown["troubles"][0]["reason"]


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
    assert as_run({"audit.jsonl": ""})["entries"] == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"day": "22.11."}, "no day '22.11.'"),
        ({"day": "9999-12-31"}, "no day '9999-12-31'"),
        ({"day": "0001-01-01", "zone": "Asia/Shanghai"}, "no day '0001-01-01'"),
        ({"zone": "Mars/Base"}, "Mars/Base"),
        *(
            ({"day_starts": wrong}, f"{wrong}'. Give a time such as 05:00")
            for wrong in ("soon", "24:00", "1200", "0500", "5")
        ),
        *(({"day_starts": wrong}, f"'{wrong}'. Give a time such as 05:00") for wrong in (5, 1440, 86400, True, 600.5)),
        ({"day_starts": "05:00+08:00"}, "05:00+08:00"),
    ],
)
def test_what_cannot_be_meant_is_said(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
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
    assert report()["timeline"] == {"ticks": [], "lanes": []}


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


# --- days


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Gives this machine another zone until the test ends."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


SUMMER = "2026-07-01T17:30:00+00:00"


def test_times_of_another_season_have_the_rules_of_their_moment(machine: Callable[[str], None]) -> None:
    # It does not matter whether it is summer or winter now: one of these is another season.
    machine("Europe/Berlin")
    winter = taken("2026-11-22T18:30:00+00:00", number=2)
    for zone, names in (("", ["CEST", "CET"]), ("Europe/Berlin", ["Europe/Berlin"] * 2)):
        shown = [report(taken(SUMMER), winter, day=day, zone=zone) for day in ("2026-07-01", "2026-11-22")]
        assert [entry["time"] for one in shown for entry in one["entries"]] == ["19:30:00.000"] * 2
        assert [one["zone"] for one in shown] == names
    # Late in summer is early in winter: the takes of a day are those of its own hours.
    late, early = taken("2026-07-01T21:59:59+00:00"), taken("2026-07-01T22:00:00+00:00", number=2)
    assert [entry["time"] for entry in report(late, early, day="2026-07-01", zone="")["entries"]] == ["23:59:59.000"]
    assert [entry["time"] for entry in report(late, early, day="2026-07-02", zone="")["entries"]] == ["00:00:00.000"]


@pytest.mark.parametrize("zone", ["", "Europe/Berlin"])
def test_days_with_25_and_23_hours(zone: str, machine: Callable[[str], None]) -> None:
    machine("Europe/Berlin")
    # At 03:00 the clocks go back to 02:00: half past two comes twice.
    stamps = ["24T22:00", "25T00:30", "25T01:30", "25T22:59"]
    inside = [taken(f"2026-10-{stamp}:00+00:00", number=number) for number, stamp in enumerate(stamps)]
    outside = [taken(f"2026-10-{stamp}:00+00:00", number=9) for stamp in ("24T21:59", "25T23:00")]
    shown = report(*inside, *outside, day="2026-10-25", zone=zone)
    assert [entry["time"] for entry in shown["entries"]] == [
        "00:00:00.000 +02:00",
        "02:30:00.000 +02:00",
        "02:30:00.000 +01:00",
        "23:59:00.000 +01:00",
    ]
    assert shown["zone"] == (zone or "CEST, then CET")
    ticks = shown["timeline"]["ticks"]
    steps = {round(after["x"] - before["x"], 3) for before, after in zip(ticks, ticks[1:])}
    assert max(steps) - min(steps) < 0.002, "ticks are as far from each other as the time that passed"

    # At 02:00 they go forward to 03:00. The day ends an hour earlier than 24 hours after it began.
    stamps = ["28T23:00", "29T00:59", "29T01:00", "29T21:59"]
    inside = [taken(f"2026-03-{stamp}:00+00:00", number=number) for number, stamp in enumerate(stamps)]
    outside = [taken(f"2026-03-{stamp}:00+00:00", number=9) for stamp in ("28T22:59", "29T22:00")]
    shown = report(*inside, *outside, day="2026-03-29", zone=zone)
    assert [entry["time"][:5] for entry in shown["entries"]] == ["00:00", "01:59", "03:00", "23:59"]
    labels = [tick["label"] for tick in shown["timeline"]["ticks"]]
    assert all(label.endswith(":00") for label in labels) and len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("starts", "hour"),
    [
        ("10:00", 10),
        (600, 10),
        (36000, 10),
        ("05:00", 5),
        ("5:00", 5),
        (1200, 20),
        ("23:59:59", 23),
        (None, 0),
        ("600", 10),
        ("1170", 19),
    ],
)
def test_a_day_starts_at_what_yaml_makes_of_a_time(starts: Any, hour: int) -> None:
    begun = [taken(f"2026-11-22T{number:02}:59:59+00:00", number=number) for number in range(24)]
    assert report(*begun, day_starts=starts)["entries"][0]["time"][:2] == f"{hour:02}"


def test_a_task_may_end_on_another_day_than_it_began_on() -> None:
    lines = (
        line("2026-11-21T23:59:30+00:00", "begun", 1),
        taken("00:00:00.100", number=1),
        line("23:59:30", "begun", 2),
        taken("2026-11-23T00:00:00.100+00:00", number=2),
        line("23:58:00", "ended", 3, outcome="started", job="a"),
        taken("2026-11-23T00:00:03+00:00", number=4, job="a"),
    )
    assert outcomes(report(*lines)) == [("00:00:00.100", "done")]


# --- texts that the lines went through


def packed(text: str) -> str:
    return json.dumps({"log": text + "\n", "stream": "stdout", "time": "2026-11-22T19:30:01.3Z"})


OWN = taken("19:30:01", number=7, caster_name='Größte "Bühne" {1}')
SORTED = json.dumps(json.loads(OWN), sort_keys=True, separators=(",", ":"))
LOGS = {
    "a stamp before": f"2026-11-22T19:30:01.2345Z {OWN}",
    "a stamp in brackets": f"[2026-11-22 19:30:01] {OWN}",
    "syslog": f"Nov 22 19:30:01 stage ansible[42]: {OWN}",
    "a container's prefix": f"2026-11-22T19:30:01.2Z stdout F {OWN}",
    "a job with braces": f'{{job}} ["x", {{ {OWN}',
    "colours": f"\x1b[0;35m{OWN}\x1b[0m\r",
    "docker": packed(OWN),
    "docker in a stamp": f"2026-11-22T19:30:01Z {packed(OWN)}",
    "docker in docker": packed(packed(OWN)),
    "a whole output in one string": json.dumps({"content": f"PLAY [Take] ***\nok\n{OWN}\nPLAY RECAP\n"}),
    "a list of lines": json.dumps({"stdout_lines": ["PLAY", OWN, ""]}),
    "a string in an indented document": f"        {json.dumps(OWN)},",
    "logfmt": f"level=info msg={json.dumps(OWN)} job=41",
    "keys in another order": SORTED,
    "a field of a shipper": json.dumps({"@timestamp": "x", "message": json.loads(OWN), "host": {"name": "stage"}}),
    "keys of a shipper": json.dumps({**json.loads(OWN), "kubernetes": {"pod": "job-41"}}),
}


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_lines_are_found_in_other_logs(log: str) -> None:
    shown = report("PLAY [Take] ***", log, '{"changed": true, "audit": "no"}')
    assert [(entry["time"], entry["studio"]) for entry in shown["entries"]] == [("19:30:01.000", 'Größte "Bühne" {1}')]
    assert (shown["unreadable"], shown["silent"], shown["remarks"]) == (0, [], [])
    # The file and the log of the same show are one show.
    assert len(report(OWN, log)["entries"]) == 1


@pytest.mark.parametrize(
    "broken",
    [
        OWN[:-20],
        packed(OWN)[:200],
        OWN.replace("+00:00", ""),
        OWN.replace('"run": "r"', '"run": ["r"]'),
        OWN.replace('"outcome": "done"', '"outcome": "well"'),
        OWN.replace('"api_calls": 2', '"api_calls": "2"'),
        OWN.replace('["logo"]', '[["logo"]]'),
        OWN.replace('"audit": 1', '"audit": 1, "awx": 3'),
        '{"audit": 1, "deep": ' + "[" * 100_000,
    ],
)
def test_a_line_that_no_report_can_use_is_counted(broken: str) -> None:
    shown = report(taken("19:30:01"), broken)
    assert (len(shown["entries"]), shown["unreadable"]) == (1, 1)
    assert shown["remarks"] == ["1 line of the audit cannot be read, so something may be missing here."]


def test_what_is_not_there_is_said() -> None:
    assert report(taken("19:30:01"))["remarks"] == []
    other_day = report(taken("2026-11-20T19:30:01+00:00"), taken("2026-11-21T20:00:00+00:00", number=2))
    assert other_day["remarks"] == [
        "No take and no stop is recorded on this day.",
        "The audit goes from 2026-11-20 19:30 to 2026-11-21 20:00.",
    ]
    sources = {"audit.jsonl": taken("19:30:01"), "build.log": "PLAY [Take] ***\nok: [main]\n", "empty.jsonl": ""}
    shown = as_run(sources, day="2026-11-22", zone="UTC")
    assert shown["silent"] == ["build.log", "empty.jsonl"]
    assert shown["remarks"] == [
        f"No line of the audit is in {name}, so it tells nothing about any day." for name in shown["silent"]
    ]
