# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of caster_slate: no read shows a slate, so every run writes and nothing is verified."""

from __future__ import annotations

from typing import Any

from .model import (
    CHECK,
    COMPONENTS,
    CONTENT,
    DENIED,
    LAYOUTS,
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
)

_EFFECT = "EffectCasterUrgent"
_SET = "SetCasterSceneConfig"
_CONFIG = "DescribeCasterConfig"
_URGENT = {"urgent": {"material_id": "card"}}
_NOW = Shown(PGM, "layout-now", ("logo",))
_NEXT = Shown(PGM, "layout-next", ("logo", "lower-third"))
_SLATE = {PGM: {"standby": True}}
_UNVERIFIED = {"verified": False, "scene_id": PGM}
_DIFF = (("program (on air)", "slate: unknown"), ("program (on air)", "slate: shown"))
_BACK = {"state": "ended", "layout_id": "layout-now", "component_ids": ["logo"]}
_ELSE = {"state": "ended", "layout_id": "layout-next", "component_ids": ["logo", "lower-third"]}
_ELSE_STATE = {PGM: {"layout_id": "layout-next", "component_ids": ["logo", "lower-third"], "standby": False}}
_ENDED = {PGM: {"standby": False}}
_UNREAD = {"check_first": False, "scene_id": PGM}


def _case(name: str, steps: tuple[Step, ...], **more: Any) -> Case:
    more.setdefault("studio", studio(**CONTENT, **_URGENT))
    return Case(f"slate-{name}", "caster_slate", steps, **more)


def _on_slate(**pgm: Any) -> dict[str, Any]:
    return studio(pgm={"standby": True, **pgm}, **CONTENT, **_URGENT)


def _fault(action: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "kind": kind, **more}


def _each_time(check: Outcome, run: Outcome, again: Outcome | None = None) -> tuple[Step, ...]:
    return (Step(CHECK, check), Step(LIVE, run), Step(LIVE, again or run))


def _denied(name: str, action: str, calls: int, **more: Any) -> Case:
    return _case(
        name,
        (
            Step(
                LIVE,
                ByVariant(
                    "ram_denial",
                    {
                        variant: Outcome(code=code, outcome="failed", writes=calls, hints=(f"live:{action}",))
                        for variant, code in DENIED.items()
                    },
                ),
            ),
        ),
        deny=(f"live:{action}",),
        **more,
    )


_SHOWN = Outcome(True, writes=1, calls=(SCENES, _CONFIG, _EFFECT), before=_NOW, after=_NOW, facts=_UNVERIFIED)
_WOULD = Outcome(True, calls=(SCENES, _CONFIG), before=_NOW, after=_NOW, diff=_DIFF, facts=_UNVERIFIED)
_BLIND = Outcome(
    True, writes=1, calls=(_EFFECT,), before=None, after=None, says=("accepted", "Nothing was read"), facts=_UNVERIFIED
)

_SHOWING = (
    _case("shown", _each_time(_WOULD, _SHOWN), state=_SLATE),
    _case("shown-named", _each_time(_WOULD, _SHOWN), options={"scene_id": PGM, "state": "shown"}, state=_SLATE),
    _case("shown-blanks", live(_SHOWN), options={"scene_id": "", "layout_id": "", "component_ids": ""}, state=_SLATE),
    _case(
        "none-configured",
        refused(
            "InvalidUrgentMaterial.NotFound",
            "has no slate",
            "Nothing was written",
            calls=(SCENES, _CONFIG),
            hints=("in the console",),
            before=_NOW,
            after=_NOW,
        ),
        studio=studio(**CONTENT),
    ),
    _case(
        "preview",
        refused("SceneIsPreview", PVW, "is a preview scene", PGM, "Nothing was written", calls=(SCENES, _CONFIG)),
        options={"scene_id": PVW},
    ),
    _case(
        "several-programs",
        refused("AmbiguousScene", "2 program scenes", "scene_id"),
        studio=studio(more=(scene("pgm", scene_id="scene-pgm-2"),), **CONTENT, **_URGENT),
    ),
    _case(
        "unknown-scene",
        refused("InvalidScene.NotFound", "scene-nowhere", PVW, PGM, calls=(SCENES, _CONFIG)),
        options={"scene_id": "scene-nowhere"},
    ),
    _case("unknown-studio", refused("InvalidCaster.NotFound", outcome="failed", calls=(SCENES,)), studio=None),
    _case(
        "program-off",
        (
            Step(CHECK, Outcome(True, warns=("is off. The service may refuse it",))),
            Step(
                LIVE,
                Outcome(
                    code="IncorrectSceneStatus.Idle",
                    outcome="failed",
                    writes=1,
                    warns=("is off. The service may refuse it",),
                ),
            ),
        ),
        studio=studio(pgm={"status": "idle"}, **CONTENT, **_URGENT),
    ),
    # Shown twice is shown.
    _case(
        "lost-answer",
        live(Outcome(True, writes=2, before=_NOW, after=_NOW, says=("The slate goes on air",), facts=_UNVERIFIED)),
        faults=(_fault(_EFFECT, "reset_after"),),
        state=_SLATE,
    ),
    _denied("denied", _EFFECT, 1),
    _denied("reading-denied", _CONFIG, 0),
    # The emergency is one request.
    _case(
        "unread",
        (
            Step(
                CHECK,
                Outcome(
                    True,
                    calls=(),
                    before=None,
                    after=None,
                    says=("The slate is to go on air.",),
                    warns=("check mode cannot tell whether the studio has a slate",),
                ),
            ),
            Step(LIVE, _BLIND),
            Step(LIVE, _BLIND),
        ),
        options=_UNREAD,
        state=_SLATE,
    ),
    _case(
        "unread-none-configured",
        live(Outcome(code="InvalidUrgentMaterial.NotFound", outcome="failed", writes=1, calls=(_EFFECT,))),
        options=_UNREAD,
        studio=studio(),
    ),
    _case(
        "unread-lost-answer",
        live(Outcome(True, writes=2, calls=(_EFFECT,), facts=_UNVERIFIED)),
        options=_UNREAD,
        faults=(_fault(_EFFECT, "reset_after"),),
        state=_SLATE,
    ),
)

