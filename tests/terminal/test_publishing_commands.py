"""`closeout calendar publish`, `closeout tasks` and `closeout adopt`, as they are typed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import builders as b
import pytest
from stage import REPORT, Stage

import cli
from desk.desk import Desk
from desk.shelf import Shelf
from domain.calendar import WorkingCalendar
from domain.terms import Terms
from handbooks.calendars.files import written_calendar
from ledger.publications import adoption_id
from runtime.settings import Settings

COORDINATOR = "coordination.a@coordination"
DIRECTOR = "director.a@director"
BOTH = ("--as", COORDINATOR, "--approved-by", DIRECTOR, "--reason", "New limits.")
PUBLISH = ("--as", COORDINATOR, "--reason", "国务院通知")
DECEMBER = datetime(2026, 12, 28, 1, tzinfo=UTC)


def calendar(until: int, *closed: date, id_: str = "plain") -> WorkingCalendar:
    """Return the zone's week, published to the end of a year."""
    name = {"zh": "放假", "en": "holiday"}
    form = b.CALENDAR.model_dump() | {
        "id": id_,
        "tzdata": "2026.2",
        "valid_until": date(until, 12, 31),
        "overrides": [{"kind": "closed", "on": day, "name": name} for day in closed],
    }
    return WorkingCalendar.model_validate(form)


