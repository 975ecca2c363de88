# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a Python process one without a network: loopback works, all else is as unreachable as with the cable out.

Python runs this at its start when its folder is on PYTHONPATH, which tests/support/playbook.py sees to.
tests/conftest.py runs it for the tests themselves.
"""

from __future__ import annotations

import sys


def _refuse_other_machines(event, arguments):
    # Every process of every play runs this: what is not needed at once is imported later.
    if event == "socket.getaddrinfo" and not _may_be_asked_for(arguments[0]):
        import socket

        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if event in ("socket.connect", "socket.sendto") and not _is_here(arguments[1]):
        import errno
        import os

        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


def _may_be_asked_for(host):
    """An address needs no lookup, and the machine itself none on another machine."""
    import socket

    name = host.decode("utf-8", "replace") if isinstance(host, bytes) else host
    return name in (None, "", "localhost", socket.gethostname()) or _address(name) is not None


def _is_here(address):
    # Sockets of other families, such as those of files, have no pair of host and port.
    if not isinstance(address, tuple) or not isinstance(address[0], str):
        return True
    found = _address(address[0])
    return address[0] in ("", "localhost") if found is None else found.is_loopback or found.is_unspecified


def _address(text):
    import ipaddress

    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


sys.addaudithook(_refuse_other_machines)
