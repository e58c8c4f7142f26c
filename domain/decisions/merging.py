"""Merging and undoing it (R10.4)."""

from datetime import timedelta

from domain import commands_of_kin as cmd
from domain import events_of_kin as kn
from domain.decisions.bounds import require_another_hand
from domain.decisions.draft import Draft
from domain.decisions.kin import require_kin, require_no_cycle, require_room
from domain.errors import InvalidRequestError, WrongPhaseError
from domain.issue import Issue
from domain.kin import Kin
from domain.people import Actor
from domain.phases import LinkType, Outcome, Phase

MERGES_MAX = 2
"""How often one issue may go on in another: each time its clocks stand still."""


def merge(draft: Draft, command: cmd.Merge) -> None:
    """Let this issue go on in another one of the same enterprise, which has its say there. Whoever
    is to deal with it does not get rid of it so."""
    draft.require_phase(Phase.INTAKE, Phase.HANDLING)
    if not draft.handbook.merges:
        raise WrongPhaseError("The handbook of this zone knows no merging.", field="kind")
    require_another_hand(draft, "Nobody merges an issue of their own.")
    kin = require_kin(draft, command.target, "target")
    _require_fit(draft.issue, kin)
    _require_nothing_pending(draft.issue)
    _require_not_too_often(draft.issue)
    require_room(draft.issue, kin, "target")
    require_no_cycle(draft, kin, "target")
    draft.record(
        kn.MergedInto(
            at=draft.at,
            by=draft.actor,
            target=command.target,
            reason=command.reason,
            from_phase=draft.issue.phase,
            heard=kin.version,
            lineage=kin.lineage,
        )
    )


def unmerge(draft: Draft, command: cmd.Unmerge) -> None:
    """Let the issue stand by itself again, where it stood, within the days for reopening."""
    draft.require_phase(Phase.CLOSED)
    issue = draft.issue
    if issue.outcome is not Outcome.MERGED:
        raise WrongPhaseError(
            "Only an issue that was merged can be unmerged.",
            field="outcome",
            value=issue.outcome,
            allowed=Outcome.MERGED,
        )
    days = draft.handbook.sign_off.reopen_days
    if issue.closed_at is None or draft.at > issue.closed_at + timedelta(days=days):
        raise WrongPhaseError(
            "The time for undoing the merge is over; report a new issue.",
            field="closed_at",
            value=None if issue.closed_at is None else issue.closed_at.isoformat(),
            allowed=f"within {days} days of the merge",
        )
    stand_alone(draft, command.reason, by=draft.actor)


def stand_alone(draft: Draft, reason: str, *, by: Actor) -> None:
    """Record that a merged issue stands by itself again."""
    issue = draft.issue
    own = (tie for tie in issue.ties if tie.type is LinkType.MERGED_INTO and not tie.incoming)
    draft.record(
        kn.IssueUnmerged(
            at=draft.at,
            by=by,
            target=next(own).other,
            reason=reason,
            phase=issue.merged_from or Phase.HANDLING,
        )
    )


def _require_fit(issue: Issue, kin: Kin) -> None:
    if not kin.open:
        raise WrongPhaseError(
            "An issue goes on in an open one only.",
            field="target",
            value=kin.key,
            allowed="an open issue; or link duplicates",
        )
    if kin.at_intake:
        raise WrongPhaseError(
            "An issue goes on in one that somebody has taken on.",
            field="target",
            value=kin.key,
            allowed="an accepted issue; accept the other first",
        )
    if kin.enterprise != issue.enterprise:
        raise InvalidRequestError(
            "The enterprise would lose its say: the other issue is not its own.",
            field="target",
            value=kin.key,
            allowed="an issue of the same enterprise; or link duplicates",
        )


def _require_nothing_pending(issue: Issue) -> None:
    """What is still owed here, and what is promised, would be left without its clock."""
    incident = issue.incident
    pending = {
        "reply_wanted": (issue.reply_wanted, "give_reply first"),
        "pause": (issue.pause is not None, "resume first"),
        "request": (issue.request is not None, "grant or refuse it first"),
        "rejections": (
            issue.rejections > 0 or issue.sign_off is not None,
            "another proposal: it was refused or sent back",
        ),
        "promise": (issue.promise is not None, "what was promised, in this issue itself"),
        "incident": (
            incident is not None and incident.ended_at is None,
            "end_emergency first",
        ),
        "children": (bool(issue.children_open), "release_child first"),
        "rectification": (issue.rectification is not None, "declare_rectified and inspect"),
        "application": (issue.application is not None, "approve or refuse it"),
        "round": (issue.round is not None and issue.round.is_open, "the end of the round"),
        "team": (
            issue.team is not None and bool(issue.team.open_parts),
            "finish or waive its parts first",
        ),
        "dispatch": (
            issue.dispatch is not None and issue.dispatch.arbiter is not None,
            "the arbiter's ruling first",
        ),
    }
    for field, (stands, allowed) in pending.items():
        if stands:
            raise WrongPhaseError(
                f"The issue cannot be merged; in the way: {field}.",
                field=field,
                allowed=allowed,
            )


def _require_not_too_often(issue: Issue) -> None:
    if issue.merges >= MERGES_MAX:
        raise WrongPhaseError(
            "The issue has been merged as often as it may.",
            field="merges",
            value=issue.merges,
            allowed=f"at most {MERGES_MAX} times; or link duplicates",
        )
