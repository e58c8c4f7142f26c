"""The timer ledger: every rung that was promised, accounted for, and how late it was (I6, R4.6).

An effect is done when its notices lie in their inboxes. What was held back from other channels, for
quiet hours or a storm, went out later; `audit.notified` counts it.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from audit.matter_promises import read_matter_promises
from audit.order_promises import read_order_promises
from audit.promises import Account, Discrepancy, Fate, read_promises
from domain.chain import Record
from domain.model import written
from domain.streams import StreamKind, is_issue_stream, kind_of_stream
from ledger.port import FiringRow

GRACE = timedelta(minutes=2)
"""A ring may be this long on its way: the guard looks every minute for those half a minute late."""
TELL_WITHIN = timedelta(minutes=10)
AT_ONCE = 8
"""Streams read side by side."""
READS_MAX = 5
MILLISECOND = timedelta(milliseconds=1)
BOUNDS_MS = (1_000, 5_000, 30_000, 60_000, 300_000, 3_600_000, 86_400_000)
"""The upper bounds of the histogram; one bucket more holds what was later still."""


class TimerFacts(Protocol):
    """The part of a ledger that its timers are audited from."""

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        """Return the events of a stream in order of version."""
        ...

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        """Return the rungs that fired, of one stream or of all."""
        ...

    def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        """Yield every stream, in order."""
        ...


@dataclass(frozen=True, slots=True)
class RungFinding:
    """One thing about one issue's rungs that does not add up; `kind` as in Discrepancy."""

    kind: str
    stream: str
    clock: str | None
    cycle: int | None
    rung: str | None
    version: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Lateness:
    """How long after their due instants things were done, in milliseconds.

    `buckets` count those up to each of BOUNDS_MS and, last, those beyond. The percentiles are of
    the nearest rank, hence measured values; None where nothing was measured.
    """

    count: int
    buckets: tuple[int, ...]
    p50_ms: int | None
    p99_ms: int | None
    max_ms: int | None


@dataclass(frozen=True, slots=True)
class TimerAudit:
    """What an audit of the timers looked at, and what it found.

    `fates` has a count for each Fate; they add up to `promised`.
    """

    now: datetime
    grace: timedelta
    tell_within: timedelta
    streams: int
    events: int
    cycles: int
    promised: int
    fates: dict[str, int]
    late_by_us: int
    untold: int
    fired: Lateness
    told: Lateness
    found: tuple[RungFinding, ...]

    @property
    def is_sound(self) -> bool:
        """Return whether every due rung is accounted for."""
        return not self.found


@dataclass(frozen=True, slots=True)
class StreamTimers:
    """The timers of one issue. `told_at` says when the effect of a firing was done, by version."""

    stream: str
    events: int
    cycles: int
    accounts: tuple[Account, ...]
    told_at: dict[int, datetime]
    untold: int
    found: tuple[RungFinding, ...]


async def audit_clocks(
    ledger: TimerFacts,
    *,
    now: datetime,
    zone: str | None = None,
    grace: timedelta = GRACE,
    tell_within: timedelta = TELL_WITHIN,
    progress: Callable[[int], None] = lambda _: None,
) -> TimerAudit:
    """Account for every rung as of `now`; what was recorded later is left out.

    `grace` is how long a due rung may be on its way, `tell_within` how long its effect may take.
    `progress` hears how many streams are done.
    """
    sums = _Sums()
    async for streams in _batches(ledger, zone):
        read = (
            audit_stream(ledger, stream, now=now, grace=grace, tell_within=tell_within)
            for stream in streams
        )
        for timers in await asyncio.gather(*read):
            sums.add(timers)
        progress(sums.streams)
    return sums.total(now, grace, tell_within)


_READ_BY: Final = {
    StreamKind.ISSUE: read_promises,
    StreamKind.ORDER: read_order_promises,
    StreamKind.MATTER: read_matter_promises,
}


async def audit_stream(
    ledger: TimerFacts,
    stream: str,
    *,
    now: datetime,
    grace: timedelta = GRACE,
    tell_within: timedelta = TELL_WITHIN,
) -> StreamTimers:
    """Account for every rung of one stream, whatever it is of, and compare with the table of
    firings."""
    records, rows = await _read(ledger, stream, now)
    book = _READ_BY[kind_of_stream(stream)](records, now=now, grace=grace)
    accounts = tuple(book.accounts())
    found = [*book.found, *_row_findings(accounts, rows)]
    untold = list(_untold(accounts, rows, now - tell_within))
    told_at = {row.version: row.effect_done_at for row in rows if row.effect_done_at is not None}
    return StreamTimers(
        stream=stream,
        events=len(records),
        cycles=book.cycles,
        accounts=accounts,
        told_at=told_at,
        untold=len(untold),
        found=tuple(_named(stream, each) for each in (*found, *untold)),
    )


async def _batches(ledger: TimerFacts, zone: str | None) -> AsyncIterator[list[str]]:
    batch: list[str] = []
    async for stream in ledger.streams():
        if not is_issue_stream(stream) or (zone is not None and not stream.startswith(f"{zone}/")):
            continue  # limits of orders and dues of matters are no clocks of issues: see `verify`
        batch.append(stream)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _read(
    ledger: TimerFacts, stream: str, now: datetime
) -> tuple[list[Record], list[FiringRow]]:
    """Return events and rows as they were at `now`; read again while others write in between."""
    for _ in range(READS_MAX):
        records = await ledger.records(stream)
        rows = await ledger.firings(stream)
        newest = records[-1].version if records else 0
        if not await ledger.records(stream, after_version=newest):
            break
    by_then = [_as_of(row, now) for row in rows if row.fired_at <= now]
    return [record for record in records if record.at <= now], by_then


