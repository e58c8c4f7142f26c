"""Forms read from the ledger: how rectifications go (Q43), what applications lack (Q44)."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from heapq import nsmallest
from typing import Protocol

from audit.facts import Facts, terms_reader
from domain.chain import Record
from domain.clocks import Move
from domain.days import ONE_DAY, zone_of
from domain.errors import InvalidRequestError
from domain.events import IssueClosedOut, IssueReported
from domain.events_of_forms import (
    ItemChecked,
    ItemSubmitted,
    RectificationDeclared,
    RectificationFailed,
)
from domain.events_of_ladder import IssueUrged
from domain.forms import Application
from domain.gates import Gate, form_of, gate_of
from domain.issue import Issue
from domain.phases import SignOffOutcome
from domain.procedures import ApplicationRule
from domain.terms import Terms
from ledger.port import IssueRow

PAGE = 500
BEGINS = (Move.START, Move.RESET)
ORDERED, URGED, DECLARED, FAILED, CLOSED_OUT = (
    kind.model_fields["kind"].default
    for kind in (
        IssueReported,
        IssueUrged,
        RectificationDeclared,
        RectificationFailed,
        IssueClosedOut,
    )
)
DEFINITIONS = {
    "ordered": "rectifications that inspectors ordered in the period",
    "enterprises": "different enterprises that these were ordered of",
    "urged": "rectifications that were urged at least once in the period, whenever ordered",
    "urgings": "times that rectifications were urged in the period",
    "declared": "declarations in the period that something was put right",
    "failed": "inspections in the period that found it not done",
    "completed": "rectifications that an inspection in the period closed out",
    "ordered_completed": "of `ordered`, those that an inspection has closed out by now",
    "overdue": "rectifications whose limit has passed and that are not declared done now",
}
"""What each figure counts. `urged` and `completed` are never one figure."""


class FormFacts(Facts, Protocol):
    """The part of a ledger that forms are read from."""

    async def find(
        self, *, zone: str | None = None, after: str = "", limit: int = 100
    ) -> list[IssueRow]:
        """Return issues ordered by stream, after stream `after`."""
        ...


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, the first and the last both counted. None: without end on that side."""

    from_on: date | None = None
    to_on: date | None = None

    def instants(self, time_zone: str) -> tuple[datetime, datetime]:
        """Return where the period begins, and where it is over, by a zone's own midnights."""
        here = zone_of(time_zone)
        begins, ends = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        if self.from_on is not None:
            begins = datetime.combine(self.from_on, time(), tzinfo=here).astimezone(UTC)
        if self.to_on is not None:
            ends = datetime.combine(self.to_on + ONE_DAY, time(), tzinfo=here).astimezone(UTC)
        return begins, ends


@dataclass(frozen=True, slots=True)
class Overdue:
    """A rectification whose limit has passed, `due_at` by its clock."""

    issue: Issue
    terms: Terms
    due_at: datetime

    @property
    def rank(self) -> tuple[datetime, str]:
        """Return its place among others, the longest overdue first."""
        return self.due_at, self.issue.stream


@dataclass(frozen=True, slots=True)
class Rectifications:
    """The figures of `DEFINITIONS`. `late` names the first of those overdue."""

    at: datetime
    period: Period
    zones: tuple[str, ...]
    figures: dict[str, int]
    late: tuple[Overdue, ...]


@dataclass(slots=True)
class _Sums:
    counted: Counter[str] = field(default_factory=Counter)
    enterprises: set[tuple[str, str]] = field(default_factory=set)

    def add(
        self, issue: Issue, records: Sequence[Record], begins: datetime, ends: datetime
    ) -> None:
        """Count what happened to one rectification from `begins` to before `ends`."""
        passed = [record for record in records if _is_passed(record)]
        of_kind = Counter(record.kind for record in records if begins <= record.at < ends)
        if of_kind[ORDERED]:
            self.counted["ordered"] += 1
            self.counted["ordered_completed"] += bool(passed)
            self.enterprises.add((issue.zone, issue.enterprise))
        self.counted["urged"] += bool(of_kind[URGED])
        self.counted["urgings"] += of_kind[URGED]
        self.counted["declared"] += of_kind[DECLARED]
        self.counted["failed"] += of_kind[FAILED]
        self.counted["completed"] += any(begins <= record.at < ends for record in passed)


