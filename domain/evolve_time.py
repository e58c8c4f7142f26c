"""How the events of an issue's time change its facts; its clocks move as each event records."""

from typing import assert_never

from domain import events_of_time as ev
from domain.issue import Issue, Request
from domain.people import person_of, principal_of


def time_changes(issue: Issue, event: ev.TimeEvent) -> dict[str, object]:  # one return a case
    """Return the fields of `issue` that `event` changes."""
    match event:
        case ev.EnterpriseContacted() | ev.PlanMade() | ev.FactCorrected() | ev.ClockMigrated():
            return {}
        case ev.ReplyDemanded():
            return {"reply_wanted": True}
        case ev.ReplyGiven():
            return {"reply_wanted": False}
        case ev.IssueReclassified():
            return {
                "category": event.to_category,
                "priority": event.to_priority,
                "reclassified": issue.reclassified + 1,
            }
        case ev.ExtensionAsked() | ev.PauseAsked():
            return {"request": _request(event)}
        case ev.ExtensionGranted():
            return {"request": None, "extensions": issue.extensions + 1}
        case ev.PauseGranted() | ev.RequestRefused():
            return {"request": None}
        case ev.TermsAdopted():
            return {"terms": event.to_terms}
        case _:
            assert_never(event)


def _request(event: ev.ExtensionAsked | ev.PauseAsked) -> Request:
    by, principal = person_of(event.by), principal_of(event.by)
    if isinstance(event, ev.ExtensionAsked):
        return Request(
            asked="extension",
            asked_at=event.at,
            asked_by=by,
            asked_for=principal,
            clock=event.clock,
            cycle=event.cycle,
            extra=event.extra,
            note=event.reason,
        )
    return Request(
        asked="pause",
        asked_at=event.at,
        asked_by=by,
        asked_for=principal,
        reason=event.reason,
        party=event.party,
        note=event.note,
    )
