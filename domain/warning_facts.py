"""What can count against a unit (R11), read from the streams of issues and of orders.

What happened is told without any rule of counting, so that one past can be counted by any rule.
A fact of an issue falls to whoever had the next move just before it (see `responsibility`), to its
unit if the post belongs to one; a breach of a part's clock to the part's unit, a resolution sent
back to whoever had the work when it was proposed. What falls to the enterprise, to somebody outside
or to nobody is left out, and so is a deadline that a new target put into the past (R3.3).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from domain.chain import Record
from domain.clock_rules import FULL_PERCENT
from domain.events import IssueWithdrawn, ResolutionProposed, ResolutionSentBack, RungFired
from domain.events_of_ladder import AcknowledgementExpired, DispatchRuled
from domain.evolve import part_of_clock
from domain.model import ClockId, Code, Frozen, Moment, Short, is_none
from domain.order_events import AppealRuled, OrderIssued, OrderRaised, OrderUnanswered
from domain.order_words import Ruling
from domain.organization import unit
from domain.responsibility import (
    Holder,
    HolderKind,
    claim_on,
    place_of_post,
    ruled_after,
    working,
)
from domain.retold import TermsByHash, Told, retold
from domain.supervision_rules import WarningFact

OF_AN_ISSUE = frozenset(
    {"rung_fired", "dispatch_ruled", "resolution_sent_back", "acknowledgement_expired"}
)
"""Without an event of these kinds an issue's stream has no fact."""


class Undone(StrEnum):
    """Why a fact counts no longer: a ruling on an appeal, or a later deadline."""

    APPEAL = "appeal"
    NEW_TARGET = "new_target"


class Annulment(Frozen):
    """The event of the same stream by which a fact counts no longer."""

    version: int
    why: Undone


class Fact(Frozen):
    """Something that can count against a unit, or against a post that belongs to none.

    Event `version` of `stream` says so. `at` is when it took place: of a limit that passed, its
    due instant, however late it rang. `clock` is the clock that ran out, `rule` its kind.
    """

    fact: WarningFact
    stream: Short
    version: int
    at: Moment
    charged: Holder
    clock: ClockId | None = Field(default=None, exclude_if=is_none)
    rule: Code | None = Field(default=None, exclude_if=is_none)
    cycle: int | None = Field(default=None, exclude_if=is_none)
    instrument: Code | None = Field(default=None, exclude_if=is_none)
    annulled: Annulment | None = Field(default=None, exclude_if=is_none)


def issue_facts(records: Sequence[Record], terms: TermsByHash) -> tuple[Fact, ...]:
    """Return the facts of one issue, in order. `records` are all of its stream; `terms` holds all
    that they name."""
    if not any(record.kind in OF_AN_ISSUE for record in records):
        return ()
    found: list[Fact] = []
    proposer: Holder | None = None
    ruled = False
    for told in retold(records, terms):
        found = _reaimed(found, told)
        new = _fact(told, proposer, ruled=ruled)
        found += [] if new is None or _is_found(found, new) else [new]
        ruled = ruled_after(told.event, ruled=ruled)
        if isinstance(told.event, ResolutionProposed) and told.before is not None:
            proposer = working(told.before, told.terms.handbook)
        elif isinstance(told.event, IssueWithdrawn):
            proposer = None
    return tuple(found)


def order_facts(records: Sequence[Record]) -> tuple[Fact, ...]:
    """Return the facts of one supervision order, in order. `records` are all of its stream.

    An order raised to another instrument counts as one of that instrument.
    """
    found: list[Fact] = []
    for record in records:
        match event := record.order_event:
            case OrderIssued():
                found.append(_of_order(record, event.unit, event.instrument, event.at))
            case OrderRaised():
                found.append(_of_order(record, event.unit, event.to, event.at))
            case OrderUnanswered():
                due_at = event.due_at
                found.append(_of_order(record, event.unit, event.instrument, due_at, late=True))
            case AppealRuled(ruling=Ruling.ANNUL):
                gone = Annulment(version=record.version, why=Undone.APPEAL)
                found = [
                    fact.model_copy(update={"annulled": gone})
                    if fact.version == event.version
                    else fact
                    for fact in found
                ]
            case _:
                pass
    return tuple(found)


