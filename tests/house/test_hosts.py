"""Nothing in the repository names a machine: no registry, no folder of whoever wrote it."""

import re
from pathlib import Path

from house_tree import ROOT, files, text_of

REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "golang" + ".org",
    "crates" + ".io",
    "docker" + ".io",
    "gh" + "cr.io",
    "qu" + "ay.io",
    "gcr" + ".io",
)
"""In two pieces each, so that this file does not name them either."""
CHOICES_OF_A_REGISTRY = ("index" + "-url", "trusted" + "-host", "find" + "-links")
SOMEBODYS_HOME = re.compile(r"(?<![\w.])/(?:home|Users|root|workspace|builds)/\w|[A-Z]:\\\\?Users")
LOCK = Path("requirements.lock")


def lines_with(needle: re.Pattern[str]) -> list[str]:
    """Return where a pattern stands: `file:line`."""
    return [
        f"{path}:{number}"
        for path in files()
        for number, line in enumerate((text_of(path) or "").splitlines(), start=1)
        if needle.search(line)
    ]


def test_no_package_registry_is_named() -> None:
    assert lines_with(re.compile("|".join(map(re.escape, REGISTRIES)))) == []


def test_no_registry_is_chosen_for_whoever_installs() -> None:
    chosen = lines_with(re.compile("|".join(CHOICES_OF_A_REGISTRY)))

    # The one that tells uv to write no registry into the lock.
    assert [place for place in chosen if not place.startswith("Makefile:")] == []


def test_no_folder_of_this_machine_is_named() -> None:
    here = re.compile(rf"(?<![\w.]){re.escape(str(ROOT))}(?![\w.-])")

    assert lines_with(SOMEBODYS_HOME) == []
    assert ([] if len(ROOT.parts) < 3 else lines_with(here)) == []


def test_the_lock_has_a_hash_for_everything_and_no_address() -> None:
    text = (ROOT / LOCK).read_text()
    pins = re.split(r"\n(?=\S)", text)

    assert "://" not in text
    assert len(pins) > 20
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_there_is_one_lock() -> None:
    assert not (ROOT / ("uv" + ".lock")).exists()
    assert not (ROOT / ("poetry" + ".lock")).exists()
