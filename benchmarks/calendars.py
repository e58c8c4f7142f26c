"""Working time a second of one core: ours, the package businesstimedelta, and a minute counter."""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from benchmarks import business
from benchmarks.beside import pinned
from benchmarks.business import Business
from benchmarks.figures import Figure, Results, median
from benchmarks.minutes import WEEKDAYS, MinuteCounter
from benchmarks.processor import seconds_each
from domain.calendar import WorkingCalendar
from domain.days import MINUTE_MS, ClosedDay, DayOverride, MakeUpDay, to_ms
from handbooks.calendars import read_calendar

SECTION = "calendars"
CALENDAR = "cn-office"
FIRST_AT = datetime(2019, 1, 1, tzinfo=UTC)
STARTS_MINUTES = (datetime(2026, 8, 15, tzinfo=UTC) - FIRST_AT) // timedelta(minutes=1)
"""The last holiday known is in October 2026; past it businesstimedelta cannot look."""
SEED = 20261122
LENGTHS = {"hours": (30, 420), "days": (420, 5 * 420), "weeks": (5 * 420, 20 * 420)}
"""Worked minutes, of which cn-office has 420 a day and 2,100 a week."""
WEEK_MINUTES = 7 * 1440
MADE_UP = "with make-up days"
OPS = ("add", "elapsed")
AIM = 50.0

Times = dict[tuple[str, str], list[float]]
"""CPU seconds a case, by operation and length, one for each round."""


class DisagreementError(Exception):
    """Our calendar and the minute counter do not answer alike: nothing is worth timing."""


@dataclass(frozen=True, slots=True)
class Case:
    """An instant, a budget of worked minutes to `add`, and an end up to which they `elapsed`."""

    start_at: datetime
    minutes: int
    end_at: datetime


Cases = dict[str, list[Case]]


def measure(results: Results, *, cases: float, rounds: float, seconds: float, fresh: float) -> None:
    """Time both operations on the same cases, the three in turn, and fresh calendars."""
    calendar = read_calendar(CALENDAR)
    drawn = _drawn(calendar, int(cases))
    counter = MinuteCounter(calendar.model_dump(mode="json"))
    ours: Times = defaultdict(list)
    packages: Times = defaultdict(list)
    counters: Times = defaultdict(list)
    with business.standing(_told(calendar, drawn)) as package:
        _compare(results, calendar, counter, package, drawn)
        for _ in range(int(rounds)):
            for length in LENGTHS:
                for op in OPS:
                    place = (op, length)
                    counted = _pass_of_counter(op, counter, drawn[length])
                    ours[place].append(
                        seconds_each(_pass_of_ours(op, calendar, drawn[length]), seconds)
                    )
                    packages[place].append(package.seconds_each(op, length, seconds))
                    counters[place].append(seconds_each(counted, 0.0))
    name = f"businesstimedelta {pinned('businesstimedelta')}"
    for op in OPS:
        for length in LENGTHS:
            mine, its = ours[op, length], packages[op, length]
            results.figures.append(_rates(f"{op}, {length}", mine, its, name, at_least=AIM))
        mine, its = _all_lengths(ours, op), _all_lengths(packages, op)
        results.figures.append(_rates(f"{op}, all", mine, its, name, at_least=AIM))
        counted_all = _all_lengths(counters, op)
        results.figures.append(_rates(f"{op}, all", mine, counted_all, "minute counter"))
    _measure_fresh(results, calendar, drawn, int(fresh), median(_all_lengths(packages, "add")))
    results.notes.append(
        f"Calendars: {CALENDAR}, {len(LENGTHS)} times {int(cases)} cases from 2019 to 2026 "
        "(budgets up to 1, 5 and 20 working days), none with a make-up day, whole minutes. A "
        "second is one of CPU time of the process that computes, which uses one core. Rounds: "
        f"{int(rounds)}, the three in turn on the same cases; arguments are made before "
        "time is taken, and our tables are warm."
    )


def _drawn(calendar: WorkingCalendar, count: int) -> Cases:
    """Draw `count` cases of each length; those that meet a make-up day are kept apart."""
    chance = random.Random(SEED)
    made_up = {day for day, override in _overrides(calendar) if isinstance(override, MakeUpDay)}
    drawn: Cases = {length: [] for length in (*LENGTHS, MADE_UP)}
    for length, (least, most) in LENGTHS.items():
        while len(drawn[length]) < count:
            start_at = FIRST_AT + timedelta(minutes=chance.randrange(STARTS_MINUTES))
            minutes = chance.randint(least, most)
            natural = chance.randint(least, most) * WEEK_MINUTES // 2100
            end_at = start_at + timedelta(minutes=natural)
            due_at = calendar.add_ms(start_at, minutes * MINUTE_MS)
            first, last = calendar.day_of(start_at), calendar.day_of(max(due_at, end_at))
            meets = any(first <= day <= last for day in made_up)
            drawn[MADE_UP if meets else length].append(Case(start_at, minutes, end_at))
    return drawn


def _overrides(calendar: WorkingCalendar) -> list[tuple[date, DayOverride]]:
    """Return what holds of each day that differs: of two overrides the later."""
    return list({override.on: override for override in calendar.overrides}.items())


