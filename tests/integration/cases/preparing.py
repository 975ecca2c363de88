# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of caster_scene_config: a preview is prepared, and a program is changed as by a take."""

from __future__ import annotations

from typing import Any

from .model import (
    CHECK,
    COMPONENTS,
    CONTENT,
    DENIED,
    LAYOUTS,
    LIVE,
    NEXT_PRINT,
    NOW_PRINT,
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

_SET = "SetCasterSceneConfig"
_LISTED = (SCENES, LAYOUTS, COMPONENTS)
_WAS = Shown(PVW, "layout-next", ("logo", "lower-third"))
_NOW = {"layout_id": "layout-now", "component_ids": ["logo"]}
_PREPARED = Shown(PVW, "layout-now", ("logo",))
_STATE = {PVW: _NOW}
_DIFF = (
    ("studio", "preview: scene scene-pvw", "layout: layout-next", "  - lower-third\n"),
    ("preview: scene scene-pvw", "layout: layout-now", "  - logo\n"),
)
_ON_AIR = Shown(PGM, "layout-now", ("logo",))
_PUT = {"layout_id": "layout-next", "component_ids": ["logo", "lower-third"]}
_TAKEN = Shown(PGM, "layout-next", ("logo", "lower-third"))
_TAKE = {"scene_id": PGM, "on_air": True, **_PUT, "expect": {"layout_id": "layout-now"}}
_TAKEN_STATE = {PGM: _PUT}
_SOMEBODY_TOOK = {"scenes": [{"scene_id": PGM, "layout_id": "layout-spare"}]}
_SPARE = {PGM: {"layout_id": "layout-spare"}}
_IDLE = {"status": "idle"}


def _case(name: str, steps: tuple[Step, ...], options: dict[str, Any], **more: Any) -> Case:
    more.setdefault("studio", studio(**CONTENT))
    return Case(f"config-{name}", "caster_scene_config", steps, options=options, **more)


def _fault(kind: str, **more: Any) -> dict[str, Any]:
    return {"action": _SET, "kind": kind, **more}


def _once(would: Outcome, does: Outcome, is_so: Outcome) -> tuple[Step, ...]:
    return (Step(CHECK, would), Step(LIVE, does), Step(LIVE, is_so))


def _prepares(name: str, options: dict[str, Any], after: Shown, calls: tuple[str, ...], **more: Any) -> Case:
    """Prepared, and found prepared when it is run again."""
    return _case(
        name,
        _once(
            Outcome(True, calls=calls, before=_WAS, after=after),
            Outcome(True, writes=1, before=_WAS, after=after),
            Outcome(calls=(SCENES,), before=after, after=after, says=("shows this already",)),
        ),
        options,
        state={PVW: {"layout_id": after.layout_id, "component_ids": list(after.component_ids)}},
        **more,
    )


_PREPARING = (
    _case(
        "both",
        _once(
            Outcome(True, calls=(SCENES, LAYOUTS), before=_WAS, after=_PREPARED, diff=_DIFF),
            Outcome(
                True,
                writes=1,
                before=_WAS,
                after=_PREPARED,
                diff=_DIFF,
                says=("Layout layout-now, components logo is prepared",),
                facts={"fingerprint": NOW_PRINT, "scene_id": PVW},
            ),
            Outcome(calls=(SCENES,), before=_PREPARED, after=_PREPARED, facts={"fingerprint": NOW_PRINT}),
        ),
        _NOW,
        state=_STATE,
    ),
    _case(
        "already-so",
        unchanged(calls=(SCENES,), before=_WAS, after=_WAS, facts={"fingerprint": NEXT_PRINT}),
        {"scene_id": PVW, "layout_id": "layout-next", "component_ids": ["logo", "lower-third"], "clear_layout": False},
    ),
    _prepares(
        "layout-only", {"layout_id": "layout-now"}, Shown(PVW, "layout-now", _WAS.component_ids), (SCENES, LAYOUTS)
    ),
    _prepares(
        "blank-components",
        {"layout_id": "layout-now", "component_ids": ""},
        Shown(PVW, "layout-now", _WAS.component_ids),
        (SCENES, LAYOUTS),
        pure=True,
    ),
    _prepares(
        "components-only",
        {"component_ids": ["clock"], "layout_id": ""},
        Shown(PVW, "layout-next", ("clock",)),
        (SCENES, COMPONENTS),
    ),
    _prepares(
        "components-in-another-order",
        {"component_ids": ["lower-third", "logo"]},
        Shown(PVW, "layout-next", ("lower-third", "logo")),
        (SCENES,),
        pure=True,
    ),
    _prepares("no-components", {"component_ids": []}, Shown(PVW, "layout-next"), (SCENES,)),
    _prepares("no-layout", {"clear_layout": True}, Shown(PVW, None, _WAS.component_ids), (SCENES,)),
    _case(
        "nothing-left",
        refused("InvalidOption", "neither a layout nor components", "Nothing was written", calls=(SCENES,)),
        {"clear_layout": True, "component_ids": []},
    ),
    _case(
        "unknown-layout",
        refused(
            "InvalidLayout.NotFound",
            "layout-nowhere (layout_id)",
            "Its layouts: layout-next, layout-now.",
            "Nothing was written",
            calls=(SCENES, LAYOUTS),
            before=_WAS,
            after=_WAS,
        ),
        {"layout_id": "layout-nowhere"},
    ),
    _case(
        "unknown-components",
        refused(
            "InvalidComponent.NotFound",
            "Components crawl, ticker (component_ids) are not in studio",
            "Its components: clock, logo, lower-third.",
            calls=(SCENES, COMPONENTS),
        ),
        {"component_ids": ["logo", "crawl", "ticker"]},
    ),
    _case(
        "unknown-component-and-none-there",
        refused("InvalidComponent.NotFound", "Component crawl is not in studio", "It has no components."),
        {"component_ids": ["crawl"]},
        studio=studio(),
        pure=True,
    ),
    _case(
        "unknown-scene",
        refused("InvalidScene.NotFound", "scene-nowhere", PVW, PGM, "Nothing was written", calls=(SCENES,)),
        {"scene_id": "scene-nowhere", **_NOW},
    ),
    _case("unknown-studio", refused("InvalidCaster.NotFound", outcome="failed", calls=(SCENES,)), _NOW, studio=None),
    _case(
        "several-previews",
        refused("AmbiguousScene", "2 preview scenes", "scene_id", calls=(SCENES,)),
        _NOW,
        studio=studio(more=(scene("pvw", scene_id="scene-pvw-2"),), **CONTENT),
    ),
    _case(
        "expecting-another-program",
        refused("ExpectationNotMet", "layout layout-old was expected", calls=(SCENES,), before=_WAS, after=_WAS),
        {**_NOW, "expect": {"layout_id": "layout-old"}},
    ),
    _case(
        "on-air-is-nothing-to-a-preview",
        live(Outcome(True, writes=1, after=_PREPARED)),
        {**_NOW, "on_air": True},
        state=_STATE,
    ),
    _case(
        "preview-off",
        (
            Step(CHECK, Outcome(True, calls=(SCENES, LAYOUTS), warns=("is off. The service may refuse",))),
            Step(
                LIVE,
                Outcome(
                    code="IncorrectSceneStatus",
                    outcome="failed",
                    writes=1,
                    warns=("is off. The service may refuse",),
                    hints=("Start",),
                ),
            ),
        ),
        _NOW,
        studio=studio(pvw=_IDLE, **CONTENT),
    ),
    _case(
        "listing-denied",
        (
            Step(
                LIVE,
                ByVariant(
                    "ram_denial",
                    {
                        variant: Outcome(
                            code=code, outcome="failed", hints=("live:DescribeCasterLayouts",), before=_WAS
                        )
                        for variant, code in DENIED.items()
                    },
                ),
            ),
        ),
        _NOW,
        deny=("live:DescribeCasterLayouts",),
    ),
    _case(
        "denied",
        (
            Step(CHECK, Outcome(True)),
            Step(
                LIVE,
                ByVariant(
                    "ram_denial",
                    {
                        variant: Outcome(code=code, outcome="failed", writes=1, hints=("live:SetCasterSceneConfig",))
                        for variant, code in DENIED.items()
                    },
                ),
            ),
        ),
        _NOW,
        deny=("live:SetCasterSceneConfig",),
    ),
    # A preview may be written twice: the second write finds the first one's work.
    _case(
        "lost-answer",
        live(
            ByVariant(
                "visibility",
                {
                    "immediate": Outcome(True, writes=1, after=_PREPARED, says=("shows it", "answer was lost")),
                    "delayed": Outcome(True, writes=2, after=_PREPARED, says=("is prepared",)),
                },
            )
        ),
        _NOW,
        faults=(_fault("reset_after"),),
        state=_STATE,
        pure=True,
    ),
    _case(
        "lost-before-it-was-done",
        live(Outcome(True, writes=2, before=_WAS, after=_PREPARED)),
        _NOW,
        faults=(_fault("reset_before"),),
        state=_STATE,
    ),
    _case(
        "no-wait",
        live(Outcome(True, writes=1, calls=(SCENES, LAYOUTS, _SET), before=_WAS, after=_PREPARED)),
        {**_NOW, "wait": False},
        state=_STATE,
    ),
    _case(
        "wait-time-out",
        live(
            Outcome(
                True,
                code="WaitTimeout",
                outcome="unknown",
                says=("within 1 s (wait_timeout)", "The preview does not show layout layout-now", "Last seen"),
                writes=1,
                before=_WAS,
                after=_WAS,
                facts={"fingerprint": NEXT_PRINT},
            )
        ),
        {**_NOW, "wait_timeout": 1},
        # The service says yes and does nothing.
        faults=(_fault("code", code="OK", status=200),),
    ),
)

_TAKING = (
    _case(
        "on-air",
        (
            Step(CHECK, Outcome(True, calls=_LISTED, before=_ON_AIR, after=_TAKEN)),
            Step(LIVE, Outcome(True, writes=1, before=_ON_AIR, after=_TAKEN, says=("goes on air",))),
            # Nobody takes twice.
            Step(LIVE, Outcome(code="ExpectationNotMet", before=_TAKEN, after=_TAKEN, calls=(SCENES,))),
        ),
        _TAKE,
        state=_TAKEN_STATE,
    ),
    _case(
        "on-air-already-so",
        unchanged(calls=(SCENES,), before=_TAKEN, after=_TAKEN, says=("The program shows this already",)),
        {**_TAKE, "expect": {"empty": False}},
        studio=studio(pgm=_PUT, **CONTENT),
    ),
    _case(
        "program",
        refused("SceneIsProgram", PGM, "program scene", PVW, "Nothing was written", calls=(SCENES,), hints=("on_air",)),
        {"scene_id": PGM, **_PUT, "expect": {"layout_id": "layout-now"}},
    ),
    _case(
        "on-air-without-expect",
        refused("ExpectationMissing", "shows layout layout-now", "Nothing was written", calls=(SCENES,)),
        {"scene_id": PGM, "on_air": True, **_PUT},
    ),
    _case(
        "on-air-with-an-expect-that-says-nothing",
        refused("ExpectationMissing", "expect is not given or says nothing", calls=(SCENES,)),
        {"scene_id": PGM, "on_air": True, **_PUT, "expect": {"layout_id": ""}},
    ),
    _case(
        "on-air-and-somebody-took",
        refused("ExpectationNotMet", "It shows layout layout-spare, components logo.", calls=(SCENES,)),
        _TAKE,
        studio=studio(pgm={"layout_id": "layout-spare"}, **CONTENT),
    ),
    # A program is never written blindly twice.
    _case(
        "on-air-lost-answer",
        live(
            Outcome(True, writes=1, before=_ON_AIR, after=_TAKEN, says=("The answer was lost; the program shows it",))
        ),
        _TAKE,
        faults=(_fault("reset_after"),),
        state=_TAKEN_STATE,
    ),
    _case(
        "on-air-lost-before-it-was-done",
        live(Outcome(True, writes=2, before=_ON_AIR, after=_TAKEN)),
        _TAKE,
        faults=(_fault("reset_before"),),
        state=_TAKEN_STATE,
        long=True,
    ),
    _case(
        "on-air-lost-and-somebody-took",
        live(
            Outcome(
                True,
                code="ConnectionFailed",
                outcome="unknown",
                writes=1,
                before=_ON_AIR,
                after=Shown(PGM, "layout-spare", ("logo",)),
                says=("The take was sent and nothing proves what became of it", "layout-next, components logo"),
            )
        ),
        _TAKE,
        faults=(_fault("reset_before", edit=_SOMEBODY_TOOK),),
        state=_SPARE,
        long=True,
    ),
    _case(
        "on-air-throttled-and-somebody-took",
        live(Outcome(code="ExpectationNotMet", writes=1, after=Shown(PGM, "layout-spare", ("logo",)))),
        _TAKE,
        faults=(_fault("throttle", retry_after_ms=4000, edit=_SOMEBODY_TOOK),),
        state=_SPARE,
        long=True,
    ),
    _case(
        "on-air-and-off",
        live(
            Outcome(
                code="IncorrectSceneStatus", outcome="failed", writes=1, warns=("The program scene scene-pgm is off",)
            )
        ),
        _TAKE,
        studio=studio(pgm=_IDLE, **CONTENT),
    ),
)


def _impossible(name: str, options: dict[str, Any], *says: str) -> Case:
    return _case(name, refused("InvalidOption", *says, "Nothing was sent"), options, untouched=True)


_BAD_INPUT = (
    _impossible("nothing-asked", {}, "layout_id", "component_ids", "clear_layout"),
    _impossible("nothing-asked-but-blanks", {"layout_id": "", "component_ids": ""}, "layout_id"),
    _impossible("layout-and-none", {"layout_id": "layout-now", "clear_layout": True}, "clear_layout", "layout-now"),
    _impossible("eleven-components", {"component_ids": [f"c{n}" for n in range(11)]}, "component_ids", "10", "11"),
    _impossible("a-component-twice", {"component_ids": ["logo", "clock", "logo"]}, "logo more than once"),
    _impossible("a-blank-among-components", {"component_ids": ["logo", ""]}, "component_ids", "it is empty"),
)

CASES: tuple[Case, ...] = (*_PREPARING, *_TAKING, *_BAD_INPUT)
