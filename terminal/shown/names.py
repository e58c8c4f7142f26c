"""What the ids of a zone's handbook are called, in Chinese and English."""

from domain.handbook import Handbook
from domain.model import Name
from domain.people import Actor, Engine, Officer, Representative, Service
from domain.terms import Terms

CLOSEOUT = Name(zh="系统", en="Closeout")


class Names:
    """The names in one version of a zone's terms. An id without a name stands for itself."""

    def __init__(self, terms: Terms) -> None:
        self.handbook: Handbook = terms.handbook
        self.time_zone = terms.calendar.time_zone
        book = terms.handbook
        self._enterprises = {entry.id: entry.name for entry in book.enterprises}
        self._categories = {entry.id: entry.name for entry in book.categories}
        self._posts = {entry.id: entry.name for entry in book.posts}
        self._units = {entry.id: entry.name for entry in book.units}
        self._clocks = {entry.id: entry.name for entry in book.clocks}
        stages = () if book.emergency is None else book.emergency.stages
        self._stages = {entry.id: entry.name for entry in stages}
        self._tiers = {entry.level: entry.name for entry in book.tiers}

    def enterprise(self, id_: str) -> Name:
        """Return an enterprise's name."""
        return self._enterprises.get(id_, _itself(id_))

    def category(self, id_: str) -> Name:
        """Return a category's name."""
        return self._categories.get(id_, _itself(id_))

    def post(self, id_: str) -> Name:
        """Return a post's name."""
        return self._posts.get(id_, _itself(id_))

    def unit(self, id_: str) -> Name:
        """Return a unit's name."""
        return self._units.get(id_, _itself(id_))

    def tier(self, level: int) -> Name:
        """Return a tier's name."""
        return self._tiers.get(level, _itself(str(level)))

    def stage(self, id_: str) -> Name:
        """Return the name of an emergency's stage."""
        return self._stages.get(id_, _itself(id_))

    def clock(self, id_: str, rule: str) -> Name:
        """Return a clock's name: that of its rule, with the part's id where it has one."""
        name = self._clocks.get(rule, _itself(rule))
        _, dot, part = id_.partition(".")
        return Name(zh=f"{name.zh} {part}", en=f"{name.en} {part}") if dot else name

    def actor(self, actor: Actor) -> tuple[Name, str | None]:
        """Return the place that somebody acts in, and the person behind it."""
        match actor:
            case Officer():
                return self.post(actor.post), actor.person
            case Representative():
                return self.enterprise(actor.enterprise), actor.person
            case Service():
                return Name(zh="服务", en="service"), actor.name
            case Engine():
                return CLOSEOUT, None


def _itself(id_: str) -> Name:
    return Name(zh=id_, en=id_)
