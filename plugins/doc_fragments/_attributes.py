# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Attributes that the modules document."""

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of every module, of the writing ones, and of the reading ones."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/apsara.live.live) in C(module_defaults) to set the connection options once for all modules.
    support: full
    membership:
      - apsara.live.live
  action:
    description:
      - Has an action plugin of the same name that does the work inside Ansible's worker where nothing asks for a process of its own.
        The result is the same.
    details:
      - The module is run with C(become), C(async) or C(environment), with a connection that is not local, and where the variable
        C(apsara_live_in_process) is false.
    support: full
  async:
    description: Supports the C(async) keyword.
    support: full
  check_mode:
    description: Can run in check mode and say what it would do without doing it.
    support: full
  platform:
    description: Where the module can run. It talks to the API of ApsaraVideo Live, so it is run on the controller.
    support: full
    platforms: posix
"""

    WRITES = r"""
options: {}
attributes:
  diff_mode:
    description: Says in the words of a gallery what changes, when run with C(--diff).
    support: full
  idempotent:
    description: A second run finds the work done and changes nothing.
    support: full
"""

    READS = r"""
options: {}
attributes:
  diff_mode:
    description: Changes nothing, so there is nothing to compare.
    support: N/A
  idempotent:
    description: Changes nothing.
    support: N/A
"""
