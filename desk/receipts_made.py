"""Receipts, what was told and what waits, as rows: named so that the same is there once."""

from datetime import datetime

from domain.canonical import canonical, sha256
from domain.notice_text import Message
from domain.notifying import ReceiptKind
from ledger.port import NoticeRow
from ledger.receipts import ContentRow, HoldRow, ReceiptRow
from runtime.channels import Route


def content_row(text: str, at: datetime) -> ContentRow:
    """Return what was told, named by its hash."""
    return ContentRow(sha256(text), text, at)


def message_content(message: Message, at: datetime) -> ContentRow:
    """Return what a channel was given, word for word."""
    said = message.model_dump(mode="json", exclude={"template"})
    return content_row(canonical(said), at)


def receipt_row(
    notice: NoticeRow,
    zone: str,
    channel: str,
    address: str,
    what: ReceiptKind,
    at: datetime,
    *,
    content: str = "",
    template: str = "",
    code: str = "",
    bundle: str = "",
    until_at: datetime | None = None,
    final: bool = True,
    by: str = "",
    tries: int = 1,
) -> ReceiptRow:
    """Return a receipt. All but a failure and a reading are there once for each address."""
    mark = {ReceiptKind.FAILED: f"#{at:%Y%m%dT%H%M%S.%f}", ReceiptKind.READ: f"#{by}"}.get(what, "")
    return ReceiptRow(
        id=f"{notice.id}#{channel}@{address}#{what.value}{mark}",
        stream=notice.stream,
        notice=notice.id,
        zone=zone,
        addressee=notice.addressee,
        channel=channel,
        address=address,
        what=what,
        at=at,
        content=content,
        template=template,
        code=code,
        bundle=bundle,
        until_at=until_at or at,
        final=final,
        by=by,
        tries=tries,
    )


def hold_row(notice: NoticeRow, route: Route, until_at: datetime, attempts: int = 0) -> HoldRow:
    """Return what waits for a channel."""
    return HoldRow(notice.id, route.name, route.address, until_at, attempts)
