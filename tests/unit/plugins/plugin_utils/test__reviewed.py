# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which preview was reviewed, and what a take expects of it: results of reads, also failed, and variables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._reviewed import expected, needs_ids, review

CONTENT = "content-0a1b2c3d4e5f-ffffffffffff"
IDS = "ids-0a1b2c3d4e5f"


def read(fingerprint: str | None, *more: dict[str, Any]) -> dict[str, Any]:
    """The result of caster_scene_info."""
    scene = {"output_type": "pvw", "scene_id": "p1", "layout_id": "layout-a", "component_ids": ["logo"]}
    program = {"output_type": "pgm", "scene_id": "g1", "fingerprint": "ids-000000000000"}
    return {"changed": False, "scenes": [program, {**scene, "fingerprint": fingerprint}, *more]}


SECOND = {"output_type": "pvw", "scene_id": "p2", "layout_id": None, "component_ids": [], "fingerprint": CONTENT}
DENIED = {
    "failed": False,
    "msg": "RAM says no.",
    "scenes": [],
    "error": {"action": "DescribeCasterLayouts", "retryable": False, "code": "NoPermission"},
}
DOWN = {"msg": "Nothing answers.", "scenes": [], "error": {"action": "DescribeCasterLayouts", "retryable": True}}
SKIPPED = {"changed": False, "skipped": True}
SILENT: list[Any] = [None, "", {}, {"unreachable": True, "msg": "lost"}, {"failed": True, "msg": "MODULE FAILURE"}]


def test_a_review_covers_the_content_where_it_can_be_read() -> None:
    told = review(read(CONTENT), SKIPPED)

    assert not needs_ids(read(CONTENT))
    assert (told["fingerprint"], told["scene_id"], told["layout_id"]) == (CONTENT, "p1", "layout-a")
    assert told["words"] == f"Armed - {CONTENT}, which covers what the layout and the components contain."


@pytest.mark.parametrize(
    ("content", "why"), [(DENIED, "RAM says no."), (read(None), "the service does not list all of it.")]
)
def test_a_review_says_that_it_covers_the_ids_only(content: dict[str, Any], why: str) -> None:
    assert needs_ids(content)
    told = review(content, read(IDS))

    assert told["fingerprint"] == IDS
    assert told["words"].startswith(f"Armed - {IDS}, which covers the ids only: an edit that keeps them is not noticed")
    assert told["words"].endswith(why)


@pytest.mark.parametrize("content", [DOWN, *SILENT])
def test_what_cannot_be_read_arms_nothing_and_is_not_read_twice(content: Any) -> None:
    assert not needs_ids(content)
    told = review(content, SKIPPED)

    assert told["fingerprint"] == ""
    assert told["words"].startswith("Not armed - the preview cannot be read.")


def test_one_of_several_previews_is_named() -> None:
    assert review(read(IDS, SECOND), None)["words"] == (
        "Not armed - the studio does not have exactly one preview scene. Name it in take_from_scene_id."
    )
    assert not needs_ids(read(None, SECOND)) and needs_ids(read(None, SECOND), "p1")
    assert review(read(CONTENT, SECOND), None, "p2")["scene_id"] == "p2"
    assert review(read(CONTENT), None, "g1")["fingerprint"] == "", "a program is no preview"


@pytest.mark.parametrize(
    ("given", "reviewed", "handed", "wanted"),
    [
        ({}, None, None, {}),
        ({}, None, {}, {}),
        ({}, None, {"main": CONTENT}, {"fingerprint": CONTENT}),
        ({}, None, {"other": CONTENT}, {}),
        ({}, None, {"main": ""}, {}),
        ({}, None, {"main": None}, {}),
        ({}, {"fingerprint": IDS}, {"main": CONTENT}, {"fingerprint": IDS}),
        ({}, {"fingerprint": "", "words": "Not armed"}, {"main": CONTENT}, {}),
        ({}, {}, {"main": CONTENT}, {}),
        ({"layout_id": "a"}, {"fingerprint": IDS}, None, {"layout_id": "a", "fingerprint": IDS}),
        ({"fingerprint": CONTENT}, {"fingerprint": IDS}, {"main": IDS}, {"fingerprint": CONTENT}),
        ({"fingerprint": ""}, {"fingerprint": IDS}, None, {"fingerprint": IDS}),
    ],
)
def test_what_was_reviewed_last_is_expected(given: Any, reviewed: Any, handed: Any, wanted: dict[str, Any]) -> None:
    assert expected(given, reviewed, handed, "main") == wanted


@pytest.mark.parametrize(
    ("reviewed", "handed", "variable"),
    [
        ("ids-0a1b2c3d4e5f", None, "take_reviewed"),
        ({"fingerprint": 7}, None, "take_reviewed"),
        (None, ["main"], "apsara_live_reviewed"),
        (None, "main", "apsara_live_reviewed"),
        (None, {"main": {"fingerprint": IDS}}, "apsara_live_reviewed"),
    ],
)
def test_a_guard_that_cannot_be_read_is_not_dropped(reviewed: Any, handed: Any, variable: str) -> None:
    with pytest.raises(ValueError, match=f"The variable {variable} cannot be used"):
        expected({}, reviewed, handed, "main")
