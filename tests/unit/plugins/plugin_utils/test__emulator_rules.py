# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of the studio: every rule, under every variant that touches it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import RULES, VARIANTS, rules
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.operations import SIMULATED
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.refusal import Refusal
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.store import Store
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.studios import (
    DEFAULT_FILE,
    Studio,
    load,
    patch,
    read_file,
)
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.variants import Variants
from ansible_collections.apsara.live.tests.support.studios import BOTH, CASTER, PGM, PVW, STOP, document

NOW = 1_800_000_000.0
EMPTY: dict[str, Any] = {"layout_id": None, "component_ids": []}
OFF = {"status": "idle"}


def studio(**bend: Any) -> Studio:
    return load(document(**bend), NOW).studios[0]


def do(action: str, before: Studio, parameters: dict[str, str], **variants: str) -> tuple[Studio, dict[str, Any]]:
    return rules.carry_out(action, rules.Turn(before, parameters, Variants(variants), NOW + 1))


def refused(action: str, before: Studio, parameters: dict[str, str], **variants: str) -> str:
    """The code of the refusal, which must be one that the operation's page lists."""
    with pytest.raises(Refusal) as caught:
        do(action, before, parameters, **variants)
    assert caught.value.code in SIMULATED[action].errors
    return caught.value.code


def scene(of: Studio, scene_id: str) -> Any:
    found = of.scene(scene_id)
    assert found is not None
    return found


def test_every_rule_has_a_ground_and_every_code_is_the_apis() -> None:
    listed = {code for operation in SIMULATED.values() for code in operation.errors}
    for name, rule in RULES.items():
        assert rule.tag in ("documented", "inferred", "unknown"), name
        for code in filter(None, [rule.code, *rule.codes.values()]):
            assert code in listed, name
        if rule.variant:
            assert tuple(rule.codes) == VARIANTS[rule.variant], name


def test_every_operation_is_served() -> None:
    assert set(OPERATIONS) == rules.SERVED


# Stopping a scene


def test_a_stop_switches_the_preview_off_and_nothing_else() -> None:
    before = studio()
    after, body = do("StopCasterScene", before, STOP)
    assert body == {}
    assert not scene(after, PVW).running
    assert scene(after, PGM) == scene(before, PGM)
    assert after.streaming
    assert scene(after, PVW).layout_id == "layout-next"


@pytest.mark.parametrize(
    ("variant", "code"), [("idle_code", "IncorrectSceneStatus.Idle"), ("bare_code", "IncorrectSceneStatus")]
)
def test_a_stop_of_a_scene_that_is_off(variant: str, code: str) -> None:
    assert refused("StopCasterScene", studio(pvw=OFF), STOP, idle_stop=variant) == code


@pytest.mark.parametrize(
    ("variant", "code"), [("scene_status", "IncorrectSceneStatus"), ("scene_id_malformed", "InvalidSceneId.Malformed")]
)
def test_a_stop_of_the_programme(variant: str, code: str) -> None:
    for before in (studio(), studio(pgm=OFF)):
        assert refused("StopCasterScene", before, {**STOP, "SceneId": PGM}, pgm_stop=variant) == code


# Taking


@pytest.mark.parametrize("copy_audio", VARIANTS["copy_audio"])
def test_a_take_replaces_what_is_on_air(copy_audio: str) -> None:
    before = studio(pgm={"component_ids": ["clock"], "standby": True})
    after, body = do("CopyCasterSceneConfig", before, BOTH, copy_audio=copy_audio)
    on_air = scene(after, PGM)
    assert body == {}
    assert (on_air.layout_id, on_air.component_ids) == ("layout-next", ("logo", "lower-third"))
    assert not on_air.standby
    assert on_air.running
    assert on_air.audio == scene(before, PVW if copy_audio == "with" else PGM).audio
    assert scene(after, PVW) == scene(before, PVW)
    assert after.modified > before.modified


