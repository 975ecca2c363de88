# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a write that is no take."""

from __future__ import annotations

from ansible_collections.apsara.live.plugins.plugin_utils._write_words import told_of
from ansible_collections.apsara.live.tests.support.results import FRONT, JUDGED, NO_ANSWER, READ, error


def test_a_stop_tells_how_it_ended() -> None:
    stopped = {"changed": True, "api_calls": [*READ, {"action": "StopCasterScene"}], "request_id": "A-1"}
    assert told_of("wrap", stopped, False)["words"][0] == "The preview is off."
    assert "The preview was read afterwards" in told_of("wrap", {**stopped, "request_id": ""}, False)["words"][0]
    assert "would be switched off" in told_of("wrap", {**stopped, "api_calls": READ}, True)["words"][0]
    assert told_of("wrap", {**JUDGED, "reason": "It was off."}, False)["words"][0] == "Nothing to do. It was off."
    assert "billed" in told_of("wrap", stopped, False)["words"][1]
    for result, words in (
        (NO_ANSWER["time-out"], "Unconfirmed: the stop may have been sent"),
        (error("unknown"), "Unconfirmed: the stop was sent"),
        (error("refused"), "The preview was not stopped. No."),
        (error("failed"), "The preview was not stopped, rejected by the service. No."),
        (stopped, "The preview is off, but the play ends here"),
        (FRONT, "Another studio failed. Nothing was written here."),
    ):
        assert told_of("wrap", result, False)["trouble"].startswith(words)
    assert told_of("wrap", NO_ANSWER["killed"], True)["trouble"].startswith(
        "The preview was not stopped, since it could not"
    )
