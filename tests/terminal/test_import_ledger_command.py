"""`closeout import ledger`, as it is typed."""

import csv
import json
from pathlib import Path

import builders as b
import pytest
from watch import Watch

COORDINATOR = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"
LEDGER = """编号,企业,类别,问题,状态,登记
A-1,面粉厂,道路,门口堵了,办理中,2026-02-02
A-2,面粉,道路,后门堵了,办理中,2026-02-30
"""
MAPPING = """
[columns]
number = "编号"
enterprise = "企业"
category = "类别"
title = "问题"
state = "状态"
reported_at = "登记"
[states]
"办理中" = "handling"
"""


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A command line with nothing reported."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    return Watch(terms=b.TERMS)


@pytest.fixture
def words(tmp_path: Path) -> tuple[str, ...]:
    """What is typed to try a ledger with one good row and one with two faults."""
    ledger, mapping = tmp_path / "ledger.csv", tmp_path / "map.toml"
    ledger.write_text(LEDGER, encoding="gb18030")
    mapping.write_text(MAPPING, encoding="utf-8")
    typed = ("import", "ledger", str(ledger), "--zone", b.ZONE)
    return (*typed, "--mapping", str(mapping), "--as", COORDINATOR)


def test_without_confirmation_all_is_told_and_nothing_written(
    watch: Watch, words: tuple[str, ...]
) -> None:
    shown, told = watch.run(*words), watch.run(*words, "--json")

    assert (shown.exit_code, told.exit_code) == (6, 6), shown.output
    assert "Nearest: mill 面粉厂" in shown.stdout
    assert "2 rows: 1 would be imported, 1 cannot be imported" in shown.stdout
    assert "nothing was written" in shown.stdout
    answer = json.loads(told.stdout)
    assert (answer["encoding"], answer["faults"], answer["confirmed"]) == ("gb18030", 2, False)
    assert watch.run("show", b.ZONE, "old-A-1").exit_code == 5


def test_once_confirmed_it_is_there_with_its_number_and_only_once(
    watch: Watch, words: tuple[str, ...], tmp_path: Path
) -> None:
    answer = tmp_path / "answer.csv"

    first = watch.run(*words, "--confirm", "--answer", str(answer), "--zh")
    again = watch.run(*words, "--confirm", "--json")

    assert (first.exit_code, again.exit_code) == (6, 6), first.output
    shown = watch.json("show", b.ZONE, "old-A-1")
    assert (shown["number"], shown["phase"]) == ("A-1", "handling")
    assert json.loads(again.stdout)["counts"]["imported"] == 0
    assert json.loads(again.stdout)["counts"]["imported_before"] == 1
    rows = list(csv.reader(answer.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[1] for row in rows] == ["结果", "已转入", "不能登记", "不能登记"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ledger.csv": "nothing.csv"}, 3),
        ({"map.toml": "ledger.csv"}, 3),
        ({b.ZONE: "nowhere"}, 3),
        ({COORDINATOR: "nobody"}, 3),
    ],
)
def test_what_cannot_be_done_is_said_by_its_exit_code(
    watch: Watch, words: tuple[str, ...], changed: dict[str, str], code: int
) -> None:
    ((was, instead),) = changed.items()
    typed = [word.replace(was, instead) if word.endswith(was) else word for word in words]

    assert watch.run(*typed).exit_code == code


def test_a_ledger_without_faults_is_exit_code_0(
    watch: Watch, words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "ledger.csv").write_text("\n".join(LEDGER.splitlines()[:2]), encoding="utf-8")

    assert watch.run(*words).exit_code == 0
    assert watch.run(*words, "--confirm").exit_code == 0
