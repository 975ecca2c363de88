# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be done, given a studio and a wish: every row of the modules' tables, then plans for random studios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.module_utils._studio.fingerprint import fingerprint
from ansible_collections.apsara.live.plugins.module_utils._studio.plan import (
    CopyWish,
    Expectation,
    Plan,
    check_buses,
    plan_copy,
    plan_stop,
)
from ansible_collections.apsara.live.plugins.module_utils._studio.studio import Scene, Studio
from hypothesis import given, settings
from hypothesis import strategies as st

PREVIEW = Scene("scene-pvw", "Preview", "pvw", "running", "layout-a", ("logo", "caption"))
PROGRAM = Scene("scene-pgm", "Program", "pgm", "running", "layout-b", ("logo",))
STUDIO = Studio("studio-main", (PROGRAM, PREVIEW))

LISTED = "The studio has scene-pgm 'Program' (program), scene-pvw 'Preview' (preview)."


def studio(*scenes: Scene) -> Studio:
    return Studio("studio-main", scenes)


def refusal_of_stop(where: Studio, scene_id: str | None = None) -> LiveError:
    with pytest.raises(LiveError) as caught:
        plan_stop(where, scene_id)
    return judged(caught.value)


def refusal_of_take(where: Studio, **wish: Any) -> LiveError:
    with pytest.raises(LiveError) as caught:
        plan_copy(where, CopyWish(**wish))
    return judged(caught.value)


def judged(error: LiveError) -> LiveError:
    assert error.outcome == "refused"
    assert error.message.endswith("Nothing was written.")
    assert error.hint
    return error


# --- stop ---


SAME_ID = [
    (PROGRAM, replace(PREVIEW, scene_id="scene-pgm")),
    (replace(PREVIEW, scene_id="scene-pgm"), PROGRAM),
    (PREVIEW, PROGRAM, replace(PREVIEW, output_type="pgm")),
    (PREVIEW, PREVIEW, PROGRAM),
    (PREVIEW, PROGRAM, PROGRAM),
]


@pytest.mark.parametrize("scenes", SAME_ID)
@pytest.mark.parametrize("named", [False, True])
def test_a_studio_with_two_scenes_of_one_id_is_left_alone(scenes: tuple[Scene, ...], named: bool) -> None:
    where = studio(*scenes)
    ids = {scene.output_type: scene.scene_id for scene in scenes}
    buses = {"from_scene_id": ids["pvw"], "to_scene_id": ids["pgm"]} if named else {}
    refusals = [refusal_of_stop(where, ids["pvw"] if named else None), refusal_of_take(where, **buses)]
    with pytest.raises(LiveError) as caught:
        check_buses(where, CopyWish(**buses))
    for error in (*refusals, judged(caught.value)):
        assert error.code == "AmbiguousScene"
        assert f"more than one scene has the id {where.repeated[0]}" in error.message
        assert error.hint == "Read the studio again. If it stays so, use the console, and report this to Alibaba Cloud."
        assert "The studio has scene-p" in error.message


def test_every_id_that_several_scenes_have_is_named() -> None:
    where = studio(PREVIEW, PREVIEW, PROGRAM, PROGRAM)

    assert "more than one scene has the id scene-pgm or scene-pvw, so" in refusal_of_stop(where, None).message


@pytest.mark.parametrize("scene_id", [None, "scene-pvw"])
def test_a_preview_that_is_on_is_stopped(scene_id: str | None) -> None:
    plan = plan_stop(STUDIO, scene_id)

    (call,) = plan.calls
    assert call.action == "StopCasterScene"
    assert dict(call.parameters) == {"CasterId": "studio-main", "SceneId": "scene-pvw"}
    assert plan.before == plan.source == PREVIEW
    assert plan.after == replace(PREVIEW, status="idle")
    assert plan.reason == "The preview scene scene-pvw 'Preview' was on; it is switched off."


