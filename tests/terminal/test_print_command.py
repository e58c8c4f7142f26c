"""`closeout print`, typed."""

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path

import builders as b
import openpyxl
import pypdf
import pytest
from builders import MON_9
from halls import Hall, lay

MILL = f"enterprise:{b.ENTERPRISE.person}@{b.ENTERPRISE.enterprise}"
COORDINATOR = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"
TITLES = ("=cmd|' /C calc'!A0", '#panic("x") $x$ *b*')


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A zone with two issues whose titles mean harm."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    hall = Hall()
    hall.shelf = lay(tmp_path / "shelf")
    for place, title in enumerate(TITLES):
        hall.clock.at = MON_9 + timedelta(hours=place)
        hall.json(
            *("report", b.ZONE, f"k{place}", "--enterprise", "mill", "--category", "road-access"),
            *("--title", title, "--text", "货车无法进出。", "--as", MILL),
        )
    return hall


def test_the_ledger_is_printed_as_a_workbook_and_it_goes_on_record(
    hall: Hall, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.xlsx"
    said = hall.json("print", "ledger", b.ZONE, "--to", str(file), "--as", COORDINATOR)
    content = file.read_bytes()
    assert said["issues"] == 2
    assert (said["bytes"], said["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [sheet["E4"].value, sheet["E5"].value] == list(TITLES)
    assert {sheet["E4"].data_type, sheet["E5"].data_type} == {"s"}
    assert str(said["position"]) in sheet["A2"].value
    (read,) = hall.ledger._tables.audit_reads.values()
    assert (read.kind, read.position) == ("export", said["position"])
    assert json.loads(read.actor)["post"] == b.COORDINATOR.post
    assert sorted(each.name for each in tmp_path.iterdir()) == ["ledger.xlsx", "shelf"]


def test_the_ledger_is_printed_as_a_pdf_in_english(hall: Hall, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    file = tmp_path / "ledger.pdf"
    said = hall.json("print", "ledger", b.ZONE, "--to", str(file), "--language", "en")
    text = "".join("".join(p.extract_text().split()) for p in pypdf.PdfReader(file).pages)
    assert said["issues"] == 2
    for title in TITLES:
        assert "".join(title.split()) in text.replace("\u200b", "")
    assert "Ledgerofenterpriseissues" in text


def test_it_is_narrowed_and_looks_into_the_past(hall: Hall, tmp_path: Path) -> None:
    none, one = tmp_path / "none.xlsx", tmp_path / "one.xlsx"
    assert hall.json("print", "ledger", b.ZONE, "--to", str(none), "--tier", "3")["issues"] == 0
    past = hall.json("print", "ledger", b.ZONE, "--to", str(one), "--as-of", "1")
    assert (past["issues"], past["position"]) == (1, 1)


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(hall: Hall, tmp_path: Path) -> None:
    file = tmp_path / "ledger.xlsx"
    file.write_text("mine")
    asked = ("print", "ledger", b.ZONE, "--to", str(file))
    assert "a file already" in hall.refused(3, *asked)["message"]
    assert file.read_text() == "mine"
    assert hall.json(*asked, "--force")["issues"] == 2
    assert file.read_bytes()[:2] == b"PK"


def test_what_cannot_be_printed_leaves_nothing_behind(hall: Hall, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    pdf = str(tmp_path / "ledger.pdf")
    gone = hall.refused(3, "print", "ledger", b.ZONE, "--to", pdf, "--fonts", str(tmp_path / "no"))
    assert "no such font folder" in gone["message"]
    odd = hall.refused(3, "print", "ledger", b.ZONE, "--to", str(tmp_path / "ledger.doc"))
    assert odd["field"] == "--to"
    hall.refused(3, "print", "ledger", "nowhere", "--to", pdf)
    hall.refused(3, "print", "report", b.ZONE, "nothing-D-2026-03-01", "--to", pdf)
    assert [each.name for each in tmp_path.iterdir()] == ["shelf"]


def test_a_stored_report_is_printed_by_its_number(hall: Hall, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    hall.clock.at = MON_9 + timedelta(days=3)
    made = hall.json(
        *("reports", "make", b.ZONE, "daily", "--to", MON_9.date().isoformat()),
        *("--as", COORDINATOR),
    )
    number = made["number"]
    for name in ("report.pdf", "report.xlsx"):
        file = tmp_path / name
        said = hall.json("print", "report", b.ZONE, number, "--to", str(file))
        assert said["position"] == made["position"]
        assert file.stat().st_size == said["bytes"]
    text = pypdf.PdfReader(tmp_path / "report.pdf").pages[0].extract_text()
    assert number in text.replace("\u200b", "")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert number in [cell.value for line in book.worksheets[0] for cell in line]
