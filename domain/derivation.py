"""Why a deadline is what it is: rule, budget, each stretch, and spans that add up (I7, R2.6)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.calendar import Span, WorkingCalendar
from domain.chain import Record
from domain.clock_rules import FULL_PERCENT, BudgetRule, ClockRule, RungEffect, RungRule
from domain.clocks import Standing, Verdict
from domain.counting import Stretch, counted
from domain.cycles import STARTED, Aim, Cycle, cycles_of
from domain.days import to_ms
from domain.durations import Basis, Duration
from domain.events import RungFired
from domain.events_of_time import (
    ClockMigrated,
    ExtensionGranted,
    IssueReclassified,
    TermsAdopted,
)
from domain.evolve import part_of_clock
from domain.issue import Issue
from domain.model import Name
from domain.people import named
from domain.phases import Priority
from domain.retold import TermsByHash, retold
from domain.runs import FIRST_RULES


@dataclass(frozen=True, slots=True)
class Choice:
    """The budget that the handbook gave, and why: the first of `of` that fitted the issue.

    `tier`, `priority` and `categories` are what the budget asks for (None or empty: any);
    `fallback` says that none fitted and the last was taken.
    """

    duration: Duration
    place: int
    of: int
    tier: int | None
    priority: Priority | None
    categories: tuple[str, ...]
    issue_tier: int
    issue_priority: Priority
    issue_category: str
    fallback: bool


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that gave a clock its target: who decided so, and why.

    `reference` names the publication or the plan behind it.
    """

    version: int
    at: datetime
    kind: str
    by: str
    reason: str | None = None
    author: str | None = None
    approver: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarUsed:
    """The version of a calendar that was counted by."""

    id: str
    name: Name
    hash: str
    valid_until: date
    time_zone: str
    tzdata: str


@dataclass(frozen=True, slots=True)
class TargetDerivation:
    """How one target of a cycle comes to its deadline.

    `rule` says how it came: `start`, one of R3.1, `extension`, `calendar` or `undo`. `due_at` is
    the deadline in force when the next target replaced it or the clock last moved, `was_due_at`
    the one that it replaced. `calendar` is that by which the deadline was set; a stretch that was
    counted by another says so. `unspent` are the spans from where the clock last ran to that
    deadline. `recorded_ms` is what the last event says had been spent; `agrees`, whether every
    event said what the stretches come to. `carried`: the budget is what the last cycle had left;
    `carried_ms` is what earlier ones spent of it.
    """

    rule: str
    cause: Cause
    choice: Choice | None
    duration: Duration | None
    basis: Basis
    budget_ms: int
    extended_ms: int
    anchor_at: datetime
    counted_from_at: datetime | None
    was_due_at: datetime | None
    due_at: datetime | None
    provisional: bool
    calendar: CalendarUsed
    terms: str
    stretches: tuple[Stretch, ...]
    unspent: tuple[Span, ...]
    recorded_ms: int | None
    agrees: bool
    superseded: tuple[str, ...] = ()
    born_breached: bool = False
    breach_undone: bool = False
    carried: bool = False
    carried_ms: int = 0

    @property
    def counted_ms(self) -> int:
        """Return what the stretches counted towards the budget."""
        return sum(stretch.counted_ms for stretch in self.stretches)

    @property
    def unspent_ms(self) -> int:
        """Return what the clock had left when it last stopped running."""
        return sum(span.counted_ms for span in self.unspent)

    @property
    def adds_up(self) -> bool:
        """Return whether the spans make up the budget to the millisecond, and the ended stretches
        what the events recorded as spent (R2.6)."""
        return self.agrees and self.counted_ms + self.unspent_ms == self.budget_ms


@dataclass(frozen=True, slots=True)
class RungDerivation:
    """One threshold: when it was due, and when it fired, if it did. `due_at` is None while the
    clock does not run; `late_ms` is from due to fired (R4.6).

    `passed_over` is the event by which it will not fire: a change of target, or the late firing of
    another repeat that stands for it.
    """

    id: str
    says: RungRule
    effect: RungEffect
    threshold_ms: int | None
    due_at: datetime | None
    fired_at: datetime | None = None
    version: int | None = None
    late_by_us: bool = False
    passed_over: int | None = None

    @property
    def late_ms(self) -> int | None:
        """Return how long after its instant the rung fired."""
        if self.fired_at is None or self.due_at is None:
            return None
        return to_ms(self.fired_at) - to_ms(self.due_at)


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one cycle of one clock came to its deadline, by one target after another."""

    stream: str
    clock: str
    cycle: int
    part: str | None
    rule: str
    name: Name
    source: str
    version: int
    standing: Standing
    verdict: Verdict | None
    due_at: datetime | None
    targets: tuple[TargetDerivation, ...]
    rungs: tuple[RungDerivation, ...]

    @property
    def present(self) -> TargetDerivation:
        """Return the derivation by the target that holds, or held last."""
        return self.targets[-1]

    @property
    def adds_up(self) -> bool:
        """Return whether every target's spans make up its budget."""
        return all(target.adds_up for target in self.targets)


def derivations(records: Iterable[Record], terms: TermsByHash) -> tuple[Derivation, ...]:
    """Return the derivation of every cycle of every clock of an issue, in the order they started.

    `terms` holds all that the records name (`terms_named`).
    """
    return tuple(derived(cycle) for cycle in cycles_of(retold(records, terms)))


