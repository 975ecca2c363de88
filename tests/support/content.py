# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of the collection, read from its files: documentation, argument specs, defaults, playbooks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
INVENTORIES = sorted(path.stem for path in (ROOT / "plugins" / "inventory").glob("*.py"))
CALLBACKS = sorted(path.stem for path in (ROOT / "plugins" / "callback").glob("*.py"))
LOOKUPS = sorted(path.stem for path in (ROOT / "plugins" / "lookup").glob("*.py"))
FILTERS = sorted(path.stem for path in (ROOT / "plugins" / "filter").glob("*.yml"))
# The folder below plugins, and what is in it. Action plugins do the work of the modules and are not named by users.
PLUGINS = {"modules": MODULES, "inventory": INVENTORIES, "callback": CALLBACKS, "filter": FILTERS, "lookup": LOOKUPS}
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))


def load(*parts: str) -> Any:
    """The content of a YAML file."""
    return yaml.safe_load(ROOT.joinpath(*parts).read_text(encoding="utf-8"))


def strings(path: Path) -> dict[str, str]:
    """The texts that a Python file assigns to names, in the file or in its classes, such as DOCUMENTATION."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found.update({target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)})
    return found


def documentation(kind: str, name: str) -> dict[str, Any]:
    """The DOCUMENTATION of a plugin, without its fragments. `kind` is the folder below plugins."""
    beside = ROOT / "plugins" / kind / f"{name}.yml"
    if beside.is_file():
        found: dict[str, Any] = load(str(beside))["DOCUMENTATION"]
    else:
        found = yaml.safe_load(strings(beside.with_suffix(".py"))["DOCUMENTATION"])
    return found


def argument_spec(role: str) -> dict[str, Any]:
    """The main entry point of a role."""
    found: dict[str, Any] = load("roles", role, "meta", "argument_specs.yml")["argument_specs"]["main"]
    return found


def defaults(role: str) -> dict[str, Any]:
    """The defaults of a role."""
    found: dict[str, Any] = load("roles", role, "defaults", "main.yml")
    return found


def playbook_purpose(name: str) -> str:
    """The first sentence of the comment that a playbook begins with."""
    text = (ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8").partition("\n---\n")[2]
    found = re.match(r"# (.+?\.)(\s|$)", text)
    if found is None:
        raise ValueError(f"the playbook {name} does not begin with a comment that says what it does")
    return found.group(1)


def playbook_roles(name: str) -> list[str]:
    """The roles that a playbook lists or includes, in order."""
    keys = ("role", "ansible.builtin.include_role", "ansible.builtin.import_role")
    found = [part[key] for part in _parts(load("playbooks", f"{name}.yml")) for key in keys if key in part]
    return _unique(value["name"] if isinstance(value, dict) else value for value in found)


def playbook_modules(name: str) -> list[str]:
    """The modules of this collection that a playbook uses in tasks of its own, in order."""
    tasks = _parts(load("playbooks", f"{name}.yml"))
    return _unique(key for task in tasks for key in task if key.startswith("apsara.live."))


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.rpartition(".")[2] for name in names))


def _parts(document: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a piece of YAML, from outside to inside."""
    if isinstance(document, dict):
        yield document
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from _parts(part)


def sentences(description: str | list[str]) -> list[str]:
    """A description as a list, whichever way it is written."""
    return [description] if isinstance(description, str) else list(description)
