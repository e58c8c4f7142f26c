"""A desk of matters of a test's own, and the verbs to act there with."""

from datetime import datetime
from typing import Any

import builders as b
import builders_matters as m
import builders_zone as z
from desks import StandingClock

from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain.matters.matter import matter_stream
from domain.matters.state import Matter
from domain.matters.view import MatterRing, MatterRingAnswer
from domain.people import Actor
from domain.terms import Terms
from domain.view import CommandResult
from ledger.port import Ledger

CAMPAIGNS: list[dict[str, Any]] = [
    {
        "id": "visits",
        "name": m.name("visits"),
        "steps": [
            {"id": "visited", "name": m.name("visited"), "by": [{"tier": 1}], "origin": "visit"}
        ],
    },
    {
        "id": "notices",
        "name": m.name("notices"),
        "steps": [
            {"id": "delivered", "name": m.name("delivered")},
            {
                "id": "read",
                "name": m.name("read"),
                "needs": ["delivered"],
                "by": [{"enterprise": True}],
                "from_step": "delivered",
                "due": {
                    "within": {"kind": "wall", "minutes": 2880},
                    "levels": [{"tier": 1}, {"tier": 2}, {"tier": 3}],
                    "then": {"kind": "wall", "minutes": 1440},
                },
            },
        ],
    },
]
TERMS = m.terms_with(campaigns=CAMPAIGNS)
OPEN_VISITS = m.asked(
    kind="open_campaign", procedure="visits", title="A hundred days", targets=["mill", "bakery"]
)
OPEN_NOTICES = m.asked(
    kind="open_campaign", procedure="notices", title="Policy no. 4", targets=["mill"]
)
DELIVERED = m.asked(kind="record_step", enterprise="mill", step="delivered")
READ = m.asked(kind="record_step", enterprise="mill", step="read")


def problem(title: str) -> dict[str, str]:
    """Return a problem that a visit brings to light."""
    return {"category": z.HANDBOOK.categories[0].id, "title": title, "text": f"{title}."}


def visit(*titles: str) -> Any:
    """Return a visit to the mill that found problems."""
    found = [problem(title) for title in titles]
    return m.asked(kind="record_step", enterprise="mill", step="visited", problems=found)


class MatterBureau:
    """Where matters are kept: one process at a ledger."""

    def __init__(self, ledger: Ledger, clock: StandingClock, terms: Terms = TERMS) -> None:
        self.ledger = ledger
        self.clock = clock
        self.pokes = 0
        self.desk = Desk(ledger, Shelf(ledger, {z.ZONE: terms}), clock, on_poke=self._poked)
        self.matters = MatterDesk(self.desk)
        self.errands = ErrandRunner(self.desk)

    def _poked(self) -> None:
        self.pokes += 1

    async def do(
        self, command: Any, actor: Actor = b.COORDINATOR, *, key: str = m.KEY, **sent: Any
    ) -> CommandResult:
        """Carry out a command."""
        return await self.matters.carry_out(m.sent(command, actor, key=key, **sent))

    async def matter(self, key: str = m.KEY) -> Matter:
        """Return the matter as the ledger has it."""
        return (await self.matters.row(z.ZONE, key)).matter

    async def ring(self, clock: str, cycle: int, rung: str, key: str = m.KEY) -> MatterRingAnswer:
        """Ring as the matter's workflow does."""
        ring = MatterRing(zone=z.ZONE, key=key, clock=clock, cycle=cycle, rung=rung)
        return await self.matters.ring(ring)

    async def kinds(self, key: str = m.KEY) -> list[str]:
        """Return the kinds of the matter's events."""
        return [record.kind for record in await self.ledger.records(matter_stream(z.ZONE, key))]

    async def until(self, at: datetime, key: str = m.KEY) -> None:
        """Let time pass, each instant rung when it comes."""
        while rung := (await self.matters.look(z.ZONE, key)).next_rung:
            if rung.due_at > at:
                break
            self.clock.at = rung.due_at
            await self.ring(rung.clock, rung.cycle, rung.rung, key)
        self.clock.at = at
