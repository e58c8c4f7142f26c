"""What can count against a unit (R11), as the streams of issues and of orders tell it."""

from datetime import datetime, timedelta

import builders as b
import builders_ladder as bl
from builders import Step
from by_hand import behind

from domain import commands as cmd
from domain import order_events as oe
from domain.chain import GENESIS, Origin, Record, recorded
from domain.commands_of_time import AdoptHandbook
from domain.decisions import RULES, decide
from domain.events_of_ladder import AcknowledgementExpired
from domain.order_words import Ruling
from domain.orders import Issuer, PersonGround, order_stream
from domain.people import ENGINE
from domain.responsibility import Holder, HolderKind
from domain.supervision_rules import WarningFact
from domain.terms import Terms
from domain.warning_facts import Annulment, Fact, Undone, issue_facts, order_facts

MINUTE = timedelta(minutes=1)
LATE = 5 * MINUTE
ROADS = Holder(kind=HolderKind.UNIT, id="roads")
GRID = Holder(kind=HolderKind.POST, id="grid-east-1")
AT_ROADS = (b.REPORTED, b.ACCEPTED, b.HANDED_OVER)


def facts_of(*steps: Step, terms: Terms = b.TERMS) -> list[tuple[WarningFact, Holder, datetime]]:
    story = b.told(*steps, terms=terms)
    return [(f.fact, f.charged, f.at) for f in issue_facts(story.records, {terms.hash: terms})]


# --- what an issue's stream says ---


def test_a_breach_falls_to_the_unit_that_had_the_work_at_the_due_instant_however_late_it_rang() -> (
    None
):
    rung = Step(b.ENGINE, b.ring(), b.TUE_17 + LATE)

    assert facts_of(*AT_ROADS, rung) == [(WarningFact.BREACH, ROADS, b.TUE_17)]


def test_a_deadline_with_several_rungs_of_its_own_is_one_breach() -> None:
    tell = {"id": "tell-office", "percent": 100, "effect": "remind"}
    (handling,) = (c for c in b.HANDBOOK_DATA["clocks"] if c["id"] == "handling")
    terms = b.terms_of(clocks=b.clock_rule("handling", rungs=[tell, *handling["rungs"]]))
    steps = (*AT_ROADS, Step(b.ENGINE, b.ring(), b.TUE_17 + LATE))

    fired = [
        record for record in b.told(*steps, terms=terms).records if record.kind == "rung_fired"
    ]
    assert [record.event.clock for record in fired][-2:] == ["handling", "handling"]
    assert facts_of(*steps, terms=terms) == [(WarningFact.BREACH, ROADS, b.TUE_17)]


def test_a_breach_of_intake_falls_to_the_owners_post_and_a_warning_rung_is_none() -> None:
    half, due = b.MON_11, b.MON_13
    steps = (Step(ENGINE, b.ring("acceptance", 1, "at-50"), half),)

    assert facts_of(b.REPORTED, *steps) == []
    assert facts_of(b.REPORTED, *steps, Step(ENGINE, b.ring("acceptance"), due)) == [
        (WarningFact.BREACH, GRID, due)
    ]


def test_the_clock_of_a_part_falls_to_the_parts_unit_not_to_the_lead() -> None:
    due = Step(ENGINE, b.ring("part.1.cable"), b.MON_17)
    survey = Step(b.SECTION, cmd.FinishPart(part="survey", summary="Done."), b.MON_10)

    assert facts_of(*b.WITH_A_TEAM, survey, due) == [
        (WarningFact.BREACH, Holder(kind=HolderKind.UNIT, id="power"), b.MON_17)
    ]


def test_the_enterprises_silence_is_nobodys_breach() -> None:
    lapse = Step(ENGINE, b.ring("sign_off"), b.THU_9)

    assert facts_of(*b.IN_SIGN_OFF, lapse) == []


