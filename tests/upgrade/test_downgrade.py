"""An older program on a newer ledger: refused with what, where and what to do; nothing touched."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from databases import Database
from pydantic import SecretStr

from desk.opening import open_desk
from domain.decisions import RULES
from ledger.migrate import FOLDER, MigrationError, migrate
from runtime.errors import FolderUnusableError
from runtime.postgres_home import Record, settle
from runtime.settings import Settings

NEXT = len(list(FOLDER.glob("*.sql"))) + 1

NEWER_SCHEMA = (
    f"INSERT INTO schema_migration (version, name, sha256) VALUES ({NEXT}, 'of_tomorrow', 'x')"
)
NEWER_RULES = f"""
INSERT INTO event (stream, version, kind, at, command_id, command_hash, terms, rules, text,
                   previous, hash)
VALUES ('z1/1', 1, 'of_tomorrow', now(), 'c1', '', '', {RULES + 1}, '', '', ''),
       ('z1/1', 2, 'of_today', now(), 'c2', '', '', {RULES}, '', '', '')
"""  # built of constants
TOUCHED = """
SELECT (SELECT count(*) FROM schema_migration), (SELECT count(*) FROM event),
       (SELECT count(*) FROM terms), (SELECT count(*) FROM handbook_version),
       (SELECT json_agg(relacl::text ORDER BY relname) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace)::text
"""


@pytest.mark.parametrize(
    ("newer", "told"),
    [
        (NEWER_SCHEMA, rf"it has {NEXT:04d}_of_tomorrow, and the last .* known here is .*newer pr"),
        (NEWER_RULES, rf"rules revision {RULES + 1}, and the last that is known here is {RULES}"),
    ],
    ids=["schema", "rules"],
)
async def test_no_process_opens_or_migrates_a_ledger_of_a_newer_program(
    database: Database, newer: str, told: str
) -> None:
    async with database.connection() as connection:
        await connection.execute(newer)
        before = await connection.fetchrow(TOUCHED)
        with pytest.raises(MigrationError, match=told):
            await migrate(database.owner_url, superuser_url=database.admin_url)
        for url in (database.app_url, database.reader_url):
            with pytest.raises(MigrationError, match=told):
                async with open_desk(Settings(database_url=SecretStr(url))):
                    pytest.fail("the desk of an older program was opened")
        assert await connection.fetchrow(TOUCHED) == before


def test_a_data_folder_that_a_newer_program_has_noted_more_in_is_refused_and_left_as_it_is(
    tmp_path: Path,
) -> None:
    record = tmp_path / "postgres.json"
    Record(far_home=None).write(tmp_path)
    assert Record.read(tmp_path) is not None
    noted = asdict(Record(far_home=None)) | {"replica_password": "x"}
    record.write_text(json.dumps(noted))
    with pytest.raises(FolderUnusableError, match=r"newer version of closeout.*replica_pass"):
        settle(tmp_path, None)
    assert json.loads(record.read_text()) == noted
    assert [file.name for file in tmp_path.iterdir()] == ["postgres.json"]
