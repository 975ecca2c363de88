# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The preflight of a whole show in one line, for somebody who has to approve it.

Pure. The results are those of the role preflight, by host.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LISTED = 10
#: Verdict -> how a line counts the studios of it. The worst comes first.
_WORDS = {"not ready": "not ready", "unknown": "without a verdict", "attention": "needs attention", "ready": "ready"}


def verdicts(results: Mapping[str, Any]) -> str:
    """The verdicts of all studios, and what has to be looked at in which. A studio without a result is not ready.

    Only what is not in order is said in full, of ten studios at most: the job has everything.
    """
    by_verdict: dict[str, list[str]] = {verdict: [] for verdict in _WORDS}
    for host in sorted(results):
        by_verdict[_verdict(results[host])].append(host)
    counts = [f"{len(hosts)} {_WORDS[verdict]}" for verdict, hosts in by_verdict.items() if hosts]
    troubled = [host for verdict, hosts in by_verdict.items() if verdict != "ready" for host in hosts]
    lines = [f"{host}: {_sentences(results[host])}" for host in troubled[:_LISTED]]
    if len(troubled) > _LISTED:
        lines.append(f"And {len(troubled) - _LISTED} more, see the job.")
    return " ".join([f"Studios: {', '.join(counts) or 'none'}.", *lines])


def _verdict(result: Any) -> str:
    verdict = result.get("verdict") if isinstance(result, Mapping) else None
    return verdict if verdict in _WORDS else "unknown"


def _sentences(result: Any) -> str:
    findings = result.get("findings") if isinstance(result, Mapping) else None
    said = [
        " ".join(str(finding.get("sentence", "")).split())
        for finding in findings or []
        if finding.get("level") != "ready"
    ]
    return " ".join(said) or "It gave no verdict."
