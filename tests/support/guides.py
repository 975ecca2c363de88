# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a guide as its reader does: write the files it shows, enter the commands it shows, compare what comes out.

A block of YAML, JSON or INI is a file, and the paragraph before it ends with its name in code. In a `console` block a
line that begins with `$ ` is a command. The lines below it are its output; `...` stands for lines that are left out.
"""

from __future__ import annotations

import re
import subprocess
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"`([~\w./-]+\.(?:yml|json|ini))`")
_EXPORT = re.compile(r"export (\w+)=(\S+)$")
_FILES = {"yaml", "json", "ini"}
_SECONDS = 180


@dataclass(frozen=True)
class File:
    """A file that the reader writes."""

    name: str
    content: str


@dataclass(frozen=True)
class Command:
    """A command that the reader enters, and the parts of its output that the guide shows."""

    line: str
    shown: tuple[str, ...]


def steps(text: str) -> Iterator[File | Command]:
    """What the reader does, in order. Raises ValueError for a file without a name."""
    for block in _BLOCK.finditer(text):
        content = textwrap.dedent(block[3])
        if block[2] in _FILES:
            yield File(_file_name(text[: block.start()]), content)
        elif block[2] == "console":
            yield from _commands(content)


def commands(text: str) -> Iterator[Command]:
    """The commands alone, of a page whose files have no names."""
    for block in _BLOCK.finditer(text):
        if block[2] == "console":
            yield from _commands(textwrap.dedent(block[3]))


def _file_name(before: str) -> str:
    paragraph = before.rstrip().rpartition("\n\n")[2]
    names = _NAME.findall(paragraph)
    if not names:
        raise ValueError(f"a file without a name, after: {paragraph}")
    return str(names[-1])


def _commands(content: str) -> Iterator[Command]:
    for entry in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        line, _unused, output = entry.partition("\n")
        parts = re.split(r"^\.\.\.$", output, flags=re.MULTILINE)
        yield Command(line, tuple(part for part in parts if part.strip()))


def words(text: str) -> str:
    """A text without what depends on how the callback folds and quotes it."""
    return " ".join(re.sub(r"""['"]""", "", text).split())


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    output: str
    returncode: int
    seconds: float

    def shows(self, part: str) -> bool:
        """Whether this part of the guide is in the output."""
        return words(part) in words(self.output)


class Reader:
    """Somebody at a terminal in an empty directory, which stays the same for a whole guide."""

    def __init__(self, directory: Path, environ: dict[str, str], keep: set[str], seconds: float = _SECONDS) -> None:
        """`keep`: variables that an export does not change, since they lead to this test. `seconds`: for a command."""
        self._seconds = seconds
        self.directory = directory
        self._environ = dict(environ)
        self._keep = keep

    def variable(self, name: str) -> str | None:
        """What a variable is at this point of the guide."""
        return self._environ.get(name)

    def write(self, file: File) -> None:
        """Write a file as the guide shows it."""
        home = self._environ["HOME"]
        path = self.directory / file.name.replace("~", home)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")

    def enter(self, command: Command) -> Answer:
        """Enter a command and wait until it ends."""
        if export := _EXPORT.match(command.line):
            if export[1] not in self._keep:
                self._environ[export[1]] = export[2]
            return Answer("", 0, 0.0)
        began = time.monotonic()
        done = subprocess.run(
            ["bash", "-c", command.line],
            cwd=self.directory,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self._seconds,
            check=False,
        )
        return Answer(done.stdout, done.returncode, time.monotonic() - began)
