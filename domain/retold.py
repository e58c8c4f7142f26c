"""An issue's life told again from its records: each event with the issue before and after it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.chain import Record
from domain.clock_rules import ClockRule
from domain.clocks import Clock
from domain.events import Event
from domain.events_of_time import TermsAdopted
from domain.evolve import facts_after, with_clocks
from domain.issue import Issue
from domain.terms import Terms

TermsByHash = Mapping[str, Terms]


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it came. `facts` is the issue after it, before any clock had moved; `terms` are
    those by which its clocks were judged, of an adoption those adopted."""

    record: Record
    event: Event
    before: Issue | None
    facts: Issue
    after: Issue
    terms: Terms

    @property
    def version(self) -> int:
        """Return the event's place in the stream."""
        return self.record.version

    def clock_before(self, clock: str) -> Clock | None:
        """Return a clock as the event found it."""
        return self.facts.clock(clock)

    def rule(self, id_: str) -> ClockRule | None:
        """Return a kind of clock by the terms in force, if they have it."""
        return self.terms.rules_by_id.get(id_)


def retold(records: Iterable[Record], terms: TermsByHash) -> Iterator[Told]:
    """Yield every event of one stream in order.

    `terms` holds all that `terms_named` names. Raises KeyError for terms that are missing, and
    StreamError for records that no issue can have.
    """
    issue: Issue | None = None
    for record in records:
        event = record.event
        zone, _, key = record.stream.partition("/")
        facts = facts_after(issue, event, zone=zone, key=key, terms=record.terms)
        after = with_clocks(facts, event.clocks, event.at)
        yield Told(record, event, issue, facts, after, terms[facts.terms])
        issue = after


def terms_named(records: Iterable[Record]) -> set[str]:
    """Return the hashes of all terms that the records of a stream are judged by or move to."""
    named = set()
    for record in records:
        named.add(record.terms)
        event = record.event
        if isinstance(event, TermsAdopted):
            named.add(event.to_terms)
    return named
