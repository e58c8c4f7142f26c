"""What holds of every pipeline and match, whatever is asked; and what they come to in numbers."""

from datetime import timedelta
from typing import Any, get_args

import builders as b
import builders_matches as t
import builders_matters as m
import builders_pipelines as p
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import IssueError
from domain.matters.counting import figures_of as counted_of
from domain.matters.events import MATTER_EVENT
from domain.matters.figures import Figure, number_of
from domain.matters.match.events import MatchEvent
from domain.matters.match.rules import MatchProcedure
from domain.matters.match.state import Match, ProposalStanding
from domain.matters.pipeline.events import PipelineEvent
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.values import Amount, Count, Quantity

STAGES = [each["id"] for each in p.LOANS["stages"]]
MONTHS = {"months": {"kind": "count", "n": 12}}
ACTORS = st.sampled_from([*[b.COORDINATOR] * 9, b.OFFICER, b.HOTLINE, b.ENTERPRISE])
DAYS = st.integers(1, 28).map(lambda day: f"2026-03-{day:02}")

PIPELINE_ACTS = (
    st.builds(
        lambda to, yuan: p.moved(
            to, amount=yuan and p.cny(yuan), values=MONTHS if to == "funded" else {}
        ),
        st.sampled_from(STAGES),
        st.none() | st.integers(1, 99),
    )
    | st.builds(
        lambda party, on: p.party(party=party, next_check_on=on),
        st.sampled_from(["bank", "guarantor"]),
        st.none() | DAYS,
    )
    | st.builds(
        lambda id_, on: p.dated(on, id_, reason="So."),
        st.sampled_from(["maturity", "audit"]),
        DAYS,
    )
)
IDS = st.sampled_from(["p-1", "p-2"])
SIDES = st.sampled_from(["posting", "counterpart"])
MATCH_ACTS = (
    st.builds(
        lambda id_, firm, places: t.proposed(id_, firm, places=places),
        IDS,
        st.sampled_from(["mill", "bakery", "foundry"]),
        st.none() | st.integers(1, 12),
    )
    | st.builds(t.yes, SIDES, IDS)
    | st.builds(t.yes, SIDES, IDS)
    | st.builds(t.yes, SIDES, IDS)
    | st.builds(lambda side, id_: t.no(side=side, proposal=id_), SIDES, IDS)
    | st.builds(t.came, st.integers(1, 12), IDS)
    | st.builds(t.came, st.integers(1, 4), IDS)
    | st.builds(t.withdrawn, IDS)
)


def figures_of(matters: list[Any], id_: str, terms: Any) -> dict[str, Figure]:
    """Return what the matters of a procedure come to, by the figures' ids; each has one."""
    rule = terms.handbook.procedure(id_)
    if isinstance(rule, PipelineProcedure):
        counted = counted_of(rule, matters)
    else:
        assert isinstance(rule, MatchProcedure)
        counted = counted_of(rule, matters)
    found = {each.id: each for each in counted}
    assert len(found) == len(counted)
    return found


def told(figures: dict[str, Figure], id_: str) -> Any:
    """Return a figure as one number, or as a pair if it is one of so many."""
    figure = figures[id_]
    if figure.part is None:
        return None
    assert isinstance(figure.part, Amount | Count | Quantity)
    if figure.whole is None:
        return number_of(figure.part)
    assert isinstance(figure.whole, Count)
    return number_of(figure.part), figure.whole.n


def loans(*stories: m.MatterStory) -> list[Pipeline]:
    """Return the pipelines of stories as if each had its own key."""
    return [p.pipeline(each).model_copy(update={"key": f"m-{n}"}) for n, each in enumerate(stories)]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 30), PIPELINE_ACTS, ACTORS), min_size=8, max_size=20))
def test_a_pipeline_is_at_one_stage_and_waits_for_nothing_at_its_end(
    acts: list[tuple[int, Any, Any]],
) -> None:
    story, at = p.loan(), b.MON_9
    for hours, command, actor in acts:
        at += timedelta(hours=hours)
        try:
            story.then(at, command, actor)  # holds the fold of all events against the state
        except IssueError:
            continue
        state = p.pipeline(story)
        assert state.reached_stage(state.at_stage) is not None
        assert sum(each.times for each in state.reached) == 1 + sum(
            each.kind == "stage_moved" for each in story.events
        )
        assert state.ended is None or state.dues == ()
        assert all(due.due_at > at for due in state.dues)
        assert len({due.clock for due in state.dues}) == len(state.dues)
        assert len({due.cycle for due in state.dues}) == len(state.dues)
        for each in state.dates:
            waited = state.due("date", each.id)
            assert (waited is None) == (each.passed or state.ended is not None)


