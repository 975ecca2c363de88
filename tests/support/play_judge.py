# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the last screen of a run and its return code with what the service knows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...plugins.plugin_utils._words import shows
from . import last_screen, studios
from .last_screen import Claim, Screen
from .soak_judge import READING
from .witness import EDIT, READ, WRITE, Event, Studio, scene_of

WRITES = {last_screen.TAKE: "CopyCasterSceneConfig", last_screen.WRAP: "StopCasterScene"}
# What was on its way when a play was killed may arrive so much later, in seconds.
GRACE = 1.0


@dataclass(frozen=True)
class Ended:
    """A run that is over. `hosts` are its studios by host name, `guards` what their takes expect.

    `killed` is when a signal ended it, since the epoch; `interrupted` also when a worker of it was killed, so that it
    may have had no time to say everything. `start` has the studios as they were, `journal` and `events` what the
    service saw and did.
    """

    returncode: int
    screen: Screen
    hosts: Mapping[str, str]
    guards: Mapping[str, Mapping[str, Any]]
    check_mode: bool
    killed: float | None
    interrupted: bool
    start: Mapping[str, Studio]
    journal: list[dict[str, Any]]
    events: list[Event]


@dataclass(frozen=True)
class _One:
    """One studio of it."""

    ended: Ended
    host: str
    events: list[Event]
    arrived: frozenset[str]
    claims: list[Claim]

    def effects(self, role: str) -> list[Event]:
        return [e for e in self.events if e.kind == WRITE and e.effect and e.action == WRITES[role]]

    @property
    def start(self) -> Studio:
        return self.ended.start[self.ended.hosts[self.host]]

    @property
    def readings(self) -> list[Event]:
        return [event for event in self.events if event.kind == READ and event.action == READING]

    @property
    def states(self) -> list[Studio]:
        """What there was, what readings showed, and what became of the studio."""
        return [self.start, *(event.shown or event.after for event in self.events)]


def lies(ended: Ended) -> list[str]:
    """What is not true; a sentence for each, with the name of the host in front."""
    found = [f"run: {lie}" for lie in _of_the_run(ended)]
    for host, caster_id in ended.hosts.items():
        own = [entry for entry in ended.journal if entry["caster_id"] == caster_id]
        one = _One(
            ended,
            host,
            [event for event in ended.events if event.caster_id == caster_id],
            frozenset(entry["action"] for entry in own),
            ended.screen.claims(host),
        )
        found += [
            f"{host}: {lie}" for lie in [*_of_claims(one), *_of_guards(one), *_of_silence(one), *_of_the_recap(one)]
        ]
        if ended.killed is not None:
            late = [e["at"] - ended.killed for e in own if e["action"] in WRITES.values()]
            found += [
                f"{host}: a write came {seconds:.1f} s after its play was gone" for seconds in late if seconds > GRACE
            ]
    return found


def _of_the_run(ended: Ended) -> Iterator[str]:
    claims = [claim for host in ended.hosts for claim in ended.screen.claims(host)]
    bad = [claim for claim in claims if claim.kind not in last_screen.GOOD and claim.role != last_screen.PREFLIGHT]
    if ended.returncode == 0 and bad:
        yield f"the return code is 0, but it says: {bad[0].text}"
    if ended.returncode == 0 and (silent := set(ended.hosts) - {claim.host for claim in claims}):
        yield f"the return code is 0, and nothing is said of {', '.join(sorted(silent))}"
    if not ended.screen.recap and not ended.interrupted:
        yield f"it ended with {ended.returncode} and without a recap"
    failed = any(numbers["failed"] or numbers["unreachable"] for numbers in ended.screen.recap.values())
    if ended.returncode != 0 and ended.screen.recap and not failed and not ended.interrupted:
        yield f"the return code is {ended.returncode}, but no studio failed"
    if ended.check_mode and any(entry["action"] in WRITES.values() for entry in ended.journal):
        yield "a write was sent in check mode"


def _of_claims(one: _One) -> Iterator[str]:
    """What is said of a studio and did not happen."""
    for claim in one.claims:
        if claim.role in WRITES:
            wrong = _of_a_take(one, claim) if claim.role == last_screen.TAKE else _of_a_stop(one, claim)
        elif claim.role == last_screen.PROGRAM:
            wrong = _of_the_program(one, claim)
        else:
            wrong = _of_the_preflight(one, claim)
        for lie in wrong:
            yield f"{lie}, but it says: {claim.text[:400]}"


def _of_guards(one: _One) -> Iterator[str]:
    """A take although no read before it showed what was expected."""
    for name, scene_id in (("take_expect", studios.PGM), ("take_expect_preview", studios.PVW)):
        wanted = one.ended.guards.get(one.host, {}).get(name)
        for effect in one.effects(last_screen.TAKE) if wanted else ():
            seen = [scene_of(reading.shown or {}, scene_id) for reading in one.readings if reading.at < effect.at]
            if not any(scene["layout_id"] == wanted["layout_id"] for scene in seen):
                yield f"it was taken, and {name} was {wanted}"


