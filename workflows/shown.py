"""What Temporal's own lists show of an issue."""

from typing import Any

from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from domain.view import Glimpse

ZONE = SearchAttributeKey.for_keyword("IssueZone")
NUMBER = SearchAttributeKey.for_keyword("IssueNumber")
PHASE = SearchAttributeKey.for_keyword("IssuePhase")
CATEGORY = SearchAttributeKey.for_keyword("IssueCategory")
OWNER = SearchAttributeKey.for_keyword("IssueOwner")
UNIT = SearchAttributeKey.for_keyword("IssueUnit")
TIER = SearchAttributeKey.for_int("IssueTier")
DUE_AT = SearchAttributeKey.for_datetime("IssueDueAt")
OVERDUE = SearchAttributeKey.for_bool("IssueOverdue")


_Shown = list[tuple[SearchAttributeKey[Any], Any]]


def at_start(issue: Glimpse) -> TypedSearchAttributes:
    """Return what a workflow is started with, so that the first news costs no event."""
    every = [*_wanted(issue), (DUE_AT, issue.deadline_at)]
    return TypedSearchAttributes(
        [SearchAttributePair(key, value) for key, value in every if value is not None]
    )


def search_attributes(
    issue: Glimpse, shown: TypedSearchAttributes
) -> list[SearchAttributeUpdate[Any]]:
    """Return what must be shown anew: nothing while only the next deadline has moved."""
    changed = [(key, value) for key, value in _wanted(issue) if shown.get(key) != value]
    if not changed:
        return []
    if shown.get(DUE_AT) != issue.deadline_at:
        changed.append((DUE_AT, issue.deadline_at))
    return [key.value_unset() if value is None else key.value_set(value) for key, value in changed]


def _wanted(issue: Glimpse) -> _Shown:
    return [
        (ZONE, issue.zone),
        (NUMBER, issue.number),
        (PHASE, issue.phase.value),
        (CATEGORY, issue.category),
        (OWNER, issue.owner),
        (UNIT, issue.unit),
        (TIER, issue.tier),
        (OVERDUE, issue.overdue),
    ]
