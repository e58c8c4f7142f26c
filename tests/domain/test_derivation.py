"""Deadlines as proofs: spans that make up the budget, whatever moves the target."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import builders as b
from builders import Step, told
from deep import deep
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from moving_lives import CALENDARS, NIGHT, MovingLife, book, closed, moving_lives

from domain import commands_of_time as tm
from domain.absence import Why, why_not
from domain.calendar import Span
from domain.clocks import Clock, Standing
from domain.derivation import Derivation, TargetDerivation, derivations
from domain.durations import Basis, OpenHours
from domain.people import ENGINE
from domain.phases import Priority
from domain.terms import Terms

many_lives = settings(
    max_examples=deep("lives whose deadlines are derived", 1200),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
HOURS = {"plain": (range(5), 9, 17), "night": ((0, 2), 18, 23)}


# --- whatever happens ---


@many_lives
@for_all(moving_lives())
def test_the_spans_of_every_target_of_every_clock_make_up_its_budget(life: MovingLife):
    for derived in derivations(life.records, life.by_hash):
        for target in derived.targets:
            assert target.agrees
            assert sum(span.counted_ms for span in spans_of(target)) == target.budget_ms
            for stretch in target.stretches:
                for span in stretch.spans:
                    assert_counted_as_the_days_say(span, target.basis, stretch.calendar, life)
            for span in target.unspent:
                assert_counted_as_the_days_say(span, target.basis, target.calendar.hash, life)
        check_chain(derived)
        check_present(derived, life)
        check_why(derived, life)


def spans_of(target: TargetDerivation) -> Iterator[Span]:
    for stretch in target.stretches:
        yield from stretch.spans
    yield from target.unspent


def assert_counted_as_the_days_say(
    span: Span, basis: Basis, calendar_hash: str, life: MovingLife
) -> None:
    """Check a span against the plain days of its calendar: shares nothing with the arithmetic."""
    length_ms = (span.to_at - span.from_at) // timedelta(milliseconds=1)
    if basis is Basis.WALL:
        assert span.counted_ms == length_ms
        return
    known = [calendar for terms in life.choices for calendar in terms.calendars_by_id.values()]
    calendar = next(calendar for calendar in known if calendar.hash == calendar_hash)
    days, opens, closes = HOURS[calendar.id]
    start, end = span.from_at.astimezone(b.SHANGHAI), span.to_at.astimezone(b.SHANGHAI)
    closed_on = {override.on for override in calendar.overrides}
    worked = start.weekday() in days and start.date() not in closed_on
    closing = start.replace(hour=closes, minute=0, second=0, microsecond=0)
    within = opens <= start.hour and end <= closing
    assert span.counted_ms == (length_ms if worked and within else 0)
    assert span.counted_ms or not worked or start.hour < opens or start.hour >= closes


def check_chain(derived: Derivation) -> None:
    """Each target takes over the deadline that the one before it leaves."""
    for before, after in zip(derived.targets, derived.targets[1:], strict=False):
        assert before.due_at == after.was_due_at
        assert before.cause.version < after.cause.version


def check_present(derived: Derivation, life: MovingLife) -> None:
    """The present cycle is what the fold of the same events says of the clock."""
    clock = life.issue.clock(derived.clock)
    if clock.cycle != derived.cycle:
        assert derived.verdict is not None
        return
    assert (derived.standing, derived.due_at) == (clock.standing, clock.due_at)
    assert (derived.present.budget_ms, derived.verdict) == (clock.budget_ms, clock.verdict)
    fired = {rung.id for rung in derived.rungs if rung.fired_at is not None}
    assert fired == set(clock.fired)
    if clock.standing is Standing.RUNNING:
        planned = {rung.id: rung.due_at for rung in derived.rungs if rung.fired_at is None}
        assert {rung.id: planned[rung.id] for rung in clock.rungs} == {
            rung.id: rung.due_at for rung in clock.rungs
        }


def check_why(derived: Derivation, life: MovingLife) -> None:
    """Each rung has exactly one reason, and it is the one that the clock's own state gives.
    Asked of the clock that has every kind of rung."""
    clock = life.issue.clock(derived.clock)
    if clock.cycle != derived.cycle or derived.rule != "handling":
        return
    now = life.at + timedelta(minutes=1)
    for rung in derived.rungs:
        found = why_not(life.records, life.by_hash, clock.id, rung.id, now)
        assert [each.cycle for each in found] == list(range(1, clock.cycle + 1))
        last = found[-1]
        if last.rung in clock.superseded and last.rung not in clock.fired:
            changed = {"issue_reclassified", "extension_granted", "clock_migrated"}
            by = {Why.SUPERSEDED: changed, Why.STOOD_FOR: {"rung_fired"}}
            assert last.event.kind in by[last.why]
        else:
            assert last.why is expected_why(clock, last.rung, now)


def expected_why(clock: Clock, rung: str, now: datetime) -> Why:
    if rung in clock.fired:
        return Why.FIRED
    if not clock.is_live:
        return Why.ENDED
    if clock.standing is Standing.PAUSED:
        return Why.PAUSED
    due_at = {each.id: each.due_at for each in clock.rungs}.get(rung)
    return Why.UNFIRED if due_at is not None and due_at <= now else Why.NOT_YET_DUE


# --- targets that move ---


BOOK = Terms(handbook=book({}), calendar=CALENDARS[0], calendars=(NIGHT,))
NOTICE = Terms(handbook=book({}), calendar=closed("2026-03-03"), calendars=(NIGHT,))
RAISE = tm.Reclassify(priority=Priority.EXPEDITED, reason="The mill stands still.")
ASK = tm.AskExtension(clock="handling", extra=OpenHours(minutes=240), reason="Cables.")
OPENED = (b.REPORTED, b.ACCEPTED)


def handling(*steps: Step, terms: Terms = BOOK) -> Derivation:
    """Return the derivation of the last cycle of `handling`."""
    found = derivations(told(*steps, terms=terms).records, {terms.hash: terms})
    return [each for each in found if each.clock == "handling"][-1]


def adopted(target: Terms, at: datetime, *steps: Step) -> MovingLife:
    """Return a life that is put under other terms after `steps`."""
    life = MovingLife((BOOK, target), BOOK)
    for step in steps:
        life.at = step.at
        assert life.try_(step.command, step.actor)
    life.at = at
    assert life.try_(b.adopt_calendar(target), ENGINE, target)
    return life


def test_a_reclassification_shows_both_limits_with_who_changed_them_and_why():
    derived = handling(*OPENED, Step(b.COORDINATOR, RAISE, b.MON_11))

    first, second = derived.targets
    assert (first.rule, first.due_at) == ("start", b.local(1, 17))
    assert (second.rule, second.was_due_at) == ("keep_elapsed", b.local(1, 17))
    assert (second.due_at, second.budget_ms) == (b.local(0, 17), 8 * b.HOUR_MS)
    assert (second.cause.kind, second.cause.reason) == (
        "issue_reclassified",
        "The mill stands still.",
    )
    assert second.cause.by.startswith("coordination")
    assert second.choice.priority is Priority.EXPEDITED
    assert (first.counted_ms, first.unspent_ms) == (2 * b.HOUR_MS, 14 * b.HOUR_MS)
    assert derived.adds_up


def test_an_extension_names_what_was_granted_on_top_of_the_budget():
    steps = (*OPENED, Step(b.OFFICER, ASK, b.MON_10), Step(b.HEAD, b.GRANT, b.MON_11))

    present = handling(*steps).present

    assert (present.rule, present.extended_ms) == ("extension", 4 * b.HOUR_MS)
    assert (present.budget_ms, present.due_at) == (20 * b.HOUR_MS, b.local(2, 13))
    assert (present.cause.kind, present.cause.reason) == ("extension_granted", "Agreed.")
    assert present.adds_up


def test_a_calendar_restates_what_was_spent_before_it():
    """Nine hours were spent by Tuesday at ten; then Tuesday turns out to have been a holiday."""
    life = adopted(NOTICE, b.local(1, 10), *OPENED)
    derived = next(
        each for each in derivations(life.records, life.by_hash) if each.clock == "handling"
    )

    before, after = derived.targets
    assert (before.counted_ms, after.recorded_ms) == (9 * b.HOUR_MS, 8 * b.HOUR_MS)
    assert [span.rule.en for span in spans_of(after)].count("closed: holiday") == 1
    assert (before.due_at, after.due_at) == (b.local(1, 17), b.local(2, 17))
    assert derived.adds_up


def test_a_limit_set_into_the_past_is_born_breached_and_still_adds_up():
    steps = (*OPENED, Step(b.COORDINATOR, RAISE, b.local(1, 11)))

    present = handling(*steps).present

    assert present.born_breached
    assert (present.due_at, present.stretches[-1].over_ms) == (b.local(0, 17), 0)
    assert present.superseded == ("close", "near")  # half the time had rung on Monday
    assert present.adds_up


def test_a_limit_counted_from_the_report_shows_the_time_before_the_clock_started():
    terms = Terms(
        handbook=book({"priority": "from_anchor_with_credit", "anchor": "reported"}),
        calendar=CALENDARS[0],
        calendars=(NIGHT,),
    )
    late = Step(b.OFFICER, b.ACCEPT, b.MON_11)

    present = handling(b.REPORTED, late, Step(b.COORDINATOR, RAISE, b.MON_13), terms=terms).present

    assert (present.counted_from_at, present.due_at) == (b.MON_9, b.local(0, 17))
    assert [stretch.before_start for stretch in present.stretches] == [True, False]
    assert present.adds_up


def test_a_target_given_while_the_clock_stands_adds_up_without_a_deadline():
    paused = Step(b.OFFICER, b.PAUSE, b.MON_11)

    derived = handling(*OPENED, paused, Step(b.COORDINATOR, RAISE, b.MON_13))

    assert (derived.due_at, derived.present.due_at) == (None, None)
    assert (derived.present.counted_ms, derived.present.unspent_ms) == (
        2 * b.HOUR_MS,
        6 * b.HOUR_MS,
    )
    assert derived.adds_up


def test_a_rung_that_repeats_lists_each_firing_and_the_next():
    ring = Step(ENGINE, b.ring("handling", 1, "nag.1"), b.local(2, 17))

    rungs = handling(*OPENED, ring).rungs

    assert [rung.id for rung in rungs] == [
        "at-50",
        "near",
        "close",
        "due",
        "after",
        "nag.1",
        "nag.2",
    ]
    assert [rung.fired_at is None for rung in rungs] == [False] * 6 + [True]
    assert (rungs[-1].due_at, rungs[-1].says.times) == (b.local(3, 17), 3)
    assert rungs[0].late_by_us
