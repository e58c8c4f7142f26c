"""What every matter knows, whatever it keeps: who may, ties, totals, hands, ends, terms, time."""

from datetime import date

import builders as b
import builders_matters as m
import builders_zone as z
import pytest
from pydantic import ValidationError

from domain.decisions.draft import RULES, Context
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
    UnknownMatterError,
    WrongPhaseError,
)
from domain.evolve import StreamError
from domain.handbook import Handbook
from domain.matters import acts
from domain.matters.decide import decide_matter
from domain.matters.draft import numbered
from domain.matters.evolve import evolve_matter, fold_matter
from domain.matters.figures import in_sum
from domain.matters.matter import Due, is_matter_stream, matter_stream, read_matter_stream
from domain.matters.tally import Tally
from domain.matters.values import (
    NUMBER_MAX,
    Amount,
    Count,
    FieldRule,
    Quantity,
    Ratio,
    require_fields,
)
from domain.matters.words import MatterStanding, Precision, ValueKind
from domain.people import ENGINE, Service
from domain.terms import Terms

VISITS = {
    "id": "visits",
    "name": m.name("visits"),
    "asks": [
        {"id": "plan", "name": m.name("plan"), "type": "words", "required": False},
        {
            "id": "budget",
            "name": m.name("budget"),
            "type": "amount",
            "currency": "CNY",
            "required": False,
        },
    ],
    "steps": [{"id": "visited", "name": m.name("visited"), "by": [{"tier": 1}]}],
}
TERMS = m.terms_with(campaigns=[VISITS])
OPEN = m.asked(kind="open_campaign", procedure="visits", title="Spring", targets=["mill"])


def story(terms: Terms = TERMS) -> m.MatterStory:
    """Return a campaign that was just opened."""
    return m.MatterStory(terms).then(b.MON_9, OPEN)


def refused(
    asked_of: m.MatterStory, error_kind: type[IssueError], /, **fields: object
) -> IssueError:
    """Return the refusal of a command of the coordinator's."""
    with pytest.raises(error_kind) as error:
        asked_of.when(b.MON_10, m.asked(**fields))
    return error.value


def test_the_names_of_streams_tell_matters_from_issues_of_a_zone_called_matter() -> None:
    assert is_matter_stream(matter_stream("z", "k"))
    assert read_matter_stream("matter/z/k") == ("z", "k")
    assert not is_matter_stream("matter/k")
    assert not is_matter_stream("order/z/k")


def test_who_opens_a_matter_is_accountable_for_it_and_a_service_names_who_runs_it() -> None:
    assert story().matter.post == "coordination"
    by_service = VISITS | {"runs": [{"role": "coordinator"}, {"service": "hotline"}]}
    opened = m.MatterStory(m.terms_with(campaigns=[by_service])).then(
        b.MON_9, OPEN, Service(name="hotline")
    )
    assert opened.matter.post == "coordination"


@pytest.mark.parametrize("actor", [b.OFFICER, b.ENTERPRISE, b.HOTLINE, b.AUDITOR])
def test_nobody_else_opens_or_closes(actor: object) -> None:
    with pytest.raises(NotPermittedError):
        m.MatterStory(TERMS).when(b.MON_9, OPEN, actor)  # type: ignore[arg-type]  # any actor
    with pytest.raises(NotPermittedError):
        story().when(b.MON_10, m.asked(kind="close_matter", ending="x"), actor)  # type: ignore[arg-type]  # any actor


def test_a_key_is_given_once_and_commands_to_nothing_are_refused() -> None:
    with pytest.raises(ConflictError):
        story().when(b.MON_10, OPEN)
    with pytest.raises(UnknownMatterError):
        m.MatterStory(TERMS).when(b.MON_9, m.asked(kind="close_matter", ending="x"))
    with pytest.raises(ConflictError):
        m.MatterStory(TERMS).when(b.MON_9, OPEN, expected_version=3)


