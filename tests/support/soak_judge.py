# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the result of a task that is over with what the service knows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...plugins.module_utils._modules.task import FRESH
from . import studios
from .witness import EDIT, READ, WRITE, Event, Studio, scene_of

READING = "DescribeCasterScenes"
WRITES = {"stop": "StopCasterScene", "take": "CopyCasterSceneConfig"}

# When a request leaves is noted a moment after the task has judged that it may, in seconds.
TOLERANCE = 0.3
# What a content fingerprint is made of, and where content_of has it.
_CONTENT = {"DescribeCasterLayouts": 2, "DescribeCasterComponents": 3}
# Faults of a reading that leave it as good as any other, and those that may: then the task may have given it up.
_GOOD = frozenset({"ok", "fault:meanwhile", "fault:echo"})
_MAYBE = frozenset({"fault:slow", "fault:trickle", "fault:interim"})


@dataclass(frozen=True)
class Wish:
    """One task: what is asked for, and how. `cue` is in seconds since the epoch.

    `armed` is the studio as it was when its preview was reviewed, for a take that must take that preview.
    """

    task: str
    params: dict[str, Any]
    check_mode: bool
    cue: float | None = None
    armed: Studio | None = None

    @property
    def blind(self) -> bool:
        """Whether nothing is read first."""
        return self.params.get("check_first") is False

    @property
    def reads_only(self) -> bool:
        """Whether nothing is to be written, whatever happens."""
        return self.check_mode or self.task == "info"


@dataclass(frozen=True)
class Case:
    """A task that is over. `journal` and `events` are of its time alone, `left` is when its requests left, by nonce.

    `start` is the studio as it was before, `delay` how late readings show a write, in seconds.
    """

    wish: Wish
    result: Mapping[str, Any]
    journal: list[dict[str, Any]]
    events: list[Event]
    left: Mapping[str, float]
    start: Studio
    delay: float = 0.0

    @property
    def outcome(self) -> str:
        """What became of it by its own words; the empty string when it did not fail."""
        return str(self.result["error"]["outcome"]) if self.result.get("failed") else ""

    @property
    def effects(self) -> list[Event]:
        """What the task really did."""
        return [event for event in self.events if event.kind == WRITE and event.effect]

    @property
    def edits(self) -> list[Event]:
        """What others did meanwhile."""
        return [event for event in self.events if event.kind == EDIT]

    def readings(self, kinds: frozenset[str] = _GOOD | _MAYBE, action: str = READING) -> list[Event]:
        """The readings that may have reached the task."""
        outcomes = {entry["nonce"]: entry["outcome"] for entry in self.journal}
        return [e for e in self.events if e.kind == READ and e.action == action and outcomes.get(e.nonce) in kinds]


def lies(case: Case) -> list[str]:
    """What in this result is not true, or should not have been sent; a sentence for each."""
    found = []
    if case.result.get("failed") and case.result["error"]["code"] == "UnexpectedError":
        found.append(f"it ended by an error that nobody foresaw: {case.result['msg']}")
    if case.wish.reads_only:
        return [*found, *_of_a_reader(case)]
    found += _of_its_end(case)
    found += _of_its_cue(case)
    if not case.wish.blind:
        found += _of_its_departures(case)
    return [*found, *_of_repeats(case)]


def content(studio: Studio, scene_id: str) -> tuple[Any, ...]:
    """What a scene shows."""
    scene = scene_of(studio, scene_id)
    return scene["layout_id"], tuple(scene["component_ids"])


def fulfilled(wish: Wish, studio: Studio) -> bool:
    """Whether the studio is as the task would have it."""
    if wish.task == "stop":
        return bool(scene_of(studio, studios.PVW)["status"] == "idle")
    return content(studio, studios.PVW) == content(studio, studios.PGM)


