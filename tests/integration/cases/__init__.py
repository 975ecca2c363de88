# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of module cases. Every runner runs the same table and judges by the same rules."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions

from . import bad_input, connecting, powering, preparing, reading, slating, starting, stopping, taking
from .model import Case

# A module start costs a second of processor time. These cases vary a row that another case (on the right) takes through
# Ansible, so they run in process only, where they cost nothing.
IN_PROCESS_ONLY = {
    "take-at-missed-with-no-patience": "take-at-missed",
    "take-at-too-far-for-a-short-wait": "take-at-too-far",
    "take-named": "take-one-of-several",
    "take-program-listed-first": "take-plain",
    "take-error-500-and-not-done": "take-lost-before-it-was-done",
    "take-same-components-in-another-order": "take-expect-components-in-another-order",
    "take-layout-only": "take-components-only",
    "take-expect-other-components": "take-expect-components-in-another-order",
    "take-expect-no-components-but-some": "take-expect-no-components",
    "take-expect-two-things-of-which-one-holds": "take-expect-layout-and-components",
    "take-expect-not-empty-but-is": "take-expect-not-empty",
    "take-expect-already-so": "take-already-so",
    "take-preview-to-preview": "take-to-preview",
    "take-program-to-program": "take-from-program",
    "take-without-program": "take-without-scenes",
    "take-several-programs": "take-several-previews",
    "take-idle-program": "take-idle-studio",
    "take-unread-unknown-scene": "take-unread-swapped",
    "take-unread-lost-before-it-was-done": "take-unread-lost-answer",
    "take-accepted-but-unreadable": "stop-accepted-but-unreadable",
    "stop-again-before-the-first-one-shows": "stop-no-wait",
    "stop-accepted-and-a-few-odd-answers": "stop-accepted-but-unreadable",
    "stop-named": "stop-one-of-several-previews",
    "stop-in-an-idle-studio": "stop-off",
    "stop-without-domain": "scenes-without-domain",
    "stop-program-listed-first": "stop-on",
    "stop-unread-unknown-scene": "stop-unread-program",
    "stop-reading-denied": "stop-denied",
    "scenes-three": "scenes-both",
    "scenes-empty-scene-id": "stop-empty-scene-id",
    "casters-nobody": "casters-part-of-a-name-is-no-match",
    # In real time it is chance whether the stop shows before it is read again.
    "stop-lost-answer": "stop-lost-before-it-was-done",
    # On a busy machine no read may fit into the second that they have.
    "config-wait-time-out": "start-wait-time-out",
    "start-studio-wait-time-out": "start-wait-time-out",
    # On a busy machine it is read once more before the stop leaves, and then it is found off.
    "stop-someone-else-did-it-meanwhile": "stop-bare-code-and-still-on",
    "casters-streaming-crowd": "casters-crowd-by-name-and-status",
    **{
        f"{module}-answer-{answer}": f"{other}-answer-{answer}"
        for answer, other in (
            ("not-json", "take"),
            ("no-object", "stop"),
            ("cut-short", "scenes"),
            ("lacks-its-list", "casters"),
            ("is-a-redirect", "take"),
        )
        for module in ("take", "stop", "scenes", "casters")
        if module != other
    },
}

# A cue or a throttled account lets them wait for six seconds and more. One cue and one throttled take stay with the
# everyday tests.
LONG = {
    "take-preview-replaced-before-the-cue",
    "take-preview-edited-before-the-cue",
    "take-at-in-another-zone",
    "take-lost-before-it-was-done",
}

CASES: tuple[Case, ...] = tuple(
    replace(
        case,
        pure=case.pure or case.name in IN_PROCESS_ONLY,
        long=case.long or case.name in LONG or case.name.startswith("take-delayed-"),
    )
    for case in (
        *taking.CASES,
        *stopping.CASES,
        *starting.CASES,
        *powering.CASES,
        *preparing.CASES,
        *slating.CASES,
        *reading.CASES,
        *connecting.CASES,
        *bad_input.CASES,
    )
)

MODULES = tuple(definitions())

assert len({case.name for case in CASES}) == len(CASES), "two cases have one name"
assert set(IN_PROCESS_ONLY) <= {case.name for case in CASES}, "a case that is not there cannot be left out"
assert set(IN_PROCESS_ONLY.values()) <= {
    case.name for case in CASES if not case.pure
}, "what covers it must go through Ansible"
