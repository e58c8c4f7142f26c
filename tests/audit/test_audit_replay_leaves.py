"""Every value in every input and result of the sample's histories, changed one at a time."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from audit_histories import (
    CONVERTER,
    DOOR_2,
    MATTER,
    MATTER_IN_RUNS,
    ORDER,
    OTHER,
    Sample,
    sample,
)

from audit.replay import kept_of, read_history, stream_of
from audit.replay_acts import Told, take
from audit.replay_checks import check_stream
from domain.matters.view import MatterGlimpse
from domain.order_view import OrderGlimpse
from domain.view import Glimpse

NO_OTHER_RECORD = {"at", "overdue", "wake_at", "notices", "more_notices", "repeated"}
"""What the desk's clock said at the time, what was still to be told then, and which try it was."""
SEEN = (
    Glimpse.model_fields.keys()
    | OrderGlimpse.model_fields.keys()
    | MatterGlimpse.model_fields.keys()
)
"""Of what a workflow looks at, the rest is for people who ask it."""

REPEATED = {("ring", ("glimpse", "version"))}
"""A ring that is rung again is shown the issue as it is by then, which may look the same."""

Way = tuple[str | int, ...]


async def told_of(ledger: Sample, workflow: str) -> Told:
    """Return what the histories of a workflow say."""
    told = Told()
    for row in await ledger.histories(workflow):
        await take(told, row.run_id, read_history(row), CONVERTER, live=False)
    return told


def leaves(plain: Any, way: Way = ()) -> Iterator[Way]:
    """Yield the way to every value that has another record to be held against."""
    if isinstance(plain, dict):
        for name in plain:
            if name not in NO_OTHER_RECORD or (*way, name) == ("result", "at"):
                yield from leaves(plain[name], (*way, name))
    elif isinstance(plain, list):
        for place, value in enumerate(plain):
            yield from leaves(value, (*way, place))
    elif way:
        yield way


def changed(plain: Any, way: Way) -> Any:
    """Return a copy with another value at the end of the way."""
    holder = [copy.deepcopy(plain)]
    part: Any = holder
    *before, last = (0, *way)
    for name in before:
        part = part[name]
    value = part[last]
    part[last] = value + 1 if type(value) is int else f"{value}-x" if value else "x"
    return holder[0]


@pytest.mark.parametrize(
    ("workflow", "values_min"),
    [(DOOR_2, 90), (OTHER, 90), (ORDER, 90), (MATTER, 25), (MATTER_IN_RUNS, 60)],
)
async def test_no_value_of_an_input_or_a_result_can_be_changed_unseen(
    workflow: str, values_min: int
) -> None:
    ledger = sample()
    told = await told_of(ledger, workflow)
    kept = await kept_of(ledger, stream_of(workflow))
    assert not check_stream(kept, told).found
    tried, unseen = 0, list[object]()
    for act, holder in [(act, holder) for act in told.acts for holder in ("sent", "answer")]:
        was: Any = getattr(act, holder)
        if act.name.startswith("look"):
            # What is asked, the replay holds against the workflow's own words.
            was = {name: was[name] for name in was if name in SEEN} if holder == "answer" else None
        for way in leaves(was):
            setattr(act, holder, changed(was, way))
            tried += 1
            if not check_stream(kept, told).found and (act.name, way) not in REPEATED:
                unseen.append((act.name, act.event_id, holder, way))
        setattr(act, holder, was)
    assert not unseen
    assert tried > values_min
