"""Days from the `holidays` package, from notices and from tables, and two sources side by side."""

import importlib.metadata
import json
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import chinese_calendar  # type: ignore[import-untyped]  # it has none
import holidays
import pytest

from domain.days import ClosedDay, MakeUpDay, OpenDay, Weekday
from handbooks.calendars import cn_office_as_of, english_names, read_calendar
from handbooks.calendars.imports import (
    Base,
    SecondSource,
    made_calendar,
    second_source,
    source_check,
    with_check,
)
from handbooks.calendars.problems import CalendarFileError
from handbooks.calendars.sources import (
    DaySource,
    from_csv,
    from_notices,
    from_package,
    package_years,
    years_of,
)

NOTICES = Path(str(files("handbooks.calendars"))) / "holiday-cn"
CHINA = read_calendar("cn-office")
OFFICE = Base(CHINA)
PACKAGE = f"holidays {importlib.metadata.version('holidays')}"
FIRST, LAST = date(2007, 1, 1), date(2026, 12, 31)
DAYS = [FIRST + timedelta(days=day) for day in range((LAST - FIRST).days + 1)]


def table(folder: Path, *rows: str, header: str = "date,kind,name,ranges,works_as") -> Path:
    path = folder / "days.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def notices(*years: int) -> list[Path]:
    return [NOTICES / f"{year}.json" for year in years]


def test_the_package_works_every_day_of_20_years_that_the_shipped_calendar_works() -> None:
    made = made_calendar(OFFICE, from_package("CN", (2007, 2026)))

    assert len(DAYS) == 7305
    assert [on for on in DAYS if made.works_on(on) != CHINA.works_on(on)] == []


def test_a_third_package_works_the_same_days_as_well() -> None:
    assert [on for on in DAYS if chinese_calendar.is_workday(on) != CHINA.works_on(on)] == []


def test_the_package_has_only_what_its_version_knows() -> None:
    source = from_package("CN", None)

    assert package_years("CN")[-1] == 2026 == source.last_year
    assert source.sources == (f"{PACKAGE}, CN {source.first_year}-2026",)
    assert {type(each) for each in source.overrides.values()} == {ClosedDay, MakeUpDay}


@pytest.mark.parametrize(
    ("years", "unpublished"), [((2026, 2027), "2027"), ((2007, 2030), "2027-2030")]
)
def test_a_year_without_a_notice_is_refused_with_the_last_that_has_one(
    years: tuple[int, int], unpublished: str
) -> None:
    with pytest.raises(CalendarFileError) as raised:
        from_package("CN", years)

    first = raised.value.first
    assert (first.key, first.rule) == ("years", "R2.2")
    assert first.message == (
        f"{unpublished} is not published: the last year of CN with a notice in this version of "
        "the package is 2026"
    )


def test_a_country_that_makes_up_no_days_needs_no_notice() -> None:
    source = from_package("DE", (2030, 2030))

    assert package_years("DE") == ()
    assert source.overrides[date(2030, 12, 25)].name.en == "Christmas Day"
    with pytest.raises(CalendarFileError, match="DE has no published years: say which to take"):
        from_package("DE", None)


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(CalendarFileError, match="the package has no country 'Atlantis'"):
        from_package("Atlantis", (2026, 2026))


def test_the_package_gives_a_make_up_day_the_weekday_that_is_asked_for() -> None:
    source = from_package("CN", (2026, 2026), Weekday.FRIDAY)

    made_up = [each for each in source.overrides.values() if isinstance(each, MakeUpDay)]
    assert {each.works_as for each in made_up} == {Weekday.FRIDAY}
    assert {each.on for each in made_up} == {
        on for on in holidays.country_holidays("CN", years=2026).weekend_workdays if on.year == 2026
    }


def test_notices_give_the_shipped_calendar_again() -> None:
    source = from_notices(notices(*range(2026, 2006, -1)), english=english_names())

    made = made_calendar(OFFICE, source)

    assert made.overrides == CHINA.overrides
    assert (made.valid_from, made.valid_until) == (FIRST, LAST)
    assert "notice 2020.json: http" in " ".join(made.sources)


def test_years_with_a_gap_are_refused() -> None:
    with pytest.raises(CalendarFileError, match="2022 to 2024 is missing between 2021 and 2025"):
        from_notices(notices(2021, 2025))


def test_a_notice_without_papers_and_days_is_refused_beside_others(tmp_path: Path) -> None:
    empty = tmp_path / "2027.json"
    empty.write_text(json.dumps({"year": 2027, "papers": [], "days": []}), encoding="utf-8")

    with pytest.raises(CalendarFileError) as raised:
        from_notices([*notices(2026), empty])

    assert raised.value.first.key == "papers, days"
    assert "the year 2027 is not published" in raised.value.first.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "valid dictionary"),
        (b'{"year": 2027, "papers": ["p"], "days": [{"name": "a"}]}', "this field is missing"),
        (b" " * (4 * 2**20 + 1), "larger than 4194304 bytes"),
    ],
)
def test_a_notice_in_the_wrong_form_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "2027.json"
    path.write_bytes(content)

    with pytest.raises(CalendarFileError, match=message):
        from_notices([path])


