"""What a register's procedure names and the handbook does not hold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.dangling_of_procedures import missing
from domain.matters.register.rules import RegisterProcedure

if TYPE_CHECKING:
    from domain.handbook import Handbook


def of_register(rule: RegisterProcedure, handbook: "Handbook") -> Iterator[str]:
    """Name the list of the handbook that is not there."""
    lists = {each.id for each in handbook.lists}
    yield from missing(f"procedure {rule.id}", "list", [rule.from_list], lists)
