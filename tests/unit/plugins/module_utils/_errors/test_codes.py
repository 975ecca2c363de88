# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error code means, and what it says about the call."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.module_utils._errors import codes
from ansible_collections.apsara.live.plugins.module_utils._errors.codes import (
    MEANINGS,
    MEANINGS_BY_ACTION,
    OWN_CODES,
    PATTERNS,
    STUDIO_CODES,
    Meaning,
)
from ansible_collections.apsara.live.plugins.module_utils._errors.explain import (
    classify,
    denied_action,
    explain,
    hint_for,
    ram_statement,
)
from ansible_collections.apsara.live.plugins.module_utils._errors.kind import Kind
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.operations import SIMULATED
from hypothesis import example, given
from hypothesis import strategies as st

FIXTURES = Path(__file__).parents[1] / "fixtures"
DOCUMENTED: list[str] = json.loads((FIXTURES / "error_codes.json").read_text(encoding="utf-8"))
ALL_MEANINGS = [*MEANINGS.values(), *MEANINGS_BY_ACTION.values()]

OWN = {
    "ExpectationMissing",
    "ExpectationNotMet",
    "PreviewChanged",
    "SceneIsPreview",
    "SceneIsProgram",
    "WrongBus",
    "AmbiguousScene",
    "EmptySource",
    "CueMissed",
    "CueTooFar",
    "ClockChanged",
    "WaitTimeout",
    "DeadlineExceeded",
    "NoCredentials",
    "InvalidOption",
    "ConnectionFailed",
    "InvalidAnswer",
    "MissingLibrary",
    "UnexpectedError",
    "ReadingTooSlow",
    "PlayGone",
    "TaskTimeout",
    "ModuleFailed",
}


# --- the table ---


def test_every_documented_code_has_its_own_words() -> None:
    assert {meaning.code for meaning in STUDIO_CODES} | {"InternalError"} == set(DOCUMENTED)
    assert set(DOCUMENTED) <= set(MEANINGS)


def test_every_code_of_the_operation_table_has_its_own_words() -> None:
    assert {code for operation in SIMULATED.values() for code in operation.errors} <= set(MEANINGS)


def test_every_own_code_has_words() -> None:
    assert {meaning.code for meaning in OWN_CODES} == OWN


def test_no_code_stands_in_the_table_twice() -> None:
    lists = OWN_CODES + codes.COMMON_CODES + STUDIO_CODES
    assert len(lists) == len(MEANINGS)


def test_an_answer_to_one_operation_is_one_that_the_operation_lists() -> None:
    extra = {("DescribeCasters", "IllegalOperation")}  # 42 of 46 operations list it; this one only leaves it out
    listed = {(name, code) for name, operation in SIMULATED.items() for code in operation.errors}
    assert set(MEANINGS_BY_ACTION) - extra <= listed
    assert all(meaning.code == code for (_action, code), meaning in MEANINGS_BY_ACTION.items())


@pytest.mark.parametrize("meaning", [*ALL_MEANINGS, *PATTERNS], ids=lambda m: getattr(m, "code", None) or m.shape)
def test_words_are_sentences_an_operator_can_read(meaning: Meaning) -> None:
    assert meaning.kind in Kind
    for text in (meaning.sentence, meaning.hint):
        assert text == text.strip()
        assert text[0].isupper()
        assert text.endswith(".")
        assert 10 < len(text) < 260
        assert "  " not in text
        assert re.search(r"\b(PVW|PGM|studio)s?\b", text) or not re.search(r"(?i)\bcaster\b(?!_)", text)
    assert meaning.sentence != meaning.hint


def test_only_a_scene_that_is_as_wanted_already_is_a_no_op() -> None:
    assert [key for key, meaning in MEANINGS_BY_ACTION.items() if meaning.kind == Kind.NOOP] == [
        ("StopCasterScene", "IncorrectSceneStatus.Idle"),
        ("StartCasterScene", "IncorrectSceneStatus.Inuse"),
    ]
    assert not [meaning for meaning in [*MEANINGS.values(), *PATTERNS] if meaning.kind == Kind.NOOP]


