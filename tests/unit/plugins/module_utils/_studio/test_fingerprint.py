# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a scene is known again: what makes another fingerprint, what does not, and what it tells of itself."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._studio.fingerprint import (
    covers_content,
    fingerprint,
    is_fingerprint,
    same_ids,
    with_content,
)
from ansible_collections.apsara.live.plugins.module_utils._studio.studio import (
    Scene,
    Studio,
    read_components,
    read_layouts,
)
from hypothesis import given
from hypothesis import strategies as st

PREVIEW = Scene("scene-pvw", "Preview", "pvw", "running", "layout-a", ("logo", "caption"))
PROGRAM = Scene("scene-pgm", "Program", "pgm", "running", "layout-b", ("logo",))

LAYOUT_A: dict[str, Any] = {
    "LayoutId": "layout-a",
    "VideoLayers": {
        "VideoLayer": [
            {"FillMode": "none", "HeightNormalized": 0.5, "PositionNormalizeds": {"Position": [0.0, 0.25]}},
            {"FillMode": "fit", "HeightNormalized": 1, "PositionNormalizeds": {"Position": [0.5, 0.25]}},
        ]
    },
    "BlendList": {"LocationId": ["RV01", "RV02"]},
    "AudioLayers": {"AudioLayer": []},
    "MixList": {"LocationId": []},
}
LAYOUT_B: dict[str, Any] = {"LayoutId": "layout-b"}
LOGO: dict[str, Any] = {"ComponentId": "logo", "ImageLayerContent": {"MaterialId": "material-logo"}}
CAPTION: dict[str, Any] = {
    "ComponentId": "caption",
    "CaptionLayerContent": {"ShowSourceLan": True, "PtsOffset": 1234567},
}


def read(layouts: list[Any], components: list[Any], *scenes: Scene) -> Studio:
    """The studio as three answers of the service show it."""
    return with_content(
        Studio("studio-main", scenes or (PREVIEW, PROGRAM)),
        read_layouts({"Layouts": {"Layout": layouts}}),
        read_components({"Components": {"Component": components}}),
    )


def content_of(layout: Any = LAYOUT_A, logo: Any = LOGO, scene: Scene = PREVIEW) -> str | None:
    """The content fingerprint of the preview."""
    return fingerprint(read([LAYOUT_B, layout], [logo, CAPTION], scene).scenes[0], content=True)


