# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every refusal of an option comes before the first call and says in a sentence what is wrong."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.apsara.live.plugins.module_utils._api.endpoint import Endpoint, parse_endpoint
from ansible_collections.apsara.live.plugins.module_utils._api.transport import COLLECTION_VERSION
from ansible_collections.apsara.live.plugins.module_utils._errors.error import LiveError
from ansible_collections.apsara.live.plugins.module_utils._modules import connection as door
from ansible_collections.apsara.live.plugins.module_utils._modules.definition import Request
from ansible_collections.apsara.live.plugins.module_utils._studio.plan import CopyWish, Expectation
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from hypothesis import given
from hypothesis import strategies as st

stop_options = definitions()["caster_scene_stop"].request  # type: ignore[attr-defined]
copy_options = definitions()["caster_scene_config_copy"].request  # type: ignore[attr-defined]
caster_info_options = definitions()["caster_info"].request  # type: ignore[attr-defined]
scene_info_options = definitions()["caster_scene_info"].request  # type: ignore[attr-defined]

Reader = Callable[[dict[str, Any]], Any]


def connection(params: dict[str, Any], environ: dict[str, str] | None = None) -> door.ConnectionOptions:
    return door.connection_options(params, environ or {}, "2.19.0")


def refusal(read: Reader, params: dict[str, Any], option: str, why: str = "") -> LiveError:
    with pytest.raises(LiveError) as caught:
        read(params)
    error = caught.value
    assert error.code == "InvalidOption"
    assert error.outcome == "refused"
    assert error.option == option.partition(".")[0]
    assert error.message.startswith(f"The option {option} cannot be used: {why}")
    assert error.message.endswith(" Nothing was sent.")
    # What to do, in more words than "correct it".
    assert error.hint
    assert error.hint != "Correct the option and run the task again."
    return error


STOP = {"caster_id": "studio-main"}
BLIND = {"check_first": False, "from_scene_id": "scene-pvw", "to_scene_id": "scene-pgm"}

# (reader, option, other options that it needs)
IDS: list[tuple[Reader, str]] = [
    (stop_options, "caster_id"),
    (stop_options, "scene_id"),
    (copy_options, "caster_id"),
    (copy_options, "from_scene_id"),
    (copy_options, "to_scene_id"),
    (caster_info_options, "caster_id"),
    (scene_info_options, "caster_id"),
    (scene_info_options, "scene_id"),
    (connection, "region_id"),
]
every_id = pytest.mark.parametrize(("read", "option"), IDS)
REQUIRED = [pair for pair in IDS if pair[1] == "caster_id" and pair[0] is not caster_info_options]
NOT_REQUIRED = [pair for pair in IDS if pair not in REQUIRED]


# --- ids ---


@every_id
def test_a_blank_id(read: Reader, option: str) -> None:
    for value in [" ", "   ", "\t", "\n", "\u00a0", "\u3000"]:
        refusal(read, {**STOP, option: value}, option, "it is blank")


@every_id
def test_an_id_with_control_characters(read: Reader, option: str) -> None:
    for value in ["a\x00b", "a\x1fb", "a\x7fb", "a\x85b", "a\x9fb", "a\x1b[31mb", "a\nb", "a\tb"]:
        refusal(read, {**STOP, option: value}, option, "it has control characters")


@every_id
def test_an_id_that_is_no_text(read: Reader, option: str) -> None:
    for value in ["a\ud800b", "\udcff"]:
        refusal(read, {**STOP, option: value}, option, "it has characters that are no text")


@every_id
def test_an_id_with_a_blank_inside(read: Reader, option: str) -> None:
    for value in ["a b", "a\u00a0b", "a\u2028b"]:
        refusal(read, {**STOP, option: value}, option, "it has a blank inside")


@every_id
def test_an_id_that_is_too_long(read: Reader, option: str) -> None:
    read({**STOP, option: "x" * 128})
    refusal(read, {**STOP, option: "x" * 129}, option, "it is longer than 128 characters")


@every_id
def test_the_blanks_around_an_id_are_dropped(read: Reader, option: str) -> None:
    assert "'studio-1'" in repr(read({**STOP, option: " studio-1\n"}))


