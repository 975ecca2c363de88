# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that cannot be used: a clear message, and nothing reaches the service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .model import ENDPOINT, KEY, PGM, PVW, SECRET, Case, Moment, Step, impossible, refused, studio

_STOP = "caster_scene_stop"
_TAKE = "caster_scene_config_copy"
_CASTERS = "caster_info"
_SCENES = "caster_scene_info"


def _bad(name: str, module: str, options: dict[str, Any], *says: str, **more: Any) -> Case:
    steps = refused("InvalidOption", *says, calls=(), facts={"error.action": None, "error.http_status": None})
    return Case(f"bad-{name}", module, steps, options, studio(), untouched=True, **more)


def _impossible(name: str, module: str, options: dict[str, Any], *says: str) -> Case:
    return Case(f"bad-{name}", module, impossible(*says), options, studio(), untouched=True)


def _identity(name: str, options: dict[str, Any], *says: str, code: str = "InvalidOption", **more: Any) -> Case:
    """No identity of ours: what the case says is all there is."""
    steps: tuple[Step, ...] = refused(code, *says, calls=())
    own = {"endpoint": ENDPOINT, **options}
    return Case(f"bad-{name}", _SCENES, steps, own, studio(), connection=False, untouched=True, **more)


_CAN = "cannot be used"

_IDS = (
    _bad("empty-caster-id", _STOP, {"caster_id": ""}, "caster_id", _CAN),
    _bad("empty-caster-id-for-a-take", _TAKE, {"caster_id": ""}, "caster_id", _CAN),
    _bad("empty-caster-id-to-read", _SCENES, {"caster_id": ""}, "caster_id", _CAN),
    _bad("blank-caster-id", _STOP, {"caster_id": "  "}, "caster_id", "blank"),
    _bad("blank-filter", _CASTERS, {"caster_id": "  "}, "caster_id", "blank"),
    _bad("blank-scene-id", _STOP, {"scene_id": " \t"}, "scene_id", "blank"),
    _bad("blank-scene-id-to-read", _SCENES, {"scene_id": " "}, "scene_id", "blank"),
    _bad("blank-source", _TAKE, {"from_scene_id": " "}, "from_scene_id", "blank"),
    _bad("blank-target", _TAKE, {"to_scene_id": " "}, "to_scene_id", "blank"),
    _bad("blank-inside-an-id", _SCENES, {"caster_id": "studio one"}, "caster_id", "blank"),
    _bad("overlong-caster-id", _STOP, {"caster_id": "s" * 129}, "caster_id", "longer than 128"),
    _bad("overlong-scene-id", _STOP, {"scene_id": "s" * 129}, "scene_id", "longer than 128"),
    _bad("overlong-source", _TAKE, {"from_scene_id": "s" * 5000}, "from_scene_id", "longer than 128"),
    _bad("overlong-target", _TAKE, {"to_scene_id": "s" * 129}, "to_scene_id", "longer than 128"),
    _bad("newline-in-caster-id", _STOP, {"caster_id": "studio\n1"}, "caster_id", "control characters"),
    _bad("escape-in-scene-id", _STOP, {"scene_id": "scene\x1b[2J"}, "scene_id", "control characters"),
    _bad("delete-in-source", _TAKE, {"from_scene_id": "scene\x7f"}, "from_scene_id", "control characters"),
    _bad("tab-in-target", _TAKE, {"to_scene_id": "scene\tpgm"}, "to_scene_id", "control characters"),
    _bad("control-in-filter", _CASTERS, {"caster_id": "studio\x01"}, "caster_id", "control characters"),
    _bad("control-in-name", _CASTERS, {"caster_name": "Stage\x9b1"}, "caster_name", "control characters"),
    _bad("control-in-region", _CASTERS, {"region_id": "cn\nshanghai"}, "region_id", "control characters"),
    _bad("blank-expected-layout", _TAKE, {"expect": {"layout_id": " "}}, "expect.layout_id", "blank"),
    _bad("empty-expected-component", _TAKE, {"expect": {"component_ids": ["logo", ""]}}, "expect.component_ids"),
    _bad(
        "control-in-expected-component",
        _TAKE,
        {"expect": {"component_ids": ["lo\x00go"]}},
        "expect.component_ids",
        "control characters",
    ),
    _bad("blank-expected-preview", _TAKE, {"expect_preview": {"layout_id": " "}}, "expect_preview.layout_id", "blank"),
    _bad(
        "senseless-fingerprint",
        _TAKE,
        {"expect_preview": {"fingerprint": "layout-next"}},
        "expect_preview.fingerprint",
        "it is no fingerprint. Given was",
        "layout-next",
        "such as ids-0a1b2c3d4e5f",
    ),
    _bad(
        "fingerprint-cut-short",
        _TAKE,
        {"expect_preview": {"fingerprint": "content-0a1b2c3d4e5f"}},
        "expect_preview.fingerprint",
        "it is no fingerprint. Given was",
        "content-0a1b2c3d4e5f",
    ),
    _bad(
        "control-in-fingerprint",
        _TAKE,
        {"expect_preview": {"fingerprint": "ids-0a1b2c3d4e5f\x1b[2J"}},
        "expect_preview.fingerprint",
        "it is no fingerprint. Given was",
    ),
)