@pytest.mark.parametrize("scene_id", [None, "scene-pvw"])
def test_a_preview_that_is_off_is_left_alone(scene_id: str | None) -> None:
    off = replace(PREVIEW, status="idle")

    plan = plan_stop(studio(off, PROGRAM), scene_id)

    assert plan.calls == ()
    assert plan.before == plan.after == off
    assert plan.reason == "The preview scene scene-pvw 'Preview' was off already."


@pytest.mark.parametrize("status", ["running", "idle"])
def test_a_program_is_never_stopped(status: str) -> None:
    error = refusal_of_stop(studio(PREVIEW, replace(PROGRAM, status=status)), "scene-pgm")

    assert error.code == "SceneIsProgram"
    assert error.message == (
        "Scene scene-pgm is the program scene. Only a preview scene can be stopped. "
        "The studio has scene-pvw 'Preview' (preview). Nothing was written."
    )


def test_stop_of_a_scene_that_is_not_in_the_studio() -> None:
    error = refusal_of_stop(STUDIO, "scene-x")

    assert error.code == "InvalidScene.NotFound"
    assert error.message == (f"Scene scene-x (scene_id) is not in studio studio-main. {LISTED} Nothing was written.")


def test_stop_without_an_id_where_there_are_several_previews() -> None:
    second = replace(PREVIEW, scene_id="scene-2", scene_name="", status="idle")

    error = refusal_of_stop(studio(PREVIEW, second, PROGRAM))

    assert error.code == "AmbiguousScene"
    assert error.message == (
        "Studio studio-main has 2 preview scenes: scene-pvw 'Preview', scene-2. Nothing was written."
    )
    assert error.hint == "Say which one with scene_id."
    assert plan_stop(studio(PREVIEW, second, PROGRAM), "scene-pvw").calls


@pytest.mark.parametrize("scenes", [(), (PROGRAM,)])
def test_stop_where_there_is_no_preview(scenes: tuple[Scene, ...]) -> None:
    error = refusal_of_stop(studio(*scenes))

    assert error.code == "InvalidScene.NotFound"
    listed = "scene-pgm 'Program' (program)" if scenes else "no such scene"
    assert error.message == f"Studio studio-main has no preview scene. The studio has {listed}. Nothing was written."


# --- take ---


@pytest.mark.parametrize(
    "ids",
    [
        {},
        {"from_scene_id": "scene-pvw"},
        {"to_scene_id": "scene-pgm"},
        {"from_scene_id": "scene-pvw", "to_scene_id": "scene-pgm"},
    ],
)
def test_a_preview_goes_on_air(ids: dict[str, str]) -> None:
    plan = plan_copy(STUDIO, CopyWish(**ids))  # type: ignore[arg-type]

    (call,) = plan.calls
    assert call.action == "CopyCasterSceneConfig"
    assert dict(call.parameters) == {
        "CasterId": "studio-main",
        "FromSceneId": "scene-pvw",
        "ToSceneId": "scene-pgm",
    }
    assert plan.source == PREVIEW
    assert plan.before == PROGRAM
    assert plan.after == replace(PROGRAM, layout_id="layout-a", component_ids=("logo", "caption"))
    assert plan.reason == "The preview goes on air: layout layout-a, components logo, caption."
    assert plan.warnings == ()


@pytest.mark.parametrize(
    "content",
    [{"component_ids": ("caption", "logo")}, {"component_ids": ()}, {"layout_id": None}, {"layout_id": "layout-c"}],
)
def test_another_layout_other_components_or_another_order_is_a_change(content: dict[str, Any]) -> None:
    shown = replace(PROGRAM, layout_id="layout-a", component_ids=("logo", "caption"))

    assert plan_copy(studio(PREVIEW, shown), CopyWish()).calls == ()
    assert plan_copy(studio(PREVIEW, replace(shown, **content)), CopyWish()).calls