@pytest.mark.parametrize(("read", "option"), REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_an_id_that_must_be_given(read: Reader, option: str, value: str | None) -> None:
    refusal(read, {option: value}, option, "it is empty")
    refusal(read, {}, option, "it is empty")


@pytest.mark.parametrize(("read", "option"), NOT_REQUIRED)
def test_an_empty_string_means_not_given(read: Reader, option: str) -> None:
    base = {name: value for name, value in STOP.items() if name != option}

    assert read({**base, option: ""}) == read({**base, option: None}) == read(base)


def test_a_name_may_have_blanks_but_no_control_characters() -> None:
    assert caster_info_options({"caster_name": "Main stage 主舞台"}).caster_name == "Main stage 主舞台"
    assert caster_info_options({"caster_name": ""}).caster_name is None
    refusal(caster_info_options, {"caster_name": "a\nb"}, "caster_name", "it has control characters")
    refusal(caster_info_options, {"caster_name": "a\ud800"}, "caster_name", "it has characters that are no")


# --- a stop ---


def test_the_defaults_of_a_stop() -> None:
    assert stop_options(STOP) == Request("studio-main", None, True, True, 30.0, None)


def test_a_stop_without_reading_needs_the_scene() -> None:
    error = refusal(stop_options, {**STOP, "check_first": False}, "scene_id", "it is not given, and with")

    assert error.hint == "Give scene_id, or leave check_first at true."
    assert not stop_options({**STOP, "check_first": False, "scene_id": "s"}).check_first


# --- a take ---


def test_the_defaults_of_a_take() -> None:
    assert copy_options(STOP) == Request("studio-main", CopyWish(), True, True, 30.0, None)


@pytest.mark.parametrize("missing", ["from_scene_id", "to_scene_id"])
def test_a_take_without_reading_needs_both_scenes(missing: str) -> None:
    refusal(copy_options, {**STOP, **BLIND, missing: ""}, missing, "it is not given, and with")


def test_a_take_without_reading_compares_nothing() -> None:
    refusal(
        copy_options,
        {**STOP, **BLIND, "expect": {"layout_id": "layout-a"}},
        "expect",
        "with check_first set to false nothing is read",
    )
    assert copy_options({**STOP, **BLIND, "expect": {"layout_id": ""}}).wish.expectation is None


def test_a_take_without_reading_goes_not_from_a_scene_to_itself() -> None:
    refusal(copy_options, {**STOP, **BLIND, "to_scene_id": "scene-pvw"}, "to_scene_id", "it names the same scene")


@pytest.mark.parametrize(
    ("expect", "expectation"),
    [
        (None, None),
        ({}, None),
        ({"layout_id": None, "component_ids": None, "empty": None}, None),
        ({"layout_id": ""}, None),
        ({"layout_id": "layout-a"}, Expectation(layout_id="layout-a")),
        ({"component_ids": []}, Expectation(component_ids=())),
        ({"component_ids": ["a", "b"]}, Expectation(component_ids=("a", "b"))),
        ({"empty": True}, Expectation(empty=True)),
        ({"empty": False}, Expectation(empty=False)),
        ({"empty": True, "layout_id": ""}, Expectation(empty=True)),
        ({"empty": True, "component_ids": []}, Expectation(component_ids=(), empty=True)),
        ({"empty": False, "layout_id": "layout-a"}, Expectation(layout_id="layout-a", empty=False)),
    ],
)
def test_what_is_expected(expect: Any, expectation: Expectation | None) -> None:
    assert copy_options({**STOP, "expect": expect}).wish.expectation == expectation


@pytest.mark.parametrize("more", [{"layout_id": "layout-a"}, {"component_ids": ["a"]}])
def test_an_empty_program_shows_nothing_else(more: dict[str, Any]) -> None:
    refusal(copy_options, {**STOP, "expect": {"empty": True, **more}}, "expect", "empty excludes layout_id")


@pytest.mark.parametrize(
    ("expect", "option", "why"),
    [
        ({"layout_id": " "}, "expect.layout_id", "it is blank"),
        ({"layout_id": "a\x07"}, "expect.layout_id", "it has control characters"),
        ({"component_ids": [""]}, "expect.component_ids", "it is empty"),
        ({"component_ids": [None]}, "expect.component_ids", "it is empty"),
        ({"component_ids": ["a", "x" * 129]}, "expect.component_ids", "it is longer than 128 characters"),
        ({"component_ids": ["a b"]}, "expect.component_ids", "it has a blank inside"),
    ],
)
def test_what_cannot_be_expected(expect: Any, option: str, why: str) -> None:
    refusal(copy_options, {**STOP, "expect": expect}, option, why)


# --- the cue ---


def test_a_cue() -> None:
    cue = copy_options({**STOP, "at": " 2026-11-22T19:30:00+08:00 "}).cue

    assert cue is not None
    assert (cue.moment, cue.text, cue.max_late, cue.max_wait) == (
        1795347000.0,
        "2026-11-22T19:30:00+08:00",
        5.0,
        900.0,
    )


@pytest.mark.parametrize("value", [None, ""])
def test_no_cue(value: str | None) -> None:
    assert copy_options({**STOP, "at": value}).cue is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("2026-11-22T19:30:00", "it must be an RFC 3339 time with a zone, such as 2026-11-22T19:30:00+08:00"),
        (" ", "it must be an RFC 3339 time with a zone"),
        ("2026-13-22T19:30:00Z", "it is not a time that exists"),
    ],
)
def test_a_cue_that_is_none(value: str, why: str) -> None:
    refusal(copy_options, {**STOP, "at": value}, "at", why)


