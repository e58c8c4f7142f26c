"""The lists that name our packages name the packages that there are."""

import re
import subprocess

from house_tree import ROOT, project, top_level

PACKAGES = {name for name in top_level() if not name.endswith(".py")}
NOT_KEPT = (".venv", ".closeout", "dist", "build", "htmlcov", ".coverage", "demo/__pycache__")


def test_the_wheel_is_made_of_what_is_in_the_tree() -> None:
    listed = project()["tool"]["hatch"]["build"]["only-include"]

    assert sorted(top_level()) == sorted(listed)


def test_every_tool_looks_at_every_package() -> None:
    tool = project()["tool"]

    assert set(tool["mypy"]["packages"]) == PACKAGES
    assert set(tool["coverage"]["run"]["source"]) == PACKAGES
    assert set(tool["importlinter"]["root_packages"]) == PACKAGES


def test_every_package_has_its_layer() -> None:
    layers = project()["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = [name for layer in layers for name in layer.split(" | ")]

    assert sorted(PACKAGES) == sorted(placed)


def test_the_wheel_is_for_an_environment_of_its_own() -> None:
    assert "Private :: Do Not Upload" in project()["project"]["classifiers"]


def test_what_is_made_is_not_kept() -> None:
    if not (ROOT / ".git").exists():
        lines = set((ROOT / ".gitignore").read_text().split())
        assert {".venv/", ".closeout/", "dist/", "build/", "__pycache__/"} <= lines
        return
    asked = subprocess.run(
        [
            "git",
            "check-ignore",
            *(f"{name}/x" if "." not in name[1:] else name for name in NOT_KEPT),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(NOT_KEPT) == len(asked.stdout.split())


def test_every_folder_of_tests_is_run_by_one_part_of_make_test() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    parts = re.findall(r"^(?:DECIDED|FACES|STACK|TIMED) := (.+)$", makefile, re.MULTILINE)
    run = sorted(name for part in parts for name in part.split())
    folders = {test.parent for test in (ROOT / "tests").glob("*/test_*.py")}

    assert len(parts) == 4
    assert run == sorted(str(folder.relative_to(ROOT)) for folder in folders)
