"""Routines over a generated year: each period once, however calls come; alerts and lists."""

import asyncio
import json
from datetime import date, timedelta

import pytest
from routine_office import TO_ON, Office, year
from telling_house import Provider
from temporalio.testing import ActivityEnvironment

from activities.channels import NotTakenError
from activities.routine import Routines
from activities.routine_telling import RoutineTelling
from desk.attesting import AttestDaily, attest_daily, missing_attestations
from desk.callbacks import Asked, CallbackDesk
from desk.inbox import mailboxes_of, opened
from desk.notifying import NoticeOffice
from desk.routines import routines_of
from domain.access import Principal
from domain.routines import RoutineKind
from runtime.channels import ChannelBook


@pytest.fixture
async def office() -> Office:
    opened = Office()
    await year().lay(opened.ledger)
    return opened


@pytest.mark.parametrize("routine", sorted(set(RoutineKind) - {RoutineKind.MONTHLY}))
async def test_a_routine_that_is_called_again_does_nothing_more(
    office: Office, routine: RoutineKind
) -> None:
    first = await office.call(routine)
    told = len(office.ledger._tables.receipts)

    assert len(first) == 1
    assert await office.call(routine) == ()
    assert len(await office.ledger.routine_runs(office.zone)) == 1
    assert len(office.ledger._tables.receipts) == told


async def test_calls_that_overlap_leave_one_report_and_one_run_of_each_period(
    office: Office,
) -> None:
    office.clock.at = office.local(TO_ON - timedelta(days=4), "20:00")
    await office.call(RoutineKind.DAILY)
    office.clock.at = office.local(TO_ON, "20:00")
    others = [Routines(office.another_desk()) for _ in range(3)]
    done = await asyncio.gather(*(each.do(office.asked(RoutineKind.DAILY)) for each in others))

    assert office.ledger.refused > 0
    periods = sorted(period for each in done for period in each.periods)
    assert periods == ["2026-04-07", "2026-04-08", "2026-04-09", "2026-04-10"]
    rows = await office.ledger.reports(office.zone, kind="daily")
    assert [row.to_on for row in reversed(rows)] == ["2026-04-03", *periods]
    assert {row.version for row in rows} == {1}


async def test_a_run_that_died_before_it_was_noted_finds_its_report_again(office: Office) -> None:
    await office.call(RoutineKind.WEEKLY)
    before = await office.newest("weekly")
    office.ledger._tables.routine_runs.clear()

    assert len(await office.call(RoutineKind.WEEKLY)) == 1
    assert await office.ledger.report_versions(before.number) == [before]


async def test_who_has_not_attested_by_the_limit_is_told_of_one_post_higher(
    office: Office,
) -> None:
    day = date(2026, 4, 9)
    office.clock.at = office.local(day, "17:30")
    await office.call(RoutineKind.ATTESTATION)
    (run,) = await office.ledger.routine_runs(office.zone, routine="attestation")

    assert json.loads(run.result)["missing"] == [f"{office.zone}-coordinator"]
    box = (office.zone, f"{office.zone}-supervisor")
    (told,) = await office.ledger.inbox([box], "somebody")
    assert "2026-04-09" in json.loads(told.text)["texts"]["zh"]["subject"]
    office.clock.at += timedelta(minutes=1)
    today = await missing_attestations(office.desk, office.zone)
    assert today.missing == (f"{office.zone}-coordinator",)
    assert today.is_overdue(office.clock.at)


async def test_an_alert_goes_out_through_the_posts_channels_once(office: Office) -> None:
    book = {
        "channels": {"bot": {"kind": "wecom", "url": "https://bot.example.com/k"}},
        "tell": [{"post": f"{office.zone}-supervisor", "channel": "bot"}],
    }
    provider = Provider()
    told = NoticeOffice(office.desk, ChannelBook.model_validate(book))
    telling = RoutineTelling(told, provider)
    office.routines = Routines(office.desk, telling=telling)
    office.clock.at = office.local(date(2026, 4, 9), "23:30")
    run = "routine/xinghe/attestation/2026-04-09/xinghe-coordinator/xinghe-supervisor"

    provider.error = NotTakenError("busy")
    environment = ActivityEnvironment()
    with pytest.raises(NotTakenError, match="busy"):
        await environment.run(office.routines.run_routine, office.asked(RoutineKind.ATTESTATION))
    assert not await office.ledger.routine_runs(office.zone)
    provider.error = None
    for _ in range(2):
        await office.call(RoutineKind.ATTESTATION)
        office.ledger._tables.routine_runs.clear()

    (letter,) = provider.letters
    assert letter.message.subject.startswith("【未报告】")
    found = [(row.channel, row.what.value) for row in await office.ledger.receipts_of(run)]
    assert sorted(found) == [("bot", "delivered"), ("bot", "failed"), ("inbox", "delivered")]


