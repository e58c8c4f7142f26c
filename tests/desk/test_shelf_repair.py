"""A zone that cannot follow its newest publication, or lost its folder: who may repair it, how."""

import json
from typing import Any

import builders as b
import pytest
from adoptions import ENDS_2026, EXTENDED, TO_2026, Office
from desks import StandingClock
from shelves import ISLAND, TIDES, hash_in_force, island, publish, revised

from desk.changed_hands import ChangedHands
from desk.desk import Desk
from desk.handbooks import HandbookPublishing
from desk.shelf import Shelf, UnfitZoneError
from domain.canonical import canonical
from domain.errors import NotPermittedError
from domain.people import Officer
from ledger.memory import MemoryLedger
from ledger.port import Ledger, LedgerError
from ledger.publications import CalendarRow, HandbookRow

LATER = "e" * 64


class Elsewhere(Office):
    """A process of a program that came with other handbooks."""

    def __init__(self, ledger: Ledger, clock: StandingClock, **shipped: Any) -> None:
        super().__init__(ledger, clock)
        self.desk = Desk(ledger, Shelf(ledger, shipped), clock)


async def later_program_published(ledger: Ledger, zone: str, after: int, previous: str) -> None:
    """Publish a handbook of a form that this program does not know."""
    await ledger.publish_handbook(
        HandbookRow(hash=LATER, zone=zone, text='{"later": 1}', at=b.MON_9),
        after=after,
        previous=previous,
        author="a",
        approver="b",
        reason="r",
    )


async def calendar_of_a_later_program(ledger: Ledger) -> None:
    text = json.dumps(json.loads(canonical(ENDS_2026)) | {"later": 1})
    row = CalendarRow(
        hash=LATER, id=ENDS_2026.id, text=text, valid_until=ENDS_2026.valid_until, at=b.MON_9
    )
    await ledger.publish(row, after=0, previous=None, author="a", reason="r")


async def test_a_published_zone_outlives_the_program_that_shipped_its_calendar(
    there: Office, ledger: Ledger, clock: StandingClock
) -> None:
    await publish(there, island())
    bare = Elsewhere(ledger, clock)
    assert await hash_in_force(bare, ISLAND) == island().handbook.hash
    assert (await bare.desk.shelf.current(ISLAND, clock.at)).calendar == ENDS_2026


async def test_an_unfit_zone_is_repaired_by_those_of_its_last_readable_publication(
    there: Office, ledger: Ledger
) -> None:
    first, _ = await publish(there, island())
    await later_program_published(ledger, ISLAND, first.sequence, first.hash)
    await there.desk.shelf.refresh()
    with pytest.raises(UnfitZoneError):
        await hash_in_force(there, ISLAND)
    present = await HandbookPublishing(there.desk).present(ISLAND)
    assert present is not None
    assert present.terms.handbook.hash == first.hash
    row, _ = await publish(there, island(revision=2))
    assert row.previous == LATER
    assert await hash_in_force(there, ISLAND) == island(revision=2).handbook.hash


async def test_strangers_cannot_take_a_zone_that_lost_its_folder(
    there: Office, ledger: Ledger, clock: StandingClock
) -> None:
    await there.accepted("open-issue")
    strangers = [
        post | {"people": [f"stranger.{n}", f"other.{n}"]}
        for n, post in enumerate(b.HANDBOOK_DATA["posts"])
    ]
    people = {post["id"]: post["people"][0] for post in strangers}
    mine = revised(posts=strangers)
    bare = Elsewhere(ledger, clock, island=island())
    with pytest.raises(NotPermittedError):
        await publish(
            bare,
            mine,
            author=Officer(person=people[b.COORDINATOR.post], post=b.COORDINATOR.post),
            approver=Officer(person=people[b.DIRECTOR.post], post=b.DIRECTOR.post),
        )
    row, _ = await publish(bare, mine)
    assert row.previous == TO_2026.handbook.hash


async def test_terms_and_calendars_of_a_later_program_are_named_errors(
    there: Office, ledger: Ledger, clock: StandingClock
) -> None:
    await ledger.put_terms(LATER, b.ZONE, '{"later": 1}', clock.at)
    with pytest.raises(LedgerError, match=f"terms {LATER}"):
        await there.desk.shelf.version(LATER)
    await calendar_of_a_later_program(ledger)
    with pytest.raises(LedgerError, match="calendar version"):
        await there.desk.shelf.calendar(LATER)


async def test_a_calendar_of_a_later_program_makes_only_its_own_zones_unfit(
    ledger: Ledger, clock: StandingClock
) -> None:
    other = island(named=TIDES)
    office = Elsewhere(ledger, clock, **{b.ZONE: TO_2026, ISLAND: other})
    await calendar_of_a_later_program(ledger)
    with pytest.raises(UnfitZoneError):
        await hash_in_force(office)
    assert await hash_in_force(office, ISLAND) == other.handbook.hash
    assert TIDES.id in await office.desk.shelf.known_calendars(ISLAND)
    held = await office.desk.shelf.in_force(clock.at)
    assert [terms.handbook.zone for terms in held] == [ISLAND]


async def test_all_zones_in_force_are_those_of_one_look(
    clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = MemoryLedger()
    shelf = Shelf(ledger, {b.ZONE: TO_2026, ISLAND: island()})
    keep = ledger.put_terms

    async def while_another_publishes(*given: Any) -> None:
        await keep(*given)
        if not await ledger.newest_publications():
            row = CalendarRow(
                hash=EXTENDED.hash,
                id=EXTENDED.id,
                text=canonical(EXTENDED),
                valid_until=EXTENDED.valid_until,
                at=clock.at,
            )
            await ledger.publish(row, after=0, previous=None, author="a", reason="r")
            shelf._look_again_s = 0.0

    monkeypatch.setattr(ledger, "put_terms", while_another_publishes)
    assert {terms.calendar.hash for terms in await shelf.in_force(clock.at)} == {ENDS_2026.hash}
    assert {terms.calendar.hash for terms in await shelf.in_force(clock.at)} == {EXTENDED.hash}


async def test_a_round_looks_before_it_goes_through_the_zones(
    there: Office, ledger: Ledger, clock: StandingClock
) -> None:
    await publish(there, island())
    fresh = Elsewhere(ledger, clock, **{b.ZONE: TO_2026})
    assert fresh.desk.shelf.zones == [b.ZONE]
    rounds = ChangedHands(fresh.desk)
    await rounds.round()
    assert sorted(rounds._looked) == fresh.desk.shelf.zones == [b.ZONE, ISLAND]
