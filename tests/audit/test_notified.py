"""No deadline without notice (I17): each breach shows what its holder was told in time."""

from dataclasses import replace
from datetime import datetime, timedelta

import builders as b
import pytest

from activities.channels.journal import JournalChannel
from activities.notifier import Notifier
from audit.notified import Breach, audit_notified, breaches_told, unnotified_breaches
from demo.virtual import VirtualClock
from desk.desk import Desk
from desk.shelf import Shelf
from domain.notifying import ReceiptKind
from domain.responsibility import HolderKind
from domain.terms import Terms
from domain.view import Ring
from ledger.memory import MemoryLedger
from ledger.receipts import ReceiptRow, Telling

STREAM = f"{b.ZONE}/{b.KEY}"
MINUTE = timedelta(minutes=1)


class Office:
    """A desk whose issue is handled too slowly."""

    def __init__(self, terms: Terms = b.TERMS) -> None:
        self.clock = VirtualClock(b.MON_9)
        self.ledger = MemoryLedger()
        self.terms = terms
        self.desk = Desk(self.ledger, Shelf(self.ledger, {b.ZONE: terms}), self.clock)
        self.notifier = Notifier(self.desk, JournalChannel())

    async def accepted(self) -> None:
        """Report an issue and accept it."""
        await self.desk.carry_out(b.submission(b.report(), b.ENTERPRISE))
        await self.desk.carry_out(b.submission(b.ACCEPT))

    async def told(self) -> None:
        """Tell everything that is to be told."""
        for notice in await self.ledger.notices(STREAM):
            await self.notifier.tell(notice.id)

    async def until_breached(self, clock: str = "handling") -> None:
        """Ring what falls due until a clock has run out."""
        while True:
            rung = (await self.desk.look(b.ZONE, b.KEY)).next_rung
            assert rung is not None
            self.clock.at = max(self.clock.at, rung.due_at)
            ring = Ring(zone=b.ZONE, key=b.KEY, clock=rung.clock, cycle=rung.cycle, rung=rung.rung)
            await self.desk.ring(ring)
            if (rung.clock, rung.rung) == (clock, "due"):
                return

    async def breach(self, clock: str = "handling") -> Breach:
        """Return what is known of one clock's breach."""
        receipts = await self.ledger.receipts(STREAM)
        every = breaches_told(
            await self.ledger.records(STREAM),
            {self.terms.hash: self.terms},
            await self.ledger.notices(STREAM),
            receipts,
        )
        (found,) = [each for each in every if each.clock == clock]
        return found


@pytest.fixture
def office() -> Office:
    return Office()


async def test_a_breach_whose_holder_had_the_notice_in_the_inbox_shows_it(office: Office) -> None:
    await office.accepted()
    await office.told()
    await office.until_breached()
    breach = await office.breach()
    assert (breach.holder.kind, breach.holder.id) == (HolderKind.POST, "grid-east-1")
    proof = breach.proof
    assert proof is not None
    assert (proof.notice, proof.channel, proof.inbox_only) == (
        f"{STREAM}/2/grid-east-1",
        "inbox",
        True,
    )
    assert proof.at < breach.due_at
    assert await office.ledger.notice_content(proof.content) is not None


async def test_a_breach_of_which_nobody_was_told_is_unnotified(office: Office) -> None:
    await office.accepted()
    await office.until_breached()
    breach = await office.breach()
    assert (breach.is_unnotified, breach.notices[:1]) == (True, (f"{STREAM}/2/grid-east-1",))
    audited = await audit_notified(office.ledger, now=office.clock.now())
    assert breach in audited.unnotified
    assert audited.unnotified_count == len(audited.unnotified) == audited.breaches


async def test_a_notice_that_arrives_with_the_deadline_comes_too_late(office: Office) -> None:
    await office.accepted()
    await office.until_breached()
    due_at = (await office.breach()).due_at
    for at, late in ((due_at, True), (due_at - MINUTE, False)):
        fresh = Office()
        await fresh.accepted()
        await fresh.until_breached()
        await fresh.ledger.put_telling(Telling((await _row(fresh, ReceiptKind.DELIVERED, at),)))
        assert (await fresh.breach()).is_unnotified is late


