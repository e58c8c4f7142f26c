"""Values that are made without a check are those that a check would have made."""

from datetime import UTC, datetime

import pytest

from domain.clocks import Clock, RungDue, Segment, Standing
from domain.durations import Basis
from domain.model import unchecked

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_it_is_equal_to_the_checked_one_and_written_alike() -> None:
    checked = Segment(from_at=AT, to_at=AT, standing=Standing.PAUSED)
    made = unchecked(Segment, standing=Standing.PAUSED, to_at=AT, from_at=AT)

    assert made == checked
    assert made.model_fields_set == checked.model_fields_set
    assert made.model_dump_json() == checked.model_dump_json()


def test_what_is_not_given_has_its_default_in_its_place() -> None:
    given = {
        "id": "handling",
        "rule": "handling",
        "cycle": 1,
        "standing": Standing.RUNNING,
        "basis": Basis.OPEN,
        "budget_ms": 60_000,
        "anchor_at": AT,
        "since_at": AT,
        "due_at": AT,
        "rungs": (RungDue(id="due", due_at=AT),),
    }
    checked = Clock.model_validate(given)
    made = unchecked(Clock, **given)  # type: ignore[arg-type]  # one dict of every type

    assert list(made.__dict__) == list(checked.__dict__)
    assert made == checked
    assert made.model_dump_json() == checked.model_dump_json()


def test_a_field_that_is_missing_or_that_nobody_knows_is_an_error_at_once() -> None:
    with pytest.raises(TypeError, match=r"\['to_at'\]"):
        unchecked(Segment, from_at=AT, standing=Standing.PAUSED)  # type: ignore[call-arg]  # it is
    given = {"from_at": AT, "to_at": AT, "standing": Standing.PAUSED, "ends_at": AT}
    with pytest.raises(TypeError, match=r"\['ends_at'\]"):
        unchecked(Segment, **given)  # type: ignore[arg-type]  # one dict of every type
