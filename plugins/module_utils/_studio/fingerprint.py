# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Fingerprint of a scene: a short hash of what it shows. Pure.

There are two kinds that tell themselves apart. `ids-<hash>` covers the layout id and the component ids.
`content-<hash>-<hash>` has that same hash first, and then one of what DescribeCasterLayouts and
DescribeCasterComponents show for these ids.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .studio import Scene, Studio

# What the service shows of layouts or components, by id.
Listed = Mapping[str, Mapping[str, Any]]

_FORM = re.compile(r"ids-[0-9a-f]{12}|content-[0-9a-f]{12}-[0-9a-f]{12}")
_CONTENT = "content-"
_LENGTH = 12


def fingerprint(scene: Scene, content: bool = False) -> str | None:
    """The fingerprint of a scene. None where the content is asked for, and was not read or is not listed."""
    if not content:
        return f"ids-{_hash_of_ids(scene)}"
    return scene.content_hash and f"{_CONTENT}{_hash_of_ids(scene)}-{scene.content_hash}"


def with_content(studio: Studio, layouts: Listed, components: Listed) -> Studio:
    """The studio whose scenes know what their layouts and components contain."""
    scenes = (replace(scene, content_hash=_content_hash(scene, layouts, components)) for scene in studio.scenes)
    return replace(studio, scenes=tuple(scenes))


def is_fingerprint(text: str) -> bool:
    """Whether a text has the form of a fingerprint."""
    return _FORM.fullmatch(text) is not None


def covers_content(text: str) -> bool:
    """Whether a fingerprint tells more than ids."""
    return text.startswith(_CONTENT)


def same_ids(one: str, other: str) -> bool:
    """Whether two fingerprints, of whichever kinds, stand for the same ids."""
    return one.split("-")[1] == other.split("-")[1]


def _content_hash(scene: Scene, layouts: Listed, components: Listed) -> str | None:
    wanted = [(layouts, scene.layout_id)] if scene.layout_id else []
    wanted += [(components, component_id) for component_id in scene.component_ids]
    if not all(item_id in listed for listed, item_id in wanted):
        return None
    return _hash([_normal(listed[item_id]) for listed, item_id in wanted])


def _hash_of_ids(scene: Scene) -> str:
    return _hash([scene.layout_id or "", list(scene.component_ids)])


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_LENGTH]


def _normal(value: Any) -> Any:
    """A value of the service in one spelling: numbers as short text, and no keys that hold nothing.

    Lists keep every entry, since the place of an entry pairs it with one of another list.
    """
    if isinstance(value, Mapping):
        entries = {str(key): _normal(entry) for key, entry in value.items()}
        return {key: entry for key, entry in entries.items() if entry not in ("", [], {})}
    if isinstance(value, list):
        return [_normal(entry) for entry in value]
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.6g}"
    return str(value).lower() if isinstance(value, bool) else str(value)
