# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = """
name: studios
short_description: The hosts that a pattern and the limit of this run leave
version_added: 1.1.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Returns the hosts of the inventory that a pattern matches, within C(--limit), also where that is read from a file.
  - Fails where the run cannot be meant as it was started, as P(apsara.live.refusals#lookup) does; of variables only those are judged that were given
    with C(-e). In the hosts of a play no choice of tags or tasks passes this by.
options:
  _terms:
    description: The patterns, as in the hosts of a play.
    type: list
    elements: raw
    required: true
  judge_variables:
    description: Whether variables are judged too. What only reads has no guard that could be lost.
    type: bool
    default: true
"""

EXAMPLES = """
- name: Work on studios only when the limit leaves any
  hosts: "{{ query('apsara.live.studios', 'casters') }}"
  gather_facts: false
  tasks: []
"""

RETURN = """
_raw:
  description: The names of the hosts.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.apsara.live.plugins.plugin_utils._started import hosts_of, refusals


class LookupModule(LookupBase):  # type: ignore[misc]
    """The lookup of this file."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return the hosts."""
        self.set_options(var_options=variables, direct=kwargs)
        judged = bool(self.get_option("judge_variables"))
        known = variables or {}
        found: list[str] = []
        for pattern in terms:
            refused = refusals(known, pattern, which="extra" if judged else "none")
            if refused:
                raise AnsibleLookupError(f"Refused before anything was done. {' '.join(refused)}")
            found += [host for host in hosts_of(pattern, known) if host not in found]
        return found
