"""Matters as they stood at a position, and what their procedures came to: from the events alone."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, Protocol

from domain.chain import Record
from domain.handbook import Handbook
from domain.matters.counting import figures_of
from domain.matters.evolve import evolve_matter
from domain.matters.matter import read_matter_stream
from domain.matters.state import Matter
from domain.report_matters import Counted
from domain.sight import Sight
from ledger.asof import AsOf
from ledger.matters import Matters

PAGE: Final = 200


class MatterFacts(AsOf, Matters, Protocol):
    """The part of a ledger that matters are read from as they stood."""


async def counted_then(
    ledger: MatterFacts, zone: str, handbook: Handbook, sight: Sight
) -> list[Counted]:
    """Return every procedure of a handbook with its matters as they are seen, and its figures.
    Matters of procedures that the handbook does not have are not told of."""
    if not handbook.matter_procedures:
        return []
    by_procedure: dict[str, list[Matter]] = {}
    for matter in await matters_then(ledger, zone, sight):
        by_procedure.setdefault(matter.procedure, []).append(matter)
    return [
        (rule, tuple(found), figures_of(rule, found))
        for rule in handbook.matter_procedures
        for found in [by_procedure.get(rule.id, [])]
    ]


async def matters_then(ledger: MatterFacts, zone: str, sight: Sight) -> list[Matter]:
    """Return the matters of a zone that were there, as they stood, by stream."""
    found, after = list[Matter](), ""
    while page := await ledger.find_matters(zone=zone, after=after, limit=PAGE):
        streams = [row.matter.stream for row in page]
        records = await ledger.records_seen(
            streams, position=sight.position, known_at=sight.known_at
        )
        records = sorted(records, key=lambda each: (each.stream, each.version))
        for stream, of_stream in groupby(records, key=lambda each: each.stream):
            found.append(_folded(stream, tuple(of_stream)))
        after = streams[-1]
    return found


def _folded(stream: str, records: Sequence[Record]) -> Matter:
    zone, key = read_matter_stream(stream)
    first, *rest = records
    matter = evolve_matter(None, first.matter_event, zone=zone, key=key, terms=first.terms)
    for record in rest:
        matter = evolve_matter(matter, record.matter_event, zone=zone, key=key, terms=record.terms)
    return matter
