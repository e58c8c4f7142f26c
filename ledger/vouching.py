"""Whether a face's word holds: the key is known, the signature is its own, it may say this."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.commands import Submission
from domain.matters.commands import MatterSubmission
from domain.order_commands import OrderSubmission
from domain.vouching import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    Faces,
    Vouch,
    exceeded,
    signed_text,
    to_bytes,
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a face's word, and in which field of it."""

    field: str
    message: str


def wrong_with(
    submission: Submission | OrderSubmission | MatterSubmission,
    vouch: Vouch,
    faces: Faces,
    at: datetime,
    *,
    skew: timedelta = timedelta(0),
) -> Wrong | None:
    """Return why the word that a submission bears is not taken; None if it is."""
    face = faces.get(vouch.by)
    if face is None:
        return Wrong("vouched.by", "no such key is trusted")
    text = signed_text(submission, vouch.by, vouch.principal)
    if not _is_signed(to_bytes(face.key, KEY_BYTES), text, vouch.signature):
        return Wrong("vouched.signature", "the signature is not of this request by this key")
    more = exceeded(face, submission, at, skew=skew)
    return None if more is None else Wrong("vouched.by", more)


def _is_signed(key: bytes, text: str, signature: str) -> bool:
    try:
        _public(key).verify(to_bytes(signature, SIGNATURE_BYTES), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _public(key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(key)
