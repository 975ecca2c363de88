# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every official client, unchanged, drives the emulator: with a key pair, with a token, and with a wrong secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.content import ROOT
from ansible_collections.apsara.live.tests.support.studios import BOTH, CASTER, STOP, document

FETCHED = ROOT / ".cache" / "clients"
DRIVERS = ROOT / "tests" / "clients"
# Which packages, and how the client signs.
PYTHON = [
    ("installed", "sync"),
    ("installed", "async"),
    ("installed", "v2"),
    ("installed", "async-v2"),
    ("installed", "sm3"),
    ("live-1.0.0", "sync"),
    ("live-1.0.0", "async"),
    ("live-0.0.2", "sync"),
    ("live-0.0.2", "async"),
    ("legacy", "legacy"),
]
JAVASCRIPT = ["pop-core-get", "pop-core-post", "rpc-client", "openapi-query", "openapi-form"]

KEY = {"key": "rehearsal-key", "secret": "rehearsal-secret", "token": ""}
TOKEN = {"key": "STS.rehearsal-key", "secret": "rehearsal-sts-secret", "token": "rehearsal-token"}
WRONG = {**KEY, "secret": "wrong"}
SPECIAL = "Bühne 直播*~+ %"
SPARE = {**STOP, "LayoutId": "layout-spare"}
# Each with the outcome that the journal has to show.
CALLS: list[tuple[dict[str, str], str, dict[str, str], str]] = [
    (KEY, "DescribeCasters", {"CasterName": "Test stage"}, "ok"),
    (KEY, "DescribeCasters", {"CasterName": SPECIAL}, "ok"),
    (TOKEN, "DescribeCasterScenes", {"CasterId": CASTER}, "ok"),
    (TOKEN, "SetCasterSceneConfig", SPARE, "ok"),
    (KEY, "CopyCasterSceneConfig", BOTH, "ok"),
    (KEY, "StopCasterScene", STOP, "ok"),
    (KEY, "StopCasterScene", STOP, "IncorrectSceneStatus.Idle"),
    (TOKEN, "DescribeCasterScenes", {"CasterId": "nothing"}, "InvalidCaster.NotFound"),
    ({**TOKEN, "token": "nonsense"}, "DescribeCasters", {}, "InvalidSecurityToken.Malformed"),
    (WRONG, "StopCasterScene", STOP, "SignatureDoesNotMatch"),
]


@pytest.mark.parametrize(("packages", "client"), PYTHON)
def test_a_python_client(packages: str, client: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if packages != "installed":
        assert (FETCHED / packages).is_dir(), "make acceptance fetches this client"
        environment["PYTHONPATH"] = str(FETCHED / packages)
    drive([sys.executable, str(DRIVERS / "python_client.py"), client], environment)


@pytest.mark.skipif(shutil.which("npm") is None, reason="JavaScript clients need node with npm")
@pytest.mark.parametrize("client", JAVASCRIPT)
def test_a_javascript_client(client: str) -> None:
    modules = FETCHED / "javascript" / "node_modules"
    assert modules.is_dir(), "make acceptance fetches this client"
    drive(["node", str(DRIVERS / "javascript_client.js"), client], {**os.environ, "NODE_PATH": str(modules)})


def drive(command: list[str], environment: dict[str, str]) -> None:
    """Let a client make all calls and compare what it made of the answers with what the service did."""
    with Emulator(document()) as emulator:
        calls = [
            {"login": login, "action": action, "parameters": parameters} for login, action, parameters, _unused in CALLS
        ]
        order = json.dumps({"endpoint": emulator.endpoint.partition("//")[2], "calls": calls})
        done = subprocess.run(
            command, input=order, capture_output=True, encoding="utf-8", env=environment, timeout=240, check=False
        )
        assert done.returncode == 0, done.stderr
        answers = json.loads(done.stdout)
        journal = emulator.journal()
        (studio,) = [studio for studio in emulator.state() if studio["caster_id"] == CASTER]
    for (login, action, parameters, outcome), entry, answer in zip(CALLS, journal, answers):
        sent = {name: value for name, value in entry["parameters"].items() if name != "RegionId"}
        assert (entry["action"], sent, entry["access_key_id"]) == (action, parameters, login["key"])
        assert entry["outcome"] == outcome, answer
        understood(answer, entry)
    assert len(journal) == len(answers) == len(CALLS)
    assert None not in {entry["nonce"] for entry in journal}
    assert len({entry["nonce"] for entry in journal}) == len(CALLS)
    pvw, pgm = sorted(studio["scenes"], key=lambda scene: scene["output_type"] != "pvw")
    assert (pgm["layout_id"], pvw["status"]) == ("layout-spare", "idle")


def understood(answer: dict[str, Any], entry: dict[str, Any]) -> None:
    """The client hands on the answer, or raises its own error with the code of the service."""
    if entry["outcome"] == "ok":
        assert answer["code"] == "ok", answer
        assert answer["body"]["RequestId"] == entry["request_id"]
    elif entry["outcome"] == "SignatureDoesNotMatch" and answer["code"] == "InvalidAccessKeySecret":
        # The legacy SDK found that it had signed the very text of the service, and says whose fault it is.
        assert "AccessKeySecret is incorrect" in answer["message"]
    else:
        # @alicloud/rpc-client appends a word.
        assert answer["code"].removesuffix("Error") == entry["outcome"], answer
