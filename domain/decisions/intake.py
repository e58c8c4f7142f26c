"""Reporting an issue, taking it on, turning it away."""

from typing import assert_never

from domain import commands as cmd
from domain import events as ev
from domain.decisions.applications import applied
from domain.decisions.dispatch import refusable
from domain.decisions.draft import Draft
from domain.decisions.following import require_own_key
from domain.decisions.ladder import raised
from domain.decisions.modes import declared, require_reported_channel
from domain.decisions.rectification import ordered, refuse_for_rectification
from domain.errors import InvalidRequestError, NotPermittedError, UnknownCategoryError
from domain.events_of_ladder import IssueRouted
from domain.handbook import Handbook
from domain.ladder import Entry, enter
from domain.organization import chain_posts, enterprise, owner_post
from domain.people import ENGINE, Engine, Officer, Representative, Service, identities_of, named
from domain.permissions import officer_post
from domain.personal import kept_contact
from domain.phases import Origin, Phase, Priority
from domain.routing import route


def report(draft: Draft, command: cmd.Report) -> None:
    """Open the issue with the accountable post of its tier. The acceptance clock starts."""
    handbook = draft.handbook
    require_place(handbook, command.enterprise)
    require_category(handbook, command.category)
    entry = enter(handbook, command.enterprise, command.tier, draft.local)
    if entry is None:
        raise InvalidRequestError(
            "The zone has no such tier.",
            field="tier",
            value=command.tier,
            allowed=f"1 to {handbook.top_tier}",
        )
    require_own_key(draft)
    _require_reporter(draft, command)
    _require_origin(draft, command)
    require_reported_channel(draft, command)
    _open(draft, command, entry)
    if entry.tier > command.tier:
        raised(draft, entry, None)
    else:
        draft.pass_by(entry)
        draft.hold(entry)
    if command.priority is Priority.EMERGENCY and handbook.emergency is not None:
        declared(draft, command.incident, None)


def _open(draft: Draft, command: cmd.Report, entry: Entry) -> None:
    """The issue begins at the tier it was reported to, whoever is there; `entry` says who takes it.
    Where that is another tier, the ladder's own events bring it there."""
    first = owner_post(draft.handbook, command.enterprise, command.tier)
    stays = entry.tier == command.tier or first is None
    owner = entry.post if stays else first
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
            owner=(owner or entry.post).id,
            owner_person=entry.person if stays else None,
            people=entry.people if stays and entry.resolved else (),
            roster=entry.roster if stays else None,
            report_id=command.report_id,
            succeeds=command.succeeds,
            promise=command.promise,
            rectify=ordered(draft, command),
            application=applied(draft, command),
            reporters=_reporters(draft, command),
            contact=kept_contact(command.contact),
            matter=command.matter,
        )
    )


def _reporters(draft: Draft, command: cmd.Report) -> tuple[str, ...]:
    """Return whose report it is, where the handbook has rules that keep them out of later acts; of
    what comes of another issue, whose report that was."""
    book = draft.handbook
    if book.rounds or book.callbacks is not None or book.rectification is not None:
        return (*identities_of(draft.actor), *command.reporters)
    return ()


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
    named = draft.issue.instruction_at(draft.at, "handler") is not None
    if draft.handbook.routing and draft.issue.handler == draft.issue.owner and not named:
        _route(draft)


def _route(draft: Draft) -> None:
    """Send the work where the first row says that hits, and record the row (M23). Whoever was named
    by hand before the acceptance keeps it."""
    hit = route(draft.handbook, draft.issue, draft.issue.category)
    draft.record(
        IssueRouted(
            at=draft.at,
            by=ENGINE,
            row=hit.row,
            unit=hit.unit,
            handler=hit.handler,
            refusable=hit.unit is not None and refusable(draft, hit.unit),
        )
    )


def _require_origin(draft: Draft, command: cmd.Report) -> None:
    """What an issue follows on, and what was promised there, only Closeout itself says."""
    follows = command.origin is Origin.FOLLOW_UP
    if isinstance(draft.actor, Engine):
        if command.matter is not None and command.succeeds is None:
            return
        if not follows or command.rectify is not None or command.application is not None:
            raise InvalidRequestError(
                "What follows on another issue is neither ordered nor applied for.",
                field="origin",
                value=command.origin,
                allowed=Origin.FOLLOW_UP,
            )
        if command.succeeds == draft.key:
            raise InvalidRequestError(
                "No issue follows on itself.",
                field="succeeds",
                value=command.succeeds,
                allowed="another issue of the zone",
            )
        return
    said = {
        "succeeds": command.succeeds is not None,
        "matter": command.matter is not None,
        "promise": command.promise is not None,
        "reporters": bool(command.reporters),
        "origin": follows,
    }
    field = next((name for name, is_said in said.items() if is_said), None)
    if field is not None:
        raise NotPermittedError(
            "Only Closeout itself reports what follows on another issue.",
            field=field,
            allowed="a plain report, and then a link of type succeeds",
        )


def turn_away(draft: Draft, command: cmd.TurnAway) -> None:
    """Close the report as not admissible, with a code and a reason that the enterprise can see."""
    draft.require_phase(Phase.INTAKE)
    refuse_for_rectification(draft, command.kind)
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


def require_place(handbook: Handbook, enterprise_id: str) -> None:
    """Refuse an enterprise that the handbook does not list."""
    if enterprise(handbook, enterprise_id) is None:
        raise InvalidRequestError(
            "The enterprise stands in no grid of this zone.",
            field="enterprise",
            value=enterprise_id,
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
        case Engine() if command.succeeds is None and command.matter is None:
            raise NotPermittedError(
                "Closeout itself reports nothing but what follows on another issue.",
                field="actor",
                allowed="a report with `succeeds`, or with `matter`",
            )
        case Officer():
            held = officer_post(actor, draft.setting(command.kind))
            if command.tier == 1 or held in chain_posts(
                draft.handbook, command.enterprise, command.tier
            ):
                return
        case Representative() | Service() | Engine():
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
