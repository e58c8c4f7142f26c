"""The desk of matters: every command to one is carried out here, whoever sends it."""

from datetime import datetime

from desk.changes import result_of
from desk.matter_changes import has_passed, matter_changes_of
from desk.stream_desk import Move, NotDueError, StreamDesk, nothing, repeated
from domain.canonical import canonical, sha256
from domain.decisions.draft import Context
from domain.errors import InvalidRequestError, UnknownMatterError
from domain.issue import stream_name
from domain.matters.acts import (
    AdoptMatterTerms,
    MatterEngineCommand,
    OpeningCommand,
    RingMatter,
    TieIssue,
)
from domain.matters.commands import MatterSubmission
from domain.matters.decide import decide_matter
from domain.matters.matter import matter_stream
from domain.matters.pipeline.commands import RecordMeeting
from domain.matters.state import Matter
from domain.matters.view import MatterGlimpse, MatterRing, MatterRingAnswer
from domain.model import to_millisecond
from domain.people import ENGINE
from domain.terms import Terms
from domain.view import NOTICES_SHOWN_MAX, CommandResult, NextRung, RingOutcome
from ledger.matter_codec import read_matter_snapshot
from ledger.matters import MatterRow
from ledger.port import StreamConflictError


class MatterDesk(StreamDesk[Matter, MatterRow, MatterSubmission]):
    """Carries out commands to matters."""

    what = "matter"

    async def ring(self, ring: MatterRing) -> MatterRingAnswer:
        """Let a matter's time pass: fire what has fallen due. Harmless when late or repeated."""
        submission = MatterSubmission(
            id=ring.command_id,
            zone=ring.zone,
            key=ring.key,
            actor=ENGINE,
            command=RingMatter(clock=ring.clock, cycle=ring.cycle, rung=ring.rung),
        )
        outcome = RingOutcome.FIRED
        try:
            await self._with_retries(submission)
        except NotDueError as not_due:
            outcome = not_due.outcome
        return MatterRingAnswer(outcome=outcome, glimpse=await self.look(ring.zone, ring.key))

    async def look(self, zone: str, key: str) -> MatterGlimpse:
        """Return the matter as its workflow must know it, or raise UnknownMatterError."""
        return self.glimpse(await self.row(zone, key))

    async def row(self, zone: str, key: str) -> MatterRow:
        """Return the stored matter, or raise UnknownMatterError."""
        row = await self.ledger.matter(matter_stream(zone, key))
        if row is None:
            raise UnknownMatterError("No matter was opened under this key.", field="key", value=key)
        return row

    async def find(
        self,
        *,
        zone: str | None = None,
        procedure: str | None = None,
        stage: str | None = None,
        post: str | None = None,
        enterprise: str | None = None,
        issue: str | None = None,
        open_only: bool = False,
        after: str = "",
        limit: int = 100,
    ) -> list[MatterRow]:
        """Return matters by stream: of a procedure, in a stage, of a post, that concern an
        enterprise, or that an issue hangs together with."""
        return await self.ledger.find_matters(
            zone=zone,
            procedure=procedure,
            stage=stage,
            post=post,
            enterprise=enterprise,
            issue=issue,
            open_only=open_only,
            after=after,
            limit=limit,
        )

    def glimpse(self, row: MatterRow) -> MatterGlimpse:
        """Return what a matter's workflow must know, by the desk's clock."""
        matter = row.matter
        return MatterGlimpse(
            zone=matter.zone,
            key=matter.key,
            version=matter.version,
            at=to_millisecond(self.desk.clock.now()),
            aggregate=matter.aggregate,
            procedure=matter.procedure,
            standing=matter.standing,
            next_rung=self._next_rung(matter),
            notices=row.notices[:NOTICES_SHOWN_MAX],
            more_notices=len(row.notices) >= NOTICES_SHOWN_MAX,
        )

    def _next_rung(self, matter: Matter) -> NextRung | None:
        due = matter.next_due
        if due is None:
            return None
        return NextRung(
            clock=due.clock,
            cycle=due.cycle,
            rung=due.rung,
            due_at=due.due_at,
            wake_at=self.desk.seer.wake_at(matter.stream, due.due_at),
        )

    def _stream(self, zone: str, key: str) -> str:
        return matter_stream(zone, key)

    def _state(self, row: MatterRow) -> Matter:
        return row.matter

    async def _stored(self, stream: str) -> MatterRow | None:
        return await self.ledger.matter(stream)

    async def _on_other_terms(
        self, zone: str, terms: str, after: str, limit: int
    ) -> list[MatterRow]:
        return await self.ledger.matters_on_other_terms(zone, terms, after=after, limit=limit)

    def _received(self, submission: MatterSubmission, at: datetime) -> MatterSubmission:
        return self.desk.vouching.received_matter(submission, at)

    def _is_the_engines(self, submission: MatterSubmission) -> bool:
        return isinstance(submission.command, MatterEngineCommand)

    async def _prepared(self, submission: MatterSubmission) -> bool:
        command = submission.command
        if isinstance(command, TieIssue):
            await self._require_issue(submission.zone, command.issue, "issue")
        if isinstance(command, RecordMeeting):
            for number, outcome in enumerate(command.outcomes):
                if outcome.issue is not None:
                    where = f"outcomes.{number}.issue"
                    await self._require_issue(submission.zone, outcome.issue, where)
        return not isinstance(command, OpeningCommand)

    def _adoption(self, state: Matter, target: Terms, id_: str) -> MatterSubmission:
        return MatterSubmission(
            id=id_,
            zone=state.zone,
            key=state.key,
            actor=ENGINE,
            command=AdoptMatterTerms(terms=target.hash),
        )

    async def _attempt(self, submission: MatterSubmission, move: Move | None) -> CommandResult:
        target = None if move is None else move.to
        rings = isinstance(submission.command, RingMatter)
        body = canonical(submission)
        stream = matter_stream(submission.zone, submission.key)
        # Before the transaction, which holds a connection while others may wait for one.
        terms = await self._terms(submission, stream)
        async with self.ledger.matter_transaction() as tx:
            head, stored = await tx.lock_matter(stream, submission.id)
            if stored is not None:
                return repeated(submission, stored, sha256(body))
            matter = None if head is None else read_matter_snapshot(head.snapshot, stream)
            if matter is not None and matter.terms != terms.hash:
                raise StreamConflictError(f"{stream} is judged by other terms meanwhile")
            at = to_millisecond(self.desk.clock.now())
            at = at if matter is None else max(at, matter.changed_at)
            if move is not None and matter is not None and matter.terms != move.came_from:
                return nothing(submission, matter.version, at)
            context = Context(at=at, terms=terms, target=target)
            decision = decide_matter(matter, submission, context)
            if isinstance(submission.command, RingMatter):
                _require_passed(submission.command, matter, decision.events)
            elif not decision.events:
                return nothing(submission, decision.matter.version, at)
            changes = matter_changes_of(
                submission, body, matter, decision, terms, head, told=rings, target=target
            )
            await tx.append_matter(head, changes)
        if not rings or changes.errands:
            self.desk.on_poke()
        return result_of(changes.command)

    async def _require_issue(self, zone: str, issue: str, where: str) -> None:
        """What hangs together with a matter is there. Issues never go away: this stays true."""
        if await self.ledger.issue(stream_name(zone, issue)) is None:
            raise InvalidRequestError(
                "No issue was reported under this key.",
                field=where,
                value=issue,
                allowed=f"the key of an issue in {zone}",
            )


def _require_passed(ring: RingMatter, matter: Matter | None, events: tuple[object, ...]) -> None:
    if has_passed(events, ring):
        return
    dues = () if matter is None else matter.dues
    named = (ring.clock, ring.cycle, ring.rung)
    is_to_come = any((due.clock, due.cycle, due.rung) == named for due in dues)
    raise NotDueError(RingOutcome.EARLY if is_to_come else RingOutcome.STALE)
