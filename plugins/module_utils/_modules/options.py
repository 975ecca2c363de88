# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Are the task's options usable, and what do they mean? Pure; every refusal comes before the first call."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from .._api.endpoint import DEFAULT_ENDPOINT, Endpoint, parse_endpoint, proxy_is_usable
from .._api.transport import TransportOptions
from .._credentials.environment import from_environment
from .._credentials.files import kind_in_place, shown
from .._errors.error import LiveError, invalid_option
from .._studio.fingerprint import is_fingerprint
from .._studio.plan import CopyWish, Expectation

if TYPE_CHECKING:
    from .._studio.cue import Cue

_LONGEST_ID = 128
_TYPED = "Type it anew, or copy it without what stands around it."
_IDS_HINT = "Give the id as the console, caster_info or caster_scene_info shows it."
# To hide what is shorter would make every output unreadable and protect nothing.
_SHORTEST_SECRET = 4
# A week, in seconds: no task waits longer, and beyond some years no clock of this machine could hold it.
_LONGEST_TIME = 7 * 24 * 3600.0
_NEEDS_BUNDLE = "Give the path of a CA bundle that can be read."


class ConnectionOptions(NamedTuple):
    """How the service is reached. `api_deadline` is in seconds."""

    endpoint: Endpoint
    transport: TransportOptions
    api_deadline: float
    region_id: str | None


class StopOptions(NamedTuple):
    """The options of a stop; `wait_timeout` is in seconds."""

    caster_id: str
    scene_id: str | None
    check_first: bool
    wait: bool
    wait_timeout: float


class CopyOptions(NamedTuple):
    """The options of a take; `wait_timeout` is in seconds."""

    caster_id: str
    wish: CopyWish
    check_first: bool
    wait: bool
    wait_timeout: float
    cue: Cue | None


class CasterInfoOptions(NamedTuple):
    """The filters of caster_info; None means no filter."""

    caster_id: str | None
    caster_name: str | None
    status: str | None


class SceneInfoOptions(NamedTuple):
    """The options of caster_scene_info."""

    caster_id: str
    scene_id: str | None
    audio: bool
    content: bool


def connection_options(params: Mapping[str, Any], environ: Mapping[str, str], user_agent: str) -> ConnectionOptions:
    """Read the connection options. Raises LiveError (InvalidOption)."""
    endpoint = _text(params, "endpoint") or from_environment("endpoint", environ) or DEFAULT_ENDPOINT
    ca_path = _text(params, "ca_path")
    if ca_path is not None and not os.path.exists(ca_path):
        raise invalid("ca_path", "no such file or directory", _NEEDS_BUNDLE, value=ca_path)
    _check_bundle(ca_path, environ)
    verify: bool | str = False if params.get("validate_certs") is False else ca_path or True
    return ConnectionOptions(
        endpoint=parse_endpoint(endpoint.strip()),
        transport=TransportOptions(
            connect_timeout=_seconds(params, "connect_timeout", 10.0),
            read_timeout=_seconds(params, "read_timeout", 60.0),
            verify=verify,
            proxy=_proxy(params),
            user_agent=user_agent,
        ),
        api_deadline=_seconds(params, "api_deadline", 120.0),
        region_id=_identifier("region_id", _text(params, "region_id") or from_environment("region_id", environ)),
    )


def _check_bundle(ca_path: str | None, environ: Mapping[str, str]) -> None:
    """Refuse a CA bundle that is no file: whoever opened a pipe would wait until api_deadline."""
    variables = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    named = [("ca_path", ca_path), *((name, environ.get(name)) for name in variables)]
    what, path = next(((what, path) for what, path in named if path), ("", ""))
    kind = kind_in_place(path) if path else None
    if kind in (None, "a directory"):
        return
    words = f"{shown(str(path))} is {kind} and not a regular file"
    if what == "ca_path":
        raise invalid(what, words, _NEEDS_BUNDLE)
    raise invalid_option(f"The variable {what} cannot be used: {words}. Nothing was sent.", _NEEDS_BUNDLE)