_COMBINATIONS = (
    _bad(
        "expect-empty-and-layout",
        _TAKE,
        {"expect": {"empty": True, "layout_id": "layout-now"}},
        "empty excludes layout_id and component_ids",
    ),
    _bad(
        "expect-empty-and-components",
        _TAKE,
        {"expect": {"empty": True, "component_ids": ["logo"]}},
        "empty excludes layout_id and component_ids",
    ),
    _bad(
        "expect-without-reading",
        _TAKE,
        {"check_first": False, "from_scene_id": PVW, "to_scene_id": PGM, "expect": {"empty": True}},
        "expect",
        "nothing is read",
    ),
    _bad(
        "expect-preview-empty-and-layout",
        _TAKE,
        {"expect_preview": {"empty": True, "layout_id": "layout-now"}},
        "expect_preview",
        "empty excludes layout_id and component_ids",
    ),
    _bad(
        "expect-preview-without-reading",
        _TAKE,
        {
            "check_first": False,
            "from_scene_id": PVW,
            "to_scene_id": PGM,
            "expect_preview": {"fingerprint": "ids-0a1b2c3d4e5f"},
        },
        "expect_preview",
        "nothing is read",
    ),
    _bad(
        "same-scene-without-reading",
        _TAKE,
        {"check_first": False, "from_scene_id": PVW, "to_scene_id": PVW},
        "to_scene_id",
        "same scene",
    ),
    _bad(
        "empty-scene-without-reading", _STOP, {"check_first": False, "scene_id": ""}, "scene_id", "check_first", "read"
    ),
    _bad(
        "empty-target-without-reading",
        _TAKE,
        {"check_first": False, "from_scene_id": PVW, "to_scene_id": ""},
        "to_scene_id",
        "check_first",
    ),
    _impossible("stop-without-reading", _STOP, {"check_first": False}, "check_first is False", "missing: scene_id"),
    _impossible("take-without-reading", _TAKE, {"check_first": False}, "from_scene_id, to_scene_id"),
    _impossible("take-without-target", _TAKE, {"check_first": False, "from_scene_id": PVW}, "to_scene_id"),
    _bad("key-and-profile", _SCENES, {"profile": "show"}, "access_key_id and profile exclude each other"),
    _bad("key-and-role", _SCENES, {"ecs_role_name": "show"}, "access_key_id and ecs_role_name exclude each other"),
    _identity(
        "profile-and-role",
        {"profile": "show", "ecs_role_name": "show"},
        "profile and ecs_role_name exclude each other",
    ),
)

_ARGUMENTS = (
    _impossible("unknown-option", _STOP, {"scene": PVW}, "Supported parameters include", "scene"),
    _impossible("unknown-option-of-a-take", _TAKE, {"source": PVW}, "Supported parameters include", "source"),
    _impossible("unknown-option-of-a-list", _CASTERS, {"name": "Stage"}, "Supported parameters include", "name"),
    _impossible("unknown-option-to-read", _SCENES, {"scenes": [PVW]}, "Supported parameters include", "scenes"),
    _impossible(
        "unknown-expectation", _TAKE, {"expect": {"layout": "layout-now"}}, "Supported parameters include", "layout"
    ),
    _impossible("no-caster-id", _STOP, {"caster_id": ...}, "missing required arguments: caster_id"),
    _impossible("no-caster-id-for-a-take", _TAKE, {"caster_id": ...}, "missing required arguments: caster_id"),
    _impossible("no-caster-id-to-read", _SCENES, {"caster_id": ...}, "missing required arguments: caster_id"),
    _impossible("unknown-status", _CASTERS, {"status": "running"}, "status", "idle, streaming"),
    _impossible("wait-timeout-in-words", _STOP, {"wait_timeout": "soon"}, "wait_timeout"),
    _impossible("role-without-arn", _SCENES, {"assume_role": {"session_name": "show"}}, "role_arn"),
)

