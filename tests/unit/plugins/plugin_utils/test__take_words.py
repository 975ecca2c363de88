# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a take, and before one."""

from __future__ import annotations

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils._outcome import has_begun
from ansible_collections.apsara.live.plugins.plugin_utils._take_words import (
    outlook_of,
    outlook_of_show,
    take_of,
    take_of_run,
)
from ansible_collections.apsara.live.plugins.plugin_utils._write_words import told_of
from ansible_collections.apsara.live.tests.support.results import (
    FRONT,
    JUDGED,
    NEXT,
    NO_ANSWER,
    NOW,
    READ,
    TAKEN,
    error,
)


def test_a_take_tells_how_it_ended() -> None:
    took = take_of(TAKEN, JUDGED, check_mode=False)
    assert took["outcome"] == "done"
    assert took["words"] == [
        "On air now - layout next, no components.",
        "Before - layout now, components logo. A take copies and does not swap, so this is not in the preview now.",
    ]
    # With any_errors_fatal a studio is rescued when another one failed.
    assert took["trouble"].startswith(
        "Taken, but the play ends here, since another studio failed. On air now - layout next"
    )
    lost = take_of({**TAKEN, "request_id": None}, JUDGED, check_mode=False)
    assert lost["words"][1].startswith("The answer to the take was lost.")
    planned = take_of({**TAKEN, "api_calls": READ}, JUDGED, check_mode=True)
    assert planned["words"] == [
        "Check mode, nothing was written. The take would put on air - layout next, no components.",
        "Viewers see now - layout now, components logo.",
    ]
    same = take_of({**JUDGED, "reason": "The program shows this already."}, JUDGED, check_mode=False)
    assert same["words"] == ["Nothing to do. The program shows this already."]


@pytest.mark.parametrize("name", [name for name, result in NO_ANSWER.items() if result and isinstance(result, dict)])
def test_a_take_without_an_answer_says_what_was_on_air(name: str) -> None:
    if not has_begun(NO_ANSWER[name]):
        assert name == "another module's" or name.startswith("killed, and")
        return
    told = take_of(NO_ANSWER[name], JUDGED, check_mode=False)
    assert told["outcome"] == "unknown"
    assert told["words"] == []
    assert "Viewers may see the new program or still the old one (layout now, components logo)." in told["trouble"]
    assert take_of(NO_ANSWER[name], JUDGED, check_mode=True)["outcome"] == "unread"


def test_a_take_that_never_began_says_so() -> None:
    for judged, words in (
        (error("refused"), "Not taken. No."),
        (error("failed"), "Not taken, rejected by the service. No."),
        (NO_ANSWER["killed"], "Not taken, since it could not be judged. Nothing was written here. MODULE FAILURE."),
        (JUDGED, "Not taken, since another studio failed. Nothing was written here."),
        # Another studio ended the play before this one was judged.
        ({}, "Not taken, since another studio failed. Nothing was written here."),
    ):
        told = take_of(FRONT, judged, check_mode=False)
        assert told["began"] is False
        assert told["trouble"].startswith(words), told
        assert told["words"] == []
        assert told["silent"] is False


def test_a_run_that_was_refused_in_front_wrote_nothing() -> None:
    refused = {
        "failed": True,
        "msg": "Nothing was written. No.",
        "assertion": "x",
        "evaluated_to": False,
        "changed": False,
    }
    assert not has_begun(refused)
    for judged in ({}, JUDGED):
        told = take_of(refused, judged, check_mode=False)
        assert (told["outcome"], told["began"], told["silent"]) == ("refused", False, False)
        assert told["trouble"] == "Not taken. Nothing was written. No."
    told = told_of("wrap", refused, check_mode=False)
    assert (told["outcome"], told["silent"]) == ("refused", False)
    assert told["trouble"] == "The preview was not stopped. Nothing was written. No."


def test_only_silence_asks_whether_it_was_check_mode() -> None:
    assert take_of(NO_ANSWER["killed"], JUDGED, check_mode=False)["silent"] is True
    assert take_of(error("unknown"), JUDGED, check_mode=False)["silent"] is False
    assert told_of("wrap", NO_ANSWER["lost"], check_mode=False)["silent"] is True
    assert told_of("wrap", TAKEN, check_mode=False)["silent"] is False


def test_an_unconfirmed_take_shows_what_the_module_read_last() -> None:
    told = take_of({**error("unknown"), "before": NEXT}, JUDGED, check_mode=False)
    assert told["trouble"].startswith("Unconfirmed: the take was sent, and nothing proves")
    assert "still the old one (layout next, no components)" in told["trouble"]
    assert "still the old one. Look" in take_of(error("unknown"), {}, check_mode=False)["trouble"]