def _of_a_reader(case: Case) -> Iterator[str]:
    """Check mode and information modules never write, and foretell what a run would do."""
    wish, changed = case.wish, case.result["changed"]
    if any(entry["action"] in WRITES.values() for entry in case.journal):
        yield "a write was sent in check mode"
    if case.result.get("failed"):
        if changed:
            yield "changed, although it failed in check mode"
        return
    always = wish.task != "info" and (wish.blind or wish.params.get("force", False))
    if wish.task == "info" or always:
        foretold = {always}
    else:
        foretold = {not fulfilled(wish, reading.shown or {}) for reading in _basis(case, 1e12)}
    if changed not in foretold:
        yield f"check mode says changed {changed}, a run would say {foretold}"


def _of_its_end(case: Case) -> Iterator[str]:
    """An outcome that is not what happened."""
    result, outcome, happened = case.result, case.outcome, bool(case.effects)
    sent = any(call["action"] == WRITES[case.wish.task] for call in result["api_calls"])
    if outcome in ("refused", "failed"):
        if happened:
            yield f"outcome {outcome}, but it happened"
        if result["changed"]:
            yield f"changed, but the outcome is {outcome}"
    elif outcome == "unknown":
        if not result["changed"]:
            yield "the outcome is unknown, but changed is false"
        if not sent:
            yield "the outcome is unknown, but no write was sent"
    elif happened != result["changed"]:
        # Somebody else may have done the same while the answer to a write was lost.
        if happened or not sent or not case.edits:
            yield f"changed is {result['changed']}, but the journal says {happened}"
    elif happened:
        yield from _of_what_it_shows(case)
    elif not any(fulfilled(case.wish, studio) for studio in _states(case)):
        yield "success without a change, but the studio never was like that"


def _of_what_it_shows(case: Case) -> Iterator[str]:
    """A write that was carried out and reported: what is on air by the result was on air."""
    first = case.effects[0]
    later = [event for event in case.events if event.at >= first.at]
    shown = [event.shown or event.after for event in later]
    if not any(fulfilled(case.wish, studio) for studio in shown):
        yield "success, but the studio never showed it"
    after = case.result.get("after")
    if case.wish.task == "take" and after and not case.wish.blind:
        # Without waiting it is what the preview showed, which somebody may have changed within the last second.
        moved = not case.wish.params.get("wait", True) and case.edits
        if not moved and _ids(after) not in [content(studio, studios.PGM) for studio in shown]:
            yield f"after says {_ids(after)}, which was never on air"


def _of_its_cue(case: Case) -> Iterator[str]:
    """Writes that did not leave within the cue."""
    wish = case.wish
    if wish.cue is None:
        return
    for nonce in [entry["nonce"] for entry in case.journal if entry["action"] == WRITES[wish.task]]:
        late = case.left.get(nonce, wish.cue) - wish.cue
        if late > wish.params["max_late"] + TOLERANCE:
            yield f"a write left {late:.2f} s after its cue, max_late is {wish.params['max_late']}"
        if late < -0.05:
            yield f"a write left {-late:.2f} s before its cue"


def _of_its_departures(case: Case) -> Iterator[str]:
    """Writes without a fresh read that allowed them, and a result that says something else than that read showed."""
    for entry in [entry for entry in case.journal if entry["action"] == WRITES[case.wish.task]]:
        moment = case.left.get(entry["nonce"], entry["at"])
        basis = [r for r in _basis(case, moment) if moment - case.left.get(r.nonce, r.at) <= FRESH + TOLERANCE]
        if not basis:
            yield "a write left, and nothing was read within the second before it"
        elif not any(_allows(case.wish, reading.shown or {}) for reading in basis):
            yield "a write left, although what was read last did not allow it"
        if _wants_content(case.wish) and not all(_is_as_reviewed(case, action, moment) for action in _CONTENT):
            yield "a take left, although the content of its preview was another one when it was read last, or unread"
    if case.wish.task == "take" and case.effects:
        yield from _of_what_was_before(case)


