"""Sends what waited for the end of quiet hours or of a storm's window: one message an address.

What waits are rows of the ledger, so nothing is lost with a process. Whoever takes them keeps them
for a while; right before a message goes out, its members are looked at again: if another has taken
any of them, nothing is sent. That is also when its members and its id are fixed, so that one sent
again, after its sender died before the answer was kept, goes out as it was and under the same id.
"""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from temporalio import activity

from activities.channels import Letter, NotTakenError
from activities.channels.postman import send
from activities.notifier import Send, letter_id
from desk.notifying import NoticeOffice, Tellable
from desk.receipts_made import message_content, receipt_row
from domain.errors import IssueError
from domain.notifying import ReceiptKind, is_on_record
from ledger.port import LedgerError, LedgerUnavailableError
from ledger.receipts import HoldRow, ReceiptRow, Telling
from runtime.channels import Route

log = structlog.get_logger()

TAKEN_FOR = timedelta(minutes=2)
"""From each taking and each sealing on: several times what a page of messages takes."""
BATCH = 100
ROUND_S = 60.0
"""After so long no more is taken: the next round does the rest."""
AT_ONCE = 8
ATTEMPTS_MAX = 100
"""Over half a day, by `_later`."""
NO_CHANNEL = "no_channel"


@dataclass(frozen=True, slots=True)
class _Held:
    hold: HoldRow
    tellable: Tellable
    route: Route | None


class Bundling:
    """Flushes what has waited long enough."""

    def __init__(self, office: NoticeOffice, send_letter: Send = send) -> None:
        self._office = office
        self._ledger = office.desk.ledger
        self._send = send_letter

    @activity.defn
    async def flush_notices(self) -> int:
        """Send everything that is due; return how many notices were dealt with."""
        ends_s, dealt = time.monotonic() + ROUND_S, 0
        while time.monotonic() < ends_s:
            at = self._office.now()
            holds = await self._ledger.take_holds(at, at + TAKEN_FOR, BATCH)
            if not holds:
                break
            messages = [
                list(group)
                for _, group in groupby(holds, lambda h: (h.channel, h.address, h.bundle))
            ]
            for first in range(0, len(messages), AT_ONCE):
                activity.heartbeat()
                if time.monotonic() >= ends_s:
                    left = tuple(hold for group in messages[first:] for hold in group)
                    await self._ledger.put_telling(Telling(holds=left))
                    return dealt
                page = messages[first : first + AT_ONCE]
                await self._deal_at_once(page)
                dealt += sum(map(len, page))
        return dealt

    async def _deal_at_once(self, page: Sequence[Sequence[HoldRow]]) -> None:
        met = await asyncio.gather(*(self._deal(group) for group in page), return_exceptions=True)
        for error in met:
            if isinstance(error, LedgerUnavailableError):
                raise error
            if isinstance(error, BaseException):
                log.error("notices_not_flushed", error=repr(error)[:200])

    async def _deal(self, holds: Sequence[HoldRow]) -> None:
        """Send what waits for one address. What is to be quiet again waits on, and with it the
        bundle that it was sent in before; what has lost its channel has failed."""
        at = self._office.now()
        held = [each for hold in holds if (each := await self._seen(hold)) is not None]
        seen = {each.hold.name for each in held}
        unread = [hold for hold in holds if hold.name not in seen]
        lost = [each for each in held if each.route is None]
        quiet = [
            (each, until_at)
            for each in held
            if each.route is not None
            and (until_at := self._office.quiet_until(each.tellable, at)) is not None
        ]
        if quiet and holds[0].bundle:
            last_at = max(until_at for _, until_at in quiet)
            quiet = [(each, last_at) for each in held if each.route is not None]
        if lost or quiet or unread:
            waits = [replace(each.hold, until_at=until_at) for each, until_at in quiet]
            waits += [replace(each, until_at=at + TAKEN_FOR, bundle="") for each in unread]
            await self._ledger.put_telling(
                Telling(
                    receipts=tuple(_receipt(each, NO_CHANNEL, at) for each in lost),
                    holds=tuple(waits),
                    done=tuple(each.hold.name for each in lost),
                )
            )
        waiting = {each.hold.name for each, _ in quiet}
        ready = [each for each in held if each.route and each.hold.name not in waiting]
        if ready:
            await self._tell(ready)

    async def _seen(self, hold: HoldRow) -> _Held | None:
        """Return what is held with the way it goes now: its own, or else the addressee's present
        one by the same channel. None for what cannot be read: it waits on, and holds up no other.
        """
        notice = await self._office.notice(hold.notice)
        try:
            tellable = None if notice is None else await self._office.tellable(notice)
        except LedgerUnavailableError:
            raise
        except (IssueError, LedgerError) as error:
            log.warning("notice_unreadable", notice=hold.notice, error=repr(error)[:200])
            tellable = None
        if tellable is None:
            return None
        routes = [each for each in self._office.routes(tellable) if each.name == hold.channel]
        same = [each for each in routes if each.address == hold.address]
        return _Held(hold, tellable, next(iter((*same, *routes)), None))

    async def _tell(self, ready: Sequence[_Held]) -> None:
        route = ready[0].route
        if route is None:
            return
        told = tuple(each.tellable.facts for each in ready)
        message = await self._office.message(told, route.channel.kind, route.language)
        at = self._office.now()
        id_ = ready[0].hold.bundle or _bundle_id(ready, route)
        taken_until_at = at + TAKEN_FOR
        if not await self._ledger.seal_holds([each.hold for each in ready], id_, taken_until_at):
            log.warning("notices_taken_by_another", notices=len(ready), channel=route.name)
            return
        code, what, error = "", ReceiptKind.FAILED, None
        try:
            taken = await self._send(Letter(id_, route, message, told, at))
            code, what = taken.code, taken.what
        except NotTakenError as refusal:
            code, error = refusal.code, refusal
            log.warning("notices_not_taken", notices=len(ready), channel=route.name, code=code)
        sealed = [
            replace(each, hold=replace(each.hold, bundle=id_, taken_until_at=taken_until_at))
            for each in ready
        ]
        over = self._office.now()
        again = () if error is None or error.is_final else _again(sealed, code, over)
        content = message_content(message, at)
        telling = _told(sealed, what, code, over, again)
        if telling.receipts:
            bundle = id_ if len(ready) > 1 else ""
            receipts = (
                replace(each, content=content.hash, template=message.template, bundle=bundle)
                for each in telling.receipts
            )
            telling = replace(telling, receipts=tuple(receipts), contents=(content,))
        await self._ledger.put_telling(telling)


