"""The demo's cases: as the sources state them, with what is ours marked, and each playable."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from pydantic import ValidationError

from demo.cases import ASSUMED, PAPERS, SIGN_OFF_ACTS, Case, Paper, Step, read_cases
from domain.commands import (
    Confirm,
    ConveneTeam,
    HandOver,
    Pause,
    ProposeResolution,
    Report,
    Submission,
)
from domain.commands import Verify as Verification
from domain.commands_of_forms import DeclareRectified, Inspect
from domain.decisions import Context, decide
from domain.issue import Issue
from domain.organization import enterprise, post, unit
from domain.people import Officer, Representative, person_of
from domain.phases import Phase, ResultClass
from domain.terms import Terms
from handbooks.shelf import read_terms

CASES = read_cases()
ROOT = Path(__file__).parents[2]
SEEDS = Path(os.environ.get("CLOSEOUT_SHARED", ROOT.parent / "shared")) / "seeds"
WORKING_DAY_AT = datetime(2026, 6, 3, 1, 30, tzinfo=UTC)
"""A made-up Wednesday, 09:30 in Chongqing."""

FIGURES = {
    "A01": {"amount_cny": (35_000_000, "3500万元"), "extension_months": (3, "展期3个月")},
    "A02": {
        "suppliers": (22, "22家一级配套企业"),
        "supply_items_over": (9000, "9000多件"),
        "supplier_resumption_pct": (100, "达到100%"),
    },
    "A03": {"foreign_capital_used_january_usd": (33_000_000, "3300万美元")},
    "A04": {"extra_order_units": (10_000, "追加订单1万台")},
    "A05": {"evacuated": (83, "83名人员")},
    "A06": {
        "credit_line_cny": (97_000_000, "9700万元"),
        "drawn_cny": (30_000_000, "3000万元"),
        "patents_over": (20, "20余件专利"),
    },
    "A07": {},
    "A08a": {"order_pairs_over": (10_000, "上万双")},
    "A08b": {},
    "A09": {"technicians_returned_over": (30, "30余名技术骨干")},
    "A10": {
        "staff": (300, "300名员工"),
        "subsidy_pct": (50, "补贴一半"),
        "tested_in_whole_park": (982, "982人"),
    },
    "A11": {
        "in_place_pct_under": (50, "不足一半"),
        "recruiting_team_persons": (11, "11人招聘小组"),
        "hired_in_whole_park_nearly": (3000, "近3000人"),
        "local_share_of_park_before_pct": (75, "75%"),
        "local_share_of_park_after_pct": (90, "90%"),
    },
    "A12": {
        "loan_cny_over": (50_000_000, "5000余万元"),
        "interest_saved_cny": (2_160_000, "216万元"),
    },
    "A13": {"revisions_over": (30, "30多次")},
    "A14": {
        "masks_nearly": (100_000, "近10万只"),
        "bleach_tonnes_over": (1, "1吨多"),
        "alcohol_jin_over": (400, "400余斤"),
        "donations_cny": (630_000, "63万元"),
    },
    "A15": {"cumulative_persons": (34, "共34人"), "present_persons": (6, "还有6人")},
    "A16": {},
    "A17": {"posters_nearly": (80, "近80张"), "days_off": (1, "只休息了一天")},
}
RECTIFICATION = "A16"
NO_PAPERS = {"A07", "A16"}
"""Their ends are not told at all: there is nothing that a paper could show."""

ONE_REPORT = {"anpeilong": ["A09", "A10"], "hongyuan": ["A08a", "A08b"]}
ELAPSED = {"A01": "3天", "A03": "2天", "A04": "3天", "A06": "不到24小时", "A12": "两天不到"}


@pytest.fixture(params=CASES, ids=lambda case: case.id)
def case(request: pytest.FixtureRequest) -> Case:
    found = request.param
    assert isinstance(found, Case)
    return found


@lru_cache
def terms_of(zone: str) -> Terms:
    return read_terms(zone)


def played(case: Case) -> Issue:
    """Return the issue after the case's steps, two minutes apart."""
    issue: Issue | None = None
    for number, step in enumerate(case.steps):
        at = WORKING_DAY_AT + timedelta(minutes=2 * number)
        submission = Submission(
            id=f"{case.key}/{number}",
            zone=case.zone,
            key=case.key,
            actor=step.by,
            command=step.command,
        )
        context = Context(at=at, terms=terms_of(case.zone), number=f"{case.zone}-2026-0001")
        issue = decide(issue, submission, context).issue
    assert issue is not None
    return issue


