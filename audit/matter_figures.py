"""Matters as they stood at a position, and what their procedures came to: from the events alone."""

from collections.abc import AsyncIterator, Sequence
from itertools import groupby
from typing import Final, Protocol

from domain.chain import Record
from domain.handbook import Handbook
from domain.matters.counting import Counting
from domain.matters.evolve import evolve_matter
from domain.matters.matter import StatedTotal, read_matter_stream
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
    counts = {rule.id: Counting(rule) for rule in handbook.matter_procedures}
    totals: dict[str, list[StatedTotal]] = {id_: [] for id_ in counts}
    async for matter in matters_then(ledger, zone, sight):
        if matter.procedure in counts:
            counts[matter.procedure].take(matter)
            standing = (each for each in matter.totals if each.replaced_by is None)
            totals[matter.procedure].extend(standing)
    return [
        Counted(rule, counts[rule.id].matters, counts[rule.id].figures(), tuple(totals[rule.id]))
        for rule in handbook.matter_procedures
    ]


async def matters_then(ledger: MatterFacts, zone: str, sight: Sight) -> AsyncIterator[Matter]:
    """Yield the matters of a zone that were there, as they stood, by stream: a page of them is held
    with all its events."""
    after = ""
    while page := await ledger.find_matters(zone=zone, after=after, limit=PAGE):
        streams = [row.matter.stream for row in page]
        records = await ledger.records_seen(
            streams, position=sight.position, known_at=sight.known_at
        )
        records = sorted(records, key=lambda each: (each.stream, each.version))
        for stream, of_stream in groupby(records, key=lambda each: each.stream):
            yield _folded(stream, tuple(of_stream))
        after = streams[-1]


def _folded(stream: str, records: Sequence[Record]) -> Matter:
    zone, key = read_matter_stream(stream)
    first, *rest = records
    matter = evolve_matter(None, first.matter_event, zone=zone, key=key, terms=first.terms)
    for record in rest:
        matter = evolve_matter(matter, record.matter_event, zone=zone, key=key, terms=record.terms)
    return matter
