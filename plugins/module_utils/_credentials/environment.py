# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The environment variables of the options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# option -> environment variables, the first that is not empty wins; docs/authentication.md lists them
CONNECTION_ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "access_key_id": ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY", "ALICLOUD_ACCESS_KEY_ID"),
    "access_key_secret": ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECRET_ACCESS_KEY"),
    "security_token": ("ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"),
    "profile": ("ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"),
    "ecs_role_name": ("ALIBABA_CLOUD_ECS_METADATA", "ALICLOUD_ECS_ROLE_NAME"),
    "region_id": ("ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION"),
    "endpoint": ("ALIBABA_CLOUD_LIVE_ENDPOINT",),
}


def text_of(value: Any) -> str | None:
    """Return the text of a value without outer blanks; an empty or blank one counts as not given."""
    if value is None:
        return None
    return str(value).strip() or None


def from_environment(option: str, environ: Mapping[str, str]) -> str | None:
    """Return the first value that the environment gives an option; empty and blank values count as not given."""
    values = (text_of(environ.get(name)) for name in CONNECTION_ENVIRONMENT[option])
    return next((value for value in values if value), None)
