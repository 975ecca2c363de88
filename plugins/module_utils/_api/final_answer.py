# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Which answer is the real one? An HTTP answer that passes over those that only announce it.

Any 1xx status but 101 says that the real answer is still to come (RFC 9110, section 15.2). http.client passes over 100
alone, and takes 102 or 103 for the answer.
"""

from __future__ import annotations

import http.client

_SWITCHING_PROTOCOLS = 101
# Whoever sends more of them will not come to the point.
MOST_INTERIM = 100


class FinalAnswer(http.client.HTTPResponse):
    """The real answer to a request. Raises HTTPException when too many come before it."""

    def _read_status(self) -> tuple[str, int, str]:
        for _unused in range(MOST_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status >= 200 or status == _SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("too many interim answers")
