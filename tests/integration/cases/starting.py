# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of caster_scene_start: the mirror image of a stop."""

from __future__ import annotations

from typing import Any

from .model import (
    CHECK,
    DENIED,
    LIVE,
    PGM,
    PVW,
    SCENES,
    ByVariant,
    Case,
    Outcome,
    Shown,
    Step,
    live,
    refused,
    scene,
    studio,
    unchanged,
)

_START = "StartCasterScene"
_ON = Shown(PVW, "layout-next", ("logo", "lower-third"))
_OFF = Shown(PVW, "layout-next", ("logo", "lower-third"), status="idle")
_IDLE = {"status": "idle"}
_STARTED = {PVW: {"status": "running"}}
_DIFF = (("studio", "preview", "switched: off"), ("preview", "switched: on", "  - logo\n  - lower-third\n"))

_WOULD_START = Outcome(True, calls=(SCENES,), before=_OFF, after=_ON, says=("was off",), diff=_DIFF)
_STARTS = Outcome(True, writes=1, before=_OFF, after=_ON, says=("was off",), diff=_DIFF)
_IS_ON = Outcome(calls=(SCENES,), before=_ON, after=_ON, says=("on already",), diff=(("on",), ("on",)))
_ONCE = (Step(CHECK, _WOULD_START), Step(LIVE, _STARTS), Step(LIVE, _IS_ON))

_UNREAD = {"check_first": False, "scene_id": PVW}
_UNREAD_WARNING = "check mode cannot tell whether the scene is off"
_TURNED_ON = {"scenes": [{"scene_id": PVW, "status": "running"}]}
_SECOND_PVW = scene("pvw", scene_id="scene-pvw-2", scene_name="Guests", status="idle")


def _case(name: str, steps: tuple[Step, ...], **more: Any) -> Case:
    more.setdefault("studio", studio(pvw=_IDLE))
    return Case(f"start-{name}", "caster_scene_start", steps, **more)


def _start_fault(kind: str, **more: Any) -> dict[str, Any]:
    return {"action": _START, "kind": kind, **more}


_THROTTLED = _start_fault("throttle", retry_after_ms=4000)

