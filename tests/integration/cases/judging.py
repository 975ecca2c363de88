# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges how a case ended: compares one result with one outcome, and the service with the case; returns sentences."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions

from .model import CHECK, LIVE, PGM, TAKE, WRITES, Case, Outcome, Shown, Step

COMMON_KEYS = {"changed", "api_calls"}
WRITE_KEYS = {"before", "after", "reason", "request_id"}
OWN_KEYS = {name: {*found.facts, *(WRITE_KEYS if found.writes else ())} for name, found in definitions().items()}
ERROR_KEYS = {
    "code",
    "message",
    "http_status",
    "request_id",
    "action",
    "option",
    "hint",
    "recommend",
    "retryable",
    "outcome",
}
CALL_KEYS = {"action", "attempts", "throttled", "http_status", "request_id", "elapsed_ms"}
SCENE_KEYS = {"scene_id", "scene_name", "output_type", "status", "layout_id", "component_ids"}
# Tasks with different keys of one account do not pace each other, so a table may go beyond the account's limit.
THROTTLED = "Throttling.User"
# What Ansible itself adds to a result.
_ANSIBLE_KEYS = {"invocation", "warnings", "deprecations", "exception", "failed", "msg", "error", "diff"}


def judge_result(
    case: Case,
    step: Step,
    result: Mapping[str, Any],
    variants: Mapping[str, str],
    everyone: Sequence[str],
    diff: bool,
    throttled: int = 0,
    busy: bool = False,
) -> list[str]:
    """What is wrong with the result of one step.

    `everyone` are the ids of all studios of the account; `throttled` counts the calls of the case that were sent again
    because the cases together went beyond the account's limit. `busy`: time is real, so that a write may find its
    reading too old on a busy machine, and read once more.
    """
    expect = step.outcome(variants)
    problems = list(_ends(expect, result))
    if not expect.argument_error:
        problems += _keys(case, result, diff)
        problems += _laws(step, result)
        problems += _facts(case, expect, result, everyone, throttled, busy)
    problems += _warnings(expect, result)
    if "rehearsal-secret" in json.dumps(result, default=str):
        problems.append("the secret is in the result")
    return [f"{step.mode}: {problem}" for problem in problems]


def judge_service(
    case: Case,
    steps: Sequence[Step],
    results: Sequence[Mapping[str, Any]],
    variants: Mapping[str, str],
    journal: Sequence[Mapping[str, Any]],
    studio: Mapping[str, Any] | None,
) -> list[str]:
    """What is wrong with what the service saw of a case, and with the studio that remains."""
    own = requests_of(case, journal)
    problems = []
    writes = [entry for entry in own if entry["action"] in WRITES and entry["outcome"] != THROTTLED]
    expected_writes = sum(step.outcome(variants).writes for step in steps)
    if len(writes) != expected_writes:
        problems.append(f"{len(writes)} writes reached the service, not {expected_writes}")
    if case.untouched and own:
        problems.append(f"{len(own)} requests reached the service, which should have been left alone")
    told = sum(call["attempts"] for result in results for call in result.get("api_calls", ()))
    if told != len(own):
        problems.append(f"the results tell of {told} attempts, the service saw {len(own)}")
    foreign = {entry["access_key_id"] for entry in own} - {case.key_id}
    if foreign:
        problems.append(f"requests were signed by {foreign}")
    if studio is not None:
        problems += _studio(case, steps, variants, own, studio)
    if case.cue and steps:
        problems += _cue(results, own)
    return [f"afterwards: {problem}" for problem in problems]


