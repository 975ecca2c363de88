# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the collection awx.awx into a folder, for the tests of the AWX kit.

    python tests/fetch_awx.py .cache/awx

It comes out of the wheel `ansible` that tests/awx-requirements.txt pins. The rest of that wheel, a hundred collections,
is not unpacked, nothing is installed, and the wheel is thrown away.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_REQUIREMENTS = Path(__file__).resolve().parent / "awx-requirements.txt"
_WANTED = "ansible_collections/awx/awx/"
# The wheel says which Python it wants; what is taken out of it runs on ours as well.
_ANY_PYTHON = ["--no-deps", "--only-binary", ":all:", "--python-version", "3.12"]


def fetch(target: Path) -> None:
    """Download, unpack awx.awx below `target`, forget the rest. Raises CalledProcessError, TimeoutExpired."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
        subprocess.run(
            [*pip, *_ANY_PYTHON, "--dest", folder, "--requirement", str(_REQUIREMENTS)], check=True, timeout=900
        )
        (wheel,) = Path(folder).glob("ansible-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target, [name for name in archive.namelist() if name.startswith(_WANTED)])


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
