"""How the events of kin change an issue."""

from typing import assert_never

from domain import events_of_kin as ev
from domain.evolve_sign_off import closed
from domain.issue import Issue
from domain.kin import PARTED_MAX, Tie
from domain.phases import LinkType, Outcome


def kin_changes(issue: Issue, event: ev.KinEvent) -> dict[str, object]:  # noqa: PLR0911  # one return a case
    """Return the fields of `issue` that such an event changes."""
    match event:
        case ev.IssueLinked():
            return _with(issue, _linked(event))
        case ev.IssueUnlinked():
            return _without(issue, event.type, event.target, incoming=False)
        case ev.ChildAdded():
            child = Tie(
                type=LinkType.PART_OF,
                other=event.child,
                incoming=True,
                open=event.open,
                outcome=event.outcome,
                heard=event.heard,
            )
            return _with(issue, child)
        case ev.ChildReleased():
            return _without(issue, LinkType.PART_OF, event.child, incoming=True)
        case ev.KinRecorded():
            return _heard(issue, event)
        case ev.MergedInto():
            return _merged(issue, event)
        case ev.IssueUnmerged():
            back = {"phase": event.phase, "outcome": None, "closed_at": None, "merged_from": None}
            return back | _without(issue, LinkType.MERGED_INTO, event.target, incoming=False)
        case ev.SuggestionJudged():
            kept = dict.fromkeys((*issue.suggestions, event.suggested))
            return {"suggestions": tuple(kept)}
        case ev.SuccessorAsked():
            return {"successors": issue.successors + 1}
        case _:
            assert_never(event)


def _linked(event: ev.IssueLinked) -> Tie:
    """Only what this issue depends on is followed."""
    depends = event.type is LinkType.DUPLICATES
    return Tie(
        type=event.type,
        other=event.target,
        open=event.open if depends else None,
        outcome=event.outcome if depends else None,
        heard=event.heard,
    )


def _with(issue: Issue, tie: Tie) -> dict[str, object]:
    changes: dict[str, object] = {"ties": (*_others(issue.ties, tie), tie)}
    if issue.parted:
        changes["parted"] = _others(issue.parted, tie)
    return changes


def _without(issue: Issue, type_: LinkType, other: str, *, incoming: bool) -> dict[str, object]:
    return {"ties": _others(issue.ties, Tie(type=type_, other=other, incoming=incoming))}


def _others(ties: tuple[Tie, ...], tie: Tie) -> tuple[Tie, ...]:
    return tuple(each for each in ties if not each.joins_as(tie))


def _heard(issue: Issue, event: ev.KinRecorded) -> dict[str, object]:
    news = event.news
    incoming = not news.outgoing
    plain = Tie(type=news.type, other=event.other, incoming=incoming, heard=news.version)
    match news.what:
        case "linked":
            return _with(issue, plain)
        case "unlinked":
            gone = {"parted": (*_others(issue.parted, plain), plain)[-PARTED_MAX:]}
            return gone | _without(issue, news.type, event.other, incoming=incoming)
        case "ended" | "reopened":
            now = {
                "open": news.what == "reopened",
                "outcome": news.outcome,
                "heard": news.version,
            }
            ties = issue.ties
            return {
                "ties": tuple(e.model_copy(update=now) if e.joins_as(plain) else e for e in ties)
            }
        case _:
            assert_never(news.what)


def _merged(issue: Issue, event: ev.MergedInto) -> dict[str, object]:
    changes = closed(Outcome.MERGED, event.at)
    changes |= {"merged_from": event.from_phase, "merges": issue.merges + 1}
    into = Tie(type=LinkType.MERGED_INTO, other=event.target, open=True, heard=event.heard)
    return changes | _with(issue, into)
