"""What verifications came to: put on record, and `closeout verify --last`, which tells it."""

from typing import TYPE_CHECKING

from terminal.reads import put_on_record, reading_actor
from terminal.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    from audit.verification import Verification
    from desk.desk import Desk


async def note_verified(
    session: Session,
    desk: "Desk",
    found: "Verification",
    stream: str | None,
    *,
    position: int,
    began_at: "datetime",
) -> bool:
    """Keep what a verification of one stream, or of everything, came to; return whether that is in
    the ledger now."""
    from uuid import uuid4

    from audit.verified import verification_row
    from domain.canonical import canonical

    row = verification_row(
        found,
        id_=str(uuid4()),
        stream=stream,
        position=position,
        began_at=began_at,
        ended_at=desk.clock.now(),
        by=canonical(reading_actor(None)),
    )

    async def put(writer: "Desk") -> None:
        await writer.ledger.put_verification(row)

    return await put_on_record(session, desk, "What this verification came to", put)


async def tell_last(session: Session) -> bool:
    """Tell what the last verification of the whole ledger came to; return whether it found
    nothing, as it did not either if there was none."""
    from terminal.shown.verified import verified_plain, verified_shown

    async with session.desk(reading=True) as desk:
        row = await desk.ledger.last_verification()
    session.out.answer(verified_plain(row), lambda: verified_shown(row))
    return row is None or row.sound
