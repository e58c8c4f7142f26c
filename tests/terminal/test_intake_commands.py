"""`closeout intake check` and `run`, as they are typed."""

import csv
import json
from pathlib import Path

import builders as b
import openpyxl
import pytest
from watch import Watch

COORDINATOR = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"
TABLE = "编号,企业,类别,标题\nA-1,面粉厂,道路,门口堵了\nA-2,面粉,道路,后门堵了\n"


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A command line with nothing reported."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    return Watch(terms=b.TERMS)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of two rows, one of which names no enterprise that there is."""
    file = tmp_path / "march.csv"
    file.write_text(TABLE, encoding="gb18030")
    return file


def test_a_check_tells_every_row_and_writes_nothing(watch: Watch, table: Path) -> None:
    shown = watch.run("intake", "check", str(table), "--zone", b.ZONE)
    told = watch.run("intake", "check", str(table), "--zone", b.ZONE, "--json")

    assert (shown.exit_code, told.exit_code) == (6, 6), shown.output
    assert "Nearest: mill 面粉厂" in shown.stdout
    assert "2 rows: 1 would be reported, 1 cannot be reported" in shown.stdout
    assert "nothing was written" in shown.stdout
    answer = json.loads(told.stdout)
    assert answer["encoding"] == "gb18030"
    assert watch.run("show", b.ZONE, "A-1").exit_code != 0


def test_a_run_reports_once_and_writes_its_answer(
    watch: Watch, table: Path, tmp_path: Path
) -> None:
    words = ("intake", "run", str(table), "--zone", b.ZONE, "--as", COORDINATOR)
    as_csv, as_book = tmp_path / "answer.csv", tmp_path / "answer.xlsx"

    first = watch.run(*words, "--answer", str(as_csv), "--zh")
    again = watch.run(*words, "--answer", str(as_book), "--json")

    assert (first.exit_code, again.exit_code) == (6, 6), first.output
    assert watch.json("show", b.ZONE, "A-1")["title"] == "门口堵了"
    assert json.loads(again.stdout)["counts"]["repeated"] == 1
    rows = list(csv.reader(as_csv.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[1] for row in rows] == ["结果", "已登记", "不能登记"]
    sheet = openpyxl.load_workbook(as_book).active
    assert sheet is not None
    assert sheet["B2"].value == "was there before"


def test_a_clean_table_with_a_mapping_of_ones_own_is_exit_code_0(
    watch: Watch, tmp_path: Path
) -> None:
    table, mapping = tmp_path / "t.csv", tmp_path / "map.toml"
    table.write_text("厂,事\nmill,门口堵了\n", encoding="utf-8")
    mapping.write_text(
        '[columns]\nenterprise = "厂"\ntitle = "事"\n[constants]\ncategory = "road-access"\n',
        encoding="utf-8",
    )
    words = (str(table), "--zone", b.ZONE, "--mapping", str(mapping))

    assert watch.run("intake", "check", *words).exit_code == 0
    assert watch.json("intake", "run", *words, "--as", COORDINATOR)["counts"]["reported"] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nothing.csv",), 3),
        (("march.csv", "--sheet", "x"), 3),
        (("march.csv", "--mapping", "march.csv"), 3),
        (("march.csv", "--answer", "march.csv"), 3),
        (("march.csv", "--answer", "answer.pdf"), 3),
        (("march.csv", "--as", "officer:nobody@nowhere"), 6),
    ],
)
def test_what_cannot_be_done_is_said_by_its_exit_code(
    watch: Watch, table: Path, words: tuple[str, ...], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(table.parent)

    assert watch.run("intake", "check", *words, "--zone", b.ZONE).exit_code == code


def test_a_run_must_say_who_acts_and_an_unknown_zone_is_none(watch: Watch, table: Path) -> None:
    assert watch.run("intake", "run", str(table), "--zone", b.ZONE).exit_code == 2
    assert watch.run("intake", "check", str(table), "--zone", "nowhere").exit_code == 3
