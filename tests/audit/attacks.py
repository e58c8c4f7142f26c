"""What somebody does who knows the whole construction, holds the database and lacks the key."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import builders as b
from mutations import TABLES, Mutation
from whole_ledger import NAME, ledger_within

from domain.canonical import sha256
from domain.chain import GENESIS
from domain.checkpoints import Checkpoint
from domain.leaves import fact_leaf
from domain.merkle import leaf_hash, root_of
from domain.terms import Terms
from ledger.board_rows import board_row
from ledger.codec import read_snapshot
from ledger.log_rows import FACT_TABLES
from ledger.postgres_log import _append, _leaf_of
from ledger.signing import Signer

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

Act = Callable[["Connection"], Awaitable[object]]

STREAM: Final = f"{b.ZONE}/effect"
FOREIGN: Final = Signer.from_bytes(NAME, b"\x07" * 32)
OF_STREAM: Final = (
    *("event", "command", "issue", "clock", "rung_firing", "notice", "outbox", "issue_text"),
    *("refusal", "errand", "issue_board"),
)


async def change_a_title(connection: "Connection") -> None:
    """Tell another title wherever it is told, and hash the issue's chain anew."""
    was, told = "The gate is blocked", "The gate is open"
    await _retell(connection, was, told)
    for table in ("issue", "issue_board"):
        await connection.execute(f"UPDATE {table} SET title = $2 WHERE stream = $1", STREAM, told)
    await rehash(connection, STREAM)


async def put_back_the_clock(connection: "Connection") -> None:
    """Date a whole life one day earlier, its chain hashed anew."""
    for table, columns in {
        "event": ("at", "occurred_at"),
        "command": ("at",),
        "issue": ("reported_at", "closed_at", "next_due_at", "deadline_at"),
        "clock": ("anchor_at", "due_at", "breached_at"),
        "rung_firing": ("due_at", "fired_at", "effect_done_at"),
        "notice": ("created_at",),
    }.items():
        said = ", ".join(f"{column} = {column} - interval '1 day'" for column in columns)
        await connection.execute(f"UPDATE {table} SET {said} WHERE stream = $1", STREAM)
    texts = await connection.fetch("SELECT text FROM event WHERE stream = $1", STREAM)
    for day in range(2, 30):  # upwards: what was moved is not moved again
        if any(f"2026-03-{day:02d}T" in row[0] for row in texts):
            await _retell(connection, f"2026-03-{day:02d}T", f"2026-03-{day - 1:02d}T")
    await rehash(connection, STREAM)
    await _show_anew(connection)


async def _show_anew(connection: "Connection") -> None:
    """Make the row that boards go by anew, as a program with the calendars at hand can."""
    snapshot, terms = await connection.fetchrow(
        "SELECT i.snapshot, t.text FROM issue i JOIN terms t ON t.hash = i.terms WHERE stream = $1",
        STREAM,
    )
    row = board_row(read_snapshot(snapshot), Terms.model_validate_json(terms))
    if row is not None:
        await connection.execute(
            "UPDATE issue_board SET reported_at = $2, yellow_at = $3, red_at = $4"
            " WHERE stream = $1",
            STREAM,
            row.reported_at,
            row.yellow_at,
            row.red_at,
        )


async def remove_the_issue(connection: "Connection") -> None:
    """Take an issue out of every table that names it."""
    for table in OF_STREAM:
        await connection.execute(f"DELETE FROM {table} WHERE stream = $1", STREAM)
    key = STREAM.partition("/")[2]
    await connection.execute("DELETE FROM issue_link WHERE $1 IN (from_key, to_key)", key)
    await connection.execute("DELETE FROM errand WHERE from_stream = $1", STREAM)


async def leave_as_it_is(_connection: "Connection") -> None:
    """Change nothing but what follows."""


async def _retell(connection: "Connection", was: str, told: str) -> None:
    for table, columns in {
        "event": ("text",),
        "command": ("body", "result"),
        "issue": ("snapshot",),
    }.items():
        said = ", ".join(f"{column} = replace({column}, $2, $3)" for column in columns)
        query = f"UPDATE {table} SET {said} WHERE stream = $1"
        await connection.execute(query, STREAM, was, told)


