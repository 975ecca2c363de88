# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: casters
short_description: Production studios as hosts
version_added: 1.0.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Makes each production studio (caster) of an ApsaraVideo Live account a host, so that a fleet of studios is run like any other.
    Forks, C(--limit), C(serial), C(any_errors_fatal) and results for each host work as they do everywhere in Ansible.
  - All studios are in the group C(casters), the idle ones in C(casters_idle) below it, the streaming ones in C(casters_streaming).
    These groups are there even when they are empty.
  - Every host has C(caster_id), C(caster_name), C(caster_status) (V(idle) or V(streaming)) and the other facts of
    M(apsara.live.caster_info), each with C(caster_) before its name, such as C(caster_tags) or C(caster_start_time).
  - With O(scenes=true) a host also has C(pvw_scene_id), C(pvw_scene_name), C(pvw_scene_status) (V(idle) or V(running)),
    C(pvw_layout_id) and C(pvw_component_ids), the same for the program with C(pgm_), and all scenes in C(caster_scenes),
    in the form of M(apsara.live.caster_scene_info).
    A studio with several previews has null there, since none is the one; choose from C(caster_scenes).
  - The name of the file must end in C(casters.yml), C(casters.yaml) or C(.apsara_live.yml).
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - apsara.live._connection
  - apsara.live._connection.inventory
options:
  plugin:
    description: Names this plugin.
    type: str
    required: true
    choices: [apsara.live.casters]
  caster_names:
    description:
      - Only studios with one of these names, exactly. A name that no studio has is warned of.
      - A studio must pass all filters that are given.
    type: list
    elements: str
    default: []
  caster_name_pattern:
    description:
      - Only studios whose whole name matches this shell pattern, such as V(Main *). Upper and lower case differ.
      - After a V(~) it is a regular expression that is searched for in the name, such as V(~^Main [0-9]+$).
      - It takes no template. A pattern that no name matches is warned of.
    type: str
  status:
    description: Only studios in this state.
    type: str
    choices: [idle, streaming]
  hostname:
    description:
      - What names the host, the name of the studio or its id.
      - Letters of any alphabet, digits and C(._-) stay as they are. Anything else becomes C(_), since blanks, colons and the like
        have a meaning in host patterns. C(caster_name) holds the name unchanged.
      - Where several studios of the account have the same name, each of them has its id behind the name, so that none is taken for
        another, and a warning says so. The names do not depend on the filters.
    type: str
    choices: [name, id]
    default: name
  hostname_prefix:
    description: Put before every host name. Letters, digits and C(._-) only.
    type: str
    default: ''
  scenes:
    description:
      - Also read the scenes of every studio that passes the filters. That is one more request for each of them, at the limit of 15 a second.
        O(api_deadline) bounds all of it, so raise it for more than a thousand studios.
      - A studio whose scenes cannot be read stays a host. It has none of the scene variables, C(caster_scenes_error) has the error code
        (null for the other studios), and a warning says why. See O(strict).
    type: bool
    default: false
  strict:
    description:
      - Fail when an expression of O(compose), O(groups) or O(keyed_groups) fails for a studio, otherwise skip it.
      - Fail as well when the scenes of a studio cannot be read.
notes:
  - The hosts have C(ansible_connection=local) and C(ansible_python_interpreter={{ ansible_playbook_python }}), because it is the controller that
    talks to the service. They are host variables, so a C(group_vars/all) that is meant for servers does not send the modules elsewhere.
    Where another interpreter is wanted, set it with O(compose) or in C(host_vars).
  - Nothing that comes from the service is taken for a template. A studio named C({{ ... }}) is only named so.
    C(ansible-inventory --list) marks values of which a template could be made with C(__ansible_unsafe),
    and from ansible-core 2.19 on the results of O(compose) too.
  - Connection options may be templates, such as a lookup, and values that are encrypted with Ansible Vault.
  - With the cache, status and scenes are those of the time of reading, so a group may hold studios that have changed since.
    The modules read a studio again before they write.
    C(ansible-playbook --flush-cache) or C(meta) with V(refresh_inventory) reads anew. The cache holds no secret.
  - Each identity, endpoint and region has cached data of its own, so a change of the current profile in C(config.json) is seen at once.
    Cached data that is damaged or of another shape is read anew.
  - What could not be read because of passing trouble is not kept in the cache.
  - It needs the permission C(live:DescribeCasters), and with O(scenes=true) C(live:DescribeCasterScenes).
  - Ansible goes on without hosts when an inventory cannot be read. Set E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true) to stop there.
seealso:
  - module: apsara.live.caster_info
  - module: apsara.live.caster_scene_info
