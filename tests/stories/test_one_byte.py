"""One byte of one stored event changed by the database's superuser: verify names the event."""

import json
import random
from pathlib import Path

import asyncpg
import pytest
from databases import Database
from deep import IN_CHECK, deep
from pydantic import SecretStr
from story_handbook import life, note, report, write_handbooks
from story_stack import closeout, environment

from audit.verify import Findings, verify_all
from desk.opening import open_desk
from runtime.settings import Settings

PLACES = deep("changed bytes to be found", 300)
STREAM = "trial/byte1"
VERSION = 3
FOUND = 6

TAMPERED = {
    "a column": "UPDATE event SET kind = 'note_addde' WHERE stream = $1 AND version = $2",
    "the instant": "UPDATE event SET at = at + interval '1 millisecond'"
    " WHERE stream = $1 AND version = $2",
    "the command's name": "UPDATE event SET command_id = command_id || 'x'"
    " WHERE stream = $1 AND version = $2",
    "the hash": "UPDATE event SET hash = reverse(hash) WHERE stream = $1 AND version = $2",
    "the previous hash": "UPDATE event SET previous = reverse(previous)"
    " WHERE stream = $1 AND version = $2",
    "deleted": "DELETE FROM event WHERE stream = $1 AND version = $2",
    "swapped with the next": "UPDATE event e SET text = o.text FROM event o"
    " WHERE e.stream = $1 AND o.stream = $1 AND e.version + o.version = 2 * $2 + 1"
    " AND abs(e.version - o.version) = 1",
}
FORBIDDEN = (
    "UPDATE event SET text = text",
    "DELETE FROM event",
    "TRUNCATE event",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "DROP TABLE event",
    "SET session_replication_role = replica",
)


@pytest.fixture
async def played(database: Database, tmp_path: Path) -> Database:
    """A ledger with a closed issue and two open ones."""
    settings = Settings(
        database_url=SecretStr(database.app_url), handbook_dir=write_handbooks(tmp_path / "shelf")
    )
    async with open_desk(settings) as desk:
        for submission in (*life("byte0"), *life("byte1"), report("byte2"), note("byte2", 1)):
            await desk.carry_out(submission)
    return database


@IN_CHECK
async def test_verify_passes_and_after_one_changed_byte_it_fails_and_names_the_event(
    played: Database,
) -> None:
    env = environment(CLOSEOUT_DATABASE_URL=played.app_url)
    sound = closeout("verify", "--all", "--json", env=env)
    assert sound.returncode == 0, sound.stderr
    assert json.loads(sound.stdout)["streams"] == 3

    await _change_one_character(played, random.SystemRandom().randrange(2**32))

    broken = closeout("verify", "--all", "--json", env=env)
    assert broken.returncode == FOUND, broken.stderr
    found = json.loads(broken.stdout)["findings"]
    assert (STREAM, VERSION) in {(each["stream"], each["version"]) for each in found}
    told = closeout("verify", "--all", env=env)
    assert told.returncode == FOUND
    assert STREAM in told.stdout


async def test_no_place_in_an_event_can_be_changed_without_being_found(played: Database) -> None:
    seed = random.SystemRandom().randrange(2**32)
    text = await _text(played)
    for number in range(PLACES):
        change = await _change_one_character(played, seed + number)
        _require_named(await _findings(played), f"seed {seed + number}: {change}")
        await played.tamper(
            "event",
            "UPDATE event SET text = $3 WHERE stream = $1 AND version = $2",
            STREAM,
            VERSION,
            text,
        )
    assert (await _findings(played)).is_sound
    print(f"\nseed {seed}: {PLACES} places changed, {PLACES} found")


@pytest.mark.parametrize("what", TAMPERED)
async def test_an_event_of_which_something_was_changed_is_named(
    played: Database, what: str
) -> None:
    assert (await _findings(played)).is_sound

    await played.tamper("event", TAMPERED[what], STREAM, VERSION)

    _require_named(await _findings(played), what)


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_applications_role_cannot_change_a_fact(played: Database, statement: str) -> None:
    async with played.connection(played.app_url) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_not_even_the_owner_of_the_schema_changes_a_fact_by_mistake(
    played: Database,
) -> None:
    async with played.connection(played.owner_url) as connection:
        for statement in FORBIDDEN[:3]:
            with pytest.raises(asyncpg.RestrictViolationError, match="only added"):
                await connection.execute(statement)


async def _findings(database: Database) -> Findings:
    async with database.ledger(size=1) as ledger:
        return await verify_all(ledger)


def _require_named(findings: Findings, what: str) -> None:
    named = {(finding.stream, finding.version) for finding in findings.found}
    assert (STREAM, VERSION) in named, (what, findings.found)
    assert {stream for stream, _ in named} == {STREAM}


async def _text(database: Database) -> str:
    async with database.connection() as connection:
        return str(
            await connection.fetchval(
                "SELECT text FROM event WHERE stream = $1 AND version = $2", STREAM, VERSION
            )
        )


async def _change_one_character(database: Database, seed: int) -> str:
    chance = random.Random(seed)  # noqa: S311 - which character
    text = await _text(database)
    place = chance.randrange(len(text))
    other = chance.choice([c for c in '0aZ{}",: ' if c != text[place]])
    await database.tamper(
        "event",
        "UPDATE event SET text = overlay(text placing $3 from $4 for 1)"
        " WHERE stream = $1 AND version = $2",
        STREAM,
        VERSION,
        other,
        place + 1,
    )
    return f"{text[place]!r} at {place} became {other!r}"
