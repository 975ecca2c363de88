# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What a module is: its options, the keys of its result, and what the flow of every task asks of it.

A module has one definition, in the file of its name beside this one. Everything else that has to know the modules
finds them there: argument specs, the action group, the audit's words, tables in the docs, and the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Generic, NamedTuple, TypeVar

from .._studio.plan import Call, Plan, describe
from .._studio.studio import Scene, Studio
from .options import required_id, seconds
from .scope import Ask

if TYPE_CHECKING:
    from .._studio.cue import Cue
    from .result import Report
    from .task import Context, Task

CONNECTION: dict[str, Any] = {
    "access_key_id": {"type": "str", "aliases": ["alicloud_access_key", "access_key"], "no_log": False},
    "access_key_secret": {
        "type": "str",
        "aliases": ["alicloud_secret_key", "secret_key", "secret_access_key"],
        "no_log": True,
    },
    "security_token": {"type": "str", "aliases": ["alicloud_security_token", "sts_token"], "no_log": True},
    "profile": {"type": "str", "aliases": ["alicloud_profile"]},
    "ecs_role_name": {"type": "str", "aliases": ["ram_role_name"]},
    "assume_role": {
        "type": "dict",
        "options": {
            "role_arn": {"type": "str", "required": True},
            "session_name": {"type": "str"},
            "session_expiration": {"type": "int"},
            "policy": {"type": "str"},
            "external_id": {"type": "str"},
        },
    },
    "region_id": {"type": "str", "aliases": ["region", "alicloud_region"]},
    "endpoint": {"type": "str"},
    "connect_timeout": {"type": "float", "default": 10},
    "read_timeout": {"type": "float", "default": 60},
    "api_deadline": {"type": "float", "default": 120},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    # A proxy URL may hold a password, and Ansible logs the options of a task.
    "proxy": {"type": "str", "no_log": True},
}

#: What a scene must show, in `expect` of all modules.
EXPECTED: dict[str, Any] = {
    "layout_id": {"type": "str"},
    "component_ids": {"type": "list", "elements": "str"},
    "empty": {"type": "bool"},
}

#: The options of a module that waits until a read shows its write.
CONFIRM: dict[str, Any] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 30},
}
#: The same with the choice not to read at all.
WAIT: dict[str, Any] = {"check_first": {"type": "bool", "default": True}, **CONFIRM}


class Use(NamedTuple):
    """An operation, and in words of the docs what decides whether it is called; always without a condition."""

    operation: str
    condition: str = ""


UNREAD = "unless `check_first: false`"
LIVE = "not in check mode"
SCENES = "DescribeCasterScenes"
CONTENT = ("DescribeCasterLayouts", "DescribeCasterComponents")

Wish = TypeVar("Wish")
Options = TypeVar("Options")


@dataclass(frozen=True)
class Request(Generic[Wish]):
    """A write as the user asked for it, once its options were read. `wait_timeout` is in seconds.

    `wish` is what the module's plan is made of, `cue` the moment that the write waits for.
    """

    caster_id: str
    wish: Wish
    check_first: bool
    wait: bool
    wait_timeout: float
    cue: Cue | None


class Module:
    """What every module says of itself.

    `options` and `required_if` are what AnsibleModule takes, `facts` the keys of the result that belong to the module
    (None: as given in the task), `uses` the operations that it calls.
    """

    name: ClassVar[str]
    options: ClassVar[dict[str, Any]]
    required_if: ClassVar[tuple[Any, ...]] = ()
    facts: ClassVar[dict[str, Any]]
    uses: tuple[Use, ...]
    writes: ClassVar[bool] = False
    # Whether a second run finds the work done. Where no read shows it, each run does it again.
    settles: ClassVar[bool] = True

    def spec(self) -> dict[str, Any]:
        """The constraints with the connection options added, as AnsibleModule takes them."""
        return {
            "argument_spec": {**self.options, **CONNECTION},
            "required_if": list(self.required_if),
            "supports_check_mode": True,
        }


class ReadModule(Module, Generic[Options]):
    """A module that only reads."""

    def request(self, params: Mapping[str, Any]) -> Options:
        """Read the options. Raises LiveError (InvalidOption)."""
        raise NotImplementedError

    def given(self, options: Options) -> dict[str, Any]:
        """The facts that the options name, before anything is read."""
        return {}

    def read(self, options: Options, task: Task, context: Context, report: Report) -> None:
        """Read, and put what was found into the facts of the report. Raises LiveError."""
        raise NotImplementedError


