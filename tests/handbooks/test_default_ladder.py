"""The defaults of the ladder, of disputes and of special modes, played through an issue's life."""

from datetime import UTC, datetime, timedelta

import pytest
from deep import IN_CHECK
from default_lives import AREA_LEAD, COMMITTEE, ENTERPRISE, GRID_OFFICER, SOLVED, Life

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain import commands_of_time as tm
from domain.clocks import Standing, Verdict
from domain.events import IssueEscalated
from domain.handbook import Handbook
from domain.people import Officer, Representative
from domain.phases import Phase, Priority
from domain.terms import Terms
from handbooks.shelf import read_handbook, read_terms, zones

pytestmark = IN_CHECK

XINGHE = read_terms("xinghe")
FIRM = Representative(person="foods-r01", enterprise="xinghe-foods")
GRID = Officer(person="xinghe-p03", post="xinghe-grid-east-2")
EAST = Officer(person="xinghe-p11", post="xinghe-area-east")
DIRECTOR = Officer(person="xinghe-p21", post="xinghe-director")
VICE = Officer(person="xinghe-p22", post="xinghe-director")
LABOUR = Officer(person="xinghe-p33", post="xinghe-personnel")
ARBITER = Officer(person="xinghe-p41", post="xinghe-coordinator")
NOT_OURS = ld.RefuseDispatch(reason="That is a matter of logistics.")
HOUR = timedelta(hours=1)


@pytest.fixture
def handled() -> Life:
    life = Life()
    life.do(GRID_OFFICER, cmd.Accept())
    return life


@pytest.fixture
def sent() -> Life:
    """An issue of the fictional zone, routed to the unit that handles its category."""
    life = Life(terms=XINGHE, by=FIRM, enterprise="xinghe-foods", category="LAB-1")
    life.do(GRID, cmd.Accept())
    assert life.issue is not None
    assert life.issue.handler == LABOUR.post
    return life


def kinds(life: Life) -> list[str]:
    return [event.kind for event in life.events]


# --- signed for, and kept ---


def test_a_new_tier_has_a_working_day_to_sign_for_it_and_its_silence_is_recorded(
    handled: Life,
) -> None:
    handled.do(GRID_OFFICER, cmd.Escalate(reason="Beyond the grid."))
    due_at = handled.clock("sign_for").due_at
    assert due_at == handled.at + timedelta(days=1)

    while handled.at < due_at:
        handled.ring()

    assert "issue_escalated" not in kinds(handled)[-3:]
    assert handled.clock("sign_for").breached_at == due_at


@pytest.mark.parametrize(
    "command", [ld.Acknowledge(), tm.Contact(note="-"), tm.MakePlan(plan="-"), SOLVED]
)
def test_to_do_something_is_to_sign_for_it(handled: Life, command: cmd.Command) -> None:
    handled.do(GRID_OFFICER, cmd.Escalate(reason="Beyond the grid."))
    handled.do(AREA_LEAD, command)

    assert handled.verdict("sign_for") is Verdict.MET


def test_what_was_signed_for_and_stalls_is_asked_for_again_and_then_goes_up(handled: Life) -> None:
    handled.do(GRID_OFFICER, ld.Acknowledge())
    due_at = handled.clock("progress").due_at
    while "acknowledgement_expired" not in kinds(handled):
        handled.ring()
    assert handled.at == due_at
    assert handled.live() == {"handling", "resolution", "sign_for"}

    handled.do(GRID_OFFICER, ld.Acknowledge())
    while "issue_escalated" not in kinds(handled):
        handled.ring()

    assert kinds(handled).count("acknowledgement_expired") == 1
    escalated = handled.events[-1]
    assert isinstance(escalated, IssueEscalated)
    assert (escalated.to_tier, escalated.passed) == (2, "progress")


def test_each_step_gives_the_next_step_its_time_anew(handled: Life) -> None:
    handled.do(GRID_OFFICER, ld.Acknowledge())
    before = handled.clock("progress").due_at
    handled.do(GRID_OFFICER, tm.Contact(note="They will send the contract."), timedelta(days=1))

    assert handled.clock("progress").cycle == 2
    assert (handled.clock("progress").due_at or handled.at) > (before or handled.at)


