"""Which events cannot happen to the issues of a zone, because its handbook lacks the rule."""

from domain.facts_possible import RESUMED
from domain.handbook import Handbook
from domain.phases import RejectionStep, ReopenMode

OF_TEAMS = frozenset(
    {"part_added", "part_replaced", "part_left", "part_ruled", "part_ready", "team_concluded"}
)
OF_ROUNDS = frozenset({"round_opened", "vote_cast", "round_closed"})
OF_RECTIFICATION = frozenset({"rectification_declared", "rectification_failed"})
OF_APPLICATIONS = frozenset(
    {
        "item_submitted",
        "item_checked",
        "application_signed",
        "application_approved",
        "application_refused",
        "application_renewed",
    }
)
OF_CALLBACKS = frozenset({"callback_drawn", "callback_answered", "sign_off_disputed"})
OF_EXCLUSIONS = frozenset({"exclusion_asked", "exclusion_reviewed", "exclusion_lifted"})
OF_MERGES = frozenset({"merged_into", "issue_unmerged"})


def absent_events(handbook: Handbook) -> frozenset[str]:
    """Return the kinds of events that no command can cause under this handbook."""
    rule = handbook.sign_off
    modes = {row.mode for row in rule.reopening}
    there = {
        OF_TEAMS: handbook.joint_team is not None,
        OF_ROUNDS: bool(handbook.rounds),
        OF_RECTIFICATION: handbook.rectification is not None,
        OF_APPLICATIONS: bool(handbook.applications),
        OF_CALLBACKS: handbook.callbacks is not None,
        OF_EXCLUSIONS: bool(handbook.exclusions),
        OF_MERGES: handbook.merges,
        frozenset({"silence_explained"}): rule.says_silence,
        frozenset({"answer_link_issued"}): rule.link_hours is not None,
        frozenset({"team_wanted"}): RejectionStep.JOINT_TEAM in rule.rejected,
        frozenset({"closing_review_called"}): rule.rejections_max is not None,
        frozenset({"successor_asked"}): rule.follow_up or ReopenMode.SUCCESSOR in modes,
        frozenset({RESUMED}): ReopenMode.RESUME in modes,
    }
    return frozenset(event for events, known in there.items() if not known for event in events)