def test_a_table_gives_all_three_kinds(tmp_path: Path) -> None:
    rows = (
        "2027-01-01,closed,元旦,,",
        "2027-02-07,make_up,春节,,friday",
        "2027-02-28,make_up,春节,,",
        "2027-07-04,open,防汛,08:00-10:00 20:00-02:00+1,",
    )

    source = from_csv(table(tmp_path, *rows))

    closed, friday, monday, flood = source.overrides.values()
    assert isinstance(closed, ClosedDay)
    assert isinstance(friday, MakeUpDay)
    assert isinstance(monday, MakeUpDay)
    assert isinstance(flood, OpenDay)
    assert (friday.works_as, monday.works_as) == (Weekday.FRIDAY, Weekday.MONDAY)
    assert [each.text for each in flood.ranges] == ["08:00-10:00", "20:00-02:00+1"]
    assert (source.years, source.sources) == ("2027", ("table days.csv: 4 days",))


@pytest.mark.parametrize(
    ("rows", "key", "message"),
    [
        (("2027-01-01,shut,元旦,,",), "line 2", "kind 'shut' of 2027-01-01"),
        (("2027-02-30,closed,元旦,,",), "line 2, on", "'2027-02-30': Input should be a valid date"),
        (("2027-01-01,closed,,,",), "line 2, name.zh", "at least 1 character"),
        (("2027-01-01,closed,元旦",), "line 2", "not as many fields as the first line has"),
        (("2027-01-01,open,元旦,,",), "line 2", "2027-01-01 is open without ranges"),
        (
            ("2027-01-01,closed,元旦,09:00-10:00,",),
            "line 2",
            "2027-01-01 is closed and has ranges",
        ),
        (
            ("2027-01-01,open,元旦,22:00-06:00,",),
            "line 2",
            "2027-01-01 22:00-06:00 ends before it begins",
        ),
        (
            ("2027-01-01,open,元旦,09:00-11:00 10:00-12:00,",),
            "line 2",
            "2027-01-01 09:00-11:00 and 10:00-12:00 overlap",
        ),
        (
            ("2027-01-01,make_up,元旦,,", "2027-01-01,closed,元旦,,"),
            "line 3",
            "the make-up day 2027-01-01 is also closed",
        ),
        (
            ("2027-01-01,closed,元旦,,", "2027-01-01,closed,元旦,,"),
            "line 3",
            "the day 2027-01-01 is given twice",
        ),
        (
            ("2027-01-01,closed,元旦,,", "2029-01-01,closed,元旦,,"),
            None,
            "the years have a gap: no day of 2028 is named",
        ),
        ((), "line 2", "the table has no days"),
    ],
)
def test_a_row_that_is_wrong_is_named(
    tmp_path: Path, rows: tuple[str, ...], key: str | None, message: str
) -> None:
    with pytest.raises(CalendarFileError) as raised:
        from_csv(table(tmp_path, *rows))

    (problem,) = raised.value.problems
    assert problem.key == key
    assert message in problem.message


def test_all_rows_that_are_wrong_are_named_at_once(tmp_path: Path) -> None:
    rows = ("2027-01-01,shut,a,,", "2027-01-02,closed,b,,", "2027-01-03,open,c,,")

    with pytest.raises(CalendarFileError) as raised:
        from_csv(table(tmp_path, *rows))

    assert [each.key for each in raised.value.problems] == ["line 2", "line 4"]


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CalendarFileError, match=r"line 1: the columns are day, kind .*\[ranges\]"):
        from_csv(table(tmp_path, "2027-01-01,closed", header="day,kind"))


@pytest.mark.parametrize("text", ["2026-2007", "26", "2007-", "1969", "2200", "2007–2026"])
def test_years_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="years"):
        years_of(text)


def test_years_are_one_or_a_span() -> None:
    assert (years_of("2026"), years_of("2007-2026")) == ((2026, 2026), (2007, 2026))


def against(source: DaySource, *named: str, base: Base = OFFICE) -> list[str]:
    """Return the days that a source and a second one do not say alike."""
    second = second_source(named, base, "CN", (source.first_year, source.last_year))
    check = source_check(made_calendar(base, source), source, second)
    return [f"{each.on}: {each.first.says} | {each.second.says}" for each in check.days]


def test_two_sources_that_agree_differ_on_no_day() -> None:
    package = from_package("CN", (2007, 2026))

    assert against(package, "cn-office") == []
    assert against(package, *map(str, notices(2024, 2025, 2026))) == []
    assert against(from_notices(notices(2025, 2026)), "holidays") == []


def test_a_table_may_be_the_second_source(tmp_path: Path) -> None:
    rows = [
        f"{each.on},{each.kind},{each.name.zh},,"
        for each in CHINA.overrides
        if each.on.year == 2026 and each.on.month > 1
    ]

    found = against(from_notices(notices(2026)), str(table(tmp_path, *rows)))

    assert [line[:10] for line in found] == ["2026-01-01", "2026-01-02", "2026-01-04"]


