# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two who take at once, a colleague in between, a killed task, a slow token service.

The API has no lock. Two takes of one moment may both be sent; what must hold is that the program is right afterwards
and that no result says what is not so.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.module_utils._modules.run import run
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support import studios
from ansible_collections.apsara.live.tests.support.client import KEY, context, run_task
from ansible_collections.apsara.live.tests.support.playbook import ROOT, environment

TAKE, STOP = "caster_scene_config_copy", "caster_scene_stop"
PARAMS = {"caster_id": studios.CASTER, "api_deadline": 20, "read_timeout": 5, "wait_timeout": 3}
EXPECT = {"expect": {"layout_id": "layout-now"}}
_ROUNDS = 10


def _writes(emulator: Emulator) -> list[dict[str, Any]]:
    return [entry for entry in emulator.journal() if entry["action"] in ("CopyCasterSceneConfig", "StopCasterScene")]


def _program(emulator: Emulator) -> str | None:
    return next(s["layout_id"] for s in emulator.state()[0]["scenes"] if s["output_type"] == "pgm")


def _together(emulator: Emulator, *params: dict[str, Any]) -> list[dict[str, Any]]:
    """Start tasks at the same moment and return their results."""
    start = threading.Barrier(len(params))

    def one(own: dict[str, Any]) -> dict[str, Any]:
        start.wait()
        return run_task(TAKE, emulator.endpoint, {**PARAMS, **own})

    with ThreadPoolExecutor(len(params)) as pool:
        return list(pool.map(one, params))


@pytest.mark.parametrize("variants", [{}, {"visibility": "delayed", "visible_after_ms": 200}])
def test_two_takes_of_one_moment(variants: dict[str, Any]) -> None:
    """Whichever way it goes, the program shows the preview and each result is true."""
    endings = set()
    for _unused in range(_ROUNDS):
        with Emulator(studios.document(), variants=variants) as emulator:
            results = _together(emulator, EXPECT, EXPECT)
            assert _program(emulator) == "layout-next"
            effects = [entry for entry in _writes(emulator) if entry["effect"]]
        assert len(effects) == sum(result["changed"] for result in results) >= 1
        for result in results:
            if result.get("failed"):
                assert result["error"]["code"] == "ExpectationNotMet", result["msg"]
                assert result["error"]["outcome"] == "refused"
                assert result["before"]["layout_id"] == "layout-next"
            else:
                assert result["changed"]
                assert result["before"]["layout_id"] == "layout-now"
                assert result["after"]["layout_id"] == "layout-next"
        endings.add(len(effects))
    assert endings <= {1, 2}


def test_the_second_take_finds_what_the_first_did() -> None:
    """The first take is on its way when the second begins to read: it is done once."""
    with Emulator(
        studios.document(), faults=[{"kind": "slow", "action": "CopyCasterSceneConfig", "seconds": 0.5}]
    ) as emulator:
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(run_task, TAKE, emulator.endpoint, {**PARAMS, **EXPECT})
            _until(lambda: bool(_writes(emulator)))
            guarded = run_task(TAKE, emulator.endpoint, {**PARAMS, **EXPECT})
            plain = run_task(TAKE, emulator.endpoint, PARAMS)
        assert first.result()["changed"]
        assert (guarded["error"]["code"], guarded["changed"]) == ("ExpectationNotMet", False)
        assert not plain["changed"] and not plain.get("failed")
        assert len(_writes(emulator)) == 1


_COLLEAGUE = {
    "the preview was prepared anew": {"scene_id": studios.PVW, "layout_id": "layout-spare"},
    "the preview was switched off": {"scene_id": studios.PVW, "status": "idle"},
    "the program was changed": {"scene_id": studios.PGM, "layout_id": "layout-spare"},
}


@pytest.mark.parametrize("scene", _COLLEAGUE.values(), ids=_COLLEAGUE)
def test_a_lost_take_is_not_sent_again_when_somebody_was_at_work(scene: dict[str, Any]) -> None:
    """The take did not arrive, and the studio is no longer as planned: to send it again would be another take."""
    faults = [
        {"kind": "reset_before", "action": "CopyCasterSceneConfig"},
        {
            "kind": "meanwhile",
            "action": "DescribeCasterScenes",
            "after": "CopyCasterSceneConfig",
            "edit": {"scenes": [scene]},
        },
    ]
    with Emulator(studios.document(), faults=faults) as emulator:
        result = run_task(TAKE, emulator.endpoint, PARAMS)
        writes, program = _writes(emulator), _program(emulator)
    assert len(writes) == 1 and not writes[0]["effect"]
    assert program == (scene["layout_id"] if scene["scene_id"] == studios.PGM else "layout-now")
    assert (result["failed"], result["changed"], result["error"]["outcome"]) == (True, True, "unknown")
    assert result["after"]["layout_id"] == program


def test_only_a_fresh_reading_allows_a_second_take() -> None:
    """The program was read once right after the lost take, too early to show it, and then no more."""
    faults = [
        {"kind": "reset_after", "action": "CopyCasterSceneConfig"},
        {
            "kind": "bad_gateway",
            "action": "DescribeCasterScenes",
            "after": "CopyCasterSceneConfig",
            "skip": 1,
            "times": 0,
        },
    ]
    variants = {"visibility": "delayed", "visible_after_ms": 500}
    with Emulator(studios.document(), faults=faults, variants=variants) as emulator:
        result = run_task(TAKE, emulator.endpoint, {**PARAMS, "api_deadline": 6})
        assert len(_writes(emulator)) == 1
    assert result["error"]["outcome"] == "unknown"


