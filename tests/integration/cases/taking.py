# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of caster_scene_config_copy: every option, every refusal, the order of judgement, and lost answers."""

from __future__ import annotations

from typing import Any

from .model import (
    CHECK,
    COMPONENTS,
    CONTENT,
    DENIED,
    EDITED,
    LAYOUTS,
    LIVE,
    NEXT_CONTENT,
    NEXT_EDITED,
    NEXT_PRINT,
    PGM,
    PVW,
    SCENES,
    TAKE,
    ByVariant,
    Case,
    Moment,
    Outcome,
    Shown,
    Step,
    live,
    refused,
    scene,
    studio,
    unchanged,
)

_NEXT = ("layout-next", ("logo", "lower-third"))
_NOW = Shown(PGM, "layout-now", ("logo",))
_TAKEN = Shown(PGM, *_NEXT)
_ON_AIR = {PGM: {"layout_id": "layout-next", "component_ids": ["logo", "lower-third"]}}
_DIFF = (
    ("studio", "program (on air)", "layout: layout-now", "  - logo\n"),
    ("layout: layout-next", "  - logo\n  - lower-third\n"),
)
_WOULD_TAKE = Outcome(True, calls=(SCENES,), before=_NOW, after=_TAKEN, says=("goes on air",), diff=_DIFF)
_TAKES = Outcome(True, writes=1, before=_NOW, after=_TAKEN, says=("goes on air", "layout-next"), diff=_DIFF)
_ALREADY = Outcome(calls=(SCENES,), before=_TAKEN, after=_TAKEN, says=("shows this already", "layout-next"))
_TAKE_ONCE = (Step(CHECK, _WOULD_TAKE), Step(LIVE, _TAKES), Step(LIVE, _ALREADY))

_SAME = {"layout_id": _NEXT[0], "component_ids": list(_NEXT[1])}
_EMPTY: dict[str, Any] = {"layout_id": None, "component_ids": []}
_IDLE = {"status": "idle"}
_BOTH = {"from_scene_id": PVW, "to_scene_id": PGM}
_UNREAD = {"check_first": False, **_BOTH}
_UNREAD_WARNING = "check mode cannot tell what is on air"
_SOMEBODY_TOOK = {"scenes": [{"scene_id": PGM, "layout_id": "layout-spare"}]}
_NOT_MET = "ExpectationNotMet"
_SHOWS_NOW = "It shows layout layout-now, components logo."


def _case(name: str, steps: tuple[Step, ...], **more: Any) -> Case:
    more.setdefault("studio", studio())
    return Case(f"take-{name}", "caster_scene_config_copy", steps, **more)


def _take_fault(kind: str, **more: Any) -> dict[str, Any]:
    return {"action": TAKE, "kind": kind, **more}


def _meanwhile(**when: str) -> dict[str, Any]:
    return {"action": SCENES, "kind": "meanwhile", "edit": _SOMEBODY_TOOK, **when}


def _expect(name: str, steps: tuple[Step, ...], expect: dict[str, Any], **more: Any) -> Case:
    return _case(f"expect-{name}", steps, options={"expect": expect}, **more)


def _met(name: str, expect: dict[str, Any], pgm: dict[str, Any] | None = None) -> Case:
    """The expectation holds, so the take happens; once it has, the same task is refused: nobody takes twice."""
    steps = (
        Step(CHECK, Outcome(True, calls=(SCENES,))),
        Step(LIVE, Outcome(True, writes=1, after=_TAKEN)),
        Step(LIVE, Outcome(code=_NOT_MET, says=("It shows layout layout-next, components logo, lower-third.",))),
    )
    return _expect(name, steps, expect, studio=studio(pgm=pgm), state=_ON_AIR)


def _unmet(name: str, expect: dict[str, Any], *says: str, pgm: dict[str, Any] | None = None) -> Case:
    return _expect(name, refused(_NOT_MET, *says, calls=(SCENES,)), expect, studio=studio(pgm=pgm))


def _wrong_bus(name: str, *says: str, **more: Any) -> Case:
    return _case(name, refused("WrongBus", *says, "Nothing was written", calls=(SCENES,)), **more)