class Hall(Stage):
    """A command line with families, whose zone's terms a test may change."""

    def __post_init__(self) -> None:
        self.terms = Terms(handbook=b.HANDBOOK, calendar=calendar(2026))
        super().__post_init__()
        for family, (summary, panel, members) in cli.FAMILIES.items():
            self.application.family(family, summary, panel)
            for body in members:
                self.application.offer(body, panel, under=family)

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Desk]:
        yield Desk(self.ledger, Shelf(self.ledger, {b.ZONE: self.terms}), self.clock)

    def refused(self, *words: str) -> dict[str, Any]:
        """Type a command that is refused, and return what it says."""
        result = self.run(*words, "--json")
        assert result.exit_code in (3, 4, 5), result.output
        error: dict[str, Any] = json.loads(result.stdout)["error"]
        return error


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A hall with one issue, reported in the last week of 2026 and accepted."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    hall = Hall()
    hall.clock.at = DECEMBER
    hall.json(*REPORT)
    hall.json("do", b.ZONE, b.KEY, "accept", "--as", "officer:grid-east-1.a@grid-east-1")
    return hall


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file with the calendar of 2027."""
    path = tmp_path / "plain.json"
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(7)]
    path.write_text(written_calendar(calendar(2027, *days)))
    return str(path)


def test_a_calendar_is_tried_published_and_settles_what_waited_for_it(
    hall: Hall, file: str
) -> None:
    (task,) = hall.json("tasks")["tasks"]
    assert (task["subject"], task["year"], task["provisional_clocks"]) == ("plain", 2027, 1)
    assert (task["published_until"], task["raised_by"]) == (
        "2026-12-31",
        {"stream": "harbour/issue-1", "version": 2},
    )
    tried = hall.json("calendar", "publish", file, "--dry-run")
    expected = {
        "issues": 1,
        "left": 0,
        "earlier": 0,
        "later": 1,
        "same": 1,
        "settled": 1,
        "breaches_created": 0,
        "breaches_removed": 0,
    }
    assert tried["figures"] == expected
    clocks = {clock["clock"]: clock for clock in tried["issues"][0]["clocks"]}
    assert clocks["resolution"]["old_due_at"] == "2027-01-08T09:00:00.000Z"
    assert clocks["resolution"]["new_due_at"] == "2027-01-15T09:00:00.000Z"
    assert hall.json("tasks")["tasks"] == [task]
    done = hall.json("calendar", "publish", file, *PUBLISH)
    assert done["figures"] == expected
    assert (done["publication"], done["valid_until"]) == ("publication-1", "2027-12-31")
    assert done["workflow_stood_by"] is False
    assert hall.json("tasks")["tasks"] == []
    (settled,) = hall.json("tasks", "--settled")["tasks"]
    assert (settled["id"], settled["settled_by"]) == ("calendar:plain:2027", "publication-1")
    issue = hall.json("show", b.ZONE, b.KEY)
    assert not any(clock["provisional"] for clock in issue["clocks"] if clock["due_at"])


def test_people_are_told_the_same(hall: Hall, file: str) -> None:
    said = hall.run("tasks").stdout
    assert "plain: publish 2027" in said
    assert "closeout calendar publish FILE" in " ".join(said.split())
    said = hall.run("calendar", "publish", file, "--dry-run").stdout
    assert "resolution  2027-01-08 17:00  2027-01-15 17:00  later, settled" in said
    assert "Nothing was written." in said
    said = hall.run("calendar", "publish", file, *PUBLISH).stdout
    assert "plain is in force, published to 2027-12-31" in said
    assert "1  clocks due later" in said
    assert "Nothing is to be done." in hall.run("tasks").stdout


def test_a_broken_file_is_refused_with_every_rule_and_nothing_is_published(
    hall: Hall, tmp_path: Path
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('id = "plain"\n[weekly]\nmonday = ["09:00-08:00"]\n')
    told = hall.refused("calendar", "publish", str(path), *PUBLISH)
    assert "bad.toml" in told["message"]
    assert hall.json("tasks")["tasks"] != []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--as", "grid-east-1.a@grid-east-1", "--reason", "x"), "not_permitted"),
        (("--as", "nobody", "--reason", "x"), "invalid"),
        (("--as", COORDINATOR, "--reason", " "), "invalid"),
    ],
)
def test_who_may_not_publish_is_told_why(
    hall: Hall, file: str, words: tuple[str, ...], code: str
) -> None:
    assert hall.refused("calendar", "publish", file, *words)["code"] == code


def test_a_calendar_that_no_zone_counts_by_names_those_that_one_does(
    hall: Hall, tmp_path: Path
) -> None:
    path = tmp_path / "other.json"
    path.write_text(written_calendar(calendar(2027, id_="other")))
    told = hall.refused("calendar", "publish", str(path), *PUBLISH)
    assert (told["field"], told["allowed"]) == ("calendar.id", "plain")


@pytest.mark.parametrize("left_out", ["--as", "--reason"])
def test_what_is_missing_is_a_usage_error(hall: Hall, file: str, left_out: str) -> None:
    at = PUBLISH.index(left_out)
    result = hall.run("calendar", "publish", file, *PUBLISH[:at], *PUBLISH[at + 2 :])
    assert result.exit_code == 2
    assert left_out in result.output


def test_a_calendar_that_begins_only_later_is_refused_whole(hall: Hall, tmp_path: Path) -> None:
    path = tmp_path / "late.json"
    late = calendar(2027).model_copy(update={"valid_from": date(2026, 12, 29)})
    path.write_text(written_calendar(late))
    waiting = hall.json("tasks")["tasks"]
    for how in (PUBLISH, ("--dry-run",)):
        told = hall.refused("calendar", "publish", str(path), *how)
        assert "begins only later" in told["message"]
    assert waiting == hall.json("tasks")["tasks"] != []


def test_a_zone_moves_to_a_new_handbook_and_back(hall: Hall) -> None:
    before = hall.json("show", b.ZONE, b.KEY)["clocks"]
    longer = b.clock_rule(
        "handling", budgets=[{"duration": {"kind": "open_hours", "minutes": 40 * 60}}]
    )
    hall.terms = Terms(handbook=b.handbook(revision=2, clocks=longer), calendar=hall.terms.calendar)
    tried = hall.json("adopt", b.ZONE, "--dry-run")
    assert (tried["figures"]["later"], tried["figures"]["same"]) == (1, 1)
    assert hall.json("adopt", b.ZONE, "--plans")["plans"] == []
    done = hall.json("adopt", b.ZONE, *BOTH)
    assert done["figures"] == tried["figures"]
    assert (done["plan"], done["moved"], done["undoes"]) == ("plan-1", 1, None)
    said = hall.run("adopt", b.ZONE, "--undo", "plan-1", "--dry-run").stdout
    assert "earlier" in said
    said = hall.run("adopt", b.ZONE, "--undo", "plan-1", *BOTH).stdout
    assert "1 issue of harbour moved back" in said
    after = hall.json("show", b.ZONE, b.KEY)["clocks"]
    assert [clock["due_at"] for clock in after] == [clock["due_at"] for clock in before]
    first, second = hall.json("adopt", b.ZONE, "--plans")["plans"]
    assert (first["author"], first["approver"]) == (
        "coordination (coordination.a)",
        "director (director.a)",
    )
    assert (first["moved"], second["moved"], second["undoes"]) == (1, 1, "plan-1")
    assert None not in (first["ended_at"], second["ended_at"])
    assert (first["left"], second["left"]) == (None, 0)
    assert "undoes plan-1: New limits." in hall.run("adopt", b.ZONE, "--plans").stdout


def test_a_plan_needs_two_persons(hall: Hall) -> None:
    hall.terms = Terms(handbook=b.handbook(revision=2), calendar=hall.terms.calendar)
    alone = ("--as", COORDINATOR, "--approved-by", COORDINATOR, "--reason", "New limits.")
    assert hall.refused("adopt", b.ZONE, *alone)["code"] == "not_permitted"
    result = hall.run("adopt", b.ZONE, "--as", COORDINATOR, "--reason", "New limits.")
    assert result.exit_code == 2
    assert "--approved-by" in result.output


def test_an_unknown_zone_is_named(hall: Hall) -> None:
    assert hall.refused("adopt", "nowhere", "--dry-run")["code"] == "unknown_zone"


def test_nobody_else_can_take_the_id_of_an_adoption(hall: Hall) -> None:
    id_ = adoption_id("publication-1", f"{b.ZONE}/{b.KEY}", "0" * 64)
    words = ("do", b.ZONE, b.KEY, "note", "text=Mine.", "--id", id_)
    told = hall.refused(*words, "--as", "officer:grid-east-1.a@grid-east-1")
    assert told["field"] == "id"