async def _row(office: Office, what: ReceiptKind, at: datetime, channel: str = "bot") -> ReceiptRow:
    notice = await office.ledger.notice(f"{STREAM}/2/grid-east-1")
    assert notice is not None
    return ReceiptRow(
        id=f"{notice.id}#{channel}#{what}",
        stream=STREAM,
        notice=notice.id,
        zone=b.ZONE,
        addressee=notice.addressee,
        channel=channel,
        address="a" * 16,
        what=what,
        at=at,
        content="c",
        template="shipped",
        code="",
        bundle="",
        until_at=at,
        final=True,
        by="",
    )


@pytest.mark.parametrize(
    ("what", "proves"),
    [
        (ReceiptKind.SENT, False),
        (ReceiptKind.FAILED, False),
        (ReceiptKind.HELD, False),
        (ReceiptKind.BUNDLED, False),
        (ReceiptKind.DELIVERED, True),
        (ReceiptKind.READ, True),
    ],
)
async def test_only_what_arrived_proves_anything(
    office: Office, what: ReceiptKind, proves: bool
) -> None:
    await office.accepted()
    await office.ledger.put_telling(Telling((await _row(office, what, b.MON_9 + MINUTE),)))
    await office.until_breached()
    breach = await office.breach()
    assert breach.is_unnotified is not proves
    if breach.proof is not None:
        assert not breach.proof.inbox_only


async def test_a_notice_to_another_or_about_another_thing_proves_nothing(office: Office) -> None:
    rules = [
        {"on": "issue_accepted", "to": ["enterprise", "coordinator"]},
        {"on": "note_added", "to": ["handler"]},
    ]
    office = Office(b.terms_of(notices=rules))
    await office.accepted()
    await office.desk.carry_out(b.submission(b.NOTE))
    await office.told()
    await office.until_breached()
    breach = await office.breach()
    assert (breach.is_unnotified, breach.notices) == (True, ())


async def test_whoever_took_over_must_have_been_told_themselves() -> None:
    rules = [{"on": "issue_accepted", "to": ["handler"]}]
    for told_of_assignment in (False, True):
        more = [{"on": "issue_assigned", "to": ["handler"]}] if told_of_assignment else []
        office = Office(b.terms_of(notices=rules + more))
        await office.accepted()
        await office.desk.carry_out(b.submission(b.ASSIGN))
        await office.told()
        await office.until_breached()
        breach = await office.breach()
        assert (breach.holder.kind, breach.holder.id) == (HolderKind.UNIT, "roads")
        assert breach.is_unnotified is not told_of_assignment


async def test_what_was_recorded_later_is_left_out(office: Office) -> None:
    await office.accepted()
    await office.told()
    await office.until_breached()
    before = await audit_notified(office.ledger, now=b.MON_9 - MINUTE)
    assert (before.breaches, before.unnotified_count) == (0, 0)
    now = await audit_notified(office.ledger, now=office.clock.now(), zone=b.ZONE)
    elsewhere = await audit_notified(office.ledger, now=office.clock.now(), zone="elsewhere")
    assert now.breaches >= 1
    assert elsewhere.breaches == 0


async def test_receipts_in_any_order_prove_the_same(office: Office) -> None:
    await office.accepted()
    await office.told()
    await office.until_breached()
    records, notices = await office.ledger.records(STREAM), await office.ledger.notices(STREAM)
    receipts = await office.ledger.receipts(STREAM)
    terms = {office.terms.hash: office.terms}
    assert breaches_told(records, terms, notices, receipts) == breaches_told(
        records, terms, notices[::-1], receipts[::-1]
    )
    none = [replace(each, what=ReceiptKind.SENT) for each in receipts]
    assert unnotified_breaches(records, terms, notices, none) == breaches_told(
        records, terms, notices, none
    )


async def test_what_a_channel_held_back_is_counted_apart(office: Office) -> None:
    await office.accepted()
    await office.until_breached()
    notice = next(n for n in await office.ledger.notices(STREAM) if n.version > 2)
    before = await audit_notified(office.ledger, now=office.clock.now())
    row = await _row(office, ReceiptKind.HELD, office.clock.now())
    held = replace(row, id=f"{notice.id}#held", notice=notice.id)
    await office.ledger.put_telling(Telling((held, row)))
    after = await audit_notified(office.ledger, now=office.clock.now())
    assert (before.held_back, after.held_back) == (0, 1)
