"""What every page is: a name, an act that lets its reader in, a place in the menu.

A page is a module of `console/pages` with `page`, a Page, and `router`. Its route asks a query of
`console/queries`, which knows nothing of HTML, and hands what it finds to `Visit.show`. Asked
again by htmx, the same address answers with its `main` block alone: a page is refreshed as it was
mounted.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.access import Act

PREFIX: Final = "/console"
NEXT_CHARACTERS_MAX: Final = 1000
"""Of an address to go on to after a form."""


class Menu(StrEnum):
    """The groups of the menu, in their order."""

    WORK = "work"
    PEOPLE = "people"
    RULES = "rules"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the console. `path` is under /console/{zone}; `acts`: any of them lets a reader
    in, none: whoever is signed in. Without a `menu` it is reached from other pages. `live`: it asks
    for itself again when something happened that its reader may see; `follows`: a part of it does,
    beside which somebody may be writing. `of_enterprises`: only for who
    speaks for one, whatever others may."""

    name: str
    path: str
    acts: frozenset[Act]
    menu: Menu | None = None
    live: bool = False
    follows: bool = False
    of_enterprises: bool = False

    @property
    def template(self) -> str:
        """Return its template."""
        return f"pages/{self.name}.html"

    def address(self, zone: str) -> str:
        """Return where it is in a zone, if its path has no other parts."""
        return f"{PREFIX}/{zone}{self.path}"
