# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of tasks, as roles get them: of our modules, and of what Ansible puts in their place."""

from __future__ import annotations

from typing import Any

NOW = {"scene_id": "pgm", "output_type": "pgm", "status": "running", "layout_id": "now", "component_ids": ["logo"]}
NEXT = {**NOW, "layout_id": "next", "component_ids": []}
READ = [{"action": "DescribeCasterScenes"}]
TOOK = [*READ, {"action": "CopyCasterSceneConfig"}]
JUDGED = {"changed": False, "api_calls": READ, "before": NOW, "after": NEXT, "reason": "Goes on air."}
TAKEN = {"changed": True, "api_calls": TOOK, "before": NOW, "after": NEXT, "request_id": "A-1"}
FRONT = {"changed": False, "failed": False, "msg": "Expectation: none."}


def error(outcome: str, **more: Any) -> dict[str, Any]:
    return {"failed": True, "changed": outcome == "unknown", "msg": "No.", "error": {"outcome": outcome, **more}}


# What Ansible puts in the place of an answer.
NO_ANSWER: dict[str, Any] = {
    "time-out": {"failed": True, "msg": "Timed out after 3 second(s).", "timedout": {"period": 3}},
    "time-out that did not fail": {"failed": False, "msg": "Timed out.", "timedout": {"period": 3}},
    "killed": {"failed": True, "msg": "MODULE FAILURE", "rc": 137, "module_stdout": "", "changed": False},
    "killed, and failed_when: false": {"failed": False, "msg": "MODULE FAILURE", "rc": 137, "changed": False},
    "lost": {"unreachable": True, "changed": False, "msg": "Connection closed"},
    "left out": {"skipped": True, "changed": False},
    "no interpreter": {"failed": True, "msg": "The module interpreter was not found."},
    "nothing": {},
    "undefined": None,
    "text": "ok",
    "another module's": {"changed": True, "failed": False, "stdout": ""},
    "an error without an outcome": {"failed": True, "error": {"code": "X"}, "api_calls": TOOK, "changed": False},
    "an error that is a text": {"failed": True, "error": "no", "changed": False},
    "half an answer": {"changed": None, "api_calls": READ},
}
