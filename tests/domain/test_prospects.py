"""What is worked out once of what an event can do to clocks is what each clock's conditions say."""

from typing import Any

import builders as b
import pytest

from domain import prospects
from domain.clock_rules import BudgetRule, ClockRule, ClockScope, Condition, RungRule
from domain.clocks import Move, Standing
from domain.conditions import held_by
from domain.durations import Wall
from domain.events import Event, NoteAdded
from domain.issue import Issue, Pause
from domain.phases import PauseReason, Phase, Priority
from domain.prospects import Prospects

NAME = b.TERMS.handbook.clocks[0].name
NOTED = Condition(events=("note_added",))
SHAPES: tuple[dict[str, Any], ...] = (
    {"start": (NOTED,)},
    {
        "start": (Condition(phases=(Phase.HANDLING,)),),
        "reset": (Condition(events=("note_added",)),),
    },
    {"start": (Condition(categories=("utilities.water",)),)},
    {"start": (Condition(tiers=(2,)),), "cancel": (Condition(priorities=(Priority.EMERGENCY,)),)},
    {"start": (Condition(paused=True),), "pause": (Condition(paused=True),)},
    {"start": (Condition(waiting=(PauseReason.WAITING_ENTERPRISE,)),)},
)


def rule(number: int, **changes: Any) -> ClockRule:
    """Return a rule of one shape or another."""
    return ClockRule(
        id=f"r{number}",
        name=NAME,
        stop=(Condition(phases=(Phase.CLOSED,)),),
        budgets=(BudgetRule(duration=Wall(minutes=60)),),
        rungs=(RungRule(id="due", percent=100),),
        **changes,
    )


RULES = tuple(rule(number, **shape) for number, shape in enumerate(SHAPES))
NOTE: Event = NoteAdded(at=b.MON_10, by=b.OFFICER, text="The valve is ordered.")
PAUSES = (
    None,
    *(
        Pause(reason=reason, party=None, since_at=b.MON_10)
        for reason in (PauseReason.WAITING_ENTERPRISE, PauseReason.WAITING_OUTSIDE)
    ),
)
ISSUES = tuple(
    b.given(*b.IN_HANDLING).model_copy(
        update={
            "phase": phase,
            "tier": tier,
            "priority": priority,
            "category": category,
            "pause": pause,
        }
    )
    for phase in (Phase.HANDLING, Phase.CLOSED)
    for tier in (1, 2)
    for priority in (Priority.ORDINARY, Priority.EMERGENCY)
    for category in ("utilities.water", "utilities.power")
    for pause in PAUSES
)


def asked_one_by_one(issue: Issue) -> dict[str, list[list[Move]]]:
    """Return what each rule's own conditions say, of a clock that is not live, runs, is paused."""
    return {
        each.id: [
            held_by(each, issue, NOTE, None, standing)
            for standing in (None, Standing.RUNNING, Standing.PAUSED)
        ]
        for each in RULES
    }


@pytest.mark.parametrize("kept", [1, 3, 4096])
def test_the_answers_are_those_of_the_conditions_however_many_are_kept(
    monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(prospects, "FACTS_KEPT_MAX", kept)
    known = Prospects(RULES)
    for issue in (*ISSUES, *reversed(ISSUES)):
        found = {
            each.rule.id: [list(each.fresh), list(each.running), list(each.paused)]
            for each in known.after(issue, NOTE)
        }
        asked = asked_one_by_one(issue)
        assert found == {id_: moves for id_, moves in asked.items() if any(moves)}


def test_of_a_part_it_is_only_said_what_its_kind_of_event_leaves_possible() -> None:
    started = {"start": (Condition(events=("part_ready",)),), "scope": ClockScope.PART}
    (prospect,) = Prospects((rule(1, **started),)).after(ISSUES[0], NOTE)
    assert prospect.of_parts
    assert prospect.fresh == ()
    assert prospect.running != ()
