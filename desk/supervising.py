"""The desk of supervision orders: every command to one is carried out here, whoever sends it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog

from desk.changes import result_of
from desk.desk import ATTEMPTS_MAX, Desk
from desk.kinship import RESERVED_IDS
from desk.order_changes import order_changes_of, order_fired
from desk.repeats import is_repeat
from desk.shelf import UnfitZoneError
from domain.canonical import canonical, sha256
from domain.decisions.draft import Context
from domain.decisions.orders import decide_order
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
    UnknownOrderError,
    UnknownZoneError,
)
from domain.issue import stream_name
from domain.model import to_millisecond
from domain.order_commands import (
    AdoptOrderTerms,
    IssueOrder,
    OrderEngineCommand,
    OrderSubmission,
    RingOrder,
)
from domain.order_view import OrderGlimpse, OrderRing, OrderRingAnswer
from domain.orders import SupervisionOrder, order_stream
from domain.people import ENGINE, Engine
from domain.terms import Terms
from domain.view import NOTICES_SHOWN_MAX, CommandResult, NextRung, RingOutcome
from ledger.order_codec import read_order_snapshot
from ledger.orders import OrderRow
from ledger.port import (
    CommandRow,
    LedgerError,
    LedgerUnavailableError,
    Refusal,
    StreamConflictError,
)

log = structlog.get_logger()


class _NotDueError(Exception):
    """A ring named a rung that did not fire: nothing is written."""

    def __init__(self, outcome: RingOutcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class _Move:
    """From the terms that an order was seen with, to others."""

    came_from: str
    to: Terms


class SupervisionDesk:
    """Carries out commands to orders as the desk does to issues, on its ledger and by its clock."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.ledger = desk.ledger

    async def carry_out(self, submission: OrderSubmission) -> CommandResult:
        """Carry out what a person asks. A refusal raises IssueError and is kept.

        The order is judged by the terms in force, to which it is moved first (`follow`).
        """
        try:
            _require_outsider(submission)
            submission = self.desk.vouching.received_order(submission, self.desk.clock.now())
            if isinstance(submission.command, IssueOrder):
                await self._require_issues(submission.zone, submission.command)
            elif await self._is_seen(submission):
                await self.follow(submission.zone, submission.key)
            return await self._with_retries(submission)
        except IssueError as refusal:
            await self._keep(refusal, submission)
            raise

    async def ring(self, ring: OrderRing) -> OrderRingAnswer:
        """Let an order's time pass: fire what has fallen due. Harmless when late or repeated."""
        submission = OrderSubmission(
            id=ring.command_id,
            zone=ring.zone,
            key=ring.key,
            actor=ENGINE,
            command=RingOrder(cycle=ring.cycle, rung=ring.rung),
        )
        outcome = RingOutcome.FIRED
        try:
            await self._with_retries(submission)
        except _NotDueError as not_due:
            outcome = not_due.outcome
        return OrderRingAnswer(outcome=outcome, glimpse=await self.look(ring.zone, ring.key))

    async def follow(self, zone: str, key: str) -> bool:
        """Move an order to the terms in force, if they hold what it names; return whether it moved.

        Who may act changes with them; a limit keeps its length and its beginning.
        """
        row = await self.ledger.order(order_stream(zone, key))
        if row is None:
            return False
        try:
            if (await self._in_force(zone)).hash == row.order.terms:
                return False
            # What moved the order was published before: a look that begins now sees it too.
            await self.desk.shelf.refresh()
            target = await self._in_force(zone)
        except (UnknownZoneError, UnfitZoneError):
            return False  # nothing is in force there: the order lives on by its own terms
        return await self._follow(row, target)

    async def catch_up(self, limit: int) -> int:
        """Move open orders of every zone to the terms in force there; return how many moved."""
        moved = 0
        for held in await self.desk.shelf.in_force(to_millisecond(self.desk.clock.now())):
            zone, target, after = held.handbook.zone, held, ""
            while moved < limit and (
                page := await self.ledger.orders_on_other_terms(
                    zone, target.hash, after=after, limit=limit
                )
            ):
                await self.desk.shelf.refresh()  # as in `follow`: after the orders were read
                try:
                    target = await self._in_force(zone)
                except (UnknownZoneError, UnfitZoneError):
                    break
                moved += sum([await self._follow_if_able(row, target) for row in page])
                after = page[-1].order.stream
        return moved

    async def _is_seen(self, submission: OrderSubmission) -> bool:
        """Return whether the order is where its sender saw it: a refusal moves nothing."""
        expected = submission.expected_version
        row = await self.ledger.order(order_stream(submission.zone, submission.key))
        return row is not None and (expected is None or row.order.is_seen_at(expected))

    async def _follow_if_able(self, row: OrderRow, target: Terms) -> bool:
        """One order whose terms or rows cannot be read holds up no other."""
        try:
            return await self._follow(row, target)
        except LedgerUnavailableError:
            raise
        except LedgerError as error:
            log.warning("order_not_moved", order=row.order.stream, error=str(error))
            return False

    async def _in_force(self, zone: str) -> Terms:
        return await self.desk.shelf.current(zone, to_millisecond(self.desk.clock.now()))

    async def _follow(self, row: OrderRow, target: Terms) -> bool:
        """Move an order forward only, and only by what every process sees: of two with different
        handbooks or calendars of their own, neither takes back what the other did."""
        order = row.order
        if order.terms == target.hash:
            return False
        present = await self.desk.shelf.version(order.terms)
        newer = target.handbook.revision - present.handbook.revision
        if newer < 0 or (newer == 0 and not self.desk.shelf.parted_by(present, target)):
            log.info("order_stays_with_newer_terms", order=order.stream, terms=order.terms)
            return False
        submission = OrderSubmission(
            id=f"adopt:{order.stream}:{order.version}:{target.hash[:8]}",
            zone=order.zone,
            key=order.key,
            actor=ENGINE,
            command=AdoptOrderTerms(terms=target.hash),
        )
        try:
            done = await self._with_retries(submission, move=_Move(order.terms, target))
        except InvalidRequestError as obstacle:
            log.info("order_stays_with_its_terms", order=order.stream, why=str(obstacle))
            return False
        return not done.repeated and "order_terms_adopted" in done.events

    async def look(self, zone: str, key: str) -> OrderGlimpse:
        """Return the order as its workflow must know it, or raise UnknownOrderError."""
        return self.glimpse(await self.row(zone, key))

    async def row(self, zone: str, key: str) -> OrderRow:
        """Return the stored order, or raise UnknownOrderError."""
        row = await self.ledger.order(order_stream(zone, key))
        if row is None:
            raise UnknownOrderError("No order was issued under this key.", field="key", value=key)
        return row

    async def find(
        self,
        *,
        zone: str | None = None,
        unit: str | None = None,
        standing: str | None = None,
        issue: str | None = None,
        open_only: bool = False,
        after: str = "",
        limit: int = 100,
    ) -> list[OrderRow]:
        """Return orders by stream, of a unit, in a standing, or that cover an issue."""
        return await self.ledger.find_orders(
            zone=zone,
            unit=unit,
            standing=standing,
            issue=issue,
            open_only=open_only,
            after=after,
            limit=limit,
        )

    def glimpse(self, row: OrderRow) -> OrderGlimpse:
        """Return what an order's workflow must know, by the desk's clock."""
        order, at = row.order, to_millisecond(self.desk.clock.now())
        due_at = None if order.run is None else order.run.due_at
        return OrderGlimpse(
            zone=order.zone,
            key=order.key,
            version=order.version,
            at=at,
            standing=order.standing,
            instrument=order.instrument,
            unit=order.unit,
            due_at=due_at,
            overdue=due_at is not None and (order.breached_at is not None or due_at < at),
            next_rung=self._next_rung(order),
            notices=row.notices[:NOTICES_SHOWN_MAX],
            more_notices=len(row.notices) >= NOTICES_SHOWN_MAX,
        )

    def _next_rung(self, order: SupervisionOrder) -> NextRung | None:
        rung = order.next_rung
        if rung is None or order.limit_of is None:
            return None
        return NextRung(
            clock=order.limit_of,
            cycle=order.cycle,
            rung=rung.id,
            due_at=rung.due_at,
            wake_at=self.desk.seer.wake_at(order.stream, rung.due_at),
        )

    async def _with_retries(
        self, submission: OrderSubmission, *, move: "_Move | None" = None
    ) -> CommandResult:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                return await self._attempt(submission, move)
            except StreamConflictError:
                if attempt == ATTEMPTS_MAX:
                    raise
                await asyncio.sleep(0.002 * attempt)
        msg = f"{submission.id}: not carried out after {ATTEMPTS_MAX} attempts"
        raise LedgerError(msg)

    async def _attempt(self, submission: OrderSubmission, move: "_Move | None") -> CommandResult:
        target = None if move is None else move.to
        rings = isinstance(submission.command, RingOrder)
        body = canonical(submission)
        stream = order_stream(submission.zone, submission.key)
        # Before the transaction, which holds a connection while others may wait for one.
        terms = await self._terms(submission, stream)
        async with self.ledger.order_transaction() as tx:
            head, stored = await tx.lock_order(stream, submission.id)
            if stored is not None:
                return _repeated(submission, stored, sha256(body))
            order = None if head is None else read_order_snapshot(head.snapshot, stream)
            if order is not None and order.terms != terms.hash:
                raise StreamConflictError(f"{stream} is judged by other terms meanwhile")
            at = to_millisecond(self.desk.clock.now())
            at = at if order is None else max(at, order.changed_at)
            if move is not None and order is not None and order.terms != move.came_from:
                return _nothing(submission, order, at)
            context = Context(at=at, terms=terms, target=target)
            decision = decide_order(order, submission, context)
            if isinstance(submission.command, RingOrder):
                _require_fired(submission.command, order, decision.events)
            elif not decision.events:
                return _nothing(submission, decision.order, at)
            changes = order_changes_of(
                submission, body, decision, terms, head, told=rings, target=target
            )
            await tx.append_order(head, changes)
        if not rings:
            self.desk.on_poke()
        return result_of(changes.command)

    async def _terms(self, submission: OrderSubmission, stream: str) -> Terms:
        """Return the terms that the order is judged by: a new one by those in force."""
        row = await self.ledger.order(stream)
        if row is not None:
            return await self.desk.shelf.version(row.order.terms)
        return await self._in_force(submission.zone)

    async def _require_issues(self, zone: str, command: IssueOrder) -> None:
        """An order covers issues that are there. They never go away, so that this stays true."""
        for key in command.issues:
            if await self.ledger.issue(stream_name(zone, key)) is None:
                raise InvalidRequestError(
                    "No issue was reported under this key.",
                    field="issues",
                    value=key,
                    allowed=f"the keys of issues in {zone}",
                )

    async def _keep(self, refusal: IssueError, submission: OrderSubmission) -> None:
        """Keep a refusal where an auditor finds it; the refusal itself must reach the caller."""
        if isinstance(submission.actor, Engine):
            return
        entry = Refusal(
            command_id=submission.id,
            stream=order_stream(submission.zone, submission.key),
            kind=submission.command.kind,
            at=to_millisecond(self.desk.clock.now()),
            actor=canonical(submission.actor),
            code=refusal.code,
            message=str(refusal),
        )
        try:
            await self.ledger.put_refusal(entry)
            refusal.is_kept = True
        except LedgerError as error:
            log.warning("refusal_not_kept", command=submission.id, error=str(error))