def test_several_files_of_a_second_source_are_notices(tmp_path: Path) -> None:
    with pytest.raises(CalendarFileError, match="several files of a second source are notices"):
        against(from_notices(notices(2026)), "cn-office", str(NOTICES / "2026.json"))


def test_every_day_that_two_sources_do_not_say_alike_is_named(tmp_path: Path) -> None:
    data = json.loads((NOTICES / "2026.json").read_bytes())
    off = {day["date"]: day for day in data["days"]}
    data["days"].remove(off["2026-10-01"])
    off["2026-02-14"]["isOffDay"] = True
    data["days"].append({"name": "多放", "date": "2026-03-06", "isOffDay": True})
    wrong = tmp_path / "2026.json"
    wrong.write_text(json.dumps(data), encoding="utf-8")

    found = against(from_notices([wrong]), "holidays")

    hours = "09:00-12:00 13:30-17:30"
    assert found == [
        f"2026-02-14: closed (春节) | worked {hours} (make-up day, 调休上班 Make-up day)",
        f"2026-03-06: closed (多放) | worked {hours} (weekly hours)",
        f"2026-10-01: worked {hours} (weekly hours) | closed (国庆节 National Day)",
    ]


def test_the_calendar_before_the_extension_differs_from_the_package_on_two_days() -> None:
    package = from_package("CN", (2007, 2020))
    before = cn_office_as_of(date(2020, 1, 22))

    check = source_check(
        made_calendar(OFFICE, package), package, SecondSource("as of then", before)
    )

    assert [each.on for each in check.days] == [date(2020, 1, 31), date(2020, 2, 1)]


def test_a_year_of_which_the_second_source_says_nothing_is_no_agreement(tmp_path: Path) -> None:
    source = from_csv(table(tmp_path, "2027-01-01,closed,元旦,,"))
    made = made_calendar(OFFICE, source)

    check = source_check(made, source, second_source(["holidays"], OFFICE, "CN", (2027, 2027)))

    assert (check.days, check.silent, check.agrees) == ((), (2027,), False)
    assert with_check(made, check).sources[-1] == f"not confirmed by {PACKAGE}, CN: 2027"


def test_a_second_calendar_with_other_hours_is_asked_for_its_days_only() -> None:
    source = from_notices(notices(2026))
    mornings = CHINA.model_dump() | {
        "weekly": {day: ("09:00-12:00",) for day in list(Weekday)[:5]},
    }
    other = type(CHINA).model_validate(mornings)

    check = source_check(made_calendar(OFFICE, source), source, SecondSource("mornings", other))

    assert check.agrees
    assert not check.by_hours


def test_what_was_accepted_stands_in_the_sources_and_in_the_hash() -> None:
    source = from_package("CN", (2007, 2020))
    made = made_calendar(OFFICE, source)
    before = SecondSource("before", cn_office_as_of(date(2020, 1, 22)))

    kept = with_check(made, source_check(made, source, before))

    assert kept.sources[-1] == "differs from before on 2 days: 2020-01-31, 2020-02-01"
    assert kept.hash != made.hash
    assert type(kept).model_validate_json(kept.model_dump_json()).hash == kept.hash


def test_a_year_is_added_to_the_calendar_that_has_the_others(tmp_path: Path) -> None:
    source = from_csv(table(tmp_path, "2027-01-01,closed,元旦,,", "2027-02-06,closed,春节,,"))

    made = made_calendar(Base(CHINA, keeps=True), source)

    assert made.overrides[: len(CHINA.overrides)] == CHINA.overrides
    assert (made.valid_from, made.valid_until) == (FIRST, date(2027, 12, 31))
    assert made.sources == (*CHINA.sources, "table days.csv: 2 days")


def test_a_year_that_is_replaced_loses_what_the_source_does_not_name(tmp_path: Path) -> None:
    source = from_csv(table(tmp_path, "2026-01-01,closed,元旦,,"))

    made = made_calendar(Base(CHINA, keeps=True), source)

    assert [each.on for each in made.overrides if each.on.year == 2026] == [date(2026, 1, 1)]


def test_a_notice_that_amends_changes_only_the_days_that_it_names() -> None:
    before = cn_office_as_of(date(2020, 1, 22))
    extension = NOTICES.parent / "notices" / "2020-extension.json"
    source = from_notices([extension], english=english_names())

    made = made_calendar(Base(before, amends=True), source)

    assert made.overrides == cn_office_as_of(date(2020, 1, 27)).overrides
    assert made.valid_until == date(2020, 12, 31)


def test_a_year_that_leaves_a_gap_behind_the_calendar_is_refused(tmp_path: Path) -> None:
    source = from_csv(table(tmp_path, "2028-01-01,closed,元旦,,"))

    with pytest.raises(CalendarFileError, match="has 2007-01-01 to 2026-12-31, the source 2028"):
        made_calendar(Base(CHINA, keeps=True), source)


def test_a_make_up_day_that_would_open_nothing_is_refused() -> None:
    source = from_package("CN", (2026, 2026), Weekday.SUNDAY)

    with pytest.raises(CalendarFileError, match="2026-01-04 is made up as a sunday"):
        made_calendar(OFFICE, source)