def _idle(name: str, *warns: str, **more: Any) -> Case:
    def refusal(code: str) -> Outcome:
        return Outcome(code=code, outcome="failed", writes=1, warns=warns, before=..., after=...)

    return _case(
        name,
        (
            Step(CHECK, Outcome(True, calls=(SCENES,), warns=warns)),
            Step(
                LIVE,
                ByVariant(
                    "copy_idle",
                    {
                        "idle_code": refusal("IncorrectSceneStatus.Idle"),
                        "bare_code": refusal("IncorrectSceneStatus"),
                    },
                ),
            ),
        ),
        **more,
    )


_SECOND_PVW = scene("pvw", scene_id="scene-pvw-2", layout_id="layout-other")
_SECOND_PGM = scene("pgm", scene_id="scene-pgm-2", layout_id="layout-other")


def _delayed(name: str, expect: Outcome, *faults: dict[str, Any], **more: Any) -> Case:
    """The first attempt of a take is delayed, and somebody may be at work meanwhile."""
    return _case(f"delayed-{name}", live(expect), faults=faults, **more)


_SPARE = Shown(PGM, "layout-spare", ("logo",))
_THROTTLED = _take_fault("throttle", retry_after_ms=4000)
_BUSY = _take_fault("code", code="ServiceBusy", status=403)
_AGAIN = (SCENES, TAKE, SCENES, TAKE)
_PREPARED = {"scenes": [{"scene_id": PVW, "layout_id": "layout-spare"}]}

# Whatever delayed a take, it leaves on a reading that is fresh.
_DELAYED = (
    _delayed(
        "throttled-and-nobody-else-at-work",
        Outcome(True, writes=2, before=_NOW, after=_TAKEN, calls=_AGAIN),
        _THROTTLED,
        options={"wait": False},
        state=_ON_AIR,
    ),
    _delayed(
        "throttled-and-somebody-took",
        Outcome(True, writes=2, before=_SPARE, after=_TAKEN, calls=_AGAIN),
        {**_THROTTLED, "edit": _SOMEBODY_TOOK},
        options={"wait": False},
        state=_ON_AIR,
    ),
    _delayed(
        "throttled-and-somebody-took-against-the-expectation",
        Outcome(code=_NOT_MET, writes=1, before=_SPARE, after=_SPARE, says=("It shows layout layout-spare",)),
        {**_THROTTLED, "edit": _SOMEBODY_TOOK},
        options={"expect": {"layout_id": "layout-now"}},
        state={PGM: {"layout_id": "layout-spare"}},
    ),
    _delayed(
        "busy-and-somebody-took-against-the-expectation",
        Outcome(code=_NOT_MET, writes=1, before=_SPARE, after=_SPARE),
        {**_BUSY, "edit": _SOMEBODY_TOOK},
        options={"expect": {"layout_id": "layout-now"}},
        state={PGM: {"layout_id": "layout-spare"}},
    ),
    _delayed(
        "throttled-and-somebody-took-the-same",
        Outcome(writes=1, before=_TAKEN, after=_TAKEN, says=("shows this already",), calls=(SCENES, TAKE, SCENES)),
        {**_THROTTLED, "edit": {"scenes": [{"scene_id": PGM, **_SAME}]}},
        state=_ON_AIR,
    ),
    _delayed(
        "throttled-and-somebody-emptied-the-preview",
        Outcome(code="EmptySource", writes=1, before=_NOW, after=_NOW),
        {**_THROTTLED, "edit": {"scenes": [{"scene_id": PVW, **_EMPTY}]}},
        state={PVW: _EMPTY},
    ),
    _delayed(
        "throttled-and-the-preview-was-prepared-anew",
        Outcome(True, writes=2, before=_NOW, after=Shown(PGM, "layout-spare", ("logo", "lower-third"))),
        {**_THROTTLED, "edit": _PREPARED},
        state={
            PVW: {"layout_id": "layout-spare"},
            PGM: {"layout_id": "layout-spare", "component_ids": ["logo", "lower-third"]},
        },
    ),
    _delayed(
        "slow-reading-is-read-again",
        Outcome(True, writes=1, before=_NOW, after=_TAKEN, calls=(SCENES, SCENES, TAKE)),
        {"action": SCENES, "kind": "slow", "seconds": 1.5},
        options={"wait": False},
        state=_ON_AIR,
    ),
    _delayed(
        "every-reading-is-slow",
        Outcome(code="ReadingTooSlow", writes=0, calls=(SCENES, SCENES, SCENES), says=("Nothing was written",)),
        {"action": SCENES, "kind": "slow", "seconds": 1.5, "times": 0},
    ),
    # A throttled account is busy, not slow: the take goes on until one of its readings is fresh.
    _delayed(
        "throttled-in-the-middle-of-each-of-four-readings",
        Outcome(True, writes=1, before=_NOW, after=_TAKEN),
        *({"action": COMPONENTS, "kind": "throttle", "retry_after_ms": 1500, "skip": 2 * turn} for turn in range(4)),
        options={"wait": False, "expect_preview": {"fingerprint": NEXT_CONTENT}},
        studio=studio(**CONTENT),
        state=_ON_AIR,
    ),
    _delayed(
        "the-reading-again-is-refused",
        Outcome(code="InvalidCaster.NotFound", outcome="failed", writes=1, before=_NOW, after=_NOW),
        _THROTTLED,
        {"action": SCENES, "kind": "code", "code": "InvalidCaster.NotFound", "status": 404, "after": TAKE},
    ),
    # max_late is judged at every departure.
    _delayed(
        "throttled-beyond-max-late",
        Outcome(code="CueMissed", writes=1, before=_NOW, after=_NOW, says=("Nothing was written",)),
        _take_fault("throttle", retry_after_ms=6000),
        options={"at": Moment(30), "max_late": 2},
    ),
    _delayed(
        "blind-and-throttled-beyond-max-late",
        Outcome(code="CueMissed", writes=1, says=("Nothing was written",)),
        _take_fault("throttle", retry_after_ms=6000),
        options={"at": Moment(30), "max_late": 2, **_UNREAD},
    ),
    _delayed(
        "lost-before-the-effect-beyond-max-late",
        Outcome(True, code="CueMissed", outcome="unknown", writes=1, before=_NOW, after=_NOW),
        _take_fault("reset_before"),
        options={"at": Moment(30), "max_late": 2},
    ),
)

