"""Who may ask for what: every actor tries every command where it would otherwise fit."""

from typing import get_args

import pytest
from builders import (
    ACCEPT,
    ACTORS,
    ANSWERED,
    ASK_EXTENSION,
    ASK_PAUSE,
    ASSIGN,
    CLOSED_OUT,
    CONFIRM_BY_PROXY,
    CONTACT,
    CONVENE,
    CORRECT,
    DEESCALATE,
    DEMAND_REPLY,
    ESCALATE,
    ESCALATED,
    GIVE_REPLY,
    GRANT,
    HAND_OVER,
    HANDBOOK,
    HANDED_OVER,
    HEAD,
    HISTORY_LOST,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MAKE_PLAN,
    MON_9,
    MON_10,
    NOTE,
    OFFICER,
    PAUSE,
    PAUSED_FOR_PAPERS,
    PROPOSE,
    RAISE,
    REFUSE,
    REJECT,
    REOPEN,
    RESUME,
    SEND_BACK,
    SHANGHAI,
    THU_9,
    TURN_AWAY,
    UNREACHABLE,
    VERIFY,
    WITH_A_TEAM,
    WITHDRAW,
    Step,
    given,
    kinds,
    report,
    ring,
    told,
    when,
)

from domain import commands as cmd
from domain import commands_of_time as tm
from domain.commands_of_exclusions import ExclusionCommand
from domain.commands_of_forms import FormCommand
from domain.commands_of_kin import KinCommand
from domain.commands_of_ladder import LadderCommand, RecordHandover
from domain.commands_of_modes import ModeCommand
from domain.commands_of_rounds import RoundCommand
from domain.commands_of_team import TeamCommand
from domain.errors import IssueClosedError, IssueError, NotPermittedError, WrongPhaseError
from domain.people import (
    ENGINE,
    Engine,
    Officer,
    Representative,
    Service,
    named,
    person_of,
)
from domain.permissions import PERMITTED, Capacity, Setting, capacities_of, officer_post

OFFICERS = {
    "officer",
    "neighbour",
    "head",
    "deputy head",
    "other head",
    "director",
    "vice director",
    "section",
    "power section",
    "coordinator",
    "auditor",
    "supervisor",
}
LAPSED = (*IN_SIGN_OFF, Step(ENGINE, ring("sign_off"), THU_9))
HEADS = {"head", "deputy head"}
DIRECTORS = {"director", "vice director"}
ROUTED = (*IN_HANDLING, HANDED_OVER)
ASKED = Step(OFFICER, ASK_EXTENSION, MON_9)
DEMANDED = Step(HEAD, DEMAND_REPLY, MON_9)
PAUSED_TOO_OFTEN = (
    *ROUTED,
    *(Step(OFFICER, act, MON_9) for _ in range(5) for act in (PAUSE, RESUME)),
)
ADOPTIONS = {"adopt_calendar", "adopt_handbook"}
FAMILIES = (
    *(LadderCommand, ModeCommand, TeamCommand, RoundCommand, KinCommand, FormCommand),
    ExclusionCommand,
)
"""Decided with the terms to adopt: tests/domain/test_adoption.py tries every actor with them."""
"""Owned by the officer, worked on by the section."""

