"""Who may do what with the ladder and the special modes: each command, actor and phase."""

from typing import get_args

import pytest
from builders import (
    ACTORS,
    CLOSED_OUT,
    ESCALATED,
    IN_HANDLING,
    IN_INTAKE,
    IN_SIGN_OFF,
    MON_10,
    MON_13,
    Step,
    given,
    when,
)
from builders_ladder import (
    ASK_PARKING,
    DECLARE,
    END_EMERGENCY,
    FLOODED,
    IN_DISPUTE,
    LADDER,
    OPEN_CHANNEL,
    PARKED,
    PROLONG,
    RECOVER,
    REFUSE_DISPATCH,
    RULE_POWER,
    SENT,
    UNPARK,
)

from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain.errors import IssueError, NotPermittedError
from domain.permissions import PERMITTED

HEADS = {"head", "deputy head"}
DIRECTORS = {"director", "vice director"}
ROUTED = (*IN_HANDLING, SENT)
RISEN = (*IN_HANDLING, ESCALATED)
INSTRUCT = ld.Instruct(text="At once.", expires_at=MON_13)
INSTRUCTED = Step(ACTORS["director"], INSTRUCT, MON_10)
LIFT = ld.LiftInstruction(number=1, reason="Done.")
URGE = ld.Urge(text="What about the gate?")

TABLE = {
    "acknowledge": (ROUTED, ld.Acknowledge(), {"officer", "section"}),
    "take_over": (ROUTED, ld.TakeOver(reason="Mine."), HEADS | DIRECTORS),
    "instruct": (ROUTED, INSTRUCT, DIRECTORS),
    "lift_instruction": ((*ROUTED, INSTRUCTED), LIFT, DIRECTORS),
    "urge": (ROUTED, URGE, HEADS | DIRECTORS | {"coordinator", "supervisor"}),
    "refuse_dispatch": (ROUTED, REFUSE_DISPATCH, {"section"}),
    "rule_dispatch": (IN_DISPUTE, RULE_POWER, {"coordinator"}),
    "open_green_channel": (ROUTED, OPEN_CHANNEL, HEADS | DIRECTORS),
    "declare_emergency": (ROUTED, DECLARE, HEADS | DIRECTORS | {"coordinator"}),
    "enter_stage": (FLOODED, RECOVER, HEADS | DIRECTORS | {"officer", "coordinator"}),
    "end_emergency": (FLOODED, END_EMERGENCY, HEADS | DIRECTORS),
    "ask_parking": (ROUTED, ASK_PARKING, {"officer", "section"}),
    "prolong_parking": (PARKED, PROLONG, HEADS | DIRECTORS),
    "unpark": (PARKED, UNPARK, HEADS | DIRECTORS | {"officer", "coordinator"}),
}
FITS = {
    "acknowledge": {"handling"},
    "take_over": {"intake", "handling"},
    "instruct": {"intake", "handling", "sign_off", "parked"},
    "lift_instruction": {"intake", "handling", "sign_off", "parked"},
    "urge": {"intake", "handling", "sign_off", "parked"},
    "refuse_dispatch": {"handling"},
    "rule_dispatch": {"handling"},
    "open_green_channel": {"intake", "handling"},
    "declare_emergency": {"intake", "handling", "parked"},
    "enter_stage": {"intake", "handling", "sign_off", "parked"},
    "end_emergency": {"intake", "handling", "sign_off", "parked"},
    "ask_parking": {"handling"},
    "prolong_parking": {"parked"},
    "unpark": {"parked"},
}
PHASES = {
    "intake": IN_INTAKE,
    "handling": IN_HANDLING,
    "parked": PARKED,
    "sign_off": IN_SIGN_OFF,
    "closed": CLOSED_OUT,
}


def test_every_command_has_its_row():
    kinds = {
        command.model_fields["kind"].default
        for union in (ld.LadderCommand, md.ModeCommand)
        for command in get_args(union)
    }
    assert set(TABLE) == set(FITS) == kinds
    assert kinds <= set(PERMITTED)


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("kind", TABLE)
def test_a_command_is_permitted_to_those_who_may_and_to_nobody_else(kind, actor):
    story, command, permitted = TABLE[kind]
    issue = given(*story, terms=LADDER)

    if actor in permitted:
        assert when(issue, command, ACTORS[actor], MON_10, terms=LADDER).events
    else:
        with pytest.raises(NotPermittedError) as refused:
            when(issue, command, ACTORS[actor], MON_10, terms=LADDER)
        assert refused.value.field == "actor"


@pytest.mark.parametrize(
    ("kind", "phase"),
    [(kind, phase) for kind, fits in FITS.items() for phase in PHASES if phase not in fits],
)
def test_a_command_that_does_not_fit_the_phase_is_refused_whoever_asks(kind, phase):
    _, command, permitted = TABLE[kind]
    issue = given(*PHASES[phase], terms=LADDER)

    for actor in sorted(permitted):
        with pytest.raises(IssueError):
            when(issue, command, ACTORS[actor], MON_10, terms=LADDER)


def test_who_leads_in_one_territory_leads_in_no_other():
    with pytest.raises(NotPermittedError):
        when(given(*ROUTED, terms=LADDER), OPEN_CHANNEL, ACTORS["other head"], MON_10, terms=LADDER)