_PLAIN = (
    _case("plain", _TAKE_ONCE, state=_ON_AIR),
    _case("named", _TAKE_ONCE, options=_BOTH, state=_ON_AIR),
    _case("program-listed-first", _TAKE_ONCE, studio=studio(scenes=[scene("pgm"), scene("pvw")]), state=_ON_AIR),
    _case("empty-scene-ids", live(_TAKES), options={"from_scene_id": "", "to_scene_id": ""}, state=_ON_AIR),
    _case("already-so", (Step(CHECK, _ALREADY), Step(LIVE, _ALREADY)), studio=studio(pgm=_SAME)),
    _case(
        "other-audio-is-already-so",
        unchanged(calls=(SCENES,), says=("shows this already",)),
        studio=studio(pgm={**_SAME, "audio": {"follow_enable": 0}}),
    ),
    _case(
        "same-components-in-another-order",
        live(Outcome(True, writes=1, after=_TAKEN)),
        studio=studio(pgm={"layout_id": "layout-next", "component_ids": ["lower-third", "logo"]}),
        state=_ON_AIR,
    ),
    # force: a change on every run, as documented
    _case(
        "forced",
        (
            Step(CHECK, Outcome(True, calls=(SCENES,), before=_TAKEN, after=_TAKEN, says=("same ids already",))),
            Step(LIVE, Outcome(True, writes=1, before=_TAKEN, after=_TAKEN, says=("same ids already", "force"))),
            Step(LIVE, Outcome(True, writes=1, before=_TAKEN, after=_TAKEN, says=("same ids already",))),
        ),
        options={"force": True},
        studio=studio(pgm=_SAME),
        state=_ON_AIR,
    ),
    # allow_empty
    _case(
        "empty-preview",
        refused("EmptySource", PVW, "neither a layout nor components", "allow_empty", calls=(SCENES,)),
        studio=studio(pvw=_EMPTY),
    ),
    _case(
        "empty-preview-allowed",
        (
            Step(CHECK, Outcome(True, calls=(SCENES,), before=_NOW, after=Shown(PGM, None))),
            Step(LIVE, Outcome(True, writes=1, before=_NOW, after=Shown(PGM, None))),
            Step(LIVE, Outcome(calls=(SCENES,), says=("shows this already: no layout, no components",))),
        ),
        options={"allow_empty": True},
        studio=studio(pvw=_EMPTY),
        state={PGM: _EMPTY},
    ),
    _case(
        "layout-only",
        (
            Step(CHECK, Outcome(True, after=Shown(PGM, "layout-next"))),
            Step(LIVE, Outcome(True, writes=1, after=Shown(PGM, "layout-next"))),
            Step(LIVE, Outcome(calls=(SCENES,))),
        ),
        studio=studio(pvw={"component_ids": []}),
        state={PGM: {"layout_id": "layout-next", "component_ids": []}},
    ),
    _case(
        "components-only",
        (
            Step(CHECK, Outcome(True, after=Shown(PGM, None, ("logo", "lower-third")))),
            Step(LIVE, Outcome(True, writes=1, after=Shown(PGM, None, ("logo", "lower-third")))),
            Step(LIVE, Outcome(calls=(SCENES,))),
        ),
        studio=studio(pvw={"layout_id": None}),
        state={PGM: {"layout_id": None, "component_ids": ["logo", "lower-third"]}},
    ),
)