def test_a_take_of_an_empty_preview_empties_the_programme() -> None:
    on_air = scene(do("CopyCasterSceneConfig", studio(pvw=EMPTY), BOTH)[0], PGM)
    assert (on_air.layout_id, on_air.component_ids) == (None, ())


@pytest.mark.parametrize("bend", [{"pvw": OFF}, {"pgm": OFF}, {"pvw": OFF, "pgm": OFF, "status": "idle"}])
@pytest.mark.parametrize(
    ("variant", "code"), [("idle_code", "IncorrectSceneStatus.Idle"), ("bare_code", "IncorrectSceneStatus")]
)
def test_a_take_with_a_scene_off(bend: dict[str, Any], variant: str, code: str) -> None:
    assert refused("CopyCasterSceneConfig", studio(**bend), BOTH, copy_idle=variant) == code


@pytest.mark.parametrize(("source", "target"), [(PGM, PVW), (PVW, PVW), (PGM, PGM)])
def test_a_take_in_any_other_direction(source: str, target: str) -> None:
    wrong = {"CasterId": CASTER, "FromSceneId": source, "ToSceneId": target}
    assert refused("CopyCasterSceneConfig", studio(), wrong) == "IncorrectSceneStatus"


@pytest.mark.parametrize(
    ("action", "parameter"),
    [
        ("CopyCasterSceneConfig", "FromSceneId"),
        ("CopyCasterSceneConfig", "ToSceneId"),
        ("StopCasterScene", "SceneId"),
        ("StartCasterScene", "SceneId"),
        ("DescribeCasterSceneAudio", "SceneId"),
        ("SetCasterSceneConfig", "SceneId"),
        ("UpdateCasterSceneConfig", "SceneId"),
        ("EffectCasterUrgent", "SceneId"),
    ],
)
def test_an_unknown_scene(action: str, parameter: str) -> None:
    parameters = {**BOTH, "SceneId": PVW, "LayoutId": "layout-next", parameter: "nowhere"}
    assert refused(action, studio(), parameters) == "InvalidScene.NotFound"


# Studio


def test_a_studio_stops_and_starts_again() -> None:
    stopped, _unused = do("StopCaster", studio(), {"CasterId": CASTER})
    assert not stopped.streaming
    assert not any(each.running for each in stopped.scenes)
    assert stopped.started is None
    assert refused("StopCaster", stopped, {"CasterId": CASTER}) == "IncorrectSceneStatus"
    started, body = do("StartCaster", stopped, {"CasterId": CASTER})
    assert started.streaming
    assert all(each.running for each in started.scenes)
    assert [each["SceneId"] for each in body["PvwSceneInfos"]["SceneInfo"]] == [PVW]
    assert [each["SceneId"] for each in body["PgmSceneInfos"]["SceneInfo"]] == [PGM]
    assert refused("StartCaster", started, {"CasterId": CASTER}) == "IncorrectCasterStatus.Inuse"


def test_a_first_start_creates_the_scenes() -> None:
    started, _unused = do("StartCaster", studio(scenes=[], status="idle"), {"CasterId": CASTER})
    assert sorted(each.output_type for each in started.scenes) == ["pgm", "pvw"]


@pytest.mark.parametrize(
    ("bend", "code"),
    [({"domain": None}, "InvalidDomainName.NotFound"), ({"template": None}, "InvalidCasterTemplate.NotFound")],
)
def test_a_start_needs_a_domain_and_a_template(bend: dict[str, Any], code: str) -> None:
    assert refused("StartCaster", studio(status="idle", **bend), {"CasterId": CASTER}) == code


def test_a_preview_starts() -> None:
    after, body = do("StartCasterScene", studio(pvw=OFF), STOP)
    assert scene(after, PVW).running
    assert body["StreamUrl"].startswith("rtmp://live.example.com/")


