"""How the events of exclusions change an issue."""

from typing import assert_never

from domain import events_of_exclusions as ev
from domain.exclusion import Exclusion, ExclusionStanding
from domain.issue import Issue
from domain.people import person_of, principal_of


def exclusion_changes(issue: Issue, event: ev.ExclusionEvent) -> dict[str, object]:
    """Return the fields of `issue` that such an event changes."""
    match event:
        case ev.ExclusionAsked():
            asked = Exclusion(
                number=event.exclusion,
                code=event.code,
                figures=event.figures,
                asked_by=person_of(event.by),
                asked_for=principal_of(event.by),
            )
            return {"exclusions": (*issue.exclusions, asked)}
        case ev.ExclusionReviewed():
            accepted = event.accepted
            standing = ExclusionStanding.ACCEPTED if accepted else ExclusionStanding.REFUSED
            return _standing(issue, event.exclusion, standing)
        case ev.ExclusionLifted():
            return _standing(issue, event.exclusion, ExclusionStanding.LIFTED)
        case _:
            assert_never(event)


def _standing(issue: Issue, number: int, standing: ExclusionStanding) -> dict[str, object]:
    update = {"standing": standing}
    return {
        "exclusions": tuple(
            each.model_copy(update=update) if each.number == number else each
            for each in issue.exclusions
        )
    }
