# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Account, keys, studios, scenes: frozen values and their form in a studios file."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

DEFAULT_FILE = Path(__file__).parent / "data" / "studios" / "default.yml"

PVW = "pvw"
PGM = "pgm"

Document = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One scene. `standby` is true while EffectCasterUrgent holds the programme; the API does not show it."""

    scene_id: str
    output_type: str
    scene_name: str = ""
    running: bool = False
    layout_id: str | None = None
    component_ids: tuple[str, ...] = ()
    audio: Mapping[str, Any] = field(default_factory=dict)
    standby: bool = False

    def as_dict(self) -> Document:
        """The scene as in a studios file."""
        return {
            "scene_id": self.scene_id,
            "scene_name": self.scene_name,
            "output_type": self.output_type,
            "status": "running" if self.running else "idle",
            "layout_id": self.layout_id,
            "component_ids": list(self.component_ids),
            "audio": dict(self.audio),
            "standby": self.standby,
        }


@dataclass(frozen=True)
class Studio:
    """One studio. Times are seconds since the epoch. `owner` is an account id; None means the account of the file."""

    caster_id: str
    caster_name: str = ""
    streaming: bool = False
    domain: str | None = None
    template: str | None = "lp_hd"
    urgent: Mapping[str, Any] = field(default_factory=dict)
    scenes: tuple[Scene, ...] = ()
    layouts: tuple[Mapping[str, Any], ...] = ()
    components: tuple[Mapping[str, Any], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    norm_type: int = 1
    charge_type: str = "PostPaid"
    resource_group_id: str = "rg-rehearsal"
    channel_enable: int = 0
    owner: str | None = None
    created: float = 0.0
    modified: float = 0.0
    started: float | None = None

    def scene(self, scene_id: str) -> Scene | None:
        """The scene of that id, if there is one."""
        return next((scene for scene in self.scenes if scene.scene_id == scene_id), None)

    def with_scene(self, changed: Scene) -> Studio:
        """The studio with one scene replaced by its new value."""
        scenes = tuple(changed if scene.scene_id == changed.scene_id else scene for scene in self.scenes)
        return replace(self, scenes=scenes)

    def as_dict(self) -> Document:
        """The studio as in a studios file."""
        return {
            "caster_id": self.caster_id,
            "caster_name": self.caster_name,
            "status": "streaming" if self.streaming else "idle",
            "domain": self.domain,
            "template": self.template,
            "urgent": dict(self.urgent),
            "scenes": [scene.as_dict() for scene in self.scenes],
            "layouts": [dict(layout) for layout in self.layouts],
            "components": [dict(component) for component in self.components],
            "tags": dict(self.tags),
            "norm_type": self.norm_type,
            "charge_type": self.charge_type,
            "resource_group_id": self.resource_group_id,
            "channel_enable": self.channel_enable,
            "owner": self.owner,
            "created": self.created,
            "modified": self.modified,
        }


@dataclass(frozen=True)
class AccessKey:
    """One access key of the account. `expires_at` is seconds since the epoch, for keys with a token."""

    key_id: str
    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    deny: tuple[str, ...] = ()
    inactive: bool = False


@dataclass(frozen=True)
class Setup:
    """Everything a studios file says."""

    account_id: str
    keys: tuple[AccessKey, ...]
    studios: tuple[Studio, ...]
    variants: Mapping[str, Any]
    faults: tuple[Any, ...]


def read_file(path: str | Path) -> Any:
    """The content of a YAML or JSON file.

    Raises ValueError with a sentence when it cannot be read.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"The file {path} cannot be read: {error.strerror}.") from None
    if path.suffix.lower() == ".json":
        return _parsed(json.loads, text, path)
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        message = f"The file {path} is YAML, but PyYAML is not installed. Install it or use JSON."
        raise ValueError(message) from None
    return _parsed(yaml.safe_load, text, path)


def _parsed(parser: Any, text: str, path: Path) -> Any:
    try:
        return parser(text)
    except Exception as error:
        # The parsers quote the offending line, which may hold a key: name the place only.
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else getattr(error, "lineno", "?")
        raise ValueError(f"The file {path} is neither valid YAML nor JSON: see line {line}.") from None


def load(document: Any, now: float) -> Setup:
    """Turn a studios document into values; `now` dates what the document does not date.

    Raises ValueError with a sentence that names the place.
    """
    document = _mapping(document, "The studios file")
    account = _mapping(document.get("account", {}), "account")
    keys = tuple(_key(entry, now) for entry in _list(account.get("access_keys"), "account.access_keys"))
    studios = tuple(_studio(entry, now) for entry in _list(document.get("studios"), "studios"))
    _unique([key.key_id for key in keys], "access key")
    _unique([studio.caster_id for studio in studios], "studio")
    return Setup(
        account_id=str(account.get("id", "1000000000000001")),
        keys=keys,
        studios=studios,
        variants=_mapping(document.get("variants") or {}, "variants"),
        faults=tuple(_list(document.get("faults"), "faults")),
    )


