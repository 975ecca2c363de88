# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that the tests start can reach another machine. These addresses belong to nobody (RFC 5737, RFC 3849)."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.apsara.live.tests.support.playbook import environment

ELSEWHERE = ["192.0.2.1", "2001:db8::1"]
TRY = """
import socket, sys
for host in sys.argv[1:]:
    try:
        socket.create_connection((host, 80), timeout=30)
    except OSError as error:
        print(type(error).__name__, error.errno)
"""


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_test_cannot_connect_elsewhere(host: str) -> None:
    with pytest.raises(OSError) as caught:
        socket.create_connection((host, 80), timeout=30)
    assert caught.value.errno == errno.ENETUNREACH


def test_a_test_cannot_look_up_a_name() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("live.aliyuncs.com", 443)


def test_what_a_play_starts_cannot_either(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRY, *ELSEWHERE, "live.aliyuncs.com"],
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [
        *[f"OSError {errno.ENETUNREACH}"] * len(ELSEWHERE),
        f"gaierror {socket.EAI_NONAME}",
    ]


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=30).close()
