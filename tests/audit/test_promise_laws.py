"""What holds of the rungs of every issue, and what is noticed whenever one is tampered with."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import builders as b
from deep import IN_CHECK
from hypothesis import given, settings
from laws import Life, lives
from timed_lives import TimedLife, terms_with

from audit.promises import Fate, read_promises
from domain.canonical import canonical
from domain.chain import Record
from domain.clock_rules import Retarget
from domain.events import RungFired
from domain.people import ENGINE

pytestmark = IN_CHECK

FOREVER = timedelta(days=3650)


@settings(max_examples=150, deadline=None)
@given(lives())
def test_random_lives_leave_no_rung_unaccounted(life: Life) -> None:
    life.try_(b.ring(), ENGINE)
    book = read_promises(life.records, now=life.at, grace=timedelta())

    assert book.found == []
    accounts = list(book.accounts())
    named = {(each.clock, each.cycle, each.rung): each for each in accounts}
    assert len(named) == len(accounts)
    assert life.issue is not None
    to_come = {
        (clock.id, clock.cycle, rung.id): rung.due_at
        for clock in life.issue.clocks
        for rung in clock.rungs
    }
    assert to_come == {
        name: each.due_at for name, each in named.items() if each.fate is Fate.TO_COME
    }


def _moved_at_once(life: Life, fired: RungFired) -> bool:
    """Whether another rung of the same instant moved the clock: had it been first, this one would
    not have fired, and nothing would be missing."""
    return any(
        change.clock == fired.clock and record.at == fired.at
        for record in life.records
        for change in record.event.clocks
    )


@settings(max_examples=50, deadline=None)
@given(lives())
def test_whichever_firing_is_removed_from_a_random_life_it_is_missed(life: Life) -> None:
    for record in life.records:
        event = record.event
        if not isinstance(event, RungFired) or _moved_at_once(life, event):
            continue
        left = [each for each in life.records if each is not record]
        book = read_promises(left, now=life.at + FOREVER, grace=timedelta())
        missed = {(each.clock, each.cycle, each.rung) for each in book.found}
        assert (event.clock, event.cycle, event.rung) in missed


def _timed_lives(count: int) -> Iterator[TimedLife]:
    """Lead lives with rungs of every kind through pauses and changes of their targets."""
    for seed in range(count):
        chance = random.Random(seed)  # noqa: S311  # chance, not secrets
        answers = list(Retarget)
        versions = tuple(terms_with(chance.choice(answers), hours=hours) for hours in (8, 20))
        yield TimedLife(seed, chance, versions).live()


@IN_CHECK
def test_lives_whose_targets_change_leave_no_rung_unaccounted() -> None:
    fates: Counter[Fate] = Counter()
    taken: set[str] = set()
    for life in _timed_lives(150):
        assert life.issue is not None
        book = read_promises(life.records, now=life.at, grace=timedelta())
        accounts = {(each.clock, each.cycle, each.rung): each for each in book.accounts()}

        assert (life.seed, book.found) == (life.seed, [])
        assert {
            (clock.id, clock.cycle, rung.id): rung.due_at
            for clock in life.issue.clocks
            for rung in clock.rungs
        } == {name: each.due_at for name, each in accounts.items() if each.fate is Fate.TO_COME}
        fates.update(each.fate for each in accounts.values())
        taken |= life.taken

    wanted = {Fate.FIRED, Fate.WITHDRAWN, Fate.SUPERSEDED, Fate.PAUSED, Fate.TO_COME}
    assert wanted == {fate for fate, count in fates.items() if count}
    assert {"reclassify", "grant", "adopt_handbook", "resume"} <= taken


def _silenced(life: TimedLife) -> Iterator[tuple[list[Record], str, str]]:
    """Yield the life's events with one rung's supersession left unsaid: rung and finding due."""
    for place, record in enumerate(life.records):
        before = read_promises(life.records[:place], now=record.at - FOREVER, grace=timedelta())
        accounts = {(each.clock, each.cycle, each.rung): each for each in before.accounts()}
        plain = json.loads(record.text)
        body = plain["body"]
        said = [(body, body["skipped"], "gap")] if body.get("next") and "skipped" in body else []
        said += [
            (change, change["retarget"]["superseded"], "lost")
            for change in body["clocks"]
            if change["run"] and "superseded" in (change.get("retarget") or {})
        ]
        for told, rungs, finding in said:
            for rung in tuple(rungs):
                known = accounts.get((told["clock"], told["cycle"], rung))
                stood = known is not None and known.fate in (Fate.TO_COME, Fate.PAUSED)
                if (finding == "gap" and known is None) or (finding == "lost" and stood):
                    rungs.remove(rung)
                    silent = replace(record, text=canonical(plain))
                    rungs.append(rung)
                    yield [*life.records[:place], silent], rung, finding


@IN_CHECK
def test_a_rung_that_is_passed_over_without_a_word_is_named() -> None:
    tried: Counter[str] = Counter()
    for life in _timed_lives(40):
        for forged, rung, finding in _silenced(life):
            tried[finding] += 1
            found = read_promises(forged, now=forged[-1].at, grace=timedelta()).found
            assert (finding, rung) in {(each.kind, each.rung) for each in found}, life.seed

    assert min(tried["gap"], tried["lost"]) > 5
