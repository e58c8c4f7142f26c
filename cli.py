"""Composition root of the command line: wires the terminal to the desk, the audit and the rest.

Whatever is heavy is imported by the function that needs it: `closeout --help` must come at once.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from runtime.leaving import leave_after
from terminal.application import Application
from terminal.auditing import FOUND
from terminal.offered import COMMANDS, FAMILIES
from terminal.session import Wiring

if TYPE_CHECKING:
    from fastapi import FastAPI
    from rich.console import Console
    from temporalio.client import Client

    from audit.year_sums import SimulatedYear
    from desk.desk import Desk
    from face.house import House
    from ledger.port import Ledger
    from runtime.settings import Settings
    from runtime.stack import ChildProgram
    from terminal.outcomes import Outcome
    from terminal.simulating import YearAsked
    from terminal.touring import Tour


def exit_codes() -> Mapping[type[Exception], int]:
    """Return the code that the process ends with, by the error that ended it.

    Beside these: 0 done, 2 wrong usage, 130 interrupted; 1 also for a failed `doctor` and an anchor
    that `anchor` could not give to, 6 also for what `verify`, `replay`, `clocks audit`,
    `backtest`, `fork`, `simulate`, `callback redraw`, `figures recompute`, `reports verify`,
    `import xes`, `import ledger`, `intake`, `export check`, `log prove`, `attachments check` and
    `attachments sweep` find.
    """
    from audit.evidence import EvidenceError
    from audit.facts import UnsoundTermsError
    from audit.figures import UncountableStreamError
    from audit.replay import DamagedHistoryError
    from desk.attachments.problems import AttachmentGoneError, UnknownAttachmentError
    from desk.importing.problems import UnusableFileError
    from desk.principals import UnknownPrincipalError
    from domain import errors
    from domain.calendar import CalendarError
    from handbooks.calendars.problems import CalendarFileError
    from handbooks.shelf import HandbookError
    from ledger.port import LedgerError
    from runtime.errors import StackError

    return {
        LedgerError: 1,
        StackError: 1,
        errors.IssueError: 3,
        errors.InvalidRequestError: 3,
        errors.UnknownCategoryError: 3,
        errors.TooManyMattersError: 3,
        errors.UnknownZoneError: 3,
        HandbookError: 3,
        CalendarError: 3,
        CalendarFileError: 3,
        UnusableFileError: 3,
        errors.NotPermittedError: 4,
        errors.WrongPhaseError: 5,
        errors.IssueClosedError: 5,
        errors.ConflictError: 5,
        errors.UnknownIssueError: 5,
        errors.UnknownOrderError: 5,
        errors.UnknownMatterError: 5,
        errors.UnknownProcedureError: 3,
        UnknownPrincipalError: 5,
        UnknownAttachmentError: 5,
        AttachmentGoneError: 5,
        EvidenceError: FOUND,
        UnsoundTermsError: FOUND,
        DamagedHistoryError: FOUND,
        UncountableStreamError: FOUND,
    }


def opened(settings: "Settings") -> AbstractAsyncContextManager["Desk"]:
    """Open the desk; the relays of other processes hear what it leaves for them."""
    from desk.opening import open_desk

    return open_desk(settings, name="closeout-cli", speaks_as="terminal")


def workflows() -> Sequence[type]:
    """Return the workflow classes that a worker serves, for the replay of their histories."""
    from worker import WORKFLOWS

    return WORKFLOWS


OF_THE_FACES = frozenset(
    {
        "CLOSEOUT_ATTACHMENT_SECRET_KEY",
        "CLOSEOUT_LINK_SECRET",
        "CLOSEOUT_OIDC_CLIENT_SECRET",
    }
)
"""Secrets that only the HTTP face and commands use: no worker's and no relay's."""


def programs(api: bool = True) -> Sequence["ChildProgram"]:
    """Return what `up` keeps alive beside the servers: a worker and a relay, apart, and unless that
    is switched off the HTTP face."""
    import worker
    from runtime.stack import ChildProgram

    found = [
        ChildProgram(
            name, [sys.executable, str(worker.__file__), "--only", name], withheld=OF_THE_FACES
        )
        for name in ("worker", "relay")
    ]
    if api:
        found.append(ChildProgram("api", [sys.executable, str(__file__), "serve"]))
    return found


def faces(house: "House") -> "FastAPI":
    """Return the API and the console in one application."""
    from api.app import make_app
    from console.app import add_console

    return add_console(make_app(house))


async def serve_api(settings: "Settings") -> None:
    """Serve both until told to stop."""
    from face.serving import serve as serve_faces

    await serve_faces(settings, faces)


async def serve_house(house: "House") -> None:
    """Serve a house that is open already, until told to stop."""
    from face.serving import serve_house as serve_open

    await serve_open(house, faces)


async def open_tour(issues: int, seed: int) -> "Tour":
    """Make up a zone to look around in."""
    from demo.tour import open_tour as made_up

    return await made_up(issues, seed)


async def simulate(asked: "YearAsked") -> "SimulatedYear":
    """Play a scenario's year in virtual time."""
    from demo.scenario import read_scenario
    from demo.simulation import simulate as played

    return await played(
        read_scenario(asked.file, asked.changes).with_handling(asked.known),
        file=asked.file.name,
        jobs=asked.jobs,
        folder=asked.folder,
        figures=asked.figures,
        check=asked.check,
        progress=asked.progress,
    )


async def tell_outcomes() -> Sequence["Outcome"]:
    """Tell what the sources say in sums."""
    from demo.outcomes_told import tell_outcomes as told

    return await told()


async def sweep(client: "Client", ledger: "Ledger") -> int:
    """Archive the history of every run that is over; return how many were new."""
    from datetime import UTC, datetime

    from activities.upkeep import sweep as sweep_since

    return await sweep_since(client, ledger, datetime(2000, 1, 1, tzinfo=UTC))


async def play_demo(settings: "Settings", console: "Console") -> int:
    """Play the demonstration; return its exit code."""
    import worker
    from demo.engine import Parts
    from demo.play import play_demo as play

    parts = Parts(
        make_worker=worker.make_worker,
        make_relay=worker.make_relay,
        ensure_schedules=worker.ensure_schedules,
        workflows=worker.WORKFLOWS,
    )
    return await play(settings, console, parts)


def make_application() -> Application:
    """Return the whole command line."""
    application = Application(
        Wiring(
            exit_codes=exit_codes,
            open_desk=opened,
            workflows=workflows,
            programs=programs,
            sweep=sweep,
            play_demo=play_demo,
            serve_api=serve_api,
            serve_house=serve_house,
            open_tour=open_tour,
            tell_outcomes=tell_outcomes,
            simulate=simulate,
        )
    )
    for panel, bodies in COMMANDS.items():
        for body in bodies:
            application.offer(body, panel)
    for family, (summary, panel, members) in FAMILIES.items():
        if members:
            application.family(family, summary, panel)
        for body in members:
            application.offer(body, panel, under=family)
    return application


def main() -> None:
    """Run the `closeout` command."""
    leave_after(make_application().run)


if __name__ == "__main__":
    main()