def passwords_in(params: Mapping[str, Any]) -> list[str]:
    """The passwords that stand in addresses among the options, where they may be and where they may not."""
    found: list[str] = []
    for option in ("endpoint", "proxy"):
        address = _text(params, option) or ""
        user = (address.partition("//")[2] or address).rpartition("@")[0]
        password = user.partition(":")[2]
        found += [password, unquote(password)]
    return [password for password in found if len(password) >= _SHORTEST_SECRET]


def stop_options(params: Mapping[str, Any]) -> StopOptions:
    """Read the options of caster_scene_stop. Raises LiveError (InvalidOption)."""
    options = StopOptions(
        caster_id=_required_id(params, "caster_id"),
        scene_id=_identifier("scene_id", _text(params, "scene_id")),
        check_first=params.get("check_first") is not False,
        wait=params.get("wait") is not False,
        wait_timeout=_seconds(params, "wait_timeout", 30),
    )
    if not options.check_first and options.scene_id is None:
        raise _needed_without_reading("scene_id")
    return options


def copy_options(params: Mapping[str, Any]) -> CopyOptions:
    """Read the options of caster_scene_config_copy. Raises LiveError (InvalidOption)."""
    options = CopyOptions(
        caster_id=_required_id(params, "caster_id"),
        wish=CopyWish(
            from_scene_id=_identifier("from_scene_id", _text(params, "from_scene_id")),
            to_scene_id=_identifier("to_scene_id", _text(params, "to_scene_id")),
            force=bool(params.get("force")),
            allow_empty=bool(params.get("allow_empty")),
            expectation=_expectation("expect", params.get("expect")),
            preview_expectation=_expectation("expect_preview", params.get("expect_preview")),
        ),
        check_first=params.get("check_first") is not False,
        wait=params.get("wait") is not False,
        wait_timeout=_seconds(params, "wait_timeout", 30),
        cue=_cue(params),
    )
    if not options.check_first:
        _check_blind_copy(options.wish)
    return options


def caster_info_options(params: Mapping[str, Any]) -> CasterInfoOptions:
    """Read the options of caster_info. Raises LiveError (InvalidOption)."""
    return CasterInfoOptions(
        caster_id=_identifier("caster_id", _text(params, "caster_id")),
        caster_name=_clean("caster_name", _text(params, "caster_name")),
        status=_text(params, "status"),
    )


def scene_info_options(params: Mapping[str, Any]) -> SceneInfoOptions:
    """Read the options of caster_scene_info. Raises LiveError (InvalidOption)."""
    return SceneInfoOptions(
        caster_id=_required_id(params, "caster_id"),
        scene_id=_identifier("scene_id", _text(params, "scene_id")),
        audio=bool(params.get("audio")),
        content=bool(params.get("content")),
    )


def invalid(option: str, why: str, hint: str | None = None, *, value: object = None) -> LiveError:
    """The refusal of one option. `value` is what was given, for options that never hold a secret."""
    given = ""
    if value is not None:
        # Loading costs time in every new process, and a task that goes well does without.
        from .._errors.redaction import quoted

        given = f" Given was {quoted(value)}."
    name = option.partition(".")[0]
    return invalid_option(f"The option {option} cannot be used: {why}.{given} Nothing was sent.", hint, name)


def _check_blind_copy(wish: CopyWish) -> None:
    for option, value in (("from_scene_id", wish.from_scene_id), ("to_scene_id", wish.to_scene_id)):
        if value is None:
            raise _needed_without_reading(option)
    for option, expectation in (("expect", wish.expectation), ("expect_preview", wish.preview_expectation)):
        if expectation is not None:
            raise invalid(
                option,
                "with check_first set to false nothing is read, so nothing can be compared",
                f"Leave out {option}, or leave check_first at true.",
            )
    if wish.from_scene_id == wish.to_scene_id:
        hint = "Give the preview as from_scene_id and the program as to_scene_id."
        raise invalid("to_scene_id", "it names the same scene as from_scene_id", hint, value=wish.to_scene_id)


def _needed_without_reading(option: str) -> LiveError:
    return invalid(
        option,
        "it is not given, and with check_first set to false nothing is read from which it could be told",
        f"Give {option}, or leave check_first at true.",
    )


