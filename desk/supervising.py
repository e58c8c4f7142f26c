"""The desk of supervision orders: every command to one is carried out here, whoever sends it."""

from datetime import datetime

from desk.changes import result_of
from desk.order_changes import order_changes_of, order_fired
from desk.stream_desk import Move, NotDueError, StreamDesk, nothing, repeated
from domain.access import Horizon
from domain.canonical import canonical, sha256
from domain.decisions.draft import Context
from domain.decisions.orders import decide_order
from domain.errors import InvalidRequestError, UnknownOrderError
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
from domain.people import ENGINE
from domain.terms import Terms
from domain.view import NOTICES_SHOWN_MAX, CommandResult, NextRung, RingOutcome
from ledger.order_codec import read_order_snapshot
from ledger.orders import OrderRow
from ledger.port import StreamConflictError


class SupervisionDesk(StreamDesk[SupervisionOrder, OrderRow, OrderSubmission]):
    """Carries out commands to orders."""

    what = "order"

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
        except NotDueError as not_due:
            outcome = not_due.outcome
        return OrderRingAnswer(outcome=outcome, glimpse=await self.look(ring.zone, ring.key))

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
        within: Horizon | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[OrderRow]:
        """Return orders by stream, of a unit, in a standing, that cover an issue, or in sight."""
        return await self.ledger.find_orders(
            zone=zone,
            unit=unit,
            standing=standing,
            issue=issue,
            open_only=open_only,
            within=within,
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

    def _stream(self, zone: str, key: str) -> str:
        return order_stream(zone, key)

    def _state(self, row: OrderRow) -> SupervisionOrder:
        return row.order

    async def _stored(self, stream: str) -> OrderRow | None:
        return await self.ledger.order(stream)

    async def _on_other_terms(
        self, zone: str, terms: str, after: str, limit: int
    ) -> list[OrderRow]:
        return await self.ledger.orders_on_other_terms(zone, terms, after=after, limit=limit)

    def _received(self, submission: OrderSubmission, at: datetime) -> OrderSubmission:
        return self.desk.vouching.received_order(submission, at)

    def _is_the_engines(self, submission: OrderSubmission) -> bool:
        return isinstance(submission.command, OrderEngineCommand)

    async def _prepared(self, submission: OrderSubmission) -> bool:
        command = submission.command
        if not isinstance(command, IssueOrder):
            return True
        await self._require_issues(submission.zone, command)
        return False

    def _adoption(self, state: SupervisionOrder, target: Terms, id_: str) -> OrderSubmission:
        return OrderSubmission(
            id=id_,
            zone=state.zone,
            key=state.key,
            actor=ENGINE,
            command=AdoptOrderTerms(terms=target.hash),
        )

    async def _attempt(self, submission: OrderSubmission, move: Move | None) -> CommandResult:
        target = None if move is None else move.to
        rings = isinstance(submission.command, RingOrder)
        body = canonical(submission)
        stream = order_stream(submission.zone, submission.key)
        # Before the transaction, which holds a connection while others may wait for one.
        terms = await self._terms(submission, stream)
        async with self.ledger.order_transaction() as tx:
            head, stored = await tx.lock_order(stream, submission.id)
            if stored is not None:
                return repeated(submission, stored, sha256(body))
            order = None if head is None else read_order_snapshot(head.snapshot, stream)
            if order is not None and order.terms != terms.hash:
                raise StreamConflictError(f"{stream} is judged by other terms meanwhile")
            at = to_millisecond(self.desk.clock.now())
            at = at if order is None else max(at, order.changed_at)
            if move is not None and order is not None and order.terms != move.came_from:
                return nothing(submission, order.version, at)
            context = Context(at=at, terms=terms, target=target)
            decision = decide_order(order, submission, context)
            if isinstance(submission.command, RingOrder):
                _require_fired(submission.command, order, decision.events)
            elif not decision.events:
                return nothing(submission, decision.order.version, at)
            changes = order_changes_of(
                submission, body, decision, terms, head, told=rings, target=target
            )
            await tx.append_order(head, changes)
        if not rings:
            self.desk.on_poke()
        return result_of(changes.command)

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


def _require_fired(
    ring: RingOrder, order: SupervisionOrder | None, events: tuple[object, ...]
) -> None:
    if order_fired(events, ring):
        return
    rungs = () if order is None or order.run is None else order.run.rungs
    stands = order is not None and order.cycle == ring.cycle
    is_to_come = stands and any(rung.id == ring.rung for rung in rungs)
    raise NotDueError(RingOutcome.EARLY if is_to_come else RingOutcome.STALE)