@pytest.mark.parametrize(
    ("bend", "scene_id", "code"),
    [
        ({}, PVW, "IncorrectSceneStatus.Inuse"),
        ({"pgm": OFF}, PGM, "IncorrectSceneStatus"),
        ({"pvw": OFF, "status": "idle"}, PVW, "IncorrectCasterStatus.Idle"),
        ({"pvw": OFF, "template": None}, PVW, "InvalidCasterTemplate.NotFound"),
        ({"pvw": {**OFF, **EMPTY}}, PVW, "InvalidLayout.NotFound"),
    ],
)
def test_a_scene_that_cannot_start(bend: dict[str, Any], scene_id: str, code: str) -> None:
    assert refused("StartCasterScene", studio(**bend), {**STOP, "SceneId": scene_id}) == code


# Configuring


def test_set_replaces_and_update_adds() -> None:
    wish = {**STOP, "LayoutId": "layout-spare", "ComponentId.2": "logo", "ComponentId.1": "clock"}
    replaced = scene(do("SetCasterSceneConfig", studio(), wish)[0], PVW)
    assert (replaced.layout_id, replaced.component_ids) == ("layout-spare", ("clock", "logo"))
    added = scene(do("UpdateCasterSceneConfig", studio(), wish)[0], PVW)
    assert (added.layout_id, added.component_ids) == ("layout-spare", ("logo", "lower-third", "clock"))
    cleared = scene(do("SetCasterSceneConfig", studio(), STOP)[0], PVW)
    assert (cleared.layout_id, cleared.component_ids) == (None, ())


@pytest.mark.parametrize("action", ["SetCasterSceneConfig", "UpdateCasterSceneConfig"])
@pytest.mark.parametrize(
    ("bend", "wish", "code"),
    [
        ({"pvw": OFF}, {}, "IncorrectSceneStatus"),
        ({}, {"LayoutId": "nowhere"}, "InvalidLayout.NotFound"),
        ({}, {"ComponentId.1": "nowhere"}, "InvalidComponent.NotFound"),
        ({}, {f"ComponentId.{n}": "logo" for n in range(1, 12)}, "ComponentNumberExceed"),
    ],
)
def test_a_configuration_that_is_refused(action: str, bend: dict[str, Any], wish: dict[str, str], code: str) -> None:
    assert refused(action, studio(**bend), {**STOP, "LayoutId": "layout-next", **wish}) == code


def test_standby_and_back() -> None:
    pgm = {"CasterId": CASTER, "SceneId": PGM}
    standby, _unused = do("EffectCasterUrgent", studio(), pgm)
    assert scene(standby, PGM).standby
    back, _unused = do("SetCasterSceneConfig", standby, {**pgm, "LayoutId": ""})
    assert scene(back, PGM) == scene(studio(), PGM)
    assert refused("EffectCasterUrgent", studio(urgent=None), pgm) == "InvalidUrgentMaterial.NotFound"
    assert refused("EffectCasterUrgent", studio(pgm=OFF), pgm) == "IncorrectSceneStatus.Idle"
    assert refused("EffectCasterUrgent", studio(), STOP) == "IncorrectSceneStatus"


# Reading


def listed_scenes(before: Studio, **variants: str) -> list[dict[str, Any]]:
    body = do("DescribeCasterScenes", before, {"CasterId": CASTER}, **variants)[1]
    assert body["Total"] == len(body["SceneList"]["Scene"])
    return list(body["SceneList"]["Scene"])


def test_scenes_in_the_shape_of_the_api() -> None:
    pvw, pgm = listed_scenes(studio(pvw=OFF))
    assert (pvw["OutputType"], pvw["Status"], pvw["LayoutId"]) == ("0", 0, "layout-next")
    assert (pgm["OutputType"], pgm["Status"]) == ("1", 1)
    assert pvw["ComponentIds"] == {"componentId": ["logo", "lower-third"]}


