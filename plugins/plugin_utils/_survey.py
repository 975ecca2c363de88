# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What the answers of a survey in AWX mean to a take, and whether the play read them.

Pure. The project that comes with the role awx_kit maps the answers in its plays, and the role take judges whether it
was done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

_TIME_OF_DAY = re.compile(
    r"(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2}))"
)
#: Answer -> the variable of the role take that it has to reach.
GUARDS = {"cue": "take_at", "expected_layout": "take_expect"}
#: The variables that `unread` judges: the answers, and what they have to reach.
ANSWERS = (*GUARDS, *GUARDS.values(), "show_confirmed")
_NO = ("", "no", "false", "off", "n", "f", "0")


def cue_time(answer: str, now: datetime) -> str:
    """The cue as the role take wants it. A time of day is today's, in its own zone; all else stays as it is.

    What is no time at all stays too: the take refuses it and says what is wrong.
    """
    found = _TIME_OF_DAY.fullmatch(answer.strip())
    if found is None:
        return answer
    minutes = int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)
    if minutes >= 24 * 60:
        return answer
    zone = timezone(timedelta(minutes=-minutes if found["sign"] == "-" else minutes))
    return f"{now.astimezone(zone).date().isoformat()}T{answer.strip()}"


def expectation(answer: str) -> dict[str, Any]:
    """What must be on air, as take_expect wants it. The word nothing is an empty program, blank asks for nothing."""
    layout = answer.strip()
    return {} if not layout else {"empty": True} if layout == "nothing" else {"layout_id": layout}


def unread(answers: Mapping[str, Any], check_mode: bool) -> str:
    """Why a take must not go: an answer that guards it and that nothing reads. Empty if every answer is read.

    answers: the answers by their variables, and the variables of the role take that they have to reach.
    """
    lost = [name for name, target in GUARDS.items() if _given(answers.get(name)) and not answers.get(target)]
    if lost:
        said = " and ".join(f"{name} ({answers[name]})" for name in lost)
        targets = " and ".join(GUARDS[name] for name in lost)
        return (
            f"The survey was answered with {said}, and nothing in this job reads that: it does not reach"
            f" {targets}, so the take would go without it. Map the answers in the play, as take.yml of the project in"
            " roles/awx_kit/files/project does with vars at its import, or leave the answer blank."
        )
    confirmed = answers.get("show_confirmed")
    if _given(confirmed) and str(confirmed).strip().lower() in _NO and not check_mode:
        return (
            f"Is this confirmed? (show_confirmed) was answered with {confirmed}, and nothing in"
            " this job reads that. Use show_day.yml of the project in roles/awx_kit/files/project, or do not ask."
        )
    return ""


def _given(answer: Any) -> bool:
    """A blank answer arrives as an empty text, and counts as not given."""
    return answer is not None and str(answer).strip() != ""