"""

EXAMPLES = r"""
# The smallest casters.yml: every studio of the account that the environment names.
plugin: apsara.live.casters
---
# The studios of one show, with what they show. Now ansible-playbook -i show.casters.yml --limit casters_streaming works.
plugin: apsara.live.casters
caster_name_pattern: "Finals *"
scenes: true
hostname_prefix: finals_
---
# Groups of your own: by a tag of the studio, by what is on air, by a condition.
plugin: apsara.live.casters
profile: show-operator
scenes: true
keyed_groups:
  - key: caster_tags.venue | default('nowhere')
    prefix: venue
  - key: pgm_layout_id
    prefix: on_air
    default_value: nothing
groups:
  ready: pvw_scene_status == 'running' and pvw_component_ids | length > 0
compose:
  watch_url: "'https://watch.example.com/' ~ caster_id"
---
# Read once an hour at most.
plugin: apsara.live.casters
hostname: id
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/apsara-live
cache_timeout: 3600
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.release import __version__ as ansible_version

from ..module_utils._api.client import Clock
from ..module_utils._credentials.environment import CONNECTION_ENVIRONMENT, from_environment
from ..module_utils._credentials.options import identity_options
from ..module_utils._credentials.resolve import identity_digest
from ..module_utils._errors.error import LiveError
from ..module_utils._modules.account import all_casters
from ..module_utils._modules.connection import connection_options
from ..module_utils._modules.task import Context, Task
from ..module_utils._studio.studio import Studio
from ..plugin_utils import _hosts
from ..plugin_utils._fleet import read_scenes

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.18 takes every text for a template unless it is marked
    from ansible.utils.unsafe_proxy import wrap_var

    _as_ours: Callable[[str], Any] = str
    _as_foreign: Callable[[str], Any] = wrap_var
else:  # later ones take no text for a template unless it is marked
    _as_ours = trust_as_template
    _as_foreign = str


_ENDINGS = ("casters.yml", "casters.yaml", ".apsara_live.yml", ".apsara_live.yaml")
_CONNECTION = (
    *CONNECTION_ENVIRONMENT,
    "assume_role",
    "connect_timeout",
    "read_timeout",
    "api_deadline",
    "validate_certs",
    "ca_path",
    "proxy",
)
# In the name of cached data: what it was read from, and the shape it has.
_CACHE_SHAPE = 2

