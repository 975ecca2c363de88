# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service says about studios, in all the forms it may say it, becomes one form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.module_utils._studio.studio import (
    Scene,
    Studio,
    read_audio,
    read_casters,
    read_components,
    read_layouts,
    read_studio,
    read_total,
)
from hypothesis import given
from hypothesis import strategies as st

PREVIEW = Scene("scene-pvw", "Preview", "pvw", "running", "layout-a", ("logo", "caption"))
PROGRAM = Scene("scene-pgm", "Program", "pgm", "running", "layout-b", ())

FIELDS = ["SceneId", "SceneName", "OutputType", "Status", "LayoutId", "ComponentIds", "componentId", "CasterId"]
FIELDS += ["CasterName", "Tags", "tag", "TagKey", "TagValue", "Duration", "NormType"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0", "1", 0, 1])
    | st.sampled_from(["\ud800", "\x00\n", float("nan"), float("-inf"), 1e308, 10**400]),
    lambda children: st.lists(children, max_size=3)
    | st.dictionaries(
        st.sampled_from(FIELDS),
        children,
        max_size=6,
    ),
    max_leaves=10,
)


def scene(**changes: Any) -> dict[str, Any]:
    whole = {
        "SceneId": "scene-pvw",
        "SceneName": "Preview",
        "OutputType": "0",
        "Status": 1,
        "LayoutId": "layout-a",
        "ComponentIds": {"componentId": ["logo", "caption"]},
    }
    return {**whole, **changes}


def without(item: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != key}


def read(*scenes: Any) -> Studio:
    return read_studio("studio-main", {"SceneList": {"Scene": list(scenes)}, "RequestId": "r"})


def read_one(item: Any) -> Scene:
    (only,) = read(item).scenes
    return only


def caster(**changes: Any) -> dict[str, Any]:
    return {"CasterId": "studio-main", "CasterName": "Main stage", "Status": 1, **changes}


def read_caster(item: Any) -> dict[str, Any]:
    (only,) = read_casters({"CasterList": {"Caster": [item]}})
    return only


def refused(call: Any, *arguments: Any) -> LiveError:
    with pytest.raises(LiveError) as caught:
        call(*arguments)
    assert caught.value.code == "InvalidAnswer"
    assert caught.value.outcome == "refused"
    assert str(caught.value).startswith("The answer to Describe")
    return caught.value


# --- scenes ---


def test_a_whole_scene() -> None:
    assert read_one(scene()) == PREVIEW


def test_scenes_are_told_apart_by_output_type_and_never_by_position() -> None:
    studio = read(scene(SceneId="b", OutputType="1"), scene(SceneId="a", OutputType="0"))

    assert [found.scene_id for found in studio.of_type("pvw")] == ["a"]
    assert [found.scene_id for found in studio.of_type("pgm")] == ["b"]


def test_a_studio_without_scenes() -> None:
    assert read().scenes == ()


@pytest.mark.parametrize(("wire", "word"), [("0", "pvw"), (0, "pvw"), ("1", "pgm"), (1, "pgm")])
def test_output_type(wire: Any, word: str) -> None:
    assert read_one(scene(OutputType=wire)).output_type == word


@pytest.mark.parametrize(("wire", "word"), [(0, "idle"), ("0", "idle"), (1, "running"), ("1", "running")])
def test_scene_status(wire: Any, word: str) -> None:
    found = read_one(scene(Status=wire))

    assert found.status == word
    assert found.running is (word == "running")


@pytest.mark.parametrize("item", [without(scene(), "LayoutId"), scene(LayoutId=""), scene(LayoutId=None)])
def test_an_absent_layout_is_none_however_it_is_said(item: dict[str, Any]) -> None:
    assert read_one(item).layout_id is None
    assert read_one(item).as_dict()["layout_id"] is None


@pytest.mark.parametrize(
    "components",
    [None, {}, [], "", {"componentId": []}, {"componentId": None}, {"componentId": ""}, {"componentId": ["", None]}],
)
def test_absent_components_are_an_empty_list_however_it_is_said(components: Any) -> None:
    assert read_one(scene(ComponentIds=components)).component_ids == ()
    assert read_one(scene(ComponentIds=components)).as_dict()["component_ids"] == []
    assert read_one(without(scene(), "ComponentIds")).component_ids == ()


def test_components_keep_their_order() -> None:
    assert read_one(scene(ComponentIds={"componentId": ["c", "a", "b"]})).component_ids == ("c", "a", "b")


def test_numbers_as_ids_become_text() -> None:
    found = read_one(scene(SceneId=7, LayoutId=8, ComponentIds={"componentId": [9]}))

    assert (found.scene_id, found.layout_id, found.component_ids) == ("7", "8", ("9",))


@pytest.mark.parametrize("item", [without(scene(), "SceneName"), scene(SceneName=None), scene(SceneName="")])
def test_an_absent_name_is_empty(item: dict[str, Any]) -> None:
    assert read_one(item).scene_name == ""


