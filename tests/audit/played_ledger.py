"""A ledger of lists, filled by the real decisions, in which every stored field can be altered."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import builders as b
from builders import Step

from domain.canonical import canonical, sha256
from domain.chain import GENESIS, Record, link
from domain.commands import RingRung, Submission
from domain.decisions import RULES, decide
from domain.issue import Issue
from domain.people import ENGINE
from domain.terms import Terms
from domain.view import CommandResult, Ring
from ledger.kin import ErrandRow, LinkRow
from ledger.port import Changes, ClockRow, CommandRow, FiringRow, IssueRow
from ledger.projections import rows_of
from ledger.publications import HandbookPublicationRow, PublicationRow


@dataclass
class PlayedLedger:
    """The reading side of a ledger."""

    texts: dict[str, str] = field(default_factory=dict)
    events: list[Record] = field(default_factory=list)
    sent: list[CommandRow] = field(default_factory=list)
    heads: dict[str, IssueRow] = field(default_factory=dict)
    fired: list[FiringRow] = field(default_factory=list)
    cycles: dict[tuple[str, str, int], ClockRow] = field(default_factory=dict)
    done: list[Changes] = field(default_factory=list)

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        return [r for r in self.events if r.stream == stream and r.version > after_version]

    async def commands(self, stream: str) -> list[CommandRow]:
        return [row for row in self.sent if row.stream == stream]

    async def terms(self, hash_: str) -> str | None:
        return self.texts.get(hash_)

    async def issue(self, stream: str) -> IssueRow | None:
        return self.heads.get(stream)

    async def firings(self, stream: str | None = None) -> list[FiringRow]:
        return [row for row in self.fired if stream in (None, row.stream)]

    async def clocks(self, stream: str) -> list[ClockRow]:
        return [row for row in self.cycles.values() if row.stream == stream]

    async def links(self, zone: str, key: str) -> list[LinkRow]:
        return []

    async def errand_texts(self, ids: Sequence[str]) -> dict[str, str]:
        return {}

    async def waiting_errands(self, after: str, limit: int) -> list[ErrandRow]:
        return []

    async def stray_links(self, limit: int) -> list[LinkRow]:
        return []

    async def publications_after(self, sequence: int, limit: int) -> list[PublicationRow]:
        return []

    async def newest_handbooks(self) -> list[HandbookPublicationRow]:
        return []

    async def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        for stream in sorted(self.heads):
            yield stream

    def play(self, steps: Iterable[Step], *, key: str = b.KEY, terms: Terms = b.TERMS) -> Issue:
        """Carry out steps in order and keep what came of them, as a desk does."""
        issue: Issue | None = None
        for step in steps:
            issue = self._carry_out(issue, step, key, terms)
        assert issue is not None
        return issue

    def _carry_out(self, issue: Issue | None, step: Step, key: str, terms: Terms) -> Issue:
        submitted = _sent(step, key)
        decision = decide(issue, submitted, b.context(step.at, terms))
        after = decision.issue
        stored = [record for record in self.events if record.stream == after.stream]
        records = b.records_of(decision, submitted, terms, after=stored)
        ring = isinstance(step.command, RingRung)
        rows = rows_of(issue, after, decision.events, records, (), ring=ring)
        self.texts[terms.hash] = canonical(terms)
        self._keep(
            Changes(
                command=_command_row(submitted, step, records, after, terms),
                records=records,
                issue=after if records else None,
                armed_due_at=None,
                answered=True,
                clocks=rows.clocks,
                firings=rows.firings,
            )
        )
        return after

    def _keep(self, changes: Changes) -> None:
        self.done.append(changes)
        self.sent.append(changes.command)
        self.events += changes.records
        self.fired += changes.firings
        self.cycles |= {(row.stream, row.clock, row.cycle): row for row in changes.clocks}
        if changes.issue is not None:
            hash_ = changes.records[-1].hash
            row = IssueRow(changes.issue, hash_, None, answered=True, notices=())
            self.heads[changes.issue.stream] = row

    def alter_event(self, place: int, **changes: object) -> None:
        """Write over columns of an event, as somebody with the database's password could."""
        self.events[place] = replace(self.events[place], **changes)  # type: ignore[arg-type]  # any column

    def forge(self, version: int, was: str, becomes: str, *, until: int | None = None) -> None:
        """Change a text and make every hash anew, from there to the end or to version `until`."""
        forged: list[Record] = []
        for record in self.events:
            text = record.text.replace(was, becomes) if record.version == version else record.text
            previous = forged[-1].hash if forged else GENESIS
            within = version <= record.version and (until is None or record.version <= until)
            anew = replace(record, text=text, previous=previous, hash=link(previous, text))
            forged.append(anew if within else record)
        assert forged != self.events
        self.events = forged

    def alter_command(self, place: int, **changes: object) -> None:
        """Write over columns of a command."""
        self.sent[place] = replace(self.sent[place], **changes)  # type: ignore[arg-type]  # any column


def _sent(step: Step, key: str) -> Submission:
    """Return a step as it is sent; a ring has the one id of its rung."""
    id_ = None
    if isinstance(step.command, RingRung):
        named = step.command.model_dump(exclude={"kind"})
        id_ = Ring(zone=b.ZONE, key=key, **named).command_id
    return b.submission(step.command, step.actor, key=key, id_=id_)


def _command_row(
    submitted: Submission, step: Step, records: tuple[Record, ...], after: Issue, terms: Terms
) -> CommandRow:
    body = canonical(submitted)
    result = CommandResult(
        command_id=submitted.id,
        zone=submitted.zone,
        key=submitted.key,
        at=step.at,
        version=after.version,
        events=tuple(record.kind for record in records),
        number=after.number,
    )
    return CommandRow(
        id=submitted.id,
        stream=after.stream,
        kind=submitted.command.kind,
        at=step.at,
        actor=canonical(submitted.actor),
        body=body,
        hash=sha256(body),
        terms=terms.hash,
        rules=RULES,
        first_version=after.version - len(records) + 1,
        count=len(records),
        result=result.model_dump_json(),
    )


def played(*steps: Step, terms: Terms = b.TERMS) -> PlayedLedger:
    """Return a ledger that holds one issue's life: these steps, or `LIFE`."""
    ledger = PlayedLedger()
    ledger.play(steps or LIFE, terms=terms)
    return ledger


LIFE = (
    b.REPORTED,
    Step(b.OFFICER, b.ACCEPT, b.MON_10),
    Step(b.OFFICER, b.HAND_OVER, b.MON_11),
    Step(ENGINE, b.ring("handling", 1, "at-50"), b.TUE_9 + timedelta(hours=1, seconds=2)),
    Step(b.SECTION, b.PAUSE, b.TUE_9 + timedelta(hours=3)),
    Step(b.SECTION, b.RESUME, b.NEXT_MON_9),
    Step(ENGINE, b.ring("handling", 1, "due"), b.NEXT_TUE_9),
    Step(b.HEAD, b.PROPOSE, b.NEXT_WED_9),
    Step(b.ENTERPRISE, b.CONFIRM, b.NEXT_THU_9),
    Step(b.DIRECTOR, b.VERIFY, b.NEXT_FRI_9),
)
"""Worked on over a weekend with a pause, escalated by time, signed off and struck off."""
