# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error code means, what it says about the call, and that no text holds a secret."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.apsara.live.plugins.module_utils import _errors as errors
from ansible_collections.apsara.live.plugins.module_utils._errors import (
    KINDS,
    MEANINGS,
    MEANINGS_BY_ACTION,
    OWN_CODES,
    PATTERNS,
    STUDIO_CODES,
    Kind,
    LiveError,
    Meaning,
    classify,
    denied_action,
    explain,
    ram_statement,
    redact,
)
from ansible_collections.apsara.live.plugins.module_utils._operations import OPERATIONS
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

FIXTURES = Path(__file__).parent / "fixtures"
DOCUMENTED: list[str] = json.loads((FIXTURES / "error_codes.json").read_text(encoding="utf-8"))
ALL_MEANINGS = [*MEANINGS.values(), *MEANINGS_BY_ACTION.values()]

OWN = {
    "ExpectationNotMet",
    "SceneIsProgram",
    "WrongBus",
    "AmbiguousScene",
    "EmptySource",
    "CueMissed",
    "CueTooFar",
    "WaitTimeout",
    "DeadlineExceeded",
    "NoCredentials",
    "InvalidOption",
    "ConnectionFailed",
    "InvalidAnswer",
    "MissingLibrary",
}


# --- the table ---


def test_every_documented_code_has_its_own_words() -> None:
    assert {meaning.code for meaning in STUDIO_CODES} | {"InternalError"} == set(DOCUMENTED)
    assert set(DOCUMENTED) <= set(MEANINGS)


def test_every_code_of_the_operation_table_has_its_own_words() -> None:
    assert {code for operation in OPERATIONS.values() for code in operation.errors} <= set(MEANINGS)


def test_every_own_code_has_words() -> None:
    assert {meaning.code for meaning in OWN_CODES} == OWN


def test_no_code_stands_in_the_table_twice() -> None:
    lists = OWN_CODES + errors.COMMON_CODES + STUDIO_CODES
    assert len(lists) == len(MEANINGS)


def test_an_answer_to_one_operation_is_one_that_the_operation_lists() -> None:
    extra = {("DescribeCasters", "IllegalOperation")}  # 42 of 46 operations list it; this one only leaves it out
    listed = {(name, code) for name, operation in OPERATIONS.items() for code in operation.errors}
    assert set(MEANINGS_BY_ACTION) - extra <= listed
    assert all(meaning.code == code for (_action, code), meaning in MEANINGS_BY_ACTION.items())


@pytest.mark.parametrize("meaning", [*ALL_MEANINGS, *PATTERNS], ids=lambda m: getattr(m, "code", None) or m.shape)
def test_words_are_sentences_an_operator_can_read(meaning: Meaning) -> None:
    assert meaning.kind in KINDS
    for text in (meaning.sentence, meaning.hint):
        assert text == text.strip()
        assert text[0].isupper()
        assert text.endswith(".")
        assert 10 < len(text) < 260
        assert "  " not in text
        assert re.search(r"\b(PVW|PGM|studio)s?\b", text) or not re.search(r"(?i)\bcaster\b(?!_)", text)
    assert meaning.sentence != meaning.hint


def test_only_a_scene_that_is_off_already_is_a_no_op() -> None:
    assert [key for key, meaning in MEANINGS_BY_ACTION.items() if meaning.kind == Kind.NOOP] == [
        ("StopCasterScene", "IncorrectSceneStatus.Idle")
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
        ("MissingMoon", "", errors.PATTERNS[-2].sentence),
        ("InvalidMoon", "", "The service does not accept a value. By its name, the code tells which."),
        ("MoonPhase", "", "The service answered MoonPhase, a code that this collection does not know."),
        ("", "", "The answer is an error without an error code."),
    ],
)
def test_explain_goes_from_the_exact_to_the_general(code: str, action: str, expected: str) -> None:
    assert explain(code, action).sentence == expected
    assert explain(code, action).code == code


