# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is released, with only the folders that installed content may use."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from ansible_collections.apsara.live.tests.support.playbook import ROOT, environment, run_playbook
from ansible_collections.apsara.live.tests.support.show import account, hosts, writes

KEPT = {"meta", "plugins", "roles", "playbooks"}


def galaxy(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ansible.cli.galaxy", "collection", *arguments],
        cwd=ROOT,
        env=environment(folder / "home", collections=folder / "collections"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection as it is released."""
    folder = tmp_path_factory.mktemp("built")
    galaxy(folder, "build", "--output-path", str(folder))
    return next(folder.glob("apsara-live-*.tar.gz"))


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections path with the release in it, without every folder but the four."""
    folder = tmp_path_factory.mktemp("install ed")
    galaxy(folder, "install", str(tarball), "-p", str(folder / "collections"), "--offline")
    for path in (folder / "collections" / "ansible_collections" / "apsara" / "live").iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return folder / "collections"


def test_the_release_holds_nothing_that_only_developers_need(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {name.split("/")[0] for name in archive.getnames()}
        assert sum(member.size for member in archive.getmembers()) < 2_000_000
    assert names == KEPT | {
        *("FILES.json", "MANIFEST.json"),
        *("README.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md"),
        *("COPYING", "LICENSES", "REUSE.toml"),
        *("changelogs", "docs", "extensions"),
    }


def test_the_release_rehearses_a_show(installed: Path, tmp_path: Path) -> None:
    run = run_playbook("apsara.live.rehearse_show", tmp_path, collections=installed, timeout=300).succeeded()
    assert "Nothing was throttled." in run.stdout
    assert str(ROOT) not in run.stdout


def test_the_release_runs_a_show(installed: Path, tmp_path: Path) -> None:
    with Emulator() as emulator:
        run_playbook(
            "apsara.live.show_day",
            tmp_path,
            collections=installed,
            inventory=hosts(emulator),
            environ=account(emulator),
            extra_vars={"show_confirmed": True},
        ).succeeded()
        assert writes(emulator) == ["CopyCasterSceneConfig"] * 3 + ["StopCasterScene"] * 3
