"""Verifies the ledger for the nightly routine, beside the worker's own event loop."""

import asyncio
from uuid import uuid4

from activities.routine import Verify
from audit.log_checks import Outside
from audit.verification import verify_ledger
from audit.verified import verification_row
from desk.anchors import anchored_notes
from desk.log_opening import trusted_keys
from desk.opening import open_desk
from domain.canonical import canonical
from domain.model import to_millisecond
from domain.people import ENGINE
from ledger.postgres import PostgresLedger
from ledger.verifications import VerificationRow
from runtime.errors import StackError
from runtime.face_keys import trusted_faces
from runtime.settings import Settings


def verifier(settings: Settings) -> Verify:
    """Return what verifies the ledger that the settings name."""

    async def verify(id_: str, since: int) -> VerificationRow:
        # Hashing and deciding again would keep the worker's loop from its workflows.
        return await asyncio.to_thread(lambda: asyncio.run(_verified(settings, id_, since)))

    return verify


async def _verified(settings: Settings, id_: str, since: int) -> VerificationRow:
    async with open_desk(settings, name="closeout-verification") as desk:
        if not isinstance(desk.ledger, PostgresLedger):
            raise StackError("Only a ledger in PostgreSQL is verified by routine.")
        began_at = to_millisecond(desk.clock.now())
        position = await desk.ledger.safe_position()
        found = await verify_ledger(
            desk.ledger,
            outside=_outside(settings),
            now=began_at,
            faces=trusted_faces(settings),
            since=since if await desk.ledger.checkpoint(since) is not None else 0,
        )
        row = verification_row(
            found,
            id_=f"{id_}-{uuid4()}",
            stream=None,
            position=position,
            began_at=began_at,
            ended_at=to_millisecond(desk.clock.now()),
            by=canonical(ENGINE),
        )
        await desk.ledger.put_verification(row)
        return row


def _outside(settings: Settings) -> Outside:
    """Return the keys and the notes that are kept apart from the database, as the settings say."""
    folder = settings.anchor_dir
    notes = () if folder is None or not folder.is_dir() else tuple(anchored_notes(folder))
    return Outside(trusted_keys(settings), notes)