@given(st.text(max_size=300), st.text(max_size=40))
@example("x" * 5000, "")
@example("\x00\x1b[2J", "StopCasterScene")
def test_explain_never_fails_and_never_passes_control_characters_on(code: str, action: str) -> None:
    meaning = explain(code, action)
    assert meaning.kind in KINDS
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
        # refused at the gate
        ("Throttling", 400, "", False, Kind.GATE),
        ("Throttling.User", 400, "CopyCasterSceneConfig", False, Kind.GATE),
        ("Throttling.user", 400, "", False, Kind.GATE),
        ("Throttling.Api", 503, "", False, Kind.GATE),
        ("Throttling.Anything.New", 400, "", False, Kind.GATE),
        ("Rejected.Throttling", 400, "", False, Kind.GATE),
        ("ThrottlingException", 400, "", False, Kind.GATE),
        ("FlowControl", 400, "", False, Kind.GATE),
        ("FlowControlError", 403, "", False, Kind.GATE),
        ("FlowControl.User", 400, "", False, Kind.GATE),
        ("", 429, "", False, Kind.GATE),
        ("SomethingElse", 429, "", False, Kind.GATE),
        ("", 503, "", True, Kind.GATE),
        ("InternalError", 500, "", True, Kind.GATE),
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
@pytest.mark.parametrize("action", ["", *OPERATIONS])
def test_a_documented_business_code_is_never_worth_a_blind_repeat(code: str, action: str) -> None:
    expected = {"InternalError": Kind.LOST, "CreateCaster.Timeout": Kind.LOST}.get(code, Kind.FAILURE)
    if (action, code) == ("StopCasterScene", "IncorrectSceneStatus.Idle"):
        expected = Kind.NOOP
    assert {classify(code, status, action) for status in (400, 401, 404, 412, 500, 503)} == {expected}


@given(st.text(max_size=120), st.none() | st.integers(100, 599), st.text(max_size=30), st.booleans())
def test_classify_never_fails(code: str, status: int | None, action: str, retry_after: bool) -> None:
    kind = classify(code, status, action, retry_after)
    assert kind in KINDS
    if retry_after:
        assert kind in (Kind.GATE, Kind.NOOP)


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


# --- LiveError ---


def test_an_error_renders_exactly_the_keys_of_the_contract() -> None:
    error = LiveError(
        "No.",
        code="InvalidCaster.NotFound",
        outcome="failed",
        http_status=404,
        request_id="r",
        action="StopCasterScene",
    )
    assert error.as_dict() == {
        "code": "InvalidCaster.NotFound",
        "message": "No.",
        "http_status": 404,
        "request_id": "r",
        "action": "StopCasterScene",
        "hint": MEANINGS["InvalidCaster.NotFound"].hint,
        "recommend": None,
        "retryable": False,
        "outcome": "failed",
    }
    assert str(error) == "No."


def test_a_given_hint_wins_and_a_missing_one_is_the_one_for_the_operation() -> None:
    assert LiveError("x", code="Throttling", outcome="failed", hint="mine").hint == "mine"
    key = ("CopyCasterSceneConfig", "IncorrectSceneStatus")
    assert LiveError("x", code=key[1], action=key[0], outcome="failed").hint == MEANINGS_BY_ACTION[key].hint


def test_an_outcome_that_is_none_of_the_three_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="refused, failed, unknown"):
        raise LiveError("x", code="Throttling", outcome="perhaps")


def test_an_error_survives_a_process_boundary() -> None:
    error = LiveError("No.", code="Throttling", outcome="unknown", retryable=True, hint="h", details={"a": 1})
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert other.as_dict() == error.as_dict()
        assert other.details == {"a": 1}


# --- redact ---

SECRET = "s3cr/et+=%&x"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower(),
        json.dumps(SECRET),
        repr(SECRET),
    ],
)
def test_a_secret_goes_in_every_way_of_writing_it(form: str) -> None:
    result = redact(f"before {form} after {form}", [SECRET])
    assert SECRET not in result
    assert form.strip("\"'") not in result
    assert result.startswith("before ")
    assert " after " in result


