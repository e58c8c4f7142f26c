"""How the events of forms change an issue."""

from typing import assert_never

from domain import events_of_forms as ev
from domain.events import IssueReported
from domain.evolve_team import StreamError
from domain.forms import Application, Item, ItemStanding, Rectification, Signature
from domain.issue import Issue, Resolution, SignOff
from domain.people import Officer, identities_of, person_of, principal_of
from domain.phases import Phase, ResultClass


def form_changes(issue: Issue, event: ev.FormEvent) -> dict[str, object]:
    """Return the fields of `issue` that such an event changes."""
    match event:
        case ev.RectificationDeclared():
            return _declared(issue, event)
        case ev.RectificationFailed():
            due = issue.rectification
            failed = None if due is None else due.model_copy(update={"failed": due.failed + 1})
            return {"phase": Phase.HANDLING, "rectification": failed, "sign_off": None}
        case (
            ev.ItemSubmitted()
            | ev.ItemChecked()
            | ev.ApplicationSigned()
            | ev.ApplicationApproved()
            | ev.ApplicationRefused()
            | ev.ApplicationRenewed()
        ):
            application = issue.application
            if application is None:
                msg = f"stream {issue.stream} is no application, and has {event.kind}"
                raise StreamError(msg)
            return {"application": application.model_copy(update=_applied(application, event))}
        case _:
            assert_never(event)


def ordered(event: IssueReported) -> Rectification | None:
    """Return the rectification that a report orders."""
    if event.rectify is None:
        return None
    return Rectification(
        items=event.rectify.items,
        post=event.by.post if isinstance(event.by, Officer) else None,
        limit=event.rectify.limit,
        ordered_by=person_of(event.by),
        ordered_for=principal_of(event.by),
    )


def _declared(issue: Issue, event: ev.RectificationDeclared) -> dict[str, object]:
    """It takes the place of a proposal: the enterprise says what it has done."""
    by, principal = person_of(event.by), principal_of(event.by)
    said = {"declared": event.number, "declared_by": by, "declared_for": principal}
    sign_off = SignOff(
        round=event.number,
        resolution=Resolution(
            result=ResultClass.SOLVED, summary=event.summary, evidence=event.evidence
        ),
        proposed_at=event.at,
        proposed_by=by,
        proposed_for=principal,
        proposed_tier=issue.tier,
    )
    due = issue.rectification
    return {
        "phase": Phase.SIGN_OFF,
        "sign_off": sign_off,
        "rectification": None if due is None else due.model_copy(update=said),
        "under_review": False,
        "pause": None,
        "request": None,
    }


ApplicationEvent = (
    ev.ItemSubmitted
    | ev.ItemChecked
    | ev.ApplicationSigned
    | ev.ApplicationApproved
    | ev.ApplicationRefused
    | ev.ApplicationRenewed
)


def _applied(application: Application, event: ApplicationEvent) -> dict[str, object]:
    match event:
        case ev.ItemSubmitted():
            return {"items": _submitted(application, event), "signatures": ()}
        case ev.ItemChecked():
            standing = ItemStanding.MET if event.met else ItemStanding.FAILED
            # Signed was what had been met: it is signed for anew once this is met again.
            return {
                "items": _with_item(application, event.item, {"standing": standing}),
                "signatures": application.signatures if event.met else (),
            }
        case ev.ApplicationSigned():
            return {"signatures": (*application.signatures, _signature(event))}
        case ev.ApplicationApproved():
            return {"approved_at": event.at}
        case ev.ApplicationRefused():
            return {"refused": True, "reason": event.reason}
        case ev.ApplicationRenewed():
            return {
                "attempt": event.attempt,
                "items": tuple(_reopened(item) for item in application.items),
                "signatures": (),
                "refused": False,
                "reason": None,
            }
        case _:
            assert_never(event)


def _signature(event: ev.ApplicationSigned) -> Signature:
    person = person_of(event.by)
    if person is None:
        msg = f"nobody in person signed as {event.role}"
        raise StreamError(msg)
    return Signature(role=event.role, person=person, at=event.at, principal=principal_of(event.by))


def _submitted(application: Application, event: ev.ItemSubmitted) -> tuple[Item, ...]:
    item = application.item(event.item)
    known = () if item is None else item.submitted_by
    persons = tuple(dict.fromkeys((*known, *identities_of(event.by))))
    changes: dict[str, object] = {"standing": ItemStanding.SUBMITTED, "submitted_by": persons}
    return _with_item(application, event.item, changes)


def _with_item(application: Application, id_: str, changes: dict[str, object]) -> tuple[Item, ...]:
    return tuple(
        item.model_copy(update=changes) if item.id == id_ else item for item in application.items
    )


def _reopened(item: Item) -> Item:
    """Whoever handed something in stays bound: it may be handed in again."""
    if item.standing is ItemStanding.MET:
        return item
    return item.model_copy(update={"standing": ItemStanding.OPEN})
