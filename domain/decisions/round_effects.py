"""What follows from a round: the same as when one person decides (R6)."""

from typing import assert_never

from domain.ballots import Round
from domain.decisions import limits, modes, sign_off
from domain.decisions.draft import Draft
from domain.phases import Subject


def carry_out(draft: Draft, asked: Round, note: str, *, approved: bool) -> None:
    """Do what was approved or refused. Raises the IssueError that says why it cannot be done now.

    A green channel that is refused leaves everything as it is.
    """
    match asked.subject:
        case Subject.EXTENSION | Subject.PAUSE | Subject.PARKING:
            act = limits.granted if approved else limits.refused
            act(draft, note)
        case Subject.GREEN_CHANNEL:
            if approved:
                modes.green_channel_opened(draft, asked.reason or note)
        case Subject.VERIFICATION:
            act = sign_off.strike_off if approved else sign_off.return_to_owner
            act(draft, note)
        case Subject.CLOSING_REVIEW:
            act = sign_off.close_by_review if approved else sign_off.return_to_owner
            act(draft, note)
        case _:
            assert_never(asked.subject)
