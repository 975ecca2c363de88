# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The moment of a cue, and whether it is still right to act on it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.module_utils._studio.cue import Cue, parse_moment, span
from hypothesis import given
from hypothesis import strategies as st

# 2026-11-22T11:30:00Z
SHOW = 1795347000.0

NO_ZONE = "it must be an RFC 3339 time with a zone"
NO_TIME = "it is not a time that exists"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T11:30:00Z", SHOW),
        ("2026-11-22t11:30:00z", SHOW),
        ("2026-11-22 11:30:00Z", SHOW),
        ("  2026-11-22T11:30:00Z\n", SHOW),
        ("2026-11-22T19:30:00+08:00", SHOW),
        # What YAML makes of a time without quotes.
        ("2026-11-22 19:30:00+08:00", SHOW),
        ("2026-11-22T06:00:00-05:30", SHOW),
        ("2026-11-23T11:29:00+23:59", SHOW),
        ("2026-11-22T11:30:00-00:00", SHOW),
        ("2026-11-22T11:30:00.5Z", SHOW + 0.5),
        ("2026-11-22T11:30:00.125+00:00", SHOW + 0.125),
        ("2026-11-22T11:30:00.000000001Z", SHOW),
        ("1970-01-01T00:00:00Z", 0.0),
        ("2024-02-29T00:00:00Z", 1709164800.0),
        ("0001-01-01T00:00:00+00:00", -62135596800.0),
        ("9999-12-31T23:59:59Z", 253402300799.0),
        # Out of Python's range in UTC, and a time all the same.
        ("0001-01-01T00:00:00+01:00", -62135600400.0),
    ],
)
def test_a_time_with_a_zone(text: str, moment: float) -> None:
    assert parse_moment(text) == pytest.approx(moment, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1795347000",
        "19:30",
        "2026-11-22",
        "2026-11-22T19:30:00",
        "2026-11-22T19:30+08:00",
        "2026-11-22T19:30:00+8:00",
        "2026-11-22T19:30:00+0800",
        "2026-11-22T19:30:00+08",
        "2026-11-22T19:30:00 +08:00",
        "2026-11-22T19:30:00 CST",
        "2026-11-22T19:30:00.Z",
        "2026-11-22T19:30:00.1234567890Z",
        "2026-11-22T19:30:00ZZ",
        "2026-11-22T19:30:00Z+08:00",
        "26-11-22T19:30:00Z",
        "2026-1-22T19:30:00Z",
        "20261122T193000Z",
        "-2026-11-22T19:30:00Z",
        "2026-11-22T19:30:00Z; 2026",
        "２０２６-11-22T19:30:00Z",
        "22/11/2026 19:30:00 +08:00",
    ],
)
def test_what_is_no_time_with_a_zone(text: str) -> None:
    with pytest.raises(ValueError, match=NO_ZONE):
        parse_moment(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-00-22T19:30:00Z",
        "2026-13-22T19:30:00Z",
        "2026-11-00T19:30:00Z",
        "2026-11-31T19:30:00Z",
        "2026-02-29T19:30:00Z",
        "2100-02-29T19:30:00Z",
        "0000-01-01T19:30:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T19:60:00Z",
        "2026-11-22T19:30:61Z",
        # Nobody cues on a leap second; none is planned any more.
        "2016-12-31T23:59:60Z",
        "2026-11-22T19:30:00+24:00",
        "2026-11-22T19:30:00-99:00",
        "2026-11-22T19:30:00+08:60",
    ],
)
def test_a_time_that_does_not_exist(text: str) -> None:
    with pytest.raises(ValueError, match=NO_TIME):
        parse_moment(text)


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_every_time_that_python_writes_is_read_back(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert parse_moment(moment.isoformat()) == pytest.approx(moment.timestamp(), abs=1e-4)


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})\Z"))
def test_any_text_is_a_moment_or_a_sentence(text: str) -> None:
    try:
        parse_moment(text)
    except ValueError as error:
        assert str(error).startswith((NO_ZONE, NO_TIME))


def cue(max_late: float = 5.0, max_wait: float = 900.0) -> Cue:
    return Cue(SHOW, "2026-11-22T19:30:00+08:00", max_late, max_wait)


