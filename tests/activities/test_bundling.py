"""What waits for quiet hours or a storm to end goes out once, as one message."""

from datetime import timedelta
from typing import Any

import builders as b
import pytest
from telling_house import QUIET, STORM, House

from activities.bundling import TAKEN_FOR
from activities.channels import NotTakenError
from desk.notifying import NoticeOffice
from domain.notice_text import Message
from domain.notifying import ReceiptKind
from ledger.receipts import HoldRow, Telling


@pytest.fixture
def stormy() -> House:
    return House(b.terms_of(telling=STORM))


async def test_in_a_storm_the_first_go_out_and_the_rest_as_one_at_the_windows_end(
    stormy: House,
) -> None:
    for number in range(6):
        await stormy.tell(*await stormy.report(f"s{number}"))
        stormy.clock.at += timedelta(seconds=10)
    assert len(stormy.provider.letters) == 2
    waiting = [
        each
        for number in range(6)
        for each in await stormy.receipts(f"s{number}")
        if each.what is ReceiptKind.BUNDLED
    ]
    assert len(waiting) == 10
    assert {each.until_at for each in waiting} == {b.MON_9 + timedelta(minutes=10)}
    assert await stormy.flush() == 0
    stormy.clock.at = b.MON_9 + timedelta(minutes=10)
    assert await stormy.flush() == 10
    assert [len(each.told) for each in stormy.provider.letters] == [1, 1, 10]
    assert "10 条提醒" in stormy.provider.letters[-1].message.subject


async def test_a_bundle_that_fails_waits_longer_and_one_refused_for_good_is_over(
    stormy: House,
) -> None:
    for number in range(3):
        await stormy.tell(*await stormy.report(f"s{number}"))
    stormy.clock.at = b.MON_9 + timedelta(minutes=10)
    stormy.provider.error = NotTakenError("http 503")
    await stormy.flush()
    assert (await stormy.flush(), await stormy.ledger.held_count()) == (0, 4)
    stormy.clock.at += timedelta(minutes=1)
    stormy.provider.error = NotTakenError("code 93000", is_final=True)
    assert await stormy.flush() == 4
    assert await stormy.ledger.held_count() == 0
    assert await stormy.what("s2") == {
        ("inbox", "delivered"): 2,
        ("bot", "bundled"): 2,
        ("bot", "failed"): 4,
    }


async def test_what_was_held_outlives_whoever_took_it(stormy: House) -> None:
    for number in range(3):
        await stormy.tell(*await stormy.report(f"s{number}"))
    stormy.clock.at = b.MON_9 + timedelta(minutes=10)
    stormy.provider.dies = True
    await stormy.flush()
    assert (await stormy.what("s2"))["bot", "delivered"] == 0
    stormy.provider.dies = False
    stormy.restart()
    assert await stormy.flush() == 0
    stormy.clock.at += TAKEN_FOR
    assert await stormy.flush() == 4
    *_, lost, again = stormy.provider.letters
    assert lost.id == again.id
    assert (await stormy.what("s2"))["bot", "delivered"] == 2


async def test_a_bundle_sent_again_has_the_same_members_and_id_whatever_came_meanwhile(
    stormy: House,
) -> None:
    for number in range(3):
        await stormy.tell(*await stormy.report(f"s{number}"))
    stormy.clock.at = b.MON_9 + timedelta(minutes=10)
    stormy.provider.dies = True
    await stormy.flush()
    stormy.provider.dies = False
    (hold,) = (h for h, _ in stormy.ledger._tables.holds.values() if "/s1/1/c" in h.notice)
    late = await stormy.report("s9")
    await stormy.ledger.put_telling(
        Telling(holds=(HoldRow(late[0], hold.channel, hold.address, stormy.clock.at),))
    )
    stormy.clock.at += TAKEN_FOR
    assert await stormy.flush() == 5
    *_, lost, one, other = stormy.provider.letters
    again, alone = sorted((one, other), key=lambda letter: -len(letter.told))
    assert (lost.id, lost.told) == (again.id, again.told)
    assert (len(alone.told), alone.id != lost.id) == (1, True)


async def test_what_another_has_taken_meanwhile_is_not_sent(
    stormy: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await stormy.tell(*await stormy.report(f"s{number}"))
    stormy.clock.at = b.MON_9 + timedelta(minutes=10)
    composed = stormy.office.message
    stolen: list[HoldRow] = []

    async def slowly(*given: Any) -> Message:
        if not stolen:
            stormy.clock.at += TAKEN_FOR
            until_at = stormy.clock.at + TAKEN_FOR
            stolen.extend(await stormy.ledger.take_holds(stormy.clock.at, until_at, 1))
        return await composed(*given)

    monkeypatch.setattr(stormy.office, "message", slowly)
    before = len(stormy.provider.letters)
    await stormy.flush()
    (letter,) = stormy.provider.letters[before:]
    assert len(letter.told) == 3
    assert stolen[0].notice not in {each.notice for each in letter.told}
    stormy.clock.at += TAKEN_FOR
    assert await stormy.flush() == 1
    told = [each.notice for letter in stormy.provider.letters for each in letter.told]
    assert len(told) == len(set(told)) == 6


async def test_held_notices_whose_channel_is_gone_have_failed(stormy: House) -> None:
    for number in range(3):
        await stormy.tell(*await stormy.report(f"s{number}"))
    stormy.office = NoticeOffice(stormy.desk)
    stormy.restart()
    stormy.clock.at = b.MON_9 + timedelta(minutes=10)
    await stormy.flush()
    failed = [each for each in await stormy.receipts("s2") if each.what is ReceiptKind.FAILED]
    assert [(each.code, each.final) for each in failed] == [("no_channel", True)] * 2
    assert await stormy.ledger.held_count() == 0


async def test_a_storm_that_ends_in_quiet_hours_waits_for_their_end() -> None:
    house = House(b.terms_of(telling=QUIET | STORM))
    house.clock.at = b.local(2, 21, 55)
    for number in range(3):
        await house.tell(*await house.report(f"s{number}"))
    house.clock.at = b.local(2, 22, 5)
    await house.flush()
    assert (len(house.provider.letters), await house.ledger.held_count()) == (2, 4)
    house.clock.at = b.local(3, 7)
    await house.flush()
    assert [len(each.told) for each in house.provider.letters] == [1, 1, 4]
