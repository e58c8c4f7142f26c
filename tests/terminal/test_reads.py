"""Who looked: by the reader's role, noted by the writer's, told by `closeout reads`; and what can
be looked at by that role alone."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import builders as b
import pytest
from databases import Database
from deep import IN_CHECK
from stage import REPORT, Stage
from watch import SUPERVISOR, Watch

from desk.desk import Desk
from desk.opening import database_url
from desk.shelf import Shelf
from ledger.connections import open_pool
from ledger.postgres import PostgresLedger
from ledger.reads import AuditReadRow
from runtime.settings import Settings

CLI = Path(__file__).parents[2] / "cli.py"
AUDITOR_ROW = '{"kind":"officer","person":"cedz-p31","post":"cedz-auditor"}'
AUDITOR = "officer:cedz-p31@cedz-auditor"


async def run(*words: str, **environment: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of the command."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("CLOSEOUT_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(CLI), *words),
        env=ours | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@IN_CHECK
async def test_an_audit_reads_as_the_reader_and_is_noted_by_the_writer(database: Database) -> None:
    reader = {"CLOSEOUT_READER_DATABASE_URL": database.reader_url}
    both = reader | {"CLOSEOUT_DATABASE_URL": database.app_url, "CLOSEOUT_ACTOR": AUDITOR}

    (code, _, err), (code_alone, _, err_alone) = await asyncio.gather(
        run("verify", "--all", **both), run("replay", "--offline", **reader)
    )
    _, told, _ = await run("reads", "--json", **reader)

    assert (code, err) == (0, "")
    assert code_alone == 0
    assert "This replay was not noted in the ledger: only the reader's role is named" in err_alone
    (read,) = json.loads(told)
    assert (read["kind"], read["position"]) == ("verify", 0)
    assert read["actor"] == {"kind": "officer", "person": "cedz-p31", "post": "cedz-auditor"}


WEST = "west"
ISSUE = (b.ZONE, b.KEY)
NINE = "2026-03-02T09:00"
PUBLISH = (
    *("figures", "publish", "standing", b.ZONE, "--from", "2026-03-01", "--to", "2026-03-02"),
    *("--reason", "February.", "--as", SUPERVISOR),
)
LOOKS: tuple[tuple[str, ...], ...] = (
    ("show", *ISSUE),
    ("show", *ISSUE, "--as-of", "1"),
    ("show", *ISSUE, "--time"),
    ("list", "--as-of", NINE),
    ("list", "--zone", b.ZONE, "--known-at", NINE),
    ("history", *ISSUE),
    ("why", *ISSUE),
    ("clocks", "audit", "--zone", b.ZONE),
    ("board", b.ENTERPRISE.enterprise, "--zone", b.ZONE),
    ("enterprises", "--zone", b.ZONE, "--as-of", NINE),
    ("figures", "list", "--zone", WEST),
    ("figures", "show", "1"),
    ("figures", "recompute", "1"),
    ("reads",),
)


class ByRole(Watch):
    """A command line on PostgreSQL, by whichever role the settings name; `WEST` is never used."""

    @asynccontextmanager
    async def _open(self, settings: Settings | None = None) -> AsyncIterator[Desk]:
        assert settings is not None
        ledger = PostgresLedger(await open_pool(database_url(settings), size=2))
        try:
            yield Desk(ledger, Shelf(ledger, {b.ZONE: self.terms, WEST: b.TERMS}), self.clock)
        finally:
            await ledger.close()


async def test_whoever_can_write_nothing_can_look_at_everything(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = ByRole()
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    write = (REPORT, PUBLISH)
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", database.app_url)
    for words in write:
        done = await asyncio.to_thread(stage.run, *words)
        assert done.exit_code == 0, done.output
    monkeypatch.delenv("CLOSEOUT_DATABASE_URL")
    monkeypatch.setenv("CLOSEOUT_READER_DATABASE_URL", database.reader_url)

    for words in LOOKS:
        found = await asyncio.to_thread(stage.run, *words, "--json")
        assert found.exit_code == 0, (words, found.output)
    for words in write:
        refused = await asyncio.to_thread(stage.run, *words)
        assert refused.exit_code == 1
        assert "only the reader's role is named" in " ".join(refused.output.split())
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM terms") == 1


def test_reads_are_told_in_words(stage: Stage) -> None:
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    actors = (AUDITOR_ROW, '{"kind":"account","name":"root"}')
    filters = '{"filters":{"from":"2026-11-01","open":true},"form":"csv"}'
    for number, (actor, scope) in enumerate(zip(actors, (filters, "{}"), strict=True)):
        row = AuditReadRow(str(number), "export", scope, 7, actor, at)
        asyncio.run(stage.ledger.put_audit_read(row))

    said = " ".join(stage.run("reads", COLUMNS="160").stdout.split())

    assert "cedz-auditor (cedz-p31)" in said
    assert "from 2026-11-01, open true, form csv" in said
    assert "account root everything" in said
    assert stage.json("reads")[0]["at"] == "2026-11-22T09:00:00.000Z"
    assert "No replay has been noted yet." in stage.run("reads", "--kind", "replay").stdout
    unknown = stage.run("reads", "--kind", "nix")
    assert unknown.exit_code == 3
    assert "verify" in unknown.output


def test_nobody_verified_until_somebody_does(reported: Stage) -> None:
    before = reported.run("verify", "--last")
    of_one = reported.run("verify", *ISSUE)
    still = reported.run("verify", "--last", "--json")

    assert (before.exit_code, of_one.exit_code, still.stdout.strip()) == (0, 0, "null")
    assert "closeout verify --all" in before.stdout

    assert reported.run("verify", "--all").exit_code == 0
    shown, plain = reported.run("verify", "--last"), reported.json("verify", "--last")

    assert "nothing found" in shown.stdout
    assert (plain["sound"], plain["findings"], plain["scope"]) == (True, [], "ledger")
    assert reported.run("verify", "--last", "--all").exit_code == 2


@IN_CHECK
async def test_what_was_verified_by_the_reader_is_kept_by_the_writer_alone(
    database: Database,
) -> None:
    reader = {"CLOSEOUT_READER_DATABASE_URL": database.reader_url}

    _, _, alone = await run("verify", "--all", **reader)
    async with database.ledger() as ledger:
        unkept = await ledger.last_verification()
        _, _, err = await run("verify", "--all", **reader, CLOSEOUT_DATABASE_URL=database.app_url)
        kept = await ledger.last_verification()

    assert "What this verification came to was not noted in the ledger" in " ".join(alone.split())
    assert (unkept, err) == (None, "")
    assert kept is not None
    assert kept.sound
    async with database.connection(database.reader_url) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("INSERT INTO verification SELECT * FROM verification")
