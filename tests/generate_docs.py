# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what comes from data in the code, or check that it is fresh.

    python tests/generate_docs.py all               write everything; this is what make generate does
    python tests/generate_docs.py all --check       exit 1 when a file is not what the code says
    python tests/generate_docs.py errors [--check]  one of them
    python tests/generate_docs.py guarantees        run the fault matrix (half a minute) and write it there
    python tests/generate_docs.py as-run            rehearse, and write the example of an as-run report
    python tests/generate_docs.py soak              run the soak (about a minute) and write its figures there
    python tests/generate_docs.py plays             run the soak of playbooks (a quarter of an hour), the same way

A new file or block is one more entry in FILES. What takes long to find out is one more function in MEASURED.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def _import(name: str) -> Any:
    """Import one module of the collection, also when nobody set the import path."""
    full = f"ansible_collections.apsara.live.{name}"
    try:
        return importlib.import_module(full)
    except ImportError:
        sys.path.insert(0, str(ROOT / ".cache" / "collections"))
        return importlib.import_module(full)


_markdown = _import("tests.support.markdown")
_aap = _import("tests.support.pages.aap")
_authentication = _import("tests.support.pages.authentication")
_content = _import("tests.support.content")
_contents = _import("tests.support.pages.contents")
_errors = _import("tests.support.pages.errors")
_permissions = _import("tests.support.pages.permissions")
_returned = _import("tests.support.pages.returned")
_roles = _import("tests.support.pages.roles")

# From the text that a file has to the text that it must have.
Renderer = Callable[[str], str]


def _whole(render: Callable[[], str]) -> Renderer:
    return lambda text: render()


def _blocks(**renders: Callable[[], str]) -> Renderer:
    def renew(text: str) -> str:
        for name, render in renders.items():
            text = _markdown.with_block(text, name, render())
        return text

    return renew


def _guarantees(text: str) -> str:
    # The fault matrix as the tests demand it; the soaks stay as they were measured.
    return str(_import("tests.support.guarantees").expected_page(text))


def _role_table(role: str) -> Callable[[], str]:
    return lambda: str(_roles.arguments(role))


# name on the command line -> the file below the root, and how its text is made
FILES: dict[str, tuple[str, Renderer]] = {
    "aap": ("extensions/awx/aap_configuration.yml", _whole(_aap.page)),
    "authentication": (
        "docs/authentication.md",
        _blocks(modes=_authentication.modes, unsupported_modes=_authentication.unsupported_modes),
    ),
    "contents": ("docs/contents.md", _whole(_contents.page)),
    "errors": ("docs/errors.md", _whole(_errors.page)),
    "fleet": ("docs/fleet.md", _blocks(limits=_permissions.limits)),
    "guarantees": ("docs/guarantees.md", _guarantees),
    "permissions": ("docs/permissions.md", _whole(_permissions.page)),
    "readme": ("README.md", _blocks(contents=_contents.overview)),
    "runtime": ("meta/runtime.yml", _whole(_contents.runtime)),
    **{f"module-{name}": (f"plugins/modules/{name}.py", _returned.renew) for name in _content.MODULES},
    **{f"role-{name}": (f"roles/{name}/README.md", _blocks(arguments=_role_table(name))) for name in _content.ROLES},
}


def _measured_matrix() -> None:
    path = ROOT / FILES["guarantees"][0]
    path.write_text(_import("tests.support.guarantees").measured_page(path), encoding="utf-8")


def _measured_soak() -> None:
    path = ROOT / FILES["guarantees"][0]
    path.write_text(_import("tests.support.guarantees").soaked_page(path), encoding="utf-8")


def _measured_plays() -> None:
    path = ROOT / FILES["guarantees"][0]
    path.write_text(_import("tests.support.guarantees").played_page(path), encoding="utf-8")


def _rehearsed() -> None:
    _import("tests.support.pages.as_run").write()


# name -> the function that finds something out by running it and writes it into a page
MEASURED: dict[str, Callable[[], None]] = {
    "as-run": _rehearsed,
    "plays": _measured_plays,
    "guarantees": _measured_matrix,
    "soak": _measured_soak,
}


def _text(name: str) -> str:
    path = ROOT / FILES[name][0]
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def is_fresh(name: str) -> bool:
    """Whether the file is what the code says."""
    text = _text(name)
    return text == FILES[name][1](text)


def _write(name: str) -> None:
    path, renew = FILES[name]
    (ROOT / path).write_text(renew(_text(name)), encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=[*{**FILES, **MEASURED}, "all"])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not fresh")
    options = parser.parse_args(argv)
    names = list(FILES) if options.name == "all" else [options.name]
    if options.check and options.name not in {*FILES, "all"}:
        parser.error(f"{options.name} is measured, not derived: there is nothing to check it against")
    if options.check:
        stale = [name for name in names if not is_fresh(name)]
        for name in stale:
            print(f"{FILES[name][0]} is not fresh: run make generate", file=sys.stderr)
        return 1 if stale else 0
    for name in names:
        if options.name in MEASURED:
            MEASURED[name]()
        else:
            _write(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