# --- explain ---


@pytest.mark.parametrize(
    ("code", "action", "expected"),
    [
        ("IncorrectSceneStatus.Idle", "StopCasterScene", "The scene is already off."),
        ("IncorrectSceneStatus.Idle", "SetCasterSceneConfig", "By its name: a scene is off."),
        ("InvalidCaster.NotFound", "StopCasterScene", "The account has no studio with this id."),
        ("Throttling.Domain", "", "There are too many calls and this one was not carried out."),
        ("InvalidMoon.NotFound", "", "Something that the call names does not exist. By its name, the code tells what."),
        ("MissingMoon", "", codes.PATTERNS[-2].sentence),
        ("InvalidMoon", "", "The service does not accept a value. By its name, the code tells which."),
        ("MoonPhase", "", "The service answered MoonPhase, a code that this collection does not know."),
        ("", "", "The answer is an error without an error code."),
    ],
)
def test_explain_goes_from_the_exact_to_the_general(code: str, action: str, expected: str) -> None:
    assert explain(code, action).sentence == expected
    assert explain(code, action).code == code


def test_a_code_of_a_family_has_the_hint_of_its_family() -> None:
    family = next(pattern for pattern in PATTERNS if re.fullmatch(pattern.regex, "Throttling.BrandNew"))
    assert explain("Throttling.BrandNew").hint == family.hint


def test_a_hint_speaks_of_temporary_keys_only_to_whoever_has_one() -> None:
    meaning = MEANINGS["InvalidAccessKeyId.NotFound"]
    assert explain(meaning.code).hint == hint_for(meaning, False) == meaning.hint
    assert (
        explain(meaning.code, "", True).hint
        == hint_for(meaning, True)
        == (
            "Check `access_key_id` for typing errors and whether the key was deleted. "
            "An STS key also answers like this after it expired: get a new one."
        )
    )
    assert hint_for(MEANINGS["NoPermission"], True) == MEANINGS["NoPermission"].hint
    # What speaks of a token is an answer to a call with a token.
    spoken_of = {m.code for m in MEANINGS.values() if re.search(r"(?i)\bsts\b|security_token", m.sentence + m.hint)}
    assert spoken_of == {code for code in MEANINGS if "SecurityToken" in code}


def test_an_error_without_a_code_has_a_hint_of_its_own() -> None:
    assert explain("").hint == (
        "A proxy or a load balancer may have answered in place of the service. "
        "Read the studio before you repeat a write."
    )


@given(st.text(max_size=300), st.text(max_size=40))
@example("x" * 5000, "")
@example("\x00\x1b[2J", "StopCasterScene")
def test_explain_never_fails_and_never_passes_control_characters_on(code: str, action: str) -> None:
    meaning = explain(code, action)
    assert meaning.kind in Kind
    assert meaning.sentence.isprintable()
    assert meaning.hint
    assert len(meaning.code) <= 100
    assert len(meaning.sentence) < 400


@pytest.mark.parametrize("code", [None, 404, {}, [], True, b"Throttling"])
def test_a_code_that_is_no_text_counts_as_absent(code: object) -> None:
    assert explain(code).code == ""  # type: ignore[arg-type]
    assert classify(code, 500) == Kind.LOST  # type: ignore[arg-type]


# --- classify ---