@pytest.mark.parametrize("code", ["ModuleFailed", "TaskTimeout"])
def test_of_a_task_that_was_cut_short_nobody_knows_whether_it_sent(code: str) -> None:
    cut = error("unknown", code=code)
    assert take_of(cut, JUDGED, check_mode=False)["trouble"].startswith("Unconfirmed: the take may have been sent, and")
    assert told_of("wrap", cut, check_mode=False)["trouble"].startswith("Unconfirmed: the stop may have been sent, and")


def test_the_outlook_of_a_take() -> None:
    assert outlook_of(JUDGED) == [
        "On air now - layout now, components logo.",
        "Goes on air - layout next, no components.",
    ]
    assert outlook_of({**JUDGED, "after": NOW, "reason": "The program shows this already."}) == [
        "The program shows this already."
    ]
    assert outlook_of(None) == ["Nothing would change."]


def test_a_run_of_the_role_take_has_three_phases() -> None:
    # Judged, and the judgement failed: the take never began.
    told = take_of_run(FRONT, error("refused"), {}, {}, check_mode=False)
    assert (told["outcome"], told["began"]) == ("refused", False)
    # The judgement is kept, and the take has not begun.
    assert take_of_run(FRONT, {}, JUDGED, {}, check_mode=False)["outcome"] == "untouched"
    # The take gave its answer, or none.
    assert take_of_run(FRONT, TAKEN, JUDGED, {}, check_mode=False)["outcome"] == "done"
    assert take_of_run(FRONT, NO_ANSWER["killed"], JUDGED, {}, check_mode=False)["outcome"] == "unknown"
    # A judgement that gave no answer has written nothing.
    assert take_of_run(FRONT, NO_ANSWER["killed"], {}, {}, check_mode=False)["outcome"] == "unread"
    # Nothing was asked for yet: another studio was refused in front.
    assert take_of_run(FRONT, {}, {}, {}, check_mode=False)["outcome"] == "untouched"
    assert take_of_run(FRONT, None, None, {}, check_mode=False)["outcome"] == "untouched"
    # The run was started in the middle.
    assert "started in the middle" in take_of_run({}, {}, {}, {}, check_mode=False)["trouble"]
    left_out = {"skipped": True, "changed": False, "skip_reason": "Conditional result was False"}
    told = take_of_run({}, left_out, {}, {}, check_mode=False)
    assert told["outcome"] == "refused"
    assert "started in the middle" in told["trouble"]


def test_a_review_holds_until_a_take_has_used_it_up() -> None:
    review = {"fingerprint": "1a2b"}
    planned = {**JUDGED, "changed": True, "api_calls": READ}
    assert take_of_run(planned, {}, {}, review, check_mode=True)["reviewed"] == review
    for copied, judged in ((TAKEN, JUDGED), (NO_ANSWER["killed"], JUDGED), (error("refused"), {}), ({}, {})):
        assert take_of_run(FRONT, copied, judged, review, check_mode=False)["reviewed"] == {}
    assert take_of_run(planned, {}, {}, None, check_mode=True)["reviewed"] == {}


def test_a_take_hands_ids_on_and_nothing_else() -> None:
    taken = {**TAKEN, "caster_id": "caster-1", "msg": "secret"}
    assert take_of(taken, JUDGED, check_mode=False)["ids"] == {
        "caster_id": "caster-1",
        "changed": True,
        "request_id": "A-1",
        "layout_id": "next",
        "previous_layout_id": "now",
    }


@pytest.mark.parametrize(
    ("run_tags", "skip_tags", "last"),
    [
        (["all"], [], "The previews are switched off right after the take."),
        (["take", "wrap"], [], "The previews are switched off right after the take."),
        (["take"], [], "The previews stay on, the wrap is left out."),
        (["all"], ["wrap"], "The previews stay on, the wrap is left out."),
    ],
)
def test_a_person_confirms_every_take_and_what_comes_after(
    run_tags: list[str], skip_tags: list[str], last: str
) -> None:
    takes = {"Main_stage": ["On air now - a.", "Goes on air - b."], "Foyer": ["Nothing would change."]}
    assert outlook_of_show(takes, run_tags, skip_tags) == [
        "Main_stage: On air now - a. Goes on air - b.",
        "Foyer: Nothing would change.",
        last,
    ]
