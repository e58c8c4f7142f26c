"""What of matters a visitor sees: which are in sight, and what of one they are told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from console.queries.matters import MatterLine, line_of
from console.queries.matters_facts import Told
from console.visit import ZoneVisit
from domain.access import Act
from domain.lights import Light
from domain.matters.grant.state import Grant
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.model import to_millisecond
from face.elsewhere import enterprise_of, hidden_from
from face.matter_facts import facts_told as told_to_officers
from face.matter_facts import facts_told_to, issues_named
from face.matters import issues_in, matter_sight, matter_told, seen_matter
from ledger.matters import MatterSight


def sight_of(visit: ZoneVisit) -> MatterSight:
    """Return how far a visitor sees. Raises NotPermittedError."""
    own = enterprise_of(visit.caller)
    return matter_sight(visit.within(Act.READ_ISSUES), visit.handbook, own)


async def seen(visit: ZoneVisit, key: str) -> Matter:
    """Return a matter in sight, whole. Raises UnknownMatterError, NotPermittedError."""
    row = await seen_matter(visit.house.desk.ledger, sight_of(visit), key)
    return row.matter


async def told(visit: ZoneVisit, matter: Matter) -> Matter:
    """Return a matter as the visitor is told it: an enterprise its own lines."""
    return await matter_told(visit.house.desk.ledger, visit.caller, matter)


async def told_lines(
    visit: ZoneVisit, lines: Sequence[tuple[AnyProcedure, MatterLine]]
) -> list[tuple[AnyProcedure, MatterLine]]:
    """Return lines of matters as the visitor is told of them."""
    at = to_millisecond(visit.at)
    return [
        (rule, line_told(line.matter, await told(visit, line.matter), rule, at))
        for rule, line in lines
    ]


def line_told(whole: Matter, seen_of: Matter, rule: AnyProcedure, at: datetime) -> MatterLine:
    """Return the line of a matter by what is told of it alone: its own light, no sums."""
    line = line_of(seen_of, rule, at)
    if seen_of is whole:
        return line
    light = Light.NONE if isinstance(seen_of, Grant) and not seen_of.dues else line.light
    return replace(line, light=light, stage=None, tally=None, firms=(), more_firms=0)


async def facts_told(visit: ZoneVisit, matter: Matter) -> list[Told]:
    """Return the facts of a matter up to where it stands, or stood, as the visitor is told them,
    the oldest first."""
    ledger = visit.desk.ledger
    records = (await ledger.records(matter.stream))[: matter.version]
    enterprise = enterprise_of(visit.caller)
    if enterprise is None:
        facts = told_to_officers(records)
    else:
        keys = issues_in(matter) | issues_named(records)
        hidden = await hidden_from(ledger, enterprise, matter.zone, keys)
        facts = facts_told_to(records, matter, enterprise, visit.handbook, hidden)
    return [Told(e.version, e.record.at, e.record.kind, e.event, e.by) for e in facts]
