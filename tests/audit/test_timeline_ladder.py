"""The history of the ladder and of the modes, as lines that a person can read."""

import pytest
from ladder_lives import ladder_records

from audit.timeline import timeline

LINES = [
    "routed 3: row roads-first, unit roads, handler roads-desk",
    "routed 4: unit roads, refusal 1, arbiter coordination, suggests power: A matter of power.",
    "routed 5: moved: unit power, handler power-desk: The cable is theirs.",
    "routed 9: unit chancery, handler chancery-desk: clock verdict ran out",
    "signed 5: tier 2",
    "signed 7: tier 2, number 1: clock progress ran out",
    "instructed 3: number 1, tier 3, until 2026-03-06T09:00:00.000Z, handler power-desk, "
    "no waiting: By Friday.",
    "instructed 4: number 1: It is done.",
    "instructed 5: And today?",
    "empty 2: tier 1, grid-east-1: vacant",
    "held 2: tier 1, grid-east-1: vacant",
    "handed 4: head-east: head-east.a, head-east.b to head-east.a, head-east.b, head-east.n",
    "flood 2: incident flood-1, rescue, tiers 1 grid-east-1 (grid-east-1.a), "
    "2 head-east (head-east.a, head-east.b), 3 director (director.a, director.b)",
    "flood 5: incident flood-1, recovery: The water has gone.",
    "flood 6: incident flood-1, priority ordinary: Production is back.",
    "flood 7: priority ordinary to expedited: The pledge falls due tomorrow.",
    "shelved 3: The bridge is built next year.",
    "shelved 4: number 1: The bridge is built next year.; Agreed.",
    "shelved 5: number 2: It is not built yet.",
    "shelved 6: There is another way.",
    "shelved-till-review 6: clock shelf ran out",
]


@pytest.mark.parametrize("line", LINES)
def test_an_event_of_ladder_or_mode_says_its_own_values(line: str) -> None:
    records = ladder_records()
    rows = zip(records, timeline(records), strict=True)

    told = {f"{record.stream.split('/')[1]} {row.version}: {row.summary}" for record, row in rows}

    assert line in told