_ENDING = (
    _case(
        "ended",
        _each_time(
            Outcome(True, calls=(SCENES,), before=_NOW, after=_NOW, facts=_UNVERIFIED),
            Outcome(
                True,
                writes=1,
                calls=(SCENES, _SET),
                before=_NOW,
                after=_NOW,
                says=("The slate ends, and the program comes back: layout layout-now, components logo.",),
                facts=_UNVERIFIED,
            ),
        ),
        options=_BACK,
        studio=_on_slate(),
        state=_ENDED,
    ),
    _case(
        "ended-with-something-else",
        (
            Step(CHECK, Outcome(True, calls=(SCENES, LAYOUTS, COMPONENTS), before=_NOW, after=_NEXT)),
            Step(LIVE, Outcome(True, writes=1, before=_NOW, after=_NEXT, facts=_UNVERIFIED)),
        ),
        options=_ELSE,
        studio=_on_slate(),
        state=_ELSE_STATE,
    ),
    _case(
        "ended-with-a-layout-only",
        live(Outcome(True, writes=1, before=_NOW, after=Shown(PGM, "layout-now"))),
        options={"state": "ended", "layout_id": "layout-now"},
        studio=_on_slate(),
        state={PGM: {"component_ids": [], "standby": False}},
    ),
    _case(
        "ended-with-an-unknown-layout",
        refused("InvalidLayout.NotFound", "layout-nowhere", "Its layouts: layout-next, layout-now.", before=_NOW),
        options={"state": "ended", "layout_id": "layout-nowhere"},
        studio=_on_slate(),
    ),
    # The ids read the same before and after.
    _case(
        "ended-lost-answer",
        live(
            Outcome(
                True,
                code="ConnectionFailed",
                outcome="unknown",
                writes=1,
                before=_NOW,
                says=("nothing proves what became of it", "the same ids before"),
                facts=_UNVERIFIED,
            )
        ),
        options=_BACK,
        studio=_on_slate(),
        faults=(_fault(_SET, "reset_after"),),
        state=_ENDED,
    ),
    _case(
        "ended-with-something-else-lost-answer",
        live(Outcome(True, writes=1, before=_NOW, after=_NEXT, says=("read after the end of the slate",))),
        options=_ELSE,
        studio=_on_slate(),
        faults=(_fault(_SET, "reset_after"),),
        state=_ELSE_STATE,
    ),
    _case(
        "ended-unread",
        live(Outcome(True, writes=1, calls=(_SET,), before=None, after=None, facts=_UNVERIFIED)),
        options={**_BACK, **_UNREAD},
        studio=_on_slate(),
        state=_ENDED,
    ),
    _case(
        "ended-unread-lost-answer",
        live(Outcome(True, code="ConnectionFailed", outcome="unknown", writes=1, calls=(_SET,))),
        options={**_BACK, **_UNREAD},
        studio=_on_slate(),
        faults=(_fault(_SET, "reset_after"),),
        state=_ENDED,
    ),
)


def _impossible(name: str, options: dict[str, Any], *says: str) -> Case:
    return _case(name, refused("InvalidOption", *says, "Nothing was sent"), options=options, untouched=True)


_BAD_INPUT = (
    _impossible("ended-with-nothing", {"state": "ended"}, "layout_id", "component_ids"),
    _impossible("ended-with-no-components", {"state": "ended", "component_ids": [], "layout_id": ""}, "layout_id"),
    _impossible("shown-with-a-layout", {"layout_id": "layout-now"}, "layout_id", "state is shown"),
    _impossible("shown-with-components", {"component_ids": ["logo"]}, "component_ids", "state is shown"),
    _impossible("unread-without-scene", {"check_first": False, "scene_id": ""}, "scene_id"),
)

CASES: tuple[Case, ...] = (*_SHOWING, *_ENDING, *_BAD_INPUT)
