# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What an error code means: in words, and whether it is a no-op, a refusal, worth repeating, or a failure.

Judges by the table of codes, which is big. Most tasks never need it: whoever does loads it then.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from .codes import ASK_SUPPORT, MEANINGS, MEANINGS_BY_ACTION, PATTERNS, Meaning
from .kind import Kind

_CODE_LENGTH = 100


def _clean_code(code: Any) -> str:
    """Make one short printable word of whatever stands in the Code field: it comes from the network."""
    text = code if isinstance(code, str) else ""
    return "".join(character for character in text[:_CODE_LENGTH] if character.isprintable()).strip()


def _known(code: str, action: str) -> Meaning | None:
    exact = MEANINGS_BY_ACTION.get((action, code)) or MEANINGS.get(code)
    if exact is not None:
        return exact
    for pattern in PATTERNS:
        if _compiled(pattern.regex).fullmatch(code):
            return Meaning(code, pattern.sentence, pattern.hint, pattern.kind)
    return None


@functools.cache
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex, re.DOTALL)


def explain(code: str, action: str = "", temporary: bool = False) -> Meaning:
    """Say what an error code means: for this operation, in general, by its family, or that it is not known.

    `temporary`: the call was signed with a temporary key, and the hint speaks of it where that matters.
    Never raises, whatever the service put into its Code field.
    """
    name = _clean_code(code)
    known = _known(name, action)
    if known is not None:
        return known._replace(hint=hint_for(known, temporary))
    if not name:
        return Meaning(
            "",
            "The answer is an error without an error code.",
            "A proxy or a load balancer may have answered in place of the service. Read the studio before you repeat "
            "a write.",
        )
    return Meaning(
        name,
        f"The service answered {name}, a code that this collection does not know.",
        f"Read the message of the service. {ASK_SUPPORT}",
    )


def hint_for(meaning: Meaning, temporary: bool) -> str:
    """What an operator can do, with a temporary key or with another one."""
    return f"{meaning.hint} {meaning.temporary}" if temporary and meaning.temporary else meaning.hint


def classify(code: str, http_status: int | None, action: str = "", retry_after: bool = False) -> Kind:
    """What an error answer says about the call.

    `retry_after`: the answer had the header x-acs-retry-after. With a refusal (4xx) it says throttled. A
    service in trouble (5xx) may ask for a pause too, and that says nothing about what it did before.
    A named business code stays a FAILURE whatever the status is: some APIs answer those with 500.
    """
    name = _clean_code(code)
    known = _known(name, action)
    if known is not None and known.kind in _SAYS_MORE_THAN_A_PAUSE:
        return Kind.THROTTLED if http_status == 429 and known.kind != Kind.NOOP else known.kind
    if http_status == 429 or (retry_after and http_status is not None and _refuses(http_status)):
        return Kind.THROTTLED
    if known is not None:
        return known.kind
    return Kind.FAILURE if name else _classify_status(http_status)


# No header makes any of these a throttled call.
_SAYS_MORE_THAN_A_PAUSE = (Kind.NOOP, Kind.LOST, Kind.UNAVAILABLE)


def _refuses(http_status: int) -> bool:
    """Whether a status is one of refusals. 408 says that something took too long, whatever became of it."""
    return 400 <= http_status < 500 and http_status != 408


def _classify_status(http_status: int | None) -> Kind:
    if http_status == 503:
        return Kind.UNAVAILABLE
    # 408 and the absence of any status say as little about the effect as a 5xx does.
    if http_status is None or http_status == 408 or http_status >= 500:
        return Kind.LOST
    return Kind.FAILURE


# --- RAM denials ---------------------------------------------------------------------------------------------------

_RAM_ACTION = re.compile(r"[A-Za-z0-9-]{1,40}:[A-Za-z0-9*]{1,100}")


def ram_statement(action: str, resource: str = "*") -> str:
    """Return the JSON statement to add to a RAM policy, for an action like live:CopyCasterSceneConfig.

    `resource` may narrow it, for example acs:live:*:<account id>:caster/<studio id>.
    """
    return json.dumps({"Effect": "Allow", "Action": action, "Resource": resource})


def denied_action(details: Any) -> str | None:
    """Read the RAM action that was missing from the body of an error answer, or from its AccessDeniedDetail.

    None when the answer does not say it, or says something that is no action.
    """
    if not isinstance(details, Mapping):
        return None
    inner = details.get("AccessDeniedDetail")
    action = (inner if isinstance(inner, Mapping) else details).get("AuthAction")
    return action if isinstance(action, str) and _RAM_ACTION.fullmatch(action) else None
