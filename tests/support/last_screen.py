# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of roles and playbooks tells a person: the screen of the default callback, read for what it claims.

The words are not written down here. They come from what the roles use: plugins/plugin_utils/_take_words.py,
plugins/plugin_utils/_write_words.py and
plugins/plugin_utils/_preflight.py. Words that are changed there are looked for here the next time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...plugins.plugin_utils import _program_words, _take_words, _words, _write_words
from ...plugins.plugin_utils._preflight import HEADINGS

# What a role says of a studio. The first three are good news.
DONE, PLANNED, NOTHING = "done", "planned", "nothing"
NOT_DONE, UNCONFIRMED = "not done", "unconfirmed"
SEEN, UNREADABLE = "seen", "unreadable"
READY, NOT_READY = "ready", "not ready"
GOOD = frozenset({DONE, PLANNED, NOTHING, SEEN, READY})

TAKE, WRAP, PROGRAM, PREFLIGHT = "take", "wrap", "program", "preflight"
_MARK = "What the task said"
_OLD = {"layout_id": "the-old-one", "component_ids": []}
_NEW = {"layout_id": "the-new-one", "component_ids": []}
_PICTURE = r"(?:layout \S+|no layout), (?:components [^.;()]+|no components)"


@dataclass(frozen=True)
class Claim:
    """Something that the screen says of one studio. `text` is the whole of that message in one line."""

    role: str
    kind: str
    host: str
    text: str
    pictures: Mapping[str, str]


@dataclass(frozen=True)
class Block:
    """What one task showed of one host."""

    task: str
    host: str
    status: str
    text: str


@dataclass(frozen=True)
class Screen:
    """One screen. `recap` is what its last lines say: host -> ok, changed, unreachable, failed and so on."""

    blocks: list[Block]
    recap: dict[str, dict[str, int]]

    def claims(self, host: str) -> list[Claim]:
        """What it says of one studio, in order."""
        return [claim for block in self.blocks if block.host == host for claim in _claims(block)]


_HEAD = re.compile(r"^(?:TASK|PLAY|RUNNING HANDLER|PLAY RECAP|NO MORE HOSTS LEFT)\b ?(?:\[(?P<name>.*)\])?")
_HOST = re.compile(
    r"^(?P<status>ok|changed|fatal|failed|skipping|unreachable|\.\.\.\w+): \[(?P<host>[^\]]+?)(?: -> .*)?\]"
)
_RECAP = re.compile(r"^(?P<host>\S+)\s+: (?P<numbers>ok=\d+ .*)$")
_OTHER = re.compile(r"^\[(?:WARNING|ERROR|DEPRECATION WARNING)\]")


def read(stdout: str) -> Screen:
    """Read a screen as the default callback writes it, in YAML or JSON."""
    blocks: list[tuple[str, str, str, list[str]]] = []
    recap: dict[str, dict[str, int]] = {}
    task = ""
    lines: list[str] = []
    for line in stdout.splitlines():
        if head := _HEAD.match(line):
            task, lines = head["name"] or "", []
        elif found := _HOST.match(line):
            lines = [line]
            blocks.append((task, found["host"], found["status"], lines))
        elif numbers := _RECAP.match(line):
            pairs = (pair.split("=") for pair in numbers["numbers"].split())
            recap[numbers["host"]] = {name: int(value) for name, value in pairs}
        elif _OTHER.match(line):
            lines = []
        else:
            lines.append(line)
    return Screen([Block(*block[:3], " ".join(" ".join(block[3]).split())) for block in blocks], recap)


def _claims(block: Block) -> Iterator[Claim]:
    for role, tasks, kind, pattern in WORDS:
        if tasks.search(block.task) and (found := pattern.search(block.text)):
            was = BEFORE.search(block.text)
            yield Claim(role, kind, block.host, block.text, {**(was.groupdict() if was else {}), **found.groupdict()})
            return