def lines_of(case: Case) -> set[int]:
    numbers: set[int] = set()
    for span in case.source.lines.split(", "):
        first, _, last = span.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def seed_text(case: Case) -> str:
    """Return what the source says in the case's lines; skips where the seeds are not at hand."""
    file = SEEDS / case.source.file
    if not file.is_file():
        pytest.skip(f"no seeds at {SEEDS}: set CLOSEOUT_SHARED")
    lines = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[number - 1] for number in sorted(lines_of(case)) if number <= len(lines))


def test_there_are_seventeen_cases_of_which_one_holds_two_issues() -> None:
    reports = [case.report for case in CASES]

    assert sorted(set(reports)) == [f"A{number:02}" for number in range(1, 18)]
    assert [case.id for case in CASES if reports.count(case.report) > 1] == ["A08a", "A08b"]
    assert len({(case.zone, case.key) for case in CASES}) == len(CASES)


def test_a_case_names_only_what_its_zone_has(case: Case) -> None:
    handbook = terms_of(case.zone).handbook
    assert enterprise(handbook, case.enterprise) is not None
    assert case.category in {category.id for category in handbook.categories}
    for step in case.steps:
        match step.by:
            case Officer(person=person, post=post_id):
                held = post(handbook, post_id)
                assert held is not None, post_id
                assert person in held.people
            case Representative(enterprise=own):
                assert own == case.enterprise
        for unit_id in units_named(step):
            assert unit(handbook, unit_id) is not None, unit_id


def units_named(step: Step) -> list[str]:
    match step.command:
        case ConveneTeam(lead=lead, parts=parts):
            return [*([] if lead is None else [lead]), *(part.unit for part in parts)]
        case HandOver(unit=unit_id):
            return [unit_id]
        case Pause(party=str(party)):
            return [party]
        case _:
            return []


def test_a_case_ends_as_its_source_tells(case: Case) -> None:
    issue = played(case)

    outcome = None if issue.sign_off is None else issue.sign_off.outcome
    assert issue.phase is case.expect.phase
    assert issue.outcome is case.expect.outcome
    assert outcome is case.expect.sign_off
    assert issue.tier_reached == case.expect.tier_reached


def test_only_the_subsidy_is_still_open() -> None:
    assert [case.id for case in CASES if case.expect.phase is not Phase.CLOSED] == ["A08b"]


def test_three_persons_sign_off_and_that_they_did_is_assumed(case: Case) -> None:
    if case.expect.phase is not Phase.CLOSED or case.id == RECTIFICATION:
        return
    proposing, confirming, verifying = case.steps[-3:]

    assert isinstance(proposing.command, ProposeResolution)
    assert isinstance(confirming.command, Confirm)
    assert isinstance(verifying.command, Verification)
    assert isinstance(confirming.by, Representative)
    assert len({person_of(step.by) for step in case.steps[-3:]}) == 3
    assert confirming.assumed
    assert verifying.assumed


def test_a_rectification_is_declared_by_the_enterprise_and_inspected_by_whoever_ordered_it() -> (
    None
):
    (case,) = (case for case in CASES if case.id == RECTIFICATION)
    reporting, declaring, inspecting = case.steps[0], *case.steps[-2:]

    assert isinstance(reporting.command, Report)
    assert reporting.command.rectify is not None
    assert reporting.command.rectify.limit is None
    assert isinstance(declaring.command, DeclareRectified)
    assert isinstance(declaring.by, Representative)
    assert isinstance(inspecting.command, Inspect)
    assert inspecting.by == reporting.by
    assert declaring.assumed
    assert inspecting.assumed


def test_an_end_that_is_not_told_is_proposed_as_assumed(case: Case) -> None:
    proposals = [step for step in case.steps if isinstance(step.command, ProposeResolution)]

    assert [step.assumed for step in proposals] == [case.expect.assumed] * len(proposals)


def test_the_ends_of_these_three_are_not_told() -> None:
    assert [case.id for case in CASES if case.expect.assumed] == ["A07", "A11", "A16"]


def test_what_is_not_assumed_cites_a_line_of_its_own_case(case: Case) -> None:
    prefix = case.source.file[:3]
    for step in case.steps:
        if step.source != ASSUMED:
            file, _, line = step.source.partition(":")
            assert file == prefix
            assert {int(number) for number in line.split("-")} <= lines_of(case)


