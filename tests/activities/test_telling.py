"""Telling on record: receipts, retries, quiet hours, storms, and nothing lost or told falsely."""

from datetime import timedelta

import builders as b
import pytest
from doubles import Receiver, receiving
from telling_house import BOTH_POSTS, QUIET, STORM, STREAM, House
from temporalio.testing import ActivityEnvironment

from activities.channels import NotTakenError
from activities.channels.journal import JournalChannel
from activities.channels.postman import send
from activities.notifier import GIVE_UP_AFTER, Notifier
from desk.notice_templates import Texts
from desk.notifying import NoticeOffice, set_template
from domain.notifying import ReceiptKind
from domain.phases import Priority
from runtime.channels import ChannelBook


@pytest.fixture
def house() -> House:
    return House()


async def test_everybody_has_an_inbox_and_its_content_is_on_record_by_its_hash(
    house: House,
) -> None:
    house.office = NoticeOffice(house.desk)
    house.restart()
    ids = await house.report()
    told = await ActivityEnvironment().run(house.notifier.tell_at_once, ids)
    assert (list(told.told), list(told.late), house.provider.letters) == (ids, [], [])
    assert await house.what() == {("inbox", "delivered"): 2}
    for row in await house.receipts():
        text = await house.ledger.notice_content(row.content)
        assert text is not None
        assert "新问题" not in row.content
        assert '"The gate is blocked"' in text
    assert await house.ledger.undelivered() == 0


async def test_a_channel_is_asked_apart_and_tells_once(house: House) -> None:
    ids = await house.report()
    told = await ActivityEnvironment().run(house.notifier.tell_at_once, ids)
    assert (list(told.late), house.provider.letters) == (ids, [])
    assert await house.what() == {("inbox", "delivered"): 2}
    for _ in range(2):
        await house.tell(*ids)
    assert len(house.provider.letters) == 2
    assert await house.what() == {("inbox", "delivered"): 2, ("bot", "delivered"): 2}
    assert all(len(each.address) == 16 for each in await house.receipts())
    notice = await house.ledger.notice(ids[0])
    assert notice is not None
    assert notice.delivered_at == b.MON_9


async def test_of_what_fails_each_new_answer_is_on_record_and_then_ever_fewer_tries(
    house: House,
) -> None:
    (first, *_) = await house.report()
    house.provider.error = NotTakenError("code 45009")
    for attempt in range(1, 151):
        if attempt == 21:
            house.provider.error = NotTakenError("timeout")
        house.clock.at += timedelta(minutes=1)
        with pytest.raises(NotTakenError):
            await house.tell(first, attempt=attempt)
    failed = [each for each in await house.receipts() if each.channel == "bot"]
    assert [each.tries for each in failed] == [1, 2, 4, 8, 16, 21, 32, 64, 128]
    assert [each.code for each in failed[4:6]] == ["code 45009", "timeout"]
    assert not any(each.final for each in failed)
    with pytest.raises(NotTakenError):
        await house.tell(first)
    assert len(await house.receipts()) == 10
    notice = await house.ledger.notice(first)
    assert notice is not None
    assert notice.delivered_at is None
    house.provider.error = None
    await house.tell(first)
    assert (await house.what())["bot", "delivered"] == 1
    assert len({each.id for each in house.provider.letters}) == 1


async def test_what_fails_for_good_is_not_tried_again_and_never_called_delivered(
    house: House,
) -> None:
    (first, *_) = await house.report()
    house.provider.error = NotTakenError("code 93000", is_final=True)
    await house.tell(first)
    house.provider.error = None
    await house.tell(first)
    assert house.provider.letters == []
    assert await house.what() == {("inbox", "delivered"): 1, ("bot", "failed"): 1}
    (failed,) = [each for each in await house.receipts() if each.channel == "bot"]
    assert (failed.code, failed.final) == ("code 93000", True)


async def test_after_a_day_a_dead_channel_is_given_up(house: House) -> None:
    (first, *_) = await house.report()
    house.provider.error = NotTakenError("timeout")
    house.clock.at += GIVE_UP_AFTER
    await house.tell(first)
    (failed,) = [each for each in await house.receipts() if each.channel == "bot"]
    assert (failed.code, failed.final) == ("timeout", True)


async def test_a_kill_between_the_answer_and_its_receipt_sends_again_under_the_same_id(
    house: House,
) -> None:
    (first, *_) = await house.report()
    house.provider.dies = True
    with pytest.raises(ConnectionResetError):
        await house.tell(first)
    assert await house.what() == {("inbox", "delivered"): 1}
    house.provider.dies = False
    house.restart()
    await house.tell(first)
    one, again = house.provider.letters
    assert one.id == again.id
    assert await house.what() == {("inbox", "delivered"): 1, ("bot", "delivered"): 1}


