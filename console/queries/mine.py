"""What an enterprise is told of its own issues: where each stands, who has it, what comes next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, assert_never

from domain.board import Board, BoardPost
from domain.chain import Record
from domain.commands import Command, Confirm, Note, Reject, Reopen, Submission, Withdraw
from domain.decisions import Context, decide
from domain.elsewhere import UNSAID
from domain.errors import IssueError
from domain.events import (
    Event,
    IssueEscalated,
    IssueHandedOver,
    IssueReopened,
    ResolutionProposed,
    SignOffAnswered,
)
from domain.events_of_rounds import SilenceExplained
from domain.handbook import Handbook
from domain.issue import Issue, Promise, Resolution
from domain.model import Name
from domain.people import Actor, Engine, Officer, Representative, Service
from domain.phases import LinkType, Outcome, PauseReason, Phase, SignOffOutcome
from domain.silence import Silence, silence_of
from domain.terms import Terms

TOLD: Final = frozenset(
    {
        "issue_reported",
        "issue_imported",
        "issue_accepted",
        "issue_turned_away",
        "issue_assigned",
        "issue_handed_over",
        "note_added",
        "enterprise_contacted",
        "plan_made",
        "issue_escalated",
        "issue_deescalated",
        "team_convened",
        "issue_paused",
        "issue_resumed",
        "extension_granted",
        "issue_reclassified",
        "issue_parked",
        "issue_unparked",
        "resolution_proposed",
        "silence_explained",
        "answer_link_issued",
        "sign_off_answered",
        "resolution_rejected",
        "sign_off_lapsed",
        "sign_off_disputed",
        "resolution_sent_back",
        "closing_review_called",
        "issue_put_to_review",
        "issue_closed_out",
        "issue_withdrawn",
        "issue_reopened",
        "merged_into",
        "issue_unmerged",
        "rectification_declared",
        "rectification_failed",
        "application_approved",
        "application_refused",
        "callback_answered",
    }
)
"""The kinds of events that an enterprise is told in words of its own; the others are the office's
inner workings, which the issue's full page has."""

OFFERS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "confirm": Confirm(),
        "reject": Reject(reason="-"),
        "withdraw": Withdraw(reason="-"),
        "reopen": Reopen(reason="-"),
        "note": Note(text="-"),
    }
)
"""What an enterprise may ask here, each by the smallest command that can be judged."""


@dataclass(frozen=True, slots=True)
class Responsible:
    """A post by the handbook in force; None of its name: the handbook has it no more."""

    post: str
    name: Name | None
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """An issue as its enterprise sees it on a list. `asked`: what it is asked for now, if anything;
    `due_at` when the next thing happens at the latest, `clock` what is called so."""

    issue: Issue
    stands: str
    asked: str | None
    responsible: Responsible
    handler: Responsible | None
    clock: Name | None
    due_at: datetime | None
    is_overdue: bool
    silence: Silence | None
    merged_into: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened. `kind` names the sentence, `values` fill it, `quote` is what was
    written then."""

    version: int
    at: datetime
    kind: str
    by: Name | None
    by_enterprise: bool
    values: Mapping[str, object]
    quote: str | None
    satisfaction: int | None


@dataclass(frozen=True, slots=True)
class Contacts:
    """Who is responsible for an enterprise at every tier, and who coordinates."""

    tiers: tuple[tuple[Name, BoardPost], ...]
    coordinators: tuple[BoardPost, ...]


def own(issue: Issue, handbook: Handbook, terms: Terms, at: datetime) -> Own:
    """Return an issue as its enterprise sees it. `handbook` is in force, `terms` its own."""
    deadline, silence = issue.deadline, silence_of(issue)
    due_at = None if deadline is None else deadline.due_at
    rule = None if deadline is None else terms.rules_by_id.get(deadline.rule)
    merged = next(
        (e.other for e in issue.ties if e.type is LinkType.MERGED_INTO and not e.incoming), None
    )
    stands = where(issue)
    return Own(
        issue=issue,
        stands=stands,
        asked=stands if stands in ASKS else None,
        responsible=_responsible(handbook, issue.owner),
        handler=None if issue.handler == issue.owner else _responsible(handbook, issue.handler),
        clock=None if rule is None else rule.name,
        due_at=due_at,
        is_overdue=due_at is not None and due_at <= at,
        silence=silence,
        merged_into=merged,
    )


ASKS: Final = frozenset({"answer", "waits_for_you", "rectify", "apply"})
"""Where the next move is the enterprise's own."""


def where(issue: Issue) -> str:
    """Return the name of the words that say where an issue stands."""
    match issue.phase:
        case Phase.INTAKE:
            return "intake"
        case Phase.HANDLING:
            return _in_handling(issue)
        case Phase.SIGN_OFF:
            return _in_sign_off(issue)
        case Phase.PARKED:
            return "parked"
        case Phase.CLOSED:
            return f"ended_{issue.outcome or Outcome.CLOSED_OUT}"
        case _:
            assert_never(issue.phase)