class WriteModule(Module, Generic[Wish]):
    """A module whose task does one write. `write.py` has the one flow of all of them.

    `actions` are the operations that it may be, the usual one first; `noun` names it in sentences and in the audit.
    """

    writes = True
    actions: ClassVar[tuple[str, ...]]
    noun: ClassVar[str]
    # What check mode cannot tell without reading, for modules that have check_first.
    untold: ClassVar[str] = ""
    # When the content of layouts and components is read, in words of the docs; never when it is empty.
    content_when: ClassVar[str] = ""
    # What else is read, besides the scenes.
    reads: ClassVar[tuple[Use, ...]] = ()
    # Codes of a read of the scenes which say that the studio has none yet.
    without_scenes: ClassVar[frozenset[str]] = frozenset()
    # Codes of the write which may mean that the studio is already as it is wanted; reading tells.
    doubtful: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        content = tuple(Use(name, self.content_when) for name in CONTENT) if self.content_when else ()
        scenes = Use(SCENES, UNREAD if "check_first" in self.options else "")
        self.uses = (scenes, *content, *self.reads, *(Use(action, LIVE) for action in self.actions))

    def noun_in(self, told: Mapping[str, Any]) -> str:
        """What the write is called in the audit, told from the options or from the result of a task."""
        return self.noun

    def request(self, params: Mapping[str, Any]) -> Request[Wish]:
        """Read the options. Raises LiveError (InvalidOption)."""
        request = Request(
            caster_id=required_id(params, "caster_id"),
            wish=self.wish(params),
            check_first=params.get("check_first") is not False,
            wait="wait" in self.options and params.get("wait") is not False,
            wait_timeout=seconds(params, "wait_timeout", 30),
            cue=self.cue(params),
        )
        if not request.check_first:
            self.check_unread(request.wish)
        return request

    def wish(self, params: Mapping[str, Any]) -> Wish:
        """Read the module's own options. Raises LiveError (InvalidOption)."""
        raise NotImplementedError

    def cue(self, params: Mapping[str, Any]) -> Cue | None:
        """Read the cue, for modules that have one. Raises LiveError (InvalidOption)."""
        return None

    def check_unread(self, wish: Wish) -> None:
        """Refuse a wish that cannot be carried out without reading. Raises LiveError (InvalidOption)."""
        raise NotImplementedError

    def action_for(self, wish: Wish) -> str:
        """The operation that a wish most likely needs."""
        return self.actions[0]

    def given(self, wish: Wish) -> dict[str, Any]:
        """The facts that the options name, besides the studio, before anything is read."""
        raise NotImplementedError

    def needs_content(self, wish: Wish) -> bool:
        """Whether the content of layouts and components must be read to judge."""
        return False

    def look(self, ask: Ask, studio: Studio, wish: Wish) -> Studio:
        """The studio with what else the plan is made of and a read shows. Follows every read of the scenes."""
        return studio

    def vet(self, ask: Ask, studio: Studio, plan: Plan, wish: Wish) -> None:
        """Refuse a write by what is read only when there is something to write. Raises LiveError."""

    def check_early(self, studio: Studio, wish: Wish) -> None:
        """Refuse, long before a cue, what no later moment can make right. Raises LiveError."""

    def observe(self, studio: Studio, wish: Wish, report: Report) -> None:
        """Note in the report what was read, so that a refusal shows it."""

    def plan(self, studio: Studio, wish: Wish) -> Plan:
        """Plan the write. Raises LiveError (refused)."""
        raise NotImplementedError

    def unread_call(self, caster_id: str, wish: Wish) -> Call:
        """The write without a read, of a wish that `check_unread` let pass."""
        raise NotImplementedError

    def planned(self, plan: Plan) -> dict[str, Any]:
        """The facts that a plan settles."""
        raise NotImplementedError

    def subject(self, studio: Studio, plan: Plan) -> Scene | None:
        """The scene that a plan changes, as a later read shows it."""
        return studio.find(plan.before.scene_id)

    def note(self, studio: Studio, report: Report) -> None:
        """Note facts that each read may settle, the first one and those after the write."""

    def ending(self, report: Report) -> dict[str, Any]:
        """The facts that follow from what the task ended with."""
        return {}

    def done(self, plan: Plan) -> Callable[[Studio], bool]:
        """What says of a studio whether it shows what was planned."""
        raise NotImplementedError

    def unprovable(self, plan: Plan) -> str:
        """Why no read can tell whether the write was carried out; empty when one can."""
        return "the program showed the same ids before, so reading cannot tell" if plan.before == plan.after else ""

    def wanted(self, wish: Wish) -> str:
        """What is to be done, in a sentence, for tasks that do not read."""
        raise NotImplementedError

    def not_shown(self, plan: Plan) -> str:
        """What a read means that does not show the write, without the full stop."""
        raise NotImplementedError

    def state_words(self, scene: Scene) -> str:
        """The state that was read last, as the end of a sentence."""
        return f"{describe(scene)}, {scene.status}"

    def done_words(self, plan: Plan | None, may_be_ours: bool) -> str:
        """What to say of a studio that shows it, though the service did not simply accept it."""
        raise NotImplementedError

    def called(self, plan: Plan | None) -> str:
        """The noun of the write that is planned."""
        return self.noun

    def left_open(self, plan: Plan | None, why: str) -> str:
        """What a write that was sent and not proven leaves open."""
        raise NotImplementedError