def _as_of(row: FiringRow, now: datetime) -> FiringRow:
    later = row.effect_done_at is not None and row.effect_done_at > now
    return replace(row, effect_done_at=None) if later else row


def _row_findings(accounts: Sequence[Account], rows: Sequence[FiringRow]) -> Iterator[Discrepancy]:
    """The table of firings says what the events say, row by row (R4.2)."""
    fired = {_name(each): each for each in accounts if each.fate is Fate.FIRED}
    seen: Counter[tuple[str, int, str]] = Counter()
    for row in rows:
        name = (row.clock, row.cycle, row.rung)
        seen[name] += 1
        account = fired.get(name)
        if account is None:
            yield Discrepancy("row", *name, row.version, "is in the table, and no event fired it")
        elif seen[name] > 1:
            yield Discrepancy("row", *name, row.version, "is in the table more than once")
        else:
            for said in _row_problems(account, row):
                yield Discrepancy("row", *name, row.version, said)
    for name, account in fired.items():
        if name not in seen:
            yield Discrepancy("row", *name, account.version, "fired, and is not in the table")


def _row_problems(account: Account, row: FiringRow) -> Iterator[str]:
    if row.version != account.version:
        yield f"the table names event {row.version}; event {account.version} fired it"
    if row.due_at != account.due_at and account.due_at is not None:
        yield f"the table has it due at {written(row.due_at)}, not at {written(account.due_at)}"
    if row.fired_at != account.fired_at and account.fired_at is not None:
        yield f"the table has it fired at {written(row.fired_at)}, not {written(account.fired_at)}"
    if row.effect_done_at is not None and row.effect_done_at < row.fired_at:
        yield f"its effect was done at {written(row.effect_done_at)}, before it fired"


def _untold(
    accounts: Sequence[Account], rows: Sequence[FiringRow], before: datetime
) -> Iterator[Discrepancy]:
    fired = {_name(each) for each in accounts if each.fate is Fate.FIRED}
    for row in rows:
        name = (row.clock, row.cycle, row.rung)
        if name in fired and row.effect_done_at is None and row.fired_at < before:
            said = f"fired at {written(row.fired_at)}, and has not been told to all it concerns"
            yield Discrepancy("untold", *name, row.version, said)


def _name(account: Account) -> tuple[str, int, str]:
    return account.clock, account.cycle, account.rung


def _named(stream: str, found: Discrepancy) -> RungFinding:
    return RungFinding(
        kind=found.kind,
        stream=stream,
        clock=found.clock,
        cycle=found.cycle,
        rung=found.rung,
        version=found.version,
        message=found.message,
    )


@dataclass(slots=True)
class _Sums:
    """What is kept of the streams that are done: counts, and eight bytes a firing."""

    streams: int = 0
    events: int = 0
    cycles: int = 0
    late_by_us: int = 0
    untold: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    fired_ms: "array[int]" = field(default_factory=lambda: array("q"))
    told_ms: "array[int]" = field(default_factory=lambda: array("q"))
    found: list[RungFinding] = field(default_factory=list)

    def add(self, timers: StreamTimers) -> None:
        self.streams += 1
        self.events += timers.events
        self.cycles += timers.cycles
        self.untold += timers.untold
        self.found += timers.found
        for account in timers.accounts:
            self.fates[account.fate.value] += 1
            self.late_by_us += account.late_by_us
            if account.due_at is None or account.fired_at is None or account.version is None:
                continue
            self.fired_ms.append(_late_ms(account.due_at, account.fired_at))
            told_at = timers.told_at.get(account.version)
            if told_at is not None:
                self.told_ms.append(_late_ms(account.due_at, told_at))

    def total(self, now: datetime, grace: timedelta, tell_within: timedelta) -> TimerAudit:
        return TimerAudit(
            now=now,
            grace=grace,
            tell_within=tell_within,
            streams=self.streams,
            events=self.events,
            cycles=self.cycles,
            promised=self.fates.total(),
            fates={fate.value: self.fates[fate.value] for fate in Fate},
            late_by_us=self.late_by_us,
            untold=self.untold,
            fired=lateness_of(self.fired_ms),
            told=lateness_of(self.told_ms),
            found=tuple(self.found),
        )


def lateness_of(measured_ms: Sequence[int]) -> Lateness:
    """Return the histogram, the percentiles and the maximum of lengths in milliseconds."""
    ordered = sorted(measured_ms)
    buckets = [0] * (len(BOUNDS_MS) + 1)
    for ms in ordered:
        buckets[bisect_left(BOUNDS_MS, ms)] += 1
    return Lateness(
        count=len(ordered),
        buckets=tuple(buckets),
        p50_ms=_ranked(ordered, 50),
        p99_ms=_ranked(ordered, 99),
        max_ms=ordered[-1] if ordered else None,
    )


def _ranked(ordered: Sequence[int], percent: int) -> int | None:
    """Return the value of the nearest rank: the smallest that so many percent do not exceed."""
    if not ordered:
        return None
    return ordered[-(-len(ordered) * percent // 100) - 1]


def _late_ms(due_at: datetime, done_at: datetime) -> int:
    return (done_at - due_at) // MILLISECOND
