"""The command line on a desk in memory, and Act 2's stories played on it, rung by rung."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from typing_of_lines import type_line

import cli
from demo.stories import in_order, read_stories
from desk.desk import Desk
from desk.shelf import Shelf
from domain.commands import Submission
from domain.days import zone_of
from domain.view import Ring
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger
from runtime.settings import Settings
from terminal.application import Application
from terminal.session import Wiring

ZONE = "cedz"
COLUMNS = "118"


class StandingClock:
    """Shows the instant it was set to."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return that instant."""
        return self.at


class House:
    """One ledger in memory, its desk, and the command line before it."""

    def __init__(self, at: datetime) -> None:
        self.clock = StandingClock(at)
        self.ledger = MemoryLedger()
        self.desk = Desk(self.ledger, Shelf(self.ledger, {ZONE: read_terms(ZONE)}), self.clock)

    async def let_time_pass(self, until: datetime) -> None:
        """Ring every rung that falls due until then, each at its instant."""
        while (due_at := await self.ledger.next_due_at()) is not None and due_at <= until:
            self.clock.at = due_at
            for row in await self.ledger.overdue(due_at + timedelta(milliseconds=1), 100):
                await self._ring(row.issue.zone, row.issue.key)
        self.clock.at = until

    async def _ring(self, zone: str, key: str) -> None:
        rung = (await self.desk.look(zone, key)).next_rung
        if rung is not None:
            await self.desk.ring(
                Ring(zone=zone, key=key, clock=rung.clock, cycle=rung.cycle, rung=rung.rung)
            )

    async def play_stories(self) -> None:
        """Play the stories of Act 2 in the order of the clock."""
        for at, story, number, step in in_order(read_stories()):
            await self.let_time_pass(at.replace(tzinfo=zone_of("Asia/Shanghai")).astimezone(UTC))
            await self.desk.carry_out(
                Submission(
                    id=f"{story.key}:{number}",
                    zone=story.zone,
                    key=story.key,
                    actor=step.by,
                    command=step.command,
                )
            )

    def type(self, words: list[str]) -> tuple[int, str]:
        """Return the exit code and the output of `closeout` with these words, on this desk."""
        surroundings = {
            "CLOSEOUT_DATABASE_URL": "postgresql://is-not-asked",
            "COLUMNS": COLUMNS,
            "NO_COLOR": "1",
        }
        result = type_line(self._command_line(), words, env=surroundings)
        return result.exit_code, result.output

    def _command_line(self) -> Application:
        application = Application(
            Wiring(
                exit_codes=cli.exit_codes,
                open_desk=self._open,
                workflows=cli.workflows,
                programs=cli.programs,
                sweep=cli.sweep,
                play_demo=cli.play_demo,
                serve_api=cli.serve_api,
                serve_house=cli.serve_house,
                open_tour=cli.open_tour,
                tell_outcomes=cli.tell_outcomes,
                simulate=cli.simulate,
            )
        )
        for panel, bodies in cli.COMMANDS.items():
            for body in bodies:
                application.offer(body, panel)
        for family, (summary, panel, members) in cli.FAMILIES.items():
            application.family(family, summary, panel)
            for body in members:
                application.offer(body, panel, under=family)
        return application

    @asynccontextmanager
    async def _open(self, _settings: Settings) -> AsyncIterator[Desk]:
        yield self.desk
