"""`closeout attachments`: what whoever keeps the files sees of them."""

import asyncio
import json
from pathlib import Path

import builders as b
import pytest
from attached_files import TEXT, hash_of, offered
from stage import Stage

import cli
from desk.attachments.room import Room, open_room
from desk.attachments.uploading import append, begin, finish
from runtime.attachments.spool import Unfinished
from runtime.settings import Settings
from terminal.auditing import FOUND
from terminal.checks import Check, Grade
from terminal.checks_of_attachments import attachments

COORDINATOR = f"{b.COORDINATOR.person}@{b.COORDINATOR.post}"
ISSUE = f"{b.ZONE}/{b.KEY}"
HASH = hash_of(TEXT)


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage with an issue and an attachment of it."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@nowhere/none")
    monkeypatch.setenv("CLOSEOUT_ATTACHMENT_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    stage = Stage()
    summary, panel, members = cli.FAMILIES["attachments"]
    stage.application.family("attachments", summary, panel)
    for body in members:
        stage.application.offer(body, panel, under="attachments")
    sent = b.submission(b.report(), b.ENTERPRISE).model_dump(mode="json")
    assert stage.run("do", "--file", "-", stdin=json.dumps(sent)).exit_code == 0
    asyncio.run(_upload(stage, open_room(Settings.load())))
    return stage


async def _upload(stage: Stage, room: Room) -> None:
    async with stage._open(Settings.load()) as desk:
        made = await begin(desk, room, ISSUE, offered(TEXT), "user:a")
        assert isinstance(made, Unfinished)
        await append(room, made, 0, TEXT)
        await finish(desk, room, made)


async def _checked(stage: Stage) -> Check:
    async with stage._open(Settings.load()) as desk:
        return await attachments(desk, Settings.load())


def test_a_hold_is_set_shown_and_taken_away(hall: Stage) -> None:
    hold = ("attachments", "hold", ISSUE, HASH[:8], "--reason", "A court.", "--as", COORDINATOR)
    assert hall.json(*hold)["done"] == "held"
    told = hall.run("attachments", "list", ISSUE).output
    assert "kept, held" in told
    assert "A court." in told
    assert hall.run(*hold).exit_code == 5
    release = ("attachments", "release", ISSUE, HASH[:8], "--as", COORDINATOR)
    assert hall.json(*release)["done"] == "released"
    (row,) = hall.json("attachments", "list", ISSUE)["attachments"]
    assert (row["sha256"], row["held_at"]) == (HASH, None)
    assert "place" not in row


def test_nobody_holds_who_may_not_and_nothing_that_is_not_there(hall: Stage) -> None:
    officer = f"{b.OFFICER.person}@{b.OFFICER.post}"
    held = ("attachments", "hold", ISSUE, HASH, "--reason", "x", "--as")
    assert hall.run(*held, officer).exit_code == 4
    missing = ("attachments", "hold", ISSUE, "0000", "--reason", "x", "--as", COORDINATOR)
    assert hall.run(*missing).exit_code == 5


def test_a_sweep_and_a_check_say_what_they_did(hall: Stage) -> None:
    assert hall.json("attachments", "sweep", "--days", "30")["destroyed"] == 0
    found = hall.json("attachments", "check", "--all")
    assert (found["kept"], found["read"], found["wrong"]) == (1, 1, [])
    assert "1 read" in hall.run("attachments", "check").output


def test_what_is_missing_is_told_and_fails(hall: Stage, tmp_path: Path) -> None:
    assert asyncio.run(_checked(hall)).grade is Grade.WARN  # nothing scans uploads
    for path in (tmp_path / "kept").rglob(HASH):
        path.unlink()
    done = hall.run("attachments", "check")
    assert done.exit_code == FOUND
    assert HASH[:12] in done.output
    found = asyncio.run(_checked(hall))
    assert found.grade is Grade.FAIL
    assert HASH[:12] in found.found
