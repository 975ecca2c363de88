# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last take of a studio in the audit."""

from __future__ import annotations

import json
from datetime import timezone
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._last_take import last_take, take_to_undo

KEYNOTE = {"layout_id": "keynote", "component_ids": ["logo", "lower-third"]}
COUNTDOWN = {"layout_id": "countdown", "component_ids": []}


def line(minute: int, **more: Any) -> str:
    return json.dumps(
        {
            "audit": 1,
            "time": f"2026-11-27T19:{minute:02d}:00.000+00:00",
            "event": "ended",
            "run": f"run-{minute}",
            "number": 1,
            "by": "ops",
            "host": "Main_stage",
            "action": "take",
            "caster_id": "main",
            "check_mode": False,
            "outcome": "done",
            "before": COUNTDOWN,
            "after": {"scene_id": "pgm", **KEYNOTE},
            **more,
        }
    )


def last(*lines: str) -> dict[str, Any]:
    return last_take(["\n".join(lines)], "main", zone=timezone.utc)


def test_the_last_take_of_the_studio_counts() -> None:
    found = last(
        line(10, before=KEYNOTE, after={"scene_id": "pgm", **COUNTDOWN}),
        line(30),
        line(40, caster_id="other"),
        line(41, action="stop"),
        line(42, outcome="planned", check_mode=True),
        line(43, outcome="unchanged"),
        line(44, outcome="refused"),
        line(45, outcome="failed"),
    )
    assert found == {
        "before": COUNTDOWN,
        "after": KEYNOTE,
        "words": (
            "The last take, 2026-11-27 19:30:00 by ops: layout keynote, components logo, lower-third went on air, and "
            "layout countdown, no components was there before."
        ),
        "options": {
            "scene_id": "pgm",
            "layout_id": "countdown",
            "clear_layout": False,
            "component_ids": [],
            "expect": KEYNOTE,
        },
    }


def test_time_orders_the_lines_of_several_files() -> None:
    files = [line(30, before=KEYNOTE, after={"scene_id": "pgm", **COUNTDOWN}), line(10)]
    assert last_take(files, "main", zone=timezone.utc)["after"] == COUNTDOWN


def test_of_an_unconfirmed_take_it_is_said() -> None:
    found = last(line(10, outcome="unconfirmed"))
    assert found["after"] == KEYNOTE
    assert found["words"].endswith("Nothing proved then what became of it.")


def test_an_empty_scene_is_no_layout_and_no_components() -> None:
    found = last(line(10, before={"layout_id": "", "component_ids": None}))
    assert found["before"] == {"layout_id": None, "component_ids": []}
    assert found["options"]["clear_layout"] is True
    undone = last(line(10, after={"scene_id": "pgm", "layout_id": "", "component_ids": None}))
    assert undone["options"]["expect"] == {"empty": True}
    bare = last(line(10, after={"scene_id": "pgm", "layout_id": "", "component_ids": ["logo"]}))
    assert bare["options"]["expect"] == {"component_ids": ["logo"]}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "The audit has no take of studio main, so there is none to undo. The callback"),
        ([line(10, caster_id="other")], "The audit has no take of studio main"),
        (
            [line(10), line(30, before=None)],
            "The last take of studio main in the audit is that of 2026-11-27 19:30:00, and what it replaced is not",
        ),
        # Killed: it began, and did not end.
        ([line(10), line(30, event="begun", outcome=None, before=None, after=None)], "that of 2026-11-27 19:30:00"),
    ],
)
def test_what_cannot_be_undone_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        last(*lines)


def test_what_a_person_gives_takes_the_place_of_the_audit() -> None:
    found = take_to_undo([], "main", {"layout_id": "countdown"}, KEYNOTE, "pgm")
    assert found["before"] == COUNTDOWN
    assert found["words"].startswith("To be undone: layout keynote,")
    assert take_to_undo([line(10)], "main", {}, "")["after"] == KEYNOTE


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (KEYNOTE, {}, "undo_before was given without undo_after. The callback"),
        ({}, KEYNOTE, "undo_after was given without undo_before."),
        (
            "keynote",
            KEYNOTE,
            "undo_before must have layout_id, component_ids or both, and nothing else. It is keynote.",
        ),
        ({"layout": "keynote"}, KEYNOTE, "undo_before must have layout_id"),
        (COUNTDOWN, KEYNOTE, "were given without undo_scene_id, the id of the program scene."),
    ],
)
def test_half_of_what_is_needed_is_refused(before: Any, after: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        take_to_undo([line(10)], "main", before, after)
