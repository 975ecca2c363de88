# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and marked blocks in Markdown pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table without a line end after its last row."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def code(words: Iterable[str]) -> str:
    """Words as code, with commas between them."""
    return ", ".join(f"`{word}`" for word in words)


def fenced(page: str, language: str) -> list[str]:
    """What stands in the page's fenced blocks of this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def with_block(page: str, name: str, content: str) -> str:
    """The page with what stands between its markers `NAME: begin` and `NAME: end` replaced.

    Raises ValueError when the page has no such block, or more than one.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        raise ValueError(f"there is no block {name}, or more than one")
    head, _unused, rest = page.partition(begin)
    return f"{head}{begin}\n\n{content}\n\n{end}{rest.partition(end)[2]}"


def broken_links(path: Path) -> list[str]:
    """The links of a page to files that are not there, and to headings that the file does not have."""
    links = re.findall(r"\]\((?!https?://)([^)#]*)#?([^)]*)\)", path.read_text(encoding="utf-8"))
    return [
        f"{target}#{anchor}" for target, anchor in links if not _leads_somewhere(path.parent / target, anchor, path)
    ]


def _leads_somewhere(file: Path, anchor: str, page: Path) -> bool:
    file = page if file == page.parent else file
    if not anchor:
        return file.exists()
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE) if file.is_file() else []
    return anchor in [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def block_names(page: str) -> list[str]:
    """The names of the blocks of a page."""
    return re.findall(r"^<!-- ([\w ]+): begin -->$", page, re.MULTILINE)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
