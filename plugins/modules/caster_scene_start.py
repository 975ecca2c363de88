#!/usr/bin/python
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: caster_scene_start
short_description: Start the preview scene of a production studio
version_added: 1.1.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Switches the preview scene (PVW) of an ApsaraVideo Live production studio on. The program scene is not touched.
  - The scene is read first. A preview that is on already is left alone. A program scene and an idle studio are refused before anything is written.
  - Starting the preview does not start the studio. A studio whose program scene is off is idle, and a start of the studio switches both scenes on.
extends_documentation_fragment:
  - apsara.live._attributes
  - apsara.live._attributes.writes
  - apsara.live._connection
options:
  caster_id:
    description: The id of the studio. The API calls a studio a caster.
    type: str
    required: true
  scene_id:
    description:
      - The id of the preview scene. The default is the studio's only preview scene.
      - A studio with several preview scenes is refused without it, and they are listed.
    type: str
  check_first:
    description:
      - Whether the studio is read before and after the start.
      - V(false) is for RAM policies that grant C(live:StartCasterScene) only. Then O(scene_id) is required, O(wait) is ignored,
        RV(before) and RV(after) are null, check mode always reports a change, and the answer of the service decides.
    type: bool
    default: true
  wait:
    description: Whether to read until the scene is on. Without waiting, RV(after) is what was planned.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for the scene to be on, in seconds.
      - A time-out fails with V(WaitTimeout) and shows the last state seen. The service accepted the start, so its outcome is V(unknown).
    type: int
    default: 30
seealso:
  - module: apsara.live.caster_scene_stop
  - module: apsara.live.caster_scene_info
"""

EXAMPLES = r"""
- name: Start the preview of a studio
  apsara.live.caster_scene_start:
    caster_id: "{{ caster_id }}"

- name: Start a named preview scene and do not wait
  apsara.live.caster_scene_start:
    caster_id: "{{ caster_id }}"
    scene_id: "{{ pvw_scene_id }}"
    wait: false
"""

RETURN = r"""
caster_id:
  description: The studio.
  returned: always
  type: str
  sample: 3a1d7c52-stage-main
scene_id:
  description: The preview scene. Null when it could not be told.
  returned: always
  type: str
  sample: 3a1d7c52-pvw
before:
  description: The preview scene as it was read first. Null when nothing was read.
  returned: always
  type: dict
  contains: &scene
    # scene: begin
    scene_id:
      description: The id of the scene.
      type: str
    scene_name:
      description: The name of the scene.
      type: str
    output_type:
      description: V(pvw) for the preview, V(pgm) for the program.
      type: str
    status:
      description: V(running) or V(idle).
      type: str
    layout_id:
      description: The layout on the scene, or null.
      type: str
    component_ids:
      description: The components on the scene, lowest first.
      type: list
      elements: str
    # scene: end
after:
  description: The preview scene afterwards, as read, or as planned in check mode and without O(wait). Null when unknown.
  returned: always
  type: dict
  contains: *scene
reason:
  description: Why something was done or not, in a sentence. Null on failure; then RV(error) says what happened.
  returned: always
  type: str
  sample: The preview scene 3a1d7c52-pvw 'Preview' was on already.
request_id:
  description: The request id of the start. Null without a write, or when its answer was lost.
  returned: always
  type: str
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

from ansible_collections.apsara.live.plugins.module_utils._modules.caster_scene_start import DEFINITION
from ansible_collections.apsara.live.plugins.module_utils._modules.module import run_module


def main() -> None:
    """Run the module."""
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
