# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page, table and list that comes from the code says what the code says now. Pure and quick."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from ansible_collections.apsara.live.tests.support.content import ROOT
from ansible_collections.apsara.live.tests.support.markdown import block_names
from ansible_collections.apsara.live.tests.support.pages import returned

# The soaks are measured: what they say cannot be worked out again.
MEASURED = {("guarantees", "soak"), ("guarantees", "plays")}


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "tests" / "generate_docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _load()


def text(name: str) -> str:
    return (ROOT / GENERATE.FILES[name][0]).read_text(encoding="utf-8")


def parts() -> list[tuple[str, str]]:
    """Every generated part: a block of a file, or a whole file."""
    found = [(name, block) for name in GENERATE.FILES for block in block_names(text(name)) or _commented(name) or [""]]
    return [part for part in found if part not in MEASURED]


def _commented(name: str) -> list[str]:
    """The blocks of a module, whose markers are comments in YAML."""
    return [block for block in returned.BLOCKS if f"# {block}: begin\n" in text(name)]


@pytest.mark.parametrize("name", GENERATE.FILES)
def test_a_file_is_what_the_code_says(name: str) -> None:
    assert text(name) == GENERATE.FILES[name][1](text(name)), "run make generate"


@pytest.mark.parametrize(("name", "block"), parts())
def test_a_change_by_hand_is_undone(name: str, block: str) -> None:
    right = text(name)
    mark = f"# {block}: begin\n" if block in returned.BLOCKS else f"<!-- {block}: begin -->\n\n" if block else ""
    wrong = right.replace(mark, f"{mark}| stale | row |\n", 1) if block else f"{right}stale\n"
    assert wrong != right
    assert GENERATE.FILES[name][1](wrong) == right


def test_every_marked_block_is_generated() -> None:
    """A marker that nobody fills would promise what is not so."""
    known = {GENERATE.FILES[name][0] for name in GENERATE.FILES}
    marked = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/README.md")]
    assert {str(path.relative_to(ROOT)) for path in marked if block_names(path.read_text(encoding="utf-8"))} <= known


def test_the_command_finds_and_mends_a_stale_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(GENERATE, "ROOT", tmp_path)
    for path, _renew in GENERATE.FILES.values():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    assert GENERATE.main(["all", "--check"]) == 0
    runtime = tmp_path / "meta" / "runtime.yml"
    runtime.write_text(runtime.read_text(encoding="utf-8").replace("    - caster_info\n", ""), encoding="utf-8")
    assert GENERATE.main(["all", "--check"]) == 1
    assert capsys.readouterr().err == "meta/runtime.yml is not fresh: run make generate\n"
    assert GENERATE.main(["runtime"]) == 0
    assert runtime.read_text(encoding="utf-8") == text("runtime")


def test_a_page_without_its_markers_is_an_error() -> None:
    broken = text("readme").replace("<!-- contents: end -->", "")
    with pytest.raises(ValueError, match="no block contents"):
        GENERATE.FILES["readme"][1](broken)
