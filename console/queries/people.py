"""Who is in which post today, who stands in for whom, what each has to do."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from desk.desk import Desk
from domain.access import Horizon
from domain.calendar import WorkingCalendar
from domain.clocks import Clock
from domain.evolve import part_of_clock
from domain.handbook import Delegation, Handbook, Post
from domain.issue import Issue
from domain.lights import WORST_FIRST, Light, light, light_rule
from domain.organization import holders, on_duty
from domain.team import Part
from domain.terms import Terms
from ledger.dashboards import Lights, Load, by_handler, by_owner, by_person
from ledger.lists import PAGE_MAX, Narrowed, Order, Place
from ledger.port import Ledger

SHOWN: Final = 40
BUSIEST: Final = 12
READ_MAX: Final = 400
"""So many issues with parts are looked at for one page; what is beyond is not counted, and said."""
NOTHING: Final = Lights()


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post today. `works_on`: the lights of the issues that it handles; `owns`: how many open
    ones it answers for."""

    post: Post
    holders: tuple[str, ...]
    on_duty: tuple[str, ...]
    deputies: tuple[Delegation, ...]
    works_on: Lights
    owns: int

    @property
    def is_vacant(self) -> bool:
        """Return whether nobody is in the post."""
        return not self.holders


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person, the posts they hold today, and the lights of what those handle."""

    person: str
    posts: tuple[str, ...]
    lights: Lights


@dataclass(frozen=True, slots=True)
class Asked:
    """Which posts are shown. `text` stands in an id, a name or a person."""

    unit: str | None = None
    tier: int | None = None
    text: str | None = None
    vacant: bool = False


@dataclass(frozen=True, slots=True)
class Staff:
    """A page of posts in the handbook's order; `next` is the id to go on behind. The counts are of
    all that fit."""

    lines: tuple[PostLine, ...]
    next: str | None
    posts: int
    vacant: int
    stood_in: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of joint teams that units still owe; `is_whole`: none was left uncounted."""

    by_unit: Mapping[str, Lights]
    is_whole: bool


def staff_of(
    handbook: Handbook,
    load: Sequence[Load],
    local: datetime,
    asked: Asked,
    *,
    after: str | None = None,
    language: str,
) -> Staff:
    """Return the posts that fit, as they are filled at a local instant."""
    handled, owned = by_handler(load), by_owner(load)
    every = [
        line
        for post in handbook.posts
        if _fits(line := _line(handbook, post, local, handled, owned), asked, language)
    ]
    ids = [line.post.id for line in every]
    begin = ids.index(after) + 1 if after in ids else 0
    shown = tuple(every[begin : begin + SHOWN])
    more = len(every) > begin + SHOWN
    return Staff(
        lines=shown,
        next=shown[-1].post.id if more else None,
        posts=len(every),
        vacant=sum(line.is_vacant for line in every),
        stood_in=sum(bool(line.deputies) for line in every),
    )


def busiest(handbook: Handbook, load: Sequence[Load], day: date) -> tuple[PersonLine, ...]:
    """Return the persons with the most to do, the worst off first."""
    found = [
        (person, lights) for person, lights in by_person(load, handbook, day).items() if lights.open
    ]
    found.sort(key=lambda each: (-each[1].red, -each[1].yellow, -each[1].open, each[0]))
    return tuple(
        PersonLine(
            person,
            tuple(each.id for each in handbook.posts if person in holders(each, day)),
            lights,
        )
        for person, lights in found[:BUSIEST]
    )


async def parts_owed(
    desk: Desk, ledger: Ledger, within: Horizon, units: Iterable[str], *, at: datetime
) -> Parts:
    """Return the parts that some units still owe, by light; of issues that somebody may see."""
    wanted, read, after = tuple(sorted(set(units))), 0, None
    found: dict[str, Counter[Light]] = {unit: Counter() for unit in wanted}
    filters = Narrowed(zone=within.zone, open_only=True, parts_of=wanted)
    while wanted and read < READ_MAX:
        rows = await ledger.listed(within, filters, Order(), at=at, after=after, limit=PAGE_MAX)
        for each in rows:
            issue = each.row.issue
            terms = await desk.shelf.version(issue.terms)
            for part in _owing(issue, wanted):
                found[part.unit][_light_of(issue, part, terms, at)] += 1
        read += len(rows)
        after = Place(rows[-1].row.issue.stream) if len(rows) == PAGE_MAX else None
        if after is None:
            break
    counted = {
        unit: Lights(**{each.value: n for each, n in of.items()}) for unit, of in found.items()
    }
    return Parts(counted, is_whole=after is None)


def _line(
    handbook: Handbook,
    post: Post,
    local: datetime,
    handled: Mapping[str, Lights],
    owned: Mapping[str, Lights],
) -> PostLine:
    day = local.date()
    there = holders(post, day)
    return PostLine(
        post=post,
        holders=there,
        on_duty=on_duty(handbook, post, local),
        deputies=tuple(
            each
            for each in handbook.delegations
            if each.post == post.id
            and each.from_on <= day <= each.to_on
            and each.principal in there
        ),
        works_on=handled.get(post.id, NOTHING),
        owns=owned.get(post.id, NOTHING).open,
    )


def _fits(line: PostLine, asked: Asked, language: str) -> bool:
    post = line.post
    text = (asked.text or "").casefold()
    told = (post.id, post.name.zh if language == "zh" else post.name.en, *line.holders)
    return (
        asked.unit in (None, post.unit)
        and asked.tier in (None, post.tier)
        and (not asked.vacant or line.is_vacant)
        and any(text in each.casefold() for each in told)
    )


def _owing(issue: Issue, units: Sequence[str]) -> Iterator[Part]:
    parts = () if issue.team is None else issue.team.parts
    return (part for part in parts if part.unit in units and not part.is_settled)


def _light_of(issue: Issue, part: Part, terms: Terms, at: datetime) -> Light:
    """Return the worst light of a part's own clocks."""
    rule = light_rule(terms)
    lights = [
        light(clock, max(at, issue.changed_at), _calendar(clock, terms), rule)
        for clock in issue.clocks
        if issue.team is not None and _is_of(clock, part, issue.team.number)
    ]
    return min(lights, key=WORST_FIRST.index, default=Light.NONE)


def _is_of(clock: Clock, part: Part, team: int) -> bool:
    return part_of_clock(clock.id) == part.id and clock.id.split(".")[1] == str(team)


def _calendar(clock: Clock, terms: Terms) -> WorkingCalendar:
    rule = terms.rules_by_id.get(clock.rule)
    return terms.calendar if rule is None else terms.calendar_of(rule)
