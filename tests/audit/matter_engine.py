"""Plays the lives of `matter_lives` on a ledger in memory: the same acts, the same bytes."""

from datetime import datetime, timedelta

import builders as b
import builders_zone as z
from matter_lives import ENDS, KNOWN, LATER, TERMS, Act, acts, later_terms

from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain.canonical import canonical
from domain.commands import Submission
from domain.matters.commands import MatterSubmission
from domain.matters.view import MatterRing
from domain.people import Actor
from domain.terms import Terms
from domain.view import Ring
from ledger.memory import MemoryLedger

TICK = timedelta(milliseconds=1)
MANY = 1000


class MatterEngine:
    """Desks of issues and of matters, whoever carries reports from these to those, and time."""

    offset = timedelta(0)

    def __init__(self, start: datetime) -> None:
        self.at = start
        self.ledger = MemoryLedger()
        self.open_by(TERMS)

    def open_by(self, terms: Terms) -> None:
        """Let these terms be in force from now on."""
        self.terms = terms
        self.desk = Desk(self.ledger, Shelf(self.ledger, {z.ZONE: terms}), self)
        self.matters = MatterDesk(self.desk)
        self.errands = ErrandRunner(self.desk)

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self.at

    async def move_on(self, terms: Terms) -> None:
        """Put other terms in force, and move every open matter to them."""
        self.open_by(terms)
        await self.ledger.put_terms(terms.hash, z.ZONE, canonical(terms), self.at)
        await self.matters.catch_up(MANY)

    async def do(self, number: int, act: Act) -> None:
        """Let time pass until an act, carry it out, and have done what it calls for."""
        await self.pass_until(act.at)
        id_ = f"corpus:{act.key}:{number}"
        if act.found:
            matter = (await self.matters.row(z.ZONE, act.key)).matter
            await self.report(id_, matter.ties[0].issue, act.actor, act.command)
            return
        await self.matters.carry_out(
            MatterSubmission(id=id_, zone=z.ZONE, key=act.key, actor=act.actor, command=act.command)
        )
        while await self.errands.once():
            pass

    async def report(self, id_: str, key: str, actor: Actor, command: object) -> None:
        """Carry out a command to an issue."""
        sent = {"id": id_, "zone": z.ZONE, "key": key, "actor": actor, "command": command}
        await self.desk.carry_out(Submission.model_validate(sent))

    async def pass_until(self, target: datetime) -> None:
        """Ring every rung of issues and every instant of matters when it comes."""
        while True:
            dues = await self.ledger.next_due_at(), await self.ledger.next_matter_due_at()
            due_at = min((at for at in dues if at is not None), default=None)
            if due_at is None or due_at > target:
                break
            self.at = max(self.at, due_at)
            await self._ring()
        self.at = target

    async def _ring(self) -> None:
        for row in await self.ledger.overdue(self.at + TICK, MANY):
            due = row.issue.next_rung
            assert due is not None
            clock, rung = due
            await self.desk.ring(
                Ring(
                    zone=z.ZONE, key=row.issue.key, clock=clock.id, cycle=clock.cycle, rung=rung.id
                )
            )
        for waiting in await self.ledger.matters_overdue(self.at + TICK, MANY):
            next_due = waiting.matter.next_due
            assert next_due is not None
            await self.matters.ring(
                MatterRing(
                    zone=z.ZONE,
                    key=waiting.matter.key,
                    clock=next_due.clock,
                    cycle=next_due.cycle,
                    rung=next_due.rung,
                )
            )


async def played_matters() -> MemoryLedger:
    """Return a ledger in which every life has been played, all of them at once."""
    todo = acts()
    engine = MatterEngine(todo[0].at)
    await engine.ledger.put_terms(TERMS.hash, z.ZONE, canonical(TERMS), engine.at)
    await engine.report("corpus:known", KNOWN, b.ENTERPRISE, b.report())
    moved = False
    for number, act in enumerate(todo):
        if act.at >= LATER and not moved:
            await engine.pass_until(LATER)
            await engine.move_on(later_terms())
            moved = True
        await engine.do(number, act)
    await engine.pass_until(ENDS)
    return engine.ledger
