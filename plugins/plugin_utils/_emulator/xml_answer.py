# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The answer as XML, for clients of signature protocol V1 that ask for it or ask for nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

from .reply import Reply

_CONTENT_TYPE = "text/xml;charset=utf-8"


def as_xml(answer: Reply, action: str) -> Reply:
    """The answer with its JSON document written as XML; a body that is no JSON document stays as it is."""
    try:
        document = json.loads(answer.body)
    except ValueError:
        return answer
    if not isinstance(document, dict):
        return answer
    root = ElementTree.Element("Error" if "Code" in document else f"{action}Response")
    _fill(root, document)
    body: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return replace(answer, body=body, content_type=_CONTENT_TYPE)


def _fill(element: ElementTree.Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            # A list becomes one element per member.
            for member in inner if isinstance(inner, list) else [inner]:
                _fill(ElementTree.SubElement(element, name), member)
    elif value is not None:
        element.text = str(value).lower() if isinstance(value, bool) else _printable(str(value))


def _printable(text: str) -> str:
    """The text without what XML cannot hold: control characters and halves of surrogate pairs."""
    return "".join(character if character.isprintable() or character in "\t\n\r" else "?" for character in text)
