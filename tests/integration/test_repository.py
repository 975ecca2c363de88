# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no public tool checks in the repository. Reads files only, nothing is run but git."""

from __future__ import annotations

import ast
import io
import ipaddress
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.apsara.live.plugins.plugin_utils._definitions import definitions
from ansible_collections.apsara.live.tests.support import content
from ansible_collections.apsara.live.tests.support.content import MODULES, ROOT, load
from ansible_collections.apsara.live.tests.support.secret_shapes import find_secrets

NAMES = [f"apsara.live.{module}" for module in MODULES]
PLUGINS = [(kind, name) for kind, names in content.PLUGINS.items() for name in names]
GALAXY: dict[str, Any] = load("galaxy.yml")
# Passwords in addresses that tests need and that open nothing.
NO_SECRETS = {
    *(("Basic Auth Credentials", word) for word in ("b", "p", "p%40ss", "studio", "word", "rehearsal-word")),
    *(("Basic Auth Credentials", name) for name in ("{_PROXY_PASSWORD}", "{_ENDPOINT_PASSWORD}")),
    # A test asks whether this address is no loopback.
    ("Public IP (ipv4)", "11.1.2.3"),
}
# The signing vectors have a token of the usual length, made of the words foo and bar.
FAKE_TOKEN = "Zm9v+YmFy/YmF6" * 3


def git(*arguments: str) -> str:
    """What git says of this repository."""
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, timeout=60, check=True
    ).stdout


def tracked() -> list[Path]:
    return [ROOT / name for name in git("ls-files", "-z").split("\0") if name and (ROOT / name).is_file()]


