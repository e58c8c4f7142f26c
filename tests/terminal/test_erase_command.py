"""`closeout erase` and `show --personal`: what a person at the keyboard sees of personal texts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders as b
import pytest
from stage import OFFICER, Stage

from desk.desk import Desk
from desk.sealing import Sealer
from runtime.seals import FileKeys
from runtime.settings import Settings
from terminal.checks import Grade
from terminal.checks_of_keys import subject_keys

COORDINATOR = f"{b.COORDINATOR.person}@{b.COORDINATOR.post}"
NAME, PHONE = "范例女士", "139-0000-0000"
ERASE = ("erase", "p-1", "--reason", "Asked for it.", "--as", COORDINATOR)


class StageWithKeys(Stage):
    """A stage whose desk has keys in a folder."""

    keys: FileKeys

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Desk]:
        async with super()._open(settings) as desk:
            desk.sealer = Sealer(self.keys)
            yield desk

    async def checked(self) -> Any:
        """Return what `doctor` says of the keys."""
        async with self._open(Settings.load()) as desk:
            return await subject_keys(desk)


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StageWithKeys:
    """A stage on which an issue with a contact was reported."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@nowhere/none")
    stage = StageWithKeys()
    stage.keys = FileKeys(tmp_path / "keys")
    contact = {
        "name": {"subject": "p-1", "text": NAME},
        "phone": {"subject": "p-1", "text": PHONE},
    }
    report = b.report().model_dump(mode="json") | {"contact": contact}
    sent = b.submission(b.ACCEPT, b.ENTERPRISE).model_dump(mode="json") | {"command": report}
    done = stage.run("do", "--file", "-", stdin=json.dumps(sent))
    assert done.exit_code == 0, done.output
    assert NAME not in done.output
    return stage


def personal(hall: Stage, *words: str) -> str:
    shown = hall.run("show", b.ZONE, b.KEY, "--personal", *words, COLUMNS="110")
    assert shown.exit_code == 0, shown.output
    return shown.stdout


def test_a_contact_is_shown_to_those_who_may_and_the_read_is_recorded(hall: StageWithKeys) -> None:
    shown = personal(hall, "--as", OFFICER)
    assert NAME in shown
    assert PHONE in shown
    assert len(asyncio.run(hall.ledger.audit_reads(kind="personal"))) == 1
    refused = hall.run(
        "show", b.ZONE, b.KEY, "--personal", "--as", f"officer:{b.NEIGHBOUR.person}@grid-west-1"
    )
    assert refused.exit_code == 4
    assert NAME not in refused.output


@pytest.mark.parametrize("words", [("show",), ("history",), ("show", "--time")])
def test_nothing_else_shows_it(hall: StageWithKeys, words: tuple[str, ...]) -> None:
    for form in ((), ("--json",)):
        shown = hall.run(*words, f"{b.ZONE}/{b.KEY}", *form)
        assert shown.exit_code == 0
        assert NAME not in shown.output
        assert PHONE not in shown.output


def test_what_was_erased_is_told_by_its_day(hall: StageWithKeys) -> None:
    hall.clock.at += timedelta(days=1)
    done = hall.run(*ERASE)
    assert done.exit_code == 0, done.output
    assert "its key is destroyed" in done.stdout
    assert "at 2026-03-03T01:00:00.000Z" in " ".join(done.stdout.split())
    shown = personal(hall, "--as", OFFICER)
    assert shown.count("erased on 2026-03-03") == 2
    assert NAME not in shown
    again = hall.json(*ERASE)
    assert again["at"] == "2026-03-03T01:00:00.000Z"
    assert (again["repeated"], again["subject"], again["reason"]) == (True, "p-1", "Asked for it.")
    plain = json.loads(personal(hall, "--as", OFFICER, "--json"))
    assert [each["text"] for each in plain["personal"]] == [None, None]


def test_who_may_not_erase_is_refused_and_so_is_an_unknown_subject(hall: StageWithKeys) -> None:
    assert hall.run(*ERASE[:-1], f"{b.OFFICER.person}@{b.OFFICER.post}").exit_code == 4
    unknown = hall.run("erase", "p-9", *ERASE[2:])
    assert unknown.exit_code == 3
    assert "p-9" in unknown.output
    assert hall.run("erase", "p 9", *ERASE[2:]).exit_code == 3
    assert NAME in personal(hall, "--as", OFFICER)


def test_personal_goes_with_no_other_view(hall: StageWithKeys) -> None:
    refused = hall.run("show", b.ZONE, b.KEY, "--personal", "--time", "--as", OFFICER)
    assert refused.exit_code == 2


def test_an_issue_without_personal_texts_says_so(hall: StageWithKeys) -> None:
    other = b.submission(b.report(), b.ENTERPRISE, key="k2").model_dump_json()
    assert hall.run("do", "--file", "-", stdin=other).exit_code == 0
    shown = hall.run("show", b.ZONE, "k2", "--personal", "--as", OFFICER)
    assert "no personal texts" in shown.stdout


def test_doctor_says_where_the_keys_are_and_names_one_that_came_back(hall: StageWithKeys) -> None:
    check = asyncio.run(hall.checked())
    assert check.grade is Grade.OK
    assert f"1 subject with a key in {hall.keys.folder}" in check.found
    (file,) = hall.keys.folder.glob("*.key")
    backup = file.read_bytes()
    hall.run(*ERASE)
    file.write_bytes(backup)
    check = asyncio.run(hall.checked())
    assert check.grade is Grade.FAIL
    assert "there again: p-1" in check.found
    assert NAME not in personal(hall, "--as", OFFICER)
