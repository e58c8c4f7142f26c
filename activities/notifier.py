"""Tells people what happened, once, however often it is asked to.

The inbox has every notice at once. Each further channel of the addressee's is asked once a try,
until it has taken the notice, will not take it, or a day is over; each new answer is a receipt. A
notice counts as told (`delivered_at`) when it lies in the inbox, which is a delivery, and nothing
more is to be tried for it now. What waits for quiet hours or a storm to end is with `Bundling`, and
its receipts alone say when it went out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic import model_validator
from temporalio import activity

from activities.channels import Channel, Letter, NotTakenError, Taken
from activities.channels.postman import send
from desk.desk import Desk
from desk.notifying import NoticeOffice, Tellable, Wait
from desk.receipts_made import hold_row, message_content, receipt_row
from domain.model import Frozen
from domain.notifying import TAKEN, WAITING, ReceiptKind, is_on_record
from domain.view import IssueView
from ledger.port import IssueRow, NoticeRow
from ledger.receipts import INBOX, ContentRow, HoldRow, ReceiptRow, Telling
from runtime.channels import Route

log = structlog.get_logger()

A_MOMENT = timedelta(seconds=1.5)
GIVE_UP_AFTER = timedelta(hours=24)
"""A channel that cannot take a notice for so long is not asked again for it."""

Send = Callable[[Letter], Awaitable[Taken]]


class Told(Frozen):
    """Which notices were told, and which are still to be: a marker in a history keeps only this."""

    told: tuple[str, ...] = ()
    late: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_releases(cls, answer: object) -> object:
        """In older histories the answer is the list of those that are still to be told."""
        return {"late": answer} if isinstance(answer, list) else answer


class LaterError(Exception):
    """Other channels than the inbox take longer than a moment: they are asked apart."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one try of one channel came to. `error` is set if another try is to follow."""

    receipts: tuple[ReceiptRow, ...]
    contents: tuple[ContentRow, ...] = ()
    holds: tuple[HoldRow, ...] = ()
    error: NotTakenError | None = None


