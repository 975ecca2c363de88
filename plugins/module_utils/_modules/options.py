# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Readers of single options. Pure; every refusal comes before the first call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._errors.error import LiveError, invalid_option
from .._studio.fingerprint import is_fingerprint
from .._studio.plan import Expectation
from .._studio.scene_config import MOST_COMPONENTS

if TYPE_CHECKING:
    from .._studio.cue import Cue

_LONGEST_ID = 128
_TYPED = "Type it anew, or copy it without what stands around it."
_IDS_HINT = "Give the id as the console, caster_info or caster_scene_info shows it."
# A week, in seconds: no task waits longer, and beyond some years no clock of this machine could hold it.
_LONGEST_TIME = 7 * 24 * 3600.0


def invalid(option: str, why: str, hint: str | None = None, *, value: object = None) -> LiveError:
    """The refusal of one option. `value` is what was given, for options that never hold a secret."""
    given = ""
    if value is not None:
        # Loading costs time in every new process, and a task that goes well does without.
        from .._errors.redaction import quoted

        given = f" Given was {quoted(value)}."
    name = option.partition(".")[0]
    return invalid_option(f"The option {option} cannot be used: {why}.{given} Nothing was sent.", hint, name)


def needed_unread(option: str) -> LiveError:
    """The refusal of a write that is not to read, and lacks an id that a read would tell."""
    return invalid(
        option,
        "it is not given, and with check_first set to false nothing is read from which it could be told",
        f"Give {option}, or leave check_first at true.",
    )


def expectation(option: str, expect: Any) -> Expectation | None:
    """What a scene must show. A mapping that says nothing counts as not given."""
    if not expect:
        return None
    layout_id = identifier(f"{option}.layout_id", text(expect, "layout_id"))
    components = expect.get("component_ids")
    component_ids = (
        None if components is None else tuple(required_item(f"{option}.component_ids", item) for item in components)
    )
    empty = expect.get("empty")
    known = fingerprint(f"{option}.fingerprint", text(expect, "fingerprint"))
    if empty and (layout_id or component_ids):
        hint = "Say either that the scene is empty, or what it shows."
        given = {"empty": empty, "layout_id": layout_id, "component_ids": list(component_ids or ())}
        raise invalid(option, "empty excludes layout_id and component_ids", hint, value=given)
    if layout_id is None and component_ids is None and empty is None and known is None:
        return None
    return Expectation(layout_id, component_ids, empty, known)


def fingerprint(option: str, value: str | None) -> str | None:
    """A fingerprint, of which no more is known than how it looks."""
    if value is None:
        return None
    if not is_fingerprint(value.strip()):
        hint = "Give a fingerprint as caster_scene_info or an earlier take returned it, such as ids-0a1b2c3d4e5f."
        raise invalid(option, "it is no fingerprint", hint, value=value)
    return value.strip()


def cue(params: Mapping[str, Any]) -> Cue | None:
    """Read the cue of a write: the options `at`, `max_late` and `max_wait`. Raises LiveError (InvalidOption)."""
    max_late = seconds(params, "max_late", 5.0, smallest=0.0)
    max_wait = seconds(params, "max_wait", 900.0, smallest=0.0)
    given = text(params, "at")
    if given is None:
        return None
    # Loading costs time in every new process, and most tasks have no cue.
    from .._studio.cue import Cue, parse_moment

    try:
        return Cue(parse_moment(given), given.strip(), max_late, max_wait)
    except ValueError as error:
        raise invalid("at", str(error), "Write date, time and zone, in quotes.", value=given) from None


def required_id(params: Mapping[str, Any], option: str) -> str:
    """An id that must be given."""
    return required_item(option, text(params, option))


def required_item(option: str, value: Any) -> str:
    """One id of a list."""
    found = identifier(option, str(value) if value is not None else None)
    if found is None:
        raise invalid(option, "it is empty", _IDS_HINT)
    return found


def components(option: str, values: Any) -> tuple[str, ...] | None:
    """The components of a scene. An empty list means none; nothing but empty texts, as of a blank answer, not given."""
    if values is None or (values and all(str(value) == "" for value in values)):
        return None
    found = tuple(required_item(option, value) for value in values)
    if len(found) > MOST_COMPONENTS:
        why = f"a scene holds {MOST_COMPONENTS} components at most, and these are {len(found)}"
        raise invalid(option, why, "Leave some out.", value=list(found))
    repeated = sorted({item for item in found if found.count(item) > 1})
    if repeated:
        why = f"it names {' and '.join(repeated)} more than once"
        raise invalid(option, why, "Name each component once.", value=list(found))
    return found


def identifier(option: str, value: str | None) -> str | None:
    """An id without the blanks around it, or None when it is not given."""
    if value is None:
        return None
    if not value.strip():
        raise invalid(option, "it is blank" if value else "it is empty", _IDS_HINT, value=value)
    cleaned = clean(option, value.strip())
    if len(value) > _LONGEST_ID:
        raise invalid(option, f"it is longer than {_LONGEST_ID} characters", _IDS_HINT, value=value)
    if any(character.isspace() for character in value.strip()):
        raise invalid(option, "it has a blank inside", _IDS_HINT, value=value)
    return cleaned


def clean(option: str, value: str | None) -> str | None:
    """A text in which nothing hides: no control characters, nothing that cannot be sent."""
    if value is not None and any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value):
        raise invalid(option, "it has control characters", _TYPED, value=value)
    # Half a surrogate pair, or a byte of the environment that is no UTF-8: it cannot be sent.
    if value is not None and any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise invalid(option, "it has characters that are no text", _TYPED, value=value)
    return value


def text(params: Mapping[str, Any], option: str) -> str | None:
    """An empty string means not given."""
    value = params.get(option)
    return None if value is None or value == "" else str(value)


def seconds(params: Mapping[str, Any], option: str, default: float, smallest: float | None = None) -> float:
    """A time in seconds, greater than zero, or not less than `smallest`; a week at most."""
    value = params.get(option)
    number = default if value is None else float(value)
    too_small = number <= 0 if smallest is None else number < smallest
    if too_small or not math.isfinite(number):
        raise invalid(
            option,
            (
                f"{number:g} is not a time in seconds greater than zero"
                if smallest is None
                else f"{number:g} is negative or no number"
            ),
            f"Give seconds, such as {default:g}.",
        )
    if number > _LONGEST_TIME:
        raise invalid(option, f"{number:g} s is longer than a week", f"Give seconds, such as {default:g}.")
    return number