# --- whose is it ---


def test_while_units_dispute_the_enterprises_time_runs_on(sent: Life) -> None:
    before = {id_: sent.clock(id_).due_at for id_ in ("handling", "resolution")}
    sent.do(LABOUR, NOT_OURS, HOUR)

    assert {id_: sent.clock(id_).due_at for id_ in before} == before
    assert all(sent.clock(id_).standing is Standing.RUNNING for id_ in before)
    assert ("dispatch_refused", ARBITER.post) in sent.addressees
    assert ("dispatch_refused", GRID.post) in sent.addressees


def test_the_arbiter_rules_on_the_same_day_or_the_fallback_is_bound(sent: Life) -> None:
    sent.do(LABOUR, NOT_OURS, HOUR)
    assert sent.clock("ruling").due_at == datetime(2026, 6, 3, 9, 30, tzinfo=UTC)

    while "dispatch_bound" not in kinds(sent):
        sent.ring()

    assert sent.issue is not None
    assert (sent.issue.unit, sent.issue.owner) == ("service-centre", GRID.post)
    assert sent.at == datetime(2026, 6, 3, 9, 30, tzinfo=UTC)


def test_silence_accepts_a_dispatch(sent: Life) -> None:
    due_at = sent.clock("refusal").due_at
    assert due_at == datetime(2026, 6, 4, 9, 30, tzinfo=UTC)
    sent.do(LABOUR, cmd.Note(text="We look into it."), due_at - sent.at)

    with pytest.raises(Exception, match="time to refuse is over"):
        sent.do(LABOUR, NOT_OURS)


def test_a_contact_by_the_owner_takes_no_right_from_the_unit(sent: Life) -> None:
    sent.do(GRID, tm.Contact(note="-"))
    sent.do(LABOUR, NOT_OURS)

    assert kinds(sent)[-1] == "dispatch_refused"


# --- green channel, emergency, parking ---


def test_the_green_channel_gives_other_limits_and_all_are_told(handled: Life) -> None:
    handled.do(AREA_LEAD, md.OpenGreenChannel(reason="The firm supplies a hospital."))

    assert handled.clock("handling").due_at == handled.at + timedelta(days=1)
    told = {who for kind, who in handled.addressees if kind == "green_channel_opened"}
    assert told == {GRID_OFFICER.post, "bishan-kaicheng"}


def test_an_emergency_counts_day_and_night_and_tells_every_tier_at_once(handled: Life) -> None:
    handled.at = datetime(2026, 6, 6, 18, 0, tzinfo=UTC)  # 02:00 on a Sunday
    handled.do(COMMITTEE, md.DeclareEmergency(reason="The dyke gives way."))

    told = {who for kind, who in handled.addressees if kind == "emergency_declared"}
    chain = {"bishan-grid-officer-1", "bishan-area-lead-1", "bishan-committee"}
    assert chain | {"bishan-district-leader"} <= told
    assert handled.clock("handling").due_at == handled.at + timedelta(hours=2)
    assert handled.clock("resolution").due_at == handled.at + timedelta(hours=72)


def test_a_parked_issue_stands_until_its_review_and_goes_back_to_work(handled: Life) -> None:
    handled.do(GRID_OFFICER, md.AskParking(reason="The land plan is not approved yet."))
    handled.do(AREA_LEAD, tm.Grant(note="Until the plan is there."))
    assert handled.issue is not None
    live = {clock.id: clock.standing for clock in handled.issue.clocks if clock.is_live}
    running = {id_ for id_, standing in live.items() if standing is Standing.RUNNING}
    assert running == {"parking_review"}
    spent = handled.clock("handling").elapsed_ms

    while handled.issue is not None and handled.issue.phase is Phase.PARKED:
        handled.ring()

    assert handled.at == datetime(2026, 7, 2, 9, 30, tzinfo=UTC)  # 20 working days, one feast day
    assert handled.clock("handling").standing is Standing.RUNNING
    assert handled.clock("handling").elapsed_ms == spent


