# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was given to a run and is not what it looks like."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._given import (
    limit_trouble,
    nobody,
    pattern_trouble,
    stray_variables,
)
from ansible_collections.apsara.live.plugins.plugin_utils._role_variables import role_variables


def meant(name: str, given: bool = True, **variables: Any) -> list[str]:
    """What a variable is taken for."""
    roles = role_variables()
    found = stray_variables([name] if given else [], {name: 1, **variables}, roles)
    return [sentence.split("did you mean ")[1].split("?")[0] for sentence in found]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("at", "take_at"),
        ("expect", "take_expect or power_expect"),
        ("max_late", "take_max_late"),
        ("max_wait", "take_max_wait"),
        ("take_expct", "take_expect"),
        ("take_expected", "take_expect"),
        ("take_max_lat", "take_max_late"),
        ("take_att", "take_at"),
        ("take_ta", "take_at"),
        ("take_cue", "take_at"),
        ("take_expectation", "take_expect"),
        ("take_timeout", "take_wait_timeout"),
        ("take_alow_empty", "take_allow_empty"),
        ("take_casterid", "take_caster_id"),
        ("wrap_scene", "wrap_scene_id"),
        ("preflight_fails", "preflight_fail"),
        ("rehearsal_fault", "rehearsal_faults"),
        ("awx_kit_zones", "awx_kit_zone"),
        ("show_confirm", "show_confirmed"),
    ],
)
def test_a_name_that_looks_like_one_of_ours_is_found_wherever_it_stands(name: str, ours: str) -> None:
    assert meant(name) == [ours]
    assert meant(name, given=False) == [ours]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("force", "take_force"),
        ("allow_empty", "take_allow_empty"),
        ("from_scene_id", "take_from_scene_id"),
        ("scene_id", "wrap_scene_id or prepare_scene_id or undo_scene_id"),
        (
            "wait_timeout",
            "take_wait_timeout or wrap_wait_timeout or prepare_wait_timeout or undo_wait_timeout or power_wait_timeout",
        ),
        ("studio", "studios"),
        ("expct", "take_expect or power_expect"),
        ("expects", "take_expect or power_expect"),
        ("max_lat", "take_max_late"),
        ("expect_previw", "take_expect_preview"),
        ("tak_at", "take_at"),
        ("tke_expect", "take_expect"),
        ("task_at", "take_at"),
        ("report_dir", "report_directory"),
        ("standby_reasons", "standby_reason"),
    ],
)
def test_what_an_inventory_may_use_for_other_things_is_judged_only_where_it_was_given(name: str, ours: str) -> None:
    assert meant(name) == [ours]
    assert meant(name, given=False) == []


@pytest.mark.parametrize(
    "name",
    [
        "take_result take_outlook take_at take_expect preflight_result rehearsal_endpoint rehearsal_pid report_result",
        "studios show_confirmed standby_reason caster_id caster_name caster_status casters",
        "ansible_become ansible_user inventory_hostname __take_told apsara_live_in_process apsara_live_takes",
        "awx_job_id tower_job_id awx_user_name ansible_eda cue expected expected_layout",
        "take_notes take_date take_two wrap_text wrapper_at report_type report_date report_path preflight_checks",
        "http_port nginx_force_ssl state name wait audio day title db_wait_timeout show_name expectation task_list",
        "max_age max_rate except inspect",
    ],
)
def test_variables_of_others_are_left_alone(name: str) -> None:
    for word in name.split():
        assert meant(word) == [], word
        assert meant(word, given=False) == [], word


def test_what_is_handed_on_is_no_stray() -> None:
    assert meant("at", take_at="{{ at }}") == []
    assert meant("max_late", take_max_late="{{ max_late }}") == []
    # The default of the role is not given by anybody.
    assert meant("at", take_at="") == ["take_at"]
    assert meant("at", take_expect={"empty": True}) == ["take_at"]


def test_whoever_means_it_can_say_so() -> None:
    found = stray_variables(["at", "take_expct"], {}, role_variables(), others=["at"])
    assert len(found) == 1
    assert "The variable take_expct is given" in found[0]
    assert "apsara_live_other_variables: [take_expct]" in found[0]


KNOWN = {"main", "backup", "casters"}


@pytest.mark.parametrize("limit", ["", " ", ",", "@empty", "@blank", "@empty,@blank"])
def test_a_limit_that_names_nobody_is_found(limit: str) -> None:
    files = {"empty": "", "blank": "\n \n"}
    found = limit_trouble(limit, files.get, KNOWN)
    assert found is not None
    assert found.startswith(f"--limit was given and names nobody ({limit!r}).")
    assert ("The file is empty." in found) == ("@" in limit)


@pytest.mark.parametrize(
    "limit", [None, "main", "casters", "mian", "@two", "!backup", "casters:!backup", "all,!~b.*", "!b*"]
)
def test_any_other_limit_is_left_to_ansible(limit: str | None) -> None:
    assert limit_trouble(limit, {"two": "main\n\nbackup\n"}.get, KNOWN) is None


@pytest.mark.parametrize("limit", ["!mian", "casters,!mian", "casters:!mian", "@but"])
def test_an_exclusion_of_nobody_is_found(limit: str) -> None:
    found = limit_trouble(limit, {"but": "casters\n!mian\n"}.get, KNOWN)
    assert found == "--limit excludes mian, and the inventory has no such host or group, so nobody would be left out."


@pytest.mark.parametrize(
    ("pattern", "trouble"), [(" ", "names nobody"), (",", "names nobody"), ("casters:!x", "excludes x")]
)
def test_a_pattern_of_studios_is_judged_too(pattern: str, trouble: str) -> None:
    assert trouble in (pattern_trouble(pattern, KNOWN) or "")


def test_a_pattern_may_be_a_list() -> None:
    assert pattern_trouble(["main", "backup"], KNOWN) is None


@pytest.mark.parametrize(
    ("limit", "blank", "said"),
    [
        ("", False, "No host of the inventory matches stages, so there is no studio to work on"),
        ("main", False, "No host of the inventory matches stages within --limit main, so"),
        ("main", True, "Which studios? (studios) was answered with nothing, so nothing was done."),
    ],
)
def test_a_run_without_a_studio_says_why(limit: str, blank: bool, said: str) -> None:
    assert nobody("stages", limit, blank).startswith(said)
