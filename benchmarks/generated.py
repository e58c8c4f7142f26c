"""A ledger of as many issues as one likes: distinct lives played by seed, then told of others.

Each life is played through the real desk on a ledger in memory, at times of its own. A copy has
another key, another number and every hash made anew; it is loaded as PostgreSQL loads bulk.
"""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta

import asyncpg

from benchmarks import script
from benchmarks.stage import HANDBOOKS
from desk.desk import Desk
from desk.shelf import Shelf
from domain.canonical import canonical, sha256
from domain.chain import GENESIS, Record, link
from domain.commands import Accept, Confirm, Submission, Verify
from domain.errors import IssueError
from domain.issue import Issue, stream_name
from domain.terms import Terms
from domain.view import Ring
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger
from ledger.port import ClockRow, CommandRow, FiringRow, NoticeRow
from ledger.projections import IssueColumns, columns_of

KEY = "key-0000000"
FIRST_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NUMBER = re.compile(r"BENCH-2026-\d{6}")
ISSUES_A_LOAD = 1000
STEPS_HOURS = (0.1, 0.1, 0.2, 0.5, 1, 2, 8, 20)
MIDDLES_MAX = 11
RINGS_MAX = 40

FACTS = ("stream", "version", "position", "kind", "at", "occurred_at", "command_id", "command_hash")
EVENT_COLUMNS = (*FACTS, "terms", "rules", "text", "previous", "hash")
COMMAND_COLUMNS = tuple(each.name for each in fields(CommandRow))
ISSUE_COLUMNS = (
    *("stream", "zone", "key", "version", "hash", "terms", "armed_due_at", "answered", "snapshot"),
    *(each.name for each in fields(IssueColumns)),
)


@dataclass(frozen=True, slots=True)
class Life:
    """One issue's whole life, to be told of others."""

    issue: Issue
    records: tuple[Record, ...]
    commands: tuple[CommandRow, ...]
    clocks: tuple[ClockRow, ...]
    firings: tuple[FiringRow, ...]
    notices: tuple[NoticeRow, ...]


@dataclass(slots=True)
class _Clock:
    at: datetime
    offset = timedelta(0)

    def now(self) -> datetime:
        return self.at


def bench_terms() -> Terms:
    """Return the terms by which every generated issue is judged."""
    return read_terms(script.ZONE, HANDBOOKS)


async def lives(count: int, seed: int, terms: Terms) -> list[Life]:
    """Return so many distinct lives, each from report to close-out; the same for the same seed."""
    chance = random.Random(seed)  # not for secrets
    told: list[Life] = []
    while len(told) < count:
        life = await _life(chance, terms)
        told += [] if life.issue.is_open else [life]
    return told


async def _life(chance: random.Random, terms: Terms) -> Life:
    ledger, clock = MemoryLedger(), _Clock(FIRST_AT + timedelta(minutes=chance.randrange(400_000)))
    desk = Desk(ledger, Shelf(ledger, {script.ZONE: terms}), clock)
    stream = stream_name(script.ZONE, KEY)
    for number, (actor, command) in enumerate(_acts(chance), start=1):
        if number > 1:
            hours = chance.choice(STEPS_HOURS)
            await _pass_time(desk, clock, stream, clock.at + timedelta(hours=hours))
        submission = Submission(
            id=f"{KEY}:{number}", zone=script.ZONE, key=KEY, actor=actor, command=command
        )
        with suppress(IssueError):  # time may have moved the issue to another tier
            await desk.carry_out(submission)
    for notice in await ledger.notices(stream):
        await ledger.mark_delivered(notice.id, clock.at)
    row = await ledger.issue(stream)
    assert row is not None
    return Life(
        row.issue,
        tuple(await ledger.records(stream)),
        tuple(await ledger.commands(stream)),
        tuple(await ledger.clocks(stream)),
        tuple(await ledger.firings(stream)),
        tuple(await ledger.notices(stream)),
    )


def _acts(chance: random.Random) -> Iterator[script.Act]:
    """Yield a life: what always is, and in the middle what the dice say."""
    officer = script.OFFICER
    # The key in its title, so that a search can be for one of all.
    yield script.MILL, script.report().model_copy(update={"title": f"The gate is blocked, {KEY}"})
    yield officer, Accept()
    for _ in range(chance.randrange(MIDDLES_MAX)):
        match chance.randrange(4):
            case 0:
                yield officer, script.NOTE
            case 1:
                yield officer, chance.choice((script.ASSIGN, script.ASSIGN_OTHER))
            case 2:
                yield officer, script.PAUSE
                yield officer, script.RESUME
            case _:
                yield script.MILL, script.NOTE
    yield officer, script.ASSIGN
    yield officer, script.ESCALATE
    for actor in (officer, script.HEAD, script.DIRECTOR):
        yield actor, script.PROPOSE
    yield script.MILL, Confirm()
    yield script.HEAD, Verify()
    yield script.DIRECTOR, Verify()