def test_nothing_on_a_scene_is_written_in_three_ways() -> None:
    before = studio(pvw=EMPTY)
    missing = listed_scenes(before, empty_layout="missing")[0]
    assert not {"LayoutId", "ComponentIds"} & set(missing)
    empty = listed_scenes(before, empty_layout="empty")[0]
    assert (empty["LayoutId"], empty["ComponentIds"]) == ("", {"componentId": []})
    null = listed_scenes(before, empty_layout="null")[0]
    assert (null["LayoutId"], null["ComponentIds"]) == (None, {"componentId": None})


def test_filters_that_find_nothing_are_no_error() -> None:
    for action, name, key in (
        ("DescribeCasterScenes", "SceneId", "SceneList"),
        ("DescribeCasterLayouts", "LayoutId", "Layouts"),
        ("DescribeCasterComponents", "ComponentId", "Components"),
    ):
        body = do(action, studio(), {"CasterId": CASTER, name: "nowhere"})[1]
        assert body["Total"] == 0
        assert list(body[key].values()) == [[]]


def test_scenes_need_a_domain() -> None:
    assert refused("DescribeCasterScenes", studio(domain=None), {"CasterId": CASTER}) == "InvalidDomainName.NotFound"


def test_audio_and_configuration() -> None:
    audio = do("DescribeCasterSceneAudio", studio(), STOP)[1]
    assert audio["FollowEnable"] == 0
    assert audio["MixList"] == {"LocationId": ["RV01"]}
    assert audio["AudioLayers"]["AudioLayer"][0]["VolumeRate"] == 0.4
    config = do("DescribeCasterConfig", studio(), {"CasterId": CASTER})[1]
    assert (config["DomainName"], config["UrgentMaterialId"]) == ("live.example.com", "card")


FILTERS = [
    ({}, "cba"),
    ({"OrderByModifyAsc": "true"}, "abc"),
    ({"CasterId": "b"}, "b"),
    ({"CasterId": "nowhere"}, ""),
    ({"CasterName": "stage"}, "ba"),
    ({"Status": "0"}, "b"),
    ({"NormType": "6"}, "c"),
    ({"PageSize": "2"}, "cb"),
    ({"PageSize": "2", "PageNum": "2"}, "a"),
    ({"PageSize": "2", "PageNum": "3"}, ""),
    ({"Tag.1.Key": "room", "Tag.1.Value": "1"}, "a"),
    ({"StartTime": "2030-01-01T00:00:00Z"}, ""),
]


@pytest.mark.parametrize(("parameters", "found"), FILTERS)
def test_studios_are_filtered_ordered_and_paged(parameters: dict[str, str], found: str) -> None:
    a, b, c = (
        studio(caster_id="a", caster_name="Main stage", modified=1.0, tags={"room": "1"}),
        studio(caster_id="b", caster_name="Second stage", modified=2.0, status="idle"),
        studio(caster_id="c", caster_name="Foyer", modified=3.0, norm_type=6),
    )
    body = rules.describe_casters([a, b, c], parameters, NOW)
    assert "".join(each["CasterId"] for each in body["CasterList"]["Caster"]) == found
    assert body["Total"] == (3 if "PageSize" in parameters else len(found))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PageSize", "0"),
        ("PageSize", "101"),
        ("PageNum", "x"),
        ("Status", "2"),
        ("StartTime", "yesterday"),
        ("EndTime", "2026-01-01"),
    ],
)
def test_bad_filters(name: str, value: str) -> None:
    with pytest.raises(Refusal) as caught:
        rules.describe_casters([studio()], {name: value}, NOW)
    assert caught.value.code == f"InvalidParameter.{name}"


# Parameters

COMPLETE = {**BOTH, "SceneId": PVW, "LayoutId": "layout-next"}


