# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The definitions of all modules of the collection, found by the files in plugins/modules."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

from ..module_utils._modules.definition import Module, WriteModule


@cache
def definitions() -> dict[str, Module]:
    """Every definition by the name of its module (without the collection's name), sorted by name."""
    room = Module.__module__.rpartition(".")[0]
    names = sorted(path.stem for path in (Path(__file__).parents[1] / "modules").glob("*.py"))
    return {name: importlib.import_module(f"{room}.{name}").DEFINITION for name in names}


def writers() -> dict[str, WriteModule[object]]:
    """The definitions of the modules that write."""
    return {name: found for name, found in definitions().items() if isinstance(found, WriteModule)}