async def test_in_quiet_hours_all_waits_and_goes_out_as_one_message_when_they_end() -> None:
    house = House(b.terms_of(telling=QUIET))
    house.clock.at = b.local(2, 23)
    for key in ("q1", "q2", "q3"):
        await house.tell(*await house.report(key))
    assert house.provider.letters == []
    assert await house.what("q1") == {("inbox", "delivered"): 2, ("bot", "held"): 2}
    assert {each.until_at for each in await house.receipts("q1") if each.channel == "bot"} == {
        b.local(3, 7)
    }
    assert await house.ledger.undelivered() == 0
    assert await house.flush() == 0
    house.clock.at = b.local(3, 7)
    assert await house.flush() == 6
    (letter,) = house.provider.letters
    assert len(letter.told) == 6
    for key in ("q1", "q2", "q3"):
        assert (await house.what(key))["bot", "delivered"] == 2
        assert {e.bundle for e in await house.receipts(key) if e.what is ReceiptKind.DELIVERED} == {
            "",
            letter.id,
        }
    assert (await house.flush(), await house.ledger.held_count()) == (0, 0)


async def test_an_emergency_and_what_is_urgent_wake_people_up() -> None:
    urgent = [
        {"on": "issue_reported", "to": ["owner"], "urgent": True},
        {"on": "issue_accepted", "to": ["handler"]},
    ]
    house = House(b.terms_of(telling=QUIET | STORM, notices=urgent))
    house.clock.at = b.local(2, 23)
    await house.tell(*await house.report("u1"))
    assert await house.what("u1") == {("inbox", "delivered"): 1, ("bot", "delivered"): 1}
    house = House(b.terms_of(telling=QUIET | STORM))
    house.clock.at = b.local(2, 23)
    for number in range(4):
        await house.tell(*await house.report(f"e{number}", priority=Priority.EMERGENCY))
    assert len(house.provider.letters) == 8


async def test_a_rule_may_name_the_channels_that_it_is_told_through() -> None:
    rules = [{"on": "issue_reported", "to": ["owner"], "channels": ["mail"]}]
    house = House(b.terms_of(notices=rules))
    await house.tell(*await house.report())
    assert (house.provider.letters, await house.what()) == ([], {("inbox", "delivered"): 1})


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"unit": "roads"}, {"roads-desk"}),
        ({"enterprise": "mill"}, {"mill"}),
        ({"enterprise": "roads-desk"}, set()),
        ({"post": "mill"}, set()),
        ({"post": "roads-desk", "zone": "elsewhere"}, set()),
        ({"post": "roads-desk", "zone": b.ZONE}, {"roads-desk"}),
    ],
)
async def test_rows_tell_posts_units_and_enterprises_and_none_for_another(
    row: dict[str, str], told: set[str]
) -> None:
    rules = [{"on": "issue_assigned", "to": ["handler", "enterprise"]}]
    house = House(b.terms_of(notices=rules), tell=[{"channel": "bot", **row}])
    await house.report()
    for command in (b.ACCEPT, b.ASSIGN):
        await house.desk.carry_out(b.submission(command))
    await house.tell(*(each.id for each in await house.ledger.notices(STREAM)))
    assert {each.told[0].addressee for each in house.provider.letters} == told


async def test_an_operators_template_counts_and_one_that_fails_is_passed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = ("issue_reported", "wecom", "zh")
    await set_template(house.desk, name, Texts("{{ number }}", "Look: {{ title }}"), "user:op")
    (first, second) = await house.report()
    await house.tell(first)
    assert house.provider.letters[0].message.body == "Look: The gate is blocked"

    texts = house.office._templates[name]
    monkeypatch.setattr(
        house.office, "_templates", {name: Texts("{{ nothing }}", texts.body, "", "own 1")}
    )
    await house.tell(second)
    message = house.provider.letters[1].message
    assert message.body.startswith("问题上报")
    assert message.template.startswith("shipped (own 1 failed: UndefinedError")
    own = await house.ledger.receipts_of(second)
    (told,) = [each for each in own if each.channel == "bot"]
    assert told.template == message.template


async def test_the_real_bot_of_a_double_says_93000_and_nothing_is_delivered_by_it() -> None:
    async with receiving(Receiver()) as bot:
        bot.answers(200, errcode=93000, errmsg="invalid webhook url")
        house = House()
        channels = {"bot": {"kind": "wecom", "url": bot.url}}
        book = ChannelBook.model_validate({"channels": channels, "tell": BOTH_POSTS})
        office = NoticeOffice(house.desk, book)
        house.notifier = Notifier(house.desk, JournalChannel(), office, send)
        await house.tell(*await house.report())
    assert await house.what() == {("inbox", "delivered"): 2, ("bot", "failed"): 2}
    assert len(bot.got) == 2
