"""What every ledger does with attachments."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contract import LedgerContract

from ledger.attachments import AttachmentRow, AttachmentState
from ledger.port import Ledger

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
MANY = 99


def attachment(sign: str = "a", stream: str = "z/k", **changes: object) -> AttachmentRow:
    row = AttachmentRow(
        stream=stream,
        sha256=sign * 64,
        zone="z",
        size=5,
        media_type="text/plain",
        name="a.txt",
        place=f"{sign * 2}/{sign * 30}/{sign * 64}",
        uploaded_by="user:a",
        uploaded_at=AT,
        changed_at=AT,
    )
    return replace(row, **changes)  # type: ignore[arg-type]  # whatever a test changes


async def kept(ledger: Ledger, row: AttachmentRow) -> AttachmentRow:
    assert await ledger.take_attachment(row, MANY)
    assert await ledger.keep_attachment(row, LATER)
    return replace(row, state=AttachmentState.KEPT, changed_at=LATER)


async def state_of(ledger: Ledger, row: AttachmentRow) -> AttachmentState:
    found = await ledger.attachment(row.stream, row.sha256)
    assert found is not None
    return found.state


class AttachmentsContract(LedgerContract):
    async def test_an_attachment_is_kept_as_it_was_given(self, ledger: Ledger) -> None:
        plain = await kept(ledger, attachment("a"))
        sealed = attachment("b", sealed_name='{"x":1}', subject="p-1", key_id="0" * 16)
        sealed = await kept(ledger, replace(sealed, uploaded_at=LATER))

        assert await ledger.attachment("z/k", "a" * 64) == plain
        assert await ledger.attachments("z/k") == [plain, sealed]
        assert await ledger.attachments_about("p-1") == [sealed]
        assert await ledger.attachment("z/other", "a" * 64) is None
        assert await ledger.attachments_about("p-2") == []

    async def test_all_attachments_are_gone_through_in_order(self, ledger: Ledger) -> None:
        rows = [attachment(sign, stream) for stream in ("z/a", "z/b") for sign in "ab"]
        for row in reversed(rows):
            assert await ledger.take_attachment(row, MANY)
        found, last = [], ("", "")
        while page := await ledger.attachments_after(*last, 3):
            found += page
            last = (page[-1].stream, page[-1].sha256)
        assert found == rows

    async def test_what_is_kept_is_not_taken_again_and_what_was_destroyed_is(
        self, ledger: Ledger
    ) -> None:
        row = attachment()
        assert await ledger.take_attachment(row, MANY)
        assert await ledger.take_attachment(row, MANY)  # an upload that was stopped half way
        assert not await ledger.take_attachment(replace(row, place="x"), MANY)
        assert not await ledger.keep_attachment(replace(row, place="x"), LATER)
        assert await ledger.keep_attachment(row, LATER)
        assert not await ledger.take_attachment(row, MANY)
        assert await ledger.let_go_attachment(row.stream, row.sha256, LATER)
        assert not await ledger.take_attachment(row, MANY)
        assert not await ledger.keep_attachment(row, LATER)
        assert await ledger.end_attachment(row.stream, row.sha256, LATER)
        assert await state_of(ledger, row) is AttachmentState.DESTROYED
        assert not await ledger.end_attachment(row.stream, row.sha256, LATER)
        assert not await ledger.let_go_attachment(row.stream, row.sha256, LATER)
        assert await ledger.take_attachment(replace(row, place="y"), MANY)

    async def test_an_issue_has_no_more_than_it_may(self, ledger: Ledger) -> None:
        await kept(ledger, attachment("a"))
        assert await ledger.take_attachment(attachment("b"), 2)
        assert not await ledger.take_attachment(attachment("c"), 2)
        assert await ledger.take_attachment(attachment("b"), 2)  # itself does not count
        assert await ledger.take_attachment(attachment("c", "z/other"), 2)
        assert await ledger.let_go_attachment("z/k", "a" * 64, LATER)
        assert not await ledger.take_attachment(attachment("c"), 2)
        assert await ledger.end_attachment("z/k", "a" * 64, LATER)
        assert await ledger.take_attachment(attachment("c"), 2)

    async def test_what_is_held_is_not_let_go(self, ledger: Ledger) -> None:
        row = await kept(ledger, attachment())
        hold = {"by": "head", "reason": "a court", "at": LATER}

        assert await ledger.hold_attachment(row.stream, row.sha256, **hold)
        assert not await ledger.hold_attachment(row.stream, row.sha256, **hold)
        assert not await ledger.let_go_attachment(row.stream, row.sha256, LATER)
        found = await ledger.attachment(row.stream, row.sha256)
        assert found is not None
        assert (found.held_by, found.hold_reason, found.held_at) == ("head", "a court", LATER)

        assert await ledger.release_attachment(row.stream, row.sha256, LATER)
        assert not await ledger.release_attachment(row.stream, row.sha256, LATER)
        assert await ledger.let_go_attachment(row.stream, row.sha256, LATER)
        assert not await ledger.hold_attachment(row.stream, row.sha256, **hold)

    async def test_of_a_hold_and_a_destruction_at_once_one_wins(self, ledger: Ledger) -> None:
        for sign in "abcdef":
            row = await kept(ledger, attachment(sign))
            held, gone = await asyncio.gather(
                ledger.hold_attachment(row.stream, row.sha256, by="x", reason="y", at=LATER),
                ledger.let_go_attachment(row.stream, row.sha256, LATER),
            )
            assert held != gone
