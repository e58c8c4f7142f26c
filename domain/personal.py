"""What is said of a person: plain only at the door, sealed under that person's key wherever it is
kept (I15). Whoever destroys the key erases the text; the record of it stays whole."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from domain.errors import PERSONAL_FIELDS, InvalidRequestError
from domain.model import Code, Frozen, is_none, without_controls

PERSONAL_CHARACTERS_MAX = 1000
SEALED_CHARACTERS_MAX = 6000
"""Four bytes a character, filled up, with a seal of 16 bytes, in base64."""

SEAL_BYTES = 16
FILLED_TO_BYTES = 64
"""Texts are filled up with zero bytes, which no text has, to hide how long a short one is."""

SEAL_FIRST = "a text that is sealed before it is sent, or the desk's own door"

PersonalText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PERSONAL_CHARACTERS_MAX, strip_whitespace=True),
    AfterValidator(without_controls),
]
"""What is said of a person, 1 to 1,000 characters."""


class Personal(Frozen):
    """A text about a person, as it comes to the door. `subject` is that person's pseudonym: it
    stays readable for ever, so it is never a name or a number that others know."""

    subject: Code
    text: PersonalText = Field(repr=False)


class Sealed(Frozen):
    """A text about a person as it is kept: AES-256-GCM under a key of the subject's own, in
    base64url. It opens in the issue only that it was sealed for."""

    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16}$")]
    subject: Code
    text: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-]+={0,2}$", max_length=SEALED_CHARACTERS_MAX, repr=False)
    ]


Said = Personal | Sealed
"""What a command carries: plain until the desk has sealed it. Whoever holds keys may seal before.
"""


class ContactPerson(Frozen):
    """Whom to reach about an issue, as a command says it."""

    name: Said
    phone: Said | None = Field(default=None, exclude_if=is_none)


class SealedContact(Frozen):
    """Whom to reach about an issue, as an event keeps it."""

    name: Sealed
    phone: Sealed | None = Field(default=None, exclude_if=is_none)


@dataclass(frozen=True, slots=True)
class SaidAt:
    """A personal text and where it stands: `contact.name`, `contact.phone` or `personal`."""

    field: str
    said: Said


C = TypeVar("C", bound=Frozen)


def said_in(holder: Frozen) -> tuple[SaidAt, ...]:
    """Return the personal texts of a command or an event."""
    found: list[SaidAt] = []
    contact: object = getattr(holder, "contact", None)
    if isinstance(contact, ContactPerson | SealedContact):
        found.append(SaidAt("contact.name", contact.name))
        if contact.phone is not None:
            found.append(SaidAt("contact.phone", contact.phone))
    personal: object = getattr(holder, "personal", None)
    if isinstance(personal, Personal | Sealed):
        found.append(SaidAt("personal", personal))
    return tuple(found)


def plain_in(holder: Frozen) -> tuple[SaidAt, ...]:
    """Return the personal texts of a command that nobody has sealed."""
    return tuple(each for each in said_in(holder) if isinstance(each.said, Personal))


def require_sealed(holder: Frozen) -> None:
    """Refuse a command that carries a plain personal text, without repeating the text."""
    for each in plain_in(holder):
        raise InvalidRequestError(
            "A personal text may not come this way unsealed.", field=each.field, allowed=SEAL_FIRST
        )


def sealed_by(command: C, seal: Callable[[Personal], Sealed]) -> C:
    """Return the command with every plain text sealed."""
    if not plain_in(command):
        return command
    changes: dict[str, object] = {}
    contact: object = getattr(command, "contact", None)
    if isinstance(contact, ContactPerson):
        phone = None if contact.phone is None else _sealed(contact.phone, seal)
        changes["contact"] = ContactPerson(name=_sealed(contact.name, seal), phone=phone)
    personal: object = getattr(command, "personal", None)
    if isinstance(personal, Personal):
        changes["personal"] = seal(personal)
    return command.model_copy(update=changes)


def _sealed(said: Said, seal: Callable[[Personal], Sealed]) -> Sealed:
    return seal(said) if isinstance(said, Personal) else said


def kept(said: Said | None) -> Sealed | None:
    """Return a text as an event keeps it. Raises InvalidRequestError if it is plain."""
    if isinstance(said, Personal):
        raise InvalidRequestError("A personal text is decided on sealed.", field="personal")
    return said


def kept_contact(contact: ContactPerson | None) -> SealedContact | None:
    """Return whom to reach as an event keeps it. Raises InvalidRequestError if a text is plain."""
    name = None if contact is None else kept(contact.name)
    if contact is None or name is None:
        return None
    return SealedContact(name=name, phone=kept(contact.phone))


def holds_plain(value: JsonValue) -> bool:
    """Return whether a JSON value has anything but sealed texts where personal texts stand, well
    formed or not: for what was sent past the door."""
    if isinstance(value, dict):
        return any(
            _is_plain(inner) if name in PERSONAL_FIELDS else holds_plain(inner)
            for name, inner in value.items()
        )
    return isinstance(value, list) and any(holds_plain(inner) for inner in value)


def _is_plain(value: JsonValue) -> bool:
    """Whatever is neither left out nor sealed: a contact is sealed where its parts are."""
    if value is None or _is_sealed(value):
        return False
    if not isinstance(value, dict) or not value.keys() <= ContactPerson.model_fields.keys():
        return True
    return not all(inner is None or _is_sealed(inner) for inner in value.values())


def _is_sealed(value: JsonValue) -> bool:
    """Whether it is as long as what a seal makes, and of its form: a number for a phone is not."""
    try:
        text = base64.urlsafe_b64decode(Sealed.model_validate(value).text)
    except ValueError:
        return False
    return len(text) > SEAL_BYTES and len(text) % FILLED_TO_BYTES == SEAL_BYTES