def _pattern(sentence: str) -> re.Pattern[str]:
    """Where a sentence of a role stands, whatever pictures are in it and whatever the task said."""
    text = re.escape(sentence.partition(_MARK)[0].strip())
    for name, scene in (("old", _OLD), ("new", _NEW)):
        place = re.escape(_words.shows(scene))
        text = text.replace(place, f"(?P<{name}>{_PICTURE})", 1).replace(place, _PICTURE)
    return re.compile(text)


def _said(role: str) -> Iterator[tuple[str, str]]:
    """Every way in which a take or a stop ends: what it means, and what the role says then."""
    action = {TAKE: "CopyCasterSceneConfig", WRAP: "StopCasterScene"}[role]
    sent = [{"action": action}]
    good = {**_GOOD, "api_calls": sent}
    planned = {**good, "api_calls": []}
    same = {**planned, "changed": False, "reason": _MARK}
    yield DONE, _told(role, good)["words"][0]
    yield DONE, _told(role, good)["trouble"]
    yield PLANNED, _told(role, planned)["words"][0]
    yield NOTHING, _told(role, same)["words"][0]
    for outcome in ("refused", "failed", "unknown"):
        error = {"failed": True, "msg": _MARK, "error": {"outcome": outcome}, "before": _OLD, "api_calls": sent}
        kind = UNCONFIRMED if outcome == "unknown" else NOT_DONE
        yield kind, _told(role, error)["trouble"]
        yield kind, _told(role, {**error, "before": None})["trouble"]
    # Nothing came back: while it may have written, in check mode, and where nothing was judged, or another one failed.
    yield UNCONFIRMED, _told(role, {"failed": True, "msg": _MARK}, planned)["trouble"]
    yield NOT_DONE, _told(role, {"failed": True, "msg": _MARK}, planned, check_mode=True)["trouble"]
    yield NOT_DONE, _told(role, {}, {"failed": True, "msg": _MARK})["trouble"]
    yield NOT_DONE, _told(role, {}, planned)["trouble"]


_GOOD = {
    "api_calls": [{"action": "CopyCasterSceneConfig"}],
    "changed": True,
    "before": _OLD,
    "after": _NEW,
    "request_id": "R",
}


def _told(role: str, result: Any, judged: Any = None, check_mode: bool = False) -> dict[str, Any]:
    if role == TAKE:
        return _take_words.take_of(result, judged, check_mode)
    return _write_words.told_of(role, result, check_mode)


def _catalogue() -> Iterator[tuple[str, re.Pattern[str], str, re.Pattern[str]]]:
    """Role, tasks that may say it, what it means, and where it stands."""
    for role in (TAKE, WRAP):
        tasks = re.compile(rf"^apsara\.live\.{role} : ")
        # The longer ones first: some begin with others.
        for kind, sentence in sorted(_said(role), key=lambda said: -len(said[1].partition(_MARK)[0])):
            yield role, tasks, kind, _pattern(sentence)
    tasks = re.compile(r"^Say what viewers see")
    yield PROGRAM, tasks, SEEN, re.compile(re.escape(program_sentence([]).partition(" - ")[0]))
    yield PROGRAM, tasks, UNREADABLE, _pattern(_program_words.program_of({"failed": True, "msg": _MARK})["words"][0])
    tasks = re.compile(r"^apsara\.live\.preflight : Report the verdict")
    for verdict, heading in HEADINGS.items():
        yield PREFLIGHT, tasks, READY if verdict == "ready" else NOT_READY, re.compile(re.escape(heading))


def program_sentence(scenes: list[Mapping[str, Any]]) -> str:
    """What the report of the program says of a studio with these scenes."""
    return str(_program_words.program_of({"api_calls": [], "changed": False, "scenes": scenes})["words"][0])


WORDS = list(_catalogue())
# What a take replaced.
BEFORE = _pattern(_told(TAKE, _GOOD)["words"][-1])
