"""What follows when a resolution is refused: the handbook's ladder, and its end (R8.3)."""

from typing import Literal, assert_never

from domain import events as ev
from domain.commands import ConveneTeam
from domain.decisions import rounds, team
from domain.decisions.draft import Draft
from domain.decisions.ladder import effect_on_left
from domain.events_of_rounds import ClosingReviewCalled, TeamWanted
from domain.events_of_time import ReplyDemanded
from domain.people import ENGINE
from domain.phases import Priority, RejectionStep, Subject

Review = Literal[Subject.CLOSING_REVIEW]


def next_step(draft: Draft, *, answered: bool) -> RejectionStep | Review | None:
    """Return what the next refusal leads to: at the cap a closing review, if the enterprise has had
    its say and the team owes nothing; else a step of the handbook's ladder. None: it has none."""
    owed = draft.issue.team is not None and draft.issue.team.open_parts
    rule, number = draft.handbook.sign_off, draft.issue.rejections + 1
    at_cap = rule.rejections_max is not None and number >= rule.rejections_max
    if at_cap and answered and not owed and rounds.may_open(draft, Subject.CLOSING_REVIEW):
        return Subject.CLOSING_REVIEW
    return rule.rejected[min(number, len(rule.rejected)) - 1] if rule.rejected else None


def follow(draft: Draft, step: RejectionStep | Review | None, reason: str) -> None:
    """Let follow what a refusal that has just been counted leads to."""
    match step:
        case None:
            if draft.issue.rejections >= draft.handbook.sign_off.rejections_before_escalation:
                _escalate(draft, draft.issue.tier + 1, reason)
        case Subject.CLOSING_REVIEW:
            _call_review(draft, reason)
        case RejectionStep.SAME_UNIT:
            pass
        case RejectionStep.NEXT_TIER:
            _escalate(draft, draft.issue.tier + 1, reason)
        case RejectionStep.JOINT_TEAM:
            _bring_together(draft, reason)
        case RejectionStep.SUPERVISION:
            _demand_reply(draft)
        case _:
            assert_never(step)


def _call_review(draft: Draft, reason: str) -> None:
    draft.record(ClosingReviewCalled(at=draft.at, by=ENGINE, round=_round(draft)))
    rounds.ask(draft, Subject.CLOSING_REVIEW, reason)


def _escalate(draft: Draft, to_tier: int, reason: str) -> None:
    """One tier up; from the top tier there is nowhere to go."""
    issue = draft.issue
    if to_tier > draft.handbook.top_tier:
        return
    entry = draft.entry_at(to_tier)
    draft.pass_by(entry)
    draft.record(
        ev.IssueEscalated(
            at=draft.at,
            by=draft.actor,
            from_tier=issue.tier,
            to_tier=entry.tier,
            owner=entry.post.id,
            owner_person=entry.person,
            skipped=tuple(range(issue.tier + 1, entry.tier)),
            reason=reason,
            people=entry.people if entry.resolved else (),
            roster=entry.roster,
            others=effect_on_left(draft, None),
        )
    )
    draft.hold(entry)


def _bring_together(draft: Draft, reason: str) -> None:
    """Convene the standing team, or have the owner convene one; where neither can be, the unit does
    it again. Below the tier that calls teams the issue rises to it first (Q27)."""
    issue = draft.issue
    if issue.tier < team.TIER_MIN and issue.priority is not Priority.EMERGENCY:
        if draft.handbook.top_tier < team.TIER_MIN:
            return
        _escalate(draft, team.TIER_MIN, reason)
    if issue.team is not None and issue.team.number >= team.TEAMS_MAX:
        return
    template = draft.handbook.sign_off.team
    if template is None or not _convened(draft, template, reason):
        draft.record(TeamWanted(at=draft.at, by=ENGINE, round=_round(draft)))


def _convened(draft: Draft, template: str, reason: str) -> bool:
    """Convene a standing team, unless something forbids it now: its limits may not fit any more."""
    command = ConveneTeam(template=template, reason=reason)
    with draft.acting_as(ENGINE):
        return draft.attempt(lambda: team.convene_team(draft, command)) is None


def _demand_reply(draft: Draft) -> None:
    number = draft.issue.rejections
    if not draft.issue.reply_wanted:
        question = (
            f"The enterprise was offered a resolution that did not stand, {number} in all. "
            "Why, and what will be done now?"
        )
        draft.record(ReplyDemanded(at=draft.at, by=ENGINE, question=question))


def _round(draft: Draft) -> int:
    sign_off = draft.issue.sign_off
    return 1 if sign_off is None else sign_off.round