def test_a_program_that_shows_it_already_is_left_alone() -> None:
    shown = replace(PROGRAM, layout_id="layout-a", component_ids=("logo", "caption"))

    plan = plan_copy(studio(PREVIEW, shown), CopyWish())

    assert plan.calls == ()
    assert plan.source == PREVIEW
    assert plan.before == plan.after == shown
    assert plan.reason == "The program shows this already: layout layout-a, components logo, caption."


def test_force_takes_even_what_is_shown_already() -> None:
    shown = replace(PROGRAM, layout_id="layout-a", component_ids=("logo", "caption"))

    plan = plan_copy(studio(PREVIEW, shown), CopyWish(force=True))

    assert len(plan.calls) == 1
    assert plan.after == shown
    assert "force asks for the copy all the same" in plan.reason


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (
            "scene-pgm",
            "scene-pvw",
            "from_scene_id scene-pgm is the program and to_scene_id scene-pvw is the preview: the ids are swapped",
        ),
        (
            "scene-pvw",
            "scene-pvw",
            "from_scene_id and to_scene_id name the same scene, scene-pvw 'Preview' (preview)",
        ),
        (
            "scene-pgm",
            "scene-pgm",
            "from_scene_id and to_scene_id name the same scene, scene-pgm 'Program' (program)",
        ),
        ("scene-pgm", "scene-pgm2", "from_scene_id scene-pgm is a program scene, not a preview scene"),
        ("scene-pvw", "scene-pvw2", "to_scene_id scene-pvw2 is a preview scene, not a program scene"),
    ],
)
@pytest.mark.parametrize("loose", [False, True])
def test_a_take_on_the_wrong_bus(source: str, target: str, words: str, loose: bool) -> None:
    where = studio(PREVIEW, PROGRAM, replace(PREVIEW, scene_id="scene-pvw2"), replace(PROGRAM, scene_id="scene-pgm2"))

    error = refusal_of_take(where, from_scene_id=source, to_scene_id=target, force=loose, allow_empty=loose)

    assert error.code == "WrongBus"
    assert error.message.startswith(f"A take goes from preview to program, but {words}. The studio has scene-pvw ")
    assert error.option == ("to_scene_id" if words.startswith("to_scene_id") else "from_scene_id")
    assert "Give the preview scene as from_scene_id" in str(error.hint)


@pytest.mark.parametrize("option", ["from_scene_id", "to_scene_id"])
def test_a_take_with_a_scene_that_is_not_in_the_studio(option: str) -> None:
    error = refusal_of_take(STUDIO, **{option: "scene-x"})

    assert error.code == "InvalidScene.NotFound"
    assert error.message == (f"Scene scene-x ({option}) is not in studio studio-main. {LISTED} Nothing was written.")
    assert error.option == option
    assert error.hint == f"Give one of the scene ids that exist, or leave {option} out."


@pytest.mark.parametrize(
    ("second", "option", "bus"), [(PREVIEW, "from_scene_id", "preview"), (PROGRAM, "to_scene_id", "program")]
)
def test_a_take_without_an_id_where_there_are_several(second: Scene, option: str, bus: str) -> None:
    where = studio(PREVIEW, PROGRAM, replace(second, scene_id="scene-2"))

    error = refusal_of_take(where)

    assert error.code == "AmbiguousScene"
    assert f"has 2 {bus} scenes: {second.scene_id} " in error.message
    assert "scene-2" in error.message
    assert error.option == option
    assert error.hint == f"Say which one with {option}."


@pytest.mark.parametrize(("left", "bus"), [(PREVIEW, "program"), (PROGRAM, "preview")])
def test_a_take_where_a_bus_is_missing(left: Scene, bus: str) -> None:
    error = refusal_of_take(studio(left))

    assert error.code == "InvalidScene.NotFound"
    assert f"Studio studio-main has no {bus} scene." in error.message