@pytest.mark.parametrize(
    ("action", "parameter"),
    [(name, parameter.name) for name, op in SIMULATED.items() for parameter in op.parameters if parameter.required],
)
@pytest.mark.parametrize("value", [None, "", " ", "a b", "a\nb", "x" * 129, "直播"])
def test_a_missing_or_malformed_id(action: str, parameter: str, value: str | None) -> None:
    parameters = {name: text for name, text in COMPLETE.items() if name != parameter}
    if value is not None:
        parameters[parameter] = value
    with pytest.raises(Refusal) as caught:
        rules.check_parameters(OPERATIONS[action], parameters)
    code = caught.value.code
    # The page of DescribeCasterSceneAudio lists no code for its SceneId; its 2018 edition had the malformed one.
    assert code in SIMULATED[action].errors or (action, code) == (
        "DescribeCasterSceneAudio",
        "InvalidSceneId.Malformed",
    )
    rules.check_parameters(OPERATIONS[action], COMPLETE)


# What is shown


def store(visibility: str = "immediate", **bend: Any) -> Store:
    setup = load(document(**bend), NOW)
    return Store(setup.account_id, setup.studios, Variants({"visibility": visibility, "visible_after_ms": 600}))


def shown(of: Store, tick: float) -> tuple[Any, Any]:
    body, changed = of.call("DescribeCasterScenes", {"CasterId": CASTER}, NOW, tick)
    assert not changed
    return body["SceneList"]["Scene"][0]["Status"], body["SceneList"]["Scene"][1]["LayoutId"]


def test_a_write_is_shown_at_once_or_later_but_acts_at_once() -> None:
    immediate = store()
    immediate.call("CopyCasterSceneConfig", BOTH, NOW, 10.0)
    assert shown(immediate, 10.0) == (1, "layout-next")
    delayed = store("delayed")
    assert delayed.call("CopyCasterSceneConfig", BOTH, NOW, 10.0)[1]
    assert delayed.call("StopCasterScene", STOP, NOW, 10.3)[1]
    with pytest.raises(Refusal, match=r"IncorrectSceneStatus\.Idle"):
        delayed.call("StopCasterScene", STOP, NOW, 10.31)
    assert [shown(delayed, tick) for tick in (10.59, 10.61, 10.89, 10.91)] == [
        (1, "layout-now"),
        (1, "layout-next"),
        (1, "layout-next"),
        (0, "layout-next"),
    ]


def test_studio_status_is_delayed_too() -> None:
    delayed = store("delayed")
    delayed.call("StopCaster", {"CasterId": CASTER}, NOW, 10.0)
    status = [
        delayed.call("DescribeCasters", {}, NOW, tick)[0]["CasterList"]["Caster"][0]["Status"] for tick in (10.5, 10.7)
    ]
    assert status == [1, 0]


def test_unknown_and_foreign_studios() -> None:
    with pytest.raises(Refusal, match=r"InvalidCaster\.NotFound"):
        store().call("StopCasterScene", {**STOP, "CasterId": "nowhere"}, NOW, 1.0)
    foreign = store(owner="2000000000000002")
    with pytest.raises(Refusal, match="IllegalOperation"):
        foreign.call("StopCasterScene", STOP, NOW, 1.0)
    assert foreign.call("DescribeCasters", {}, NOW, 1.0)[0]["Total"] == 0


# The studios file


def test_the_shipped_studios_are_ready_for_a_show() -> None:
    setup = load(read_file(DEFAULT_FILE), NOW)
    assert len(setup.studios) == 3
    for each in setup.studios:
        pvw, pgm = each.scenes
        assert (pvw.output_type, pgm.output_type) == ("pvw", "pgm")
        assert each.streaming and pvw.running and pgm.running and each.domain
        assert pvw.layout_id != pgm.layout_id
        assert {pvw.layout_id, pgm.layout_id} <= {layout["layout_id"] for layout in each.layouts}
        assert {*pvw.component_ids, *pgm.component_ids} <= {entry["component_id"] for entry in each.components}
        do("CopyCasterSceneConfig", each, {"FromSceneId": pvw.scene_id, "ToSceneId": pgm.scene_id})
        for identity in (each.caster_id, pvw.scene_id, pgm.scene_id):
            rules.check_parameters(OPERATIONS["StopCasterScene"], {"CasterId": identity, "SceneId": identity})


