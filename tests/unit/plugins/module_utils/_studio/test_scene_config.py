# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written to give a scene its layout and components, for every row and for random studios."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.module_utils._studio.plan import Expectation
from ansible_collections.apsara.live.plugins.module_utils._studio.scene_config import (
    ConfigWish,
    check_components,
    check_layout,
    plan_config,
)
from ansible_collections.apsara.live.plugins.module_utils._studio.studio import Scene, Studio
from hypothesis import given
from hypothesis import strategies as st

PREVIEW = Scene("scene-pvw", "Preview", "pvw", "running", "layout-a", ("logo", "caption"))
PROGRAM = Scene("scene-pgm", "Program", "pgm", "running", "layout-b", ("logo",))
STUDIO = Studio("studio-main", (PROGRAM, PREVIEW))

layouts = st.sampled_from([None, "layout-a", "layout-b"])
components = st.sampled_from([(), ("logo",), ("caption", "logo"), ("logo", "caption")])


def test_a_preview_gets_both() -> None:
    plan = plan_config(STUDIO, ConfigWish(layout_id="layout-b", component_ids=("clock", "logo")))

    (call,) = plan.calls
    assert call.action == "SetCasterSceneConfig"
    assert call.parameters == (
        ("CasterId", "studio-main"),
        ("SceneId", "scene-pvw"),
        ("LayoutId", "layout-b"),
        ("ComponentId.1", "clock"),
        ("ComponentId.2", "logo"),
    )
    assert not call.on_air
    assert plan.reason == "Layout layout-b, components clock, logo is prepared in the preview."
    assert (plan.before, plan.after.content) == (PREVIEW, ("layout-b", ("clock", "logo")))


def test_a_program_is_written_as_by_a_take() -> None:
    expected = Expectation(layout_id="layout-b")
    plan = plan_config(STUDIO, ConfigWish("scene-pgm", "layout-a", on_air=True, expectation=expected))

    (call,) = plan.calls
    assert call.on_air
    assert dict(call.parameters)["ComponentId.1"] == "logo", "what is left out stays"
    assert plan.reason == "Layout layout-a, components logo goes on air."


@given(layouts, components, layouts | st.just(""), st.none() | components)
def test_a_write_says_the_whole_scene_and_is_never_empty(
    layout: str | None, shown: tuple[str, ...], wanted: str | None, named: tuple[str, ...] | None
) -> None:
    scene = replace(PREVIEW, layout_id=layout, component_ids=shown)
    goal = ((layout if wanted is None else wanted) or None, shown if named is None else named)
    try:
        plan = plan_config(Studio("studio-main", (scene, PROGRAM)), ConfigWish(None, wanted, named))
    except LiveError as error:
        assert goal == (None, ()) != scene.content
        assert (error.outcome, error.code) == ("refused", "InvalidOption")
        assert "Nothing was written." in error.message
        return
    assert plan.after.content == goal
    assert bool(plan.calls) == (goal != scene.content)
    for call in plan.calls:
        sent = dict(call.parameters)
        assert sent.get("LayoutId") == goal[0]
        assert tuple(value for name, value in call.parameters if name.startswith("ComponentId")) == goal[1]


def test_ids_that_are_not_there_are_named_with_those_that_are() -> None:
    check_layout(STUDIO, "layout-a", ["layout-a"])
    check_components(STUDIO, ("logo",), ["caption", "logo"])
    with pytest.raises(LiveError) as layout:
        check_layout(STUDIO, "layout-c", ["layout-b", "layout-a"])
    with pytest.raises(LiveError) as component:
        check_components(STUDIO, ("logo", "clock"), ["logo"])
    assert layout.value.message == (
        "Layout layout-c (layout_id) is not in studio studio-main. Its layouts: layout-a, layout-b. "
        "Nothing was written."
    )
    assert component.value.message == (
        "Component clock is not in studio studio-main. Its components: logo. Nothing was written."
    )
    assert (layout.value.option, component.value.option) == ("layout_id", "component_ids")
