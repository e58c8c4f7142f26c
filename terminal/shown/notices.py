"""Notices with their receipts, and templates."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.text import Text

from desk.notice_templates import Texts
from domain.model import written
from domain.notice_text import Message
from ledger.port import NoticeRow
from ledger.receipts import ReceiptRow, TemplateRow
from terminal.shown.frames import Sheet, kept, wrapped
from terminal.shown.times import local


def notices_plain(
    told: Sequence[NoticeRow], receipts: Sequence[ReceiptRow]
) -> list[dict[str, object]]:
    """Return them for a machine, each notice with its receipts, oldest first."""
    return [
        {
            "id": notice.id,
            "version": notice.version,
            "kind": notice.kind,
            "addressee": notice.addressee,
            "created_at": written(notice.created_at),
            "delivered_at": None if notice.delivered_at is None else written(notice.delivered_at),
            "receipts": [_receipt(each) for each in receipts if each.notice == notice.id],
        }
        for notice in told
    ]


def _receipt(row: ReceiptRow) -> dict[str, object]:
    plain = asdict(row) | {"at": written(row.at), "until_at": written(row.until_at)}
    return {name: value for name, value in plain.items() if name not in {"stream", "notice"}}


def notices_shown(
    told: Sequence[NoticeRow], receipts: Sequence[ReceiptRow], time_zone: str
) -> RenderableType:
    """Return a line for each receipt, in the zone's time; for a notice without any, one that says
    so."""
    if not told:
        return "Nobody was told anything of this issue."
    sheet = Sheet(
        [kept("event"), kept("what"), wrapped("to"), wrapped("channel"), kept("came of it")]
    )
    for notice in told:
        own = [each for each in receipts if each.notice == notice.id]
        for each in own:
            said = f"{each.what.value} {local(each.at, time_zone, seconds=True)}"
            if each.until_at > each.at:
                said += f", until {local(each.until_at, time_zone)}"
            if each.code:
                said += f" ({each.code})"
            sheet.add(str(notice.version), notice.kind, notice.addressee, each.channel, said)
        if not own:
            at = notice.delivered_at
            said = "to be told" if at is None else f"told {local(at, time_zone)}, no receipt"
            sheet.add(str(notice.version), notice.kind, notice.addressee, "—", said)
    return sheet


def template_plain(row: TemplateRow) -> dict[str, object]:
    """Return a template for a machine."""
    return asdict(row) | {"at": written(row.at)}


def texts_plain(texts: Texts) -> dict[str, object]:
    """Return the texts of a template for a machine."""
    return {"subject": texts.subject, "body": texts.body, "html": texts.html}


def templates_shown(rows: Sequence[TemplateRow], shipped: Texts | None = None) -> RenderableType:
    """Return the shipped template, if it is asked for, and a line for each of the operators'."""
    parts: list[RenderableType] = []
    if shipped is not None:
        parts += [Text("shipped:"), Text(shipped.subject), Text(shipped.body), Text()]
    if not rows:
        return Group(*parts, Text("None of your own."))
    sheet = Sheet(
        [kept("No."), kept("name"), wrapped("body"), kept("by"), kept("when (UTC)")],
    )
    for row in rows:
        name = f"{row.kind} {row.channel} {row.language}"
        body = row.body or "taken back"
        sheet.add(str(row.sequence), name, body, row.author, local(row.at, "UTC", seconds=True))
    return Group(*parts, sheet)


def preview_plain(made: Message) -> dict[str, object]:
    """Return what a template makes of a sample, for a machine."""
    return {"subject": made.subject, "body": made.body, "html": made.html}


def preview_shown(made: Message) -> RenderableType:
    """Return what a template makes of a sample."""
    parts = [Text(made.subject, "bold"), Text(), Text(made.body)]
    if made.html:
        parts += [Text(), Text(made.html)]
    return Group(*parts)