@pytest.mark.parametrize("seconds", [-900.0, -899.9, -1.0, 0.0, 4.9, 5.0])
def test_between_the_limits_a_cue_is_right(seconds: float) -> None:
    cue().judge(SHOW + seconds)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (5.25, "5.2 s"),
        (42.9, "42 s"),
        (60, "1 min"),
        (250.9, "4 min 10 s"),
        (7500, "2 h 5 min"),
        (86399, "23 h 59 min"),
        (28377314.8, "328 d 10 h"),
    ],
)
def test_a_length_of_time_is_in_units_that_people_use(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (5.001, "5.0 s past, it is 2026-11-22 19:30:05 +08:00 now"),
        (7.25, "7.2 s past, it is 2026-11-22 19:30:07 +08:00 now"),
        (86400.0, "1 d past, it is 2026-11-23 19:30:00 +08:00 now"),
    ],
)
def test_a_cue_that_was_missed(late: float, words: str) -> None:
    with pytest.raises(LiveError) as caught:
        cue().judge(SHOW + late)

    assert (caught.value.code, caught.value.option) == ("CueMissed", "at")
    assert caught.value.outcome == "refused"
    assert caught.value.message == (
        f"The cue 2026-11-22T19:30:00+08:00 was missed: it is {words}, and max_late allows 5 s. Nothing was written."
    )


def test_a_cue_without_patience() -> None:
    cue(max_late=0.0).judge(SHOW)
    with pytest.raises(LiveError, match="max_late allows 0 s"):
        cue(max_late=0.0).judge(SHOW + 0.1)


def test_a_cue_that_is_too_far_away() -> None:
    with pytest.raises(LiveError) as caught:
        cue().judge(SHOW - 1800)

    assert caught.value.code == "CueTooFar"
    assert caught.value.outcome == "refused"
    assert caught.value.message == (
        "The cue 2026-11-22T19:30:00+08:00 is too far away: 30 min, it is 2026-11-22 19:00:00 +08:00 now, "
        "and max_wait allows 900 s. Nothing was written."
    )


def message(text: str, now: float) -> str:
    with pytest.raises(LiveError) as caught:
        Cue(parse_moment(text), text, 5.0, 900.0).judge(now)
    return caught.value.message


HOUR = 3600.0


@pytest.mark.parametrize(
    ("text", "late", "off"),
    [
        # +08:00 was written, and the time was that of UTC.
        ("2026-11-22T19:30:00+08:00", 8 * HOUR, "8 hours"),
        ("2026-11-22T19:30:00+08:00", 8 * HOUR + 290, "8 hours"),
        ("2026-11-22T19:30:00+08:00", 8 * HOUR - 14 * 60, "8 hours"),
        # UTC was written, and the time was that of Shanghai: the cue seems to be far away.
        ("2026-11-22T19:30:00Z", -8 * HOUR, "8 hours"),
        ("2026-11-22T19:30:00Z", -8 * HOUR - 14 * 60, "8 hours"),
        ("2026-11-22T19:30:00-05:00", -5 * HOUR, "5 hours"),
        ("2026-11-22T19:30:00+05:30", 5.5 * HOUR, "5 h 30 min"),
        # Another zone than its own, and nearly exactly: summer time in winter, New York for Shanghai.
        ("2026-11-22T19:30:00+02:00", HOUR, "1 hour"),
        ("2026-11-22T19:30:00+08:00", 13 * HOUR - 60, "13 hours"),
        ("2026-11-22T19:30:00-05:00", -13 * HOUR - 60, "13 hours"),
        ("2026-11-22T19:30:00Z", -9.5 * HOUR, "9 h 30 min"),
    ],
)
def test_a_mistake_in_the_zone_is_named(text: str, late: float, off: str) -> None:
    words = message(text, parse_moment(text) + late)

    assert words.endswith(f"Nothing was written. That is {off} off: is the zone right?")


@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("2026-11-22T19:30:00+08:00", 60.0),
        ("2026-11-22T19:30:00+08:00", 8 * HOUR + 320),
        ("2026-11-22T19:30:00+08:00", 8 * HOUR - 16 * 60),
        ("2026-11-22T19:30:00Z", -8 * HOUR - 16 * 60),
        ("2026-11-22T19:30:00Z", -20 * 60.0),
        ("2026-11-22T19:30:00+08:00", 24 * HOUR),
        ("2026-11-22T19:30:00+08:00", 328 * 24 * HOUR),
    ],
)
def test_any_other_cue_that_is_not_now_is_no_matter_of_zones(text: str, late: float) -> None:
    assert "zone" not in message(text, parse_moment(text) + late)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-22T19:30:00Z", "it is 2026-11-22 20:30:00 UTC now"),
        ("2026-11-22 19:30:00.5-03:30", "it is 2026-11-22 20:30:00 -03:30 now"),
    ],
)
def test_the_present_is_told_in_the_zone_of_the_cue(text: str, words: str) -> None:
    assert words in message(text, parse_moment(text) + HOUR)


@given(st.floats(-2000, 2000), st.floats(0, 1000), st.floats(0, 1000))
def test_a_cue_is_right_between_its_limits_and_nowhere_else(offset: float, max_late: float, max_wait: float) -> None:
    late = (SHOW + offset) - SHOW
    code = "CueMissed" if late > max_late else "CueTooFar" if -late > max_wait else None
    try:
        cue(max_late, max_wait).judge(SHOW + offset)
    except LiveError as error:
        assert error.code == code
    else:
        assert code is None
