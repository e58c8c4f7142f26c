"""Erasing what is said of a person: the key is destroyed, and that this was done is recorded."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.attachments.keeping import require_none_held
from desk.desk import Desk
from desk.publishing import leads, oversees
from domain.canonical import canonical
from domain.days import zone_of
from domain.errors import InvalidRequestError, IssueError, NotPermittedError
from domain.model import Code, Frozen, Text, to_millisecond
from domain.people import Officer, named
from domain.permissions import Setting, officer_post
from domain.terms import Terms
from ledger.erasures import ERASURES_MAX, ErasureRow
from ledger.port import Ledger
from runtime.seals import SubjectKeys

COMMAND = "erase"
WHO_MAY = "a coordinator, a supervisor or a holder of a top-tier post, in person"


class Asked(Frozen):
    """An erasure as somebody asks for it. The reason stays readable: it names no person."""

    subject: Code
    reason: Text
    actor: Officer


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased. `repeated`: it had been before; `row` is the first record of it."""

    row: ErasureRow
    repeated: bool


async def erase(desk: Desk, asked: Asked) -> Erased:
    """Destroy the key of a subject and record it, in this order: a record never promises what has
    not been done. Stopped in between, the same request records it. Raises IssueError."""
    at = to_millisecond(desk.clock.now())
    _require_eraser(asked.actor, await desk.shelf.in_force(at), at)
    keys = desk.sealer.keys
    if keys is None:
        raise InvalidRequestError("There are no keys here that could be destroyed.")
    await require_none_held(desk.ledger, asked.subject)
    key_id = await asyncio.to_thread(keys.destroy, asked.subject)
    if key_id is None:
        raise InvalidRequestError(
            "No text about this subject was ever sealed here.",
            field="subject",
            value=asked.subject,
            allowed="a subject of a sealed text, as it was sent",
        )
    row = ErasureRow(
        id=f"{asked.subject}.{key_id}",
        subject=asked.subject,
        key_id=key_id,
        at=at,
        actor=canonical(asked.actor),
        reason=asked.reason,
    )
    if await desk.ledger.put_erasure(row):
        return Erased(row, repeated=False)
    known = await desk.ledger.erasures([asked.subject])
    return Erased(next(each for each in known if each.id == row.id), repeated=True)


async def keys_come_back(ledger: Ledger, keys: SubjectKeys) -> tuple[int, list[str]]:
    """Return how many subjects have a key, and which of them were erased and have one all the same:
    a backup of the keys was put back."""
    subjects = await asyncio.to_thread(lambda: sorted(keys.subjects()))
    back: set[str] = set()
    for first in range(0, len(subjects), ERASURES_MAX):
        page = subjects[first : first + ERASURES_MAX]
        back.update(row.subject for row in await ledger.erasures(page))
    return len(subjects), sorted(back)


def _require_eraser(actor: Officer, zones: Sequence[Terms], at: datetime) -> None:
    """Refuse unless the officer holds such a post in some zone: subjects belong to none."""
    for terms in zones:
        local = at.astimezone(zone_of(terms.calendar.time_zone))
        setting = Setting(handbook=terms.handbook, local=local, command=COMMAND)
        try:
            held = officer_post(actor, setting)
        except IssueError:
            continue
        if actor.on_behalf_of is None and (oversees(held) or leads(held, terms.handbook)):
            return
    raise NotPermittedError(
        "This officer may not erase.", field="actor", value=named(actor), allowed=WHO_MAY
    )
