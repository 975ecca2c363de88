# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result says when the service does not simply do what it is asked."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils import _task
from ansible_collections.apsara.live.plugins.module_utils._endpoint import Endpoint
from ansible_collections.apsara.live.plugins.module_utils._studio import Scene
from ansible_collections.apsara.live.plugins.module_utils._transport import Transport
from ansible_collections.apsara.live.tests.support.fleet import wait_for
from ansible_collections.apsara.live.tests.support.raw_server import (
    Behaviour,
    RawServer,
    answer,
    closed_port,
    error,
    raw,
)
from ansible_collections.apsara.live.tests.support.run_task import run_task

PROGRAM = {"SceneId": "scene-pgm", "OutputType": "1", "Status": 1, "LayoutId": "layout-b"}
PREVIEW = {"SceneId": "scene-pvw", "OutputType": "0", "Status": 1, "LayoutId": "layout-a"}
OK = answer(body={"RequestId": "REQ-1"})


def studio(*scenes: dict[str, Any]) -> Behaviour:
    return answer(body={"RequestId": "REQ-0", "SceneList": {"Scene": list(scenes or (PROGRAM, PREVIEW))}})


@pytest.mark.parametrize(
    ("name", "behaviours"),
    [
        ("caster_scene_info", [studio()]),
        ("caster_info", [answer(body={"CasterList": {"Caster": []}, "Total": 0})]),
        ("caster_scene_stop", [studio(), OK, studio(PROGRAM, {**PREVIEW, "Status": 0})]),
        ("caster_scene_stop", [studio(), error("IllegalOperation", 401)]),
        ("caster_scene_config_copy", [studio(), OK, studio({**PROGRAM, "LayoutId": "layout-a"}, PREVIEW)]),
        ("caster_scene_config_copy", [answer(body={"SceneList": None})]),
        # What nobody expected.
        ("caster_scene_info", [answer(body={"SceneList": {"Scene": [{**PREVIEW, "SceneId": "broken"}]}})]),
    ],
)
def test_a_task_closes_what_it_opened(name: str, behaviours: list[Behaviour], monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Transport] = []

    class Kept(Transport):
        """Stays, so that nothing is closed only because it is thrown away."""

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            kept.append(self)

    def broken(scene: Scene) -> dict[str, Any]:
        assert scene.scene_id != "broken"
        return render(scene)

    render = Scene.as_dict
    monkeypatch.setattr(_task, "Transport", Kept)
    monkeypatch.setattr(Scene, "as_dict", broken)
    with RawServer(*behaviours) as server:
        with contextlib.suppress(AssertionError):
            run_task(name, server.url)
        wait_for(lambda: len(server.requests) == len(behaviours) and not server.still_open, seconds=10)
    assert len(kept) == 1


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
    ("read_after", "takes"),
    [
        ((PROGRAM, PREVIEW), 2),
        (({**PROGRAM, "LayoutId": "layout-c"}, PREVIEW), 1),
        ((PROGRAM, {**PREVIEW, "LayoutId": "layout-c"}), 1),
        ((PROGRAM, {**PREVIEW, "Status": 0}), 1),
        ((PROGRAM,), 1),
    ],
    ids=["as planned", "another program", "another preview", "preview off", "preview gone"],
)
def test_a_lost_take_is_sent_again_only_while_the_studio_is_as_planned(
    read_after: tuple[dict[str, Any], ...], takes: int
) -> None:
    with RawServer(studio(), raw(b""), studio(*read_after)) as server:
        result = run_task("caster_scene_config_copy", server.url).result

    assert [request.action for request in server.requests].count("CopyCasterSceneConfig") == takes
    assert result["failed"] is True
    assert (result["changed"], result["error"]["outcome"]) == (True, "unknown")