async def rehash(connection: "Connection", stream: str) -> None:
    """Hash commands and the chain of events anew, to the issue's head."""
    commands = await connection.fetch(
        "SELECT id, body, hash FROM command WHERE stream = $1", stream
    )
    for id_, body, hash_ in commands:
        hashed = sha256(body)
        await connection.execute("UPDATE command SET hash = $2 WHERE id = $1", id_, hashed)
        await connection.execute(
            "UPDATE event SET command_hash = $3, text = replace(text, $2, $3)"
            " WHERE command_id = $1",
            id_,
            hash_,
            hashed,
        )
    previous = GENESIS
    for version, text in await connection.fetch(
        "SELECT version, text FROM event WHERE stream = $1 ORDER BY version", stream
    ):
        hash_ = sha256(previous + text)
        await connection.execute(
            "UPDATE event SET previous = $3, hash = $4 WHERE stream = $1 AND version = $2",
            stream,
            version,
            previous,
            hash_,
        )
        previous = hash_
    await connection.execute("UPDATE issue SET hash = $2 WHERE stream = $1", stream, previous)


async def rebuild_the_tree(connection: "Connection") -> None:
    """Make every leaf anew, in order, leave out what is gone, and compute the nodes."""
    ledger = ledger_within(connection)
    before = await connection.fetch("SELECT kind, key, position FROM log_entry ORDER BY index")
    stubs = {stub.position: stub for stub in await ledger.event_stubs(0, 1 << 60, 10_000)}
    found: list[tuple[str, str | None, int | None, bytes]] = []
    for kind, key, position in before:
        if position is not None:
            if position in stubs:
                leaf = _leaf_of(stubs[position])
                found.append((kind, None, position, leaf_hash(leaf)))
            continue
        for name, row in (await ledger.fact_rows(kind, [key])).items():
            found.append((kind, name, None, leaf_hash(fact_leaf(kind, name, row))))
    await connection.execute("DELETE FROM log_entry")
    await connection.execute("DELETE FROM log_node")
    await _append(connection, found)  # type: ignore[arg-type]  # one connection, in no pool


async def state_the_new_roots(connection: "Connection") -> None:
    """Write the roots of the tree as it is into the checkpoints; their notes cannot be signed."""
    for size, root in await _roots(connection):
        await connection.execute(
            "UPDATE checkpoint SET root = $2 WHERE size = $1", size, root.hex()
        )


async def drop_the_checkpoints(connection: "Connection") -> None:
    """Leave no checkpoint, no key, no anchor, and no leaf of these."""
    for table in ("checkpoint", "log_key", "anchor"):
        await connection.execute(f"DELETE FROM {table}")
        await connection.execute("DELETE FROM log_entry WHERE kind = $1", table)
    await rebuild_the_tree(connection)


async def sign_with_another_key(connection: "Connection") -> None:
    """Sign checkpoints of the tree as it is, at the times of the true ones, by another key of the
    same name, and say that this was the log's from the beginning."""
    kept = {row["size"]: row["at"] for row in await connection.fetch("SELECT * FROM checkpoint")}
    anchors = await connection.fetch("SELECT * FROM anchor ORDER BY sequence")
    await drop_the_checkpoints(connection)
    await connection.execute(
        "INSERT INTO log_key (sequence, vkey, note, at) VALUES (1, $1, NULL, $2)",
        FOREIGN.key.text,
        min(kept.values()),
    )
    hashes = [row[0] for row in await connection.fetch("SELECT hash FROM log_entry ORDER BY index")]
    for size, at in kept.items():
        root = root_of(hashes[:size])
        point = Checkpoint(NAME, min(size, len(hashes)), root, at)
        note = FOREIGN.signed(point.text).whole
        await connection.execute(
            "INSERT INTO checkpoint (size, root, at, note) VALUES ($1, $2, $3, $4)",
            point.size,
            root.hex(),
            at,
            note,
        )
    for row in anchors:
        await connection.execute(
            "INSERT INTO anchor (sequence, size, kind, target, receipt, at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *row.values(),
        )