def _expectation(option: str, expect: Any) -> Expectation | None:
    """What a scene must show. A mapping that says nothing counts as not given."""
    if not expect:
        return None
    layout_id = _identifier(f"{option}.layout_id", _text(expect, "layout_id"))
    components = expect.get("component_ids")
    component_ids = (
        None if components is None else tuple(_required_item(f"{option}.component_ids", item) for item in components)
    )
    empty = expect.get("empty")
    fingerprint = _fingerprint(f"{option}.fingerprint", _text(expect, "fingerprint"))
    if empty and (layout_id or component_ids):
        hint = "Say either that the scene is empty, or what it shows."
        given = {"empty": empty, "layout_id": layout_id, "component_ids": list(component_ids or ())}
        raise invalid(option, "empty excludes layout_id and component_ids", hint, value=given)
    if layout_id is None and component_ids is None and empty is None and fingerprint is None:
        return None
    return Expectation(layout_id, component_ids, empty, fingerprint)


def _fingerprint(option: str, value: str | None) -> str | None:
    if value is None:
        return None
    if not is_fingerprint(value.strip()):
        hint = "Give a fingerprint as caster_scene_info or an earlier take returned it, such as ids-0a1b2c3d4e5f."
        raise invalid(option, "it is no fingerprint", hint, value=value)
    return value.strip()


def _cue(params: Mapping[str, Any]) -> Cue | None:
    max_late = _seconds(params, "max_late", 5.0, smallest=0.0)
    max_wait = _seconds(params, "max_wait", 900.0, smallest=0.0)
    text = _text(params, "at")
    if text is None:
        return None
    # Loading costs time in every new process, and most tasks have no cue.
    from .._studio.cue import Cue, parse_moment

    try:
        return Cue(parse_moment(text), text.strip(), max_late, max_wait)
    except ValueError as error:
        raise invalid("at", str(error), "Write date, time and zone, in quotes.", value=text) from None


def _proxy(params: Mapping[str, Any]) -> str | None:
    proxy = _text(params, "proxy")
    if proxy is None:
        return None
    if not proxy_is_usable(proxy.strip()):
        # Its value may hold a password, whatever is wrong with it.
        hint = "Write http:// or https://, the host and the port; the user name and password before the host, with @."
        raise invalid("proxy", "it must be a URL such as http://proxy.example.com:3128", hint)
    return proxy.strip()


def _required_id(params: Mapping[str, Any], option: str) -> str:
    return _required_item(option, _text(params, option))


def _required_item(option: str, value: Any) -> str:
    identifier = _identifier(option, str(value) if value is not None else None)
    if identifier is None:
        raise invalid(option, "it is empty", _IDS_HINT)
    return identifier


def _identifier(option: str, value: str | None) -> str | None:
    if value is None:
        return None
    if not value.strip():
        raise invalid(option, "it is blank" if value else "it is empty", _IDS_HINT, value=value)
    cleaned = _clean(option, value.strip())
    if len(value) > _LONGEST_ID:
        raise invalid(option, f"it is longer than {_LONGEST_ID} characters", _IDS_HINT, value=value)
    if any(character.isspace() for character in value.strip()):
        raise invalid(option, "it has a blank inside", _IDS_HINT, value=value)
    return cleaned


def _clean(option: str, value: str | None) -> str | None:
    if value is not None and any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
        raise invalid(option, "it has control characters", _TYPED, value=value)
    # Half a surrogate pair, or a byte of the environment that is no UTF-8: it cannot be sent.
    if value is not None and any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise invalid(option, "it has characters that are no text", _TYPED, value=value)
    return value


def _text(params: Mapping[str, Any], option: str) -> str | None:
    """An empty string means not given."""
    value = params.get(option)
    return None if value is None or value == "" else str(value)


def _seconds(params: Mapping[str, Any], option: str, default: float, smallest: float | None = None) -> float:
    value = params.get(option)
    number = default if value is None else float(value)
    too_small = number <= 0 if smallest is None else number < smallest
    if too_small or not math.isfinite(number):
        raise invalid(
            option,
            (
                f"{number:g} is not a time in seconds greater than zero"
                if smallest is None
                else f"{number:g} is negative or no number"
            ),
            f"Give seconds, such as {default:g}.",
        )
    if number > _LONGEST_TIME:
        raise invalid(option, f"{number:g} s is longer than a week", f"Give seconds, such as {default:g}.")
    return number