def read(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


# --- names


def test_every_module_is_everywhere_where_a_module_must_be() -> None:
    assert set(MODULES) == set(definitions())
    assert set(MODULES) == {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")}
    assert set(MODULES) == set(load("meta", "runtime.yml")["action_groups"]["live"])


@pytest.mark.parametrize("folder", ["module_utils", "plugin_utils", "doc_fragments"])
def test_what_is_no_public_interface_has_a_private_name_and_says_so(folder: str) -> None:
    paths = [path for path in (ROOT / "plugins" / folder).rglob("*.py") if path.name != "__main__.py"]
    assert paths
    for path in paths:
        assert any(part.startswith("_") for part in path.relative_to(ROOT / "plugins").parts), path
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert said.startswith("PRIVATE."), path


def test_docstrings_say_what_a_thing_is_and_do_not_ask() -> None:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    asking = [
        f"{path.relative_to(ROOT)}: {said}"
        for path in tracked()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, documented) and "?" in (said := (ast.get_docstring(node) or "").partition("\n\n")[0])
    ]
    assert asking == []


def test_no_file_has_the_name_of_a_module_of_python() -> None:
    # pylint of ansible-test takes such a file for the one of the standard library, and the other way round.
    names = [path for path in tracked() if path.is_relative_to(ROOT / "plugins") and path.suffix == ".py"]
    assert names
    assert [path for path in names if path.stem in sys.stdlib_module_names] == []


def test_files_have_plain_names() -> None:
    names = [path.relative_to(ROOT) for path in tracked()]
    shipped = [
        name for name in names if name.parts[0] in ("plugins", "roles", "playbooks") and name.name != "README.md"
    ]
    assert shipped
    for name in shipped:
        assert re.fullmatch(r"[a-z0-9_/]+\.[a-z]+(\.j2)?", str(name)), name
    # antsibull-changelog wants its own files so.
    assert not [name for name in names if name.suffix == ".yaml" and name.parts[0] != "changelogs"]


def test_main_of_a_module_and_run_of_an_action_plugin_read_at_a_glance() -> None:
    for path in [*(ROOT / "plugins" / "modules").glob("*.py"), *(ROOT / "plugins" / "action").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 20, f"{path.name}: {node.name}"


# --- documentation


def texts(documented: Any, key: str = "") -> Iterator[str]:
    """Every description and note below a piece of documentation."""
    if isinstance(documented, dict):
        for name, value in documented.items():
            plain = isinstance(value, str) or (isinstance(value, list) and all(isinstance(v, str) for v in value))
            if name in ("description", "details", "notes") and plain:
                yield from content.sentences(value)
            else:
                yield from texts(value, name)
    elif isinstance(documented, list):
        for value in documented:
            yield from texts(value, key)


def documents() -> list[Any]:
    found = []
    for path in sorted((ROOT / "plugins").glob("*/*.py")):
        strings = content.strings(path)
        described = [name for name in ("DOCUMENTATION", "RETURN") if name in strings]
        if path.parent.name == "doc_fragments":
            described = [name for name in strings if name.isupper()]
        found += [pytest.param(yaml.safe_load(strings[name]), id=f"{path.stem}-{name}") for name in described]
    for name in content.FILTERS:
        beside = load("plugins", "filter", f"{name}.yml")
        found += [pytest.param(beside[part], id=f"{name}-{part}") for part in ("DOCUMENTATION", "RETURN")]
    return found


@pytest.mark.parametrize("documented", documents())
def test_descriptions_are_full_sentences(documented: Any) -> None:
    found = list(texts(documented))
    assert found
    for text in found:
        assert re.match(r"[A-Z]", text), text
        assert text.endswith("."), text


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_a_short_description_is_a_title(kind: str, name: str) -> None:
    short = content.documentation(kind, name)["short_description"]
    assert short[0].isupper()
    assert not short.endswith(".")
    assert len(short) <= 80


@pytest.mark.parametrize("module", MODULES)
def test_the_argument_spec_has_the_order_of_the_documentation(module: str) -> None:
    assert list(definitions()[module].options) == list(content.documentation("modules", module)["options"])


def tasks(node: Any) -> Iterator[dict[str, Any]]:
    """Every task of a document, those in blocks too."""
    for entry in node if isinstance(node, list) else []:
        yield entry
        for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from tasks(entry.get(part))


def test_no_task_of_ours_has_changed_when() -> None:
    # ansible-core 2.21 shows what it gave in every failure: words of a programmer on the last screen.
    files = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml")]
    ours = [task for file in files for task in tasks(load(str(file))) if any(key in task for key in NAMES)]
    assert ours
    assert [task["name"] for task in ours if "changed_when" in task] == []


# A file by its path from the root, or a page or a source by its name alone.
CITED = re.compile(
    r"(?<![\w./~-])((?:\.\./)*(?:plugins|roles|playbooks|docs|tests|extensions|meta|changelogs)/[\w./-]*[\w/]"
    r"|(?:[\w-]+/)*[\w-]+\.(?:py|md|lua|toml|j2|svg))\b"
)
# Written by a command, or any file of this kind.
MADE = {"docs/NAME.md", "docs/docsite/rst", "docs/docsite/extra-docs.yml", "tests/output/benchmark.json"}


def prose(path: Path) -> str:
    """What a file says to people: the comments and docstrings of code, the whole of a page."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        said = [token.string for token in tokens if token.type == tokenize.COMMENT]
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
        text = "\n".join([*said, *(ast.get_docstring(node) or "" for node in nodes)])
    elif path.suffix != ".md":
        text = "\n".join(re.findall(r"(?:^|\s)#.*", text))
    return re.sub(r"https?://\S+", "", text)


def test_every_file_that_a_comment_or_a_page_names_exists() -> None:
    paths = [path.relative_to(ROOT) for path in tracked()]
    places = {place.parts for path in paths for place in (path, *path.parents)}
    # A name without its folders will do, and so will a module without .py.
    ends = {"/".join(parts[at:]).removesuffix(".py") for parts in places for at in range(len(parts))}
    wrong = [
        f"{path}: {cited}"
        for path in paths
        if path.suffix in (".py", ".yml", ".toml", ".md") and path.name != "CHANGELOG.md"
        for cited in CITED.findall(prose(ROOT / path))
        if cited.rstrip("/").lstrip("./").removesuffix(".py") not in ends | MADE
    ]
    assert wrong == []


# What was called by words of our own, or by words that mean something else to people of live production.
OLD_WORDS = {
    "studios on loopback": "simulated studios on this machine",
    "fast road": "in-process",
    "module road": "module process",
    "at the gate": "throttled",
    "the service said no": "rejected",
    "standby picture": "slate",
    "readings": "reads",
    "everything in order": "all takes and stops, by time",
    "woken by events": "reacting to lost feeds",
}
# What people read: pages, and everything that ships. A changelog keeps the words of its time.
READ_BY_PEOPLE = ("README.md", "CONTRIBUTING.md", "docs", "plugins", "roles", "playbooks", "extensions")
# It explains the slate by the words of the console.
EXPLAINS = "docs/glossary.md"


def test_people_read_the_words_of_the_field() -> None:
    paths = {str(path.relative_to(ROOT)): path for path in tracked()}
    shipped = {name: path for name, path in paths.items() if name.split("/")[0] in READ_BY_PEOPLE and name != EXPLAINS}
    assert len(shipped) > 200
    found = [
        f"{name}: {old}, use {new}"
        for name, path in shipped.items()
        for old, new in OLD_WORDS.items()
        if old in path.read_text(encoding="utf-8").lower()
    ]
    assert found == []


# --- roles and playbooks


def test_no_role_knows_a_group_of_hosts() -> None:
    for path in tracked():
        if path.is_relative_to(ROOT / "roles") and path.suffix == ".yml":
            assert not re.search(r"\bgroups(\[|\.|\b(?=.*\bextract\b))", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("role", content.ROLES)
def test_what_a_role_keeps_to_itself_has_a_name_of_its_own(role: str) -> None:
    found = [path.read_text(encoding="utf-8") for path in (ROOT / "roles" / role / "vars").rglob("*.yml")]
    # Ansible has tags of its own in YAML, so only the names are read.
    names = [name for text in found for name in re.findall(r"^(\w+):", text, re.MULTILINE)]
    assert names
    assert [name for name in names if not name.startswith(f"__{role}_")] == []


def test_the_variables_of_a_role_are_values() -> None:
    # A condition, a filter of our own or a lookup is logic, and logic has unit tests.
    logic = re.compile(r"\{%|\{\{[^}]*(?:\bif\b|\blookup\(|\bquery\(|\bapsara\.live\.)")
    paths = [path for path in tracked() if "vars" in path.parts and path.is_relative_to(ROOT / "roles")]
    assert paths
    # The kit describes objects of AWX, which has templates of its own.
    found = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in paths
        if "awx_kit" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if logic.search(line)
    ]
    assert found == []


def tags(document: Any) -> Iterator[str]:
    """Every tag below a piece of YAML."""
    if isinstance(document, dict):
        own = document.get("tags", [])
        yield from [own] if isinstance(own, str) else own
        document = [value for key, value in document.items() if key != "tags"]
    if isinstance(document, list):
        for value in document:
            yield from tags(value)


# Decides by itself between always and never.
NO_NAME = {"{{ __find['tag'] }}"}


def test_a_tag_is_the_name_of_a_role() -> None:
    for path in tracked():
        if path.suffix == ".yml" and path.is_relative_to(ROOT / "playbooks"):
            assert set(tags(yaml.safe_load(path.read_text(encoding="utf-8")))) <= set(content.ROLES) | NO_NAME, path
        if path.suffix == ".yml" and path.is_relative_to(ROOT / "roles") and path.parent.name == "tasks":
            found = set(tags(yaml.safe_load(path.read_text(encoding="utf-8"))))
            assert all(tag.startswith(path.parts[-3]) for tag in found), path


# --- what a maintainer of the package looks for


def test_the_readme_says_where_people_meet_and_how_they_behave() -> None:
    readme = read("README.md")
    section = readme.partition("## Communication\n")[2].partition("\n## ")[0]
    for needed in ("https://forum.ansible.com/c/help/6", "`apsara-live`", "the-bullhorn"):
        assert needed in section, needed
    assert "](CODE_OF_CONDUCT.md)" in readme
    assert "docs.ansible.com/ansible/latest/community/code_of_conduct.html" in read("CODE_OF_CONDUCT.md")
    assert "semver.org" in readme


def test_the_readme_asks_for_what_the_metadata_asks_for() -> None:
    least = re.fullmatch(r">=(\d+\.\d+)\.0", load("meta", "runtime.yml")["requires_ansible"])
    assert least is not None
    assert f"- ansible-core {least.group(1)} or newer" in read("README.md")


def named_versions() -> dict[str, list[str]]:
    """Where a file says which version this is, or which one to install, and what it says."""
    shapes = {
        "plugins/module_utils/_api/transport.py": r'^COLLECTION_VERSION = "(.*)"$',
        "galaxy.yml": r"^version: (.*)$",
    }
    required = r'^ *- name: apsara\.live\n +version: "(?:[=>]=)?(.*)"$'
    paths = [str(path.relative_to(ROOT)) for path in tracked() if path.suffix in (".md", ".yml", ".py")]
    found = {path: re.findall(shapes.get(path, required), read(path), re.MULTILINE) for path in paths}
    return {path: versions for path, versions in found.items() if versions}


def test_every_place_that_names_the_version_names_the_same() -> None:
    found = named_versions()
    assert set(found) == {
        "galaxy.yml",
        "plugins/module_utils/_api/transport.py",
        "README.md",
        "docs/execution_environment.md",
        "roles/awx_kit/files/project/collections/requirements_example.yml",
    }
    assert {version for versions in found.values() for version in versions} == {GALAXY["version"]}


def _numbers(version: Any) -> tuple[int, ...]:
    return tuple(map(int, str(version).split(".")))


def test_nothing_was_added_in_a_version_to_come() -> None:
    found = [
        (str(path.relative_to(ROOT)), version)
        for path in tracked()
        if path.suffix in (".py", ".yml") and path.relative_to(ROOT).parts[0] in ("plugins", "roles", "extensions")
        for version in re.findall(r"^ *version_added: ['\"]?([\d.]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert found
    assert [entry for entry in found if _numbers(entry[1]) > _numbers(GALAXY["version"])] == []


def test_this_version_has_a_changelog_entry_or_is_the_next_one() -> None:
    version = GALAXY["version"]
    released = load("changelogs", "changelog.yaml")["releases"]
    coming = list((ROOT / "changelogs" / "fragments").glob("*.yml"))
    # What comes after a release is a version of its own from the first change on.
    assert (version in released) != bool(coming)
    assert _numbers(version) >= max(map(_numbers, released))
    for path in coming:
        assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) <= _sections(), path


def _sections() -> set[str]:
    config = load("changelogs", "config.yaml")
    return {name for name, _unused in config["sections"]} | {
        config["prelude_section_name"],
        config["trivial_section_name"],
    }


def test_a_tag_on_this_commit_is_the_version() -> None:
    assert set(git("tag", "--points-at", "HEAD").split()) <= {GALAXY["version"]}


def test_no_finding_of_the_sanity_tests_is_ignored() -> None:
    assert not list((ROOT / "tests" / "sanity").glob("ignore*"))


# --- secrets


def test_nothing_in_the_repository_has_the_shape_of_a_secret() -> None:
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [(str(path.relative_to(ROOT)), *secret) for secret in find_secrets(text)]
    left = [entry for entry in found if not _harmless(*entry[1:])]
    assert not left


def _harmless(kind: str, value: str) -> bool:
    if kind == "Public IP (ipv4)" and not ipaddress.ip_address(value.partition(":")[0]).is_global:
        return True
    return (kind, value) in NO_SECRETS or FAKE_TOKEN in value


@pytest.mark.parametrize(
    "secret",
    [
        # Put together here, or this file would hold what it looks for.
        "LTAI" + "5tFakeFakeFake00",
        "STS." + "NUfakefakefakefake00fake",
        "CAIS" + "fake" * 20,
        "fAkE0" * 6,
        "ghp_" + "fAkE00" * 6,
        "-----BEGIN RSA " + "PRIVATE KEY-----",
    ],
)
def test_a_secret_would_be_found(secret: str) -> None:
    assert find_secrets(f"access_key_secret: {secret}\n")
