"""`closeout anchor` and `closeout log`: the transparency log, its key, its proofs."""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.auditing import FOUND
from terminal.looking import NamedKey
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from runtime.settings import Settings

NEXT_SUFFIX = ".next"
RETIRED_SUFFIX = ".retired"
BEFORE_RESTORE_SUFFIX = ".before-restore"

Which = Annotated[
    str | None, typer.Argument(metavar="ISSUE", help="A ledger number, ZONE KEY, or ZONE/KEY.")
]
Size = Annotated[
    int | None,
    typer.Option(min=1, metavar="LEAVES", help="Of this checkpoint.", show_default="the newest"),
]


async def anchor(
    session: Session,
    after_restore: Annotated[
        bool,
        typer.Option(
            "--after-restore",
            help="The database was restored from a backup: sign what it holds now.",
        ),
    ] = False,
) -> int:
    """Carry the log on, sign a checkpoint, and give it to every anchor now.

    The worker signs once a minute and anchors as often as the settings say. Exit code 1 if one of
    them did not take it.
    """
    from desk.log_keeper import LEAVES_A_ROUND_MAX
    from desk.log_opening import open_keeper
    from ledger.postgres_log import log_of
    from terminal.shown.transparency import carried_plain, carried_shown

    if after_restore:
        _forget(session.place.settings)
    async with session.desk() as desk:
        keeper = open_keeper(log_of(desk.ledger), session.place.settings)
        carried = await keeper.carry_on(datetime.now(UTC), anchor_now=True)
        while carried.entries >= LEAVES_A_ROUND_MAX:  # of an old ledger: signed when all is in
            carried = await keeper.carry_on(datetime.now(UTC), anchor_now=True)
        newest = await log_of(desk.ledger).checkpoint()
    session.out.answer(carried_plain(carried, newest), lambda: carried_shown(carried, newest))
    failed = carried.problem or any(each.problem for each in carried.anchored)
    return 1 if failed else 0


def _forget(settings: "Settings") -> None:
    """Set aside what was signed last. Anchors still tell that there was more."""
    from desk.log_opening import memory_file

    file = memory_file(_key_file(settings))
    if file.exists():
        file.replace(file.with_name(f"{file.name}{BEFORE_RESTORE_SUFFIX}"))


async def log_status(session: Session) -> None:
    """Tell how long the log is, what waits for its place, what was signed and anchored when."""
    from ledger.postgres_log import log_of
    from terminal.shown.transparency import Standing, standing_plain, standing_shown

    async with session.desk(reading=True) as desk:
        log = log_of(desk.ledger)
        newest = await log.checkpoint()
        standing = Standing(
            size=await log.log_size(),
            waiting=await log.log_waiting() + await log.log_events_waiting(),
            newest=newest,
            keys=tuple(await log.log_keys()),
            anchored=await log.last_anchored(),
        )
    session.out.answer(standing_plain(standing), lambda: standing_shown(standing))


async def log_checkpoint(session: Session, size: Size = None) -> None:
    """Print a checkpoint: the signed note, as others check it."""
    from audit.log_proofs import signed
    from ledger.postgres_log import log_of

    async with session.desk(reading=True) as desk:
        row = await signed(log_of(desk.ledger), size)
    plain = {"size": row.size, "root": row.root, "at": row.at, "note": row.note}
    session.out.answer(plain, lambda: row.note.rstrip("\n"))


async def log_key(session: Session) -> None:
    """Print the keys that signed, newest last, each with the hand-over of the one before.

    Keep the first where the database's administrator cannot write: it is what a check rests on.
    """
    from ledger.postgres_log import log_of

    async with session.desk(reading=True) as desk:
        keys = await log_of(desk.ledger).log_keys()
    plain = [{"vkey": row.vkey, "at": row.at, "hand_over": row.note} for row in keys]
    session.out.answer(
        plain,
        lambda: "\n".join(row.vkey for row in keys) or "Nothing was signed yet: `closeout anchor`.",
    )


async def log_rotate(session: Session) -> None:
    """Hand the log over to a new key: both sign that, and the old one signs no more.

    Cut short, it is run again and goes on. The old file is kept aside: destroy it when the new one
    has signed.
    """
    from desk.log_opening import ensure_key, open_keeper, trust, trust_file
    from ledger.postgres_log import log_of
    from ledger.signing import read_signer

    settings = session.place.settings
    file = _key_file(settings)
    async with session.desk() as desk:
        log = log_of(desk.ledger)
        coming = file.with_name(file.name + NEXT_SUFFIX)
        after = ensure_key(coming, settings.log_origin)
        await open_keeper(log, settings).hand_over(after, datetime.now(UTC))
        trust(trust_file(file), after.key)
        before = read_signer(file, settings.log_origin).key.id.hex()
        retired = file.with_name(f"{file.name}.{before}{RETIRED_SUFFIX}")
        with contextlib.suppress(FileExistsError):
            os.link(file, retired)
        coming.replace(file)
        trust_file(coming).unlink(missing_ok=True)
        carried = await open_keeper(log, settings).carry_on(datetime.now(UTC))
    plain = {"vkey": after.key.text, "retired": str(retired), "size": carried.size}
    session.out.answer(plain, lambda: f"✓ {after.key.text} signs now; the old key is in {retired}")


def _key_file(settings: "Settings") -> Path:
    from ledger.signing import LogKeyError

    if settings.log_key is None:
        raise LogKeyError("No key is named that signs the log: set CLOSEOUT_LOG_KEY.")
    return settings.log_key


async def log_prove(
    session: Session,
    issue: Which = None,
    key: NamedKey = None,
    version: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The event of this version.")
    ] = None,
    fact: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="TABLE KEY", help="Another fact, such as: terms HASH."),
    ] = None,
    since: Annotated[
        int | None,
        typer.Option(min=1, metavar="LEAVES", help="That this tree is the beginning of that."),
    ] = None,
    size: Size = None,
) -> int:
    """Prove to a stranger that an event, or another fact, is in the log; or that it only grew.

    Exit code 6 if the proof does not hold.
    """
    from audit.log_proofs import consistency, inclusion, signed
    from ledger.postgres_log import log_of
    from terminal.shown.transparency import proof_plain, proof_shown

    if sum((issue is not None, fact is not None, since is not None)) != 1:
        raise typer.BadParameter("name an issue with --version, a fact with --fact, or --since")
    if (issue is None) is not (version is None):
        raise typer.BadParameter("an issue and --version go together")
    async with session.desk(reading=True) as desk:
        log = log_of(desk.ledger)
        row = await signed(log, size)
        if since is not None:
            proof = await consistency(log, since, row)
        else:
            if fact is not None:
                entry = await log.log_entry_of(*fact)
            else:
                stream = (await find_issue(desk, str(issue), key)).issue.stream
                entry = await log.log_entry_of_event(stream, version or 0)
            proof = await inclusion(log, entry, row)

    session.out.answer(proof_plain(proof), lambda: proof_shown(proof))
    return 0 if proof.holds else FOUND
