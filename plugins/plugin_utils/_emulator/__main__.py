# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Start the emulator: `python -m ansible_collections.apsara.live.plugins.plugin_utils._emulator`.

`python PATH/_emulator` works too, without the collection being importable: the names are made from the path.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path

_NAME = "ansible_collections.apsara.live.plugins.plugin_utils._emulator"


def _make_importable() -> None:
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    root = here.parent.parent.parent
    parts = _NAME.split(".")
    for depth, places in ((1, []), (2, []), (3, [str(root)])):
        name = ".".join(parts[:depth])
        package = types.ModuleType(name)
        package.__path__ = places
        sys.modules[name] = package


if __name__ == "__main__":
    if not __package__:
        _make_importable()
    sys.exit(importlib.import_module(f"{_NAME}.cli").main())