TABLE = {
    "report": ((), report(), OFFICERS | {"enterprise", "hotline"}),
    "accept": (IN_INTAKE, ACCEPT, {"officer", "coordinator"} | HEADS | DIRECTORS),
    "turn_away": (IN_INTAKE, TURN_AWAY, {"officer", "coordinator"} | HEADS | DIRECTORS),
    "assign": (ROUTED, ASSIGN, {"officer", "coordinator"} | HEADS | DIRECTORS),
    "hand_over": (ROUTED, HAND_OVER, {"officer", "section"}),
    "note": (ROUTED, NOTE, OFFICERS | {"enterprise", "hotline"}),
    "escalate": (ROUTED, ESCALATE, {"officer", "section", "coordinator"} | HEADS | DIRECTORS),
    "deescalate": ((*IN_HANDLING, ESCALATED), DEESCALATE, HEADS | DIRECTORS),
    "convene_team": ((*IN_HANDLING, ESCALATED), CONVENE, HEADS),
    "accept_part": (WITH_A_TEAM, cmd.AcceptPart(part="cable"), {"power section"}),
    "refuse_part": (WITH_A_TEAM, cmd.RefusePart(part="cable", reason="No."), {"power section"}),
    "finish_part": (WITH_A_TEAM, cmd.FinishPart(part="cable", summary="-"), {"power section"}),
    "waive_part": (WITH_A_TEAM, cmd.WaivePart(part="cable", reason="-"), HEADS | {"section"}),
    "pause": (ROUTED, PAUSE, {"officer", "section"}),
    "resume": ((*ROUTED, PAUSED_FOR_PAPERS), RESUME, {"officer", "section"}),
    "propose_resolution": (ROUTED, PROPOSE, {"officer", "section"}),
    "confirm": (IN_SIGN_OFF, CONFIRM_BY_PROXY, {"enterprise", "coordinator"}),
    "reject": (IN_SIGN_OFF, REJECT, {"enterprise"}),
    "mark_unreachable": (LAPSED, UNREACHABLE, {"coordinator"}),
    "verify": (ANSWERED, VERIFY, HEADS | DIRECTORS),
    "send_back": (ANSWERED, SEND_BACK, HEADS | DIRECTORS),
    "withdraw": (ROUTED, WITHDRAW, {"enterprise"}),
    "reopen": (CLOSED_OUT, REOPEN, {"enterprise", "coordinator"}),
    "contact": (ROUTED, CONTACT, {"officer", "section", "coordinator"}),
    "make_plan": (ROUTED, MAKE_PLAN, {"officer", "section"}),
    "demand_reply": (ROUTED, DEMAND_REPLY, HEADS | DIRECTORS | {"coordinator", "supervisor"}),
    "give_reply": ((*ROUTED, DEMANDED), GIVE_REPLY, {"officer", "section"}),
    "reclassify": (ROUTED, RAISE, HEADS | DIRECTORS | {"coordinator"}),
    "ask_extension": (ROUTED, ASK_EXTENSION, {"officer", "section"}),
    "ask_pause": (PAUSED_TOO_OFTEN, ASK_PAUSE, {"officer", "section"}),
    "grant": ((*ROUTED, ASKED), GRANT, HEADS | DIRECTORS),
    "refuse": ((*ROUTED, ASKED), REFUSE, HEADS | DIRECTORS),
    "correct": (ROUTED, CORRECT, HEADS | DIRECTORS | {"officer", "coordinator"}),
    "ring_rung": (IN_HANDLING, ring(), {"engine"}),
    "record_history_lost": (IN_HANDLING, HISTORY_LOST, {"engine"}),
    "record_handover": (IN_HANDLING, RecordHandover(), {"engine"}),
}
KINDS = {"report"} | {
    command.model_fields["kind"].default
    for union in (cmd.WorkCommand, tm.TimeCommand, cmd.SignOffCommand, cmd.EngineCommand)
    for command in get_args(union)
}


def test_every_command_has_its_row():
    """Those of other families have theirs in test_permissions_of_*.py."""
    others = {
        command.model_fields["kind"].default for union in FAMILIES for command in get_args(union)
    }
    assert set(TABLE) | ADOPTIONS | {"record_kin", "record_draw"} == KINDS
    assert set(PERMITTED) == KINDS | others | {"record_callback", "import_issue"}


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("kind", TABLE)
def test_a_command_is_permitted_to_those_who_may_and_to_nobody_else(kind, actor):
    story, command, permitted = TABLE[kind]
    issue = given(*story) if story else None

    if actor in permitted:
        decision = when(issue, command, ACTORS[actor], MON_10)
        assert decision.events or kind in ("ring_rung", "record_handover")
    else:
        with pytest.raises(NotPermittedError) as refused:
            when(issue, command, ACTORS[actor], MON_10)
        assert refused.value.field == "actor" or kind == "report"


FITS = {
    "accept": {"intake"},
    "turn_away": {"intake"},
    "assign": {"intake", "handling"},
    "hand_over": {"handling"},
    "note": {"intake", "handling", "sign_off"},
    "escalate": {"intake", "handling"},
    "deescalate": {"handling"},
    "convene_team": {"handling"},
    "accept_part": {"handling"},
    "refuse_part": {"handling"},
    "finish_part": {"handling"},
    "waive_part": {"handling"},
    "pause": {"handling"},
    "resume": {"handling"},
    "propose_resolution": {"handling"},
    "confirm": {"sign_off"},
    "reject": {"sign_off"},
    "mark_unreachable": {"sign_off"},
    "verify": {"sign_off"},
    "send_back": {"sign_off"},
    "withdraw": {"intake", "handling", "sign_off"},
    "reopen": {"closed"},
    "contact": {"intake", "handling"},
    "make_plan": {"handling"},
    "demand_reply": {"intake", "handling", "sign_off"},
    "give_reply": {"intake", "handling", "sign_off"},
    "reclassify": {"intake", "handling"},
    "ask_extension": {"intake", "handling"},
    "ask_pause": {"handling"},
    "grant": {"intake", "handling", "sign_off"},
    "refuse": {"intake", "handling", "sign_off"},
    "correct": {"intake", "handling", "sign_off", "closed"},
}
PHASES = {
    "intake": IN_INTAKE,
    "handling": IN_HANDLING,
    "sign_off": IN_SIGN_OFF,
    "closed": CLOSED_OUT,
}


