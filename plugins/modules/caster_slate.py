#!/usr/bin/python
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: caster_slate
short_description: Show or end the standby slate of a production studio
version_added: 1.1.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Puts the standby slate on the program scene (PGM) of an ApsaraVideo Live production studio, or ends it. Viewers see either at once. What is
    shown is the standby material in the configuration of the studio, a picture, a film or a stream.
  - No operation of the service tells whether a slate is shown. So every run writes, reports a change and returns V(false) as RV(verified). Look at
    the program output.
  - The slate ends by putting on air what the task names. What it does not name is not shown.
  - A slate whose answer is lost is sent again until it is accepted or the time is over. Whether a film begins anew then is not documented. An end
    of the slate whose answer is lost is never simply sent again, since it puts something on air.
  - Whether a take ends a slate is not documented.
extends_documentation_fragment:
  - apsara.live._attributes
  - apsara.live._attributes.writes
  - apsara.live._connection
attributes:
  idempotent:
    description: No read shows a slate, so every run does it again.
    support: none
options:
  caster_id:
    description: The id of the studio. The API calls a studio a caster.
    type: str
    required: true
  scene_id:
    description: The id of the program scene. The default is the studio's only program scene.
    type: str
  state:
    description:
      - V(shown) puts the slate on air. Unless O(check_first=false), a studio without standby material is refused.
      - V(ended) puts O(layout_id) and O(component_ids) on air instead. At least one of them is required.
    type: str
    choices: [shown, ended]
    default: shown
  layout_id:
    description: The layout that is on air after the slate, with O(state=ended) only. Without it, or with an empty string, there is none.
    type: str
  component_ids:
    description:
      - The components that are on air after the slate, lowest first, 10 at most, with O(state=ended) only. Without it there are none.
    type: list
    elements: str
  check_first:
    description:
      - Whether the studio is read before.
      - V(false) is for emergencies, and for RAM policies that grant C(live:EffectCasterUrgent) only. It is one request. Then O(scene_id) is required,
        and RV(before) and RV(after) are null.
    type: bool
    default: true
seealso:
  - module: apsara.live.caster_scene_config
  - module: apsara.live.caster_scene_info
"""

EXAMPLES = r"""
- name: Show the slate
  apsara.live.caster_slate:
    caster_id: "{{ caster_id }}"
  register: slate

- name: Show the slate at once, whatever the studio is
  apsara.live.caster_slate:
    caster_id: "{{ caster_id }}"
    scene_id: "{{ pgm_scene_id }}"
    check_first: false

- name: End the slate with what was on air before
  apsara.live.caster_slate:
    caster_id: "{{ caster_id }}"
    state: ended
    layout_id: "{{ slate.before.layout_id }}"
    component_ids: "{{ slate.before.component_ids }}"
"""

RETURN = r"""
caster_id:
  description: The studio.
  returned: always
  type: str
  sample: 3a1d7c52-stage-main
scene_id:
  description: The program scene. Null when it could not be told.
  returned: always
  type: str
  sample: 3a1d7c52-pgm
state:
  description: What was asked for, V(shown) or V(ended).
  returned: always
  type: str
  sample: shown
verified:
  description: Always V(false), since no read shows a slate.
  returned: always
  type: bool
before:
  description: The program scene as it was read before. It does not tell whether a slate was shown. Null when nothing was read.
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
  description: The program scene as planned; nothing is read afterwards, unless an answer was lost. Null when unknown.
  returned: always
  type: dict
  contains: *scene
reason:
  description: What was done, in a sentence. Null on failure; then RV(error) says what happened.
  returned: always
  type: str
  sample: "The slate goes on air."
request_id:
  description: The request id of the write. Null without a write, or when its answer was lost.
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

from ansible_collections.apsara.live.plugins.module_utils._modules.caster_slate import DEFINITION
from ansible_collections.apsara.live.plugins.module_utils._modules.module import run_module


def main() -> None:
    """Run the module."""
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
