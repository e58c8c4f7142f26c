"""Clocks that no default knows, written in a zone's files alone: read, judged sound, and run.

Every instant was worked out by hand, in the local time of the road.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from domain import commands as cmd
from domain.clocks import Clock, Standing
from domain.decisions import Context, decide
from domain.events import Event, RungFired
from domain.issue import Issue
from domain.people import ENGINE, Actor, Officer, Representative
from domain.phases import Origin, PauseReason, Priority
from domain.soundness import problems
from handbooks.shelf import HandbookError, read_terms, zones

ROADS = Path(__file__).parent / "roads"
ZONE = "ring_road"
TERMS = read_terms(ZONE, ROADS)
CARRIER = Representative(person="carrier-p1", enterprise="carrier")
HEAD = Officer(person="road-p01", post="north-head")
AT_CUSTOMS = cmd.Pause(
    reason=PauseReason.WAITING_OUTSIDE, party="customs", note="Its yard blocks the lane."
)


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time of 2026 beside the road, as an instant."""
    beside_the_road = timezone(timedelta(hours=8))
    return datetime(2026, month, day, hour, minute, tzinfo=beside_the_road).astimezone(UTC)


WEDNESDAY_10 = local(3, 4, 10)


@dataclass
class Life:
    """One issue of the road, from a report to whatever follows."""

    issue: Issue | None = None
    events: list[Event] = field(default_factory=list)

    def do(self, actor: Actor, command: cmd.Command, at: datetime) -> None:
        sent = cmd.Submission(
            id=f"c{len(self.events)}", zone=ZONE, key="one", actor=actor, command=command
        )
        decision = decide(self.issue, sent, Context(at=at, terms=TERMS, number="road-1"))
        self.issue = decision.issue
        self.events += decision.events

    def clock(self, id_: str) -> Clock:
        assert self.issue is not None
        clock = self.issue.clock(id_)
        assert clock is not None, id_
        return clock

    def rungs(self, id_: str) -> dict[str, datetime]:
        return {rung.id: rung.due_at for rung in self.clock(id_).rungs}

    def ring_until(self, at: datetime) -> None:
        """Let the engine ring each rung at its instant."""
        while True:
            assert self.issue is not None
            following = self.issue.next_rung
            if following is None or following[1].due_at > at:
                return
            clock, rung = following
            ring = cmd.RingRung(clock=clock.id, cycle=clock.cycle, rung=rung.id)
            self.do(ENGINE, ring, rung.due_at)

    def fired(self, id_: str) -> Iterator[tuple[str, datetime]]:
        for event in self.events:
            if isinstance(event, RungFired) and event.clock == id_:
                yield event.rung, event.at


def accepted(category: str, priority: Priority = Priority.ORDINARY) -> Life:
    """Return an issue that was reported and accepted on Wednesday, 4 March 2026, at ten."""
    life = Life()
    reported = cmd.Report(
        enterprise="carrier",
        category=category,
        title="On the ring road",
        text="At kilometre 12.",
        origin=Origin.ENTERPRISE,
        priority=priority,
    )
    life.do(CARRIER, reported, WEDNESDAY_10)
    life.do(HEAD, cmd.Accept(), WEDNESDAY_10)
    return life


def test_the_handbook_is_read_and_sound() -> None:
    assert zones(ROADS) == [ZONE]
    assert problems(TERMS) == ()


def test_the_terms_hold_the_clocks_own_calendar_beside_the_zones() -> None:
    assert TERMS.calendar.id == "cn-office"
    assert [calendar.id for calendar in TERMS.calendars] == ["patrol-hours"]
    assert TERMS.calendar_of(TERMS.rules_by_id["pothole"]).id == "patrol-hours"
    assert TERMS.calendar_of(TERMS.rules_by_id["fine"]).id == "cn-office"


def test_sixty_natural_days_end_with_the_sixtieth_day_after_the_acceptance() -> None:
    """5 March is day 1, 3 May day 60; Qingming and Labour Day count."""
    life = accepted("FINE-1")

    assert life.clock("fine").due_at == local(5, 4)
    assert life.rungs("fine") == {
        "week": local(4, 27),
        "due": local(5, 4),
        "late": local(5, 15),
    }


def test_each_rung_of_the_sixty_days_fires_at_its_instant() -> None:
    life = accepted("FINE-1")

    life.ring_until(local(6, 1))

    assert list(life.fired("fine")) == [
        ("week", local(4, 27)),
        ("due", local(5, 4)),
        ("late", local(5, 15)),
    ]
    assert life.clock("fine").breached_at == local(5, 4)


