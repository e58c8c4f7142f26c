"""What an issue is in the middle of, another handbook must be able to end (I9, R5.7, R11)."""

from typing import Any

import pytest
from builders import ENGINE, IN_HANDLING, MON_11, adopt_handbook, given, when
from builders_ladder import FLOODED, IN_DISPUTE, LADDER, LADDER_DATA, PARKED
from builders_zone import terms_of

from domain.decisions.adoption import obstacles
from domain.errors import InvalidRequestError


def without(*tables: str, **changes: Any) -> Any:
    """Return the zone's terms without some tables."""
    return terms_of(**({k: v for k, v in LADDER_DATA.items() if k not in tables} | changes))


OTHER_ARBITER = without(dispatch=LADDER_DATA["dispatch"] | {"arbiters": ["supervision"]})


@pytest.mark.parametrize(
    ("story", "target", "lost"),
    [
        (IN_DISPUTE, without("dispatch"), "dispatch.arbiter"),
        (IN_DISPUTE, OTHER_ARBITER, "dispatch.arbiter"),
        (FLOODED, without("emergency"), "emergency"),
        (PARKED, without("parking"), "parking"),
    ],
)
def test_a_handbook_that_could_not_end_it_is_not_adopted(
    story: Any, target: Any, lost: str
) -> None:
    issue = given(*story, terms=LADDER)

    assert [each.field for each in obstacles(issue, target)] == [lost]
    with pytest.raises(InvalidRequestError, match="does not hold what the issue stands on"):
        when(issue, adopt_handbook(target), ENGINE, MON_11, terms=LADDER, target=target)


@pytest.mark.parametrize("table", ["dispatch", "emergency", "parking"])
def test_an_issue_in_its_ordinary_course_is_held_by_none_of_them(table: str) -> None:
    assert obstacles(given(*IN_HANDLING, terms=LADDER), without(table)) == ()