_Data = dict[str, Any]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Studios as hosts."""

    NAME = "apsara.live.casters"
    inventory: Any

    def verify_file(self, path: str) -> bool:
        """Whether the name of the file is one of ours."""
        return bool(super().verify_file(path)) and path.endswith(_ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Read the studios, or take them from the cache, and make hosts of them."""
        super().parse(inventory, loader, path, cache)
        self._check_keys(self._read_config_data(path))
        try:
            filters = _hosts.Filters(
                tuple(str(name) for name in self.get_option("caster_names") or () if name != ""),
                self.get_option("caster_name_pattern") or None,
                self.get_option("status"),
            )
            params = self._connection_params()
            _hosts.check_prefix(self.get_option("hostname_prefix") or "")
            self._make_hosts(self._data(path, params, filters, cache), filters)
        except LiveError as error:
            raise AnsibleParserError(f"{error.message} {error.hint or ''}".strip()) from None

    def _check_keys(self, config: Mapping[str, Any]) -> None:
        """A misspelt filter would make the wrong fleet, so it is an error."""
        known = set(self.option_definitions)
        for definition in self.option_definitions.values():
            known.update(definition.get("aliases") or ())
        unknown = sorted(str(key) for key in config if key not in known)
        if unknown:
            raise AnsibleParserError(f"{', '.join(unknown)}: the inventory plugin {self.NAME} has no such option.")

    def _connection_params(self) -> dict[str, Any]:
        """The connection options as the file gives them. The environment is read by those who judge it."""
        return {option: self._resolved(option, self._option_of_file(option)) for option in _CONNECTION}

    def _option_of_file(self, option: str) -> Any:
        value, origin = self.get_option_and_origin(option)
        return None if str(origin).startswith("env:") else value

    def _resolved(self, option: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._resolved(f"{option}.{key}", item) for key, item in value.items()}
        if not isinstance(value, str) or not self.templar.is_template(value):
            return value
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            raise AnsibleParserError(f"The option {option} is a template that fails: {error.message}") from None

    def _data(self, path: str, params: Mapping[str, Any], filters: _hosts.Filters, cache: bool) -> _Data:
        if not self.get_option("cache"):
            return self._read(params, filters)
        scenes = bool(self.get_option("scenes"))
        asked = _digest(params, filters, scenes)
        key = f"{self.get_cache_key(path)}_{asked}"
        if cache:
            cached: _Data = self._cached(key)
            if _hosts.is_usable(cached, filters, scenes):
                return cached
        data = self._read(params, filters)
        passing = any(failure["retryable"] for failure in data["failures"].values())
        # Whoever changed config.json in between may have made us read as somebody else.
        if not passing and _digest(params, filters, scenes) == asked:
            self._cache[key] = data
        return data

    def _cached(self, key: str) -> Any:
        """What the cache holds, or None: a cache that cannot be read costs a reading and nothing else."""
        try:
            return self._cache[key]
        except KeyError:
            return None
        except Exception as error:  # whatever a cache plugin makes of a file that is damaged
            self.display.warning(f"The cache of {self.NAME} cannot be read, so the studios are read anew. {error}")
            return None

    def _read(self, params: Mapping[str, Any], filters: _hosts.Filters) -> _Data:
        """Ask the service: `casters` all of the account, `scenes` id -> scenes, `failures` id -> error."""
        context = _context(self.display)
        options = connection_options(params, context.environ, context.ansible_version)
        with Task(options, context, []) as task:
            # The names of hosts must not depend on the filters, so all studios are read.
            data: _Data = {"casters": all_casters(task, {}, self.display.warning), "scenes": {}, "failures": {}}
            if self.get_option("scenes"):
                wanted = [caster["caster_id"] for caster in data["casters"] if filters.match(caster)]
                for caster_id, found in read_scenes(task, wanted).items():
                    if isinstance(found, Studio):
                        data["scenes"][caster_id] = [scene.as_dict() for scene in found.scenes]
                    else:
                        data["failures"][caster_id] = found.as_dict()
        return data

    def _make_hosts(self, data: _Data, filters: _hosts.Filters) -> None:
        casters = data["casters"]
        names = _hosts.host_names(
            casters, self.get_option("hostname") == "id", self.get_option("hostname_prefix") or ""
        )
        wanted = sorted(filter(filters.match, casters), key=lambda caster: names.hosts[caster["caster_id"]])
        self._warn(data, filters, names, {caster["caster_id"] for caster in wanted})
        self.inventory.add_group(_hosts.ALL)
        for group in _hosts.BY_STATUS.values():
            self.inventory.add_group(group)
            self.inventory.add_child(_hosts.ALL, group)
        for caster in wanted:
            self._make_host(names.hosts[caster["caster_id"]], caster, self._scene_variables(caster["caster_id"], data))

    def _warn(self, data: _Data, filters: _hosts.Filters, names: _hosts.Names, wanted: set[str]) -> None:
        failures = _hosts.failure_words(data["failures"], names.hosts)
        if failures and self.get_option("strict"):
            raise _hosts.refuse(failures)
        unknown = filters.unknown_names(data["casters"])
        if unknown:
            failures.append(f"No studio has the name {', '.join(unknown)} (caster_names).")
        unmatched = filters.unmatched_pattern(data["casters"])
        if unmatched:
            failures.append(unmatched)
        doubled = sorted(names.hosts[caster_id] for caster_id in names.suffixed if caster_id in wanted)
        if doubled:
            failures.append(
                f"These hosts have the id of their studio behind its name, because the name is not theirs alone: "
                f"{', '.join(doubled)}. Rename the studios, or set hostname to id."
            )
        for words in failures:
            self.display.warning(words)

    def _scene_variables(self, caster_id: str, data: _Data) -> dict[str, Any]:
        if not self.get_option("scenes"):
            return {}
        if caster_id in data["scenes"]:
            return _hosts.scene_variables(data["scenes"][caster_id])
        return _hosts.no_scene_variables(data["failures"][caster_id]["code"])

    def _make_host(self, host: str, caster: Mapping[str, Any], scenes: Mapping[str, Any]) -> None:
        self.inventory.add_host(host, group=_hosts.BY_STATUS[caster["status"]])
        for name, value in {**_hosts.caster_variables(caster), **scenes}.items():
            self.inventory.set_variable(host, name, _hosts.marked(value, _as_ours, _as_foreign))
        self.inventory.set_variable(host, "ansible_connection", _as_ours("local"))
        # A host that is listed gets no interpreter from ansible-playbook, and one that is found may lack requests.
        self.inventory.set_variable(host, "ansible_python_interpreter", _as_ours("{{ ansible_playbook_python }}"))
        strict = self.get_option("strict")
        variables = self.inventory.get_host(host).get_vars()
        self._set_composite_vars(self.get_option("compose"), variables, host, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict)


def _context(display: Any) -> Context:
    return Context(
        check_mode=False,
        diff=False,
        environ=os.environ,
        ansible_version=ansible_version,
        clock=Clock(time.time, time.monotonic, time.sleep),
        warn=display.warning,
        hide=lambda secrets: None,
        # ansible-inventory prints JSON on stdout.
        progress=lambda words: display.display(f"[{InventoryModule.NAME}] {words}", stderr=True),
    )


def _digest(params: Mapping[str, Any], filters: _hosts.Filters, scenes: bool) -> str:
    """Two identities, endpoints or wishes must not share cached data. No secret can be told from it."""
    asked = {
        option: str(params.get(option) or from_environment(option, os.environ) or "")
        for option in ("endpoint", "region_id")
    }
    # Without scenes the filters change nothing that is read.
    wish = [list(filters.names), filters.pattern, filters.status] if scenes else None
    text = json.dumps(
        [_CACHE_SHAPE, identity_digest(identity_options(params), os.environ), asked, wish], sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]
