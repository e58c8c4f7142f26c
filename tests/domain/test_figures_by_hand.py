"""Every figure is what plain loops over the events come to, whatever happened to the issues (R8.6).

In full 800 sets of lives by chance; a fortieth of that in `make test`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

from counted_lives import Entry, Hours, Life
from deep import deep
from figures_by_hand import at_percent, figures_of, tally
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from issue_machine import Course
from issue_offers import (
    BEGINS_AT,
    EVIDENCE,
    FAR,
    REASON,
    WAITS,
    ZONE,
    actors,
    offers,
    reports,
    terms,
)

from domain.chain import GENESIS, Origin, Record, recorded
from domain.commands import Command
from domain.commands_of_exclusions import ExcludeFromFigures, LiftExclusion, ReviewExclusion
from domain.days import to_ms
from domain.decisions import RULES
from domain.exclusion import FigureName
from domain.figure_definitions import DEFINITIONS, definition
from domain.figure_dimensions import Dimension
from domain.figure_story import Story
from domain.figures import Period, Sums

SETS = deep("figures counted by hand as well", 800, light=4)
STEPS = 45
NAMES = sorted({each.name for each in DEFINITIONS})
LIVES = st.lists(st.integers(0, 2**32), min_size=1, max_size=3)
ONWARD, AT_WORK, AT_ONCE, LEFT_OUT = 0.4, 0.3, 0.1, 0.4


@cache
def hours() -> Hours:
    return Hours(terms().calendar.model_dump(mode="json"), BEGINS_AT - FAR - FAR)


@cache
def book() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(terms().handbook.model_dump_json())
    return found


def lived(seed: int) -> Course:
    """Return an issue that was brought on, hindered, left to time, as chance had it."""
    chance = Random(seed)  # noqa: S311  # lives by chance, not secrets
    report = chance.choice([*reports(), reports()[0]])
    found = (Course.begun(report, actor) for actor in actors())
    course = next(each for each in found if each is not None)
    for _ in range(chance.randint(0, STEPS)):
        due = course.issue.next_rung
        if chance.random() < AT_ONCE and due is not None and due[1].due_at < course.at + FAR:
            course.ring()
        families = [family for family in offers(course.issue) if family]
        leans = chance.random()
        work = families[1] if leans < ONWARD + AT_WORK else chance.choice(families)
        asked = families[0] if leans < ONWARD else work
        course.at += chance.choice(WAITS)
        command = chance.choice(asked)
        for actor in course.who_may(command, chance.sample(actors(), len(actors())))[:2]:
            if isinstance(course.ask(command, actor), tuple):
                break
    if chance.random() < LEFT_OUT:
        leave_out(course, chance)
    return course


def leave_out(course: Course, chance: Random) -> None:
    """Have the issue left out of figures, of some or of all, and perhaps back again."""
    figures = chance.choice([(), (FigureName.ON_TIME, FigureName.TIME_HELD, FigureName.HAND_OVERS)])
    ground, number = terms().handbook.exclusions[0].id, len(course.issue.exclusions) + 1
    asked = ExcludeFromFigures(code=ground, figures=figures, reason=REASON, evidence=EVIDENCE)
    reviewed = ReviewExclusion(exclusion=number, accept=True, reason=REASON)
    lifted = LiftExclusion(exclusion=number, reason=REASON)
    course_of: list[Command] = [asked, reviewed, lifted]
    for command in course_of[: chance.randint(1, 3)]:
        for actor in course.who_may(command, chance.sample(actors(), len(actors()))):
            if isinstance(course.ask(command, actor), tuple):
                break


def records_of(course: Course, number: int) -> tuple[Record, ...]:
    """Return the life as the ledger would have it."""
    origin = Origin(f"{ZONE}/{number}", "c", "0" * 64, terms().hash, RULES)
    return recorded(course.events, origin, after_version=0, previous=GENESIS)


def told(tally_: dict[str, Any]) -> dict[str, Any]:
    """Return the counts of digits that are not 0."""
    return {name: count for name, count in tally_["counts"].items() if count}


def held_against(digits: dict[str, Any], entries: list[Entry]) -> None:
    """Compare one tally of the digits with what the same entries come to by hand."""
    by_hand = tally(entries)
    assert told(digits) == by_hand["counts"]
    if "excluded" in digits:
        left_out = {n: c for n, c in by_hand["excluded"].items() if not n.endswith("_ms")}
        assert digits["excluded"] == left_out
    for ratio in digits.get("ratios", {}).values():
        assert ratio.keys() == {"numerator", "denominator", "excluded"}
    for name, found in digits.get("lengths", {}).items():
        lengths = by_hand["lengths"].get(name, [])
        assert (found["of"], found["sum"]) == (len(lengths), sum(lengths))
        for percent in (50, 90, 95):
            expected = at_percent(lengths, percent) if lengths else None
            assert found[f"p{percent}"] == expected
        assert found["excluded"] == by_hand["excluded"].get(name, 0)


def in_groups(entries: list[Entry], dimension: str) -> Iterator[tuple[tuple[str, ...], Entry]]:
    for entry in entries:
        for group in entry.groups(dimension, book()):
            yield group, entry


SEEN: Counter[str] = Counter()


# Whatever chance brings: lives that end, that are moved, late, answered for, left out.
@example(lives=[4, 9, 22], first=0, length=1500, dimension=Dimension.CATEGORY)
@example(lives=[39, 43, 58], first=0, length=1500, dimension=Dimension.CATEGORY)
@settings(max_examples=SETS, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    lives=LIVES,
    first=st.integers(-20, 600),
    length=st.integers(1, 1500),
    dimension=st.sampled_from(Dimension),
)
def test_every_figure_is_what_plain_loops_over_the_events_come_to(
    lives: list[int], first: int, length: int, dimension: Dimension
) -> None:
    from_at = BEGINS_AT + timedelta(hours=first)
    period = Period(from_at, from_at + timedelta(hours=length))
    streams = [records_of(lived(each), number) for number, each in enumerate(lives)]
    by_hand: dict[str, list[Entry]] = {name: [] for name in NAMES}
    sums = {name: Sums(definition(name), dimension=dimension) for name in NAMES}
    for records in streams:
        plain = [json.loads(record.text) for record in records]
        life = Life(plain, book(), hours(), ZONE)
        given = figures_of(life, to_ms(period.from_at), to_ms(period.to_at))
        story = Story(records, {terms().hash: terms()})
        for name in NAMES:
            by_hand[name] += given[name]
            if definition(name).concerns(records, period):
                sums[name].add(records[0].stream, definition(name).given_by(story, period))
            else:
                assert not given[name], "what columns rule out gives nothing"
    for name in NAMES:
        digits: dict[str, Any] = sums[name].digits()
        entries = by_hand[name]
        SEEN.update(count for entry in entries for count, n in entry.counts.items() if n)
        SEEN["excluded"] += sum(entry.excluded for entry in entries)
        held_against(digits["all"], entries)
        holders = {(each["kind"], each["id"]): each for each in digits["by_holder"]}
        assert holders.keys() == {entry.who for entry in entries}
        for who, each in holders.items():
            held_against(each, [entry for entry in entries if entry.who == who])
        groups = {_key(each): each for each in digits["by"]["groups"]}
        mine = list(in_groups(entries, dimension.value))
        assert groups.keys() == {group for group, _ in mine}
        for group, each in groups.items():
            held_against(each, [entry for own, entry in mine if own == group])


def _key(group: dict[str, Any]) -> tuple[str, ...]:
    if group["id"] is None:
        return ()
    return (group["kind"], group["id"]) if "kind" in group else (group["id"],)


def test_the_lives_came_by_what_figures_count() -> None:
    """Runs after the other: lives in which nothing happens would prove nothing."""
    wanted = {"closed", "held", "moves", "escalations", "breaches", "answered", "excluded"}
    assert wanted <= (+SEEN).keys(), wanted - (+SEEN).keys()
