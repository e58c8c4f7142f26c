"""Why a deadline is what it is: budgets, stretches and spans that add up to the millisecond."""

from datetime import date, datetime, timedelta

import builders as b
import pytest
from builders import Step
from moving_lives import closed
from played_ledger import PlayedLedger, played

from audit.why import evidence, why
from domain import commands as cmd
from domain.absence import Why
from domain.canonical import canonical
from domain.clocks import Standing, Verdict
from domain.decisions import decide
from domain.derivation import Derivation, TargetDerivation
from domain.durations import Basis, OpenHours, Wall
from domain.errors import InvalidRequestError, UnknownIssueError
from domain.evolve import evolve
from domain.issue import Issue
from domain.people import ENGINE
from domain.phases import PauseReason, Priority
from domain.terms import Terms
from handbooks.calendars import cn_office_as_of

STREAM = f"{b.ZONE}/{b.KEY}"
FRI_15 = b.local(4, 15)
NEXT_MON_11 = b.local(7, 11)
NEXT_MON_15 = b.local(7, 15)
OVER_A_WEEKEND = (
    Step(b.ENTERPRISE, b.report(), b.FRI_9),
    Step(b.OFFICER, b.ACCEPT, b.FRI_9),
    Step(b.OFFICER, b.PAUSE, FRI_15),
    Step(b.OFFICER, b.RESUME, NEXT_MON_11),
)


async def _one(ledger: PlayedLedger, clock: str) -> Derivation:
    (derivation,) = await why(ledger, STREAM, clock)
    return derivation


async def _target(ledger: PlayedLedger, clock: str) -> TargetDerivation:
    (target,) = (await _one(ledger, clock)).targets
    return target


def adopt(ledger: PlayedLedger, target: Terms, at: datetime) -> None:
    """Let the engine put the played issue under the terms of a calendar just published."""
    issue: Issue | None = None
    for record in ledger.events:
        issue = evolve(issue, record.event, zone=b.ZONE, key=b.KEY, terms=record.terms)
    sent = b.submission(b.adopt_calendar(target), ENGINE)
    terms = Terms.model_validate_json(ledger.texts[issue.terms])
    decision = decide(issue, sent, b.context(at, terms, target))
    ledger.events += b.records_of(decision, sent, terms, after=ledger.events)
    ledger.texts[target.hash] = canonical(target)


