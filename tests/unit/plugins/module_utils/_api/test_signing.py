# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of a signature, compared with vectors that were made by others."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api import signing
from hypothesis import given
from hypothesis import strategies as st

FIXTURES = Path(__file__).parents[1] / "fixtures"
VECTORS: list[dict[str, Any]] = [
    vector
    for name in ("vector_official.json", "vectors_public.json")
    for vector in json.loads((FIXTURES / name).read_text(encoding="utf-8"))["vectors"]
]
# What a client that signs without an access key id header would send itself.
PLAIN_HEADERS = {
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
}
UNRESERVED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")

TEXT = st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=30)
NAMES = st.text(alphabet="ABCab019.-_~ +*/%&=é摄", min_size=1, max_size=8)

every_vector = pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 11
    assert VECTORS[0]["name"] == "official_run_instances"


@every_vector
def test_the_parameters_become_the_query(vector: dict[str, Any]) -> None:
    flat = signing.flatten(vector["input"]["params"])

    assert flat == vector["expected"]["query"]
    assert signing.canonical_query(flat) == vector["expected"]["canonical_query"]


@every_vector
def test_the_body_has_the_hash_of_the_vector(vector: dict[str, Any]) -> None:
    assert vector["expected"]["body"] == ""
    assert vector["expected"]["payload_sha256"] == signing.EMPTY_BODY_HASH


@every_vector
def test_every_step_of_the_signature(vector: dict[str, Any]) -> None:
    given_, expected = vector["input"], vector["expected"]
    signed = signing.sign(
        method=given_["method"],
        path=given_["path"],
        query=expected["canonical_query"],
        headers=given_["headers"],
        body_hash=expected["payload_sha256"],
        key_id=given_["access_key_id"],
        key_secret=given_["access_key_secret"],
    )

    assert signed.signed_headers == expected["signed_headers"]
    assert expected["canonical_headers"] in signed.canonical_request
    assert signed.canonical_request == expected["canonical_request"]
    digest = hashlib.sha256(signed.canonical_request.encode()).hexdigest()
    assert digest == expected["canonical_request_sha256"]
    assert signed.string_to_sign == expected["string_to_sign"]
    assert signed.signature == expected["signature"]
    assert signed.authorization == expected["authorization"]


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if set(vector["input"]["headers"]) == PLAIN_HEADERS],
    ids=lambda vector: vector["name"],
)
def test_the_headers_of_a_request_are_those_of_the_vector(vector: dict[str, Any]) -> None:
    given_, expected = vector["input"], vector["expected"]
    headers = signing.signed_headers(
        host=given_["host"],
        action=given_["action"],
        version=given_["version"],
        date=given_["date"],
        nonce=given_["nonce"],
        query=expected["canonical_query"],
        key_id=given_["access_key_id"],
        key_secret=given_["access_key_secret"],
    )

    assert headers == {**given_["headers"], "authorization": expected["authorization"]}


def request_headers(**changes: Any) -> dict[str, str]:
    arguments: dict[str, Any] = {
        "host": "live.example.com",
        "action": "DescribeCasters",
        "version": "2016-11-01",
        "date": "2026-11-22T11:30:00Z",
        "nonce": "0123456789abcdef",
        "query": "",
        "key_id": "rehearsal-key",
        "key_secret": "rehearsal-secret",
    }
    return signing.signed_headers(**{**arguments, **changes})


def test_a_token_is_sent_and_signed() -> None:
    headers = request_headers(security_token="rehearsal-token")

    assert headers["x-acs-security-token"] == "rehearsal-token"
    assert "x-acs-security-token" in headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_there_is_no_header_for_one(token: str | None) -> None:
    assert "x-acs-security-token" not in request_headers(security_token=token)


