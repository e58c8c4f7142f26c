"""The figures of a procedure as its matters stood at one position, read a page at a time."""

from collections.abc import AsyncIterator, Iterable
from itertools import groupby
from typing import Final, Protocol

from domain.chain import Record
from domain.errors import TooManyMattersError
from domain.matters.counting import MATTERS_COUNTED_MAX, Counting
from domain.matters.evolve import evolve_matter
from domain.matters.matter import read_matter_stream
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from ledger.exports import Exports
from ledger.matters import MatterRow, Matters, MatterSight

PAGE: Final = 250
"""Matters that are held at once."""


class Countable(Matters, Exports, Protocol):
    """The part of a ledger that matters are counted from."""


async def counted(
    ledger: Countable,
    zone: str,
    rule: AnyProcedure,
    position: int,
    within: MatterSight | None = None,
    most: int = MATTERS_COUNTED_MAX,
) -> Counting:
    """Return the count of a procedure's matters as they stood at a position that `safe_position`
    gave: all of them, or those within a sight. Raises TooManyMattersError if there are more than
    `most`: what is left out of a figure makes it a wrong one."""
    counting = Counting(rule)
    async for matter in _stood(ledger, zone, rule.id, position, within):
        if counting.matters == most:
            raise TooManyMattersError(
                "The procedure has more matters than are counted while somebody waits.",
                field="procedure",
                value=rule.id,
                allowed=f"at most {most} matters",
            )
        counting.take(matter)
    return counting


async def _stood(
    ledger: Countable, zone: str, procedure: str, position: int, within: MatterSight | None
) -> AsyncIterator[Matter]:
    after = ""
    while rows := await ledger.find_matters(
        zone=zone, procedure=procedure, within=within, after=after, limit=PAGE
    ):
        for matter in await _as_they_stood(ledger, rows, position):
            if within is None or within.sees(matter):
                yield matter
        after = rows[-1].matter.stream


async def _as_they_stood(
    ledger: Countable, rows: Iterable[MatterRow], position: int
) -> list[Matter]:
    """Return matters as they stood: those that moved on since are told from their events, those
    that were not there yet are left out."""
    now = {row.matter.stream: row.matter for row in rows}
    then = {row.stream: row.version for row in await ledger.streams_named(position, list(now))}
    moved = {
        stream: then[stream]
        for stream, matter in now.items()
        if then.get(stream) and then[stream] != matter.version
    }
    told = _told(record for _, record in await ledger.events_up_to(moved)) if moved else {}
    return [told.get(stream, matter) for stream, matter in now.items() if then.get(stream)]


def _told(records: Iterable[Record]) -> dict[str, Matter]:
    told: dict[str, Matter] = {}
    for stream, of_stream in groupby(records, key=lambda each: each.stream):
        zone, key = read_matter_stream(stream)
        matter: Matter | None = None
        for record in of_stream:
            matter = evolve_matter(
                matter, record.matter_event, zone=zone, key=key, terms=record.terms
            )
            told[stream] = matter
    return told
