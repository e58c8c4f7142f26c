"""Which clocks an issue has at all, where no condition can ask: what belongs to a promise, to a
rectification or to a team that is done, and what does not."""

from domain.clock_rules import ClockRule
from domain.events import Event, TeamConvened
from domain.handbook import Handbook
from domain.issue import Issue


def left_out(handbook: Handbook) -> tuple[frozenset[str], ...]:
    """Return the clocks that an issue does not have, for each course it may take: an ordinary one,
    and a rectification if the handbook has its own clock for it. What was promised adds a clock to
    either and takes none away; of a team that is done the lead need not have one."""
    team, due = handbook.joint_team, handbook.rectification
    special = {handbook.sign_off.promise, None if team is None else team.lead}
    if due is None:
        return (_ids(special),)
    return _ids(special | {due.clock, due.overdue}), _ids(special | set(due.replaces))


def _ids(named: set[str | None]) -> frozenset[str]:
    return frozenset(id_ for id_ in named if id_ is not None)


def may_start(rule: ClockRule, issue: Issue, event: Event, handbook: Handbook) -> bool:
    """Return whether the issue can have a clock of this kind.

    The clock of promises counts only where something was promised within a time (R8.1), that of
    rectifications only where the enterprise is the obligated party (M33). There it stands for the
    clocks that it replaces: the officers have nothing to bring while the enterprise owes the work.
    Their own clock for what is overdue waits until the enterprise's limit is over.
    The lead of a team has time when that is convened, and again only while the team owes something.
    """
    team = handbook.joint_team
    if team is not None and rule.id == team.lead and not isinstance(event, TeamConvened):
        return issue.team is not None and bool(issue.team.open_parts)
    if rule.id == handbook.sign_off.promise:
        return issue.promise is not None and issue.promise.within is not None
    due = handbook.rectification
    if due is None:
        return True
    if rule.id == due.overdue:
        limit = issue.clock(due.clock)
        counts = limit is not None and limit.is_live and limit.breached_at is None
        return issue.rectification is not None and not counts
    if rule.id == due.clock:
        return issue.rectification is not None
    return issue.rectification is None or rule.id not in due.replaces
