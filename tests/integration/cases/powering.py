# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of caster: a studio is started with its scenes, and stopped, which ends the program."""

from __future__ import annotations

from typing import Any

from .model import (
    CASTERS,
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
    studio,
    unchanged,
)

_START = "StartCaster"
_STOP = "StopCaster"
_CONFIG = "DescribeCasterConfig"
_OFF = {"status": "idle"}
_READ = (SCENES, CASTERS)
_ON_AIR = Shown(PGM, "layout-now", ("logo",))
_IDLE = Shown(PGM, "layout-now", ("logo",), status="idle")
_STARTED = {scene_id: {"status": "running"} for scene_id in (PVW, PGM)}
_STOPPED = {scene_id: {"status": "idle"} for scene_id in (PVW, PGM)}
_ENDS = ("This ends the program, on since 20", ": layout layout-now, components logo.")
_START_DIFF = (("studio: idle", "switched: off"), ("studio: streaming", "switched: on"))
_STOP_DIFF = (("studio: streaming, on since 20", "switched: on"), ("studio: idle", "switched: off"))


def _idle(**changes: Any) -> dict[str, Any]:
    return studio(pvw=_OFF, pgm=_OFF, status="idle", **changes)


def _start(name: str, steps: tuple[Step, ...], **more: Any) -> Case:
    more.setdefault("studio", _idle())
    options = {"state": "started", **more.pop("options", {})}
    return Case(f"start-studio-{name}", "caster", steps, options=options, **more)


def _stop(name: str, steps: tuple[Step, ...], **more: Any) -> Case:
    more.setdefault("studio", studio())
    options = {"state": "stopped", **more.pop("options", {})}
    return Case(f"stop-studio-{name}", "caster", steps, options=options, **more)


def _fault(action: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "kind": kind, **more}


def _denied(action: str) -> tuple[Step, ...]:
    outcomes = {
        variant: Outcome(code=code, outcome="failed", writes=1, hints=(f"live:{action}",))
        for variant, code in DENIED.items()
    }
    return (Step(CHECK, Outcome(True)), Step(LIVE, ByVariant("ram_denial", outcomes)))


def _seen(sooner: int, later: int, **expect: Any) -> ByVariant:
    """The same outcome; a write that shows late is sent again."""
    return ByVariant(
        "visibility",
        {"immediate": Outcome(True, writes=sooner, **expect), "delayed": Outcome(True, writes=later, **expect)},
    )


_AS_STARTED: dict[str, Any] = {"state": _STARTED, "studio_status": "streaming"}
_AS_STOPPED: dict[str, Any] = {"state": _STOPPED, "studio_status": "idle"}
_WAS_STARTED = Outcome(calls=_READ, before=_ON_AIR, after=_ON_AIR, says=("streams already, on since 20",))
_WAS_STOPPED = Outcome(calls=_READ, before=_IDLE, after=_IDLE, says=("idle already",), facts={"streaming_since": None})

