"""Which things an event touches: issues, enterprises, units, posts, parts, orders, matters."""

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from audit.exports.told import MatterStep, OrderStep, Step
from domain.events import TeamConvened
from domain.events_of_ladder import DispatchRefused
from domain.events_of_modes import EmergencyDeclared
from domain.events_of_rounds import RoundOpened
from domain.events_of_team import PartAdded
from domain.issue import stream_name
from domain.matters.acts import MatterHanded
from domain.matters.matter import MatterTie
from domain.model import Frozen
from domain.order_events import OrderIssued
from domain.people import Actor, Officer, Representative


class Thing(StrEnum):
    """The types of objects."""

    ISSUE = "issue"
    ORDER = "supervision_order"
    MATTER = "matter"
    PART = "team_part"
    ENTERPRISE = "enterprise"
    UNIT = "unit"
    POST = "post"


FIELDS = {
    "enterprise": Thing.ENTERPRISE,
    "owner": Thing.POST,
    "handler": Thing.POST,
    "arbiter": Thing.POST,
    "post": Thing.POST,
    "proxy": Thing.POST,
    "decider": Thing.POST,
    "unit": Thing.UNIT,
    "from_unit": Thing.UNIT,
    "lead": Thing.UNIT,
    "succeeds": Thing.ISSUE,
    "mirrors": Thing.ISSUE,
    "target": Thing.ISSUE,
    "child": Thing.ISSUE,
    "other": Thing.ISSUE,
    "successor": Thing.ISSUE,
    "suggested": Thing.ISSUE,
    "part": Thing.PART,
    "matter": Thing.MATTER,
}
"""What a field of an event names; the field's name is the qualifier. One kind of event differs."""

MATTER_FIELDS = {
    "enterprise": Thing.ENTERPRISE,
    "enterprises": Thing.ENTERPRISE,
    "targets": Thing.ENTERPRISE,
    "builder": Thing.ENTERPRISE,
    "post": Thing.POST,
    "contact": Thing.POST,
    "issue": Thing.ISSUE,
}
"""What a field of a matter's event names, one or several."""

BY = "by"
ITSELF = "happened_to"


class Relation(NamedTuple):
    """That something stands so to a thing."""

    thing: Thing
    id: str
    qualifier: str


def thing_id(thing: Thing, zone: str, name: str) -> str:
    """Return the id of a thing of a zone: its own name is unique only there."""
    if thing is Thing.ISSUE:
        return stream_name(zone, name)
    return f"{thing}/{zone}/{name}"


def part_id(stream: str, team: int, part: str) -> str:
    """Return the id of a part of an issue's team."""
    return f"{stream}#{team}.{part}"


def relations(step: Step) -> list[Relation]:
    """Return what an event of an issue touches, each thing once in each role."""
    zone = step.after.zone
    found = [
        Relation(Thing.ISSUE, step.record.stream, ITSELF),
        *_actors(step.event.by, zone),
        *_named(step.event, zone, _team(step), step.record.stream),
        *_nested(step, zone),
    ]
    return list(dict.fromkeys(found))


def order_relations(step: OrderStep) -> list[Relation]:
    """Return what an event of a supervision order touches."""
    zone = step.after.zone
    found = [
        Relation(Thing.ORDER, step.record.stream, ITSELF),
        *_actors(step.event.by, zone),
        *_named(step.event, zone, 0, step.record.stream),
    ]
    if isinstance(step.event, OrderIssued):
        found.append(_of(Thing.POST, zone, step.event.issuer.post, "issuer"))
        found += [_of(Thing.ISSUE, zone, key, "covers") for key in step.event.issues]
    return list(dict.fromkeys(found))


def matter_relations(step: MatterStep) -> list[Relation]:
    """Return what an event of a matter touches. A unit there is one that is counted in."""
    zone, event = step.after.zone, step.event
    found = [
        Relation(Thing.MATTER, step.record.stream, ITSELF),
        *_actors(event.by, zone),
        *_of_matter(event, zone),
        *(_of(Thing.ISSUE, zone, each.issue, "found") for each in event.found),
    ]
    if isinstance(event, MatterHanded):
        found.append(_of(Thing.POST, zone, event.to, "to"))
    return list(dict.fromkeys(found))


def _of_matter(event: Frozen, zone: str) -> Iterator[Relation]:
    """Yield the posts, enterprises and issues that fields name, one each or several."""
    for field, thing in MATTER_FIELDS.items():
        named: object = getattr(event, field, None)
        names = named if isinstance(named, tuple) else (named,)
        yield from (_of(thing, zone, name, field) for name in names if isinstance(name, str))
    ties: tuple[object, ...] = (getattr(event, "tie", None), *getattr(event, "ties", ()))
    for tie in ties:
        if isinstance(tie, MatterTie):
            yield _of(Thing.ISSUE, zone, tie.issue, tie.tying)


def _actors(actor: Actor, zone: str) -> Iterator[Relation]:
    if isinstance(actor, Officer):
        yield _of(Thing.POST, zone, actor.post, BY)
    elif isinstance(actor, Representative):
        yield _of(Thing.ENTERPRISE, zone, actor.enterprise, BY)


def _named(event: Frozen, zone: str, team: int, stream: str) -> Iterator[Relation]:
    for field, thing in _fields(type(event)):
        value: object = getattr(event, field)
        if not isinstance(value, str):
            continue
        if field == "suggested" and isinstance(event, DispatchRefused):
            yield _of(Thing.UNIT, zone, value, field)
        elif thing is Thing.PART:
            yield Relation(thing, part_id(stream, team, value), field)
        else:
            yield _of(thing, zone, value, field)


@cache
def _fields(kind: type[Frozen]) -> tuple[tuple[str, Thing], ...]:
    return tuple((field, thing) for field, thing in FIELDS.items() if field in kind.model_fields)


def _nested(step: Step, zone: str) -> Iterator[Relation]:
    event, stream = step.event, step.record.stream
    match event:
        case TeamConvened():
            for part in event.parts:
                yield Relation(Thing.PART, part_id(stream, event.number, part.id), "asked")
                yield _of(Thing.UNIT, zone, part.unit, "asked")
        case PartAdded():
            yield Relation(Thing.PART, part_id(stream, _team(step), event.part.id), "asked")
            yield _of(Thing.UNIT, zone, event.part.unit, "asked")
        case RoundOpened():
            for elector in event.electors:
                yield _of(Thing.POST, zone, elector.post, "elector")
        case EmergencyDeclared():
            for level in event.levels:
                yield _of(Thing.POST, zone, level.post, "level")
        case _:
            return


def _team(step: Step) -> int:
    team = step.after.team or (None if step.before is None else step.before.team)
    return 0 if team is None else team.number


def _of(thing: Thing, zone: str, name: str, qualifier: str) -> Relation:
    return Relation(thing, thing_id(thing, zone, name), qualifier)