async def _pass_time(desk: Desk, clock: _Clock, stream: str, until: datetime) -> None:
    """Ring every rung that falls due on the way, each at its instant, as a workflow does."""
    for _ in range(RINGS_MAX):
        row = await desk.ledger.issue(stream)
        due = None if row is None else row.issue.next_rung
        if row is None or due is None or due[1].due_at > until:
            break
        clock.at = max(clock.at, due[1].due_at)
        ring = Ring(
            zone=script.ZONE,
            key=KEY,
            clock=due[0].id,
            cycle=due[0].cycle,
            rung=due[1].id,
        )
        await desk.ring(ring)
    clock.at = max(clock.at, until)


def told_of(life: Life, place: int) -> Life:
    """Return the same life as that of the issue at `place`: its key, its number, its hashes."""
    key, number = f"key-{place:07d}", f"BENCH-2026-{place + 1:06d}"

    def anew(text: str) -> str:
        return NUMBER.sub(number, text.replace(KEY, key))

    hashes: dict[str, str] = {}
    commands = []
    for row in life.commands:
        body = anew(row.body)
        hashes[row.hash] = sha256(body)
        commands.append(
            replace(
                row,
                id=anew(row.id),
                stream=anew(row.stream),
                body=body,
                hash=hashes[row.hash],
                result=anew(row.result),
            )
        )
    records, previous = [], GENESIS
    for record in life.records:
        text = anew(record.text).replace(record.command_hash, hashes[record.command_hash])
        hash_ = link(previous, text)
        records.append(
            replace(
                record,
                stream=anew(record.stream),
                command_id=anew(record.command_id),
                command_hash=hashes[record.command_hash],
                text=text,
                previous=previous,
                hash=hash_,
            )
        )
        previous = hash_
    stream = anew(life.issue.stream)
    return Life(
        Issue.model_validate_json(anew(life.issue.model_dump_json())),
        tuple(records),
        tuple(commands),
        tuple(replace(row, stream=stream) for row in life.clocks),
        tuple(replace(row, stream=stream) for row in life.firings),
        tuple(replace(row, stream=stream, id=anew(row.id)) for row in life.notices),
    )


async def load(url: str, played: Sequence[Life], terms: Terms, issues: int, seed: int) -> int:
    """Fill an empty ledger with so many issues; return how many events they have. As superuser."""
    chance = random.Random(seed)  # not for secrets
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO terms (hash, zone, text, at) VALUES ($1, $2, $3, $4)",
            terms.hash,
            script.ZONE,
            canonical(terms),
            FIRST_AT,
        )
        position = 0
        for first in range(0, issues, ISSUES_A_LOAD):
            places = range(first, min(issues, first + ISSUES_A_LOAD))
            some = [told_of(chance.choice(played), place) for place in places]
            position = await _load(connection, some, position)
        await connection.execute(
            "INSERT INTO number_sequence VALUES ($1, 2026, $2)", script.ZONE, issues
        )
        await connection.execute("SELECT setval('event_position_seq', $1)", position)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return position


async def _load(
    connection: "asyncpg.Connection[asyncpg.Record]", some: Sequence[Life], position: int
) -> int:
    events = []
    for life in some:
        for record in life.records:
            position += 1
            plain = [getattr(record, name) for name in EVENT_COLUMNS if name != "position"]
            events.append((*plain[:2], position, *plain[2:]))
    tables: dict[str, tuple[tuple[str, ...], list[tuple[object, ...]]]] = {
        "event": (EVENT_COLUMNS, events),
        "command": (COMMAND_COLUMNS, [_row(row) for life in some for row in life.commands]),
        "issue": (ISSUE_COLUMNS, [_issue_row(life) for life in some]),
        "clock": (_names(ClockRow), [_row(row) for life in some for row in life.clocks]),
        "rung_firing": (_names(FiringRow), [_row(row) for life in some for row in life.firings]),
        "notice": (_names(NoticeRow), [_row(row) for life in some for row in life.notices]),
    }
    for table, (columns, rows) in tables.items():
        await connection.copy_records_to_table(table, records=rows, columns=columns)
    return position


def _issue_row(life: Life) -> tuple[object, ...]:
    issue, listed = life.issue, columns_of(life.issue)
    return (
        issue.stream,
        issue.zone,
        issue.key,
        issue.version,
        life.records[-1].hash,
        issue.terms,
        None,
        True,
        issue.model_dump_json(),
        *(getattr(listed, each.name) for each in fields(IssueColumns)),
    )


def _names(row: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(row))


def _row(row: CommandRow | ClockRow | FiringRow | NoticeRow) -> tuple[object, ...]:
    return tuple(getattr(row, each.name) for each in fields(row))