@pytest.mark.parametrize(
    ("kind", "phase"),
    [(kind, phase) for kind, fits in FITS.items() for phase in PHASES if phase not in fits],
)
def test_a_command_that_does_not_fit_the_phase_is_refused_whoever_asks(kind, phase):
    """Whoever asks, nothing happens; and one who might ask elsewhere learns that it is the phase,
    unless the phase itself leaves nobody the role (a verifier before there is a proposal)."""
    _, command, permitted = TABLE[kind]
    issue = given(*PHASES[phase])

    refusals = []
    for actor in sorted(permitted | {"officer"}):
        with pytest.raises(IssueError) as refused:
            when(issue, command, ACTORS[actor], MON_10)
        refusals.append(refused.value)

    wanted = IssueClosedError if phase == "closed" else WrongPhaseError
    roleless = kind in ("verify", "send_back") and phase != "closed"
    assert roleless or any(isinstance(error, wanted) for error in refusals)
    assert all(isinstance(error, WrongPhaseError | NotPermittedError) for error in refusals)


MONDAY = Setting(handbook=HANDBOOK, local=MON_9.astimezone(SHANGHAI), command="note")


def test_capacities_tell_in_what_quality_an_officer_stands():
    issue = given(*WITH_A_TEAM)

    assert capacities_of(HEAD, issue, MONDAY) == {
        Capacity.OFFICER,
        Capacity.OWNER,
        Capacity.HANDLER,
    }
    assert capacities_of(ACTORS["section"], issue, MONDAY) == {Capacity.OFFICER, Capacity.LEAD}
    assert capacities_of(ACTORS["director"], issue, MONDAY) == {Capacity.OFFICER, Capacity.ABOVE}


def test_machines_and_representatives_have_one_capacity_or_none():
    issue = given(*IN_INTAKE)

    assert capacities_of(ENGINE, issue, MONDAY) == {Capacity.ENGINE}
    assert capacities_of(ACTORS["hotline"], issue, MONDAY) == {Capacity.SERVICE}
    assert capacities_of(ACTORS["enterprise"], issue, MONDAY) == {Capacity.ENTERPRISE}
    assert capacities_of(ACTORS["other enterprise"], issue, MONDAY) == frozenset()


def test_a_person_who_left_a_post_cannot_act_from_it():
    gone = Officer(person="grid-east-1.former", post="grid-east-1")

    with pytest.raises(NotPermittedError) as refused:
        when(given(*IN_INTAKE), ACCEPT, gone)

    assert (refused.value.field, refused.value.value) == ("actor.person", "grid-east-1.former")
    assert refused.value.allowed == "grid-east-1.a"


def test_an_officers_post_is_found_in_the_handbook():
    assert officer_post(OFFICER, MONDAY).tier == 1


def test_a_refusal_names_who_asked_and_who_may():
    with pytest.raises(NotPermittedError) as refused:
        when(given(*IN_INTAKE), ACCEPT, ACTORS["auditor"])

    assert refused.value.value == "audit-office (audit-office.a)"
    assert refused.value.allowed == "a coordinator, a higher tier, owner"


def test_an_issue_that_rose_leaves_the_former_owner_without_a_say():
    issue = told(*IN_HANDLING, ESCALATED).issue

    with pytest.raises(NotPermittedError):
        when(issue, PROPOSE, OFFICER)


def test_a_step_of_a_story_is_an_act_of_somebody():
    assert kinds(when(given(Step(ACTORS["enterprise"], report(), MON_9)), ACCEPT, OFFICER)) == [
        "issue_accepted"
    ]


@pytest.mark.parametrize(
    ("actor", "name", "person"),
    [
        (OFFICER, "grid-east-1 (grid-east-1.a)", "grid-east-1.a"),
        (Representative(person="p", enterprise="mill"), "mill (p)", "p"),
        (Service(name="hotline"), "service hotline", None),
        (Engine(), "closeout", None),
    ],
)
def test_an_actor_has_a_line_that_names_it_and_perhaps_a_person(actor, name, person):
    assert (named(actor), person_of(actor)) == (name, person)