async def test_a_clock_that_runs_adds_up_to_its_budget_over_a_pause_and_a_weekend() -> None:
    derived = await _target(played(*OVER_A_WEEKEND), "handling")

    assert [(s.standing, s.counted_ms // b.HOUR_MS) for s in derived.stretches] == [
        (Standing.RUNNING, 6),
        (Standing.PAUSED, 0),
        (Standing.RUNNING, 10),
    ]
    assert derived.due_at == b.local(8, 13)  # six hours on Monday from 11:00, four on Tuesday
    assert derived.budget_ms == derived.counted_ms == 16 * b.HOUR_MS
    assert derived.adds_up


async def test_a_weekend_that_runs_is_derived_day_by_day_with_the_rule_that_closed_it() -> None:
    derived = await _target(played(*OVER_A_WEEKEND[:2]), "handling")

    (stretch,) = derived.stretches
    assert [(span.counted_ms // b.HOUR_MS, span.rule.en) for span in stretch.spans] == [
        (8, "weekly hours"),
        (0, "outside opening hours"),
        (0, "closed: day of the week"),
        (0, "closed: day of the week"),
        (0, "outside opening hours"),
        (8, "weekly hours"),
    ]
    assert derived.due_at == b.local(7, 17)
    assert derived.adds_up


async def test_a_pause_says_what_the_issue_waited_for() -> None:
    pause = cmd.Pause(
        reason=PauseReason.WAITING_OUTSIDE, party="customs", note="A permit is awaited."
    )
    steps = (*OVER_A_WEEKEND[:2], Step(b.OFFICER, pause, FRI_15))

    derived = await _target(played(*steps), "handling")

    waits = derived.stretches[-1]
    assert (waits.reason, waits.party) == (PauseReason.WAITING_OUTSIDE, "customs")
    assert (waits.from_at, waits.to_at, waits.version) == (FRI_15, None, 3)


async def test_a_clock_that_stands_has_no_deadline_and_shows_what_is_left() -> None:
    derived = await _one(played(*OVER_A_WEEKEND[:3]), "handling")

    assert derived.due_at is None
    assert derived.standing is Standing.PAUSED
    last = derived.present
    assert (last.recorded_ms, last.unspent_ms) == (6 * b.HOUR_MS, 10 * b.HOUR_MS)
    assert derived.adds_up
    assert [rung.due_at for rung in derived.rungs] == [None, None, None]


async def test_the_budget_names_the_tier_it_was_chosen_for() -> None:
    derived = await _target(played(*OVER_A_WEEKEND), "handling")

    choice = derived.choice
    assert choice.duration == OpenHours(minutes=16 * 60)
    assert (choice.place, choice.of, choice.tier, choice.fallback) == (2, 4, 1, False)


async def test_an_emergency_counts_all_time_and_says_so() -> None:
    derived = await _target(played(b.EMERGENCY, Step(b.OFFICER, b.ACCEPT, b.MON_9)), "handling")

    assert derived.basis is Basis.WALL
    assert derived.choice.duration == Wall(minutes=120)
    assert derived.choice.priority is Priority.EMERGENCY
    assert [span.rule.en for span in derived.stretches[0].spans] == ["all time counts"]
    assert derived.adds_up


async def test_a_budget_that_fits_nothing_is_called_a_fallback() -> None:
    budgets = [{"duration": {"kind": "wall", "minutes": 60}, "tier": 3}]
    terms = b.terms_of(clocks=b.clock_rule("handling", budgets=budgets))
    ledger = played(*OVER_A_WEEKEND[:2], terms=terms)

    assert (await _target(ledger, "handling")).choice.fallback


async def test_rungs_that_fired_late_say_how_late_and_those_to_come_when() -> None:
    rang_at = b.local(7, 9, 5)
    steps = (
        *OVER_A_WEEKEND[:2],
        Step(ENGINE, b.ring("handling", 1, "at-50"), b.FRI_17 + timedelta(milliseconds=7)),
        Step(b.OFFICER, b.NOTE, rang_at),
    )

    derived = await _one(played(*steps), "handling")

    half, most, due = derived.rungs
    assert (half.says.percent, half.late_ms, half.version) == (50, 7, 3)
    assert (most.fired_at, most.due_at) == (None, b.local(7, 13, 48))
    assert (due.threshold_ms, due.due_at) == (16 * b.HOUR_MS, derived.due_at)


async def test_what_ran_past_its_deadline_is_over_it_and_still_adds_up() -> None:
    steps = (
        *OVER_A_WEEKEND[:2],
        Step(ENGINE, b.ring("handling", 1, "due"), b.local(8, 10)),
    )

    first, second = await why(played(*steps), STREAM, "handling")

    ran = first.present
    assert (ran.counted_ms, ran.stretches[0].over_ms) == (16 * b.HOUR_MS, b.HOUR_MS)
    assert ran.recorded_ms == 17 * b.HOUR_MS
    assert first.verdict is Verdict.HANDED_OVER
    assert (second.cycle, second.present.choice.tier) == (2, 2)
    assert first.adds_up
    assert second.adds_up


async def test_a_part_of_a_team_has_a_derivation_of_its_own() -> None:
    steps = (
        b.REPORTED,
        b.ACCEPTED,
        b.ESCALATED,
        Step(b.HEAD, b.CONVENE, b.MON_10),
        Step(b.POWER_SECTION, cmd.FinishPart(part="cable", summary="Moved."), b.MON_15),
    )

    derived = await _one(played(*steps), "part.1.cable")

    assert (derived.part, derived.rule) == ("cable", "part")
    ran = derived.present
    assert (ran.recorded_ms, ran.unspent_ms) == (5 * b.HOUR_MS, 3 * b.HOUR_MS)
    assert derived.adds_up


async def test_every_cycle_of_every_clock_of_a_whole_life_adds_up() -> None:
    derivations = await why(played(), STREAM)

    assert len(derivations) == 6
    assert all(derived.adds_up for derived in derivations)
    assert {derived.present.calendar.hash for derived in derivations} == {b.CALENDAR.hash}
    assert {derived.present.terms for derived in derivations} == {b.TERMS.hash}


async def test_a_recorded_length_that_was_forged_does_not_add_up() -> None:
    ledger = played()
    ledger.forge(2, '"elapsed_ms":3600000', '"elapsed_ms":3500000')

    (derived,) = await why(ledger, STREAM, "acceptance")

    assert not derived.adds_up


async def test_a_deadline_past_the_published_days_is_provisional() -> None:
    calendar = b.CALENDAR.model_copy(update={"valid_until": b.FRI_9.date()})
    terms = Terms(handbook=b.HANDBOOK, calendar=calendar)

    derived = await _target(played(*OVER_A_WEEKEND[:2], terms=terms), "handling")

    assert derived.provisional
    assert derived.stretches[0].spans[-1].rule.en == "provisional: calendar published to 2026-03-06"
    assert derived.adds_up


async def test_a_clock_that_never_was_is_refused_with_those_that_were() -> None:
    with pytest.raises(InvalidRequestError, match="acceptance, handling, resolution"):
        await why(played(*OVER_A_WEEKEND), STREAM, "lunch")


async def test_an_unknown_issue_is_refused() -> None:
    with pytest.raises(UnknownIssueError):
        await why(played(), "harbour/nowhere")


HOLIDAY = ("2026-03-04", "2026-03-05")
AFTER_THE_NOTICE = Terms(handbook=b.HANDBOOK, calendar=closed(*HOLIDAY))


async def test_a_notice_leaves_both_derivations_the_one_before_it_and_the_one_after() -> None:
    ledger = played(b.REPORTED, b.ACCEPTED)
    adopt(ledger, AFTER_THE_NOTICE, b.TUE_9)

    derived = await _one(ledger, "resolution")

    before, after = derived.targets
    assert (before.due_at, after.was_due_at) == (b.local(11, 17), b.local(11, 17))
    assert after.due_at == derived.due_at == b.local(15, 17)
    assert (before.calendar.hash, after.calendar.hash) == (
        b.CALENDAR.hash,
        AFTER_THE_NOTICE.calendar.hash,
    )
    for target in derived.targets:
        assert target.counted_ms + target.unspent_ms == target.budget_ms == 80 * b.HOUR_MS
        assert target.adds_up
    holidays = [span for span in after.stretches[0].spans if span.rule.en == "closed: holiday"]
    assert [span.from_at for span in holidays] == [b.local(2, 0), b.local(3, 0)]


async def test_a_change_of_target_names_its_event_its_author_and_its_reason() -> None:
    ledger = played(b.REPORTED, b.ACCEPTED)
    adopt(ledger, AFTER_THE_NOTICE, b.TUE_9)

    cause = (await _one(ledger, "resolution")).present.cause

    assert (cause.kind, cause.reason) == ("clock_migrated", "A notice was published.")
    assert (cause.author, cause.reference) == ("coordination (coordination.a)", "publication 1")
    assert cause.version == next(
        record.version
        for record in ledger.events
        if record.kind == "clock_migrated" and record.event.clock == "resolution"
    )


async def test_a_clock_that_ended_before_the_notice_keeps_its_one_derivation() -> None:
    ledger = played(b.REPORTED, b.ACCEPTED)
    adopt(ledger, AFTER_THE_NOTICE, b.TUE_9)

    (target,) = (await _one(ledger, "acceptance")).targets

    assert target.calendar.hash == b.CALENDAR.hash
    assert target.adds_up


async def test_a_forged_new_deadline_does_not_add_up() -> None:
    ledger = played(b.REPORTED, b.ACCEPTED)
    adopt(ledger, AFTER_THE_NOTICE, b.TUE_9)
    forged = next(
        r.version
        for r in ledger.events
        if '"clock":"resolution"' in r.text and r.kind == "clock_migrated"
    )
    ledger.forge(forged, "2026-03-17T09:00:00.000Z", "2026-03-17T08:00:00.000Z")

    derived = await _one(ledger, "resolution")

    assert [target.adds_up for target in derived.targets] == [True, False]
    assert not derived.adds_up


async def test_the_spring_festival_of_2020_is_derived_before_and_after_its_extension() -> None:
    """Reported on Wednesday 22 January. The holiday was to end on the 30th; on the 27th it was
    prolonged to 2 February, and Saturday 1 February, which was to be worked, became a day off."""
    first, last = cn_office_as_of(date(2020, 1, 22)), cn_office_as_of(date(2020, 1, 27))
    terms = Terms(handbook=b.HANDBOOK, calendar=first)
    ledger = PlayedLedger()
    reported_at = datetime(2020, 1, 22, 10, tzinfo=b.SHANGHAI)
    ledger.play(
        (Step(b.ENTERPRISE, b.report(), reported_at), Step(b.OFFICER, b.ACCEPT, reported_at)),
        terms=terms,
    )
    notice_at = datetime(2020, 1, 27, 8, tzinfo=b.SHANGHAI)
    adopt(ledger, Terms(handbook=b.HANDBOOK, calendar=last), notice_at)

    derived = await _one(ledger, "resolution")

    before, after = derived.targets
    days = {
        before: {31: True, 1: True, 2: False, 3: True},
        after: {31: False, 1: False, 2: False, 3: True},
    }
    for target, worked in days.items():
        spans = (*(s for stretch in target.stretches for s in stretch.spans), *target.unspent)
        open_days = {s.from_at.astimezone(b.SHANGHAI).day for s in spans if s.counted_ms}
        assert {day: day in open_days for day in worked} == worked
        assert sum(span.counted_ms for span in spans) == target.budget_ms
        assert target.adds_up
    assert [_day(before.due_at), _day(after.due_at)] == ["2020-02-11", "2020-02-13"]


async def test_an_issue_is_asked_only_for_clocks_that_it_could_have() -> None:
    found = await evidence(played(*OVER_A_WEEKEND), STREAM)

    assert found.judgements("review")
    (never,) = found.why_not("review", "due", NEXT_MON_11)
    assert never.why is Why.NEVER_STARTED
    with pytest.raises(InvalidRequestError, match="acceptance, handling"):
        found.judgements("lunch")
    with pytest.raises(InvalidRequestError, match="acceptance, handling"):
        found.why_not("lunch", "due", NEXT_MON_11)


def _day(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(b.SHANGHAI).date().isoformat()
