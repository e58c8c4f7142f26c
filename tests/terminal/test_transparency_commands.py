"""`closeout anchor` and `closeout log`, typed, on a real PostgreSQL."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import builders as b
import pytest
from databases import Database
from typer.testing import Result
from typing_of_lines import type_line

import cli
from desk.clock import SystemClock
from desk.desk import Desk
from desk.log_opening import ensure_key
from desk.shelf import Shelf
from domain.checkpoints import read_note, read_verifier_key
from ledger.signing import is_signed_by
from runtime.settings import Settings
from terminal.application import Application
from terminal.checks import Grade
from terminal.checks_of_log import anchored as anchored_check
from terminal.checks_of_log import signed as signed_check
from terminal.session import Wiring

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Typed:
    """The command line on one database, with a folder for the key and one for the anchor."""

    database: Database
    folder: Path

    def __post_init__(self) -> None:
        self.key = self.folder / "keys" / "log.pem"
        self.application = Application(
            Wiring(
                exit_codes=cli.exit_codes,
                open_desk=self._open,
                workflows=cli.workflows,
                programs=cli.programs,
                sweep=cli.sweep,
                play_demo=cli.play_demo,
                serve_api=cli.serve_api,
                serve_house=cli.serve_house,
                open_tour=cli.open_tour,
                tell_outcomes=cli.tell_outcomes,
                simulate=cli.simulate,
            )
        )
        for panel, bodies in cli.COMMANDS.items():
            for body in bodies:
                self.application.offer(body, panel)
        for family, (summary, panel, members) in cli.FAMILIES.items():
            self.application.family(family, summary, panel)
            for body in members:
                self.application.offer(body, panel, under=family)

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Desk]:
        async with self.database.ledger() as ledger:
            yield Desk(ledger, Shelf(ledger, {b.ZONE: b.TERMS}), SystemClock())

    async def run(self, *words: str, **environment: str) -> Result:
        given = {
            "CLOSEOUT_DATABASE_URL": self.database.app_url,
            "CLOSEOUT_LOG_KEY": str(self.key),
            "CLOSEOUT_ANCHOR_DIR": str(self.folder / "anchors"),
            "COLUMNS": "120",
        } | environment
        return await asyncio.to_thread(type_line, self.application, words, env=given)

    async def json(self, *words: str, **environment: str) -> Any:
        result = await self.run(*words, "--json", **environment)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
async def typed(database: Database, tmp_path: Path) -> Typed:
    typed = Typed(database, tmp_path)
    ensure_key(typed.key, "closeout/ledger")
    await typed.json(
        *("report", b.ZONE, b.KEY, "--enterprise", b.ENTERPRISE.enterprise),
        *("--category", "road-access", "--title", "No power", "--text", "Since dawn."),
        *("--as", f"enterprise:{b.ENTERPRISE.person}@{b.ENTERPRISE.enterprise}"),
    )
    return typed


async def test_a_checkpoint_is_signed_anchored_and_printed(typed: Typed) -> None:
    carried = await typed.json("anchor")
    again = await typed.run("anchor")

    note = (await typed.json("log", "checkpoint", "--size", str(carried["size"])))["note"]
    trusted = read_verifier_key((typed.folder / "keys" / "log.vkeys").read_text().strip())
    assert is_signed_by(read_note(note), trusted)
    assert note == carried["checkpoint"]["note"]
    assert [each["kind"] for each in carried["anchors"]] == ["file"]
    (kept, *_) = sorted((typed.folder / "anchors").iterdir())
    assert kept.read_text() == note
    assert again.exit_code == 0
    assert "✓ file" in again.output
    status = await typed.json("log", "status")
    assert (status["waiting"], status["keys"][0]["vkey"]) == (1, trusted.text)  # the last anchor
    assert "1 fact waiting" in (await typed.run("log", "status")).output
    assert (await typed.json("log", "key"))[0]["vkey"] == trusted.text


async def test_an_event_a_fact_and_the_growth_of_the_log_are_proved(typed: Typed) -> None:
    first = await typed.json("anchor")
    await typed.json("anchor")

    event = await typed.json("log", "prove", b.ZONE, b.KEY, "--version", "1")
    fact = await typed.json("log", "prove", "--fact", "schema_migration", "1")
    grown = await typed.json("log", "prove", "--since", str(first["size"]))

    assert event["holds"] is fact["holds"] is grown["holds"] is True
    assert event["leaf"]["index"] != fact["leaf"]["index"]
    assert grown["since"]["root"] == first["checkpoint"]["root"]
    shown = await typed.run("log", "prove", "--since", str(first["size"]))
    assert f"the tree of {first['size']} is the beginning of" in shown.output
    assert "is under" in (await typed.run("log", "prove", b.ZONE, b.KEY, "--version", "1")).output


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("log", "prove"), 2, "name an issue with --version"),
        (("log", "prove", b.ZONE, b.KEY), 2, "go together"),
        (("log", "prove", "--fact", "terms", "nothing"), 3, "no such event or fact in the log"),
        (("log", "prove", "--since", "1"), 3, "no such checkpoint"),
        (("log", "checkpoint", "--size", "9999"), 3, "no such checkpoint"),
    ],
)
async def test_what_cannot_be_proved_is_refused(
    typed: Typed, words: tuple[str, ...], code: int, why: str
) -> None:
    await typed.json("anchor")

    result = await typed.run(*words)

    assert result.exit_code == code
    assert why in " ".join(result.output.split())


async def test_a_leaf_that_was_changed_is_proved_no_more(typed: Typed) -> None:
    await typed.json("anchor")
    await typed.database.tamper(
        "log_entry", "UPDATE log_entry SET hash = $1 WHERE index = 1", b"x" * 32
    )

    result = await typed.run("log", "prove", "--fact", "schema_migration", "1")

    assert result.exit_code == 6
    assert "does not hold" in result.output


async def test_the_log_is_handed_over_and_goes_on_under_the_new_key(typed: Typed) -> None:
    await typed.json("anchor")
    old = typed.key.read_bytes()

    told = await typed.json("log", "rotate")
    carried = await typed.json("anchor")

    assert typed.key.read_bytes() != old
    retired = typed.key.with_name(told["retired"].rpartition("/")[2])
    assert retired.read_bytes() == old
    keys = await typed.json("log", "key")
    assert [row["vkey"] for row in keys][1] == told["vkey"]
    assert is_signed_by(read_note(carried["checkpoint"]["note"]), read_verifier_key(told["vkey"]))
    trusted = (typed.folder / "keys" / "log.vkeys").read_text().split()
    assert trusted == [row["vkey"] for row in keys]
    assert [file.name for file in sorted(typed.key.parent.iterdir())] == [
        "log.last",
        "log.pem",
        retired.name,
        "log.vkeys",
    ]


async def test_without_a_key_one_is_told_so(typed: Typed) -> None:
    unsigned = await typed.run("anchor", CLOSEOUT_LOG_KEY="")
    rotate = await typed.run("log", "rotate", CLOSEOUT_LOG_KEY="")
    missing = await typed.run("anchor", CLOSEOUT_LOG_KEY=str(typed.folder / "nothing"))

    assert unsigned.exit_code == 0
    assert "nothing is signed: no key is named" in unsigned.output
    assert (rotate.exit_code, missing.exit_code) == (1, 1)
    assert "CLOSEOUT_LOG_KEY" in rotate.output
    assert "no private key can be read" in " ".join(missing.output.split())


async def test_after_a_restore_the_log_is_signed_when_one_says_so(typed: Typed) -> None:
    last = (await typed.json("anchor"))["size"]
    await typed.database.tamper("checkpoint", "DELETE FROM checkpoint")
    await typed.database.tamper("log_entry", "DELETE FROM log_entry WHERE index >= $1", last - 3)

    refused = await typed.run("anchor")
    signed = await typed.run("anchor", "--after-restore", "--json")

    assert refused.exit_code == 1
    assert "--after-restore" in refused.output
    told = json.loads(signed.stdout)
    assert told["signed"]
    assert told["size"] < last
    assert signed.exit_code == 1
    assert "shorter than it was" in told["anchors"][0]["problem"]


@pytest.mark.parametrize(
    ("signed", "ago", "uncovered", "named", "grade", "said"),
    [
        (True, 1, 0, True, Grade.OK, "signed 1 min ago; 0 facts since"),
        (True, 3, 9, True, Grade.OK, "9 facts since"),
        (True, 6, 1, True, Grade.FAIL, "1 facts are under no checkpoint"),
        (True, 900, 0, True, Grade.OK, "signed 900 min ago"),
        (False, 0, 4, True, Grade.WARN, "nothing was signed yet"),
        (True, 1, 0, False, Grade.WARN, "no key is named"),
    ],
)
def test_the_doctor_says_whether_the_log_is_signed(
    signed: bool, ago: int, uncovered: int, named: bool, grade: Grade, said: str, tmp_path: Path
) -> None:
    settings = Settings(log_key=tmp_path / "log.pem" if named else None)
    newest_at = NOON - timedelta(minutes=ago) if signed else None

    check = signed_check(settings, newest_at, uncovered, NOON)

    assert check.grade is grade
    assert said in check.found


@pytest.mark.parametrize(
    ("ago", "grade", "said"),
    [(None, Grade.WARN, "nobody|anybody"), (30, Grade.OK, "30 min"), (121, Grade.WARN, "121 min")],
)
def test_the_doctor_says_whether_checkpoints_leave_the_house(
    ago: int | None, grade: Grade, said: str
) -> None:
    last = {} if ago is None else {("file", "/there"): NOON - timedelta(minutes=ago)}

    check = anchored_check(Settings(), last, NOON)

    assert check.grade is grade
    assert re.search(said, check.found)


async def test_the_doctor_looks_at_the_log(typed: Typed) -> None:
    await typed.json("anchor")

    told = json.loads((await typed.run("doctor", "--json")).stdout)

    grades = {check["name"]: check["grade"] for check in told["checks"]}
    assert (grades["log"], grades["anchors"]) == ("ok", "ok")
