# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which studios become hosts, what they are called, and what they know."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.doc_fragments._connection import ModuleDocFragment
from ansible_collections.apsara.live.plugins.module_utils._credentials.environment import CONNECTION_ENVIRONMENT
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.plugin_utils import _hosts
from hypothesis import given
from hypothesis import strategies as st


def caster(name: str, caster_id: str = "id-1", status: str = "idle") -> dict[str, Any]:
    return {"caster_id": caster_id, "caster_name": name, "status": status, "tags": {}}


def named(*names: str, prefix: str = "", by_id: bool = False) -> list[str]:
    casters = [caster(name, f"id-{number}") for number, name in enumerate(names, 1)]
    return list(_hosts.host_names(casters, by_id, prefix).hosts.values())


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("Main stage", "Main_stage"),
        ("main-stage.2_b", "main-stage.2_b"),
        ("主舞台", "主舞台"),
        ("Café", "Café"),
        ("{{ lookup('pipe', 'id') }}", "lookup_pipe_id"),
        ("../../etc/passwd", "etc_passwd"),
        ("a:b,c&!d[0]*~", "a_b_c_d_0"),
        ("-v", "v"),
        ("line\nbreak\x1b[2J", "line_break_2J"),
        ("???", "id-1"),
        ("", "id-1"),
        ("localhost", "localhost_id-1"),
        ("casters", "casters_id-1"),
    ],
)
def test_a_studio_names_its_host(name: str, host: str) -> None:
    assert named(name) == [host]


def test_the_id_can_name_the_host() -> None:
    assert named("Main stage", by_id=True) == ["id-1"]


def test_a_prefix_comes_before_every_name() -> None:
    assert named("Main stage", "???", "localhost", prefix="show_") == ["show_Main_stage", "show_id-2", "show_localhost"]


@pytest.mark.parametrize("prefix", ["", "show_", "show-2.", "演播室"])
def test_a_prefix_of_letters_digits_and_signs_is_taken(prefix: str) -> None:
    _hosts.check_prefix(prefix)


@pytest.mark.parametrize("prefix", ["a b", "x:", "{{ x }}", "-x", "a/b"])
def test_a_prefix_that_no_host_can_have_is_refused(prefix: str) -> None:
    with pytest.raises(LiveError, match="hostname_prefix"):
        _hosts.check_prefix(prefix)


def test_two_studios_of_one_name_both_show_their_id() -> None:
    assert named("Main stage", "Main:stage", "Other") == ["Main_stage_id-1", "Main_stage_id-2", "Other"]


def test_hosts_that_cannot_be_told_apart_are_an_error() -> None:
    with pytest.raises(LiveError, match="two of them are the same"):
        named("Main", "Main", "Main_id-1")


@given(st.lists(st.text(max_size=8), max_size=8))
def test_every_studio_has_a_host_of_its_own_that_is_safe_in_patterns_and_paths(names: list[str]) -> None:
    try:
        hosts = named(*names)
    except LiveError:
        return
    assert len(set(hosts)) == len(names)
    assert not [host for host in hosts if set(host) & set(" \t\n/:,&!*?[]{}~'\"\\%$") or host[0] in "-." or not host]


@pytest.mark.parametrize(
    ("filters", "passed"),
    [
        (_hosts.Filters(), ["Main 1", "Main 2", "main", "B-roll"]),
        (_hosts.Filters(names=("Main 1", "B-roll")), ["Main 1", "B-roll"]),
        (_hosts.Filters(pattern="Main*"), ["Main 1", "Main 2"]),
        (_hosts.Filters(pattern="Main"), []),
        (_hosts.Filters(pattern="~[0-9]$"), ["Main 1", "Main 2"]),
        (_hosts.Filters(status="streaming"), ["Main 2"]),
        (_hosts.Filters(names=("Main 1",), status="streaming"), []),
        (_hosts.Filters(pattern="["), []),
    ],
)
def test_a_studio_must_pass_all_filters(filters: _hosts.Filters, passed: list[str]) -> None:
    casters = [caster("Main 1"), caster("Main 2", status="streaming"), caster("main"), caster("B-roll")]
    assert [c["caster_name"] for c in casters if filters.match(c)] == passed


def test_a_regular_expression_that_is_none_is_refused() -> None:
    with pytest.raises(LiveError, match="caster_name_pattern"):
        _hosts.Filters(pattern="~[")


def test_a_misspelt_name_is_noticed_and_a_filtered_studio_is_not_called_misspelt() -> None:
    filters = _hosts.Filters(names=("Main", "Mian"), status="streaming")
    assert filters.unknown_names([caster("Main", status="idle")]) == ["Mian"]


def scene(output_type: str, scene_id: str) -> dict[str, Any]:
    return {
        "scene_id": scene_id,
        "scene_name": "",
        "output_type": output_type,
        "status": "running",
        "layout_id": "l",
        "component_ids": ["c"],
    }


def test_the_only_preview_and_program_are_variables() -> None:
    scenes = [scene("pgm", "on"), scene("pvw", "next")]
    variables = _hosts.scene_variables(scenes)
    assert variables == {
        "caster_scenes": scenes,
        "caster_scenes_error": None,
        "pvw_scene_id": "next",
        "pvw_scene_name": "",
        "pvw_scene_status": "running",
        "pvw_layout_id": "l",
        "pvw_component_ids": ["c"],
        "pgm_scene_id": "on",
        "pgm_scene_name": "",
        "pgm_scene_status": "running",
        "pgm_layout_id": "l",
        "pgm_component_ids": ["c"],
    }


