# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The result of a task, with the same keys in every mode, and the diff."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable

from .._api.client import Sent
from .._errors.error import LiveError
from .._errors.kind import Outcome
from .._studio.studio import PGM, Scene


@dataclass
class Report:
    """The result while it is being found out. `facts` are the keys that belong to one module.

    `ending` gives those that follow from what the task ended with.
    """

    facts: dict[str, Any]
    changed: bool = False
    writes: bool = False
    before: Scene | None = None
    after: Scene | None = None
    reason: str | None = None
    request_id: str | None = None
    api_calls: list[dict[str, Any]] = field(default_factory=list)
    warned: set[str] = field(default_factory=set)
    sent: Sent = field(default_factory=Sent)
    ending: Callable[[Report], dict[str, Any]] = lambda report: {}

    def render(self, diff: bool) -> dict[str, Any]:
        """The result as users see it, with the same keys in every mode."""
        result = {"changed": self.changed, **self.facts, **self.ending(self), "api_calls": self.api_calls}
        if self.writes:
            result["before"] = _shown(self.before)
            result["after"] = _shown(self.after)
            result["reason"] = self.reason
            result["request_id"] = self.request_id
            if diff:
                result["diff"] = _diff(self.facts["caster_id"], self.before, self.after)
        return result

    def render_failure(self, error: LiveError, diff: bool) -> dict[str, Any]:
        """The result of a task that failed: all keys of a success, and the error."""
        self.changed = self.changed or error.outcome is Outcome.UNKNOWN
        # What was planned did not come to pass, or nobody knows; the message says what did.
        self.reason = None
        details = error.as_dict()
        message = " ".join(text for text in (details["message"], details["hint"]) if text)
        return {**self.render(diff), "failed": True, "msg": message, "error": details}


def _shown(scene: Scene | None) -> dict[str, Any] | None:
    """A scene as users see it; one without an id stands for a scene that is not there yet."""
    return scene.as_dict() if scene and scene.scene_id else None


def _diff(caster_id: str, before: Scene | None, after: Scene | None) -> dict[str, str]:
    return {
        "before_header": f"studio {caster_id}, now",
        "after_header": f"studio {caster_id}, after this task",
        "before": _scene_words(before),
        "after": _scene_words(after),
    }


def _scene_words(scene: Scene | None) -> str:
    if scene is None:
        return ""
    bus = "program (on air)" if scene.output_type == PGM else "preview"
    notes = "".join(f"{note}\n" for note in scene.notes)
    if not scene.scene_id:
        return f"{bus}: no scene yet\n{notes}"
    components = "".join(f"  - {component}\n" for component in scene.component_ids) or "  none\n"
    return (
        f"{bus}: scene {scene.scene_id} {scene.scene_name}".rstrip()
        + f"\nswitched: {'on' if scene.running else 'off'}\nlayout: {scene.layout_id or 'none'}\n"
        + f"components, lowest first:\n{components}"
        + notes
    )