def test_an_empty_preview_is_not_put_on_air() -> None:
    empty = replace(PREVIEW, layout_id=None, component_ids=())

    error = refusal_of_take(studio(empty, PROGRAM), force=True)

    assert error.code == "EmptySource"
    assert "has neither a layout nor components" in error.message
    assert "allow_empty" in str(error.hint)


def test_an_empty_preview_is_put_on_air_when_that_is_what_is_wanted() -> None:
    empty = replace(PREVIEW, layout_id=None, component_ids=())

    plan = plan_copy(studio(empty, PROGRAM), CopyWish(allow_empty=True))

    assert len(plan.calls) == 1
    assert plan.after.empty
    assert plan.reason == "The preview goes on air: no layout, no components."


@pytest.mark.parametrize("content", [{"layout_id": None}, {"component_ids": ()}])
def test_a_preview_with_one_of_the_two_is_not_empty(content: dict[str, Any]) -> None:
    assert plan_copy(studio(replace(PREVIEW, **content), PROGRAM), CopyWish()).calls


@pytest.mark.parametrize(
    ("off", "words"),
    [
        ({"scene-pvw"}, ["The preview scene scene-pvw 'Preview' is off. The service may refuse the take."]),
        ({"scene-pgm"}, ["The program scene scene-pgm 'Program' is off. The service may refuse the take."]),
        ({"scene-pvw", "scene-pgm"}, ["The preview scene", "The program scene"]),
    ],
)
def test_a_scene_that_is_off_is_warned_of_and_not_refused(off: set[str], words: list[str]) -> None:
    scenes = [replace(scene, status="idle") if scene.scene_id in off else scene for scene in (PREVIEW, PROGRAM)]

    plan = plan_copy(studio(*scenes), CopyWish())

    assert len(plan.calls) == 1
    assert len(plan.warnings) == len(words)
    assert all(warning.startswith(start) for warning, start in zip(plan.warnings, words))
    assert plan.after.status == plan.before.status


# --- expectation ---


@pytest.mark.parametrize(
    "expectation",
    [
        Expectation(),
        Expectation(layout_id="layout-b"),
        Expectation(component_ids=("logo",)),
        Expectation(empty=False),
        Expectation("layout-b", ("logo",), False),
    ],
)
def test_an_expectation_that_is_met(expectation: Expectation) -> None:
    assert plan_copy(STUDIO, CopyWish(expectation=expectation)).calls


@pytest.mark.parametrize(
    ("expectation", "words"),
    [
        (Expectation(layout_id="layout-a"), "layout layout-a was expected"),
        (Expectation(component_ids=("caption",)), "components caption were expected"),
        (Expectation(component_ids=("logo", "caption")), "components logo, caption were expected"),
        (Expectation(component_ids=()), "no components were expected"),
        (Expectation(empty=True), "an empty program was expected"),
        (
            Expectation("layout-a", ("caption",)),
            "layout layout-a was expected; components caption were expected",
        ),
    ],
)
def test_an_expectation_that_is_not_met(expectation: Expectation, words: str) -> None:
    error = refusal_of_take(STUDIO, expectation=expectation, force=True)

    assert error.code == "ExpectationNotMet"
    assert error.message == (
        f"The program does not show what was expected: {words}. "
        "It shows layout layout-b, components logo. Nothing was written."
    )


def test_an_empty_program_can_be_expected() -> None:
    empty = studio(PREVIEW, replace(PROGRAM, layout_id=None, component_ids=()))

    assert plan_copy(empty, CopyWish(expectation=Expectation(empty=True))).calls
    error = refusal_of_take(empty, expectation=Expectation(empty=False))
    assert "was expected: a program that is not empty was expected. It shows no layout, no comp" in error.message


# --- what is expected of the preview ---

KNOWN = replace(PREVIEW, content_hash="0a1b2c3d4e5f")
PRINT = f"{fingerprint(PREVIEW)}"
CONTENT = f"{fingerprint(KNOWN, content=True)}"


