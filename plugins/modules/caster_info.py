#!/usr/bin/python
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: caster_info
short_description: List the production studios of an account
version_added: 1.0.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Lists the production studios (casters) of an ApsaraVideo Live account, all pages of them.
  - Filters match exactly and can be combined. Without filters all studios are listed.
extends_documentation_fragment:
  - apsara.live._attributes
  - apsara.live._attributes.reads
  - apsara.live._connection
options:
  caster_id:
    description: List only the studio with this id.
    type: str
  caster_name:
    description: List only studios with this name.
    type: str
  status:
    description: List only studios in this state.
    type: str
    choices: [idle, streaming]
seealso:
  - module: apsara.live.caster_scene_info
"""

EXAMPLES = r"""
- name: List the studios that are streaming, and so are billed
  apsara.live.caster_info:
    status: streaming
  register: streaming
"""

RETURN = r"""
casters:
  description: The studios. Empty when none matches.
  returned: always
  type: list
  elements: dict
  contains:
    caster_id:
      description: The id of the studio.
      type: str
    caster_name:
      description: The name of the studio.
      type: str
    status:
      description: V(idle) or V(streaming).
      type: str
    norm_type:
      description: The kind of studio, as the API numbers it, or null.
      type: int
    caster_template:
      description: The resolution template, or null.
      type: str
    channel_enable:
      description: Whether Channel mode is on, or null.
      type: bool
    charge_type:
      description: How the studio is billed, or null.
      type: str
    resource_group_id:
      description: The resource group, or null.
      type: str
    create_time:
      description: When the studio was created, as the API writes it, or null.
      type: str
    start_time:
      description: When the studio was started, only while it is streaming.
      type: str
    last_modified:
      description: The last start, stop or change of the configuration, or null.
      type: str
    duration:
      description: How long the studio ran, as the API writes it, or null.
      type: str
    expire_time:
      description: When the studio expires, or null.
      type: str
    tags:
      description: The tags of the studio.
      type: dict
# every result: begin
api_calls:
  description: Every API call of the task.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: The operation.
      type: str
    attempts:
      description: How often it was sent.
      type: int
    throttled:
      description: How often the service refused it because of too many calls.
      type: int
    http_status:
      description: The HTTP status of the last answer, or null.
      type: int
    request_id:
      description: The request id of the last answer, or null.
      type: str
    elapsed_ms:
      description: The time it took, with pauses, in milliseconds.
      type: int
error:
  description: What went wrong, for playbooks to branch on.
  returned: on failure
  type: dict
  contains:
    code:
      description: The error code of the API, or one of this collection.
      type: str
    message:
      description: What happened, in a sentence.
      type: str
    http_status:
      description: The HTTP status, or null.
      type: int
    request_id:
      description: The request id, for support, or null.
      type: str
    action:
      description: The operation that failed, or null.
      type: str
    option:
      description: The option of the task that the error is about, or null.
      type: str
    hint:
      description: What to do about it.
      type: str
    recommend:
      description: A troubleshooting link of Alibaba Cloud, or null.
      type: str
    retryable:
      description: Whether the same task may succeed later.
      type: bool
    outcome:
      description:
        - V(refused) when nothing was done, V(failed) when the service rejected it.
        - V(unknown) when a write may have been done and nothing proves it.
      type: str
# every result: end
"""

from ansible_collections.apsara.live.plugins.module_utils._modules.caster_info import DEFINITION
from ansible_collections.apsara.live.plugins.module_utils._modules.module import run_module


def main() -> None:
    """Run the module."""
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
