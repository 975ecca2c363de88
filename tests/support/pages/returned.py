# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What results have in common, for the RETURN blocks of the modules: written once here, filled in by make generate."""

from __future__ import annotations

import re
import textwrap

BLOCKS = {
    "scene": """\
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
""",
    "every result": """\
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
""",
}


def renew(text: str) -> str:
    """The text of a module with what stands between the comments `NAME: begin` and `NAME: end` replaced."""
    for name, content in BLOCKS.items():
        marked = re.compile(rf"^( *)# {name}: begin\n.*?^ *# {name}: end\n", re.DOTALL | re.MULTILINE)
        text = marked.sub(lambda found, name=name, content=content: _filled(found.group(1), name, content), text)
    return text


def _filled(indent: str, name: str, content: str) -> str:
    return textwrap.indent(f"# {name}: begin\n{content}# {name}: end\n", indent)