def edited(value: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    """A copy with one value changed."""
    changed = copy.deepcopy(value)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return changed


def test_the_ids_and_their_order_make_the_fingerprint() -> None:
    shown = [
        PREVIEW,
        replace(PREVIEW, layout_id="layout-b"),
        replace(PREVIEW, layout_id=None),
        replace(PREVIEW, component_ids=("caption", "logo")),
        replace(PREVIEW, component_ids=("logo,caption",)),
        replace(PREVIEW, component_ids=()),
    ]
    assert len({fingerprint(scene) for scene in shown}) == len(shown)


def test_where_and_how_a_scene_is_does_not() -> None:
    elsewhere = replace(PREVIEW, scene_id="scene-2", scene_name="", output_type="pgm", status="idle")

    assert fingerprint(elsewhere) == fingerprint(PREVIEW)


def test_a_fingerprint_stays_what_it_is_in_every_release() -> None:
    """It is handed from one job to another, which may run another release."""
    assert fingerprint(PREVIEW) == "ids-dd74599368ca"
    assert content_of() == "content-dd74599368ca-64d69d7958d4"


@pytest.mark.parametrize(
    ("layout", "logo"),
    [
        (edited(LAYOUT_A, "VideoLayers", "VideoLayer", 0, "HeightNormalized", to=0.51), LOGO),
        (edited(LAYOUT_A, "VideoLayers", "VideoLayer", 1, "PositionNormalizeds", "Position", to=[0.25, 0.5]), LOGO),
        (edited(LAYOUT_A, "BlendList", "LocationId", to=["RV02", "RV01"]), LOGO),
        (edited(LAYOUT_A, "BlendList", "LocationId", to=["", "RV01"]), LOGO),
        (edited(LAYOUT_A, "BlendList", "LocationId", to=["RV01", ""]), LOGO),
        (edited(LAYOUT_A, "MixList", "LocationId", to=["RV01"]), LOGO),
        (LAYOUT_A, edited(LOGO, "ImageLayerContent", "MaterialId", to="material-other")),
        (LAYOUT_A, edited(LOGO, "SomethingNew", to=0)),
    ],
)
def test_an_edit_that_keeps_the_id_is_noticed(layout: dict[str, Any], logo: dict[str, Any]) -> None:
    now, before = content_of(layout, logo), content_of()

    assert now and before and now != before
    assert same_ids(now, before)


@pytest.mark.parametrize(
    "layout",
    [
        dict(reversed(list(LAYOUT_A.items()))),
        edited(LAYOUT_A, "VideoLayers", "VideoLayer", 1, "HeightNormalized", to=1.0),
        edited(LAYOUT_A, "VideoLayers", "VideoLayer", 0, "HeightNormalized", to=0.5000000001),
        edited(LAYOUT_A, "AudioLayers", to=None),
        edited(LAYOUT_A, "AudioLayers", to={}),
        edited(LAYOUT_A, "MixList", "LocationId", to=None),
        edited(LAYOUT_A, "Unset", to=""),
        edited(LAYOUT_A, "Unset", to=float("nan")),
        {key: value for key, value in LAYOUT_A.items() if key not in ("AudioLayers", "MixList")},
    ],
)
def test_another_spelling_of_the_same_is_no_edit(layout: dict[str, Any]) -> None:
    assert content_of(layout) == content_of()


def test_what_other_scenes_show_does_not_matter() -> None:
    other = edited(LAYOUT_B, "BlendList", to={"LocationId": ["RV09"]})

    assert fingerprint(read([other, LAYOUT_A], [LOGO, CAPTION]).scenes[0], content=True) == content_of()


def test_whole_numbers_are_kept_whole() -> None:
    later = edited(CAPTION, "CaptionLayerContent", "PtsOffset", to=1234568)
    spelt = edited(CAPTION, "CaptionLayerContent", "PtsOffset", to=1234567.0)

    def told(caption: Any) -> str | None:
        return fingerprint(read([LAYOUT_A], [LOGO, caption], PREVIEW).scenes[0], content=True)

    assert told(later) != told(CAPTION) == told(spelt)


def test_what_is_not_listed_has_no_fingerprint_of_its_content() -> None:
    (without_layout,) = read([LAYOUT_B], [LOGO, CAPTION], PREVIEW).scenes
    (without_component,) = read([LAYOUT_A], [LOGO], PREVIEW).scenes

    assert fingerprint(without_layout, content=True) is fingerprint(without_component, content=True) is None
    assert fingerprint(PREVIEW, content=True) is None, "nothing was read"
    assert fingerprint(without_layout) == fingerprint(PREVIEW)


def test_an_empty_scene_has_content_that_is_known() -> None:
    empty = replace(PREVIEW, layout_id=None, component_ids=())
    (shown,) = with_content(Studio("studio-main", (empty,)), read_layouts({}), read_components({})).scenes

    assert fingerprint(shown, content=True)


def test_a_fingerprint_tells_what_it_covers() -> None:
    ids, content = fingerprint(PREVIEW), content_of()
    assert ids and content

    assert is_fingerprint(ids) and not covers_content(ids)
    assert is_fingerprint(content) and covers_content(content)
    assert same_ids(ids, content) and not same_ids(f"{fingerprint(PROGRAM)}", content)


@pytest.mark.parametrize(
    "text", ["", "ids-", "0a1b2c3d4e5f", "ids-0A1B2C3D4E5F", "content-0a1b2c3d4e5f", "ids-0a1b2c3d4e5f\n"]
)
def test_what_is_no_fingerprint(text: str) -> None:
    assert not is_fingerprint(text)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(ANYTHING)
def test_whatever_the_service_shows_has_a_fingerprint(value: Any) -> None:
    shown = content_of({"LayoutId": "layout-a", "Something": value})

    assert shown and is_fingerprint(shown)
    assert shown == content_of({"Something": json.loads(json.dumps(value)), "LayoutId": "layout-a"})
