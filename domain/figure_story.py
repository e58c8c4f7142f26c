"""One issue as figures read it: its records, told once for all the figures that count it."""

from collections.abc import Sequence
from functools import cached_property

from domain.chain import Record
from domain.retold import TermsByHash, Told, retold
from domain.warning_facts import Fact, issue_facts


class Story:
    """The records of one stream from its first event up to some position; `terms` holds all that
    they name. What is worked out of them is kept: many figures ask for the same."""

    def __init__(self, records: Sequence[Record], terms: TermsByHash) -> None:
        self.records = records
        self.terms = terms

    @cached_property
    def life(self) -> tuple[Told, ...]:
        """Return every event with the issue before and after it."""
        return tuple(retold(self.records, self.terms))

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """Return what can count against a unit."""
        return issue_facts(self.records, self.terms)

    def excluded_from(self, figure: str) -> bool:
        """Return whether a reviewed exclusion leaves the issue out (R8.6)."""
        if not self.records:
            return False
        return any(each.leaves_out(figure) for each in self.life[-1].after.exclusions)
