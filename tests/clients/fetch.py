# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch the official clients that do not fit into one environment: fetch.py FOLDER [UV].

One folder for each file of requirements beside this file, and the JavaScript ones where npm is there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Install everything into FOLDER."""
    folder = Path(sys.argv[1]).resolve()
    uv = sys.argv[2:] and sys.argv[2]
    install = [uv, "pip", "install", "--quiet", "--python", sys.executable] if uv else _PIP
    shutil.rmtree(folder, ignore_errors=True)
    for requirements in sorted(HERE.glob("*.txt")):
        subprocess.run([*install, "--target", folder / requirements.stem, "-r", requirements], check=True)
    npm = shutil.which("npm")
    if npm:
        (folder / "javascript").mkdir()
        shutil.copy(HERE / "package.json", folder / "javascript")
        subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund"], cwd=folder / "javascript", check=True)
    else:
        print("There is no npm here: the JavaScript clients are left out.")


_PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]

if __name__ == "__main__":
    main()
