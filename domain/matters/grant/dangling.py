"""What a grant's procedure names twice. It names nothing of the handbook but those in its rows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.dangling_of_procedures import twice
from domain.matters.grant.rules import GrantProcedure

if TYPE_CHECKING:
    from domain.handbook import Handbook


def of_grant(rule: GrantProcedure, handbook: "Handbook") -> Iterator[str]:
    """Name units, sources and items of the gate that have the same id twice."""
    who = f"procedure {rule.id}"
    yield from (f"{who}: unit {id_!r} twice" for id_ in twice(rule.units))
    yield from (f"{who}: source {id_!r} twice" for id_ in twice(rule.sources))
    yield from (f"{who}: gate item {id_!r} twice" for id_ in twice(rule.gate))
