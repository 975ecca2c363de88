# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Host names, from the names that people gave to studios.

The one rule for names: of the inventory plugin, and of the event source, which ansible-rulebook runs as a file by
itself. So this file imports nothing of the collection.
"""

from __future__ import annotations

import re
import unicodedata

#: What a host name cannot hold.
UNSAFE = re.compile(r"[^\w.-]+")


def host_name(text: str) -> str:
    """Letters of any alphabet, digits and ._- stay: the rest has a meaning in patterns, paths or templates."""
    return UNSAFE.sub("_", unicodedata.normalize("NFC", text)).strip("_.-")
