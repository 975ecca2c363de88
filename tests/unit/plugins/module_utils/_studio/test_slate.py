# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written to show a slate and to end it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.module_utils._studio.slate import SlateWish, plan_slate, unread_slate_call
from ansible_collections.apsara.live.plugins.module_utils._studio.studio import Scene, Studio, read_has_slate

PREVIEW = Scene("scene-pvw", "Preview", "pvw", "running", "layout-a", ("logo", "caption"))
PROGRAM = Scene("scene-pgm", "Program", "pgm", "running", "layout-b", ("logo",))
STUDIO = Studio("studio-main", (PROGRAM, PREVIEW), has_slate=True)
BACK = SlateWish("ended", "scene-pgm", None, ("logo",))


def test_a_slate_is_one_write_that_may_be_repeated() -> None:
    (call,) = plan_slate(STUDIO, SlateWish()).calls

    assert call == unread_slate_call("studio-main", SlateWish(scene_id="scene-pgm"))
    assert call.action == "EffectCasterUrgent"
    assert dict(call.parameters) == {"CasterId": "studio-main", "SceneId": "scene-pgm"}
    assert not call.on_air


def test_the_end_puts_on_air_what_is_named_and_nothing_else() -> None:
    (call,) = plan_slate(STUDIO, BACK).calls

    assert call == unread_slate_call("studio-main", BACK)
    assert call.action == "SetCasterSceneConfig"
    assert dict(call.parameters) == {"CasterId": "studio-main", "SceneId": "scene-pgm", "ComponentId.1": "logo"}
    assert call.on_air


def test_there_is_always_something_to_do() -> None:
    for wish in (SlateWish(), SlateWish("ended", None, "layout-b", ("logo",))):
        plan = plan_slate(STUDIO, wish)
        assert plan.calls
        assert plan.before == plan.after == PROGRAM
        assert plan.before.notes != plan.after.notes


@pytest.mark.parametrize(
    ("studio", "wish", "code"),
    [
        (replace(STUDIO, has_slate=False), SlateWish(), "InvalidUrgentMaterial.NotFound"),
        (STUDIO, SlateWish(scene_id="scene-pvw"), "SceneIsPreview"),
        (STUDIO, SlateWish("ended", "scene-pvw", "layout-a"), "SceneIsPreview"),
        (STUDIO, SlateWish(scene_id="scene-x"), "InvalidScene.NotFound"),
    ],
)
def test_what_is_refused(studio: Studio, wish: SlateWish, code: str) -> None:
    with pytest.raises(LiveError) as caught:
        plan_slate(studio, wish)
    assert (caught.value.code, caught.value.outcome) == (code, "refused")
    assert caught.value.message.endswith("Nothing was written.")


def test_the_end_of_a_slate_needs_no_slate() -> None:
    assert plan_slate(replace(STUDIO, has_slate=None), BACK).calls


@pytest.mark.parametrize("name", ["UrgentMaterialId", "UrgentImageId", "UrgentImageUrl", "UrgentLiveStreamUrl"])
def test_what_counts_as_a_slate(name: str) -> None:
    assert read_has_slate({"CasterId": "studio-main", name: "card"})
    assert not read_has_slate({"CasterId": "studio-main", name: "", "AutoSwitchUrgentOn": "true"})
