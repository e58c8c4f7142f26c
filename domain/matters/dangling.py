"""What the procedures of a handbook name and the handbook does not hold."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from domain.dangling_of_procedures import missing, twice
from domain.matters.campaign.dangling import of_campaign
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.grant.dangling import of_grant
from domain.matters.grant.rules import GrantProcedure
from domain.matters.procedure import DueRule
from domain.matters.register.dangling import of_register
from domain.matters.register.rules import RegisterProcedure
from domain.matters.rules import AnyProcedure
from domain.matters.values import FieldRule
from domain.matters.who import Who
from domain.model import Frozen

if TYPE_CHECKING:
    from domain.handbook import Handbook

Part = TypeVar("Part", bound=Frozen)


def of_matters(handbook: "Handbook") -> Iterator[str]:
    """Name every reference of a procedure, wherever in it, to a post, a unit or a tier that there
    is not, and every field that is there twice."""
    posts, units = handbook.posts_by_id, {unit.id for unit in handbook.units}
    for rule in handbook.matter_procedures:
        who = f"procedure {rule.id}"
        for row in _parts(rule, Who):
            yield from missing(who, "post", [row.post], posts)
            yield from missing(who, "unit", [row.unit], units)
            if row.tier is not None and row.tier > handbook.top_tier:
                yield f"{who}: no tier {row.tier}"
        if isinstance(rule, CampaignProcedure):
            yield from of_campaign(rule, handbook)
        if isinstance(rule, GrantProcedure):
            yield from of_grant(rule, handbook)
        if isinstance(rule, RegisterProcedure):
            yield from of_register(rule, handbook)
        for each in _parts(rule, DueRule):
            if each.then is None and len(each.levels) > 1:
                yield f"{who}: further levels need `then`, the time between them"


def repeated_in_matters(handbook: "Handbook") -> Iterator[str]:
    """Name procedures and entries of theirs that have the same id twice."""
    yield from (f"procedures: {id_!r} twice" for id_ in twice(handbook.matter_procedures))
    for rule in handbook.matter_procedures:
        for entries in _tuples(rule):
            named = [entry for entry in entries if isinstance(entry, FieldRule)]
            yield from (f"procedure {rule.id}: field {id_!r} twice" for id_ in twice(named))


def _parts(value: object, kind: type[Part]) -> Iterator[Part]:
    """Return every part of a value that is of a kind, however deep."""
    if isinstance(value, kind):
        yield value
    if isinstance(value, Frozen):
        for name in type(value).model_fields:
            yield from _parts(getattr(value, name), kind)
    elif isinstance(value, tuple):
        for entry in value:
            yield from _parts(entry, kind)


def _tuples(value: AnyProcedure | Frozen) -> Iterator[Iterable[object]]:
    for name in type(value).model_fields:
        field = getattr(value, name)
        if isinstance(field, tuple):
            yield field
            for entry in field:
                if isinstance(entry, Frozen):
                    yield from _tuples(entry)
        elif isinstance(field, Frozen):
            yield from _tuples(field)