async def rectifications(
    ledger: FormFacts,
    *,
    zones: Iterable[tuple[str, str]],
    period: Period,
    at: datetime,
    limit: int = 20,
) -> Rectifications:
    """Return the figures of `zones`, each given with its time zone, as of now, `at`."""
    terms_of, sums = terms_reader(ledger), _Sums()
    named: list[str] = []
    late: list[Overdue] = []
    for zone, time_zone in zones:
        named.append(zone)
        begins, ends = period.instants(time_zone)
        async for row in _of_zone(ledger, zone):
            records = await ledger.records(row.issue.stream)
            sums.add(row.issue, records, begins, ends)
            overdue = _overdue(row.issue, await terms_of(row.issue.terms), records, at)
            if overdue is not None:
                sums.counted["overdue"] += 1
                late = nsmallest(limit, [*late, overdue], key=lambda each: each.rank)
    sums.counted["enterprises"] = len(sums.enterprises)
    figures = {name: sums.counted[name] for name in DEFINITIONS}
    return Rectifications(at, period, tuple(named), figures, tuple(late))


async def _of_zone(ledger: FormFacts, zone: str) -> AsyncIterator[IssueRow]:
    after = ""
    while True:
        rows = await ledger.find(zone=zone, after=after, limit=PAGE)
        for row in rows:
            if row.issue.rectification is not None:
                yield row
        if len(rows) < PAGE:
            return
        after = rows[-1].issue.stream


def _is_passed(record: Record) -> bool:
    if record.kind != CLOSED_OUT:
        return False
    event = record.event
    return isinstance(event, IssueClosedOut) and event.sign_off is SignOffOutcome.INSPECTED


def _overdue(issue: Issue, terms: Terms, records: Sequence[Record], at: datetime) -> Overdue | None:
    """By the order's limit, or by one that the last failed inspection began: by the deadline
    itself, whether or not it has rung."""
    rule = terms.handbook.rectification
    limits = set() if rule is None else {rule.clock}
    for record in reversed(records):
        if record.kind == FAILED:
            begun = (change for change in record.event.clocks if change.move in BEGINS)
            limits.update(change.clock for change in begun)
            break
    dues = [c.due_at for c in issue.clocks if c.id in limits and c.is_live and c.due_at]
    due_at = min(dues, default=at)
    return Overdue(issue, terms, due_at) if due_at < at else None


@dataclass(frozen=True, slots=True)
class ItemRead:
    """What was handed in for an item last, and how that was judged; None: not yet."""

    submitted: ItemSubmitted | None = None
    checked: ItemChecked | None = None


@dataclass(frozen=True, slots=True)
class ApplicationRead:
    """An application as it stands. `form` is None, and nothing is known of the gate, if the
    handbook has the form no longer."""

    issue: Issue
    terms: Terms
    application: Application
    form: ApplicationRule | None
    gate: Gate | None
    items: dict[str, ItemRead]


async def read_application(ledger: Facts, issue: Issue) -> ApplicationRead:
    """Return what an application has and lacks. Raises InvalidRequestError if it is none."""
    application = issue.application
    if application is None:
        raise InvalidRequestError(
            "This issue is no application.",
            field="issue",
            value=issue.stream,
            allowed="an issue that was reported as an application",
        )
    terms = await terms_reader(ledger)(issue.terms)
    form = form_of(terms.handbook, application.form)
    read = {item.id: ItemRead() for item in application.items}
    for record in await ledger.records(issue.stream):
        event = record.event
        if isinstance(event, ItemSubmitted):
            read[event.item] = ItemRead(submitted=event)
        if isinstance(event, ItemChecked):
            read[event.item] = replace(read[event.item], checked=event)
    return ApplicationRead(
        issue=issue,
        terms=terms,
        application=application,
        form=form,
        gate=None if form is None else gate_of(application, form),
        items=read,
    )
