# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two thousand tasks against services that fail every fifth call: no result may say what did not happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._emulator import faults
from ansible_collections.apsara.live.tests.support import soak, soak_judge, studios
from ansible_collections.apsara.live.tests.support.client import run_task
from ansible_collections.apsara.live.tests.support.fault_matrix import NO_FAULT
from ansible_collections.apsara.live.tests.support.soak import Figures
from ansible_collections.apsara.live.tests.support.soak_judge import READING, Case, Wish
from ansible_collections.apsara.live.tests.support.witness import READ, WRITE, witnessed


@pytest.fixture(scope="module")
def figures() -> Figures:
    """One soak, with the seed of the page docs/guarantees.md."""
    return soak.soak()


def test_no_result_lies(figures: Figures) -> None:
    print("\n".join(figures.sentences()))
    assert not figures.lies, "\n".join(figures.lies)


def test_it_was_hard_enough(figures: Figures) -> None:
    assert figures.runs >= 2000
    assert set(figures.kinds) == set(faults.KINDS) - NO_FAULT
    assert 0.15 < figures.faults / figures.requests < 0.25
    assert figures.effects > figures.runs / 3
    assert {"changed", "unchanged", "refused", "failed", "unknown"} <= set(figures.outcomes)
    # Somebody else was at work, and writes were held back after they had been judged.
    assert figures.edits > figures.runs / 4
    assert figures.held > figures.runs / 50
    assert figures.cues > figures.runs / 20
    assert figures.armed > figures.runs / 20


def test_every_task_ended_in_time(figures: Figures) -> None:
    assert figures.latest <= soak.GRACE


# --- the judge


@pytest.fixture(scope="module")
def taken() -> Case:
    """A take that went well."""
    params = {"caster_id": studios.CASTER}
    with witnessed(studios.document()) as emulator:
        start = emulator.studio(studios.CASTER)
        result = run_task("caster_scene_config_copy", emulator.endpoint, params)
        journal = emulator.journal()
        left = {entry["nonce"]: entry["at"] for entry in journal}
        return Case(Wish("take", params, False), result, journal, emulator.events(), left, start)


def told(case: Case, **what: object) -> Case:
    return replace(case, result={**case.result, **what})


def moved(case: Case, action: str, seconds: float) -> Case:
    """The requests of this operation left at another time."""
    nonces = [entry["nonce"] for entry in case.journal if entry["action"] == action]
    return replace(case, left={**case.left, **{nonce: case.left[nonce] + seconds for nonce in nonces}})


def asked(case: Case, cue: float | None = None, **params: object) -> Case:
    return replace(case, wish=Wish("take", {**case.wish.params, **params}, False, cue))


def twice(case: Case) -> Case:
    """The same take was sent again, after it could be read."""
    write = next(entry for entry in case.journal if entry["action"] == soak_judge.WRITES["take"])
    again = {**write, "nonce": "another", "at": write["at"] + 1}
    shown = [replace(event, at=write["at"] + 0.9) for event in case.events if event.kind == READ][-1:]
    return replace(case, journal=[*case.journal, again], events=[*case.events, *shown])


def armed_with_another(case: Case) -> Case:
    """Another preview was reviewed."""
    shown = next(event.after for event in case.events if event.kind == WRITE)
    preview = {"scene_id": studios.PVW, "layout_id": "layout-spare", "component_ids": []}
    reviewed = {**shown, "scenes": [preview]}
    return replace(
        asked(case, expect_preview={"fingerprint": "ids-0"}),
        wish=replace(asked(case, expect_preview={"fingerprint": "ids-0"}).wish, armed=reviewed),
    )


def effect_at(case: Case) -> float:
    return next(case.left[event.nonce] for event in case.events if event.kind == WRITE)


_SPARE = {"layout_id": "layout-spare", "component_ids": []}
LIES: dict[str, tuple[Callable[[Case], Case], str]] = {
    "changed": (lambda case: told(case, changed=False), "changed is False, but the journal says True"),
    "refused": (
        lambda case: told(case, failed=True, changed=False, error={"outcome": "refused", "code": "CueMissed"}),
        "outcome refused, but it happened",
    ),
    "before": (lambda case: told(case, before=_SPARE), "before says"),
    "no before": (lambda case: told(case, before=None), "before is empty"),
    "after": (lambda case: told(case, after=_SPARE), "which was never on air"),
    "old reading": (lambda case: moved(case, READING, -2.0), "nothing was read within the second"),
    "expectation": (lambda case: asked(case, expect={"layout_id": "layout-spare"}), "did not allow it"),
    "another preview": (armed_with_another, "did not allow it"),
    "late": (lambda case: asked(case, effect_at(case) - 3, max_late=2.0), "s after its cue"),
    "early": (lambda case: asked(case, effect_at(case) + 1, max_late=2.0), "s before its cue"),
    "twice": (twice, "a take was sent again after its effect was visible"),
    "check mode": (
        lambda case: replace(case, wish=Wish("take", case.wish.params, True)),
        "a write was sent in check mode",
    ),
}


def test_a_true_result_is_no_lie(taken: Case) -> None:
    assert soak_judge.lies(taken) == []
    assert soak_judge.lies(asked(taken, effect_at(taken), max_late=2.0, expect={"layout_id": "layout-now"})) == []


@pytest.mark.parametrize("name", LIES)
def test_the_judge_sees(name: str, taken: Case) -> None:
    bend, words = LIES[name]
    found = soak_judge.lies(bend(taken))
    assert any(words in lie for lie in found), found
