# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the documentation site from the guides and from the documentation of the plugins and roles.

    python tests/docs/site.py FOLDER    build the site there; every warning is an error, nothing is fetched

The one source of a guide is docs/NAME.md, which Galaxy and GitHub show, and docs/README.md is the index. Sphinx and
docs.ansible.com read reStructuredText: pandoc makes docs/docsite/rst from the guides, with guide.lua beside this file,
and docs/docsite/extra-docs.yml comes from the index. Both are built, never tracked.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pypandoc
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
RST = DOCS / "docsite" / "rst"
TOCTREE = DOCS / "docsite" / "extra-docs.yml"
_FILTER = Path(__file__).with_name("guide.lua")
_LICENCE = """\
Copyright (c) apsara.live contributors
GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
"""

# What the pages of plugins refer to and Ansible's own documentation explains.
_ELSEWHERE = {
    **{
        f"{kind}_plugins": f"std:label plugins/{kind}.html#{kind}-plugins"
        for kind in ("action", "callback", "filter", "inventory", "lookup", "test")
    },
    "ansible_configuration_settings": "std:label reference_appendices/config.html#ansible-configuration-settings",
    "common_return_values": "std:label reference_appendices/common_return_values.html#common-return-values",
    **{
        name: f"std:envvar reference_appendices/config.html#envvar-{name}"
        for name in (
            "ANSIBLE_CACHE_PLUGIN",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION",
            "ANSIBLE_CACHE_PLUGIN_PREFIX",
            "ANSIBLE_CACHE_PLUGIN_TIMEOUT",
            "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED",
        )
    },
}
# The page of the changelog is empty until the first release.
_CONFIGURATION = """
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/projects/ansible/latest/", "../ansible.inv")}
suppress_warnings = ["toc.no_title"]
"""


def guides() -> list[Path]:
    """The guides, each the only source of what it says."""
    return sorted(path for path in DOCS.glob("*.md") if path != INDEX)


def as_rst(guide: Path) -> str:
    """A guide in reStructuredText."""
    options = ["--wrap=preserve", f"--lua-filter={_FILTER}", f"--metadata=page:{guide.stem}"]
    text = pypandoc.convert_file(str(guide), "rst", format="gfm", extra_args=options)
    return f"..\n{_indented(_LICENCE)}\n..\n  Made from docs/{guide.name}. Do not edit it.\n\n{text.strip()}\n"


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def toctree(index: str) -> str:
    """The sections of the index and the guides that each of them lists, as antsibull-docs wants them."""
    sections = [
        {"title": title, "toctree": re.findall(r"^- \[.*?\]\((\w+)\.md\)", body, re.MULTILINE)}
        for title, body in re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", index, re.MULTILINE)
    ]
    licence = "".join(f"# {line}\n" for line in _LICENCE.splitlines())
    return f"{licence}---\n{yaml.safe_dump({'sections': sections}, sort_keys=False)}"


def write() -> None:
    """Write docs/docsite/rst and docs/docsite/extra-docs.yml anew."""
    shutil.rmtree(RST, ignore_errors=True)
    RST.mkdir(parents=True)
    for guide in guides():
        (RST / f"{guide.stem}.rst").write_text(as_rst(guide), encoding="utf-8")
    TOCTREE.write_text(toctree(INDEX.read_text(encoding="utf-8")), encoding="utf-8")


def build(folder: Path) -> None:
    """Build the site in `folder`/build/html. Raises CalledProcessError when a tool is not content."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o755)
    _run("antsibull-docs", "lint-collection-docs", "--check-extra-docs-refs", "--skip-rstcheck", str(ROOT))
    project = ["--project", "apsara.live", "--copyright", "apsara.live contributors", "--title", "apsara.live"]
    _run("antsibull-docs", "sphinx-init", "--use-current", "--squash-hierarchy", "--fail-on-error", *project,
         "--dest-dir", str(folder), "apsara.live")  # fmt: skip
    (folder / "ansible.inv").write_bytes(_inventory())
    with open(folder / "conf.py", "a", encoding="utf-8") as conf:
        conf.write(_CONFIGURATION)
    _run(str(folder / "build.sh"))


def _inventory() -> bytes:
    """The list of targets that Sphinx would otherwise fetch from docs.ansible.com, in its format."""
    head = ["# Sphinx inventory version 2", "# Project: Ansible", "# Version: ", "# It is compressed using zlib."]
    entries = [(name, *target.split()) for name, target in _ELSEWHERE.items()]
    lines = [f"{name} {role} -1 {page} {name}\n" for name, role, page in entries]
    return "".join(f"{line}\n" for line in head).encode() + zlib.compress("".join(lines).encode())


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def main(argv: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder.resolve()
    write()
    build(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
