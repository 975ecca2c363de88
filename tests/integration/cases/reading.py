# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of caster_info and caster_scene_info: filters, pages, audio, what is not there, and senseless answers."""

from __future__ import annotations

from typing import Any

from .model import (
    AUDIO,
    CASTERS,
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
    NOW_CONTENT,
    NOW_PRINT,
    PGM,
    PVW,
    SCENES,
    ByVariant,
    Case,
    Outcome,
    Step,
    refused,
    scene,
    studio,
    unchanged,
)

_BOTH_SCENES = [
    {
        "scene_id": PVW,
        "scene_name": "",
        "output_type": "pvw",
        "status": "running",
        "layout_id": "layout-next",
        "component_ids": ["logo", "lower-third"],
        "fingerprint": NEXT_PRINT,
    },
    {
        "scene_id": PGM,
        "scene_name": "",
        "output_type": "pgm",
        "status": "running",
        "layout_id": "layout-now",
        "component_ids": ["logo"],
        "fingerprint": NOW_PRINT,
    },
]
_ALL = (LAYOUTS, COMPONENTS, SCENES)
_NO_SUCH_STUDIO = "studio-nowhere"
# Studios that stand beside the one of a case; they fill more than two pages of a hundred.
CROWD = 230
CROWD_NAME = "One of many"


def crowd() -> list[dict[str, Any]]:
    """Studios enough for three pages."""
    return [{"caster_id": f"crowd-{number:03}", "caster_name": CROWD_NAME, "status": "idle"} for number in range(CROWD)]


def _scenes(name: str, steps: tuple[Step, ...], **more: Any) -> Case:
    more.setdefault("studio", studio())
    return Case(f"scenes-{name}", "caster_scene_info", steps, **more)


def _casters(name: str, steps: tuple[Step, ...], **more: Any) -> Case:
    more.setdefault("studio", studio(caster_name=f"Stage {name}"))
    return Case(f"casters-{name}", "caster_info", steps, **more)


def _found(*caster_ids: str, calls: tuple[str, ...] = (CASTERS,), **facts: Any) -> tuple[Step, ...]:
    return unchanged(calls=calls, facts={"casters.*.caster_id": list(caster_ids), **facts})


def _audio(volume: float) -> dict[str, Any]:
    layer = {"valid_channel": None, "volume_rate": volume, "fixed_delay_ms": None}
    return {"follow_enable": True, "mix_list": ["RV01"], "layers": [layer]}


_SCENE_CASES = (
    _scenes("both", unchanged(calls=(SCENES,), facts={"scenes": _BOTH_SCENES})),
    _scenes("one", unchanged(calls=(SCENES,), facts={"scenes": _BOTH_SCENES[1:]}), options={"scene_id": PGM}),
    _scenes("empty-scene-id", unchanged(facts={"scenes": _BOTH_SCENES}), options={"scene_id": ""}),
    _scenes(
        "nothing-on-them",
        unchanged(
            facts={
                "scenes.*.layout_id": [None, None],
                "scenes.*.component_ids": [[], []],
                "scenes.*.status": ["idle", "running"],
                "scenes.*.scene_name": ["Preview", ""],
            }
        ),
        studio=studio(
            pvw={"layout_id": None, "component_ids": [], "status": "idle", "scene_name": "Preview"},
            pgm={"layout_id": None, "component_ids": []},
        ),
    ),
    _scenes("none", unchanged(facts={"scenes": []}), studio=studio(scenes=[])),
    _scenes(
        "three",
        unchanged(facts={"scenes.*.scene_id": [PVW, PGM, "scene-pvw-2"]}),
        studio=studio(more=(scene("pvw", scene_id="scene-pvw-2"),)),
    ),
    _scenes(
        "audio",
        unchanged(
            calls=(SCENES, AUDIO, AUDIO),
            facts={"scenes.*.audio.follow_enable": [True, True], "scenes.*.audio.layers.*.volume_rate": [[0.4], [0.9]]},
        ),
        options={"audio": True},
    ),
    _scenes(
        "audio-of-one",
        unchanged(calls=(SCENES, AUDIO), facts={"scenes.*.audio.mix_list": [["RV01"]], "scenes.*.scene_id": [PVW]}),
        options={"audio": True, "scene_id": PVW},
    ),
    _scenes(
        "content",
        unchanged(calls=_ALL, facts={"scenes.*.fingerprint": [NEXT_CONTENT, NOW_CONTENT]}),
        options={"content": True},
        studio=studio(**CONTENT),
    ),
    _scenes(
        "content-that-was-edited",
        unchanged(calls=_ALL, facts={"scenes.*.fingerprint": [NEXT_EDITED, NOW_CONTENT]}),
        options={"content": True},
        studio=studio(**{**CONTENT, "layouts": [*EDITED["layouts"], *CONTENT["layouts"][1:]]}),
    ),
    _scenes(
        "content-with-audio",
        unchanged(calls=(*_ALL, AUDIO), facts={"scenes.*.fingerprint": [NOW_CONTENT]}),
        options={"content": True, "audio": True, "scene_id": PGM},
        studio=studio(**CONTENT),
    ),
    _scenes(
        "content-that-is-not-listed",
        unchanged(
            calls=_ALL,
            facts={"scenes.*.fingerprint": [None, NOW_CONTENT], "scenes.*.layout_id": ["layout-lost", "layout-now"]},
            warns=("Scene scene-pvw shows layout layout-lost, components logo, lower-third, and the service does not",),
        ),
        options={"content": True},
        studio=studio(pvw={"layout_id": "layout-lost"}, **CONTENT),
    ),
    _scenes(
        "content-of-nothing",
        unchanged(calls=_ALL, facts={"scenes.*.layout_id": [None, None]}),
        options={"content": True},
        studio=studio(pvw={"layout_id": None, "component_ids": []}, pgm={"layout_id": None, "component_ids": []}),
    ),
    *(
        _scenes(
            f"content-denied-{action}",
            tuple(
                Step(
                    mode,
                    ByVariant(
                        "ram_denial",
                        {
                            variant: Outcome(
                                code=code, outcome="failed", says=(f"live:{action}",), facts={"scenes": []}
                            )
                            for variant, code in DENIED.items()
                        },
                    ),
                )
                for mode in (CHECK, LIVE)
            ),
            options={"content": True},
            deny=(f"live:{action}",),
        )
        for action in (LAYOUTS, COMPONENTS)
    ),
    _scenes(
        "content-in-a-senseless-answer",
        refused("InvalidAnswer", LAYOUTS, calls=(LAYOUTS,), facts={"scenes": []}),
        options={"content": True},
        studio=studio(**CONTENT),
        faults=({"action": LAYOUTS, "kind": "not_object", "times": 0},),
    ),
    _scenes(
        "unknown-scene",
        refused("InvalidScene.NotFound", "scene-nowhere", PVW, PGM, calls=(SCENES,), facts={"scenes": []}),
        options={"scene_id": "scene-nowhere"},
    ),
    _scenes(
        "unknown-studio",
        refused("InvalidCaster.NotFound", outcome="failed", calls=(SCENES,), facts={"scenes": []}),
        studio=None,
    ),
    _scenes("without-domain", refused("InvalidDomainName.NotFound", outcome="failed"), studio=studio(domain=None)),
    _scenes(
        "throttled-at-first",
        unchanged(calls=(SCENES,), facts={"scenes": _BOTH_SCENES, "api_calls.*.attempts": [2]}),
        faults=(
            {"action": SCENES, "kind": "throttle"},
            {"action": SCENES, "kind": "throttle", "skip": 2},
        ),
    ),
)

