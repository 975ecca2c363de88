#!/usr/bin/python
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: caster_scene_config_copy
short_description: Take the preview of a production studio on air
version_added: 1.0.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Puts the configuration of the preview scene (PVW) of an ApsaraVideo Live production studio on its program scene (PGM). Viewers see it at once.
  - Both scenes are read first. If the program shows the same layout and components already, nothing is written.
  - The take leaves only on a read that is at most one second old. Whatever delays it, the studio is read and judged again first.
  - Anything but a take from preview to program within one studio is refused before anything is written.
  - A take is a copy, not a swap. The old program is not left in the preview; RV(before) keeps it, so that a wrong take can be undone.
  - A take whose answer is lost is never simply sent again. The program is read first, and a take that shows is not repeated.
extends_documentation_fragment:
  - apsara.live._attributes
  - apsara.live._attributes.writes
  - apsara.live._connection
options:
  caster_id:
    description: The id of the studio. The API calls a studio a caster.
    type: str
    required: true
  from_scene_id:
    description: The id of the preview scene. The default is the studio's only preview scene.
    type: str
  to_scene_id:
    description: The id of the program scene. The default is the studio's only program scene.
    type: str
  force:
    description:
      - Copy even when layout and components match already. An edited layout keeps its id, and a scene shows ids only. Whether the edit itself
        was reviewed is told by the fingerprint in O(expect_preview).
      - Audio is not compared. Whether a copy carries it is not documented, so a comparison could never settle.
      - A forced copy changes something on every run.
    type: bool
    default: false
  allow_empty:
    description: Allow a take from a preview with neither a layout nor components, which would put an empty picture on air.
    type: bool
    default: false
  expect:
    description:
      - What the program must show now. If it shows anything else, somebody took first and the task is refused with the code V(ExpectationNotMet).
      - This is the guard against two people, or two jobs, taking twice. The API has no lock, so two takes within the same moment can still both happen.
    type: dict
    suboptions:
      layout_id:
        description: The layout that must be on air. An empty string means not given.
        type: str
      component_ids:
        description: The components that must be on air, lowest first. An empty list means none.
        type: list
        elements: str
      empty:
        description: V(true) when the program must be empty, V(false) when it must not be.
        type: bool
  expect_preview:
    description:
      - What the preview must be when the take leaves, so that what was reviewed is what goes on air.
      - It is judged on the last read before the take. If somebody changed the preview after it was reviewed, the task is refused with the
        code V(PreviewChanged), which says what the preview is now.
      - Every key that is given must hold. Without any, nothing is asked for.
    type: dict
    version_added: 1.1.0
    suboptions:
      layout_id:
        description: The layout that must be in the preview. An empty string means not given.
        type: str
      component_ids:
        description: The components that must be in the preview, lowest first. An empty list means none.
        type: list
        elements: str
      empty:
        description: V(true) when the preview must be empty, V(false) when it must not be.
        type: bool
      fingerprint:
        description:
          - The fingerprint of the reviewed preview, as this module or M(apsara.live.caster_scene_info) returned it. An empty string means not
            given.
          - One that was made with O(apsara.live.caster_scene_info#module:content=true) begins with C(content-). Then the layouts and components
            are read too, with two more calls and the RAM actions C(live:DescribeCasterLayouts) and C(live:DescribeCasterComponents).
        type: str
  at:
    description:
      - The cue, as an RFC 3339 time with a zone, such as V(2026-11-22T19:30:00+08:00). The task waits for it and takes then.
      - The scenes are read early and again shortly before the cue. What is read last decides. Wrong scenes are refused early.
      - Check mode judges the cue and does not wait.
    type: str
  max_late:
    description: The task is refused with V(CueMissed) when the cue is past by more than this, in seconds. It is judged whenever the take is about to leave.
    type: float
    default: 5
  max_wait:
    description: The task is refused with V(CueTooFar) when the cue is further away than this, in seconds.
    type: float
    default: 900
  check_first:
    description:
      - Whether the studio is read before and after the take.
      - V(false) is for RAM policies that grant C(live:CopyCasterSceneConfig) only. Then both scene ids are required, O(expect) and O(expect_preview)
        are refused, O(wait) is ignored, RV(before), RV(after) and RV(fingerprint) are null, and check mode always reports a change.
    type: bool
    default: true
  wait:
    description: Whether to read until the program shows what the preview showed. Without waiting, RV(after) is what was planned.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for the program, in seconds.
      - A time-out fails with V(WaitTimeout) and shows the last state seen. The service accepted the take, so its outcome is V(unknown).
    type: int
    default: 30
seealso:
  - module: apsara.live.caster_scene_stop
  - module: apsara.live.caster_scene_info
"""

EXAMPLES = r"""
- name: Take the preview on air
  apsara.live.caster_scene_config_copy:
    caster_id: "{{ caster_id }}"

- name: Take only if the opener is on air now
  apsara.live.caster_scene_config_copy:
    caster_id: "{{ caster_id }}"
    expect:
      layout_id: "{{ opener_layout_id }}"
  register: take_result

- name: Take what was reviewed and nothing else
  apsara.live.caster_scene_config_copy:
    caster_id: "{{ caster_id }}"
    expect_preview:
      fingerprint: "{{ reviewed_fingerprint }}"

- name: Take at the cue
  apsara.live.caster_scene_config_copy:
    caster_id: "{{ caster_id }}"
    at: "{{ cue }}"
    max_late: 2
"""

RETURN = r"""
caster_id:
  description: The studio.
  returned: always
  type: str
  sample: 3a1d7c52-stage-main
from_scene_id:
  description: The preview scene. Null when it could not be told.
  returned: always
  type: str
  sample: 3a1d7c52-pvw
to_scene_id:
  description: The program scene. Null when it could not be told.
  returned: always
  type: str
  sample: 3a1d7c52-pgm
fingerprint:
  description:
    - A short hash of what the preview was when it was read last before the take, for O(expect_preview). Null when it could not be told.
    - It covers the layout id and the component ids, and their content too if O(expect_preview.fingerprint) does.
    - Of a refused task, it is that of the preview which was refused.
  returned: always
  type: str
  version_added: 1.1.0
  sample: ids-0a1b2c3d4e5f
before:
  description: The program scene as it was read before the take. Null when nothing was read.
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
  description: The program scene afterwards, as read, or as planned in check mode and without O(wait). Null when unknown.
  returned: always
  type: dict
  contains: *scene
reason:
  description: Why something was done or not, in a sentence. Null on failure; then RV(error) says what happened.
  returned: always
  type: str
  sample: "The preview goes on air: layout opener, components logo."
request_id:
  description: The request id of the take. Null without a write, or when its answer was lost.
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

from ansible_collections.apsara.live.plugins.module_utils._modules.caster_scene_config_copy import DEFINITION
from ansible_collections.apsara.live.plugins.module_utils._modules.module import run_module


def main() -> None:
    """Run the module."""
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