def requests_of(case: Case, journal: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the service saw of a case: every request for its studio, or with its own key."""
    return [
        entry
        for entry in journal
        if entry["caster_id"] == case.caster_id or (case.own_key and entry["access_key_id"] == case.key_id)
    ]


def throttled_calls(case: Case, journal: Sequence[Mapping[str, Any]]) -> int:
    """How often the account's limit, not a fault, turned the case away."""
    return sum(entry["outcome"] == THROTTLED for entry in requests_of(case, journal))


def _ends(expect: Outcome, result: Mapping[str, Any]) -> Iterator[str]:
    if bool(result.get("changed")) != expect.changed:
        yield f"changed is {result.get('changed')}, not {expect.changed}"
    if bool(result.get("failed")) != expect.failed:
        yield f"failed is {result.get('failed')}, not {expect.failed}: {result.get('msg') or result.get('reason')}"
    if "Traceback" in json.dumps(result, default=str):
        yield f"there is a traceback: {result.get('msg')}"
    error = result.get("error") or {}
    if expect.code is not None:
        if error.get("code") != expect.code:
            yield f"error.code is {error.get('code')}, not {expect.code}: {result.get('msg')}"
        if error.get("outcome") != expect.outcome:
            yield f"error.outcome is {error.get('outcome')}, not {expect.outcome}: {result.get('msg')}"
    words = str(result.get("msg") if expect.failed else result.get("reason"))
    yield from (f"{text!r} is not in {words!r}" for text in expect.says if text not in words)
    hint = str(error.get("hint"))
    yield from (f"{text!r} is not in the hint {hint!r}" for text in expect.hints if text not in hint)


def _keys(case: Case, result: Mapping[str, Any], diff: bool) -> Iterator[str]:
    wanted = COMMON_KEYS | OWN_KEYS[case.module]
    present = set(result) - _ANSIBLE_KEYS
    present = {key for key in present if not key.startswith("_ansible")}
    if present != wanted:
        yield f"keys of the result: missing {wanted - present}, unknown {present - wanted}"
    if ("diff" in result) != (diff and "before" in wanted):
        yield f"diff is {'there' if 'diff' in result else 'missing'}"
    if bool(result.get("failed")) != ("error" in result):
        yield "a failure has no error, or a success has one"
    if "error" in result and set(result["error"]) != ERROR_KEYS:
        yield f"keys of error: {set(result['error']) ^ ERROR_KEYS}"
    for call in result.get("api_calls", ()):
        if set(call) != CALL_KEYS:
            yield f"keys of api_calls: {set(call) ^ CALL_KEYS}"
    for key in ("before", "after"):
        if result.get(key) is not None and set(result[key]) != SCENE_KEYS:
            yield f"keys of {key}: {set(result[key]) ^ SCENE_KEYS}"


def _accepted(call: Mapping[str, Any]) -> bool:
    return call["action"] in WRITES and call["http_status"] is not None and call["http_status"] < 300


def _laws(step: Step, result: Mapping[str, Any]) -> Iterator[str]:
    """What holds for every result."""
    calls = [call["action"] for call in result.get("api_calls", ())]
    wrote = WRITES & set(calls)
    if step.mode == CHECK and wrote:
        yield f"{wrote} in check mode"
    if result.get("request_id") is not None and not wrote:
        yield "request_id without a write"
    error = result.get("error") or {}
    if error.get("outcome") == "unknown" and not result.get("changed"):
        yield "the outcome is unknown, but changed is false"
    if error.get("outcome") == "refused" and any(_accepted(call) for call in result.get("api_calls", ())):
        yield "refused, although a write was accepted"
    if error and not str(result.get("msg", "")).startswith(str(error.get("message"))):
        yield "msg does not begin with error.message"
    if not result.get("failed") and "reason" in result and not result["reason"]:
        yield "there is no reason"


def _once(calls: Sequence[str]) -> list[str]:
    """The calls without a reading that follows another one."""
    readings = set(calls) - WRITES
    return [call for call, before in zip(calls, (None, *calls)) if not {call, before} <= readings]


def _facts(
    case: Case, expect: Outcome, result: Mapping[str, Any], everyone: Sequence[str], throttled: int, busy: bool
) -> Iterator[str]:
    if expect.calls is not None:
        calls = tuple(call["action"] for call in result.get("api_calls", ()))
        if calls != expect.calls and not (busy and _once(calls) == _once(expect.calls)):
            yield f"api_calls are {calls}, not {expect.calls}"
    for key, wanted in (("before", expect.before), ("after", expect.after)):
        if wanted is not ... and _shown(result.get(key)) != wanted:
            yield f"{key} is {result.get(key)}, not {wanted}"
    if expect.diff is not None and "diff" in result:
        for key, texts in zip(("before", "after"), expect.diff):
            shown = f"{result['diff'][f'{key}_header']}\n{result['diff'][key]}"
            yield from (f"{text!r} is not in the diff {shown!r}" for text in texts if text not in shown)
    for path, wanted in expect.facts.items():
        found = look_up(result, path)
        if path == "casters.*.caster_id":
            found = sorted(found)
            wanted = sorted(everyone) if wanted == "everyone" else wanted
            pages = max(1, math.ceil(len(wanted) / 100))
            if len(result["api_calls"]) != pages:
                yield f"{len(result['api_calls'])} calls for {pages} pages"
        if path == "api_calls.*.attempts" and throttled:
            continue
        if found != wanted:
            yield f"{path} is {found}, not {wanted}"
    # An empty id is not given, so there is none.
    asked_for = case.full_options().get("caster_id") or None
    if "caster_id" in result and result["caster_id"] != asked_for:
        yield f"caster_id is {result['caster_id']!r}, not {asked_for!r}"


def _shown(scene: Mapping[str, Any] | None) -> Shown | None:
    if scene is None:
        return None
    return Shown(scene["scene_id"], scene["layout_id"], tuple(scene["component_ids"]), scene["status"])


def look_up(value: Any, path: str) -> Any:
    """The value at a dotted path; `*` gives a list of what is below each entry."""
    head, _unused, rest = path.partition(".")
    if head == "*":
        return [look_up(entry, rest) if rest else entry for entry in value]
    found = value.get(head) if isinstance(value, Mapping) else None
    return look_up(found, rest) if rest else found


def _warnings(expect: Outcome, result: Mapping[str, Any]) -> Iterator[str]:
    given = [str(warning) for key in ("warnings", "deprecations") for warning in result.get(key) or ()]
    for text in expect.warns:
        if not any(text in warning for warning in given):
            yield f"no warning says {text!r}: {given}"
    for warning in given:
        if not any(text in warning for text in expect.warns):
            yield f"an unexpected warning: {warning}"


def _studio(
    case: Case,
    steps: Sequence[Step],
    variants: Mapping[str, str],
    own: Sequence[Mapping[str, Any]],
    studio: Mapping[str, Any],
) -> Iterator[str]:
    assert case.studio is not None
    wanted = copy.deepcopy([dict(scene) for scene in case.studio["scenes"]])
    by_id = {scene["scene_id"]: scene for scene in wanted}
    if any(step.mode == LIVE for step in steps):
        for scene_id, changes in (case.state or {}).items():
            by_id[scene_id].update(changes)
        took = [entry for entry in own if entry["action"] == TAKE and entry["effect"]]
        if took and variants["copy_audio"] == "with":
            by_id[PGM]["audio"] = by_id[took[-1]["parameters"]["FromSceneId"]]["audio"]
    shown = {scene["scene_id"]: scene for scene in studio["scenes"]}
    if set(shown) - set(by_id) and not case.studio_status:
        yield f"there are new scenes: {set(shown) - set(by_id)}"
    for scene in wanted:
        found = shown[scene["scene_id"]]
        differing = {key: found[key] for key in scene if found[key] != scene[key]}
        if differing:
            yield f"scene {scene['scene_id']} has {differing}"
    went_live = any(step.mode == LIVE for step in steps)
    if studio["status"] != ((case.studio_status if went_live else None) or case.studio["status"]):
        yield f"the studio is {studio['status']}"


def _cue(results: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A take must arrive at its cue: never before, and not much later."""
    from .moments import parse

    cue = parse(results[-1]["invocation"]["module_args"]["at"])
    arrived = [entry["at"] for entry in own if entry["action"] == TAKE]
    late = [round(moment - cue, 3) for moment in arrived]
    if not all(-0.002 <= seconds <= 3.0 for seconds in late):
        yield f"the take arrived {late} s after its cue"
