"""The versions of a handbook: named, counted, in force at an instant, or not to be read."""

import builders as b
import pytest
from adoptions import ENDS_2026, Office
from desks import StandingClock
from shelves import ISLAND, REPLACED, TIDES, hash_in_force, island, publish, revised

from desk.handbook_versions import Versions
from desk.publishing import Publishing
from desk.shelf import UnfitZoneError
from domain.canonical import sha256
from domain.errors import InvalidRequestError, UnknownZoneError
from ledger.memory import MemoryLedger
from ledger.port import Ledger
from ledger.publications import HandbookRow

# Versions -------------------------------------------------------------------------------------


async def test_a_later_shipped_revision_does_not_win_over_a_published_one(
    ledger: Ledger, there: Office, clock: StandingClock
) -> None:
    await publish(there, REPLACED)
    upgraded = Office(ledger, clock, terms=revised(9))
    assert await hash_in_force(upgraded) == REPLACED.handbook.hash
    versions = await Versions(upgraded.desk).of_zone(b.ZONE)
    assert versions.in_force is not None
    assert (versions.in_force.name, versions.shipped_waits) == ("handbook-1", True)
    with pytest.raises(InvalidRequestError, match="greater revision"):
        await publish(upgraded, revised(2))
    await publish(upgraded, revised(9))
    versions = await Versions(upgraded.desk).of_zone(b.ZONE)
    assert [each.handbook.revision for each in versions.published] == [2, 9]
    assert not versions.shipped_waits


async def test_a_later_shipped_revision_is_in_force_where_nothing_was_published(
    ledger: Ledger, clock: StandingClock
) -> None:
    upgraded = Office(ledger, clock, terms=revised(9))
    versions = await Versions(upgraded.desk).of_zone(b.ZONE)
    assert versions.in_force == versions.shipped
    assert await hash_in_force(upgraded) == revised(9).handbook.hash


async def test_a_version_is_found_by_its_name_and_by_its_hash(there: Office) -> None:
    await there.reported("old")
    await publish(there, REPLACED)
    await publish(there, revised(3))
    await there.reported("new")
    find = Versions(there.desk).find
    third = revised(3).handbook
    for named, expected in {
        "shipped": b.HANDBOOK,
        "published": third,
        "in-force": third,
        "published:1": REPLACED.handbook,
        "handbook-2": third,
        b.HANDBOOK.hash[:8]: b.HANDBOOK,
        REPLACED.handbook.hash: REPLACED.handbook,
        (await there.terms_of("old")).hash[:10]: b.HANDBOOK,
        (await there.terms_of("new")).hash: third,
    }.items():
        assert (await find(b.ZONE, named)).handbook == expected, named
    for named in ("published:3", "handbook-0", "nothing", "0" * 64, "abc"):
        with pytest.raises(InvalidRequestError, match="handbook-1, handbook-2"):
            await find(b.ZONE, named)
    with pytest.raises(UnknownZoneError):
        await find("nowhere", "shipped")


async def test_open_issues_are_counted_by_the_handbook_that_judges_them(there: Office) -> None:
    await there.accepted("a")
    await there.accepted("b")
    await publish(there, REPLACED)
    await there.reported("c")
    counted = await Versions(there.desk).open_issues(b.ZONE)
    assert counted == {b.HANDBOOK.hash: 2, REPLACED.handbook.hash: 1}


async def test_what_was_in_force_is_told_for_any_instant(
    there: Office, clock: StandingClock
) -> None:
    clock.at = b.MON_10
    await publish(there, REPLACED)
    clock.at = b.MON_13
    await publish(there, revised(3))
    versions = Versions(there.desk)
    told = {
        at: (await versions.in_force_at(b.ZONE, at)).name
        for at in (b.MON_9, b.MON_10, b.MON_11, b.MON_13, b.FRI_17)
    }
    assert list(told.values()) == [
        *("shipped", "handbook-1", "handbook-1"),
        *("handbook-2", "handbook-2"),
    ]
    clock.at = b.MON_15
    await publish(there, island())
    with pytest.raises(InvalidRequestError, match="Nothing was in force"):
        await versions.in_force_at(ISLAND, b.MON_13)


async def test_a_clock_that_goes_back_does_not_turn_the_order_of_publications(
    there: Office, clock: StandingClock
) -> None:
    clock.at = b.MON_13
    await publish(there, REPLACED)
    clock.at = b.MON_9
    row, _ = await publish(there, revised(3))
    assert row.at == b.MON_13
    assert (await Versions(there.desk).in_force_at(b.ZONE, b.MON_13)).name == "handbook-2"


# What cannot be read --------------------------------------------------------------------------


async def stored(ledger: Ledger, zone: str, hash_: str, text: str) -> None:
    """Publish past the desk, as another program would."""
    after = max((r.sequence for r in await ledger.handbook_publications(zone)), default=0)
    await ledger.publish_handbook(
        HandbookRow(hash_, zone, text, b.MON_9),
        after=after,
        previous=None,
        author="a",
        approver="b",
        reason="x",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"zone":"island","later_field":1}', "not of a form that this program knows"),
        (island(7).handbook.model_dump_json(), "not kept as it was"),
    ],
)
async def test_a_handbook_that_cannot_be_read_stops_its_zone_and_no_other(
    there: Office, text: str, message: str
) -> None:
    await there.reported()
    await publish(there, island())
    await stored(there.ledger, ISLAND, sha256("other"), text)
    await there.desk.shelf.refresh()
    with pytest.raises(UnfitZoneError, match=message):
        await there.desk.shelf.current(ISLAND, b.MON_9)
    await there.reported("still-works")
    versions = await Versions(there.desk).of_zone(ISLAND)
    assert [row.hash for row in versions.unreadable] == [sha256("other")]
    assert versions.in_force is None


async def test_a_handbook_whose_calendar_nobody_has_stops_its_zone_and_no_other() -> None:
    ledger = MemoryLedger()
    office = Office(ledger, StandingClock())
    lost = island(named=TIDES).handbook
    await stored(ledger, ISLAND, lost.hash, lost.model_dump_json())
    with pytest.raises(UnfitZoneError, match="tides"):
        await office.desk.shelf.current(ISLAND, b.MON_9)
    await office.reported()
    assert (await Publishing(office.desk).in_force("plain")).calendar == ENDS_2026
