# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = """
name: refusals
short_description: Why this run cannot be meant as it was started
version_added: 1.1.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Finds variables that look like one of this collection and are none, such as C(at) or C(take_expct). Nothing reads them, so that a guard of a
    take would be lost in silence.
  - Finds a limit that was given and names nobody, such as an empty file. Ansible takes it for no limit at all. The same goes for an exclusion of a
    name that the inventory does not have.
  - Finds a variable C(studios) of the inventory that names other hosts, since a play does not read it there.
  - The roles that write refuse to begin when there is any. P(apsara.live.find_studios#lookup) does the same for the playbooks of this collection.
  - Variables of other roles are left alone. What looks alike all the same can be named in the variable C(apsara_live_other_variables), a list.
options:
  _terms:
    description: >-
      Nothing, or V(take) in front of a take. Then an answer of a survey in AWX that guards the take, and that nothing in the job reads, is a
      finding too.
    type: list
    elements: str
    choices: [take]
    default: []
"""

EXAMPLES = """
- name: Refuse a run that is not meant so
  ansible.builtin.assert:
    that: lookup('apsara.live.refusals') | length == 0
    fail_msg: "{{ lookup('apsara.live.refusals') }}"
"""

RETURN = """
_raw:
  description: One text with a sentence for each finding. It is empty when there is none.
  type: list
  elements: str
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.apsara.live.plugins.plugin_utils._started import in_awx, left_out, refusals
from ansible_collections.apsara.live.plugins.plugin_utils._survey import ANSWERS, unread


class LookupModule(LookupBase):  # type: ignore[misc]
    """The lookup of this file."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return one text."""
        known = variables or {}
        templar: Any = self._templar
        found = refusals(known)
        found.append(left_out(known, templar.template(known.get("studios"))) or "")
        if "take" in terms and in_awx(known):
            answers = {name: templar.template(known.get(name, "")) for name in ANSWERS}
            found.append(unread(answers, bool(known.get("ansible_check_mode"))))
        return [" ".join(sentence for sentence in found if sentence)]