@settings(max_examples=60)
@given(
    st.none() | st.integers(1, 12),
    st.lists(st.tuples(MATCH_ACTS, ACTORS), min_size=12, max_size=24),
)
def test_nothing_comes_of_a_proposal_without_both_and_never_more_than_places(
    places: int | None, acts: list[tuple[Any, Any]]
) -> None:
    story = t.posted(places=places).then(b.MON_9, t.proposed("p-1", "bakery"))
    story.then(b.MON_9, t.proposed("p-2", "foundry"))
    for number, (command, actor) in enumerate(acts):
        try:
            story.then(b.MON_10 + timedelta(minutes=number), command, actor)
        except IssueError:
            continue
        state = t.match(story)
        assert state.left is None or state.left >= 0
        assert "mill" not in [each.enterprise for each in state.proposals]
        for each in state.proposals:
            both = each.posting == each.counterpart == "consented"
            agreed = each.standing in (ProposalStanding.AGREED, ProposalStanding.CONCLUDED)
            assert not agreed or both
            assert (each.outcome is not None) == (each.standing is ProposalStanding.CONCLUDED)
            if state.due("answer", each.id) is not None:
                assert each.standing is ProposalStanding.OPEN
    figures = figures_of([t.match(story)], "staff", t.TERMS)
    parts = ("open", "agreed", "declined", "withdrawn")
    counted = [figures[f"proposals.{part}"].part for part in parts]
    assert sum(each.n for each in counted if isinstance(each, Count)) == told(figures, "proposals")


def test_the_demand_for_loans_reads_as_the_source_tells_it() -> None:
    """B18 in small: stages need not nest, more is funded than is in approval."""
    stories = [p.loan(amount=p.cny(70))]
    for enterprise, yuan in (("mill", 20), ("foundry", 10)):
        story = p.loan(enterprise=enterprise, amount=p.cny(yuan, precision="over"))
        stories.append(story.then(b.MON_10, p.moved("approval")))
    for yuan in (30, 8):
        story = p.loan(enterprise="bakery").then(b.MON_10, p.moved("approval"))
        stories.append(story.then(b.MON_11, p.funded(yuan)))
    figures = figures_of(loans(*stories), "loans", p.TERMS)
    assert told(figures, "stage.demand.now") == 1
    assert told(figures, "stage.approval.now") == 2
    assert told(figures, "stage.approval.now.amount.CNY") == 3_000
    amount = figures["stage.approval.now.amount.CNY"].part
    assert isinstance(amount, Amount)
    assert amount.precision == "over"
    assert told(figures, "stage.funded.now") == 1  # one enterprise with two loans
    assert told(figures, "stage.funded.now.matters") == 2
    assert told(figures, "stage.funded.now.amount.CNY") == 3_800
    assert told(figures, "stage.approval.reached") == 3
    assert told(figures, "stage.approval.reached.amount.stated") == (2, 4)
    assert told(figures, "at.funded.months") == 24
    assert told(figures, "enterprises") == 3


def test_what_nobody_stated_is_no_zero() -> None:
    figures = figures_of(loans(p.loan()), "loans", p.TERMS)
    assert told(figures, "stage.demand.now.amount") is None
    assert told(figures, "at.funded.months") is None
    assert told(figures, "stage.approval.overdue") == 0
    assert figures_of([], "loans", p.TERMS)["amount"].part is None


def test_money_of_different_currencies_is_never_one_sum() -> None:
    terms = p.changed(p.LOANS, currency=None)
    dollars = {"kind": "amount", "hundredths": 500, "currency": "USD"}
    matters = loans(p.loan(terms, amount=p.cny(1)), p.loan(terms, amount=dollars))
    figures = figures_of(matters, "loans", terms)
    assert (told(figures, "amount.CNY"), told(figures, "amount.USD")) == (100, 500)


def test_a_sum_larger_than_numbers_are_carried_says_that_it_is_more() -> None:
    most = {"kind": "amount", "hundredths": 10**15, "currency": "CNY"}
    figures = figures_of(loans(*(p.loan(amount=most) for _ in range(2))), "loans", p.TERMS)
    part = figures["amount.CNY"].part
    assert isinstance(part, Amount)
    assert (part.hundredths, part.precision) == (10**15, "over")


def test_ends_checks_and_dates_are_counted() -> None:
    failed = p.loan().then(b.MON_10, p.moved("refused", exemption="due-care"))
    waiting = p.loan(dates={"maturity": "2026-02-27", "audit": "2026-06-05"})
    waiting.then(b.MON_10, p.dated("2026-06-08", "audit", reason="Moved."))
    waiting.then(b.MON_10, p.party(next_check_on="2026-03-02"))
    waiting.then(b.local(1), m.asked(kind="note_matter", text="Nobody asked the bank."))
    figures = figures_of(loans(failed, waiting), "loans", p.TERMS)
    assert told(figures, "ended.failed") == (1, 2)
    assert told(figures, "exempted.due-care") == (1, 1)
    assert told(figures, "party.bank.missed") == (1, 1)
    assert told(figures, "status.bank.asked") == (1, 1)
    assert told(figures, "status.bank.agreed") == (0, 1)
    assert told(figures, "date.maturity.passed") == (1, 1)
    assert told(figures, "date.audit.passed") == (0, 1)
    assert told(figures, "date.audit.changes") == 1
    assert told(figures, "stage.demand.overdue") == (1, 1)