@pytest.mark.parametrize(
    "expectation",
    [
        Expectation(),
        Expectation(layout_id="layout-a"),
        Expectation(component_ids=("logo", "caption")),
        Expectation(empty=False),
        Expectation(fingerprint=PRINT),
        Expectation(fingerprint=CONTENT),
        Expectation("layout-a", ("logo", "caption"), False, CONTENT),
    ],
)
def test_a_preview_that_is_as_expected_is_taken(expectation: Expectation) -> None:
    assert plan_copy(studio(KNOWN, PROGRAM), CopyWish(preview_expectation=expectation)).calls


@pytest.mark.parametrize(
    ("expectation", "words"),
    [
        (Expectation(layout_id="layout-b"), "layout layout-b was expected"),
        (Expectation(component_ids=()), "no components were expected"),
        (Expectation(empty=True), "an empty preview was expected"),
        (Expectation(fingerprint="ids-000000000000"), "the fingerprint ids-000000000000 was expected"),
        (
            Expectation("layout-b", fingerprint="ids-000000000000"),
            "layout layout-b was expected; the fingerprint ids-000000000000 was expected",
        ),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_a_preview_that_is_not_as_expected_is_refused(expectation: Expectation, words: str, force: bool) -> None:
    error = refusal_of_take(STUDIO, preview_expectation=expectation, force=force)

    assert error.code == "PreviewChanged"
    assert error.message == (
        f"The preview is not what was expected: {words}. It shows layout layout-a, components logo, caption, "
        f"with the fingerprint {PRINT}. Nothing was written."
    )
    assert error.hint == (
        "Somebody may have changed the preview. Look at it again. If it is right as it is now, expect that and repeat."
    )


def test_an_edit_that_keeps_the_ids_is_named_as_one() -> None:
    edited = replace(PREVIEW, content_hash="ffffffffffff")
    error = refusal_of_take(studio(edited, PROGRAM), preview_expectation=Expectation(fingerprint=CONTENT))

    assert error.code == "PreviewChanged"
    assert f"with the fingerprint {fingerprint(edited, content=True)}: the ids are the same, but" in error.message

    other = replace(KNOWN, layout_id="layout-c")
    error = refusal_of_take(studio(other, PROGRAM), preview_expectation=Expectation(fingerprint=CONTENT))
    assert f"with the fingerprint {fingerprint(other, content=True)}. Nothing" in error.message


def test_content_that_is_not_listed_is_not_what_was_reviewed() -> None:
    error = refusal_of_take(STUDIO, preview_expectation=Expectation(fingerprint=CONTENT))

    assert error.code == "PreviewChanged"
    assert "with content that the service does not list" in error.message
    # That the content was not read tells nothing about the layout id.
    error = refusal_of_take(STUDIO, preview_expectation=Expectation("layout-b", fingerprint=PRINT))
    assert f"with the fingerprint {PRINT}. Nothing" in error.message


def test_the_content_is_read_where_the_fingerprint_covers_it() -> None:
    assert CopyWish(preview_expectation=Expectation(fingerprint=CONTENT)).needs_content
    assert not CopyWish(preview_expectation=Expectation(fingerprint=PRINT)).needs_content
    assert not CopyWish(preview_expectation=Expectation("layout-a")).needs_content
    assert not CopyWish().needs_content


def test_the_bus_comes_before_what_is_expected_of_the_preview() -> None:
    swapped = {"from_scene_id": "scene-pgm", "to_scene_id": "scene-pvw"}

    assert refusal_of_take(STUDIO, **swapped, preview_expectation=WRONG).code == "WrongBus"


def test_what_is_expected_of_the_preview_comes_before_emptiness_and_already_so() -> None:
    same = replace(PREVIEW, scene_id="scene-pgm", output_type="pgm")

    assert refusal_of_take(studio(EMPTY_PREVIEW, PROGRAM), preview_expectation=WRONG).code == "PreviewChanged"
    assert refusal_of_take(studio(PREVIEW, same), preview_expectation=WRONG).code == "PreviewChanged"


PROGRAM_2 = replace(PROGRAM, scene_id="scene-pgm2", layout_id="layout-c")


def test_the_program_that_is_taken_to_must_be_as_expected() -> None:
    """Not another one of the studio."""
    where = studio(PREVIEW, PROGRAM, PROGRAM_2)
    wish = CopyWish(to_scene_id="scene-pgm2", expectation=Expectation(layout_id="layout-c"))

    assert plan_copy(where, wish).before == PROGRAM_2
    error = refusal_of_take(where, to_scene_id="scene-pgm2", expectation=Expectation(layout_id="layout-b"))
    assert error.code == "ExpectationNotMet"


def test_a_take_to_the_preview_is_judged_by_what_is_on_air() -> None:
    swapped = {"from_scene_id": "scene-pgm", "to_scene_id": "scene-pvw"}

    assert refusal_of_take(STUDIO, **swapped, expectation=Expectation(layout_id="layout-b")).code == "WrongBus"
    assert refusal_of_take(STUDIO, **swapped, expectation=Expectation(layout_id="layout-a")).code == "ExpectationNotMet"


@pytest.mark.parametrize(
    ("refuse", "hint"),
    [
        (
            lambda: refusal_of_stop(STUDIO, "scene-pgm"),
            "Give the preview scene's id, or leave scene_id out.",
        ),
        (
            lambda: refusal_of_take(studio(EMPTY_PREVIEW, PROGRAM)),
            "Prepare the preview first. If an empty program is what you want, set allow_empty to true.",
        ),
        (
            lambda: refusal_of_take(STUDIO, expectation=WRONG),
            "Somebody may have taken first. Look at the program, then decide whether this take is still right.",
        ),
        (
            lambda: refusal_of_take(STUDIO, from_scene_id="scene-pgm", to_scene_id="scene-pvw"),
            "Give the preview scene as from_scene_id and the program scene as to_scene_id, or leave both out.",
        ),
        (
            lambda: refusal_of_stop(studio()),
            "Scenes appear when a studio is started for the first time. Start it, then run this again.",
        ),
    ],
)
def test_a_refusal_says_what_to_do(refuse: Callable[[], LiveError], hint: str) -> None:
    assert refuse().hint == hint


@pytest.mark.parametrize(
    ("refuse", "option"),
    [
        (lambda: refusal_of_stop(STUDIO, "scene-pgm"), "scene_id"),
        (lambda: refusal_of_take(studio(EMPTY_PREVIEW, PROGRAM)), "allow_empty"),
        (lambda: refusal_of_take(STUDIO, expectation=WRONG), "expect"),
        (lambda: refusal_of_take(STUDIO, preview_expectation=WRONG), "expect_preview"),
        (lambda: refusal_of_stop(studio()), None),
    ],
)
def test_a_refusal_names_the_option_that_it_is_about(refuse: Callable[[], LiveError], option: str | None) -> None:
    assert refuse().option == option


# --- order of judgement ---

WRONG = Expectation(layout_id="layout-x")
EMPTY_PREVIEW = replace(PREVIEW, layout_id=None, component_ids=())


def test_a_scene_that_does_not_exist_comes_before_the_expectation() -> None:
    assert refusal_of_take(STUDIO, to_scene_id="x", expectation=WRONG).code == "InvalidScene.NotFound"


def test_the_expectation_comes_before_the_bus() -> None:
    swapped = {"from_scene_id": "scene-pgm", "to_scene_id": "scene-pvw"}

    assert refusal_of_take(STUDIO, **swapped, expectation=WRONG).code == "ExpectationNotMet"
    assert refusal_of_take(STUDIO, **swapped).code == "WrongBus"


def test_the_expectation_comes_before_emptiness() -> None:
    assert refusal_of_take(studio(EMPTY_PREVIEW, PROGRAM), expectation=WRONG).code == "ExpectationNotMet"


def test_the_bus_comes_before_emptiness() -> None:
    where = studio(EMPTY_PREVIEW, PROGRAM)

    assert refusal_of_take(where, to_scene_id="scene-pvw").code == "WrongBus"


def test_emptiness_comes_before_already_so() -> None:
    where = studio(EMPTY_PREVIEW, replace(PROGRAM, layout_id=None, component_ids=()))

    assert refusal_of_take(where).code == "EmptySource"
    assert plan_copy(where, CopyWish(allow_empty=True)).calls == ()


def test_the_expectation_comes_before_already_so() -> None:
    where = studio(PREVIEW, replace(PREVIEW, scene_id="scene-pgm", output_type="pgm"))

    assert refusal_of_take(where, expectation=WRONG).code == "ExpectationNotMet"


def test_what_no_later_moment_can_make_right_is_refused_early() -> None:
    check_buses(studio(EMPTY_PREVIEW, PROGRAM), CopyWish(expectation=WRONG))
    with pytest.raises(LiveError, match="swapped"):
        check_buses(STUDIO, CopyWish(from_scene_id="scene-pgm", to_scene_id="scene-pvw"))
    with pytest.raises(LiveError, match="is not in studio"):
        check_buses(STUDIO, CopyWish(from_scene_id="scene-x"))


# --- random studios ---

LAYOUTS = st.sampled_from([None, "layout-a", "layout-b"])
COMPONENTS = st.lists(st.sampled_from(["logo", "caption", "clock"]), max_size=3).map(tuple)
STATES = st.sampled_from(["idle", "running"])
IDS = ["s1", "s2", "s3", "s4"]
ASKED = st.sampled_from([None, None, None, *IDS, "s9"])


@st.composite
def studios(draw: st.DrawFn) -> Studio:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=4))
    # Most studios have one scene of each type; the others must not surprise a plan.
    types = draw(
        st.permutations(["pvw", "pgm", draw(st.sampled_from(["pvw", "pgm"])), draw(st.sampled_from(["pvw", "pgm"]))])
    )
    return Studio(
        "studio-main",
        tuple(
            Scene(scene_id, draw(st.sampled_from(["", "Stage"])), bus, draw(STATES), draw(LAYOUTS), draw(COMPONENTS))
            for scene_id, bus in zip(ids, types)
        ),
    )


