"""How the three acts of a sign-off, and what stands around them, change an issue (R8)."""

from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from domain import events as ev
from domain import events_of_rounds as rd
from domain.evolve_callbacks import closing_of
from domain.evolve_ladder import entered
from domain.issue import AnswerLink, Issue, Resolution, SignOff
from domain.people import Actor, Representative, identities_of, person_of, principal_of
from domain.phases import Outcome, Phase, ReopenMode, ResultClass, SignOffOutcome

SignOffEvent = (
    ev.ResolutionProposed
    | ev.SignOffAnswered
    | ev.ResolutionRejected
    | ev.SignOffLapsed
    | ev.ResolutionSentBack
    | ev.IssueClosedOut
    | ev.IssueWithdrawn
    | ev.IssueReopened
)
Said = rd.SilenceExplained | rd.AnswerLinkIssued | rd.TeamWanted | rd.ClosingReviewCalled
"""What is recorded around the enterprise's say."""

OLD_COURSE = ("team", "rejections", "left", "refusals")
"""What an issue keeps that is taken up again where it was."""


def sign_off_changes(issue: Issue, event: SignOffEvent) -> dict[str, object]:  # noqa: PLR0911  # one return a case
    """Return the fields of `issue` that one of the three acts changes."""
    match event:
        case ev.ResolutionProposed():
            return _proposed(issue, event)
        case ev.SignOffAnswered():
            return {"sign_off": _answered(issue, event.outcome, event)}
        case ev.ResolutionRejected():
            return {
                "phase": Phase.HANDLING,
                "rejections": issue.rejections + 1,
                "sign_off": _answered(issue, SignOffOutcome.REJECTED, event),
            }
        case ev.SignOffLapsed():
            return {"sign_off": _answered(issue, SignOffOutcome.DEEMED_ACCEPTED, event)}
        case ev.ResolutionSentBack():
            back: dict[str, object] = {"phase": Phase.HANDLING}
            return back | ({"rejections": issue.rejections + 1} if event.counts else {})
        case ev.IssueClosedOut():
            return _closed_out(issue, event)
        case ev.IssueWithdrawn():
            if event.closes:
                return closed(Outcome.WITHDRAWN, event.at)
            return {
                "phase": Phase.SIGN_OFF,
                "pause": None,
                "request": None,
                "parking": None,
                "sign_off": _withdrawn(issue, event),
            }
        case ev.IssueReopened():
            return reopened(issue, event)
        case _:
            assert_never(event)


def said(issue: Issue, event: Said) -> dict[str, object]:
    """Return the fields of `issue` that change with what is told, asked or called at a sign-off."""
    match event:
        case rd.SilenceExplained():
            told: dict[str, object] = {
                "on_silence": event.outcome,
                "silent_at": event.silent_at,
                "silence_by": event.clock,
                "silence_rung": event.rung,
            }
            return {"sign_off": _with(issue, lambda _: told)}
        case rd.AnswerLinkIssued():
            return {"sign_off": _linked(issue, event)}
        case rd.TeamWanted():
            return {"team_wanted": True}
        case rd.ClosingReviewCalled():
            return {"phase": Phase.SIGN_OFF, "sign_off": _with(issue, lambda _: {"reviewed": True})}
        case _:
            assert_never(event)


def closed(outcome: Outcome, at: datetime) -> dict[str, object]:
    """Return the fields that any closing changes."""
    return {
        "phase": Phase.CLOSED,
        "outcome": outcome,
        "closed_at": at,
        "pause": None,
        "request": None,
        "reply_wanted": False,
        "parking": None,
    }


