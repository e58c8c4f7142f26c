"""How the events of callbacks change an issue."""

from typing import assert_never

from domain import events_of_callbacks as ev
from domain.issue import Callback, Closing, Issue
from domain.phases import Outcome


def callback_changes(issue: Issue, event: ev.CallbackEvent) -> dict[str, object]:
    """Return the fields of `issue` that such an event changes."""
    match event:
        case ev.CallbackDrawn():
            drawn = Callback(draw=event.draw, hands=event.hands, sign_off=event.sign_off)
            return {"callbacks": (*issue.callbacks, drawn)}
        case ev.CallbackAnswered():
            said = {"answer": event.answer}
            return {
                "callbacks": tuple(
                    each.model_copy(update=said) if each.draw == event.draw else each
                    for each in issue.callbacks
                )
            }
        case ev.SignOffDisputed():
            return {}
        case _:
            assert_never(event)


def closing_of(issue: Issue) -> Closing:
    """Return the close-out of a closed issue as a callback has to know it. Only what the enterprise
    agreed to, or let pass, is disputed: not what a closing review let stand."""
    signed = issue.sign_off
    hands = (*issue.reported_by, *(() if signed is None else signed.hands), *issue.verified_by)
    said = None if signed is None or issue.outcome is not Outcome.CLOSED_OUT else signed.outcome
    return Closing(hands=tuple(dict.fromkeys(hands)), sign_off=said)