_EXPECTING = (
    _met("layout", {"layout_id": "layout-now"}),
    _unmet("another-layout", {"layout_id": "layout-old"}, "layout layout-old was expected", _SHOWS_NOW),
    _met("components", {"component_ids": ["logo"]}),
    _unmet("other-components", {"component_ids": ["clock", "logo"]}, "clock, logo were expected", _SHOWS_NOW),
    _unmet(
        "components-in-another-order",
        {"component_ids": ["b", "a"]},
        "It shows layout layout-now, components a, b.",
        pgm={"component_ids": ["a", "b"]},
    ),
    _met("no-components", {"component_ids": []}, pgm={"component_ids": []}),
    _unmet("no-components-but-some", {"component_ids": []}, "no components were expected", _SHOWS_NOW),
    _met("layout-and-components", {"layout_id": "layout-now", "component_ids": ["logo"]}),
    _unmet(
        "two-things-of-which-one-holds",
        {"layout_id": "layout-now", "component_ids": ["clock"]},
        "components clock were expected",
        _SHOWS_NOW,
    ),
    _met("empty", {"empty": True}, pgm=_EMPTY),
    _unmet("empty-but-not", {"empty": True}, "an empty program was expected", _SHOWS_NOW),
    _expect(
        "not-empty",
        (Step(CHECK, _WOULD_TAKE), Step(LIVE, _TAKES), Step(LIVE, _ALREADY)),
        {"empty": False},
        state=_ON_AIR,
    ),
    _unmet(
        "not-empty-but-is",
        {"empty": False},
        "a program that is not empty was expected",
        "It shows no layout, no components.",
        pgm=_EMPTY,
    ),
    _expect("empty-text-is-not-given", _TAKE_ONCE, {"layout_id": ""}, state=_ON_AIR),
    _expect(
        "already-so",
        unchanged(calls=(SCENES,), says=("shows this already",)),
        {"layout_id": "layout-next"},
        studio=studio(pgm=_SAME),
    ),
)

_ALL = (LAYOUTS, COMPONENTS, SCENES)
_CHANGED = "PreviewChanged"
_OTHER = {PVW: {"layout_id": "layout-spare"}}
_OTHER_PREVIEW = {"scenes": [{"scene_id": PVW, "layout_id": "layout-spare"}]}


def _preview(name: str, steps: tuple[Step, ...], expect: dict[str, Any], **more: Any) -> Case:
    options = {"expect_preview": expect, **more.pop("options", {})}
    return _case(f"preview-{name}", steps, options=options, **{"studio": studio(**CONTENT), **more})


def _as_reviewed(
    name: str, expect: dict[str, Any], calls: tuple[str, ...] = (SCENES,), shown: str = NEXT_PRINT
) -> Case:
    """The preview is as it was reviewed, so it is taken; a take leaves it as it is, so the same task is right again."""
    told = {"facts": {"fingerprint": shown}}
    steps = (
        Step(CHECK, Outcome(True, calls=calls, before=_NOW, after=_TAKEN, **told)),
        Step(LIVE, Outcome(True, writes=1, before=_NOW, after=_TAKEN, **told)),
        Step(LIVE, Outcome(calls=calls, says=("shows this already",), **told)),
    )
    return _preview(name, steps, expect, state=_ON_AIR)


def _changed(name: str, expect: dict[str, Any], *says: str, calls: tuple[str, ...] = (SCENES,), **more: Any) -> Case:
    steps = refused(
        _CHANGED, *says, "Nothing was written", calls=calls, before=_NOW, after=_NOW, facts=more.pop("facts", {})
    )
    return _preview(name, steps, expect, **more)


