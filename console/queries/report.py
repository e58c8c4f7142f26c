"""What a report is made with: kinds of issues, for whom one may report, issues that are alike."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from desk.desk import Desk
from desk.likeness import LikeIssues, Told
from domain.access import Horizon
from domain.commands_of_kin import JudgeSuggestion
from domain.handbook import Handbook
from domain.issue import Issue
from domain.likeness import METHOD
from domain.model import Name
from domain.organization import post
from domain.people import Actor, Officer
from domain.phases import Phase
from domain.staffing import Role

ENTERPRISES_LISTED_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose, by its code."""

    code: str
    name: Name


@dataclass(frozen=True, slots=True)
class Alike:
    """An issue that may be the same matter. `score` of 100 is how alike."""

    key: str
    number: str | None
    title: str
    phase: Phase
    score: int
    reported_at: datetime


def kinds(handbook: Handbook) -> list[Choice]:
    """Return the kinds of issues by their own words."""
    return [Choice(each.id, each.name) for each in handbook.categories]


def enterprises(handbook: Handbook, within: Horizon) -> list[Choice]:
    """Return for whom a report may be made; the first of very many."""
    found = (each for each in handbook.enterprises if within.reports_for(each.id))
    listed = sorted(found, key=lambda each: each.id)[:ENTERPRISES_LISTED_MAX]
    return [Choice(each.id, each.name) for each in listed]


async def alike(
    desk: Desk, seen: Horizon, *, enterprise: str, category: str, title: str, text: str
) -> list[Alike]:
    """Return issues within sight that may be the same matter as a report about to be made, the
    likest first."""
    told = Told(enterprise, category, title, text)
    found = []
    for each in await LikeIssues(desk).of_report(seen.zone, told):
        row = await desk.ledger.issue(each.row.stream)
        if row is not None and seen.sees(row.issue):
            issue = row.issue
            found.append(
                Alike(
                    each.key, issue.number, issue.title, issue.phase, each.score, issue.reported_at
                )
            )
    return found


def judgement(alike_: Alike, *, same: bool) -> JudgeSuggestion:
    """Return what is recorded of a suggestion that was looked at (R10.5)."""
    return JudgeSuggestion(suggested=alike_.key, same=same, score=alike_.score, method=METHOD)


def may_judge(actor: Actor, issue: Issue, handbook: Handbook) -> bool:
    """Return whether who reported may also say what is alike: the domain lets the office say so,
    never the enterprise."""
    if not isinstance(actor, Officer):
        return False
    held = post(handbook, actor.post)
    coordinates = held is not None and Role.COORDINATOR in held.roles
    return coordinates or actor.post in (issue.owner, issue.handler)
