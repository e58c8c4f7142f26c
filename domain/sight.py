"""From where the past is looked at (I2): what had happened by an instant, by what was known then.

The state is the fold of a prefix of the stream, whatever is asked. `known_at` cuts by when events
were recorded, `as_of_at` by when they count from: when they took place by the last word on it, but
never before the event that they follow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.chain import Record
from domain.evolve import evolve
from domain.issue import Issue
from domain.known import claims

Point = datetime | int
"""An instant, or a position of the ledger."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Where somebody stands who looks at the past. The same sight always shows the same.

    No event above `position` is seen, none recorded after `known_at`, none that took place after
    `as_of_at`; None sets no bound. `at` is the instant at which clocks are read.
    """

    at: datetime
    position: int
    known_at: datetime | None = None
    as_of_at: datetime | None = None

    @property
    def settled_at(self) -> datetime | None:
        """Return the instant up to which an event that was recorded is seen whatever it says."""
        bounds = [each for each in (self.known_at, self.as_of_at) if each is not None]
        return min(bounds, default=None)


def counted_at(records: Sequence[Record]) -> Iterator[datetime]:
    """Yield from when each event of one stream counts, by all that `records` say of it."""
    last_at: datetime | None = None
    for record, (_, claim) in zip(records, claims(records), strict=True):
        claimed_at = min(claim.at, record.at)
        last_at = claimed_at if last_at is None else max(claimed_at, last_at)
        yield last_at


def seen_from(sight: Sight, records: Sequence[Record]) -> Sequence[Record]:
    """Return those of a stream's records that are seen: a prefix of them.

    `records` are in order of version, from the first, and none lies above the sight's position.
    """
    known = records
    if sight.known_at is not None:
        known = records[: sum(record.at <= sight.known_at for record in records)]
    if sight.as_of_at is None:
        return known
    return known[: sum(at <= sight.as_of_at for at in counted_at(known))]


def folded(records: Sequence[Record]) -> Issue | None:
    """Return the issue that the first records of a stream come to; None of none.

    Raises StreamError for records that no issue can have, ValidationError for unreadable ones.
    """
    issue: Issue | None = None
    for record in records:
        zone, _, key = record.stream.partition("/")
        issue = evolve(issue, record.event, zone=zone, key=key, terms=record.terms)
    return issue
