"""A year of a zone in virtual time on the production domain (I11): issues told one after another,
each to the end of the year, by as many processes as there are zones.

Nothing of an issue is kept once it is told but its last hash, in a hash over all of them, and what
it adds to sums. The same scenario gives the same hash, however many processes play it.
"""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from audit.at_once import at_once
from audit.corpus import SUFFIX, corpus_files, read_corpus, writing
from audit.facts import Life
from audit.handling_times import HandlingTime, family_of, step_of
from audit.reexecute import NOTHING, Reexecution, reexecute_all
from audit.year_sums import Days, SimulatedYear, YearSums, ZoneYear
from demo.diaries import RosteredDiaries
from demo.scenario import Scenario, ScenarioError
from demo.scenario_arrivals import Arrivals
from demo.scenario_terms import scenario_terms, zone_terms
from demo.story import Kept, Story
from demo.year_arrivals import midnight
from desk.changes import command_row
from domain.canonical import canonical, sha256
from domain.chain import GENESIS, Origin, Record, recorded
from domain.commands import Submission
from domain.decisions import RULES, Decision
from domain.errands import errands_of
from domain.figure_definitions import DEFINITIONS, definition
from domain.figure_story import Story as FigureStory
from domain.figures import Period, Plain, Sums
from domain.issue import Issue
from domain.terms import Terms
from handbooks.faults import Fault
from ledger.port import CommandRow, Head
from runtime.errors import StackError

ISSUES_A_FILE: Final = 1_000
"""Of a year that is written down: what verifies it holds one file at a time."""
PACKED_LEVEL: Final = 4
ISSUES_A_STEP: Final = 200
"""After so many it is told how far the year is."""

Progress = Callable[[int], None]
"""Hears how many more issues were told."""
Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class Written:
    """What is wanted of a year beside its sums: a folder for corpus files, and figures."""

    folder: Path | None = None
    figures: bool = False


async def simulate(
    scenario: Scenario,
    *,
    file: str = "scenario",
    jobs: int = 1,
    folder: Path | None = None,
    figures: bool = False,
    check: bool = False,
    progress: Progress = lambda _: None,
) -> SimulatedYear:
    """Play a scenario, which refusals call `file`, by at most `jobs` processes: a zone is played by
    one. `folder` takes the whole ledger as corpus files; with `check` all that they hold is decided
    again. Raises ScenarioError, StackError."""
    terms = scenario_terms(scenario, file)
    if folder is not None:
        _require_empty(folder)
    wanted = Written(folder, figures)
    days = Days.of_year(scenario.year, terms.calendar.time_zone)
    year = SimulatedYear(scenario.model_dump(mode="json"), scenario.hash, YearSums(days))
    try:
        async for zone, sums in _played(scenario, terms, wanted, jobs, progress):
            year.take(zone, sums)
        if check:
            paths = [path for each in year.zones for path in each.files]
            year.checked = await _checked(paths, jobs)
    except OSError as error:
        if folder is None:
            raise
        raise StackError(f"{folder} cannot be used: {error.strerror or error}") from error
    return year


def play_zone(
    scenario: Scenario,
    base: Terms,
    place: int,
    wanted: Written,
    progress: Progress = lambda _: None,
) -> tuple[ZoneYear, YearSums]:
    """Play one of the zones of a scenario, whose terms as the handbook has them are `base`."""
    terms = zone_terms(scenario, base, place)
    days = Days.of_year(scenario.year, terms.calendar.time_zone)
    sums, heads = YearSums(days), hashlib.sha256()
    keeping = _Keeping(terms, sums, lives=wanted.folder is not None or wanted.figures)
    period = Period(midnight(terms, days.first_on), midnight(terms, date(scenario.year + 1, 1, 1)))
    figures = _Figures(terms, period) if wanted.figures else None
    files: list[Path] = []
    story = Story(
        terms,
        period.to_at,
        keeping.take,
        pace=KnownTimes(scenario.handling) if scenario.handling else None,
        diaries=RosteredDiaries(scenario, terms, days, sums),
        handlers=True,
    )
    told = _told(story, Arrivals(scenario, terms, days, place), keeping, heads, progress)
    if wanted.folder is not None:
        told = _written(told, wanted.folder, terms, files)
    for lives in told:
        if figures is not None:
            figures.take(lives)
    zone = ZoneYear(
        zone=terms.handbook.zone,
        terms=terms.hash,
        hash=heads.hexdigest(),
        issues=sums.issues,
        events=sums.events,
        breaches=sum(month.breaches for month in sums.months),
        refused=story.refused,
        files=tuple(files),
        figures=None if figures is None else figures.digits(),
    )
    return zone, sums


class KnownTimes:
    """How long a step takes, drawn from quantiles: those of the issue's category, else of what it
    begins with, else of any."""

    def __init__(self, handling: Sequence[HandlingTime]) -> None:
        self._hours = {(each.step, each.category): each.hours for each in handling}

    def __call__(self, chance: random.Random, issue: Issue) -> float | None:
        """Return how many opening hours what comes next takes, None where nothing is known."""
        step, category = step_of(issue), issue.category
        for name in (category, family_of(category), None):
            hours = self._hours.get((step, name))
            if hours is not None:
                place = chance.random() * (len(hours) - 1)
                below = int(place)
                return hours[below] + (place - below) * (hours[below + 1] - hours[below])
        return None


@dataclass(slots=True)
class _Stream:
    records: list[Record] = field(default_factory=list)
    commands: list[CommandRow] = field(default_factory=list)