EXPECTATIONS = st.none() | st.builds(
    Expectation,
    layout_id=LAYOUTS,
    component_ids=st.none() | COMPONENTS,
    empty=st.sampled_from([None, None, True, False]),
    fingerprint=st.sampled_from([None, None, *(fingerprint(scene) for scene in (PREVIEW, PROGRAM))]),
)
WISHES = st.builds(
    CopyWish,
    from_scene_id=ASKED,
    to_scene_id=ASKED,
    force=st.booleans(),
    allow_empty=st.booleans(),
    expectation=EXPECTATIONS,
    preview_expectation=EXPECTATIONS,
)


def carry_out(plan: Plan, where: Studio) -> Studio:
    return Studio(
        where.caster_id,
        tuple(plan.after if scene.scene_id == plan.before.scene_id else scene for scene in where.scenes),
    )


def documented_refusal(call: Any, where: Studio) -> str | None:
    """Why the service would refuse a call, as far as its pages say."""
    parameters = dict(call.parameters)
    if parameters.pop("CasterId") != where.caster_id:
        return "another studio"
    scenes = {name: where.find(scene_id) for name, scene_id in parameters.items()}
    if None in scenes.values():
        return "a scene that is not in the studio"
    buses = {name: scene.output_type for name, scene in scenes.items() if scene}
    wanted = {
        "StopCasterScene": {"SceneId": "pvw"},
        "CopyCasterSceneConfig": {"FromSceneId": "pvw", "ToSceneId": "pgm"},
    }[call.action]
    if buses != wanted:
        return "a scene on the wrong bus"
    if call.action == "StopCasterScene" and not all(scene.running for scene in scenes.values() if scene):
        return "a scene that is off"
    return None