@pytest.mark.parametrize(
    ("text", "gone", "kept"),
    [
        ("Authorization: ACS3-HMAC-SHA256 Credential=k,Signature=f00d\nnext", ["f00d", "Credential"], ["next"]),
        ("{'Authorization': 'ACS3 f00d', 'Host': 'h'}", ["f00d"], ["'Host': 'h'"]),
        ('{"authorization":"Basic Zm9v","b":1}', ["Zm9v"], ['"b":1']),
        ('"{\\"Authorization\\": \\"Basic Zm9v\\", \\"b\\": 1}"', ["Zm9v"], ["b"]),
        ("Proxy-Authorization: Basic Zm9vOmJhcg==", ["Zm9v"], ["Proxy-Authorization"]),
        ("sent Basic Zm9vOmJhcg==", ["Zm9v"], ["sent"]),
        ("token: Bearer ey.J9", ["ey.J9"], ["token"]),
        ("Signature=f00d%3D rest", ["f00d"], ["rest"]),
        ("x-acs-security-token: CAIS0 rest", ["CAIS0"], ["rest"]),
        ("('x-acs-security-token', 'CAIS0')", [], []),
        ("SecurityToken=CAIS0&a=b", ["CAIS0"], []),
        ("AccessKeySecret: hush", ["hush"], []),
        ("OIDCToken=ey.J9", ["ey.J9"], []),
        ("GET https://sts.aliyuncs.com/?Action=A&OIDCToken=ey no", ["ey ", "Action"], ["sts.aliyuncs.com", " no"]),
        ("exceeded with url: /?Action=A&Signature=f00d (Caused by X)", ["f00d", "Action"], ["(Caused by X)"]),
        ("proxy http://user:p@ss@proxy:8080/ refused", ["p@ss", "user"], ["proxy:8080", "refused"]),
    ],
)
def test_what_looks_like_a_secret_goes_without_being_named(text: str, gone: list[str], kept: list[str]) -> None:
    result = redact(text, [])
    assert not [piece for piece in gone if piece in result]
    assert not [piece for piece in kept if piece not in result]


@pytest.mark.parametrize(
    "text",
    [
        "The signature of the request does not fit the access key.",
        "SignatureDoesNotMatch: Specified signature is not matched.",
        "Is PGM right? Look first.",
        "https://live.aliyuncs.com refused",
        "the bearer of news",
        "",
    ],
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert redact(text, ["", "  ", SECRET]) == text


def test_a_short_secret_goes_where_it_stands_alone_and_leaves_words_readable() -> None:
    assert redact("pw=ab about ab.", ["ab"]) == "pw=******** about ********."


def test_secrets_that_overlap_leave_no_piece_of_each_other() -> None:
    assert redact("<abcdefgh>", ["abcdef", "cdefgh"]) == "<********>"


def test_a_link_to_a_help_page_can_keep_its_query() -> None:
    link = "https://api.aliyun.com/troubleshoot?q=Throttling.User&product=live"
    assert errors.hide(link, [SECRET]) == link
    assert SECRET not in errors.hide(f"{link}&x={SECRET}", [SECRET])
    assert quote(SECRET) not in errors.hide(f"{link}&x={quote(SECRET)}", [SECRET])


secrets = st.text(min_size=4, max_size=30).filter(lambda secret: bool(secret.strip()))


@given(st.text(max_size=80), secrets, st.text(max_size=80))
@example("", "****", "")
@example("a", "**a*", "")
@example("", "(hidden)", "")
@example("", "hidd", "****")
@settings(max_examples=300)
def test_no_given_secret_is_ever_left(before: str, secret: str, after: str) -> None:
    encoded = quote(secret.encode("utf-8", "surrogatepass"), safe="")
    result = redact(f"{before}{secret} {encoded}{after}", [secret, "other-secret"])
    assert secret not in result
    assert encoded not in result


@given(st.text(max_size=120), st.lists(secrets, max_size=3))
def test_a_second_pass_finds_nothing_new(text: str, hidden: list[str]) -> None:
    assume(not any(piece in errors.MASK or "*" in piece for piece in hidden))
    once = redact(text, hidden)
    assert not any(piece in once for piece in hidden)
    assert redact(once, hidden) == once


# --- the house ---


def test_the_file_knows_nothing_of_ansible_or_the_network() -> None:
    tree = ast.parse(Path(errors.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    allowed = {"__future__", "json", "re", "collections.abc", "dataclasses", "typing", "urllib.parse"}
    assert names <= allowed
