"""The zone of `builders` with callbacks, and issues that came up in a draw."""

from typing import Any

import builders as b

from domain import commands as cmd
from domain.commands_of_callbacks import RecordCallback, RecordDraw
from domain.people import ENGINE, Officer
from domain.phases import CallbackAnswer
from domain.terms import Terms

TERMS = b.terms_of(callbacks={"percent": 10, "at_least": 1})
REOPENING = b.terms_of(callbacks={"percent": 10, "reopens": True})
SUPERVISOR: Officer = b.SUPERVISOR
LOT = "0" * 64
DRAW = RecordDraw(draw="d-1", lot=LOT)
DRAWN = b.Step(ENGINE, DRAW, b.TUE_9)
AGREES = RecordCallback(draw="d-1", answer=CallbackAnswer.AGREES, satisfaction=5)
DISAGREES = RecordCallback(
    draw="d-1", answer=CallbackAnswer.DISAGREES, note="The lorries wait again."
)
NOT_REACHED = RecordCallback(draw="d-1", answer=CallbackAnswer.NOT_REACHED)
REOPENS = DISAGREES.model_copy(update={"reopen": True})


def drawn(*more: b.Step, terms: Terms = TERMS) -> Any:
    """Return a closed-out issue that came up in the draw d-1, after `more` steps."""
    return b.given(*b.CLOSED_OUT, DRAWN, *more, terms=terms)


def drawn_again(number: int) -> b.Step:
    """Return another draw of the same issue."""
    return b.Step(ENGINE, cmd.RecordDraw(draw=f"d-{number}", lot=LOT), b.TUE_9)
