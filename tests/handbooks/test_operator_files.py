"""Whatever an operator's file is, it is read within bounds and ends in a clear error."""

import os
from pathlib import Path

import pytest
from calendar_texts import HEAD, VALID, WEEK, write

from handbooks.calendars import read_calendar
from handbooks.calendars.files import calendar_file_problems
from handbooks.calendars.imports import Base, made_calendar
from handbooks.calendars.problems import CalendarFileError
from handbooks.calendars.sources import from_csv, from_notices
from handbooks.operator_files import FileReadError, json_of, read_bytes, toml_of
from handbooks.shelf import HandbookError, read_terms

SOUND = HEAD + VALID + WEEK
DAY = '{"name": "元旦", "date": "%s", "isOffDay": %s}'
NOTICE = '{"year": %s, "papers": ["p"], "days": [%s]%s}'


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", f"a = {'[' * 900}{']' * 900}", "nested too deeply"),
        ("a.json", '{"a": ' + "[" * 900 + "]" * 900 + "}", "nested too deeply"),
        ("a.json", "[" * 200_000, "nested too deeply"),
        ("a.json", '{"a": ' + "9" * 5000 + "}", "a number has too many digits"),
        ("a.toml", f"a = {'9' * 5000}", "a number has too many digits"),
        ("a.toml", f"a = 0x{'f' * 5000}", "a number has too many digits"),
        ("a.toml", "a." * 60_000 + "a = 1", "nested too deeply"),
        ("a.toml", "a = {" + "'b' . " * 60_000 + "c = 1}", "nested too deeply"),
        ("a.toml", r'["\"".' + r'"\"".' * 60_000 + "c]", "nested too deeply"),
        ("a.toml", "#" * (4 * 2**20 + 1), "larger than 4194304 bytes"),
    ],
)
def test_what_is_too_deep_or_too_large_is_said(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (problem,) = calendar_file_problems(write(tmp_path, text, name))

    assert said in problem.message


def test_pipes_and_devices_are_refused_unread(tmp_path: Path) -> None:
    pipe, zero = tmp_path / "pipe.toml", tmp_path / "zero.toml"
    os.mkfifo(pipe)
    zero.symlink_to("/dev/zero")

    for path in (pipe, zero, tmp_path):
        with pytest.raises(FileReadError, match="not a regular file"):
            read_bytes(path)


def test_a_mark_before_the_text_is_taken_in_every_form(tmp_path: Path) -> None:
    marked = b"\xef\xbb\xbf"

    assert toml_of(marked + b"a = 1") == json_of(marked + b'{"a": 1}') == {"a": 1}


def test_a_bad_zone_is_told_as_a_fault(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", "a = 0x" + "f" * 5000, "organisation.toml")

    with pytest.raises(HandbookError, match="a number has too many digits"):
        read_terms("deep", tmp_path)


@pytest.mark.parametrize("written", ["1767225600", "2026-01-01T00:00:00", '"1767225600"'])
def test_a_day_is_written_in_one_way(tmp_path: Path, written: str) -> None:
    (problem,) = calendar_file_problems(
        write(tmp_path, SOUND.replace("valid_from = 2026-01-01", f"valid_from = {written}"))
    )

    assert (problem.key, "is no day" in problem.message) == ("valid_from", True)


def test_the_time_zone_data_must_be_a_version(tmp_path: Path) -> None:
    text = read_calendar("round-the-clock").model_copy(update={"tzdata": "bogus"})

    (problem,) = calendar_file_problems(write(tmp_path, text.model_dump_json(), "a.json"))

    assert problem.message == "'bogus' is no version of the tzdata package"


@pytest.mark.parametrize(
    "text",
    [
        NOTICE % (2026, DAY % ("2026-01-01", '"false"'), ""),
        NOTICE % (2026, DAY % ("1767225600", "true"), ""),
        NOTICE % ('"2026"', DAY % ("2026-01-01", "true"), ""),
        NOTICE % (2026, DAY % ("2026-01-01", "true"), ', "amends": "yes"'),
    ],
)
def test_a_notice_says_what_it_says_by_the_right_kind(tmp_path: Path, text: str) -> None:
    with pytest.raises(CalendarFileError):
        from_notices([write(tmp_path, text, "n.json")])


def test_a_table_has_each_column_once(tmp_path: Path) -> None:
    path = write(tmp_path, "date,kind,name,date\n2026-01-01,closed,x,2026-01-02\n", "a.csv")

    with pytest.raises(CalendarFileError, match="the column date is given twice"):
        from_csv(path)


def test_an_amendment_is_no_whole_year_and_needs_a_published_one(tmp_path: Path) -> None:
    base = read_calendar("cn-office")
    days = {year: DAY % (f"{year}-05-06", "true") for year in (2026, 2027)}
    of = {
        year: from_notices(
            [write(tmp_path, NOTICE % (year, day, ', "amends": true'), f"{year}.json")]
        )
        for year, day in days.items()
    }

    with pytest.raises(CalendarFileError, match="names only what changes"):
        made_calendar(Base(base, keeps=True), of[2026])
    with pytest.raises(CalendarFileError, match="2027 is not published"):
        made_calendar(Base(base, amends=True), of[2027])
    amended = made_calendar(Base(base, amends=True), of[2026])
    assert len(amended.overrides) == len(base.overrides) + 1
