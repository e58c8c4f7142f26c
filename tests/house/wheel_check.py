"""What the wheel holds. Run by `make wheel`, since it builds one."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from house_tree import ROOT, files, project, top_level


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel that is built here and now, without network or isolation."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_its_top_level_names_are_the_list(names: set[str]) -> None:
    version = project()["project"]["version"]

    assert {name.split("/")[0] for name in names} == {
        *project()["tool"]["hatch"]["build"]["only-include"],
        f"closeout-{version}.dist-info",
    }


def test_every_file_of_the_program_is_inside(names: set[str]) -> None:
    tops = top_level()
    ours = {path.as_posix() for path in files() if path.parts[0] in tops}

    assert set() == ours - names


@pytest.mark.parametrize(
    "name",
    [
        "handbooks/defaults.toml",
        "handbooks/categories.toml",
        "handbooks/cedz/organisation.toml",
        "handbooks/calendars/cn-office.toml",
        "handbooks/calendars/holiday-cn/2020.json",
        "handbooks/calendars/holiday-cn/LICENSE",
        "audit/printed/fonts.toml",
        "audit/printed/paper.typ",
        "audit/printed/words.toml",
        "console/static/app.css",
        "console/static/vendor/htmx.min.js",
        "console/static/vendor/vendor.json",
        "console/templates/base.html",
        "console/templates/pages/today.html",
        "console/words/shell.toml",
        "face/asides.toml",
        "face/refusals.toml",
        "face/words.toml",
        "demo/cases/A01.toml",
        "demo/stories/S1.toml",
        "ledger/migrations/0001_ledger.sql",
        "runtime/watching/alerts.yaml",
        "runtime/watching/dashboard.json",
    ],
)
def test_the_data_is_inside(names: set[str], name: str) -> None:
    assert name in names


def test_the_command_and_the_licence_are_inside(names: set[str]) -> None:
    inside = {Path(name).name for name in names if ".dist-info/" in name}

    assert {"entry_points.txt", "LICENSE", "METADATA"} <= inside
