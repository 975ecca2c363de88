# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result says when the service does not simply do what it is asked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.apsara.live.tests.support.raw_server import Behaviour, RawServer, answer, error, raw
from ansible_collections.apsara.live.tests.support.run_task import run_task

PROGRAM = {"SceneId": "scene-pgm", "OutputType": "1", "Status": 1, "LayoutId": "layout-b"}
PREVIEW = {"SceneId": "scene-pvw", "OutputType": "0", "Status": 1, "LayoutId": "layout-a"}
OK = answer(body={"RequestId": "REQ-1"})


def studio(*scenes: dict[str, Any]) -> Behaviour:
    return answer(body={"RequestId": "REQ-0", "SceneList": {"Scene": list(scenes or (PROGRAM, PREVIEW))}})


def test_a_stop_that_the_service_refuses_leaves_the_scene_on() -> None:
    with RawServer(studio(), error("IllegalOperation", 401)) as server:
        result = run_task("caster_scene_stop", server.url).result

    assert (result["failed"], result["changed"], result["error"]["outcome"]) == (True, False, "failed")
    assert result["after"] == result["before"]
    assert result["after"]["status"] == "running"


def test_a_stop_of_which_nothing_is_known_shows_no_state() -> None:
    with RawServer(studio(), error("IncorrectSceneStatus"), error("IllegalOperation", 401)) as server:
        result = run_task("caster_scene_stop", server.url).result

    assert (result["failed"], result["changed"]) == (True, False)
    assert result["before"]["status"] == "running"
    assert result["after"] is None


def test_a_take_that_the_service_refuses_leaves_the_program_as_it_was() -> None:
    with RawServer(studio(), error("IllegalOperation", 401)) as server:
        result = run_task("caster_scene_config_copy", server.url).result

    assert (result["failed"], result["changed"], result["error"]["outcome"]) == (True, False, "failed")
    assert result["after"] == result["before"]
    assert result["after"]["layout_id"] == "layout-b"


@pytest.mark.parametrize(
    ("name", "params", "behaviours"),
    [
        ("caster_scene_info", {"scene_id": " scene-pvw\n"}, [studio()]),
        ("caster_scene_stop", {"scene_id": "scene-pvw "}, [studio(), OK, studio(PROGRAM, {**PREVIEW, "Status": 0})]),
        ("caster_scene_stop", {"scene_id": "scene-pvw "}, [studio(), error("IncorrectSceneStatus"), studio()]),
        (
            "caster_scene_config_copy",
            {"from_scene_id": " scene-pvw", "to_scene_id": " scene-pgm"},
            [studio(), raw(b""), studio({**PROGRAM, "LayoutId": "layout-a"}, PREVIEW)],
        ),
    ],
)
def test_the_blanks_around_an_id_are_dropped_everywhere(
    name: str, params: dict[str, str], behaviours: list[Behaviour]
) -> None:
    with RawServer(*behaviours) as server:
        result = run_task(name, server.url, caster_id=" studio-main\n", **params).result

    assert len(server.requests) >= len(behaviours)
    assert {request.query["CasterId"] for request in server.requests} == {"studio-main"}
    assert result["caster_id"] == "studio-main"
    assert all(not str(result.get(option, "")).count(" ") for option in params)


def test_pages_that_never_end_and_bring_nothing_new_are_not_asked_for() -> None:
    studios = [{"CasterId": f"studio-{number}", "Status": 0} for number in range(100)]
    with RawServer(answer(body={"CasterList": {"Caster": studios}, "Total": 10**9})) as server:
        result = run_task("caster_info", server.url, caster_id=None).result

    assert len(result["casters"]) == 100
    assert len(server.requests) == 2


def test_all_pages_are_read() -> None:
    studios = [{"CasterId": f"studio-{number}", "Status": 0} for number in range(250)]
    pages = [studios[:100], studios[100:200], studios[200:]]
    with RawServer(*[answer(body={"CasterList": {"Caster": page}, "Total": 250}) for page in pages]) as server:
        result = run_task("caster_info", server.url, caster_id=None).result

    assert [found["caster_id"] for found in result["casters"]] == [item["CasterId"] for item in studios]
    assert [request.query["PageNum"] for request in server.requests] == ["1", "2", "3"]


def test_text_that_no_request_could_hold_is_read_and_not_repeated() -> None:
    odd = {**PREVIEW, "SceneId": "scene-\ud800"}
    with RawServer(studio(PROGRAM, odd), error("InvalidScene.NotFound", 404)) as server:
        result = run_task("caster_scene_stop", server.url).result

    assert result["error"]["code"] == "InvalidScene.NotFound"
    assert result["scene_id"] == "scene-?"