_SHOWS_NEXT = f"It shows layout layout-next, components logo, lower-third, with the fingerprint {NEXT_PRINT}."

_REVIEWED = (
    _as_reviewed("fingerprint", {"fingerprint": NEXT_PRINT}),
    _as_reviewed("content", {"fingerprint": NEXT_CONTENT}, _ALL, NEXT_CONTENT),
    _as_reviewed("ids", {"layout_id": "layout-next", "component_ids": ["logo", "lower-third"], "empty": False}),
    _as_reviewed("blank", {"layout_id": "", "fingerprint": ""}),
    _as_reviewed("nothing", {}),
    _changed("another-layout", {"layout_id": "layout-x"}, "layout layout-x was expected", _SHOWS_NEXT),
    _changed("other-components", {"component_ids": []}, "no components were expected", _SHOWS_NEXT),
    _changed("empty", {"empty": True}, "an empty preview was expected", _SHOWS_NEXT),
    _changed(
        "another-fingerprint",
        {"fingerprint": "ids-000000000000"},
        "the fingerprint ids-000000000000 was expected",
        _SHOWS_NEXT,
        facts={"fingerprint": NEXT_PRINT},
    ),
    _changed(
        "edited-and-kept-its-id",
        {"fingerprint": NEXT_CONTENT},
        f"fingerprint {NEXT_CONTENT} was expected",
        f"with the fingerprint {NEXT_EDITED}: the ids are the same, but what they stand for was changed",
        calls=_ALL,
        facts={"fingerprint": NEXT_EDITED},
        studio=studio(**{**CONTENT, "layouts": [*EDITED["layouts"], *CONTENT["layouts"][1:]]}),
    ),
    _changed(
        "edited-text-of-a-component",
        {"fingerprint": NEXT_CONTENT},
        "the ids are the same, but what they stand for was changed",
        calls=_ALL,
        studio=studio(**{**CONTENT, "components": [CONTENT["components"][0], {"component_id": "lower-third"}]}),
    ),
    _changed(
        "not-listed",
        {"fingerprint": NEXT_CONTENT},
        "with content that the service does not list",
        calls=_ALL,
        facts={"fingerprint": None},
        studio=studio(**{**CONTENT, "layouts": []}),
    ),
    _preview(
        "before-emptiness",
        refused(_CHANGED, "It shows no layout, no components", calls=(SCENES,)),
        {"layout_id": "layout-next"},
        studio=studio(pvw=_EMPTY),
    ),
    _preview(
        "content-that-may-not-be-read",
        live(
            ByVariant(
                "ram_denial",
                {
                    variant: Outcome(code=code, outcome="failed", says=(f"live:{LAYOUTS}",), calls=(LAYOUTS,))
                    for variant, code in DENIED.items()
                },
            )
        ),
        {"fingerprint": NEXT_CONTENT},
        deny=(f"live:{LAYOUTS}",),
    ),
    # Whatever happens after the first reading, the last one decides.
    *(
        _preview(
            f"{name}-before-the-cue",
            live(Outcome(code=_CHANGED, says=says, before=_NOW)),
            {"fingerprint": expected},
            options={"at": Moment(12), "max_late": 60},
            faults=({"action": SCENES, "kind": "meanwhile", "edit": edit},),
            **more,
        )
        for name, expected, edit, says, more in (
            ("replaced", NEXT_PRINT, _OTHER_PREVIEW, ("layout layout-spare",), {"state": _OTHER}),
            ("edited", NEXT_CONTENT, EDITED, (f"fingerprint {NEXT_EDITED}", "ids are the same"), {}),
        )
    ),
    # What was read of the layouts is too old by the time the scenes are read, so everything is read again.
    _preview(
        "edited-while-the-components-came-slowly",
        live(Outcome(code=_CHANGED, says=(f"fingerprint {NEXT_EDITED}", "ids are the same"), calls=(*_ALL, *_ALL))),
        {"fingerprint": NEXT_CONTENT},
        faults=(
            {"action": LAYOUTS, "kind": "meanwhile", "edit": EDITED},
            {"action": COMPONENTS, "kind": "slow", "seconds": 3},
        ),
    ),
    # The answer is lost and nothing was done: a second attempt would be right, were the preview as it was.
    _preview(
        "edited-before-a-second-attempt",
        live(Outcome(True, code="ConnectionFailed", outcome="unknown", writes=1)),
        {"fingerprint": NEXT_CONTENT},
        faults=(
            _take_fault("reset_before"),
            {"action": SCENES, "kind": "meanwhile", "after": TAKE, "edit": EDITED},
        ),
    ),
    _preview(
        "as-reviewed-at-a-second-attempt",
        live(Outcome(True, writes=2, after=_TAKEN, facts={"fingerprint": NEXT_CONTENT})),
        {"fingerprint": NEXT_CONTENT},
        faults=(_take_fault("reset_before"),),
        state=_ON_AIR,
    ),
)

