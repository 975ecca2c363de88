# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Key pairs from options or environment. A pair comes whole from one source, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .._errors.error import invalid_option
from .environment import CONNECTION_ENVIRONMENT, text_of

KEY_OPTIONS = ("access_key_id", "access_key_secret", "security_token")
_FAMILIES = ("ALIBABA_CLOUD_", "ALICLOUD_")


class CredentialError(Exception):
    """An identity cannot be used. `words`: the end of a sentence, without a full stop and free of secrets.

    `hint`: what an operator can do. `retryable`: the same again may succeed.
    """

    def __init__(self, words: str, hint: str | None = None, retryable: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.hint = hint
        self.retryable = retryable


@dataclass(frozen=True)
class Pair:
    """An access key with its secret, and with a token when it is a temporary one."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


def key_text(what: str, value: str) -> str:
    """Return a key, secret or token that can stand in a header. Raises CredentialError; never shows the value."""
    if any(not "!" <= character <= "~" for character in value):
        raise CredentialError(
            f"{what} holds a blank, a control character or a character outside ASCII, which no key has",
            f"Paste {what} again, whole and without quotes or line ends.",
        )
    return value


def pair_from_options(given: Mapping[str, str | None]) -> Pair:
    """The pair among the options, of which at least one is given. Raises LiveError (InvalidOption)."""
    return _pair(given, {name: name for name in KEY_OPTIONS}, "options")


def pair_from_variables(environ: Mapping[str, str]) -> Pair | None:
    """The pair in the environment, or None when there is no part of one. Raises LiveError (InvalidOption)."""
    families = [_family(prefix, environ) for prefix in _FAMILIES]
    for given, names in families:
        if given["access_key_id"] or given["access_key_secret"]:
            return _pair(given, names, "environment")
    for given, names in families:
        if given["security_token"]:
            # Somebody meant to give a temporary key. To go on with another identity would be a guess.
            return _pair(given, names, "environment")
    return None


def _family(prefix: str, environ: Mapping[str, str]) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return the values of one family of variables, and the names of the variables for messages."""
    given: dict[str, str | None] = {}
    names: dict[str, str] = {}
    for option in KEY_OPTIONS:
        variables = [name for name in CONNECTION_ENVIRONMENT[option] if name.startswith(prefix)]
        used = next((name for name in variables if text_of(environ.get(name))), None)
        given[option] = text_of(environ.get(used)) if used else None
        names[option] = used or " or ".join(variables)
    return given, names


def _pair(given: Mapping[str, str | None], names: Mapping[str, str], where: str) -> Pair:
    """Make a pair from one source; `names` are how an operator knows the three values."""
    needed = [option for option in ("access_key_id", "access_key_secret") if not given[option]]
    # The names of options are those of the result, those of variables are not.
    are_options = where == "options"
    if needed:
        missing = [names[option] for option in needed]
        present = [names[option] for option in KEY_OPTIONS if given[option]]
        raise invalid_option(
            f"{' and '.join(present)} {'is' if len(present) == 1 else 'are'} given without {' and '.join(missing)}.",
            f"A key pair must come whole from one source, here from the {where}. Empty values count as not given.",
            needed[0] if are_options else None,
        )
    keys = []
    for option in KEY_OPTIONS:
        value = given[option]
        if not value:
            continue
        try:
            keys.append(key_text(names[option], value))
        except CredentialError as error:
            words = f"The {where} cannot be used: {error.words}."
            raise invalid_option(words, error.hint, option if are_options else None) from None
    return Pair(*keys)
