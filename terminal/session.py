"""What a command is given: its answer's outlet, and the way to the ledger and to Temporal."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.errors import StackError

if TYPE_CHECKING:
    from rich.console import Console
    from temporalio.client import Client

    from audit.year_sums import SimulatedYear
    from desk.desk import Desk
    from face.house import House
    from ledger.port import IssueRow, Ledger
    from runtime.settings import Settings
    from runtime.stack import ChildProgram, RunningStack
    from terminal.outcomes import Outcome
    from terminal.output import Output
    from terminal.simulating import YearAsked
    from terminal.touring import Tour


class NothingRunsError(StackError):
    """No ledger is named and no stack runs on the folder."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the composition root lends the terminal. Nothing here is imported before it is used.

    `exit_codes` maps each kind of error to the code that the process ends with.
    """

    exit_codes: Callable[[], Mapping[type[Exception], int]]
    open_desk: Callable[["Settings"], AbstractAsyncContextManager["Desk"]]
    workflows: Callable[[], Sequence[type]]
    programs: Callable[[bool], Sequence["ChildProgram"]]
    sweep: Callable[["Client", "Ledger"], Awaitable[int]]
    play_demo: Callable[["Settings", "Console"], Awaitable[int]]
    serve_api: Callable[["Settings"], Awaitable[None]]
    serve_house: Callable[["House"], Awaitable[None]]
    open_tour: Callable[[int, int], Awaitable["Tour"]]
    tell_outcomes: Callable[[], Awaitable[Sequence["Outcome"]]]
    simulate: Callable[["YearAsked"], Awaitable["SimulatedYear"]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command's ledger and Temporal are. `stack` is the local one, if that is used."""

    settings: "Settings"
    stack: "RunningStack | None" = None

    @property
    def told(self) -> str:
        """Return where this is, without a password."""
        if self.stack is not None:
            return f"the stack that runs in {self.settings.data_dir}"
        if self.settings.database_url is None:
            return "CLOSEOUT_READER_DATABASE_URL of the environment, to read only"
        return "CLOSEOUT_DATABASE_URL and TEMPORAL_* of the environment"


class Session:
    """One command on its way: the options that all commands share, and what they open."""

    def __init__(
        self, wiring: Wiring, *, as_json: bool, debug: bool, data_dir: Path | None
    ) -> None:
        self.wiring = wiring
        self.as_json = as_json
        self.debug = debug
        self._data_dir = data_dir

    @cached_property
    def out(self) -> "Output":
        """The outlet of this command's answer."""
        from terminal.output import Output

        return Output(as_json=self.as_json)

    @cached_property
    def settings(self) -> "Settings":
        """The settings in force, before a ledger is looked for."""
        from runtime.settings import Settings

        given = {} if self._data_dir is None else {"data_dir": self._data_dir}
        return Settings.load(**given)

    @cached_property
    def place(self) -> Place:
        """The ledger that the environment names, or else the stack that runs on the data folder.

        A folder named on the command line wins over the environment. Raises NothingRunsError.
        """
        from runtime.settings import Settings, kept_by_stack
        from runtime.stack import read_running_stack

        settings = self.settings
        named = (settings.database_url, settings.reader_database_url)
        if self._data_dir is None and any(url is not None for url in named):
            return Place(settings)
        stack = read_running_stack(settings.data_dir)
        if stack is None:
            raise NothingRunsError(
                f"No stack is running here ({settings.data_dir}): start one with `closeout up`, "
                "or name a ledger with CLOSEOUT_DATABASE_URL."
            )
        return Place(
            Settings.load(
                data_dir=settings.data_dir,
                database_url=stack.database_url,
                owner_database_url=stack.owner_database_url,
                reader_database_url=stack.reader_database_url or None,
                **kept_by_stack(settings),
            ),
            stack,
        )

    @asynccontextmanager
    async def desk(self, *, reading: bool = False) -> AsyncIterator["Desk"]:
        """Open the desk, for as long as the block lasts. `reading`: as the auditors' role, which
        can write nothing, if one is named."""
        settings = self.place.settings
        as_reader = reading and settings.reader_database_url is not None
        if as_reader:
            settings = settings.model_copy(update={"database_url": settings.reader_database_url})
        async with self.wiring.open_desk(settings) as desk:
            desk.shelf.keeps = not as_reader
            yield desk

    async def client(self) -> "Client":
        """Return a client of the Temporal that belongs to the ledger."""
        from runtime.codec import data_converter
        from runtime.temporal import connect

        stack, converter = self.place.stack, data_converter(self.settings)
        if stack is None:
            return await connect(data_converter=converter)
        return await connect(
            stack.temporal_address, namespace=stack.temporal_namespace, data_converter=converter
        )

    def prepare_log(self, level: str = "warning") -> None:
        """Send the log to stderr, at `level` or, with --debug, in full."""
        from runtime.logging import configure_logging

        configure_logging("debug" if self.debug else level)

    def prepare_log_of_server(self) -> None:
        """Send the log to stderr as the settings say: what serves is read by collectors."""
        from runtime.logging import configure_logging

        level, as_json = self.settings.log_level, self.settings.log_json
        configure_logging("debug" if self.debug else level, as_json=as_json)


async def find_issue(desk: "Desk", issue: str, key: str | None) -> "IssueRow":
    """Return the issue that the command line names: ZONE KEY, ZONE/KEY or a ledger number."""
    from domain.errors import UnknownIssueError

    if key is None and "/" in issue:
        issue, _, key = issue.partition("/")
    if key is not None:
        return await desk.row(issue, key)
    found = await desk.ledger.find(number=issue, limit=1)
    if not found:
        raise UnknownIssueError(
            "No issue has this ledger number.",
            field="issue",
            value=issue,
            allowed="a ledger number, ZONE KEY or ZONE/KEY",
        )
    return found[0]


def stdin_is_terminal() -> bool:
    """Return whether somebody would have to type what is read from standard input."""
    return sys.stdin.isatty()
