"""Acting on an issue: the form of each command, and what becomes of it when it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Path, Query, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from console.offers import GROUPS
from console.offers_actors import (
    ACTING_CHARACTERS_MAX,
    Offered,
    acting_called,
    offered_to,
)
from console.offers_choices import Asked
from console.offers_filled import TOP, Filled, command_of, moment_of, typed
from console.offers_shown import shown_form
from console.page import PREFIX
from console.queries.issue import facts_since
from console.queries.issue_timeline import actor_of
from console.queries.naming import Naming
from console.routing import page_router
from console.texts import has
from console.visit import InZone, ZoneVisit
from domain.access import Act
from domain.commands import Command, Submission
from domain.commands_of_kin import AddChild, JudgeSuggestion, Link, Merge
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    UnknownIssueError,
    from_validation,
)
from domain.model import to_millisecond
from domain.team import DecisionRef
from face.dependencies import IssueKey, seen_row
from face.elsewhere import refusal_told, row_told
from face.problems import KINDS, kind_of
from face.translated import aside_in, in_language
from ledger.port import IssueRow

router = page_router()

OWN_PAGES: Final = {"issue_answer_link": "answer-link"}
"""Commands whose form is another page: a one-time link is shown once, where it is made."""

KIND_CHARACTERS_MAX: Final = 40
FIELD_CHARACTERS_MAX: Final = 400

Kind = Annotated[str, Path(max_length=KIND_CHARACTERS_MAX, pattern="^[a-z_]+$")]


@dataclass(frozen=True, slots=True)
class _Sent:
    """What comes with a command in its form: its id, the version that was seen, as whom, when it
    took place, and which decision it carries out."""

    id: str
    version: int
    acting: str
    occurred_at: str
    under: str


@router.get("/{zone}/issues/{key}/do/{kind}")
async def ask(
    visit: InZone,
    key: IssueKey,
    kind: Kind,
    acting: Annotated[str, Query(max_length=ACTING_CHARACTERS_MAX)] = "",
) -> Response:
    """Show the form of a command, if it is offered to the visitor now."""
    _require_form(kind)
    if kind in OWN_PAGES:
        return visit.elsewhere(f"{_address(visit, key)}/{OWN_PAGES[kind]}")
    row = await seen_row(visit.house.desk, visit.caller, Act.COMMAND, visit.zone, key)
    offered = await _offered(visit, row, acting)
    called = "" if offered.acting is None else offered.acting.name
    sent = _Sent(f"console-{uuid4()}", row.issue.version, called, "", "")
    return await _shown(visit, row, kind, sent, Filled(), offered)


@router.post("/{zone}/issues/{key}/do/{kind}")
async def send(visit: InZone, key: IssueKey, kind: Kind) -> Response:
    """Send a command. What is refused comes back with what was filled in, and why."""
    _require_form(kind)
    form = await visit.request.form()
    sent = _sent_with(form)
    row = await seen_row(visit.house.desk, visit.caller, Act.COMMAND, visit.zone, key)
    texts = [(path, value) for path, value in form.multi_items() if isinstance(value, str)]
    command, filled = command_of(kind, typed(kind, texts), visit.terms.calendar)
    if command is not None:
        try:
            await _carry_out(visit, row, command, sent)
        except IssueError as refusal:
            return await _refused(visit, row, kind, sent, filled, refusal)
        return visit.elsewhere(f"{_address(visit, key)}?done={kind}")
    offered = await _offered(visit, row, sent.acting)
    return await _shown(visit, row, kind, sent, filled, offered, status=_INVALID)


_INVALID: Final = KINDS[InvalidRequestError].status


async def _carry_out(visit: ZoneVisit, row: IssueRow, command: Command, sent: _Sent) -> None:
    acting = acting_called(visit, sent.acting)
    if acting is None:
        raise InvalidRequestError(
            "You hold several posts here: say in which you act."
            if not sent.acting
            else "You do not hold this post today.",
            field="acting",
            value=sent.acting or None,
        )
    await _require_other_seen(visit, command)
    occurred_at = moment_of(sent.occurred_at, visit.terms.calendar) if sent.occurred_at else None
    if sent.occurred_at and occurred_at is None:
        raise InvalidRequestError("What is reported must have happened already.", field="occurred")
    meeting, _, decision = sent.under.partition(" ")
    try:
        submission = Submission.model_validate(
            {
                "id": sent.id,
                "zone": row.issue.zone,
                "key": row.issue.key,
                "actor": acting.actor,
                "command": command,
                "expected_version": sent.version,
                "occurred_at": occurred_at,
                "under": DecisionRef.model_validate({"meeting": meeting, "decision": decision})
                if sent.under
                else None,
            }
        )
    except ValidationError as error:
        raise from_validation(error) from error
    house = visit.house
    await house.desk.carry_out(house.identity.vouched(submission, visit.caller))


async def _require_other_seen(visit: ZoneVisit, command: Command) -> None:
    """Refuse to tie an issue to one that the visitor may not see, as to one that is not there."""
    match command:
        case Link(target=other) | Merge(target=other):
            field = "target"
        case AddChild(child=other):
            field = "child"
        case JudgeSuggestion(suggested=other):
            field = "suggested"
        case _:
            return
    try:
        await seen_row(visit.house.desk, visit.caller, Act.COMMAND, visit.zone, other)
    except UnknownIssueError as unknown:
        raise UnknownIssueError(
            "No issue of this zone was reported under this key.", field=field, value=other
        ) from unknown


async def _refused(
    visit: ZoneVisit,
    before: IssueRow,
    kind: str,
    sent: _Sent,
    filled: Filled,
    refusal: IssueError,
) -> Response:
    """Show the form again: of a conflict with what has happened since, and the version that stands
    now; what was filled in is kept."""
    row = await visit.house.desk.row(before.issue.zone, before.issue.key)
    offered = await _offered(visit, row, sent.acting)
    refusal = refusal_told(refusal, visit.caller)
    status = kind_of(refusal).status
    is_stale = isinstance(refusal, ConflictError) and refusal.field == "expected_version"
    since = (
        await facts_since(visit.house.desk, visit.caller, row.issue, sent.version)
        if is_stale
        else ()
    )
    if not is_stale:
        filled = filled.with_refusal(kind, refusal)
    version = _version_now(refusal, row) if is_stale else sent.version
    renewed = _Sent(sent.id, version, sent.acting, sent.occurred_at, sent.under)
    return await _shown(
        visit, row, kind, renewed, filled, offered, status=status, refusal=refusal, since=since
    )


def _version_now(refusal: IssueError, row: IssueRow) -> int:
    """Return the version that a conflict names: what time alone has done counts, though nothing of
    it may be recorded so far."""
    named = (refusal.current or {}).get("version", "")
    return int(named) if named.isdigit() else row.issue.version


async def _offered(visit: ZoneVisit, row: IssueRow, acting: str) -> Offered:
    terms = await visit.house.desk.shelf.version(row.issue.terms)
    at = max(to_millisecond(visit.house.desk.clock.now()), row.issue.changed_at)
    return offered_to(visit, row.issue, terms, at, acting)


async def _shown(
    visit: ZoneVisit,
    row: IssueRow,
    kind: str,
    sent: _Sent,
    filled: Filled,
    offered: Offered,
    *,
    status: int = 200,
    refusal: IssueError | None = None,
    since: Sequence[object] = (),
) -> Response:
    terms = await visit.house.desk.shelf.version(row.issue.terms)
    is_stale = isinstance(refusal, ConflictError) and refusal.field == "expected_version"
    top = filled.mistakes.get(TOP)
    told = await row_told(visit.house.desk.ledger, visit.caller, row)
    data = {
        "issue": told.issue,
        "naming": Naming(terms.handbook),
        "address": _address(visit, row.issue.key),
        "kind": kind,
        "sent": sent,
        "entries": shown_form(kind, Asked(told.issue, terms), filled, visit.language),
        "offered": offered,
        "is_offered": kind in offered.kinds,
        "is_sent": visit.request.method == "POST",
        "is_stale": is_stale,
        "since": since,
        "has_mistakes": bool(filled.mistakes),
        "about": lambda of: visit.said(f"issue_about.{of}") if has(f"issue_about.{of}") else "",
        "top": None if top is None else in_language(top, visit.language),
        "allowed": None if refusal is None or is_stale else _allowed(visit, refusal),
        "actor": lambda each: actor_of(each, terms.handbook),
        "decisions": [
            (f"{each.meeting} {each.decision}", f"{each.meeting}: {each.decision}")
            for each in row.issue.decisions_open
        ],
    }
    return visit.show("pages/issue_acting.html", data, status=status)


def _allowed(visit: ZoneVisit, refusal: IssueError) -> str | None:
    """Return what would have been accepted; a command by the name that its form has."""
    if not refusal.allowed:
        return None
    name = f"issue_command.{refusal.allowed}"
    return visit.said(name) if has(name) else aside_in(refusal.allowed, visit.language)


def _sent_with(form: FormData) -> _Sent:
    def text(name: str) -> str:
        value = form.get(name)
        return value[:FIELD_CHARACTERS_MAX].strip() if isinstance(value, str) else ""

    version = text("expected_version")
    if not (version.isascii() and version.isdigit() and len(version) <= len(str(2**31))):
        raise InvalidRequestError(
            "The form says no version of the issue.", field="expected_version", value=version
        )
    return _Sent(text("id"), int(version), text("acting"), text("occurred_at"), text("under"))


def _require_form(kind: str) -> None:
    if kind not in GROUPS:
        raise InvalidRequestError(
            "There is no form for this.", field="kind", value=kind, allowed=GROUPS
        )


def _address(visit: ZoneVisit, key: str) -> str:
    return f"{PREFIX}/{visit.zone}/issues/{key}"