def test_an_amount_without_a_currency_and_a_rate_without_a_denominator_are_refused() -> None:
    amount = {"kind": "amount", "hundredths": 1}
    opening = OPEN.model_dump() | {"details": {"budget": amount}}
    with pytest.raises(InvalidRequestError) as error:
        m.MatterStory(TERMS).when(b.MON_9, m.asked(**opening))
    assert error.value.field == "details.budget.currency"
    for figures, field in (
        ({"paid": amount}, "figures.paid.currency"),
        ({"rate": {"kind": "ratio", "part": 1}}, "figures.rate.whole"),
        ({"rate": {"kind": "ratio", "part": 1, "whole": 0}}, "figures.rate.whole"),
    ):
        wrong = refused(
            story(), InvalidRequestError, kind="state_total", label="x", figures=figures
        )
        assert wrong.field == field


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "values.n"),
        ({"other": {"kind": "count", "n": 1}}, "values.other"),
        ({"n": {"kind": "flag", "yes": True}}, "values.n.kind"),
        ({"n": {"kind": "count", "n": 11}}, "values.n.n"),
        (
            {
                "n": {"kind": "count", "n": 1},
                "q": {"kind": "quantity", "thousandths": 1, "unit": "t"},
            },
            "values.q.unit",
        ),
        ({"n": {"kind": "count", "n": 1}, "c": {"kind": "choice", "id": "blue"}}, "values.c.id"),
        (
            {
                "n": {"kind": "count", "n": 1},
                "a": {"kind": "amount", "hundredths": 1, "currency": "EUR"},
            },
            "values.a.currency",
        ),
    ],
)
def test_a_field_takes_only_what_its_rule_allows(
    given: dict[str, dict[str, object]], field: str
) -> None:
    def rule(id_: str, type_: ValueKind, **more: object) -> FieldRule:
        named = {"id": id_, "name": m.name(id_), "type": type_, "required": False}
        return FieldRule.model_validate(named | more)

    rules = [
        rule("n", ValueKind.COUNT, ceiling=10, required=True),
        rule("q", ValueKind.QUANTITY, unit="kg"),
        rule("c", ValueKind.CHOICE, choices=[{"id": "red", "name": m.name("red")}]),
        rule("a", ValueKind.AMOUNT, currency="CNY"),
    ]
    opening = acts.OpeningCommand.model_validate({"procedure": "p", "title": "t", "details": given})
    with pytest.raises(InvalidRequestError) as error:
        require_fields(rules, opening.details, "values")
    assert error.value.field == field


def test_a_total_is_corrected_by_another_and_both_stay() -> None:
    figures = {"paid": {"kind": "amount", "hundredths": 100, "currency": "CNY"}, "firms": None}
    told = story().then(b.MON_10, m.asked(kind="state_total", label="Paid", figures=figures))
    told.then(
        b.MON_11,
        m.asked(
            kind="state_total", label="Paid", figures=figures, replaces=1, as_of_on="2026-03-01"
        ),
    )
    first, second = told.matter.totals
    assert (first.replaced_by, second.replaced_by, second.as_of_on) == (2, None, date(2026, 3, 1))
    assert second.figures["firms"] is None
    assert (
        refused(
            told, InvalidRequestError, kind="state_total", label="x", figures=figures, replaces=1
        ).field
        == "replaces"
    )
    wrong = refused(
        told,
        InvalidRequestError,
        kind="state_total",
        label="x",
        figures=figures,
        as_of_on="2026-03-03",
    )
    assert wrong.field == "as_of_on"


def test_issues_are_tied_once_and_untied_with_a_reason() -> None:
    told = story().then(b.MON_10, m.asked(kind="tie_issue", issue="i-1", tying="answers"))
    assert refused(told, ConflictError, kind="tie_issue", issue="i-1").field == "issue"
    told.then(b.MON_10, m.asked(kind="untie_issue", issue="i-1", reason="Another one."))
    assert told.matter.ties == ()
    refused(told, InvalidRequestError, kind="untie_issue", issue="i-1", reason="Again.")


def test_a_matter_is_handed_to_another_post_that_is_told() -> None:
    told = story().then(
        b.MON_10, m.asked(kind="hand_matter", post="head-east", reason="It is theirs.")
    )
    assert told.matter.post == "head-east"
    assert told.events[-1].tells == ("head-east",)
    told.then(b.MON_11, m.asked(kind="note_matter", text="Seen."), b.HEAD)
    for post in ("head-east", "nowhere"):
        wrong = refused(told, InvalidRequestError, kind="hand_matter", post=post, reason="x")
        assert wrong.field == "post"


def test_nothing_more_happens_to_a_closed_matter() -> None:
    told = story().then(b.MON_10, m.asked(kind="close_matter", ending="All visited."))
    matter = told.matter
    assert (matter.standing, matter.ending) == (MatterStanding.CLOSED, "All visited.")
    assert (matter.closed_at, matter.next_due) == (b.MON_10, None)
    refused(told, WrongPhaseError, kind="note_matter", text="More.")


def test_a_problem_is_some_enterprises_and_an_enterprise_tells_of_its_own_only() -> None:
    problem = {"category": z.HANDBOOK.categories[0].id, "title": "Road", "text": "Blocked."}
    noted = {"kind": "note_matter", "text": "x", "problems": [problem]}
    assert refused(story(), InvalidRequestError, **noted).field == "problems.0.enterprise"
    unknown = noted | {"enterprise": "nowhere"}
    assert refused(story(), InvalidRequestError, **unknown).field == "enterprise"
    found = story().then(b.MON_10, m.asked(**noted, enterprise="mill")).events[-1].found
    assert [(each.issue, each.enterprise) for each in found] == [(f"m.{m.KEY}.2.1", "mill")]
    own = VISITS | {"steps": [{"id": "visited", "name": m.name("v"), "by": [{"enterprise": True}]}]}
    other = problem | {"enterprise": "bakery"}
    asked = m.asked(kind="record_step", enterprise="mill", step="visited", problems=[other])
    with pytest.raises(NotPermittedError) as error:
        story(m.terms_with(campaigns=[own])).when(b.MON_10, asked, b.ENTERPRISE)
    assert error.value.field == "problems.0.enterprise"


