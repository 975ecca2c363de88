# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change has to pass, from a clean clone: `.ci/run`, or `.ci/run STEP...` for some steps.

`make test` and `make acceptance` share the machine with one other step only, since some of it is about time. Then the
others run side by side. Each has a log in .cache/ci/logs. What this machine cannot run, for want of a Python, is
skipped and named.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from ansible_test import AnsibleTest
from machine import BEHIND, ROOT, WORK, Machine, running
from pool import FAILED, PASSED, SKIPPED, Job, Pool, table

NEWEST = "2.21"
OLDEST_TARGET = "3.9"
WATCHED = ("test", "acceptance")
# What users get is judged by every ansible-core, the tests by the newest one.
RELEASED = ("plugins/", "extensions/", "roles/", "playbooks/", "meta/")
# What galaxy-importer prints where Galaxy would show a finding. ansible-lint wonders about names of modules that are
# templates, and passes them.
_FINDING = re.compile(r"^\s*(?:WARNING|ERROR)\b(?!.*\bresolved_fqcn attribute of \{\{ ).*", re.MULTILINE)


class Steps:
    """Which steps there are and what each one does."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def jobs(self) -> list[Job]:
        """The long ones first, so that none of them is left alone at the end."""
        return [
            Job("lint", self._lint),
            self._core("core-2.18", "2.18", "3.11", _oldest),
            # With Python 3.11 the tests in front have run these units and targets on this ansible-core.
            self._core("core-2.19", "2.19", "3.11", _sanity_between if running() == "3.11" else _between),
            self._core("core-2.20", "2.20", "3.12", _between),
            self._core("core-2.21", NEWEST, "3.12", _newest),
            self._core("core-2.21-3.13", NEWEST, "3.13", _all_but_sanity),
            # The Pythons on which no step above runs the units.
            *(self._units(python) for python in ("3.9", "3.10")),
            Job("coverage", lambda log: self._make("coverage", log, "coverage")),
            Job("docs", lambda log: self._make("docs", log, "release")),
            Job("rehearse", lambda log: self._make("rehearse", log, "rehearse")),
        ]

    def watched(self, target: str) -> Job:
        """Tests of the project, in front of whoever watches."""
        job = Job(target, lambda log: None)
        begin = time.monotonic()
        command = ["make", target, "WORKERS=2"]
        done = subprocess.run(command, cwd=ROOT, env=self._machine.environment(target), check=False)
        job.result = FAILED if done.returncode else PASSED
        job.seconds = time.monotonic() - begin
        return job

    def prepare(self) -> None:
        """What several steps would otherwise make at the same time."""
        self._machine.prepare()
        subprocess.run(["make", "tree"], cwd=ROOT, env=self._machine.environment("tree"), check=True)

    def _make(self, name: str, log: Path, *targets: str) -> None:
        with log.open("w", encoding="utf-8") as stream:
            subprocess.run(
                [*BEHIND, "make", *targets],
                cwd=ROOT,
                env=self._machine.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=True,
            )

    def _lint(self, log: Path) -> None:
        self._make("lint", log, "lint")
        # build-import-check passes with findings that do not keep Galaxy from taking the collection.
        said = log.read_text(encoding="utf-8").partition("nox > Running session build-import-check")[2]
        if not said:
            raise RuntimeError("build-import-check did not run")
        if found := _FINDING.findall(said.partition("nox > Session build-import-check")[0]):
            raise RuntimeError("galaxy-importer found something: " + "; ".join(found))

    def _units(self, python: str) -> Job:
        name = f"units-{NEWEST}-{python}"
        return self._core(name, NEWEST, "3.12", lambda tests: tests.units(python), target=python)

    def _core(self, name: str, core: str, python: str, work, target: str = "") -> Job:  # type: ignore[no-untyped-def]
        def start(log: Path) -> None:
            work(AnsibleTest(self._machine, name, core, python, log))

        wanted = [version for version in (python, target) if version and version not in self._machine.pythons]
        return Job(name, start, f"there is no Python {' and no Python '.join(wanted)} here" if wanted else "")


def _oldest(tests: AnsibleTest) -> None:
    tests.sanity(*RELEASED)
    _all_but_sanity(tests)


def _between(tests: AnsibleTest) -> None:
    _sanity_between(tests)
    _all_but_sanity(tests)


def _sanity_between(tests: AnsibleTest) -> None:
    # pylint takes a third of the time, and the oldest and the newest one read the same files.
    tests.sanity("--skip-test", "pylint", *RELEASED)


def _newest(tests: AnsibleTest) -> None:
    # Ruff reads the tests in a second; pylint would take another minute for them.
    tests.sanity("--skip-test", "pylint")
    tests.sanity("--test", "pylint", *RELEASED)
    tests.integration(tests.python)
    tests.integration_on(OLDEST_TARGET)


def _all_but_sanity(tests: AnsibleTest) -> None:
    tests.units(tests.python)
    tests.integration(tests.python)


def main() -> int:
    """Run what the command line names; returns the exit code."""
    machine = Machine()
    steps = Steps(machine)
    jobs = steps.jobs()
    names = [*WATCHED, *(job.name for job in jobs)]
    parser = argparse.ArgumentParser(prog=".ci/run", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("step", nargs="*", metavar="STEP", help=f"one of: {', '.join(names)}")
    parser.add_argument("--list", action="store_true", help="write the names of the steps as a list in JSON")
    options = parser.parse_args()
    if options.list:
        print(json.dumps(names))
        return 0
    if unknown := set(options.step) - set(names):
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    wanted = options.step or names
    chosen = [job for job in jobs if job.name in wanted]
    begin = time.monotonic()
    for version, program in machine.pythons.items():
        print(f"Python {version}: {program}")
    steps.prepare()
    pool = Pool(chosen, WORK / "logs")
    pool.add_lanes(1)
    results = [steps.watched(target) for target in WATCHED if target in wanted]
    # One more than there are cores: some steps wait for a clock or a download.
    pool.add_lanes(os.cpu_count() or 2)
    pool.wait()
    results += chosen
    print(f"\n{table(results)}\n\n{_verdict(results)}, {time.monotonic() - begin:.0f} s.")
    return int(any(job.result == FAILED for job in results))


def _verdict(jobs: list[Job]) -> str:
    failed = [job.name for job in jobs if job.result == FAILED]
    skipped = [job.name for job in jobs if job.result == SKIPPED]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "Everything that ran passed"
    return verdict + (f". SKIPPED, since this machine lacks what they need: {', '.join(skipped)}" if skipped else "")


if __name__ == "__main__":
    sys.exit(main())
