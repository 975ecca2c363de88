# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: CPY001
# pylint: disable=line-too-long
"""An event filter for ansible-rulebook: what a callback of ApsaraVideo Live means for a show."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

DOCUMENTATION = r"""
---
short_description: Make one shape of all callbacks of ApsaraVideo Live
description:
  - Adds C(live) to events of the source P(apsara.live.live_callback#event_source) and leaves others alone.
  - C(live.what) is C(feed_lost), C(feed_started), C(operation_done), C(operation_failed), C(trouble), C(progress) or
    C(other).
  - C(live.severity) is C(critical) for a lost feed, C(error) for trouble and failed operations, else C(info).
  - C(live.about) is C(stream) or C(studio), C(live.id) is C(domain/app/stream), or C(caster_id/resource_id), or
    C(caster_id).
  - C(live.at) is when it happened, as the service says, or when the callback came, which has no time of its own
    if it is about a studio.
  - C(live.code), C(live.message) and C(live.studio) say what else a studio callback says.
  - C(live.feed) and C(live.host) are there for a feed that the source knows. Rules that ask for C(event.live.host)
    leave all other streams of a domain alone.
options: {}
"""

EXAMPLES = r"""
filters:
  - apsara.live.normalise_callback:
"""

_LOST = ("StreamInterrupt", "CanvasStreamInterrupt")
_STREAM_EVENTS = {"publish": "feed_started", "publish_done": "feed_lost"}
_STUDIO_EVENTS = {
    "RuntimeErrorCallback": "trouble",
    "EpisodeGroupCallback": "progress",
    "ShowListDTSCallback": "progress",
}
_SEVERITIES = {"feed_lost": "critical", "trouble": "error", "operation_failed": "error"}


def main(event: dict[str, Any]) -> dict[str, Any]:
    """Add `live` to an event of the source live_callback."""
    payload = event.get("payload")
    if not isinstance(payload, dict) or event.get("callback") not in ("ingest", "studio"):
        return event
    live = _stream(payload) if event["callback"] == "ingest" else _studio(payload, str(event["received_at"]))
    live["severity"] = _SEVERITIES.get(live["what"], "info")
    live.update((name, event[name]) for name in ("feed", "host") if name in event)
    return {**event, "live": live}


def _stream(payload: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(payload["time"], UTC)
    return {
        "what": _STREAM_EVENTS[payload["action"]],
        "about": "stream",
        "id": "/".join((payload["app"], payload["appname"], payload["id"])),
        "at": at.isoformat().replace("+00:00", "Z"),
    }


def _studio(payload: dict[str, Any], received_at: str) -> dict[str, Any]:
    message = payload["EventMessage"]
    caster_id = payload["CasterId"] or ""
    resource_id = _text(message, "ResourceId")
    code = _text(message, "Code")
    return {
        "what": _studio_event(payload["EventType"], code),
        "about": "studio",
        "id": f"{caster_id}/{resource_id}" if resource_id else caster_id,
        "at": received_at,
        "code": code,
        "message": _text(message, "Message"),
        "studio": {
            "caster_id": caster_id,
            **{_snake(name): _text(message, name) for name in ("SceneId", "LayoutId", "ComponentId", "RequestId")},
            "resource_id": resource_id,
        },
    }


def _studio_event(event_type: str, code: str) -> str:
    if code in _LOST:
        return "feed_lost"
    if event_type == "OperateCallback":
        return "operation_done" if code == "Success" else "operation_failed"
    what = _STUDIO_EVENTS.get(event_type, "other")
    # Not every runtime callback brings bad news.
    return "other" if what == "trouble" and code == "Success" else what


def _text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