# Expectation, bus, preview, emptiness, then "already so".
_ORDER = (
    _case(
        "expectation-before-bus",
        refused(_NOT_MET, _SHOWS_NOW, calls=(SCENES,)),
        options={"from_scene_id": PGM, "to_scene_id": PVW, "expect": {"layout_id": "layout-old"}},
    ),
    _wrong_bus(
        "bus-before-emptiness",
        "swapped",
        options={"from_scene_id": PGM, "to_scene_id": PVW},
        studio=studio(pvw=_EMPTY, pgm=_EMPTY),
    ),
    _case(
        "emptiness-before-already-so",
        refused("EmptySource", calls=(SCENES,)),
        studio=studio(pvw=_EMPTY, pgm=_EMPTY),
    ),
)

_BUSES = (
    _wrong_bus("from-program", f"{PGM} (program)", options={"from_scene_id": PGM}),
    _wrong_bus("to-preview", f"{PVW} (preview)", options={"to_scene_id": PVW}),
    _wrong_bus("swapped", "the ids are swapped", options={"from_scene_id": PGM, "to_scene_id": PVW}),
    _wrong_bus("same-scene", "name the same scene", options={"from_scene_id": PVW, "to_scene_id": PVW}),
    _wrong_bus(
        "preview-to-preview",
        "scene-pvw-2 is a preview scene, not a program scene",
        options={"from_scene_id": PVW, "to_scene_id": "scene-pvw-2"},
        studio=studio(more=(_SECOND_PVW,)),
    ),
    _wrong_bus(
        "program-to-program",
        "scene-pgm-2 is a program scene, not a preview scene",
        options={"from_scene_id": "scene-pgm-2", "to_scene_id": PGM},
        studio=studio(more=(_SECOND_PGM,)),
    ),
    _case(
        "from-unknown-scene",
        refused("InvalidScene.NotFound", "scene-nowhere", "from_scene_id", PVW, PGM, calls=(SCENES,)),
        options={"from_scene_id": "scene-nowhere"},
    ),
    _case(
        "to-unknown-scene",
        refused("InvalidScene.NotFound", "scene-nowhere", "to_scene_id", PVW, PGM, calls=(SCENES,)),
        options={"to_scene_id": "scene-nowhere"},
    ),
    _case("unknown-studio", refused("InvalidCaster.NotFound", outcome="failed", calls=(SCENES,)), studio=None),
    _case("without-scenes", refused("InvalidScene.NotFound", "no preview scene"), studio=studio(scenes=[])),
    _case(
        "without-program", refused("InvalidScene.NotFound", "no program scene"), studio=studio(scenes=[scene("pvw")])
    ),
    _case(
        "several-previews",
        refused("AmbiguousScene", "2 preview scenes", PVW, "scene-pvw-2", "from_scene_id", calls=(SCENES,)),
        studio=studio(more=(_SECOND_PVW,)),
    ),
    _case(
        "several-programs",
        refused("AmbiguousScene", "2 program scenes", PGM, "scene-pgm-2", "to_scene_id", calls=(SCENES,)),
        studio=studio(more=(_SECOND_PGM,)),
    ),
    _case(
        "one-of-several",
        (
            Step(CHECK, Outcome(True, facts={"from_scene_id": "scene-pvw-2", "to_scene_id": PGM})),
            Step(LIVE, Outcome(True, writes=1, facts={"after.layout_id": "layout-other"})),
            Step(LIVE, Outcome(calls=(SCENES,))),
        ),
        options={"from_scene_id": "scene-pvw-2", "to_scene_id": PGM},
        studio=studio(more=(_SECOND_PVW, _SECOND_PGM)),
        state={PGM: {"layout_id": "layout-other", "component_ids": ["logo", "lower-third"]}},
    ),
    _idle("idle-preview", "preview scene scene-pvw is off", studio=studio(pvw=_IDLE)),
    _idle("idle-program", "program scene scene-pgm is off", studio=studio(pgm=_IDLE)),
    _idle(
        "idle-studio",
        "preview scene scene-pvw is off",
        "program scene scene-pgm is off",
        studio=studio(pvw=_IDLE, pgm=_IDLE, status="idle"),
    ),
)