def _of_order(
    record: Record, target: str, instrument: str, at: datetime, *, late: bool = False
) -> Fact:
    return Fact(
        fact=WarningFact.ORDER_UNANSWERED if late else WarningFact.ORDER_ISSUED,
        stream=record.stream,
        version=record.version,
        at=at,
        charged=Holder(kind=HolderKind.UNIT, id=target),
        instrument=instrument,
    )


def _fact(told: Told, proposer: Holder | None, *, ruled: bool) -> Fact | None:
    event, before = told.event, told.before
    if before is None:
        return None
    match event:
        case RungFired(percent=percent) if percent == FULL_PERCENT:
            return _breach(told, event, ruled=ruled)
        case DispatchRuled(overruled=True):
            charged = Holder(kind=HolderKind.UNIT, id=event.unit)
            return _new(told, WarningFact.REFUSAL_OVERRULED, charged)
        case ResolutionSentBack() if proposer is not None:
            return _new(told, WarningFact.SENT_BACK, proposer)
        case AcknowledgementExpired():
            owner = place_of_post(told.terms.handbook, before.owner)
            return _new(told, WarningFact.LADDER_REOPENED, owner)
        case _:
            return None


def _is_found(found: Sequence[Fact], new: Fact) -> bool:
    """Return whether this breach counts already: a deadline may have several rungs of its own."""
    deadline = (new.fact, new.clock, new.cycle, new.at)
    return new.fact is WarningFact.BREACH and any(
        (each.fact, each.clock, each.cycle, each.at) == deadline for each in found
    )


def _breach(told: Told, event: RungFired, *, ruled: bool) -> Fact | None:
    clock = told.clock_before(event.clock)
    charged = _holder_of(told, event.clock, ruled=ruled)
    if clock is None or clock.born_breached or charged is None:
        return None
    fact = _new(told, WarningFact.BREACH, charged)
    named = {"clock": clock.id, "rule": clock.rule, "cycle": event.cycle}
    return fact.model_copy(update=named | {"at": event.due_at})


def _holder_of(told: Told, clock_id: str, *, ruled: bool) -> Holder | None:
    """Return whose breach it is, None if nobody's of the zone."""
    issue, handbook = told.before, told.terms.handbook
    if issue is None:
        return None
    part_id = part_of_clock(clock_id)
    if part_id is not None:
        part = None if issue.team is None else issue.team.part(part_id)
        teams, kind = handbook.joint_team, clock_id.split(".", 1)[0]
        if teams is not None and kind == teams.objection:
            return None  # not to object is to accept
        if teams is not None and kind == teams.ruling:
            arbiter = None if part is None else part.arbiter
            return None if arbiter is None else place_of_post(handbook, arbiter)
        body = None if part is None else unit(handbook, part.unit)
        if body is None or body.external:
            return None
        return Holder(kind=HolderKind.UNIT, id=body.id)
    holder, _ = claim_on(issue, handbook, ruled=ruled)
    match holder.kind:
        case HolderKind.UNIT | HolderKind.POST:
            return holder
        case HolderKind.ARBITER:
            return place_of_post(handbook, holder.id)
        case _:
            return None


def _new(told: Told, fact: WarningFact, charged: Holder) -> Fact:
    return Fact(
        fact=fact,
        stream=told.record.stream,
        version=told.version,
        at=told.record.at,
        charged=charged,
    )


def _reaimed(facts: list[Fact], told: Told) -> list[Fact]:
    """A later deadline undoes a breach; going back to the earlier one brings the last one back."""
    for change in told.event.clocks:
        aim, name = change.retarget, (change.clock, change.cycle)
        if aim is None or not (aim.breach_undone or aim.breached_at is not None):
            continue
        mine = [i for i, fact in enumerate(facts) if (fact.clock, fact.cycle) == name]
        for place in mine[-1:]:
            gone = Annulment(version=told.version, why=Undone.NEW_TARGET)
            update = {"annulled": gone if aim.breach_undone else None}
            facts = [*facts[:place], facts[place].model_copy(update=update), *facts[place + 1 :]]
    return facts
