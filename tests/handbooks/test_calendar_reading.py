"""An operator's calendar file: what it may say, and the message for each rule that it breaks."""

import json
import shutil
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from calendar_texts import HEAD, OVERRIDES, VALID, WEEK, problems, write

from domain.days import ClosedDay, MakeUpDay, OpenDay
from handbooks.calendars import read_calendar
from handbooks.calendars.files import (
    calendar_file_problems,
    read_calendar_file,
    write_calendar,
    written_calendar,
)

SHIPPED = Path(str(files("handbooks.calendars")))


def test_a_file_says_hours_validity_and_days_of_all_three_kinds(tmp_path: Path) -> None:
    calendar = read_calendar_file(write(tmp_path, HEAD + VALID + WEEK + OVERRIDES))

    assert [type(each) for each in calendar.overrides] == [MakeUpDay, OpenDay, ClosedDay]
    assert [each.text for each in calendar.weekly.friday] == ["22:00-06:00+1"]
    assert (calendar.valid_from, calendar.valid_until) == (date(2026, 1, 1), date(2026, 12, 31))
    assert calendar.sources == ()


def test_a_file_may_follow_the_shipped_days_and_its_own_days_win(tmp_path: Path) -> None:
    text = HEAD + 'published_days = "holiday-cn"\nmake_up_days_work_as = "monday"\n' + WEEK
    own = '[[overrides]]\nkind = "make_up"\non = 2026-10-01\nworks_as = "monday"\n'

    calendar = read_calendar_file(write(tmp_path, text + own + 'name = { zh = "值守" }\n'))

    china = {each.on: each for each in read_calendar("cn-office").overrides}
    days = {each.on: each for each in calendar.overrides}
    assert days.keys() == china.keys()
    assert [on for on in days if type(days[on]) is not type(china[on])] == [date(2026, 10, 1)]
    assert (calendar.valid_from, calendar.valid_until) == (date(2007, 1, 1), date(2026, 12, 31))


def test_the_shipped_files_pass_their_own_check() -> None:
    for name in ("cn-office", "round-the-clock"):
        path = SHIPPED / f"{name}.toml"

        assert calendar_file_problems(path) == ()
        assert read_calendar_file(path) == read_calendar(name)


def test_what_is_written_is_read_again_as_it_was(tmp_path: Path) -> None:
    calendar = read_calendar("cn-office")
    path = tmp_path / "cn.json"

    write_calendar(calendar, path)

    assert read_calendar_file(path).hash == calendar.hash
    assert [each.name for each in tmp_path.iterdir()] == ["cn.json"]


def test_the_same_calendar_is_always_the_same_text(tmp_path: Path) -> None:
    calendar = read_calendar_file(write(tmp_path, HEAD + VALID + WEEK + OVERRIDES))
    shuffled = calendar.model_copy(update={"overrides": calendar.overrides[::-1]})

    assert written_calendar(shuffled) == written_calendar(calendar)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "cn.json"
    path.mkdir()

    with pytest.raises(IsADirectoryError):
        write_calendar(read_calendar("round-the-clock"), path)

    assert [each.name for each in tmp_path.iterdir()] == ["cn.json"]