_UNREAD_CASES = (
    _case(
        "unread",
        (
            Step(CHECK, Outcome(True, calls=(), before=None, after=None, warns=(_UNREAD_WARNING,))),
            Step(LIVE, Outcome(True, writes=1, calls=(TAKE,), before=None, after=None, says=("accepted the take",))),
            Step(LIVE, Outcome(True, writes=1, calls=(TAKE,), before=None, after=None)),
        ),
        options=_UNREAD,
        state=_ON_AIR,
    ),
    _case(
        "unread-with-a-key-that-may-only-take",
        live(Outcome(True, writes=1, calls=(TAKE,))),
        options={**_UNREAD, "wait": True},
        deny=("live:Describe*",),
        state=_ON_AIR,
    ),
    _case(
        "unread-swapped",
        live(Outcome(code="IncorrectSceneStatus", outcome="failed", writes=1, calls=(TAKE,))),
        options={"check_first": False, "from_scene_id": PGM, "to_scene_id": PVW},
    ),
    _case(
        "unread-unknown-scene",
        live(Outcome(code="InvalidScene.NotFound", outcome="failed", writes=1, calls=(TAKE,))),
        options={"check_first": False, "from_scene_id": "scene-nowhere", "to_scene_id": PGM},
    ),
    _case(
        "unread-lost-answer",
        live(
            Outcome(
                True,
                code="ConnectionFailed",
                outcome="unknown",
                says=("nothing proves what became of it", "nothing was read"),
                writes=1,
                calls=(TAKE,),
                before=None,
                after=None,
            )
        ),
        options=_UNREAD,
        faults=(_take_fault("reset_after"),),
        state=_ON_AIR,
    ),
    _case(
        "unread-lost-before-it-was-done",
        live(Outcome(True, code="ConnectionFailed", outcome="unknown", writes=1, calls=(TAKE,))),
        options=_UNREAD,
        faults=(_take_fault("reset_before"),),
    ),
    _case(
        "unread-at-a-cue",
        live(Outcome(True, writes=1, calls=(TAKE,))),
        options={**_UNREAD, "at": Moment(12), "max_late": 60},
        state=_ON_AIR,
        cue=True,
    ),
)

_CUES = (
    _case(
        "at-the-cue",
        (Step(LIVE, Outcome(True, writes=1, before=_NOW, after=_TAKEN)),),
        options={"at": Moment(12), "max_late": 60},
        state=_ON_AIR,
        cue=True,
    ),
    _case(
        "at-in-another-zone",
        (Step(LIVE, Outcome(True, writes=1, after=_TAKEN)),),
        options={"at": Moment(12, "+08:00"), "max_late": 60, "max_wait": 30},
        state=_ON_AIR,
        cue=True,
    ),
    _case("at-judged-in-check-mode", (Step(CHECK, _WOULD_TAKE),), options={"at": Moment(800)}),
    _case("at-a-little-late", (Step(LIVE, _TAKES),), options={"at": Moment(-30), "max_late": 300}, state=_ON_AIR),
    _case(
        "at-missed",
        refused("CueMissed", "was missed", "max_late allows 5 s", "Nothing was written"),
        options={"at": Moment(-30)},
        untouched=True,
    ),
    _case(
        "at-missed-with-no-patience",
        refused("CueMissed", "max_late allows 0 s"),
        options={"at": Moment(-2), "max_late": 0},
        untouched=True,
    ),
    _case(
        "at-too-far",
        refused("CueTooFar", "too far away", "max_wait allows 900 s", "Nothing was written"),
        options={"at": Moment(3600)},
        untouched=True,
    ),
    _case(
        "at-too-far-for-a-short-wait",
        refused("CueTooFar", "max_wait allows 10 s"),
        options={"at": Moment(300), "max_wait": 10},
        untouched=True,
    ),
    _case(
        "at-wrong-scenes-are-refused-early",
        refused("WrongBus", "swapped", calls=(SCENES,)),
        options={"at": Moment(600), "from_scene_id": PGM, "to_scene_id": PVW},
    ),
    _case(
        "at-what-is-read-last-decides",
        (Step(LIVE, Outcome(code=_NOT_MET, says=("layout-spare",), calls=(SCENES, SCENES))),),
        options={"at": Moment(4), "max_late": 60, "expect": {"layout_id": "layout-now"}},
        faults=(_meanwhile(),),
        state={PGM: {"layout_id": "layout-spare"}},
    ),
)

