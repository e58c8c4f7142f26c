"""Whole processes of an older program, started over a newer ledger: each says so, ends, and has
touched nothing."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from databases import Database
from deep import IN_CHECK
from test_downgrade import NEWER_SCHEMA, NEXT, TOUCHED

from ledger.migrate import migrate
from runtime.postgres import EmbeddedPostgres
from runtime.settings import Settings

ROOT = Path(__file__).parents[2]
TOLD = f"The database is newer than this program: it has {NEXT:04d}_of_tomorrow"
SECONDS_MAX = 60.0


async def ended(*argv: str, env: Mapping[str, str]) -> tuple[int | None, str]:
    """Run a Python program to its end; return its exit code and all that it said."""
    plain = {name: each for name, each in os.environ.items() if not name.startswith("CLOSEOUT_")}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *argv,
        cwd=ROOT,
        env={**plain, "TEMPORAL_ADDRESS": "127.0.0.1:1", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(child.communicate(), SECONDS_MAX)
    except TimeoutError:
        child.kill()
        await child.wait()
        raise
    return child.returncode, " ".join(said.decode().split())


@pytest.mark.parametrize(
    "argv",
    [
        ("worker.py", "--only", "worker"),
        ("worker.py", "--only", "relay"),
        ("cli.py", "serve"),
        ("cli.py", "list"),
    ],
    ids=["worker", "relay", "api", "command line"],
)
async def test_an_older_process_says_that_the_ledger_is_newer_and_touches_nothing(
    database: Database, argv: tuple[str, ...]
) -> None:
    async with database.connection() as connection:
        await connection.execute(NEWER_SCHEMA)
        before = await connection.fetchrow(TOUCHED)
        env = {"CLOSEOUT_DATABASE_URL": database.app_url, "CLOSEOUT_ACTORS": "unsigned"}
        code, said = await ended(*argv, env=env)
        assert (code, TOLD in said) == (1, True), said
        assert "Use the newer program." in said
        assert "Traceback" not in said
        assert await connection.fetchrow(TOUCHED) == before


@IN_CHECK
async def test_an_older_up_leaves_the_data_folder_as_the_newer_program_left_it(
    tmp_path: Path,
) -> None:
    folder = Settings.load(data_dir=tmp_path / "data").data_dir
    folder.mkdir(mode=0o700)
    async with EmbeddedPostgres(folder) as server:
        await migrate(server.owner_url)
        async with Database(server, "closeout").connection() as connection:
            await connection.execute(NEWER_SCHEMA)
            before = await connection.fetchrow(TOUCHED)
    code, said = await ended("cli.py", "up", "--data-dir", str(folder), env={})
    assert (code, TOLD in said) == (1, True), said
    assert "Traceback" not in said
    async with (
        EmbeddedPostgres(folder) as server,
        Database(server, "closeout").connection() as connection,
    ):
        assert await connection.fetchrow(TOUCHED) == before
