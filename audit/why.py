"""Why a deadline is what it is, and why a warning did not come, read from the ledger (I7)."""

from dataclasses import dataclass
from datetime import datetime

from audit.facts import Facts, TermsOf, terms_reader
from domain.absence import Absence, why_not
from domain.chain import Record
from domain.clock_rules import ClockScope
from domain.derivation import Derivation, derivations
from domain.errors import InvalidRequestError, UnknownIssueError
from domain.reasons import EventJudged, judgements
from domain.retold import TermsByHash, terms_named


@dataclass(frozen=True, slots=True)
class Evidence:
    """The records of one issue and all terms that they name: what every question is answered from.

    The methods raise InvalidRequestError for a clock that neither was nor could have been.
    """

    stream: str
    records: tuple[Record, ...]
    terms: TermsByHash

    def derivations(self, clock: str | None = None) -> tuple[Derivation, ...]:
        """Return the derivation of every cycle of one clock, or of all, in the order they started.

        Raises InvalidRequestError if the issue never had such a clock.
        """
        found = derivations(self.records, self.terms)
        names = {each.clock for each in found}
        if clock is not None and clock not in names:
            raise _unknown(clock, names)
        return tuple(each for each in found if clock in (None, each.clock))

    def judgements(self, clock: str) -> tuple[EventJudged, ...]:
        """Return for every event what it did to a clock, and why."""
        self._require_possible(clock)
        return judgements(self.records, self.terms, clock)

    def why_not(self, clock: str, rung: str, now: datetime) -> tuple[Absence, ...]:
        """Return why a rung did or did not fire: one reason for each cycle of the clock."""
        self._require_possible(clock)
        return why_not(self.records, self.terms, clock, rung, now)

    def _require_possible(self, clock: str) -> None:
        """A clock that never started may be asked about: by an id that a handbook gives it."""
        names = {each.clock for each in derivations(self.records, self.terms)}
        kinds = {
            rule.id
            for terms in self.terms.values()
            for rule in terms.handbook.clocks
            if rule.scope is ClockScope.ISSUE
        }
        if clock not in names | kinds:
            raise _unknown(clock, names | kinds)


async def evidence(facts: Facts, stream: str, *, terms_of: TermsOf | None = None) -> Evidence:
    """Return what the ledger holds of one issue. Raises UnknownIssueError."""
    records = await facts.records(stream)
    if not records:
        raise UnknownIssueError("No issue was reported under this key.", field="key", value=stream)
    read = terms_of or terms_reader(facts)
    terms = {hash_: await read(hash_) for hash_ in sorted(terms_named(records))}
    return Evidence(stream, tuple(records), terms)


async def why(
    facts: Facts, stream: str, clock: str | None = None, *, terms_of: TermsOf | None = None
) -> tuple[Derivation, ...]:
    """Return the derivation of every cycle of one clock, or of all, in the order they started.

    Raises UnknownIssueError, and InvalidRequestError if the issue never had such a clock.
    """
    return (await evidence(facts, stream, terms_of=terms_of)).derivations(clock)


def _unknown(clock: str, names: set[str]) -> InvalidRequestError:
    return InvalidRequestError(
        "The issue never had such a clock.", field="clock", value=clock, allowed=names
    )