def test_a_step_cannot_claim_a_source_for_a_sign_off() -> None:
    verifying = next(s for s in CASES[0].steps if isinstance(s.command, SIGN_OFF_ACTS))

    with pytest.raises(ValidationError, match="no source says who signs off"):
        Step.model_validate(verifying.model_dump() | {"assumed": False, "source": "000:17"})


def test_a_step_cannot_be_assumed_and_cite_a_line() -> None:
    first = CASES[0].steps[0]

    with pytest.raises(ValidationError, match="does not go with source"):
        Step.model_validate(first.model_dump() | {"assumed": True, "source": "000:17"})


def test_each_figure_is_the_sources(case: Case) -> None:
    stated = FIGURES[case.id]

    assert case.figures == {name: value for name, (value, _) in stated.items()}
    for _, words in stated.values():
        assert words in seed_text(case)


def test_each_stated_length_of_time_is_the_sources(case: Case) -> None:
    assert (case.elapsed is not None) is (case.id in ELAPSED)
    if case.elapsed is not None:
        assert ELAPSED[case.id] in seed_text(case)


def test_the_technicians_who_came_back_are_not_called_a_whole_solution() -> None:
    results = {
        case.id: step.command.resolution.result
        for case in CASES
        for step in case.steps
        if isinstance(step.command, ProposeResolution)
    }

    assert [id_ for id_, result in results.items() if result is not ResultClass.SOLVED] == [
        "A09",
        "A11",
    ]


def test_issues_of_one_report_share_its_id() -> None:
    shared: dict[str, list[str]] = {}
    for case in CASES:
        reported = case.steps[0].command
        assert isinstance(reported, Report)
        if reported.report_id is not None:
            shared.setdefault(reported.report_id, []).append(case.id)

    assert shared == ONE_REPORT


def test_every_partial_result_promises_what_an_issue_of_its_own_follows_up() -> None:
    followed = {case.id: case.expect.follow_up for case in CASES if case.expect.follow_up}
    promised = {
        case.id: f"{case.key}.f1"
        for case in CASES
        for step in case.steps
        if isinstance(step.command, ProposeResolution) and step.command.resolution.follow_up
    }

    assert followed == promised == {"A09": "A09.f1", "A11": "A11.f1"}


def test_every_result_that_is_told_has_a_paper(case: Case) -> None:
    papers = [paper for step in case.steps for paper in step.papers]

    told = case.expect.phase is Phase.CLOSED and case.id not in NO_PAPERS
    assert bool(papers) is told


def test_a_paper_is_a_stand_in_and_says_where_it_is_named(case: Case) -> None:
    prefix = case.source.file[:3]
    for paper in (paper for step in case.steps for paper in step.papers):
        evidence = paper.evidence()
        content = (ROOT / str(evidence["reference"])).read_bytes()
        first, *_, last = content.decode("utf-8").splitlines()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            evidence["size"],
            evidence["sha256"],
        )
        assert first.startswith("Stand-in")
        assert paper.file.startswith(case.report)
        if paper.source == ASSUMED:
            assert last == "No source names it."
            continue
        file, _, line = paper.source.partition(":")
        assert last.startswith(f"Named in {paper.source};")
        assert file == prefix
        assert int(line) in lines_of(case)


def test_no_paper_lies_unused() -> None:
    used = {paper.file for case in CASES for step in case.steps for paper in step.papers}

    assert {file.name for file in PAPERS.iterdir()} == used


def test_a_paper_is_the_evidence_of_its_step() -> None:
    step = next(step for case in CASES for step in case.steps if step.papers)
    given = step.model_dump(exclude={"papers"}) | {
        "papers": [{"file": "A99-none.txt", "source": "001:1"}]
    }

    with pytest.raises(FileNotFoundError, match="A99-none"):
        Step.model_validate(given)
    with pytest.raises(ValidationError, match="source"):
        Paper(file="A01-extension.txt", source="somewhere")


def test_an_outside_body_waits_for_or_has_a_proxy_and_never_a_login(case: Case) -> None:
    book = terms_of(case.zone).handbook
    outside = {each.id for each in book.units if each.external}

    for step in case.steps:
        if isinstance(step.by, Officer):
            held = post(book, step.by.post)
            assert held is not None
            assert held.unit not in outside
        if isinstance(step.command, ConveneTeam):
            for part in step.command.parts:
                assert (part.unit in outside) is (part.proxy is not None)
