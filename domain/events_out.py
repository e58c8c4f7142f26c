"""Events as others are told of them: no texts about persons, no persons in posts."""

import json
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue

from domain.chain import Record
from domain.errors import PERSONAL_FIELDS
from domain.model import Code, Frozen, Key, Moment, Short, is_none
from domain.streams import is_issue_stream

TYPE_PREFIX: Final = "closeout."
SOURCE_PREFIX: Final = "urn:closeout:zone:"
HASH_CHARACTERS: Final = 12

PERSON_FIELDS: Final = frozenset(
    {"owner_person", "person", "people", "from_people", "to_people", "reporters", "proposers"}
    | {"verifiers", "attended", "absent", "hands", "elector", "decider", "submitted_by"}
    | {"principal", "on_behalf_of", "author", "approver", "link"}
)
"""Who in a post or an enterprise it was: left out, posts and enterprises say enough outside. A
one-time link leads to a person as well."""

_SEALED: Final = frozenset({"key_id", "nonce", "subject", "text"})
_OF_ACTOR: Final = ("kind", "post", "enterprise", "name")


class OutwardEvent(Frozen):
    """One event of an issue as it leaves the house, in the form of a CloudEvent.

    `id` is the same wherever and however often it is sent. `version` counts within the issue,
    `position` over the whole ledger, with gaps. `time` is when it was recorded, `occurred_at` when
    it is said to have taken place. `data` is what the event says: a text about a person is shown as
    `{"sealed": true}`, and who in a post it was is left out.
    """

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[Short, Field(examples=["xinghe/A01@2"])]
    type: Annotated[Short, Field(examples=["closeout.issue_accepted"])]
    source: Annotated[Short, Field(examples=["urn:closeout:zone:xinghe"])]
    subject: Annotated[Short, Field(examples=["xinghe/A01"])]
    zone: Code
    key: Key
    version: Annotated[int, Field(ge=1)]
    position: Annotated[int, Field(ge=0, description="0 for one that was never recorded.")]
    time: Moment
    occurred_at: Moment | None = Field(default=None, exclude_if=is_none)
    actor: Annotated[
        dict[str, str], Field(examples=[{"kind": "officer", "post": "park-office-head"}])
    ]
    data: dict[str, JsonValue]


def is_told(record: Record) -> bool:
    """Return whether an event is one of an issue: those of orders and of matters stay inside."""
    return is_issue_stream(record.stream)


def outward(position: int, record: Record) -> OutwardEvent:
    """Return an event of an issue as others are told of it. Raises ValueError for a text that holds
    no event; a kind that this program does not know is told like all others."""
    try:
        plain = json.loads(record.text)
        actor, body = plain["actor"], plain["body"]
        said = {name: actor[name] for name in _OF_ACTOR if name in actor}
        data = masked(body)
    except (LookupError, TypeError, RecursionError) as error:
        msg = f"{record.stream}@{record.version} holds no event: {type(error).__name__}"
        raise ValueError(msg) from error
    zone, _, key = record.stream.partition("/")
    return OutwardEvent(
        id=f"{record.stream}@{record.version}",
        type=TYPE_PREFIX + record.kind,
        source=SOURCE_PREFIX + zone,
        subject=record.stream,
        zone=zone,
        key=key,
        version=record.version,
        position=position,
        time=record.at,
        occurred_at=record.occurred_at,
        actor=said,
        data=data if isinstance(data, dict) else {},
    )


def message_id(position: int, record: Record) -> str:
    """Return the id under which an event is sent, and sent again. A ledger that was put back gives
    positions anew, so that the event's hash is part of it."""
    return f"evt_{position}_{record.hash[:HASH_CHARACTERS]}"


def masked(value: JsonValue, left_out: frozenset[str] = PERSON_FIELDS) -> JsonValue:
    """Return a value without texts about persons, and without some fields: persons in posts."""
    if isinstance(value, list):
        return [masked(each, left_out) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == _SEALED:
        return {"sealed": True, "subject": value["subject"]}
    return {
        name: _of_personal(inner) if name in PERSONAL_FIELDS else masked(inner, left_out)
        for name, inner in value.items()
        if name not in left_out
    }


def _of_personal(value: JsonValue) -> JsonValue:
    """Where texts about persons stand nothing but seals is shown, whatever was written there."""
    if value is None:
        return None
    if isinstance(value, dict) and value.keys() == _SEALED:
        return masked(value)
    if isinstance(value, dict):
        return {name: _of_personal(inner) for name, inner in value.items()}
    return {"sealed": True}