def judge_plan(plan: Plan, where: Studio) -> None:
    assert [documented_refusal(call, where) for call in plan.calls] == [None] * len(plan.calls)
    assert len(plan.calls) <= 1
    assert plan.before in where.scenes
    assert plan.source in where.scenes
    assert plan.reason
    # Nothing but the scene's own state or content changes.
    assert replace(plan.after, status="", layout_id=None, component_ids=()) == replace(
        plan.before, status="", layout_id=None, component_ids=()
    )
    if not plan.calls:
        assert plan.after == plan.before


def judge_refusal(error: LiveError, where: Studio) -> None:
    judged(error)
    if error.code in ("InvalidScene.NotFound", "WrongBus") and where.scenes:
        assert all(scene.scene_id in error.message for scene in where.scenes)
    bus = {"SceneIsProgram": "pvw"}.get(error.code)
    if bus is not None:
        assert all(scene.scene_id in error.message for scene in where.of_type(bus))


@settings(max_examples=200)
@given(studios(), ASKED)
def test_a_stop_that_was_carried_out_leaves_nothing_to_do(where: Studio, scene_id: str | None) -> None:
    try:
        plan = plan_stop(where, scene_id)
    except LiveError as error:
        judge_refusal(error, where)
        return
    judge_plan(plan, where)
    assert plan.after.status == "idle"

    again = plan_stop(carry_out(plan, where), scene_id)

    assert again.calls == ()
    assert again.before == plan.after


