"""The default clocks of teams, rounds, links and forms, in lives of the fictional zone."""

from datetime import timedelta

import pytest
from default_lives import Life

from domain import commands as cmd
from domain import commands_of_forms as fm
from domain import commands_of_kin as kn
from domain import commands_of_team as tm
from domain import commands_of_time as ti
from domain.clocks import Verdict
from domain.commands_of_rounds import Vote
from domain.decisions import Context, decide
from domain.forms import RectifyAsked
from domain.kin import Kin
from domain.people import Officer, Representative
from domain.phases import Choice, Origin, PauseReason, Phase
from handbooks.shelf import read_terms

XINGHE = read_terms("xinghe")
FIRM = Representative(person="foods-r01", enterprise="xinghe-foods")
GRID = Officer(person="xinghe-p03", post="xinghe-grid-east-2")
EAST = Officer(person="xinghe-p11", post="xinghe-area-east")
DIRECTOR = Officer(person="xinghe-p21", post="xinghe-director")
COORDINATOR = Officer(person="xinghe-p41", post="xinghe-coordinator")
WORKS = Officer(person="xinghe-p34", post="xinghe-works")
FINANCE = Officer(person="xinghe-p32", post="xinghe-finance")
INSPECTOR = Officer(person="xinghe-p35", post="xinghe-market")
TEAM = "troubleshooting"
"""Staffing waits for funding and site."""


def begun(category: str = "POL-1") -> Life:
    """An issue that its grid officer has taken on and keeps."""
    life = Life(terms=XINGHE, by=FIRM, enterprise="xinghe-foods", category=category)
    life.do(GRID, cmd.Accept())
    return life


@pytest.fixture
def convened() -> Life:
    """An issue at the area's head, with the standing team."""
    life = begun()
    life.do(GRID, cmd.Escalate(reason="Several bodies are needed."))
    life.do(EAST, cmd.ConveneTeam(template=TEAM))
    return life


def test_a_part_begins_when_what_it_depends_on_is_done(convened: Life) -> None:
    assert "part.1.staffing" not in convened.live()
    assert "part_objection.1.staffing" in convened.live()

    convened.do(FINANCE, cmd.FinishPart(part="funding", summary="Relief until March."))
    assert "part.1.staffing" not in convened.live()
    convened.do(WORKS, cmd.FinishPart(part="site", summary="A second gate."))

    assert "part.1.staffing" in convened.live()
    lead, part = convened.clock("team_lead").due_at, convened.clock("part.1.staffing").due_at
    assert lead is not None
    assert part is not None
    assert part <= lead


def test_a_part_that_is_ready_during_a_wait_begins_after_it(convened: Life) -> None:
    convened.do(FINANCE, cmd.FinishPart(part="funding", summary="Relief until March."))
    convened.do(EAST, cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="Papers."))
    convened.do(WORKS, cmd.FinishPart(part="site", summary="A second gate."))
    assert "part.1.staffing" not in convened.live()

    convened.do(EAST, cmd.Resume(note="They are here."))

    assert "part.1.staffing" in convened.live()


def test_an_objection_is_ruled_upon_and_the_part_begins_anew(convened: Life) -> None:
    convened.do(FINANCE, cmd.RefusePart(part="funding", reason="Not ours."))
    assert convened.verdict("part.1.funding") is Verdict.WITHDRAWN
    assert {"part_ruling.1.funding", "team_lead"} <= convened.live()

    convened.do(COORDINATOR, tm.RulePart(part="funding", upheld=False, reason="It is."))

    assert {"part.1.funding", "part_objection.1.site"} <= convened.live()
    assert convened.live().isdisjoint({"part_ruling.1.funding", "part_objection.1.funding"})


def test_nobodys_ruling_binds_the_unit(convened: Life) -> None:
    convened.do(FINANCE, cmd.RefusePart(part="funding", reason="Not ours."))

    while "part_ruling.1.funding" in convened.live():
        convened.ring()

    assert convened.events[-1].kind == "part_ruled"
    assert "part.1.funding" in convened.live()


def test_a_rectification_has_the_inspectors_limit_in_the_place_of_the_officers() -> None:
    life = Life(terms=XINGHE, by=FIRM, enterprise="xinghe-foods", category="POL-1")
    ordered = cmd.Report(
        enterprise="xinghe-foods",
        category="SAF-1",
        title="Exits",
        text="The exits are blocked.",
        origin=Origin.INSPECTION,
        rectify=RectifyAsked(items=("Clear the exits",), limit="2wd"),
    )
    sent = cmd.Submission(id="c", zone="xinghe", key="two", actor=INSPECTOR, command=ordered)
    life.issue = decide(None, sent, Context(at=life.at, terms=XINGHE)).issue
    life.do(GRID, cmd.Accept())
    assert "handling" not in life.live()
    due_at = life.clock("rectifying").due_at
    assert due_at is not None
    assert timedelta(days=2) < due_at - life.at < timedelta(days=3)

    life.do(FIRM, fm.DeclareRectified(summary="Cleared."))
    assert life.live() == {"verification", "resolution"}

    life.do(INSPECTOR, fm.Inspect(passed=False, reason="One is still blocked."))
    assert {"redo", "resolution"} <= life.live()
    assert "verification" not in life.live()


@pytest.mark.parametrize(
    ("accepted", "live"), [(False, {"acceptance"}), (True, {"handling", "resolution"})]
)
def test_what_went_on_in_another_issue_has_its_time_anew_by_itself(
    accepted: bool, live: set[str]
) -> None:
    life = Life(terms=XINGHE, by=FIRM, enterprise="xinghe-foods", category="POL-1")
    if accepted:
        life.do(GRID, cmd.Accept())
    merge = kn.Merge(target="other", reason="The same matter.")
    sent = cmd.Submission(id="c", zone="xinghe", key=life.now.key, actor=EAST, command=merge)
    other = Kin(key="other", enterprise="xinghe-foods", open=True)
    life.issue = decide(life.issue, sent, Context(at=life.at, terms=XINGHE, kin=other)).issue
    assert life.now.phase is Phase.CLOSED
    assert life.live() == set()
    assert life.now.deadline is None

    life.do(GRID, kn.Unmerge(reason="It is not."))

    assert life.live() == live


def test_a_round_runs_out_and_its_expiry_is_told_from_a_vote() -> None:
    life = begun()
    for _ in range(XINGHE.handbook.pauses.times_max):
        life.do(GRID, cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="-"))
        life.do(GRID, cmd.Resume(note="-"))
    asked = ti.AskPause(reason=PauseReason.WAITING_OUTSIDE, party="xinghe-customs", note="-")
    life.do(GRID, asked)
    life.do(COORDINATOR, Vote(round=1, choice=Choice.APPROVE))
    assert "ballot" in life.live()

    while "ballot" in life.live():
        life.ring()

    closed = next(event for event in reversed(life.events) if event.kind == "round_closed")
    assert closed.outcome == "expired_rejected"
    assert life.now.pause is None
