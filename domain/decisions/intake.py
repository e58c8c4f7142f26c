"""Reporting an issue, taking it on, turning it away."""

from typing import assert_never

from domain import commands as cmd
from domain import events as ev
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, NotPermittedError, UnknownCategoryError
from domain.handbook import Handbook
from domain.organization import chain_posts, enterprise, owner_post, person_in
from domain.people import Engine, Officer, Representative, Service, named
from domain.permissions import officer_post
from domain.phases import Phase


def report(draft: Draft, command: cmd.Report) -> None:
    """Open the issue with the accountable post of its tier. The acceptance clock starts."""
    handbook = draft.handbook
    _require_place(handbook, command)
    require_category(handbook, command.category)
    owner = owner_post(handbook, command.enterprise, command.tier)
    if owner is None:
        raise InvalidRequestError(
            "The zone has no such tier.",
            field="tier",
            value=command.tier,
            allowed=f"1 to {handbook.top_tier}",
        )
    _require_reporter(draft, command)
    draft.record(
        ev.IssueReported(
            at=draft.at,
            by=draft.actor,
            enterprise=command.enterprise,
            category=command.category,
            title=command.title,
            text=command.text,
            origin=command.origin,
            priority=command.priority,
            tier=command.tier,
            owner=owner.id,
            owner_person=person_in(handbook, owner.id),
        )
    )


def accept(draft: Draft, command: cmd.Accept) -> None:
    """Give the issue its ledger number; its handling and its total clock start."""
    draft.require_phase(Phase.INTAKE)
    category = command.category or draft.issue.category
    require_category(draft.handbook, category)
    if draft.number is None:
        msg = "an acceptance needs a ledger number"
        raise LookupError(msg)
    draft.record(
        ev.IssueAccepted(
            at=draft.at,
            by=draft.actor,
            number=draft.number,
            category=category,
            handler=draft.issue.handler,
        )
    )


def turn_away(draft: Draft, command: cmd.TurnAway) -> None:
    """Close the report as not admissible, with a code and a reason that the enterprise can see."""
    draft.require_phase(Phase.INTAKE)
    draft.record(
        ev.IssueTurnedAway(
            at=draft.at,
            by=draft.actor,
            code=command.code,
            reason=command.reason,
            referral=command.referral,
        )
    )


def require_category(handbook: Handbook, category: str) -> None:
    """Refuse a category that the handbook does not list."""
    known = {entry.id for entry in handbook.categories}
    if category not in known:
        raise UnknownCategoryError(
            "The handbook has no such category.", field="category", value=category, allowed=known
        )


def _require_place(handbook: Handbook, command: cmd.Report) -> None:
    if enterprise(handbook, command.enterprise) is None:
        raise InvalidRequestError(
            "The enterprise stands in no grid of this zone.",
            field="enterprise",
            value=command.enterprise,
            allowed="an enterprise of the handbook",
        )


def _require_reporter(draft: Draft, command: cmd.Report) -> None:
    """Anyone of the zone may report; only an officer of a tier may open an issue at that tier."""
    actor = draft.actor
    match actor:
        case Representative() if actor.enterprise != command.enterprise:
            raise NotPermittedError(
                "A representative reports for the own enterprise only.",
                field="enterprise",
                value=command.enterprise,
                allowed=actor.enterprise,
            )
        case Engine():
            raise NotPermittedError("Closeout itself reports nothing.", field="actor")
        case Officer():
            held = officer_post(actor, draft.handbook)
            if command.tier == 1 or held in chain_posts(
                draft.handbook, command.enterprise, command.tier
            ):
                return
        case Representative() | Service():
            if command.tier == 1:
                return
        case _:
            assert_never(actor)
    raise NotPermittedError(
        "An issue enters above the first tier only through an officer of that tier.",
        field="actor",
        value=named(actor),
        allowed=[
            entry.id for entry in chain_posts(draft.handbook, command.enterprise, command.tier)
        ],
    )
