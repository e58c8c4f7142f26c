"""The row of an open issue on boards follows every command, and the terms that the issue adopts."""

from datetime import timedelta

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock

from domain.access import Horizon
from domain.people import ENGINE
from domain.supervision_rules import LightRule, SupervisionRule
from domain.terms import Terms
from ledger.dashboards import Card
from ledger.memory import MemoryLedger

WHOLE = Horizon(zone=b.ZONE, whole=True)


@pytest.fixture
def office() -> Counter:
    """An office on a ledger in memory."""
    return Counter(MemoryLedger(), StandingClock())


async def shown(office: Counter) -> Card | None:
    """Return the issue as boards show it, if they do."""
    today = await office.ledger.today(
        WHOLE, at=office.clock.at, from_at=b.MON_9, to_at=office.clock.at + timedelta(days=400)
    )
    return next((card for card in today.reported.cards if card.stream == STREAM), None)


async def test_a_row_goes_by_the_terms_that_an_issue_adopts(office: Counter) -> None:
    await office.accepted()
    before = await shown(office)
    supervision = SupervisionRule(lights=LightRule(yellow_percent=10))
    handbook = b.HANDBOOK.model_copy(update={"supervision": supervision, "revision": 2})
    target = Terms(handbook=handbook, calendar=b.CALENDAR)
    await office.desk.shelf.keep(target, office.clock.at)

    adoption = b.submission(b.adopt_handbook(target), ENGINE, id_="adopt:plan-1:harbour")
    await office.desk.adopt(adoption, target)
    after = await shown(office)

    assert before is not None
    assert after is not None
    assert before.yellow_at is not None
    assert after.yellow_at is not None
    assert after.version > before.version
    assert after.yellow_at < before.yellow_at
    assert after.red_at == before.red_at


async def test_what_stands_turns_no_light_until_it_is_resumed(office: Counter) -> None:
    await office.accepted()
    running = await shown(office)
    await office.do(b.PAUSE)
    paused = await shown(office)
    office.clock.at += timedelta(days=1)
    await office.do(b.RESUME)
    resumed = await shown(office)

    assert running is not None
    assert paused is not None
    assert resumed is not None
    assert running.red_at is not None
    assert resumed.red_at is not None
    assert paused.red_at is None or paused.red_at != running.red_at
    assert resumed.red_at > running.red_at


async def test_a_closed_issue_leaves_the_boards(office: Counter) -> None:
    await office.closed_out()
    card = await shown(office)
    standing = await office.ledger.standing(WHOLE, at=office.clock.at)

    assert card is not None
    assert not card.open
    assert card.holder is None
    assert standing.lights.open == 0
