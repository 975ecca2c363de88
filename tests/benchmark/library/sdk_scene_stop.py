# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an experienced user writes on a quiet afternoon: the official SDK, two calls, no more.

It stands for itself in the benchmark: no pacing, no waiting, no check mode, and the imports that the SDK asks for.
"""

from __future__ import annotations

from alibabacloud_live20161101 import models
from alibabacloud_live20161101.client import Client
from alibabacloud_tea_openapi.models import Config
from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "caster_id": {"type": "str", "required": True},
            "access_key_id": {"type": "str", "required": True, "no_log": False},
            "access_key_secret": {"type": "str", "required": True, "no_log": True},
            "endpoint": {"type": "str", "required": True},
        }
    )
    caster_id = module.params["caster_id"]
    client = Client(
        Config(
            access_key_id=module.params["access_key_id"],
            access_key_secret=module.params["access_key_secret"],
            endpoint=module.params["endpoint"],
            protocol="http",
        )
    )
    try:
        answer = client.describe_caster_scenes(models.DescribeCasterScenesRequest(caster_id=caster_id))
        preview = next(scene for scene in answer.body.scene_list.scene if str(scene.output_type) == "0")
        if preview.status == 0:
            module.exit_json(changed=False)
        request = models.StopCasterSceneRequest(caster_id=caster_id, scene_id=preview.scene_id)
        client.stop_caster_scene(request)
    except Exception as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, scene_id=preview.scene_id)


if __name__ == "__main__":
    main()
