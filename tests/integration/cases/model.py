# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case: one task on a studio of its own: options, trouble, how often it is run, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.apsara.live.plugins.plugin_utils._definitions import writers
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import VARIANTS

# How the service behaves where nobody chose otherwise.
FIRST_VALUES = {name: values[0] for name, values in VARIANTS.items()}

CHECK = "check"
LIVE = "live"

PVW = "scene-pvw"
PGM = "scene-pgm"

STOP = "StopCasterScene"
TAKE = "CopyCasterSceneConfig"
SCENES = "DescribeCasterScenes"
AUDIO = "DescribeCasterSceneAudio"
LAYOUTS = "DescribeCasterLayouts"
COMPONENTS = "DescribeCasterComponents"
CASTERS = "DescribeCasters"
WRITES = frozenset(action for writer in writers().values() for action in writer.actions)

# How RAM says no, by the variant ram_denial.
DENIED = {"forbidden_ram": "Forbidden.RAM", "no_permission": "NoPermission", "forbidden_401": "Forbidden"}

# What a runner puts in the place of these texts, in options and in the environment of a case.
ENDPOINT = "@endpoint@"
KEY = "@key@"
SECRET = "@secret@"


@dataclass(frozen=True)
class Moment:
    """An `at` that is `seconds` from now when the task begins, written in UTC or with a zone."""

    seconds: int
    zone: str = "Z"


@dataclass(frozen=True)
class Shown:
    """A scene as `before` or `after` must show it."""

    scene_id: str
    layout_id: str | None
    component_ids: tuple[str, ...] = ()
    status: str = "running"


@dataclass(frozen=True)
class Outcome:
    """What one run of a task must give.

    `code` set: the task failed with this error code, and `outcome` beside it. `argument_error`: Ansible's own check of
    the options refused it. `says` are parts of the message of a failure, or else of `reason`; `warns` are parts of the
    warnings, one for each. `writes` counts the writes that reached the service, `calls` are the operations in
    `api_calls`. `facts` maps dotted paths in the result to values. What is None is not compared, `...` neither.
    """

    changed: bool = False
    code: str | None = None
    outcome: str = "refused"
    argument_error: bool = False
    says: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
    writes: int = 0
    calls: tuple[str, ...] | None = None
    before: Any = ...
    after: Any = ...
    diff: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return self.code is not None or self.argument_error


@dataclass(frozen=True)
class ByVariant:
    """What must come of it depends on how the service behaves in a point that is not documented."""

    variant: str
    values: Mapping[str, Outcome]


@dataclass(frozen=True)
class Step:
    """One run of the task, in check mode or live."""

    mode: str
    expect: Outcome | ByVariant

    def outcome(self, variants: Mapping[str, str]) -> Outcome:
        """What must come of it under these variants."""
        return self.expect.values[variants[self.expect.variant]] if isinstance(self.expect, ByVariant) else self.expect


