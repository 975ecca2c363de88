# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/errors.md, from the table of codes."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.apsara.live.plugins.module_utils._errors import codes
from ansible_collections.apsara.live.plugins.module_utils._errors.explain import hint_for, ram_statement
from ansible_collections.apsara.live.plugins.module_utils._errors.kind import Kind

from ..markdown import table

_KIND_WORDS = {
    Kind.THROTTLED: "repeats: it was never carried out",
    Kind.BUSY: "waits some seconds and repeats",
    Kind.UNAVAILABLE: "repeats reads and stops; reads the studio before it repeats a take",
    Kind.LOST: "repeats reads and stops; reads the studio before it repeats a take",
    Kind.CLOCK: "fails and shows both clocks",
    Kind.DENIED: "fails and names the missing action",
    Kind.NOOP: "counts it as done, `changed: false`",
    Kind.FAILURE: "fails",
}

_INTRO = """\
# Errors in words

A task that fails has a result `error`: `code`, `message`, `http_status`, `request_id`, `action`, `option`, `hint`,
`recommend`, `retryable` and `outcome`. Playbooks branch on `error.code` and `error.outcome`:

| `error.outcome` | what it means |
| --- | --- |
| `refused` | nothing was done |
| `failed` | the service rejected it; nothing was done |
| `unknown` | unconfirmed, it may have been done: look at the studio before you repeat anything |

Many codes of ApsaraVideo Live are documented by name only. This page says so where it is the case.
It is made from the table that the modules use: do not edit it, run `make generate`.
"""


def page() -> str:
    """The whole of docs/errors.md."""
    heads = ("code", "what happened", "what you can do", "what the collection does")
    by_action = [
        (f"`{action}`", f"`{code}`", m.sentence, m.hint, _KIND_WORDS[m.kind])
        for (action, code), m in sorted(codes.MEANINGS_BY_ACTION.items())
    ]
    families = [(f"`{p.shape}`", p.sentence, p.hint, _KIND_WORDS[p.kind]) for p in codes.PATTERNS]
    parts = [
        _INTRO,
        "## Codes of this collection\n",
        table(heads, _rows(codes.OWN_CODES)) + "\n",
        "## Codes of the production studio\n",
        table(heads, _rows(codes.STUDIO_CODES)) + "\n",
        "### The same code as the answer to one operation\n",
        table(("operation", *heads), by_action) + "\n",
        "## Codes of every Alibaba Cloud API\n",
        table(heads, _rows(codes.COMMON_CODES)) + "\n",
        "### Families\n",
        "A code that is in no table is read by its shape; the first line that fits counts.\n",
        table(heads, families) + "\n",
        "A 429 and any answer with `x-acs-retry-after` count as throttled, whatever the code. An error\n"
        "without a code counts by its status: 503 as not available, 408 and other 5xx as lost, the rest as failures.\n",
        "## RAM denials\n",
        "The message names the missing action and prints the statement to add to a policy, for example\n",
        f"```json\n{ram_statement('live:CopyCasterSceneConfig')}\n```\n",
        "[Permissions](permissions.md) has whole policies, by what a person does.",
    ]
    return "\n".join(parts) + "\n"


def _rows(meanings: Iterable[codes.Meaning]) -> list[tuple[str, ...]]:
    ordered = sorted(meanings, key=lambda meaning: meaning.code.lower())
    return [(f"`{m.code}`", m.sentence, hint_for(m, True), _KIND_WORDS[m.kind]) for m in ordered]
