# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. How long it is worth trying where nothing was reached so far.

A service that worked in this task and then goes away is met by repeats until the task's deadline. Where nothing ever
worked in this task, and the network says that nobody is there, the address, the proxy or the network path is wrong, or
what should listen has not started: that is told within seconds.

A task that gave up leaves a note for the others of its play: a small file that holds nothing, and whose age says
whether it still counts. Who finds one still tries, but once, without waiting. So a note never makes a task fail where
the service can be reached, and the first task that reaches it removes the note. Without the file every task waits its
few seconds itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import time

# How long a task goes on where the network says that nobody is there, in seconds: what just starts is met.
PATIENCE = 3.0
# The time from one task of a play to the next, with room for slow machines, in seconds. Every failure renews the note.
_NOTE_COUNTS = 30.0


class Reach:
    """What one task knows about whether the service can be reached. Threads may share it."""

    def __init__(self, folder: str | None = None, endpoint: str = "") -> None:
        self.worked = False
        self._began: float | None = None
        # The name is in the form of the files of the pacing, which are removed when nobody has used them for days.
        name = hashlib.sha256(endpoint.encode()).hexdigest()[:20]
        self._note = os.path.join(folder, f"{name}-unreached") if folder else None

    def note_worked(self) -> None:
        """Note that a request reached the service."""
        if not self.worked and self._note:
            with contextlib.suppress(OSError):
                os.unlink(self._note)
        self.worked = True

    def patience(self, nobody: bool, began: float, now: float) -> float:
        """How much longer to try after an attempt from `began` to `now` that reached nothing, in seconds.

        `nobody`: the network itself said that nobody is there. Infinite where only the deadline counts.
        """
        self._began = began if self._began is None else self._began
        if self.worked:
            return math.inf
        if self._is_noted():
            return 0.0
        return max(0.0, self._began + PATIENCE - now) if nobody else math.inf

    def give_up(self) -> None:
        """Leave a note for the other tasks, unless something was reached."""
        if self.worked or not self._note:
            return
        with contextlib.suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            os.close(os.open(self._note, flags, 0o600))
            os.utime(self._note)

    def _is_noted(self) -> bool:
        if not self._note:
            return False
        try:
            age = time.time() - os.lstat(self._note).st_mtime
        except OSError:
            return False
        # One from the future is of a clock that was set back meanwhile.
        return -1.0 < age < _NOTE_COUNTS
