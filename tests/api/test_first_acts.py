"""What an enterprise may do first in a matter that does not concern it yet, and what it sees."""

from collections.abc import Callable
from typing import Any, get_args

import builders as b
import builders_grants as g
import builders_matches as ma
import builders_matters as m
import builders_pipelines as p
import builders_registers as r
import campaigns_told as c
import pytest
from faces import Face
from seats import face_over
from test_matter_routes import PROBLEM, keys, read, sent

from domain.elsewhere import ELSEWHERE
from domain.errors import IssueError, NotPermittedError
from domain.matters.acts import CommonAct, OpeningCommand
from domain.matters.campaign.commands import CampaignCommand
from domain.matters.commands import MatterCommand
from domain.matters.grant.commands import GrantCommand
from domain.matters.match.commands import MatchCommand
from domain.matters.pipeline.commands import PipelineCommand
from domain.matters.register.commands import RegisterCommand
from domain.people import Representative
from face.procedures import begun_by_enterprises

BAKERY = {"enterprise": "bakery"}
COORDINATORS = [{"role": "coordinator"}]
NESTED = ("steps", "stages", "parties")
OF_MATCH = ("by", "answers_by")
OF_GRANT = ("issues_by", "receives_by", "uses_by")


def to_firms(rule: dict[str, Any], *rows: str) -> dict[str, Any]:
    """Return a procedure in which every row of who may act, and these, mean enterprises too."""
    whose = {name: [*_office(rule, name), {"enterprise": True}] for name in {"runs", *rows}}
    for place in {*NESTED} & {*rule}:
        whose[place] = [
            each | {"by": [*COORDINATORS, {"enterprise": True}]} for each in rule[place]
        ]
    return rule | whose