def _told(
    held: Sequence[_Held], what: ReceiptKind, code: str, at: datetime, again: tuple[HoldRow, ...]
) -> Telling:
    """Return what a try came to; one that is to be followed by another is not always on record."""
    trying = {hold.name for hold in again}
    receipts = tuple(
        _receipt(each, code, at, what, final=each.hold.name not in trying)
        for each in held
        if each.hold.name not in trying
        or is_on_record(each.hold.attempts + 1, is_new_answer=each.hold.code != code)
    )
    done = tuple(each.hold.name for each in held if each.hold.name not in trying)
    return Telling(receipts=receipts, holds=again, done=done)


def _receipt(
    held: _Held,
    code: str,
    at: datetime,
    what: ReceiptKind = ReceiptKind.FAILED,
    *,
    final: bool = True,
) -> ReceiptRow:
    address = held.hold.address if held.route is None else held.route.address
    return receipt_row(
        held.tellable.notice,
        held.tellable.zone,
        held.hold.channel,
        address,
        what,
        at,
        code=code,
        final=final,
        tries=held.hold.attempts + 1,
    )


def _bundle_id(ready: Sequence[_Held], route: Route) -> str:
    """Return the id of a message: the same for the same notices."""
    if len(ready) == 1:
        return letter_id(ready[0].tellable.notice, route)
    names = "\n".join(sorted("#".join(each.hold.name) for each in ready))
    return f"bundle-{hashlib.sha256(names.encode()).hexdigest()[:32]}"


def _again(ready: Sequence[_Held], code: str, at: datetime) -> tuple[HoldRow, ...]:
    return tuple(
        replace(
            each.hold,
            until_at=at + _later(each.hold.attempts),
            attempts=each.hold.attempts + 1,
            code=code,
        )
        for each in ready
        if each.hold.attempts + 1 < ATTEMPTS_MAX
    )


def _later(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: from a minute on, at most ten."""
    return timedelta(minutes=min(10, 2 ** min(attempts, 4)))
