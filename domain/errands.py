"""What one issue has to tell others once something has happened to it: errands, run after it.

An errand is a command of the engine's own for another stream, under an id that its cause alone
gives: however often it is run, it is carried out once. What no longer applies there yields nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, assert_never

from domain import events as ev
from domain import events_of_kin as kn
from domain.commands import REPORTERS_MAX, Report, Submission
from domain.commands_of_kin import Mirror, RecordKin
from domain.events import Event
from domain.evolve import evolve
from domain.issue import Issue
from domain.kin import KinNews
from domain.model import Frozen, Key
from domain.people import ENGINE, Actor, identities_of
from domain.phases import LinkType, Origin, Outcome

ERRAND_PREFIX = "kin:"
"""How the ids of errands begin: they are the engine's own."""


class Errand(Frozen):
    """A command for issue `to`, because of event `version` of issue `key`; `number` counts those of
    one event."""

    zone: str
    key: Key
    version: int
    number: int
    to: Key
    command: RecordKin | Report

    @property
    def id(self) -> str:
        """Return the id of the command: the same whenever the errand is worked out again."""
        return f"{ERRAND_PREFIX}{self.zone}/{self.key}/{self.version}/{self.number}"

    @property
    def submission(self) -> Submission:
        """Return what is sent to the desk."""
        return Submission(
            id=self.id, zone=self.zone, key=self.to, actor=ENGINE, command=self.command
        )


Sent = tuple[str, RecordKin | Report]
"""To which issue, and what."""

LINKING = kn.IssueLinked | kn.IssueUnlinked | kn.ChildAdded | kn.ChildReleased
MERGING = kn.MergedInto | kn.IssueUnmerged
CLOSING = ev.IssueClosedOut | ev.IssueTurnedAway | ev.IssueWithdrawn
DONE = (Outcome.CLOSED_OUT, Outcome.CLOSED_BY_REVIEW)
"""The ends of an issue of which something has come."""
DEPENDENT = {
    LinkType.PART_OF: False,
    LinkType.DUPLICATES: True,
    LinkType.MERGED_INTO: True,
}
"""By which links an issue is waited for, and whether it is the other issue that has the link."""
TELLING = (
    LINKING
    | MERGING
    | CLOSING
    | ev.IssueReported
    | ev.IssueReopened
    | kn.KinRecorded
    | kn.SuccessorAsked
)
"""The events that others may have to hear of."""


def errands_of(before: Issue | None, events: Sequence[Event], after: Issue) -> tuple[Errand, ...]:
    """Return what `events` have to be told to others; `after` is the issue after all of them.

    Each event is judged by itself: those of a whole stream have the errands of its decisions.
    """
    if not any(isinstance(event, TELLING) for event in events):
        return ()
    errands: list[Errand] = []
    issue = before
    for event in events:
        issue = evolve(issue, event, zone=after.zone, key=after.key, terms=after.terms)
        errands += (
            Errand(
                zone=issue.zone,
                key=issue.key,
                version=issue.version,
                number=number,
                to=to,
                command=command,
            )
            for number, (to, command) in enumerate(_sent(issue, event), 1)
        )
    return tuple(errands)


def _sent(issue: Issue, event: Event) -> Iterator[Sent]:
    """Yield what the last event of the issue has to be told; `issue` is the issue after it."""
    match event:
        case ev.IssueReported():
            if event.succeeds is not None:
                yield _told(issue, event.succeeds, "linked", LinkType.SUCCEEDS)
        case kn.IssueLinked() | kn.IssueUnlinked() | kn.ChildAdded() | kn.ChildReleased():
            yield _of_link(issue, event)
        case kn.MergedInto():
            yield _told(issue, event.target, "linked", LinkType.MERGED_INTO)
            yield from _of_end(issue)
        case kn.IssueUnmerged():
            yield _told(issue, event.target, "unlinked", LinkType.MERGED_INTO)
            yield from _of_return(issue, event.reason)
        case ev.IssueClosedOut() | ev.IssueTurnedAway() | ev.IssueWithdrawn():
            if not issue.is_open:
                yield from _of_end(issue)
        case ev.IssueReopened():
            yield from _of_return(issue, event.reason)
        case kn.KinRecorded():
            yield from _in_answer(issue, event)
        case kn.SuccessorAsked():
            yield event.successor, _successor(issue, event)
        case _:
            pass


