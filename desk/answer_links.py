"""One-time links for the enterprise's answer: the token that a person is sent, and its use (R8).

`cl1.<claims>.<mark>`, both parts base64url: the claims are canonical JSON, the mark is an
HMAC-SHA256 over them by a secret of the operator's. It is kept nowhere: the ledger has the link's
name. Whether a link may still be used, the decision says, by the desk's clock.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError

from desk.desk import Desk
from desk.kinship import LINK_PREFIX
from domain.canonical import canonical
from domain.commands import Confirm, Reject, Submission
from domain.commands_of_rounds import IssueAnswerLink
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    NotPermittedError,
    from_validation,
)
from domain.events_of_rounds import AnswerLinkIssued
from domain.issue import stream_name
from domain.model import Code, Frozen, Key, Moment, to_millisecond
from domain.people import Representative
from domain.permissions_of_links import require_good_link
from domain.view import CommandResult
from ledger.port import IssueRow

VERSION = "cl1"
TOKEN_CHARACTERS_MAX = 1024
_PURPOSE = b"closeout answer link 1\n"
"""Keeps the mark apart from whatever else a secret may be used for."""
_DIGEST_BYTES = 32


class Claims(Frozen):
    """What a token says, and nothing else: which link it is, whose, and until when."""

    zone: Code
    key: Key
    round: Annotated[int, Field(ge=1, le=2**31 - 1)]
    link: Code
    person: Code
    enterprise: Code
    expires_at: Moment


@dataclass(frozen=True, slots=True)
class Issued:
    """A link that was made: what the ledger says of it, and the token to send."""

    event: AnswerLinkIssued
    token: str
    result: CommandResult


def make_token(
    secret: SecretStr,
    zone: str,
    key: str,
    round_: int,
    link: str,
    person: str,
    enterprise: str,
    expires_at: datetime,
) -> str:
    """Return the one token of a link: made again, it is the same."""
    claims = Claims(
        zone=zone,
        key=key,
        round=round_,
        link=link,
        person=person,
        enterprise=enterprise,
        expires_at=expires_at,
    )
    return _written(secret, canonical(claims).encode())


def read_token(secret: SecretStr, text: str) -> Claims:
    """Return what a token claims, if this secret marked it. Raises InvalidRequestError."""
    if len(text) > TOKEN_CHARACTERS_MAX:
        raise _unreadable(f"{len(text)} characters", f"at most {TOKEN_CHARACTERS_MAX} characters")
    version, _, rest = text.partition(".")
    if version != VERSION:
        raise _unreadable("another beginning", f"text that begins with {VERSION}.")
    body, _, mark = rest.partition(".")
    claims, found = _plain(body), _plain(mark)
    if len(found) != _DIGEST_BYTES or not hmac.compare_digest(found, _mark(secret, claims)):
        raise InvalidRequestError(
            "This link was not made here, or it was changed on its way.",
            field="token",
            allowed="the link as it was sent, whole",
        )
    if not hmac.compare_digest(_written(secret, claims).encode(), text.encode()):
        raise _unreadable("another spelling", "the link as it was sent")
    try:
        return Claims.model_validate_json(claims)
    except ValidationError as error:
        raise from_validation(error) from error


async def issue_link(desk: Desk, secret: SecretStr, submission: Submission) -> Issued:
    """Have a link made, and return its token. Sent again under its id, it is the same token."""
    if not isinstance(submission.command, IssueAnswerLink):
        raise InvalidRequestError(
            "Only issue_answer_link makes a link.",
            field="command.kind",
            value=submission.command.kind,
        )
    result = await desk.carry_out(submission)
    stream = stream_name(submission.zone, submission.key)
    records = await desk.ledger.records(
        stream, after_version=max(0, result.version - len(result.events))
    )
    made = (record.event for record in records if record.command_id == submission.id)
    event = next(event for event in made if isinstance(event, AnswerLinkIssued))
    row = await desk.row(submission.zone, submission.key)
    token = make_token(
        secret,
        submission.zone,
        submission.key,
        event.round,
        event.link,
        event.person,
        row.issue.enterprise,
        event.expires_at,
    )
    return Issued(event, token, result)


async def opened(desk: Desk, secret: SecretStr, token: str) -> tuple[Claims, IssueRow]:
    """Return what a token claims, and the issue that it lets its holder answer for now. Raises
    InvalidRequestError, NotPermittedError."""
    claims = read_token(secret, token)
    await _require_same_link(desk, claims)
    row = await desk.row(claims.zone, claims.key)
    terms = await desk.shelf.version(row.issue.terms)
    at = to_millisecond(desk.clock.now())
    require_good_link(_holder(claims), row.issue, terms.handbook, at, Confirm().kind)
    return claims, row


async def answer(
    desk: Desk,
    secret: SecretStr,
    token: str,
    *,
    accept: bool,
    note: str | None = None,
    satisfaction: int | None = None,
) -> CommandResult:
    """Answer for the enterprise by a token; `note` is the reason of a refusal.

    The same answer once more is given the first result again, another one is refused.
    """
    claims = read_token(secret, token)
    await _require_same_link(desk, claims)
    try:
        submission = Submission(
            id=f"{LINK_PREFIX}{hashlib.sha256(token.encode()).hexdigest()}",
            zone=claims.zone,
            key=claims.key,
            actor=_holder(claims),
            command=_command(note, satisfaction, accept=accept),
        )
    except ValidationError as error:
        raise from_validation(error) from error
    try:
        # The link itself shows who answers, and this process has just checked it.
        return await desk.carry_out(desk.vouching.spoken(submission, f"link:{claims.link}"))
    except ConflictError as error:
        if error.field != "id":
            raise
        # The id is the link's own: what stands under it is the answer that was given by it.
        raise ConflictError(
            "This one-time link has been used.",
            field="token",
            value=claims.link,
            allowed="the same answer once more",
        ) from error


async def _require_same_link(desk: Desk, claims: Claims) -> None:
    """Refuse a token whose link the ledger has under that name in another round, or until another
    instant. Any other link than those of the present round the decision refuses, but for the same
    answer once more."""
    sign_off = (await desk.row(claims.zone, claims.key)).issue.sign_off
    if sign_off is None:
        return
    link = next((each for each in sign_off.links if each.id == claims.link), None)
    if link is not None and (sign_off.round, link.person, link.expires_at) != (
        claims.round,
        claims.person,
        claims.expires_at,
    ):
        raise NotPermittedError(
            "This one-time link is not the one of that name which the ledger has.",
            field="token",
            value=claims.link,
            allowed="the link as it was sent last",
        )


def _holder(claims: Claims) -> Representative:
    return Representative(person=claims.person, enterprise=claims.enterprise, link=claims.link)


def _command(note: str | None, satisfaction: int | None, *, accept: bool) -> Confirm | Reject:
    if accept:
        return Confirm(note=note, satisfaction=satisfaction)
    if note is None:
        raise InvalidRequestError("A refusal says why.", field="reason", allowed="a text")
    return Reject(reason=note, satisfaction=satisfaction)


def _written(secret: SecretStr, claims: bytes) -> str:
    return f"{VERSION}.{_safe(claims)}.{_safe(_mark(secret, claims))}"


def _mark(secret: SecretStr, claims: bytes) -> bytes:
    key = secret.get_secret_value().encode()
    return hmac.new(key, _PURPOSE + claims, hashlib.sha256).digest()


def _safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _plain(text: str) -> bytes:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _unreadable("not base64url", "letters, digits, - and _ in two parts") from error


def _unreadable(value: str, allowed: str) -> InvalidRequestError:
    """The token itself is never shown: it may be good after all."""
    return InvalidRequestError(
        "This is not a link of Closeout's.", field="token", value=value, allowed=allowed
    )
