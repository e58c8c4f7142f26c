"""Whether the store has what the ledger says: each file that an event names and that was kept."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from desk.attachments.keeping import every_attachment
from desk.attachments.naming import named_in
from desk.attachments.problems import AttachmentGoneError
from desk.attachments.reading import readable, require_there, whole
from desk.attachments.room import Room
from desk.desk import Desk
from ledger.attachments import AttachmentRow, AttachmentState
from runtime.attachments.store import StoreError

SAMPLE: Final = 100


@dataclass(slots=True)
class Checked:
    """What a check came to. Each attachment that is kept is looked for; `read` of them were read
    and held against their hash. `wrong`: what is not as it should be, a line each."""

    kept: int = 0
    held: int = 0
    named: int = 0
    ended: int = 0
    read: int = 0
    sealed: int = 0
    """Sealed ones whose key is not here: of them only the length is known."""
    wrong: list[str] = field(default_factory=list)


async def check(
    desk: Desk, room: Room, *, sample: int | None = SAMPLE, lightly: bool = False
) -> Checked:
    """Look for every attachment that is kept, and read a random sample of them, or all (None).
    `lightly`: count them, and look for those of the sample alone: a bucket takes its time."""
    found, stream, names = Checked(), "", frozenset[str]()
    chosen: list[AttachmentRow] = []
    async for row in every_attachment(desk.ledger):
        if row.state is not AttachmentState.KEPT:
            found.ended += row.state is AttachmentState.DESTROYED
            continue
        found.kept += 1
        found.held += row.held_at is not None
        if not lightly:
            if row.stream != stream:
                stream, names = row.stream, await named_in(desk.ledger, row.stream)
            found.named += row.sha256 in names
            if not await _is_there(room, row, found):
                continue
        _choose(chosen, row, found.kept, sample)
    await _read(desk, room, chosen, found)
    return found


def _choose(chosen: list[AttachmentRow], row: AttachmentRow, seen: int, sample: int | None) -> None:
    """Keep a sample of which each row seen so far is with equal chance."""
    if sample is None or len(chosen) < sample:
        chosen.append(row)
        return
    at = random.randrange(seen)  # noqa: S311  # a sample, no secret
    if at < sample:
        chosen[at] = row


async def _read(desk: Desk, room: Room, rows: Sequence[AttachmentRow], found: Checked) -> None:
    for row in rows:
        if not await _is_there(room, row, found):
            continue
        try:
            async for _ in whole(room, await readable(desk, row)):
                pass
        except AttachmentGoneError:
            found.sealed += 1
        except StoreError as error:
            found.wrong.append(_line(row, error))
        else:
            found.read += 1


async def _is_there(room: Room, row: AttachmentRow, found: Checked) -> bool:
    try:
        await require_there(room, row)
    except StoreError as error:
        found.wrong.append(_line(row, error))
        return False
    return True


def _line(row: AttachmentRow, error: StoreError) -> str:
    return f"{row.stream} {row.sha256[:12]} {row.name}: {error}"