def offered(issue: Issue, actor: Actor, terms: Terms, at: datetime) -> frozenset[str]:
    """Return which of `OFFERS` would not be refused if `actor` asked for it now."""
    context = Context(at=max(at, issue.changed_at), terms=terms)
    found = set()
    for name, command in OFFERS.items():
        asked = Submission(
            id=f"offer-{name}", zone=issue.zone, key=issue.key, actor=actor, command=command
        )
        try:
            decide(issue, asked, context)
        except IssueError:
            continue
        found.add(name)
    return frozenset(found)


def told(records: Iterable[Record], handbook: Handbook) -> list[Told]:
    """Return what happened to an issue, the newest first, as far as its enterprise is told."""
    found = [_told(record, handbook) for record in records if record.event.kind in TOLD]
    return found[::-1]


def promised(issue: Issue) -> tuple[Promise, ...]:
    """Return what was promised to the enterprise for later (R8.1)."""
    of_result = None if issue.sign_off is None else issue.sign_off.resolution.follow_up
    made = (issue.promise, of_result)
    return tuple(dict.fromkeys(each for each in made if each is not None))


def resolution_of(issue: Issue) -> Resolution | None:
    """Return the result that is proposed, or that the issue was closed with."""
    shown = issue.phase in (Phase.SIGN_OFF, Phase.CLOSED)
    return issue.sign_off.resolution if shown and issue.sign_off is not None else None


def contacts_of(board: Board) -> Contacts:
    """Return whom an enterprise turns to."""
    tiers = tuple(
        (tier.name, tier.accountable) for tier in board.tiers if tier.accountable is not None
    )
    return Contacts(tiers, board.coordinators)


def asked_first(found: Sequence[Own]) -> list[Own]:
    """Return the issues in which the enterprise has the next move, the most urgent first."""
    waiting = [each for each in found if each.asked is not None]
    return sorted(waiting, key=lambda each: (each.due_at is None, each.due_at, each.issue.key))


def _in_handling(issue: Issue) -> str:
    if issue.pause is not None:
        is_ours = issue.pause.reason is PauseReason.WAITING_ENTERPRISE
        return "waits_for_you" if is_ours else "waits_for_others"
    if issue.rectification is not None:
        return "rectify"
    if issue.application is not None:
        return "apply"
    if issue.under_review:
        return "study"
    if issue.team is not None:
        return "team"
    return "again" if issue.rejections else "handling"


def _in_sign_off(issue: Issue) -> str:
    outcome = None if issue.sign_off is None else issue.sign_off.outcome
    if issue.rectification is not None:
        return "inspection"
    if issue.sign_off is not None and issue.sign_off.reviewed:
        return "review"
    match outcome:
        case None:
            return "answer"
        case SignOffOutcome.ACCEPTED | SignOffOutcome.ACCEPTED_BY_PROXY:
            return "agreed"
        case SignOffOutcome.DEEMED_ACCEPTED:
            return "silent"
        case SignOffOutcome.UNREACHABLE:
            return "unreachable"
        case SignOffOutcome.WITHDRAWN:
            return "withdrawn"
        case SignOffOutcome.REJECTED | SignOffOutcome.INSPECTED:
            return "agreed"
        case _:
            assert_never(outcome)


def _responsible(handbook: Handbook, id_: str) -> Responsible:
    found = handbook.posts_by_id.get(id_)
    if found is None:
        return Responsible(id_, None, ())
    return Responsible(id_, found.name, found.people)


def _told(record: Record, handbook: Handbook) -> Told:
    event = record.event
    values: dict[str, object] = {}
    match event:
        case IssueEscalated() | IssueReopened():
            values["owner"] = _post_name(handbook, event.owner)
        case IssueHandedOver():
            unit = next((each for each in handbook.units if each.id == event.unit), None)
            values["unit"] = event.unit if unit is None else unit.name
        case SilenceExplained():
            values |= {"at": event.silent_at, "outcome": event.outcome.value}
        case _:
            pass
    outcome = getattr(event, "outcome", None)
    kind: str = event.kind
    if isinstance(event, SignOffAnswered) or kind == "issue_closed_out":
        kind = f"{kind}_{outcome}"
    by, by_enterprise = _by(event.by, handbook)
    return Told(
        version=record.version,
        at=record.occurred_at or record.at,
        kind=kind,
        by=by,
        by_enterprise=by_enterprise,
        values=values,
        quote=_quote(event),
        satisfaction=getattr(event, "satisfaction", None),
    )


WRITTEN: Final = ("text", "reason", "plan", "summary", "note")
"""The fields of events that hold what somebody wrote, the most telling first."""


def _quote(event: Event) -> str | None:
    if isinstance(event, ResolutionProposed):
        return event.resolution.summary
    found = (getattr(event, name, None) for name in WRITTEN)
    return next((each for each in found if isinstance(each, str) and each != UNSAID), None)


def _by(actor: Actor, handbook: Handbook) -> tuple[Name | None, bool]:
    match actor:
        case Officer():
            found = handbook.posts_by_id.get(actor.post)
            return (None if found is None else found.name), False
        case Representative():
            return None, True
        case Service() | Engine():
            return None, False
        case _:
            assert_never(actor)


def _post_name(handbook: Handbook, id_: str) -> Name | str:
    found = handbook.posts_by_id.get(id_)
    return id_ if found is None else found.name
