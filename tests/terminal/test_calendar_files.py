"""`closeout calendar import`, `check`, `diff`, `list` and `show`, as they are typed."""

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result
from typing_of_lines import type_line

import cli
from handbooks.calendars import read_calendar
from handbooks.calendars.files import read_calendar_file

NOTICES = Path(str(files("handbooks.calendars"))) / "holiday-cn"
CHINA = read_calendar("cn-office")
TABLE = "date,kind,name\n2027-01-01,closed,元旦\n2027-02-06,closed,春节\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the commands are typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    (tmp_path / "2027.csv").write_text(TABLE, encoding="utf-8")
    shutil.copy(NOTICES / "2026.json", tmp_path / "2026.json")
    return tmp_path


def run(*words: str) -> Result:
    """Type `closeout calendar …`."""
    return type_line(cli.make_application(), ["calendar", *words])


def answer(*words: str, code: int = 0) -> Any:
    """Type it with --json and return the answer; the command ends with `code`."""
    result = run(*words, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_the_shipped_calendars_are_listed() -> None:
    listed = answer("list")

    assert [(each["id"], each["valid_until"]) for each in listed] == [
        ("cn-office", "2026-12-31"),
        ("round-the-clock", "2099-12-31"),
    ]
    assert listed[0]["hash"] == CHINA.hash
    assert CHINA.hash[:12] in run("list").stdout


def test_a_month_is_shown_as_a_grid_with_every_day_that_differs_named() -> None:
    shown = run("show", "cn-office", "--month", "2020-02").stdout

    assert " 3 +   4 ■   5 ■   6 ■   7 ■   8 ·   9 ·" in shown
    assert "1 ○   2 ○" in shown
    assert "2020-02-02 Sun  closed (春节 Spring Festival)" in shown
    assert f"{CHINA.time_zone}, tzdata {CHINA.tzdata}" in shown
    assert "2007-01-01 until 2026-12-31" in shown
    assert "holiday-cn/2020.json: 2 papers" in shown
    assert "provisional" not in shown


def test_a_month_after_the_published_years_is_provisional() -> None:
    assert "provisional" in run("show", "cn-office", "--month", "2027-10").stdout
    days = answer("show", "cn-office", "--month", "2027-10")["days"]
    assert len(days) == 31
    assert {day["provisional"] for day in days} == {True}


def test_the_years_of_a_calendar_are_counted() -> None:
    years = {each["year"]: each for each in answer("show", "cn-office")["years"]}

    assert list(years) == list(range(2007, 2027))
    assert (years[2020]["worked"], years[2020]["made_up"]) == (249, 7)
    assert "2020     249" in run("show", "cn-office").stdout


@pytest.mark.parametrize("month", ["2020", "2020-13", "2006-12"])
def test_a_month_that_cannot_be_shown_is_wrong_usage(month: str) -> None:
    assert run("show", "cn-office", "--month", month).exit_code == 2


def test_the_extension_of_2020_is_three_lines_of_a_diff() -> None:
    found = answer("diff", "cn-office@2020-01-22", "cn-office@2020-01-27")
    shown = run("diff", "cn-office@2020-01-22", "cn-office@2020-01-27").stdout

    assert [(day["on"], day["hours_differ"]) for day in found["days"]] == [
        ("2020-01-31", True),
        ("2020-02-01", True),
        ("2020-02-02", False),
    ]
    assert found["fields"] == []
    assert "2 days with other hours, 1 day closed by both for another reason" in shown


def test_calendars_that_do_not_differ_are_said_to_be_the_same() -> None:
    assert answer("diff", "cn-office", "cn-office")["same"]
    assert "do not differ" in run("diff", "cn-office", "cn-office").stdout


def test_other_weekly_hours_do_not_fill_the_page() -> None:
    shown = run("diff", "cn-office", "round-the-clock").stdout

    monday = next(line for line in shown.splitlines() if line.startswith("weekly.monday"))
    assert monday.split() == ["weekly.monday", "09:00-12:00", "13:30-17:30", "00:00-24:00"]
    assert "of the plain week, by the weekly hours" in shown
    named = [line[:10] for line in shown.splitlines() if line[:2] == "20"]
    assert named == [str(each.on) for each in CHINA.overrides if each.on >= CHINA.valid_from]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "lunar"), "calendar 'lunar' is neither shipped nor a file"),
        (("diff", "cn-office", "cn-office@2026-01-01"), "from 2019-11-21 until before 2020-11-25"),
        (("show", "none.toml"), "none.toml: cannot be read: No such file or directory"),
    ],
)
def test_a_calendar_that_is_not_there_ends_with_3(words: tuple[str, ...], told: str) -> None:
    result = run(*words)

    assert result.exit_code == 3
    assert told in result.stderr.replace("\n", " ")
    assert answer(*words, code=3)["error"]["exit"] == 3


