"""A ledger with very many issues, few of them open: some days that were played, told of many more.

A copy has another key, number, enterprise, owner and handler, and other times. Of its events it has
those that boards look for, with their texts cut short: nothing here reads or verifies them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg

from demo.year import Year, generate_year
from desk.desk import Desk
from desk.shelf import Shelf
from domain.commands import Accept, Note, Report, Submission
from domain.organization import holders, owner_post
from domain.people import Officer, Representative
from domain.phases import Origin
from ledger.migrate import migrate
from ledger.postgres import PostgresLedger

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

PLAYED = 240
FROM_ON, UNTIL_ON = date(2026, 6, 1), date(2026, 6, 12)
LONG_KEY = "long"
COPIES_A_STATEMENT = 100
SEEN = (
    "'issue_reported', 'issue_escalated', 'resolution_rejected', 'sign_off_lapsed', "
    "'issue_closed_out'"
)
# An open issue is moved by up to ten days, so that some are red and some soon will be; a closed one
# by up to a year, so that each day has its share.
SHIFT = """(abs(hashtext({stream})::bigint) + {n} * 7919::bigint) % CASE WHEN {open} THEN 240
           ELSE 8760 END * interval '1 hour'"""
SPREAD = {
    "enterprise": "{0}.enterprise || '-' || n % 250",
    "owner": "{0}.owner || '-' || n % 20",
    "handler": "{0}.handler || '-' || n % 20",
}
PLAIN = (
    *("zone", "version", "hash", "terms", "phase", "outcome", "category", "tier", "priority"),
    *("title", "open", "answered"),
)
MOMENTS = ("reported_at", "closed_at", "next_due_at", "deadline_at")


@dataclass(frozen=True, slots=True)
class Filled:
    """What was loaded, and the instant that pages are asked at."""

    year: Year
    at: datetime
    issues: int
    opened: int
    events: int
    loaded_s: float


@dataclass(slots=True)
class _Clock:
    at: datetime
    offset = timedelta(0)

    def now(self) -> datetime:
        return self.at


async def fill(
    owner_url: str, admin_url: str, ledger: PostgresLedger, *, issues: int, opened: int, events: int
) -> Filled:
    """Fill an empty database with so many issues, and one with so many events. As superuser."""
    began_at = datetime.now(UTC)
    await migrate(owner_url)
    year = generate_year(PLAYED, from_on=FROM_ON, until_on=UNTIL_ON)
    await year.lay(ledger)
    await _play_long(ledger, year, events)
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("ALTER TABLE event DISABLE TRIGGER ALL")
        own = [issue.is_open for issue in year.issues.values()]
        for is_open, wanted in ((True, opened), (False, issues - opened)):
            copies = max(0, round(wanted / own.count(is_open)) - 1)
            for first in range(1, copies + 1, COPIES_A_STATEMENT):
                last = min(copies, first + COPIES_A_STATEMENT - 1)
                await _copy(connection, first, last, is_open=is_open)
        await connection.execute("ALTER TABLE event ENABLE TRIGGER ALL")
        await connection.execute("VACUUM ANALYZE")
        row = await connection.fetchrow(
            "SELECT count(*), count(*) FILTER (WHERE open), (SELECT count(*) FROM event) FROM issue"
        )
    finally:
        await connection.close()
    loaded_s = (datetime.now(UTC) - began_at).total_seconds()
    assert row is not None
    at = year.until_at + timedelta(hours=14)
    return Filled(year, at, int(row[0]), int(row[1]), int(row[2]), loaded_s)


async def _play_long(ledger: PostgresLedger, year: Year, events: int) -> None:
    """Write an issue that has been noted upon again and again."""
    desk = Desk(ledger, Shelf(ledger, {year.zone: year.terms}), _Clock(year.until_at))
    enterprise = year.terms.handbook.enterprises[0].id
    post = owner_post(year.terms.handbook, enterprise, 1)
    assert post is not None
    officer = Officer(person=holders(post, FROM_ON)[0], post=post.id)
    report = Report(
        enterprise=enterprise,
        category="LOG-1",
        title="A long story",
        text="It goes on and on.",
        origin=Origin.ENTERPRISE,
    )
    said = Representative(person="manager", enterprise=enterprise)
    acts = [(said, report), (officer, Accept())]
    version = 0
    while version < events:
        actor, command = acts.pop(0) if acts else (officer, Note(text="Looked into it again."))
        id_ = f"{LONG_KEY}:{version}"
        submission = Submission(id=id_, zone=year.zone, key=LONG_KEY, actor=actor, command=command)
        version = (await desk.carry_out(submission)).version


async def _copy(connection: "Connection", first: int, last: int, *, is_open: bool) -> None:
    """Tell of the copies from one number to another: issues, events, and rows of boards."""
    which = f"i.open = {is_open} AND i.key LIKE 'y______'"
    shift = SHIFT.format(stream="i.stream", n="n", open="i.open")
    numbers = f"generate_series({first}, {last}) AS n"
    moved = ", ".join(f"i.{name} - {shift}" for name in MOMENTS)
    spread = ", ".join(each.format("i") for each in SPREAD.values())
    await connection.execute(f"""
INSERT INTO issue (stream, key, number, snapshot, {", ".join(SPREAD)}, {", ".join(PLAIN)},
    {", ".join(MOMENTS)})
SELECT i.stream || '-' || n, i.key || '-' || n, i.number || '-' || n,
    replace(i.snapshot, '"' || i.key || '"', '"' || i.key || '-' || n || '"'), {spread},
    {", ".join(f"i.{name}" for name in PLAIN)}, {moved}
FROM issue i CROSS JOIN {numbers} WHERE {which}""")
    await connection.execute(f"""
INSERT INTO event (stream, version, kind, at, command_id, command_hash, terms, rules, text,
    previous, hash)
SELECT e.stream || '-' || n, e.version, e.kind, e.at - {shift}, e.command_id || '-' || n,
    e.command_hash, e.terms, e.rules, left(e.text, 200), e.previous, e.hash
FROM event e JOIN issue i ON i.stream = e.stream CROSS JOIN {numbers}
WHERE e.kind IN ({SEEN}) AND {which}""")
    if not is_open:
        return
    later = f"{shift} - interval '3 days'"
    await connection.execute(f"""
INSERT INTO issue_board (stream, zone, version, number, title, category, priority, phase, tier,
    holder_kind, holder, grid, reported_at, yellow_at, red_at, {", ".join(SPREAD)}, parts)
SELECT b.stream || '-' || n, b.zone, b.version, b.number || '-' || n, b.title, b.category,
    b.priority, b.phase, b.tier, b.holder_kind, b.holder || '-' || n % 6,
    b.grid || '-' || n % 25, b.reported_at - {shift}, b.yellow_at + {later}, b.red_at + {later},
    {", ".join(each.format("b") for each in SPREAD.values())}, b.parts
FROM issue_board b JOIN issue i ON i.stream = b.stream CROSS JOIN {numbers} WHERE {which}""")
