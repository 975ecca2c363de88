# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Studios of an emulator as hosts, and what became of them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.apsara.live.plugins.module_utils._api.operations import OPERATIONS
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import Plays, start_playbook, studio_inventory

WRITES = {operation.name for operation in OPERATIONS.values() if operation.writes}


def account(emulator: Emulator, key: str = "rehearsal-key", secret: str = "rehearsal-secret") -> dict[str, str]:
    """The environment in which modules talk to this emulator."""
    return {
        "ALIBABA_CLOUD_LIVE_ENDPOINT": emulator.endpoint,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
    }


def hosts(emulator: Emulator, **variables: Any) -> dict[str, Any]:
    """An inventory with every studio of the emulator in the group casters."""
    return studio_inventory({studio["caster_name"]: studio["caster_id"] for studio in emulator.state()}, **variables)


def play(role: str, variables: Mapping[str, Any] | None = None, **keywords: Any) -> Plays:
    """A play that applies one role of this collection to the group casters."""
    entry = {"role": f"apsara.live.{role}", "vars": dict(variables or {})}
    return [{"name": "Test", "hosts": "casters", "gather_facts": False, **keywords, "roles": [entry]}]


def scene(emulator: Emulator, output_type: str, number: int = 0) -> dict[str, Any]:
    """The preview (pvw) or program (pgm) of one of the emulator's studios, as it really is."""
    scenes = emulator.state()[number]["scenes"]
    return next(found for found in scenes if found["output_type"] == output_type)


def writes(emulator: Emulator) -> list[str]:
    """The writes that reached the service, in order."""
    return [entry["action"] for entry in emulator.journal() if entry["action"] in WRITES]


def emulators_below(pid: int) -> list[int]:
    """The emulator processes that end with the process `pid`."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,stat=,command="], capture_output=True, text=True, check=True)
    lines = (line.split(None, 2) for line in listed.stdout.splitlines())
    return [
        int(number)
        for number, state, command in lines
        if f"--parent-pid {pid} " in f"{command} " and "emulator.py start" not in command and not state.startswith("Z")
    ]


class Terminal:
    """A keyboard and a screen for one ansible-playbook; give `theirs` to it."""

    def __init__(self) -> None:
        self._ours, self.theirs = os.openpty()
        self._shown = b""
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def text(self) -> str:
        """All that was shown until now."""
        return self._shown.decode("utf-8", "replace").replace("\r", "")

    def wait_for(self, text: str, seconds: float = 120) -> None:
        """Return once the text is on the screen."""
        until = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < until, f"{text!r} is not on the screen: {self.text}"
            time.sleep(0.1)

    def type(self, keys: bytes) -> None:
        """Press some keys; nothing happens when the playbook has ended meanwhile."""
        with contextlib.suppress(OSError):
            os.write(self._ours, keys)

    def _watch(self) -> None:
        with contextlib.suppress(OSError):
            while more := os.read(self._ours, 4096):
                self._shown += more


class Held:
    """A rehearsal that is held: `environ` is what it asks to export, `shown` the whole output once it has ended."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.shown = ""
        self.returncode: int | None = None


@contextlib.contextmanager
def held_rehearsal(directory: Path) -> Iterator[Held]:
    """Hold a rehearsal at a terminal until the block ends, then end it as a person would, with Ctrl+C and C."""
    terminal = Terminal()
    process, _unused = start_playbook("apsara.live.hold_rehearsal", directory, terminal=terminal.theirs)
    os.close(terminal.theirs)
    try:
        terminal.wait_for("C ends the rehearsal")
        held = Held(dict(re.findall(r"^export (\w+)=(\S+)$", terminal.text, re.MULTILINE)))
        yield held
        terminal.type(b"\x03")
        terminal.wait_for("Press 'C' to continue")
        until = time.monotonic() + 120
        while process.poll() is None:
            assert time.monotonic() < until, terminal.text
            # What is typed before the question reads the keyboard is dropped.
            terminal.type(b"c")
            time.sleep(0.2)
        terminal.wait_for("PLAY RECAP")
        held.shown, held.returncode = terminal.text, process.returncode
        assert not emulators_below(process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