def _office(rule: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = rule.get(name, COORDINATORS)
    return [each for each in rows if "enterprise" not in each]


TERMS = c.terms(
    [to_firms(each) for each in c.PROCEDURES],
    pipelines=[to_firms(p.LOANS), to_firms(p.MEETINGS, "meets_by")],
    matches=[to_firms(each, *OF_MATCH) for each in ma.RULES],
    registers=[to_firms(each, "by") for each in (r.RESUMPTION, r.PROJECTS)],
    grants=[
        to_firms(g.SUPPLIES, *OF_GRANT),
        *(to_firms(each, "issues_by", "uses_by") for each in (g.PASSES, g.PLACES, g.TESTS)),
    ],
    lists=[*c.LISTS, *r.LISTS],
)


def told(of: m.MatterStory, *commands: MatterCommand) -> m.MatterStory:
    """Return what the office did after something was opened."""
    for command in commands:
        of.then(b.MON_9, command)
    return of


def kind(kind_: str, **more: Any) -> MatterCommand:
    """Return a command of a kind."""
    return m.asked(kind=kind_, **more)


WHY = {"reason": "No."}
COMMON = (
    kind("note_matter", text="Soon.", **BAKERY),
    kind("tie_issue", issue="a"),
    kind("untie_issue", issue="a", **WHY),
    kind("state_total", label="All", figures={"n": {"kind": "count", "n": 1}}),
    kind("hand_matter", post=b.OFFICER.post, **WHY),
    kind("close_matter", ending="Over."),
)
EVERY: dict[str, tuple[Callable[[], m.MatterStory], tuple[MatterCommand, ...]]] = {
    "visits": (
        lambda: told(
            c.opened("visits", judged_by=TERMS, targets=["mill"]), c.taken("mill", "visit")
        ),
        (
            c.taken("bakery", "visit"),
            c.of_many(("bakery",), "visit"),
            kind("correct_step", step="visit", **BAKERY, **WHY),
            kind("strike_step", step="visit", **BAKERY, **WHY),
            kind("add_target", **BAKERY),
            kind("exclude_target", enterprise="mill", **WHY),
            kind("end_campaign", **WHY),
        ),
    ),
    "loans": (
        lambda: told(p.loan(TERMS), p.party()),
        (p.moved("approval"), p.party("agreed"), p.dated("2026-06-01")),
    ),
    "meetings": (
        lambda: p.meetings(TERMS),
        (p.met(p.outcome("bakery")), p.met(), p.moved("over"), p.party(party="first")),
    ),
    "staff": (
        lambda: told(ma.posted(terms=TERMS), ma.proposed(enterprise="foundry")),
        (
            ma.proposed("p-2", "bakery"),
            ma.yes(),
            ma.no(),
            ma.step("trial", days=ma.number(1)),
            ma.came(),
            ma.withdrawn(),
        ),
    ),
    "recruitment": (
        lambda: ma.posted("recruitment", TERMS, side="vacancies", enterprise="mill"),
        (
            ma.proposed("p-2", None, others="Two."),
            ma.proposed("p-3", "bakery"),
            ma.step("bus", None, seats=ma.number(1), free={"kind": "flag", "yes": True}),
        ),
    ),
    "resumption": (
        lambda: told(r.opened(terms=TERMS), r.linked("mill", "foundry")),
        (
            r.about("add_subject", "bakery"),
            r.about("describe_subject", "mill", **WHY),
            r.about("remove_subject", "mill", **WHY),
            kind("appoint_contact", subjects=["mill"]),
            r.about("set_status", "bakery", status="resumed"),
            r.about("set_status", "mill", status="resumed"),
            r.about("record_values", "mill", values={"present": ma.number(1)}),
            r.revised(joins=[{"subject": "bakery"}]),
            r.linked("foundry", "mill"),
            kind("unlink_supplier", customer="mill", supplier="foundry", **WHY),
            kind("open_map_issue", subject="mill", problem=PROBLEM, of_supplier=PROBLEM),
        ),
    ),
    "projects": (
        lambda: told(r.opened("projects", TERMS), r.project(enterprise="mill")),
        (r.project("weir", **BAKERY), r.about("set_status", "dam", status="building")),
    ),
    "supplies": (
        lambda: told(g.opened("supplies", TERMS, unit="mask"), g.received(9), g.issued(2)),
        (
            g.issued(1, "bakery"),
            g.received(1),
            kind("return_stock", quantity=g.quantity(1), **BAKERY),
            kind("correct_stock", counted=g.quantity(1), **WHY),
        ),
    ),
    "passes": (
        lambda: told(g.opened("passes", TERMS), g.permit()),
        (
            g.permit("p-2", "B-200", **BAKERY),
            g.about("renew_permit", "p-1"),
            g.about("revoke_permit", "p-1", **WHY),
            g.about("use_holding", "p-1"),
            kind("change_capacity", capacity=9, **WHY),
        ),
    ),
    "places": (
        lambda: told(g.opened("places", TERMS, capacity=9), g.entry()),
        (
            g.entry("in-2", "file-2", **BAKERY),
            g.about("leave_place", "in-1"),
            g.about("record_monitoring", "in-1", values={}),
        ),
    ),
    "tests": (
        lambda: told(g.opened("tests", TERMS), g.entitled()),
        (g.entitled("e-2", **BAKERY), g.about("end_entitlement", "e-1", **WHY), g.used(1)),
    ),
}
"""A matter of each procedure that has nothing of the bakery's, and what might be asked of it."""


@pytest.mark.parametrize("procedure", EVERY)
def test_a_first_act_is_what_the_domain_lets_an_enterprise_do(procedure: str) -> None:
    made, asked = EVERY[procedure]
    story = made()
    assert "bakery" not in story.matter.enterprises
    rule = TERMS.handbook.procedure(procedure)
    assert rule is not None
    passed = set()
    for command in (*asked, *COMMON):
        try:
            decision = story.when(b.MON_10, command, b.OTHER_ENTERPRISE)
        except IssueError:
            continue
        passed.add(command.kind)
        assert decision.matter.enterprises[-1] == "bakery"
    assert passed == set(begun_by_enterprises(rule))


def test_every_command_was_tried() -> None:
    of = (CampaignCommand, PipelineCommand, MatchCommand, RegisterCommand, GrantCommand, CommonAct)
    known = {model for union in of for model in _models(union)}
    tried = {type(each) for _, asked in EVERY.values() for each in (*asked, *COMMON)}
    assert tried == {each for each in known if not issubclass(each, OpeningCommand)}


def _models(union: Any) -> list[type]:
    parts = get_args(union)
    return [model for part in parts for model in _models(part)] if parts else [union]


def test_nothing_is_begun_where_no_row_means_enterprises() -> None:
    for rules in (ma.RULES, (g.SUPPLIES, g.PASSES)):
        terms = m.terms_with(**{"matches" if rules is ma.RULES else "grants": list(rules)})
        begun = {each.id: begun_by_enterprises(each) for each in terms.handbook.matter_procedures}
        assert {id_ for id_, kinds in begun.items() if kinds} <= {"land"}


FOUNDRY = Representative(person="foundry.a", enterprise="foundry")


@pytest.mark.parametrize("actor", [b.OTHER_ENTERPRISE, b.ENTERPRISE])
def test_an_enterprise_proposes_no_other(actor: Representative) -> None:
    story = ma.posted(terms=TERMS)
    with pytest.raises(NotPermittedError):
        story.then(b.MON_10, ma.proposed(enterprise="foundry"), actor)
    story.then(b.MON_10, ma.proposed(enterprise="foundry"), FOUNDRY)


@pytest.mark.parametrize(
    ("procedure", "command"),
    [
        ("supplies", g.issued(1, "foundry")),
        ("passes", g.permit("p-2", "B-200", enterprise="foundry")),
        ("places", g.entry("in-2", "file-2", enterprise="foundry")),
        ("tests", g.entitled("e-2", enterprise="foundry")),
    ],
)
def test_an_enterprise_takes_for_no_other(procedure: str, command: MatterCommand) -> None:
    story = EVERY[procedure][0]()
    with pytest.raises(NotPermittedError):
        story.when(b.MON_10, command, b.OTHER_ENTERPRISE)


def test_a_problem_that_an_enterprise_tells_of_is_its_own() -> None:
    story = ma.posted(terms=TERMS)
    decision = story.when(b.MON_10, ma.proposed(problems=[PROBLEM]), b.OTHER_ENTERPRISE)
    assert [each.enterprise for each in decision.events[-1].found] == ["bakery"]
    of_another = ma.proposed(problems=[PROBLEM | {"enterprise": "mill"}])
    with pytest.raises(NotPermittedError, match="its own problems only"):
        story.when(b.MON_10, of_another, b.OTHER_ENTERPRISE)


NEED = {
    "kind": "open_match",
    "procedure": "staff",
    "title": "Welders",
    "side": "need",
    "enterprise": "mill",
    "places": 3,
    "details": {"trade": {"kind": "words", "text": "Welding"}},
}
LOAN = {"kind": "open_pipeline", "procedure": "loans", "title": "A loan", "enterprise": "mill"}
ITSELF = {"kind": "propose", "proposal": "p-2", "enterprise": "bakery", "places": 1}


@pytest.fixture
async def office() -> Face:
    """A face over the zone: the mill needs staff, the foundry was proposed; the mill has a loan."""
    face = face_over(TERMS)
    asked = (
        (NEED, "need-1"),
        (ITSELF | {"proposal": "p-1", "enterprise": "foundry"}, "need-1"),
        ({"kind": "note_matter", "text": "The mill is in a hurry."}, "need-1"),
        (LOAN, "loan-1"),
    )
    for number, (command, key) in enumerate(asked):
        answer = await sent(face, "coordinator", command, key=key, id_=f"o-{number}")
        assert answer.is_success, answer.text
    return face


async def test_an_enterprise_answers_the_posting_of_another_without_learning_whose(
    office: Face,
) -> None:
    assert await keys(office, "bakery") == ["need-1"]
    for path in ("matters", "matters/need-1", "matters/need-1/timeline"):
        answer = await read(office, "bakery", path)
        assert answer.status_code == 200, answer.text
        assert not [name for name in ("mill", "foundry", "p-1", "hurry") if name in answer.text]
    one = (await read(office, "bakery", "matters/need-1")).json()
    assert (one["title"], one["stage"], one["next_due_at"]) == ("Welders", "posted", None)
    assert one["matter"]["details"]["trade"]["text"] == "Welding"
    assert one["matter"]["enterprise"] == ELSEWHERE
    assert {"cycles", "proposals", "totals", "dues"}.isdisjoint(one["matter"])

    answered = await sent(office, "bakery", ITSELF, key="need-1", id_="b-1")
    assert answered.status_code == 200, answered.text
    own = answered.json()["matter"]["matter"]
    assert [each["id"] for each in own["proposals"]] == ["p-2"]
    assert own["enterprise"] == ELSEWHERE
    assert await keys(office, "bakery", enterprise="bakery", stage="proposed") == ["need-1"]
    consent = {"kind": "consent", "proposal": "p-2", "side": "counterpart"}
    said = await sent(office, "bakery", consent, key="need-1", id_="b-2")
    assert said.status_code == 200, said.text


async def test_what_is_no_first_act_is_refused_without_a_word_of_the_lines_of_others(
    office: Face,
) -> None:
    for number, command in enumerate(
        (
            {"kind": "consent", "proposal": "p-1", "side": "counterpart"},
            {"kind": "withdraw_proposal", "proposal": "none", "reason": "No."},
            {"kind": "close_matter", "ending": "Over."},
        )
    ):
        answer = await sent(office, "bakery", command, key="need-1", id_=f"r-{number}")
        problem = answer.json()
        assert (answer.status_code, problem["field"]) == (403, "command.kind")
        assert problem["allowed"] == "propose"
    for other in ("mill", "foundry", "nobody"):
        command = ITSELF | {"enterprise": other}
        answer = await sent(office, "bakery", command, key="need-1", id_=f"n-{other}")
        assert answer.status_code == 403, answer.text
    many = await sent(office, "bakery", ITSELF | {"places": 9}, key="need-1", id_="many")
    assert (many.status_code, many.json()["field"]) == (409, "places")
    assert "allowed" not in many.json()
    behind: dict[str, Any] = {"If-Match": '"1"'}
    late = await sent(office, "bakery", ITSELF, key="need-1", id_="late", **behind)
    assert (late.status_code, set(late.json()["current"])) == (409, {"version", "standing"})


async def test_what_no_row_opens_stays_unknown_and_so_does_what_is_closed(office: Face) -> None:
    for path in ("matters/loan-1", "matters/loan-1/timeline"):
        answer = await read(office, "bakery", path)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_matter")
    move = {"kind": "move_stage", "to": "approval"}
    hidden = await sent(office, "bakery", move, key="loan-1", id_="h-1")
    unheard = await sent(office, "bakery", move, key="loan-9", id_="h-1")
    assert hidden.json()["detail"].replace("loan-1", "loan-9") == unheard.json()["detail"]
    assert await keys(office, "bakery", stage="proposed") == []
    for command in (
        {"kind": "withdraw_proposal", "proposal": "p-1", "reason": "No."},
        {"kind": "close_matter", "ending": "Over."},
    ):
        done = await sent(office, "coordinator", command, key="need-1", id_=command["kind"])
        assert done.status_code == 200, done.text
    assert await keys(office, "bakery") == []
    assert (await read(office, "bakery", "matters/need-1")).status_code == 404
