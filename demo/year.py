"""A year of a zone, made up by seed: its reports, and what became of each, in virtual time.

Pure: no clock but the story's, no database. Every command is decided as the desk decides it, every
rung rings at its instant, and what a person may not do is refused and left out. The same seed gives
the same year to the byte.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from demo.story import Coming, Kept, Story
from demo.year_arrivals import arrivals, midnight
from desk.changes import changes_of, head_after
from domain.canonical import canonical, sha256
from domain.chain import Record
from domain.commands import Submission
from domain.days import zone_of
from domain.decisions import Decision
from domain.issue import Issue
from domain.terms import Terms
from handbooks.shelf import read_terms
from ledger.port import Changes, Head, Ledger

ZONE = "xinghe"


@dataclass(frozen=True)
class Year:
    """What happened in a zone in one year: each command's changes, in the order of time. `until_at`
    is the year's end; what is open then stays open."""

    zone: str
    terms: Terms
    from_at: datetime
    until_at: datetime
    changes: tuple[Changes, ...]
    refused: int
    _heads: tuple[Head | None, ...] = field(repr=False)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Return every event, in the order of positions."""
        return tuple(record for changes in self.changes for record in changes.records)

    @cached_property
    def issues(self) -> dict[str, Issue]:
        """Return every issue as it stands at the end, by stream."""
        last = {each.command.stream: each.issue for each in self.changes if each.issue is not None}
        return dict(sorted(last.items()))

    @cached_property
    def hash(self) -> str:
        """Return a hash over the last hash of every stream: the same for the same year."""
        last = {record.stream: record.hash for record in self.records}
        return sha256("".join(f"{stream}{last[stream]}" for stream in sorted(last)))

    async def lay(self, ledger: Ledger) -> None:
        """Write the year into a ledger that has nothing of its zone: the terms, then every command
        in order. No workflow hears of it: each issue is taken to have answered."""
        text = canonical(self.terms)
        await ledger.put_terms(self.terms.hash, self.zone, text, self.from_at)
        for head, changes in zip(self._heads, self.changes, strict=True):
            async with ledger.transaction() as transaction:
                if _numbers_an_issue(changes):
                    local = changes.command.at.astimezone(zone_of(self.terms.calendar.time_zone))
                    await transaction.allot_number(self.zone, local.year)
                await transaction.append(head, changes)
        for errand in (errand for changes in self.changes for errand in changes.errands):
            await ledger.drop_errand(errand.id)


def _numbers_an_issue(changes: Changes) -> bool:
    """Return whether a command gave an issue its number."""
    return any(record.kind == "issue_accepted" for record in changes.records)


def generate_year(
    issues: int = 300,
    *,
    seed: int = 8,
    year: int = 2026,
    terms: Terms | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
) -> Year:
    """Return a year in which so many issues are reported. Without `terms` it is that of the
    fictional zone that is shipped. A part of a year, its local days from `from_on` to before
    `until_on`, ends in the midst of things."""
    found = terms or read_terms(ZONE)
    begins_on, ends_on = from_on or date(year, 1, 1), until_on or date(year + 1, 1, 1)
    kept = _Changes(found)
    story = Story(found, midnight(found, ends_on), kept.take)
    chance = random.Random(f"{seed} {begins_on}")  # noqa: S311  # a story, no secret
    reports = enumerate(arrivals(chance, found, begins_on, ends_on, issues), start=1)
    keyed = ((f"y{number:06d}", arrival) for number, arrival in reports)
    story.tell(Coming(key, arrival, f"{seed} {key}") for key, arrival in keyed)
    return Year(
        zone=found.handbook.zone,
        terms=found,
        from_at=midnight(found, begins_on),
        until_at=story.until_at,
        changes=tuple(kept.changes),
        refused=story.refused,
        _heads=tuple(kept.heads),
    )


class _Changes:
    """Keeps all that a desk would write."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.changes: list[Changes] = []
        self.heads: list[Head | None] = []

    def take(
        self, submission: Submission, before: Issue | None, decision: Decision, head: Head | None
    ) -> Kept:
        """Keep what a command came to."""
        body = canonical(submission)
        changes = changes_of(submission, body, before, decision, self._terms, head, heard=True)
        self.changes.append(changes)
        self.heads.append(head)
        errands = [Submission.model_validate_json(each.text) for each in changes.errands]
        return head_after(changes, decision.issue), errands
