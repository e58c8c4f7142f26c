"""What the events of a matter promise, and what became of it: read without the fold."""

from dataclasses import replace
from datetime import timedelta

import builders_grants as g
import pytest
from matters_kept import CLOSE, DAY, HOUR, STREAM, bureau_at, opened

from audit.matter_promises import read_matter_promises
from audit.promises import Fate, PromiseBook
from domain.canonical import canonical
from domain.chain import GENESIS, Record, link
from domain.matters.acts import DuePassed
from ledger.memory import MemoryLedger

MINUTE = timedelta(minutes=1)
Told = list[Record]


@pytest.fixture
async def told() -> Told:
    """The events of a stock that runs low, is not refilled for two days, and runs low again."""
    ledger = MemoryLedger()
    bureau = bureau_at(ledger)
    await bureau.do(opened())
    await bureau.do(g.received(300))
    await bureau.do(g.issued(250))
    await bureau.until(bureau.clock.at + DAY + HOUR)
    await bureau.do(g.received(300))
    await bureau.do(g.issued(250))
    await bureau.do(g.issued(100))
    await bureau.do(CLOSE)
    return await ledger.records(STREAM)


def account(told: Told, **now: timedelta) -> PromiseBook:
    """Return the account as of the last event, or so long after it."""
    at = told[-1].at + now.get("later", timedelta())
    return read_matter_promises(told, now=at, grace=MINUTE)


def fates(book: PromiseBook) -> list[tuple[str, int, str, Fate]]:
    return [(each.clock, each.cycle, each.rung, each.fate) for each in book.accounts()]


def without(told: Told, *kinds: str) -> Told:
    return [record for record in told if record.kind not in kinds]


def changed(record: Record, **values: object) -> Record:
    """Return a passing that says something else."""
    event = record.matter_event
    assert isinstance(event, DuePassed)
    plain = event.model_copy(update=values).model_dump(mode="json", exclude={"at", "by", "kind"})
    at = event.model_copy(update=values).model_dump(mode="json")["at"]
    whole = canonical({"actor": {"kind": "engine"}, "at": at, "body": plain, "kind": event.kind})
    return Record(
        *(record.stream, record.version, record.kind, record.at, None, record.command_id),
        *(record.command_hash, record.terms, record.rules, whole, GENESIS, link(GENESIS, whole)),
    )


def test_every_instant_has_one_fate(told: Told) -> None:
    book = account(told)
    assert book.found == []
    assert fates(book) == [
        ("refill", 1, "level-1", Fate.FIRED),
        ("refill", 1, "level-2", Fate.WITHDRAWN),
        ("refill", 2, "level-1", Fate.WITHDRAWN),
    ]


def test_what_is_still_to_come_waits_and_is_missed_once_its_time_is_over(told: Told) -> None:
    (low,) = (n for n, r in enumerate(told) if r.kind == "stock_low" and n < len(told) // 2)
    open_ = told[: low + 1]
    for later, fate in (
        (HOUR, Fate.TO_COME),
        (DAY, Fate.IN_FLIGHT),
        (2 * DAY, Fate.UNACCOUNTED),
    ):
        book = account(open_, later=later)
        assert [each[-1] for each in fates(book)] == [fate]
        assert [each.kind for each in book.found] == ["unaccounted"] * (fate is Fate.UNACCOUNTED)


def test_an_act_that_comes_after_an_instant_which_never_passed_is_found(told: Told) -> None:
    (found, *_) = account(without(told, "due_passed")).found
    assert (found.kind, found.clock, found.rung) == ("passed_over", "refill", "level-1")


def test_a_passing_that_nothing_promised_twice_or_too_early_is_found(told: Told) -> None:
    place = next(n for n, record in enumerate(told) if record.kind == "due_passed")
    passed = told[place]
    for altered, kind in (
        (without(told, "stock_low"), "unpromised"),
        ([*told[: place + 1], passed, *told[place + 1 :]], "doubled"),
        ([*told[:place], changed(passed, at=passed.at - HOUR), *told[place + 1 :]], "early"),
        ([*told[:place], changed(passed, due_at=passed.at - HOUR), *told[place + 1 :]], "due"),
    ):
        assert kind in {each.kind for each in account(altered).found}


def test_an_event_that_cannot_be_read_is_found_and_the_rest_is_read(told: Told) -> None:
    spoilt = [*told, replace(told[-1], text="{}")]
    (found,) = account(spoilt).found
    assert (found.kind, found.version) == ("unreadable", told[-1].version)