class _Keeping:
    """Keeps the chain of what is told, and the lives themselves where they are wanted."""

    def __init__(self, terms: Terms, sums: YearSums, *, lives: bool) -> None:
        self._terms = terms
        self._sums = sums
        self._keeps_lives = lives
        self._streams: dict[str, _Stream] = {}

    def take(
        self, submission: Submission, before: Issue | None, decision: Decision, head: Head | None
    ) -> Kept:
        """Take what a command came to."""
        after, events = decision.issue, decision.events
        body, first = canonical(submission), 0 if head is None else head.version
        hash_ = sha256(body)
        origin = Origin(after.stream, submission.id, hash_, self._terms.hash, RULES)
        previous = GENESIS if head is None else head.hash
        records = recorded(events, origin, after_version=first, previous=previous)
        self._sums.take(events, after, self._terms.handbook)
        if self._keeps_lives:
            stream = self._streams.setdefault(after.stream, _Stream())
            stream.records += records
            at, terms = events[0].at, self._terms
            row = command_row(submission, body, hash_, terms, first, events, after, at)
            stream.commands.append(row)
        now = Head(
            version=after.version,
            hash=records[-1].hash,
            snapshot="",
            terms=after.terms,
            armed_due_at=None,
            answered=True,
            notices_open=0,
        )
        return now, [each.submission for each in errands_of(before, events, after)]

    def told(self) -> list[Life]:
        """Return what was kept of lives, and let go of it."""
        lives = [
            Life(name, tuple(kept.records), tuple(kept.commands))
            for name, kept in sorted(self._streams.items())
        ]
        self._streams.clear()
        self._sums.forget()
        return lives


def _told(
    story: Story,
    arrivals: Arrivals,
    keeping: _Keeping,
    heads: "hashlib._Hash",
    progress: Progress,
) -> Iterator[list[Life]]:
    """Tell report after report; yield the lives of each: its own, and of what came of it."""
    done = 0
    for coming in arrivals:
        for course in story.tell([coming]):
            heads.update(f"{course.issue.stream} {course.head.hash}\n".encode())
        yield keeping.told()
        done += 1
        if done % ISSUES_A_STEP == 0:
            progress(ISSUES_A_STEP)
    progress(done % ISSUES_A_STEP)


def _written(
    told: Iterator[list[Life]], folder: Path, terms: Terms, files: list[Path]
) -> Iterator[list[Life]]:
    """Write all that is told to files of ISSUES_A_FILE reports each, and pass it on."""
    text = canonical(terms)
    ended = False
    while not ended:
        first = next(told, None)
        if first is None:
            return
        path = folder / f"{terms.handbook.zone}-{len(files) + 1:05d}{SUFFIX}"
        files.append(path)
        with writing(path, PACKED_LEVEL) as file:
            file.terms(terms.hash, text)
            lives: list[Life] | None = first
            for number in range(ISSUES_A_FILE):
                lives = first if number == 0 else next(told, None)
                if lives is None:
                    ended = True
                    break
                for life in lives:
                    file.life(life)
                yield lives


class _Figures:
    """The published figures of a year, by the newest revision of each, counted issue by issue."""

    def __init__(self, terms: Terms, period: Period) -> None:
        names = dict.fromkeys(each.name for each in DEFINITIONS)
        self._sums = [(each, Sums(each)) for each in map(definition, names)]
        self._terms = {terms.hash: terms}
        self._period = period

    def take(self, lives: Sequence[Life]) -> None:
        for life in lives:
            story = FigureStory(life.records, self._terms)
            for each, own in self._sums:
                if each.concerns(life.records, self._period):
                    own.add(life.stream, each.given_by(story, self._period))

    def digits(self) -> dict[str, Plain]:
        return {each.name: {"revision": each.revision, **own.digits()} for each, own in self._sums}


async def _played(
    scenario: Scenario, terms: Terms, wanted: Written, jobs: int, progress: Progress
) -> AsyncIterator[tuple[ZoneYear, YearSums]]:
    """Yield the zones in order."""
    if jobs == 1 or scenario.zones == 1:
        for place in range(scenario.zones):
            yield play_zone(scenario, terms, place, wanted, progress)
        return
    given = (scenario, canonical(terms), wanted)
    zones = at_once(_each(range(scenario.zones)), _play, jobs=jobs, begin=_begin, given=given)
    async with aclosing(zones) as outcomes:
        async for played in outcomes:
            progress(played[0].issues)
            yield played


async def _checked(paths: Sequence[Path], jobs: int) -> Reexecution:
    """Decide again all that was written, file by file."""
    total = NOTHING
    if jobs == 1:
        for path in paths:
            total = total.plus(await reexecute_all(read_corpus(path)))
        return total
    files = at_once(_each(paths), _check, jobs=jobs, begin=_begin_checking, given=())
    async with aclosing(files) as outcomes:
        async for again in outcomes:
            total = total.plus(again)
    return total


async def _each(things: Sequence[Each]) -> AsyncIterator[Each]:
    for each in things:
        yield each


_hands: list[partial[tuple[ZoneYear, YearSums]]] = []
"""What this process plays zones by."""


def _begin(scenario: Scenario, text: str, wanted: Written) -> None:
    terms = Terms.model_validate_json(text)
    _hands.append(partial(play_zone, scenario, terms, wanted=wanted))


def _play(place: int) -> tuple[ZoneYear, YearSums]:
    return _hands[0](place)


def _begin_checking() -> None:
    return None


def _check(path: Path) -> Reexecution:
    return asyncio.run(reexecute_all(read_corpus(path)))


def _require_empty(folder: Path) -> None:
    if corpus_files(folder):
        raise ScenarioError(
            Fault(
                file=str(folder),
                problem="there is a ledger in it already",
                allowed=("a folder without corpus files, or a new one",),
            )
        )