def test_a_check_names_every_broken_rule_of_every_file(here: Path) -> None:
    text = (NOTICES.parent / "cn-office.toml").read_text(encoding="utf-8")
    (here / "sound.toml").write_text(text, encoding="utf-8")
    (here / "bad.toml").write_text(
        text.replace("Asia/Shanghai", "Asia/Shangai").replace(
            "[english]", 'saturday = ["22:00-06:00"]\n[english]'
        ),
        encoding="utf-8",
    )

    told = answer("check", "bad.toml", "sound.toml", "2026.json", code=3)
    shown = run("check", "bad.toml", "sound.toml").stdout

    assert [(each["file"], each["key"], each["rule"]) for each in told["problems"]] == [
        ("bad.toml", "time_zone", "R2.4"),
        ("bad.toml", "weekly.saturday", "R2.2"),
        ("2026.json", "papers", "R2.2"),
    ]
    assert [each["hash"] for each in told["calendars"]] == [CHINA.hash]
    assert not told["sound"]
    assert "bad.toml: 2 problems" in shown
    assert "if it ends the next day write 22:00-06:00+1" in shown
    assert f"✓ sound.toml  cn-office, valid until 2026-12-31, hash {CHINA.hash[:12]}" in shown


def test_a_check_of_sound_files_ends_with_0() -> None:
    told = answer("check", str(NOTICES.parent / "cn-office.toml"))

    assert (told["sound"], told["problems"]) == (True, [])


HOLIDAYS = ("import", "--from", "holidays")


def test_an_import_from_the_package_is_checked_against_the_shipped_calendar() -> None:
    told = answer(*HOLIDAYS, "--years", "2007-2026", "--against", "cn-office", "--out", "cn.json")

    written = read_calendar_file(Path("cn.json"))
    assert (told["written"], told["hash"]) == ("cn.json", written.hash)
    assert told["check"] | {"first": "", "second": ""} == {
        "first": "",
        "second": "",
        "agrees": True,
        "by_hours": True,
        "years_only_in_first": [],
        "days": [],
    }
    assert told["valid_until"] == "2026-12-31"
    assert written.sources[-1].startswith("agrees with calendar cn-office")


def test_an_import_says_counts_validity_hash_and_that_nothing_is_published() -> None:
    shown = run(*HOLIDAYS, "--out", "cn.json").stdout

    assert read_calendar_file(Path("cn.json")).hash in shown
    assert "until 2026-12-31" in shown
    assert "130 made up" in run(*HOLIDAYS, "--years", "2007-2026", "--out", "x.json").stdout
    assert "closeout calendar publish cn.json" in shown


def test_the_same_import_writes_the_same_file() -> None:
    run("import", "--from", "notice", "2026.json", "--out", "a.json")
    run("import", "--from", "notice", "2026.json", "--out", "b.json")

    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    assert b'"valid_from": "2026-01-01"' in Path("a.json").read_bytes()


def test_an_unpublished_year_is_refused_and_nothing_is_written() -> None:
    result = run(*HOLIDAYS, "--years", "2007-2027", "--out", "cn.json")

    assert result.exit_code == 3
    assert "2027 is not published" in result.stderr
    assert "2026" in result.stderr
    assert not Path("cn.json").exists()


