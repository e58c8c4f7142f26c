"""A policy tried on every issue of a period: page by page, by as many processes as asked for."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import Final

from audit.again import Policy
from audit.at_once import at_once
from audit.backtest import Trial, try_life
from audit.backtest_totals import Totals
from audit.facts import TermsOf, terms_reader
from audit.life_pages import Pages, issue_pages, read_lives
from audit.reexecute import SPOILT
from domain.calendar import WorkingCalendar
from domain.errors import InvalidRequestError
from domain.handbook import Handbook
from domain.terms import Terms
from ledger.connections import open_pool
from ledger.postgres import PostgresLedger

TRIALS_KEPT_MAX: Final = 10_000
"""Of so many issues that differ each is told of; the sums are of all."""
TIMEOUT_S: Final = 120.0


@dataclass(frozen=True)
class UnderHandbook:
    """The policy of a handbook that was not in force: what was counted by a calendar is counted by
    that calendar, a calendar that only the new handbook names is one of `calendars`. Without a
    handbook everything stands under the terms that it stood under. Raises InvalidRequestError for a
    handbook that counts by a calendar which is not given."""

    handbook: Handbook | None
    calendars: tuple[WorkingCalendar, ...] = ()

    def __post_init__(self) -> None:
        known = {each.id for each in self.calendars}
        named = set() if self.handbook is None else Terms.named_calendars(self.handbook)
        if named - known:
            raise InvalidRequestError(
                "The handbook counts by a calendar that nobody knows.",
                field="handbook",
                value=sorted(named - known)[0],
                allowed=sorted(known),
            )

    def __call__(self, recorded: Terms) -> Terms:
        """Return the terms to decide by what was decided by those recorded."""
        if self.handbook is None:
            return recorded
        found = self._made.get(recorded.hash)
        if found is None:
            found = self._made[recorded.hash] = self._moved(self.handbook, recorded)
        return found

    @cached_property
    def _made(self) -> dict[str, Terms]:
        return {}

    def _moved(self, handbook: Handbook, recorded: Terms) -> Terms:
        known = {each.id: each for each in self.calendars} | recorded.calendars_by_id
        own = sorted(Terms.named_calendars(handbook) - {recorded.calendar.id})
        return Terms(
            handbook=handbook,
            calendar=recorded.calendar,
            calendars=tuple(known[id_] for id_ in own if id_ in known),
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """The issues to try: of a zone, reported within [from_at, to_at), with the events up to a
    position that `safe_position` gave, and as they stand at `until_at`. All in UTC."""

    zone: str
    position: int
    from_at: datetime
    to_at: datetime
    until_at: datetime


@dataclass(slots=True)
class Backtest:
    """What came of it: the sums, and each issue that differs, in order of stream, as far as they
    are kept."""

    totals: Totals = field(default_factory=Totals)
    trials: list[Trial] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        """Return how many issues that differ are in the sums alone."""
        return self.totals.differing - len(self.trials)

    def take(self, trial: Trial) -> None:
        """Add one issue."""
        self.totals.take(trial)
        if trial.differs and len(self.trials) < TRIALS_KEPT_MAX:
            self.trials.append(trial)

    def take_in(self, other: "Backtest") -> None:
        """Add a later page."""
        self.totals.take_in(other.totals)
        self.trials += other.trials[: TRIALS_KEPT_MAX - len(self.trials)]


async def backtest(
    ledger: Pages,
    policy: Policy,
    scope: Scope,
    *,
    jobs: int = 1,
    url: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Backtest:
    """Try every issue of `scope` under `policy`. Nothing is written; the same ledger and policy
    give the same, however many `jobs` there are: so many processes, each with a connection to
    `url`, here if there is none. `progress` hears how many issues are done."""
    total = Backtest()
    async for page in _pages_tried(ledger, policy, scope, jobs, url):
        total.take_in(page)
        progress(total.totals.issues)
    return total


async def try_page(
    ledger: Pages,
    versions: Mapping[str, int],
    terms_of: TermsOf,
    policy: Policy,
    until_at: datetime,
) -> Backtest:
    """Try some issues up to a version each; one that cannot be read is counted as such."""
    tried = Backtest()
    try:
        lives = await read_lives(ledger, versions)
    except SPOILT:
        if len(versions) == 1:
            tried.totals.take_unreadable()
            return tried
        for stream, version in versions.items():
            tried.take_in(await try_page(ledger, {stream: version}, terms_of, policy, until_at))
        return tried
    for life in lives:
        await asyncio.sleep(0)  # a face that waits for this has others to serve
        try:
            tried.take(await try_life(life, terms_of, policy, until_at))
        except SPOILT:
            tried.totals.take_unreadable()
    return tried


async def _pages_tried(
    ledger: Pages, policy: Policy, scope: Scope, jobs: int, url: str | None
) -> AsyncIterator[Backtest]:
    pages = _pages(ledger, scope)
    if jobs == 1 or url is None:
        terms_of = terms_reader(ledger)
        async for versions in pages:
            yield await try_page(ledger, versions, terms_of, policy, scope.until_at)
        return
    work = partial(_tried, until_at=scope.until_at)
    async with aclosing(
        at_once(pages, work, jobs=jobs, begin=_open, given=(url, policy))
    ) as outcomes:
        async for tried in outcomes:
            yield tried


async def _pages(ledger: Pages, scope: Scope) -> AsyncIterator[dict[str, int]]:
    """Yield issues with the version to try each up to, a page at a time, in order of stream."""
    async for rows in issue_pages(ledger, scope.zone, scope.position):
        fitting = {
            row.stream: row.version
            for row in rows
            if row.reported_at is not None and scope.from_at <= row.reported_at < scope.to_at
        }
        if fitting:
            yield fitting


class _Hand:
    """One process: its loop, its connection, the policy that it tries."""

    def __init__(self, url: str, policy: Policy) -> None:
        self._runner = asyncio.Runner()
        pool = self._runner.run(open_pool(url, size=1, command_timeout_s=TIMEOUT_S))
        self._ledger = PostgresLedger(pool)
        self._terms_of = terms_reader(self._ledger)
        self._policy = policy

    def tried(self, versions: Mapping[str, int], until_at: datetime) -> Backtest:
        return self._runner.run(
            try_page(self._ledger, versions, self._terms_of, self._policy, until_at)
        )


_hands: list[_Hand] = []


def _open(url: str, policy: Policy) -> None:
    _hands.append(_Hand(url, policy))


def _tried(versions: Mapping[str, int], until_at: datetime) -> Backtest:
    return _hands[0].tried(versions, until_at)