def test_six_patrol_hours_pass_over_noon_the_night_and_the_drill() -> None:
    """Wednesday 10-11 and 15-19 are five hours; Thursday is the drill; Friday from 7 the sixth. An
    hour before that is the opening on Friday: of all instants with an hour to go the latest."""
    life = accepted("ROAD-1")

    assert life.clock("pothole").due_at == local(3, 6, 8)
    assert life.rungs("pothole") == {
        "hour": local(3, 6, 7),
        "due": local(3, 6, 8),
        "again.1": local(3, 6, 16),
    }


def test_an_emergency_has_two_patrol_hours() -> None:
    life = accepted("ROAD-1", Priority.EMERGENCY)

    assert life.clock("pothole").due_at == local(3, 4, 16)


def test_while_the_road_is_closed_to_the_patrol_its_clock_stands() -> None:
    """Two of six hours are spent by 16:00; four more from Saturday 9: until 11, and 15 to 17."""
    life = accepted("ROAD-1")

    life.do(HEAD, AT_CUSTOMS, local(3, 4, 16))
    assert life.clock("pothole").standing is Standing.PAUSED
    life.do(HEAD, cmd.Resume(note="The lane is free."), local(3, 7, 9))

    assert life.clock("pothole").due_at == local(3, 7, 17)
    assert life.rungs("pothole")["hour"] == local(3, 7, 16)


def test_a_wait_for_the_enterprise_does_not_stop_the_patrol() -> None:
    life = accepted("ROAD-1")

    wait = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="The carrier is to send papers.")
    life.do(HEAD, wait, local(3, 4, 16))

    assert life.clock("pothole").due_at == local(3, 6, 8)


def test_what_is_overdue_is_recorded_every_four_patrol_hours() -> None:
    """Friday 8 is the deadline: 8-11 and 15-16, 16-19 and Saturday 7-8, 8-11 and 15-16."""
    life = accepted("ROAD-1")

    life.ring_until(local(3, 14))

    assert list(life.fired("pothole")) == [
        ("hour", local(3, 6, 7)),
        ("due", local(3, 6, 8)),
        ("again.1", local(3, 6, 16)),
        ("again.2", local(3, 7, 8)),
        ("again.3", local(3, 7, 16)),
    ]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    shutil.copytree(ROADS / ZONE, tmp_path / ZONE)
    return tmp_path


def test_a_calendar_of_the_zone_that_breaks_a_rule_is_refused_with_its_file(shelf: Path) -> None:
    file = shelf / ZONE / "calendars" / "patrol-hours.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Asia/Shanghai", "Asia/Atlantis"), encoding="utf-8")

    with pytest.raises(HandbookError) as raised:
        read_terms(ZONE, shelf)

    assert raised.value.file == f"{ZONE}/calendars/patrol-hours.toml"
    assert raised.value.field == "time_zone"
    assert raised.value.faults[0].rule == "R2.4"


def test_a_calendar_under_another_name_than_its_own_is_refused(shelf: Path) -> None:
    folder = shelf / ZONE / "calendars"
    text = (folder / "patrol-hours.toml").read_text(encoding="utf-8")
    renamed = text.replace('id = "patrol-hours"', 'id = "day-shift"')
    (folder / "patrol-hours.toml").write_text(renamed, encoding="utf-8")

    with pytest.raises(HandbookError) as raised:
        read_terms(ZONE, shelf)

    assert (raised.value.field, raised.value.value) == ("id", "day-shift")
    assert raised.value.allowed == ("patrol-hours",)


def test_a_zone_may_have_a_calendar_of_its_own_for_all_its_clocks(shelf: Path) -> None:
    organisation = shelf / ZONE / "organisation.toml"
    text = organisation.read_text(encoding="utf-8")
    organisation.write_text(text.replace('"cn-office"', '"patrol-hours"'), encoding="utf-8")

    terms = read_terms(ZONE, shelf)

    assert (terms.calendar.id, terms.calendars) == ("patrol-hours", ())


def test_when_a_record_counts_as_late_is_a_zones_own_field() -> None:
    assert TERMS.handbook.late_record_minutes == 30


def test_the_limits_that_a_zone_gives_to_extensions_are_read() -> None:
    rule = TERMS.handbook.extensions

    assert rule is not None
    assert (rule.clocks, rule.times_max) == (("fine", "handling"), 2)
    assert rule.at_most.model_dump(include={"kind", "days"}) == {"kind": "natural_days", "days": 30}
