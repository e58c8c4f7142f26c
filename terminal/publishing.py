"""`closeout calendar publish` and `closeout tasks`: a calendar's new version, and what is due."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.actors import VARIABLE
from terminal.session import Session

if TYPE_CHECKING:
    from desk.desk import Desk
    from desk.grounds import Ground
    from desk.moves import Figures
    from domain.people import Officer

POST = "PERSON@POST"

Reason = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why: it stands in every issue's events.")
]
Author = Annotated[
    str | None, typer.Option("--as", metavar=POST, envvar=VARIABLE, help="Who decides on it.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would become of each clock; write nothing.")
]


async def calendar_publish(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A calendar: TOML or JSON.")],
    reason: Reason = None,
    actor: Author = None,
    dry_run: DryRun = False,
) -> None:
    """Bring a calendar's version into force, and move every open issue to it.

    By a coordinator, a supervisor or a top-tier post of a zone that counts by the calendar. Closed
    clocks never move. Once stored, it is carried through even if this command is stopped.
    """
    from desk.publishing import Publishing
    from handbooks.calendars.files import read_calendar_file
    from terminal.shown.adoptions import foreseen, foreseen_plain, published, published_plain

    calendar = read_calendar_file(file)
    if not dry_run:
        author, said = read_officer(actor, "--as"), required(reason, "--reason")
    async with session.desk() as desk:
        publishing = Publishing(desk)
        if dry_run:
            there = await publishing.check(calendar)
            moves = [move async for move in publishing.preview(calendar, there)]
            zone = there.calendar.time_zone
            session.out.answer(
                {"calendar": calendar.id, "hash": calendar.hash, **foreseen_plain(moves)},
                lambda: foreseen(moves, zone),
            )
            return
        with progressing(session, "trying") as step:
            ground = await publishing.publish(calendar, reason=said, author=author, on_issue=step)
        figures, safe = await carried_out(session, desk, ground)
        row = ground.publication
    session.out.answer(
        published_plain(row, calendar, figures, safe), lambda: published(row, calendar, figures)
    )


async def tasks(
    session: Session,
    settled: Annotated[bool, typer.Option("--settled", help="Those that are done.")] = False,
) -> None:
    """List what administrators have to do: calendars that deadlines wait for."""
    from desk.tasks import OpenTask, open_tasks
    from terminal.shown.adoptions import task_list, task_plain

    async with session.desk() as desk:
        if settled:
            found = [OpenTask(row, 0, None) for row in await desk.ledger.tasks(settled=True)]
        else:
            found = list(await open_tasks(desk))
    session.out.answer({"tasks": [task_plain(each) for each in found]}, lambda: task_list(found))


async def carried_out(session: Session, desk: "Desk", ground: "Ground") -> "tuple[Figures, bool]":
    """Move every issue; return what became of them, counted from the events, and whether a workflow
    stands by to go on if this process is ended. Without one the guard does it."""
    from desk.adopting import Adopter
    from desk.moves import Figures

    safe = await handed_over(session, ground.reference)
    with progressing(session, "moving") as step:
        _, left = await Adopter(desk).run(ground, on_issue=step)
    figures = Figures(left=left)
    with progressing(session, "counting") as step:
        async for move in Adopter(desk).done(ground.reference):
            figures = figures.plus(move)
            step()
    return figures, safe


async def handed_over(session: Session, reference: str) -> bool:
    """Return whether Temporal has taken it over, should this process be ended."""
    from temporalio.service import RPCError

    from desk.handover import hand_over
    from runtime.errors import StackError

    try:
        client = await session.client()
        await hand_over(client, reference, session.place.settings.task_queue)
    except (RPCError, StackError):
        return False
    return True


def read_officer(text: str | None, option: str) -> "Officer":
    """Return the person and the post that an option names. Raises InvalidRequestError; a usage
    error if nobody is named."""
    from pydantic import ValidationError

    from domain.errors import InvalidRequestError
    from domain.people import Officer

    named = required(text, option).removeprefix("officer:")
    person, _, post = named.partition("@")
    try:
        return Officer(person=person, post=post)
    except ValidationError as error:
        raise InvalidRequestError(
            "This names no person in a post.", field=option, value=text, allowed=POST
        ) from error


def required(text: str | None, option: str) -> str:
    """Return what an option says; a usage error if it is not given."""
    if text is None:
        raise typer.BadParameter("is needed, unless with --dry-run", param_hint=f"'{option}'")
    return text


@contextmanager
def progressing(session: Session, what: str) -> Iterator[Callable[[], None]]:
    """Show on a terminal's stderr how many issues are done; call what is given after each."""
    aside = session.out.aside
    if session.as_json or not aside.is_terminal:
        yield lambda: None
        return
    done = 0
    with aside.status(f"{what} …") as status:

        def step() -> None:
            nonlocal done
            done += 1
            status.update(f"{what} … {done:,} issues")

        yield step