@pytest.mark.parametrize(
    ("code", "status", "action", "retry_after", "kind"),
    [
        # throttled
        ("Throttling", 400, "", False, Kind.THROTTLED),
        ("Throttling.User", 400, "CopyCasterSceneConfig", False, Kind.THROTTLED),
        ("Throttling.user", 400, "", False, Kind.THROTTLED),
        ("Throttling.Api", 503, "", False, Kind.THROTTLED),
        ("Throttling.Anything.New", 400, "", False, Kind.THROTTLED),
        ("Rejected.Throttling", 400, "", False, Kind.THROTTLED),
        ("ThrottlingException", 400, "", False, Kind.THROTTLED),
        ("FlowControl", 400, "", False, Kind.THROTTLED),
        ("FlowControlError", 403, "", False, Kind.THROTTLED),
        ("FlowControl.User", 400, "", False, Kind.THROTTLED),
        ("", 429, "", False, Kind.THROTTLED),
        ("SomethingElse", 429, "", False, Kind.THROTTLED),
        ("", 400, "", True, Kind.THROTTLED),
        ("SomethingElse", 403, "", True, Kind.THROTTLED),
        ("Throttling.User", 503, "", True, Kind.THROTTLED),
        ("InternalError", 429, "", False, Kind.THROTTLED),
        # a pause that is asked for says nothing about what a service in trouble did
        ("", 500, "", True, Kind.LOST),
        ("", 502, "", True, Kind.LOST),
        ("", 503, "", True, Kind.UNAVAILABLE),
        ("", 504, "", True, Kind.LOST),
        ("", 408, "", True, Kind.LOST),
        ("", 200, "", True, Kind.FAILURE),
        ("InternalError", 500, "", True, Kind.LOST),
        ("InternalError", 400, "", True, Kind.LOST),
        ("CreateCaster.Timeout", 400, "", True, Kind.LOST),
        ("ServiceUnavailable", 503, "", True, Kind.UNAVAILABLE),
        ("RegionNoResource", 500, "", True, Kind.FAILURE),
        # busy
        ("ServiceBusy", 403, "", False, Kind.BUSY),
        ("SystemBusy", 500, "", False, Kind.BUSY),
        ("LockFail", 400, "", False, Kind.BUSY),
        ("LockFailed", 400, "", False, Kind.BUSY),
        ("Conflict.LockFailed", 409, "", False, Kind.BUSY),
        ("Other.LockFailed", 409, "", False, Kind.BUSY),
        ("SystemUpgrading", 503, "", False, Kind.BUSY),
        # not available
        ("ServiceUnavailable", 503, "", False, Kind.UNAVAILABLE),
        ("ServiceUnavailable.Temporary", 503, "", False, Kind.UNAVAILABLE),
        ("", 503, "", False, Kind.UNAVAILABLE),
        # nobody knows
        ("InternalError", 500, "", False, Kind.LOST),
        ("InternalError.Unknown", 500, "", False, Kind.LOST),
        ("SignatureNonceUsed", 400, "", False, Kind.LOST),
        ("CreateCaster.Timeout", 408, "", False, Kind.LOST),
        ("CopyCaster.Timeout", 408, "", False, Kind.LOST),
        ("", 500, "", False, Kind.LOST),
        ("", 502, "", False, Kind.LOST),
        ("", 504, "", False, Kind.LOST),
        ("", 408, "", False, Kind.LOST),
        ("", None, "", False, Kind.LOST),
        # clock, RAM
        ("InvalidTimeStamp.Expired", 400, "", False, Kind.CLOCK),
        ("InvalidTimeStamp.Format", 400, "", False, Kind.FAILURE),
        ("NoPermission", 403, "", False, Kind.DENIED),
        ("Forbidden.RAM", 403, "", False, Kind.DENIED),
        ("Forbidden", 401, "", False, Kind.DENIED),
        ("Forbidden", 403, "", False, Kind.DENIED),
        ("Forbidden.SomethingNew", 403, "", False, Kind.DENIED),
        ("NoPermission.SomethingNew", 403, "", False, Kind.DENIED),
        # the one no-op
        ("IncorrectSceneStatus.Idle", 400, "StopCasterScene", False, Kind.NOOP),
        ("IncorrectSceneStatus.Idle", 429, "StopCasterScene", True, Kind.NOOP),
        ("IncorrectSceneStatus.Idle", 400, "CopyCasterSceneConfig", False, Kind.FAILURE),
        ("IncorrectSceneStatus", 400, "StopCasterScene", False, Kind.FAILURE),
        # failures, also named ones with a 5xx
        ("RegionNoResource", 500, "", False, Kind.FAILURE),
        ("InvalidDomain.Configure_failed", 500, "", False, Kind.FAILURE),
        ("PrivateKeyError", 500, "", False, Kind.FAILURE),
        ("IllegalOperation", 401, "", False, Kind.FAILURE),
        ("InvalidSecurityToken.Expired", 400, "", False, Kind.FAILURE),
        ("InvalidAccessKeyId.NotFound", 404, "", False, Kind.FAILURE),
        ("SignatureDoesNotMatch", 403, "", False, Kind.FAILURE),
        ("", 302, "", False, Kind.FAILURE),
        ("", 400, "", False, Kind.FAILURE),
        ("", 404, "", False, Kind.FAILURE),
    ],
)
def test_classify(code: str, status: int | None, action: str, retry_after: bool, kind: str) -> None:
    assert classify(code, status, action, retry_after) == kind


