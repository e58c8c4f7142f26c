"""What an issue is right after it was taken over from another ledger."""

from domain.events_of_import import IssueImported
from domain.evolve_ladder import entered
from domain.issue import Imported, Issue, Resolution, SignOff
from domain.phases import Phase, ResultClass


def brought(event: IssueImported, zone: str, key: str, terms: str) -> Issue:
    """Return the issue that begins with an import, before any clock has moved."""
    return Issue(
        zone=zone,
        key=key,
        version=1,
        terms=terms,
        phase=event.phase,
        origin=event.origin,
        priority=event.priority,
        category=event.category,
        enterprise=event.enterprise,
        title=event.title,
        tier=event.tier,
        tier_reached=event.tier,
        owner=event.owner,
        handler=event.handler,
        unit=event.unit,
        reported_at=event.reported_at,
        changed_at=event.at,
        number=event.number,
        outcome=event.outcome,
        accepted_at=event.accepted_at,
        closed_at=event.closed_at,
        sign_off=_waiting(event),
        level=entered(event),
        imported=Imported(source=event.source, limits=event.limits),
    )


def _waiting(event: IssueImported) -> SignOff | None:
    """Of a closed issue the other ledger keeps how the enterprise had its say."""
    if event.phase is not Phase.SIGN_OFF or event.resolution is None:
        return None
    return SignOff(
        round=1,
        resolution=Resolution(result=ResultClass.SOLVED, summary=event.resolution),
        proposed_at=event.proposed_at or event.at,
        proposed_by=None,
        proposed_tier=event.tier,
        proposers=event.proposers,
    )
