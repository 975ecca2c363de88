# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer that repeats the request, in its id, code, message, help link and denial: no result shows what was sent."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.apsara.live.plugins.module_utils._modules.definition import WriteModule
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.reply import Reply
from ansible_collections.apsara.live.plugins.plugin_utils._emulator.request import Request
from ansible_collections.apsara.live.tests.support.client import run_task
from ansible_collections.apsara.live.tests.support.studios import CASTER, PGM, PVW, document

STS = {
    "access_key_id": "STS.rehearsal-key",
    "access_key_secret": "rehearsal-sts-secret",
    "security_token": "rehearsal-token",
}
# Module -> the operation that it is there for.
MODULES = {
    name: (found.actions[0] if isinstance(found, WriteModule) else found.uses[0].operation)
    for name, found in definitions().items()
}
# What must be changed in the studio for a module to have something to write.
BEFORE: dict[str, dict[str, Any]] = {
    "caster": {"status": "idle", "scenes": [{"scene_id": scene_id, "status": "idle"} for scene_id in (PVW, PGM)]},
    "caster_scene_start": {"scenes": [{"scene_id": PVW, "status": "idle"}]},
}
# What a module must be asked for, to have something to write.
ASKED: dict[str, dict[str, Any]] = {
    "caster": {"state": "started"},
    "caster_scene_config": {"layout_id": "layout-spare"},
}


class Listening(Emulator):
    """Notes what it hears and nobody may see."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(document(), **settings)
        self.heard: set[str] = {"rehearsal-sts-secret", "rehearsal-token"}

    def _answer(self, request: Request) -> Reply:
        authorization = request.header("authorization")
        self.heard |= {authorization, authorization.rpartition("Signature=")[2]}
        return super()._answer(request)


def run(module: str, **fault: Any) -> tuple[dict[str, Any], str, list[dict[str, Any]]]:
    params = {} if module == "caster_info" else {"caster_id": CASTER, **ASKED.get(module, {})}
    with Listening(faults=[{"action": MODULES[module], **fault}]) as emulator:
        emulator.edit(CASTER, BEFORE.get(module, {}))
        result = run_task(module, emulator.endpoint, {**STS, **params, "api_deadline": 5.0})
        shown = json.dumps(result)
        for secret in emulator.heard:
            for form in (secret, quote(secret), secret[:-1] if len(secret) > 40 else secret):
                assert form not in shown
        assert "Signature=" not in shown.replace("Signature=********", "")
        return result, shown, emulator.journal()


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("code", [None, "Forbidden.RAM", "InvalidParameter"])
@pytest.mark.parametrize("status", [400, 403, 500])
def test_an_error_that_echoes_the_request(module: str, code: str | None, status: int) -> None:
    result, _shown, _journal = run(module, kind="echo", status=status, code=code)
    if status == 500 and code is None:
        return
    assert result["error"]["http_status"] == status
    assert result["error"]["code"] == (code or "InvalidAnswer")
    assert result["error"]["request_id"] == "********"


@pytest.mark.parametrize("module", MODULES)
def test_a_right_answer_that_echoes_the_request(module: str) -> None:
    result, _shown, journal = run(module, kind="echo", status=200)
    assert not result.get("failed")
    assert "********" in {call["request_id"] for call in result["api_calls"]}
    if "reason" in result:
        assert result["changed"]
        assert result["request_id"] == "********", "it was accepted, whatever its id is"
    assert {entry["outcome"] for entry in journal} == {"ok", "fault:echo"} or module.endswith("info")


@pytest.mark.parametrize("part", ["request_id", "code", "message", "recommend", "denial"])
def test_a_part_that_is_nothing_but_the_signature(part: str) -> None:
    class Stubborn(Listening):
        def _answer(self, request: Request) -> Reply:
            super()._answer(request)
            signature = request.header("authorization").rpartition("Signature=")[2]
            body = {"Code": "Forbidden.RAM", "Message": "No.", "RequestId": "0D5E-1", "AccessDeniedDetail": {}}
            link = f"https://api.aliyun.com/troubleshoot?q=x&requestId={signature}"
            body |= {
                "request_id": {"RequestId": signature},
                "code": {"Code": signature},
                "message": {"Message": f"x{signature} and {signature}"},
                "recommend": {"Recommend": link},
                "denial": {"AccessDeniedDetail": {"AuthAction": f"live:{signature}"}},
            }[part]
            return Reply(403, json.dumps(body).encode(), 0.0)

    with Stubborn() as emulator:
        result = run_task("caster_scene_info", emulator.endpoint, {**STS, "caster_id": CASTER, "api_deadline": 3.0})
        assert result["failed"]
        assert not [secret for secret in emulator.heard if secret in json.dumps(result)]


def test_what_is_cut_off_leaves_no_piece_of_a_secret() -> None:
    class Wordy(Listening):
        def _answer(self, request: Request) -> Reply:
            super()._answer(request)
            message = "x" * 480 + request.header("x-acs-security-token") + request.header("authorization")
            return Reply(400, json.dumps({"Code": "IllegalOperation", "Message": message}).encode(), 0.0)

    with Wordy() as emulator:
        result = run_task("caster_scene_info", emulator.endpoint, {**STS, "caster_id": CASTER, "api_deadline": 3.0})
    assert "rehearsal-tok" not in json.dumps(result)
    assert "Credential" not in json.dumps(result)


def test_a_link_to_a_help_page_is_passed_on() -> None:
    result, _shown, _journal = run("caster_scene_info", kind="code", code="IllegalOperation")
    assert result["error"]["recommend"].startswith(
        "https://api.aliyun.com/troubleshoot?q=IllegalOperation&product=live&"
    )
    assert result["error"]["request_id"] in result["error"]["recommend"]
