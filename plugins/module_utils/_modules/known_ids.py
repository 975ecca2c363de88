# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Whether the studio has the ids that a write names. Read only when something is to be written."""

from __future__ import annotations

from collections.abc import Sequence

from .._studio.scene_config import check_components, check_layout
from .._studio.studio import Scene, Studio, read_components, read_layouts
from .definition import Use
from .scope import Ask

_LAYOUTS = "DescribeCasterLayouts"
_COMPONENTS = "DescribeCasterComponents"

#: What it may read, for the documentation.
READS = (
    Use(_LAYOUTS, "when another `layout_id` is to be written"),
    Use(_COMPONENTS, "when other `component_ids` are to be written"),
)


def check_known(
    ask: Ask, studio: Studio, scene: Scene, layout_id: str | None, component_ids: Sequence[str] | None
) -> None:
    """Refuse ids that the studio does not have; those that the scene shows already it has. Raises LiveError."""
    if layout_id and layout_id != scene.layout_id:
        check_layout(studio, layout_id, read_layouts(ask(_LAYOUTS)))
    new = [item for item in component_ids or () if item not in scene.component_ids]
    if new:
        check_components(studio, new, read_components(ask(_COMPONENTS)))
