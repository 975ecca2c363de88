# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook starts the standby job of a lost feed, once, and leaves the way back to people."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest
import yaml
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support import awx_kit
from ansible_collections.apsara.live.tests.support.fleet import fleet_document
from ansible_collections.apsara.live.tests.support.guides import Command, File, steps
from ansible_collections.apsara.live.tests.support.launches import TOKEN, Controller, controller
from ansible_collections.apsara.live.tests.support.live_callbacks import (
    EDA,
    FILTER,
    MOMENT,
    PATH,
    SOURCE,
    free_port,
    ingest,
    listening,
    load,
    source,
    studio,
)
from ansible_collections.apsara.live.tests.support.playbook import ROOT, environment, run_playbook
from ansible_collections.apsara.live.tests.support.show import account

PROGRAM = ROOT / ".cache" / "eda" / "bin" / "ansible-rulebook"
RULEBOOK = EDA / "rulebooks" / "feed_lost.yml"
GUIDE = list(steps((ROOT / "docs" / "lost_feeds.md").read_text(encoding="utf-8")))


def variables() -> dict[str, Any]:
    """The variables of the guide."""
    (file,) = (step for step in GUIDE if isinstance(step, File))
    assert file.name == "variables.yml"
    return dict(yaml.safe_load(file.content))


def command(begin: str) -> str:
    """The only command of the guide that begins so."""
    (line,) = (step.line for step in GUIDE if isinstance(step, Command) and step.line.startswith(begin))
    return line


