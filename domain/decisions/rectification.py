"""Rectification: the enterprise owes the work, an inspector looks (M33)."""

from datetime import datetime

from domain import commands_of_forms as cmd
from domain import events as ev
from domain import events_of_forms as fm
from domain.commands import Report
from domain.decisions.draft import Draft
from domain.durations import Duration, budget_of, due_at
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.forms import Rectification, RectifyAsked
from domain.organization import chain_posts
from domain.people import Officer, identities_of, named
from domain.permissions import officer_post
from domain.permissions_of_procedures import inspects
from domain.phases import Origin, Outcome, Phase, SignOffOutcome
from domain.procedures import RectificationRule

FOUND_BY = (Origin.INSPECTION, Origin.VISIT)
INSTEAD = "once it is accepted declare_rectified by the enterprise, then inspect by an inspector"


def ordered(draft: Draft, command: Report) -> RectifyAsked | None:
    """Return what a report orders an enterprise to put right, with the limit that holds."""
    asked = command.rectify
    if asked is None:
        return None
    rule = draft.handbook.rectification
    if rule is None:
        raise InvalidRequestError(
            "The handbook of this zone knows no rectification.", field="rectify", allowed="none"
        )
    if command.application is not None:
        raise InvalidRequestError(
            "Nothing is ordered and applied for in one report.",
            field="application",
            value=command.application.form,
            allowed="a report of its own",
        )
    if command.origin not in FOUND_BY:
        raise InvalidRequestError(
            "What has to be rectified is found by looking.",
            field="origin",
            value=command.origin,
            allowed=FOUND_BY,
        )
    _require_inspector(draft, command, rule)
    return asked.model_copy(update={"limit": _limit(draft, rule, asked.limit)})


def _require_inspector(draft: Draft, command: Report, rule: RectificationRule) -> None:
    actor = draft.actor
    if isinstance(actor, Officer):
        held = officer_post(actor, draft.setting(command.kind))
        if inspects(held, command.enterprise, draft.handbook):
            return
    chain = (
        held.id
        for tier in draft.handbook.tiers
        for held in chain_posts(draft.handbook, command.enterprise, tier.level)
    )
    raise NotPermittedError(
        "Only an inspector orders a rectification.",
        field="actor",
        value=named(actor),
        allowed=rule.inspectors or chain,
    )


def _limit(draft: Draft, rule: RectificationRule, asked: Duration | None) -> Duration:
    """Return the limit that was asked for, if it lies in the handbook's range. Lengths of different
    kinds are compared by when each would be over if it began now."""
    if asked is None:
        return rule.limit
    limit_at = _over_at(draft, rule, asked)
    if not _over_at(draft, rule, rule.at_least) <= limit_at <= _over_at(draft, rule, rule.at_most):
        raise InvalidRequestError(
            "An inspector may not set this limit.",
            field="rectify.limit",
            value=asked.model_dump_json(),
            allowed=f"{rule.at_least.model_dump_json()} to {rule.at_most.model_dump_json()}",
        )
    return asked


def _over_at(draft: Draft, rule: RectificationRule, length: Duration) -> datetime:
    calendar = draft.terms.calendar_of(draft.terms.rules_by_id[rule.clock])
    budget = budget_of(length, calendar, draft.at)
    return due_at(budget.basis, calendar, draft.at, budget.ms)


def declare_rectified(draft: Draft, command: cmd.DeclareRectified) -> None:
    """Say that it is done. A coordinator who says so for the enterprise can show the recording, and
    does not inspect it."""
    draft.require_phase(Phase.HANDLING)
    issue, due = draft.issue, _due(draft)
    if isinstance(draft.actor, Officer) and command.recording is None:
        raise InvalidRequestError(
            "A declaration for the enterprise needs the reference of its recording.",
            field="recording",
        )
    if issue.team is not None and issue.team.open_parts:
        raise WrongPhaseError(
            "Parts of the joint team are still open.",
            field="team",
            allowed=[f"finish or waive {part.id}" for part in issue.team.open_parts],
        )
    _require_no_children(draft)
    draft.record(
        fm.RectificationDeclared(
            at=draft.at,
            by=draft.actor,
            number=due.declared + 1,
            summary=command.summary,
            evidence=command.evidence,
            recording=command.recording,
        )
    )


def inspect(draft: Draft, command: cmd.Inspect) -> None:
    """Strike the number off, or send the enterprise back to work."""
    draft.require_phase(Phase.SIGN_OFF)
    due = _due(draft)
    if not command.passed:
        draft.record(
            fm.RectificationFailed(
                at=draft.at,
                by=draft.actor,
                number=due.declared,
                reason=command.reason,
                evidence=command.evidence,
            )
        )
        return
    _require_no_children(draft)
    draft.record(
        ev.IssueClosedOut(
            at=draft.at,
            by=draft.actor,
            outcome=Outcome.CLOSED_OUT,
            sign_off=SignOffOutcome.INSPECTED,
            note=command.reason,
            evidence=command.evidence,
            verifiers=identities_of(draft.actor) if draft.handbook.callbacks is not None else (),
        )
    )


def refuse_for_rectification(draft: Draft, what: str) -> None:
    """Refuse `what` of a rectification: not the officers are to act there, but the enterprise."""
    if draft.issue.rectification is not None:
        raise WrongPhaseError(
            f"In a rectification nobody may {what}: the enterprise owes the work.",
            field="rectification",
            value=what,
            allowed=INSTEAD,
        )


def _due(draft: Draft) -> Rectification:
    due = draft.issue.rectification
    if due is None:
        raise WrongPhaseError(
            "This issue is no rectification.",
            field="rectification",
            allowed="an issue that was reported as one",
        )
    return due


def _require_no_children(draft: Draft) -> None:
    """A parent closes last (R10.2)."""
    if draft.issue.children_open:
        raise WrongPhaseError(
            "Parts of this issue are issues that are still open.",
            field="children",
            value=len(draft.issue.children_open),
            allowed=[f"close {key} first" for key in draft.issue.children_open],
        )
