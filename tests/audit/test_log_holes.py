"""Ways around the log that were once open: forged rows out of its sight, moved clocks, old keys."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import builders as b
import pytest
from builders_sound import SOUND
from databases import Database
from logged_ledger import (
    FOREIGN,
    LATER,
    MINUTE,
    NEXT,
    OURS,
    REFUSED,
    STREAM,
    TWO_WEEKS,
    changed,
    logged,
    write,
)
from mutations import LOOSEN
from played_ledger import LIFE
from rich.console import Console
from whole_ledger import ledger_within

from audit.checks import Finding
from audit.log_checks import LogReport, Outside, verify_log
from audit.verification import Verification, verify_issue, verify_ledger
from audit.verify_publications import unpublished_findings
from audit.verify_state import StateError
from desk.log_keeper import LogKeeper
from domain.canonical import canonical
from domain.checkpoints import hand_over_text
from domain.terms import Terms
from ledger.port import LedgerError
from ledger.postgres import PostgresLedger
from ledger.publications import HandbookRow
from ledger.reads import AuditReadRow
from terminal.shown.findings import findings

if TYPE_CHECKING:
    import asyncpg

YEAR = timedelta(days=365)
NEW = f"{b.ZONE}/issue-3"
OF_NEW = f"UPDATE event SET position = {{}} WHERE stream = '{NEW}'"
COPY = "INSERT INTO {0} ({1}) SELECT {1} FROM {0} LIMIT 1"
HIDDEN = {
    "an event before the first": (OF_NEW.format("-5"), "row", f"event {NEW} 1: no reader"),
    "an event at no position": (
        "ALTER TABLE event ALTER position DROP IDENTITY;"
        "ALTER TABLE event ALTER position DROP NOT NULL;" + OF_NEW.format("NULL"),
        "row",
        f"event {NEW} 1: no reader",
    ),
    "an event that waits for ever": (OF_NEW.format(10**15), "row", "not been allotted"),
    "two events at one position": (OF_NEW.format("1"), "row", "event 1: it is there twice"),
    "two refusals of one name": (
        COPY.format("refusal", "id, command_id, stream, kind, at, actor, code, message")
        + ";UPDATE refusal SET message = 'yes' WHERE ctid = (SELECT max(ctid) FROM refusal)",
        "row",
        "refusal 1: it is there twice",
    ),
    "two terms of one name": (
        "INSERT INTO terms SELECT hash, zone, text, at FROM terms",
        "row",
        "it is there twice",
    ),
    "two rows of an issue": (
        "INSERT INTO issue SELECT * FROM issue",
        "row",
        f"issue {STREAM}: it is there twice",
    ),
    "no checkpoint at all": ("DELETE FROM checkpoint", "checkpoint", "no checkpoint is kept"),
    "leaves beyond all numbers": (
        "UPDATE log_entry SET index = 9223372036854775807 - index",
        "leaf",
        "leaf 0 is missing",
    ),
    "terms of no moment": ("UPDATE terms SET at = '-infinity'", "leaf", "is not made of terms"),
}


async def within(connection: "asyncpg.Connection[asyncpg.Record]", sql: str, keys: Outside) -> str:
    """Verify with a change that is undone again; return what is found."""
    undone = connection.transaction()
    await undone.start()
    try:
        await connection.execute(sql)
        found = await verify_ledger(ledger_within(connection), outside=keys, decisions=False)
    finally:
        await undone.rollback()
    return "\n".join(f"{each.kind}: {each.message}" for each in found.found)


async def test_what_is_hidden_from_the_log_is_found_and_named(database: Database) -> None:
    async with logged(database) as (ledger, outside):
        await write(ledger, "issue-3", LIFE[0], later=TWO_WEEKS)
        keys = Outside(outside.keys)
        async with database.connection() as connection:
            loosened = connection.transaction()
            await loosened.start()
            await connection.execute(LOOSEN)
            assert await within(connection, "SELECT", keys) == ""
            for what, (sql, kind, message) in HIDDEN.items():
                found = await within(connection, sql, keys)
                assert any(
                    line.startswith(f"{kind}: ") and message in line for line in found.splitlines()
                ), (what, found)
            await connection.execute("INSERT INTO terms SELECT * FROM terms")
            doubled = ledger_within(connection)
            twice = [key for key, _ in await doubled.facts_after("terms", None, 10)]
            assert len(twice) == 2 * len(set(twice)) > 0
            with pytest.raises(LedgerError, match="two rows are called"):
                await doubled.fact_rows("terms", twice)
            await loosened.rollback()


async def test_of_one_issue_it_is_found_that_leaves_or_events_are_gone(database: Database) -> None:
    async with logged(database) as (ledger, outside):
        await write(ledger, "issue-3", LIFE[0], later=TWO_WEEKS)
        new = await verify_issue(ledger, NEW, outside=outside)
        assert (new.found, new.log and (new.log.waiting, new.log.beyond)) == ((), (1, 0))

        async def found(sql: str, keys: Outside = outside) -> set[str]:
            async with database.connection() as connection:
                undone = connection.transaction()
                await undone.start()
                await connection.execute(LOOSEN)
                await connection.execute(sql)
                said = await verify_issue(ledger_within(connection), STREAM, outside=keys)
                await undone.rollback()
            return {each.message for each in said.found}

        (*messages,) = await found("DELETE FROM log_entry WHERE position < 3")
        assert sorted(messages)[:2] == [
            "position 1 lies under the checkpoint, and no leaf there names it",
            "position 2 lies under the checkpoint, and no leaf there names it",
        ]
        other = f"DELETE FROM event WHERE stream = '{b.ZONE}/issue-2'"
        assert any("there is none" in each for each in await found(other))
        none_kept = await found("DELETE FROM checkpoint", Outside(outside.keys))
        assert any("no checkpoint is kept" in each for each in none_kept)


def times(report: Verification | LogReport) -> list[tuple[str, str]]:
    return [(each.stream, each.message[-24:]) for each in report.found if each.kind == "time"]


async def test_a_time_that_does_not_fit_the_checkpoints_around_is_named(
    database: Database,
) -> None:
    played = Outside((OURS.key,), is_played=True)
    ours = Outside((OURS.key,))
    async with logged(database) as (ledger, _):
        keeper = LogKeeper(ledger, OURS)
        await ledger.put_refusal(REFUSED)
        await keeper.carry_on(LATER + YEAR)

        await write(ledger, "issue-3", LIFE[0], later=TWO_WEEKS, ids="row/")
        await ledger.put_audit_read(AuditReadRow("x", "verify", "{}", 1, "{}", LATER))
        late = await verify_log(ledger, ours)
        assert {each for each, _ in times(late)} == {NEW, "audit_read x"}
        allowed = await verify_log(ledger, played)
        assert ([each for each, _ in times(allowed)], allowed.played) == (["audit_read x"], 1)

        await keeper.carry_on(LATER + YEAR + MINUTE)
        assert times(await verify_log(ledger, ours)) == [
            (NEW, "imported then: --played)"),
            ("audit_read x", "ed: a clock was put back"),
        ]
        allowed = await verify_log(ledger, played)
        assert ([each for each, _ in times(allowed)], allowed.played) == (["audit_read x"], 1)

        await write(ledger, "issue-4", LIFE[0], later=2 * YEAR)
        await keeper.carry_on(LATER + YEAR + 2 * MINUTE)
        newest = await ledger.checkpoint()
        assert newest is not None
        found = times(await verify_log(ledger, played, now=LATER + YEAR))
        assert found[1:] == [(f"{b.ZONE}/issue-4", " a clock was put forward")]
        found = times(await verify_log(ledger, played, now=LATER))
        assert {f"checkpoint {newest.size}"} < {each for each, _ in found}


async def test_a_key_that_gave_the_log_up_cannot_give_it_to_another(database: Database) -> None:
    async with logged(database) as (ledger, outside):
        await LogKeeper(ledger, OURS).hand_over(NEXT, LATER + 2 * MINUTE)
        await LogKeeper(ledger, NEXT).carry_on(LATER + 3 * MINUTE)
        text = hand_over_text(OURS.key, FOREIGN.key, LATER + 4 * MINUTE)
        note = FOREIGN.signed(text, *OURS.signed(text).signatures).whole
        await ledger.put_log_key(FOREIGN.key.text, note, LATER + 4 * MINUTE)
        await LogKeeper(ledger, FOREIGN).carry_on(LATER + 5 * MINUTE)

        for trusted in (OURS.key, NEXT.key):
            found = (await verify_log(ledger, Outside((trusted,), outside.notes))).found
            assert [(each.kind, each.stream, each.field) for each in found][:2] == [
                ("key", "log_key 3", "note"),
                ("key", "log_key 3", "vkey"),
            ]
            assert "checkpoint" in {each.kind for each in found}


async def test_what_a_run_was_told_it_was_not_told_of_less_later(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class StoppedError(Exception):
        pass

    def stop(what: str, *_: object) -> None:
        if what == "streams":
            raise StoppedError

    state = tmp_path / "state.json"
    async with logged(database) as (ledger, outside):
        with pytest.raises(StoppedError):
            await verify_ledger(
                ledger, outside=Outside(outside.keys), state=state, progress=stop, now=LATER
            )
        for other in (outside, Outside(outside.keys, is_played=True)):
            with pytest.raises(StateError, match="notes" if other.notes else "played"):
                await verify_ledger(ledger, outside=other, state=state, now=LATER)

        first = (await ledger.checkpoints())[0]
        since = await verify_ledger(ledger, outside=outside, since=first.size)
        assert since.plain()["since"] == first.size
        console = Console(width=200, record=True, file=StringIO())
        console.print(findings(since))
        assert f"Only what came after {first.size} leaves" in console.export_text()

        monkeypatch.setattr("audit.log_checks.OUTSIDE_MAX", 1)
        newest = await verify_log(ledger, Outside(outside.keys, ("old", *outside.notes)))
        assert (newest.found, newest.outside, newest.outside_left_out) == ([], 1, 1)


async def kept(ledger: PostgresLedger, at: timedelta, **handbook: object) -> str:
    terms = Terms(handbook=b.handbook(**SOUND | handbook), calendar=b.CALENDAR)
    await ledger.put_terms(terms.hash, b.ZONE, canonical(terms), b.MON_9 + at)
    return terms.hash


async def test_terms_that_nobody_published_are_named_once_a_zone_has_publications(
    database: Database,
) -> None:
    day = timedelta(days=1)
    async with database.ledger() as ledger:
        await kept(ledger, timedelta(0), revision=1)
        await kept(ledger, day, revision=7)
        assert await unpublished_findings(ledger) == []

        book = b.handbook(**SOUND | {"revision": 2})
        row = HandbookRow(
            hash=book.hash, zone=book.zone, text=canonical(book), at=b.MON_9 + 2 * day
        )
        await ledger.publish_handbook(
            row, after=0, previous=None, author="a", approver="b", reason="r"
        )
        await kept(ledger, 3 * day, revision=2)
        assert await unpublished_findings(ledger) == []

        forged = await kept(ledger, 3 * day, revision=3)
        said = f"its handbook was neither published for {b.ZONE} nor in use before others were"
        assert await unpublished_findings(ledger) == [
            Finding("publication", f"terms {forged}", None, said, "text")
        ]


async def test_an_issue_whose_leaf_is_not_under_the_root_is_named(database: Database) -> None:
    async with logged(database) as (ledger, outside):
        sql = "UPDATE log_entry SET hash = sha256('x') WHERE kind = 'schema_migration'"
        async with changed(database, sql):
            found = (await verify_issue(ledger, STREAM, outside=outside)).found
        assert {(each.kind, each.version) for each in found} == {
            ("leaf", version) for version in range(1, 13)
        }
        with pytest.raises(LedgerError):
            await ledger.log_root((0, 4096))
