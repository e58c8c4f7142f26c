"""Leaving an issue out of figures (剔除, R8.6): asked with evidence, reviewed by somebody else."""

from collections.abc import Iterable

from domain import commands_of_exclusions as cmd
from domain import events_of_exclusions as ev
from domain.decisions.draft import Draft
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.exclusion import EXCLUSIONS_MAX, Exclusion, ExclusionStanding
from domain.issue import Issue
from domain.people import identities_of, person_of

LIVE = (ExclusionStanding.ASKED, ExclusionStanding.ACCEPTED)


def exclude_from_figures(draft: Draft, command: cmd.ExcludeFromFigures) -> None:
    """Ask for it, on a ground of the handbook, once at a time for the same figures."""
    issue, grounds = draft.issue, [each.id for each in draft.handbook.exclusions]
    if command.code not in grounds:
        raise InvalidRequestError(
            "The zone's handbook leaves no issue out on this ground.",
            field="code",
            value=command.code,
            allowed=grounds or "none: the handbook has no `exclusions`",
        )
    figures = tuple(dict.fromkeys(command.figures))
    for each in issue.exclusions:
        if each.standing in LIVE and each.covers(figures):
            raise ConflictError(
                "This has been asked already.",
                field="figures",
                value=f"exclusion {each.number}: {each.standing}",
                allowed="figures that no asked or accepted exclusion names",
            )
    number = len(issue.exclusions) + 1
    if number > EXCLUSIONS_MAX:
        raise ConflictError(
            "It has been asked often enough.",
            field="exclusion",
            value=number,
            allowed=f"at most {EXCLUSIONS_MAX} for one issue",
        )
    draft.record(
        ev.ExclusionAsked(
            at=draft.at,
            by=draft.actor,
            exclusion=number,
            code=command.code,
            figures=figures,
            reason=command.reason,
            evidence=command.evidence,
        )
    )


def review_exclusion(draft: Draft, command: cmd.ReviewExclusion) -> None:
    """Say whether it holds. Nobody reviews what they asked for themselves, or had a deputy ask."""
    asked = _exclusion(draft.issue, command.exclusion, (ExclusionStanding.ASKED,))
    if not {asked.asked_by, asked.asked_for}.isdisjoint(identities_of(draft.actor)):
        raise NotPermittedError(
            "Who asks that an issue be left out of figures cannot also review it.",
            field="actor.person",
            value=person_of(draft.actor),
            allowed="another coordinator or supervisor",
        )
    draft.record(
        ev.ExclusionReviewed(
            at=draft.at,
            by=draft.actor,
            exclusion=asked.number,
            accepted=command.accept,
            reason=command.reason,
        )
    )


def lift_exclusion(draft: Draft, command: cmd.LiftExclusion) -> None:
    """Let the issue count again."""
    accepted = _exclusion(draft.issue, command.exclusion, (ExclusionStanding.ACCEPTED,))
    draft.record(
        ev.ExclusionLifted(
            at=draft.at, by=draft.actor, exclusion=accepted.number, reason=command.reason
        )
    )


def _exclusion(issue: Issue, number: int, standings: Iterable[ExclusionStanding]) -> Exclusion:
    """Return an exclusion that stands so. Raises IssueError."""
    there = {each.number: each for each in issue.exclusions}
    fitting = [str(each.number) for each in issue.exclusions if each.standing in standings]
    allowed = fitting or f"no exclusion of this issue is {' or '.join(standings)}"
    if number not in there:
        raise InvalidRequestError(
            "The issue has no such exclusion.", field="exclusion", value=number, allowed=allowed
        )
    if there[number].standing not in standings:
        raise WrongPhaseError(
            "The exclusion does not stand so.",
            field="exclusion",
            value=f"{number}: {there[number].standing}",
            allowed=allowed,
        )
    return there[number]