_TIMES = (
    _bad("wait-timeout-zero", _STOP, {"wait_timeout": 0}, "wait_timeout", "greater than zero"),
    _bad("wait-timeout-negative", _STOP, {"wait_timeout": -30}, "wait_timeout", "-30"),
    _bad("wait-timeout-zero-for-a-take", _TAKE, {"wait_timeout": 0}, "wait_timeout", "greater than zero"),
    _bad("wait-timeout-negative-for-a-take", _TAKE, {"wait_timeout": -1}, "wait_timeout", "-1"),
    _bad("no-deadline", _SCENES, {"api_deadline": 0}, "api_deadline", "greater than zero"),
    _bad("endless-deadline", _SCENES, {"api_deadline": "inf"}, "api_deadline"),
    _bad("no-time-to-connect", _CASTERS, {"connect_timeout": -1}, "connect_timeout"),
    _bad("no-time-to-read", _CASTERS, {"read_timeout": "nan"}, "read_timeout"),
    _bad("negative-max-late", _TAKE, {"at": Moment(30), "max_late": -1}, "max_late", "-1"),
    _bad("negative-max-wait", _TAKE, {"at": Moment(30), "max_wait": -1}, "max_wait", "-1"),
    _bad("cue-without-zone", _TAKE, {"at": "2026-11-22T19:30:00"}, "option at", "with a zone"),
    _bad("cue-on-a-day-that-is-not", _TAKE, {"at": "2026-02-30T19:30:00Z"}, "option at", "not a time that exists"),
    _bad("cue-in-hour-25", _TAKE, {"at": "2026-11-22T25:30:00Z"}, "option at", "not a time that exists"),
    _bad("cue-in-a-zone-that-is-not", _TAKE, {"at": "2026-11-22T19:30:00+25:00"}, "option at"),
    _bad("cue-in-words", _TAKE, {"at": "half past seven"}, "option at", "RFC 3339"),
)

_ENDPOINTS = (
    _bad("endpoint-no-url", _SCENES, {"endpoint": "not a url"}, "endpoint", "not a URL"),
    _bad("endpoint-bad-port", _SCENES, {"endpoint": "live.example.com:port"}, "endpoint", "not a URL"),
    _bad("endpoint-plain-http", _SCENES, {"endpoint": "http://live.example.com"}, "plain http", "loopback"),
    _bad("endpoint-plain-http-look-alike", _STOP, {"endpoint": "http://localhost.example.com"}, "plain http"),
    _bad("endpoint-ftp", _TAKE, {"endpoint": "ftp://live.example.com"}, "endpoint", "not a URL"),
    _bad("endpoint-with-path", _CASTERS, {"endpoint": "https://live.example.com/v1"}, "endpoint", "must end"),
    _bad("endpoint-with-password", _CASTERS, {"endpoint": "https://a:b@live.example.com"}, "user name or password"),
    _bad("proxy-no-url", _SCENES, {"proxy": "proxy.example.com"}, "proxy", "URL"),
    _bad("ca-path-nowhere", _SCENES, {"ca_path": "/nowhere/ca.pem"}, "ca_path", "no such file"),
)

_IDENTITIES = (
    _identity("nobody", {}, code="NoCredentials"),
    _identity("blank-keys", {"access_key_id": "", "access_key_secret": ""}, code="NoCredentials"),
    _identity("only-a-key-id", {"access_key_id": KEY}, "access_key_id is given without access_key_secret"),
    _identity("only-a-secret", {"access_key_secret": SECRET}, "access_key_secret is given without access_key_id"),
    _identity("only-a-token", {"security_token": "rehearsal-token"}, "security_token is given without"),
    _identity(
        "half-a-pair-is-not-completed-from-the-environment",
        {"access_key_id": KEY},
        "access_key_id is given without access_key_secret",
        environment={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET},
    ),
    _identity(
        "half-a-pair-in-the-environment",
        {},
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        environment={"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY},
    ),
    _identity(
        "half-a-pair-from-each-family",
        {},
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        environment={"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY, "ALICLOUD_SECRET_KEY": SECRET},
    ),
)

_ALL = (*_IDS, *_COMBINATIONS, *_ARGUMENTS, *_TIMES, *_ENDPOINTS, *_IDENTITIES)

# One of each kind, and every module, goes through Ansible; the others are more values for the same rules.
_THROUGH_ANSIBLE = {
    "bad-empty-caster-id",
    "bad-blank-scene-id",
    "bad-overlong-source",
    "bad-escape-in-scene-id",
    "bad-control-in-name",
    "bad-expect-empty-and-layout",
    "bad-stop-without-reading",
    "bad-take-without-reading",
    "bad-key-and-profile",
    "bad-unknown-option",
    "bad-unknown-option-of-a-take",
    "bad-unknown-expectation",
    "bad-no-caster-id",
    "bad-unknown-status",
    "bad-wait-timeout-in-words",
    "bad-role-without-arn",
    "bad-wait-timeout-zero",
    "bad-cue-without-zone",
    "bad-endpoint-no-url",
    "bad-endpoint-plain-http",
    "bad-nobody",
    "bad-only-a-key-id",
    "bad-half-a-pair-is-not-completed-from-the-environment",
    "bad-half-a-pair-in-the-environment",
}
assert {case.name for case in _ALL} >= _THROUGH_ANSIBLE

CASES: tuple[Case, ...] = tuple(replace(case, pure=case.name not in _THROUGH_ANSIBLE) for case in _ALL)
