# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection needs, and the definition in the guide, read by ansible-builder. Without a container engine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml
from ansible_collections.apsara.live.tests.support.playbook import ROOT, environment

PAGE = (ROOT / "docs" / "execution_environment.md").read_text(encoding="utf-8")
# What runs of itself, without the engine that a build needs.
COMMANDS = [words for words in re.findall(r"^\$ ansible-builder (.*)$", PAGE, re.MULTILINE) if "build" not in words]


def builder(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ansible_builder", *words],
        cwd=folder,
        env=environment(folder / "home"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def requirements() -> list[str]:
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_what_the_collection_needs_is_found(tmp_path: Path) -> None:
    """Under the path that the guide names, at home."""
    installed = tmp_path / "home" / ".ansible" / "collections" / "ansible_collections" / "apsara"
    installed.mkdir(parents=True)
    (installed / "live").symlink_to(ROOT)
    (introspect,) = [words.replace("~", str(tmp_path / "home")) for words in COMMANDS if words.startswith("introspect")]
    found = yaml.safe_load(builder(tmp_path, *introspect.split()).replace("# Dependency data", "#"))
    assert found["python"] == [f"{line}  # from collection apsara.live" for line in requirements()]
    assert found["system"] == []


def test_what_the_collection_needs_is_what_the_readme_says() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    names = {re.split(r"[<>=]", line)[0] for line in requirements()} - {"tzdata"}
    assert names == {"requests", "alibabacloud-credentials"}
    assert all(f"`{name}`" in text and f"`{name}`" in PAGE for name in names)


def test_the_definition_in_the_guide_makes_a_context(tmp_path: Path) -> None:
    block = re.search(r"^```yaml\n(---\nversion: 3.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert block is not None
    (tmp_path / "execution-environment.yml").write_text(block.group(1), encoding="utf-8")
    (create,) = [words for words in COMMANDS if words.startswith("create")]
    builder(tmp_path, *create.split())
    # Named Dockerfile where no podman is installed.
    (made,) = [path for path in (tmp_path / "context").iterdir() if path.name in ("Containerfile", "Dockerfile")]
    text = made.read_text(encoding="utf-8")
    wanted = yaml.safe_load(block.group(1))
    assert f'ARG EE_BASE_IMAGE="{wanted["images"]["base_image"]["name"]}"' in text
    core, runner = (wanted["dependencies"][name]["package_pip"] for name in ("ansible_core", "ansible_runner"))
    assert f'ARG ANSIBLE_INSTALL_REFS="{core} {runner}"' in text
    galaxy = yaml.safe_load((tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert galaxy == wanted["dependencies"]["galaxy"]