def _of_a_take(one: _One, claim: Claim) -> Iterator[str]:
    effects = one.effects(last_screen.TAKE)
    if claim.kind in (last_screen.NOT_DONE, last_screen.NOTHING, last_screen.PLANNED) and effects:
        yield "it was taken"
    if claim.kind == last_screen.DONE:
        yield from _of_the_new_picture(one, claim)
    if claim.kind == last_screen.UNCONFIRMED and one.ended.check_mode:
        yield "nothing was written in check mode"
    if claim.kind == last_screen.NOTHING and not any(_same(state) for state in one.states):
        yield "program and preview never were the same"
    if old := claim.pictures.get("old"):
        # An edit may have come between the last reading and the take: within a second, or it was read.
        seen = {_picture(reading.shown or {}) for reading in one.readings}
        really = {_picture(effect.before) for effect in effects}
        if old not in seen:
            yield f"no reading showed before what it says ({', '.join(sorted(seen))})"
        elif really and old not in really and not _edited(one):
            yield f"the take replaced {', '.join(sorted(really))}"


def _of_the_new_picture(one: _One, claim: Claim) -> Iterator[str]:
    effects = one.effects(last_screen.TAKE)
    if not effects and not (WRITES[last_screen.TAKE] in one.arrived and _edited(one)):
        yield "it was not taken"
    new = claim.pictures.get("new")
    since = effects[0].at if effects else 0.0
    shown = {_picture(event.shown or event.after) for event in one.events if event.at >= since}
    if new is None or new not in shown:
        yield f"on air was {', '.join(sorted(shown))}"


def _of_a_stop(one: _One, claim: Claim) -> Iterator[str]:
    effects = one.effects(last_screen.WRAP)
    if claim.kind in (last_screen.NOT_DONE, last_screen.NOTHING, last_screen.PLANNED) and effects:
        yield "the preview was stopped"
    if (
        claim.kind == last_screen.DONE
        and not effects
        and not (WRITES[last_screen.WRAP] in one.arrived and _edited(one))
    ):
        yield "the preview was not stopped"
    if claim.kind == last_screen.UNCONFIRMED and one.ended.check_mode:
        yield "nothing was written in check mode"
    if claim.kind == last_screen.NOTHING and not any(_is_off(state) for state in one.states):
        yield "the preview never was off"


def _of_the_program(one: _One, claim: Claim) -> Iterator[str]:
    if claim.kind != last_screen.SEEN:
        return
    said = {last_screen.program_sentence(_scenes(reading.shown or {})) for reading in one.readings}
    if not any(sentence in claim.text for sentence in said):
        yield f"what was read is {' or '.join(sorted(said)) or 'nothing'}"


def _of_the_preflight(one: _One, claim: Claim) -> Iterator[str]:
    if claim.kind == last_screen.READY and not any(_is_ready(reading.shown or {}) for reading in one.readings):
        yield "no reading showed a studio that is ready"


def _of_silence(one: _One) -> Iterator[str]:
    """What a person must know and nothing says."""
    if one.ended.interrupted:
        return
    if one.host in one.ended.screen.recap and not one.claims:
        yield "nothing is said of it"
    for role in WRITES:
        said = {claim.kind for claim in one.claims if claim.role == role}
        if one.effects(role) and not said & {last_screen.DONE, last_screen.UNCONFIRMED}:
            yield f"{WRITES[role]} was carried out, and nothing says so"


def _of_the_recap(one: _One) -> Iterator[str]:
    numbers = one.ended.screen.recap.get(one.host)
    if numbers is None:
        return
    trouble = numbers["failed"] or numbers["unreachable"]
    if any(one.effects(role) for role in WRITES) and not numbers["changed"] and not trouble:
        yield "it was changed, but the recap says changed=0"
    if numbers["changed"] and not one.ended.check_mode and not set(WRITES.values()) & one.arrived:
        yield "no write came, but the recap says changed"
    if not trouble and any(claim.kind not in last_screen.GOOD for claim in one.claims if claim.role in WRITES):
        yield "the recap says that it did not fail"


def _edited(one: _One) -> bool:
    return any(event.kind == EDIT for event in one.events)


def _scenes(studio: Studio) -> list[Mapping[str, Any]]:
    return list(studio["scenes"])


def _picture(studio: Studio) -> str:
    """What viewers see, in the words of the roles."""
    return shows(scene_of(studio, studios.PGM))


def _same(studio: Studio) -> bool:
    return _picture(studio) == shows(scene_of(studio, studios.PVW))


def _is_off(studio: Studio) -> bool:
    return bool(scene_of(studio, studios.PVW)["status"] == "idle")


def _is_ready(studio: Studio) -> bool:
    preview = scene_of(studio, studios.PVW)
    on = all(scene["status"] == "running" for scene in studio["scenes"])
    return on and not _same(studio) and bool(preview["layout_id"] or preview["component_ids"])
