"""The log is carried on, signed and given away; over a tree that was changed nothing is signed."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databases import Database

from desk.anchors import FolderAnchor, anchored_notes
from desk.log_keeper import AnchorError, ClockBehindError, LogBrokenError, LogKeeper
from domain.checkpoints import Checkpoint, read_checkpoint, read_hand_over, read_note
from domain.merkle import root_of
from ledger.port import Refusal
from ledger.postgres import PostgresLedger
from ledger.signing import LogKeyError, Signer, is_signed_by

AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
OLD = Signer.from_bytes("example.org/ledger", bytes(32))
NEW = Signer.from_bytes("example.org/ledger", bytes(range(32)))
MINUTE = timedelta(minutes=1)


async def refused(ledger: PostgresLedger, key: str) -> None:
    """Write the smallest of facts."""
    await ledger.put_refusal(
        Refusal(f"command {key}", f"z1/{key}", "report_issue", AT, "{}", "invalid", "no")
    )


class Deaf:
    """Somebody outside who takes nothing."""

    kind, target = "webhook", "https://example.org/deaf"

    async def give(self, note: str) -> str:
        raise AnchorError("nobody answers")


async def test_what_was_written_is_under_the_next_checkpoint(database: Database) -> None:
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OLD)
        await refused(ledger, "a")

        carried = await keeper.carry_on(AT)

        row = carried.checkpoint
        assert row is not None
        assert row.size == carried.size == carried.entries == await ledger.log_size()
        note = read_note(row.note)
        point = read_checkpoint(note.text)
        assert is_signed_by(note, OLD.key)
        assert not is_signed_by(note, NEW.key)
        hashes = [entry.hash for entry in await ledger.log_entries(0, 1000)]
        assert (point.root, point.at, point.origin) == (root_of(hashes), AT, OLD.name)
        assert await ledger.log_entry_of("log_key", OLD.key.text) is not None


async def test_where_nothing_happened_nothing_is_signed_anew(database: Database) -> None:
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OLD)
        first = await keeper.carry_on(AT)

        again = await keeper.carry_on(AT + MINUTE)

        assert first.checkpoint is not None
        assert (again.entries, again.checkpoint, again.size) == (0, None, first.size)


async def test_without_a_key_facts_get_their_places_and_nothing_is_signed(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        await refused(ledger, "a")

        carried = await LogKeeper(ledger, None).carry_on(AT)

        assert carried.size == carried.entries > 0
        assert carried.checkpoint is None
        assert await ledger.checkpoints() == []
        assert LogKeeper(ledger, None).key is None


async def test_over_a_tree_that_was_changed_nothing_is_signed(database: Database) -> None:
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OLD)
        await refused(ledger, "a")
        await keeper.carry_on(AT)
        await refused(ledger, "b")
        await database.tamper(
            "log_entry", "UPDATE log_entry SET hash = $1 WHERE index = 0", bytes(32)
        )

        with pytest.raises(LogBrokenError, match="are not those that were signed"):
            await keeper.carry_on(AT + MINUTE)

        assert len(await ledger.checkpoints()) == 1


async def test_a_tree_that_was_cut_short_is_not_signed(database: Database) -> None:
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OLD)
        await refused(ledger, "a")
        await keeper.carry_on(AT)
        await database.tamper("log_entry", "DELETE FROM log_entry WHERE index > 2")

        with pytest.raises(LogBrokenError):
            await keeper.carry_on(AT + MINUTE)


async def test_a_clock_that_went_back_signs_nothing(database: Database) -> None:
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OLD)
        await keeper.carry_on(AT)
        await refused(ledger, "a")

        with pytest.raises(ClockBehindError, match="until the clock is right"):
            await keeper.carry_on(AT - MINUTE)
        slightly = await keeper.carry_on(AT - timedelta(seconds=3))

        assert slightly.checkpoint is not None
        assert slightly.checkpoint.at == AT


async def test_a_key_that_nobody_handed_the_log_to_signs_nothing(database: Database) -> None:
    async with database.ledger() as ledger:
        await LogKeeper(ledger, OLD).carry_on(AT)

        with pytest.raises(LogKeyError, match=r"closeout log rotate"):
            await LogKeeper(ledger, NEW).carry_on(AT + MINUTE)
        with pytest.raises(LogKeyError, match=r"closeout log rotate"):
            await LogKeeper(ledger, NEW).hand_over(OLD.from_bytes("x", bytes(32)), AT)


async def test_a_hand_over_is_signed_by_both_keys_and_the_old_one_signs_no_more(
    database: Database,
) -> None:
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OLD)
        await keeper.carry_on(AT)

        await keeper.hand_over(NEW, AT + MINUTE)
        await LogKeeper(ledger, OLD).hand_over(NEW, AT + 2 * MINUTE)

        first, second = await ledger.log_keys()
        assert (first.vkey, first.note) == (OLD.key.text, None)
        assert second.note is not None
        note = read_note(second.note)
        assert read_hand_over(note.text) == (OLD.key, NEW.key)
        assert is_signed_by(note, OLD.key)
        assert is_signed_by(note, NEW.key)
        carried = await keeper.carry_on(AT + 3 * MINUTE)
        assert carried.checkpoint is not None
        assert is_signed_by(read_note(carried.checkpoint.note), NEW.key)
        with pytest.raises(LogKeyError):
            await LogKeeper(ledger, OLD).carry_on(AT + 4 * MINUTE)


async def test_nobody_hands_over_a_log_whose_key_is_not_named(database: Database) -> None:
    async with database.ledger() as ledger:
        with pytest.raises(LogKeyError, match="CLOSEOUT_LOG_KEY"):
            await LogKeeper(ledger, None).hand_over(NEW, AT)


async def test_checkpoints_are_anchored_in_time_and_one_deaf_anchor_stops_no_other(
    database: Database, tmp_path: Path
) -> None:
    async with database.ledger() as ledger:
        anchors = (Deaf(), FolderAnchor(tmp_path))
        keeper = LogKeeper(ledger, OLD, anchors, anchor_every=timedelta(minutes=30))

        first = await keeper.carry_on(AT)
        soon = await keeper.carry_on(AT + MINUTE)
        later = await keeper.carry_on(AT + 31 * MINUTE)
        now = await keeper.carry_on(AT + 32 * MINUTE, anchor_now=True)

        assert [(each.kind, each.problem) for each in first.anchored] == [
            ("webhook", "nobody answers"),
            ("file", None),
        ]
        assert [each.kind for each in soon.anchored] == ["webhook"]
        assert [each.kind for each in later.anchored] == ["webhook", "file"]
        assert [each.kind for each in now.anchored] == ["webhook", "file"]
        rows = await ledger.anchors()
        assert {row.kind for row in rows} == {"file"}
        sizes = [read_checkpoint(read_note(note).text).size for note in anchored_notes(tmp_path)]
        assert sizes == sorted({row.size for row in rows})
        assert len(sizes) == 3


async def test_an_anchor_is_a_fact_under_the_next_checkpoint(
    database: Database, tmp_path: Path
) -> None:
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OLD, (FolderAnchor(tmp_path),))
        await keeper.carry_on(AT)
        carried = await keeper.carry_on(AT + MINUTE)

        assert carried.entries == 1
        assert await ledger.log_entry_of("anchor", "1") is not None
        assert (await keeper.carry_on(AT + 2 * MINUTE)).entries == 0


async def test_many_keepers_at_once_sign_one_tree(database: Database) -> None:
    async with database.ledger() as ledger:
        for name in "abcdef":
            await refused(ledger, name)

        await asyncio.gather(*(LogKeeper(ledger, OLD).carry_on(AT) for _ in range(4)))

        await check_every_checkpoint(ledger)


async def check_every_checkpoint(ledger: PostgresLedger) -> None:
    hashes = [entry.hash for entry in await ledger.log_entries(0, 1000)]
    rows = await ledger.checkpoints()
    assert rows
    assert rows[-1].size == len(hashes)
    for row in rows:
        assert row.root == root_of(hashes[: row.size]).hex()
        assert is_signed_by(read_note(row.note), OLD.key)


async def test_a_log_without_its_checkpoints_is_not_signed_anew_by_the_one_who_remembers(
    database: Database, tmp_path: Path
) -> None:
    async with database.ledger() as ledger:
        memory = tmp_path / "log.last"
        await refused(ledger, "a")
        signed = (await LogKeeper(ledger, OLD, memory=memory).carry_on(AT)).checkpoint
        assert signed is not None
        await database.tamper("checkpoint", "DELETE FROM checkpoint")
        await database.tamper(
            "log_entry", "DELETE FROM log_entry WHERE index = $1", signed.size - 1
        )

        with pytest.raises(LogBrokenError, match="--after-restore"):
            await LogKeeper(ledger, OLD, memory=memory).carry_on(AT + MINUTE)

        assert read_kept(memory) == signed.note
        assert await ledger.checkpoints() == []
        assert (await LogKeeper(ledger, OLD).carry_on(AT + MINUTE)).checkpoint is not None


@pytest.mark.parametrize(
    ("text", "why"), [("no note", "cannot be read"), (None, "is of the log other")]
)
async def test_a_memory_that_is_none_of_this_log_stops_the_signing(
    database: Database, tmp_path: Path, text: str | None, why: str
) -> None:
    async with database.ledger() as ledger:
        other = Signer.from_bytes("other", bytes(32))
        point = Checkpoint("other", 1, bytes(32), AT)
        memory = tmp_path / "log.last"
        memory.write_text(other.signed(point.text).whole if text is None else text)

        with pytest.raises(LogKeyError, match=why):
            await LogKeeper(ledger, OLD, memory=memory).carry_on(AT)

        assert await ledger.checkpoints() == []


@pytest.mark.parametrize(
    ("kind", "key", "why"),
    [("terms", "gone", "is not there"), ("tables", "x", "no table of facts")],
)
async def test_a_fact_that_gets_no_place_is_told_and_holds_no_event_up(
    database: Database, kind: str, key: str, why: str
) -> None:
    async with database.ledger() as ledger:
        keeper = LogKeeper(ledger, OLD)
        first = await keeper.carry_on(AT)
        async with database.connection(database.owner_url) as connection:
            insert = "INSERT INTO log_pending (kind, key) VALUES ($1, $2)"
            await connection.execute(insert, kind, key)
            await connection.execute(EVENT)

        carried = await keeper.carry_on(AT + MINUTE)

        assert carried.problem is not None
        assert why in carried.problem
        assert carried.size == first.size + 1
        assert carried.checkpoint is not None


EVENT = """
INSERT INTO event
    (stream, version, kind, at, command_id, command_hash, terms, rules, text, previous, hash)
VALUES ('z1/a', 1, 'k', now(), 'c', 'h', 't', 1, '{}', 'p', 'h')
"""


def read_kept(file: Path) -> str:
    return file.read_text()