def test_what_the_verifier_sends_back_counts_and_the_second_time_goes_up(handled: Life) -> None:
    for _ in range(2):
        handled.do(GRID_OFFICER, SOLVED)
        handled.do(ENTERPRISE, cmd.Confirm())
        handled.do(AREA_LEAD, cmd.SendBack(reason="The evidence is missing."))

    assert handled.issue is not None
    assert (handled.issue.tier, handled.issue.rejections) == (2, 2)


# --- the fictional zone's own ---


def test_a_tier_with_a_limit_of_its_own_is_held_to_it(sent: Life) -> None:
    assert sent.clock("handling").due_at == datetime(2026, 6, 5, 9, 30, tzinfo=UTC)
    sent.do(GRID, cmd.Escalate(reason="-"))
    assert sent.clock("handling").due_at == datetime(2026, 6, 8, 9, 30, tzinfo=UTC)


def test_an_emergency_there_keeps_the_shared_limit(sent: Life) -> None:
    sent.do(EAST, md.DeclareEmergency(reason="-"))

    assert sent.issue is not None
    assert sent.issue.priority is Priority.EMERGENCY
    assert sent.clock("handling").due_at == sent.at + timedelta(hours=2)


def test_at_night_an_issue_passes_by_the_grid_whose_roster_has_a_gap() -> None:
    night = datetime(2026, 6, 3, 14, 0, tzinfo=UTC)
    firm = firm_of("xinghe-textiles")
    life = Life(terms=XINGHE, at=night, by=firm, enterprise="xinghe-textiles", category="LAB-1")

    assert kinds(life) == ["issue_reported", "level_skipped", "issue_escalated"]
    assert life.issue is not None
    assert (life.issue.tier, life.issue.owner) == (2, "xinghe-area-west")


def test_a_vacant_top_holds_the_issue_and_the_coordinator_is_told() -> None:
    firm = firm_of("xinghe-optics")
    top = {post.id for post in XINGHE.handbook.posts if post.tier == XINGHE.handbook.top_tier}
    data = XINGHE.handbook.model_dump(mode="json")
    data["posts"] = [
        post | ({"people": [], "assignments": [], "roster": None} if post["id"] in top else {})
        for post in data["posts"]
    ]
    data["delegations"] = [each for each in data["delegations"] if each["post"] not in top]
    empty = Terms(handbook=Handbook.model_validate(data), calendar=XINGHE.calendar)
    life = Life(terms=empty, by=firm, enterprise="xinghe-optics", category="MKT-2")
    life.do(Officer(person="xinghe-p01", post="xinghe-grid-east-1"), cmd.Accept())
    life.do(EAST, cmd.Escalate(to_tier=3, reason="-"))

    assert "level_held" in kinds(life)
    assert ("level_held", "xinghe-coordinator") in life.addressees


def firm_of(id_: str) -> Representative:
    return Representative(person="r01", enterprise=id_)


# --- what holds of every shipped zone ---


@pytest.mark.parametrize("zone", zones())
def test_what_stands_while_an_issue_waits_stands_while_it_is_parked(zone: str) -> None:
    for clock in read_handbook(zone).clocks:
        if any(condition.paused for condition in clock.pause):
            assert any(Phase.PARKED in condition.phases for condition in clock.pause), clock.id


@pytest.mark.parametrize("zone", zones())
def test_no_clock_but_the_disputes_own_asks_for_a_dispute(zone: str) -> None:
    book = read_handbook(zone)
    own = set() if book.dispatch is None else {book.dispatch.refusal, book.dispatch.ruling}

    asking = {clock.id for clock in book.clocks if "dispatch_" in clock.model_dump_json()}

    assert asking == own


@pytest.mark.parametrize("zone", zones())
def test_what_is_not_answered_is_raised_and_that_has_an_end(zone: str) -> None:
    for first in instruments(read_handbook(zone)):
        seen = [first]
        while (following := raised_to(read_handbook(zone), seen[-1])) is not None:
            assert following not in seen
            seen.append(following)


def instruments(book: Handbook) -> list[str]:
    assert book.supervision is not None
    assert len(book.supervision.instruments) == 5
    return [each.id for each in book.supervision.instruments]


def raised_to(book: Handbook, id_: str) -> str | None:
    assert book.supervision is not None
    instrument = book.supervision.instrument(id_)
    assert instrument is not None
    return instrument.on_timeout