def derived(cycle: Cycle) -> Derivation:
    """Return how a cycle came to its deadline."""
    runs = cycle.standing is Standing.RUNNING
    return Derivation(
        stream=cycle.begun.record.stream,
        clock=cycle.change.clock,
        cycle=cycle.change.cycle,
        part=part_of_clock(cycle.change.clock),
        rule=cycle.rule.id,
        name=cycle.rule.name,
        source=cycle.rule.source,
        version=cycle.begun.version,
        standing=cycle.standing,
        verdict=cycle.verdict,
        due_at=cycle.aims[-1].due_at if runs else None,
        targets=tuple(_target(aim, cycle) for aim in cycle.aims),
        rungs=tuple(_rungs(cycle)),
    )


def _target(aim: Aim, cycle: Cycle) -> TargetDerivation:
    target, change, count = aim.target, aim.change, counted(aim, cycle.laps)
    choice = choice_of(aim.rule, aim.told.facts)
    nameless = target.duration is None
    carried = nameless and aim.by == STARTED and cycle.begun.record.rules > FIRST_RULES
    chosen = target.duration in (None, choice.duration) and (aim.by == STARTED or not nameless)
    chosen = chosen and not carried
    return TargetDerivation(
        rule=aim.by,
        cause=_cause(aim),
        choice=choice if chosen else None,
        duration=target.duration or (choice.duration if chosen else None),
        basis=target.basis,
        budget_ms=target.budget_ms,
        extended_ms=0 if change is None else change.extended_ms,
        anchor_at=target.anchor_at,
        counted_from_at=target.counted_from_at,
        was_due_at=None if change is None else change.from_due_at,
        due_at=aim.due_at,
        provisional=aim.provisional,
        calendar=_used(count.calendar),
        terms=target.terms,
        stretches=count.stretches,
        unspent=count.unspent,
        recorded_ms=aim.recorded[-1][1] if aim.recorded else None,
        agrees=count.agrees,
        superseded=() if change is None else change.superseded,
        born_breached=change is not None and change.born_breached,
        breach_undone=change is not None and change.breach_undone,
        carried=carried,
        carried_ms=target.carried_ms,
    )


def _used(calendar: WorkingCalendar) -> CalendarUsed:
    return CalendarUsed(
        id=calendar.id,
        name=calendar.name,
        hash=calendar.hash,
        valid_until=calendar.valid_until,
        time_zone=calendar.time_zone,
        tzdata=calendar.tzdata,
    )


def choice_of(rule: ClockRule, issue: Issue) -> Choice:
    """Name the budget that the rule gives this issue: the first that fits, else the last."""

    def fits(budget: BudgetRule) -> bool:
        return (
            budget.tier in (None, issue.tier)
            and budget.priority in (None, issue.priority)
            and (not budget.categories or issue.category in budget.categories)
        )

    places = [place for place, budget in enumerate(rule.budgets) if fits(budget)]
    place = places[0] if places else len(rule.budgets) - 1
    budget = rule.budgets[place]
    return Choice(
        duration=budget.duration,
        place=place + 1,
        of=len(rule.budgets),
        tier=budget.tier,
        priority=budget.priority,
        categories=budget.categories,
        issue_tier=issue.tier,
        issue_priority=issue.priority,
        issue_category=issue.category,
        fallback=not places,
    )


def _cause(aim: Aim) -> Cause:
    told, event = aim.told, aim.told.event
    adopted = None if aim.adoption is None else aim.adoption.event
    cause = Cause(told.version, event.at, event.kind, named(event.by))
    match event:
        case ClockMigrated():
            by = adopted if isinstance(adopted, TermsAdopted) else None
            return replace(
                cause,
                reason=event.reason,
                author=event.author,
                approver=None if by is None else by.approver,
                reference=None if by is None else by.reference,
            )
        case ExtensionGranted():
            return replace(cause, reason=event.note)
        case IssueReclassified():
            return replace(cause, reason=event.reason)
        case _:
            return cause


def _rungs(cycle: Cycle) -> Iterator[RungDerivation]:
    """Yield every rung by its rule: of one that repeats each firing, and the repeat to come."""
    runs = cycle.standing is Standing.RUNNING
    planned = {due.id: due.due_at for due in cycle.clock.rungs} if runs else {}
    known = (*cycle.fired, *cycle.passed_over, *planned)
    for says in sorted(cycle.rule.rungs, key=_place):
        ids = [id_ for id_ in known if cycle.rule.rung(id_) is says] or [says.id]
        for id_ in dict.fromkeys(ids):
            yield _rung(id_, says, cycle, planned.get(id_))


def _place(rung: RungRule) -> tuple[int, int]:
    """Rungs in the order of a clock's life: shares, what comes before the deadline, it, after."""
    if rung.percent is not None:
        return (2 if rung.is_due_itself else 0), rung.percent
    return (1, 0) if rung.before is not None else (3, 0)


def _rung(id_: str, says: RungRule, cycle: Cycle, due_at: datetime | None) -> RungDerivation:
    told, passed = cycle.fired.get(id_), cycle.passed_over.get(id_)
    event = told.event if told is not None and isinstance(told.event, RungFired) else None
    budget_ms = cycle.aims[-1].target.budget_ms
    return RungDerivation(
        id=id_,
        says=says,
        effect=says.effect,
        threshold_ms=None if says.percent is None else budget_ms * says.percent // FULL_PERCENT,
        due_at=due_at if event is None else event.due_at,
        fired_at=None if event is None else event.at,
        version=None if told is None else told.version,
        late_by_us=event is not None and event.late_by_us,
        passed_over=None if passed is None or told is not None else passed.version,
    )