def test_a_studio_survives_its_written_form() -> None:
    before = studio()
    again = load({"studios": [before.as_dict()]}, NOW).studios[0]
    assert again == before


def test_an_operator_edits() -> None:
    edited = patch(studio(), {"status": "idle", "scenes": [{"scene_id": PGM, "layout_id": None}]}, NOW + 9)
    assert (edited.streaming, edited.modified) == (False, NOW + 9)
    assert scene(edited, PGM).layout_id is None
    assert scene(edited, PGM).component_ids == ("logo",)
    assert scene(edited, PVW) == scene(studio(), PVW)


def test_an_operator_edits_what_a_layout_contains() -> None:
    """The layout keeps its id, and what the edit does not name stays; a new one is added."""
    before = studio()
    first, *others = before.layouts
    changes = {"layouts": [{"layout_id": first["layout_id"], "audio_layers": []}, {"layout_id": "layout-new"}]}

    edited = patch(before, changes, NOW)

    assert list(edited.layouts) == [{**first, "audio_layers": []}, *others, {"layout_id": "layout-new"}]
    assert (edited.components, edited.scenes) == (before.components, before.scenes)
    edited = patch(before, {"components": [{"component_id": "clock", "text": "19:30"}]}, NOW)
    assert {entry["component_id"]: entry.get("text") for entry in edited.components}["clock"] == "19:30"
    assert edited.layouts == before.layouts


BAD_DOCUMENTS: list[tuple[Any, str]] = [
    (None, "must be a mapping"),
    ([], "must be a mapping"),
    ({"studios": {}}, "studios must be a list"),
    ({"studios": [{}]}, "needs caster_id"),
    ({"studios": [{"caster_id": "a"}, {"caster_id": "a"}]}, "more than one studio"),
    ({"studios": [{"caster_id": "a", "status": "on"}]}, "idle, streaming"),
    ({"studios": [{"caster_id": "a", "sceens": []}]}, "unknown keys: sceens"),
    ({"studios": [{"caster_id": "a", "scenes": [{"scene_id": "s"}]}]}, "pvw, pgm"),
    ({"studios": [{"caster_id": "a", "layouts": [{}]}]}, "needs layout_id"),
    ({"account": {"access_keys": [{"id": "k"}]}}, "needs secret"),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD_DOCUMENTS)
def test_a_bad_studios_document_is_explained(bad: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        load(bad, NOW)


def test_a_bad_edit_is_explained() -> None:
    bad: list[Any] = [
        {"scenes": [{"scene_id": "nowhere"}]},
        {"caster_id": "b"},
        {"colour": "red"},
        [],
        {"status": 1},
        {"layouts": [{}]},
        {"components": ["clock"]},
        {"layouts": {}},
    ]
    for changes in bad:
        with pytest.raises(ValueError, match=r".+\."):
            patch(studio(), changes, NOW)


def test_variants_have_defaults_and_refuse_others() -> None:
    assert Variants().as_dict() == {**{name: values[0] for name, values in VARIANTS.items()}, "visible_after_ms": 600}
    for bad in ({"nothing": "x"}, {"idle_stop": "x"}, {"visible_after_ms": "soon"}, {"visible_after_ms": -1}):
        with pytest.raises(ValueError, match=r".+\."):
            Variants(bad)


def test_no_variant_changes_a_plain_show() -> None:
    """Take, take again, stop: under all combinations the same truth."""
    for values in itertools.product(*VARIANTS.values()):
        chosen = dict(zip(VARIANTS, values))
        after = do("CopyCasterSceneConfig", studio(), BOTH, **chosen)[0]
        after = do("CopyCasterSceneConfig", after, BOTH, **chosen)[0]
        after = do("StopCasterScene", after, STOP, **chosen)[0]
        assert scene(after, PGM).layout_id == "layout-next"
        assert not scene(after, PVW).running