def test_a_part_of_an_outside_body_falls_to_nobody_of_the_zone() -> None:
    done = [
        Step(actor, cmd.FinishPart(part=part, summary="Done."), b.MON_10)
        for actor, part in ((b.SECTION, "survey"), (b.POWER_SECTION, "cable"))
    ]

    assert facts_of(*b.WITH_A_TEAM, *done, Step(ENGINE, b.ring("part.1.permit"), b.MON_17)) == []


def test_what_the_enterprise_is_waited_for_falls_to_nobody() -> None:
    clocks = b.clock_rule("handling", pause=[])
    terms = b.terms_of(clocks=clocks)
    steps = (*AT_ROADS, Step(b.SECTION, b.PAUSE, b.MON_10), Step(ENGINE, b.ring(), b.TUE_17))

    assert facts_of(*steps, terms=terms) == []


def test_a_resolution_sent_back_falls_to_whoever_had_the_work_when_it_was_proposed() -> None:
    steps = (
        *AT_ROADS,
        Step(b.SECTION, b.PROPOSE, b.MON_10),
        Step(b.ENTERPRISE, b.CONFIRM, b.MON_11),
        Step(b.HEAD, b.SEND_BACK, b.MON_13),
    )

    assert facts_of(*steps) == [(WarningFact.SENT_BACK, ROADS, b.MON_13)]


def test_a_withdrawal_sent_back_is_nobodys_fault() -> None:
    steps = (
        *AT_ROADS,
        Step(b.SECTION, b.PROPOSE, b.MON_10),
        Step(b.ENTERPRISE, b.WITHDRAW, b.MON_11),
        Step(b.HEAD, b.SEND_BACK, b.MON_13),
    )

    assert facts_of(*steps) == []


def test_only_a_refusal_that_is_overruled_counts_against_the_unit_that_refused() -> None:
    overruled = facts_of(*bl.IN_DISPUTE, bl.OVERRULED, terms=bl.LADDER)

    assert overruled == [(WarningFact.REFUSAL_OVERRULED, ROADS, b.MON_11)]
    assert facts_of(*bl.IN_DISPUTE, bl.MOVED_ON, terms=bl.LADDER) == []


def test_an_arbiter_who_does_not_rule_in_time_has_missed_a_limit() -> None:
    silent = Step(ENGINE, b.ring("verdict"), b.TUE_9 + b.HOUR)

    assert facts_of(*bl.IN_DISPUTE, silent, terms=bl.LADDER) == [
        (WarningFact.BREACH, Holder(kind=HolderKind.POST, id="coordination"), b.TUE_9 + b.HOUR)
    ]


def test_a_stalled_acknowledgement_falls_to_the_level_that_signed_for_it() -> None:
    stalled = AcknowledgementExpired(at=b.MON_13, by=ENGINE, tier=1, clock="promise", number=1)
    records = behind(b.told(*AT_ROADS).records, stalled)

    (fact,) = issue_facts(records, {b.TERMS.hash: b.TERMS})

    assert (fact.fact, fact.charged, fact.at) == (WarningFact.LADDER_REOPENED, GRID, b.MON_13)


# --- targets that move ---

LONGER = b.terms_of(
    revision=2,
    clocks=b.clock_rule(
        "resolution", budgets=[{"duration": {"kind": "open_hours", "minutes": 200 * 60}}]
    ),
)
SHORTER = b.terms_of(
    revision=3,
    clocks=b.clock_rule(
        "resolution", budgets=[{"duration": {"kind": "open_hours", "minutes": 60}}]
    ),
)
BY_HASH = {terms.hash: terms for terms in (b.TERMS, LONGER, SHORTER)}
TEN_DAYS = b.local(11, 17)
"""When the ten working days from the first Monday are over."""


def moved(*steps: tuple[datetime, Terms, bool]) -> list[Fact]:
    """Return the breaches of the total limit as the issue's terms move."""
    story = b.told(*AT_ROADS, Step(b.HEAD, b.ESCALATE, b.MON_10))
    issue, records, terms = story.issue, list(story.records), b.TERMS
    for at, target, undo in steps:
        command: cmd.Command = b.adopt_handbook(target, undo=undo)
        assert isinstance(command, AdoptHandbook)
        if target.hash == terms.hash:
            command = b.ring("resolution")
        sent = b.submission(command, ENGINE)
        decision = decide(issue, sent, b.context(at, terms, target))
        records += b.records_of(decision, sent, terms, after=records)
        issue, terms = decision.issue, target
    return [fact for fact in issue_facts(records, BY_HASH) if fact.rule == "resolution"]


