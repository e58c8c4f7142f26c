"""Plays the lives of `ladder_script` on a ledger in memory: the same acts give the same bytes."""

from datetime import date, datetime, timedelta

from ladder_script import BEIJING, DIRECTOR, ENDS, HELD, LIVES, PUBLISHED, ZONE, Act, instant

from desk.adopting import Adopter
from desk.changed_hands import ChangedHands
from desk.desk import Desk
from desk.publishing import Publishing
from desk.shelf import Shelf
from desk.supervising import SupervisionDesk
from domain import order_commands as oc
from domain.commands import Submission
from domain.order_commands import OrderSubmission
from domain.order_view import OrderRing
from domain.terms import Terms
from domain.view import Ring
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger

TICK = timedelta(milliseconds=1)
MANY = 1000


class Engine:
    """Desk, orders and clock, and the passing of time."""

    offset = timedelta(0)

    def __init__(self, start: datetime) -> None:
        self.at = start
        self.ledger = MemoryLedger()
        self.terms = read_terms(ZONE)
        self.desk = Desk(self.ledger, Shelf(self.ledger, {ZONE: self.terms}), self)
        self.beheaded = Desk(self.ledger, Shelf(self.ledger, {ZONE: beheaded(self.terms)}), self)
        self.orders = SupervisionDesk(self.desk)
        self.hands = ChangedHands(self.desk)

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self.at

    async def do(self, number: int, act: Act) -> None:
        """Let time pass until an act, and carry it out."""
        await self.pass_until(act.instant)
        id_ = f"corpus:{ZONE}/{act.key}:{number}"
        if isinstance(act.command, oc.IssueOrder | oc.OrderAct):
            sent = OrderSubmission(
                id=id_, zone=ZONE, key=act.key, actor=act.actor, command=act.command
            )
            await self.orders.carry_out(sent)
            return
        desk = self.beheaded if act.key == HELD else self.desk
        await desk.carry_out(
            Submission.model_validate(
                {
                    "id": id_,
                    "zone": ZONE,
                    "key": act.key,
                    "actor": act.actor,
                    "command": act.command,
                    "occurred_at": None if act.happened is None else instant(act.happened),
                }
            )
        )

    async def publish(self) -> None:
        """Publish a longer calendar, and move what is open to it."""
        longer = self.terms.calendar.model_copy(update={"valid_until": date(2027, 12, 31)})
        ground = await Publishing(self.desk).publish(longer, reason="新增年度。", author=DIRECTOR)
        await Adopter(self.desk).run(ground)
        await self.orders.catch_up(MANY)

    async def pass_until(self, target: datetime) -> None:
        """Ring every rung at its own instant; look each midnight who is in which post."""
        while True:
            dues = await self.ledger.next_due_at(), await self.ledger.next_order_due_at()
            midnight = _next_midnight(self.at)
            due_at = min((at for at in dues if at is not None), default=midnight)
            if min(due_at, midnight) > target:
                break
            if midnight < due_at:
                self.at = midnight
                await self.hands.round()
                continue
            self.at = max(self.at, due_at)
            await self._ring()
        self.at = target

    async def _ring(self) -> None:
        for row in await self.ledger.overdue(self.at + TICK, MANY):
            due = row.issue.next_rung
            assert due is not None
            clock, rung = due
            await self.desk.ring(
                Ring(zone=ZONE, key=row.issue.key, clock=clock.id, cycle=clock.cycle, rung=rung.id)
            )
        for waiting in await self.ledger.orders_overdue(self.at + TICK, MANY):
            order, next_rung = waiting.order, waiting.order.next_rung
            assert next_rung is not None
            await self.orders.ring(
                OrderRing(zone=ZONE, key=order.key, cycle=order.cycle, rung=next_rung.id)
            )


def beheaded(terms: Terms) -> Terms:
    """Return the same zone with nobody in any post of its top tier."""
    book = terms.handbook
    vacant = {"people": (), "assignments": (), "roster": None}
    posts = tuple(
        post.model_copy(update=vacant) if post.tier == book.top_tier else post
        for post in book.posts
    )
    changed = book.model_copy(update={"posts": posts, "delegations": ()})
    return Terms(handbook=changed, calendar=terms.calendar)


def _next_midnight(at: datetime) -> datetime:
    local = at.astimezone(BEIJING)
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


async def played_ladder() -> MemoryLedger:
    """Return a ledger in which every life has been played, all of them at once."""
    acts = sorted((act for life in LIVES for act in life()), key=lambda act: act.instant)
    engine = Engine(acts[0].instant)
    earlier = [act for act in acts if act.instant < instant(PUBLISHED)]
    for number, act in enumerate(earlier):
        await engine.do(number, act)
    await engine.pass_until(instant(PUBLISHED))
    await engine.publish()
    for number, act in enumerate(acts[len(earlier) :], start=len(earlier)):
        await engine.do(number, act)
    await engine.pass_until(instant(ENDS))
    return engine.ledger