def test_a_second_take_that_is_refused_ends_it() -> None:
    """The first answer was lost and the second attempt is refused: nobody asks a third time, and nobody knows."""
    faults = [
        {"kind": "reset_before", "action": "CopyCasterSceneConfig", "times": 1},
        {"kind": "code", "code": "IllegalOperation", "status": 401, "action": "CopyCasterSceneConfig", "times": 0},
    ]
    with Emulator(studios.document(), faults=faults) as emulator:
        result = run_task(TAKE, emulator.endpoint, PARAMS)
        assert (result["error"]["code"], result["error"]["outcome"]) == ("IllegalOperation", "unknown")
        assert result["changed"] and result["reason"] is None
        assert "it was sent again and rejected" in result["msg"]
        assert len(_writes(emulator)) == 2
        assert _program(emulator) == "layout-now"


def test_a_stop_that_a_colleague_did_first_changes_nothing() -> None:
    edit = {"scenes": [{"scene_id": studios.PVW, "status": "idle"}]}
    faults = [{"kind": "meanwhile", "action": "DescribeCasterScenes", "edit": edit}]
    with Emulator(studios.document(), faults=faults) as emulator:
        result = run_task(STOP, emulator.endpoint, PARAMS)
    assert (result["changed"], result.get("failed", False)) == (False, False)


@pytest.mark.parametrize(("name", "action"), [(TAKE, "CopyCasterSceneConfig"), (STOP, "StopCasterScene")])
@pytest.mark.parametrize("kind", ["lost_answer", "reset_before"])
def test_killed_while_it_waits_and_run_again(name: str, action: str, kind: str, tmp_path: Path) -> None:
    """A real module process dies by SIGKILL after its write left. The second run reports what is true then."""
    arrived = kind == "lost_answer"
    # Without an effect: the first answer never comes either, since every repeat of it is held up.
    faults = [{"kind": kind, "action": action, "times": 1 if arrived else 0}]
    with Emulator(studios.document(), faults=faults) as emulator:
        process = _start_module(name, {**PARAMS, "endpoint": emulator.endpoint}, tmp_path)
        try:
            _until(lambda: bool(_writes(emulator)))
        finally:
            process.send_signal(signal.SIGKILL)
        stdout, _stderr = process.communicate(timeout=10)
        assert (process.returncode, stdout) == (-signal.SIGKILL, "")
        happened = any(entry["effect"] for entry in _writes(emulator))
        assert happened == arrived
        emulator._faults.clear()
        second = _run_module(name, {**PARAMS, "endpoint": emulator.endpoint}, tmp_path)
        third = _run_module(name, {**PARAMS, "endpoint": emulator.endpoint}, tmp_path)
        effects = [entry for entry in _writes(emulator) if entry["effect"]]
    assert len(effects) == 1
    assert (second["changed"], second.get("failed", False)) == (not happened, False)
    assert (third["changed"], third.get("failed", False)) == (False, False)
    assert second["before"]["scene_id"] in (studios.PGM, studios.PVW)


@pytest.fixture
def slow_token_service() -> Iterator[str]:
    """A credentials URI that answers after three seconds."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(3)
            answer = {
                "Code": "Success",
                "AccessKeyId": "STS.rehearsal-key",
                "AccessKeySecret": "rehearsal-sts-secret",
                "SecurityToken": "rehearsal-token",
                "Expiration": "2099-01-01T00:00:00Z",
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/keys"
    server.shutdown()
    server.server_close()


def test_identity_and_calls_share_one_deadline(slow_token_service: str, tmp_path: Path) -> None:
    """Three seconds for the token service leave two of five for a service that keeps throttling."""
    params = {"caster_id": studios.CASTER, "api_deadline": 5}
    around = {"ALIBABA_CLOUD_CREDENTIALS_URI": slow_token_service, "HOME": str(tmp_path)}
    with Emulator(studios.document(), faults=[{"kind": "throttle", "times": 0}]) as emulator:
        began = time.monotonic()
        result = run(definitions()[TAKE], {**params, "endpoint": emulator.endpoint}, context(environ=around))
        seconds = time.monotonic() - began
        assert emulator.journal(), result["msg"]
    assert result["error"]["code"] == "Throttling.User", result["msg"]
    assert seconds < 6


def _until(condition: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


# What AnsiballZ does: the arguments come by standard input, the module runs as __main__.
_WRAPPER = """
import json, runpy, sys
import ansible.module_utils.basic as basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module("ansible_collections.apsara.live.plugins.modules." + sys.argv[1], run_name="__main__")
"""


def _start_module(name: str, params: dict[str, Any], directory: Path) -> subprocess.Popen[str]:
    arguments = {"ANSIBLE_MODULE_ARGS": {**KEY, **params, "_ansible_no_log": False}}
    process = subprocess.Popen(
        [sys.executable, "-c", _WRAPPER, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=directory,
        env={**environment(directory / "home"), "PYTHONPATH": str(ROOT / ".cache" / "collections")},
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(arguments))
    process.stdin.close()
    process.stdin = None
    return process


def _run_module(name: str, params: dict[str, Any], directory: Path) -> dict[str, Any]:
    process = _start_module(name, params, directory)
    stdout, stderr = process.communicate(timeout=40)
    result: dict[str, Any] = json.loads(stdout)
    assert "Traceback" not in stderr
    return result