def _require_outsider(submission: OrderSubmission) -> None:
    """Whoever sends a command is outside: nobody there rings, or takes a ring's id."""
    by_engine = isinstance(submission.actor, Engine)
    if by_engine or isinstance(submission.command, OrderEngineCommand):
        raise NotPermittedError(
            "The engine alone rings and adopts terms, and asks for nothing else.",
            field="command.kind",
            value=submission.command.kind,
        )
    if submission.id.startswith(RESERVED_IDS):
        raise InvalidRequestError(
            "Ids that begin so are the engine's own.",
            field="id",
            value=submission.id,
            allowed="an id that begins otherwise",
        )


def _nothing(submission: OrderSubmission, order: SupervisionOrder, at: datetime) -> CommandResult:
    """Another was quicker: the order is judged by those terms already, and nothing is written."""
    return CommandResult(
        command_id=submission.id,
        zone=submission.zone,
        key=submission.key,
        at=at,
        version=order.version,
        events=(),
    )


def _repeated(submission: OrderSubmission, stored: CommandRow, hash_: str) -> CommandResult:
    """The same id again: the first answer, if it is the same request."""
    if not is_repeat(stored, submission, hash_):
        raise ConflictError(
            "This command id stands for another request.",
            field="id",
            value=submission.id,
            allowed="a new id for a new request",
        )
    return result_of(stored).model_copy(update={"repeated": True})


def _require_fired(
    ring: RingOrder, order: SupervisionOrder | None, events: tuple[object, ...]
) -> None:
    if order_fired(events, ring):
        return
    rungs = () if order is None or order.run is None else order.run.rungs
    stands = order is not None and order.cycle == ring.cycle
    is_to_come = stands and any(rung.id == ring.rung for rung in rungs)
    raise _NotDueError(RingOutcome.EARLY if is_to_come else RingOutcome.STALE)
