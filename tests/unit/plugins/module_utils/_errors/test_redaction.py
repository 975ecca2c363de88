# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No text holds a secret, in whatever way it may be written."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.apsara.live.plugins.module_utils._errors.redaction import MASK, hide, quoted, redact
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("studio one", "'studio one'"),
        ("Stage #1?", "'Stage #1?'"),
        ("a\nb\x1b[2J\ud800", r"'a\nb\x1b[2J\ud800'"),
        ("s" * 80, f"'{'s' * 80}'"),
        ("s" * 81, f"'{'s' * 80}...'"),
        (-30, "-30"),
        ({"empty": True}, "{'empty': True}"),
        ("https://ops:rehearsal-word@proxy:1/x", "'https://********@proxy:1/x'"),
        ("ops:rehearsal-word@proxy:1", "'********@proxy:1'"),
        ("proxy/?Signature=f00d", "'proxy/?********'"),
    ],
)
def test_a_value_in_a_message_is_short_and_plain(value: object, words: str) -> None:
    assert quoted(value) == words


def test_secrets_that_overlap_leave_no_piece_of_each_other() -> None:
    assert redact("<abcdefgh>", ["abcdef", "cdefgh"]) == "<********>"


def test_a_link_to_a_help_page_can_keep_its_query() -> None:
    link = "https://api.aliyun.com/troubleshoot?q=Throttling.User&product=live"
    assert hide(link, [SECRET]) == link
    assert SECRET not in hide(f"{link}&x={SECRET}", [SECRET])
    assert quote(SECRET) not in hide(f"{link}&x={quote(SECRET)}", [SECRET])


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
    assume(not any(piece in MASK or "*" in piece for piece in hidden))
    once = redact(text, hidden)
    assert not any(piece in once for piece in hidden)
    assert redact(once, hidden) == once


@pytest.mark.parametrize(
    ("secrets", "left"),
    [(["****"], "(hidden)"), (["****", "hidden"], "########"), (["****", "hidden", "####"], "")],
)
def test_a_mask_never_spells_a_secret(secrets: list[str], left: str) -> None:
    assert hide("said abcd", ["abcd", *secrets]) == left


# No two of its ways of writing are the same.
AWKWARD = " p/ä\"\\!*'()+~ "


@pytest.mark.parametrize(
    "written",
    [
        AWKWARD,
        "%20p%2F%C3%A4%22%5C%21%2A%27%28%29%2B~%20",
        "%20p/%C3%A4%22%5C%21%2A%27%28%29%2B~%20",
        "+p%2F%C3%A4%22%5C%21%2A%27%28%29%2B~+",
        "%20p%2F%C3%A4%22%5C!*'()%2B~%20",
        "%20p%2f%c3%a4%22%5c%21%2a%27%28%29%2b~%20",
        " p/\\u00e4\\\"\\\\!*'()+~ ",
        " p/ä\\\"\\\\!*'()+~ ",
        " p/ä\"\\\\!*\\'()+~ ",
        "p/ä\"\\!*'()+~",
    ],
)
def test_each_way_of_writing_a_secret_is_hidden_whole(written: str) -> None:
    assert hide(f"<{written}>", [AWKWARD]) == f"<{MASK}>"


def test_half_a_surrogate_pair_in_a_secret_is_no_trouble() -> None:
    assert hide("<\ud800abc> <%ED%A0%80abc>", ["\ud800abc"]) == f"<{MASK}> <{MASK}>"


@pytest.mark.parametrize(
    ("text", "secrets", "left"),
    [
        ("abcd tail", ["abcd"], f"{MASK} tail"),
        ("abcd-abcd-abcd", ["abcd"], f"{MASK}-{MASK}-{MASK}"),
        ("aaaaa", ["aaaa"], MASK),
        ("xabcdx", [" abcd "], f"x{MASK}x"),
        ("a cat", ["   a   "], "a cat"),
        ("a-b", ["b", "a-b"], MASK),
    ],
)
def test_what_is_left_around_a_secret(text: str, secrets: list[str], left: str) -> None:
    assert hide(text, secrets) == left
