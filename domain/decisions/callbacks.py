"""Callbacks after the closing (R8.5): the draw is noted, and what the enterprise then says."""

from domain import commands_of_callbacks as cmd
from domain import events_of_callbacks as ev
from domain.decisions.draft import Draft
from domain.decisions.reopening import reopen_now
from domain.errors import InvalidRequestError, IssueError, NotPermittedError, WrongPhaseError
from domain.evolve_callbacks import closing_of
from domain.issue import Callback, Issue
from domain.people import identities_of, person_of
from domain.personal import kept
from domain.phases import CallbackAnswer

CALLBACKS_MAX = 50
"""In how many draws one issue can have come up."""


def record_draw(draft: Draft, command: cmd.RecordDraw) -> None:
    """Note that the issue came up in a draw, once, and in so many draws at most: the draw goes on
    with the others. It may have been reopened since it was closed: its enterprise is called all the
    same, about that close-out."""
    issue = draft.issue
    known = any(each.draw == command.draw for each in issue.callbacks)
    if known or len(issue.callbacks) >= CALLBACKS_MAX:
        return
    closing = issue.closing or closing_of(issue)
    draft.record(
        ev.CallbackDrawn(
            at=draft.at,
            by=draft.actor,
            draw=command.draw,
            lot=command.lot,
            hands=closing.hands,
            sign_off=closing.sign_off,
        )
    )


def record_callback(draft: Draft, command: cmd.RecordCallback) -> None:
    """Record what the enterprise said. Where it disagrees with the sign-off that the issue was
    drawn for, that is said too, and the issue may be taken up again."""
    drawn = _unanswered(draft.issue, command)
    _require_uninvolved(draft, drawn)
    _require_consistent(command)
    draft.record(
        ev.CallbackAnswered(
            at=draft.at,
            by=draft.actor,
            draw=command.draw,
            answer=command.answer,
            note=command.note,
            recording=command.recording,
            satisfaction=command.satisfaction,
            personal=kept(command.personal),
        )
    )
    if command.answer is CallbackAnswer.DISAGREES:
        _disagreed(draft, command, drawn)


def _disagreed(draft: Draft, command: cmd.RecordCallback, drawn: Callback) -> None:
    if drawn.sign_off is not None:
        draft.record(
            ev.SignOffDisputed(
                at=draft.at, by=draft.actor, draw=command.draw, sign_off=drawn.sign_off
            )
        )
    reason = command.note or command.answer
    if command.reopen:
        reopen_now(draft, reason)
        return
    rule = draft.handbook.callbacks
    if rule is None or not rule.reopens:
        return
    try:
        reopen_now(draft, reason)
    except IssueError:
        # Open again by now, or too late: the dispute stands alone. It is refused, if at all, before
        # anything is recorded.
        return


def _unanswered(issue: Issue, command: cmd.RecordCallback) -> Callback:
    """Return the callback that is answered. Whoever was not reached is called again; who has
    answered, has answered."""
    waiting = {
        each.draw: each
        for each in issue.callbacks
        if each.answer in (None, CallbackAnswer.NOT_REACHED)
    }
    if command.draw in waiting:
        return waiting[command.draw]
    drawn = next((each for each in issue.callbacks if each.draw == command.draw), None)
    allowed = list(waiting) or "no draw of this issue waits for an answer"
    if drawn is None:
        raise InvalidRequestError(
            "The issue did not come up in this draw.",
            field="draw",
            value=command.draw,
            allowed=allowed,
        )
    raise WrongPhaseError(
        "The enterprise has answered this callback.",
        field="draw",
        value=f"{command.draw}: {drawn.answer}",
        allowed=allowed,
    )


def _require_uninvolved(draft: Draft, drawn: Callback) -> None:
    """Nobody asks whether their own work was well done."""
    if not set(drawn.hands).isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            "Who had a hand in an issue's result cannot also call its enterprise back.",
            field="actor.person",
            value=person_of(draft.actor),
            allowed="a person who neither reported, proposed, answered nor verified",
        )


def _require_consistent(command: cmd.RecordCallback) -> None:
    if command.answer is CallbackAnswer.NOT_REACHED and command.satisfaction is not None:
        raise InvalidRequestError(
            "Who was not reached has said nothing.",
            field="satisfaction",
            value=command.satisfaction,
            allowed=[CallbackAnswer.AGREES, CallbackAnswer.DISAGREES],
        )
    if command.answer is CallbackAnswer.DISAGREES:
        if command.note is None:
            raise InvalidRequestError(
                "A disagreement needs what the enterprise said.", field="note"
            )
    elif command.reopen:
        raise InvalidRequestError(
            "Only a disagreement takes an issue up again.",
            field="reopen",
            value=command.answer,
            allowed=CallbackAnswer.DISAGREES,
        )