@pytest.mark.parametrize("option", ["max_late", "max_wait"])
def test_the_limits_of_a_cue(option: str) -> None:
    params = {**STOP, "at": "2026-11-22T19:30:00Z"}

    assert getattr(copy_options({**params, option: 0}).cue, option) == 0
    assert getattr(copy_options({**params, option: 12.5}).cue, option) == 12.5
    for value in (-1, -0.001, math.nan, math.inf, -math.inf, 1e300):
        refusal(copy_options, {**params, option: value}, option)
        # Also where there is no cue to which it could apply.
        refusal(copy_options, {**STOP, option: value}, option)


# --- what was given ---


@pytest.mark.parametrize(
    ("read", "params", "given"),
    [
        (copy_options, {"at": "19:30"}, "'19:30'"),
        (copy_options, {"at": "2026-02-30T19:30:00Z"}, "'2026-02-30T19:30:00Z'"),
        (stop_options, {"caster_id": "studio one"}, "'studio one'"),
        (stop_options, {"scene_id": "scene\x1b[2J"}, r"'scene\x1b[2J'"),
        (stop_options, {"scene_id": "s" * 200}, f"'{'s' * 80}...'"),
        (copy_options, {"expect": {"component_ids": ["a", "b c"]}}, "'b c'"),
        (connection, {"ca_path": "/nowhere/ca.pem"}, "'/nowhere/ca.pem'"),
        (connection, {"endpoint": "live.example.com:port"}, "'live.example.com:port'"),
        (connection, {"endpoint": "https://user:word@live.example.com"}, "'https://********@live.example.com'"),
        (connection, {"endpoint": "user:word@live.example.com/x"}, "'********@live.example.com/x'"),
        (connection, {"endpoint": "https://l.example.com/?Signature=word&x=1"}, "'https://l.example.com/?********'"),
    ],
)
def test_a_refusal_shows_what_was_given(read: Reader, params: dict[str, Any], given: str) -> None:
    with pytest.raises(LiveError) as caught:
        read({**STOP, **params})

    assert f". Given was {given}. Nothing was sent." in caught.value.message


# --- times ---

TIMES: list[tuple[Reader, str]] = [
    (connection, "connect_timeout"),
    (connection, "read_timeout"),
    (connection, "api_deadline"),
    (stop_options, "wait_timeout"),
    (copy_options, "wait_timeout"),
]


@pytest.mark.parametrize(("read", "option"), TIMES)
def test_a_time_that_is_none(read: Reader, option: str) -> None:
    for value in [0, 0.0, -0.0, -1, -0.001, math.nan, math.inf, -math.inf]:
        error = refusal(read, {**STOP, option: value}, option)

        assert f"{value:g} is not a time in seconds" in error.message


@pytest.mark.parametrize(("read", "option"), TIMES)
def test_a_time_that_no_clock_could_hold(read: Reader, option: str) -> None:
    for value in [604801, 1e10, 1e300]:
        read({**STOP, option: 604800})
        assert "is longer than a week" in refusal(read, {**STOP, option: value}, option).message


@pytest.mark.parametrize(("read", "option"), TIMES)
def test_a_short_time(read: Reader, option: str) -> None:
    assert "0.25" in repr(read({**STOP, option: 0.25}))


# --- the connection ---


def test_the_defaults_of_a_connection() -> None:
    found = connection({})

    assert found.endpoint == Endpoint("https://live.aliyuncs.com", "live.aliyuncs.com")
    assert found.api_deadline == 120.0
    assert found.region_id is None
    assert found.transport.connect_timeout == 10.0
    assert found.transport.read_timeout == 60.0
    assert found.transport.verify is True
    assert found.transport.proxy is None
    assert found.transport.user_agent.endswith(" ansible-core/2.19.0 apsara.live/" + COLLECTION_VERSION)


