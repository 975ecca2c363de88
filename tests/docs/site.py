# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the documentation site from the guides and from the documentation of the plugins and roles.

    python tests/docs/site.py rst              write docs/docsite/rst from docs/*.md
    python tests/docs/site.py rst --check      exit 1 when docs/docsite/rst is not what docs/*.md says
    python tests/docs/site.py build FOLDER     build the site there; every warning is an error, nothing is fetched

A guide has one source, docs/NAME.md, which Galaxy and GitHub show. Sphinx and docs.ansible.com read reStructuredText,
so pandoc makes it from that, with guide.lua beside this file.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pypandoc

ROOT = Path(__file__).resolve().parents[2]
RST = ROOT / "docs" / "docsite" / "rst"
_FILTER = Path(__file__).with_name("guide.lua")
_HEAD = """\
..
  Copyright (c) apsara.live contributors
  GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

..
  Made from docs/{name}.md by make docs. Do not edit it.

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
    return sorted((ROOT / "docs").glob("*.md"))


def as_rst(guide: Path) -> str:
    """The same guide in reStructuredText."""
    options = ["--wrap=preserve", f"--lua-filter={_FILTER}", f"--metadata=page:{guide.stem}"]
    text = pypandoc.convert_file(str(guide), "rst", format="gfm", extra_args=options)
    return _HEAD.format(name=guide.stem) + text.strip() + "\n"


def stale() -> list[str]:
    """The files in docs/docsite/rst that are not what the guides say, or are of no guide."""
    wanted = {f"{guide.stem}.rst": as_rst(guide) for guide in guides()}
    found = {path.name: path.read_text(encoding="utf-8") for path in RST.glob("*.rst")}
    return sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))


def write() -> None:
    """Write docs/docsite/rst anew."""
    shutil.rmtree(RST, ignore_errors=True)
    RST.mkdir(parents=True)
    for guide in guides():
        (RST / f"{guide.stem}.rst").write_text(as_rst(guide), encoding="utf-8")


def build(folder: Path) -> None:
    """Build the site in `folder`/build/html. Raises CalledProcessError when a tool is not content."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o755)
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


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("rst").add_argument("--check", action="store_true")
    commands.add_parser("build").add_argument("folder", type=Path)
    options = parser.parse_args(argv)
    if options.command == "build":
        build(options.folder.resolve())
    elif options.check:
        for name in (found := stale()):
            print(f"docs/docsite/rst/{name} is not fresh: run make docs", file=sys.stderr)
        return 1 if found else 0
    else:
        write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