def test_a_command_of_another_aggregate_is_refused() -> None:
    wrong = refused(story(), InvalidRequestError, kind="change_capacity", capacity=3, reason="x")
    assert (wrong.field, wrong.allowed) == ("command.kind", "a command to a campaign")


def test_terms_are_adopted_by_the_engine_and_only_if_they_hold_what_the_matter_names() -> None:
    before = story()
    renamed = VISITS | {"name": m.name("calls")}
    target = m.terms_with(campaigns=[renamed])
    adopt = m.asked(kind="adopt_matter_terms", terms=target.hash)
    with pytest.raises(NotPermittedError):
        before.when(b.MON_10, adopt)
    context = Context(at=b.MON_10, terms=TERMS, target=target, rules=RULES)
    after = decide_matter(before.matter, m.sent(adopt, ENGINE), context).matter
    assert (after.terms, after.moved, after.is_seen_at(1)) == (target.hash, 1, True)
    gone = m.terms_with()
    adopt = m.asked(kind="adopt_matter_terms", terms=gone.hash)
    context = Context(at=b.MON_10, terms=TERMS, target=gone, rules=RULES)
    with pytest.raises(InvalidRequestError) as error:
        decide_matter(before.matter, m.sent(adopt, ENGINE), context)
    assert error.value.value == "visits"


def test_a_ring_that_is_not_due_yields_nothing() -> None:
    ring = m.asked(kind="ring_matter", clock="end", cycle=1, rung="level-1")
    assert story().when(b.MON_10, ring, ENGINE).events == ()


def test_streams_that_no_matter_can_have_are_told_of() -> None:
    noted = acts.MatterNoted(at=b.MON_9, by=b.COORDINATOR, text="x")
    with pytest.raises(StreamError):
        fold_matter([noted], zone="z", key="k", terms="t")
    opened = m.MatterStory(TERMS).when(b.MON_9, OPEN)
    with pytest.raises(StreamError):
        evolve_matter(opened.matter, opened.events[0], zone="z", key="k", terms="t")


def test_several_instants_of_one_event_are_counted_on() -> None:
    due = Due(id="a", cycle=4, due_at=b.MON_9)
    assert [each.cycle for each in numbered([due, due, due])] == [4, 5, 6]


def test_sums_keep_currencies_apart_and_say_how_exact_they_are() -> None:
    over = Amount(hundredths=5, currency="CNY", precision=Precision.OVER)
    sums = in_sum(
        [
            Amount(hundredths=1, currency="CNY"),
            over,
            Amount(hundredths=2, currency="EUR"),
            Quantity(thousandths=3, unit="t"),
            Count(n=1, precision=Precision.OVER),
            Count(n=1, precision=Precision.UNDER),
        ]
    )
    assert sums == (
        Amount(hundredths=6, currency="CNY", precision=Precision.OVER),
        Amount(hundredths=2, currency="EUR"),
        Quantity(thousandths=3, unit="t"),
        Count(n=2, precision=Precision.ABOUT),
    )


def test_shares_are_pooled_where_they_have_a_denominator() -> None:
    tally = Tally()
    tally.pool("share", [Ratio(part=9)])
    assert tally.pooled("share") is None
    tally.pool("share", [Ratio(part=1, whole=2), Ratio(part=2, whole=4), Ratio(part=9)])
    assert tally.pooled("share") == (Count(n=3), Count(n=6))


def test_shares_of_more_than_numbers_are_carried_are_over_the_largest() -> None:
    tally = Tally()
    tally.pool("share", [Ratio(part=1, whole=NUMBER_MAX)] * 2)
    assert tally.pooled("share") == (Count(n=2), Count(n=NUMBER_MAX, precision=Precision.OVER))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"runs": [{"post": "nobody"}]}, "no post"),
        ({"runs": [{"unit": "nobody"}]}, "no unit"),
        ({"runs": [{"tier": 5}]}, "no tier 5"),
        ({"asks": [{"id": "a", "name": m.name("a"), "type": "flag"}] * 2}, "field 'a' twice"),
        ({"runs": [{}]}, "exactly one of"),
        ({"asks": [{"id": "a", "name": m.name("a"), "type": "amount"}]}, "currency"),
    ],
)
def test_a_handbook_with_a_procedure_that_points_into_the_void_is_refused(
    changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        Handbook.model_validate(b.HANDBOOK_DATA | {"campaigns": [VISITS | changes]})


def test_two_procedures_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="twice"):
        Handbook.model_validate(b.HANDBOOK_DATA | {"campaigns": [VISITS, VISITS]})
