"""States that no order can have are named as the bugs that they are, and never judged by guess."""

from datetime import datetime
from typing import Any

import builders as b
import builders_orders as o
import pytest

from domain.decisions import Context
from domain.decisions.order_draft import OrderDraft
from domain.decisions.orders import decide_order
from domain.errors import InvalidRequestError
from domain.order_commands import AdoptOrderTerms
from domain.people import ENGINE


def at_hand(**changes: Any) -> Any:
    return o.issued().now.model_copy(update=changes)


def no_rung() -> dict[str, Any]:
    run = o.issued().now.run
    assert run is not None
    unknown = tuple(rung.model_copy(update={"id": "nothing"}) for rung in run.rungs)
    return {"run": run.model_copy(update={"rungs": unknown})}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit_of": None}, "has a rung and no limit"),
        ({"limit_of": "nothing"}, "has no instrument nothing"),
        (no_rung(), "has no rung nothing"),
    ],
)
def test_what_no_order_can_be_is_said(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(LookupError, match=said):
        o.when(at_hand(**changes), o.REPLY, o.UNIT, b.NEXT_FRI_9)


def test_a_draft_without_an_order_has_none_to_show() -> None:
    draft = OrderDraft(None, b.ZONE, o.KEY, o.SUPERVISOR, o.context(b.MON_9))

    with pytest.raises(LookupError, match="no order yet"):
        _ = draft.order


@pytest.mark.parametrize("rules", [0, 99])
def test_an_order_is_decided_by_no_unknown_rules(rules: int) -> None:
    context = Context(at=b.MON_10, terms=o.TERMS, rules=rules)

    with pytest.raises(ValueError, match="is not known"):
        decide_order(o.issued().now, o.submission(o.REPLY, o.UNIT), context)


def test_terms_that_were_not_given_are_not_adopted() -> None:
    adopt = AdoptOrderTerms(terms="0" * 64)
    sent = o.submission(adopt, ENGINE)

    with pytest.raises(LookupError, match="were not given to decide by"):
        decide_order(o.issued().now, sent, o.context(b.MON_10))


def test_before_its_calendar_begins_no_order_has_a_limit() -> None:
    early = datetime(1980, 1, 1, tzinfo=b.MON_9.tzinfo)

    with pytest.raises(InvalidRequestError):
        decide_order(None, o.submission(o.issue(), o.SUPERVISOR), o.context(early))
