"""Events as others are told of them: no texts about persons, no persons in posts."""

import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal, assert_never

from pydantic import Field, JsonValue, TypeAdapter

from domain.chain import Record
from domain.errors import PERSONAL_FIELDS, InvalidRequestError
from domain.events import EVENT
from domain.matters.events import MATTER_EVENT
from domain.model import Code, Frozen, Key, Moment, Short, is_none
from domain.order_events import ORDER_EVENT
from domain.streams import ISSUES_ALONE, StreamKind, kind_of_stream, stream_names

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
    """One event of an issue, an order or a matter as it leaves the house: a CloudEvent.

    `id` is the same wherever and however often it is sent. `subject` is an issue as `zone/key`, an
    order as `order/zone/key`, a matter as `matter/zone/key`; `of` says which. `version` counts
    within it, `position` over the whole ledger, with gaps. `time` is when it was recorded,
    `occurred_at` when it is said to have taken place. `data` is what the event says: a text about a
    person is shown as `{"sealed": true}`, and who in a post it was is left out.
    """

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[Short, Field(examples=["xinghe/A01@2"])]
    type: Annotated[Short, Field(examples=["closeout.issue_accepted"])]
    source: Annotated[Short, Field(examples=["urn:closeout:zone:xinghe"])]
    subject: Annotated[Short, Field(examples=["xinghe/A01"])]
    of: Annotated[StreamKind, Field(description="What it is an event of.")] = StreamKind.ISSUE
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


def is_told(record: Record, of: Collection[StreamKind] = ISSUES_ALONE) -> bool:
    """Return whether an event is of what was asked for: of issues alone, if of nothing else."""
    return kind_of_stream(record.stream) in of


def kinds_told(of: Iterable[StreamKind]) -> frozenset[str]:
    """Return the kinds of events that there are of issues, of orders, of matters: no two alike."""
    return frozenset[str]().union(*map(_kinds_of, of))


def require_kinds(kinds: Iterable[str], of: Iterable[StreamKind], field: str = "kinds") -> None:
    """Refuse kinds that no event of what is asked for can have. Raises InvalidRequestError."""
    known = kinds_told(of)
    for unknown in sorted(set(kinds) - known)[:1]:
        raise InvalidRequestError(
            "There is no such kind of event.", field=field, value=unknown, allowed=known
        )


def require_of_issues(issue: str | None, of: Iterable[StreamKind], field: str = "of") -> None:
    """Refuse to look for orders or matters in one issue's stream. Raises InvalidRequestError."""
    if issue is not None and not set(of) <= ISSUES_ALONE:
        raise InvalidRequestError(
            "One issue is named: it has no events of orders or of matters.",
            field=field,
            value=sorted(of),
            allowed=ISSUES_ALONE,
        )


def outward(position: int, record: Record) -> OutwardEvent:
    """Return an event as others are told of it. Raises ValueError for a text that holds
    no event; a kind that this program does not know is told like all others."""
    try:
        plain = json.loads(record.text)
        actor, body = plain["actor"], plain["body"]
        said = said_of_actor(actor)
        data = masked(body)
    except (LookupError, TypeError, RecursionError) as error:
        msg = f"{record.stream}@{record.version} holds no event: {type(error).__name__}"
        raise ValueError(msg) from error
    zone, key = stream_names(record.stream)
    return OutwardEvent(
        id=f"{record.stream}@{record.version}",
        type=TYPE_PREFIX + record.kind,
        source=SOURCE_PREFIX + zone,
        subject=record.stream,
        of=kind_of_stream(record.stream),
        zone=zone,
        key=key,
        version=record.version,
        position=position,
        time=record.at,
        occurred_at=record.occurred_at,
        actor=said,
        data=data if isinstance(data, dict) else {},
    )


def said_of_actor(actor: Mapping[str, Any]) -> dict[str, str]:
    """Return what is told of who did something: the post or the enterprise, never the person."""
    return {name: actor[name] for name in _OF_ACTOR if name in actor}


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


@cache
def _kinds_of(of: StreamKind) -> frozenset[str]:
    adapter: TypeAdapter[Any]
    match of:
        case StreamKind.ISSUE:
            adapter = EVENT
        case StreamKind.ORDER:
            adapter = ORDER_EVENT
        case StreamKind.MATTER:
            adapter = MATTER_EVENT
        case _:
            assert_never(of)
    return frozenset(adapter.json_schema()["discriminator"]["mapping"])
