#!/usr/bin/python
# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: caster_scene_config
short_description: Give a scene of a production studio its layout and components
version_added: 1.1.0
author:
  - apsara.live contributors (@apsara-live)
description:
  - Sets the layout and the components of a scene of an ApsaraVideo Live production studio. What is left out stays as it is.
  - It prepares the preview scene (PVW) where nothing else is said. The next take puts on air what was prepared.
  - With O(on_air=true) and the id of the program scene (PGM) it is a take. Viewers see the change at once, O(expect) is required, and a write whose
    answer is lost is never simply sent again. So a wrong take is undone without touching the preview, with layout and components of the RV(before)
    of that take, and its RV(after) as O(expect).
  - The scene is read first. If it shows what is asked for, nothing is written. Ids that the studio does not have are refused, and those that it has
    are listed, in check mode too.
  - The service configures a scene only while the scene is on. There are older texts that say otherwise, so a scene that is off gives a warning, and
    the answer of the service decides.
  - Writing to the program scene ends a standby slate.
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
      - The id of the scene. The default is the studio's only preview scene.
      - A program scene is refused with V(SceneIsProgram) without O(on_air=true).
    type: str
  layout_id:
    description: The layout that the scene is to show. Without it, or with an empty string, the scene keeps the one that it has.
    type: str
  clear_layout:
    description: Whether the scene is to have no layout. It excludes O(layout_id).
    type: bool
    default: false
  component_ids:
    description:
      - The components that the scene is to show, lowest first, 10 at most. Those that are not named are taken away.
      - An empty list means none. Without it, or with an empty string, the scene keeps those that it has.
      - A scene that would be left with neither a layout nor components is refused. What the service makes of that is documented in two ways.
    type: list
    elements: str
  on_air:
    description: Allows a program scene as O(scene_id), so that the change is on air at once. It changes nothing on a preview scene.
    type: bool
    default: false
  expect:
    description:
      - What the program must show now. If it shows anything else, somebody took first and the task is refused with the code V(ExpectationNotMet).
      - A program scene as O(scene_id) is refused with V(ExpectationMissing) where this is not given or says nothing.
      - The API has no lock, so two takes within the same moment can still both happen.
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
    description: Whether to read until the scene shows it. Without waiting, RV(after) is what was planned.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for the scene, in seconds.
      - A time-out fails with V(WaitTimeout) and shows the last state seen. The service accepted the write, so its outcome is V(unknown).
    type: int
    default: 30
seealso:
  - module: apsara.live.caster_scene_config_copy
  - module: apsara.live.caster_scene_info
"""

EXAMPLES = r"""
- name: Prepare the preview
  apsara.live.caster_scene_config:
    caster_id: "{{ caster_id }}"
    layout_id: "{{ opener_layout_id }}"
    component_ids:
      - "{{ logo_component_id }}"
  register: prepared

- name: Take what was prepared and nothing else
  apsara.live.caster_scene_config_copy:
    caster_id: "{{ caster_id }}"
    expect_preview:
      fingerprint: "{{ prepared.fingerprint }}"
  register: take

- name: Undo a take
  apsara.live.caster_scene_config:
    caster_id: "{{ caster_id }}"
    scene_id: "{{ take.to_scene_id }}"
    layout_id: "{{ take.before.layout_id }}"
    component_ids: "{{ take.before.component_ids }}"
    on_air: true
    expect:
      layout_id: "{{ take.after.layout_id }}"
      component_ids: "{{ take.after.component_ids }}"
  when: take is changed
"""

RETURN = r"""
caster_id:
  description: The studio.
  returned: always
  type: str
  sample: 3a1d7c52-stage-main
scene_id:
  description: The scene. Null when it could not be told.
  returned: always
  type: str
  sample: 3a1d7c52-pvw
fingerprint:
  description:
    - A short hash of RV(after), its layout id and component ids, for O(apsara.live.caster_scene_config_copy#module:expect_preview). Null when it is
      not known what the scene shows.
  returned: always
  type: str
  sample: ids-0a1b2c3d4e5f
before:
  description: The scene as it was read first. Null when nothing was read.
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
  description: The scene afterwards, as read, or as planned in check mode and without O(wait). Null when unknown.
  returned: always
  type: dict
  contains: *scene
reason:
  description: Why something was done or not, in a sentence. Null on failure; then RV(error) says what happened.
  returned: always
  type: str
  sample: "Layout opener, components logo is prepared in the preview."
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

from ansible_collections.apsara.live.plugins.module_utils._modules.caster_scene_config import DEFINITION
from ansible_collections.apsara.live.plugins.module_utils._modules.module import run_module


def main() -> None:
    """Run the module."""
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
