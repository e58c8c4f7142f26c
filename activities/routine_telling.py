"""Takes what a routine tells beyond the inbox: through every channel of its addressee, as notices.

An alert goes out at once, a morning list waits for quiet hours and storms to end (`Bundling` sends
it then). What was told is named by its notice, so that nobody is told twice for one day by a
channel that knows a message again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from activities.channels import Letter, NotTakenError
from activities.channels.postman import send
from activities.notifier import Send, letter_id
from desk.notifying import (
    NoticeOffice,
    Tellable,
    Wait,
)
from desk.receipts_made import hold_row, message_content, receipt_row
from desk.told_by_routines import values_told
from domain.notifying import TAKEN, WAITING, ReceiptKind, is_on_record
from ledger.port import NoticeRow
from ledger.receipts import ReceiptRow, Telling
from runtime.channels import Route

log = structlog.get_logger()

AT_ONCE_MAX = 8


@dataclass(frozen=True, slots=True)
class _Tries:
    attempt: int
    is_last: bool


class RoutineTelling:
    """Sends what lies in inboxes to the channels of their owners, each once."""

    def __init__(self, office: NoticeOffice, send_letter: Send = send) -> None:
        self.office = office
        self._send = send_letter
        self._gate = asyncio.Semaphore(AT_ONCE_MAX)

    async def tell(self, told: Sequence[NoticeRow], *, attempt: int, tries_max: int) -> None:
        """Try every channel that has not answered yet, keep what each answered, and raise the first
        refusal that is to be followed by another try. Raises NotTakenError."""
        tries = _Tries(attempt, attempt >= tries_max)
        met = await asyncio.gather(
            *(self._tell(each, tries) for each in told), return_exceptions=True
        )
        for error in met:
            if isinstance(error, BaseException):
                raise error

    async def _tell(self, notice: NoticeRow, tries: "_Tries") -> None:
        async with self._gate:
            if not await values_told(self.office.desk, notice.id):
                # An earlier release put it there, which told no channel of it.
                return
            tellable = await self.office.tellable(notice)
            routes = self.office.routes(tellable)
            known = await self.office.desk.ledger.receipts_of(notice.id) if routes else []
            again: NotTakenError | None = None
            for route in routes:
                own = [
                    each
                    for each in known
                    if (each.channel, each.address) == (route.name, route.address)
                ]
                if not _is_done(own):
                    error = await self._by(tellable, route, own, tries)
                    again = again or error
        if again is not None:
            raise again

    async def _by(
        self, tellable: Tellable, route: Route, own: Sequence[ReceiptRow], tries: "_Tries"
    ) -> NotTakenError | None:
        wait = await self.office.wait(tellable, route, self.office.now())
        if wait is not None:
            await self._hold(tellable, route, wait)
            return None
        try:
            return await self._try(tellable, route, own, tries)
        finally:
            self.office.arrived(route)

    async def _hold(self, tellable: Tellable, route: Route, wait: Wait) -> None:
        at, notice = self.office.now(), tellable.notice
        receipt = receipt_row(
            notice,
            tellable.zone,
            route.name,
            route.address,
            wait.what,
            at,
            until_at=wait.until_at,
        )
        hold = hold_row(notice, route, wait.until_at)
        await self.office.desk.ledger.put_telling(Telling(receipts=(receipt,), holds=(hold,)))

    async def _try(
        self, tellable: Tellable, route: Route, own: Sequence[ReceiptRow], tries: "_Tries"
    ) -> NotTakenError | None:
        told, at, notice = (tellable.facts,), self.office.now(), tellable.notice
        message = await self.office.message(told, route.channel.kind, route.language)
        code, what, error = "", ReceiptKind.FAILED, None
        try:
            taken = await self._send(Letter(letter_id(notice, route), route, message, told, at))
            code, what = taken.code, taken.what
        except NotTakenError as refusal:
            code, error = refusal.code, refusal
            log.warning("notice_not_taken", notice=notice.id, channel=route.name, code=code)
        over = error is None or error.is_final or tries.is_last
        failed = [each for each in own if each.what is ReceiptKind.FAILED]
        count = max(tries.attempt, failed[-1].tries + 1 if failed else 1)
        if not over and not is_on_record(
            count, is_new_answer=not failed or failed[-1].code != code
        ):
            return error
        content = message_content(message, at)
        receipt = receipt_row(
            notice,
            tellable.zone,
            route.name,
            route.address,
            what,
            self.office.now(),
            content=content.hash,
            template=message.template,
            code=code,
            final=over,
            tries=count,
        )
        await self.office.desk.ledger.put_telling(Telling(receipts=(receipt,), contents=(content,)))
        return None if over else error


def _is_done(own: Sequence[ReceiptRow]) -> bool:
    """Return whether a channel took it, holds it back, or refused it for good."""
    return any(
        each.what in TAKEN
        or each.what in WAITING
        or (each.what is ReceiptKind.FAILED and each.final)
        for each in own
    )