def reopened(issue: Issue, event: ev.IssueReopened) -> dict[str, object]:
    """A fresh cycle of the same issue, or its old course, of which what was done stays done; the
    first one's verdicts stay in its events (R10.1)."""
    changes: dict[str, object] = {
        "phase": Phase.HANDLING,
        "outcome": None,
        "closed_at": None,
        "tier": event.tier,
        "tier_reached": max(issue.tier_reached, event.tier),
        "owner": event.owner,
        "handler": event.owner,
        "unit": None,
        "reopened": issue.reopened + 1,
        "rejections": 0,
        "team": None,
        "sign_off": None,
        "under_review": False,
        "level": entered(event),
        "dispatch": None,
        "left": (),
        "refusals": 0,
    }
    if event.mode is not ReopenMode.RESUME:
        return changes
    return {field: value for field, value in changes.items() if field not in OLD_COURSE}


def _proposed(issue: Issue, event: ev.ResolutionProposed) -> dict[str, object]:
    sign_off = SignOff(
        round=event.round,
        resolution=event.resolution,
        proposed_at=event.at,
        proposed_by=person_of(event.by),
        proposed_for=principal_of(event.by),
        proposed_tier=issue.tier,
        mirrors=event.mirrors,
        proposers=event.proposers,
    )
    return {
        "phase": Phase.SIGN_OFF,
        "sign_off": sign_off,
        "under_review": False,
        "pause": None,
        "request": None,
    }


def _answered(
    issue: Issue,
    outcome: SignOffOutcome,
    event: ev.SignOffAnswered | ev.ResolutionRejected | ev.SignOffLapsed,
) -> SignOff | None:
    def change(sign_off: SignOff) -> dict[str, object]:
        used = event.by.link if isinstance(event.by, Representative) else None
        links = tuple(
            link.model_copy(update={"used": True}) if link.id == used else link
            for link in sign_off.links
        )
        return {
            "outcome": outcome,
            "answered_at": event.at,
            "answered_by": person_of(event.by),
            "answerers": _joined(sign_off, event.by),
            "links": links,
        }

    return _with(issue, change)


def _linked(issue: Issue, event: rd.AnswerLinkIssued) -> SignOff | None:
    """Whoever had a link made has had a hand in the answer: none of them verifies it."""
    link = AnswerLink(id=event.link, person=event.person, expires_at=event.expires_at)
    return _with(
        issue,
        lambda sign_off: {
            "links": (*sign_off.links, link),
            "answerers": _joined(sign_off, event.by),
        },
    )


def _joined(sign_off: SignOff, actor: Actor) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*sign_off.answerers, *identities_of(actor))))


def _with(issue: Issue, change: Callable[[SignOff], dict[str, object]]) -> SignOff | None:
    sign_off = issue.sign_off
    return None if sign_off is None else sign_off.model_copy(update=change(sign_off))


def _closed_out(issue: Issue, event: ev.IssueClosedOut) -> dict[str, object]:
    """An inspection is known by its close-out alone; every other say stands already."""
    changes = closed(event.outcome, event.at) | {"verified_by": event.verifiers}
    if issue.sign_off is not None and issue.sign_off.outcome is None:
        changes["sign_off"] = _with(issue, lambda _: {"outcome": event.sign_off})
    if event.verifiers and event.outcome is not Outcome.WITHDRAWN:
        changes["closing"] = closing_of(issue.model_copy(update=changes))
    return changes


def _withdrawn(issue: Issue, event: ev.IssueWithdrawn) -> SignOff:
    resolution = Resolution(result=ResultClass.WITHDRAWN, summary=event.reason, reason=event.reason)
    # Whoever proposed what is withdrawn before it was verified stays bound by that act.
    pending = issue.sign_off if issue.phase is Phase.SIGN_OFF else None
    return SignOff(
        round=1 if issue.sign_off is None else issue.sign_off.round + 1,
        resolution=resolution,
        proposed_at=event.at,
        proposed_by=None if pending is None else pending.proposed_by,
        proposed_for=None if pending is None else pending.proposed_for,
        proposers=() if pending is None else pending.proposers,
        proposed_tier=issue.tier,
        outcome=SignOffOutcome.WITHDRAWN,
        answered_at=event.at,
        answered_by=person_of(event.by),
    )
