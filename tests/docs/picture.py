# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw docs/images/take.svg: what a take with --check --diff prints, from a real run against a simulated studio.

    python tests/docs/picture.py

It needs `rich` and ansible-core in the Python that runs it; `make picture` has both.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ansible_collections.apsara.live.plugins.plugin_utils._emulator import Emulator
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "take.svg"
_COMMAND = "ansible-playbook apsara.live.take_scene -i studios.yml --check --diff"
_STUDIOS = """\
casters:
  hosts:
    main:
      caster_id: 1a000000-main-4000-8000-000000000001
"""
_WIDTH = 117


def output() -> str:
    """What the command prints, with colours."""
    with tempfile.TemporaryDirectory() as home, Emulator() as emulator:
        Path(home, "studios.yml").write_text(_STUDIOS, encoding="utf-8")
        Path(home, "ansible.cfg").touch()
        environ = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
            "HOME": home,
            "TMPDIR": home,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_CONFIG": str(Path(home, "ansible.cfg")),
            "ANSIBLE_HOME": str(Path(home, ".ansible")),
            "ANSIBLE_FORCE_COLOR": "true",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ALIBABA_CLOUD_LIVE_ENDPOINT": emulator.endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "rehearsal-key",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "rehearsal-secret",
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            [sys.executable, "-m", "ansible.cli.playbook", *_COMMAND.split()[1:]],
            cwd=home,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
    return re.sub(r" +((?:\x1b\[[0-9;]*m)*)$", r"\1", done.stdout, flags=re.MULTILINE)


def drawn(text: str) -> str:
    """The output as a picture. Fonts are those of the reader: a picture in a page fetches none."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {_COMMAND}", style="bold"), highlight=False)
    console.print(Text.from_ansi(text.strip("\n")), highlight=False)
    svg = console.export_svg(title="apsara.live", unique_id="take")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code, monospace", "monospace")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn(output()), encoding="utf-8")
