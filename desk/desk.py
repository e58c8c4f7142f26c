"""The desk: where every command is carried out, whoever sends it and through whichever door."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from desk.changes import changes_of, head_after, result_of, row_after, rungs_fired
from desk.clock import DeskClock
from desk.kinship import kin_of, require_errand, require_no_errand, require_own_id
from desk.repeats import first_report, is_repeat
from desk.ringing import NotDueError, require_fired, ringing
from desk.sealing import Sealer
from desk.seen import Seer
from desk.shelf import Shelf
from desk.traced import carrying
from desk.vouching import Vouching
from domain.canonical import canonical, sha256
from domain.commands import Accept, Report, RingRung, Submission
from domain.commands_of_kin import LinkCommand
from domain.commands_of_time import Adoption
from domain.days import zone_of
from domain.decisions import Context, decide
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
    UnknownCategoryError,
    UnknownIssueError,
)
from domain.events import RungFired
from domain.issue import Issue, stream_name
from domain.model import to_millisecond
from domain.people import Engine
from domain.phases import Phase
from domain.terms import Terms
from domain.view import Answer, CommandResult, IssueView, Ring, RingAnswer, RingOutcome
from ledger.codec import read_snapshot
from ledger.port import (
    Changes,
    CommandRow,
    Head,
    IssueRow,
    Ledger,
    LedgerError,
    Refusal,
    StreamConflictError,
    Transaction,
)

log = structlog.get_logger()

ATTEMPTS_MAX = 8
ISSUES_KNOWN_MAX = 4096

OnFired = Callable[[str, tuple[RungFired, ...]], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What one command did: its result and the issue after it."""

    result: CommandResult
    row: IssueRow


class _TermsWantedError(Exception):
    """The terms are not at hand. They are fetched when no connection is held: a pool full of
    commands that each wait for a second connection would stand still."""

    def __init__(self, version: str | None) -> None:
        super().__init__(version)
        self.version = version


