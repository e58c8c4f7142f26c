"""What things of a handbook are called, by their ids; what it does not know keeps its id."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.handbook import Handbook
from domain.model import Name
from domain.responsibility import Holder, HolderKind

Named = tuple[str, Name]
"""An id, and what it is called."""


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of one handbook."""

    handbook: Handbook

    def post(self, id_: str) -> Name:
        """Return what a post is called."""
        found = self.handbook.posts_by_id.get(id_)
        return _itself(id_) if found is None else found.name

    def unit(self, id_: str) -> Name:
        """Return what a unit is called."""
        return next((each.name for each in self.handbook.units if each.id == id_), _itself(id_))

    def grid(self, id_: str) -> Name:
        """Return what a grid is called."""
        found = self.handbook.grids_by_id.get(id_)
        return _itself(id_) if found is None else found.name

    def enterprise(self, id_: str) -> Name:
        """Return what an enterprise is called."""
        found = self.handbook.enterprises_by_id.get(id_)
        return _itself(id_) if found is None else found.name

    def category(self, id_: str) -> Name:
        """Return what a kind of issue is called."""
        found = (each.name for each in self.handbook.categories if each.id == id_)
        return next(found, _itself(id_))

    def tier(self, level: int) -> Name:
        """Return what a tier is called."""
        if 1 <= level <= len(self.handbook.tiers):
            return self.handbook.tiers[level - 1].name
        return _itself(str(level))

    def clock(self, rule: str) -> Name:
        """Return what a clock is called, by its rule."""
        return next((each.name for each in self.handbook.clocks if each.id == rule), _itself(rule))

    def holder(self, holder: Holder) -> Name:
        """Return what whoever has the work is called."""
        return self.unit(holder.id) if holder.kind is HolderKind.UNIT else self.post(holder.id)

    def place(self, id_: str) -> Name:
        """Return what a grid, an area or the zone is called."""
        if id_ == self.handbook.zone:
            return self.handbook.name
        areas = {each.id: each.name for each in self.handbook.areas}
        return areas.get(id_) or self.grid(id_)

    def holders(self) -> tuple[Named, ...]:
        """Return all that can have work: units, and posts of none."""
        units = _named((each.id, each.name) for each in self.handbook.units)
        posts = _named((each.id, each.name) for each in self.handbook.posts if each.unit is None)
        return (*units, *posts)

    def posts(self) -> tuple[Named, ...]:
        """Return every post."""
        return _named((each.id, each.name) for each in self.handbook.posts)

    def units(self) -> tuple[Named, ...]:
        """Return every unit."""
        return _named((each.id, each.name) for each in self.handbook.units)

    def grids(self) -> tuple[Named, ...]:
        """Return every grid."""
        return _named((each.id, each.name) for each in self.handbook.grids)

    def categories(self) -> tuple[Named, ...]:
        """Return every kind of issue."""
        return _named((each.id, each.name) for each in self.handbook.categories)

    def tiers(self) -> tuple[Named, ...]:
        """Return every tier, by its level."""
        return _named((str(each.level), each.name) for each in self.handbook.tiers)


def _named(found: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(found)


def _itself(id_: str) -> Name:
    return Name(zh=id_, en=id_)
