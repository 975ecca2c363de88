# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Paths that begin with ~ and lead to nobody's home. Pure.

Where HOME is not set and the user is not in the user database, as in a container, ~ stays what it is, and a folder of
this name would be made. Where HOME is set and empty, a file that was meant for the home lands in the root directory.
"""

from __future__ import annotations

from collections.abc import Mapping


def homeless(path: str, environ: Mapping[str, str]) -> str | None:
    """What is wrong with a path in which ~ was replaced already; None when nothing is."""
    parts = path.split("/")
    if any(part.startswith("~") for part in parts):
        return "~ is no directory here, since HOME is not set and this user has no home"
    if environ.get("HOME") == "" and path.startswith("/."):
        return "it was meant for the home of a user, and HOME is empty"
    return None