class Rulebook:
    """A running ansible-rulebook."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: Path) -> None:
        self._process = process
        self._url = f"http://127.0.0.1:{port}{PATH}"
        self._output = output

    def ingest(self, parameters: dict[str, str]) -> None:
        self._send(f"{self._url}?{urlencode(parameters)}", None)

    def studio(self, body: dict[str, Any]) -> None:
        self._send(self._url, json.dumps(body).encode())

    def wait_for(self, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 60
        while not condition():
            assert self._process.poll() is None and time.monotonic() < give_up, self.output
            time.sleep(0.05)

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def _send(self, url: str, body: bytes | None) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(url, data=body), timeout=5) as answer:
            assert answer.status == 200


@pytest.fixture
def awx() -> Iterator[Controller]:
    with controller("Standby", "Live") as server:
        yield server


@pytest.fixture
def rulebook(awx: Controller, tmp_path: Path) -> Iterator[Rulebook]:
    java = shutil.which("java")
    if java is None:
        pytest.skip("ansible-rulebook needs Java 17 or newer, and there is no java here")
    assert PROGRAM.exists(), "make acceptance installs ansible-rulebook into .cache/eda"
    port = free_port()
    chosen = {**variables(), "callback_port": port, "callback_path": PATH}
    (tmp_path / "variables.yml").write_text(yaml.safe_dump(chosen), encoding="utf-8")
    controller_access = {"EDA_CONTROLLER_URL": awx.url, "EDA_CONTROLLER_TOKEN": TOKEN}
    assert all(command(f"export {name}=") for name in controller_access)
    environ = environment(tmp_path / "home", {**controller_access, "EDA_JOB_TEMPLATE_REFRESH_DELAY": "0.2"})
    environ["PATH"] = os.pathsep.join([str(PROGRAM.parent), environ["PATH"], str(Path(java).parent)])
    output = tmp_path / "output.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            shlex.split(f"{command('ansible-rulebook')} --verbose"),
            executable=PROGRAM,
            cwd=tmp_path,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            try:
                asyncio.run(listening(port))
            except TimeoutError:
                pytest.fail(output.read_text(encoding="utf-8"))
            yield Rulebook(process, port, output)
            process.send_signal(signal.SIGINT)
            process.wait(30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def test_a_lost_feed_starts_its_standby_job_once_and_nothing_leads_back(rulebook: Rulebook, awx: Controller) -> None:
    rulebook.ingest(ingest("of somebody else"))
    shown = urlsplit(shlex.split(command("curl"))[1])
    assert (shown.port, shown.path) == (variables()["callback_port"], variables()["callback_path"])
    rulebook.ingest(dict(parse_qsl(shown.query)))
    # The service repeats itself, the encoder drops in and out, and the studio says it as well.
    for seconds in (0, 0, 1, 2):
        rulebook.ingest(ingest(time=MOMENT + seconds))
        rulebook.ingest(ingest(action="publish", time=MOMENT + seconds))
    rulebook.studio(studio())
    rulebook.studio(studio("Success", "OperateCallback"))
    rulebook.ingest(ingest("guest", time=MOMENT + 60))
    # Both jobs run: the first one does not hold the second back.
    rulebook.wait_for(lambda: len(awx.launches) == 2 and "main camera of Main_stage is back" in rulebook.output)
    awx.finish()
    rulebook.wait_for(lambda: rulebook.output.count("job results url") == 2)
    assert [launch["limit"] for launch in awx.launches] == ["Main_stage", "Interviews"]
    assert [launch["extra_vars"]["standby_reason"] for launch in awx.launches] == [
        "main camera is lost since 2023-11-14T22:13:20Z",
        "guest is lost since 2023-11-14T22:14:20Z",
    ]
    assert rulebook.output.count("is back. Nothing was switched.") == 3
    assert awx.strangers == []
    for secret in (PATH, TOKEN, "1700000000-0-0-abc"):
        assert secret not in rulebook.output + json.dumps(awx.launches)


def test_the_host_of_an_event_is_the_host_of_the_job_whatever_its_studio_is_called(tmp_path: Path) -> None:
    """From a callback to the job that it starts, with the names that people gave their studios."""
    names = {"blank": "Main stage", "umlaut": "Bu\u0308hne 1: R\u00e4nge"}
    document = fleet_document(2)
    for studio_document, name in zip(document["studios"], names.values(), strict=True):
        studio_document["caster_name"] = name
    feeds = [{"name": key, "host": name, "stream": f"push.example.com/show/{key}"} for key, name in names.items()]

    async def callbacks() -> list[dict[str, Any]]:
        async with source(feeds=feeds) as live, aiohttp.ClientSession() as client:
            for name in names:
                async with client.get(live.url, params=ingest(name)) as answer:
                    assert answer.status == 200
            return [load(FILTER)["main"](event) for event in await live.settled(2)]

    (ruleset,) = yaml.safe_load(RULEBOOK.read_text(encoding="utf-8"))
    assert ruleset["rules"][0]["action"]["run_job_template"]["job_args"]["limit"] == "{{ event.live.host }}"
    found = [event["live"]["host"] for event in asyncio.run(asyncio.wait_for(callbacks(), 60))]
    assert found == ["Main_stage", "B\u00fchne_1_R\u00e4nge"]
    with Emulator(document) as emulator:
        for host in found:
            done = run_playbook(
                awx_kit.PROJECT / "standby.yml",
                tmp_path,
                inventory=awx_kit.PROJECT / "casters.yml",
                environ=account(emulator),
                args=("--limit", host),
                extra_vars={"standby_reason": "The feed is lost."},
            ).succeeded()
            assert [result.host for result in done.results("Say what viewers see")] == [host]


def test_the_path_that_the_guide_makes_is_one_that_the_source_takes() -> None:
    line = command("python3 -c")
    made = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    settings = load(SOURCE)["Settings"]
    taken = settings({"path": made, "port": 8080, "feeds": variables()["feeds"]})
    assert taken.path == made and len(made) > 32
    assert settings({"path": variables()["callback_path"], "port": 8080})


def test_the_only_job_that_the_rulebook_knows_is_standby() -> None:
    (ruleset,) = yaml.safe_load(RULEBOOK.read_text(encoding="utf-8"))
    actions = [rule["action"] for rule in ruleset["rules"]]
    assert [list(action) for action in actions] == [["run_job_template"], ["debug"]]
    assert actions[0]["run_job_template"]["name"] == "Standby"
    assert ruleset["execution_strategy"] == "parallel"
