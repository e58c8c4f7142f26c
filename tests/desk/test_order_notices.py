"""Notices of supervision orders are told as those of issues are: inbox, channels, receipts."""

import builders as b
import builders_orders as o
from desks import StandingClock
from supervisions import Bureau

from activities.channels import Letter, Taken
from activities.channels.journal import JournalChannel
from activities.notifier import Notifier
from activities.supervision import SupervisionActivities
from desk.inbox import said_in
from desk.notifying import NoticeOffice
from domain.notifying import ReceiptKind
from ledger.memory import MemoryLedger
from runtime.channels import ChannelBook


async def test_an_order_is_told_in_the_inbox_and_by_a_channel_once() -> None:
    bureau = Bureau(MemoryLedger(), StandingClock(b.MON_9))
    await bureau.issued()
    notices = await bureau.ledger.notices(o.STREAM)
    book = {
        "channels": {"bot": {"kind": "wecom", "url": "https://bot.example.com"}},
        "tell": [{"post": each.addressee, "channel": "bot"} for each in notices],
    }
    letters: list[Letter] = []

    async def taking(letter: Letter) -> Taken:
        letters.append(letter)
        return Taken(ReceiptKind.DELIVERED, "0")

    office = NoticeOffice(bureau.desk, ChannelBook.model_validate(book))
    notifier = Notifier(bureau.desk, JournalChannel(), office, taking)
    activities = SupervisionActivities(bureau.supervision, notifier)
    for _ in range(2):
        await activities.tell_order([each.id for each in notices])
    receipts = await bureau.ledger.receipts(o.STREAM)
    assert len(letters) == len(notices) > 0
    assert sorted(each.channel for each in receipts) == ["bot"] * len(letters) + ["inbox"] * len(
        letters
    )
    assert letters[0].told[0].about == "order"
    (row, *_) = await bureau.ledger.inbox([(b.ZONE, notices[0].addressee)], "user:one")
    assert said_in(row.text, "en")[0].startswith("Order issued")
    assert await bureau.ledger.undelivered() == len(
        await bureau.ledger.notices(f"{b.ZONE}/about-{o.KEY}")
    )
