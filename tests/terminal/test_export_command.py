"""`closeout export`, typed."""

import getpass
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import builders as b
import pytest
from builders import MON_9, TUE_9
from halls import Hall, lay

from desk.desk import Desk
from desk.shelf import Shelf
from runtime.settings import Settings

WEST = "west"
MILL = f"enterprise:{b.ENTERPRISE.person}@{b.ENTERPRISE.enterprise}"
AUDITOR = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"


class TwoZones(Hall):
    """A hall beside whose zone there is another."""

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Desk]:
        yield Desk(self.ledger, Shelf(self.ledger, {b.ZONE: b.TERMS, WEST: b.TERMS}), self.clock)


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A zone with an issue reported on Monday and one on Tuesday."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    hall = Hall()
    hall.shelf = lay(tmp_path / "shelf")
    for key, at in (("one", MON_9), ("two", TUE_9)):
        hall.clock.at = at
        hall.json(
            *("report", b.ZONE, key, "--enterprise", "mill", "--category", "road-access"),
            *("--title", "北门道路积水", "--text", "货车无法进出。", "--as", MILL),
        )
    return hall


@pytest.mark.parametrize("form", ["jsonl", "csv", "ocel", "xes"])
def test_every_form_is_written_and_found_sound(hall: Hall, form: str, tmp_path: Path) -> None:
    file = tmp_path / f"log.{form}"
    written = hall.json("export", form, str(file), "--as", AUDITOR)
    assert (written["form"], written["counts"]["issues"]) == (form, 2)
    assert file.stat().st_size == written["bytes"]

    checked = hall.json("export", "check", str(file))
    assert (checked["sound"], checked["findings"]) == (True, [])
    (read,) = hall.ledger._tables.audit_reads.values()
    assert read.id == written["read"]
    assert json.loads(read.actor)["post"] == b.COORDINATOR.post


def test_filters_are_typed_in_the_zones_own_time(hall: Hall, tmp_path: Path) -> None:
    def issues(*words: str) -> int:
        file = tmp_path / "log"
        done = hall.json("export", "csv", str(file), "--force", "--as", AUDITOR, *words)
        return int(done["counts"]["issues"])

    zone = ("--zone", b.ZONE)
    assert issues(*zone, "--from", "2026-03-03") == 1
    assert issues(*zone, "--from", "2026-03-02T09:00", "--to", "2026-03-03T09:00") == 1
    assert issues("--from", "2026-03-02T09:00:00+08:00") == 2
    assert issues("--open") == 2
    assert issues("--closed") == 0
    assert issues("--category", "nothing-of-the-kind") == 0
    assert issues("--issue", f"{b.ZONE}/one") == 1


def test_a_zone_that_is_not_there_is_refused_and_so_is_one_that_has_not_the_issue(
    hall: Hall, tmp_path: Path
) -> None:
    two = TwoZones(clock=hall.clock, ledger=hall.ledger)
    words = ("export", "csv", str(tmp_path / "log"), "--as", AUDITOR)

    unknown = two.refused(3, *words, "--zone", "nix")
    assert (unknown["code"], unknown["field"], unknown["value"]) == ("unknown_zone", "zone", "nix")
    other = two.refused(3, *words, "--zone", WEST, "--issue", f"{b.ZONE}/one")
    assert (other["field"], other["allowed"]) == ("zone", b.ZONE)
    assert not list(tmp_path.glob("log*"))
    assert not hall.ledger._tables.audit_reads
    assert two.json(*words, "--zone", WEST)["counts"]["issues"] == 0


def test_an_export_is_a_file(hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = hall.refused(3, "export", "jsonl", "-", "--as", AUDITOR)
    assert (refused["field"], refused["allowed"]) == ("FILE", "a file's name")
    assert [each.name for each in tmp_path.iterdir()] == ["shelf"]


def test_whoever_looks_on_sees_how_far_it_has_come(hall: Hall, tmp_path: Path) -> None:
    words = ("export", "csv", str(tmp_path / "log"), "--force", "--as", AUDITOR)
    seen = hall.run(*words, FORCE_COLOR="1", TERM="xterm", NO_COLOR="1")
    assert "2/2" in seen.stderr
    assert "2 events" in seen.stderr
    assert hall.run(*words).stderr == ""


def test_who_exports_says_who_they_are_and_where_to(hall: Hall, tmp_path: Path) -> None:
    file = str(tmp_path / "log")
    said = hall.said("export", "csv", file, "--as", AUDITOR, "--zone", b.ZONE)
    assert "log: 2 events of 2 issues" in said
    assert f"up to position 2; zone {b.ZONE}" in said
    assert "log.manifest.json says so" in said

    again = hall.refused(3, "export", "csv", file, "--as", AUDITOR)
    assert (again["field"], again["allowed"]) == ("FILE", "a new name, or --force")
    when = hall.refused(3, "export", "csv", file, "--as", AUDITOR, "--from", "2026-03-02")
    assert when["field"] == "from"
    gone = hall.refused(5, "export", "csv", f"{file}2", "--as", AUDITOR, "--issue", "harbour/no")
    assert gone["code"] == "unknown_issue"


def test_whoever_does_not_say_who_they_are_is_known_by_their_account(
    hall: Hall, tmp_path: Path
) -> None:
    hall.json("export", "csv", str(tmp_path / "log"))

    (read,) = hall.ledger._tables.audit_reads.values()
    assert json.loads(read.actor) == {"kind": "account", "name": getpass.getuser()}


def test_what_cannot_go_on_record_is_not_exported(
    hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOSEOUT_DATABASE_URL")
    monkeypatch.setenv("CLOSEOUT_READER_DATABASE_URL", "postgresql://nobody@localhost/nothing")

    said = hall.run("export", "csv", str(tmp_path / "log"))

    assert said.exit_code == 1
    assert "name the writer's as well" in " ".join(said.output.split())
    assert not (tmp_path / "log").exists()


def test_a_file_that_was_changed_is_found(hall: Hall, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    hall.json("export", "jsonl", str(file), "--as", AUDITOR)
    assert "is what was exported 2 streams" in hall.said("export", "check", str(file))
    file.write_text(file.read_text(encoding="utf-8").replace("mill", "mall"), encoding="utf-8")

    result = hall.run("export", "check", str(file))
    assert result.exit_code == 6
    assert "the text is not what was hashed" in result.stdout
    assert "SHA-256 differs" in result.stdout
