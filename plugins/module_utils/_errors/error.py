# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The one exception type of the client."""

from __future__ import annotations

from typing import Any

from .kind import Outcome


class LiveError(Exception):
    """The only exception of the client. Its text must already be free of secrets.

    `outcome`: refused (nothing was done), failed (the API rejected it), unknown (it may have been done).
    `option`: the option of the task that the error is about. A part of an option, such as expect.layout_id, counts as
    the option.
    `hint`: what an operator can do; taken from the table of codes when it is not given.
    `details`: whatever helps the caller, never part of the result.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        outcome: str,
        http_status: int | None = None,
        request_id: str | None = None,
        action: str | None = None,
        option: str | None = None,
        hint: str | None = None,
        recommend: str | None = None,
        retryable: bool = False,
        details: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.outcome = Outcome(outcome)
        self.http_status = http_status
        self.request_id = request_id
        self.action = action
        self.option = option
        self.hint = _usual_hint(code, action) if hint is None else hint
        self.recommend = recommend
        self.retryable = retryable
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        """Return the `error` part of a result."""
        return {
            "code": self.code,
            "message": self.message,
            "http_status": self.http_status,
            "request_id": self.request_id,
            "action": self.action,
            "option": self.option,
            "hint": self.hint,
            "recommend": self.recommend,
            "retryable": self.retryable,
            "outcome": self.outcome.value,
        }

    def replaced(self, message: str, **changes: Any) -> LiveError:
        """The same error in other words; `changes` are further keywords of the constructor."""
        return LiveError(message, **{**self._rest(), **changes})

    def _rest(self) -> dict[str, Any]:
        return {**{key: value for key, value in self.as_dict().items() if key != "message"}, "details": self.details}

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception with keyword arguments cannot cross a process boundary by itself.
        return (_rebuild, (self.message, self._rest()))


def invalid_option(message: str, hint: str | None = None, option: str | None = None) -> LiveError:
    """The refusal of an option that cannot be used. It has no name where the value is from the environment."""
    return LiveError(message, code="InvalidOption", outcome=Outcome.REFUSED, option=option, hint=hint)


def _rebuild(message: str, rest: dict[str, Any]) -> LiveError:
    return LiveError(message, **rest)


def _usual_hint(code: str, action: str | None) -> str:
    # Loading the table of codes costs time in every new process, and a task that goes well does without.
    from .explain import explain

    return explain(code, action or "").hint
