# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Studios documents for tests: one small studio that a test can bend."""

from __future__ import annotations

from typing import Any

CASTER = "studio-1"
PVW = "scene-pvw"
PGM = "scene-pgm"
BOTH = {"CasterId": CASTER, "FromSceneId": PVW, "ToSceneId": PGM}
STOP = {"CasterId": CASTER, "SceneId": PVW}


def document(*, pvw: dict[str, Any] | None = None, pgm: dict[str, Any] | None = None, **studio: Any) -> dict[str, Any]:
    """An account with three keys and one running studio; arguments change the scenes and the studio."""
    scenes = [
        {
            "scene_id": PVW,
            "output_type": "pvw",
            "status": "running",
            "layout_id": "layout-next",
            "component_ids": ["logo", "lower-third"],
            "audio": {"follow_enable": 0, "layers": [{"location_id": "RV01", "volume": 0.4}]},
            **(pvw or {}),
        },
        {
            "scene_id": PGM,
            "output_type": "pgm",
            "status": "running",
            "layout_id": "layout-now",
            "component_ids": ["logo"],
            "audio": {"follow_enable": 1, "layers": [{"location_id": "RV02", "volume": 0.9}]},
            **(pgm or {}),
        },
    ]
    return {
        "account": {
            "id": "1000000000000001",
            "access_keys": [
                {"id": "rehearsal-key", "secret": "rehearsal-secret"},
                {
                    "id": "STS.rehearsal-key",
                    "secret": "rehearsal-sts-secret",
                    "security_token": "rehearsal-token",
                    "expires_in": 3600,
                },
                {"id": "STS.other-key", "secret": "other-secret", "security_token": "other-token"},
                {"id": "viewer-key", "secret": "viewer-secret", "deny": ["live:Copy*", "live:StopCasterScene"]},
                {"id": "sleeping-key", "secret": "sleeping-secret", "inactive": True},
            ],
        },
        "studios": [
            {
                "caster_id": CASTER,
                "caster_name": "Test stage",
                "status": "streaming",
                "domain": "live.example.com",
                "urgent": {"material_id": "card"},
                "scenes": scenes,
                "layouts": [{"layout_id": "layout-next"}, {"layout_id": "layout-now"}, {"layout_id": "layout-spare"}],
                "components": [{"component_id": name} for name in ("logo", "lower-third", "clock")],
                **studio,
            }
        ],
    }
