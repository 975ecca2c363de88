# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which schedules will never start anything."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._schedules import past

# In Shanghai it is 20:00.
NOW = datetime(2027, 1, 8, 12, 0, tzinfo=timezone.utc)
SHANGHAI = "DTSTART;TZID=Asia/Shanghai:20270108T"


@pytest.mark.parametrize(
    ("rrule", "is_past"),
    [
        (f"{SHANGHAI}195959 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1", True),
        (f"{SHANGHAI}200001 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1", False),
        ("DTSTART:20270108T115959Z RRULE:FREQ=YEARLY;INTERVAL=1;COUNT=1", True),
        ("DTSTART:20270108T120001Z RRULE:FREQ=YEARLY;INTERVAL=1;COUNT=1", False),
        # The last of several.
        ("DTSTART:20270101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=8", True),
        ("DTSTART:20270101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=9", False),
        ("DTSTART:20270101T000000Z RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2", False),
        # An end.
        ("DTSTART:20200101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20270108T115959Z", True),
        ("DTSTART:20200101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20270108T120001Z", False),
        ("DTSTART;TZID=Asia/Shanghai:20200101T000000 RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20270108T195959", True),
        # What cannot be told, or is wrong in another way.
        (f"{SHANGHAI}184500 RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=FR", False),
        ("DTSTART:20200101T000000Z RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=FR;COUNT=1", False),
        ("DTSTART:20200101T000000Z RRULE:FREQ=YEARLY;INTERVAL=1;COUNT=9", False),
        ("DTSTART;TZID=Asia/Atlantis:20200101T000000 RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1", False),
        ("DTSTART:20209901T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1", False),
        ("DTSTART:20200101T000000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=x", False),
        ("", False),
    ],
)
def test_a_schedule_is_past_when_its_last_date_is(rrule: str, is_past: bool) -> None:
    assert past([{"name": "Show", "rrule": rrule}], NOW) == (["Show"] if is_past else [])
