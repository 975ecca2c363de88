# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the pure files in every way that mutmut knows, and see whether their unit tests notice.

    python tests/mutation/mutate.py                 all of them, some minutes each
    python tests/mutation/mutate.py _studio/plan _api/retry    these

Prints the score of each file. Exits 1 when a change survives that is not named with its reason in the file
survivors.yml beside this one. Works on copies below .cache/mutation.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache" / "mutation"
INSIDE = Path("ansible_collections") / "apsara" / "live"
UNIT = Path("tests") / "unit" / "plugins" / "module_utils"

# The pure files, each with the unit tests that have to notice.
FILES = {
    "_api/signing": ["_api/test_signing.py"],
    "_api/retry": ["_api/test_retry.py"],
    "_studio/plan": ["_studio/test_plan.py"],
    "_errors/error": ["_errors/test_error.py"],
    "_errors/explain": ["_errors/test_codes.py"],
    "_errors/redaction": ["_errors/test_redaction.py"],
    "_api/pacing": ["_api/test_pacing.py"],
}
# Tests that start processes take too long for this, and mutmut adds an import of its own.
LEFT_OUT = "thirty_processes or killed or stopped_holder or forked or many_processes or nobody_leaves or know_nothing"

_CONFIG = """\
[tool.mutmut]
source_paths = ["{inside}/plugins"]
only_mutate = ["*/module_utils/{name}.py"]
also_copy = ["{inside}/tests"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "--import-mode=importlib", "-k", "not ({left_out})"]
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
timeout_multiplier = 3
timeout_constant = 5
"""


def prepare(name: str) -> Path:
    """A folder with copies of the file, what it imports and its tests, and a configuration of mutmut."""
    folder = WORK / name.replace("/", "-")
    shutil.rmtree(folder, ignore_errors=True)
    for part in (Path("plugins") / "module_utils", Path("plugins") / "plugin_utils", UNIT):
        shutil.copytree(ROOT / part, folder / INSIDE / part, ignore=shutil.ignore_patterns("__pycache__"))
    tests = [str(INSIDE / UNIT / test) for test in FILES[name]]
    config = _CONFIG.format(inside=INSIDE, name=name, tests=json.dumps(tests), left_out=LEFT_OUT)
    (folder / "pyproject.toml").write_text(config, encoding="utf-8")
    return folder


def mutmut(folder: Path, *arguments: str) -> str:
    """Run mutmut in a folder and return what it prints."""
    program = Path(sys.executable).with_name("mutmut")
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [str(program), *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"mutmut {' '.join(arguments)} failed.\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def left_over(folder: Path) -> list[tuple[str, str]]:
    """What was not noticed: how it ended (survived, no tests, timeout ...), and the changed lines."""
    found = []
    for line in mutmut(folder, "results").splitlines():
        mutant, _unused, ending = line.strip().partition(": ")
        changed = [text for text in mutmut(folder, "show", mutant).splitlines() if text[:1] in ("-", "+")]
        found.append((ending, "\n".join(text[0] + text[1:].strip() for text in changed[2:])))
    return found


def judge(name: str, known: dict[str, Any]) -> bool:
    """Test one file and print its score. True when nothing survived but what is known."""
    folder = prepare(name)
    mutmut(folder, "run", "--max-children", "1")
    mutmut(folder, "export-cicd-stats")
    numbers = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    # A change that makes the tests hang is noticed, too.
    left = [entry for entry in left_over(folder) if entry[0] != "timeout"]
    new = [entry for entry in left if entry[1] not in known]
    noticed = numbers["total"] - len(left)
    print(f"{name}: {noticed} of {numbers['total']} changes noticed, {len(left) - len(new)} known to be harmless")
    for ending, change in new:
        print(f"  {ending}:\n    " + change.replace("\n", "\n    "))
    return not new


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*FILES, []], metavar="FILE")
    names = parser.parse_args(argv).names or list(FILES)
    survivors = yaml.safe_load(Path(__file__).with_name("survivors.yml").read_text(encoding="utf-8")) or {}
    known = {name: {"\n".join(entry["change"]): entry["reason"] for entry in survivors.get(name, ())} for name in FILES}
    verdicts = [judge(name, known[name]) for name in names]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
