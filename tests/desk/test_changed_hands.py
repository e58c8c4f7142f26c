"""A post's people change with the day: each open issue that it owns says so once (Q31)."""

from datetime import timedelta

import builders as b
import pytest
from desks import Counter, StandingClock

from desk.changed_hands import ChangedHands
from domain.errors import InvalidRequestError
from domain.people import Officer
from ledger.port import Ledger

TERMS = b.terms_of(
    clocks=b.clock_rule("acceptance", budgets=[{"duration": {"kind": "natural_days", "days": 7}}]),
    posts=[
        post
        if post["id"] != "grid-east-1"
        else post
        | {
            "people": [],
            "assignments": [
                {"person": "old", "to_on": "2026-03-02"},
                {"person": "new", "from_on": "2026-03-03"},
            ],
        }
        for post in b.HANDBOOK_DATA["posts"]
    ],
)
OLD, NEW = (Officer(person=who, post="grid-east-1") for who in ("old", "new"))


@pytest.fixture
def office(ledger: Ledger, clock: StandingClock) -> Counter:
    """A counter in the zone of the dated post, once on each ledger."""
    return Counter(ledger, clock, terms=TERMS)


async def kinds(office: Counter, key: str) -> list[str]:
    return [record.kind for record in await office.ledger.records(f"{b.ZONE}/{key}")]


async def test_each_open_issue_of_the_post_changes_hands_by_one_event(office: Counter) -> None:
    for key in ("one", "two", "closed"):
        await office.reported(key)
    await office.do(b.WITHDRAW, b.ENTERPRISE, key="closed")
    hands = ChangedHands(office.desk)

    assert await hands.round() == 0
    office.clock.at = b.MON_17 + timedelta(hours=7, minutes=1)
    assert await hands.round() == 2
    assert await hands.round() == 0

    for key in ("one", "two"):
        assert (await kinds(office, key)).count("post_handed_over") == 1
    assert "post_handed_over" not in await kinds(office, "closed")


async def test_two_processes_record_it_once(office: Counter) -> None:
    await office.reported("one")
    office.clock.at = b.TUE_9

    moved = [await ChangedHands(office.desk).round() for _ in range(2)]

    assert moved == [1, 0]
    assert (await kinds(office, "one")).count("post_handed_over") == 1


async def test_the_new_person_acts_before_and_after(office: Counter) -> None:
    await office.reported("one")
    office.clock.at = b.TUE_9

    await office.do(b.NOTE, NEW, key="one")
    assert await ChangedHands(office.desk).round() == 1


async def test_its_ids_are_the_engines_own(office: Counter) -> None:
    with pytest.raises(InvalidRequestError):
        await office.do(b.NOTE, b.HOTLINE, id_="handover:harbour/one:2026-03-03:1")
