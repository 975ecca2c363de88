# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine offers to a run: interpreters, virtual environments, copies of the tree, a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache" / "ci"
# What a run must not inherit: somebody's account, somebody's Ansible.
_FOREIGN = ("ANSIBLE_", "ALIBABA_CLOUD_", "ALICLOUD_", "PYTHONPATH", "VIRTUAL_ENV", "MAKE", "MFLAGS", "WORKERS", "ARGS")
# uv leaves compiling to Python, which would do it again at every start.
_COSTLY = ("PYTHONDONTWRITEBYTECODE",)
# In front of a command: whatever `make test` can use comes first.
BEHIND = ("nice", "-n", "19")
# ansible-test asks for these releases of pip and would download them from a server of its own.
_PIPS = ("24.2", "25.2")
# Every environment links to one copy, since a dozen are made for each ansible-core and installing pip takes seconds.
_GET_PIP = '''\
"""Stand-in for get-pip.py: links the pip that was unpacked before into this environment."""
import os, subprocess, sys, sysconfig

for name in os.listdir({unpacked!r}):
    os.symlink(os.path.join({unpacked!r}, name), os.path.join(sysconfig.get_paths()["purelib"], name))
others = [word for word in sys.argv[1:] if not word.startswith(("-", "pip="))]
if others:
    subprocess.check_call([sys.executable, "-m", "pip", "install", *others])
'''


class Machine:
    """`pythons` maps a version such as 3.12 to a program that really starts and can make virtual environments."""

    def __init__(self) -> None:
        self.folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if not folder.endswith("/shims")]
        self.pythons = self._pythons()
        self._uv = WORK / "bin" / "uv"

    def _pythons(self) -> dict[str, Path]:
        store = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        found: dict[str, Path] = {}
        for version in ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14"):
            places = [str(folder / "bin") for folder in sorted(store.glob(f"{version}.*"))]
            programs = [shutil.which(f"python{version}", path=place) for place in [*self.folders, *places]]
            if version == running():
                programs.insert(0, sys.executable)
            working = (Path(program) for program in programs if program and _works(program))
            if program := next(working, None):
                found[version] = program
        return found

    def prepare(self) -> None:
        """Fetch what every job needs: uv, and pip for ansible-test."""
        shutil.rmtree(WORK, ignore_errors=True)
        _run(sys.executable, "-m", "venv", WORK / "uv")
        pip = [str(WORK / "uv" / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        _run(*pip, "install", "uv>=0.9")
        # By a link, since the folder it lies in has a python3 too.
        self._uv.parent.mkdir()
        self._uv.symlink_to(WORK / "uv" / "bin" / "uv")
        (WORK / "pip").mkdir()
        for version in _PIPS:
            _run(*pip, "download", "--no-deps", "--dest", WORK, f"pip=={version}")
            unpacked = WORK / f"pip-{version}"
            with zipfile.ZipFile(WORK / f"pip-{version}-py3-none-any.whl") as wheel:
                wheel.extractall(unpacked)
            program = WORK / "pip" / f"get_pip_{version.replace('.', '_')}.py"
            program.write_text(_GET_PIP.format(unpacked=str(unpacked)), encoding="utf-8")

    def environment(self, name: str) -> dict[str, str]:
        """The environment of a job: the interpreters on the path, and a home that no other job writes to."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN + _COSTLY)}
        programs = [str(path.parent) for path in self.pythons.values()]
        running = str(Path(sys.executable).parent)
        path = os.pathsep.join(dict.fromkeys([str(self._uv.parent), running, *self.folders, *programs]))
        return {
            **kept,
            "HOME": str(self._home(name)),
            "PATH": path,
            "CI": "true",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "UV": str(self._uv),
            "ANSIBLE_NOCOLOR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_LINK_MODE": "copy",
        }

    def _home(self, name: str) -> Path:
        home = WORK / "home" / name
        cache = home / ".ansible" / "test" / "cache"
        if not home.exists():
            shutil.copytree(WORK / "pip", cache)
            # Where packages come from is the machine's business, and one download is enough.
            for own in (".config/pip", ".config/uv", ".pip", ".cache/pip", ".cache/uv"):
                (home / own).parent.mkdir(exist_ok=True)
                if own.startswith(".cache"):
                    (Path.home() / own).mkdir(parents=True, exist_ok=True)
                if (Path.home() / own).exists():
                    (home / own).symlink_to(Path.home() / own)
        return home

    def venv(self, name: str, version: str, *requirements: str) -> Path:
        """Make a virtual environment; returns its folder of programs."""
        folder = WORK / "venv" / name
        env = self.environment(name)
        _run(self._uv, "venv", "--quiet", "--seed", "--python", self.pythons[version], folder, env=env)
        _run(self._uv, "pip", "install", "--quiet", "--python", folder / "bin" / "python", *requirements, env=env)
        return folder / "bin"


def copy_of_the_tree(name: str) -> Path:
    """Copy what git knows or would add to a place where ansible-test accepts it."""
    tree = WORK / "tree" / name / "ansible_collections" / "apsara" / "live"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    found = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for path in filter(None, found.split("\0")):
        if (ROOT / path).is_file():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, tree / path)
    # Or ansible-test asks the clone around it, where .cache is ignored, and tests nothing.
    _run("git", "init", "--quiet", tree)
    return tree


def running() -> str:
    """The version of this Python, such as 3.12."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _works(program: str) -> bool:
    """A name on the path may lead nowhere, and a Python may lack venv."""
    return (
        subprocess.run([program, "-c", "import ensurepip, ssl, venv"], capture_output=True, check=False).returncode == 0
    )


def _run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    subprocess.run([str(word) for word in command], check=True, env=env)
