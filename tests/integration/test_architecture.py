# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map in CONTRIBUTING.md, held against the house. Reads files only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ansible_collections.apsara.live.tests.support.content import ROOT

_COLLECTION = "ansible_collections.apsara.live."
# Folders with code that are rooms, though Ansible gives them their names.
_CODE = ("plugins", "extensions")


@cache
def chart() -> dict[str, set[str]]:
    """Each room of the map, and the rooms whose names it may import."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("\n| room | what belongs there | may import |\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[1:]]
    return {room.strip("`"): set(re.findall(r"`([\w/]+)`", allowed)) for room, _words, allowed in rows}


@cache
def files() -> list[Path]:
    """Every Python file of the collection that users get."""
    return sorted(path.relative_to(ROOT) for folder in _CODE for path in (ROOT / folder).rglob("*.py"))


def room_of(path: Path) -> str:
    """The innermost room of a file. Raises IndexError for a file in none."""
    return max((room for room in chart() if path.is_relative_to(room)), key=len)


def imports(path: Path) -> Iterator[Path]:
    """The files of this collection that a file imports, also late or for types only."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [
                alias.name.removeprefix(_COLLECTION) for alias in node.names if alias.name.startswith(_COLLECTION)
            ]
            yield from (found for module in modules if (found := _file(Path(*module.split(".")))))
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(path, node)


def _imported_from(path: Path, node: ast.ImportFrom) -> Iterator[Path]:
    if node.level:
        base = path.parents[node.level - 1]
    elif (node.module or "").startswith(_COLLECTION):
        base = Path(*(node.module or "").removeprefix(_COLLECTION).split("."))
    else:
        return
    if node.level and node.module:
        base = base.joinpath(*node.module.split("."))
    # A name is a file of the folder, or something in the file.
    found = [_file(base / alias.name) or _file(base) for alias in node.names]
    assert all(found), f"{path}: {ast.unparse(node)}"
    yield from (file for file in found if file)


def _file(module: Path) -> Path | None:
    for candidate in (module.with_suffix(".py"), module / "__init__.py"):
        if (ROOT / candidate).is_file():
            return candidate
    return None


def test_every_room_of_the_map_is_a_folder() -> None:
    assert chart()
    assert [room for room in chart() if not (ROOT / room).is_dir()] == []


def test_every_folder_of_the_second_table_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("\n| folder | what belongs there |\n")[2].partition("\n\n")[0]
    named = [name for row in table.splitlines()[1:] for name in re.findall(r"`([\w/]+)`", row.split("|")[1])]
    assert named
    assert [name for name in named if not (ROOT / name).is_dir()] == []
    # What git does not track may lie about in tests/.
    assert {f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if any(path.glob("*.py"))} <= set(named)


def test_every_room_of_module_utils_is_in_the_map() -> None:
    rooms = {f"plugins/module_utils/{path.parent.name}" for path in (ROOT / "plugins" / "module_utils").glob("*/*.py")}
    assert rooms == {room for room in chart() if room.startswith("plugins/module_utils/")}


def test_every_file_is_in_a_room() -> None:
    assert files()
    assert {room_of(path) for path in files()} == set(chart())


def test_what_may_be_imported_is_a_room() -> None:
    names = {room.rpartition("/")[2] for room in chart()}
    assert {name for allowed in chart().values() for name in allowed} <= names


def test_every_import_is_on_the_map() -> None:
    wrong = [
        f"{path} imports {imported}"
        for path in files()
        for imported in imports(path)
        if room_of(imported) != room_of(path) and room_of(imported).rpartition("/")[2] not in chart()[room_of(path)]
    ]
    assert wrong == []


def test_no_files_import_each_other_in_a_circle() -> None:
    left = {path: set(imports(path)) - {path} for path in files()}
    # Files that import nothing of what is left are taken out until nothing is left, or only circles.
    while done := {path for path, imported in left.items() if not imported & left.keys()}:
        left = {path: imported for path, imported in left.items() if path not in done}
    assert left == {}