CASES: tuple[Case, ...] = (
    _case("off", _ONCE, state=_STARTED),
    _case("named", _ONCE, options={"scene_id": PVW}, state=_STARTED),
    _case("empty-scene-id", live(_STARTS), options={"scene_id": ""}, state=_STARTED),
    _case("on", unchanged(calls=(SCENES,), before=_ON, after=_ON, says=("on already",)), studio=studio()),
    _case(
        "idle-studio",
        refused("IncorrectCasterStatus.Idle", "is idle", PGM, "Nothing was written", calls=(SCENES,)),
        studio=studio(pvw=_IDLE, pgm=_IDLE, status="idle"),
    ),
    _case(
        "program",
        refused("SceneIsProgram", PGM, "program scene", "can be started", PVW, "Nothing was written", calls=(SCENES,)),
        options={"scene_id": PGM},
    ),
    _case(
        "unknown-scene",
        refused("InvalidScene.NotFound", "scene-nowhere", PVW, PGM, "Nothing was written", calls=(SCENES,)),
        options={"scene_id": "scene-nowhere"},
    ),
    _case("unknown-studio", refused("InvalidCaster.NotFound", outcome="failed", calls=(SCENES,)), studio=None),
    _case(
        "without-scenes",
        refused("InvalidScene.NotFound", "has no preview scene", calls=(SCENES,)),
        studio=studio(scenes=[]),
    ),
    _case(
        "several-previews",
        refused("AmbiguousScene", "2 preview scenes", PVW, "scene-pvw-2 'Guests'", "scene_id", calls=(SCENES,)),
        studio=studio(more=(_SECOND_PVW,)),
    ),
    _case(
        "one-of-several-previews",
        (
            Step(LIVE, Outcome(True, writes=1, facts={"scene_id": "scene-pvw-2", "after.status": "running"})),
            Step(LIVE, Outcome(says=("on already",), calls=(SCENES,))),
        ),
        options={"scene_id": "scene-pvw-2"},
        studio=studio(more=(_SECOND_PVW,)),
        state={"scene-pvw-2": {"status": "running"}},
    ),
    _case(
        "without-a-layout",
        (
            Step(CHECK, Outcome(True, calls=(SCENES,))),
            Step(LIVE, Outcome(code="InvalidLayout.NotFound", outcome="failed", writes=1)),
        ),
        studio=studio(pvw={**_IDLE, "layout_id": None, "component_ids": []}),
    ),
    # Whatever delayed a start, it leaves on a reading that is fresh.
    _case(
        "delayed-and-somebody-started-it",
        live(Outcome(writes=1, before=_ON, after=_ON, says=("on already",), calls=(SCENES, _START, SCENES))),
        faults=({**_THROTTLED, "edit": _TURNED_ON},),
        state=_STARTED,
    ),
    _case(
        "delayed-and-the-studio-stopped",
        live(Outcome(code="IncorrectCasterStatus.Idle", writes=1, before=_OFF, after=_OFF)),
        faults=({**_THROTTLED, "edit": {"scenes": [{"scene_id": PGM, **_IDLE}]}},),
        state={PGM: _IDLE},
    ),
    _case(
        "someone-else-did-it-meanwhile",
        live(Outcome(writes=1, calls=(SCENES, _START), after=_ON, says=("was on already when the service",))),
        faults=({"action": SCENES, "kind": "meanwhile", "edit": _TURNED_ON},),
        state=_STARTED,
        pure=True,
    ),
    _case(
        "bare-code-and-still-off",
        live(
            Outcome(
                code="IncorrectSceneStatus",
                outcome="failed",
                says=("read again. The preview scene is still off: layout layout-next",),
                writes=1,
                after=_OFF,
            )
        ),
        faults=(_start_fault("code", code="IncorrectSceneStatus", status=400),),
    ),
    _case(
        "lost-answer",
        live(
            ByVariant(
                "visibility",
                {
                    "immediate": Outcome(
                        True, writes=1, before=_OFF, after=_ON, says=("answer to the start was lost",)
                    ),
                    "delayed": Outcome(True, writes=2, before=_OFF, after=_ON, says=("answer to the start was lost",)),
                },
            )
        ),
        faults=(_start_fault("reset_after"),),
        state=_STARTED,
        pure=True,
    ),
    _case(
        "lost-before-it-was-done",
        live(Outcome(True, writes=2, before=_OFF, after=_ON)),
        faults=(_start_fault("reset_before"),),
        state=_STARTED,
    ),
    # check_first
    _case(
        "unread-off",
        (
            Step(CHECK, Outcome(True, calls=(), before=None, after=None, warns=(_UNREAD_WARNING,))),
            Step(LIVE, Outcome(True, writes=1, calls=(_START,), before=None, after=None, says=("accepted the start",))),
            Step(LIVE, Outcome(writes=1, calls=(_START,), before=None, after=None, says=("was on already",))),
        ),
        options=_UNREAD,
        state=_STARTED,
    ),
    _case(
        "unread-idle-studio",
        live(Outcome(code="IncorrectCasterStatus.Idle", outcome="failed", writes=1, calls=(_START,))),
        options=_UNREAD,
        studio=studio(pvw=_IDLE, pgm=_IDLE, status="idle"),
    ),
    _case(
        "unread-program",
        live(Outcome(code="IncorrectSceneStatus", outcome="failed", writes=1, calls=(_START,))),
        options={"check_first": False, "scene_id": PGM},
    ),
    _case(
        "unread-lost-answer",
        live(Outcome(True, writes=2, calls=(_START,), says=("may have started it",))),
        options=_UNREAD,
        faults=(_start_fault("reset_after"),),
        state=_STARTED,
    ),
    # wait, wait_timeout
    _case(
        "no-wait",
        live(Outcome(True, writes=1, calls=(SCENES, _START), before=_OFF, after=_ON)),
        options={"wait": False},
        state=_STARTED,
    ),
    _case(
        "wait-time-out",
        live(
            Outcome(
                True,
                code="WaitTimeout",
                outcome="unknown",
                says=("within 1 s (wait_timeout)", "still off", "Last seen", "layout-next"),
                hints=("caster_scene_info",),
                writes=1,
                before=_OFF,
                after=_OFF,
            )
        ),
        options={"wait_timeout": 1},
        # The service says yes and does nothing.
        faults=(_start_fault("code", code="OK", status=200),),
    ),
    _case(
        "accepted-but-unreadable",
        live(
            Outcome(
                True,
                code="WaitTimeout",
                outcome="unknown",
                says=("accepted the write", "could not be read", "lacks the list"),
                writes=1,
                before=_OFF,
                after=None,
            )
        ),
        options={"wait_timeout": 1},
        faults=({"action": SCENES, "kind": "missing_list", "after": _START, "times": 0},),
        state=_STARTED,
    ),
    _case(
        "denied",
        (
            Step(CHECK, _WOULD_START),
            Step(
                LIVE,
                ByVariant(
                    "ram_denial",
                    {
                        variant: Outcome(code=code, outcome="failed", writes=1, hints=("live:StartCasterScene",))
                        for variant, code in DENIED.items()
                    },
                ),
            ),
        ),
        deny=("live:StartCasterScene",),
    ),
)
