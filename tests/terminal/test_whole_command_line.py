"""The command itself, as a process of its own, on a real PostgreSQL."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from databases import Database
from deep import IN_CHECK

CLI = Path(__file__).parents[2] / "cli.py"
ENTERPRISE = "enterprise:rep-1@cedz-donggang-shipping"
OFFICER = "officer:cedz-p01@cedz-grid-officer-1"
VERIFIER = "officer:cedz-p11@cedz-area-head-1"
NOBODY_LISTENS = "127.0.0.1:1"
ISSUE = ("cedz", "k1")
REPORT = (
    *("report", *ISSUE, "--enterprise", "cedz-donggang-shipping", "--category", "FIN-1"),
    *("--title", "流动贷款到期", "--text", "The loan is due.", "--as", ENTERPRISE),
)


@dataclass
class Closeout:
    """The command, pointed at one database."""

    database: Database

    async def run(self, *words: str) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr."""
        ours = {k: v for k, v in os.environ.items() if not k.startswith("CLOSEOUT_")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(CLI), *words),
            env={**ours, "CLOSEOUT_DATABASE_URL": self.database.app_url, "COLUMNS": "100"}
            | {"TEMPORAL_ADDRESS": NOBODY_LISTENS},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def json(self, *words: str) -> Any:
        """Return what a command says that must succeed."""
        code, out, err = await self.run(*words, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)


@IN_CHECK
async def test_an_issue_lives_and_is_proved_by_typed_commands(database: Database) -> None:
    closeout = Closeout(database)
    do = ("do", *ISSUE)

    await closeout.json(*REPORT)
    number = (await closeout.json(*do, "accept", "--as", OFFICER))["number"]
    solved = ("resolution.result=solved", "resolution.summary=延期 extended")
    await closeout.json(*do, "propose-resolution", *solved, "--as", OFFICER)
    same_person = await closeout.run(*do, "verify", "--as", OFFICER)
    await closeout.json(*do, "confirm", "--as", ENTERPRISE)
    await closeout.json(*do, "verify", "--as", VERIFIER)

    assert same_person[0] == 4
    assert (await closeout.json("show", number))["outcome"] == "closed_out"
    assert len((await closeout.json("history", *ISSUE))["events"]) == 6
    assert all(each["adds_up"] for each in await closeout.json("why", *ISSUE))
    assert (await closeout.json("verify", "--all"))["sound"]
    assert (await closeout.json("replay", "--offline"))["decisions"]["identical"] == 5
    code, shown, _ = await closeout.run("history", *ISSUE)
    assert code == 0
    assert "销号 closed out  东港片区负责人 Head of Donggang sub-area (cedz-p11)" in shown


async def test_one_changed_byte_is_found_and_named(database: Database) -> None:
    closeout = Closeout(database)
    await closeout.json(*REPORT)
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute("ALTER TABLE event DISABLE TRIGGER ALL")
        await connection.execute(
            "UPDATE event SET text = replace(text, 'The loan is due', 'The loan is paid')"
        )
        await connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_is_append_only")
    finally:
        await connection.close()

    code, out, _ = await closeout.run("verify", "--all")

    assert code == 6
    assert "cedz/k1" in out
    assert "the text is not what was hashed" in out


@IN_CHECK
async def test_the_doctor_names_what_is_away_and_what_holds(database: Database) -> None:
    closeout = Closeout(database)
    code, out, _ = await closeout.run("doctor", "--json")

    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert code == 1
    assert checks["temporal"]["grade"] == "fail"
    for name in ("postgresql", "schema", "guards", "append-only", "errands", "rungs"):
        assert checks[name]["grade"] == "ok", checks[name]
    assert "need not be signed" in checks["identity"]["found"]


@IN_CHECK
async def test_the_doctor_finds_a_role_that_may_alter_facts(database: Database) -> None:
    connection = await asyncpg.connect(database.admin_url)
    try:
        await connection.execute("GRANT UPDATE ON event TO closeout_app")
    finally:
        await connection.close()

    _, out, _ = await Closeout(database).run("doctor", "--json")

    checks = {check["name"]: check for check in json.loads(out)["checks"]}
    assert checks["append-only"]["grade"] == "fail"
    assert "UPDATE event" in checks["append-only"]["found"]


@IN_CHECK
async def test_a_ledger_without_a_schema_is_told_apart(empty_database: Database) -> None:
    closeout = Closeout(empty_database)

    code, out, _ = await closeout.run("doctor", "--json")

    schema = next(each for each in json.loads(out)["checks"] if each["name"] == "schema")
    assert code == 1
    assert schema["todo"] == "Run `closeout migrate`."


@IN_CHECK
async def test_a_ledger_that_is_away_ends_with_1_and_says_so(database: Database) -> None:
    await database.server.drop_database(database.name)
    try:
        code, out, err = await Closeout(database).run("list")
    finally:
        await database.server.create_database(database.name)

    assert code == 1
    assert out == ""
    assert "closeout doctor" in err
    assert "Traceback" not in err
