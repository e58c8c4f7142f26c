"""The command line on a desk in memory, at an hour that a test chooses."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import builders as b
import pytest
from typer.testing import Result
from typing_of_lines import type_line

import cli
from desk.desk import Desk
from desk.shelf import Shelf
from domain.terms import Terms
from ledger.memory import MemoryLedger
from runtime.settings import Settings
from terminal.application import Application
from terminal.session import Wiring

REPORT = (
    *("report", b.ZONE, b.KEY, "--enterprise", b.ENTERPRISE.enterprise),
    *("--category", "road-access", "--title", "No [bold] power 停电", "--text", "Since dawn."),
    *("--as", f"enterprise:{b.ENTERPRISE.person}@{b.ENTERPRISE.enterprise}"),
)
OFFICER = f"officer:{b.OFFICER.person}@{b.OFFICER.post}"


class StandingClock:
    """A desk's clock that stands until a test moves it."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass
class Stage:
    """The whole command line but for PostgreSQL and Temporal."""

    clock: StandingClock = field(default_factory=lambda: StandingClock(b.MON_9))
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    terms: Terms = b.TERMS

    def __post_init__(self) -> None:
        self.application = Application(
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
                self.application.offer(body, panel)

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Desk]:
        yield Desk(self.ledger, Shelf(self.ledger, {b.ZONE: self.terms}), self.clock)

    def run(self, *words: str, stdin: str | None = None, **environment: str) -> Result:
        """Type a command."""
        return type_line(self.application, words, input=stdin, env=environment)

    def json(self, *words: str) -> Any:
        """Type a command with --json and return what it says; it must succeed."""
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A command line with nothing reported."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    return Stage()


@pytest.fixture
def reported(stage: Stage) -> Stage:
    """A command line with one issue, reported on Monday at nine."""
    stage.json(*REPORT)
    return stage


@pytest.fixture
def accepted(reported: Stage) -> Stage:
    """A command line with one issue, accepted on Monday at ten."""
    reported.clock.at = b.MON_10
    reported.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER)
    return reported
