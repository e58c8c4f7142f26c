"""Matters of a zone: what each procedure has open, a page of its matters, where one stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, assert_never

from console.queries.issue_timeline import word
from console.queries.matters_pipeline import stage_name
from desk.desk import Desk
from desk.matters import MatterDesk
from domain.handbook import Handbook
from domain.lights import Light
from domain.matters.campaign.state import Campaign
from domain.matters.grant.state import Grant
from domain.matters.grant.words import StockLevel
from domain.matters.match.state import Match
from domain.matters.matter import Due
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.state import Register
from domain.matters.rules import AnyProcedure, aggregate_of
from domain.matters.state import Matter
from domain.matters.words import Aggregate
from domain.model import Name
from face.matters import sight_by_stage
from ledger.matters import MatterSight

SHOWN: Final = 40
COUNTED_MAX: Final = 2_000
PAGE: Final = 500
SOON: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ProcedureLine:
    """A procedure with what it has: open matters, those of them that are late, and all."""

    rule: AnyProcedure
    open: int
    late: int
    all: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The procedures of a zone by aggregate. `is_cut`: not all matters were counted."""

    groups: tuple[tuple[Aggregate, tuple[ProcedureLine, ...]], ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of matters is narrowed by."""

    stage: str | None = None
    post: str | None = None
    enterprise: str | None = None
    open_only: bool = True


@dataclass(frozen=True, slots=True)
class MatterLine:
    """A matter on a list: how it stands, what comes next, whom it concerns."""

    matter: Matter
    light: Light
    stage: Name | None
    due: Due | None
    firms: tuple[str, ...]
    more_firms: int
    tally: Name | None = None


@dataclass(slots=True)
class _Tally:
    open: int = 0
    late: int = 0
    all: int = 0


@dataclass(frozen=True, slots=True)
class MatterPage:
    """A page of matters by key, and behind which the next one begins."""

    lines: tuple[MatterLine, ...]
    after: str | None = None
    count: int | None = field(default=None)


async def overview(desk: Desk, handbook: Handbook, sight: MatterSight, at: datetime) -> Overview:
    """Return every procedure of the zone with what of it is in sight."""
    found, is_cut = await all_in_sight(desk, handbook.zone, sight)
    tallies = {each.id: _Tally() for each in handbook.matter_procedures}
    for matter in found:
        tally = tallies.get(matter.procedure)
        if tally is not None:
            tally.all += 1
            tally.open += matter.is_open
            tally.late += light_of(matter, at) is Light.RED and not sight.is_of_others(matter)
    groups = []
    for aggregate in Aggregate:
        lines = tuple(
            ProcedureLine(rule, tallies[rule.id].open, tallies[rule.id].late, tallies[rule.id].all)
            for rule in handbook.matter_procedures
            if aggregate_of(rule) is aggregate
        )
        if lines:
            groups.append((aggregate, lines))
    return Overview(tuple(groups), is_cut)


async def all_in_sight(
    desk: Desk,
    zone: str,
    sight: MatterSight,
    procedure: str | None = None,
    *,
    open_only: bool = False,
) -> tuple[list[Matter], bool]:
    """Return the matters in sight, up to as many as are read while somebody waits, and whether
    there are more."""
    found: list[Matter] = []
    after = ""
    while len(found) < COUNTED_MAX:
        rows = await desk.ledger.find_matters(
            zone=zone,
            procedure=procedure,
            open_only=open_only,
            within=sight,
            after=after,
            limit=PAGE,
        )
        found += [row.matter for row in rows]
        if len(rows) < PAGE:
            return found, False
        after = rows[-1].matter.stream
    return found[:COUNTED_MAX], True


async def page_of(
    desk: Desk,
    handbook: Handbook,
    sight: MatterSight,
    rule: AnyProcedure,
    wanted: Wanted,
    *,
    after: str,
    at: datetime,
) -> MatterPage:
    """Return a page of the matters of a procedure that fit."""
    rows = await desk.ledger.find_matters(
        zone=handbook.zone,
        procedure=rule.id,
        stage=wanted.stage,
        post=wanted.post,
        enterprise=wanted.enterprise,
        open_only=wanted.open_only,
        within=sight if wanted.stage is None else sight_by_stage(sight),
        after=after,
        limit=SHOWN + 1,
    )
    lines = tuple(line_of(row.matter, rule, at) for row in rows[:SHOWN])
    more = len(rows) > SHOWN
    return MatterPage(lines, rows[SHOWN - 1].matter.stream if more else None)


async def matters_about(
    desk: Desk,
    handbook: Handbook,
    sight: MatterSight,
    at: datetime,
    *,
    enterprise: str | None = None,
    issue: str | None = None,
) -> tuple[tuple[AnyProcedure, MatterLine], ...]:
    """Return the matters in sight that concern an enterprise, or that an issue hangs together
    with: those that are open first."""
    rows = await desk.ledger.find_matters(
        zone=handbook.zone, enterprise=enterprise, issue=issue, within=sight, limit=SHOWN
    )
    found = []
    for row in rows:
        rule = handbook.procedure(row.matter.procedure)
        if rule is not None:
            found.append((rule, line_of(row.matter, rule, at)))
    return tuple(sorted(found, key=lambda each: not each[1].matter.is_open))


async def matter_at(desk: Desk, zone: str, key: str) -> Matter:
    """Return a matter as it stands. Raises UnknownMatterError."""
    return (await MatterDesk(desk).row(zone, key)).matter


FIRMS_SHOWN: Final = 3


def line_of(matter: Matter, rule: AnyProcedure, at: datetime) -> MatterLine:
    """Return a matter as a line of a list."""
    firms = matter.enterprises
    return MatterLine(
        matter=matter,
        light=light_of(matter, at),
        stage=stage_of(matter, rule),
        due=matter.next_due,
        firms=firms[:FIRMS_SHOWN],
        more_firms=max(0, len(firms) - FIRMS_SHOWN),
        tally=_tally_of(matter),
    )


def light_of(matter: Matter, at: datetime) -> Light:
    """Return what a matter shows: red when something in it is late, yellow when something is due
    within a day."""
    if not matter.is_open:
        return Light.NONE
    due = matter.next_due
    if is_late(matter) or (due is not None and due.due_at <= at):
        return Light.RED
    if (due is not None and due.due_at <= at + SOON) or is_low(matter):
        return Light.YELLOW
    return Light.NONE if due is None else Light.GREEN


def is_late(matter: Matter) -> bool:
    """Return whether something in a matter was due and is not there."""
    match matter:
        case Campaign():
            return any((e.overdue or e.silent) and e.is_left for e in matter.targets)
        case Pipeline():
            missed = any(each.missed for each in matter.parties)
            return matter.ended is None and (matter.overdue or missed)
        case Match():
            return any(each.overdue and each.is_pending for each in matter.proposals)
        case Register():
            return any(each.overdue for each in matter.subjects)
        case Grant():
            return matter.stage == StockLevel.EMPTY.value
        case _:
            assert_never(matter)


def is_low(matter: Matter) -> bool:
    """Return whether there is little left in a stock."""
    return isinstance(matter, Grant) and matter.stage == StockLevel.LOW.value


def stage_of(matter: Matter, rule: AnyProcedure) -> Name | None:
    """Return how a matter stands in its procedure's own words."""
    if matter.stage is None:
        return None
    if isinstance(rule, PipelineProcedure):
        return stage_name(rule, matter.stage)
    if isinstance(matter, Match):
        sides = {each.id: each.name for each in getattr(rule, "sides", ())}
        side, said = sides.get(matter.side), word(f"matter_stage.{matter.stage}")
        if side is None:
            return said
        return Name(zh=f"{side.zh} · {said.zh}"[:200], en=f"{side.en} · {said.en}"[:200])
    return word(f"matter_stage.{matter.stage}")


def stages_in(rule: AnyProcedure) -> Sequence[tuple[str, Name]]:
    """Return the stages by which matters of a procedure can be listed."""
    if isinstance(rule, PipelineProcedure):
        return [(each.id, each.name) for each in rule.stages]
    known = {
        Aggregate.CAMPAIGN: ("ended",),
        Aggregate.MATCH: ("posted", "proposed", "agreed", "partly_met", "met"),
        Aggregate.GRANT: ("held", "low", "empty")
        if getattr(rule, "keeps", None) == "stock"
        else ("free", "full"),
    }.get(aggregate_of(rule), ())
    return [(each, word(f"matter_stage.{each}")) for each in known]


def _tally_of(matter: Matter) -> Name | None:
    """Return how far a matter is, in one short line."""
    match matter:
        case Campaign():
            still_in = [each for each in matter.targets if not each.excluded]
            done = sum(bool(each.done) for each in still_in)
            return _name("matter.tally_campaign", n=done, of=len(still_in))
        case Register():
            return _name("matter.tally_register", n=len(matter.subjects))
        case Grant() if matter.capacity is not None:
            return _name("matter.tally_grant", n=len(matter.holdings), of=matter.capacity)
        case Match():
            return _name("matter.tally_match", n=len(matter.proposals))
        case _:
            return None


def _name(text: str, **values: object) -> Name:
    said = word(text)
    return Name(zh=said.zh.format(**values), en=said.en.format(**values))
