# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a task: also where a result is none of a module of this collection."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.apsara.live.plugins.plugin_utils import _outcome
from ansible_collections.apsara.live.plugins.plugin_utils._outcome import (
    has_begun,
    in_check_mode,
    outcome_of,
    outlook_of,
    outlook_of_show,
    program_of,
    sentence_of,
    take_of,
    take_of_run,
    variables_named,
    wrap_of,
)

NOW = {"scene_id": "pgm", "output_type": "pgm", "status": "running", "layout_id": "now", "component_ids": ["logo"]}
NEXT = {**NOW, "layout_id": "next", "component_ids": []}
READ = [{"action": "DescribeCasterScenes"}]
TOOK = [*READ, {"action": "CopyCasterSceneConfig"}]
JUDGED = {"changed": False, "api_calls": READ, "before": NOW, "after": NEXT, "reason": "Goes on air."}
TAKEN = {"changed": True, "api_calls": TOOK, "before": NOW, "after": NEXT, "request_id": "A-1"}
FRONT = {"changed": False, "failed": False, "msg": "Expectation: none."}


def error(outcome: str, **more: Any) -> dict[str, Any]:
    return {"failed": True, "changed": outcome == "unknown", "msg": "No.", "error": {"outcome": outcome, **more}}


# What Ansible puts in the place of an answer.
NO_ANSWER: dict[str, Any] = {
    "time-out": {"failed": True, "msg": "Timed out after 3 second(s).", "timedout": {"period": 3}},
    "time-out that did not fail": {"failed": False, "msg": "Timed out.", "timedout": {"period": 3}},
    "killed": {"failed": True, "msg": "MODULE FAILURE", "rc": 137, "module_stdout": "", "changed": False},
    "killed, and failed_when: false": {"failed": False, "msg": "MODULE FAILURE", "rc": 137, "changed": False},
    "lost": {"unreachable": True, "changed": False, "msg": "Connection closed"},
    "left out": {"skipped": True, "changed": False},
    "no interpreter": {"failed": True, "msg": "The module interpreter was not found."},
    "nothing": {},
    "undefined": None,
    "text": "ok",
    "another module's": {"changed": True, "failed": False, "stdout": ""},
    "an error without an outcome": {"failed": True, "error": {"code": "X"}, "api_calls": TOOK, "changed": False},
    "an error that is a text": {"failed": True, "error": "no", "changed": False},
    "half an answer": {"changed": None, "api_calls": READ},
}


@pytest.mark.parametrize("name", NO_ANSWER)
def test_what_is_no_answer_of_ours_is_unknown_or_unread(name: str) -> None:
    assert outcome_of(NO_ANSWER[name], may_write=True) == "unknown"
    assert outcome_of(NO_ANSWER[name], may_write=False) == "unread"
    # So it is in a loop, however well the others went.
    assert outcome_of({"results": [TAKEN, NO_ANSWER[name]], "changed": True}, may_write=True) == "unknown"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (TAKEN, "done"),
        ({**TAKEN, "api_calls": READ}, "planned"),
        (JUDGED, "unchanged"),
        (error("refused"), "refused"),
        (error("failed"), "failed"),
        (error("unknown"), "unknown"),
        ({"results": [TAKEN, JUDGED]}, "done"),
        ({"results": [TAKEN, error("refused")]}, "refused"),
        ({"results": []}, "unchanged"),
    ],
)
def test_a_module_says_what_became_of_it(result: dict[str, Any], expected: str) -> None:
    assert outcome_of(result, may_write=True) == expected
    assert outcome_of(result, may_write=False) == expected


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
    told = wrap_of(refused, check_mode=False)
    assert (told["outcome"], told["silent"]) == ("refused", False)
    assert told["trouble"] == "The preview was not stopped. Nothing was written. No."


def test_only_silence_asks_whether_it_was_check_mode() -> None:
    assert take_of(NO_ANSWER["killed"], JUDGED, check_mode=False)["silent"] is True
    assert take_of(error("unknown"), JUDGED, check_mode=False)["silent"] is False
    assert wrap_of(NO_ANSWER["lost"], check_mode=False)["silent"] is True
    assert wrap_of(TAKEN, check_mode=False)["silent"] is False


def test_an_unconfirmed_take_shows_what_the_module_read_last() -> None:
    told = take_of({**error("unknown"), "before": NEXT}, JUDGED, check_mode=False)
    assert told["trouble"].startswith("Unconfirmed: the take was sent, and nothing proves")
    assert "still the old one (layout next, no components)" in told["trouble"]
    assert "still the old one. Look" in take_of(error("unknown"), {}, check_mode=False)["trouble"]


@pytest.mark.parametrize("code", ["ModuleFailed", "TaskTimeout"])
def test_of_a_task_that_was_cut_short_nobody_knows_whether_it_sent(code: str) -> None:
    cut = error("unknown", code=code)
    assert take_of(cut, JUDGED, check_mode=False)["trouble"].startswith("Unconfirmed: the take may have been sent, and")
    assert wrap_of(cut, check_mode=False)["trouble"].startswith("Unconfirmed: the stop may have been sent, and")