@settings(max_examples=200)
@given(studios(), WISHES)
def test_a_take_that_was_carried_out_leaves_nothing_to_do(where: Studio, wish: CopyWish) -> None:
    try:
        plan = plan_copy(where, wish)
    except LiveError as error:
        judge_refusal(error, where)
        return
    judge_plan(plan, where)
    assert plan.after.content == plan.source.content
    assert wish.allow_empty or not plan.after.empty
    if wish.expectation is not None:
        assert wish.expectation.unmet_by(plan.before) == []
    if wish.preview_expectation is not None:
        assert wish.preview_expectation.unmet_by(plan.source) == []

    # An expectation is about what was there before, and force asks for a take in any case.
    again = plan_copy(carry_out(plan, where), wish._replace(expectation=None, force=False))

    assert again.calls == ()
    assert again.before == plan.after


@settings(max_examples=200)
@given(studios(), WISHES)
def test_a_take_is_judged_in_order(where: Studio, wish: CopyWish) -> None:
    try:
        plan_copy(where, wish)
    except LiveError as error:
        code: str | None = error.code
    else:
        code = None
    source = where.find(wish.from_scene_id) if wish.from_scene_id else only(where, "pvw")
    target = where.find(wish.to_scene_id) if wish.to_scene_id else only(where, "pgm")
    if source is None or target is None:
        assert code in ("InvalidScene.NotFound", "AmbiguousScene")
        return
    program = target if target.output_type == "pgm" else next(iter(where.of_type("pgm")), None)
    if wish.expectation and program and wish.expectation.unmet_by(program):
        assert code == "ExpectationNotMet"
    elif (source.output_type, target.output_type) != ("pvw", "pgm"):
        assert code == "WrongBus"
    elif wish.preview_expectation and wish.preview_expectation.unmet_by(source):
        assert code == "PreviewChanged"
    elif source.empty and not wish.allow_empty:
        assert code == "EmptySource"
    else:
        assert code is None


def only(where: Studio, bus: str) -> Scene | None:
    scenes = where.of_type(bus)
    return scenes[0] if len(scenes) == 1 else None
