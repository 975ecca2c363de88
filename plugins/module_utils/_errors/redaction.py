# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Texts without secrets and without what looks like one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from .names import MASK

_SHORT = 4
# Used only where a secret happens to be a piece of the usual mask.
_OTHER_MASKS = ("(hidden)", "########", "")

_NAMES = (
    r"(?:proxy-)?authorization|x-acs-security-token|x-acs-signature|security[-_]?token|access[-_]?key[-_]?secret"
    r"|oidc[-_]?token|access[-_]?token|refresh[-_]?token|sts[-_]?token|signature"
)
_LONGEST_SHOWN = 80
_USER = re.compile(r"[^/\s]*@")
# Patterns and what takes their place. In every pattern the value itself must not be masked already.
_LOOKS_SECRET = (
    # "Authorization": "...", in JSON or in a Python mapping: up to the closing quote
    (re.compile(rf"(?i)((?:{_NAMES})(?P<quote>\\?[\"'])\s*[:=]\s*b?\\?[\"'])(?:(?!(?P=quote)).)+"), r"\1" + MASK),
    # Authorization: ... as a header line: the value has blanks, so the rest of the line goes
    (re.compile(r"(?i)((?:proxy-)?authorization\s*[:=]\s*)(?![\s\"'*])[^\r\n\"']+"), r"\1" + MASK),
    (re.compile(rf"(?i)((?:{_NAMES})\s*[:=]\s*)(?![\s\"'*])[^\s&\"',;<>)}}]+"), r"\1" + MASK),
    (re.compile(r"(?i)\b(basic|bearer|acs3-hmac-sha256)(\s+)(?!\*)(?=\S*[\d=._/+-])[^\r\n\"']+"), r"\1\2" + MASK),
    # user:password@ in an address
    (re.compile(r"(?i)([a-z][a-z0-9+.-]{0,20}://)(?!\*{8}@[^@/\s]*(?:[/\s]|$))[^/?#\s\"']*@"), r"\1" + MASK + "@"),
    # the query of an address, with or without its host
    (re.compile(r"(?i)([a-z][a-z0-9+.-]{0,20}://[^\s?\"'<>]*\?)(?!\*{8}(?:[\s\"'<>]|$))[^\s\"'<>]+"), r"\1" + MASK),
    (re.compile(r"(\?)[\w.%~-]+=[^\s\"'<>]*"), r"\1" + MASK),
)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Remove every given secret from a text, and whatever looks like one.

    A given secret goes in clear and as it would stand in a URL or in JSON. Looks like one: values of Authorization,
    Signature, x-acs-security-token and their kin, passwords in addresses, and the query of any address.
    Secrets of fewer than four characters are removed where they stand alone: within words they would make every text
    unreadable and hide nothing.
    """
    known = _usable(secrets)
    result = hide(text, known)
    for regex, replacement in _LOOKS_SECRET:
        result = regex.sub(replacement, result)
    return _without(result, _long_forms(known))


def quoted(value: object) -> str:
    """A value as a message may quote it: one line, short, without whatever looks like a secret."""
    # A password may stand in an address without a scheme.
    text = _USER.sub(MASK + "@", redact(str(value), ()))
    short = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    return repr(short) if isinstance(value, str) else short


def hide(text: str, secrets: Iterable[str]) -> str:
    """Remove only the given secrets: for texts that must keep their addresses, such as a link to a help page."""
    known = _usable(secrets)
    forms = _long_forms(known)
    result = _cover(text, forms)
    for secret in known:
        if len(secret) < _SHORT:
            result = re.sub(rf"(?<![\w*]){re.escape(secret)}(?![\w*])", MASK, result)
    return _without(result, forms)


def _usable(secrets: Iterable[str]) -> list[str]:
    return sorted({secret for secret in secrets if isinstance(secret, str) and secret.strip()}, key=len, reverse=True)


def _long_forms(secrets: list[str]) -> list[str]:
    return [form for secret in secrets if len(secret) >= _SHORT for form in _forms(secret)]


def _forms(secret: str) -> set[str]:
    """Say how a secret may be written in a text."""
    whole = secret.encode("utf-8", "surrogatepass")
    encoded = {quote(whole, safe=""), quote(whole), quote_plus(whole), quote(whole, safe="-_.!~*'()")}
    encoded |= {re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), form) for form in encoded}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    stripped = secret.strip()
    return {secret, *encoded, *escaped, *({stripped} if len(stripped) >= _SHORT else ())}


def _cover(text: str, forms: list[str]) -> str:
    """Put the mask over every place where one of the forms stands; places that overlap become one."""
    spans: list[tuple[int, int]] = []
    for form in forms:
        start = text.find(form)
        while start >= 0:
            spans.append((start, start + len(form)))
            start = text.find(form, start + 1)
    pieces: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            pieces.append(text[done:start])
            pieces.append(MASK)
        done = max(done, end)
    pieces.append(text[done:])
    return "".join(pieces)


def _without(text: str, forms: list[str]) -> str:
    """Make sure of it: the mask itself, next to what was left, could spell a secret again."""
    if not any(form in text for form in forms):
        return text
    # The last mask is empty, and no form of a secret is.
    return next(mask for mask in _OTHER_MASKS if not any(form in mask for form in forms))
