# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the screen and the return code of a play with trouble say is what happened; and the judge of that is not blind.

The whole of it takes a quarter of an hour: python tests/generate_docs.py plays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils import _take_words, _write_words
from ansible_collections.apsara.live.tests.support import last_screen, play_judge, play_soak, studios
from ansible_collections.apsara.live.tests.support.client import run_task
from ansible_collections.apsara.live.tests.support.play_judge import Ended
from ansible_collections.apsara.live.tests.support.play_soak import Figures
from ansible_collections.apsara.live.tests.support.witness import witnessed


@pytest.fixture(scope="module")
def figures() -> Figures:
    return play_soak.run_plans(play_soak.everyday())


def test_no_screen_lies(figures: Figures) -> None:
    print("\n".join(figures.sentences()))
    assert not figures.lies, "\n".join(figures.lies)


def test_it_was_hard_enough(figures: Figures) -> None:
    assert figures.killed == 1
    assert figures.effects > 3
    assert len(figures.faults) > 3
    assert figures.failures.total() > 2
    said = {kind for _role, kind in figures.claims}
    assert {last_screen.DONE, last_screen.NOT_DONE} <= said


def test_a_whole_soak_has_every_kind_of_failure() -> None:
    plans = play_soak.plans(play_soak.RUNS)
    assert sum(plan.studios for plan in plans) == play_soak.RUNS
    names = " ".join(plan.name for plan in plans)
    assert all(
        name in names for name in (*play_soak.SHIPPED, *(role for roles in play_soak.OWN.values() for role in roles))
    )
    assert {plan.kill[0] for plan in plans if plan.kill} == set(play_soak.SIGNALS)
    assert any(plan.victim == play_soak.WORKER for plan in plans)
    assert any("ANSIBLE_TASK_TIMEOUT" in plan.environ for plan in plans)
    assert any(plan.check_mode for plan in plans)


# --- the judge

_RECAP = "PLAY RECAP ****\nstage : ok=5 changed={changed} unreachable=0 failed={failed} skipped=0 rescued=0 ignored=0\n"


def screen(role: str, told: dict[str, Any], changed: int = 1, failed: int = 0) -> str:
    """A screen of one studio, with the words of the roles."""
    words = [told["trouble"]] if failed else told["words"]
    listed = "\n".join(f"    - {line}" for line in words)
    head = f"fatal: [stage]: FAILED! =>\n    msg: '{words[0]}'" if failed else f"ok: [stage] =>\n    msg:\n{listed}"
    return f"TASK [apsara.live.{role} : Say it] ****\n{head}\n\n{_RECAP.format(changed=changed, failed=failed)}"


def ended(text: str, *tasks: str, returncode: int = 0, check_mode: bool = False, **guards: Any) -> Ended:
    """A run in which these modules really ran, with that screen."""
    with witnessed(studios.document()) as emulator:
        start = {studio["caster_id"]: studio for studio in emulator.state()}
        for name in tasks:
            run_task(name, emulator.endpoint, {"caster_id": studios.CASTER})
        return Ended(
            returncode,
            last_screen.read(text),
            {"stage": studios.CASTER},
            {"stage": guards},
            check_mode,
            None,
            False,
            start,
            emulator.journal(),
            emulator.events(),
        )


OLD = {"layout_id": "layout-now", "component_ids": ["logo"]}
NEW = {"layout_id": "layout-next", "component_ids": ["logo", "lower-third"]}
OTHER = {"layout_id": "layout-spare", "component_ids": []}
TAKE, STOP, READ = "caster_scene_config_copy", "caster_scene_stop", "caster_scene_info"
SENT = [{"action": "CopyCasterSceneConfig"}]


def done(before: dict[str, Any] = OLD, after: dict[str, Any] = NEW) -> dict[str, Any]:
    good = {"changed": True, "api_calls": SENT, "before": before, "after": after, "request_id": "R"}
    return _take_words.take_of(good, None, False)


def failed(outcome: str, role: str = "take") -> dict[str, Any]:
    result = {"failed": True, "msg": "It failed.", "error": {"outcome": outcome}, "before": OLD, "api_calls": SENT}
    return _take_words.take_of(result, None, False) if role == "take" else _write_words.told_of(role, result, False)


def test_a_true_screen_is_no_lie() -> None:
    assert play_judge.lies(ended(screen("take", done()), TAKE)) == []
    assert play_judge.lies(ended(screen("take", failed("unknown"), 0, 1), TAKE, returncode=2)) == []
    assert play_judge.lies(ended(screen("take", failed("refused"), 0, 1), READ, returncode=2)) == []
    assert play_judge.lies(ended(screen("wrap", failed("failed", "wrap"), 0, 1), READ, returncode=2)) == []


LIES: dict[str, tuple[Callable[[], Ended], str]] = {
    "not taken": (lambda: ended(screen("take", failed("refused"), 0, 1), TAKE, returncode=2), "it was taken"),
    "taken": (lambda: ended(screen("take", done()), READ), "it was not taken"),
    "another picture": (lambda: ended(screen("take", done(after=OTHER)), TAKE), "on air was layout layout-next"),
    "another old picture": (lambda: ended(screen("take", done(before=OTHER)), TAKE), "no reading showed before"),
    "return code": (lambda: ended(screen("take", failed("unknown"), 0, 1), TAKE), "the return code is 0"),
    "recap": (lambda: ended(screen("take", done(), changed=0), TAKE), "the recap says changed=0"),
    "silence": (lambda: ended(_RECAP.format(changed=1, failed=0), TAKE), "nothing says so"),
    "no end": (lambda: ended("", READ, returncode=250), "without a recap"),
    "not stopped": (lambda: ended(screen("wrap", failed("failed", "wrap"), 0, 1), STOP, returncode=2), "was stopped"),
    "expectation": (
        lambda: ended(screen("take", done()), TAKE, take_expect={"layout_id": "layout-spare"}),
        "it was taken, and take_expect was",
    ),
    "preview": (
        lambda: ended(screen("take", done()), TAKE, take_expect_preview={"layout_id": "layout-spare"}),
        "it was taken, and take_expect_preview was",
    ),
    "check mode": (lambda: ended(screen("take", done()), TAKE, check_mode=True), "sent in check mode"),
}


@pytest.mark.parametrize("name", LIES)
def test_the_judge_sees(name: str) -> None:
    run, words = LIES[name]
    found = play_judge.lies(run())
    assert any(words in lie for lie in found), found


def test_the_judge_sees_what_comes_after_the_play_is_gone() -> None:
    run = ended("", TAKE)
    killed = run.journal[-1]["at"] - play_judge.GRACE - 0.5
    assert any(
        "after its play was gone" in lie
        for lie in play_judge.lies(replace(run, killed=killed, interrupted=True, returncode=-9))
    )
