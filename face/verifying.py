"""One issue verified while somebody waits, on record like every verification."""

from typing import Final
from uuid import uuid4

from audit.log_checks import Outside
from audit.verification import Verification, verify_in_memory, verify_issue
from audit.verified import verification_row
from desk.anchors import anchored_notes
from desk.log_opening import trusted_keys
from domain.access import Principal
from domain.canonical import canonical
from domain.issue import stream_name
from face.house import House
from face.looked import put_on_record
from face.looking import reader_for
from ledger.postgres import PostgresLedger
from ledger.reads import ReadKind
from runtime.face_keys import trusted_faces
from runtime.settings import Settings

READ_KIND: Final[ReadKind] = "verify"


async def verify_now(
    house: House, caller: Principal, zone: str, key: str, reached: int
) -> Verification:
    """Verify an issue that is there, and keep what that came to. `reached`: how far the ledger
    went."""
    desk, stream = reader_for(house, caller), stream_name(zone, key)
    await put_on_record(house, caller, READ_KIND, {"stream": stream, "zone": zone}, reached)
    faces, now = trusted_faces(house.settings), desk.clock.now()
    if isinstance(desk.ledger, PostgresLedger):
        outside = _outside(house.settings)
        found = await verify_issue(desk.ledger, stream, outside=outside, now=now, faces=faces)
    else:
        found = await verify_in_memory(desk.ledger, stream, faces=faces)
    row = verification_row(
        found,
        id_=str(uuid4()),
        stream=stream,
        position=reached,
        began_at=now,
        ended_at=desk.clock.now(),
        by=canonical({"kind": "caller", "name": caller.id}),
    )
    await house.desk.ledger.put_verification(row)
    return found


def _outside(settings: Settings) -> Outside:
    """Return what is kept apart from the database: keys that are trusted, notes that were given."""
    folder = settings.anchor_dir
    notes = [] if folder is None or not folder.is_dir() else anchored_notes(folder)
    return Outside(trusted_keys(settings), tuple(notes), is_played=False)