_CASTER_CASES = (
    _casters("everyone", unchanged(facts={"casters.*.caster_id": "everyone"}), crowd=True),
    _casters(
        "by-id",
        _found(
            "studio-casters-by-id",
            **{"casters.*.status": ["streaming"], "casters.*.caster_name": ["Stage by-id"]},
        ),
        options={"caster_id": "studio-casters-by-id"},
    ),
    _casters("by-name", _found("studio-casters-by-name"), options={"caster_name": "Stage by-name"}),
    _casters("part-of-a-name-is-no-match", _found(), options={"caster_name": "Stage part-of-a-name"}),
    _casters(
        "crowd-by-name-and-status",
        unchanged(
            calls=(CASTERS,) * 3,
            facts={"casters.*.caster_id": sorted(entry["caster_id"] for entry in crowd())},
        ),
        options={"caster_name": CROWD_NAME, "status": "idle"},
        crowd=True,
    ),
    _casters("streaming-crowd", _found(), options={"caster_name": CROWD_NAME, "status": "streaming"}, crowd=True),
    _casters(
        "idle-one",
        _found("studio-casters-idle-one", **{"casters.*.status": ["idle"], "casters.*.start_time": [None]}),
        options={"status": "idle", "caster_id": "studio-casters-idle-one"},
        studio=studio(status="idle", tags={"show": "launch"}),
    ),
    _casters("nobody", _found(), options={"caster_id": _NO_SUCH_STUDIO}),
    _casters(
        "empty-filters-are-not-given",
        _found("studio-casters-empty-filters-are-not-given"),
        options={"caster_id": "", "caster_name": "Stage empty-filters-are-not-given"},
    ),
    _casters(
        "region-without-studios",
        unchanged(warns=("this region has no studios",), facts={"casters": []}),
        options={"caster_id": "studio-casters-region-without-studios"},
        faults=({"action": CASTERS, "kind": "code", "code": "RegionNoResource", "status": 400, "times": 0},),
    ),
)


def _nonsense(name: str, kind: str, attempts: int, *says: str, **how: Any) -> tuple[Case, ...]:
    """An answer that is not what it should be is a clear failure of every module that reads it."""

    def steps(calls: str) -> tuple[Step, ...]:
        failure = Outcome(
            code="InvalidAnswer",
            outcome="refused",
            says=says,
            calls=(calls,),
            facts={"api_calls.*.attempts": [attempts]},
        )
        return (Step(CHECK, failure), Step(LIVE, failure))

    def fault(action: str) -> tuple[dict[str, Any], ...]:
        return ({"action": action, "kind": kind, "times": 0, **how},)

    return (
        _scenes(name, steps(SCENES), faults=fault(SCENES)),
        _casters(name, steps(CASTERS), faults=fault(CASTERS), options={"caster_id": f"studio-casters-{name}"}),
        *(
            Case(f"{short}-{name}", module, steps(SCENES), studio=studio(), faults=fault(SCENES))
            for short, module in (("stop", "caster_scene_stop"), ("take", "caster_scene_config_copy"))
        ),
    )


_NONSENSE = (
    *_nonsense("answer-not-json", "not_json", 3, "not in the form that the service uses"),
    *_nonsense("answer-no-object", "not_object", 3, "not in the form that the service uses"),
    *_nonsense("answer-cut-short", "truncated", 3, "not in the form that the service uses", how="json"),
    *_nonsense("answer-lacks-its-list", "missing_list", 1, "lacks the list"),
    *_nonsense("answer-is-a-redirect", "redirect", 1, "redirect"),
)

CASES: tuple[Case, ...] = (*_SCENE_CASES, *_CASTER_CASES, *_NONSENSE)
