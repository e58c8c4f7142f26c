"""Acting on a matter, and opening one: the form of each command, and what becomes of it."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import Path, Query, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from console.offers_actors import ACTING_CHARACTERS_MAX, acting_called
from console.offers_filled import TOP, Filled, moment_of
from console.offers_matters import (
    OfferedMatter,
    asked_of,
    offered_of,
    opening_kind,
    settled,
)
from console.offers_matters_fields import MODELS, AskedMatter, Form, form_of
from console.offers_matters_filled import command_in, refused_in, typed_in
from console.offers_matters_rules import VARYING, variants_of
from console.offers_matters_shown import shown_in, without_empty
from console.page import Page
from console.pages.matters import SEES, procedure_of
from console.pages.matters_one import asked_about, frame, matter_of, offers_to
from console.queries.issue_timeline import actor_of
from console.queries.matters_seen import seen, sight_of
from console.routing import page_router
from console.texts import has
from console.visit import InZone, ZoneVisit
from desk.matters import MatterDesk
from domain.access import Act
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    UnknownIssueError,
    from_validation,
)
from domain.matters.acts import TieIssue
from domain.matters.commands import MatterCommand, MatterSubmission
from domain.matters.matter import MatterKey
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.model import Code, to_millisecond
from face.dependencies import seen_row
from face.matters import matter_refusal_told, require_may_begin
from face.problems import KINDS, kind_of
from face.translated import aside_in, in_language

ACTING: Final = Page("matter_acting", "/matters/{procedure}/{key}/do/{kind}", SEES)
pages: tuple[Page, ...] = (ACTING,)
router = page_router()

KIND_CHARACTERS_MAX: Final = 40
FIELD_CHARACTERS_MAX: Final = 400
PREFILLED: Final = ("enterprise", "holding", "subject", "party", "proposal", "issue")
_INVALID: Final = KINDS[InvalidRequestError].status

Kind = Annotated[str, Path(max_length=KIND_CHARACTERS_MAX, pattern="^[a-z_]+$")]
Key = Annotated[MatterKey, Path()]
Procedure = Annotated[Code, Path()]
At = Annotated[str, Query(max_length=64, pattern="^[A-Za-z0-9._-]*$")]
Acting = Annotated[str, Query(max_length=ACTING_CHARACTERS_MAX)]


@dataclass(frozen=True, slots=True)
class _Sent:
    """What comes with a command in its form."""

    id: str
    key: str
    version: int
    acting: str
    at: str
    occurred_at: str


@dataclass(frozen=True, slots=True)
class _Place:
    """What a form is of: a kind of command to a matter, or a new matter of a procedure."""

    kind: str
    rule: AnyProcedure
    asked: AskedMatter
    matter: Matter | None
    form: Form


@router.get("/{zone}/matter-new/{procedure}")
async def ask_new(visit: InZone, procedure: Procedure, acting: Acting = "") -> Response:
    """Show the form by which a matter is opened."""
    visit.within(Act.COMMAND)
    place = _new(visit, procedure)
    offered = offered_of(visit, place.asked, to_millisecond(visit.at), acting)
    called = "" if offered.acting is None else offered.acting.name
    key = f"{procedure[:24]}-{visit.today:%Y%m%d}-{uuid4().hex[:6]}"
    sent = _Sent(f"console-{uuid4()}", key, 0, called, "", "")
    return _shown(visit, place, sent, Filled(), offered)


@router.post("/{zone}/matter-new/{procedure}")
async def open_new(visit: InZone, procedure: Procedure) -> Response:
    """Open a matter. What is refused comes back with what was filled in, and why."""
    visit.within(Act.COMMAND)
    place = _new(visit, procedure)
    return await _taken(visit, place)


@router.get("/{zone}/matters/{procedure}/{key}/do/{kind}")
async def ask(
    visit: InZone, procedure: Procedure, key: Key, kind: Kind, at: At = "", acting: Acting = ""
) -> Response:
    """Show the form of a command, if it is offered to the visitor now."""
    visit.within(Act.COMMAND)
    matter, rule = await matter_of(visit, procedure, key)
    place = await _of(visit, matter, rule, kind, at)
    offered = await offers_to(visit, matter, rule, acting)
    called = "" if offered.acting is None else offered.acting.name
    sent = _Sent(f"console-{uuid4()}", key, matter.version, called, at, "")
    given = visit.request.query_params
    filled = Filled({each: (given[each][:64],) for each in PREFILLED if given.get(each)})
    return _shown(visit, place, sent, filled, offered)


@router.post("/{zone}/matters/{procedure}/{key}/do/{kind}")
async def send(visit: InZone, procedure: Procedure, key: Key, kind: Kind, at: At = "") -> Response:
    """Send a command. What is refused comes back with what was filled in, and why."""
    visit.within(Act.COMMAND)
    matter, rule = await matter_of(visit, procedure, key)
    return await _taken(visit, await _of(visit, matter, rule, kind, at))


def _new(visit: ZoneVisit, procedure: str) -> _Place:
    rule = procedure_of(visit, procedure)
    kind = opening_kind(rule)
    asked = asked_of(visit, rule, visit.terms)
    return _Place(kind, rule, asked, None, form_of(kind, settled(asked, kind, "")))


async def _of(visit: ZoneVisit, matter: Matter, rule: AnyProcedure, kind: str, at: str) -> _Place:
    if kind not in MODELS or "procedure" in MODELS[kind].model_fields:
        raise InvalidRequestError("There is no form for this.", field="kind", value=kind)
    known = [id_ for id_, _ in variants_of(kind, rule)] if kind in VARYING else [""]
    if at not in known:
        raise InvalidRequestError(
            "The procedure asks for no such field.", field="at", value=at, allowed=known
        )
    asked = await asked_about(visit, matter, rule)
    return _Place(kind, rule, asked, matter, form_of(kind, settled(asked, kind, at)))


async def _taken(visit: ZoneVisit, place: _Place) -> Response:
    data = await visit.request.form()
    at = visit.request.query_params.get("at", "")
    sent = _sent_with(data, place.matter, at)
    texts = [(path, value) for path, value in data.multi_items() if isinstance(value, str)]
    asked = settled(place.asked, place.kind, at)
    command, filled = command_in(place.form, typed_in(place.form, texts), asked)
    if command is None:
        offered = await _offered(visit, place, sent.acting)
        return _shown(visit, place, sent, filled, offered, status=_INVALID)
    try:
        await _carry_out(visit, place, command, sent)
    except IssueError as refusal:
        told = matter_refusal_told(refusal, visit.caller)
        return await _refused(visit, place, sent, filled, told)
    of = frame(visit, place.rule, sent.key)["address"]
    return visit.elsewhere(f"{of}?done={place.kind}")


async def _carry_out(visit: ZoneVisit, place: _Place, command: MatterCommand, sent: _Sent) -> None:
    acting = acting_called(visit, sent.acting)
    if acting is None:
        raise InvalidRequestError(
            "You hold several posts here: say in which you act."
            if not sent.acting
            else "You do not hold this post today.",
            field="acting",
            value=sent.acting or None,
        )
    if place.matter is not None:
        rule = visit.handbook.procedure(place.matter.procedure)
        require_may_begin(sight_of(visit), place.matter, rule, visit.caller, place.kind)
    if isinstance(command, TieIssue):
        await _require_other_seen(visit, command)
    occurred_at = moment_of(sent.occurred_at, visit.terms.calendar) if sent.occurred_at else None
    if sent.occurred_at and occurred_at is None:
        raise InvalidRequestError("What is reported must have happened already.", field="occurred")
    try:
        submission = MatterSubmission.model_validate(
            {
                "id": sent.id,
                "zone": visit.zone,
                "key": sent.key,
                "actor": acting.actor,
                "command": command,
                "expected_version": sent.version if place.matter is not None else None,
                "occurred_at": occurred_at,
            }
        )
    except ValidationError as error:
        raise from_validation(error) from error
    house = visit.house
    await MatterDesk(house.desk).carry_out(house.identity.vouched(submission, visit.caller))


async def _require_other_seen(visit: ZoneVisit, command: TieIssue) -> None:
    """Refuse to tie a matter to an issue that the visitor may not see, as to none."""
    try:
        await seen_row(visit.house.desk, visit.caller, Act.COMMAND, visit.zone, command.issue)
    except UnknownIssueError as unknown:
        raise UnknownIssueError(
            "No issue was reported under this key.", field="issue", value=command.issue
        ) from unknown


async def _refused(
    visit: ZoneVisit, place: _Place, sent: _Sent, filled: Filled, refusal: IssueError
) -> Response:
    """Show the form again: of a conflict with the version that stands now; what was filled in is
    kept."""
    is_stale = isinstance(refusal, ConflictError) and refusal.field == "expected_version"
    if place.matter is not None:
        matter = await seen(visit, place.matter.key)
        named = (refusal.current or {}).get("version", "")
        version = int(named) if is_stale and named.isdigit() else matter.version
        place = await _of(visit, matter, place.rule, place.kind, sent.at)
        if is_stale:
            sent = _Sent(sent.id, sent.key, version, sent.acting, sent.at, sent.occurred_at)
    if not is_stale:
        filled = refused_in(place.form, filled, refusal)
    offered = await _offered(visit, place, sent.acting)
    status = kind_of(refusal).status
    return _shown(visit, place, sent, filled, offered, status=status, refusal=refusal)


async def _offered(visit: ZoneVisit, place: _Place, acting: str) -> OfferedMatter:
    if place.matter is None:
        return offered_of(visit, place.asked, to_millisecond(visit.at), acting)
    return await offers_to(visit, place.matter, place.rule, acting)


def _shown(
    visit: ZoneVisit,
    place: _Place,
    sent: _Sent,
    filled: Filled,
    offered: OfferedMatter,
    *,
    status: int = 200,
    refusal: IssueError | None = None,
) -> Response:
    is_stale = isinstance(refusal, ConflictError) and refusal.field == "expected_version"
    asked = settled(place.asked, place.kind, sent.at)
    top = filled.mistakes.get(TOP)
    is_new = place.matter is None
    variant = next((n for id_, n in variants_of(place.kind, place.rule) if id_ == sent.at), None)
    about = f"matter_about.{place.kind}"
    of: dict[str, Any] = frame(visit, place.rule, None if is_new else sent.key)
    data = of | {
        "matter": place.matter,
        "kind": place.kind,
        "variant": variant,
        "sent": sent,
        "entries": without_empty(shown_in(place.form, asked, filled, visit.language)),
        "offered": offered,
        "is_offered": offered.has(place.kind, sent.at),
        "is_sent": visit.request.method == "POST",
        "is_stale": is_stale,
        "is_new": is_new,
        "has_mistakes": bool(filled.mistakes),
        "about": visit.said(about) if has(about) else "",
        "top": None if top is None else in_language(top, visit.language),
        "allowed": None
        if refusal is None or is_stale or not refusal.allowed
        else aside_in(refusal.allowed, visit.language),
        "actor": lambda each: actor_of(each, visit.handbook),
        "target": visit.request.url.path + (f"?at={sent.at}" if sent.at else ""),
    }
    return visit.show(ACTING, data, status=status)


def _sent_with(form: FormData, matter: Matter | None, at: str) -> _Sent:
    def text(name: str) -> str:
        value = form.get(name)
        return value[:FIELD_CHARACTERS_MAX].strip() if isinstance(value, str) else ""

    version = text("expected_version") or "0"
    if not (version.isascii() and version.isdigit() and len(version) <= len(str(2**31))):
        raise InvalidRequestError(
            "The form says no version of the matter.", field="expected_version", value=version
        )
    key = text("key") if matter is None else matter.key
    return _Sent(text("id"), key, int(version), text("acting"), at, text("occurred_at"))
