"""A one-time link: answering a resolution without an account, and making the link.

The address is /console/answer#TOKEN. What stands behind # never leaves the browser: no proxy, no
log, no Referer has it. A script of ours moves it into a form that is posted; without scripts the
token is pasted. In a query it would be written down at every stop on the way.
"""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Form, Response
from pydantic import Field, ValidationError

from console import templating
from console.page import PREFIX, Page
from console.queries.answer import Spent, asked, spent
from console.routing import page_router
from console.visit import AnyVisit, InZone, Visit, ZoneVisit
from desk.answer_links import TOKEN_CHARACTERS_MAX, answer, issue_link
from domain.access import Act
from domain.commands import Submission
from domain.commands_of_rounds import IssueAnswerLink
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
    WrongPhaseError,
    from_validation,
)
from domain.model import TEXT_CHARACTERS_MAX, CommandId
from face.actors import actor_for
from face.dependencies import IssueKey, seen_row
from face.link_holders import claims_of, links_secret
from face.problems import UnauthenticatedError
from face.public_address import public_address
from face.sessions import require_own_origin

router = page_router()

LINK: Final = Page("answer_link", "/issues", frozenset({Act.COMMAND}))
pages: Final = (LINK,)

ANSWER: Final = f"{PREFIX}/answer"
SHOWN_STATUS: Final = 200
UNKNOWN_STATUS: Final = 401
SPENT_STATUS: Final = 403
WRONG_STATUS: Final = 422

Token = Annotated[str, Form(max_length=TOKEN_CHARACTERS_MAX)]
TextGiven = Annotated[str, Field(max_length=TEXT_CHARACTERS_MAX + 1000)]


@router.get("/answer")
async def begin(visit: AnyVisit) -> Response:
    """Show where the token of a link goes; a script puts it there."""
    return visit.show("pages/answer.html", {"failed": False, "opens_itself": True})


@router.post("/answer")
async def open_(visit: AnyVisit, token: Token) -> Response:
    """Show the holder of a link what they are asked."""
    require_own_origin(visit.request)
    return await _shown(visit, token.strip())


@router.post("/answer/said")
async def said(
    visit: AnyVisit,
    token: Token,
    accept: Annotated[str, Form(pattern="^(yes|no)$")],
    note: Annotated[TextGiven, Form()] = "",
    satisfaction: Annotated[str, Form(pattern="^[1-5]?$")] = "",
) -> Response:
    """Take the answer. The same once more is told as the first time."""
    require_own_origin(visit.request)
    secret = links_secret(visit.house)
    try:
        claims = claims_of(visit.request, secret, token)
    except UnauthenticatedError:
        return _unknown(visit)
    accepts = accept == "yes"
    try:
        await answer(
            visit.house.desk,
            secret,
            token,
            accept=accepts,
            note=note.strip() or None,
            satisfaction=int(satisfaction) if satisfaction else None,
        )
    except InvalidRequestError as refusal:
        return await _shown(visit, token, refusal, note)
    except ConflictError:
        return _spent(visit, Spent.USED)
    except (NotPermittedError, WrongPhaseError):
        return _spent(visit, await spent(visit.house.desk, claims))
    return visit.show("pages/answered.html", {"accepts": accepts, "here": ANSWER})


@router.get("/{zone}/issues/{key}/answer-link")
async def link_form(visit: InZone, key: IssueKey) -> Response:
    """Show the form by which a coordinator has a link made."""
    row = await seen_row(visit.house.desk, visit.caller, Act.COMMAND, visit.zone, key)
    return _link_shown(visit, key, {"title": row.issue.title})


@router.post("/{zone}/issues/{key}/answer-link")
async def make_link(
    visit: InZone,
    key: IssueKey,
    command_id: Annotated[CommandId, Form()],
    person: Annotated[str, Form(max_length=100)],
    post: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Make a one-time link and show its address, which is kept nowhere."""
    row = await seen_row(visit.house.desk, visit.caller, Act.COMMAND, visit.zone, key)
    secret = links_secret(visit.house)
    shown = {"title": row.issue.title, "person": person}
    try:
        submission = Submission(
            id=command_id,
            zone=visit.zone,
            key=key,
            actor=actor_for(visit.caller, visit.handbook, visit.today, post=post or None),
            command=IssueAnswerLink(person=person.strip()),
        )
        sent = visit.house.identity.vouched(submission, visit.caller)
        made = await issue_link(visit.house.desk, secret, sent)
    except ValidationError as error:
        return _link_shown(visit, key, shown, refusal=from_validation(error))
    except InvalidRequestError as refusal:
        return _link_shown(visit, key, shown, refusal=refusal)
    # What a request says of its host is only its sender's word, and of TLS before us it knows none.
    origin = public_address(visit.request, visit.house.settings)
    address = f"{origin}{ANSWER}#{made.token}"
    return _link_shown(
        visit, key, shown | {"address": address, "expires_at": made.event.expires_at}
    )


def _link_shown(
    visit: ZoneVisit, key: str, shown: Mapping[str, object], refusal: IssueError | None = None
) -> Response:
    data = {
        "key": key,
        "person": "",
        "address": None,
        "expires_at": None,
        "refusal": refusal,
        "command_id": uuid4().hex,
        "posts": [(each.id, visit.name(each.name)) for each in visit.posts()],
    }
    status = SHOWN_STATUS if refusal is None else WRONG_STATUS
    answer_ = visit.show(LINK, {**data, **shown}, status=status)
    answer_.headers["Cache-Control"] = "no-store"
    return answer_


async def _shown(
    visit: Visit, token: str, refusal: IssueError | None = None, note: str = ""
) -> Response:
    secret = links_secret(visit.house)
    try:
        claims = claims_of(visit.request, secret, token)
    except UnauthenticatedError:
        return _unknown(visit)
    found = await asked(visit.house.desk, secret, token, claims)
    if isinstance(found, Spent):
        return _spent(visit, found)
    data = {
        "asked": found,
        "token": token,
        "local": lambda at: templating.local(at, found.time_zone),
        "refusal": refusal,
        "note": note,
        "here": ANSWER,
    }
    status = SHOWN_STATUS if refusal is None else WRONG_STATUS
    answer_ = visit.show("pages/answering.html", data, status=status)
    answer_.headers["Cache-Control"] = "no-store"
    return answer_


def _spent(visit: Visit, why: Spent) -> Response:
    return visit.show(
        "pages/link_spent.html", {"why": why.value, "here": ANSWER}, status=SPENT_STATUS
    )


def _unknown(visit: Visit) -> Response:
    data = {"failed": True, "opens_itself": False, "here": ANSWER}
    return visit.show("pages/answer.html", data, status=UNKNOWN_STATUS)