def test_empty_strings_are_not_given() -> None:
    blank = {"endpoint": "", "region_id": "", "ca_path": "", "proxy": ""}
    environ = {"ALIBABA_CLOUD_LIVE_ENDPOINT": "", "ALIBABA_CLOUD_REGION_ID": "", "ALICLOUD_REGION": ""}

    assert connection(blank, environ) == connection({})


def test_options_come_before_the_environment() -> None:
    environ = {"ALIBABA_CLOUD_LIVE_ENDPOINT": "env.example.com", "ALICLOUD_REGION": "cn-beijing"}

    assert connection({}, environ).endpoint.host == "env.example.com"
    assert connection({}, environ).region_id == "cn-beijing"
    assert connection({"endpoint": "", "region_id": ""}, environ).region_id == "cn-beijing"
    given_ = connection({"endpoint": "own.example.com", "region_id": "cn-shanghai"}, environ)
    assert (given_.endpoint.host, given_.region_id) == ("own.example.com", "cn-shanghai")


def test_the_first_variable_that_is_not_empty_gives_the_region() -> None:
    environ = {"ALIBABA_CLOUD_REGION_ID": "cn-shanghai", "ALICLOUD_REGION": "cn-beijing"}

    assert connection({}, environ).region_id == "cn-shanghai"
    assert connection({}, {**environ, "ALIBABA_CLOUD_REGION_ID": ""}).region_id == "cn-beijing"


def test_certificates(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")

    assert connection({"ca_path": str(bundle)}).transport.verify == str(bundle)
    assert connection({"ca_path": str(bundle), "validate_certs": False}).transport.verify is False
    assert connection({"validate_certs": True}).transport.verify is True
    refusal(connection, {"ca_path": str(tmp_path / "none.pem")}, "ca_path", "no such file or directory")


def test_a_bundle_that_is_a_pipe_is_refused_before_anybody_waits_for_it(tmp_path: Path) -> None:
    pipe, bundle = tmp_path / "pipe", tmp_path / "ca.pem"
    os.mkfifo(pipe)
    bundle.write_text("")

    refusal(connection, {"ca_path": str(pipe)}, "ca_path", f"{pipe} is a pipe and not a regular file")
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        with pytest.raises(LiveError, match=f"The variable {variable} cannot be used: .*is a pipe"):
            connection({}, {variable: str(pipe)})
        assert connection({"ca_path": str(bundle)}, {variable: str(pipe)}).transport.verify == str(bundle)
    assert connection({}, {"REQUESTS_CA_BUNDLE": str(tmp_path)}).transport.verify is True


@pytest.mark.parametrize(
    "value",
    ["http://proxy.example.com:3128", "https://proxy.example.com", "http://user:word@127.0.0.1:1", " http://p "],
)
def test_a_proxy(value: str) -> None:
    assert connection({"proxy": value}).transport.proxy == value.strip()


@pytest.mark.parametrize(
    "value",
    [
        "proxy.example.com:3128",
        "ftp://p",
        "socks5://p",
        "http://",
        "http:///",
        "://p",
        "http://a b",
        " ",
        "http://proxy:word",
        "http://[::1",
        "http://user:word@",
        "http://:3128",
    ],
)
def test_a_proxy_that_is_none(value: str) -> None:
    error = refusal(connection, {"proxy": value}, "proxy", "it must be a URL such as http://proxy.example.com:3128")

    assert "word" not in error.message


# --- the endpoint ---


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("live.aliyuncs.com", "https://live.aliyuncs.com", "live.aliyuncs.com"),
        ("LIVE.Aliyuncs.Com", "https://live.aliyuncs.com", "live.aliyuncs.com"),
        ("live.aliyuncs.com:443", "https://live.aliyuncs.com", "live.aliyuncs.com"),
        ("live.aliyuncs.com:8443", "https://live.aliyuncs.com:8443", "live.aliyuncs.com:8443"),
        ("https://live.aliyuncs.com", "https://live.aliyuncs.com", "live.aliyuncs.com"),
        ("https://live.aliyuncs.com/", "https://live.aliyuncs.com", "live.aliyuncs.com"),
        ("HTTPS://live.aliyuncs.com:443/", "https://live.aliyuncs.com", "live.aliyuncs.com"),
        ("https://10.0.0.1:8443", "https://10.0.0.1:8443", "10.0.0.1:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("localhost:8080", "https://localhost:8080", "localhost:8080"),
        ("http://localhost:8080", "http://localhost:8080", "localhost:8080"),
        ("http://LOCALHOST", "http://localhost", "localhost"),
        ("http://127.0.0.1:80", "http://127.0.0.1", "127.0.0.1"),
        ("http://127.1.2.3:8080/", "http://127.1.2.3:8080", "127.1.2.3:8080"),
        ("http://[::1]:8080", "http://[::1]:8080", "[::1]:8080"),
        ("https://127.0.0.1:80", "https://127.0.0.1:80", "127.0.0.1:80"),
        ("live_test.example.com", "https://live_test.example.com", "live_test.example.com"),
    ],
)
def test_an_endpoint(text: str, url: str, host: str) -> None:
    assert parse_endpoint(text) == Endpoint(url, host)