def test_of_several_previews_none_is_chosen() -> None:
    variables = _hosts.scene_variables([scene("pvw", "a"), scene("pvw", "b"), scene("pgm", "on")])
    assert variables["pvw_scene_id"] is None
    assert variables["pvw_scene_status"] is None
    assert variables["pgm_scene_id"] == "on"
    assert len(variables["caster_scenes"]) == 3


@pytest.mark.parametrize(
    "text", ["", "Main stage", "主舞台", "2026-03-01T19:00:00Z", "8f2c-11aa", "lp_720p", "a.b", "C:/x", "1 + 1"]
)
def test_plain_text_is_ours(text: str) -> None:
    assert _hosts.marked(text, lambda t: ("ours", t), lambda t: ("foreign", t)) == ("ours", text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ x }}",
        "{% if x %}",
        "{# x #}",
        "#jinja2: variable_start_string:'[['",
        "lookup('pipe', 'id')",
        "a | b",
        "a[0]",
        "f()",
        "x\n",
        "a == b",
        "'a'",
        '"a"',
        "a, b",
        "$(id)",
    ],
)
def test_what_could_be_a_template_or_an_expression_is_foreign(text: str) -> None:
    def ours(found: str) -> str:
        return found

    def foreign(found: str) -> str:
        return f"foreign {found}"

    value = {"tags": {text: [text, 1, None, True]}}
    assert _hosts.marked(value, ours, foreign) == {"tags": {f"foreign {text}": [f"foreign {text}", 1, None, True]}}


def test_many_failures_of_one_kind_are_one_warning() -> None:
    hosts = {f"id-{number}": f"host-{number}" for number in range(8)}
    failure = {"code": "Forbidden.RAM", "message": "Not allowed.", "hint": "Ask."}
    words = _hosts.failure_words({**dict.fromkeys(hosts, failure), "id-7": {**failure, "code": "Other"}}, hosts)
    assert words == [
        "The scenes of host-0, host-1, host-2, host-3, host-4 and 2 more could not be read. Not allowed. Ask.",
        "The scenes of host-7 could not be read. Not allowed. Ask.",
    ]


def test_the_documented_variables_are_those_that_are_read() -> None:
    options = yaml.safe_load(ModuleDocFragment.INVENTORY)["options"]
    documented = {option: tuple(entry["name"] for entry in facts["env"]) for option, facts in options.items()}
    assert documented == CONNECTION_ENVIRONMENT


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (None, None),
        ("Main*", None),
        ("Mian*", "No studio has a name that matches Mian* (caster_name_pattern). The account has B-roll, Main 1."),
        (
            "{{ show }} *",
            "No studio has a name that matches {{ show }} * (caster_name_pattern). This option takes no template. "
            "The account has B-roll, Main 1.",
        ),
    ],
)
def test_a_pattern_that_matches_no_name_is_spoken_of(pattern: str | None, words: str | None) -> None:
    casters = [{"caster_name": name, "caster_id": name, "status": "idle"} for name in ("Main 1", "B-roll")]
    # The other filters are no matter of it.
    assert _hosts.Filters(pattern=pattern, status="streaming").unmatched_pattern(casters) == words
    many = [{**casters[0], "caster_name": f"Studio {number:02}"} for number in range(12)]
    if words:
        assert str(_hosts.Filters(pattern=pattern).unmatched_pattern(many)).endswith("Studio 09 and 2 more.")
        assert str(_hosts.Filters(pattern=pattern).unmatched_pattern([])).endswith("The account has no studios.")


CASTER = {"caster_id": "s-1", "caster_name": "Main", "status": "idle", "tags": {}}
FAILURE = {"code": "Busy", "message": "It is busy.", "hint": None, "retryable": False}
ON_BUS = dict.fromkeys(("scene_id", "scene_name", "status", "layout_id", "component_ids", "output_type"))


@pytest.mark.parametrize(
    ("data", "with_scenes", "usable"),
    [
        ({"casters": [CASTER], "scenes": {}, "failures": {}}, False, True),
        ({"casters": [CASTER], "scenes": {"s-1": [ON_BUS]}, "failures": {}}, True, True),
        ({"casters": [CASTER], "scenes": {}, "failures": {"s-1": FAILURE}}, True, True),
        ({"casters": [CASTER], "scenes": {}, "failures": {}}, True, False),
        ({"casters": [CASTER]}, False, False),
        ({"casters": {}, "scenes": {}, "failures": {}}, False, False),
        ({"casters": [CASTER], "scenes": [], "failures": {}}, False, False),
        ({"casters": [{**CASTER, "status": "paused"}], "scenes": {}, "failures": {}}, False, False),
        ({"casters": [{**CASTER, "status": []}], "scenes": {}, "failures": {}}, False, False),
        ({"casters": [{**CASTER, "caster_name": None}], "scenes": {}, "failures": {}}, False, False),
        ({"casters": ["s-1"], "scenes": {}, "failures": {}}, False, False),
        ({"casters": [None], "scenes": {}, "failures": {}}, False, False),
        ({"casters": [CASTER], "scenes": {"s-1": [{}]}, "failures": {}}, True, False),
        ({"casters": [CASTER], "scenes": {"s-1": ["a"]}, "failures": {}}, True, False),
        ({"casters": [CASTER], "scenes": {}, "failures": {"s-1": {"code": "Busy"}}}, True, False),
        ({"casters": [CASTER], "scenes": {}, "failures": {"s-1": "Busy"}}, True, False),
        (None, False, False),
        ([], False, False),
        ([[]], False, False),
        ("casters", False, False),
        (7, False, False),
    ],
)
def test_what_a_cache_holds_is_looked_at_before_it_is_used(data: object, with_scenes: bool, usable: bool) -> None:
    assert _hosts.is_usable(data, _hosts.Filters(), with_scenes) is usable