def test_a_second_take_that_never_left_is_not_said_to_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    look = _task.Task.look

    def look_and_lose_the_way(task: _task.Task, *args: Any) -> Any:
        found = look(task, *args)
        with closed_port() as port:
            task.client.transport.endpoint = Endpoint(f"http://127.0.0.1:{port}", f"127.0.0.1:{port}")
        return found

    monkeypatch.setattr(_task.Task, "look", look_and_lose_the_way)
    with RawServer(studio(), raw(b""), studio()) as server:
        result = run_task("caster_scene_config_copy", server.url).result

    assert [request.action for request in server.requests].count("CopyCasterSceneConfig") == 1
    assert (result["changed"], result["error"]["outcome"]) == (True, "unknown")
    assert "it could not be sent again" in result["msg"]
    assert "said no" not in result["msg"]


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


STUDIOS = [{"CasterId": f"studio-{number:03}", "Status": 0} for number in range(250)]
MISSING = "The service counts 250 studios, and its pages show 249."


def pages(*order: dict[str, Any]) -> list[Behaviour]:
    """The pages of one reading."""
    listed = [order[start : start + 100] for start in range(0, len(order), 100)]
    return [answer(body={"CasterList": {"Caster": page}, "Total": 250}) for page in listed]


def shifting(mover: int) -> list[Behaviour]:
    """A reading during which this studio moves from the last page to the first, after the first was read."""
    first, *_others = pages(*STUDIOS)
    _first, *others = pages(STUDIOS[mover], *STUDIOS[:mover], *STUDIOS[mover + 1 :])
    return [first, *others]


def all_studios(*behaviours: Behaviour) -> tuple[list[str], list[str], int]:
    """What caster_info finds: ids in order, warnings, and the number of requests."""
    with RawServer(*behaviours) as server:
        done = run_task("caster_info", server.url, caster_id=None)
        assert [int(request.query["PageNum"]) for request in server.requests[:3]] == [1, 2, 3]
        assert "error" not in done.result
        return [found["caster_id"] for found in done.result["casters"]], done.warnings, len(server.requests)


def ids(*numbers: int) -> list[str]:
    return [f"studio-{number:03}" for number in numbers]


def test_all_pages_are_read() -> None:
    assert all_studios(*pages(*STUDIOS)) == (ids(*range(250)), [], 3)


def test_a_studio_that_moves_between_the_pages_is_found_by_reading_again() -> None:
    order = [STUDIOS[230], *STUDIOS[:230], *STUDIOS[231:]]
    found = ids(230, *range(230), *range(231, 250))
    assert all_studios(*shifting(230), *pages(*order)) == (found, [], 6)


def test_readings_that_miss_different_studios_make_a_whole_together() -> None:
    found, warnings, requests = all_studios(*shifting(230), *shifting(240))
    assert (sorted(found), warnings, requests) == (ids(*range(250)), [], 6)


def test_a_studio_that_every_reading_misses_is_said_to_be_missing() -> None:
    found, warnings, requests = all_studios(*shifting(230), *shifting(230), *shifting(230))
    assert (found, requests) == (ids(*range(230), *range(231, 250)), 9)
    (warning,) = warnings
    assert MISSING in warning


def test_studios_that_cannot_be_read_again_are_said_to_be_missing() -> None:
    found, warnings, requests = all_studios(*shifting(230), error("IllegalOperation", 401))
    assert (len(found), requests) == (249, 4)
    assert MISSING in warnings[0]


def test_pages_that_never_end_and_bring_nothing_new_are_asked_for_a_few_times_only() -> None:
    with RawServer(answer(body={"CasterList": {"Caster": STUDIOS[:100]}, "Total": 10**9})) as server:
        done = run_task("caster_info", server.url, caster_id=None)

    assert len(done.result["casters"]) == 100
    assert len(server.requests) == 6
    assert "The service counts 1000000000 studios, and its pages show 100." in done.warnings[0]


def test_text_that_no_request_could_hold_is_read_and_not_repeated() -> None:
    odd = {**PREVIEW, "SceneId": "scene-\ud800"}
    with RawServer(studio(PROGRAM, odd), error("InvalidScene.NotFound", 404)) as server:
        result = run_task("caster_scene_stop", server.url).result

    assert result["error"]["code"] == "InvalidScene.NotFound"
    assert result["scene_id"] == "scene-?"
