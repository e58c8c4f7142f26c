"""A matter as it stood: the fold of the first events of its stream, as many as are seen (I2)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain.chain import Record
from domain.matters.events import MatterEvent
from domain.matters.evolve import evolve_matter
from domain.matters.matter import read_matter_stream
from domain.matters.state import Matter
from domain.people import Engine
from domain.sight import Sight


@dataclass(slots=True)
class MatterFold:
    """What a sight shows of a matter, as its records come in, of which none is kept. None may lie
    above the sight's position. `hash` is that of the last that is seen."""

    sight: Sight
    matter: Matter | None = None
    hash: str = ""
    _counted_at: datetime | None = field(default=None, init=False)

    def take(self, records: Iterable[Record]) -> bool:
        """Take the next records, in order of version, from the first; return whether all of them
        are seen. After one that is not, nothing is seen.

        Raises StreamError for records that no matter can have, ValidationError for unreadable ones.
        """
        return all(self._takes(record) for record in records)

    def _takes(self, record: Record) -> bool:
        known_at, as_of_at = self.sight.known_at, self.sight.as_of_at
        if known_at is not None and record.at > known_at:
            return False
        event = record.matter_event
        counted_at = took_place_at(record, event)
        if self._counted_at is not None:
            counted_at = max(self._counted_at, counted_at)
        if as_of_at is not None and counted_at > as_of_at:
            return False
        zone, key = read_matter_stream(record.stream)
        self.matter = evolve_matter(self.matter, event, zone=zone, key=key, terms=record.terms)
        self.hash, self._counted_at = record.hash, counted_at
        return True


def took_place_at(record: Record, event: MatterEvent) -> datetime:
    """Return when an event took place: as whoever acted said, never after it was recorded. What
    the engine added to their command took place when it was recorded."""
    if record.occurred_at is None or isinstance(event.by, Engine):
        return record.at
    return min(record.occurred_at, record.at)
