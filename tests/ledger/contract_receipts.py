"""What every ledger keeps of telling."""

from dataclasses import replace
from datetime import datetime

from contract import LedgerContract
from lives import at, note, told, write

from domain.notifying import ReceiptKind
from ledger.port import Ledger
from ledger.receipts import ContentRow, HoldRow, ReceiptRow, Telling, TemplateRow

SENT, DELIVERED, READ = ReceiptKind.SENT, ReceiptKind.DELIVERED, ReceiptKind.READ


def receipt(  # what tests tell apart
    notice_id: str,
    what: ReceiptKind,
    when: datetime,
    *,
    channel: str = "mail",
    bundle: str = "",
    by: str = "",
    addressee: str = "officer",
) -> ReceiptRow:
    stream = notice_id.rsplit("/", 2)[0]
    return ReceiptRow(
        id=f"{notice_id}#{channel}#{what.value}{by}",
        stream=stream,
        notice=notice_id,
        zone=stream.split("/", maxsplit=1)[0],
        addressee=addressee,
        channel=channel,
        address="f" * 16,
        what=what,
        at=when,
        content="c1" if what is DELIVERED else "",
        template="shipped",
        code="250",
        bundle=bundle,
        until_at=when,
        final=True,
        by=by,
    )


class ReceiptsContract(LedgerContract):
    """Receipts, contents, holds, the inbox and templates."""

    async def test_a_telling_settles_its_notice_and_says_how(self, ledger: Ledger) -> None:
        await told(ledger, "a", "officer")
        name = "z1/a/1/officer"
        row = receipt(name, DELIVERED, at(1), channel="inbox")
        content = ContentRow("c1", "What was said.", at(1))
        telling = Telling((row,), (content,), settled=(name,), settled_at=at(1))
        await ledger.put_telling(telling)
        await ledger.put_telling(replace(telling, settled_at=at(2)))

        assert await ledger.receipts("z1/a") == [row] == await ledger.receipts_of(name)
        assert await ledger.receipt(row.id) == row
        assert await ledger.receipt("none") is None
        assert await ledger.notice_content("c1") == "What was said."
        settled = await ledger.notice(name)
        assert settled is not None
        assert settled.delivered_at == at(1)
        assert await ledger.undelivered() == 0

    async def test_what_is_told_together_is_kept_each_at_its_own_instant(
        self, ledger: Ledger
    ) -> None:
        await told(ledger, "a", "deputy", "officer")
        await told(ledger, "b", "officer")
        names = ["z1/a/1/deputy", "z1/a/1/officer", "z1/b/1/officer"]
        each = [
            Telling(
                (receipt(name, DELIVERED, at(hours), channel="inbox"),),
                (ContentRow(f"c{hours}", f"Said to {name}.", at(hours)),),
                settled=(name,),
                settled_at=at(hours),
            )
            for hours, name in enumerate(names, start=1)
        ]
        open_still = replace(each[1], settled=(), settled_at=None)
        await ledger.put_telling(each[2], each[0], open_still, replace(each[0], settled_at=at(9)))

        assert await ledger.receipts("z1/a") == [*each[0].receipts, *each[1].receipts]
        assert await ledger.receipts("z1/b") == [*each[2].receipts]
        assert await ledger.notice_content("c3") == "Said to z1/b/1/officer."
        settled = [await ledger.notice(name) for name in names]
        assert [row and row.delivered_at for row in settled] == [at(1), None, at(3)]
        of_each = await ledger.receipts_of_each([*names[1:], "none"])
        assert of_each == {name: await ledger.receipts_of(name) for name in names[1:]}

    async def test_notices_are_read_with_the_events_that_they_tell_of(self, ledger: Ledger) -> None:
        life = await told(ledger, "a", "officer")
        await write(ledger, life.step(note(1), tell=["deputy", "officer"]))
        await told(ledger, "b", "officer")
        names = ["z1/a/1/officer", "z1/a/2/deputy", "z1/b/1/officer"]
        one, two = await ledger.records("z1/a")
        (other,) = await ledger.records("z1/b")
        found = await ledger.notices_named([*names, names[0], "none"])
        assert found == {
            name: (await ledger.notice(name), event)
            for name, event in zip(names, (one, two, other), strict=True)
        }
        assert await ledger.notices_named([]) == {}

    async def test_a_receipt_that_is_there_stays_as_it_is(self, ledger: Ledger) -> None:
        row = receipt("z1/a/1/officer", SENT, at(1))
        await ledger.put_telling(Telling((row,)))
        await ledger.put_telling(Telling((replace(row, code="another"),)))
        assert await ledger.receipts("z1/a") == [row]

    async def test_messages_count_once_a_bundle_and_never_the_inbox(self, ledger: Ledger) -> None:
        rows = (
            receipt("z1/a/1/officer", SENT, at(1)),
            receipt("z1/a/2/officer", DELIVERED, at(2), bundle="b1"),
            receipt("z1/a/3/officer", DELIVERED, at(2), bundle="b1"),
            receipt("z1/a/4/officer", DELIVERED, at(3), channel="inbox"),
            receipt("z1/a/5/officer", ReceiptKind.FAILED, at(3)),
        )
        await ledger.put_telling(Telling(rows))
        assert await ledger.messages_since("f" * 16, at(0)) == [at(1), at(2)]
        assert await ledger.messages_since("f" * 16, at(1)) == [at(2)]
        assert await ledger.messages_since("another", at(0)) == []

    async def test_what_waits_is_taken_once_and_left_to_the_next_if_its_taker_dies(
        self, ledger: Ledger
    ) -> None:
        early = HoldRow("z1/a/1/officer", "mail", "a1", at(2))
        late = HoldRow("z1/a/2/officer", "mail", "a1", at(5))
        await ledger.put_telling(Telling(holds=(early, late)))

        assert await ledger.held_until("mail", "a1", at(1)) == at(2)
        assert await ledger.held_until("mail", "a1", at(2)) == at(5)
        assert await ledger.held_until("mail", "another", at(1)) is None
        assert await ledger.take_holds(at(1), at(3), 10) == []
        assert await ledger.take_holds(at(2), at(3), 10) == [early]
        assert await ledger.take_holds(at(2.5), at(3), 10) == []
        (taken,) = await ledger.take_holds(at(3), at(4), 10)
        assert (taken, taken.taken_until_at) == (early, at(4))
        again = replace(taken, until_at=at(6), attempts=1, code="503")
        await ledger.put_telling(Telling(holds=(again,), done=(late.name,)))
        assert await ledger.held_count() == 1
        assert await ledger.take_holds(at(7), at(8), 10) == [again]

    async def test_who_lost_what_he_took_can_neither_send_it_nor_put_it_back(
        self, ledger: Ledger
    ) -> None:
        holds = [HoldRow(f"z1/a/{n}/officer", "mail", "a1", at(1)) for n in (1, 2)]
        await ledger.put_telling(Telling(holds=tuple(holds)))
        stale = await ledger.take_holds(at(1), at(2), 10)
        fresh = await ledger.take_holds(at(2), at(3), 1)

        assert not await ledger.seal_holds(stale, "b-stale", at(9))
        await ledger.put_telling(Telling(holds=tuple(replace(h, until_at=at(9)) for h in stale)))
        assert await ledger.seal_holds(fresh, "b-fresh", at(4))
        assert not await ledger.seal_holds(fresh, "b-fresh", at(5))
        sealed, other = await ledger.take_holds(at(9), at(10), 10)
        assert {sealed.bundle, other.bundle} == {"b-fresh", ""}
        assert {sealed.until_at, other.until_at} == {at(1), at(9)}

    async def test_a_bundle_is_taken_whole_and_by_itself(self, ledger: Ledger) -> None:
        holds = [HoldRow(f"z1/a/{n}/officer", "mail", "a1", at(1)) for n in (1, 2, 3)]
        await ledger.put_telling(Telling(holds=tuple(holds)))
        taken = await ledger.take_holds(at(1), at(2), 10)
        assert await ledger.seal_holds(taken, "b-one", at(3))
        late = HoldRow("z1/a/0/officer", "mail", "a1", at(2))
        await ledger.put_telling(Telling(holds=(late,)))

        assert len(await ledger.take_holds(at(4), at(5), 1)) == 3
        assert await ledger.take_holds(at(4), at(5), 1) == [late]
        await ledger.put_telling(Telling(done=tuple(hold.name for hold in holds)))
        assert not await ledger.seal_holds(taken, "b-one", at(9))
        assert await ledger.held_count() == 1

    async def test_an_inbox_shows_what_came_newest_first_and_what_this_reader_opened(
        self, ledger: Ledger
    ) -> None:
        rows = tuple(
            receipt(f"z1/a/{hour}/officer", DELIVERED, at(hour), channel="inbox")
            for hour in (1, 2, 3)
        )
        other = receipt("z2/a/1/officer", DELIVERED, at(1), channel="inbox")
        opened = receipt("z1/a/2/officer", READ, at(4), channel="inbox", by="user:one")
        content = ContentRow("c1", "What was said.", at(1))
        await ledger.put_telling(Telling((*rows, other, opened), (content,)))
        mine = [("z1", "officer")]

        found = await ledger.inbox(mine, "user:one")
        assert [each.receipt for each in found] == [rows[2], rows[1], rows[0]]
        assert [each.read_at for each in found] == [None, at(4), None]
        assert found[0].text == "What was said."
        first, second = await ledger.inbox(mine, "user:one", unread_only=True)
        assert (first.receipt, second.receipt) == (rows[2], rows[0])
        assert [each.read_at for each in await ledger.inbox(mine, "user:two")] == [None] * 3
        (last,) = await ledger.inbox(mine, "user:one", after=(rows[1].at, rows[1].id))
        assert last.receipt == rows[0]
        then = await ledger.inbox(mine, "user:one", known_at=at(2))
        assert [(each.receipt, each.read_at) for each in then] == [(rows[1], None), (rows[0], None)]
        both = await ledger.inbox([*mine, ("z2", "officer")], "user:one", limit=2)
        assert [each.receipt for each in both] == [rows[2], rows[1]]
        assert await ledger.inbox([], "user:one") == []

    async def test_of_templates_the_newest_counts_and_the_others_stay(self, ledger: Ledger) -> None:
        first = TemplateRow(0, "*", "mail", "zh", "s", "one", "", "operator", at(1))
        for row in (first, replace(first, body="two"), replace(first, kind="bundle")):
            assert (await ledger.put_template(row)).body == row.body
        star, bundle = await ledger.templates()
        assert (star.body, star.sequence, bundle.kind) == ("two", 2, "bundle")
        history = await ledger.template_history("*", "mail", "zh")
        assert [each.body for each in history] == ["two", "one"]
        assert await ledger.template_history("*", "mail", "en") == []