def test_meetings_add_up_over_all_that_were_held() -> None:
    """B07 in small: banks, enterprises, credit lines and loans, each its own sum."""
    story = p.meetings()
    story.then(b.MON_10, p.met(p.outcome("mill", "i-1", credit=p.cny(100), loan=p.cny(989))))
    story.then(
        b.MON_11,
        p.met(
            p.outcome("bakery", "i-2", credit=p.cny(35)),
            p.outcome("mill"),
            parties=["first", "second"],
        ),
    )
    figures = figures_of([p.pipeline(story)], "meetings", p.TERMS)
    assert {
        id_: told(figures, f"meetings.{id_}")
        for id_ in ("held", "parties", "enterprises", "answered")
    } == {"held": 2, "parties": 2, "enterprises": 2, "answered": 2}
    assert told(figures, "meetings.outcome.credit.CNY") == 13_500
    assert told(figures, "meetings.outcome.credit._by") == 2
    assert told(figures, "meetings.outcome.loan.CNY") == 98_900


def _lent(places: int | None, people: int) -> Match:
    story = t.posted(places=places).then(b.MON_10, t.proposed(places=people))
    return t.match(t.agreed(story).then(b.MON_13, t.came(people)))


def test_six_hundred_person_times_are_the_sum_of_what_was_recorded() -> None:
    """B03 in small."""
    met, partly, unasked = _lent(250, 250), _lent(400, 300), _lent(None, 50)
    said_no = t.posted(side="offer").then(b.MON_10, t.proposed()).then(b.MON_11, t.no("too-dear"))
    figures = figures_of([met, partly, unasked, t.match(said_no)], "staff", t.TERMS)
    assert told(figures, "outcome.person-times") == 600
    assert told(figures, "outcome.wages.CNY") == 60_000
    assert told(figures, "places.filled") == (550, 650)
    assert told(figures, "places.filled_unasked") == 50
    assert told(figures, "postings.met") == (2, 4)
    assert told(figures, "postings.need.met") == (2, 3)
    assert told(figures, "postings.offer.met") == (0, 1)
    assert told(figures, "proposals.agreed") == (3, 4)
    assert told(figures, "proposals.declined.too-dear") == (1, 1)
    assert told(figures, "proposals.declined.too-few") == (0, 1)


def test_buses_and_interviews_add_up_and_rates_keep_their_denominator() -> None:
    story = t.posted("recruitment", side="vacancies")
    free = {"kind": "flag", "yes": True}
    for at in (b.MON_10, b.MON_11):
        story.then(at, t.step("bus", None, seats=t.number(40), free=free))
    story.then(b.MON_11, t.proposed("p-1", None, others="seekers"))
    local = {"kind": "ratio", "part": 9, "whole": 10}
    t.agreed(story).then(b.MON_13, t.came(10, values={"local": local}))
    figures = figures_of([t.match(story)], "recruitment", t.TERMS)
    assert (told(figures, "steps.bus"), told(figures, "step.bus.seats")) == (2, 80)
    assert told(figures, "step.bus.free.yes") == (1, 1)
    assert told(figures, "outcome.local") == (9, 10)
    assert told(figures, "step.interview.interviewed") is None
    assert told(figures, "postings.met") == (1, 1)


def test_every_event_reads_back_as_it_was_written() -> None:
    story = p.loan(dates={"maturity": "2026-03-03"}, parties=[{"party": "bank"}])
    story.then(b.MON_9, p.party(next_check_on="2026-03-02")).then(b.MON_9, p.moved("approval"))
    story.then(b.MON_9, p.dated("2026-03-05", reason="Moved."))
    story.then(b.local(4), p.funded(1))
    meeting = p.meetings().then(b.MON_10, p.met(p.outcome("mill", "i-1", loan=p.cny(1))))
    lent = t.posted().then(b.MON_10, t.proposed()).then(b.local(2), t.no())
    lent.then(b.local(2), t.proposed("p-2")).then(b.local(2), t.withdrawn("p-2"))
    lent.then(b.local(2), t.proposed("p-3"))
    lent.then(b.local(2), t.step("trial", "p-3", days=t.number(1)), b.ENTERPRISE)
    lent.then(b.local(2), t.yes("posting", "p-3")).then(b.local(2), t.yes("counterpart", "p-3"))
    lent.then(b.local(2), t.came(3, "p-3"))
    events = [*story.events, *meeting.events, *lent.events]
    seen = {type(event) for event in events}
    assert {*get_args(PipelineEvent), *get_args(MatchEvent)} <= seen
    for event in events:
        assert MATTER_EVENT.validate_json(event.model_dump_json()) == event