class Desk:
    """Carries out commands: lock, decide, record, fold, project, acknowledge; one transaction each.

    `on_poke` is called after a commit that left something for the relay, `on_fired` after one that
    fired rungs, with the zone, `on_refused` of a refusal's code. Personal texts are sealed by
    `sealer`, and the word of faces is held against `vouching`, before anything is decided.
    """

    def __init__(
        self,
        ledger: Ledger,
        shelf: Shelf,
        clock: DeskClock,
        *,
        wakeup_spread_ms: int = 0,
        on_poke: Callable[[], None] = lambda: None,
        on_fired: OnFired = lambda _zone, _rungs: None,
        on_refused: Callable[[str], None] = lambda _code: None,
        sealer: Sealer | None = None,
        vouching: Vouching | None = None,
    ) -> None:
        self.ledger = ledger
        self.shelf = shelf
        self.clock = clock
        self.seer = Seer(clock, wakeup_spread_ms)
        self.on_poke = on_poke
        self.on_fired = on_fired
        self.on_refused = on_refused
        self.sealer = sealer or Sealer()
        self.vouching = vouching or Vouching()
        self._known: OrderedDict[str, tuple[Head, Issue]] = OrderedDict()

    async def carry_out(self, submission: Submission) -> CommandResult:
        """Carry out what a person or service asks. A refusal raises IssueError and is kept."""
        return (await self._carry_out(submission, heard=False)).result

    async def carry_out_for_workflow(self, submission: Submission) -> Answer:
        """Carry out a command that came through the issue's workflow, which hears the answer.

        Whoever sends it is outside: nobody there can be the engine.
        """
        if isinstance(submission.actor, Engine):
            raise NotPermittedError(
                "Only closeout itself acts as the engine.", field="actor.kind", value="engine"
            )
        done = await self._carry_out(submission, heard=True)
        return Answer(result=done.result, glimpse=self.seer.glimpse(done.row))

    async def adopt(self, submission: Submission, target: Terms) -> CommandResult:
        """Carry out an adoption: the engine's own command, decided with the terms to be adopted."""
        done = await self._with_retries(submission, heard=False, target=target)
        return done.result

    async def record_draw(self, submission: Submission) -> CommandResult:
        """Carry out the engine's note that an issue came up in a recorded draw."""
        return (await self._with_retries(submission, heard=False)).result

    async def carry_errand(self, submission: Submission) -> CommandResult:
        """Carry out what one issue has to tell another: the engine's own command, by errands.

        A refusal raises IssueError and is kept with the errand. What follows on an issue and has no
        place in the handbook in force any more is judged by the terms of that issue.
        """
        require_errand(submission)
        try:
            return (await self._with_retries(submission, heard=False)).result
        except (InvalidRequestError, UnknownCategoryError):
            command = submission.command
            if not isinstance(command, Report) or command.succeeds is None:
                raise
            origin = await self.row(submission.zone, command.succeeds)
            target = await self.shelf.version(origin.issue.terms)
            return (await self._with_retries(submission, heard=False, target=target)).result

    async def ring(self, ring: Ring) -> RingAnswer:
        """Let an issue's time pass: fire what has fallen due. Harmless when late or repeated."""
        try:
            done = await self._with_retries(ringing(ring, ring.command_id), heard=True)
        except NotDueError as early:
            row = await self._hear(early.row)
            return RingAnswer(outcome=early.outcome, glimpse=self.seer.glimpse(row))
        return RingAnswer(outcome=RingOutcome.FIRED, glimpse=self.seer.glimpse(done.row))

    async def ring_unheard(self, ring: Ring) -> RingOutcome:
        """Fire what has fallen due and no workflow has rung: it hears of that as of other news."""
        try:
            await self._with_retries(ringing(ring, ring.bell_id), heard=False)
        except NotDueError as not_due:
            return not_due.outcome
        return RingOutcome.FIRED

    async def look(self, zone: str, key: str, *, heard: bool = False) -> IssueView:
        """Return the issue as it stands. `heard`: its workflow looks, and waits for its rung."""
        row = await self.row(zone, key)
        if heard:
            row = await self._hear(row)
        return self.seer.view(row)

    async def row(self, zone: str, key: str) -> IssueRow:
        """Return the stored issue, or raise UnknownIssueError."""
        row = await self.ledger.issue(stream_name(zone, key))
        if row is None:
            raise UnknownIssueError("No issue was reported under this key.", field="key", value=key)
        return row

    async def _hear(self, row: IssueRow) -> IssueRow:
        """Note what the workflow waits for, and return the issue that it is told of: if it moved on
        in between, the issue as it is then."""
        for _ in range(ATTEMPTS_MAX):
            issue = row.issue
            due_at = None if issue.next_rung is None else issue.next_rung[1].due_at
            if await self.ledger.mark_answered(issue.stream, due_at, issue.version):
                break
            row = await self.row(issue.zone, issue.key)
        return row

    async def _carry_out(self, submission: Submission, *, heard: bool) -> Done:
        try:
            if isinstance(submission.command, RingRung | Adoption):
                raise NotPermittedError(
                    "The engine alone rings clocks and adopts terms.",
                    field="command.kind",
                    value=submission.command.kind,
                )
            require_own_id(submission)
            require_no_errand(submission)
            submission = await self.vouching.received(
                submission, self.sealer, self.ledger, self.clock.now(), by_workflow=heard
            )
            return await self._with_retries(submission, heard=heard)
        except IssueError as refusal:
            await self._keep(refusal, submission)
            raise

    async def _with_retries(
        self, submission: Submission, *, heard: bool, target: Terms | None = None
    ) -> Done:
        with carrying(submission, stream_name(submission.zone, submission.key)):
            for attempt in range(1, ATTEMPTS_MAX + 1):
                try:
                    return await self._attempt(submission, heard=heard, target=target)
                except StreamConflictError:
                    if attempt == ATTEMPTS_MAX:
                        raise
                    await asyncio.sleep(0.002 * attempt)
                except _TermsWantedError as wanted:
                    if wanted.version is None:
                        await self.shelf.current(submission.zone, to_millisecond(self.clock.now()))
                    else:
                        await self.shelf.version(wanted.version)
        msg = f"{submission.id}: the terms are not at hand after {ATTEMPTS_MAX} attempts"
        raise LedgerError(msg)

    async def _attempt(self, submission: Submission, *, heard: bool, target: Terms | None) -> Done:
        body = canonical(submission)
        stream = stream_name(submission.zone, submission.key)
        done = await self._at_once(stream, submission, body, heard=heard)
        if done is not None:
            return done
        async with self.ledger.transaction() as tx:
            head, stored = await tx.lock(stream, submission.id)
            known = head is not None and isinstance(submission.command, Report)
            if stored is None and not known:
                changes, after = await self._decide(
                    tx, submission, body, head, heard=heard, target=target
                )
                await tx.append(head, changes)
        # Outside the transaction, which holds the very row that is read and marked here.
        if stored is not None:
            return await self._repeated(submission, stored, sha256(body), heard=heard)
        if known:
            first = await first_report(self.ledger, stream, submission)
            return await self._repeated(submission, first, first.hash, heard=heard)
        return self._done(changes, after, head)

    async def _at_once(
        self, stream: str, submission: Submission, body: str, *, heard: bool
    ) -> Done | None:
        """Decide on the issue as this desk left it, and let one statement check that it still
        stands there, lock it and write: one round trip for four.

        None if anything stands in the way, the refusal of a command too: then the issue is locked
        and all is judged anew on what is there. One command at a time may know an issue.
        """
        if isinstance(submission.command, Report | Accept | RingRung | Adoption | LinkCommand):
            return None
        head, issue = self._known.pop(stream, (None, None))
        if head is None or issue is None:
            return None
        terms = self.shelf.at_hand(submission.zone, head.terms)
        if terms is None:
            return None
        at = max(to_millisecond(self.clock.now()), issue.changed_at)
        try:
            decision = decide(issue, submission, Context(at=at, terms=terms))
        except IssueError:
            self._keep_known(head, issue)
            return None
        if not decision.events:
            return None
        changes = changes_of(submission, body, issue, decision, terms, head, heard=heard)
        if changes.links or changes.errands:
            return None
        if not await self.ledger.append_at_once(head, changes):
            return None
        return self._done(changes, decision.issue, head)

    def _done(self, changes: Changes, after: Issue, head: Head | None) -> Done:
        """Say what was committed, to whom it concerns."""
        row = row_after(changes, after, head)
        if changes.records:
            self._keep_known(head_after(changes, after), after)
        if changes.poke or changes.errands:
            self.on_poke()
        if changes.firings:
            self.on_fired(after.zone, rungs_fired(changes))
        return Done(result=result_of(changes.command), row=row)

    async def _decide(
        self,
        tx: Transaction,
        submission: Submission,
        body: str,
        head: Head | None,
        *,
        heard: bool,
        target: Terms | None,
    ) -> tuple[Changes, Issue]:
        command = submission.command
        issue = (
            None if head is None else self._fold(stream_name(submission.zone, submission.key), head)
        )
        at = to_millisecond(self.clock.now())
        if issue is not None:
            at = max(at, issue.changed_at)
        terms = self._terms(submission, head, target)
        number = await self._number(tx, submission, issue, terms, at)
        kin = None if issue is None else await kin_of(tx, submission)
        context = Context(at=at, terms=terms, number=number, target=target, kin=kin)
        decision = decide(issue, submission, context)
        if isinstance(command, RingRung) and issue is not None:
            require_fired(decision, command, issue, head)
        changes = changes_of(
            submission, body, issue, decision, terms, head, heard=heard, target=target
        )
        return changes, decision.issue

    async def _repeated(
        self, submission: Submission, stored: CommandRow, hash_: str, *, heard: bool
    ) -> Done:
        """The same id again: the first answer, if it is the same request."""
        if not is_repeat(stored, submission, hash_):
            raise ConflictError(
                "This command id stands for another request.",
                field="id",
                value=submission.id,
                allowed="a new id for a new request",
            )
        row = await self.row(submission.zone, submission.key)
        if heard:
            row = await self._hear(row)
        result = result_of(stored).model_copy(update={"repeated": True})
        return Done(result=result, row=row)

    def _terms(self, submission: Submission, head: Head | None, target: Terms | None) -> Terms:
        if head is None and target is not None:
            return target
        version = None if head is None else head.terms
        terms = self.shelf.at_hand(submission.zone, version)
        if terms is None:
            raise _TermsWantedError(version)
        return terms

    async def _number(
        self,
        tx: Transaction,
        submission: Submission,
        issue: Issue | None,
        terms: Terms,
        at: datetime,
    ) -> str | None:
        """Allot an acceptance's number: zone, local year, six digits; what has one keeps it."""
        if not isinstance(submission.command, Accept) or issue is None:
            return None
        if issue.phase is not Phase.INTAKE or issue.number is not None:
            return issue.number
        year = at.astimezone(zone_of(terms.calendar.time_zone)).year
        number = await tx.allot_number(submission.zone, year)
        return f"{submission.zone.upper()}-{year}-{number:06d}"

    def _fold(self, stream: str, head: Head) -> Issue:
        known, issue = self._known.get(stream, (None, None))
        if known is not None and issue is not None and known.hash == head.hash:
            return issue
        return read_snapshot(head.snapshot)

    def _keep_known(self, head: Head, issue: Issue) -> None:
        self._known[issue.stream] = (head, issue)
        self._known.move_to_end(issue.stream)
        if len(self._known) > ISSUES_KNOWN_MAX:
            self._known.popitem(last=False)

    async def _keep(self, refusal: IssueError, submission: Submission) -> None:
        """Keep a refusal where an auditor finds it; the refusal itself must reach the caller."""
        if isinstance(submission.actor, Engine):
            return
        self.on_refused(refusal.code)
        entry = Refusal(
            command_id=submission.id,
            stream=stream_name(submission.zone, submission.key),
            kind=submission.command.kind,
            at=to_millisecond(self.clock.now()),
            actor=canonical(submission.actor),
            code=refusal.code,
            message=str(refusal),
        )
        try:
            await self.ledger.put_refusal(entry)
            refusal.is_kept = True
        except LedgerError as error:
            log.warning("refusal_not_kept", command=submission.id, error=str(error))
