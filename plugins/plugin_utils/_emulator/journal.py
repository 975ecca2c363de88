# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The requests that the service saw, without secrets, tokens or signatures."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO


@dataclass(frozen=True)
class Entry:
    """One request. `at` is its arrival in seconds since the epoch; `outcome` is ok, an error code or fault:<kind>."""

    at: float
    action: str
    parameters: dict[str, str]
    access_key_id: str | None
    nonce: str | None
    attempt_header: str | None
    caster_id: str | None
    outcome: str
    http_status: int | None
    effect: bool
    violation: bool
    request_id: str


class Journal:
    """Keeps entries, numbered from 1, and writes them to a file as JSON lines when there is one."""

    def __init__(self, path: str | Path | None = None) -> None:
        self._entries: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._file: TextIO | None = None
        if path:
            self._file = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - closed in close()

    def add(self, entry: Entry) -> None:
        """Record a request. This is done before its answer leaves."""
        with self._lock:
            line = {"seq": len(self._entries) + 1, **asdict(entry)}
            self._entries.append(line)
            if self._file is not None:
                self._file.write(json.dumps(line) + "\n")

    def entries(self) -> list[dict[str, Any]]:
        """All entries, oldest first."""
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Forget every entry; a file keeps what it has."""
        with self._lock:
            self._entries.clear()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
