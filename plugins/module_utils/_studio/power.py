# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Plans to start and to stop a studio. Pure: a plan, or a refusal before anything is written."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from .plan import Call, Expectation, Plan, check_expectation, describe, name_of, refusal
from .studio import IDLE, PGM, PVW, RUNNING, STREAMING, Scene, Studio

START = "StartCaster"
STOP = "StopCaster"
STARTED = "started"
STOPPED = "stopped"
# Stands for the program scene of a studio that was never started and has none yet.
_NO_PROGRAM = Scene("", "", PGM, IDLE)


class PowerWish(NamedTuple):
    """A state of the studio as the user asked for it, and what must be on air for a stop to be right."""

    state: str
    expectation: Expectation | None = None


def plan_power(studio: Studio, wish: PowerWish) -> Plan:
    """Plan to start or to stop a studio. Raises LiveError (refused)."""
    program = program_of(studio)
    if studio.status is None:
        raise refusal(
            "InvalidCaster.NotFound",
            f"The service does not list studio {studio.caster_id}, so whether it streams is not known. "
            "Nothing was written.",
            "Read the studios with apsara.live.caster_info, and run it again.",
            "caster_id",
        )
    streams = studio.status == STREAMING
    if wish.state == STARTED:
        if streams:
            return Plan(program, program, program, (), f"The studio streams already{_since(studio)}.{_asleep(studio)}")
        after = replace(program, status=RUNNING, notes=("studio: streaming",))
        return Plan(program, program, after, (_call(START, studio),), "The studio was idle; it is started.")
    if not streams:
        return Plan(program, program, program, (), "The studio is idle already.")
    if wish.expectation is not None:
        check_expectation(wish.expectation, program, "stop")
    after = replace(program, status=IDLE, notes=("studio: idle",))
    reason = f"The studio is stopped. This ends the program{_since(studio)}: {describe(program)}."
    return Plan(program, program, after, (_call(STOP, studio),), reason)


def program_of(studio: Studio) -> Scene:
    """The program scene of a studio, or what stands for it, with the state of the studio for the diff."""
    program = next(iter(studio.of_type(PGM)), _NO_PROGRAM)
    return replace(program, notes=(f"studio: {studio.status or 'unknown'}{_since(studio)}",))


def is_as_wished(studio: Studio, state: str) -> bool:
    """Whether a studio is started with its scenes, or stopped."""
    if state == STOPPED:
        return studio.status == IDLE and not any(scene.running for scene in studio.scenes)
    return studio.status == STREAMING and all(any(scene.running for scene in studio.of_type(bus)) for bus in (PVW, PGM))


def check_configured(studio: Studio, has_domain: bool, has_template: bool) -> None:
    """Refuse to start a studio that lacks what a start needs. Raises LiveError."""
    if not has_domain:
        raise refusal(
            "InvalidDomainName.NotFound",
            f"Studio {studio.caster_id} has no domain, so it cannot be started. Nothing was written.",
            "Configure the streaming domain of the studio in the console, then start it.",
        )
    if not has_template:
        raise refusal(
            "InvalidCasterTemplate.NotFound",
            f"Studio {studio.caster_id} has no transcoding template, so it cannot be started. Nothing was written.",
            "Configure the output resolution of the studio in the console, then start it.",
        )


def _call(action: str, studio: Studio) -> Call:
    return Call(action, (("CasterId", studio.caster_id),))


def _since(studio: Studio) -> str:
    return f", on since {studio.streaming_since}" if studio.streaming_since else ""


def _asleep(studio: Studio) -> str:
    off = [name_of(scene) for scene in studio.of_type(PVW) if not scene.running]
    return f" Its preview scene {off[0]} is off; caster_scene_start switches it on." if off else ""
