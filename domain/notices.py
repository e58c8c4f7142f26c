"""Who must be told what, read from the handbook's notice rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from domain.events import Event, IssueEscalated, RungFired
from domain.events_of_time import ClockMigrated, ExtensionAsked, ExtensionGranted
from domain.evolve_team import part_of_clock
from domain.handbook import Audience, Handbook, NoticeRule, Role
from domain.issue import Issue
from domain.organization import owner_post, post_above, posts_of_role, posts_of_unit
from domain.team import Part, PartAsked


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one addressee about one event. `addressee` is a post or an enterprise."""

    id: str
    stream: str
    version: int
    kind: str
    addressee: str


def notices_of(event: Event, issue: Issue, handbook: Handbook) -> tuple[Notice, ...]:
    """Return what to tell about `event`; `issue` is the issue after it, so at its version."""
    addressees: dict[str, None] = {}
    for rule in handbook.notices:
        if applies(rule, event):
            for audience in rule.to:
                addressees |= dict.fromkeys(_addressees(audience, event, issue, handbook))
    return tuple(
        Notice(
            f"{issue.stream}/{issue.version}/{name}", issue.stream, issue.version, event.kind, name
        )
        for name in addressees
    )


def applies(rule: NoticeRule, event: Event) -> bool:
    """Return whether a rule has people told of an event."""
    if rule.on != event.kind:
        return False
    if rule.effects and not (isinstance(event, RungFired) and event.effect in rule.effects):
        return False
    if not rule.clocks:
        return True
    if not isinstance(event, RungFired | ClockMigrated | ExtensionAsked | ExtensionGranted):
        return False
    return event.clock.split(".", 1)[0] in rule.clocks


def _addressees(audience: Audience, event: Event, issue: Issue, handbook: Handbook) -> list[str]:  # noqa: C901, PLR0911  # one return a case
    match audience:
        case Audience.OWNER:
            return [issue.owner]
        case Audience.HANDLER:
            return [issue.handler]
        case Audience.ENTERPRISE:
            return [issue.enterprise]
        case Audience.TIER_ABOVE:
            above = post_above(handbook, issue.enterprise, issue.tier)
            return [issue.owner if above is None else above.id]
        case Audience.TOP_TIER:
            top = owner_post(handbook, issue.enterprise, handbook.top_tier)
            return [issue.owner if top is None else top.id]
        case Audience.TEAM:
            parts = () if issue.team is None else issue.team.parts
            return [p.id for part in parts for p in posts_of_unit(handbook, part.unit)[:1]]
        case Audience.COORDINATOR:
            return [post.id for post in posts_of_role(handbook, Role.COORDINATOR)[:1]]
        case Audience.SUPERVISOR:
            return [post.id for post in posts_of_role(handbook, Role.SUPERVISOR)[:1]]
        case Audience.ALL_TIERS | Audience.SKIPPED_TIERS:
            tiers: Iterable[int] = (tier.level for tier in handbook.tiers)
            if audience is Audience.SKIPPED_TIERS:
                tiers = event.skipped if isinstance(event, IssueEscalated) else ()
            owners = (owner_post(handbook, issue.enterprise, tier) for tier in tiers)
            return [post.id for post in owners if post is not None]
        case Audience.ARBITER:
            return _arbiters(event, issue)
        case Audience.ELECTORS:
            return [] if issue.round is None else [each.post for each in issue.round.electors]
        case Audience.PART_UNIT:
            part = _part(event, issue)
            return [] if part is None else _acting_for(part, handbook)
        case _:
            assert_never(audience)


def _arbiters(event: Event, issue: Issue) -> list[str]:
    """Return who has to rule on what the event tells of: on an objection, or on a dispatch."""
    part = _part(event, issue)
    if part is not None:
        return [] if part.arbiter is None else [part.arbiter]
    dispatch = issue.dispatch
    return [] if dispatch is None or dispatch.arbiter is None else [dispatch.arbiter]


def _part(event: Event, issue: Issue) -> Part | None:
    """Return the part that the event is about: named by itself, or by the clock of a fired rung."""
    named = getattr(event, "part", None)
    if isinstance(event, RungFired):
        named = part_of_clock(event.clock)
    id_ = named.id if isinstance(named, PartAsked) else named
    return None if issue.team is None or id_ is None else issue.team.part(id_)


def _acting_for(part: Part, handbook: Handbook) -> list[str]:
    if part.proxy is not None:
        return [part.proxy]
    return [post.id for post in posts_of_unit(handbook, part.unit)[:1]]