def _told(
    issue: Issue,
    to: str,
    what: Literal["linked", "unlinked", "ended", "reopened"],
    type_: LinkType,
    *,
    outgoing: bool = False,
    outcome: Outcome | None = None,
    reason: str | None = None,
) -> Sent:
    news = KinNews(
        what=what,
        type=type_,
        version=issue.version,
        outgoing=outgoing,
        outcome=outcome,
        reason=reason,
    )
    return to, RecordKin(other=issue.key, news=news)


def _of_link(issue: Issue, event: LINKING) -> Sent:
    match event:
        case kn.IssueLinked():
            return _told(issue, event.target, "linked", event.type, outcome=event.outcome)
        case kn.IssueUnlinked():
            return _told(issue, event.target, "unlinked", event.type)
        case kn.ChildAdded():
            part = LinkType.PART_OF
            return _told(issue, event.child, "linked", part, outgoing=True, outcome=event.outcome)
        case kn.ChildReleased():
            return _told(issue, event.child, "unlinked", LinkType.PART_OF, outgoing=True)
        case _:
            assert_never(event)


def _of_end(issue: Issue) -> Iterator[Sent]:
    """The parent waits no longer; every duplicate, and what goes on here, hears of the outcome
    (R10.2 to R10.4)."""
    for type_, other in _waiting(issue):
        yield other, _ended(issue, type_)


def _of_return(issue: Issue, reason: str) -> Iterator[Sent]:
    for type_, other in _waiting(issue):
        outgoing = DEPENDENT[type_]
        yield _told(issue, other, "reopened", type_, outgoing=outgoing, reason=reason)


def _waiting(issue: Issue) -> Iterator[tuple[LinkType, str]]:
    """Yield the issues that depend on this one, and how: its parent, its duplicates, what was
    merged into it."""
    for tie in issue.ties:
        if DEPENDENT.get(tie.type) is tie.incoming:
            yield tie.type, tie.other


def outcome_told(issue: Issue) -> Outcome | None:
    """Return with what the issue has ended for those who wait for it: one that was merged with what
    the other was closed with, once that is."""
    if issue.outcome is Outcome.MERGED:
        into = (tie for tie in issue.ties if tie.type is LinkType.MERGED_INTO and not tie.incoming)
        return next((tie.outcome for tie in into if tie.outcome in DONE), Outcome.MERGED)
    return issue.outcome


def _ended(issue: Issue, type_: LinkType) -> RecordKin:
    sign_off = issue.sign_off
    closed_out = issue.outcome in DONE
    mirror = None
    if type_ is LinkType.DUPLICATES and closed_out and sign_off is not None:
        named = (sign_off.proposed_by, sign_off.proposed_for, *sign_off.proposers)
        mirror = Mirror(
            resolution=sign_off.resolution,
            proposers=tuple(dict.fromkeys(name for name in named if name is not None)),
        )
    news = KinNews(
        what="ended",
        type=type_,
        version=issue.version,
        outgoing=DEPENDENT[type_],
        outcome=outcome_told(issue),
        sign_off=sign_off.outcome if closed_out and sign_off is not None else None,
    )
    return RecordKin(other=issue.key, news=news, mirror=mirror)


def _in_answer(issue: Issue, event: kn.KinRecorded) -> Iterator[Sent]:
    """Whoever has come to depend on this issue hears how it stands now: it may have been closed, or
    taken up again, between their look at it and its hearing of the link. What becomes of the issue
    that this one goes on in is told to whoever waits for this one."""
    news = event.news
    if news.type is LinkType.MERGED_INTO and news.outgoing:
        if news.what == "reopened" or news.outcome in (*DONE, Outcome.MERGED):
            yield from _of_end(issue)
        return
    depends = news.type in DEPENDENT and DEPENDENT[news.type] is not news.outgoing
    if news.what != "linked" or not depends:
        return
    if not issue.is_open:
        yield event.other, _ended(issue, news.type)
    elif news.outcome is not None:
        outgoing = DEPENDENT[news.type]
        yield _told(issue, event.other, "reopened", news.type, outgoing=outgoing)


def _successor(issue: Issue, event: kn.SuccessorAsked) -> Report:
    return Report(
        enterprise=issue.enterprise,
        category=issue.category,
        title=event.title,
        text=event.text,
        origin=Origin.FOLLOW_UP,
        succeeds=issue.key,
        promise=event.promise,
        reporters=_parties(issue, event.by),
    )


def _parties(issue: Issue, asker: Actor) -> tuple[str, ...]:
    """Return whose report the new issue is: theirs who reported this one, and whoever asked."""
    if not issue.reported_by:
        return ()
    people = dict.fromkeys((*issue.reported_by, *identities_of(asker)))
    return tuple(people)[:REPORTERS_MAX]