_STARTING = (
    _start(
        "idle",
        (
            Step(CHECK, Outcome(True, calls=(*_READ, _CONFIG), before=_IDLE, after=_ON_AIR, diff=_START_DIFF)),
            Step(
                LIVE,
                Outcome(True, writes=1, before=_IDLE, after=_ON_AIR, says=("was idle",), facts={"state": "started"}),
            ),
            Step(LIVE, _WAS_STARTED),
        ),
        **_AS_STARTED,
    ),
    _start(
        "for-the-first-time",
        (
            Step(CHECK, Outcome(True, before=None, after=None, diff=(("no scene yet", "studio: idle"), ("studio",)))),
            Step(LIVE, Outcome(True, writes=1, before=None, facts={"after.status": "running"})),
            Step(LIVE, Outcome(calls=_READ, says=("streams already",))),
        ),
        studio=_idle(scenes=[]),
        studio_status="streaming",
    ),
    _start("streaming", unchanged(calls=_READ, before=_ON_AIR, says=("streams already",)), studio=studio()),
    _start(
        "preview-off",
        unchanged(calls=_READ, before=_ON_AIR, says=("streams already", f"preview scene {PVW} is off")),
        studio=studio(pvw=_OFF),
    ),
    _start(
        "without-a-domain",
        refused(
            "InvalidDomainName.NotFound",
            "has no domain",
            "Nothing was written",
            hints=("Configure the streaming domain",),
            calls=(*_READ, _CONFIG),
        ),
        studio=_idle(domain=None),
    ),
    _start(
        "without-a-template",
        refused(
            "InvalidCasterTemplate.NotFound",
            "has no transcoding template",
            "Nothing was written",
            hints=("Configure the output",),
            before=_IDLE,
            after=_IDLE,
        ),
        studio=_idle(template=None),
    ),
    _start("unknown-studio", refused("InvalidCaster.NotFound", outcome="failed", calls=(SCENES,)), studio=None),
    _start(
        "expecting",
        refused("InvalidOption", "expect", "state is started", "Nothing was sent"),
        options={"expect": {"layout_id": "layout-now"}},
        untouched=True,
    ),
    _start(
        "lost-answer",
        live(_seen(1, 2, before=_IDLE, after=_ON_AIR, says=("so this task may have started it",))),
        faults=(_fault(_START, "reset_after"),),
        pure=True,
        **_AS_STARTED,
    ),
    _start(
        "lost-before-it-was-done",
        live(Outcome(True, writes=2, before=_IDLE, after=_ON_AIR)),
        faults=(_fault(_START, "reset_before"),),
        **_AS_STARTED,
    ),
    _start(
        "no-wait",
        live(Outcome(True, writes=1, calls=(*_READ, _CONFIG, _START), before=_IDLE, after=_ON_AIR)),
        options={"wait": False},
        **_AS_STARTED,
    ),
    _start(
        "wait-time-out",
        live(
            Outcome(
                True,
                code="WaitTimeout",
                outcome="unknown",
                writes=1,
                before=_IDLE,
                after=_IDLE,
                says=(
                    "within 1 s (wait_timeout)",
                    "does not stream with both its scenes on",
                    "Last seen: studio: idle",
                ),
            )
        ),
        options={"wait_timeout": 1},
        faults=(_fault(_START, "code", code="OK", status=200),),
    ),
    _start("denied", _denied(_START), deny=(f"live:{_START}",)),
)

_STOPPING = (
    _stop(
        "streaming",
        (
            Step(CHECK, Outcome(True, calls=_READ, before=_ON_AIR, after=_IDLE, says=_ENDS, diff=_STOP_DIFF)),
            Step(LIVE, Outcome(True, writes=1, before=_ON_AIR, after=_IDLE, says=_ENDS, facts={"state": "stopped"})),
            Step(LIVE, _WAS_STOPPED),
        ),
        **_AS_STOPPED,
    ),
    _stop("idle", unchanged(calls=_READ, before=_IDLE, after=_IDLE), studio=_idle()),
    _stop("idle-without-a-domain", unchanged(calls=_READ, says=("idle already",)), studio=_idle(domain=None)),
    _stop(
        "as-expected",
        (
            Step(CHECK, Outcome(True, after=_IDLE)),
            Step(LIVE, Outcome(True, writes=1, after=_IDLE)),
            Step(LIVE, _WAS_STOPPED),
        ),
        options={"expect": {"layout_id": "layout-now"}},
        **_AS_STOPPED,
    ),
    _stop(
        "expecting-another-program",
        refused(
            "ExpectationNotMet",
            "layout layout-old was expected",
            "Nothing was written",
            calls=_READ,
            before=_ON_AIR,
            after=_ON_AIR,
            hints=("whether this stop is still right",),
        ),
        options={"expect": {"layout_id": "layout-old"}},
    ),
    _stop(
        "throttled-and-somebody-took",
        live(Outcome(code="ExpectationNotMet", writes=1, before=Shown(PGM, "layout-spare", ("logo",)))),
        options={"expect": {"layout_id": "layout-now"}},
        faults=(
            _fault(
                _STOP,
                "throttle",
                retry_after_ms=4000,
                edit={"scenes": [{"scene_id": PGM, "layout_id": "layout-spare"}]},
            ),
        ),
        state={PGM: {"layout_id": "layout-spare"}},
        long=True,
    ),
    _stop(
        "lost-answer",
        live(_seen(1, 2, before=_ON_AIR, after=_IDLE, says=("so this task may have stopped it",))),
        faults=(_fault(_STOP, "reset_after"),),
        pure=True,
        **_AS_STOPPED,
    ),
    _stop(
        "someone-else-did-it-meanwhile",
        live(Outcome(writes=1, before=_ON_AIR, after=_IDLE, says=("was idle already when the service was asked",))),
        faults=(
            _fault(
                CASTERS,
                "meanwhile",
                edit={"status": "idle", "scenes": [{"scene_id": PVW, **_OFF}, {"scene_id": PGM, **_OFF}]},
            ),
        ),
        pure=True,
        **_AS_STOPPED,
    ),
    _stop("denied", _denied(_STOP), deny=(f"live:{_STOP}",)),
)

CASES: tuple[Case, ...] = (*_STARTING, *_STOPPING)