_WAITING = (
    _case(
        "no-wait",
        (Step(CHECK, _WOULD_TAKE), Step(LIVE, Outcome(True, writes=1, calls=(SCENES, TAKE), after=_TAKEN))),
        options={"wait": False},
        state=_ON_AIR,
    ),
    _case(
        "wait-time-out",
        live(
            Outcome(
                True,
                code="WaitTimeout",
                outcome="unknown",
                says=("within 1 s (wait_timeout)", "Last seen: layout layout-now, components logo"),
                hints=("caster_scene_info",),
                writes=1,
                before=_NOW,
                after=_NOW,
            )
        ),
        options={"wait_timeout": 1},
        # The service says yes and does nothing.
        faults=(_take_fault("code", code="OK", status=200),),
    ),
    _case(
        "accepted-but-unreadable",
        live(
            Outcome(
                True,
                code="WaitTimeout",
                outcome="unknown",
                says=("accepted the write", "The studio could not be read", "lacks the list"),
                writes=1,
                after=None,
            )
        ),
        options={"wait_timeout": 1},
        faults=({"action": SCENES, "kind": "missing_list", "after": TAKE, "times": 0},),
        state=_ON_AIR,
    ),
)

_TROUBLE = (
    _case(
        "lost-answer",
        live(
            Outcome(
                True,
                writes=1,
                before=_NOW,
                after=_TAKEN,
                says=("answer was lost", "the program shows it"),
                facts={"request_id": None},
            )
        ),
        faults=(_take_fault("reset_after"),),
        state=_ON_AIR,
    ),
    _case(
        "lost-before-it-was-done",
        live(Outcome(True, writes=2, before=_NOW, after=_TAKEN)),
        faults=(_take_fault("reset_before"),),
        state=_ON_AIR,
    ),
    _case(
        "error-500-and-not-done",
        live(Outcome(True, writes=2, before=_NOW, after=_TAKEN)),
        faults=(_take_fault("error_500"),),
        state=_ON_AIR,
    ),
    _case(
        "lost-and-somebody-else-took",
        live(
            Outcome(
                True,
                code="ConnectionFailed",
                outcome="unknown",
                says=("nothing proves what became of it", "On air may be layout layout-next"),
                hints=("caster_scene_info",),
                writes=1,
                before=_NOW,
                after=Shown(PGM, "layout-spare", ("logo",)),
            )
        ),
        faults=(_take_fault("reset_before"), _meanwhile(after=TAKE)),
        state={PGM: {"layout_id": "layout-spare"}},
    ),
    _case(
        "forced-and-lost",
        live(
            Outcome(
                True,
                code="ConnectionFailed",
                outcome="unknown",
                says=("showed the same ids before, so reading cannot tell",),
                writes=1,
                before=_TAKEN,
            )
        ),
        options={"force": True},
        studio=studio(pgm=_SAME),
        faults=(_take_fault("reset_before"),),
    ),
    _case(
        "throttled",
        live(Outcome(True, writes=3, before=_NOW, after=_TAKEN)),
        faults=(_take_fault("throttle", times=2, retry_after_ms=50),),
        state=_ON_AIR,
    ),
    _case(
        "denied",
        (
            Step(CHECK, _WOULD_TAKE),
            Step(
                LIVE,
                ByVariant(
                    "ram_denial",
                    {
                        variant: Outcome(
                            code=code,
                            outcome="failed",
                            writes=1,
                            before=_NOW,
                            after=_NOW,
                            hints=("live:CopyCasterSceneConfig",),
                        )
                        for variant, code in DENIED.items()
                    },
                ),
            ),
        ),
        deny=("live:CopyCasterSceneConfig",),
    ),
)

CASES: tuple[Case, ...] = (
    *_CUES,
    *_WAITING,
    *_TROUBLE,
    *_PLAIN,
    *_DELAYED,
    *_EXPECTING,
    *_REVIEWED,
    *_ORDER,
    *_BUSES,
    *_UNREAD_CASES,
)