@dataclass(frozen=True, eq=False)
class Case:
    """One task on a studio of its own.

    `studio` is an entry of a studios file without its id; `faults` hit this studio only; `state` are the changes of its
    scenes that must remain after a live run (None: none at all). `deny` are RAM actions that the key of the case lacks.
    `connection` False: endpoint and key are not set for the task, the case brings its own.
    `studio_status`: what the studio is after a live run, where that changes.
    `untouched`: nothing of the task may reach the service.
    `crowd`: more studios than fit on a page stand beside. `cue`: the take must arrive at the `at` of the case.
    `pure`: one more value for a rule without side effects; another case takes the rule through Ansible.
    `long`: in real time it takes many seconds. With the everyday tests it runs in process, where a clock costs nothing;
    `make acceptance` takes it through Ansible.
    """

    name: str
    module: str
    steps: tuple[Step, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    studio: Mapping[str, Any] | None = None
    faults: tuple[Mapping[str, Any], ...] = ()
    state: Mapping[str, Mapping[str, Any]] | None = None
    studio_status: str | None = None
    deny: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    connection: bool = True
    untouched: bool = False
    crowd: bool = False
    cue: bool = False
    pure: bool = False
    long: bool = False

    @property
    def caster_id(self) -> str:
        """The id of the case's own studio."""
        return f"studio-{self.name}"

    @property
    def own_key(self) -> bool:
        """Whether the case has a key of its own: where requests do not name its studio, the key tells them apart.

        The others share one, so that they pace each other as the tasks of one account do.
        """
        nameless = self.module == "caster_info" and self.options.get("caster_id") != self.caster_id
        return bool(self.deny) or self.untouched or not self.connection or nameless

    @property
    def key_id(self) -> str:
        """The access key of the case."""
        return f"rehearsal-key-{self.name}" if self.own_key else "rehearsal-key"

    @property
    def secret(self) -> str:
        """The secret of that key."""
        return f"rehearsal-secret-{self.name}" if self.own_key else "rehearsal-secret"

    def full_options(self) -> dict[str, Any]:
        """The options of the task, with the case's studio where the case does not say another."""
        own = {} if self.module == "caster_info" else {"caster_id": self.caster_id}
        base = {"endpoint": ENDPOINT, "access_key_id": KEY, "access_key_secret": SECRET} if self.connection else {}
        merged = {**base, **own, **self.options}
        return {name: value for name, value in merged.items() if value is not ...}

    def depends_on_variants(self) -> bool:
        """Whether the outcome is another one under another variant."""
        return any(isinstance(step.expect, ByVariant) for step in self.steps)


# What stands behind the ids of the two scenes, where a case is about it.
CONTENT: Mapping[str, Any] = {
    "layouts": [
        {"layout_id": "layout-next", "video_layers": [{"location_id": "RV01"}]},
        {"layout_id": "layout-now", "video_layers": [{"location_id": "RV02"}]},
    ],
    "components": [
        {"component_id": "clock", "text": "12:00"},
        {"component_id": "logo", "type": "image", "material_id": "material-logo"},
        {"component_id": "lower-third", "text": "Opening keynote"},
    ],
}
# An edit of the layout that is in preview, which keeps its id.
EDITED: Mapping[str, Any] = {"layouts": [{"layout_id": "layout-next", "video_layers": [{"location_id": "RV09"}]}]}
# The preview and the program as scene() and CONTENT make them.
NEXT_PRINT, NOW_PRINT = "ids-2c3a38960697", "ids-e1a447a8569b"
NEXT_EDITED = "content-2c3a38960697-4ea544a65ee9"
NEXT_CONTENT, NOW_CONTENT = "content-2c3a38960697-277021dcd319", "content-e1a447a8569b-449464e4528b"


def scene(output_type: str, **changes: Any) -> dict[str, Any]:
    """One scene of a studios file; the preview holds what comes next, the program shows something else."""
    shown: dict[str, Any] = {
        "pvw": {"layout_id": "layout-next", "component_ids": ["logo", "lower-third"]},
        "pgm": {"layout_id": "layout-now", "component_ids": ["logo"]},
    }[output_type]
    loud = {"pvw": 0.4, "pgm": 0.9}[output_type]
    return {
        "scene_id": {"pvw": PVW, "pgm": PGM}[output_type],
        "scene_name": "",
        "output_type": output_type,
        "status": "running",
        **shown,
        "audio": {"follow_enable": 1, "layers": [{"location_id": "RV01", "volume": loud}]},
        **changes,
    }


def studio(
    pvw: Mapping[str, Any] | None = None,
    pgm: Mapping[str, Any] | None = None,
    more: tuple[Mapping[str, Any], ...] = (),
    **changes: Any,
) -> dict[str, Any]:
    """A running studio; `pvw` and `pgm` change its two scenes, `more` are further scenes."""
    return {
        "caster_name": "Stage",
        "status": "streaming",
        "domain": "live.example.com",
        "scenes": [scene("pvw", **(pvw or {})), scene("pgm", **(pgm or {})), *more],
        **changes,
    }


def refused(code: str, *says: str, outcome: str = "refused", **more: Any) -> tuple[Step, ...]:
    """The task is refused in check mode as it is live."""
    expect = Outcome(code=code, says=says, outcome=outcome, **more)
    return (Step(CHECK, expect), Step(LIVE, expect))


def impossible(*says: str) -> tuple[Step, ...]:
    """Ansible's own check of the options refuses the task."""
    return (Step(LIVE, Outcome(argument_error=True, says=says)),)


def unchanged(**expect: Any) -> tuple[Step, ...]:
    """There is nothing to do, in check mode as live."""
    return (Step(CHECK, Outcome(**expect)), Step(LIVE, Outcome(**expect)))


def live(expect: Outcome | ByVariant) -> tuple[Step, ...]:
    """One live run."""
    return (Step(LIVE, expect),)
