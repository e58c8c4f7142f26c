"""What Temporal's lists show of an issue, and when they are told."""

from datetime import UTC, datetime

import builders as b
import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from domain.phases import Phase
from domain.view import Glimpse
from runtime.temporal import SEARCH_ATTRIBUTES
from workflows import shown

GLIMPSE = Glimpse(
    zone=b.ZONE,
    key=b.KEY,
    version=2,
    at=b.MON_9,
    phase=Phase.HANDLING,
    category="road-access",
    tier=1,
    owner="grid-east-1",
    number="HARBOUR-2026-000001",
    deadline_at=b.TUE_17,
)


def after(changes: object, before: TypedSearchAttributes) -> dict[str, object]:
    """Return what the lists show once the changes are made."""
    held = {pair.key.name: pair.value for pair in before}
    for change in changes:  # type: ignore[attr-defined]  # updates of several value types
        held[change.key.name] = change.value
    return {name: value for name, value in held.items() if value is not None}


def test_every_attribute_is_one_that_the_namespace_is_given() -> None:
    wanted = {(key.name, key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
    used = {(key.name, key.indexed_value_type) for key, _ in shown._wanted(GLIMPSE)}
    assert used | {(shown.DUE_AT.name, shown.DUE_AT.indexed_value_type)} == wanted


def test_a_workflow_starts_with_all_that_is_known_and_shows_it_without_an_event() -> None:
    start = shown.at_start(GLIMPSE)
    assert {pair.key.name for pair in start} == {
        *("IssueZone", "IssuePhase", "IssueCategory", "IssueOwner", "IssueTier"),
        *("IssueOverdue", "IssueNumber", "IssueDueAt"),
    }
    assert shown.search_attributes(GLIMPSE, start) == []


def test_a_deadline_that_moves_alone_is_no_event() -> None:
    later = GLIMPSE.model_copy(update={"deadline_at": b.WED_9})
    assert shown.search_attributes(later, shown.at_start(GLIMPSE)) == []


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"tier": 2}, "IssueTier", 2),
        ({"phase": Phase.SIGN_OFF}, "IssuePhase", "sign_off"),
        ({"owner": "head-east"}, "IssueOwner", "head-east"),
        ({"unit": "roads"}, "IssueUnit", "roads"),
        ({"overdue": True}, "IssueOverdue", True),
    ],
)
def test_what_changed_is_shown_and_the_deadline_with_it(
    change: dict[str, object], name: str, value: object
) -> None:
    before = shown.at_start(GLIMPSE)
    glimpse = GLIMPSE.model_copy(update=change | {"deadline_at": b.WED_9})
    changes = shown.search_attributes(glimpse, before)
    assert {each.key.name for each in changes} == {name, "IssueDueAt"}
    assert after(changes, before)[name] == value
    assert after(changes, before)["IssueDueAt"] == b.WED_9


def test_what_is_no_longer_so_is_taken_away() -> None:
    handed = GLIMPSE.model_copy(update={"unit": "roads"})
    changes = shown.search_attributes(
        GLIMPSE.model_copy(update={"deadline_at": None}), shown.at_start(handed)
    )
    left = after(changes, shown.at_start(handed))
    assert "IssueUnit" not in left
    assert "IssueDueAt" not in left


def test_a_deadline_is_shown_as_an_instant() -> None:
    pair = next(pair for pair in shown.at_start(GLIMPSE) if pair.key.name == "IssueDueAt")
    assert isinstance(pair, SearchAttributePair)
    assert pair.value == datetime(2026, 3, 3, 9, tzinfo=UTC)
