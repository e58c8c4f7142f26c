"""One-time links: a person of the enterprise answers one round by one, without an account (R8).

The ledger has the name of a link, never the link: whoever reads the ledger can answer nothing.
"""

from datetime import timedelta

from domain import commands_of_rounds as cmd
from domain.decisions.draft import Draft
from domain.decisions.rectification import refuse_for_rectification
from domain.decisions.sign_off import awaiting_answer, require_another_person
from domain.errors import InvalidRequestError, WrongPhaseError
from domain.events_of_rounds import AnswerLinkIssued
from domain.handbook import Handbook
from domain.issue import Issue, SignOff

LINKS_MAX = 5
"""How many links one round may have: a lost one is replaced, not without end."""


def issue_answer_link(draft: Draft, command: cmd.IssueAnswerLink) -> None:
    """Have a link made, by somebody who did not propose; who has, does not verify either."""
    hours = draft.handbook.sign_off.link_hours
    if hours is None:
        raise WrongPhaseError("The handbook of this zone knows no one-time links.", field="kind")
    refuse_for_rectification(draft, command.kind)
    sign_off = awaiting_answer(draft)
    require_another_person(draft, sign_off)
    if len(sign_off.links) >= LINKS_MAX:
        raise WrongPhaseError(
            "This round has had as many one-time links as it may.",
            field="links",
            value=len(sign_off.links),
            allowed=f"at most {LINKS_MAX}",
        )
    if _is_official(draft.handbook, command.person):
        raise InvalidRequestError(
            "A one-time link is for a person of the enterprise, not for one of the zone's own.",
            field="person",
            value=command.person,
            allowed="nobody who holds a post, or deputises in one",
        )
    draft.record(
        AnswerLinkIssued(
            at=draft.at,
            by=draft.actor,
            round=sign_off.round,
            link=_name(draft.issue, sign_off),
            person=command.person,
            expires_at=draft.at + timedelta(hours=hours),
        )
    )


def _name(issue: Issue, sign_off: SignOff) -> str:
    """Return a name that no link of the issue had: a reopening counts its rounds anew."""
    name = f"{sign_off.round}.{len(sign_off.links) + 1}"
    return f"{name}.{issue.reopened}" if issue.reopened else name


def _is_official(handbook: Handbook, person: str) -> bool:
    deputies = (each.deputy for each in handbook.delegations)
    return person in deputies or any(person in held.holders for held in handbook.posts)