def test_text_that_no_output_could_hold_is_made_printable() -> None:
    found = read_one(scene(SceneName="a\ud800b", LayoutId="\udfff"))

    found.scene_name.encode()
    assert found.layout_id is not None
    found.layout_id.encode()


@pytest.mark.parametrize(
    ("layout_id", "component_ids", "empty"),
    [(None, (), True), ("a", (), False), (None, ("c",), False), ("a", ("c",), False)],
)
def test_empty_means_neither_a_layout_nor_components(
    layout_id: str | None, component_ids: tuple[str, ...], empty: bool
) -> None:
    assert Scene("s", "", "pvw", "running", layout_id, component_ids).empty is empty


def test_scenes_show_the_same_when_layout_and_order_of_components_are_equal() -> None:
    shown = PREVIEW.content

    assert Scene("other", "Other", "pgm", "idle", "layout-a", ("logo", "caption")).content == shown
    assert Scene("other", "Other", "pgm", "idle", "layout-a", ("caption", "logo")).content != shown
    assert Scene("other", "Other", "pgm", "idle", None, ("logo", "caption")).content != shown


def test_the_form_that_users_see() -> None:
    assert PREVIEW.as_dict() == {
        "scene_id": "scene-pvw",
        "scene_name": "Preview",
        "output_type": "pvw",
        "status": "running",
        "layout_id": "layout-a",
        "component_ids": ["logo", "caption"],
    }


def test_find() -> None:
    studio = Studio("studio-main", (PREVIEW, PROGRAM))

    assert studio.find("scene-pgm") is PROGRAM
    assert studio.find("scene") is None


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"SceneList": None},
        {"SceneList": []},
        {"SceneList": "x"},
        {"SceneList": {}},
        {"SceneList": {"Scene": None}},
        {"SceneList": {"Scene": {}}},
        {"SceneList": {"Scene": "x"}},
        {"sceneList": {"Scene": []}},
    ],
)
def test_an_answer_without_its_list_of_scenes_is_refused(answer: dict[str, Any]) -> None:
    error = refused(read_studio, "studio-main", answer)

    assert "it lacks the list SceneList.Scene" in str(error)
    assert error.action == "DescribeCasterScenes"


@pytest.mark.parametrize("item", [None, "scene", 1, [], True])
def test_a_scene_that_is_no_object_is_refused(item: Any) -> None:
    assert "an entry of the scene list is not an object" in str(refused(read, scene(), item))


@pytest.mark.parametrize(
    "item",
    [
        without(scene(), "SceneId"),
        scene(SceneId=""),
        scene(SceneId=None),
        scene(SceneId=["x"]),
        scene(SceneId=True),
        without(scene(), "OutputType"),
        scene(OutputType="2"),
        scene(OutputType=""),
        scene(OutputType=True),
        scene(OutputType=None),
        without(scene(), "Status"),
        scene(Status=2),
        scene(Status=True),
        scene(Status=None),
        scene(Status="on"),
        scene(Status=1.0),
    ],
)
def test_a_scene_that_is_not_as_documented_is_refused(item: dict[str, Any]) -> None:
    assert "a scene has no id, or an output type or status that is not documented" in str(refused(read, item))


@pytest.mark.parametrize("components", ["logo", ["logo"], 7, {"componentId": "logo"}, {"componentId": {"a": 1}}])
def test_components_that_are_no_list_are_refused(components: Any) -> None:
    assert "it lacks the list ComponentIds.componentId" in str(refused(read, scene(ComponentIds=components)))


# --- studios ---


def test_a_whole_studio() -> None:
    item = caster(
        NormType=1,
        CasterTemplate="lp_ld",
        ChannelEnable=0,
        ChargeType="PostPaid",
        ResourceGroupId="rg-1",
        CreateTime="2026-11-01T08:00:00Z",
        StartTime="2026-11-22T08:00:00Z",
        LastModified="2026-11-22T08:00:01Z",
        Duration=12.5,
        ExpireTime="2027-11-01T08:00:00Z",
        Tags={"tag": [{"TagKey": "show", "TagValue": "finale"}]},
    )

    assert read_caster(item) == {
        "caster_id": "studio-main",
        "caster_name": "Main stage",
        "status": "streaming",
        "norm_type": 1,
        "caster_template": "lp_ld",
        "channel_enable": False,
        "charge_type": "PostPaid",
        "resource_group_id": "rg-1",
        "create_time": "2026-11-01T08:00:00Z",
        "start_time": "2026-11-22T08:00:00Z",
        "last_modified": "2026-11-22T08:00:01Z",
        "duration": "12.5",
        "expire_time": "2027-11-01T08:00:00Z",
        "tags": {"show": "finale"},
    }


def test_a_studio_has_the_same_keys_whatever_is_left_out() -> None:
    found = read_caster({"CasterId": "studio-main", "Status": 0})

    assert set(found) == set(read_caster(caster(NormType=1)))
    assert found["caster_name"] == ""
    assert found["tags"] == {}
    assert {found[key] for key in found if key not in ("caster_id", "caster_name", "status", "tags")} == {None}


