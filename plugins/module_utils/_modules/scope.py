# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What a task reads of a studio besides its scenes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from .._studio.studio import Studio

#: Reads once more of the same studio: an operation, and parameters besides the studio's id.
Ask = Callable[..., Mapping[str, Any]]


def _nothing(ask: Ask, studio: Studio) -> Studio:
    return studio


class Scope(NamedTuple):
    """What is read of a studio besides its scenes.

    `content`: what layouts and components contain, before the scenes. `look` reads on after the scenes, and returns the
    studio with what it found. `without_scenes`: codes which say that the studio has no scenes yet.
    """

    content: bool = False
    look: Callable[[Ask, Studio], Studio] = _nothing
    without_scenes: frozenset[str] = frozenset()


SCENES_ONLY = Scope()
