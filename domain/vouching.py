"""A face's word for who sent a command: what it says, whom it is believed, and for what."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.canonical import canonical
from domain.model import Code, Frozen, Moment, Short

if TYPE_CHECKING:
    from domain.commands import Submission
    from domain.matters.commands import MatterSubmission
    from domain.order_commands import OrderSubmission

Sent = TypeVar("Sent", "Submission", "OrderSubmission", "MatterSubmission")
"""What somebody sends, and a face may vouch for: a command to an issue, to an order or to a
matter. No kind of command is of two, so that a word for one is none for another."""

KEY_BYTES = 32
SIGNATURE_BYTES = 64
FACES_MAX = 1000
ID_PREFIX = "face-"
ID_DIGITS = 16
SKEW = timedelta(minutes=5)
"""How far what an event bears may lie behind the clock by which a key was judged."""


def to_text(data: bytes) -> str:
    """Return bytes as base64url without padding: the one spelling that is taken."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(text: str, length: int) -> bytes:
    """Return the bytes of a base64url text. Raises ValueError for any other spelling or length."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url without padding") from error
    if len(data) != length or to_text(data) != text:
        raise ValueError(f"not {length} bytes in base64url without padding")
    return data


def _signature(text: str) -> str:
    to_bytes(text, SIGNATURE_BYTES)
    return text


def _public_key(text: str) -> str:
    to_bytes(text, KEY_BYTES)
    return text


Signature = Annotated[str, StringConstraints(max_length=86), AfterValidator(_signature)]
"""An Ed25519 signature, base64url without padding."""

PublicKey = Annotated[str, StringConstraints(max_length=43), AfterValidator(_public_key)]
"""An Ed25519 public key, 32 bytes, base64url without padding."""


class Vouch(Frozen):
    """A face's word: `principal` sent this, as whatever showed it who they are told it. `by` is the
    id of the key that signed; the signature is over `signed_text`."""

    by: Code
    principal: Short
    signature: Signature


class ActorKind(StrEnum):
    """For whom a face may speak. The engine speaks for itself, and through no door."""

    OFFICER = "officer"
    REPRESENTATIVE = "representative"
    SERVICE = "service"


class TrustedFace(Frozen):
    """A key whose word is taken, and for what. `zones` None: all; `services` None: any service,
    else those names only. It is taken from `from_at` until before `until_at`.

    An entry stays when its time is over: what it vouched for is checked by it for good.
    """

    key: PublicKey
    name: Short
    actors: Annotated[tuple[ActorKind, ...], Field(min_length=1)]
    zones: tuple[Code, ...] | None = None
    services: tuple[Code, ...] | None = None
    from_at: Moment | None = None
    until_at: Moment | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        from_at, until_at = self.from_at, self.until_at
        if from_at is not None and until_at is not None and until_at <= from_at:
            raise ValueError("until_at must be later than from_at")
        return self

    @property
    def id(self) -> str:
        """The name of the key, which is made of the key: nobody can take another's."""
        return key_id(to_bytes(self.key, KEY_BYTES))


Faces = Mapping[str, TrustedFace]
"""Whose word is taken, by the id of the key."""


def key_id(public: bytes) -> str:
    """Return the id of a public key."""
    return ID_PREFIX + hashlib.sha256(public).hexdigest()[:ID_DIGITS]


def signed_text(
    submission: "Submission | OrderSubmission | MatterSubmission", by: str, principal: str
) -> str:
    """Return what a face signs: the canonical text of the submission in which `vouched` has no
    signature. Deterministic, as Ed25519 is: the same word for the same request, to the byte."""
    plain = submission.model_dump(mode="json")
    plain["vouched"] = {"by": by, "principal": principal}
    return canonical(plain)


def unvouched(submission: Sent) -> Sent:
    """Return what is asked, whoever vouches for it."""
    if submission.vouched is None:
        return submission
    return submission.model_copy(update={"vouched": None})


def exceeded(
    face: TrustedFace,
    submission: "Submission | OrderSubmission | MatterSubmission",
    at: datetime,
    *,
    skew: timedelta = timedelta(0),
) -> str | None:
    """Return in what a face says more than it may; None if it may say this."""
    actor = submission.actor
    if face.from_at is not None and at < face.from_at:
        return "its word is not taken yet"
    if face.until_at is not None and at - skew >= face.until_at:
        return "its word is no longer taken"
    if actor.kind not in face.actors:
        return f"it may not speak for actors of the kind {actor.kind}"
    if actor.kind == "service" and face.services is not None and actor.name not in face.services:
        return f"it may not speak for the service {actor.name}"
    if face.zones is not None and submission.zone not in face.zones:
        return f"it may not speak in the zone {submission.zone}"
    return None
