# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = """
name: find_studios
short_description: Whether a run has studios to work on, and where to say that it has none
version_added: 1.1.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Reads the variable C(studios), which is C(casters) where it is not given, and the limit of this run.
  - The playbooks of this collection begin with it. Ansible itself ends well when no host matches, and a show of which nothing goes on air must not
    look like success.
  - Fails where the run cannot be meant as it was started, as P(apsara.live.refusals#lookup) finds out; of variables only those are judged that were
    given with C(-e). It fails too where there is no studio and a limit leaves no host on which a task could say so.
options:
  _terms:
    description: Nothing is asked for here.
    type: list
    elements: str
    default: []
  reads:
    description: Whether the run only reads. Then variables are not judged, and a blank answer in AWX means all studios.
    type: bool
    default: false
"""

EXAMPLES = """
- name: Find the studios
  hosts: "{{ find['hosts'] }}"
  gather_facts: false
  vars:
    find: "{{ lookup('apsara.live.find_studios') }}"
  tasks:
    - name: Refuse to run without a studio
      ansible.builtin.fail:
        msg: "{{ find['refusal'] }}"
      run_once: true
      when: find['refusal'] | length > 0
"""

RETURN = """
_raw:
  description:
    - One dictionary. C(hosts) is a pattern that matches a host, C(refusal) says why the run has no studio, and is empty where it has some.
    - C(tag) is V(never) where the run has studios, and V(always) where it has none, for the task that says so.
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.apsara.live.plugins.plugin_utils._started import find


class LookupModule(LookupBase):  # type: ignore[misc]
    """The lookup of this file."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Return one dictionary."""
        self.set_options(var_options=variables, direct=kwargs)
        known = variables or {}
        templar: Any = self._templar
        try:
            return [find(known, templar.template(known.get("studios")), reads=bool(self.get_option("reads")))]
        except ValueError as refused:
            raise AnsibleLookupError(str(refused)) from None
