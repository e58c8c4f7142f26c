"""A command line whose zone supervises: lights, monthly warnings, parking, a routing table."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import builders as b
import builders_ladder as bl
import builders_orders as bo
from stage import OFFICER, REPORT, Stage

import cli
from desk.desk import Desk
from desk.shelf import Shelf
from domain.canonical import canonical
from domain.commands import Command
from domain.people import Actor
from domain.terms import Terms
from domain.view import Ring
from ledger.publications import HandbookRow
from runtime.settings import Settings

ROADS = "officer:roads-desk.a@roads-desk"
SUPERVISOR = "officer:supervision.a@supervision"
DIRECTOR = "officer:director.a@director"


def warned(*grounds: dict[str, Any], period: str = "month", **more: Any) -> dict[str, Any]:
    """Return rules of supervision by which warnings are counted by `grounds`."""
    rule = {"period": period, "grounds": list(grounds)} | more
    return {
        "instruments": bo.INSTRUMENTS,
        "lights": {"clocks": ["acceptance", "handling", "resolution"]},
        "warnings": bo.WARNINGS | rule,
    }


GROUNDS = (
    {"id": "late", "fact": "breach", "points": 2, "clocks": ["handling"]},
    {"id": "silent", "fact": "order_unanswered", "points": 3},
    {"id": "asked", "fact": "order_issued", "points": 1},
    {"id": "back", "fact": "sent_back", "points": 1},
)
SUPERVISED = bl.ladder_terms(supervision=warned(*GROUNDS))


@dataclass
class Watch(Stage):
    """A command line with all families, whose zone has the terms that a test gives it."""

    terms: Terms = SUPERVISED

    def __post_init__(self) -> None:
        super().__post_init__()
        for family, (summary, panel, members) in cli.FAMILIES.items():
            self.application.family(family, summary, panel)
            for body in members:
                self.application.offer(body, panel, under=family)

    @asynccontextmanager
    async def _open(self, settings: Settings | None = None) -> AsyncIterator[Desk]:
        yield Desk(self.ledger, Shelf(self.ledger, {b.ZONE: self.terms}), self.clock)

    def accept(self, key: str, at: datetime) -> None:
        """Report and accept an issue of the mill's at an instant."""
        self.clock.at = at
        self.json("report", b.ZONE, key, *REPORT[3:])
        self.do(key, "accept", by=OFFICER)

    def do(self, key: str, *words: str, by: str) -> None:
        """Carry out a command on an issue."""
        self.json("do", b.ZONE, key, *words, "--as", by)

    def act(self, key: str, command: Command, actor: Actor) -> None:
        """Carry out a command that is at hand already."""

        async def act() -> None:
            async with self._open() as desk:
                await desk.carry_out(b.submission(command, actor, key=key))

        asyncio.run(act())

    def ring(self, key: str, clock: str, rung: str = "due") -> None:
        """Ring a rung, as the issue's workflow does."""

        async def ring() -> None:
            async with self._open() as desk:
                await desk.ring(Ring(zone=b.ZONE, key=key, clock=clock, cycle=1, rung=rung))

        asyncio.run(ring())

    def publish(self, terms: Terms) -> None:
        """Bring a handbook into force, whatever its soundness: it is not what a test is about."""
        book = terms.handbook
        version = HandbookRow(book.hash, b.ZONE, canonical(book), self.clock.at)
        previous = self.terms.handbook.hash
        asyncio.run(
            self.ledger.publish_handbook(
                version, after=0, previous=previous, author="a", approver="b", reason="New rules."
            )
        )

    def refused(self, *words: str) -> dict[str, Any]:
        """Type a command that is refused as unreadable, and return what it says."""
        result = self.run(*words)
        assert result.exit_code in (2, 3), result.output
        return {"code": result.exit_code, "said": " ".join(result.output.split())}

    def said(self, *words: str) -> str:
        """Type a command for people, and return what it says on single-spaced lines."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return "\n".join(" ".join(line.split()) for line in result.stdout.splitlines())
