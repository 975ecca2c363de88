# Copyright: apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the pages under docs/ that come from data in the code, or check that they are fresh.

    python tests/generate_docs.py errors            write docs/errors.md
    python tests/generate_docs.py errors --check    exit 1 when docs/errors.md is not what the code says
    python tests/generate_docs.py all --check       every page
    python tests/generate_docs.py reliability       run the fault matrix (half a minute) and write it there
    python tests/generate_docs.py soak              run the soak (about a minute) and write its figures there

A new page is one more function in PAGES. What takes long to find out is one more function in MEASURED.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def _import(name: str) -> Any:
    """Import one module of the collection, also when nobody set the import path."""
    import importlib

    full = f"ansible_collections.apsara.live.{name}"
    try:
        return importlib.import_module(full)
    except ImportError:
        sys.path.insert(0, str(ROOT / ".cache" / "collections"))
        return importlib.import_module(full)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


_KIND_WORDS = {
    "gate": "repeats: it was never carried out",
    "busy": "waits some seconds and repeats",
    "unavailable": "repeats reads and stops; reads the studio before it repeats a take",
    "lost": "repeats reads and stops; reads the studio before it repeats a take",
    "clock": "fails and shows both clocks",
    "denied": "fails and names the missing action",
    "noop": "counts it as done, `changed: false`",
    "failure": "fails",
}

_INTRO = """\
# Errors in words

A task that fails has a result `error`: `code`, `message`, `http_status`, `request_id`, `action`, `hint`, `recommend`,
`retryable` and `outcome`. Playbooks branch on `error.code` and `error.outcome`:

| `error.outcome` | what it means |
| --- | --- |
| `refused` | nothing was done |
| `failed` | the service said no |
| `unknown` | it may have been done: look at the studio before you repeat anything |

Many codes of ApsaraVideo Live are documented by name only. This page says so where it is the case.
It is made from the table that the modules use: do not edit it, run `python tests/generate_docs.py errors`.
"""


def errors_page() -> str:
    """Render docs/errors.md from the table of codes."""
    errors = _import("plugins.module_utils._errors")
    heads = ("code", "what happened", "what you can do", "what the collection does")

    def rows(meanings: Iterable[Any]) -> list[tuple[str, ...]]:
        ordered = sorted(meanings, key=lambda meaning: meaning.code.lower())
        return [(f"`{m.code}`", m.sentence, m.hint, _KIND_WORDS[m.kind]) for m in ordered]

    by_action = [
        (f"`{action}`", f"`{code}`", m.sentence, m.hint, _KIND_WORDS[m.kind])
        for (action, code), m in sorted(errors.MEANINGS_BY_ACTION.items())
    ]
    families = [(f"`{p.shape}`", p.sentence, p.hint, _KIND_WORDS[p.kind]) for p in errors.PATTERNS]
    parts = [
        _INTRO,
        "## Codes of this collection\n",
        _table(heads, rows(errors.OWN_CODES)) + "\n",
        "## Codes of the production studio\n",
        _table(heads, rows(errors.STUDIO_CODES)) + "\n",
        "### The same code as the answer to one operation\n",
        _table(("operation", *heads), by_action) + "\n",
        "## Codes of every Alibaba Cloud API\n",
        _table(heads, rows(errors.COMMON_CODES)) + "\n",
        "### Families\n",
        "A code that is in no table is read by its shape; the first line that fits counts.\n",
        _table(heads, families) + "\n",
        "A 429 and any answer with `x-acs-retry-after` count as refused at the gate, whatever the code. An error\n"
        "without a code counts by its status: 503 as not available, 408 and other 5xx as lost, the rest as failures.\n",
        "## RAM denials\n",
        "The message names the missing action and prints the statement to add to a policy, for example\n",
        f"```json\n{errors.ram_statement('live:CopyCasterSceneConfig')}\n```\n",
        "`Resource` may be narrowed to one studio: `acs:live:*:<account id>:caster/<studio id>`.",
    ]
    return "\n".join(parts) + "\n"


def reliability_page() -> str:
    """Render docs/reliability.md with the fault matrix as the tests demand it; the soak stays as it was measured."""
    return str(_import("tests.support.reliability").expected_page(_page("reliability")))


def _measured_matrix() -> None:
    path = _page("reliability")
    path.write_text(_import("tests.support.reliability").measured_page(path), encoding="utf-8")


def _measured_soak() -> None:
    path = _page("reliability")
    path.write_text(_import("tests.support.reliability").soaked_page(path), encoding="utf-8")


def _page(name: str) -> Path:
    return ROOT / "docs" / f"{name}.md"


# file name under docs/ without .md -> the function that returns its whole text
PAGES: dict[str, Callable[[], str]] = {"errors": errors_page, "reliability": reliability_page}

# name -> the function that finds something out by running it and writes it into a page
MEASURED: dict[str, Callable[[], None]] = {"reliability": _measured_matrix, "soak": _measured_soak}


def _is_fresh(name: str) -> bool:
    path = _page(name)
    return path.is_file() and path.read_text(encoding="utf-8") == PAGES[name]()


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("page", choices=[*{**PAGES, **MEASURED}, "all"])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is not fresh")
    options = parser.parse_args(argv)
    names = list(PAGES) if options.page == "all" else [options.page]
    if options.check and options.page not in {*PAGES, "all"}:
        parser.error(f"{options.page} is measured, not derived: there is nothing to check it against")
    if options.check:
        stale = [name for name in names if not _is_fresh(name)]
        for name in stale:
            print(f"docs/{name}.md is not fresh: run python tests/generate_docs.py {name}", file=sys.stderr)
        return 1 if stale else 0
    for name in names:
        if name in MEASURED:
            MEASURED[name]()
            continue
        path = _page(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGES[name](), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
