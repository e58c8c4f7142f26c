"""Every rung of an order's limits is accounted for, and whatever was taken away is missed."""

from dataclasses import replace
from datetime import timedelta

import builders as b
import builders_orders as o
from hypothesis import given, settings
from test_audit_orders import written
from test_order_adoption import adopted, instruments
from test_order_laws import INSTRUMENTS, STEPS, Act, lived

from audit.order_promises import read_order_promises
from audit.promises import Fate
from audit.verify import Depth, verify_stream
from domain.chain import Origin, recorded
from domain.decisions import RULES
from domain.order_events import OrderRungFired

NOW = timedelta(days=30)
NONE = timedelta()


@settings(max_examples=100, deadline=None)
@given(STEPS, INSTRUMENTS)
def test_no_rung_of_an_order_is_unaccounted_for(
    steps: list[tuple[int, Act]], instrument: str
) -> None:
    for rings in (True, False):
        story = lived(steps, instrument, rings=rings)
        book = read_order_promises(story.records, now=story.events[-1].at, grace=NONE)
        assert book.found == []
        run = story.now.run
        left = {} if run is None else {rung.id: rung.due_at for rung in run.rungs}
        to_come = {a.rung: a.due_at for a in book.accounts() if a.fate is Fate.TO_COME}
        assert to_come == left


@settings(max_examples=50, deadline=None)
@given(STEPS, INSTRUMENTS)
def test_whichever_firing_of_an_order_is_removed_it_is_missed(
    steps: list[tuple[int, Act]], instrument: str
) -> None:
    story = lived(steps, instrument, rings=True)
    for record in story.records:
        event = record.order_event
        if not isinstance(event, OrderRungFired):
            continue
        left = [each for each in story.records if each is not record]
        book = read_order_promises(left, now=story.events[-1].at + NOW, grace=NONE)
        assert (event.cycle, event.rung) in {(each.cycle, each.rung) for each in book.found}


def test_a_rung_that_other_terms_leave_out_is_superseded() -> None:
    story = o.issued()
    target = o.terms(instruments=instruments(rungs=[o.DUE]))
    decision = adopted(story.now, target)
    origin = Origin(o.STREAM, "adopt", "0" * 64, o.TERMS.hash, RULES)
    moved = recorded(decision.events, origin, after_version=1, previous=story.records[-1].hash)
    book = read_order_promises((*story.records, *moved), now=b.MON_10, grace=NONE)

    assert book.found == []
    fates = {each.rung: each.fate for each in book.accounts()}
    assert fates == {"half": Fate.SUPERSEDED, "limit": Fate.TO_COME}


async def test_verify_names_the_rung_of_an_order_that_nobody_rang() -> None:
    ledger = await written(o.issued())
    early = await verify_stream(ledger, o.STREAM, depth=Depth(now=b.MON_10))
    assert early.found == ()

    late = await verify_stream(ledger, o.STREAM, depth=Depth(now=b.MON_15))

    assert [(each.kind, each.version, each.field) for each in late.found] == [
        ("rung", 1, "unaccounted"),
        ("rung", 1, "unaccounted"),
    ]
    assert "rung half of reminder, cycle 1: was due at" in late.found[0].message


def test_an_event_of_an_order_that_cannot_be_read_ends_no_account() -> None:
    (record,) = o.issued().records
    book = read_order_promises([replace(record, text="{")], now=b.MON_15, grace=NONE)
    assert [each.kind for each in book.found] == ["unreadable"]
