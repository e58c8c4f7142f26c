"""Morning lists through people's channels: each person once for a day, as notices are told."""

import json
from dataclasses import replace

import pytest
from routine_office import TO_ON, Office, year
from telling_house import Provider
from temporalio.testing import ActivityEnvironment

from activities.bundling import Bundling
from activities.channels import NotTakenError
from activities.routine import DIGEST_TRIES_MAX, Routines
from activities.routine_telling import RoutineTelling
from desk.notice_templates import Texts
from desk.notifying import NoticeOffice, set_template
from domain.handbook_routines import routines_rule
from domain.policies import TellingRule
from domain.routines import RoutineKind
from ledger.receipts import ReceiptRow
from runtime.channels import ChannelBook


@pytest.fixture
async def office() -> Office:
    opened = Office()
    await year().lay(opened.ledger)
    return opened


TOLD_BY_BOT = {
    "channels": {
        "bot": {"kind": "wecom", "url": "https://bot.example.com/k"},
        "mail": {
            "kind": "mail",
            "server": "smtps://closeout@mail.example.com",
            "sender": "c@example.com",
        },
    },
}


def telling_to(office: Office, provider: Provider, *rows: dict[str, str]) -> RoutineTelling:
    """Return what tells by these rows, and have the routines tell by it."""
    book = ChannelBook.model_validate(TOLD_BY_BOT | {"tell": rows})
    telling = RoutineTelling(NoticeOffice(office.desk, book), provider)
    office.routines = Routines(office.desk, telling=telling)
    return telling


async def lists_of(office: Office) -> list[ReceiptRow]:
    """Return the receipts of the day's morning lists."""
    return await office.ledger.receipts(f"routine/{office.zone}/digest/2026-04-10")


async def test_a_morning_list_goes_out_by_the_channels_of_the_posts_that_its_person_holds(
    office: Office,
) -> None:
    provider = Provider()
    posts = [each.id for each in office.terms.handbook.posts]
    telling_to(office, provider, *({"post": each, "channel": "bot"} for each in posts))
    office.clock.at = office.local(TO_ON, "08:30")
    for _ in range(2):
        await office.call(RoutineKind.DIGEST)
        office.ledger._tables.routine_runs.clear()
    boxes = {row.addressee for row in await lists_of(office)}

    assert len(provider.letters) == len(boxes) > 1
    assert len({each.id for each in provider.letters}) == len(boxes)
    assert {each.told[0].addressee for each in provider.letters} == boxes
    assert all("今日待办：超期" in each.message.subject for each in provider.letters)
    (first, *_) = provider.letters
    lying = [row for row in await lists_of(office) if row.notice == first.told[0].notice]
    assert sorted((row.channel, row.what.value) for row in lying) == [
        ("bot", "delivered"),
        ("inbox", "delivered"),
    ]


async def test_a_row_of_the_person_takes_the_place_of_those_of_their_posts(office: Office) -> None:
    provider = Provider()
    posts = [each.id for each in office.terms.handbook.posts]
    telling_to(office, provider)
    office.clock.at = office.local(TO_ON, "08:30")
    await office.call(RoutineKind.DIGEST)
    person = (await lists_of(office))[0].addressee.removeprefix("person.")
    assert provider.letters == []
    office.ledger._tables.routine_runs.clear()
    own = {"person": person, "channel": "mail", "to": "own@example.com", "language": "en"}
    telling_to(office, provider, own, *({"post": each, "channel": "bot"} for each in posts))
    await office.call(RoutineKind.DIGEST)

    theirs = [each for each in provider.letters if each.told[0].addressee == f"person.{person}"]
    assert [(each.route.name, each.route.to) for each in theirs] == [("mail", "own@example.com")]
    assert "overdue" in theirs[0].message.subject


