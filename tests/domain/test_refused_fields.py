"""What a handbook names and does not hold is refused, and forms that say too much or too little."""

from typing import Any

import pytest
from builders import FRI_9, HANDBOOK_DATA, handbook
from builders_ladder import ladder_terms
from pydantic import ValidationError

from domain.commands_of_ladder import Instruct
from domain.policies import RouteTo, RoutingRow
from domain.staffing import Assignment, Delegation, OnEmpty, Tier
from domain.supervision_rules import Instrument

NAME = {"zh": "-", "en": "-"}
WEEK = {"kind": "working_days", "days": 5}
INSTRUMENT = {"id": "order", "name": NAME}
DUE = {"id": "due", "percent": 100, "effect": "record"}
GROUND = {"id": "late", "fact": "breach", "points": 1}
WARNINGS = {
    "period": "month",
    "grounds": [GROUND],
    "cards": [{"id": "yellow", "name": NAME, "points": 2}],
    "appeal": WEEK,
    "appeal_to_tier": 3,
}
DISPATCH = {
    "refusal": "handling",
    "ruling": "handling",
    "arbiters": ["coordination"],
    "fallback": "roads",
}
CEDED = {"id": "d", "post": "head-east", "principal": "head-east.a", "deputy": "x"}
DAYS = {"from_on": "2026-03-01", "to_on": "2026-03-02"}


def enterprises(**changes: Any) -> list[dict[str, Any]]:
    first, *others = HANDBOOK_DATA["enterprises"]
    return [first | changes, *others]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"enterprises": enterprises(sponsors=["roads-desk"])},
            "has no tier, so it is in no chain",
        ),
        ({"enterprises": enterprises(sponsors=["nobody"])}, "no post 'nobody'"),
        ({"enterprises": enterprises(segment="gold")}, "no segment 'gold'"),
        ({"enterprises": enterprises(supplies=["moon"])}, "no enterprise 'moon'"),
        ({"enterprises": enterprises(accountable={"sector": "nobody"})}, "no post 'nobody'"),
        ({"lists": [{"id": "l", "name": NAME, "members": ["moon"]}]}, "list l: no enterprise"),
        ({"pauses": {"total": "nothing"}}, "no clock 'nothing' to count the total"),
        ({"dispatch": DISPATCH | {"fallback": "customs"}}, "'customs' is no unit with a post"),
        ({"dispatch": DISPATCH | {"arbiters": ["nobody"]}}, "dispatch: no post 'nobody'"),
        ({"ladder": {"fallback": "nobody"}}, "ladder: no post 'nobody'"),
        ({"parking": {"review": "nothing", "from_tier": 2}}, "parking: no clock 'nothing'"),
        ({"green_channel": {"from_tier": 4}}, "green_channel: no tier 4"),
        ({"instructions": {"from_tier": 2, "clocks": ["nothing"]}}, "instructions: no clock"),
        ({"routing": [{"id": "r", "to": "unit", "unit": "customs"}]}, "no unit with a post"),
        ({"routing": [{"id": "r", "to": "owner", "grids": ["moon"]}]}, "no grids 'moon'"),
        ({"teams": [{"id": "t", "name": NAME, "lead": "moon", "members": ["roads"]}]}, "no unit"),
        ({"supervision": {"instruments": [INSTRUMENT | {"from_tier": 4}]}}, "no tier 4"),
        ({"supervision": {"instruments": [INSTRUMENT, INSTRUMENT]}}, "instruments: 'order' twice"),
        ({"supervision": {"lights": {"clocks": ["nothing"]}}}, "lights: no clock 'nothing'"),
        ({"supervision": {"warnings": WARNINGS | {"appeal_to_tier": 4}}}, "warnings: no tier 4"),
        (
            {"supervision": {"warnings": WARNINGS | {"grounds": [GROUND | {"clocks": ["no"]}]}}},
            "ground late: no clock 'no'",
        ),
        ({"delegations": [CEDED | DAYS | {"post": "nobody"}]}, "delegation d: no post 'nobody'"),
        ({"delegations": [CEDED | DAYS | {"principal": "y"}]}, "'y' does not hold the post"),
    ],
)
def test_what_is_named_must_be_held(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        handbook(**changes)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("model", "fields", "said"),
    [
        (Tier, {"level": 1, "id": "a", "name": NAME, "fallback": "roads"}, "go together"),
        (
            Tier,
            {"level": 1, "id": "a", "name": NAME, "on_empty": OnEmpty.FALLBACK_UNIT},
            "go together",
        ),
        (Assignment, {"person": "p", "from_on": "2026-03-02", "to_on": "2026-03-01"}, "before"),
        (Delegation, CEDED | DAYS | {"deputy": "head-east.a"}, "to another person"),
        (Delegation, CEDED | DAYS | {"to_on": "2026-02-01"}, "ends after it begins"),
        (RoutingRow, {"id": "r", "to": RouteTo.UNIT}, "go together"),
        (RoutingRow, {"id": "r", "to": RouteTo.OWNER, "unit": "roads"}, "go together"),
        (Instrument, INSTRUMENT | {"rungs": [DUE]}, "need a `limit`"),
        (Instrument, INSTRUMENT | {"on_timeout": "order"}, "need a `limit`"),
        (Instrument, INSTRUMENT | {"limit": WEEK}, "one rung must be the limit itself"),
        (Instruct, {"text": "-", "expires_at": FRI_9, "clock": "handling"}, "go together"),
    ],
)
def test_forms_that_say_too_much_or_too_little_are_refused(
    model: Any, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(fields)
    assert said in str(refused.value)


def test_the_zone_of_the_ladder_names_nothing_in_vain() -> None:
    assert ladder_terms().handbook.dispatch is not None
