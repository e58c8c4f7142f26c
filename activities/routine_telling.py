"""Takes what a routine tells a post beyond the inbox: at once, through every channel of the post.

Quiet hours do not hold it back: it says that somebody has to act today.
"""

import asyncio
from collections.abc import Sequence

import structlog

from activities.channels import Letter, NotTakenError
from activities.channels.postman import send
from activities.notifier import Send, letter_id
from desk.notifying import NoticeOffice, message_content, receipt_row
from desk.routine_notices import Sent
from domain.handbook import Handbook
from domain.notice_text import Message
from domain.notifying import AT_ONCE, TAKEN, ReceiptKind
from ledger.receipts import ReceiptRow, Telling
from runtime.channels import Addressee, Route

log = structlog.get_logger()


class RoutineTelling:
    """Sends what lies in a post's inbox to its channels, each once."""

    def __init__(self, office: NoticeOffice, send_letter: Send = send) -> None:
        self._office = office
        self._send = send_letter

    async def tell(self, told: Sequence[Sent], book: Handbook, *, is_last_try: bool) -> None:
        """Try every channel that has not answered yet, keep what each answered, and raise the first
        refusal that is to be followed by another try. Raises NotTakenError."""
        met = await asyncio.gather(
            *(self._tell(each, book, is_last_try=is_last_try) for each in told),
            return_exceptions=True,
        )
        for error in met:
            if isinstance(error, BaseException):
                raise error

    async def _tell(self, sent: Sent, book: Handbook, *, is_last_try: bool) -> None:
        notice = sent.notice
        held = book.posts_by_id.get(notice.addressee)
        to = Addressee(
            sent.zone, notice.addressee, held is not None, None if held is None else held.unit
        )
        routes = self._office.channels.routes(to, AT_ONCE, self._office.marks)
        known = await self._office.desk.ledger.receipts_of(notice.id) if routes else []
        again: NotTakenError | None = None
        for route in routes:
            if not _is_done(route, known):
                error = await self._try(sent, route, is_last_try=is_last_try)
                again = again or error
        if again is not None:
            raise again

    async def _try(self, sent: Sent, route: Route, *, is_last_try: bool) -> NotTakenError | None:
        subject, body = sent.said[route.language]
        message = Message(subject=subject, body=body, template=f"shipped {sent.notice.kind}")
        at = self._office.now()
        code, what, error = "", ReceiptKind.FAILED, None
        try:
            letter = Letter(letter_id(sent.notice, route), route, message, (), at)
            taken = await self._send(letter)
            code, what = taken.code, taken.what
        except NotTakenError as refusal:
            code, error = refusal.code, refusal
            log.warning("notice_not_taken", notice=sent.notice.id, channel=route.name, code=code)
        over = error is None or error.is_final or is_last_try
        content = message_content(message, at)
        receipt = receipt_row(
            sent.notice,
            sent.zone,
            route.name,
            route.address,
            what,
            self._office.now(),
            content=content.hash,
            template=message.template,
            code=code,
            final=over,
        )
        await self._office.desk.ledger.put_telling(
            Telling(receipts=(receipt,), contents=(content,))
        )
        return None if over else error


def _is_done(route: Route, known: Sequence[ReceiptRow]) -> bool:
    """Return whether a channel took it, or refused it for good."""
    own = (each for each in known if (each.channel, each.address) == (route.name, route.address))
    return any(
        each.what in TAKEN or (each.what is ReceiptKind.FAILED and each.final) for each in own
    )