@pytest.mark.parametrize("code", DOCUMENTED)
def test_a_documented_business_code_is_never_worth_a_blind_repeat(code: str) -> None:
    usual = {"InternalError": Kind.LOST, "CreateCaster.Timeout": Kind.LOST}.get(code, Kind.FAILURE)
    found = {
        action: {classify(code, status, action) for status in (400, 401, 404, 412, 500, 503)}
        for action in ("", *OPERATIONS)
    }
    expected = {action: {usual} for action in found}
    if code == "IncorrectSceneStatus.Idle":
        expected["StopCasterScene"] = {Kind.NOOP}
    if code == "IncorrectSceneStatus.Inuse":
        expected["StartCasterScene"] = {Kind.NOOP}
    assert found == expected


@given(st.text(max_size=120), st.none() | st.integers(100, 599), st.text(max_size=30), st.booleans())
def test_classify_never_fails(code: str, status: int | None, action: str, retry_after: bool) -> None:
    kind = classify(code, status, action, retry_after)
    assert kind in Kind
    if status is not None and (status >= 500 or status == 408):
        assert classify(code, status, action, True) == classify(code, status, action, False)


# --- RAM ---


def test_the_statement_to_add_is_a_policy_statement() -> None:
    statement = json.loads(ram_statement("live:CopyCasterSceneConfig"))
    assert statement == {"Effect": "Allow", "Action": "live:CopyCasterSceneConfig", "Resource": "*"}
    assert json.loads(ram_statement("a", "acs:live:*:1:caster/x"))["Resource"] == "acs:live:*:1:caster/x"


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"AccessDeniedDetail": {"AuthAction": "live:StopCasterScene"}}, "live:StopCasterScene"),
        ({"AuthAction": "live:StopCasterScene"}, "live:StopCasterScene"),
        ({"AuthAction": "live:*"}, "live:*"),
        ({"AccessDeniedDetail": "none"}, None),
        ({"AccessDeniedDetail": {"AuthAction": None}}, None),
        ({"AccessDeniedDetail": {"AuthAction": "live:Stop\nCaster"}}, None),
        ({"AccessDeniedDetail": {"AuthAction": "not an action"}}, None),
        ({}, None),
        (None, None),
        ([], None),
        ("text", None),
    ],
)
def test_the_missing_action_is_read_from_the_answer(details: object, expected: str | None) -> None:
    assert denied_action(details) == expected


# --- the house ---


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("codes", {"__future__", "typing", "kind"}),
        ("explain", {"__future__", "functools", "json", "re", "collections.abc", "typing", "codes", "kind"}),
        ("kind", {"__future__", "enum"}),
    ],
)
def test_the_files_know_nothing_of_ansible_or_the_network(name: str, allowed: set[str]) -> None:
    tree = ast.parse(Path(codes.__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= allowed
