"""Two rungs of one instant: the handbook says which fires first, whichever of them is rung."""

from typing import Any

import builders_zone as b
from desks import STREAM, Counter, StandingClock

from domain.view import Ring, RingOutcome
from ledger.memory import MemoryLedger


def _clock(id_: str, effect: str, **rules: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "name": {"zh": "测试", "en": id_},
        "start": [{"events": ["issue_reported"]}],
        "stop": [{"phases": ["closed"]}],
        "budgets": [{"duration": {"kind": "wall", "minutes": 60}}],
        "rungs": [{"id": "due", "percent": 100, "effect": effect}],
    } | rules


MOVED = [{"events": ["issue_escalated"]}]
TERMS = b.terms_of(
    clocks=[_clock("zeal", "escalate"), _clock("alpha", "record", reset=MOVED), *b.CLOCKS],
    notices=[],
)
"""`zeal` stands first, fires first, and takes from `alpha` what was due at the same instant."""


async def test_a_ring_for_what_the_rung_before_it_takes_away_lets_time_pass_all_the_same(
    clock: StandingClock,
) -> None:
    office = Counter(MemoryLedger(), clock, terms=TERMS)
    await office.reported()
    shown = await office.next_rung()
    clock.at = shown.due_at

    answers = [
        await office.desk.ring(Ring(zone=b.ZONE, key=b.KEY, clock=name, cycle=1, rung="due"))
        for name in ("alpha", "zeal")
    ]

    fired = [(row.clock, row.cycle) for row in await office.ledger.firings(STREAM)]
    assert fired == [("zeal", 1)]
    assert answers[0].outcome is RingOutcome.FIRED
    assert answers[0].glimpse.tier == 2
    assert answers[0].glimpse.next_rung is not None
    assert answers[0].glimpse.next_rung.due_at > clock.at
    assert answers[1].outcome is RingOutcome.STALE
    assert answers[1].glimpse.version == answers[0].glimpse.version