class _OneLook:
    """One look at an issue, and one view of it, for all that is told of it in this moment."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._looks: dict[tuple[str, str], asyncio.Task[IssueRow]] = {}
        self._views: dict[str, IssueView] = {}

    async def row(self, zone: str, key: str) -> IssueRow:
        """Return the issue; who gives up waiting takes the look from nobody else."""
        look = self._looks.get((zone, key))
        if look is None:
            look = self._looks[zone, key] = asyncio.create_task(self._desk.row(zone, key))
        return await asyncio.shield(look)

    def view(self, row: IssueRow) -> IssueView:
        """Return what people read of the issue that was looked at."""
        view = self._views.get(row.issue.stream)
        if view is None:
            view = self._views[row.issue.stream] = self._desk.seer.view(row)
        return view


class Notifier:
    """Tells notices and keeps the receipts. `channel` is the journal: it hears of each notice of an
    issue before anybody is told."""

    def __init__(
        self,
        desk: Desk,
        channel: Channel,
        office: NoticeOffice | None = None,
        send_letter: Send = send,
    ) -> None:
        self._desk = desk
        self._channel = channel
        self._office = office or NoticeOffice(desk)
        self._send = send_letter

    @activity.defn
    async def tell_at_once(self, notice_ids: list[str]) -> Told:
        """Tell what can be told within a moment; name what was, and what is still to be told."""
        look = _OneLook(self._desk)
        tries = (
            asyncio.wait_for(self._tell(notice_id, look, at_once=True), A_MOMENT.total_seconds())
            for notice_id in notice_ids
        )
        met = await asyncio.gather(*tries, return_exceptions=True)
        late = {id_: error for id_, error in zip(notice_ids, met, strict=True) if error is not None}
        for notice_id, error in late.items():
            if not isinstance(error, LaterError):
                log.warning("notice_waits", notice=notice_id, error=repr(error)[:200])
        told = tuple(id_ for id_ in notice_ids if id_ not in late)
        return Told(told=told, late=tuple(late))

    @activity.defn
    async def tell(self, notice_id: str) -> None:
        """Tell a notice unless it has been told. Raises what the journal raises, and NotTakenError
        where a channel is to be tried again."""
        await self._tell(notice_id, _OneLook(self._desk), at_once=False)

    async def _tell(self, notice_id: str, look: _OneLook, *, at_once: bool) -> None:
        office = self._office
        notice, record = await office.together.notice(notice_id) or (None, None)
        if notice is None or notice.delivered_at is not None:
            return
        tellable = await office.tellable(notice, look.row, record)
        routes = office.routes(tellable)
        known = await office.together.receipts(notice.id) if routes else []
        if not any(each.channel == INBOX for each in known):
            await self._put_in_inbox(tellable, look, settled=not routes)
        if not routes:
            return
        if at_once:
            raise LaterError(notice_id)
        await self._tell_by(tellable, [each for each in routes if not _is_done(each, known)], known)

    async def _put_in_inbox(self, tellable: Tellable, look: _OneLook, *, settled: bool) -> None:
        notice = tellable.notice
        if tellable.row is not None:
            await self._channel.deliver(notice.addressee, notice.kind, look.view(tellable.row))
        at = self._office.now()
        receipt, content = await self._office.inbox_row(tellable, at)
        done = (notice.id,) if settled else ()
        await self._office.together.put(
            Telling(receipts=(receipt,), contents=(content,), settled=done, settled_at=at)
        )

    async def _tell_by(
        self, tellable: Tellable, routes: Sequence[Route], known: Sequence[ReceiptRow]
    ) -> None:
        """Try every channel, write down what each answered, and raise the first that is to be tried
        again."""
        at = self._office.now()
        waits = [await self._office.wait(tellable, route, at) for route in routes]
        try:
            attempts = await asyncio.gather(
                *(
                    self._attempt(tellable, route, wait, at, _last_failure(route, known))
                    for route, wait in zip(routes, waits, strict=True)
                )
            )
            again = [each.error for each in attempts if each.error is not None]
            await self._desk.ledger.put_telling(
                Telling(
                    receipts=tuple(row for each in attempts for row in each.receipts),
                    contents=tuple(row for each in attempts for row in each.contents),
                    holds=tuple(row for each in attempts for row in each.holds),
                    settled=() if again else (tellable.notice.id,),
                    settled_at=self._office.now(),
                )
            )
        finally:
            for route, wait in zip(routes, waits, strict=True):
                if wait is None:
                    self._office.arrived(route)
        if again:
            raise again[0]

    async def _attempt(
        self,
        tellable: Tellable,
        route: Route,
        wait: Wait | None,
        at: datetime,
        last: ReceiptRow | None,
    ) -> Attempt:
        notice, zone = tellable.notice, tellable.zone
        if wait is not None:
            receipt = receipt_row(
                notice, zone, route.name, route.address, wait.what, at, until_at=wait.until_at
            )
            return Attempt((receipt,), holds=(hold_row(notice, route, wait.until_at),))
        told = (tellable.facts,)
        message = await self._office.message(told, route.channel.kind, route.language)
        content = message_content(message, at)
        code, what, error = "", ReceiptKind.FAILED, None
        try:
            taken = await self._send(Letter(letter_id(notice, route), route, message, told, at))
            code, what = taken.code, taken.what
        except NotTakenError as refusal:
            code, error = refusal.code, refusal
            log.warning("notice_not_taken", notice=notice.id, channel=route.name, code=code)
        over = self._office.now()
        is_final = error is None or error.is_final or over - notice.created_at >= GIVE_UP_AFTER
        attempt = activity.info().attempt if activity.in_activity() else 1
        tries = max(attempt, 1 if last is None else last.tries + 1)
        is_new_answer = last is None or last.code != code
        if not is_final and not is_on_record(tries, is_new_answer=is_new_answer):
            return Attempt((), error=error)
        receipt = receipt_row(
            notice,
            zone,
            route.name,
            route.address,
            what,
            over,
            content=content.hash,
            template=message.template,
            code=code,
            final=is_final,
            tries=tries,
        )
        return Attempt((receipt,), (content,), error=None if is_final else error)


def letter_id(notice: NoticeRow, route: Route) -> str:
    """Return the id of a letter about one notice: the same at every try."""
    return f"{notice.id}#{route.name}@{route.address}"


def _last_failure(route: Route, known: Sequence[ReceiptRow]) -> ReceiptRow | None:
    own = (each for each in known if (each.channel, each.address) == (route.name, route.address))
    failed = [each for each in own if each.what is ReceiptKind.FAILED]
    return failed[-1] if failed else None


def _is_done(route: Route, known: Sequence[ReceiptRow]) -> bool:
    """Return whether a channel has taken the notice, refused it for good, or holds it back."""
    own = (each for each in known if (each.channel, each.address) == (route.name, route.address))
    return any(
        each.what in TAKEN
        or each.what in WAITING
        or (each.what is ReceiptKind.FAILED and each.final)
        for each in own
    )
