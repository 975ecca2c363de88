#!/usr/bin/python
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: caster_scene_info
short_description: Read the scenes of a production studio
version_added: 1.0.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Reads the preview and program scene of an ApsaraVideo Live production studio, and what they show.
extends_documentation_fragment:
  - apsara.live._attributes
  - apsara.live._attributes.reads
  - apsara.live._connection
options:
  caster_id:
    description: The id of the studio. The API calls a studio a caster.
    type: str
    required: true
  scene_id:
    description: Return this scene only. The task fails when the studio does not have it.
    type: str
  audio:
    description: Read the audio settings of each scene too, with one more call for each.
    type: bool
    default: false
  content:
    description:
      - Read what the layouts and components of the studio contain too, with two more calls, so that C(fingerprint) covers it.
      - Needs the RAM actions C(live:DescribeCasterLayouts) and C(live:DescribeCasterComponents).
    type: bool
    default: false
    version_added: 1.1.0
notes:
  - A fingerprint covers the layout id and the component ids of a scene, and their order. With O(content=true) it covers what
    C(DescribeCasterLayouts) and C(DescribeCasterComponents) show for them too, so that an edited layout that keeps its id is noticed.
  - It does not cover what the service does not show there. That is the pictures of the sources, the file behind a material id, the audio
    settings of the scene, and settings that can be written and not read.
seealso:
  - module: apsara.live.caster_info
  - module: apsara.live.caster_scene_config_copy
"""

EXAMPLES = r"""
- name: Read what is on air and what is in preview
  apsara.live.caster_scene_info:
    caster_id: "{{ caster_id }}"
  register: studio

- name: Read what is in preview, with a fingerprint that notices an edited layout
  apsara.live.caster_scene_info:
    caster_id: "{{ caster_id }}"
    content: true
  register: reviewed

- name: Show the layout on air
  ansible.builtin.debug:
    msg: "{{ (studio.scenes | selectattr('output_type', 'eq', 'pgm') | first).layout_id }}"
"""

RETURN = r"""
caster_id:
  description: The studio.
  returned: always
  type: str
  sample: 3a1d7c52-stage-main
scenes:
  description: The scenes, in the order of the service. Tell them apart by C(output_type).
  returned: always
  type: list
  elements: dict
  contains:
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
    fingerprint:
      description:
        - A short hash of what the scene shows, for O(apsara.live.caster_scene_config_copy#module:expect_preview). Equal fingerprints mean the same.
        - It begins with C(ids-) when it covers the ids, and with C(content-) when it covers their content too.
        - Null with O(content=true) where the service does not list a layout or component that the scene shows.
      type: str
    audio:
      description: The audio settings, with O(audio=true).
      type: dict
      contains:
        follow_enable:
          description: Whether the audio follows the video, or null.
          type: bool
        mix_list:
          description: The locations that are mixed.
          type: list
          elements: str
        layers:
          description: One entry for each location in C(mix_list), with C(valid_channel), C(volume_rate) and C(fixed_delay_ms).
          type: list
          elements: dict
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

from ansible_collections.apsara.live.plugins.module_utils._modules.caster_scene_info import DEFINITION
from ansible_collections.apsara.live.plugins.module_utils._modules.module import run_module


def main() -> None:
    """Run the module."""
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
