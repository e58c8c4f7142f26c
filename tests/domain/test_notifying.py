"""How people are told: what is urgent, when it is quiet, when it storms."""

from datetime import UTC, datetime, timedelta

import builders as b
import pytest
from pydantic import ValidationError

from domain.canonical import canonical
from domain.notifying import Manner, fingerprint, manner_of, quiet_until, storm_until
from domain.phases import Priority
from domain.policies import NoticeRule, QuietHours, StormRule, TellingRule

NIGHT = QuietHours(begins="22:00", ends="07:00")
NOON = QuietHours(begins="12:00", ends="13:30")
STORM = StormRule(threshold=2, window_minutes=10)
MINUTE = timedelta(minutes=1)


def test_a_handbook_that_says_nothing_new_keeps_its_text():
    text = canonical(b.HANDBOOK)
    assert "telling" not in text
    assert "urgent" not in text
    assert canonical(NoticeRule(on="issue_reported", to=("owner",))) == (
        '{"clocks":[],"effects":[],"on":"issue_reported","to":["owner"]}'
    )


@pytest.mark.parametrize(
    ("quiet", "local", "until"),
    [
        (NIGHT, (0, 21, 59), None),
        (NIGHT, (0, 22, 0), (1, 7, 0)),
        (NIGHT, (1, 0, 30), (1, 7, 0)),
        (NIGHT, (1, 6, 59), (1, 7, 0)),
        (NIGHT, (1, 7, 0), None),
        (NOON, (0, 11, 59), None),
        (NOON, (0, 12, 0), (0, 13, 30)),
        (NOON, (0, 13, 30), None),
        (None, (0, 23, 0), None),
    ],
)
def test_quiet_hours_end_by_the_zones_own_time(quiet, local, until):
    end_at = None if until is None else b.local(*until)
    assert quiet_until(quiet, "Asia/Shanghai", b.local(*local)) == end_at


def test_quiet_hours_end_once_where_clocks_are_put_forward_over_their_end():
    early = QuietHours(begins="22:00", ends="02:30")
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 01:30 in Berlin; at 02:00 it is 03:00
    end_at = quiet_until(early, "Europe/Berlin", before)
    assert end_at is not None
    assert quiet_until(early, "Europe/Berlin", end_at) is None
    assert end_at - before <= timedelta(hours=1)


def test_quiet_hours_that_begin_when_they_end_are_refused():
    with pytest.raises(ValidationError):
        QuietHours(begins="07:00", ends="07:00")
    assert TellingRule().model_dump() == {}


def test_a_storm_lets_the_threshold_through_and_holds_the_rest_to_the_windows_end():
    at = b.MON_9
    assert storm_until(None, [at] * 9, at) is None
    assert storm_until(STORM, [at - MINUTE], at) is None
    assert storm_until(STORM, [at - 9 * MINUTE, at - MINUTE], at) == at + MINUTE
    assert storm_until(STORM, [at - 10 * MINUTE, at - MINUTE], at) is None


def test_of_several_rules_the_most_urgent_counts_and_all_their_channels():
    (event,) = b.when(None, b.report(), b.ENTERPRISE, b.MON_9).events

    def manner(*rules: dict[str, object], priority: Priority = Priority.ORDINARY) -> Manner:
        notices = [{"on": "issue_reported", "to": ["owner"], **rule} for rule in rules]
        return manner_of(event, priority, b.handbook(notices=notices))

    assert manner({}) == Manner(urgent=False, channels=None)
    assert manner({}, {"urgent": True}).urgent
    assert manner({}, priority=Priority.EMERGENCY).urgent
    assert manner({"channels": ["a"]}, {"channels": ["b"]}).channels == {"a", "b"}
    assert manner({"channels": ["a"]}, {}).channels is None
    assert not manner({"channels": ["a"]}).allows("b")
    assert manner() == Manner(urgent=False, channels=None)


def test_a_fingerprint_tells_addresses_apart_and_shows_none():
    marks = {fingerprint("mail", "a@x"), fingerprint("mail", "b@x"), fingerprint("wecom", "a@x")}
    assert len(marks) == 3
    assert all(len(mark) == 16 and "@" not in mark for mark in marks)
