"""Each rule that a calendar's file can break has a message of its own, with file and place."""

from pathlib import Path

import pytest
from calendar_texts import HEAD, VALID, WEEK, problems, write

from handbooks.calendars.files import read_calendar_file
from handbooks.calendars.problems import CalendarFileError


def day(kind: str, on: str = "2026-05-01", more: str = "") -> str:
    return f'[[overrides]]\nkind = "{kind}"\non = {on}\nname = {{ zh = "劳动节" }}\n{more}\n'


def week(hours: str, weekday: str = "saturday") -> str:
    return HEAD + VALID + WEEK + f"{weekday} = {hours}\n"


BASE = HEAD + VALID + WEEK
MONDAY = 'works_as = "monday"'
BROKEN: dict[str, tuple[str, str, str, str, str | None]] = {
    "an unknown zone": (
        BASE.replace("Asia/Shanghai", "Asia/Shangai"),
        "time_zone",
        "R2.4",
        "the zone 'Asia/Shangai' is not in the IANA time zone data",
        None,
    ),
    "midnight crossed unstated": (
        week('["22:00-06:00"]'),
        "weekly.saturday",
        "R2.2",
        "saturday 22:00-06:00 ends before it begins",
        "if it ends the next day write 22:00-06:00+1",
    ),
    "midnight crossed unstated on one day": (
        BASE + day("open", more='ranges = ["20:00-02:00"]'),
        "overrides.0.ranges",
        "R2.2",
        "2026-05-01 20:00-02:00 ends before it begins",
        "if it ends the next day write 20:00-02:00+1",
    ),
    "ranges that overlap": (
        week('["09:00-12:00", "11:00-17:00"]'),
        "weekly.saturday",
        "R2.2",
        "saturday 09:00-12:00 and 11:00-17:00 overlap",
        "the minute that begins at 11:00 lies in both",
    ),
    "ranges that overlap after midnight": (
        week('["20:00-06:00+1", "23:00-01:00+1"]'),
        "weekly.saturday",
        "R2.2",
        "saturday 20:00-06:00+1 and 23:00-01:00+1 overlap",
        "the minute that begins at 23:00 lies in both",
    ),
    "ranges out of order": (
        week('["13:00-17:00", "09:00-12:00"]'),
        "weekly.saturday",
        "R2.2",
        "saturday 09:00-12:00 stands after 13:00-17:00",
        "write 09:00-12:00 before 13:00-17:00",
    ),
    "an empty range": (
        week('["09:00-09:00"]'),
        "weekly.saturday",
        "R2.2",
        "saturday 09:00-09:00 is empty",
        "a whole day is 00:00-24:00",
    ),
    "a range that ends at the wrong midnight": (
        week('["18:00-00:00"]'),
        "weekly.saturday",
        "R2.2",
        "saturday 18:00-00:00 ends at the midnight that begins a day; the end of a day is 24:00",
        "write 18:00-24:00",
    ),
    "a range longer than a day": (
        week('["08:00-09:00+1"]'),
        "weekly.saturday",
        "R2.2",
        "saturday 08:00-09:00+1 lasts longer than a day",
        "it begins again before it has ended; without +1 it is 08:00-09:00",
    ),
    "something that is no range": (
        week('["9 to 5"]'),
        "weekly.saturday",
        "R2.2",
        "saturday '9 to 5' is not a range of hours",
        None,
    ),
    "a make-up day that is also closed": (
        BASE + day("make_up", more=MONDAY) + day("closed"),
        "overrides.1",
        "R2.2",
        "2026-05-01 is a make-up day that is also closed: '劳动节' and '劳动节'",
        "2026-05-01: worked as monday (劳动节) and closed (劳动节)",
    ),
    "a day given twice alike": (
        BASE + day("closed") + day("closed"),
        "overrides.1",
        "R2.2",
        "the day 2026-05-01 is given twice, both times closed",
        None,
    ),
    "a day given twice with other hours": (
        BASE
        + day("open", more='ranges = ["08:00-09:00"]')
        + day("open", more='ranges = ["09:00-10:00"]'),
        "overrides.1",
        "R2.2",
        "2026-05-01 is given twice, and differently: "
        "open 08:00-09:00 (劳动节) and open 09:00-10:00 (劳动节)",
        "2026-05-01: open 08:00-09:00 (劳动节) and open 09:00-10:00 (劳动节)",
    ),
    "a make-up day that opens nothing": (
        BASE + day("make_up", more='works_as = "sunday"'),
        "overrides.0.works_as",
        "R2.2",
        "2026-05-01 is made up as a sunday, and on that weekday nothing opens",
        "2026-05-01: worked as sunday (劳动节), 0 hours",
    ),
    "a day far outside": (
        BASE + day("closed", "2028-05-01"),
        "overrides.0.on",
        "R2.2",
        "2028-05-01 is more than 31 days outside the calendar's validity, 2026-01-01 to 2026-12-31",
        "2028-05-01: closed (劳动节)",
    ),
    "a week without hours": (
        HEAD + VALID + "[weekly]\n",
        "weekly",
        "R2.2",
        "no weekday has opening hours, so that no budget is ever used up",
        "1 hour from 2026-01-01 is never due",
    ),
    "an end before the beginning": (
        BASE.replace("2026-12-31", "2025-12-31"),
        "valid_until",
        "R2.2",
        "valid_until 2025-12-31 is before valid_from 2026-01-01",
        None,
    ),
    "no end": (
        BASE.replace("valid_until = 2026-12-31", ""),
        "valid_until",
        "R2.2",
        "valid_until is missing, and no published_days say it",
        "valid_until = 2026-12-31",
    ),
    "an unknown field": (
        'colour = "red"\n' + BASE,
        "colour",
        "R2.2",
        "'red': there is no such field",
        None,
    ),
    "an unknown weekday": (
        week('["09:00-10:00"]', "caturday"),
        "weekly.caturday",
        "R2.2",
        "there is no such field",
        None,
    ),
    "an unknown kind": (
        BASE + day("shut"),
        "overrides.0",
        "R2.2",
        "there is no such kind of override",
        None,
    ),
    "a missing name": (
        BASE.replace('name = { zh = "道路养护", en = "Road works" }', ""),
        "name",
        "R2.2",
        "this field is missing",
        None,
    ),
    "a folder that is not there": (
        BASE + '\n[english]\n"x" = "y"\n',
        "published_days",
        "R2.2",
        "no folder 'lunar' with notices beside the file, and none is shipped",
        None,
    ),
}