async def _roots(connection: "Connection") -> list[tuple[int, bytes]]:
    hashes = [row[0] for row in await connection.fetch("SELECT hash FROM log_entry ORDER BY index")]
    sizes = await connection.fetch("SELECT size FROM checkpoint ORDER BY size")
    return [(row[0], root_of(hashes[: row[0]])) for row in sizes]


async def drop_last(connection: "Connection", count: int) -> None:
    """Drop the last checkpoints, as if they had never been signed."""
    await connection.execute(
        "DELETE FROM checkpoint WHERE size IN"
        " (SELECT size FROM checkpoint ORDER BY size DESC LIMIT $1)",
        count,
    )


async def empty_everything(connection: "Connection") -> None:
    """Leave nothing but what the migrations noted of themselves."""
    for table in TABLES:
        if table != "schema_migration":
            await connection.execute(f"TRUNCATE {table}")
    await connection.execute("DELETE FROM log_pending")
    await connection.execute(
        "INSERT INTO log_pending SELECT 'schema_migration', version::text FROM schema_migration"
    )


async def cut_off_the_end(connection: "Connection") -> None:
    """Bring everything back to what the second checkpoint covers, and the tables with it."""
    size = await connection.fetchval("SELECT size FROM checkpoint ORDER BY size OFFSET 1 LIMIT 1")
    gone = await connection.fetch(
        "SELECT kind, key, position FROM log_entry WHERE index >= $1", size
    )
    for kind, key, position in gone:
        if position is not None:
            stream = await connection.fetchval(
                "SELECT stream FROM event WHERE position = $1", position
            )
            for table in OF_STREAM:
                await connection.execute(f"DELETE FROM {table} WHERE stream = $1", stream)
        else:
            fact = FACT_TABLES[kind]
            await connection.execute(f"DELETE FROM {kind} WHERE {fact.key}::text = $1", key)
    await connection.execute("DELETE FROM log_entry WHERE index >= $1", size)
    await connection.execute("DELETE FROM checkpoint WHERE size > $1", size)
    await connection.execute("UPDATE number_sequence SET last = last - 1")
    await rebuild_the_tree(connection)


@dataclass(frozen=True, slots=True)
class Deed:
    """A change of facts that is made good in all tables, and what its findings may name."""

    what: str
    do: Act
    is_hidden: bool = True
    """Streams and projections say nothing of it: the log alone does."""


DEEDS: Final = (
    Deed("a title changed and the chain hashed anew", change_a_title),
    Deed(
        "a life dated a day earlier and the chain hashed anew", put_back_the_clock, is_hidden=False
    ),
    Deed("an issue removed from every table", remove_the_issue, is_hidden=False),
    Deed("nothing changed", leave_as_it_is),
)
COVERS: Final[tuple[tuple[str, tuple[Act, ...]], ...]] = (
    ("the log left as it is", ()),
    ("the tree built anew", (rebuild_the_tree,)),
    ("the tree built anew and its roots stated", (rebuild_the_tree, state_the_new_roots)),
    ("all checkpoints, keys and anchors dropped", (rebuild_the_tree, drop_the_checkpoints)),
    ("the tree signed with another key", (rebuild_the_tree, sign_with_another_key)),
)
NAMED: Final = ("checkpoint", "anchor", "log_key", "leaf", "tree", STREAM)


def attacks() -> list[Mutation]:
    """Return every deed under every cover, and attacks on the log alone."""
    found = [
        Mutation(f"{deed.what}; {how}", NAMED, _in_turn(deed.do, *acts))
        for deed in DEEDS
        for how, acts in COVERS
        if deed.do is not leave_as_it_is or len(acts) > 1
        if acts != (rebuild_the_tree, state_the_new_roots) or deed.do is not leave_as_it_is
    ]
    found.append(Mutation("every table emptied", NAMED, empty_everything))
    for count in (1, 2, 3, 4):
        found.append(Mutation(f"the last {count} checkpoints dropped", NAMED, _dropping(count)))
    found.append(Mutation("leaves and facts cut off behind a checkpoint", NAMED, cut_off_the_end))
    return found


def _in_turn(*acts: Act) -> Act:
    async def do(connection: "Connection") -> None:
        for act in acts:
            await act(connection)

    return do


def _dropping(count: int) -> Act:
    async def do(connection: "Connection") -> None:
        await drop_last(connection, count)

    return do