async def test_one_channel_that_is_down_is_tried_again_and_nobody_else_is_told_twice(
    office: Office,
) -> None:
    provider = Provider()
    posts = [each.id for each in office.terms.handbook.posts]
    telling_to(office, provider, *({"post": each, "channel": "bot"} for each in posts))
    office.clock.at = office.local(TO_ON, "08:30")
    asked = office.asked(RoutineKind.DIGEST)
    provider.dies = True
    with pytest.raises(ConnectionResetError):
        await ActivityEnvironment().run(office.routines.run_routine, asked)
    provider.dies, provider.error = False, NotTakenError("busy")
    with pytest.raises(NotTakenError, match="busy"):
        await ActivityEnvironment().run(office.routines.run_routine, asked)
    provider.error = None
    assert await office.call(RoutineKind.DIGEST) == ("2026-04-10",)

    told = [row for row in await lists_of(office) if row.channel == "bot"]
    delivered = [row.notice for row in told if row.what.value == "delivered"]
    boxes = {row.notice for row in await lists_of(office)}
    assert sorted(delivered) == sorted(boxes)
    assert {each.id for each in provider.letters} == {
        each.id for each in provider.letters[: len(boxes)]
    }
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=DIGEST_TRIES_MAX)
    office.ledger._tables.routine_runs.clear()
    provider.error = NotTakenError("never asked")
    await environment.run(office.routines.run_routine, asked)


async def test_a_list_of_quiet_hours_waits_and_goes_out_whole_when_they_end(
    office: Office,
) -> None:
    book = office.terms.handbook
    digest_at = routines_rule(book.routines).digest_at
    quiet = {"quiet": {"begins": "00:00", "ends": "11:30"}}
    changed = book.model_copy(update={"telling": TellingRule.model_validate(quiet)})
    office.terms = office.terms.model_copy(update={"handbook": changed})
    office.desk = office.another_desk()
    provider = Provider()
    posts = [each.id for each in book.posts]
    telling = telling_to(office, provider, *({"post": each, "channel": "bot"} for each in posts))
    office.clock.at = office.local(TO_ON, digest_at)
    await office.call(RoutineKind.DIGEST)
    count = await office.ledger.held_count()
    assert (provider.letters, count > 1) == ([], True)

    flush = Bundling(telling.office, provider).flush_notices
    assert await ActivityEnvironment().run(flush) == 0
    office.clock.at = office.local(TO_ON, "11:30")
    assert await ActivityEnvironment().run(flush) == count
    assert sum(len(each.told) for each in provider.letters) == count
    assert await office.ledger.held_count() == 0
    (letter,) = provider.letters
    assert "今日待办：2026-04-10" in letter.message.body


async def test_one_held_list_is_told_with_all_that_it_says(office: Office) -> None:
    provider = Provider()
    book = office.terms.handbook
    quiet = TellingRule.model_validate({"quiet": {"begins": "00:00", "ends": "11:30"}})
    changed = book.model_copy(update={"telling": quiet})
    office.terms = office.terms.model_copy(update={"handbook": changed})
    office.desk = office.another_desk()
    office.clock.at = office.local(TO_ON, "08:30")
    await office.call(RoutineKind.DIGEST)
    person = (await lists_of(office))[0].addressee.removeprefix("person.")
    office.ledger._tables.routine_runs.clear()
    telling = telling_to(office, provider, {"person": person, "channel": "bot"})
    await office.call(RoutineKind.DIGEST)
    assert await office.ledger.held_count() == 1
    office.clock.at = office.local(TO_ON, "11:30")
    await ActivityEnvironment().run(Bundling(telling.office, provider).flush_notices)
    (letter,) = provider.letters
    lying = next(
        row
        for row in await lists_of(office)
        if (row.notice, row.channel) == (letter.told[0].notice, "inbox")
    )
    kept = json.loads(office.ledger._tables.notice_contents[lying.content].text)
    assert letter.message.body == kept["texts"]["zh"]["body"]


async def test_an_operators_own_template_makes_the_list(office: Office) -> None:
    name = ("morning_digest", "wecom", "zh")
    body = "{% for each in overdue_items %}{{ each.number }};{% endfor %}{{ person }}"
    await set_template(office.desk, name, Texts("{{ zone_name }} {{ day }}", body), "user:op")
    provider = Provider()
    posts = [each.id for each in office.terms.handbook.posts]
    telling_to(office, provider, *({"post": each, "channel": "bot"} for each in posts))
    office.clock.at = office.local(TO_ON, "08:30")
    await office.call(RoutineKind.DIGEST)

    assert {each.message.template for each in provider.letters} == {"own 1"}
    assert {each.message.subject for each in provider.letters} == {
        f"{office.terms.handbook.name.zh} 2026-04-10"
    }
    lying = await office.ledger.receipts(f"routine/{office.zone}/digest/2026-04-10")
    assert {row.template for row in lying if row.channel == "inbox"} == {"shipped morning_digest"}