@pytest.mark.parametrize(
    ("text", "key", "rule", "message", "example"), BROKEN.values(), ids=BROKEN.keys()
)
def test_each_broken_rule_has_its_own_message(
    tmp_path: Path, text: str, key: str, rule: str, message: str, example: str | None
) -> None:
    if key == "published_days":
        text = 'published_days = "lunar"\n' + text

    (problem,) = problems(tmp_path, text)

    assert problem.file == str(tmp_path / "roads.toml")
    assert (problem.key, problem.rule) == (key, rule)
    assert problem.message == message
    assert problem.counter_example == example
    assert str(problem).startswith(f"{problem.file}: {key}: {message} ({rule}).")


def test_all_broken_rules_are_named_at_once(tmp_path: Path) -> None:
    text = (
        BASE.replace("Asia/Shanghai", "Mars/Base")
        + 'tuesday = ["22:00-06:00"]\nsunday = ["09:00-12:00", "10:00-11:00"]\n'
        + day("make_up", more=MONDAY)
        + day("closed")
        + day("closed", "2028-05-01")
    )
    path = write(tmp_path, text)

    with pytest.raises(CalendarFileError) as raised:
        read_calendar_file(path)

    assert [each.key for each in raised.value.problems] == [
        "time_zone",
        "weekly.tuesday",
        "weekly.sunday",
        "overrides.1",
        "overrides.2.on",
    ]
    assert str(raised.value).count(str(path)) == 5


def test_a_zone_that_is_nearly_right_is_told_what_it_may_have_meant(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, BASE.replace("Asia/Shanghai", "Asia/Shangai"))

    assert problem.allowed[0] == "Asia/Shanghai"
