"""`closeout verify`: whether what is written still holds."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.looking import NamedKey
from terminal.progress import bars
from terminal.reads import note_read
from terminal.session import Session, find_issue
from terminal.verified import note_verified, tell_last

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from audit.log_checks import Outside
    from audit.verification import Verification
    from desk.desk import Desk
    from ledger.postgres import PostgresLedger

FOUND = 6
"""The exit code where something is not as it was written."""
JOBS_MAX = 64
SIZES_SHOWN_MAX = 10
ANCHOR_BYTES_MAX = 64 * 1024 * 1024

Which = Annotated[
    str | None, typer.Argument(metavar="ISSUE", help="A ledger number, ZONE KEY, or ZONE/KEY.")
]
Played = Annotated[
    bool,
    typer.Option(
        "--played",
        help="Another system's log was imported: what bears its times is counted, not found.",
    ),
]

Last = Annotated[
    bool, typer.Option("--last", help="What the last verification of everything came to.")
]
Given = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH",
        exists=True,
        help="Checkpoints that were given outside: a file of notes, or a folder of such files.",
        show_default="CLOSEOUT_ANCHOR_DIR",
    ),
]


async def verify(
    session: Session,
    issue: Which = None,
    key: NamedKey = None,
    every: Annotated[
        bool, typer.Option("--all", help="The log, and every issue in the ledger.")
    ] = False,
    since: Annotated[
        int,
        typer.Option(
            metavar="CHECKPOINT",
            min=0,
            help="With --all: only what came after the checkpoint of this size.",
            show_default=False,
        ),
    ] = 0,
    jobs: Annotated[
        int, typer.Option(metavar="N", min=1, max=JOBS_MAX, help="So many processes at once.")
    ] = 1,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help="With --all: keep how far it has come, and go on from there if it was stopped.",
        ),
    ] = None,
    anchors: Given = None,
    played: Played = False,
    last: Last = False,
) -> int:
    """Check the log, its checkpoints and anchors, chains, lists, rungs; decide everything and
    compose every stored report again.

    Of one ISSUE: what there is of it is as it was written and signed. Only --all proves that
    nothing is missing. Exit code 6 if anything is found.
    """
    from audit.verification import verify_in_memory, verify_issue
    from ledger.postgres import PostgresLedger
    from runtime.face_keys import trusted_faces
    from terminal.shown.findings import findings

    if (issue is not None) + every + last != 1:
        raise typer.BadParameter("name one issue, or say --all or --last")
    if last:
        return 0 if await tell_last(session) else FOUND
    if issue is not None and (since or state is not None):
        raise typer.BadParameter("--since and --state go with --all")
    outside = _outside(session, anchors, is_played=played)
    faces = trusted_faces(session.place.settings)
    async with session.desk(reading=True) as desk:
        now = desk.clock.now()
        stream = None if issue is None else await named_stream(desk, issue, key)
        position = await desk.ledger.safe_position()
        scope = {"stream": stream, "since": since or None}
        await note_read(session, desk, "verify", scope, position=position)
        if not isinstance(desk.ledger, PostgresLedger):
            found = await verify_in_memory(desk.ledger, stream, faces=faces)
        elif stream is None:
            found = await _all(session, desk.ledger, outside, now, since, jobs, state)
        else:
            found = await verify_issue(desk.ledger, stream, outside=outside, now=now, faces=faces)
        await note_verified(session, desk, found, stream, position=position, began_at=now)
    session.out.answer(found.plain(), lambda: findings(found))
    return 0 if found.is_sound else FOUND


async def _all(  # what the command line says, as it comes
    session: Session,
    ledger: "PostgresLedger",
    outside: "Outside",
    now: "datetime",
    since: int,
    jobs: int,
    state: Path | None,
) -> "Verification":
    """Verify the whole ledger, or what came after a checkpoint."""
    from audit.verification import verify_ledger
    from audit.verify_state import StateError
    from runtime.face_keys import trusted_faces

    if since and await ledger.checkpoint(since) is None:
        raise typer.BadParameter(await _sizes(ledger), param_hint="--since")
    with bars(session) as shown:
        try:
            return await verify_ledger(
                ledger,
                outside=outside,
                now=now,
                faces=trusted_faces(session.place.settings),
                since=since,
                jobs=jobs,
                url=_address(session),
                state=state,
                progress=lambda what, done, of: shown.move(what, completed=done, total=of),
            )
        except StateError as error:
            raise typer.BadParameter(str(error), param_hint="--state") from error


def _outside(session: Session, paths: list[Path] | None, *, is_played: bool) -> "Outside":
    """Return what is kept apart from the database: keys that are trusted, notes that were given."""
    from audit.log_checks import Outside, notes_in
    from desk.anchors import anchored_notes
    from desk.log_opening import trusted_keys

    settings = session.place.settings
    own = (
        []
        if settings.anchor_dir is None or not settings.anchor_dir.is_dir()
        else [settings.anchor_dir]
    )
    notes: list[str] = []
    for path in own if paths is None else paths:
        if path.is_dir():
            notes += anchored_notes(path)
        elif path.stat().st_size > ANCHOR_BYTES_MAX:
            raise typer.BadParameter(
                f"{path} has more than {ANCHOR_BYTES_MAX} bytes", param_hint="--anchors"
            )
        else:
            notes += notes_in(path.read_text(encoding="utf-8", errors="replace"))
    return Outside(trusted_keys(settings), tuple(notes), is_played=is_played)


async def _sizes(ledger: "PostgresLedger") -> str:
    """Say that there is no such checkpoint, and of which sizes there are."""
    sizes = [row.size for row in await ledger.checkpoints(limit=SIZES_SHOWN_MAX)]
    newest = await ledger.checkpoint()
    if newest is None:
        return "there is no checkpoint yet"
    return f"there is no checkpoint of this size; there are {sizes} … {newest.size}"


def _address(session: Session) -> str | None:
    settings = session.place.settings
    url = settings.reader_database_url or settings.database_url
    return None if url is None else url.get_secret_value()


async def named_stream(desk: "Desk", issue: str, key: str | None) -> str:
    """Return the stream to audit; its stored row may be what is wrong, so it is not needed."""
    from domain.issue import stream_name

    if key is not None:
        stream = stream_name(issue, key)
    elif "/" in issue:
        stream = issue
    else:
        stream = (await find_issue(desk, issue, None)).issue.stream
    if not await desk.ledger.records(stream):
        zone, _, name = stream.partition("/")
        await desk.row(zone, name)
    return stream


@contextmanager
def counting(session: Session, what: str) -> "Iterator[Callable[[int], None]]":
    """Show on a terminal's stderr how many issues are done."""
    aside = session.out.aside
    if session.as_json or not aside.is_terminal:
        yield lambda _: None
        return
    with aside.status(f"{what} …") as status:
        yield lambda done: status.update(f"{what} … {done} issues")
