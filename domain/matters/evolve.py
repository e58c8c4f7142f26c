"""How an event changes a matter: the fold that its stream is read with."""

from collections.abc import Iterable
from typing import assert_never

from domain.evolve import StreamError
from domain.matters import acts
from domain.matters.campaign.events import CampaignEvent, CampaignOpened
from domain.matters.campaign.evolve import evolve_campaign, opened_campaign
from domain.matters.campaign.state import Campaign
from domain.matters.events import MatterEvent
from domain.matters.grant.events import GrantEvent, GrantOpened
from domain.matters.grant.evolve import evolve_grant, opened_grant
from domain.matters.grant.state import Grant
from domain.matters.match.events import MatchEvent, MatchOpened
from domain.matters.match.evolve import evolve_match, opened_match
from domain.matters.match.state import Match
from domain.matters.matter import MatterTie, StatedTotal
from domain.matters.pipeline.events import PipelineEvent, PipelineOpened
from domain.matters.pipeline.evolve import evolve_pipeline, opened_pipeline
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.events import RegisterEvent, RegisterOpened
from domain.matters.register.evolve import evolve_register, opened_register
from domain.matters.register.state import Register
from domain.matters.state import Matter
from domain.matters.words import MatterStanding, Tying


def evolve_matter(
    matter: Matter | None, event: MatterEvent, *, zone: str, key: str, terms: str
) -> Matter:
    """Return the matter after `event`. Raises StreamError for a stream that no matter can have."""
    if matter is None:
        begun = _opened(event, zone, key, terms)
        return begun.model_copy(update=_shared(begun, event))
    if isinstance(event, acts.MatterOpened):
        raise StreamError(f"stream {matter.stream} opens its matter twice")
    version = matter.version + 1
    moved = matter.moved + 1 if isinstance(event, acts.MatterTermsAdopted) else 0
    update = {"version": version, "changed_at": event.at, "moved": moved}
    update |= _shared(matter, event)
    if isinstance(event, acts.CommonEvent):
        changed = matter.model_copy(update=update)
        return changed.model_copy(update=_common(changed, event))
    return matter.model_copy(update=update | _own(matter, event))


def fold_matter(events: Iterable[MatterEvent], *, zone: str, key: str, terms: str) -> Matter | None:
    """Return what all events of a stream come to."""
    matter: Matter | None = None
    for event in events:
        matter = evolve_matter(matter, event, zone=zone, key=key, terms=terms)
    return matter


def _opened(event: MatterEvent, zone: str, key: str, terms: str) -> Matter:
    match event:
        case CampaignOpened():
            return opened_campaign(event, zone, key, terms)
        case PipelineOpened():
            return opened_pipeline(event, zone, key, terms)
        case MatchOpened():
            return opened_match(event, zone, key, terms)
        case RegisterOpened():
            return opened_register(event, zone, key, terms)
        case GrantOpened():
            return opened_grant(event, zone, key, terms)
        case _:
            msg = f"stream matter/{zone}/{key} begins with {event.kind}, not with an opening"
            raise StreamError(msg)


def _shared(matter: Matter, event: MatterEvent) -> dict[str, object]:
    """Return what every event may change: what is waited for, and the issues to be opened."""
    changes: dict[str, object] = {}
    if event.sets or event.meets:
        gone = {*event.meets, *(due.clock for due in event.sets)}
        kept = tuple(due for due in matter.dues if due.clock not in gone)
        changes["dues"] = (*kept, *event.sets)
        changes["cycles"] = max([matter.cycles, *(due.cycle for due in event.sets)])
    if event.found:
        tied = (
            MatterTie(issue=each.issue, tying=Tying.OPENED, at=event.at) for each in event.found
        )
        changes["ties"] = (*matter.ties, *tied)
    return changes


def _common(matter: Matter, event: acts.CommonEvent) -> dict[str, object]:
    match event:
        case acts.IssueTied():
            return {"ties": (*matter.ties, event.tie)}
        case acts.IssueUntied():
            return {"ties": tuple(each for each in matter.ties if each.issue != event.issue)}
        case acts.TotalStated():
            return {"totals": _totals(matter, event)}
        case acts.MatterHanded():
            return {"post": event.to}
        case acts.MatterClosed():
            return {
                "standing": MatterStanding.CLOSED,
                "ending": event.ending,
                "closed_at": event.at,
                "dues": (),
            }
        case acts.DuePassed() | acts.MatterNoted():
            return {}
        case acts.MatterTermsAdopted():
            return {"terms": event.to_terms}
        case _:
            assert_never(event)


def _totals(matter: Matter, event: acts.TotalStated) -> tuple[StatedTotal, ...]:
    before = (
        each.model_copy(update={"replaced_by": event.number})
        if each.number == event.replaces
        else each
        for each in matter.totals
    )
    new = StatedTotal(
        number=event.number,
        label=event.label,
        figures=event.figures,
        as_of_on=event.as_of_on,
        source=event.source,
    )
    return (*before, new)


def _own(matter: Matter, event: MatterEvent) -> dict[str, object]:
    """Return what an event of the matter's own aggregate changes."""
    match matter:
        case Campaign() if isinstance(event, CampaignEvent):
            return evolve_campaign(matter, event)
        case Pipeline() if isinstance(event, PipelineEvent):
            return evolve_pipeline(matter, event)
        case Match() if isinstance(event, MatchEvent):
            return evolve_match(matter, event)
        case Register() if isinstance(event, RegisterEvent):
            return evolve_register(matter, event)
        case Grant() if isinstance(event, GrantEvent):
            return evolve_grant(matter, event)
        case _:
            msg = f"stream {matter.stream} is a {matter.aggregate}, and holds {event.kind}"
            raise StreamError(msg)