def test_a_later_limit_undoes_a_breach_in_sight_and_going_back_restores_it() -> None:
    breached = (TEN_DAYS, b.TERMS, False)
    longer = (TEN_DAYS + b.HOUR, LONGER, False)
    back = (TEN_DAYS + 2 * b.HOUR, b.TERMS, True)

    (fact,) = moved(breached)
    (undone,) = moved(breached, longer)
    (restored,) = moved(breached, longer, back)

    assert (fact.at, fact.annulled) == (TEN_DAYS, None)
    assert undone.annulled is not None
    assert undone.annulled.why is Undone.NEW_TARGET
    assert (undone.version, restored) == (fact.version, fact)


def test_a_limit_that_was_over_when_it_was_set_counts_against_nobody() -> None:
    assert moved((b.TUE_17, SHORTER, False), (b.WED_9, SHORTER, False)) == []


# --- what an order's stream says ---

ORDER = order_stream(b.ZONE, "o-1")
ISSUED = oe.OrderIssued(
    at=b.MON_9,
    by=b.SUPERVISOR,
    instrument="notice",
    issuer=Issuer(person="supervision.a", post="supervision"),
    unit="roads",
    ground=PersonGround(words="It stalls."),
    issues=(b.KEY,),
    question="Why?",
)
UNANSWERED = oe.OrderUnanswered(
    at=b.TUE_9 + LATE, by=ENGINE, instrument="notice", unit="roads", cycle=1, due_at=b.TUE_9
)
RUN = {"basis": "open", "budget_ms": b.DAY_MS, "anchor_at": b.TUE_9, "due_at": b.WED_9}
RAISED = oe.OrderRaised.model_validate(
    {
        "at": b.TUE_9 + LATE,
        "by": ENGINE,
        "came_from": "notice",
        "to": "order",
        "unit": "roads",
        "limit_of": "order",
        "run": RUN,
    }
)


def order_records(*events: oe.OrderEvent) -> list[Record]:
    origin = Origin(ORDER, "by-hand", "0" * 64, b.TERMS.hash, RULES)
    return list(recorded(events, origin, after_version=0, previous=GENESIS))


def ruling(version: int, said: Ruling) -> tuple[oe.OrderEvent, oe.OrderEvent]:
    appealed = oe.OrderAppealed(at=b.WED_9, by=b.SECTION, version=version, reason="Not ours.")
    ruled = oe.AppealRuled(
        at=b.WED_17, by=b.DIRECTOR, version=version, ruling=said, reason="So it is."
    )
    return appealed, ruled


def test_an_order_counts_when_it_is_issued_not_answered_and_raised() -> None:
    facts = order_facts(order_records(ISSUED, UNANSWERED, RAISED))

    assert [(f.fact.value, f.instrument, f.at, f.version) for f in facts] == [
        ("order_issued", "notice", b.MON_9, 1),
        ("order_unanswered", "notice", b.TUE_9, 2),
        ("order_issued", "order", b.TUE_9 + LATE, 3),
    ]
    assert {(f.stream, f.charged.id) for f in facts} == {(ORDER, "roads")}


def test_an_appeal_annuls_the_one_fact_that_it_names_if_it_is_granted() -> None:
    granted = order_facts(order_records(ISSUED, UNANSWERED, *ruling(2, Ruling.ANNUL)))
    refused = order_facts(order_records(ISSUED, UNANSWERED, *ruling(2, Ruling.UPHOLD)))

    assert [f.annulled for f in granted] == [None, Annulment(version=4, why=Undone.APPEAL)]
    assert [f.annulled for f in refused] == [None, None]
