"""Evidence made from the real log: its places, its roots, its keys, while the ledger goes on."""

import hashlib
import json
from datetime import timedelta

import builders as b
import pytest
from databases import Database
from played_ledger import LIFE, PlayedLedger
from stranger import Stranger, stranger

from audit.evidence import EvidenceError, NotLoggedError, make_evidence
from desk.log_keeper import LogKeeper
from domain.canonical import canonical
from domain.view import workflow_id
from ledger.port import HistoryRow
from ledger.postgres import PostgresLedger
from ledger.signing import Signer

__all__ = ["stranger"]
STREAM = f"{b.ZONE}/{b.KEY}"
FIRST = Signer.from_bytes("closeout/ledger", b"\x01" * 32)
SECOND = Signer.from_bytes("closeout/ledger", b"\x02" * 32)
LATER = b.NEXT_FRI_9 + timedelta(hours=1)


async def _write(ledger: PostgresLedger, played: PlayedLedger) -> None:
    await ledger.put_terms(b.TERMS.hash, b.ZONE, canonical(b.TERMS), b.MON_9)
    for changes in played.done:
        async with ledger.transaction() as transaction:
            head, _ = await transaction.lock(changes.command.stream, changes.command.id)
            await transaction.append(head, changes)


async def test_evidence_of_a_ledger_in_postgres_is_accepted(
    database: Database, stranger: Stranger
) -> None:
    """With the history of its workflow, an anchor's receipt, under a key that was handed over."""
    played = PlayedLedger()
    played.play(LIFE)
    archive = b"packed"
    history = HistoryRow(
        *("run-1", workflow_id(b.ZONE, b.KEY), "completed", 3),
        *(hashlib.sha256(b"plain").hexdigest(), archive, b.NEXT_FRI_9),
    )
    async with database.ledger() as ledger:
        await _write(ledger, played)
        with pytest.raises(NotLoggedError, match="no checkpoint yet"):
            await make_evidence(ledger, ledger, STREAM, FIRST, LATER)
        keeper = LogKeeper(ledger, FIRST)
        await keeper.carry_on(LATER)
        await keeper.hand_over(SECOND, LATER)
        with pytest.raises(NotLoggedError, match="is not signed by"):
            await make_evidence(ledger, ledger, STREAM, SECOND, LATER)
        await ledger.put_history(history)
        size = (await keeper.carry_on(LATER)).size
        await ledger.put_anchor(size, "file", "outside", "kept", LATER)
        made = await make_evidence(ledger, ledger, STREAM, SECOND, LATER)
        again = await make_evidence(ledger, ledger, STREAM, SECOND, LATER)

    by_first = stranger.judges([made.text], FIRST.key.text)
    by_second = stranger.judges([made.text], SECOND.key.text)
    body = json.loads(made.text)["body"]
    assert by_first == by_second == [f"accepted: issue {STREAM}: 12 events, 10 commands, 4 facts"]
    assert again == made
    assert body["anchors"][0]["receipt"] == "kept"
    assert [each["kind"] for each in body["facts"]] == [
        *("log_key", "log_key", "terms", "workflow_history")
    ]
    assert body["facts"][3]["row"]["sha256"] == history.sha256
    assert body["facts"][3]["row"]["archive"] == hashlib.sha256(archive).hexdigest()


async def test_a_superuser_who_changes_an_event_gets_no_evidence_of_it(database: Database) -> None:
    played = PlayedLedger()
    played.play(LIFE[:3])
    async with database.ledger() as ledger:
        await _write(ledger, played)
        await LogKeeper(ledger, FIRST).carry_on(LATER)
        await database.tamper(
            "command", "UPDATE command SET result = result || ' ' WHERE first_version = 2"
        )

        with pytest.raises(EvidenceError, match=r"event 2 of .* is not what the log has of it"):
            await make_evidence(ledger, ledger, STREAM, FIRST, LATER)


async def test_an_issue_whose_closing_events_are_gone_gets_no_evidence(database: Database) -> None:
    played = PlayedLedger()
    played.play(LIFE)
    async with database.ledger() as ledger:
        await _write(ledger, played)
        await LogKeeper(ledger, FIRST).carry_on(LATER)
        await database.tamper("event", "DELETE FROM event WHERE version > 9")
        await database.tamper("command", "DELETE FROM command WHERE first_version > 9")

        with pytest.raises(EvidenceError, match="the event at position 10 is gone"):
            await make_evidence(ledger, ledger, STREAM, FIRST, LATER)
        await database.tamper("log_entry", "DELETE FROM log_entry WHERE position > 9")
        with pytest.raises(EvidenceError, match=r"of the leaves \d+ to \d+, \d+ are there"):
            await make_evidence(ledger, ledger, STREAM, FIRST, LATER)


async def test_an_issue_that_ends_before_its_row_says_gets_no_evidence(database: Database) -> None:
    played = PlayedLedger()
    played.play(LIFE)
    async with database.ledger() as ledger:
        await _write(ledger, played)
        await LogKeeper(ledger, FIRST).carry_on(LATER)
        async with database.connection() as connection:
            await connection.execute("UPDATE issue SET hash = repeat('0', 64)")
        with pytest.raises(EvidenceError, match="event 12 of them has the hash 0000"):
            await make_evidence(ledger, ledger, STREAM, FIRST, LATER)
        async with database.connection() as connection:
            await connection.execute("DELETE FROM issue")
        with pytest.raises(EvidenceError, match="is not in the list of issues"):
            await make_evidence(ledger, ledger, STREAM, FIRST, LATER)
