# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result says when the service does not simply do what it is asked."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.endpoint import Endpoint
from ansible_collections.apsara.live.plugins.module_utils._api.transport import Transport
from ansible_collections.apsara.live.plugins.module_utils._modules import task
from ansible_collections.apsara.live.plugins.module_utils._studio.studio import Scene
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
    monkeypatch.setattr(task, "Transport", Kept)
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


def starve(monkeypatch: pytest.MonkeyPatch, first: int, last: int = 10**9) -> None:
    """Let the exchanges number `first` to `last` find no thread, as on a machine that has no more."""
    start, exchanges = threading.Thread.start, itertools.count(1)

    def start_or_not(thread: threading.Thread) -> None:
        if thread.name == "apsara.live exchange" and first <= next(exchanges) <= last:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_or_not)


WRITERS = [
    ("caster_scene_stop", studio(PROGRAM, {**PREVIEW, "Status": 0})),
    ("caster_scene_config_copy", studio({**PROGRAM, "LayoutId": "layout-a"}, PREVIEW)),
]


@pytest.mark.parametrize(("name", "done"), WRITERS)
@pytest.mark.parametrize("first", [1, 2])
def test_without_threads_nothing_is_sent(
    name: str, done: Behaviour, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(studio(), OK, done) as server:
        starve(monkeypatch, first)
        result = run_task(name, server.url).result

    assert server.actions() == ["DescribeCasterScenes"] * (first - 1)
    assert (result["changed"], result["error"]["outcome"]) == (False, "refused")
    assert "this machine starts no more threads" in result["msg"]


@pytest.mark.parametrize(("name", "done"), WRITERS)
@pytest.mark.parametrize("lost", [False, True], ids=["accepted", "lost"])
def test_without_threads_after_a_write_nothing_is_known(
    name: str, done: Behaviour, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(studio(), raw(b"") if lost else OK, done) as server:
        starve(monkeypatch, 3)
        result = run_task(name, server.url).result

    assert len(server.actions()) == 2
    assert (result["changed"], result["error"]["outcome"]) == (True, "unknown")


@pytest.mark.parametrize(("name", "done"), WRITERS)
def test_a_thread_that_is_missing_for_a_moment_is_waited_for(
    name: str, done: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(studio(), OK, done) as server:
        starve(monkeypatch, 2, 3)
        result = run_task(name, server.url).result

    assert (result.get("failed"), result["changed"]) == (None, True)
    assert len(server.actions()) == 3


UNFORESEEN = [MemoryError(), OSError(24, "Too many open files: rehearsal-secret"), RuntimeError("rehearsal-secret")]


@pytest.mark.parametrize("error", [*UNFORESEEN, RecursionError()], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("name", "done"), WRITERS)
@pytest.mark.parametrize("after", ["poll", "write"])
def test_whatever_nobody_foresaw_after_a_write_leaves_it_unknown(
    after: str, name: str, done: Behaviour, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = task.Task.write

    def fail(task: task.Task, *arguments: Any, **keywords: Any) -> Any:
        if after == "write":
            write(task, *arguments, **keywords)
        raise error

    with RawServer(studio(), OK, done) as server:
        monkeypatch.setattr(task.Task, after, fail)
        result = run_task(name, server.url).result

    assert (result["changed"], result["failed"]) == (True, True)
    assert (result["error"]["code"], result["error"]["outcome"]) == ("UnexpectedError", "unknown")
    assert result["after"] is None
    assert type(error).__name__ in result["msg"]
    assert "test_run.py, line " in result["msg"]
    assert "rehearsal-secret" not in json.dumps(result)
    assert "before doing anything else" in result["error"]["hint"]


@pytest.mark.parametrize("name", ["caster_scene_info", *(name for name, _done in WRITERS)])
@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
def test_whatever_nobody_foresaw_before_a_write_is_a_refusal(
    name: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_keywords: Any) -> Any:
        raise error

    with RawServer(studio()) as server:
        monkeypatch.setattr(task, "read_studio", fail)
        result = run_task(name, server.url).result

    assert (result["changed"], result["error"]["outcome"]) == (False, "refused")
    assert "rehearsal-secret" not in json.dumps(result)


BOTH_BUSES = ({**PROGRAM, "LayoutId": "layout-b"}, {**PREVIEW, "SceneId": "scene-pgm"})


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("caster_scene_stop", {}),
        ("caster_scene_stop", {"scene_id": "scene-pgm"}),
        ("caster_scene_config_copy", {}),
        ("caster_scene_config_copy", {"from_scene_id": "scene-pgm", "to_scene_id": "scene-pgm"}),
    ],
)
def test_one_id_on_both_buses_is_never_written_to(name: str, params: dict[str, Any]) -> None:
    with RawServer(studio(*BOTH_BUSES), OK) as server:
        result = run_task(name, server.url, **params).result

    assert server.actions() == ["DescribeCasterScenes"]
    assert (result["changed"], result["error"]["code"], result["error"]["outcome"]) == (
        False,
        "AmbiguousScene",
        "refused",
    )


def test_one_id_on_both_buses_is_shown() -> None:
    with RawServer(studio(*BOTH_BUSES)) as server:
        result = run_task("caster_scene_info", server.url, scene_id="scene-pgm").result

    assert [scene["output_type"] for scene in result["scenes"]] == ["pgm", "pvw"]


@pytest.mark.parametrize(
    ("name", "later"),
    [
        # The preview under the id of the program shows what was to be taken; the program does not.
        ("caster_scene_config_copy", ({**PREVIEW, "SceneId": "scene-pgm"}, PROGRAM)),
        # One of two is off.
        ("caster_scene_stop", ({**PREVIEW, "Status": 0}, PREVIEW, PROGRAM)),
    ],
)
@pytest.mark.parametrize("answer_to_write", [OK, raw(b"")], ids=["accepted", "lost"])
def test_ids_that_become_ambiguous_prove_nothing(
    name: str, later: tuple[dict[str, Any], ...], answer_to_write: Behaviour
) -> None:
    with RawServer(studio(), answer_to_write, *([OK] if name == "caster_scene_stop" else []), studio(*later)) as server:
        result = run_task(name, server.url).result

    assert (result["failed"], result["error"]["outcome"]) == (True, "unknown")


TROUBLED = [
    error("InternalError", 500, headers={"x-acs-retry-after": "9000"}),
    error("ServiceUnavailable", 503, headers={"x-acs-retry-after": "9000"}),
    answer(502, b"<html>", headers={"x-acs-retry-after": "9000"}),
    answer(504, b"", headers={"x-acs-retry-after": "9000"}),
]


@pytest.mark.parametrize("trouble", TROUBLED, ids=["500", "503", "502", "504"])
def test_a_take_that_may_have_been_done_is_read_before_it_is_sent_again_whatever_pause_was_asked_for(
    trouble: Behaviour,
) -> None:
    done = studio({**PROGRAM, "LayoutId": "layout-a"}, PREVIEW)
    with RawServer(studio(), trouble, done) as server:
        result = run_task("caster_scene_config_copy", server.url).result
    assert server.actions() == ["DescribeCasterScenes", "CopyCasterSceneConfig", "DescribeCasterScenes"]
    assert (result.get("failed"), result["changed"]) == (None, True)


def test_a_take_that_was_not_done_is_sent_again_after_the_pause_that_was_asked_for() -> None:
    with RawServer(studio(), TROUBLED[0], studio()) as server:
        task = run_task("caster_scene_config_copy", server.url, api_deadline=60)
        actions = server.actions()
    assert actions.count("CopyCasterSceneConfig") == 2
    first, second = (place for place, action in enumerate(actions) if action == "CopyCasterSceneConfig")
    # The readings between them are 2 s apart at most.
    assert second - first > 5
    assert task.seconds > 9


def test_a_pause_that_is_longer_than_the_deadline_allows_ends_in_time() -> None:
    with RawServer(studio(), TROUBLED[0], studio()) as server:
        task = run_task("caster_scene_config_copy", server.url, api_deadline=6)
    assert server.actions().count("CopyCasterSceneConfig") == 1
    assert task.result["error"]["outcome"] == "unknown"
    assert task.seconds < 7


def test_a_second_take_that_never_left_is_not_said_to_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    read_once = task.Task.read_once

    def read_and_lose_the_way(task: task.Task, *given: Any) -> Any:
        found = read_once(task, *given)
        with closed_port() as port:
            task.client.transport.endpoint = Endpoint(f"http://127.0.0.1:{port}", f"127.0.0.1:{port}")
        return found

    monkeypatch.setattr(task.Task, "read_once", read_and_lose_the_way)
    with RawServer(studio(), raw(b""), studio()) as server:
        result = run_task("caster_scene_config_copy", server.url).result

    assert [request.action for request in server.requests].count("CopyCasterSceneConfig") == 1
    assert (result["changed"], result["error"]["outcome"]) == (True, "unknown")
    assert "the studio could not be read" in result["msg"]
    assert "rejected" not in result["msg"]


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
