"""An export from PostgreSQL: read as the auditors' role, put on record as the writer's."""

from pathlib import Path

from databases import Database
from lives import Life, accepted, note, reported, write

from audit.exports.choosing import Choice
from audit.exports.exporting import Asked, export
from audit.exports.jsonl import JsonLines
from audit.exports.reading import check_export
from ledger.connections import open_pool
from ledger.postgres import PostgresLedger


async def test_the_reader_reads_and_the_writer_keeps_the_record(
    database: Database, tmp_path: Path
) -> None:
    file, life = tmp_path / "log", Life("a")
    async with database.ledger() as writer:
        for changes in (life.step(reported()), life.step(accepted("No-1"), note())):
            await write(writer, changes)
        reader = PostgresLedger(await open_pool(database.reader_url, size=1))
        try:
            asked = Asked("e-1", Choice(), '{"kind":"engine"}', life.issue.changed_at)
            done = await export(reader, writer, JsonLines(), file, asked)
        finally:
            await reader.close()
        (read,) = await writer.audit_reads(kind="export")

    assert (read.id, read.position) == ("e-1", done.statement.position)
    assert (done.counts.issues, done.counts.events, done.counts.commands) == (1, 3, 2)
    kinds = {each.kind for each in (await check_export(file)).found}
    assert kinds == {"command", "terms"}, "lives of the tests have no real bodies and no terms"
