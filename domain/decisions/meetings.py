"""Meetings, and the commands that carry out what they decided (R7.5)."""

from collections import Counter
from collections.abc import Iterable

from domain import commands_of_team as cmd
from domain import events_of_team as tm
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, WrongPhaseError
from domain.organization import post
from domain.phases import Phase
from domain.team import DecisionRef

MEETINGS_MAX = 200
OPEN_DECISIONS_MAX = 100


def hold_meeting(draft: Draft, command: cmd.HoldMeeting) -> None:
    """Record who met, who was asked and was not there, and what was decided."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    if draft.issue.meetings >= MEETINGS_MAX:
        raise WrongPhaseError(
            "The issue has had as many meetings as it may.",
            field="meetings",
            value=draft.issue.meetings,
            allowed=f"at most {MEETINGS_MAX}",
        )
    _require_posts(draft, "attended", command.attended)
    _require_posts(draft, "absent", command.absent)
    _require_once("attended and absent", (*command.attended, *command.absent))
    _require_once("decisions.id", (decision.id for decision in command.decisions))
    _require_room(draft, command)
    draft.record(
        tm.MeetingHeld(
            at=draft.at,
            by=draft.actor,
            number=draft.issue.meetings + 1,
            form=command.form,
            topic=command.topic,
            attended=command.attended,
            absent=command.absent,
            decisions=command.decisions,
        )
    )


WORDS_ONLY = ("note", "hold_meeting")
"""Commands that carry nothing out."""


def require_decision(
    waiting: tuple[DecisionRef, ...], under: DecisionRef | None, command: str
) -> None:
    """Refuse a command that is said to carry out what no meeting has left to do, or does nothing
    itself."""
    if under is not None and command in WORDS_ONLY:
        raise InvalidRequestError(
            "What a meeting decided is carried out by an act, not by words.",
            field="under",
            value=command,
            allowed=f"any command but {' and '.join(WORDS_ONLY)}",
        )
    if under is None or under in waiting:
        return
    raise InvalidRequestError(
        "No meeting of this issue has left this to do.",
        field="under",
        value=_named(under),
        allowed=[_named(each) for each in waiting] or "none: nothing decided is left to do",
    )


def follow(draft: Draft, under: DecisionRef | None, command: str) -> None:
    """Say that a command has carried out what a meeting decided."""
    if under is not None:
        draft.record(
            tm.DecisionFollowed(at=draft.at, by=draft.actor, decision=under, command=command)
        )


def _named(ref: DecisionRef) -> str:
    return f"meeting {ref.meeting}, decision {ref.decision}"


def _require_posts(draft: Draft, field: str, ids: Iterable[str]) -> None:
    for id_ in ids:
        if post(draft.handbook, id_) is None:
            raise InvalidRequestError(
                "No such post in this zone.", field=field, value=id_, allowed="posts of the zone"
            )


def _require_once(field: str, ids: Iterable[str]) -> None:
    twice = sorted(id_ for id_, count in Counter(ids).items() if count > 1)
    if twice:
        raise InvalidRequestError(
            "Named twice.", field=field, value=", ".join(twice), allowed="each of them once"
        )


def _require_room(draft: Draft, command: cmd.HoldMeeting) -> None:
    """What nobody carries out cannot pile up without end."""
    new = sum(not decision.for_the_record for decision in command.decisions)
    waiting = len(draft.issue.decisions_open)
    if waiting + new > OPEN_DECISIONS_MAX:
        raise WrongPhaseError(
            "Too much that was decided is left to do.",
            field="decisions",
            value=waiting + new,
            allowed=f"at most {OPEN_DECISIONS_MAX}; carry out what meetings decided before",
        )
