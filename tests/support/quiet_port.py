# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emulators on ports that nobody else takes while they refuse connections.

A port from the range that the system hands out may go to the next emulator, or to a client, as soon as nobody listens.
"""

from __future__ import annotations

import contextlib
import random
from typing import Any, TypeVar

from ...plugins.plugin_utils._emulator import Emulator

_FIRST, _LAST = 12000, 30000


_Made = TypeVar("_Made", bound=Emulator)


def emulator(studios: Any, **options: Any) -> Emulator:
    """An emulator on such a port."""
    return quiet(Emulator, studios, **options)


def quiet(kind: type[_Made], studios: Any, **options: Any) -> _Made:
    """An emulator of this kind on such a port."""
    for _unused in range(200):
        with contextlib.suppress(OSError):
            return kind(studios, port=random.SystemRandom().randint(_FIRST, _LAST), **options)
    raise AssertionError("there is no free port")