@pytest.mark.parametrize(
    "change",
    [
        {"host": "live.example.com:8443"},
        {"action": "StopCasterScene"},
        {"version": "2016-11-02"},
        {"date": "2026-11-22T11:30:01Z"},
        {"nonce": "1123456789abcdef"},
        {"query": "CasterId=studio-main"},
        {"key_secret": "rehearsal-secret2"},
        {"security_token": "rehearsal-token"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_a_request_is_signed(change: dict[str, str]) -> None:
    signature = request_headers()["authorization"].rsplit("Signature=", 1)[1]

    assert request_headers(**change)["authorization"].rsplit("Signature=", 1)[1] != signature


def test_the_secret_is_in_no_header() -> None:
    assert "rehearsal-secret" not in str(request_headers())


@pytest.mark.parametrize(
    ("parameters", "flat"),
    [
        ({}, {}),
        ({"Name": "value"}, {"Name": "value"}),
        ({"Empty": ""}, {"Empty": ""}),
        ({"Absent": None, "Name": "value"}, {"Name": "value"}),
        ({"Yes": True, "No": False}, {"Yes": "true", "No": "false"}),
        ({"Whole": 7, "Part": 1.0, "Zero": 0}, {"Whole": "7", "Part": "1.0", "Zero": "0"}),
        ({"Id": ["a", "b"]}, {"Id.1": "a", "Id.2": "b"}),
        ({"Id": ("a", "b")}, {"Id.1": "a", "Id.2": "b"}),
        ({"Id": ["a", None, "c"]}, {"Id.1": "a", "Id.2": "c"}),
        ({"Id": [None]}, {}),
        ({"Id": [], "Map": {}}, {}),
        ({"Tag": [{"Key": "show", "Value": None}]}, {"Tag.1.Key": "show"}),
        ({"Layer": {"Positions": [0.5, [True]]}}, {"Layer.Positions.1": "0.5", "Layer.Positions.2.1": "true"}),
    ],
)
def test_flattening(parameters: dict[str, Any], flat: dict[str, str]) -> None:
    assert signing.flatten(parameters) == flat


@given(st.lists(st.one_of(st.none(), st.text("ab", max_size=2))))
def test_a_list_is_numbered_from_one_without_holes(items: list[str | None]) -> None:
    kept = [item for item in items if item is not None]

    flat = signing.flatten({"Id": items})

    assert flat == {f"Id.{number}": item for number, item in enumerate(kept, start=1)}


@given(st.dictionaries(TEXT, TEXT, max_size=6))
def test_a_query_can_be_read_back_exactly(flat: dict[str, str]) -> None:
    query = signing.canonical_query(flat)

    pairs = [pair.split("=") for pair in query.split("&")] if flat else []
    assert {unquote(name, errors="strict"): unquote(value, errors="strict") for name, value in pairs} == flat
    assert len(pairs) == len(flat)


@given(st.dictionaries(TEXT, TEXT, max_size=6))
def test_a_query_has_nothing_but_unreserved_characters_and_upper_case_escapes(flat: dict[str, str]) -> None:
    rest = signing.canonical_query(flat)

    assert "+" not in rest
    for piece in rest.replace("&", "=").split("="):
        plain, *escapes = piece.split("%")
        assert set(plain) <= UNRESERVED
        for escape in escapes:
            assert escape[:2] == escape[:2].upper()
            assert set(escape[:2]) <= set("0123456789ABCDEF")
            assert set(escape[2:]) <= UNRESERVED


@given(st.dictionaries(NAMES, TEXT, max_size=8))
def test_a_query_is_in_the_order_of_its_names(flat: dict[str, str]) -> None:
    query = signing.canonical_query(flat)

    names = [unquote(pair.split("=")[0]) for pair in query.split("&")] if flat else []
    assert names == sorted(flat)


def test_names_are_sorted_alone_and_not_together_with_their_values() -> None:
    query = signing.canonical_query({"Item.1": "", "Item": "z", "Item-2": ""})

    assert query == "Item=z&Item-2=&Item.1="
