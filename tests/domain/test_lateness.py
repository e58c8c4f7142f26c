"""What was recorded long after it took place is flagged (Q9)."""

from datetime import timedelta

import builders as b
import pytest
from by_hand import behind

from domain.decisions import decide
from domain.events import NoteAdded
from domain.events_of_modes import EmergencyDeclared, EmergencyEnded, GreenChannelOpened
from domain.lateness import emergencies, recorded_late_ms
from domain.phases import Priority
from domain.terms import Terms

TWO_HOURS = b.terms_of(late_record_minutes=120)
NIGHT = b.local(1, 2)
"""Tuesday, 02:00 in Shanghai."""


def late_by(minutes_after: timedelta) -> int | None:
    """Return how late a report of the night is said to be that is typed so long after it."""
    at = NIGHT + minutes_after
    sent = b.submission(b.report(), b.ENTERPRISE, occurred_at=NIGHT)
    decision = decide(None, sent, b.context(at, TWO_HOURS))
    (record,) = b.records_of(decision, sent, TWO_HOURS, after=[])
    return recorded_late_ms(record, TWO_HOURS.handbook)


def test_a_night_that_is_typed_at_eleven_is_nine_hours_late() -> None:
    assert late_by(9 * b.HOUR) == 9 * b.HOUR_MS


@pytest.mark.parametrize(
    ("after", "late_ms"),
    [
        (timedelta(), None),
        (2 * b.HOUR, None),
        (2 * b.HOUR + timedelta(milliseconds=1), 2 * b.HOUR_MS + 1),
    ],
)
def test_what_the_handbook_lets_pass_is_not_flagged(after: timedelta, late_ms: int | None) -> None:
    assert late_by(after) == late_ms


def test_a_handbook_that_says_nothing_flags_nothing() -> None:
    sent = b.submission(b.report(), b.ENTERPRISE, occurred_at=NIGHT)
    decision = decide(None, sent, b.context(b.FRI_9))
    (record,) = b.records_of(decision, sent, after=[])

    assert recorded_late_ms(record, b.HANDBOOK) is None


def test_an_act_without_a_claim_is_not_late() -> None:
    (record,) = b.told(b.REPORTED, terms=TWO_HOURS).records

    assert recorded_late_ms(record, TWO_HOURS.handbook) is None


def test_the_rungs_that_fired_before_a_late_act_are_not_late_themselves() -> None:
    story = b.told(b.REPORTED, terms=TWO_HOURS)
    sent = b.submission(b.NOTE, b.OFFICER, occurred_at=b.MON_10)
    decision = decide(story.issue, sent, b.context(b.MON_15, TWO_HOURS))
    records = b.records_of(decision, sent, TWO_HOURS, after=list(story.records))
    assert {record.occurred_at for record in records} == {b.MON_10}

    flagged = [record.kind for record in records if recorded_late_ms(record, TWO_HOURS.handbook)]

    assert "rung_fired" in [record.kind for record in records]
    assert flagged == ["note_added"]


# --- in an emergency the rule for emergencies says how late is late ---

RULE = {"from_tier": 1, "stages": [{"id": "rescue", "name": {"zh": "抢险", "en": "rescue"}}]}
A_DAY = b.terms_of(late_record_minutes=120, emergency=RULE | {"late_record_minutes": 24 * 60})
SILENT = b.terms_of(late_record_minutes=120, emergency=RULE)


def flagged(priority: Priority, terms: Terms) -> int | None:
    """Return how late a report of the night is said to be that is typed at eleven."""
    sent = b.submission(b.report(priority=priority), b.ENTERPRISE, occurred_at=NIGHT)
    decision = decide(None, sent, b.context(NIGHT + 9 * b.HOUR, terms))
    records = b.records_of(decision, sent, terms, after=[])
    emergency = next(emergencies(records))
    return recorded_late_ms(records[0], terms.handbook, emergency=emergency)


def test_an_emergency_may_be_recorded_later_than_the_rest() -> None:
    assert flagged(Priority.EMERGENCY, A_DAY) is None
    assert flagged(Priority.ORDINARY, A_DAY) == 9 * b.HOUR_MS


def test_a_rule_for_emergencies_that_says_nothing_leaves_the_handbooks_time() -> None:
    assert flagged(Priority.EMERGENCY, SILENT) == 9 * b.HOUR_MS


def test_a_rule_for_emergencies_may_be_the_stricter_one() -> None:
    strict = b.terms_of(late_record_minutes=24 * 60, emergency=RULE | {"late_record_minutes": 60})

    assert flagged(Priority.EMERGENCY, strict) == 9 * b.HOUR_MS
    assert flagged(Priority.ORDINARY, strict) is None


def test_an_issue_is_an_emergency_from_the_event_that_makes_it_one_to_that_which_ends_it() -> None:
    by = {"at": b.MON_10, "by": b.DIRECTOR}
    ordinary, expedited = Priority.ORDINARY, Priority.EXPEDITED
    note = NoteAdded(**by, text="Pumps are on their way.")
    green = GreenChannelOpened(
        **by, from_priority=ordinary, to_priority=expedited, reason="It stands still."
    )
    flood = EmergencyDeclared(
        **by, incident="flood", stage="rescue", from_priority=expedited, levels=()
    )
    over = EmergencyEnded(**by, incident="flood", to_priority=ordinary, reason="It is dry.")
    records = behind(b.told(b.REPORTED).records, green, note, flood, note, over, note)

    assert list(emergencies(records)) == [False, False, False, True, True, True, False]