@pytest.mark.parametrize(("wire", "word"), [(0, "idle"), ("0", "idle"), (1, "streaming"), ("1", "streaming")])
def test_studio_status(wire: Any, word: str) -> None:
    assert read_caster(caster(Status=wire))["status"] == word


@pytest.mark.parametrize("wire", [float("nan"), float("inf"), True, "1", None, [1]])
def test_a_number_that_is_none_is_null(wire: Any) -> None:
    assert read_caster(caster(NormType=wire))["norm_type"] is None


@pytest.mark.parametrize("answer", [{}, {"CasterList": None}, {"CasterList": {"Caster": {}}}, {"CasterList": []}])
def test_an_answer_without_its_list_of_studios_is_refused(answer: dict[str, Any]) -> None:
    error = refused(read_casters, answer)

    assert "it lacks the list CasterList.Caster" in str(error)
    assert error.action == "DescribeCasters"


@pytest.mark.parametrize("item", [None, "x", []])
def test_a_studio_that_is_no_object_is_refused(item: Any) -> None:
    assert "an entry of the studio list is not an object" in str(refused(read_caster, item))


@pytest.mark.parametrize("item", [{"Status": 1}, caster(CasterId=""), caster(Status=2), caster(Status=None)])
def test_a_studio_that_is_not_as_documented_is_refused(item: Any) -> None:
    assert "a studio has no id, or a status that is not documented" in str(refused(read_caster, item))


@pytest.mark.parametrize(
    ("answer", "total"),
    [
        ({"Total": 0}, 0),
        ({"Total": 12}, 12),
        ({}, None),
        ({"Total": -1}, None),
        ({"Total": True}, None),
        ({"Total": "3"}, None),
        ({"Total": None}, None),
        ({"Total": 1.5}, None),
    ],
)
def test_how_many_there_are(answer: dict[str, Any], total: int | None) -> None:
    assert read_total(answer) == total


# --- audio ---


def test_whole_audio() -> None:
    answer = {
        "FollowEnable": 1,
        "MixList": {"LocationId": ["RV01", "RV02"]},
        "AudioLayers": {"AudioLayer": [{"ValidChannel": "all", "VolumeRate": 0.5, "FixedDelayDuration": 20}]},
    }

    assert read_audio(answer) == {
        "follow_enable": True,
        "mix_list": ["RV01", "RV02"],
        "layers": [{"valid_channel": "all", "volume_rate": 0.5, "fixed_delay_ms": 20}],
    }


@pytest.mark.parametrize("answer", [{}, {"MixList": {}, "AudioLayers": None}, {"AudioLayers": {"AudioLayer": []}}])
def test_audio_that_is_left_out(answer: dict[str, Any]) -> None:
    assert read_audio(answer) == {"follow_enable": None, "mix_list": [], "layers": []}


def test_audio_lists_that_are_none_are_refused() -> None:
    refused(read_audio, {"MixList": {"LocationId": "RV01"}})
    refused(read_audio, {"AudioLayers": [1]})


# --- anything ---


@given(JSON, JSON)
def test_any_answer_is_read_or_refused(one: Any, other: Any) -> None:
    readings = [
        lambda: read_studio("studio-main", {"SceneList": {"Scene": [one, other]}}).scenes,
        lambda: read_studio("studio-main", {"SceneList": {"Scene": [scene(ComponentIds=one)]}}).scenes,
        lambda: read_studio("studio-main", {"SceneList": {"Scene": [scene(LayoutId=one, SceneName=other)]}}).scenes,
        lambda: read_casters({"CasterList": {"Caster": [one, caster(Tags=other)]}}),
        lambda: read_casters({"CasterList": {"Caster": [caster(NormType=one, Duration=other)]}}),
        lambda: read_audio({"MixList": one, "AudioLayers": other}),
    ]
    for reading in readings:
        try:
            found = reading()
        except LiveError as error:
            assert error.code == "InvalidAnswer"
        else:
            plain = [item.as_dict() if isinstance(item, Scene) else item for item in found]
            # Whatever reads a result must be able to write it: real numbers and real text only.
            json.dumps(plain, ensure_ascii=False, allow_nan=False).encode()


def test_layouts_and_components_are_kept_as_the_service_shows_them() -> None:
    layouts = {"Layouts": {"Layout": [{"LayoutId": "a", "BlendList": {}}, {"LayoutId": "b"}]}}
    assert read_layouts(layouts) == {"a": {"LayoutId": "a", "BlendList": {}}, "b": {"LayoutId": "b"}}
    components = {"Components": {"Component": [{"ComponentId": "logo"}]}}
    assert read_components(components) == {"logo": {"ComponentId": "logo"}}
    assert read_layouts({}) == {}


@pytest.mark.parametrize("entry", ["a", None, {}, {"LayoutId": ""}, {"LayoutId": None}])
def test_a_layout_without_an_id_is_no_answer(entry: Any) -> None:
    error = refused(read_layouts, {"Layouts": {"Layout": [entry]}})
    assert "Layouts.Layout has no LayoutId" in error.message
