"""Verification of what was published, and of the columns that lists and timers go by."""

import builders as b
import builders_orders as o
import pytest
from builders_sound import SOUND
from databases import Database

from audit.verify import verify_all
from desk.order_changes import order_changes_of
from domain.calendar import WorkingCalendar
from domain.canonical import canonical
from domain.decisions.orders import decide_order
from domain.terms import Terms
from ledger.port import Ledger
from ledger.publications import CalendarRow, HandbookRow


async def published(ledger: Ledger) -> None:
    """Publish two handbooks and two versions of a calendar, each after the other."""
    before: str | None = None
    for place, revision in enumerate((1, 2)):
        book = b.handbook(**SOUND | {"revision": revision})
        row = HandbookRow(hash=book.hash, zone=book.zone, text=canonical(book), at=b.MON_9)
        await ledger.publish_handbook(
            row, after=place, previous=before, author="a", approver="b", reason="r"
        )
        before = row.hash
    before = None
    for place, year in enumerate((2027, 2028)):
        plain = b.CALENDAR.model_dump() | {"valid_until": f"{year}-12-31"}
        calendar = WorkingCalendar.model_validate(plain)
        version = CalendarRow(
            hash=calendar.hash,
            id=calendar.id,
            text=canonical(calendar),
            valid_until=calendar.valid_until,
            at=b.MON_9,
        )
        await ledger.publish(version, after=place, previous=before, author="a", reason="r")
        before = version.hash


@pytest.mark.parametrize(
    ("table", "change", "where"),
    [
        ("handbook_version", "text = replace(text, '{', '{ ')", {"handbook-1", "handbook-2"}),
        ("handbook_version", "zone = 'other'", {"handbook-1", "handbook-2"}),
        ("handbook_publication", "previous = 'x'", {"handbook-2"}),
        ("handbook_publication", "hash = previous", {"handbook-1", "handbook-2"}),
        ("calendar_version", "text = text || ' '", {"calendar-1", "calendar-2"}),
        ("calendar_version", "id = 'other'", {"calendar-1", "calendar-2"}),
        ("calendar_publication", "previous = NULL", {"calendar-2"}),
    ],
)
async def test_a_publication_that_is_not_as_it_was_is_named(
    database: Database, table: str, change: str, where: set[str]
) -> None:
    async with database.ledger() as ledger:
        await published(ledger)
        assert (await verify_all(ledger)).found == ()
        if change == "hash = previous":
            change = "hash = coalesce(previous, 'x')"
        await database.tamper(table, f"UPDATE {table} SET {change}")
        found = (await verify_all(ledger)).found
    assert {each.kind for each in found} == {"publication"}
    assert {each.stream for each in found} == where


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("zone", "'other'"),
        ("standing", "'settled'"),
        ("open", "false"),
        ("instrument", "'order'"),
        ("unit", "'power'"),
        ("issuer", "'nobody'"),
        ("issues", "'{}'"),
        ("terms", "'x'"),
        ("next_due_at", "NULL"),
        ("due_at", "now()"),
        ("ended_at", "now()"),
        ("issued_at", "now()"),
    ],
)
async def test_a_column_of_an_order_that_is_not_the_fold_is_named(
    database: Database, column: str, value: str
) -> None:
    async with database.ledger() as ledger:
        await issued(ledger, o.TERMS)
        assert (await verify_all(ledger)).found == ()
        async with database.connection() as connection:
            await connection.execute(f"UPDATE supervision_order SET {column} = {value}")
        (finding,) = (await verify_all(ledger)).found
    assert (finding.kind, finding.stream) == ("fold", o.STREAM)
    assert f"'s {column} " in finding.message


async def issued(ledger: Ledger, terms: Terms) -> None:
    """Keep an order that was just issued."""
    submission = o.submission(o.issue())
    decision = decide_order(None, submission, o.context(b.MON_9, terms))
    await ledger.put_terms(terms.hash, b.ZONE, canonical(terms), b.MON_9)
    changes = order_changes_of(submission, canonical(submission), decision, terms, None, told=False)
    async with ledger.order_transaction() as tx:
        await tx.lock_order(o.STREAM, submission.id)
        await tx.append_order(None, changes)