def _of_what_was_before(case: Case) -> Iterator[str]:
    """A `before` that is not what the program showed, unless somebody took within the last second."""
    told = case.result.get("before")
    if not told:
        yield "it was carried out, and before is empty"
        return
    first = case.effects[0]
    moment = case.left.get(first.nonce, first.at)
    seen = [content(reading.shown or {}, studios.PGM) for reading in _basis(case, moment)]
    if _ids(told) not in seen:
        yield f"before says {_ids(told)}, the last reading showed {seen}"
    if _ids(told) != content(first.before, studios.PGM):
        taken = [e for e in case.edits if e.at < first.at and _program_changed(e)]
        if not taken or moment - taken[-1].at > FRESH + TOLERANCE:
            yield f"before says {_ids(told)}, but the take replaced {content(first.before, studios.PGM)}"


def _of_repeats(case: Case) -> Iterator[str]:
    """A take that was carried out must not be sent again once readings show it, whether or not it was read.

    Unless somebody else took meanwhile: then no reading shows that it was carried out.
    """
    if case.wish.task != "take" or not case.effects:
        return
    effect = case.effects[0]
    for entry in case.journal:
        again = entry["action"] == WRITES["take"] and entry["nonce"] != effect.nonce
        replaced = any(effect.at < e.at < entry["at"] and _program_changed(e) for e in case.edits)
        if again and entry["at"] > effect.at + case.delay and not replaced:
            yield "a take was sent again after its effect was visible"


def _basis(case: Case, moment: float, action: str = READING) -> list[Event]:
    """The readings before a moment of which one must be what the task went by: the last, and any after it that may have
    been given up."""
    before = [reading for reading in case.readings(action=action) if reading.at < moment]
    sure = [reading for reading in case.readings(_GOOD, action) if reading.at < moment]
    return [reading for reading in before if not sure or reading.at >= sure[-1].at]


def _allows(wish: Wish, shown: Studio) -> bool:
    """Whether a task that sees this may write."""
    if fulfilled(wish, shown) and not wish.params.get("force"):
        return False
    if wish.armed and not _is_armed(wish, shown):
        return False
    expected = wish.params.get("expect")
    return not expected or bool(scene_of(shown, studios.PGM)["layout_id"] == expected["layout_id"])


def _is_armed(wish: Wish, shown: Studio) -> bool:
    """Whether the preview shows what was reviewed."""
    return content(shown, studios.PVW) == content(wish.armed or {}, studios.PVW)


def _wants_content(wish: Wish) -> bool:
    return bool(wish.armed) and wish.params["expect_preview"]["fingerprint"].startswith("content-")


def _is_as_reviewed(case: Case, action: str, moment: float) -> bool:
    """Whether a read of layouts or components showed what was reviewed. It may be older than the read of the scenes."""
    kind, armed = _CONTENT[action], case.wish.armed or {}
    return any(
        content_of({**reading.before, "scenes": armed["scenes"]})[kind] == content_of(armed)[kind]
        for reading in _basis(case, moment, action)
        if moment - case.left.get(reading.nonce, reading.at) <= 2 * FRESH + TOLERANCE
    )


def content_of(studio: Studio) -> Any:
    """What a preview shows, with all that its layout and its components contain."""
    layout, components = content(studio, studios.PVW)
    parts = [part for part in studio["layouts"] if part["layout_id"] == layout]
    return layout, components, parts, [part for part in studio["components"] if part["component_id"] in components]


def _states(case: Case) -> list[Studio]:
    """What there was, what readings showed, and what others made of the studio."""
    return [case.start, *(event.shown or event.after for event in case.events)]


def _program_changed(edit: Event) -> bool:
    return content(edit.before, studios.PGM) != content(edit.after, studios.PGM)


def _ids(scene: Mapping[str, Any]) -> tuple[Any, ...]:
    return scene["layout_id"], tuple(scene["component_ids"])
