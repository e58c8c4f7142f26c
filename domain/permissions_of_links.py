"""What a one-time link lets a person do: answer one round for the enterprise, once (R8)."""

from datetime import datetime

from domain.errors import NotPermittedError
from domain.handbook import Handbook
from domain.issue import AnswerLink, Issue
from domain.model import written
from domain.people import Actor, Representative

ANSWERS = ("confirm", "reject")


def require_no_link(actor: Actor) -> None:
    """Refuse whoever comes by a one-time link and does anything but answer."""
    if isinstance(actor, Representative) and actor.link is not None:
        raise NotPermittedError(
            "A one-time link is for one answer to one resolution.",
            field="actor.link",
            value=actor.link,
            allowed=ANSWERS,
        )


def require_good_link(
    actor: Representative, issue: Issue, handbook: Handbook, at: datetime, command: str
) -> None:
    """Refuse a link that does not let `actor` do this now; each reason in words of its own."""
    if actor.link is None:
        return
    if command not in ANSWERS:
        require_no_link(actor)
    if handbook.sign_off.link_hours is None:
        raise _refused(actor, "The handbook of this zone knows no one-time links.")
    link = _named(actor, issue)
    if actor.person != link.person:
        raise _refused(actor, "This one-time link was made for another person.")
    if link.used:
        raise _refused(actor, "This one-time link has been used.")
    if at >= link.expires_at:
        raise _refused(actor, f"This one-time link expired at {written(link.expires_at)}.")


def _named(actor: Representative, issue: Issue) -> AnswerLink:
    sign_off = issue.sign_off
    links = () if sign_off is None else sign_off.links
    found = next((link for link in links if link.id == actor.link), None)
    if found is not None:
        return found
    number = (actor.link or "").partition(".")[0]
    if sign_off is None or number != str(sign_off.round):
        raise _refused(actor, "This one-time link was for another round, which is over.")
    raise _refused(actor, "No such one-time link was made in this round.")


def _refused(actor: Representative, message: str) -> NotPermittedError:
    return NotPermittedError(
        message,
        field="actor.link",
        value=actor.link,
        allowed="a link of this round, by the person it was made for, once, before it expires",
    )
