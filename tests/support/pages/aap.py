# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWX kit in the variables of infra.aap_configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..content import ROOT

_ROLE = ROOT / "roles" / "awx_kit"
_HEAD = """\
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
---
# The AWX kit of roles/awx_kit in the variables of infra.aap_configuration, for its role dispatch.
# Made from roles/awx_kit by make generate, so change it there, or copy this file and change your copy.

# What you say. It means the same as in roles/awx_kit/README.md.
"""
# Not for this: the collection is chosen otherwise, the shows stand in controller_schedules.
_NOT_SAID = (
    "awx_kit_collection",
    "awx_kit_update_secrets",
    "awx_kit_instance_groups",
    "awx_kit_shows",
    "awx_kit_project_credential",
    "awx_kit_address",
)
_ENVIRONMENT = "ApsaraVideo Live"

Data = dict[str, Any]


class _Unsafe(str):
    """A text that AWX renders, not Ansible."""


class _Loader(yaml.SafeLoader):
    """Knows !unsafe."""


_Loader.add_constructor("!unsafe", lambda loader, node: _Unsafe(loader.construct_scalar(node)))


class _Dumper(yaml.SafeDumper):
    """Writes lists below their key as yamllint wants them, and nothing by reference."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists too."""
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _load(path: Path) -> Data:
    loaded: Data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    return loaded


def _closed(value: Any) -> Any:
    """Texts for AWX with their braces apart; the roles of infra.aap_configuration close them."""
    if isinstance(value, _Unsafe):
        return str(value).replace("{{", "{  {")
    if isinstance(value, Mapping):
        return {key: _closed(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_closed(inner) for inner in value]
    return value


def _without(thing: Mapping[str, Any], *names: str) -> Data:
    return {name: value for name, value in thing.items() if name not in names}


def _survey(kit: Data, name: str) -> Data:
    spec = {"name": "", "description": "", "spec": kit["__awx_kit_surveys"][name]}
    return {"survey_enabled": True, "survey_spec": spec}


def _notified(thing: Mapping[str, Any]) -> Data:
    return {f"notification_templates_{event}": "{{ awx_kit_notified }}" for event in thing["notify"]}


def _template(kit: Data, template: Data) -> Data:
    environment = {"execution_environment": _ENVIRONMENT}
    return {**_without(template, "notify"), **environment, **_survey(kit, template["name"]), **_notified(template)}


def _workflow(kit: Data, workflow: Data) -> Data:
    nodes = {"simplified_workflow_nodes": workflow["nodes"]}
    return {**_without(workflow, "notify", "nodes"), **_survey(kit, workflow["name"]), **_notified(workflow), **nodes}


def _schedules(kit: Data) -> list[Data]:
    shows = [{**kit["__awx_kit_show_schedule"], **show} for show in kit["__awx_kit_example_shows"]]
    gone = [{**one, "state": "absent"} for one in kit["__awx_kit_schedules_gone"]]
    every = (*gone, *kit["__awx_kit_schedules"], *shows)
    return [{"organization": "{{ awx_kit_organization }}", **one} for one in every]


def configuration() -> tuple[Data, Data]:
    """What the operator says, and the kit in the variables of infra.aap_configuration, in their order."""
    kit: Data = {}
    for path in sorted((_ROLE / "vars" / "main").glob("*.yml")):
        kit.update(_load(path))
    defaults = _load(_ROLE / "defaults" / "main.yml")
    made = {
        "controller_credential_types": kit["__awx_kit_credential_types"],
        "controller_credentials": [{**one, "update_secrets": False} for one in kit["__awx_kit_credentials"]],
        "controller_execution_environments": kit["__awx_kit_execution_environments"],
        "awx_kit_notifications": [_without(one, "wanted", "secret") for one in kit["__awx_kit_notifications"]],
        "controller_notifications": "{{ awx_kit_notifications | selectattr('name', 'in', awx_kit_notified) }}",
        "controller_projects": [
            {**one, "default_environment": _ENVIRONMENT, "update_project": True} for one in kit["__awx_kit_projects"]
        ],
        "controller_inventories": kit["__awx_kit_inventories"],
        "controller_inventory_sources": [
            {**one, "execution_environment": _ENVIRONMENT} for one in kit["__awx_kit_inventory_sources"]
        ],
        "controller_templates": [_template(kit, one) for one in kit["__awx_kit_job_templates"]],
        "controller_workflows": [_workflow(kit, one) for one in kit["__awx_kit_workflows"]],
        "controller_schedules": _schedules(kit),
    }
    return _said(defaults), {name: _closed(value) for name, value in made.items()}


def _said(defaults: Data) -> Data:
    """What the operator says, with the role's defaults. Which notifications are made is said by their names."""
    return {**{name: value for name, value in defaults.items() if name not in _NOT_SAID}, "awx_kit_notified": []}


def page() -> str:
    """The whole file."""
    said, made = configuration()
    return _HEAD + _dump(said) + "".join("\n" + _dump({name: value}) for name, value in made.items())


def _dump(data: Data) -> str:
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True, default_flow_style=False
    )
    return text