def patch(studio: Studio, changes: Any, now: float) -> Studio:
    """The studio after an edit by an operator, written as in a studios file.

    Scenes, layouts and components are found by their id, and keep what the edit does not name. A layout or component
    with a new id is added; a scene is not.
    Raises ValueError with a sentence for what does not exist.
    """
    changes = dict(_mapping(changes, "An edit"))
    scenes = {scene.scene_id: scene.as_dict() for scene in studio.scenes}
    for entry in _list(changes.pop("scenes", None), "scenes"):
        scene_id = _mapping(entry, "scenes[]").get("scene_id")
        if scene_id not in scenes:
            raise ValueError(f"The studio {studio.caster_id} has no scene {scene_id}.")
        scenes[scene_id].update(entry)
    if changes.get("caster_id", studio.caster_id) != studio.caster_id:
        raise ValueError("The id of a studio cannot be edited.")
    document = {**studio.as_dict(), **changes, "scenes": list(scenes.values()), "modified": now}
    for name, key in (("layouts", "layout_id"), ("components", "component_id")):
        if name in changes:
            document[name] = _merged(getattr(studio, name), changes[name], key, studio.caster_id)
    edited = _studio(document, now)
    return replace(edited, started=studio.started if studio.streaming and edited.streaming else edited.started)


def _merged(present: Iterable[Mapping[str, Any]], changes: Any, key: str, place: str) -> list[Document]:
    merged = {str(entry[key]): dict(entry) for entry in present}
    for change in _list(changes, place):
        merged.setdefault(_text(_mapping(change, place), key, place), {}).update(change)
    return list(merged.values())


def _key(entry: Any, now: float) -> AccessKey:
    entry = _mapping(entry, "account.access_keys[]")
    _known(entry, {"id", "secret", "security_token", "expires_in", "deny", "inactive"}, "account.access_keys[]")
    token = entry.get("security_token")
    expires_in = entry.get("expires_in")
    return AccessKey(
        key_id=_text(entry, "id", "account.access_keys[]"),
        secret=_text(entry, "secret", "account.access_keys[]"),
        security_token=None if token is None else str(token),
        expires_at=None if expires_in is None else now + float(expires_in),
        deny=tuple(str(action) for action in _list(entry.get("deny"), "account.access_keys[].deny")),
        inactive=bool(entry.get("inactive", False)),
    )


def _studio(entry: Any, now: float) -> Studio:
    entry = dict(_mapping(entry, "studios[]"))
    place = f"studios[{entry.get('caster_id')}]"
    _known(entry, {item.name for item in fields(Studio)} - {"streaming", "started"} | {"status"}, place)
    caster_id = _text(entry, "caster_id", place)
    scenes = tuple(_scene(scene) for scene in _list(entry.pop("scenes", None), f"{place}.scenes"))
    _unique([scene.scene_id for scene in scenes], f"scene in {place}")
    streaming = _choice(entry.pop("status", "idle"), ("idle", "streaming"), f"{place}.status") == "streaming"
    rest: dict[str, Any] = {
        "urgent": _mapping(entry.pop("urgent", None) or {}, f"{place}.urgent"),
        "layouts": tuple(_with_id(x, "layout_id", place) for x in _list(entry.pop("layouts", None), place)),
        "components": tuple(_with_id(x, "component_id", place) for x in _list(entry.pop("components", None), place)),
        "tags": {str(k): str(v) for k, v in _mapping(entry.pop("tags", None) or {}, f"{place}.tags").items()},
        "created": float(entry.pop("created", now)),
        "modified": float(entry.pop("modified", now)),
    }
    entry.pop("caster_id")
    return Studio(
        caster_id=caster_id, streaming=streaming, scenes=scenes, started=now if streaming else None, **rest, **entry
    )


def _scene(entry: Any) -> Scene:
    entry = _mapping(entry, "scenes[]")
    place = f"scenes[{entry.get('scene_id')}]"
    allowed = {"scene_id", "scene_name", "output_type", "status", "layout_id", "component_ids", "audio", "standby"}
    _known(entry, allowed, place)
    layout = entry.get("layout_id")
    return Scene(
        scene_id=_text(entry, "scene_id", place),
        output_type=_choice(entry.get("output_type"), (PVW, PGM), f"{place}.output_type"),
        scene_name=str(entry.get("scene_name") or ""),
        running=_choice(entry.get("status", "idle"), ("idle", "running"), f"{place}.status") == "running",
        layout_id=str(layout) if layout else None,
        component_ids=tuple(str(item) for item in _list(entry.get("component_ids"), f"{place}.component_ids")),
        audio=dict(_mapping(entry.get("audio") or {}, f"{place}.audio")),
        standby=bool(entry.get("standby", False)),
    )


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{place} must be a mapping.")
    return value


def _list(value: Any, place: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{place} must be a list.")
    return value


def _text(entry: Mapping[str, Any], name: str, place: str) -> str:
    value = entry.get(name)
    if value is None or not str(value).strip():
        raise ValueError(f"{place} needs {name}.")
    return str(value)


def _with_id(entry: Any, name: str, place: str) -> Mapping[str, Any]:
    _text(_mapping(entry, f"{place} layouts and components"), name, place)
    return dict(entry)


def _choice(value: Any, choices: tuple[str, ...], place: str) -> str:
    if value not in choices:
        raise ValueError(f"{place} must be one of: {', '.join(choices)}.")
    return str(value)


def _known(entry: Mapping[str, Any], allowed: set[str], place: str) -> None:
    unknown = {str(name) for name in entry} - allowed
    if unknown:
        raise ValueError(f"{place} has unknown keys: {', '.join(sorted(unknown))}.")


def _unique(ids: list[str], what: str) -> None:
    twice = sorted({item for item in ids if ids.count(item) > 1})
    if twice:
        raise ValueError(f"There is more than one {what} with the id {twice[0]}.")
