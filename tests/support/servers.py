# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory and an ansible.cfg set for servers, and what must not matter for studios beside them."""

from __future__ import annotations

from typing import Any

NOWHERE = "/nonexistent/of/this/test"

BECOME = {"ansible_become": True, "ansible_become_exe": NOWHERE, "ansible_become_user": "nobody"}
SSH = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_retries": 0}

#: Name -> variables of a host.
SETTINGS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "become": BECOME,
    "become by su": {"ansible_become": "yes", "ansible_become_method": "su", "ansible_become_password": "none"},
    "interpreter": {"ansible_python_interpreter": "/usr/bin/python3.99"},
    "ssh": {**SSH, "ansible_user": "nobody", "ansible_password": "none"},
    "winrm": {"ansible_connection": "winrm", "ansible_shell_type": "powershell", "ansible_host": "127.0.0.1"},
    "network": {"ansible_connection": "ansible.netcommon.network_cli", "ansible_network_os": "ios"},
    "shell": {"ansible_shell_type": "powershell", "ansible_shell_executable": NOWHERE, "ansible_executable": NOWHERE},
    "folders": {"ansible_remote_tmp": NOWHERE, "ansible_async_dir": NOWHERE},
}

#: An inventory that sets several of them for every host, also for localhost.
BESIDE = {"all": {"vars": {**SSH, **BECOME, **SETTINGS["interpreter"], **SETTINGS["shell"], **SETTINGS["folders"]}}}

#: The same in the environment, where an ansible.cfg would say it.
CONFIGURED = {
    "ANSIBLE_BECOME": "true",
    "ANSIBLE_TRANSPORT": "ssh",
    "ANSIBLE_REMOTE_USER": "nobody",
    "ANSIBLE_GATHERING": "smart",
    "ANSIBLE_INJECT_FACT_VARS": "false",
    "ANSIBLE_HASH_BEHAVIOUR": "merge",
    "ANSIBLE_DUPLICATE_YAML_DICT_KEY": "error",
    "ANSIBLE_DIFF_ALWAYS": "true",
    "ANSIBLE_PRIVATE_ROLE_VARS": "true",
    "ANSIBLE_DISPLAY_FAILED_STDERR": "true",
    "ANSIBLE_SHOW_CUSTOM_STATS": "true",
}
