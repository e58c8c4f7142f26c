"""The threat model names what is there, and answers each threat."""

import re
from pathlib import Path

import pytest
from house_documents import links, read
from house_tree import ROOT

MODEL = Path("docs/threat-model.md")
POLICY = Path("SECURITY.md")
HEAD = "| threat | what stops it | shown by | what remains |"
FILE = re.compile(r"`((?:tests|docs|ledger|runtime|domain|desk)/[\w./-]+)`")
ADDRESS = re.compile(r"\S+@\S+\.\S+|https?://")


def threats() -> dict[str, list[list[str]]]:
    """Return the rows of each section that has threats: threat, what stops it, tests, the rest."""
    found = {}
    for section in re.split(r"^## ", read(MODEL), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        if HEAD in text:
            rows = text.split(HEAD)[1].strip().splitlines()[1:]
            found[name] = [
                [cell.strip() for cell in row.strip("|").split(" | ")]
                for row in (row.replace("||", "| |") for row in rows)
                if row.startswith("|")
            ]
    return found


SECTIONS = threats()


def test_every_border_has_its_threats() -> None:
    borders = ("door 1", "door 2", "console", "come in", "goes out", "database", "machine")

    for border in (*borders, "command line", "build on"):
        (rows,) = (rows for name, rows in SECTIONS.items() if border in name)
        assert len(rows) >= 3, border


@pytest.mark.parametrize("section", SECTIONS)
def test_every_threat_has_an_answer_a_test_and_says_what_remains(section: str) -> None:
    for row in SECTIONS[section]:
        assert len(row) == 4, row[0]
        threat, answer, shown, _ = row
        assert threat, section
        assert len(answer) > 10, threat
        assert FILE.findall(shown), threat
        assert all(name.startswith("tests/") for name in FILE.findall(shown)), threat


@pytest.mark.parametrize("document", [MODEL, POLICY], ids=str)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    named = FILE.findall(read(document))

    assert [name for name in named if not (ROOT / name).is_file()] == []
    assert [name for name in named if "/test_" in name and not has_tests(name)] == []


def has_tests(name: str) -> bool:
    """Return whether a file holds tests, which may come from a contract that it takes over."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.search(r"^\s*(?:async )?def test_|^from contract", text, re.MULTILINE) is not None


def test_decisions_are_named_by_their_own_numbers() -> None:
    named = re.findall(r"\[(\d{4})\]\(decisions/(\d{4})-", read(MODEL))

    assert len(named) >= 8
    assert [pair for pair in named if pair[0] != pair[1]] == []


def test_no_address_is_made_up() -> None:
    assert ADDRESS.findall(read(POLICY)) == []
    assert ADDRESS.findall(read(MODEL)) == []


def test_policy_and_model_lead_to_each_other() -> None:
    assert (str(MODEL), "") in set(links(POLICY))
    assert (f"../{POLICY}", "") in set(links(MODEL))