def test_the_outlook_of_a_take() -> None:
    assert outlook_of(JUDGED) == [
        "On air now - layout now, components logo.",
        "Goes on air - layout next, no components.",
    ]
    assert outlook_of({**JUDGED, "after": NOW, "reason": "The program shows this already."}) == [
        "The program shows this already."
    ]
    assert outlook_of(None) == ["Nothing would change."]


def test_a_stop_tells_how_it_ended() -> None:
    stopped = {"changed": True, "api_calls": [*READ, {"action": "StopCasterScene"}], "request_id": "A-1"}
    assert wrap_of(stopped, False)["words"][0] == "The preview is off."
    assert "The preview was read afterwards" in wrap_of({**stopped, "request_id": ""}, False)["words"][0]
    assert "would be switched off" in wrap_of({**stopped, "api_calls": READ}, True)["words"][0]
    assert wrap_of({**JUDGED, "reason": "It was off."}, False)["words"][0] == "Nothing to do. It was off."
    assert "billed" in wrap_of(stopped, False)["words"][1]
    for result, words in (
        (NO_ANSWER["time-out"], "Unconfirmed: the stop may have been sent"),
        (error("unknown"), "Unconfirmed: the stop was sent"),
        (error("refused"), "The preview was not stopped. No."),
        (error("failed"), "The preview was not stopped, rejected by the service. No."),
        (stopped, "The preview is off, but the play ends here"),
        (FRONT, "Another studio failed. Nothing was written here."),
    ):
        assert wrap_of(result, False)["trouble"].startswith(words)
    assert wrap_of(NO_ANSWER["killed"], True)["trouble"].startswith("The preview was not stopped, since it could not")


def test_a_program_is_off_only_where_that_was_read() -> None:
    off = {**NOW, "status": "idle"}
    preview = {**NEXT, "scene_id": "pvw", "output_type": "pvw"}
    reading = {"changed": False, "api_calls": READ, "scenes": [preview, NOW]}
    told = program_of(reading)
    assert told["readable"] is True
    assert told["program"] == NOW
    assert told["words"][:2] == [
        "Viewers see - layout now, components logo.",
        "In the preview - layout next, no components.",
    ]
    assert program_of({**reading, "scenes": [off]})["words"][:2] == [
        "Viewers see - nothing, the program is off.",
        "In the preview - nothing, the studio has no preview scene.",
    ]
    two = program_of({**reading, "scenes": [NOW, {**off, "scene_id": "b"}]})["words"][0]
    assert two == "Viewers see - layout now, components logo (scene pgm); nothing, the program is off (scene b)."
    for result in (*NO_ANSWER.values(), error("failed"), {**reading, "scenes": None}):
        told = program_of(result)
        assert told["readable"] is False
        assert told["program"] is None
        assert told["words"][0].startswith("This studio cannot be read, so look at the program feed itself.")
        assert "off" not in told["words"][0]


@pytest.mark.parametrize(
    ("code", "option", "said"),
    [
        ("CueTooFar", "at", " In the role take, at is take_at, max_wait is take_max_wait."),
        ("CueMissed", "at", " In the role take, at is take_at, max_late is take_max_late."),
        ("InvalidOption", "at", " In the role take, at is take_at."),
        (
            "WrongBus",
            "from_scene_id",
            " In the role take, from_scene_id is take_from_scene_id, to_scene_id is take_to_scene_id.",
        ),
        ("WrongBus", "to_scene_id", " In the role take, to_scene_id is take_to_scene_id."),
        ("Forbidden.RAM", None, ""),
        # The user knows whose id that is; it is the host's.
        ("InvalidOption", "caster_id", ""),
        ("InvalidOption", "elsewhere", ""),
    ],
)
def test_the_options_of_an_error_are_named_as_variables(code: str, option: str | None, said: str) -> None:
    assert variables_named({"code": code, "option": option}, "take") == said
    assert variables_named({}, "take") == ""


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
    ("asked", "expected"),
    [
        ({"skipped": True}, True),
        # Left out by its condition.
        ({"skipped": True, "skip_reason": "Conditional result was False"}, False),
        ({"rc": 0}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_task_that_check_mode_leaves_out_tells_that_it_is_check_mode(asked: Any, expected: bool) -> None:
    assert in_check_mode(asked) is expected


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


def test_a_task_without_a_message_is_no_riddle() -> None:
    assert sentence_of({}) == "The task gave no message; run it again with -vvv."
    assert sentence_of({"msg": "Gone"}) == "Gone."
    assert sentence_of({"msg": "(X, HTTP 400)"}) == "(X, HTTP 400)"


def test_every_write_of_the_collection_is_known_as_one() -> None:
    assert {"CopyCasterSceneConfig", "StopCasterScene"} <= _outcome._WRITES
    assert not any(name.startswith("Describe") for name in _outcome._WRITES)