PLAIN = "plain http is allowed on loopback only, since a request carries credentials; use https"
NO_URL = "it is not a URL"
ENDS = "it must end after the host name or port"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://live.aliyuncs.com", PLAIN),
        ("http://10.0.0.1", PLAIN),
        ("http://127.0.0.1.example.com", PLAIN),
        ("http://localhost.example.com", PLAIN),
        ("http://[2001:db8::1]", PLAIN),
        ("http://0.0.0.0:8080", PLAIN),
        ("http://2130706433", PLAIN),
        ("https://user@live.aliyuncs.com", "it must not hold a user name or password"),
        ("https://user:word@live.aliyuncs.com", "it must not hold a user name or password"),
        ("https://@live.aliyuncs.com", "it must not hold a user name or password"),
        ("http://localhost@live.aliyuncs.com", "it must not hold a user name or password"),
        ("https://live.aliyuncs.com/v1", ENDS),
        ("https://live.aliyuncs.com//", ENDS),
        ("https://live.aliyuncs.com?x=1", ENDS),
        ("https://live.aliyuncs.com/?word", ENDS),
        ("https://live.aliyuncs.com#x", ENDS),
        ("live.aliyuncs.com/path", ENDS),
        ("", NO_URL),
        ("https://", NO_URL),
        ("https:///", NO_URL),
        ("ftp://live.aliyuncs.com", NO_URL),
        ("file:///etc/passwd", NO_URL),
        ("://live.aliyuncs.com", NO_URL),
        ("live aliyuncs com", NO_URL),
        ("live.aliyuncs.com\n.example.com", NO_URL),
        ("https://live.aliyuncs.com:port", NO_URL),
        ("https://live.aliyuncs.com:99999", NO_URL),
        ("https://live.aliyuncs.com:0", NO_URL),
        ("https://[::1", NO_URL),
        ("https://::1", NO_URL),
        ("https://[::1]x", NO_URL),
        ("https://live%2ealiyuncs.com", NO_URL),
        ("https://live.aliyuncs.com,other.example.com", NO_URL),
        ("https://live..aliyuncs.com", NO_URL),
        ("https://.aliyuncs.com", NO_URL),
        ("https://-", NO_URL),
        ("https://" + "a" * 64 + ".com", NO_URL),
        ("https://bücher.example.com", NO_URL),
        ("https://live.aliyuncs.com\x00", NO_URL),
        ("https://live.aliyuncs.com\x7f", NO_URL),
        ("https://live\\aliyuncs.com", NO_URL),
        ("https://{{ endpoint }}", NO_URL),
    ],
)
def test_an_endpoint_that_is_none(text: str, why: str) -> None:
    with pytest.raises(LiveError) as caught:
        parse_endpoint(text)

    assert caught.value.option == "endpoint"
    assert caught.value.message.startswith(f"The option endpoint cannot be used: {why}. Given was ")
    assert caught.value.message.endswith(". Nothing was sent.")
    assert "word" not in caught.value.message.replace("user name or password", "")
    assert caught.value.code == "InvalidOption"
    assert caught.value.outcome == "refused"
    assert "live.aliyuncs.com" in str(caught.value.hint)


@given(st.text(max_size=20) | st.text(alphabet="abc.:/@[]?#%\\ 127", max_size=20).map(lambda text: f"http://{text}"))
def test_any_text_is_an_endpoint_or_a_sentence(text: str) -> None:
    try:
        found = parse_endpoint(text)
    except LiveError as error:
        assert error.code == "InvalidOption"
    else:
        assert found.url.endswith(f"://{found.host}")
        if found.url.startswith("http:"):
            assert found.host.startswith(("127.", "localhost", "[::1]"))
