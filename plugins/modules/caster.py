#!/usr/bin/python
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: caster
short_description: Start or stop a production studio
version_added: 1.1.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Starts an ApsaraVideo Live production studio with its scenes, or stops it. The API calls a studio a caster. A studio that streams is billed.
  - A stop ends the program. The result says what was on air and since when the studio streamed.
  - The studio is read first. If it is as it should be, nothing is written. A studio that streams is started, also when its preview scene is off.
  - A start needs a domain and a transcoding template. A studio without them is refused before anything is written, in check mode too.
  - A start creates the scenes that are missing. Whether a stop keeps what the scenes show is not documented.
extends_documentation_fragment:
  - apsara.live._attributes
  - apsara.live._attributes.writes
  - apsara.live._connection
options:
  caster_id:
    description: The id of the studio.
    type: str
    required: true
  state:
    description:
      - V(started) for a studio that streams. A start waits for both scenes to be on.
      - V(stopped) for an idle one. A stop waits until the studio and its scenes are idle.
    type: str
    choices: [started, stopped]
    required: true
  expect:
    description:
      - What the program must show for a stop to be right, with O(state=stopped) only. If it shows anything else, the task is refused with the code
        V(ExpectationNotMet). A studio that is idle already is not compared.
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
  wait:
    description: Whether to read until the studio is as it should be. Without waiting, RV(after) is what was planned.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for the studio, in seconds. How long a start or a stop takes is not documented.
      - A time-out fails with V(WaitTimeout) and shows the last state seen. The service accepted the write, so its outcome is V(unknown).
    type: int
    default: 120
seealso:
  - module: apsara.live.caster_info
  - module: apsara.live.caster_scene_start
  - module: apsara.live.caster_scene_stop
"""

EXAMPLES = r"""
- name: Start a studio
  apsara.live.caster:
    caster_id: "{{ caster_id }}"
    state: started

- name: Stop a studio unless something else than the closing picture is on air
  apsara.live.caster:
    caster_id: "{{ caster_id }}"
    state: stopped
    expect:
      layout_id: "{{ closing_layout_id }}"
"""

RETURN = r"""
caster_id:
  description: The studio.
  returned: always
  type: str
  sample: 3a1d7c52-stage-main
state:
  description: What was asked for, V(started) or V(stopped).
  returned: always
  type: str
  sample: started
streaming_since:
  description:
    - When the studio began to stream, as the service says it. Of a studio that was stopped, when the stream began that this task ended.
    - Null for a studio that was found idle, and where it was not read.
  returned: always
  type: str
  sample: "2026-11-22 11:02:44.0"
before:
  description: The program scene as it was read first. Null when nothing was read, and for a studio that was never started.
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
  description: The program scene afterwards, as read, or as planned in check mode and without O(wait). Null when unknown or not there yet.
  returned: always
  type: dict
  contains: *scene
reason:
  description: Why something was done or not, in a sentence. Null on failure; then RV(error) says what happened.
  returned: always
  type: str
  sample: "The studio was idle; it is started."
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

from ansible_collections.apsara.live.plugins.module_utils._modules.caster import DEFINITION
from ansible_collections.apsara.live.plugins.module_utils._modules.module import run_module


def main() -> None:
    """Run the module."""
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
