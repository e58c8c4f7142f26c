"""Who may link, join, merge and judge what was suggested, and in which phases."""

from typing import get_args

import builders as b
import pytest
from builders_kin import UNMERGE, World, add_child, link, merge, release, unlink, world

from domain import commands_of_kin as ck
from domain.errors import NotPermittedError, WrongPhaseError
from domain.permissions import PERMITTED

DIRECT = {"officer", "head", "deputy head", "director", "vice director", "coordinator"}
SUGGESTION = ck.JudgeSuggestion(suggested="b", same=True, score=70, method="by-hand")


def plain() -> World:
    """Return a world with `a`, which its section handles, and `b`."""
    told = world("a", "b")
    told.do("a", b.ASSIGN)
    return told


def after(*commands: ck.KinCommand) -> World:
    told = plain()
    for command in commands:
        told.do("a", command)
    return told


TABLE = {
    "link": ((), link("b"), DIRECT | {"section"}),
    "unlink": ((link("b"),), unlink("b"), DIRECT | {"section"}),
    "add_child": ((), add_child("b"), DIRECT),
    "release_child": ((add_child("b"),), release("b"), DIRECT),
    "merge": ((), merge("b"), DIRECT - {"officer"}),
    "unmerge": ((merge("b"),), UNMERGE, DIRECT | {"enterprise"}),
    "judge_suggestion": ((), SUGGESTION, DIRECT | {"section"}),
}
FITS = {
    "link": {"intake", "handling", "sign_off"},
    "add_child": {"handling", "sign_off"},
    "merge": {"intake", "handling"},
    "judge_suggestion": {"intake", "handling", "sign_off"},
}


def in_phase(phase: str) -> World:
    told = world("b")
    told.report("a", accepted=phase != "intake")
    if phase == "sign_off":
        told.do("a", b.PROPOSE)
    if phase == "closed":
        told.close("a")
    return told


def test_every_command_has_its_row():
    kinds = {command.model_fields["kind"].default for command in get_args(ck.KinCommand)}

    assert set(TABLE) == kinds
    assert kinds | {"record_kin"} <= set(PERMITTED)


@pytest.mark.parametrize("actor", b.ACTORS)
@pytest.mark.parametrize("kind", TABLE)
def test_a_command_is_permitted_to_those_who_may_and_to_nobody_else(kind, actor):
    before, command, permitted = TABLE[kind]
    told = after(*before)

    if actor in permitted:
        assert told.do("a", command, b.ACTORS[actor]).events
    else:
        with pytest.raises(NotPermittedError) as refused:
            told.do("a", command, b.ACTORS[actor])
        assert refused.value.field == "actor"


@pytest.mark.parametrize("phase", ["intake", "handling", "sign_off", "closed"])
@pytest.mark.parametrize("kind", ["link", "add_child", "merge", "judge_suggestion"])
def test_a_command_is_taken_in_its_phases_and_refused_in_every_other(kind, phase):
    _, command, _ = TABLE[kind]
    told = in_phase(phase)

    if phase in FITS[kind]:
        assert told.do("a", command).events
    else:
        with pytest.raises(WrongPhaseError):
            told.do("a", command)


def test_the_engine_alone_records_what_was_told():
    assert PERMITTED["record_kin"] == {"closeout itself"}
