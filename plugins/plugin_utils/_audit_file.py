# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The audit file: appending a line while other processes do the same, and reading it back."""

from __future__ import annotations

import gzip
import os
import stat
import zlib

from ._home import homeless

_MODE = 0o600
_ZIPPED = b"\x1f\x8b"


def append(path: str, line: str) -> None:
    """Append one line with one write, so that lines of several processes never mix. Raises OSError.

    The file is opened anew for each line: it may have been moved away to begin a new one. Only its owner may read a
    file that is made here; what is there keeps its rights.
    """
    if lost := homeless(path, os.environ):
        raise OSError(lost)
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    # Opened to write only, a pipe that nobody reads would stop the play.
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(path, flags, _MODE)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is not a regular file")
        data = line.encode("utf-8") + b"\n"
        # Somebody was stopped in the middle of a line, or the disk was full: this one begins on a line of its own. Seen
        # in the middle of somebody's write it looks the same, and then there is an empty line, which means nothing.
        if status.st_size and os.pread(descriptor, 1, status.st_size - 1) != b"\n":
            data = b"\n" + data
        if os.write(descriptor, data) != len(data):
            raise OSError("only a part of the line could be written, the disk may be full")
    finally:
        os.close(descriptor)


def read(path: str) -> str:
    """The whole file as text. One that was moved away may be packed by gzip. Raises ValueError with a sentence."""
    place = full(path)
    try:
        if lost := homeless(place, os.environ):
            raise OSError(lost)
        # Opening a pipe would wait for somebody who writes to it.
        if os.path.exists(place) and not os.path.isfile(place):
            raise OSError("it is not a regular file")
        with open(place, "rb") as file:
            data = file.read()
        if data.startswith(_ZIPPED):
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"The audit file {place} cannot be read: {why}.") from None
    # A log has what others wrote as well, in whatever encoding; the lines of the audit are UTF-8.
    return data.decode("utf-8-sig", "replace")


def full(path: str) -> str:
    """The full path of a file that somebody named."""
    return os.path.abspath(os.path.expanduser(path))
