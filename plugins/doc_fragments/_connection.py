# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The connection options, the same for every module."""

from __future__ import annotations


class ModuleDocFragment:
    """Who we are and how the service is reached."""

    DOCUMENTATION = r"""
options:
  access_key_id:
    description:
      - The AccessKey id of a RAM user. It needs O(access_key_secret) beside it.
      - Without any identity in the options, the environment is asked. The first variable that is set and not empty wins,
        E(ALIBABA_CLOUD_ACCESS_KEY_ID), E(ALICLOUD_ACCESS_KEY), then E(ALICLOUD_ACCESS_KEY_ID).
    type: str
    aliases: [alicloud_access_key, access_key]
  access_key_secret:
    description:
      - The secret of the AccessKey.
      - The environment variables are E(ALIBABA_CLOUD_ACCESS_KEY_SECRET), E(ALICLOUD_SECRET_KEY) and E(ALICLOUD_SECRET_ACCESS_KEY).
    type: str
    aliases: [alicloud_secret_key, secret_key, secret_access_key]
  security_token:
    description:
      - The token of temporary credentials (STS), given beside O(access_key_id) and O(access_key_secret).
      - The environment variables are E(ALIBABA_CLOUD_SECURITY_TOKEN) and E(ALICLOUD_SECURITY_TOKEN).
    type: str
    aliases: [alicloud_security_token, sts_token]
  profile:
    description:
      - A profile of the Alibaba Cloud CLI, from C(~/.aliyun/config.json). That profile or an error, never another identity.
      - Its mode may be V(AK), V(StsToken), V(RamRoleArn), V(ChainableRamRoleArn), V(EcsRamRole), V(OIDC) or V(CloudSSO).
        A field that this mode does not use, and that has a value, is an error.
      - The environment variables are E(ALIBABA_CLOUD_PROFILE) and E(ALICLOUD_PROFILE).
    type: str
    aliases: [alicloud_profile]
  ecs_role_name:
    description:
      - The RAM role of the ECS instance that runs the task, through instance metadata. Metadata is never asked unless this is given.
      - The environment variables are E(ALIBABA_CLOUD_ECS_METADATA) and E(ALICLOUD_ECS_ROLE_NAME).
    type: str
    aliases: [ram_role_name]
  assume_role:
    description:
      - Assume a RAM role with the identity that was found.
      - STS is asked at the address in E(ALIBABA_CLOUD_STS_ENDPOINT), or in the region in E(ALIBABA_CLOUD_STS_REGION), where one of them is set.
    type: dict
    suboptions:
      role_arn:
        description: The ARN of the role, such as V(acs:ram::1234567890123456:role/show-operator).
        type: str
        required: true
      session_name:
        description:
          - A name for the session, shown in the audit trail of the account. 2 to 64 letters, digits and C(.@_-).
          - Without it the name is V(ansible-apsara-live).
        type: str
      session_expiration:
        description: How long the session lasts, in seconds, from V(900) to V(43200). Without it, an hour.
        type: int
      policy:
        description: A policy in JSON that narrows the role further.
        type: str
      external_id:
        description: The external id that the role's trust policy asks for.
        type: str
  region_id:
    description:
      - A region such as V(cn-shanghai). It is sent as C(RegionId) where given. The host does not depend on it.
      - The environment variables are E(ALIBABA_CLOUD_REGION_ID) and E(ALICLOUD_REGION).
    type: str
    aliases: [region, alicloud_region]
  endpoint:
    description:
      - The host name or URL of the service. Plain http is accepted on loopback only, for rehearsals.
      - The environment variable is E(ALIBABA_CLOUD_LIVE_ENDPOINT). Without both it is V(live.aliyuncs.com).
    type: str
  connect_timeout:
    description: The longest time to open a connection, in seconds.
    type: float
    default: 10
  read_timeout:
    description: The longest silence while waiting for an answer, in seconds.
    type: float
    default: 60
  api_deadline:
    description:
      - The longest time for the API work of the task, in seconds. It is the only limit on repeats, and socket timeouts are cut to it.
      - Waiting for a cue does not count. Waiting for a scene to change has its own limit.
    type: float
    default: 120
  validate_certs:
    description: Whether the service must prove who it is. Set it to V(false) in tests only.
    type: bool
    default: true
  ca_path:
    description: A CA bundle in PEM form that is trusted instead of the usual one. E(REQUESTS_CA_BUNDLE) holds as usual.
    type: path
  proxy:
    description:
      - The URL of an HTTP proxy for this task. It wins over E(HTTPS_PROXY) and E(NO_PROXY), which hold as usual without it.
    type: str
notes:
  - An empty string means not given, in every option and environment variable.
  - The environment is read where the module runs. For studios as hosts with a local connection that is the controller.
  - Options come before the environment. An identity given as an option is never completed or replaced from the environment.
requirements:
  - requests
  - alibabacloud-credentials >= 1.0.9 (not needed with a complete key pair and without O(assume_role))
"""

    # What an inventory plugin declares besides, so that ansible-doc lists the variables.
    INVENTORY = r"""
options:
  access_key_id:
    env:
      - name: ALIBABA_CLOUD_ACCESS_KEY_ID
      - name: ALICLOUD_ACCESS_KEY
      - name: ALICLOUD_ACCESS_KEY_ID
  access_key_secret:
    env:
      - name: ALIBABA_CLOUD_ACCESS_KEY_SECRET
      - name: ALICLOUD_SECRET_KEY
      - name: ALICLOUD_SECRET_ACCESS_KEY
  security_token:
    env:
      - name: ALIBABA_CLOUD_SECURITY_TOKEN
      - name: ALICLOUD_SECURITY_TOKEN
  profile:
    env:
      - name: ALIBABA_CLOUD_PROFILE
      - name: ALICLOUD_PROFILE
  ecs_role_name:
    env:
      - name: ALIBABA_CLOUD_ECS_METADATA
      - name: ALICLOUD_ECS_ROLE_NAME
  region_id:
    env:
      - name: ALIBABA_CLOUD_REGION_ID
      - name: ALICLOUD_REGION
  endpoint:
    env:
      - name: ALIBABA_CLOUD_LIVE_ENDPOINT
notes:
  - Where several environment variables are listed, the first one that is set and not empty wins.
"""
