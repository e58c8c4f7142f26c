"""What `closeout doctor` says of attachments: where they are, and whether a few are there."""

from desk.attachments.checking import check
from desk.attachments.room import open_room
from desk.desk import Desk
from runtime.settings import Settings
from terminal.checks import Check, Grade
from terminal.shown.findings import many

READ_AT_ONCE = 5
NAMED_MAX = 3


async def attachments(desk: Desk, settings: Settings) -> Check:
    """Count what is kept, and read a few."""
    room = open_room(settings)
    found = await check(desk, room, sample=READ_AT_ONCE, lightly=True)
    told = f"{many(found.kept, 'attachment')} in {room.store.where}"
    if found.wrong:
        lines = "; ".join(found.wrong[:NAMED_MAX])
        return Check(
            "attachments",
            Grade.FAIL,
            f"{told}, {len(found.wrong)} missing or altered: {lines}",
            "Restore them from the backup; `closeout attachments check --all` reads every one.",
        )
    if not room.scanner:
        return Check(
            "attachments",
            Grade.WARN if found.kept else Grade.OK,
            f"{told}; nothing scans uploads",
            "Name a scanner in CLOSEOUT_ATTACHMENT_SCAN." if found.kept else None,
        )
    return Check("attachments", Grade.OK, f"{told}; uploads are scanned by {room.scanner[0]}")
