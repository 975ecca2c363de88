# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The emulator as a program: arguments, the ready line, and its end."""

from __future__ import annotations

import argparse
import json
import os
import signal
import ssl
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import faults
from .certificate import make_context
from .emulator import Emulator
from .studios import DEFAULT_FILE, read_file

_LOOK_SECONDS = 0.25


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal, a stop request, the end of the parent process or the time limit. Returns the exit code."""
    options = _parser().parse_args(arguments)
    if not options.tls:
        return _run(options)
    with tempfile.TemporaryDirectory(prefix="studio-emulator-") as folder:
        return _run(options, Path(folder))


def _run(options: argparse.Namespace, tls_folder: Path | None = None) -> int:
    try:
        context, ca_file = make_context(tls_folder) if tls_folder else (None, None)
        emulator = _build(options, context)
    except (ValueError, OSError) as error:
        print(f"The studio emulator cannot start. {error}", file=sys.stderr)
        return 2
    # A list and no event: the main thread may hold the lock of the event in the moment when the signal comes.
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: signals.append(number))
    with emulator:
        ready = {"endpoint": emulator.endpoint, "port": emulator.port, "pid": os.getpid()}
        if ca_file is not None:
            ready["ca_file"] = str(ca_file)
        print(json.dumps(ready), flush=True)
        _wait(emulator, signals, options.parent_pid, options.max_seconds)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="_emulator", description="A production studio service on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--studios", default=str(DEFAULT_FILE), help="studios file, YAML or JSON")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=VALUE", help="choose a variant")
    parser.add_argument("--faults", help="file of fault rules, or the name of a shipped one")
    parser.add_argument("--read-only", action="store_true", help="refuse every write and record it")
    parser.add_argument("--tls", action="store_true", help="serve https; the ready line names the certificate to trust")
    parser.add_argument("--journal", help="also append the journal to this file, as JSON lines")
    parser.add_argument("--parent-pid", type=int, help="stop when this process is gone")
    parser.add_argument("--max-seconds", type=float, default=3600.0, help="stop after this time")
    return parser


def _build(options: argparse.Namespace, context: ssl.SSLContext | None) -> Emulator:
    rules: list[Any] = []
    if options.faults:
        document = read_file(faults.named(options.faults))
        faults.parse(document)
        rules = document["faults"] if isinstance(document, dict) else document
    return Emulator(
        read_file(Path(options.studios)),
        variants=dict(_variant(text) for text in options.variant),
        faults=rules,
        read_only=options.read_only,
        port=options.port,
        ssl_context=context,
        journal_file=options.journal,
    )


def _variant(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"A variant is written NAME=VALUE, not {text}.")
    return name, value


def _wait(emulator: Emulator, signals: Sequence[int], parent_pid: int | None, max_seconds: float) -> None:
    end = time.monotonic() + max_seconds
    born = _birth(parent_pid) if parent_pid else None
    while not (emulator.stop_requested.wait(_LOOK_SECONDS) or signals) and time.monotonic() < end:
        if parent_pid and not _alive(parent_pid, born):
            return


def _alive(pid: int, born: str | None) -> bool:
    """Whether the process is still the one that is meant. A zombie is gone, and so is a number that was given again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _birth(pid) == born


def _birth(pid: int) -> str | None:
    """What tells a process from a later one with its number; None where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return "gone" if fields[0] in "ZX" else fields[19]
