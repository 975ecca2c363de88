# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of caster_scene_stop: every option and every row of its table."""

from __future__ import annotations

from typing import Any

from .model import (
    CHECK,
    LIVE,
    PGM,
    PVW,
    SCENES,
    STOP,
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

_ON = Shown(PVW, "layout-next", ("logo", "lower-third"))
_OFF = Shown(PVW, "layout-next", ("logo", "lower-third"), status="idle")
_STOPPED = {PVW: {"status": "idle"}}
_DIFF = (("studio", "preview", "switched: on"), ("preview", "switched: off", "  - logo\n  - lower-third\n"))

_WOULD_STOP = Outcome(True, calls=(SCENES,), before=_ON, after=_OFF, says=("was on",), diff=_DIFF)
_STOPS = Outcome(True, writes=1, before=_ON, after=_OFF, says=("was on",), diff=_DIFF)
_IS_OFF = Outcome(calls=(SCENES,), before=_OFF, after=_OFF, says=("off already",), diff=(("off",), ("off",)))

_UNREAD = {"check_first": False, "scene_id": PVW}
_UNREAD_WARNING = "check mode cannot tell whether the scene is on"


def _case(name: str, steps: tuple[Step, ...], **more: Any) -> Case:
    more.setdefault("studio", studio())
    return Case(f"stop-{name}", "caster_scene_stop", steps, **more)


def _stop_fault(kind: str, **more: Any) -> dict[str, Any]:
    return {"action": STOP, "kind": kind, **more}


_SECOND_PVW = scene("pvw", scene_id="scene-pvw-2", scene_name="Guests")
_TURNED_OFF = {"scenes": [{"scene_id": PVW, "status": "idle"}]}
# The service says yes and does nothing.
_EMPTY_PROMISE = _stop_fault("code", code="OK", status=200)
_DENIED = {"forbidden_ram": "Forbidden.RAM", "no_permission": "NoPermission", "forbidden_401": "Forbidden"}

_THROTTLED = _stop_fault("throttle", retry_after_ms=4000)
_GONE_ON_AIR = {"scenes": [{"scene_id": PVW, "output_type": "pgm"}, {"scene_id": PGM, "output_type": "pvw"}]}

# Whatever delayed a stop, it leaves on a reading that is fresh.
_DELAYED = (
    _case(
        "delayed-and-nobody-else-at-work",
        live(Outcome(True, writes=2, before=_ON, after=_OFF, calls=(SCENES, STOP, SCENES, STOP))),
        options={"wait": False},
        faults=(_THROTTLED,),
        state=_STOPPED,
    ),
    _case(
        "delayed-and-somebody-stopped-it",
        live(Outcome(writes=1, before=_OFF, after=_OFF, says=("off already",), calls=(SCENES, STOP, SCENES))),
        faults=({**_THROTTLED, "edit": _TURNED_OFF},),
        state=_STOPPED,
    ),
    _case(
        "delayed-and-its-scene-went-on-air",
        live(Outcome(code="SceneIsProgram", writes=1)),
        options={"scene_id": PVW},
        faults=({**_THROTTLED, "edit": _GONE_ON_AIR},),
        state={PVW: {"output_type": "pgm"}, PGM: {"output_type": "pvw"}},
    ),
)

CASES: tuple[Case, ...] = (
    *_DELAYED,
    # the table, row by row
    _case("on", (Step(CHECK, _WOULD_STOP), Step(LIVE, _STOPS), Step(LIVE, _IS_OFF)), state=_STOPPED),
    _case(
        "named",
        (Step(CHECK, _WOULD_STOP), Step(LIVE, _STOPS), Step(LIVE, _IS_OFF)),
        options={"scene_id": PVW},
        state=_STOPPED,
    ),
    _case("off", (Step(CHECK, _IS_OFF), Step(LIVE, _IS_OFF)), studio=studio(pvw={"status": "idle"})),
    _case(
        "in-an-idle-studio",
        unchanged(calls=(SCENES,), says=("off already",)),
        studio=studio(pvw={"status": "idle"}, pgm={"status": "idle"}, status="idle"),
    ),
    _case(
        "someone-else-did-it-meanwhile",
        live(
            ByVariant(
                "idle_stop",
                {
                    "idle_code": Outcome(writes=1, calls=(SCENES, STOP), after=_OFF, says=("off already",)),
                    "bare_code": Outcome(writes=1, calls=(SCENES, STOP, SCENES), after=_OFF, says=("off already",)),
                },
            )
        ),
        faults=({"action": SCENES, "kind": "meanwhile", "edit": _TURNED_OFF},),
        state=_STOPPED,
    ),
    _case(
        "bare-code-and-still-on",
        live(
            Outcome(
                code="IncorrectSceneStatus",
                outcome="failed",
                says=("read again. The preview scene is still on: layout layout-next",),
                writes=1,
                after=_ON,
            )
        ),
        faults=(_stop_fault("code", code="IncorrectSceneStatus", status=400),),
    ),
    _case(
        "program",
        refused("SceneIsProgram", PGM, "program scene", PVW, "Nothing was written", calls=(SCENES,)),
        options={"scene_id": PGM},
    ),
    _case(
        "unknown-studio", refused("InvalidCaster.NotFound", "studio", outcome="failed", calls=(SCENES,)), studio=None
    ),
    _case(
        "unknown-scene",
        refused("InvalidScene.NotFound", "scene-nowhere", PVW, PGM, "Nothing was written", calls=(SCENES,)),
        options={"scene_id": "scene-nowhere"},
    ),
    _case(
        "without-scenes",
        refused("InvalidScene.NotFound", "has no preview scene", calls=(SCENES,)),
        studio=studio(scenes=[]),
    ),
    _case(
        "without-domain",
        refused("InvalidDomainName.NotFound", outcome="failed", calls=(SCENES,)),
        studio=studio(domain=None),
    ),
    _case(
        "lost-answer",
        live(
            ByVariant(
                "visibility",
                {
                    # It is read before it is sent again.
                    "immediate": Outcome(True, writes=1, before=_ON, after=_OFF, says=("answer to the stop was lost",)),
                    "delayed": Outcome(True, writes=2, before=_ON, after=_OFF, says=("answer to the stop was lost",)),
                },
            )
        ),
        faults=(_stop_fault("reset_after"),),
        state=_STOPPED,
    ),
    _case(
        "lost-before-it-was-done",
        live(Outcome(True, writes=2, before=_ON, after=_OFF)),
        faults=(_stop_fault("reset_before"),),
        state=_STOPPED,
    ),
    # scene_id
    _case(
        "several-previews",
        refused("AmbiguousScene", "2 preview scenes", PVW, "scene-pvw-2 'Guests'", "scene_id", calls=(SCENES,)),
        studio=studio(more=(_SECOND_PVW,)),
    ),
    _case(
        "one-of-several-previews",
        (
            Step(CHECK, Outcome(True, calls=(SCENES,), facts={"scene_id": "scene-pvw-2"})),
            Step(LIVE, Outcome(True, writes=1, facts={"scene_id": "scene-pvw-2", "after.status": "idle"})),
            Step(LIVE, Outcome(says=("off already",), calls=(SCENES,))),
        ),
        options={"scene_id": "scene-pvw-2"},
        studio=studio(more=(_SECOND_PVW,)),
        state={"scene-pvw-2": {"status": "idle"}},
    ),
    _case(
        "program-listed-first",
        (Step(CHECK, _WOULD_STOP), Step(LIVE, _STOPS)),
        studio=studio(scenes=[scene("pgm"), scene("pvw")]),
        state=_STOPPED,
    ),
    _case("empty-scene-id", live(_STOPS), options={"scene_id": ""}, state=_STOPPED),
    # check_first
    _case(
        "unread-on",
        (
            Step(CHECK, Outcome(True, calls=(), before=None, after=None, warns=(_UNREAD_WARNING,))),
            Step(LIVE, Outcome(True, writes=1, calls=(STOP,), before=None, after=None, says=("accepted the stop",))),
            Step(
                LIVE,
                ByVariant(
                    "idle_stop",
                    {
                        "idle_code": Outcome(
                            writes=1, calls=(STOP,), before=None, after=None, says=("was off already",)
                        ),
                        "bare_code": Outcome(code="IncorrectSceneStatus", outcome="failed", writes=1, calls=(STOP,)),
                    },
                ),
            ),
        ),
        options=_UNREAD,
        state=_STOPPED,
    ),
    _case(
        "unread-with-a-key-that-may-only-stop",
        live(Outcome(True, writes=1, calls=(STOP,))),
        options={**_UNREAD, "wait": True},
        deny=("live:Describe*",),
        state=_STOPPED,
    ),
    _case(
        "unread-program",
        live(
            ByVariant(
                "pgm_stop",
                {
                    "scene_status": Outcome(code="IncorrectSceneStatus", outcome="failed", writes=1, calls=(STOP,)),
                    "scene_id_malformed": Outcome(
                        code="InvalidSceneId.Malformed", outcome="failed", writes=1, calls=(STOP,)
                    ),
                },
            )
        ),
        options={"check_first": False, "scene_id": PGM},
    ),
    _case(
        "unread-unknown-scene",
        live(Outcome(code="InvalidScene.NotFound", outcome="failed", writes=1, calls=(STOP,))),
        options={"check_first": False, "scene_id": "scene-nowhere"},
    ),
    _case(
        "unread-lost-answer",
        live(
            ByVariant(
                "idle_stop",
                {
                    "idle_code": Outcome(True, writes=2, calls=(STOP,), says=("may have stopped it",)),
                    "bare_code": Outcome(
                        True,
                        code="IncorrectSceneStatus",
                        outcome="unknown",
                        writes=2,
                        calls=(STOP,),
                        says=("nothing proves what became of it", "may be off"),
                    ),
                },
            )
        ),
        options=_UNREAD,
        faults=(_stop_fault("reset_after"),),
        state=_STOPPED,
    ),
    # wait, wait_timeout
    _case(
        "no-wait",
        (
            Step(CHECK, _WOULD_STOP),
            Step(LIVE, Outcome(True, writes=1, calls=(SCENES, STOP), before=_ON, after=_OFF)),
        ),
        options={"wait": False},
        state=_STOPPED,
    ),
    _case(
        "wait-time-out",
        live(
            Outcome(
                True,
                code="WaitTimeout",
                outcome="unknown",
                says=("within 1 s (wait_timeout)", "still on", "Last seen", "layout-next"),
                hints=("caster_scene_info",),
                writes=1,
                before=_ON,
                after=_ON,
            )
        ),
        options={"wait_timeout": 1},
        faults=(_EMPTY_PROMISE,),
    ),
    _case(
        "again-before-the-first-one-shows",
        (
            Step(LIVE, Outcome(True, writes=1, calls=(SCENES, STOP))),
            Step(
                LIVE,
                ByVariant(
                    "visibility",
                    {
                        "immediate": Outcome(calls=(SCENES,), says=("off already",)),
                        "delayed": Outcome(writes=1, before=_ON, after=_OFF, says=("off already",)),
                    },
                ),
            ),
        ),
        options={"wait": False},
        state=_STOPPED,
    ),
    _case(
        "accepted-and-a-few-odd-answers",
        live(_STOPS),
        faults=tuple(
            {"action": SCENES, "kind": kind, "after": STOP, "times": times}
            for kind, times in (("missing_list", 1), ("not_json", 3), ("redirect", 1), ("not_object", 4))
        ),
        state=_STOPPED,
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
                before=_ON,
                after=None,
            )
        ),
        options={"wait_timeout": 1},
        faults=({"action": SCENES, "kind": "missing_list", "after": STOP, "times": 0},),
        state=_STOPPED,
    ),
    _case(
        "accepted-and-then-no-studio",
        live(
            Outcome(
                True,
                code="InvalidCaster.NotFound",
                outcome="unknown",
                says=("accepted the write", "could not be read"),
                writes=1,
                calls=(SCENES, STOP, SCENES),
                before=_ON,
                after=None,
            )
        ),
        faults=({"action": SCENES, "kind": "code", "code": "InvalidCaster.NotFound", "status": 404, "after": STOP},),
        state=_STOPPED,
    ),
    # the service says no
    _case(
        "denied",
        (
            Step(CHECK, _WOULD_STOP),
            Step(
                LIVE,
                ByVariant(
                    "ram_denial",
                    {
                        variant: Outcome(code=code, outcome="failed", writes=1, hints=("live:StopCasterScene",))
                        for variant, code in _DENIED.items()
                    },
                ),
            ),
        ),
        deny=("live:StopCasterScene",),
    ),
    _case(
        "reading-denied",
        (
            Step(
                LIVE,
                ByVariant(
                    "ram_denial",
                    {
                        variant: Outcome(code=code, outcome="failed", hints=("live:DescribeCasterScenes",))
                        for variant, code in _DENIED.items()
                    },
                ),
            ),
        ),
        deny=("live:DescribeCasterScenes",),
    ),
    _case(
        "throttled",
        live(Outcome(True, writes=3, before=_ON, after=_OFF)),
        faults=(_stop_fault("throttle", times=2, retry_after_ms=50),),
        state=_STOPPED,
    ),
)
