# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No test meets a network: see tests/support/no_network."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_PROGRAM = Path(__file__).parent / "support" / "no_network" / "sitecustomize.py"
# Not by runpy: to the importer of ansible-test any path below a collection is a package.
_SPEC = importlib.util.spec_from_file_location("no_network", _PROGRAM)
assert _SPEC and _SPEC.loader
_SPEC.loader.exec_module(importlib.util.module_from_spec(_SPEC))