def test_sources_that_differ_are_told_day_by_day_and_nothing_is_written(here: Path) -> None:
    data = json.loads((here / "2026.json").read_bytes())
    data["days"] = [day for day in data["days"] if day["date"] != "2026-05-01"]
    (here / "wrong.json").write_text(json.dumps(data), encoding="utf-8")
    words = ("import", "--from", "notice", "wrong.json", "--against", "holidays", "--out", "a.json")

    refused = answer(*words, code=3)
    shown = run(*words)

    (day,) = refused["check"]["days"]
    assert (refused["written"], day["on"]) == (None, "2026-05-01")
    assert day["first"]["says"] == "worked 09:00-12:00 13:30-17:30 (weekly hours)"
    assert day["second"]["says"] == "closed (劳动节 Labor Day)"
    assert shown.exit_code == 3
    assert "2026-05-01 Fri" in shown.stdout
    assert "differ on 1 day (what opens)" in shown.stdout
    assert not Path("a.json").exists()

    accepted = answer(*words, "--accept-differences")

    assert accepted["written"] == "a.json"
    assert "on 1 day: 2026-05-01" in read_calendar_file(Path("a.json")).sources[-1]


def test_a_year_is_added_from_a_table_and_the_diff_names_its_days() -> None:
    words = ("import", "--from", "csv", "2027.csv", "--keep-days", "--out", "next.json")
    told = answer(*words)

    found = answer("diff", "cn-office", "next.json")

    assert (told["valid_from"], told["valid_until"]) == ("2007-01-01", "2027-12-31")
    assert [each["field"] for each in found["fields"]] == ["valid_until"]
    # The sixth of February is a Saturday, on which nothing opens anyway.
    assert [(day["on"], day["hours_differ"]) for day in found["days"]] == [
        ("2027-01-01", True),
        ("2027-02-06", False),
    ]


def test_a_notice_that_amends_a_published_year_is_laid_over_it() -> None:
    extension = NOTICES.parent / "notices" / "2020-extension.json"
    words = ("import", "--from", "notice", str(extension), "--amend", "--out", "after.json")

    answer(*words, "--hours-of", "cn-office@2020-01-22")

    assert answer("diff", "cn-office@2020-01-27", "after.json")["same"]


def test_a_calendar_may_get_an_id_a_name_and_other_hours(here: Path) -> None:
    words = (*HOLIDAYS, "--country", "DE", "--years", "2026", "--hours-of", "round-the-clock")

    told = answer(*words, "--id", "de", "--name", "德国 / Germany", "--out", "de.json")

    assert (told["id"], told["name"]) == ("de", {"zh": "德国", "en": "Germany"})
    assert read_calendar_file(here / "de.json").weekly == read_calendar("round-the-clock").weekly


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "moon", "--out", "a.json"),
        ("--from", "holidays", "2026.json", "--out", "a.json"),
        ("--from", "notice", "--out", "a.json"),
        ("--from", "notice", "2026.json", "--years", "2026", "--out", "a.json"),
        ("--from", "csv", "2027.csv", "2027.csv", "--out", "a.json"),
        ("--from", "csv", "2027.csv", "--out", "a.toml"),
        ("--from", "csv", "2027.csv", "--out", "no/such/a.json"),
        ("--from", "csv", "2027.csv", "--make-up-as", "caturday", "--out", "a.json"),
        ("--from", "csv", "2027.csv", "--name", "德国", "--out", "a.json"),
        ("--from", "holidays", "--years", "2026-2007", "--out", "a.json"),
        ("--from", "holidays"),
    ],
)
def test_wrong_usage_of_import_ends_with_2(words: tuple[str, ...]) -> None:
    result = run("import", *words)

    assert result.exit_code == 2, result.output
    assert not Path("a.json").exists()


def test_a_file_that_is_read_is_not_written_over(here: Path) -> None:
    assert run("import", "--from", "holidays", "--years", "2026", "--out", "a.json").exit_code == 0
    before = (here / "a.json").read_bytes()

    words = ("--from", "holidays", "--years", "2026", "--hours-of", "a.json", "--out", "./a.json")
    result = run("import", *words)

    assert (result.exit_code, "would be lost" in result.output) == (2, True)
    assert (here / "a.json").read_bytes() == before


@pytest.mark.parametrize("name", ["list", "show", "check", "diff", "import"])
def test_every_command_of_the_family_explains_itself(name: str) -> None:
    result = run(name, "--help")

    assert result.exit_code == 0
    assert "--json" in result.stdout