async def test_whoever_attested_in_time_is_told_of_to_nobody(office: Office) -> None:
    day = date(2026, 4, 9)
    office.clock.at = office.local(day, "17:00")
    asked = AttestDaily(zone=office.zone, day=day, no_abnormality=False, text="A leak at gate 2.")
    kept = await attest_daily(office.desk, asked, office.officer("coordinator"))
    office.clock.at = office.local(day, "17:30")
    await office.call(RoutineKind.ATTESTATION)

    (run,) = await office.ledger.routine_runs(office.zone, routine="attestation")
    assert json.loads(run.result)["missing"] == []
    assert not kept.late
    assert not (await missing_attestations(office.desk, office.zone)).is_overdue(office.clock.at)


async def test_each_person_gets_one_morning_list_of_what_is_theirs(office: Office) -> None:
    # The list tells of the ledger as it stands: of the year's end.
    office.clock.at = office.local(TO_ON, "08:30")
    await office.call(RoutineKind.DIGEST)
    (run,) = await office.ledger.routine_runs(office.zone, routine="digest")
    receipts = [
        row
        for row in office.ledger._tables.receipts.values()
        if row.stream == f"routine/{office.zone}/digest/{run.period}"
    ]

    assert json.loads(run.result)["sent"] == len(receipts) > 0
    assert len({row.addressee for row in receipts}) == len(receipts)
    assert all(row.addressee.startswith("person.") for row in receipts)
    reader = Principal(
        id="user:reader", name="reader", person=receipts[0].addressee.removeprefix("person.")
    )
    boxes = await mailboxes_of(office.desk, reader, office.zone)
    (own,) = [
        row
        for row in await office.ledger.inbox(boxes, reader.id)
        if row.receipt.id == receipts[0].id
    ]
    read = await opened(office.desk, reader, boxes, own.receipt.notice)
    assert read is not None
    assert await opened(office.desk, reader, boxes[:0], own.receipt.notice) is None
    texts = json.loads(office.ledger._tables.notice_contents[receipts[0].content].text)["texts"]
    assert set(texts) == {"zh", "en"}
    assert texts["zh"]["subject"].startswith("2026-04-10")


async def test_routines_say_what_was_missed_while_nobody_called(office: Office) -> None:
    office.clock.at = office.local(date(2026, 4, 7), "20:00")
    await office.call(RoutineKind.DAILY)
    office.clock.at = office.local(date(2026, 4, 9), "20:00")
    standing = {each.routine: each for each in await routines_of(office.desk, office.zone)}

    daily = standing[RoutineKind.DAILY]
    assert [run.period for run in daily.missed] == ["2026-04-08", "2026-04-09"]
    assert daily.next is not None
    assert daily.next.period == "2026-04-10"
    assert standing[RoutineKind.WEEKLY].last is None
    await office.call(RoutineKind.DAILY)
    standing = {each.routine: each for each in await routines_of(office.desk, office.zone)}
    assert standing[RoutineKind.DAILY].missed == ()


async def test_the_callback_draw_of_a_week_is_drawn_once_and_again_alike(office: Office) -> None:
    await office.call(RoutineKind.CALLBACKS)
    (draw,) = await office.ledger.draws(office.zone, limit=9)

    assert draw.id == f"routine-{office.zone}-2026-04-05"
    assert json.loads(draw.actor) == {"kind": "engine"}
    office.ledger._tables.routine_runs.clear()
    await office.call(RoutineKind.CALLBACKS)
    assert await office.ledger.draws(office.zone, limit=9) == [draw]


async def test_a_routine_that_is_refused_says_so_and_bars_no_later_one(office: Office) -> None:
    id_ = f"routine-{office.zone}-2026-04-05"
    from_at = office.local(date(2026, 3, 1), "00:00")
    taken = Asked(id=id_, zone=office.zone, from_at=from_at, to_at=from_at + timedelta(days=1))
    await CallbackDesk(office.desk).draw(taken, office.officer("supervisor"))

    assert await office.call(RoutineKind.CALLBACKS) == ("2026-04-05",)
    (run,) = await office.ledger.routine_runs(office.zone, routine="callbacks")
    assert "This id stands for a draw" in json.loads(run.result)["refused"]