def _told(calendar: WorkingCalendar, drawn: Cases) -> dict[str, object]:
    """Return the calendar as far as businesstimedelta's own rules can say it, and the cases."""
    week = calendar.model_dump(mode="json")["weekly"]
    worked = [number for number, weekday in enumerate(WEEKDAYS) if week.get(weekday)]
    (hours,) = {tuple(week[WEEKDAYS[number]]) for number in worked}
    morning, afternoon = (text.split("-") for text in hours)
    return {
        "time_zone": calendar.time_zone,
        "hours": [*morning, *afternoon],
        "working_days": worked,
        "holidays": [
            day.isoformat()
            for day, override in _overrides(calendar)
            if isinstance(override, ClosedDay)
        ],
        "add": {
            length: [(_minute(case.start_at), case.minutes) for case in cases]
            for length, cases in drawn.items()
        },
        "elapsed": {
            length: [(_minute(case.start_at), _minute(case.end_at)) for case in cases]
            for length, cases in drawn.items()
        },
    }


def _compare(
    results: Results,
    calendar: WorkingCalendar,
    counter: MinuteCounter,
    package: Business,
    drawn: Cases,
) -> None:
    """Count where businesstimedelta answers otherwise; raises if the minute counter does."""
    differing = {True: 0, False: 0}
    asked = {True: 0, False: 0}
    for length, cases in drawn.items():
        ours = {
            "add": [_minute(calendar.add_ms(c.start_at, c.minutes * MINUTE_MS)) for c in cases],
            "elapsed": [calendar.working_ms(c.start_at, c.end_at) // MINUTE_MS for c in cases],
        }
        counted = {
            "add": [_minute(counter.add(case.start_at, case.minutes)) for case in cases],
            "elapsed": [counter.elapsed(case.start_at, case.end_at) for case in cases],
        }
        if ours != counted:
            raise DisagreementError(f"{length}: ours {ours}, the minute counter {counted}")
        for op in OPS:
            told = package.answers(op, length)
            asked[length == MADE_UP] += len(cases)
            differing[length == MADE_UP] += sum(
                mine != its for mine, its in zip(ours[op], told, strict=True)
            )
    results.conditions["businesstimedelta"] = pinned("businesstimedelta")
    results.notes.append(
        f"Answers: ours and the minute counter agree on all {asked[True] + asked[False]}. "
        f"businesstimedelta differs in {differing[False]} of the {asked[False]} that are timed, "
        f"and in {differing[True]} of {asked[True]} whose span meets a make-up day, which its "
        "rules cannot say: those were drawn in between and are not timed."
    )


def _pass_of_ours(op: str, calendar: WorkingCalendar, cases: list[Case]) -> Callable[[], int]:
    budgets = [(case.start_at, case.minutes * MINUTE_MS) for case in cases]
    spans = [(case.start_at, case.end_at) for case in cases]

    def adds() -> int:
        for at, ms in budgets:
            calendar.add_ms(at, ms)
        return len(budgets)

    def elapsed() -> int:
        for from_at, to_at in spans:
            calendar.working_ms(from_at, to_at)
        return len(spans)

    return adds if op == "add" else elapsed


def _pass_of_counter(op: str, counter: MinuteCounter, cases: list[Case]) -> Callable[[], int]:
    def adds() -> int:
        for case in cases:
            counter.add(case.start_at, case.minutes)
        return len(cases)

    def elapsed() -> int:
        for case in cases:
            counter.elapsed(case.start_at, case.end_at)
        return len(cases)

    return adds if op == "add" else elapsed


def _all_lengths(times: Times, op: str) -> list[float]:
    """Return CPU seconds a case over all lengths, which have as many cases each, by round."""
    by_round = zip(*(times[op, length] for length in LENGTHS), strict=True)
    return [sum(seconds) / len(LENGTHS) for seconds in by_round]


def _rates(
    name: str,
    ours: list[float],
    beside: list[float],
    beside_is: str,
    at_least: float | None = None,
) -> Figure:
    return Figure(
        SECTION, name, "/s", 1 / median(ours), 1 / median(beside), beside_is, at_least=at_least
    )


def _measure_fresh(
    results: Results,
    calendar: WorkingCalendar,
    drawn: Cases,
    count: int,
    package_seconds: float,
) -> None:
    """Time calendars that have worked out nothing yet: their reading and their first answer."""
    text = calendar.model_dump_json()
    case = drawn["days"][0]
    reading: list[float] = []
    first: list[float] = []
    for _ in range(count):
        made: list[WorkingCalendar] = []

        def read(made: list[WorkingCalendar] = made) -> int:
            made.append(WorkingCalendar.model_validate_json(text))
            return 1

        def ask(made: list[WorkingCalendar] = made) -> int:
            made[0].add_ms(case.start_at, case.minutes * MINUTE_MS)
            return 1

        reading.append(seconds_each(read, 0.0) * 1000)
        first.append(seconds_each(ask, 0.0) * 1000)
    results.figures.append(Figure(SECTION, "fresh: read from JSON", "ms", median(reading)))
    results.figures.append(
        Figure(
            SECTION,
            "fresh: first add, table built",
            "ms",
            median(first),
            package_seconds * 1000,
            "any add of businesstimedelta",
        )
    )


def _minute(at: datetime) -> int:
    return to_ms(at) // MINUTE_MS