@pytest.mark.parametrize(
    ("name", "text", "key", "message"),
    [
        ("a.toml", "id = 3\nname = \n", "line 2", "not TOML: Invalid value"),
        ("a.json", '{"id": 3,\n}', "line 2", "not JSON"),
        ("a.json", '{"id": 3, "id": 4}', "line 1", "the field 'id' is given twice"),
        ("a.json", "[]", None, "not a table of fields"),
        ("a.json", "{}", "id", "this field is missing"),
        ("none.toml", None, None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_in_the_wrong_form_is_told_where(
    tmp_path: Path, name: str, text: str | None, key: str | None, message: str
) -> None:
    if text is not None:
        write(tmp_path, text, name)

    problem = calendar_file_problems(tmp_path / name)[0]

    assert problem.key == key
    assert message in problem.message


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gbk.toml"
    path.write_bytes('id = "中国"'.encode("gb18030"))

    (problem,) = calendar_file_problems(path)

    assert problem.message == "not UTF-8 at byte 6"


def test_json_is_held_to_the_same_rules(tmp_path: Path) -> None:
    data = json.loads(written_calendar(read_calendar("cn-office")))
    data["weekly"]["saturday"] = ["22:00-06:00"]
    data["overrides"].insert(7, data["overrides"][7] | {"kind": "make_up", "works_as": "monday"})
    day_ = data["overrides"][7]["on"]

    found = calendar_file_problems(write(tmp_path, json.dumps(data), "cn.json"))

    assert [(each.key, each.message) for each in found] == [
        ("weekly.saturday", "saturday 22:00-06:00 ends before it begins"),
        ("overrides.8", f"{day_} is a make-up day that is also closed: '春节' and '春节'"),
    ]


@pytest.fixture
def years(tmp_path: Path) -> Path:
    """A folder of notices beside the calendar's file, with 2024 to 2026."""
    folder = tmp_path / "days"
    folder.mkdir()
    for year in (2024, 2025, 2026):
        shutil.copy(SHIPPED / "holiday-cn" / f"{year}.json", folder)
    return folder


FOLLOWS = HEAD + 'published_days = "days"\n' + WEEK


def test_the_days_may_lie_beside_the_file(tmp_path: Path, years: Path) -> None:
    calendar = read_calendar_file(write(tmp_path, FOLLOWS))

    assert (calendar.valid_from, calendar.valid_until) == (date(2024, 1, 1), date(2026, 12, 31))
    assert calendar.sources[0] == "days/2024.json: 1 paper"


def test_a_gap_between_the_years_is_named(tmp_path: Path, years: Path) -> None:
    (years / "2025.json").unlink()

    (problem,) = problems(tmp_path, FOLLOWS)

    assert (problem.file, problem.key, problem.rule) == ("days/2026.json", "year", "R2.2")
    assert problem.message == "the years have a gap: 2025 is missing between 2024 and 2026"
    assert problem.counter_example == "2025-01-01 would count as a day of the plain week"


def test_no_calendar_is_made_of_a_year_without_a_notice(tmp_path: Path, years: Path) -> None:
    empty = {"year": 2027, "papers": [], "days": []}
    write(years, json.dumps(empty), "2027.json")

    (problem,) = problems(tmp_path, FOLLOWS)

    assert (problem.file, problem.key) == ("days/2027.json", "papers, days")
    assert "the year 2027 is not published, no calendar may be made of it" in problem.message


def test_a_notice_that_says_two_things_of_one_day_is_refused(tmp_path: Path, years: Path) -> None:
    path = years / "2026.json"
    data = json.loads(path.read_bytes())
    first = data["days"][0]
    data["days"] += [first | {"isOffDay": not first["isOffDay"]}, data["days"][1]]
    data["days"].append(first | {"date": "2036-01-01"})
    path.write_text(json.dumps(data), encoding="utf-8")

    found = problems(tmp_path, FOLLOWS)

    assert [each.message for each in found] == [
        f"the make-up day {first['date']} is also off",
        f"the day {data['days'][1]['date']} is given 2 times",
        "the day 2036-01-01 is in no year beside 2026",
    ]
    assert {each.file for each in found} == {"days/2026.json"}


def test_two_notices_of_one_year_must_say_which_is_later(tmp_path: Path, years: Path) -> None:
    shutil.copy(years / "2026.json", years / "2026-again.json")

    (problem,) = problems(tmp_path, FOLLOWS)

    assert "nothing says which is later" in problem.message
    for name, on in (("2026.json", "2025-11-04"), ("2026-again.json", "2026-01-05")):
        data = json.loads((years / name).read_bytes()) | {"published_on": on}
        (years / name).write_text(json.dumps(data), encoding="utf-8")
    assert problems(tmp_path, FOLLOWS) == ()


def test_a_notice_is_no_calendar_and_says_what_makes_one(tmp_path: Path) -> None:
    path = SHIPPED / "holiday-cn" / "2026.json"

    (problem,) = calendar_file_problems(path)

    assert problem.message == "this is a notice of days, not a calendar"
    assert "closeout calendar import --from notice" in str(problem.counter_example)
