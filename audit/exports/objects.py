"""What OCEL says of issues, parts of teams, orders and matters: how their attributes changed, and
what they belong to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from audit.exports.fields import Sort, as_text
from audit.exports.relations import Relation, Thing, part_id, thing_id
from audit.exports.told import MatterStep, OrderStep, Step
from domain.issue import Issue
from domain.matters.state import Matter
from domain.model import written
from domain.orders import SupervisionOrder
from domain.team import Part

ALWAYS = "1970-01-01T00:00:00Z"
"""The time of a value that a thing begins with, as the standard's own example has it."""

ISSUE = {
    "zone": Sort.STRING,
    "number": Sort.STRING,
    "origin": Sort.STRING,
    "category": Sort.STRING,
    "priority": Sort.STRING,
    "phase": Sort.STRING,
    "tier": Sort.INTEGER,
    "owner": Sort.STRING,
    "handler": Sort.STRING,
    "unit": Sort.STRING,
    "outcome": Sort.STRING,
    "terms": Sort.STRING,
}
PART = {
    "unit": Sort.STRING,
    "duty": Sort.STRING,
    "required": Sort.BOOLEAN,
    "standing": Sort.STRING,
    "late": Sort.BOOLEAN,
}
ORDER = {"zone": Sort.STRING, "instrument": Sort.STRING, "standing": Sort.STRING}
MATTER = {
    "zone": Sort.STRING,
    "aggregate": Sort.STRING,
    "procedure": Sort.STRING,
    "standing": Sort.STRING,
    "stage": Sort.STRING,
    "post": Sort.STRING,
    "terms": Sort.STRING,
}
ATTRIBUTES: Mapping[Thing, dict[str, Sort]] = {
    Thing.ISSUE: ISSUE,
    Thing.PART: PART,
    Thing.ORDER: ORDER,
    Thing.MATTER: MATTER,
}
"""Attributes are named after the fields that they are read from; other things have none."""


@dataclass(slots=True)
class Described:
    """One object: every value that an attribute had, and what the object belongs to."""

    thing: Thing
    id: str
    relations: list[Relation] = field(default_factory=list)
    _values: dict[tuple[str, str], str] = field(default_factory=dict)
    _last: dict[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, object]:
        """Return it as it is written."""
        return {
            "id": self.id,
            "type": self.thing.value,
            "attributes": [
                {"name": name, "time": time, "value": value}
                for (name, time), value in self._values.items()
            ],
            "relationships": [
                {"objectId": each.id, "qualifier": each.qualifier} for each in self.relations
            ],
        }

    def see(self, found: Issue | Part | SupervisionOrder | Matter, at: datetime | None) -> None:
        """Note what has changed; of several values at one instant the last stands."""
        time = ALWAYS if at is None else written(at)
        for name in ATTRIBUTES[self.thing]:
            value = as_text(getattr(found, name))
            if value != self._last.get(name, ""):
                self._last[name] = value
                self._values[name, time] = value


def described(steps: Sequence[Step]) -> list[Described]:
    """Return an issue, and the parts of its teams."""
    first, last = steps[0], steps[-1].after
    issue = Described(Thing.ISSUE, first.record.stream)
    parts: dict[str, Described] = {}
    seen: dict[str, Part] = {}
    for step in steps:
        issue.see(step.after, None if step.before is None else step.record.at)
        for id_, part in _parts(step):
            if seen.get(id_) != part:
                at = step.record.at if id_ in seen else None
                parts.setdefault(id_, Described(Thing.PART, id_)).see(part, at)
                seen[id_] = part
    issue.relations += [_enterprise(last), *_ties(last)]
    for id_, part in seen.items():
        unit = thing_id(Thing.UNIT, last.zone, part.unit)
        parts[id_].relations += [
            Relation(Thing.ISSUE, issue.id, "part_of"),
            Relation(Thing.UNIT, unit, "done_by"),
        ]
    return [issue, *parts.values()]


def described_order(steps: Sequence[OrderStep]) -> list[Described]:
    """Return a supervision order."""
    last = steps[-1].after
    order = Described(Thing.ORDER, steps[0].record.stream)
    for step in steps:
        order.see(step.after, None if step.before is None else step.record.at)
    order.relations += [
        Relation(Thing.UNIT, thing_id(Thing.UNIT, last.zone, last.unit), "addressed_to"),
        Relation(Thing.POST, thing_id(Thing.POST, last.zone, last.issuer.post), "issued_by"),
        *(
            Relation(Thing.ISSUE, thing_id(Thing.ISSUE, last.zone, key), "covers")
            for key in last.issues
        ),
    ]
    return [order]


def described_matter(steps: Sequence[MatterStep]) -> list[Described]:
    """Return a matter."""
    last = steps[-1].after
    matter = Described(Thing.MATTER, steps[0].record.stream)
    for step in steps:
        matter.see(step.after, None if step.before is None else step.record.at)
    related = [
        (Thing.POST, last.post, "accountable"),
        *((Thing.ENTERPRISE, each, "concerns") for each in dict.fromkeys(last.enterprises)),
        *((Thing.ISSUE, tie.issue, tie.tying.value) for tie in last.ties),
    ]
    matter.relations += [
        Relation(thing, thing_id(thing, last.zone, name), qualifier)
        for thing, name, qualifier in related
    ]
    return [matter]


def _parts(step: Step) -> Iterator[tuple[str, Part]]:
    team, before = step.after.team, None if step.before is None else step.before.team
    if team is None or team is before:
        return
    for part in team.parts:
        yield part_id(step.record.stream, team.number, part.id), part


def _enterprise(issue: Issue) -> Relation:
    id_ = thing_id(Thing.ENTERPRISE, issue.zone, issue.enterprise)
    return Relation(Thing.ENTERPRISE, id_, "of")


def _ties(issue: Issue) -> Iterator[Relation]:
    """Only its own: what others say of it, they say themselves."""
    for tie in issue.ties:
        if not tie.incoming:
            other = thing_id(Thing.ISSUE, issue.zone, tie.other)
            yield Relation(Thing.ISSUE, other, tie.type.value)
