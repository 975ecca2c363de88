# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where endpoint and key come from: options, their aliases, and two families of environment variables."""

from __future__ import annotations

from typing import Any

from .model import ENDPOINT, KEY, SCENES, SECRET, Case, studio, unchanged

_ALIBABA = {"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}
_ALICLOUD = {"ALICLOUD_ACCESS_KEY": KEY, "ALICLOUD_SECRET_KEY": SECRET}
_ALICLOUD_OLD = {"ALICLOUD_ACCESS_KEY_ID": KEY, "ALICLOUD_SECRET_ACCESS_KEY": SECRET}
_WHERE = {"ALIBABA_CLOUD_LIVE_ENDPOINT": ENDPOINT}
# What AWX makes of credential fields that were left blank.
_BLANK = dict.fromkeys((*_ALIBABA, "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_PROFILE"), "")
_BLANK_OPTIONS = {"security_token": "", "profile": "", "ecs_role_name": "", "region_id": "", "ca_path": "", "proxy": ""}


def _reads(name: str, options: dict[str, Any] | None = None, environment: dict[str, str] | None = None) -> Case:
    """The task reaches the service with the key of the case; the emulator refuses every other."""
    return Case(
        f"connect-{name}",
        "caster_scene_info",
        unchanged(calls=(SCENES,)),
        options or {},
        studio(),
        connection=False,
        environment=environment or {},
    )


CASES: tuple[Case, ...] = (
    _reads("by-environment", {}, {**_WHERE, **_ALIBABA}),
    _reads("by-the-other-family", {}, {**_WHERE, **_ALICLOUD}),
    _reads("by-the-older-names", {}, {**_WHERE, **_ALICLOUD_OLD}),
    _reads("blank-variables-count-as-not-set", {}, {**_WHERE, **_BLANK, **_ALICLOUD}),
    _reads(
        "blank-options-count-as-not-given",
        {"access_key_id": "", "access_key_secret": "", "endpoint": "", **_BLANK_OPTIONS},
        {**_WHERE, **_ALIBABA},
    ),
    _reads(
        "options-come-first",
        {"endpoint": ENDPOINT, "access_key_id": KEY, "access_key_secret": SECRET},
        {
            "ALIBABA_CLOUD_LIVE_ENDPOINT": "https://live.example.com",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "somebody-else",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "another-secret",
            "ALIBABA_CLOUD_PROFILE": "nobody",
        },
    ),
    _reads(
        "by-provider-names",
        {"endpoint": ENDPOINT, "alicloud_access_key": KEY, "alicloud_secret_key": SECRET, "region": "cn-shanghai"},
    ),
    _reads("by-short-names", {"endpoint": ENDPOINT, "access_key": KEY, "secret_key": SECRET}),
    _reads("by-older-names", {"endpoint": ENDPOINT, "access_key": KEY, "secret_access_key": SECRET}),
)
