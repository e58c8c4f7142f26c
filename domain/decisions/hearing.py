"""What an issue does with the news of another that it is linked with (R10.2 to R10.4)."""

from domain import commands_of_kin as cmd
from domain import events as ev
from domain import events_of_kin as kn
from domain.decisions import merging, reopening
from domain.decisions.draft import Draft
from domain.decisions.sign_off import after_proposal
from domain.errands import DONE
from domain.errors import WrongPhaseError
from domain.issue import Issue
from domain.kin import TIES_MAX, KinNews, Tie
from domain.people import ENGINE
from domain.phases import LinkType, Outcome, Phase, ReopenMode

CHILD_REOPENED = "An issue that is part of this one was taken up again."


def record_kin(draft: Draft, command: cmd.RecordKin) -> None:
    """Keep what another issue has told, and do what follows here. News that is older than what was
    heard last, or of a link that is no more, is no news."""
    issue, news = draft.issue, command.news
    told = Tie(type=news.type, other=command.other, incoming=not news.outgoing)
    known = next((tie for tie in (*issue.ties, *issue.parted) if tie.joins_as(told)), None)
    if known is not None and news.version <= known.heard:
        return
    if news.what in ("ended", "reopened") and (known is None or known not in issue.ties):
        return
    if known is None:
        _require_room(issue)
    draft.record(kn.KinRecorded(at=draft.at, by=ENGINE, other=command.other, news=news))
    ended = news.what == "ended"
    match news.type, news.outgoing:
        case LinkType.DUPLICATES, True if ended:
            _propose_likewise(draft, command)
        case LinkType.PART_OF, False if news.what == "reopened" or _goes_on(news):
            _reopen_for(draft, command)
        case LinkType.MERGED_INTO, True if ended and not _goes_on(news):
            _stand_alone(draft, command)
        case _:
            pass


def _require_room(issue: Issue) -> None:
    if len(issue.ties) >= TIES_MAX:
        raise WrongPhaseError(
            "The issue has as many links as it may.",
            field="ties",
            value=len(issue.ties),
            allowed=f"at most {TIES_MAX}",
        )


def _goes_on(news: KinNews) -> bool:
    """Return whether the other issue has ended only in that it goes on in a third."""
    return news.what == "ended" and news.outcome is Outcome.MERGED


def _stand_alone(draft: Draft, command: cmd.RecordKin) -> None:
    """What was merged has not been dealt with where nothing was done: it stands by itself again,
    however long ago it was merged. Where something was, it stays merged (R10.4)."""
    outcome = command.news.outcome
    if outcome in DONE or draft.issue.outcome is not Outcome.MERGED:
        return
    reason = f"The issue that this one went on in, {command.other}, ended as {outcome}."
    merging.stand_alone(draft, reason, by=ENGINE)


def _propose_likewise(draft: Draft, command: cmd.RecordKin) -> None:
    """Propose to this issue's enterprise what the other was closed with: a proposal, not a close.
    Where work of its own is still open here, the news is enough (R10.3). What was promised there is
    promised here as well, and followed up for either enterprise."""
    issue, mirror = draft.issue, command.mirror
    closed = command.news.outcome in DONE
    if mirror is None or not closed or not _is_ready(issue):
        return
    draft.record(
        ev.ResolutionProposed(
            at=draft.at,
            by=ENGINE,
            round=1 if issue.sign_off is None else issue.sign_off.round + 1,
            resolution=mirror.resolution,
            mirrors=command.other,
            proposers=mirror.proposers,
        )
    )
    after_proposal(draft)


def _is_ready(issue: Issue) -> bool:
    """Return whether nothing here stands between the issue and a proposal."""
    working = issue.team is not None and issue.team.open_parts
    form = issue.rectification is not None or issue.application is not None
    waits = working or issue.team_wanted or issue.children_open or form
    return issue.phase is Phase.HANDLING and not waits


def _reopen_for(draft: Draft, command: cmd.RecordKin) -> None:
    """A parent is not closed while a part of it is open, if it can still be taken up itself."""
    mode = reopening.mode_now(draft)
    if mode in (None, ReopenMode.SUCCESSOR) or draft.issue.outcome is not Outcome.CLOSED_OUT:
        return
    reason = command.news.reason or CHILD_REOPENED
    reopening.reopen_now(draft, reason, child=command.other)
