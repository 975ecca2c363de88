# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. How does a task meet Ansible? The argument specs with their constraints, and the only exit."""

from __future__ import annotations

import gc
import os
import select
import signal
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

_CONNECTION: dict[str, Any] = {
    "access_key_id": {"type": "str", "aliases": ["alicloud_access_key", "access_key"], "no_log": False},
    "access_key_secret": {
        "type": "str",
        "aliases": ["alicloud_secret_key", "secret_key", "secret_access_key"],
        "no_log": True,
    },
    "security_token": {"type": "str", "aliases": ["alicloud_security_token", "sts_token"], "no_log": True},
    "profile": {"type": "str", "aliases": ["alicloud_profile"]},
    "ecs_role_name": {"type": "str", "aliases": ["ram_role_name"]},
    "assume_role": {
        "type": "dict",
        "options": {
            "role_arn": {"type": "str", "required": True},
            "session_name": {"type": "str"},
            "session_expiration": {"type": "int"},
            "policy": {"type": "str"},
            "external_id": {"type": "str"},
        },
    },
    "region_id": {"type": "str", "aliases": ["region", "alicloud_region"]},
    "endpoint": {"type": "str"},
    "connect_timeout": {"type": "float", "default": 10},
    "read_timeout": {"type": "float", "default": 60},
    "api_deadline": {"type": "float", "default": 120},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    # A proxy URL may hold a password, and Ansible logs the options of a task.
    "proxy": {"type": "str", "no_log": True},
}

_WAIT: dict[str, Any] = {
    "check_first": {"type": "bool", "default": True},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 30},
}

# What AnsibleModule takes, module by module.
SPECS: dict[str, dict[str, Any]] = {
    "caster_info": {
        "argument_spec": {
            "caster_id": {"type": "str"},
            "caster_name": {"type": "str"},
            "status": {"type": "str", "choices": ["idle", "streaming"]},
        },
    },
    "caster_scene_info": {
        "argument_spec": {
            "caster_id": {"type": "str", "required": True},
            "scene_id": {"type": "str"},
            "audio": {"type": "bool", "default": False},
            "content": {"type": "bool", "default": False},
        },
    },
    "caster_scene_stop": {
        "argument_spec": {
            "caster_id": {"type": "str", "required": True},
            "scene_id": {"type": "str"},
            **_WAIT,
        },
        "required_if": [("check_first", False, ("scene_id",))],
    },
    "caster_scene_config_copy": {
        "argument_spec": {
            "caster_id": {"type": "str", "required": True},
            "from_scene_id": {"type": "str"},
            "to_scene_id": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "allow_empty": {"type": "bool", "default": False},
            "expect": {
                "type": "dict",
                "options": {
                    "layout_id": {"type": "str"},
                    "component_ids": {"type": "list", "elements": "str"},
                    "empty": {"type": "bool"},
                },
            },
            "expect_preview": {
                "type": "dict",
                "options": {
                    "layout_id": {"type": "str"},
                    "component_ids": {"type": "list", "elements": "str"},
                    "empty": {"type": "bool"},
                    "fingerprint": {"type": "str"},
                },
            },
            "at": {"type": "str"},
            "max_late": {"type": "float", "default": 5},
            "max_wait": {"type": "float", "default": 900},
            **_WAIT,
        },
        "required_if": [("check_first", False, ("from_scene_id", "to_scene_id"))],
    },
}


def spec(name: str) -> dict[str, Any]:
    """The constraints of one module with the connection options added, as AnsibleModule takes them."""
    own = SPECS[name]
    return {**own, "argument_spec": {**own["argument_spec"], **_CONNECTION}, "supports_check_mode": True}


def run_module(name: str) -> None:
    """Run the module `name` and leave with its result."""
    # An interrupted play terminates its modules.
    signal.signal(signal.SIGTERM, _leave)
    module: Any = AnsibleModule(**spec(name))  # type: ignore[no-untyped-call]
    result = _work(name, module)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


def _work(name: str, module: Any) -> dict[str, Any]:
    # What is loaded stays until the end. Looking through it for garbage would take a tenth of the module's time.
    gc.disable()
    from .._api.client import Clock
    from .run import run
    from .task import Context

    gc.freeze()
    gc.enable()
    context = Context(
        check_mode=module.check_mode,
        diff=module._diff,
        environ=os.environ,
        ansible_version=module.ansible_version,
        clock=Clock(time.time, time.monotonic, time.sleep),
        warn=module.warn,
        hide=module.no_log_values.update,
        abandoned=_nobody_reads,
    )
    return run(name, module.params, context)


def _leave(number: int, _frame: object) -> None:
    """Leaving by an exception lets Ansible take away what it unpacked."""
    raise SystemExit(128 + number)


def _nobody_reads() -> bool:
    """Is whoever started this module gone? Then nobody holds the other end of the pipe that the result goes into."""
    poll = select.poll()
    poll.register(1, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _unused, event in poll.poll(0))
